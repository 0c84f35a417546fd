"""The tables behind the pages of the kit fit together: ids exist, reasons are used, advice leads somewhere."""

import json
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

import conformance_tables
import import_requirements
from conformance_tables import BOUND, DOCUMENTS, requirements
from ocpp_core.conformance.reports import advice
from ocpp_core.conformance.rules import Kind, Level, rules
from ocpp_core.model.versions import Role

ORACLES = Path(__file__).parents[3] / "shared" / "oracles" / "conformance"


def oracle(name: str) -> Path:
    path = ORACLES / name
    if not path.is_file():
        pytest.skip(f"{path} is not there")
    return path


def test_each_requirement_that_a_rule_goes_back_to_exists() -> None:
    known = {(document, one.id) for one in requirements() for document in one.versions}
    named = {(key, id) for rule in rules().values() for key, ids in rule.requirements.items() for id in ids}

    assert set() == named - known


def test_a_rule_goes_back_to_requirements_of_versions_that_it_binds() -> None:
    """Those of OCPP-S stand under a key of their own."""
    astray = [
        (rule.id, key)
        for rule in rules().values()
        for key in rule.requirements
        if key not in rule.versions and key != "soap"
    ]

    assert [] == astray


def test_no_document_has_an_id_twice() -> None:
    ids = [(document, one.id) for one in requirements() for document in one.versions]

    assert len(set(ids)) == len(ids)
    assert set(DOCUMENTS) == {document for document, _ in ids}


def test_the_table_is_what_its_script_makes() -> None:
    read = json.loads(oracle("requirements.json").read_text(encoding="utf-8"))
    lines = [",".join(row) for row in import_requirements.rows(read)]

    assert [",".join(import_requirements.HEAD), *lines] == import_requirements.TABLE.read_text(
        "utf-8"
    ).splitlines()


def test_each_test_case_that_a_rule_touches_exists() -> None:
    known = {case["id"] for case in json.loads(oracle("cases.json").read_text(encoding="utf-8"))["cases"]}

    assert set() == {case for rule in rules().values() for case in rule.cases} - known


def test_each_reason_has_a_row_and_each_row_a_reason() -> None:
    table = conformance_tables.unchecked_table()
    keys = [row["key"] for row in table["reason"]]

    assert len(set(keys)) == len(keys)
    assert set(keys) == {row["reason"] for row in table["row"]}


def test_each_pattern_of_a_reason_fits_a_requirement() -> None:
    ids = [one.id for one in requirements()]
    patterns = [
        pattern for row in conformance_tables.unchecked_table()["row"] for pattern in row.get("ids", ())
    ]

    assert [] == [pattern for pattern in patterns if not any(fnmatchcase(id, pattern) for id in ids)]


def test_whatever_is_seen_and_not_checked_has_a_reason() -> None:
    keys = {row["key"] for row in conformance_tables.unchecked_table()["reason"]}

    for document in DOCUMENTS:
        for subject in BOUND:
            for one in conformance_tables.unchecked(document, subject):
                assert conformance_tables.reason_of(one, subject) in keys


def test_a_rule_for_csmss_checks_nothing_of_stations() -> None:
    (one,) = (one for one in requirements() if one.id == "FR.02" and "2.0.1" in one.versions)
    found = conformance_tables.checked()["2.0.1"]["FR.02"]
    roles = {rule.roles for rule in found}

    assert "both" == one.role
    for subject, role in (("CSMS", Role.CSMS), ("station", Role.CHARGE_POINT)):
        assert any(role & each for each in roles) == conformance_tables.is_checked("2.0.1", one, subject)


@pytest.mark.parametrize(
    "id, block", [("FR.04", "FR"), ("B01.FR.02", "B"), ("J16-4.1.1-a", "J16-4"), ("S16-2-a", "S16-2")]
)
def test_blocks(id: str, block: str) -> None:
    assert block == conformance_tables.Requirement(("1.6",), id, "both", "shall", "frame", "yes").block


def test_runs_of_ids_are_short() -> None:
    ids = ["E01.FR.01", "E01.FR.02", "E02.FR.02", "J16-4-a", "J16-4-c"]

    assert ["E01.FR.01 02", "E02.FR.02", "J16-4-a c"] == list(conformance_tables._runs(ids))


def test_each_row_of_advice_fits_a_rule_and_each_kind_has_one() -> None:
    table = advice.table()
    patterns = [row["rules"] for row in table["advice"]]

    assert [] == [pattern for pattern in patterns if not any(fnmatchcase(id, pattern) for id in rules())]
    assert [kind.value for kind in Kind] == [row["kind"] for row in table["kind"]]
    assert all(advice.look_at(rule) for rule in rules().values())


def _wants(document: str, ids: Iterable[str]) -> set[str]:
    levels = {one.id: one.level for one in requirements() if document in one.versions}
    return {levels[id] for id in ids}


def test_no_rule_must_be_kept_in_a_version_whose_standard_says_should() -> None:
    """What one version wants another may only recommend: a rule has the level of each."""
    too_strict = [
        (rule.id, version)
        for rule in rules().values()
        for version, ids in rule.requirements.items()
        if _wants(version, ids) == {"should"} and rule.level_in(version) is Level.MUST
    ]

    assert [] == too_strict


def test_the_earlier_versions_of_1_are_held_to_no_more_than_1_6() -> None:
    """They are judged by the words of 1.6, since they have none of their own."""
    stricter = [
        (rule.id, version)
        for rule in rules().values()
        for version in rule.versions & {"1.2", "1.5"}
        if "1.6" in rule.versions and rule.level_in(version) is not rule.level_in("1.6")
    ]

    assert [] == stricter


def test_levels_are_of_versions_that_a_rule_binds() -> None:
    assert [] == [rule.id for rule in rules().values() if set(rule.levels) - rule.versions]

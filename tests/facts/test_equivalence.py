"""Our schemas and WSDLs state the facts of the official files: all of them, and nothing else."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import re
import shutil
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import import_official
import oracle
from ocpp_core.facts.equivalence import DEVIATIONS, Difference, compare, compare_schemas, read_messages
from ocpp_core.facts.folders import folder
from ocpp_core.facts.wsdl import UnreadableWsdl, read_wsdl

ROOT = Path(__file__).resolve().parents[2]

JSON_FILES = {"1.6": 78, "2.0": 134, "2.0.1": 128, "2.1": 181}
ACTIONS = {"1.2": 18, "1.5": 24, "1.6": 39, "2.0": 67, "2.0.1": 64, "2.1": 91}

#: What the copies inside the PyPI package `ocpp` say instead; `official` is the copy's side here.
COPY_DIFFERENCES = {
    ("1.6", "v16"): [
        # The official file sets no minimum, though the text of 1.6 wants at least one.
        Difference("1.6", "MeterValuesRequest", "$.meterValue#minItems", None, 1),
        Difference("1.6", "MeterValuesRequest", "$.meterValue[].sampledValue#minItems", None, 1),
        # OCPP 1.6 errata §3.84: a frequency carries no unit.
        Difference("1.6", "MeterValuesRequest", "$.meterValue[].sampledValue[].unit#enum", "", "Hertz"),
    ],
    ("2.0.1", "v201"): [
        Difference("2.0.1", "Get15118EVCertificateResponse", "$.exiResponse#maxLength", 5600, 7500),
    ],
    ("2.1", "v21"): [],
}


@pytest.fixture
def official() -> Path:
    """The official download, for what is proven about these very files."""
    for name in (*(f"json/{version}" for version in JSON_FILES), "wsdl/1.2", "wsdl/1.5", "wsdl/1.6"):
        oracle.needs_official(name, "the proof that our facts are the official ones")
    return oracle.OFFICIAL


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a spoilt copy is compared with: the official download, or our own files before they are spoilt."""
    return oracle.download(tmp_path_factory.mktemp("download"))


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    """A copy of our facts that a test may spoil."""
    for name in ("schemas", "wsdl"):
        shutil.copytree(ROOT / name, tmp_path / name)
    return tmp_path


# Equality ---------------------------------------------------------------------------------------------------


def test_every_official_file_is_equal(official: Path) -> None:
    result = compare(official)

    assert [] == [str(difference) for difference in result]
    assert "521 of 521 JSON message files and 6 of 6 WSDLs equal" == result.summary()


#: SHA-256 of our files as they were when the proof above last ran. Who has no download knows by them that the files
#: are still those that were proven equal; who changes one runs the proof, and writes here what this test says.
PROVEN = {
    "schemas/1.6": "edc68b14162111e70dddc2a35c5d4c7e8be2bdffaaf9650ff652aed5576a2ce1",
    "schemas/2.0": "1c4bd8016c2861a9eec681391d5a67101e01b28a8362d2dea31a5841f833decc",
    "schemas/2.0.1": "38c519641db75e1851001cf619837d97eecd85f5cf086a0920034e7876269aff",
    "schemas/2.1": "94d0cac46e69d9b8fa3dbb68ed2e1075aa94f5a400d7f389a93a29ee805128a1",
    "wsdl/1.2": "e6495a3159ea79cf810ab31913c7d2212e4b19952accb7c1c4f2e2dd0a890b8b",
    "wsdl/1.5": "9ca4f7433b60db6dde5bffe8ed6767a72b1b5efab06cd0a28bb5fc2e360f94fd",
    "wsdl/1.6": "77df5f6c480afec20f6c5ed155c9102121563ed85092bac06161c064ec9dff2e",
}


@pytest.mark.parametrize("home", PROVEN)
def test_our_files_are_those_that_were_proven_equal(home: str) -> None:
    digest = hashlib.sha256()
    for path in sorted((ROOT / home).iterdir()):
        if path.suffix in (".json", ".wsdl"):
            digest.update(f"{path.name}\0".encode() + path.read_text(encoding="utf-8").encode())

    assert PROVEN[home] == digest.hexdigest()


def test_facts_of_this_package_are_found_without_a_path(reference: Path) -> None:
    assert compare(reference) == compare(reference, ROOT)
    assert (folder("schemas") / "2.1" / "types.json").is_file()


def test_each_deviation_is_needed_and_names_its_source(official: Path) -> None:
    result = compare(official, deviations=())

    assert [(row.version, row.message, f"{row.path}#enum") for row in DEVIATIONS] == [
        (found.version, found.message, found.path) for found in result
    ]
    assert all("§" in row.source for row in DEVIATIONS)
    assert (
        "OCPP 1.6 StopTransactionRequest $.transactionData[].sampledValue[].unit#enum: we add 'Celsius'"
        == str(result[0])
    )


@pytest.mark.parametrize("version, package", COPY_DIFFERENCES, ids=lambda value: value)
def test_copies_in_circulation_differ_only_as_known(version: str, package: str) -> None:
    found = importlib.util.find_spec("ocpp")
    if found is None or found.origin is None:
        pytest.skip("the PyPI package ocpp, which brings copies of the schemas, is not installed")
    copy = Path(found.origin).parent / package / "schemas"

    result = compare_schemas(version, copy, ROOT / "schemas" / version)

    expected = COPY_DIFFERENCES[version, package]
    assert [(d.version, d.message, d.path) for d in expected] == [
        (d.version, d.message, d.path) for d in result
    ]
    for known, seen in zip(expected, result, strict=True):
        if isinstance(seen.official, tuple) and isinstance(seen.ours, tuple):
            assert {known.official} == set(seen.official) - set(seen.ours)
            assert not set(seen.ours) - set(seen.official)
        else:
            assert known == seen
    assert JSON_FILES[version] == result.json_files


def test_zeep_sees_the_same_services(official: Path) -> None:
    """A second opinion, by a reader that is not ours."""
    zeep = pytest.importorskip("zeep")

    def action(message: Any) -> str | None:
        return getattr(message, "wsa_action", None)  # zeep leaves it away where 1.2 does

    def seen(path: Path) -> list[str]:
        client = zeep.Client(str(path))
        (service,) = client.wsdl.services.values()
        (port,) = service.ports.values()
        operations = [
            f"{operation} {operation.soapaction} {action(operation.abstract.input_message)}"
            f" {action(operation.abstract.output_message)} {operation.input.header.signature()}"
            for _, operation in sorted(port.binding._operations.items())
        ]
        types = sorted(f"{type_.name} {type_.signature()}" for type_ in client.wsdl.types.types)
        return [*operations, *types]

    for path in sorted(official.glob("wsdl/*/*.wsdl")):
        assert seen(path) == seen(ROOT / path.relative_to(official))


# Partial and broken downloads -------------------------------------------------------------------------------


def test_a_download_of_one_version_is_enough(reference: Path, tmp_path: Path) -> None:
    shutil.copytree(reference / "json" / "2.0.1", tmp_path / "json" / "2.0.1")

    assert "128 of 128 JSON message files equal" == compare(tmp_path).summary()


def test_an_empty_download_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="holds neither"):
        compare(tmp_path)


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "json" / "2.1").mkdir(parents=True)
    (tmp_path / "json" / "2.1" / "ResetRequest.json").write_text("{")

    with pytest.raises(ValueError, match=r"ResetRequest\.json"):
        compare(tmp_path)


def test_a_wsdl_with_an_unknown_construct_is_refused(ours: Path) -> None:
    """What the reader does not know could be a fact that it overlooks."""
    path = ours / "wsdl" / "1.6" / "ChargePointService.wsdl"
    path.write_text(
        path.read_text().replace('<xs:element name="idTag"', '<xs:element nillable="true" name="idTag"')
    )

    with pytest.raises(
        UnreadableWsdl, match=r"ChargePointService\.wsdl: line \d+: xs:element has attribute nillable"
    ):
        read_wsdl(path)


# Seen to fail -----------------------------------------------------------------------------------------------

Edit = Callable[[Any], object]


def _enum(name: str, token: str) -> Edit:
    return lambda types: types["definitions"][name]["enum"].remove(token)


#: What is done to our copy -> every difference that must be named.
MUTATIONS: dict[str, tuple[str, Edit, list[tuple[str, str, str, Any, Any]]]] = {
    "token dropped": (
        "schemas/1.6/types.json",
        _enum("ResetType", "Hard"),
        [("1.6", "ResetRequest", "$.type#enum", ("Soft",), ("Hard", "Soft"))],
    ),
    "token dropped in depth": (
        "schemas/2.0/types.json",
        _enum("BootReasonEnumType", "Triggered"),
        [("2.0", "BootNotificationRequest", "$.reason#enum", ..., ...)],
    ),
    "maxLength changed": (
        "schemas/2.1/BootNotificationRequest.json",
        lambda message: message["properties"].update(reason={"type": "string", "maxLength": 20}),
        [
            ("2.1", "BootNotificationRequest", "$.reason#enum", None, ...),
            ("2.1", "BootNotificationRequest", "$.reason#maxLength", 20, None),
        ],
    ),
    "limit changed in a shared definition": (
        "schemas/2.0.1/types.json",
        lambda types: types["definitions"]["ModemType"]["properties"]["iccid"].update(maxLength=21),
        [("2.0.1", "BootNotificationRequest", "$.chargingStation.modem.iccid#maxLength", 21, 20)],
    ),
    "required dropped": (
        "schemas/1.6/AuthorizeRequest.json",
        lambda message: message.pop("required"),
        [("1.6", "AuthorizeRequest", "$.idTag#required", None, True)],
    ),
    "required added": (
        "schemas/1.6/StopTransactionRequest.json",
        lambda message: message["required"].append("reason"),
        [("1.6", "StopTransactionRequest", "$.reason#required", True, None)],
    ),
    "property dropped": (
        "schemas/2.1/ResetRequest.json",
        lambda message: message["properties"].pop("evseId"),
        [("2.1", "ResetRequest", "$.evseId", None, "present")],
    ),
    "opened": (
        "schemas/2.0.1/HeartbeatRequest.json",
        lambda message: message.pop("additionalProperties"),
        [("2.0.1", "HeartbeatRequest", "$#additionalProperties", None, False)],
    ),
    "closed": (
        "schemas/2.0/HeartbeatRequest.json",
        lambda message: message.update(additionalProperties=False),
        [("2.0", "HeartbeatRequest", "$#additionalProperties", False, None)],
    ),
    "default dropped": (
        "schemas/2.0.1/NotifyEventRequest.json",
        lambda message: message["properties"]["tbc"].pop("default"),
        [("2.0.1", "NotifyEventRequest", "$.tbc#default", None, False)],
    ),
    "list bound": (
        "schemas/2.1/GetVariablesRequest.json",
        lambda message: message["properties"]["getVariableData"].pop("minItems"),
        [("2.1", "GetVariablesRequest", "$.getVariableData#minItems", None, 1)],
    ),
    "draft": (
        "schemas/1.6/ResetRequest.json",
        lambda message: message.update({"$schema": "http://json-schema.org/draft-06/schema#"}),
        [("1.6", "ResetRequest", "$#$schema", ..., "http://json-schema.org/draft-04/schema#")],
    ),
}


@pytest.mark.parametrize("name", MUTATIONS)
def test_one_changed_json_fact_is_named(name: str, reference: Path, ours: Path) -> None:
    file, edit, expected = MUTATIONS[name]
    content = json.loads((ours / file).read_text())
    edit(content)
    (ours / file).write_text(json.dumps(content))

    assert_exactly(expected, compare(reference, ours))


def test_a_missing_file_is_named(reference: Path, ours: Path) -> None:
    (ours / "schemas" / "2.1" / "NotifyPeriodicEventStream.json").unlink()
    result = compare(reference, ours)

    assert_exactly([("2.1", "NotifyPeriodicEventStream", "$", None, "present")], result)
    assert "OCPP 2.1 NotifyPeriodicEventStream: we lack this file" == str(result[0])
    assert "520 of 521 JSON message files and 6 of 6 WSDLs equal" == result.summary()


def test_a_surplus_file_is_named(reference: Path, ours: Path) -> None:
    schemas = ours / "schemas" / "1.6"
    shutil.copy(schemas / "ResetRequest.json", schemas / "RestartRequest.json")
    result = compare(reference, ours)

    assert_exactly([("1.6", "RestartRequest", "$", "present", None)], result)
    assert "OCPP 1.6 RestartRequest: not among the official files" == str(result[0])


#: WSDL, what is replaced once, by what -> the difference that must be named.
WSDL_MUTATIONS: dict[str, tuple[str, str, str, list[tuple[str, str, str, Any, Any]]]] = {
    "minOccurs": (
        "wsdl/1.6/CentralSystemService.wsdl",
        '<xs:element name="meterValue" type="tns:MeterValue" minOccurs="0"',
        '<xs:element name="meterValue" type="tns:MeterValue" minOccurs="1"',
        [("1.6", "CentralSystemService.wsdl", "$.types.MeterValuesRequest.meterValue#minOccurs", 1, 0)],
    ),
    "maxOccurs": (
        "wsdl/1.5/CentralSystemService.wsdl",
        '<xs:element name="value" maxOccurs="unbounded">',
        '<xs:element name="value" maxOccurs="9">',
        [("1.5", "CentralSystemService.wsdl", "$.types.MeterValue.value#maxOccurs", 9, None)],
    ),
    "order": (
        "wsdl/1.6/ChargePointService.wsdl",
        '<xs:element name="location" type="xs:anyURI"/>\n          <xs:element name="startTime"',
        '<xs:element name="startTime"',
        [
            ("1.6", "ChargePointService.wsdl", "$.types.GetDiagnosticsRequest#order", ..., ...),
            ("1.6", "ChargePointService.wsdl", "$.types.GetDiagnosticsRequest.location", None, "present"),
        ],
    ),
    "Action": (
        "wsdl/1.5/ChargePointService.wsdl",
        'wsaw:Action="/ResetResponse"',
        'wsaw:Action="/Reset"',
        [
            (
                *("1.5", "ChargePointService.wsdl", "$.operations.Reset.output#Action"),
                *("/Reset", "/ResetResponse"),
            )
        ],
    ),
    "Action of the output, which 1.2 lacks": (
        "wsdl/1.2/ChargePointService.wsdl",
        '<wsdl:output message="tns:ResetOutput"/>',
        '<wsdl:output message="tns:ResetOutput" wsaw:Action="/ResetResponse"/>',
        [("1.2", "ChargePointService.wsdl", "$.operations.Reset.output#Action", "/ResetResponse", None)],
    ),
    "soapAction": (
        "wsdl/1.2/CentralSystemService.wsdl",
        'soapAction="/Heartbeat"',
        'soapAction="Heartbeat"',
        [
            (
                "1.2",
                "CentralSystemService.wsdl",
                "$.operations.Heartbeat#soapAction",
                "Heartbeat",
                "/Heartbeat",
            )
        ],
    ),
    "facet": (
        "wsdl/1.6/ChargePointService.wsdl",
        '<xs:fractionDigits value="1"/>',
        '<xs:fractionDigits value="2"/>',
        [("1.6", "ChargePointService.wsdl", "$.types.DecimalOne#fractionDigits", "2", "1")],
    ),
    "token": (
        "wsdl/1.5/CentralSystemService.wsdl",
        '<xs:enumeration value="Amp"/>',
        '<xs:enumeration value="A"/>',
        [("1.5", "CentralSystemService.wsdl", "$.types.UnitOfMeasure#enum", ..., ...)],
    ),
    "attribute of the reading in 1.5": (
        "wsdl/1.5/CentralSystemService.wsdl",
        'name="measurand" type="tns:Measurand" use="optional"',
        'name="measurand" type="tns:Measurand" use="required"',
        [
            (
                *("1.5", "CentralSystemService.wsdl", "$.types.MeterValue.value@measurand#use"),
                *("required", "optional"),
            )
        ],
    ),
    "element type": (
        "wsdl/1.6/ChargePointService.wsdl",
        'name="resetRequest" type="tns:ResetRequest"',
        'name="resetRequest" type="tns:ResetResponse"',
        [
            (
                *("1.6", "ChargePointService.wsdl", "$.elements.resetRequest#type"),
                *("tns:ResetResponse", "tns:ResetRequest"),
            )
        ],
    ),
    "addressing": (
        "wsdl/1.6/ChargePointService.wsdl",
        "<wsaw:UsingAddressing/>",
        "",
        [("1.6", "ChargePointService.wsdl", "$#UsingAddressing", False, True)],
    ),
}


@pytest.mark.parametrize("name", WSDL_MUTATIONS)
def test_one_changed_wsdl_fact_is_named(name: str, reference: Path, ours: Path) -> None:
    file, old, new, expected = WSDL_MUTATIONS[name]
    text = (ours / file).read_text()
    assert text.count(old) == 1
    (ours / file).write_text(text.replace(old, new))

    assert_exactly(expected, compare(reference, ours))


def test_a_header_that_is_not_bound_is_named(reference: Path, ours: Path) -> None:
    path = ours / "wsdl" / "1.6" / "ChargePointService.wsdl"
    text, count = re.subn(
        r'(soapAction="/Reset" style="document"/>\s*<wsdl:input>\s*)<soap12:header [^>]*/>',
        r"\1",
        path.read_text(),
    )
    assert count == 1
    path.write_text(text)

    assert_exactly(
        [("1.6", "ChargePointService.wsdl", "$.operations.Reset.header", None, "present")],
        compare(reference, ours),
    )


def assert_exactly(expected: list[tuple[str, str, str, Any, Any]], result: list[Difference]) -> None:
    """Compares whole differences; `...` stands for a value that the row does not care about."""
    assert [row[:3] for row in expected] == [(d.version, d.message, d.path) for d in result]
    for row, found in zip(expected, result, strict=True):
        assert all(
            wanted in (..., seen) for wanted, seen in zip(row[3:], (found.ours, found.official), strict=True)
        )
        assert row[0] in str(found)
        assert row[1] in str(found)


# The importer -----------------------------------------------------------------------------------------------


def test_importer_reproduces_the_committed_files(
    official: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["import_official.py", str(official), "--into", str(tmp_path)])
    assert 0 == import_official.main()

    made = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*") if path.is_file()}
    committed = {
        path.relative_to(ROOT).as_posix()
        for pattern in ("schemas/*/*.json", "wsdl/*/*.wsdl")
        for path in ROOT.glob(pattern)
    }
    assert committed == made
    assert [] == [
        name for name in sorted(made) if (tmp_path / name).read_bytes() != (ROOT / name).read_bytes()
    ]


def test_importer_stops_at_two_definitions_of_one_name(
    official: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In 2.0 ChargingScheduleType has two meanings; without its row in the table nothing may be written."""
    messages = read_messages("2.0", official / "json" / "2.0")
    names = tomllib.loads(import_official.TABLES.read_text())["2.0"]["names"]
    derived = read_messages("2.0.1", official / "json" / "2.0.1")

    with pytest.raises(import_official.ImportStopped, match="ChargingScheduleType is one thing in"):
        import_official.Restatement(
            "2.0", messages, import_official.NamesFromNextVersion({"names": names}, derived)
        )


def test_importer_stops_at_an_enum_without_a_name(official: Path) -> None:
    messages = read_messages("2.0", official / "json" / "2.0")

    with pytest.raises(import_official.ImportStopped, match=r"BootNotificationResponse \$\.status: no name"):
        import_official.Restatement("2.0", messages, import_official.NamesFromNextVersion({}, messages))


def test_importer_leaves_no_prose() -> None:
    """Only facts: none of the keywords that carry the words of the standard."""
    for path in sorted(ROOT.glob("schemas/*/*.json")):
        assert not re.search(r'"(description|comment|title|javaType|id|\$id)": "', path.read_text()), path
    for path in sorted(ROOT.glob("wsdl/*/*.wsdl")):
        assert not re.search(r"documentation|<!--", path.read_text()), path


# Actions ----------------------------------------------------------------------------------------------------


def actions(version: str) -> dict[str, dict[str, str]]:
    home = "wsdl" if version in ("1.2", "1.5") else "schemas"
    return tomllib.loads((ROOT / home / version / "actions.toml").read_text("utf-8"))


@pytest.mark.parametrize("version", JSON_FILES)
def test_actions_are_those_of_the_schemas(version: str) -> None:
    files = {path.stem for path in (ROOT / "schemas" / version).glob("*.json")} - {"types"}
    named = set()
    for action, row in actions(version).items():
        named |= {action} if row.get("kind") == "SEND" else {f"{action}Request", f"{action}Response"}

    assert files == named
    assert ACTIONS[version] == len(actions(version))
    assert JSON_FILES[version] == len(files)


@pytest.mark.parametrize("version", ["1.2", "1.5", "1.6"])
def test_directions_are_those_of_the_services(version: str) -> None:
    """The service that offers an operation says who may send it; DataTransfer is in both."""
    to_csms, to_charge_point = (
        set(read_wsdl(ROOT / "wsdl" / version / f"{name}.wsdl").operations)
        for name in ("CentralSystemService", "ChargePointService")
    )
    expected = {
        **dict.fromkeys(to_csms, "charge_point"),
        **dict.fromkeys(to_charge_point, "csms"),
        **dict.fromkeys(to_csms & to_charge_point, "either"),
    }
    # The security extension has no SOAP form.
    rows = {
        action: row["sent_by"] for action, row in actions(version).items() if row["profile"] != "Security"
    }

    assert expected == rows


@pytest.mark.parametrize("version", ACTIONS)
def test_each_action_has_a_purpose_in_the_words_of_its_version(version: str) -> None:
    group, foreign = (
        ("profile", r"Charging Station|CSMS") if version < "2" else ("block", r"Charge Point|Central")
    )
    for action, row in actions(version).items():
        assert {"sent_by", group, "purpose"} == row.keys() - {"kind"}, action
        assert row["sent_by"] in ("charge_point", "csms", "either"), action
        assert re.fullmatch(r"[A-Z][a-z]+s .*\.", row["purpose"]), action
        assert not re.search(foreign, row["purpose"], re.IGNORECASE), action


def test_directions_are_the_same_in_every_version() -> None:
    directions: dict[str, set[str]] = {}
    for version in ACTIONS:
        for action, row in actions(version).items():
            directions.setdefault(action, set()).add(row["sent_by"])

    assert {} == {action: sides for action, sides in directions.items() if len(sides) > 1}

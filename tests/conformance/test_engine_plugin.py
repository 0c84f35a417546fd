"""The kit in pytest, in a process of its own: in front of what the kit says that it has seen, and of our CSMS."""

import asyncio
from importlib.metadata import entry_points
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from lxml import etree

import ocpp_core
from ocpp_core.conformance.pytest_plugin import target_of
from played import csms_url

pytest_plugins = ["pytester"]

# Where the library is installed pytest has loaded the plugin already, and refuses it under a second name.
_IS_INSTALLED = bool(entry_points(group="pytest11", name="ocpp-core"))
_PLUGIN = () if _IS_INSTALLED else ("-p", "ocpp_core.conformance.pytest_plugin")

_ENDPOINT = ("--ocpp-endpoint", "ws://127.0.0.1:1", "--ocpp-version", "1.6")
#: Replaces the run: what it has seen is told by the name of the rule, and what the profile has is written down.
_RUN = """
from datetime import UTC, datetime

import pytest

from ocpp_core.conformance import runner
from ocpp_core.conformance.reports.report import Report
from ocpp_core.conformance.rules import rules
from ocpp_core.conformance.traces import Direction, Trace, What
from ocpp_core.conformance.verdicts import Finding, Outcome, Verdict

VERDICTS = {verdicts}
UNTRIED = set()
SECRET = '[2,"1","ChangeConfiguration",{"key":"AuthorizationKey","value":"hush"}]'


async def conform(target, *, profile, patterns, **_):
    with open("runs.txt", "a") as file:
        file.write(" ".join(profile.hooks) + "\\n")
    outcomes = []
    for id in patterns:
        verdict = Verdict(VERDICTS.get(id, "conforming"))
        trace = Trace()
        trace.add(0.0, Direction.RECEIVED, What.MESSAGE, SECRET)
        findings = [Finding("a boot", "silence", "", trace)] if verdict is Verdict.DEVIATING else []
        outcomes.append(Outcome(rules()[id], verdict, "because", findings=findings, is_untried=id in UNTRIED))
    now = datetime.now(UTC)
    return Report(
        target="", role=target.role, version=target.version, wire=target.wire, seed=0, started=now, ended=now,
        outcomes=tuple(outcomes),
    )


runner.conform = conform
"""


def _run(
    pytester: pytest.Pytester, verdicts: dict[str, str], *options: str, more: str = ""
) -> pytest.RunResult:
    pytester.makeconftest(_RUN.replace("{verdicts}", repr(verdicts)) + more)
    return pytester.runpytest_subprocess("-p", "no:cacheprovider", *_PLUGIN, *_ENDPOINT, *options)


def _runs(pytester: pytest.Pytester) -> list[str]:
    """The names of the hooks of each run."""
    return (pytester.path / "runs.txt").read_text(encoding="utf-8").splitlines()


@pytest.fixture(autouse=True)
def _same_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process finds the library that is tested, wherever it stands."""
    assert ocpp_core.__file__ is not None
    monkeypatch.setenv("PYTHONPATH", str(Path(ocpp_core.__file__).parents[1]))


def test_there_is_an_item_for_each_rule(pytester: pytest.Pytester) -> None:
    from ocpp_core.conformance.grounds import Target
    from ocpp_core.conformance.runner import applicable
    from ocpp_core.model.versions import Role

    result = _run(pytester, {}, "--ocpp-rules", "boot.*")

    rules = applicable(Target(role=Role.CSMS, version="1.6"), ["boot.*"])
    assert rules
    result.assert_outcomes(passed=len(rules))


@pytest.mark.parametrize(
    "verdict, became",
    [
        ("conforming", {"passed": 2}),
        ("deviating", {"failed": 1, "passed": 1}),
        ("inconclusive", {"skipped": 1, "passed": 1}),
        ("not applicable", {"skipped": 1, "passed": 1}),
        ("broken", {"failed": 1, "passed": 1}),
    ],
)
def test_a_verdict_is_an_outcome_of_pytest(
    pytester: pytest.Pytester, verdict: str, became: dict[str, int]
) -> None:
    options = ("--ocpp-rules", "frame.unknown-action", "--ocpp-rules", "frame.json")
    result = _run(pytester, {"frame.unknown-action": verdict}, *options)

    result.assert_outcomes(**became)


def test_a_run_that_can_tell_nothing_is_no_success(pytester: pytest.Pytester) -> None:
    """As the command exits with 2: nobody shall take a CSMS that was not reached for one without a fault."""
    seen = {"frame.unknown-action": "inconclusive", "frame.json": "not applicable"}
    result = _run(pytester, seen, *("--ocpp-rules", "frame.unknown-action", "--ocpp-rules", "frame.json"))

    result.assert_outcomes(failed=1, skipped=1)
    result.stdout.fnmatch_lines(["*nobody can tell of any rule: because*"])


def test_what_could_not_be_tried_is_no_success(pytester: pytest.Pytester) -> None:
    """As when the software has crashed in the middle of the run: other rules were kept."""
    seen = {"frame.unknown-action": "inconclusive"}
    result = _run(
        pytester,
        seen,
        *("--ocpp-rules", "frame.unknown-action,frame.json"),
        more="\nUNTRIED.add('frame.unknown-action')\n",
    )

    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(["*it was not tried: because*"])


@pytest.mark.parametrize(
    "endpoint, options, told",
    [
        (None, {}, "--ocpp-endpoint is needed"),
        ("foo", {}, "a URL of ws or wss is needed"),
        ("ws://[", {}, "a URL of ws or wss is needed"),
        ("ws://h", {"wire": "soap", "version": "1.6"}, "a URL of http or https is needed"),
        ("ws://h", {"version": "9"}, "No OCPP version is called '9'"),
        ("http://h", {"wire": "soap"}, "OCPP 2.0.1 is not spoken over SOAP"),
        ("h:65536", {"role": "station"}, "there is no port 65536"),
        ("h:\u00b2", {"role": "station"}, "not a host, : and a port"),
    ],
)
def test_what_cannot_be_tested_is_told(endpoint: str | None, options: dict[str, str], told: str) -> None:
    usual = {"version": "2.0.1", "wire": "json", "role": "csms", "identity": None, "password": None}
    given = {f"--ocpp-{name}": value for name, value in {**usual, **options, "endpoint": endpoint}.items()}

    with pytest.raises(pytest.UsageError, match=told):
        target_of(cast("pytest.Config", SimpleNamespace(getoption=given.get)))


def test_what_cannot_be_read_is_told_once_and_not_for_each_rule(pytester: pytest.Pytester) -> None:
    result = _run(pytester, {}, "--ocpp-profile", "none.toml")

    assert pytest.ExitCode.USAGE_ERROR == result.ret
    assert 1 == result.stderr.str().count("--ocpp-profile: none.toml")


def test_patterns_may_stand_in_one_word_as_with_the_command(pytester: pytest.Pytester) -> None:
    result = _run(
        pytester, {}, "--ocpp-rules", "frame.unknown-action, frame.json", "--ocpp-rules", "boot.time"
    )

    result.assert_outcomes(passed=3)


@pytest.mark.parametrize(
    "patterns, told",
    [
        ("frame.json,bot.*", "--ocpp-rules: no rule is called so: bot.[*]"),
        ("frame.json,", "--ocpp-rules: no rule is called so: nothing"),
        ("report.*", "--ocpp-rules: none of these rules binds a CSMS of OCPP 1.6 over JSON"),
    ],
)
def test_who_selects_no_rule_is_told(pytester: pytest.Pytester, patterns: str, told: str) -> None:
    """No item would be no failure: a word that is misspelt shall not be green for ever."""
    result = _run(pytester, {}, "--ocpp-rules", patterns)

    assert pytest.ExitCode.USAGE_ERROR == result.ret
    result.stderr.fnmatch_lines([f"*{told}*"])


@pytest.mark.parametrize("verdict, became", [("deviating", {"xfailed": 1}), ("conforming", {"failed": 1})])
def test_a_known_deviation_is_expected(
    pytester: pytest.Pytester, verdict: str, became: dict[str, int]
) -> None:
    profile = pytester.makefile(".toml", profile='known = {"frame.unknown-action" = "reported"}')
    options = ("--ocpp-rules", "frame.unknown-action", "--ocpp-profile", str(profile))

    result = _run(pytester, {"frame.unknown-action": verdict}, *options)

    result.assert_outcomes(**became)


def test_a_finding_is_told_without_a_traceback(pytester: pytest.Pytester) -> None:
    result = _run(pytester, {"frame.unknown-action": "deviating"}, "--ocpp-rules", "frame.unknown-action")

    result.stdout.fnmatch_lines(["*expected a boot*", "*got      silence*"])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_a_finding_has_no_secret_in_it(pytester: pytest.Pytester) -> None:
    result = _run(pytester, {"frame.unknown-action": "deviating"}, "--ocpp-rules", "frame.unknown-action")

    result.stdout.fnmatch_lines(["*AuthorizationKey*"])
    result.stdout.no_fnmatch_line("*hush*")


def test_workers_of_xdist_test_the_software_once(pytester: pytest.Pytester) -> None:
    pytest.importorskip("xdist")
    result = _run(pytester, {"boot.answered": "deviating"}, "--ocpp-rules", "boot.*", "-n", "2")

    assert 1 == len(_runs(pytester))
    assert 1 == result.parseoutcomes()["failed"]
    assert result.parseoutcomes()["passed"] > 1


def test_our_csms_is_tested_from_another_process(pytester: pytest.Pytester) -> None:
    async def run() -> pytest.RunResult:
        async with csms_url() as url:
            return await asyncio.to_thread(
                pytester.runpytest_subprocess,
                *("-p", "no:cacheprovider", *_PLUGIN, "--ocpp-endpoint", url, "--ocpp-version", "1.6"),
                *("--ocpp-rules", "heartbeat.*", "--junitxml", "junit.xml"),
            )

    result = asyncio.run(run())

    assert 0 == result.ret
    cases = etree.parse(pytester.path / "junit.xml").getroot().iterfind(".//testcase")
    seen = {case.get("name"): [each.get("value") for each in case.iterfind(".//property")] for case in cases}
    assert ["conforming"] == seen["heartbeat.answered"]


def test_items_have_the_hooks_of_the_fixture(pytester: pytest.Pytester) -> None:
    hooks = """
@pytest.fixture(scope="session")
def ocpp_hooks():
    return {"trigger": lambda told: None}
"""

    _run(pytester, {}, "--ocpp-rules", "frame.unknown-action", more=hooks)

    assert ["trigger"] == _runs(pytester)

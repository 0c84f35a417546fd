"""The kit in pytest: one item for each rule, and fixtures that lead to the software under test.

pytest loads this module wherever the library is installed, so nothing of the kit is imported before it is asked for by
``--ocpp-endpoint`` or by a fixture.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

if TYPE_CHECKING:
    from ocpp_core.conformance.grounds import Target
    from ocpp_core.conformance.profiles import Profile
    from ocpp_core.conformance.rules import Rule
    from ocpp_core.conformance.verdicts import Outcome

_ROLES = ("csms", "station")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the options of the kit."""
    group = parser.getgroup("ocpp", "conformance of OCPP software")
    group.addoption("--ocpp-endpoint", metavar="URL", help="The CSMS, or HOST:PORT where a station connects.")
    group.addoption(
        "--ocpp-version", default="2.0.1", metavar="VERSION", help="That is spoken; 2.0.1 by default."
    )
    group.addoption("--ocpp-role", choices=_ROLES, default="csms", help="What is tested; a CSMS by default.")
    group.addoption("--ocpp-wire", choices=("json", "soap"), default="json", help="How it speaks.")
    group.addoption("--ocpp-identity", metavar="NAME", help="Of the station.")
    group.addoption("--ocpp-password", metavar="TEXT", help="For Basic authentication.")
    group.addoption("--ocpp-profile", metavar="FILE", help="What the software claims, TOML.")
    group.addoption(
        "--ocpp-rules",
        action="append",
        metavar="PATTERN",
        help="Only these: boot.*, frame.unknown-action. Several with commas, or repeated.",
    )
    group.addoption("--ocpp-intrusive", action="store_true", help="Look also for what changes the software.")
    group.addoption("--ocpp-strict", action="store_true", help="What only should be fails too.")
    group.addoption("--ocpp-seed", type=int, metavar="N", help="Of generated messages.")


def pytest_configure(config: pytest.Config) -> None:
    """Explains the marker of items."""
    config.addinivalue_line("markers", "ocpp(rule): looks for a rule of OCPP, by its id")


def target_of(config: pytest.Config) -> "Target":
    """The software that the options name.

    Raises:
        pytest.UsageError: They name none, or none that can be tested.
    """
    from ocpp_core.conformance.grounds import Target
    from ocpp_core.model.versions import Role, Wire

    endpoint, option = config.getoption("--ocpp-endpoint"), config.getoption
    if endpoint is None:
        raise pytest.UsageError("--ocpp-endpoint is needed")
    facts: dict[str, Any] = {
        "version": option("--ocpp-version"),
        "wire": Wire(option("--ocpp-wire")),
        "identity": option("--ocpp-identity"),
        "password": option("--ocpp-password"),
    }
    if option("--ocpp-role") == "csms":
        target = Target(role=Role.CSMS, url=endpoint, **facts)
    else:
        host, _, port = endpoint.rpartition("://")[2].rstrip("/").rpartition(":")
        if not port.isdecimal():
            raise pytest.UsageError(f"--ocpp-endpoint: not a host, : and a port: {endpoint}")
        target = Target(role=Role.CHARGE_POINT, host=host or "127.0.0.1", port=int(port), **facts)
    if target.fault is not None:
        raise pytest.UsageError(f"--ocpp-endpoint, --ocpp-version, --ocpp-wire: {target.fault}")
    return target


def profile_of(config: pytest.Config) -> "Profile":
    """The profile that the options name.

    Raises:
        pytest.UsageError: It cannot be read.
    """
    from ocpp_core.conformance.profiles import Profile

    path = config.getoption("--ocpp-profile")
    try:
        return Profile() if path is None else Profile.read(Path(path))
    except (OSError, ValueError) as error:
        raise pytest.UsageError(f"--ocpp-profile: {path}: {error}") from None


def rules_of(config: pytest.Config, target: "Target") -> "Sequence[Rule]":
    """The rules that the options select, of those that software is held to.

    Raises:
        pytest.UsageError: There is none: no item at all would look like success.
    """
    from ocpp_core.conformance.rules import patterns_in
    from ocpp_core.conformance.runner import applicable

    try:
        found = applicable(target, patterns_in(config.getoption("--ocpp-rules") or ()))
    except ValueError as error:
        raise pytest.UsageError(f"--ocpp-rules: {error}") from None
    if not found:
        subject = "a CSMS" if config.getoption("--ocpp-role") == "csms" else "a station"
        software = f"{subject} of OCPP {target.version} over {target.wire.value.upper()}"
        raise pytest.UsageError(f"--ocpp-rules: none of these rules binds {software}")
    return found


# One item for each rule


def pytest_collection(session: pytest.Session) -> None:
    """With an endpoint, the kit's own items are collected beside those of files."""
    if session.config.getoption("--ocpp-endpoint") is not None:
        session.config.pluginmanager.register(_Collecting(), "ocpp conformance")


class _Collecting:
    """Adds the items, once all others are collected."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(
        self, session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        target = target_of(config)
        profile_of(config)  # which raises where there is none, once and not for each rule
        kit: pytest.Collector = Kit.from_parent(session, name="ocpp")
        found = [RuleItem.from_parent(kit, name=rule.id, rule=rule) for rule in rules_of(config, target)]
        items.extend(found)
        session.testscollected += len(found)


class Kit(pytest.Collector):
    """What holds the items.

    All rules are looked for in one run, with the first item that is wanted, and by one worker of pytest-xdist: two
    stations of one identity would throw each other out.
    """

    _outcomes: "dict[str, Outcome] | None" = None
    is_blind: bool = False  #: whether nobody can tell of any rule

    def collect(self) -> Iterator[pytest.Item]:
        """Items are made elsewhere, as they are in no file."""
        return iter(())

    def outcome(self, item: "RuleItem", profile: "Profile", folder: Path) -> "Outcome":
        """What was seen of a rule.

        Args:
            item: That looks for it.
            profile: What is known of the software.
            folder: For files of this process.
        """
        from ocpp_core.conformance.reports import from_json
        from ocpp_core.conformance.sharing import shared
        from ocpp_core.conformance.verdicts import is_blind

        if self._outcomes is None:

            def make(lives: Callable[[], None]) -> str:
                return self._run(profile, lives)

            # The folders of workers stand in one that belongs to the run.
            is_worker = hasattr(self.config, "workerinput")
            text = shared(folder.parent / "ocpp.json", make) if is_worker else make(lambda: None)
            self._outcomes = {outcome.rule.id: outcome for outcome in from_json(text).outcomes}
            self.is_blind = is_blind(self._outcomes.values())
        return self._outcomes[item.name]

    def _run(self, profile: "Profile", lives: Callable[[], None]) -> str:
        """The report of a run, without secrets; `lives` is called whenever it has come further."""
        from ocpp_core.conformance.reports import as_json
        from ocpp_core.conformance.runner import conform

        config = self.config
        doing = conform(
            target_of(config),
            profile=profile,
            patterns=[one.name for one in self.session.items if isinstance(one, RuleItem)],
            intrusive=bool(config.getoption("--ocpp-intrusive")),
            seed=config.getoption("--ocpp-seed"),
            told=lambda _: lives(),
        )
        return as_json(asyncio.run(doing))


class Broken(Exception):
    """The kit, or a hook of the user, has failed."""


class Deviates(AssertionError):
    """A rule is broken."""


def _wants(ocpp_profile: "Profile", tmp_path_factory: pytest.TempPathFactory) -> None:
    """Names the fixtures that an item stands on; what is done with them, `RuleItem` does."""


class RuleItem(pytest.Function):
    """Looks for one rule. It is a function to pytest, so that fixtures reach it: hooks are one that users override."""

    def __init__(self, *, rule: "Rule", **others: Any) -> None:
        others["callobj"] = _wants
        super().__init__(**others)
        self.rule = rule
        self.add_marker(pytest.mark.ocpp(rule.id))

    def runtest(self) -> None:
        """Fails if the rule is broken, and is skipped if nobody can tell, unless nobody can tell of any rule."""
        from ocpp_core.conformance.rules import Level
        from ocpp_core.conformance.verdicts import Verdict

        assert isinstance(self.parent, Kit)
        profile = cast("Profile", self.funcargs["ocpp_profile"])
        folders = cast("pytest.TempPathFactory", self.funcargs["tmp_path_factory"])
        outcome = self.parent.outcome(self, profile, folders.getbasetemp())
        self.user_properties.append(("ocpp_verdict", outcome.verdict.value))
        known = profile.known.get(self.name)
        match outcome.verdict:
            case Verdict.BROKEN:
                raise Broken(outcome.reason)
            case Verdict.INCONCLUSIVE if self.parent.is_blind:
                raise Broken(f"nobody can tell of any rule: {outcome.reason}")
            case Verdict.INCONCLUSIVE if outcome.is_untried:
                raise Broken(f"it was not tried: {outcome.reason}")
            case Verdict.INCONCLUSIVE | Verdict.NOT_APPLICABLE:
                pytest.skip(f"{outcome.verdict.value}: {outcome.reason}")
            case Verdict.DEVIATING if known is not None:
                pytest.xfail(known)
            case Verdict.DEVIATING if self.rule.level is Level.MUST or self.config.getoption("--ocpp-strict"):
                raise Deviates(_told(outcome))
            case Verdict.CONFORMING if known is not None:
                raise Deviates(f"it is kept, and the profile knows it as broken: {known}")
            case _:
                pass

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What was seen, without a traceback through the kit."""
        if isinstance(excinfo.value, Deviates | Broken):
            return f"{self.name}: {self.rule.sentence}\n{excinfo.value}"
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where an item stands that is in no file."""
        return self.path, None, f"ocpp: {self.name}"


def _told(outcome: "Outcome") -> str:
    from ocpp_core.model.printing import printable

    lines = [outcome.reason] if outcome.reason else []
    for finding in outcome.findings:
        lines += [f"expected {finding.expected}", f"got      {printable(finding.got)}"]
        for entry in finding.trace:
            lines.append(f"  {entry.at:8.3f} {entry.direction.value:<8} {printable(entry.text, 500)}")
    return "\n".join(lines)


# For the user's own tests


@pytest.fixture(scope="session")
def ocpp_target(pytestconfig: pytest.Config) -> "Target":
    """The software that ``--ocpp-endpoint`` names."""
    return target_of(pytestconfig)


@pytest.fixture(scope="session")
def ocpp_hooks() -> dict[str, Any]:
    """How the other side is steered. Override it: functions by the name of the hook, such as ``trigger``.

    The kit's own items lie in no file, so the override of a ``conftest.py`` beside the configuration reaches them.
    """
    return {}


@pytest.fixture(scope="session")
def ocpp_profile(pytestconfig: pytest.Config, ocpp_hooks: dict[str, Any]) -> "Profile":
    """What ``--ocpp-profile`` says, with the hooks of `ocpp_hooks`."""
    import attrs

    profile = profile_of(pytestconfig)
    return attrs.evolve(profile, hooks={**profile.hooks, **ocpp_hooks})


@pytest.fixture
def ocpp_conversation(
    ocpp_target: "Target", ocpp_profile: "Profile"
) -> Callable[[Callable[[Any], Any]], Any]:
    """Runs a coroutine function with a `Stage` on which the station is registered, and returns what it returns."""

    def converse(judge: Callable[[Any], Any]) -> Any:
        return asyncio.run(_conversed(ocpp_target, ocpp_profile, judge))

    return converse


async def _conversed(target: "Target", profile: "Profile", judge: Callable[[Any], Any]) -> Any:
    from ocpp_core.conformance.grounds import ground

    async with ground(target, profile) as given:
        stage = await given.stage()
        try:
            await stage.be_registered()
            return await judge(stage)
        finally:
            await stage.close()

"""Stations that have a configuration, and exchanges with them of which everything is checked."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from attrs import define, field

from ocpp_core import v16, v201
from ocpp_core.model.errors import OcppError
from ocpp_core.model.messages import Payload, Request, Response
from ocpp_core.payloads.binding import plain
from ocpp_core.translation import Loss, Policy, Translation, engine
from ocpp_core.translation.configuration import Exchange, Key, Known, Rule, Station, Target
from ocpp_core.translation.configuration_keys import KEYS
from ocpp_core.translation.configuration_stations import STAND_INS
from ocpp_core.translation.runs import Run
from translations import LOST, check_valid, leaves

OLDER, NEWER = "1.6", "2.0.1"


def run(source: str, policy: Policy) -> Run:
    """A run of the step that leads away from a version."""
    (direction,) = engine.path(source, NEWER if source == OLDER else OLDER)
    return Run(direction.step, direction.way, policy, has_session=True)


def losses(one: Run) -> tuple[Loss, ...]:
    return Translation((), None, tuple(one.losses)).losses


@define
class Variables:
    """A station of 2.0.1. `limit` is what it takes in one message, which it tells; more is an error."""

    values: dict[Target, str]
    limit: int = 1000
    readonly: set[Target] = field(factory=set)
    seen: list[Any] = field(factory=list)

    def __attrs_post_init__(self) -> None:
        self.values = {target.folded: value for target, value in self.values.items()}
        for name in ("GetVariables", "SetVariables"):
            one = Target("DeviceDataCtrlr", "ItemsPerMessage", name)
            self.values.setdefault(one.folded, str(self.limit))

    def __call__(self, request: Request[Any]) -> Response | OcppError | None:
        self.seen.append(request)
        if isinstance(request, v201.SetVariablesRequest):
            assert len(request.set_variable_data) <= self.limit
            return v201.SetVariablesResponse(
                set_variable_result=[self._written(one) for one in request.set_variable_data]
            )
        assert isinstance(request, v201.GetVariablesRequest)
        assert len(request.get_variable_data) <= self.limit
        return v201.GetVariablesResponse(
            get_variable_result=[self._read(one) for one in request.get_variable_data]
        )

    def _written(self, one: v201.SetVariableData) -> v201.SetVariableResult:
        target = target_in(one)
        status = v201.SetVariableStatus.ACCEPTED
        if target not in self.values:
            status = v201.SetVariableStatus.UNKNOWN_VARIABLE
        elif target in self.readonly:
            status = v201.SetVariableStatus.REJECTED
        else:
            self.values[target] = one.attribute_value
        return v201.SetVariableResult(attribute_status=status, component=one.component, variable=one.variable)

    def _read(self, one: v201.GetVariableData) -> v201.GetVariableResult:
        value = self.values.get(target_in(one))
        known, unknown = v201.GetVariableStatus.ACCEPTED, v201.GetVariableStatus.UNKNOWN_VARIABLE
        return v201.GetVariableResult(
            attribute_status=unknown if value is None else known,
            attribute_value=value,
            component=one.component,
            variable=one.variable,
        )


@define
class Keys:
    """A station of 1.6. `limit` is how many keys it takes in one request, which it tells; more is an error."""

    values: dict[str, str | None]
    limit: int = 1000
    readonly: set[str] = field(factory=set)
    seen: list[Any] = field(factory=list)

    def __attrs_post_init__(self) -> None:
        self.values.setdefault("GetConfigurationMaxKeys", str(self.limit))

    def __call__(self, request: Request[Any]) -> Response | OcppError | None:
        self.seen.append(request)
        if isinstance(request, v16.ChangeConfigurationRequest):
            status = v16.ConfigurationStatus.ACCEPTED
            if request.key not in self.values:
                status = v16.ConfigurationStatus.NOT_SUPPORTED
            elif request.key in self.readonly:
                status = v16.ConfigurationStatus.REJECTED
            else:
                self.values[request.key] = request.value
            return v16.ChangeConfigurationResponse(status=status)
        assert isinstance(request, v16.GetConfigurationRequest)
        assert len(request.key or ()) <= self.limit
        names = list(self.values) if request.key is None else request.key
        there = [
            v16.KeyValue(key=name, readonly=name in self.readonly, value=self.values[name])
            for name in names
            if name in self.values
        ]
        unknown = [name for name in names if name not in self.values]
        return v16.GetConfigurationResponse(configuration_key=there or None, unknown_key=unknown or None)


def target_in(one: Any) -> Target:
    """The variable that an object of a message names."""
    evse = one.component.evse
    return Target(
        one.component.name,
        one.variable.name,
        one.variable.instance,
        evse and evse.id,
        evse and evse.connector_id,
    ).folded


TWO = Station(topology={1: (1, 1), 2: (2, 1)})
#: Keys that have the value of a variable of the whole station.
PLAIN = [key for key in KEYS if key.is_value and key.rule not in (Rule.PHASE_ROTATION, Rule.PER_CONNECTOR)]


def having(*keys: Key, value: str = "0", limit: int = 1000) -> Variables:
    """A station of 2.0.1 that has the variables of these keys."""
    targets = [target for key in keys for target in (key.target, key.also) if target is not None]
    return Variables(dict.fromkeys(targets, value), limit)


Answering = Callable[[Request[Any]], Response | OcppError | None]


@define
class Done:
    """What came of an exchange."""

    outcome: Any
    there: tuple[Loss, ...]
    back: tuple[Loss, ...]
    requests: list[Request[Any]]
    answers: list[Any]

    @property
    def notes(self) -> list[tuple[str, str, str]]:
        """The losses of what was sent on: path, kind and reason."""
        return [(loss.path, loss.kind.value, loss.reason.value) for loss in self.there]


def exchange(
    function: Callable[..., Exchange[Any]],
    request: Request[Any],
    answering: Answering,
    station: Station | None = None,
    policy: Policy | None = None,
) -> Done:
    """Drives an exchange. All that comes out of it is valid, and nothing is lost on the way without a word."""
    source = request.__ocpp__.version
    target = NEWER if source == OLDER else OLDER
    there, back = run(source, policy or Policy()), run(target, policy or Policy())
    going = function(request, there, back, station or Station())
    requests: list[Request[Any]] = []
    answers: list[Any] = []
    answer: Any = None
    try:
        while True:
            made = going.send(answer)
            check_valid(made, target)
            answer = answering(made)
            requests.append(made)
            answers.append(answer)
    except StopIteration as stop:
        outcome = stop.value
    done = Done(outcome, losses(there), losses(back), requests, answers)
    if isinstance(outcome, Response):
        check_valid(outcome, source)
    for one, made in zip(answers, requests, strict=True):
        is_told = isinstance(one, Response) and isinstance(outcome, Response)
        if is_told and not _is_own_question(made, request):
            check_said(one, [outcome], done.back, (policy or Policy()).configuration_keys)
    if isinstance(outcome, Response) and requests:
        check_said(request, [*requests, outcome], done.there, (policy or Policy()).configuration_keys)
    return done


#: What an answer says by being there, or in other words: of settings that are known, unknown or taken over.
TOLD = {"accepted", "rejected", "rebootrequired", "unknownvariable", "notsupported", "actual"}
#: What has another name on the other side.
RENAMED = {"meterpublickey1", "current", "power", "current,power", "a", "w", "a,w"}
#: What an answer repeats of its request, which has it by another name. What was not asked for is lost as a whole.
ECHO = re.compile(r"\$\.[gs]etVariableResult\[\d+\]\.component\.evse")


def _is_own_question(request: Request[Any], asked: Request[Any]) -> bool:
    """Whether it was asked to know how to go on: what a request may hold, and what a list has before it is written."""
    if isinstance(asked, v201.SetVariablesRequest) and isinstance(request, v16.GetConfigurationRequest):
        return True
    if isinstance(request, v201.GetVariablesRequest):
        return [one.variable.name for one in request.get_variable_data] == ["ItemsPerMessage"]
    return isinstance(request, v16.GetConfigurationRequest) and request.key == ["GetConfigurationMaxKeys"]


def names(keys: Iterable[Key]) -> set[str]:
    """Names of keys and variables: what has the one on this side has the other on that side."""
    targets = [one for key in keys for one in (key.target, key.also) if one is not None]
    parts = [part for one in (*targets, *STAND_INS) for part in (one.component, one.variable, one.instance)]
    return {text.casefold() for text in (*(key.name for key in keys), *parts) if text}


def check_said(message: Payload, made: list[Any], lost: tuple[Loss, ...], keys: Iterable[Key] = ()) -> None:
    """Every leaf of a message is sent on, is the name of a setting, is told to its sender, or is a loss."""
    covered = [loss.path for loss in lost if loss.kind in LOST]
    there = {_folded(value) for one in made for _, value in leaves(plain(one))}
    there |= names([*KEYS, *keys]) | TOLD | RENAMED
    for path, value in leaves(plain(message)):
        is_lost = any(path == one or path.startswith((f"{one}.", f"{one}[")) for one in covered)
        is_said = _folded(value) in there or ECHO.match(path)
        assert is_lost or is_said, f"{path} = {value!r} was lost without a word: {lost}"


def _folded(value: Any) -> str:
    """Text without what is no difference between values: case, and spaces around items."""
    return "".join(str(value).split()).casefold()


def set_of(*pairs: tuple[str, str]) -> v201.SetVariablesRequest:
    """A request to write these, ``Component/Variable[Instance]`` and value."""
    return v201.SetVariablesRequest(
        set_variable_data=[
            v201.SetVariableData(attribute_value=value, **named(text)) for text, value in pairs
        ]
    )


def get_of(*texts: str) -> v201.GetVariablesRequest:
    """A request to read these."""
    return v201.GetVariablesRequest(get_variable_data=[v201.GetVariableData(**named(text)) for text in texts])


def named(text: str) -> Any:
    """Component and variable of ``Component/Variable[Instance]``, with ``@1`` or ``@1.2`` behind it for the EVSE."""
    name, _, place = text.partition("@")
    target = Target.of(name)
    evse, _, connector = place.partition(".")
    where = v201.EVSE(id=int(evse), connector_id=int(connector) if connector else None) if evse else None
    return {
        "component": v201.Component(name=target.component, evse=where),
        "variable": v201.Variable(name=target.variable, instance=target.instance),
    }


def change(key: str, value: str) -> v16.ChangeConfigurationRequest:
    return v16.ChangeConfigurationRequest(key=key, value=value)


def get(*keys: str) -> v16.GetConfigurationRequest:
    return v16.GetConfigurationRequest(key=list(keys))


def pairs(answer: Any) -> dict[str, str | None]:
    """Values by key."""
    return {one.key: one.value for one in answer.configuration_key or ()}


def statuses(answer: Any) -> list[tuple[str, str | None]]:
    """Status and reason code of each result."""
    results = getattr(answer, "set_variable_result", None) or answer.get_variable_result
    return [
        (str(one.attribute_status), one.attribute_status_info and one.attribute_status_info.reason_code)
        for one in results
    ]


def texts(answer: Any) -> list[str | None]:
    return [one.attribute_value for one in answer.get_variable_result]


def known(values: Mapping[str, Any]) -> dict[Target, Known]:
    """What is known of variables, by ``Component/Variable[Instance]``."""
    return {Target.of(text).folded: value for text, value in values.items()}

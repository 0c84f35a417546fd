"""Histories that make sense: what a station says from its first boot on, over a model of a station.

The model knows what comes after what; the rest of each payload is drawn by `payloads`. What a CSMS hands out, such as
the transaction ids of 1.x, is not known before it has answered: a step refers to the answer that has it.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from attrs import Factory, define, frozen
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from ocpp_core.model.shapes import Enumeration, Kind, shape
from ocpp_core.model.specifications import specification
from ocpp_core.model.timestamps import write_timestamp
from ocpp_core.model.versions import Specification
from ocpp_core.testing.smallest import smallest
from ocpp_core.testing.strategies import payloads

__all__ = ["Link", "StationMachine", "Step", "exchanges", "station_machine"]

Json = dict[str, Any]
#: Draws, in a strategy or in a step of a state machine.
Draw = Callable[[st.SearchStrategy[Any]], Any]


@frozen
class Link:
    """A value that an earlier answer has.

    Attributes:
        step: Which step was answered, from 0.
        member: Of that answer.
    """

    step: int
    member: str


@frozen
class Step:
    """One thing that a station does.

    Attributes:
        action: Of the request that it sends; "" if it is off line for a moment, and connects anew.
        payload: Of the request, without the members of `links`.
        links: Members of the payload that an earlier answer has.
        is_early: Whether it is sent before the answer to the step before has come, which breaks a rule.
        same_id: The step whose message id it has, which breaks a rule; None if its id is new.
    """

    action: str
    payload: Json = Factory(dict)
    links: Mapping[str, Link] = Factory(dict)
    is_early: bool = False
    same_id: int | None = None

    def filled(self, answers: Sequence[Json]) -> Json:
        """The payload with all of its members.

        Args:
            answers: To the steps before, by number; {} for what was no request.

        Raises:
            KeyError: An answer lacks what was to be taken of it.
        """
        return {
            **self.payload,
            **{member: answers[link.step][link.member] for member, link in self.links.items()},
        }


def exchanges(version: str, *, max_steps: int = 12) -> st.SearchStrategy[list[Step]]:
    """Histories of a station of a version, each a list of steps that begins with a boot.

    Shrunk, a history has few steps, and small payloads in them.

    Args:
        version: Any.
        max_steps: That a history may have.
    """
    return _exchanges(specification(version), max_steps)


_GOES_ON = st.integers(0, 9).map(bool)


@st.composite
def _exchanges(draw: st.DrawFn, known: Specification, max_steps: int) -> list[Step]:
    return history(draw, Model(known), max_steps)


def history(draw: st.DrawFn, model: "Model", max_steps: int) -> list[Step]:
    """Draws a history; the model is then where it ends."""
    steps = [ACTS["boot"].do(draw, model)]
    # Asked before each step, not once for all: so a shrinker can take a step out and leave those behind it as they are.
    # Asked after the last one that there may be, too: a history without that step would lack an answer there.
    while draw(_GOES_ON) and len(steps) < max_steps:
        # What makes no sense now is passed over: an act is the same draw whatever was before it.
        act = ACTS[draw(st.sampled_from(list(ACTS)))]
        if act.is_possible(model):
            steps.append(draw(done(act, model)))
    return steps


@st.composite
def done(draw: st.DrawFn, act: "Act", model: "Model") -> Step:
    """All that an act draws, in one piece: so a shrinker can put a smaller act in its place."""
    return act.do(draw, model)


# The model


@define
class Transaction:
    """One that runs: where it stands, and the step that began it."""

    step: int
    id: str
    connector: int
    token: Json
    meter: int
    events: int = 1


_CONNECTORS = (1, 2)
_BEGINNING = datetime(2026, 1, 31, 12, tzinfo=UTC)
#: What a station tells without being asked, as far as a version knows it.
_TOLD = (
    "DataTransfer",
    "FirmwareStatusNotification",
    "DiagnosticsStatusNotification",
    "LogStatusNotification",
    "SecurityEventNotification",
    "SignCertificate",
    "NotifyReport",
    "NotifyEvent",
)


@define
class Model:
    """A station that has booted: what runs on its connectors, and who was authorised."""

    known: Specification
    steps: int = 0
    tokens: list[Json] = Factory(list)
    running: dict[int, Transaction] = Factory(dict)

    @property
    def is_first(self) -> bool:
        """Whether the CSMS numbers transactions, and each has messages of its own: 1.x."""
        return "StartTransaction" in self.known.actions

    @property
    def free(self) -> list[int]:
        return [number for number in _CONNECTORS if number not in self.running]

    def step(self, draw: Draw, action: str, members: Json, links: Mapping[str, Link] | None = None) -> Step:
        """The next step: a drawn payload, with those of the members that the version knows. None leaves one out."""
        cls = self.known.request(action)
        fields = {field.wire: field for field in shape(cls).fields}
        moment = _BEGINNING + timedelta(seconds=self.steps)
        # Half of all payloads say no more than they must, at the cost of one draw: so that a shrinker, which has some
        # hundred tries, need not make each of them small member by member.
        payload: Json = draw(payloads(cls)) if draw(st.booleans()) else smallest(cls, moment)
        members = {"timestamp": write_timestamp(moment), **members}
        links = {name: link for name, link in (links or {}).items() if name in fields}
        for name in [each for each in members if each in fields]:
            payload[name] = _fitting(members[name], fields[name].kind, payload.get(name))
        left = {name: value for name, value in payload.items() if value is not None and name not in links}
        self.steps += 1
        return Step(action, left, links)


def _fitting(value: Any, kind: Kind, drawn: Any) -> Any:
    """A value as the version has it: the first token that it knows, an object with the other members as drawn."""
    if isinstance(value, tuple) and isinstance(kind, Enumeration):
        return next(token for token in value if token in list(kind.enum))
    if isinstance(value, dict) and isinstance(drawn, dict):
        return {**drawn, **value}
    return value


@frozen
class Act:
    """Something that a station may do."""

    do: Callable[[Draw, Model], Step]
    is_possible: Callable[[Model], Any] = lambda model: True


def _boot(draw: Draw, model: Model) -> Step:
    # Whoever boots has lost what ran.
    model.running.clear()
    return model.step(draw, "BootNotification", {})


def _heartbeat(draw: Draw, model: Model) -> Step:
    return model.step(draw, "Heartbeat", {})


def _status(draw: Draw, model: Model) -> Step:
    number = draw(st.sampled_from(_CONNECTORS))
    state = ("Charging", "Occupied") if number in model.running else ("Available",)
    place = {"connectorId": number} if model.is_first else {"evseId": number, "connectorId": 1}
    members = {**place, "status": state, "connectorStatus": state, "errorCode": "NoError"}
    return model.step(draw, "StatusNotification", members)


def _authorize(draw: Draw, model: Model) -> Step:
    text = draw(st.text("0123456789ABCDEF", min_size=1, max_size=20))
    token = {"idTag": text} if model.is_first else {"idToken": {"idToken": text, "type": "ISO14443"}}
    model.tokens.append(token)
    return model.step(draw, "Authorize", token)


def _start(draw: Draw, model: Model) -> Step:
    number, token = draw(st.sampled_from(model.free)), draw(st.sampled_from(model.tokens))
    begun = Transaction(model.steps, f"tx-{model.steps}", number, token, draw(st.integers(0, 10**6)))
    model.running[number] = begun
    if model.is_first:
        members = {"connectorId": number, "meterStart": begun.meter, "reservationId": None, **token}
        return model.step(draw, "StartTransaction", members)
    return event(draw, model, begun, "Started", "Authorized")


def _meter(draw: Draw, model: Model) -> Step:
    running = draw(st.sampled_from(list(model.running.values())))
    if model.is_first:
        link = {"transactionId": Link(running.step, "transactionId")}
        return model.step(draw, "MeterValues", {"connectorId": running.connector}, link)
    running.events += 1
    return event(draw, model, running, "Updated", "MeterValuePeriodic")


def _stop(draw: Draw, model: Model) -> Step:
    running = model.running.pop(draw(st.sampled_from(list(model.running))))
    if model.is_first:
        members = {"meterStop": running.meter + draw(st.integers(0, 10**5)), **running.token}
        link = {"transactionId": Link(running.step, "transactionId")}
        return model.step(draw, "StopTransaction", members, link)
    running.events += 1
    return event(draw, model, running, "Ended", "StopAuthorized")


def event(draw: Draw, model: Model, running: Transaction, kind: str, trigger: str) -> Step:
    members = {
        "eventType": kind,
        "triggerReason": trigger,
        "seqNo": running.events - 1,
        "offline": False,
        "reservationId": None,
        # 2.0 has other names for it.
        "transactionInfo": {"transactionId": running.id},
        "transactionData": {"id": running.id},
        "evse": {"id": running.connector, "connectorId": 1},
        **running.token,
    }
    return model.step(draw, "TransactionEvent", members)


def _tell(draw: Draw, model: Model) -> Step:
    known = [action for action in _TOLD if action in model.known.actions]
    return model.step(draw, draw(st.sampled_from(known)), {})


def _reconnect(_: Draw, model: Model) -> Step:
    model.steps += 1
    return Step("")


ACTS: Mapping[str, Act] = {
    "heartbeat": Act(_heartbeat),
    "status": Act(_status),
    "authorize": Act(_authorize),
    "start": Act(_start, lambda model: model.tokens and model.free),
    "meter": Act(_meter, lambda model: model.running),
    "stop": Act(_stop, lambda model: model.running),
    "tell": Act(_tell, lambda model: any(action in model.known.actions for action in _TOLD)),
    "reconnect": Act(_reconnect),
    "boot": Act(_boot),
}


# The same against a CSMS, step by step


class StationMachine(RuleBasedStateMachine):
    """A station that does one thing after another, as Hypothesis says: see `station_machine`.

    Attributes:
        version: Of the station.
        steps: What it has done.
        answers: What it got, by number of step.
    """

    version: ClassVar[str] = ""

    def __init__(self) -> None:
        super().__init__()
        self._model = Model(specification(self.version))
        self.steps: list[Step] = []
        self.answers: list[Json] = []

    def ask(self, action: str, payload: Json) -> Json:
        """Sends a request to the CSMS under test, and returns the payload of its answer. To be written by you."""
        raise NotImplementedError

    def reconnect(self) -> None:
        """Drops the connection and makes a new one; does nothing, if you do not write it."""

    def _do(self, act: Act, draw: Draw) -> None:
        step = act.do(draw, self._model)
        self.steps.append(step)
        if not step.action:
            self.reconnect()
        # A number that holds the place, so that links go on to find theirs.
        self.answers.append(self.ask(step.action, step.filled(self.answers)) if step.action else {})


def station_machine(version: str) -> type[StationMachine]:
    """A state machine of Hypothesis, to be subclassed with an `ask` of yours, and run as its ``TestCase``.

    Its first step is a boot; what fails shrinks to the fewest steps.

    Args:
        version: Any.
    """
    rules = {f"do_{name}": _rule(name, act) for name, act in ACTS.items()}
    name = f"StationMachine{specification(version).version}".replace(".", "_")
    return type(name, (StationMachine,), {"version": version, "__module__": __name__, **rules})


def _rule(name: str, act: Act) -> Any:
    def do(self: StationMachine, data: st.DataObject) -> None:
        self._do(act, data.draw)

    do.__name__ = f"do_{name}"
    made = rule(data=st.data())(do)
    is_boot = name == "boot"
    return precondition(lambda self: is_boot or (self.steps and act.is_possible(self._model)))(made)

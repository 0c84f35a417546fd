"""CSMSs with one fault each: what is changed in the faultless one, and the one rule that it breaks.

`known` names the fault of a real implementation, by its id in the list of such faults.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from attrs import field, frozen

from conformance.peers import csms_ways as ways
from conformance.peers.csms import PASSWORD, Csms, Refused, Session, now
from ocpp_core.model.codes import ErrorCode

Json = dict[str, Any]
FIRST = ("1.6",)
SECOND = ("2.0.1", "2.1")
NEWEST = ("2.1",)


@frozen
class Fault:
    """One fault.

    Attributes:
        name: What it is, in a few words.
        rule: The rule that it breaks.
        change: Puts it into a faultless CSMS.
        versions: In which it is tried.
        registration: What the CSMS answers to boots.
        known: Ids of known faults of real implementations that are of this kind.
    """

    name: str
    rule: str
    change: Callable[[Csms], None]
    versions: tuple[str, ...] = ("1.6", "2.0.1")
    registration: str = "Accepted"
    known: tuple[str, ...] = field(factory=tuple)

    def csms(self, version: str) -> Csms:
        """A CSMS that has it."""
        csms = Csms(version, self.registration)
        self.change(csms)
        return csms


def _silent(*actions: str, when: Callable[[Json], bool] = lambda _: True) -> Callable[[Csms], None]:
    def served(self: Session, frame: list[Any], is_doubled: bool) -> Json | None:
        payload = Session.served(self, frame, is_doubled)
        return None if frame[2] in actions and when(frame[3]) else payload

    return ways.behaving(served=served)


def _code(error: ErrorCode, code: str) -> Callable[[Csms], None]:
    def change(csms: Csms) -> None:
        csms.codes[error] = code

    return change


def _unknown_is(code: str) -> Callable[[Csms], None]:
    return ways.only(
        4, lambda frame: [4, frame[1], code if frame[2] == "NotImplemented" else frame[2], *frame[3:]]
    )


_SWAP = {"NotImplemented": "NotSupported", "NotSupported": "NotImplemented"}


def _serving(**replies: Json) -> Callable[[Csms], None]:
    """Serves frames of some actions that it should not."""

    def served(self: Session, frame: list[Any], is_doubled: bool) -> Json | None:
        action = frame[2] if len(frame) > 2 else None
        return replies[action] if action in replies else Session.served(self, frame, is_doubled)

    return ways.behaving(served=served)


def _blindly(sees: Callable[[list[Any]], bool]) -> Callable[[Csms], None]:
    """Serves heartbeats whatever else is in their frames."""

    def served(self: Session, frame: list[Any], is_doubled: bool) -> Json | None:
        if sees(frame):
            return {"currentTime": now()}
        return Session.served(self, frame, is_doubled)

    return ways.behaving(served=served)


def _refusing_frames(sees: Callable[[list[Any]], bool]) -> Callable[[Csms], None]:
    def served(self: Session, frame: list[Any], is_doubled: bool) -> Json | None:
        if sees(frame):
            raise Refused(self.csms.codes[ErrorCode.FRAME])
        return Session.served(self, frame, is_doubled)

    return ways.behaving(served=served)


def _repeats_unanswered(csms: Csms) -> None:
    seen: set[str] = set()

    def served(self: Session, frame: list[Any], is_doubled: bool) -> Json | None:
        payload = Session.served(self, frame, is_doubled)
        if frame[1] in seen:
            return None
        seen.add(frame[1])
        return payload

    ways.behaving(served=served)(csms)


async def _answers_sends(self: Session, message: str | bytes) -> None:
    await Session.received(self, message)
    if str(message).startswith("[6"):
        await self.error(str(message).split('"')[1], "GenericError")


async def _silent_about_results(self: Session, frame: list[Any]) -> None:
    """Does not look at them."""


def closing_on_refusal(csms: Csms) -> None:
    def validate(self: Session, action: str, payload: Json) -> None:
        try:
            Session.validate(self, action, payload)
        except Refused:
            self.asked = "refused"
            raise

    async def error(self: Session, *said: Any) -> None:
        if self.asked == "refused":
            await self.connection.close(1011)
        else:
            await Session.error(self, *said)

    ways.behaving(validate=validate, error=error)(csms)


def silent_on_refusal(csms: Csms) -> None:
    def served(self: Session, frame: list[Any], is_doubled: bool) -> Json | None:
        try:
            return Session.served(self, frame, is_doubled)
        except Refused as refused:
            if refused.code in ("NotImplemented", "NotSupported", "SecurityError"):
                raise
            return None

    ways.behaving(served=served)(csms)


_FRAMES = (
    # What it says
    Fault(
        "details are a text",
        "frame.error-shape",
        ways.only(4, lambda f: [*f[:4], "SELECT"]),
        known=("KB-09",),
    ),
    Fault("details are missing", "frame.error-shape", ways.only(4, lambda f: f[:4]), known=("XP-7",)),
    Fault("details are null", "frame.error-shape", ways.only(4, lambda f: [*f[:4], None]), known=("XP-7",)),
    Fault(
        "codes in small letters",
        "frame.error-code",
        ways.only(4, lambda f: [4, f[1], f[2].lower(), *f[3:]]),
        ("2.0.1",),
        known=("XP-7",),
    ),
    Fault(
        "FormatViolation in 1.6",
        "frame.error-code",
        _code(ErrorCode.STRUCTURE, "FormatViolation"),
        FIRST,
        known=("KB-06",),
    ),
    Fault(
        "Occurrence with two r in 1.6",
        "frame.error-code",
        _code(ErrorCode.OCCURRENCE_CONSTRAINT, "OccurrenceConstraintViolation"),
        FIRST,
        known=("KB-08",),
    ),
    Fault(
        "a long description",
        "frame.error-description",
        ways.only(4, lambda f: [*f[:3], "x" * 300, {}]),
        SECOND,
    ),
    Fault(
        "another id in answers",
        "frame.answer-id",
        ways.only(3, lambda f: [3, f[1] + "x", f[2]]),
        known=("XP-2", "KB-83"),
    ),
    Fault(
        "numbers for ids in answers",
        "frame.id-text",
        ways.only(3, lambda f: [3, 17, f[2]]),
        known=("XP-2", "KB-83"),
    ),
    Fault(
        "letters beyond ASCII come back as question marks",
        "frame.answer-id",
        ways.only(3, lambda f: [3, f[1].encode("ascii", "replace").decode(), f[2]]),
        known=("XP-10",),
    ),
    Fault(
        "two answers to a call",
        "frame.answered-once",
        ways.framing(lambda f: iter([f, f] if f[0] == 3 else [f])),
        known=("XP-13",),
    ),
    Fault(
        "an HTML page for an answer",
        "frame.json",
        ways.only(3, lambda f: f"<html>{f[1]}</html>"),
        known=("KB-84",),
    ),
    Fault("broken JSON", "frame.json", ways.only(3, str), known=("KB-76", "KB-77")),
    Fault("binary messages", "frame.json", ways.only(3, lambda f: str(f).encode())),
    Fault("another type for results", "frame.type", ways.only(3, lambda f: [9, *f[1:]]), known=("KB-85",)),
    Fault("results with an action", "frame.result-shape", ways.only(3, lambda f: [3, f[1], "Action", f[2]])),
    Fault(
        "calls without a payload",
        "frame.call-shape",
        ways.only(2, lambda f: f if f[2] == "ClearChargingProfile" else f[:3]),
    ),
    Fault(
        "one id for all of its calls", "frame.id-new", ways.behaving(new_id=lambda _: "1"), known=("XP-6",)
    ),
    Fault(
        "long ids", "frame.id-length", ways.behaving(new_id=lambda self: f"{Session.new_id(self)}-{'x' * 9}")
    ),
    Fault("two calls at once", "frame.one-call-open", ways.being(ways.doubling), ("2.0.1",), known=("XP-5",)),
    Fault(
        "two calls at once, in 1.6", "frame.calls-in-turn", ways.being(ways.doubling), FIRST, known=("XP-5",)
    ),
    Fault(
        "silence about a start with an unknown token",
        "frame.answered",
        _silent("StartTransaction", when=lambda request: request["idTag"].startswith("NO-SUCH")),
        FIRST,
        known=("KB-22", "KB-52"),
    ),
    Fault(
        "silence about the end of an unknown transaction",
        "frame.answered",
        _silent("StopTransaction", when=lambda request: request["transactionId"] < 1),
        FIRST,
        known=("KB-23",),
    ),
    Fault("silence about heartbeats", "frame.answered", _silent("Heartbeat")),
    # How it takes what is asked
    Fault(
        "InternalError for unknown actions",
        "frame.unknown-action",
        _unknown_is("InternalError"),
        known=("KB-04",),
    ),
    Fault(
        "NotImplemented and NotSupported swapped",
        "frame.codes-swapped",
        ways.only(4, lambda f: [4, f[1], _SWAP.get(f[2], f[2]), *f[3:]]),
        NEWEST,
        known=("KB-05",),
    ),
    Fault(
        "actions in any letters",
        "frame.action-case",
        _serving(heartbeat={"currentTime": now()}),
        known=("XP-11",),
    ),
    Fault("serves what stations do", "frame.wrong-direction", _serving(Reset={"status": "Accepted"})),
    Fault(
        "closes on text that is no JSON",
        "frame.survives-no-json",
        ways.closing_at("unreadable"),
        known=("XP-8",),
    ),
    Fault(
        "serves calls of three elements",
        "frame.wrong-count",
        _blindly(lambda f: len(f) == 3 and f[2] == "Heartbeat"),
    ),
    Fault(
        "serves payloads that are lists",
        "frame.payload-no-object",
        _blindly(lambda f: f[2] == "Heartbeat" and len(f) == 4 and isinstance(f[3], list)),
    ),
    Fault("refuses null", "frame.null-payload", _refusing_frames(lambda f: len(f) == 4 and f[3] is None)),
    Fault(
        "answers unknown types",
        "frame.unknown-type",
        ways.behaving(unknown_type=ways.answers_unknown_types),
        known=("KB-18",),
    ),
    Fault(
        "answers answers",
        "frame.answers-unanswered",
        ways.being(ways.answering_answers),
        known=("KB-50", "KB-51"),
    ),
    Fault("wants ids without slashes", "frame.any-id", _refusing_frames(lambda f: "/" in f[1])),
    Fault("serves calls with long ids", "frame.long-id", _blindly(lambda f: len(f[1]) > 36)),
    Fault(
        "serves two calls under one id", "frame.open-id", ways.being(ways.slow_and_careless), known=("KB-39",)
    ),
    Fault("ignores a call that is sent again", "frame.retried-id", _repeats_unanswered),
    Fault(
        "refuses calls while its own is open", "frame.crossing-calls", ways.being(ways.deaf), known=("KB-13",)
    ),
    Fault("refuses calls after its own", "frame.crossing-calls", ways.being(ways.hasty), known=("KB-14",)),
    Fault("waits for ever", "frame.own-timeout", ways.patient, known=("KB-38",)),
    Fault(
        "takes a late answer for another", "frame.after-timeout", ways.being(ways.forgetful), known=("KB-42",)
    ),
    Fault(
        "answers a SEND",
        "frame.send-unanswered",
        ways.behaving(received=_answers_sends),
        NEWEST,
        known=("XP-14",),
    ),
    Fault(
        "says nothing about a bad result",
        "frame.bad-result-answered",
        ways.behaving(judged=_silent_about_results),
        NEWEST,
        known=("XP-14",),
    ),
)

_PAYLOADS = (
    Fault(
        "a boot answer without currentTime",
        "payload.answer-required",
        ways.saying("BootNotification", currentTime=None),
        known=("KB-41",),
    ),
    Fault(
        "DataTransfer without a status",
        "payload.answer-required",
        ways.saying("DataTransfer", status=None),
        known=("KB-29",),
    ),
    Fault(
        "a member too many",
        "payload.answer-unknown-member",
        ways.saying("StartTransaction", status="Accepted"),
        FIRST,
        known=("KB-33",),
    ),
    Fault(
        "echoes of the request",
        "payload.answer-unknown-member",
        ways.editing("StatusNotification", lambda _, request: request),
        known=("KB-34",),
    ),
    Fault("an interval in quotes", "payload.answer-type", ways.saying("BootNotification", interval="300")),
    Fault(
        "a status of its own",
        "payload.answer-value",
        ways.saying("DataTransfer", status="Unknown"),
        known=("KB-80", "KB-81"),
    ),
    Fault(
        "a time without its offset",
        "payload.answer-value",
        ways.editing("Heartbeat", lambda *_: {"currentTime": now()[:-1]}),
        known=("XP-3",),
    ),
    Fault(
        "asks for what a CSMS does",
        "payload.request-action",
        ways.only(2, lambda f: [2, f[1], "Heartbeat", {}] if f[2] == "TriggerMessage" else f),
    ),
    Fault(
        "calls with a member too many",
        "payload.request-unknown-member",
        ways.only(2, lambda f: [*f[:3], {**f[3], "more": 1}]),
    ),
    Fault(
        "calls with a wrong type",
        "payload.request-type",
        ways.asking("ChangeConfiguration", lambda _: {"key": "AuthorizationKey", "value": 1}),
        FIRST,
    ),
    Fault(
        "calls without a required member",
        "payload.request-required",
        ways.only(2, lambda f: [*f[:3], {}] if f[2] == "SetChargingProfile" else f),
    ),
    Fault(
        "calls with a token of its own",
        "payload.request-value",
        ways.asking("TriggerMessage", lambda _: {"requestedMessage": "Coffee"}),
    ),
)


def _booted_once(csms: Csms) -> None:
    def served(self: Session, frame: list[Any], is_doubled: bool) -> Json | None:
        if frame[2] == "BootNotification":
            if self.asked == "booted":
                raise Refused("InternalError")
            self.asked = "booted"
        return Session.served(self, frame, is_doubled)

    ways.behaving(served=served)(csms)


def _boots_on_each_connection(csms: Csms) -> None:
    def gate(self: Session, action: str) -> None:
        booted = getattr(self, "booted", False) or action == "BootNotification"
        self.booted = booted  # type: ignore[attr-defined]
        if not booted:
            raise Refused("SecurityError")

    ways.behaving(gate=gate)(csms)


def _follows_boots(action: str | None) -> Callable[[Csms], None]:
    def follow(self: Session, called: str, payload: Json, result: Json) -> None:
        if called == "BootNotification" and action is None:
            self.tasks.add(asyncio.ensure_future(self.connection.close()))
        elif called == "BootNotification":
            self.queue(str(action), self.csms.message(str(action)))

    return ways.behaving(follow=follow)


def _standing(csms: Csms) -> None:
    """From when the peer is made: that it is wrong too, after a while, is another rule."""
    ways.saying("Heartbeat", currentTime=now())(csms)
    csms.run = asyncio.run  # beside it our clock has to go


_no_gate = ways.behaving(gate=lambda *_: None)


def _gate_all(self: Session, action: str) -> None:
    if action != "BootNotification":
        raise Refused("SecurityError")


_BOOTS = (
    Fault("refuses boots", "boot.answered", ways.refusing("BootNotification", code="InternalError")),
    Fault("refuses a second boot", "boot.again", _booted_once),
    Fault(
        "refuses long names",
        "boot.all-members",
        ways.refusing("BootNotification", code="InternalError", when=lambda request: len(str(request)) > 300),
    ),
    Fault(
        "boots a year ago", "boot.time", ways.saying("BootNotification", currentTime=ways.later(days=-365))
    ),
    Fault("a negative interval", "boot.interval", ways.saying("BootNotification", interval=-1)),
    Fault("wants a boot on each connection", "boot.reconnected", _boots_on_each_connection),
    Fault(
        "serves stations that it has not accepted",
        "boot.before-acceptance",
        _no_gate,
        SECOND,
        "Pending",
        ("KB-21",),
    ),
    Fault(
        "serves stations that it has rejected", "boot.not-accepted", _no_gate, FIRST, "Rejected", ("KB-21",)
    ),
    Fault(
        "refuses what it has triggered",
        "boot.triggered",
        ways.behaving(gate=_gate_all),
        ("1.6", "2.0.1"),
        "Pending",
        ("KB-20",),
    ),
    Fault("closes after Pending", "boot.pending-open", _follows_boots(None), ("1.6", "2.0.1"), "Pending"),
    Fault(
        "asks stations that it has rejected",
        "boot.rejected-quiet",
        _follows_boots("ClearCache"),
        FIRST,
        "Rejected",
    ),
    Fault(
        "starts transactions while Pending",
        "boot.pending-no-remote-start",
        _follows_boots("RemoteStartTransaction"),
        FIRST,
        "Pending",
    ),
    Fault("does not serve heartbeats", "heartbeat.answered", ways.refusing("Heartbeat"), known=("KB-03",)),
    Fault(
        "local time marked as UTC",
        "heartbeat.time",
        ways.editing("Heartbeat", lambda *_: {"currentTime": ways.later(hours=2)}),
        known=("XP-3",),
    ),
    Fault(
        "a clock that stands",
        "heartbeat.clock",
        _standing,
        known=("XP-4",),
    ),
)


def _admitting(**changes: Any) -> Callable[[Csms], None]:
    def change(csms: Csms) -> None:
        for name, value in changes.items():
            setattr(csms, name, value)

    return change


def _any_password(request: Any, _: str) -> bool:
    """Looks whether there is one."""
    return "Authorization" in request.headers


def _known(status: int) -> Callable[[str], int]:
    return lambda identity: status if identity.startswith("NOBODY") else 200


_HANDSHAKES = (
    Fault("agrees on any subprotocol", "handshake.no-common", _admitting(takes_all=True), known=("KB-36",)),
    Fault(
        "agrees on what is offered first",
        "handshake.subprotocol",
        _admitting(takes_first=True),
        known=("KB-37",),
    ),
    Fault("keeps connections without a subprotocol", "handshake.no-common", _admitting(stays=True)),
    Fault("HTTP 500 for an unknown station", "handshake.unknown-identity", _admitting(admits=_known(500))),
    Fault(
        "lets stations in without a password",
        "handshake.password",
        _admitting(password=PASSWORD, proven=_any_password),
    ),
    Fault("404 for a wrong password", "handshake.password", _admitting(password=PASSWORD, refusal=404)),
)

FAULTS: tuple[Fault, ...] = (*_HANDSHAKES, *_FRAMES, *_PAYLOADS, *_BOOTS)

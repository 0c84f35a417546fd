"""The frames of a log in another version, one after the other, in memory that does not grow with it.

What is remembered of each station is in a `Chain`. Frames of which the log does not say which side has sent them are
translated each on its own, an answer together with its call; and so are answers that come when their sender has gone on
already. What of that depends on what went before is named (`Outcome.SESSION`).
"""

import re
from collections import OrderedDict, deque
from collections.abc import Hashable, Sequence
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from itertools import count
from typing import Any

from attrs import define, evolve, frozen

from ocpp_core.jsonrpc.codec import MAX_ID_LENGTH, JsonCodec
from ocpp_core.logs.chain import Chain, Exchange, Made, numbered
from ocpp_core.logs.judging import Asked, Judged, Verdict
from ocpp_core.logs.moments import moment
from ocpp_core.logs.origins import CSMS_TO_STATION, STATION_TO_CSMS
from ocpp_core.model.errors import LocalProtocolError, OcppError, PayloadError
from ocpp_core.model.messages import (
    Call,
    CallError,
    CallResult,
    CallResultError,
    Frame,
    Payload,
    Response,
    Send,
    SoapHeaders,
)
from ocpp_core.model.specifications import specification
from ocpp_core.model.versions import Role, Version, Wire
from ocpp_core.soap.codec import SoapCodec
from ocpp_core.translation.engine import translate, translate_along
from ocpp_core.translation.errors import translate_error
from ocpp_core.translation.leaves import alias
from ocpp_core.translation.losses import Loss, LossKind, LossReason, NeedsSessionError, Translation, shown
from ocpp_core.translation.missing import Missing
from ocpp_core.translation.policies import DEFAULT_POLICY, Policy
from ocpp_core.translation.sessions import Side

_DECLARATION = re.compile(r"\A<\?xml[^>]*>\s*")
#: How much text of later calls may come before a call is forgotten that has no answer yet.
KEPT_SIZE = 8_000_000
#: What a call is counted with beside its text.
_KEPT_COST = 1_000


#: Why an answer is left out.
_UNSENT = "its call went no further"
_SIDES = {STATION_TO_CSMS: Side.STATION, CSMS_TO_STATION: Side.CSMS}
_DIRECTIONS = {side: direction for direction, side in _SIDES.items()}
#: Stations of which something is remembered, and how many bytes that may be; those not heard of longest are forgotten.
MOST_STATIONS, MOST_REMEMBERED = 1_000, 64_000_000


class Outcome(StrEnum):
    """What has become of a frame."""

    EXACT = "exact"  #: says all that the source said
    LOSSY = "with losses"
    ANSWERED = "answered"  #: goes no further: its sender is answered here
    DROPPED = "dropped"  #: goes no further, and wants no answer; or answers what went no further
    SESSION = "needs a session"  #: depends on what went before, and was met where that is not known
    FAILED = "not translated"  #: cannot be read or paired, or not be said at all


@frozen
class _Sent:
    """What a call has become: what its answer has to know.

    Attributes:
        forms: Of each call that it became: what it was on the way, see `Translation.forms`.
        chain: What has translated it instead.
        exchange: What that gave for it.
    """

    forms: Sequence[tuple[Any, ...]] = ()
    chain: Chain | None = None
    exchange: Exchange | None = None


@define(eq=False)
class Translated:
    """A frame in another version.

    Attributes:
        judged: The frame as it was found.
        to: The other version.
        outcome: What has become of it.
        wire: Of the frames that it became.
        frames: What goes to the other side, in this order.
        texts: The same as it is written.
        ways: Which way each of these goes: `STATION_TO_CSMS`, `CSMS_TO_STATION`, "" if that is not known.
        answer: What the sender is told, if the frame goes no further.
        losses: What could not be carried.
        of_call: The same of a call before it, where that shows only now: see `called`.
        called: Class of the call that this was lost of: the one that is answered, or the last one of the same side,
            which was not.
        missing: What the frame has shown not to have come.
        reason: Why it was not translated.
    """

    judged: Judged
    to: Version
    outcome: Outcome
    wire: Wire = Wire.JSON
    frames: tuple[Frame, ...] = ()
    texts: tuple[str, ...] = ()
    ways: tuple[str, ...] = ()
    answer: Response | OcppError | None = None
    losses: tuple[Loss, ...] = ()
    of_call: tuple[Loss, ...] = ()
    called: str = ""
    missing: tuple[Missing, ...] = ()
    reason: str = ""

    @property
    def is_refused(self) -> bool:
        """Whether a frame that could have been read and paired is not in the output."""
        judged = self.judged.verdict
        if self.outcome is Outcome.FAILED:
            return judged in (Verdict.ACCEPTED, Verdict.TOLERATED, Verdict.REFUSED)
        return self.outcome is Outcome.SESSION


class LogTranslator:
    """Translates judged frames, in the order in which they were sent.

    Args:
        to: The version to translate to: a `Version` or its number.
        received_at: The time of frames beside which none stands, aware: what a required time becomes that they lack.
        policy: What you decide differently.

    Raises:
        ValueError: There is no such version.
    """

    def __init__(self, to: str, *, received_at: datetime, policy: Policy = DEFAULT_POLICY) -> None:
        self.to: Version = Version(to)
        self.policy = policy
        self.received_at = received_at
        self._ids = count(1)
        self._chains: OrderedDict[Hashable, Chain] = OrderedDict()
        self._remembered = 0
        self._kept: deque[tuple[Asked, int]] = deque()
        self._kept_size = 0

    def translate(self, judged: Judged) -> Translated:
        """What becomes of the next frame."""
        frame = judged.frame
        try:
            match frame:
                case Call() | Send():
                    return self._asking(judged, frame)
                case CallResult():
                    return self._answering(judged, frame)
                case CallError():
                    return self._refusing(judged, frame)
                case CallResultError():
                    return self._complaining(judged, frame)
                case _:
                    return Translated(judged, self.to, Outcome.FAILED, reason=judged.reason or judged.verdict)
        except NeedsSessionError as error:
            reason = f"{error.action} ({error.step}) depends on what went before"
            return Translated(judged, self.to, Outcome.SESSION, reason=reason)
        except (LocalProtocolError, PayloadError) as error:
            self._forget(_station(judged))  # what it has left half done is not known
            return Translated(judged, self.to, Outcome.FAILED, reason=str(error))

    # Kinds of frames

    def _asking(self, judged: Judged, frame: Call | Send) -> Translated:
        side = _SIDES.get(judged.found.direction)
        if side is not None and judged.found.version != self.to:
            return self._in_chain(judged, frame, side)
        made = self._translated(frame.payload)
        if not made.messages:
            outcome = Outcome.DROPPED if made.answer is None else Outcome.ANSWERED
            self._keep(judged, _Sent())
            return Translated(judged, self.to, outcome, answer=made.answer, losses=made.losses)
        self._keep(judged, _Sent(made.forms))
        asking: list[Frame] = [_carrying(frame, one) for one in made.messages]
        return self._written(judged, self._alike(judged, asking), made.losses)

    def _in_chain(self, judged: Judged, frame: Call | Send, side: Side) -> Translated:
        """A call or a SEND by what is known of its station."""
        chain = self._chain(judged)
        size = chain.size
        made, exchange = chain.called(side, frame, self._time(judged))
        self._make_room(chain.size - size)
        outcome = Outcome.DROPPED if made.answer is None else Outcome.ANSWERED
        self._keep(judged, _Sent(chain=chain, exchange=exchange))
        reason = "" if exchange is None or exchange.is_over else "it waits for what comes later"
        return self._of_chain(judged, made, outcome, reason)

    def _of_chain(self, judged: Judged, made: Made, outcome: Outcome, reason: str) -> Translated:
        """What a frame has led to; `outcome` and `reason` if that is nothing."""
        called = "" if made.called is None else type(made.called).__name__
        if made.crossed:
            frames = [(one.frame, _DIRECTIONS[one.side]) for one in made.crossed]
            written = self._written(judged, frames, made.losses)
            written.of_call, written.called, written.missing = made.of_call, called, made.missing
            return written
        return Translated(
            judged,
            self.to,
            outcome,
            answer=made.answer,
            losses=made.losses,
            of_call=made.of_call,
            called=called,
            missing=made.missing,
            reason=reason,
        )

    def _answering(self, judged: Judged, frame: CallResult) -> Translated:
        sent = _sent(judged)
        if sent is not None and sent.exchange is not None:
            if (told := self._answered(judged, frame, sent)) is not None:
                return self._of_chain(judged, told, Outcome.DROPPED, _UNSENT)
            sent = self._again(sent.exchange)
        if sent is not None and not sent.forms:
            return self._unsent(judged)
        answering: list[Frame] = []
        losses: list[Loss] = []
        for forms in sent.forms if sent else (None,):
            made = self._translated(frame.payload) if forms is None else self._along(frame.payload, forms)
            losses += made.losses
            error = made.answer
            if isinstance(error, OcppError):
                answering.append(
                    CallError(frame.id, error.code, error.description, error.details, headers=frame.headers)
                )
            else:
                answering.append(_carrying(frame, made.message))
        return self._written(judged, self._alike(judged, answering), tuple(losses))

    def _answered(self, judged: Judged, frame: CallResult | CallError, sent: _Sent) -> Made | None:
        """What answers a call that a chain has translated; None if that does not wait for it any more."""
        chain, exchange = sent.chain, sent.exchange
        assert chain is not None
        assert exchange is not None
        if chain.is_closed or exchange.is_given_up:
            return None
        size = chain.size
        made = chain.answered(exchange, frame, self._time(judged))
        self._make_room(chain.size - size)
        return made

    def _again(self, exchange: Exchange) -> _Sent:
        """A call whose sender has gone on before this answer, as it is without what went before it."""
        made = self._translated(exchange.frame.payload)
        return _Sent(made.forms)

    def _refusing(self, judged: Judged, frame: CallError) -> Translated:
        sent = _sent(judged)
        error, losses = self._error(judged, frame)
        if sent is not None and sent.exchange is not None:
            made = self._answered(judged, frame, sent)
            if made is not None:
                return self._of_chain(judged, _spelt(made, error, losses), Outcome.DROPPED, _UNSENT)
            sent = self._again(sent.exchange)
        if sent is not None and not sent.forms:
            return self._unsent(judged)
        return self._written(judged, self._alike(judged, [error] * (len(sent.forms) if sent else 1)), losses)

    def _error(self, judged: Judged, frame: CallError) -> tuple[CallError, tuple[Loss, ...]]:
        found, wire = judged.found, self._wire(judged)
        step = f"{found.version}->{self.to}"
        names = specification(found.version).error_names[found.wire]
        error, losses = translate_error(frame, names, specification(self.to).error_names[wire], step)
        assert isinstance(error, CallError)
        return error, losses

    def _complaining(self, judged: Judged, frame: CallResultError) -> Translated:
        if self.to == judged.found.version:
            return self._written(judged, self._alike(judged, [frame]), ())
        step = f"{judged.found.version}->{self.to}"
        said = shown("$", {"code": frame.code, "description": frame.description, "details": frame.details})
        loss = Loss("$", LossKind.DROPPED, said, LossReason.SUPPRESSED, step=step)
        return Translated(judged, self.to, Outcome.DROPPED, losses=(loss,))

    def _unsent(self, judged: Judged) -> Translated:
        """What answers a call that went no further."""
        return Translated(judged, self.to, Outcome.DROPPED, reason=_UNSENT)

    def _translated(self, message: Payload) -> Translation:
        new_id = self._ids.__next__
        return translate(message, to=self.to, received_at=self.received_at, policy=self.policy, new_id=new_id)

    def _along(self, message: Response, forms: Sequence[Any]) -> Translation:
        return translate_along(message, forms, received_at=self.received_at, policy=self.policy)

    # Writing

    def _wire(self, judged: Judged) -> Wire:
        """That of the source, if the version has it."""
        wire = judged.found.wire
        return wire if wire in specification(self.to).error_names else Wire.JSON

    def _alike(self, judged: Judged, frames: Sequence[Frame]) -> list[tuple[Frame, str]]:
        """Frames that go the way of the source, with ids like its own."""
        way = judged.found.direction
        return [(evolve(one, id=numbered(one.id, number)), way) for number, one in enumerate(frames)]

    def _written(
        self, judged: Judged, frames: Sequence[tuple[Frame, str]], losses: tuple[Loss, ...]
    ) -> Translated:
        wire = self._wire(judged)
        sent = tuple(
            evolve(one, id=_id(one.id, wire), headers=_headers(one.headers), violations=())
            for one, _ in frames
        )
        ways = tuple(way for _, way in frames)
        texts = tuple(write(one, self.to, wire, way) for one, way in zip(sent, ways, strict=True))
        outcome = Outcome.LOSSY if losses else Outcome.EXACT
        return Translated(judged, self.to, outcome, wire, sent, texts, ways, losses=losses)

    # Memory

    def _time(self, judged: Judged) -> datetime:
        return moment(judged.found.moment) or self.received_at

    def _chain(self, judged: Judged) -> Chain:
        """What is known of the station of a frame."""
        key = _station(judged)
        chain = self._chains.get(key)
        if chain is None:
            label = judged.found.station
            identity = judged.found.source if label is None else str(label)
            chain = self._chains[key] = Chain(judged.found.version, self.to, identity, self.policy)
            self._remembered += chain.size
        self._chains.move_to_end(key)
        return chain

    def _make_room(self, more: int) -> None:
        """Forgets the stations that were not heard of longest, if there are too many, or too much is known.

        Args:
            more: Bytes that are known since the last time.
        """
        self._remembered += more
        while len(self._chains) > MOST_STATIONS or self._remembered > MOST_REMEMBERED:
            self._forget(next(iter(self._chains)))

    def _forget(self, station: Hashable) -> None:
        chain = self._chains.pop(station, None)
        if chain is not None:
            self._remembered -= chain.size
            chain.close()

    def _keep(self, judged: Judged, sent: _Sent) -> None:
        """Keeps what a call has become for its answer, until too much has come since."""
        asked = judged.asked
        if asked is None or not isinstance(judged.frame, Call):
            return
        asked.kept = sent
        size = len(judged.found.text) + _KEPT_COST
        self._kept.append((asked, size))
        self._kept_size += size
        while self._kept_size > KEPT_SIZE:
            oldest, size = self._kept.popleft()
            oldest.kept = None
            self._kept_size -= size


def _carrying(frame: Call | CallResult | Send, message: Any) -> Frame:
    """The same frame with another message of its kind."""
    return evolve(frame, payload=message)


def _sent(judged: Judged) -> _Sent | None:
    """What has become of the call that an answer belongs to, as far as that is known."""
    return None if judged.asked is None else judged.asked.kept


def _station(judged: Judged) -> Hashable:
    """By what its chain is found: a station that changes its version begins anew."""
    return judged.found.stream, judged.found.version


def _spelt(made: Made, error: CallError, losses: tuple[Loss, ...]) -> Made:
    """The same with an error of the log as the other version spells it, where it has come through as one."""
    crossed = [
        evolve(one, frame=evolve(error, id=one.frame.id)) if isinstance(one.frame, CallError) else one
        for one in made.crossed
    ]
    came_through = any(isinstance(one.frame, CallError) for one in made.crossed)
    return evolve(made, crossed=crossed, losses=made.losses + (losses if came_through else ()))


def _id(id: str, wire: Wire) -> str:
    """An id that the wire can have; SOAP has longer ones than JSON."""
    return id if wire is Wire.SOAP or len(id) <= MAX_ID_LENGTH else alias(id, MAX_ID_LENGTH)


def _headers(headers: SoapHeaders | None) -> SoapHeaders | None:
    """Those of an envelope of another version, in which actions may have other names."""
    return headers and evolve(headers, action=None)


def write(frame: Frame, version: str, wire: Wire, direction: str) -> str:
    """A frame as text.

    Args:
        frame: Of this version.
        version: To write it in.
        wire: To write it for.
        direction: Who has sent it: `STATION_TO_CSMS` or `CSMS_TO_STATION`. Of both DataTransfer in SOAP it is one.

    Raises:
        PayloadError: The payload breaks its schema.
        LocalProtocolError: The wire has no such frame; or an envelope lacks the identity of the station.
    """
    if wire is Wire.JSON:
        return _json_codec(version).encode(frame)
    sender = Role.CHARGE_POINT if direction == STATION_TO_CSMS else Role.CSMS
    # Without the declaration: what bytes it will be is not known.
    return _DECLARATION.sub("", _soap_codec(version, sender).encode(frame).decode())


@lru_cache(maxsize=32)
def _json_codec(version: str) -> JsonCodec:
    return JsonCodec(version)


@lru_cache(maxsize=32)
def _soap_codec(version: str, role: Role) -> SoapCodec:
    return SoapCodec(version, role=role)

"""The verdict on each frame of a stream, in memory that does not grow with it.

An answer does not say what it answers, so the calls of each side are kept until the other side has answered them.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping
from enum import StrEnum
from functools import lru_cache
from itertools import chain
from typing import Any, Protocol

import orjson
from attrs import define, evolve

from ocpp_core.jsonrpc.codec import JsonCodec
from ocpp_core.logs.origins import CSMS_TO_STATION, RECEIVED, SENT, STATION_TO_CSMS
from ocpp_core.logs.reading import Found
from ocpp_core.model.bounded import Bounded
from ocpp_core.model.codes import ErrorCode, FrameKind
from ocpp_core.model.errors import FrameError, ProtocolError
from ocpp_core.model.messages import Call, CallError, CallResult, CallResultError, Frame, Request, Send
from ocpp_core.model.specifications import specification
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.model.versions import Role, Specification, Wire
from ocpp_core.model.violations import Violation
from ocpp_core.soap.codec import SoapCodec

#: Calls of one side of a stream that may wait for an answer; beyond it the oldest is forgotten.
MAX_PENDING = 10_000
#: Calls of one id that are kept, if nobody knows whose they are.
MAX_SAME = 100
#: Streams whose calls are kept; beyond it the oldest is forgotten.
MAX_STREAMS = 10_000


class Decoder(Protocol):
    """What reads the frames of one version on one wire."""

    @property
    def specification(self) -> Specification:
        """The version."""
        ...

    def decode(
        self,
        text: str,
        *,
        awaiting: Mapping[str, type[Request[Any]]] | None = None,
        tolerance: Tolerance | None = None,
    ) -> Frame:
        """Reads one frame; see `JsonCodec.decode`."""
        ...

    def values(self, text: str) -> Any:
        """What a frame says, as JSON; see `JsonCodec.values`."""
        ...


class EnvelopeDecoder:
    """A `SoapCodec` that reads text: bytes of a log that were no UTF-8 are bytes again."""

    def __init__(self, version: str) -> None:
        self._codec = SoapCodec(version)
        self.specification: Specification = self._codec.specification

    def decode(
        self,
        text: str,
        *,
        awaiting: Mapping[str, type[Request[Any]]] | None = None,
        tolerance: Tolerance | None = None,
    ) -> Frame:
        """Reads one envelope; see `SoapCodec.decode`."""
        return self._codec.decode(_bytes(text), awaiting=awaiting, tolerance=tolerance)

    def values(self, text: str) -> Any:
        """What an envelope says, as JSON; see `SoapCodec.values`."""
        return self._codec.values(_bytes(text))


def _bytes(envelope: str) -> bytes:
    return envelope.encode("utf-8", "surrogateescape")


#: What judges a wire. A wire without one is counted and not judged.
DECODERS: Mapping[Wire, Callable[[str], Decoder]] = {Wire.JSON: JsonCodec, Wire.SOAP: EnvelopeDecoder}


@lru_cache(maxsize=100)
def decoder_for(version: str, wire: Wire) -> Decoder | str:
    """The codec for a version on a wire; if there is none, why not."""
    make = DECODERS.get(wire)
    if make is None:
        return wire.name
    try:
        return make(version)
    except LookupError:
        return f"unknown version {version[:20]!r}"
    except ProtocolError as error:
        return str(error)


class Verdict(StrEnum):
    """What becomes of a frame."""

    ACCEPTED = "accepted"
    TOLERATED = "tolerated"  #: accepted although it breaks a rule, because that was asked for
    REFUSED = "refused"
    UNPAIRED = (
        "unpaired"  #: a result whose call was not seen: its frame is right, its payload cannot be judged
    )
    AMBIGUOUS = "ambiguous"  #: a result that fits several of the calls that it may answer
    NOT_JUDGED = "not judged"


@define(eq=False)
class Asked:
    """A call that waits for its answer.

    Attributes:
        cls: Its class.
        kept: What whoever reads the verdicts wants to find again with the answer.
    """

    cls: type[Request[Any]]
    kept: Any = None


@define(eq=False)
class Judged:
    """A frame and the verdict on it.

    Attributes:
        kind: What the frame is, or was meant to be; None if it was not judged.
        action: Of the frame or of the call that it answers; "" if it is not known.
        frame: What was read; None if it is refused or was not judged.
        id: The message id, as far as it can be read.
        reason: Why it was refused or not judged.
        code: What to answer; None unless it is refused.
        violations: The broken rules of a frame that is refused or tolerated, each with the tolerance that accepts it.
        allow: The tolerances that together would accept a refused frame; empty if nothing does.
        asked: Of a call: what its answer will have here; of an answer: the call that it answers. None if it is not
            known, or is not judged.
    """

    found: Found
    verdict: Verdict
    kind: FrameKind | None = None
    action: str = ""
    frame: Frame | None = None
    id: str | None = None
    reason: str = ""
    code: ErrorCode | None = None
    violations: tuple[Violation, ...] = ()
    allow: tuple[Tolerance, ...] = ()
    asked: Asked | None = None

    @property
    def specification(self) -> Specification | None:
        """The version that it was judged by."""
        return None if self.kind is None else specification(self.found.version)


# Looking up a member of an enum costs as much as anything else that is done for a frame.
_JSON, _ACCEPTED, _TOLERATED = Wire.JSON, Verdict.ACCEPTED, Verdict.TOLERATED
_KINDS: Mapping[type[Any], FrameKind] = {
    Call: FrameKind.CALL,
    CallResult: FrameKind.CALLRESULT,
    CallError: FrameKind.CALLERROR,
    CallResultError: FrameKind.CALLRESULTERROR,
    Send: FrameKind.SEND,
}
#: Which way a message goes that only one side may send, and which way its answer comes.
_WAYS: Mapping[Role | None, str] = {
    Role.CHARGE_POINT: STATION_TO_CSMS,
    Role.CSMS: CSMS_TO_STATION,
    Role.EITHER: "",
    None: "",
}
_BACK = {STATION_TO_CSMS: CSMS_TO_STATION, CSMS_TO_STATION: STATION_TO_CSMS, "": ""}
_RELATIVE = frozenset({RECEIVED, SENT, ""})

_Calls = Bounded[str, tuple[Asked, ...]]


class _Awaiting(Mapping[str, type[Request[Any]]]):
    """The calls of a stream that a frame may answer: those of any side but its own.

    Args:
        sides: The calls, by who sent them.
        direction: Of the frame; "" if it is not known, which is no side: what answers such a call may be the same.
    """

    def __init__(self, sides: dict[str, _Calls], direction: str) -> None:
        self._sides = sides
        self._direction = direction

    def __getitem__(self, id: str) -> type[Request[Any]]:
        return self.calls(id)[0].cls

    def get(self, id: str, default: Any = None) -> Any:
        """See `dict.get`."""
        calls = self.calls(id)
        return calls[0].cls if calls else default

    def __iter__(self) -> Iterator[str]:
        return chain.from_iterable(self._theirs())

    def __len__(self) -> int:
        return sum(map(len, self._theirs()))

    def _theirs(self) -> Iterator[_Calls]:
        direction = self._direction
        return (calls for side, calls in self._sides.items() if not side or side != direction)

    def calls(self, id: str) -> tuple[Asked, ...]:
        """The calls with this id, the oldest of each side first."""
        found: tuple[Asked, ...] = ()
        for calls in self._theirs():
            found += calls.get(id, ())
        return found

    def pop(self, id: str, cls: type[Request[Any]]) -> Asked:
        """Forgets the oldest call with this id and of this class, and tells which it is."""
        asked = next(one for one in self.calls(id) if one.cls is cls)
        for calls in self._theirs():
            same = calls.get(id, ())
            if asked in same:
                left = tuple(one for one in same if one is not asked)
                if left:
                    calls[id] = left
                else:
                    del calls[id]
                break
        return asked


class _Stream:
    """Calls of the frames that may answer each other."""

    def __init__(self) -> None:
        self.sides: dict[str, _Calls] = {}
        self._awaiting: dict[str, _Awaiting] = {}

    def awaiting(self, direction: str) -> _Awaiting:
        """What a frame of this direction may answer."""
        found = self._awaiting.get(direction)
        if found is None:
            found = self._awaiting[direction] = _Awaiting(self.sides, direction)
        return found

    def remember(self, found: Found, id: str, request: type[Request[Any]]) -> Asked:
        """Keeps a call. One side of one station has one call of an id; who does not know the station has several."""
        side = found.direction or _WAYS[request.__ocpp__.sent_by]
        calls = self.sides.get(side)
        if calls is None:
            calls = self.sides[side] = _Calls(MAX_PENDING)
        earlier = () if found.station is not None and side else calls.get(id, ())
        asked = Asked(request)
        calls[id] = (*earlier[-MAX_SAME:], asked)
        return asked


class Judge:
    """Judges frames in the order in which they were sent.

    An answer is judged by the call that it answers. Where the input does not say which station a frame belongs to, or
    which way it went, several calls may have its id: then it answers the one that it fits. It is ambiguous if it fits
    several, and refused if it fits none.

    Args:
        tolerance: What is accepted although it breaks a rule.
        decoders: The decoder for a version and wire, or the reason why there is none.
    """

    def __init__(
        self,
        tolerance: Tolerance = Tolerance.STRICT,
        decoders: Callable[[str, Wire], Decoder | str] = decoder_for,
    ) -> None:
        self.tolerance = tolerance
        self._make_decoder = decoders
        self._decoders: dict[str, Decoder] = {}  # of the JSON wire, by version
        self._streams: Bounded[Hashable, _Stream] = Bounded(MAX_STREAMS)

    def forget(self) -> None:
        """Forgets all calls: what comes next has nothing to do with what came before."""
        self._streams.clear()

    @property
    def pending(self) -> int:
        """How many calls wait for an answer."""
        return sum(len(calls) for stream in self._streams.values() for calls in stream.sides.values())

    def judge(self, found: Found) -> Judged:
        """The verdict on the next frame. `found.version` must be known, on wires that have a decoder.

        A direction that `found` does not have, or only relative to who wrote the log, is set if the action says it.
        """
        if found.wire is Wire.SOAP:  # an envelope says its version itself
            found = evolve(found, version=SoapCodec.sniff(_bytes(found.text)) or found.version)
        decoder = self._decoders.get(found.version) if found.wire is _JSON else self._decoder(found)
        if decoder is None:
            decoder = self._decoder(found)
        if isinstance(decoder, str):
            return Judged(found, Verdict.NOT_JUDGED, reason=decoder)
        stream = self._streams.get(found.stream)
        if stream is None:
            stream = self._streams[found.stream] = _Stream()
        theirs = stream.awaiting(found.direction)
        try:
            frame = decoder.decode(found.text, awaiting=theirs, tolerance=self.tolerance)
        except FrameError as error:
            return self._refused(found, decoder, error, stream, theirs)
        if isinstance(frame, Call):
            request = type(frame.payload)
            return _accepted(found, frame, request, stream.remember(found, frame.id, request))
        if isinstance(frame, CallResult):
            calls = theirs.calls(frame.id)
            if _differ(calls):
                return self._chosen(found, decoder, frame.id, calls, theirs)
            asked = theirs.pop(frame.id, calls[0].cls) if calls else None
            return _accepted(found, frame, type(frame.payload), asked)
        if isinstance(frame, CallError):
            asked = _ended(theirs, frame.id)
            return _accepted(found, frame, None if asked is None else asked.cls, asked)
        return _accepted(found, frame, type(frame.payload) if isinstance(frame, Send) else None)

    def _decoder(self, found: Found) -> Decoder | str:
        decoder = self._make_decoder(found.version, found.wire)
        if found.wire is _JSON and not isinstance(decoder, str):
            self._decoders[found.version] = decoder
        return decoder

    def _chosen(
        self, found: Found, decoder: Decoder, id: str, calls: tuple[Asked, ...], theirs: _Awaiting
    ) -> Judged:
        """The verdict on a result that may answer calls of several classes."""
        fitting: list[tuple[bool, Frame, type[Request[Any]]]] = []
        best: FrameError | None = None
        for cls in dict.fromkeys(one.cls for one in calls):
            try:
                frame = decoder.decode(found.text, awaiting={id: cls}, tolerance=self.tolerance)
            except FrameError as error:
                if best is None or len(error.violations) < len(best.violations):
                    best = error
            else:
                fitting.append((bool(frame.violations), frame, cls))
        fitting = [one for one in fitting if one[0] == min(fitting, key=_first)[0]]
        if not fitting:
            assert best is not None
            return _refusal(found, best, best.action or "")
        _, frame, cls = fitting[0]
        if len(fitting) == 1:
            return _accepted(found, frame, cls, theirs.pop(id, cls))
        names = ", ".join(_action_of(cls) for _, _, cls in fitting)
        return Judged(found, Verdict.AMBIGUOUS, FrameKind.CALLRESULT, id=id, reason=f"may answer {names}")

    def _refused(
        self, found: Found, decoder: Decoder, error: FrameError, stream: _Stream, theirs: _Awaiting
    ) -> Judged:
        if error.kind is FrameKind.EMPTY:
            return Judged(found, Verdict.NOT_JUDGED, reason="empty message")
        action = error.action or ""
        allow = error.rules  # before the call that it answers is forgotten
        if error.kind in (FrameKind.CALL, FrameKind.SEND, FrameKind.UNREADABLE):
            action = action or action_of_call(found.text) or ""
            row = decoder.specification.actions.get(action)
            if row is not None:
                request = decoder.specification.request(action) if row.answered else None
                if error.kind is FrameKind.CALL and error.id is not None and request is not None:
                    stream.remember(found, error.id, request)
                _direct(found, row.sent_by)
        elif error.id is not None and error.kind in (FrameKind.CALLRESULT, FrameKind.CALLERROR):
            if error.kind is FrameKind.CALLRESULT and error.code is ErrorCode.MESSAGE_ID:
                return Judged(found, Verdict.UNPAIRED, error.kind, id=error.id, reason=error.reason)
            calls = theirs.calls(error.id)
            if error.kind is FrameKind.CALLRESULT and _differ(calls):
                return self._chosen(found, decoder, error.id, calls, theirs)
            asked = _ended(theirs, error.id)
            if asked is not None:
                action = action or _action_of(asked.cls)
                _direct(found, asked.cls.__ocpp__.sent_by, is_answer=True)
        return _refusal(found, error, action, allow)


def _first(pair: tuple[bool, Any, Any]) -> bool:
    return pair[0]


def _differ(calls: tuple[Asked, ...]) -> bool:
    """Whether they are of several classes."""
    return len(calls) > 1 and len({one.cls for one in calls}) > 1


def _ended(theirs: _Awaiting, id: str) -> Asked | None:
    """The call that an answer ends; None if there is none, or it may be one of several."""
    calls = theirs.calls(id)
    return None if not calls or _differ(calls) else theirs.pop(id, calls[0].cls)


def _direct(found: Found, sent_by: Role | None, *, is_answer: bool = False) -> None:
    if found.direction in _RELATIVE:
        way = _WAYS[sent_by]
        found.direction = (_BACK[way] if is_answer else way) or found.direction


def _accepted(found: Found, frame: Frame, cls: type[Any] | None, asked: Asked | None = None) -> Judged:
    """The verdict on a frame that could be read; `cls` is that of its payload, or of the call that it ends."""
    action = ""
    if cls is not None:
        definition = cls.__ocpp__
        action = definition.action or ""
        if found.direction in _RELATIVE:
            is_answer = isinstance(frame, CallResult | CallError) and issubclass(cls, Request)
            _direct(found, definition.sent_by, is_answer=is_answer)
    violations = frame.violations
    verdict = _TOLERATED if violations else _ACCEPTED
    kind = _KINDS[type(frame)]
    return Judged(found, verdict, kind, action, frame, frame.id, violations=violations, asked=asked)


def _refusal(
    found: Found, error: FrameError, action: str, allow: tuple[Tolerance, ...] | None = None
) -> Judged:
    return Judged(
        found,
        Verdict.REFUSED,
        error.kind,
        action,
        None,
        error.id,
        error.reason,
        error.code,
        error.violations,
        error.rules if allow is None else allow,
    )


def _action_of(request: type[Request[Any]]) -> str:
    return request.__ocpp__.action or ""


def action_of_call(text: str) -> str | None:
    """The action of a call, without judging it."""
    try:
        frame = orjson.loads(text)
    except (orjson.JSONDecodeError, UnicodeEncodeError):
        return None
    is_call = type(frame) is list and len(frame) > 2 and frame[0] in (2, 6) and type(frame[2]) is str
    return frame[2] if is_call else None

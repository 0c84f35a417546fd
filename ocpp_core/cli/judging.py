"""The verdict on each frame of a stream, in memory that does not grow with it.

An answer does not say what it answers, so the calls of each side are kept until the other side has answered them.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from enum import StrEnum
from functools import lru_cache
from itertools import chain
from typing import Any, Protocol, TypeVar

import orjson
from attrs import define, evolve, field, frozen

from ocpp_core.cli.reading import CSMS_TO_STATION, STATION_TO_CSMS, Found
from ocpp_core.jsonrpc.codec import JsonCodec
from ocpp_core.model.codes import ErrorCode, FrameKind
from ocpp_core.model.errors import FrameError, ProtocolError
from ocpp_core.model.messages import Call, CallError, CallResult, CallResultError, Frame, Request, Send
from ocpp_core.model.specifications import specification
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.model.versions import Specification, Version, Wire
from ocpp_core.model.violations import Violation
from ocpp_core.soap.codec import SoapCodec

#: Calls of one side of a stream that may wait for an answer; beyond it the oldest is forgotten.
MAX_PENDING = 10_000
#: Streams whose calls are kept; beyond it the oldest is forgotten.
MAX_STREAMS = 10_000
#: Frames by which the version is found out.
SAMPLE_SIZE = 200
#: In which order the versions are tried; of equals the first is taken.
CANDIDATES = (Version.V1_6, Version.V2_0_1, Version.V2_1, Version.V2_0, Version.V1_5, Version.V1_2)


class Codec(Protocol):
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


class EnvelopeCodec:
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


#: Which codec judges a wire. A wire without one is counted and not judged.
CODECS: Mapping[Wire, Callable[[str], Codec]] = {Wire.JSON: JsonCodec, Wire.SOAP: EnvelopeCodec}


@lru_cache(maxsize=100)
def codec_for(version: str, wire: Wire) -> Codec | str:
    """The codec for a version on a wire; if there is none, why not."""
    make = CODECS.get(wire)
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
    NOT_JUDGED = "not judged"


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
_OTHER_SIDE = {STATION_TO_CSMS: CSMS_TO_STATION, CSMS_TO_STATION: STATION_TO_CSMS, "": ""}

_Calls = OrderedDict[str, type[Request[Any]]]
K = TypeVar("K")
V = TypeVar("V")


class Judge:
    """Judges frames in the order in which they were sent.

    Args:
        tolerance: What is accepted although it breaks a rule.
        codecs: The codec for a version and wire, or the reason why there is none.
    """

    def __init__(
        self,
        tolerance: Tolerance = Tolerance.STRICT,
        codecs: Callable[[str, Wire], Codec | str] = codec_for,
    ) -> None:
        self.tolerance = tolerance
        self._make_codec = codecs
        self._codecs: dict[str, Codec] = {}  # of the JSON wire, by version
        #: The calls that wait for an answer, by stream and by who sent them ("" if that is not known).
        self._streams: OrderedDict[Hashable, dict[str, _Calls]] = OrderedDict()

    def forget(self) -> None:
        """Forgets all calls: what comes next has nothing to do with what came before."""
        self._streams.clear()

    @property
    def pending(self) -> int:
        """How many calls wait for an answer."""
        return sum(len(calls) for sides in self._streams.values() for calls in sides.values())

    def judge(self, found: Found) -> Judged:
        """The verdict on the next frame. `found.version` must be known, on wires that have a codec."""
        if found.wire is Wire.SOAP:  # an envelope says its version itself
            found = evolve(found, version=SoapCodec.sniff(_bytes(found.text)) or found.version)
        codec = self._codecs.get(found.version) if found.wire is _JSON else self._codec(found)
        if codec is None:
            codec = self._codec(found)
        if isinstance(codec, str):
            return Judged(found, Verdict.NOT_JUDGED, reason=codec)
        sides = self._streams.get(found.stream)
        if sides is None:
            sides = {side: _Calls() for side in _OTHER_SIDE}
            _remember(self._streams, found.stream, sides, MAX_STREAMS)
        direction = found.direction
        theirs = sides[_OTHER_SIDE[direction]]
        try:
            frame = codec.decode(found.text, awaiting=theirs, tolerance=self.tolerance)
        except FrameError as error:
            return self._refused(found, codec, error, sides[direction], theirs)
        if isinstance(frame, Call):
            request = type(frame.payload)
            action = request.__ocpp__.action
            _remember(sides[direction], frame.id, request, MAX_PENDING)
        elif isinstance(frame, CallResult):
            action = type(frame.payload).__ocpp__.action
            theirs.pop(frame.id, None)
        elif isinstance(frame, CallError):
            action = _action_of(theirs.pop(frame.id, None))
        elif isinstance(frame, Send):
            action = type(frame.payload).__ocpp__.action
        else:
            action = ""
        kind = _KINDS[type(frame)]
        violations = frame.violations
        verdict = _TOLERATED if violations else _ACCEPTED
        return Judged(found, verdict, kind, action or "", frame, frame.id, violations=violations)

    def _codec(self, found: Found) -> Codec | str:
        codec = self._make_codec(found.version, found.wire)
        if found.wire is _JSON and not isinstance(codec, str):
            self._codecs[found.version] = codec
        return codec

    def _refused(self, found: Found, codec: Codec, error: FrameError, ours: _Calls, theirs: _Calls) -> Judged:
        if error.kind is FrameKind.EMPTY:
            return Judged(found, Verdict.NOT_JUDGED, reason="empty message")
        action = error.action or ""
        allow = error.rules  # before the call that it answers is forgotten
        if error.kind in (FrameKind.CALL, FrameKind.SEND, FrameKind.UNREADABLE):
            action = action or _action_of_call(found.text) or ""
            row = codec.specification.actions.get(action)
            if error.kind is FrameKind.CALL and error.id is not None and row is not None and row.answered:
                _remember(ours, error.id, codec.specification.request(action), MAX_PENDING)
        elif error.id is not None and error.kind in (FrameKind.CALLRESULT, FrameKind.CALLERROR):
            call = theirs.pop(error.id, None)
            if error.kind is FrameKind.CALLRESULT and error.code is ErrorCode.MESSAGE_ID:
                return Judged(found, Verdict.UNPAIRED, error.kind, id=error.id, reason=error.reason)
            action = action or _action_of(call)
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
            allow,
        )


def _remember(memory: OrderedDict[K, V], key: K, value: V, limit: int) -> None:
    memory[key] = value
    if len(memory) > limit:
        memory.popitem(last=False)


def _action_of(request: type[Request[Any]] | None) -> str:
    return "" if request is None else request.__ocpp__.action or ""


def _action_of_call(text: str) -> str | None:
    """The action of a call, without judging it."""
    try:
        frame = orjson.loads(text)
    except (orjson.JSONDecodeError, UnicodeEncodeError):
        return None
    is_call = type(frame) is list and len(frame) > 2 and frame[0] in (2, 6) and type(frame[2]) is str
    return frame[2] if is_call else None


@frozen
class Detection:
    """How the version of a source was found out.

    Attributes:
        version: The one that is taken.
        calls: How many calls there were to judge by.
        accepted: How many of them each version accepts; a version is left out if it was not worth trying.
    """

    version: str
    calls: int
    accepted: Mapping[str, int] = field(factory=dict)

    def __str__(self) -> str:
        if not self.calls:
            return f"taken as OCPP {self.version}: no call says which version it is"
        others = ", ".join(
            f"{version}: {count}" for version, count in self.accepted.items() if version != self.version
        )
        told = (
            f"taken as OCPP {self.version}, which accepts {self.accepted[self.version]} of {self.calls} calls"
        )
        return f"{told} ({others})" if others else told


def detect(frames: Iterable[Found], candidates: Iterable[Version] = CANDIDATES) -> Detection:
    """Finds out the version of frames that do not say it.

    Args:
        frames: The first frames of a source.
        candidates: Of those that accept equally many calls, the first that knows most of their actions is taken.
    """
    calls = [(found.text, action) for found in frames if (action := _action_of_call(found.text)) is not None]
    accepted: dict[str, int] = {}
    best: tuple[tuple[int, int], str] | None = None
    for version in candidates:
        codec = JsonCodec(version)
        accepted[version] = sum(_accepts(codec, text) for text, _ in calls)
        known = sum(action in codec.specification.actions for _, action in calls)
        if best is None or (accepted[version], known) > best[0]:
            best = ((accepted[version], known), version)
        if accepted[version] == len(calls):
            break  # none that comes later can be better
    assert best is not None
    return Detection(best[1], len(calls), accepted)


def _accepts(codec: Codec, text: str) -> bool:
    try:
        codec.decode(text)
    except FrameError:
        return False
    return True


def with_version(
    frames: Iterator[Found], version: str | None, told: Callable[[Detection], None]
) -> Iterator[Found]:
    """The frames of one source, those that do not say their version with the one that is given or found out.

    Args:
        frames: Of one source.
        version: None to find it out from the first frames.
        told: Is called once the version has been found out.
    """
    if version is None:
        sample: list[Found] = []
        unknown = 0
        while unknown < SAMPLE_SIZE and (found := next(frames, None)) is not None:
            sample.append(found)
            unknown += not found.version and found.wire is Wire.JSON
            if not unknown and len(sample) >= SAMPLE_SIZE:
                yield from sample
                sample = []
        if unknown:
            detection = detect(one for one in sample if not one.version and one.wire is Wire.JSON)
            version = detection.version
            told(detection)
        frames = chain(sample, frames)
    for found in frames:
        if not found.version and version is not None and found.wire is _JSON:
            found.version = version
        yield found

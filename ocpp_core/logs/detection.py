"""The version of frames that do not say it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain

from attrs import field, frozen

from ocpp_core.jsonrpc.codec import JsonCodec
from ocpp_core.logs.judging import action_of_call
from ocpp_core.logs.reading import Found
from ocpp_core.model.errors import FrameError
from ocpp_core.model.versions import Version, Wire

#: Frames by which the version is found out.
SAMPLE_SIZE = 200
#: In which order the versions are tried; of equals the first is taken.
CANDIDATES = (Version.V1_6, Version.V2_0_1, Version.V2_1, Version.V2_0, Version.V1_5, Version.V1_2)


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
    calls = [(found.text, action) for found in frames if (action := action_of_call(found.text)) is not None]
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


def _accepts(codec: JsonCodec, text: str) -> bool:
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
        if not found.version and version is not None and found.wire is Wire.JSON:
            found.version = version
        yield found

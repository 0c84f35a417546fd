"""What a station tells, action by action: what fits its schema, as other rules are about the rest."""

from collections.abc import Callable, Iterator
from functools import partial

from ocpp_core.conformance.hearing import Heard, Said
from ocpp_core.conformance.json_frames import Json, Type
from ocpp_core.conformance.traces import Direction
from ocpp_core.conformance.verdicts import Deviation

#: What is expected and what came instead; None of what is right.
Wrong = tuple[str, str] | None
#: Finds messages of an action, with their payloads.
Source = Callable[[Heard, str], Iterator[tuple[Said, Json]]]


def _told(kind: Type, heard: Heard, action: str) -> Iterator[tuple[Said, Json]]:
    if action not in heard.specification.actions:
        return
    for said in heard.said:
        is_its_own = said.entry.direction is Direction.RECEIVED and said.kind is kind
        if is_its_own and said.action == action and not heard.faults(said):
            yield said, said.payload or {}


requests: Source = partial(_told, Type.CALL)
results: Source = partial(_told, Type.CALLRESULT)


def each(
    source: Source, action: str, judge: Callable[[Json], Wrong], heard: Heard
) -> Iterator[Deviation | None]:
    """Judges each message of an action by itself."""
    for said, payload in source(heard, action):
        wrong = judge(payload)
        yield None if wrong is None else Deviation(*wrong, place=action, marks=(said.entry.number,))

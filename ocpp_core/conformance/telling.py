"""What a station tells and answers, action by action: what fits its schema, as other rules are about the rest."""

from collections.abc import Callable, Iterator
from functools import partial

from ocpp_core.conformance.hearing import BROKEN, Heard, Said
from ocpp_core.conformance.json_frames import Json, Type
from ocpp_core.conformance.traces import Direction
from ocpp_core.conformance.verdicts import Deviation
from ocpp_core.model.messages import Payload
from ocpp_core.payloads.validation import explain

#: What is expected and what came instead; None of what is right.
Wrong = tuple[str, str] | None
#: Finds messages of an action, with their payloads.
Source = Callable[[Heard, str], Iterator[tuple[Said, Json]]]


def _told(kind: Type, heard: Heard, action: str) -> Iterator[tuple[Said, Json]]:
    known = heard.specification
    if action not in known.actions:
        return
    cls: type[Payload] = known.request(action) if kind is Type.CALL else known.response(action)
    for said in heard.said:
        is_its_own = said.entry.direction is Direction.RECEIVED and said.kind is kind
        payload = said.payload or {}
        if is_its_own and said.action == action and not explain(cls, payload):
            yield said, payload


requests: Source = partial(_told, Type.CALL)
results: Source = partial(_told, Type.CALLRESULT)


def each(
    source: Source, action: str, judge: Callable[[Json], Wrong], heard: Heard
) -> Iterator[Deviation | None]:
    """Judges each message of an action by itself."""
    for said, payload in source(heard, action):
        wrong = judge(payload)
        yield None if wrong is None else Deviation(*wrong, place=action, marks=(said.entry.number,))


def answered(heard: Heard, action: str) -> Iterator[tuple[Json, Said]]:
    """The results of an action with what was asked for: those that fit their schemas, as both have to."""
    known = heard.specification
    asked: dict[str, Json | None] = {}
    for said in heard.said:
        payload = said.payload or {}
        if said.entry.direction is Direction.SENT:
            if said.kind is Type.CALL and said.action == action:
                is_right = not said.entry.note.startswith(BROKEN) and not explain(
                    known.request(action), payload
                )
                # Of two calls under one id nobody can tell which one is answered.
                asked[said.id] = payload if is_right and said.id not in asked else None
        elif said.kind is Type.CALLRESULT and said.action == action:
            request = asked.get(said.id)
            if request is not None and not explain(known.response(action), payload):
                yield request, said

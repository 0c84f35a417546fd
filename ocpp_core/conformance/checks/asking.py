"""What checks have in common: a call that stands for others, what is served, times, frames that are looked up."""

import asyncio
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from ocpp_core.conformance.json_frames import frame_in
from ocpp_core.conformance.requests import request
from ocpp_core.conformance.rules import rules
from ocpp_core.conformance.stages import Answer, AnswerKind, Json, PeerCall, Stage
from ocpp_core.conformance.traces import Direction, What
from ocpp_core.conformance.verdicts import NotApplicable
from ocpp_core.model.versions import Role
from ocpp_core.payloads.validation import explain
from ocpp_core.testing.smallest import TOKEN

#: What a peer may wait for, or may take to do what it has promised, in times of `answer_within`: a minute by default.
PATIENCE = 12.0
#: How a peer says that it does not do such a thing (SOAP has one word for both).
UNSERVED = frozenset({"NotSupported", "NotImplemented"})


def harmless(stage: Stage) -> tuple[str, Json]:
    """A call that the peer serves whatever its state, and that changes nothing."""
    if stage.role is Role.CSMS:
        return "Heartbeat", {}
    for action in ("GetConfiguration", "GetVariables"):
        if action in stage.specification.actions:
            return action, request(stage.specification, action)
    raise NotApplicable("this version has no call that changes nothing")


def foreign(stage: Stage) -> tuple[str, Json]:
    """A call that the version knows, and that only the other side serves."""
    action = "Reset" if stage.role is Role.CSMS else "Heartbeat"
    return action, request(stage.specification, action)


def token_of(stage: Stage) -> str:
    """A token: one that may charge if the profile has one, else one of ours."""
    known = stage.profile.tokens.get("accepted", ())
    return known[0] if known else TOKEN


async def ask(stage: Stage, action: str, members: Mapping[str, Any] | None = None) -> Answer:
    """Calls with the smallest request of an action and some members."""
    if action not in stage.specification.actions:
        stage.does_not_apply(f"OCPP {stage.specification.version} has no {action}")
    return await stage.call(action, request(stage.specification, action, members))


async def listen(stage: Stage, seconds: float | None = None) -> None:
    """Lets the other side speak for a while, whatever it has said before: `Profile.silence`, unless told otherwise."""
    await asyncio.sleep(stage.profile.silence if seconds is None else seconds)


def is_claimed(stage: Stage, rule: str) -> bool:
    """Whether the profile claims the features that a rule needs."""
    needs = (need.partition(":") for need in rules()[rule].needs)
    return all(stage.profile.features.get(name) for kind, _, name in needs if kind == "feature")


def claimed(stage: Stage, rule: str) -> None:
    """For rules about what only such software does, and whose lack nobody can see otherwise."""
    if not is_claimed(stage, rule):
        stage.does_not_apply("the profile does not claim it")


async def served(
    stage: Stage, rule: str, action: str, members: Mapping[str, Any] | None = None, *, place: str = ""
) -> Json:
    """Calls, and wants a result: for rules which say that something is answered by one.

    Of a feature that the software does not claim, nothing is wanted.
    """
    answer = await ask(stage, action, members)
    if answer.kind is AnswerKind.ERROR:
        if answer.code in UNSERVED and not is_claimed(stage, rule):
            stage.does_not_apply(f"{action} is not served, and the profile does not claim it")
        stage.deviates(f"a result for {action}", answer, place=place or action, marks=(answer.mark,))
    return stage.needed(answer, action)


async def told(stage: Stage, action: str, members: Mapping[str, Any] | None = None) -> tuple[Json, int]:
    """Calls, for rules about what a result says: the result, and where it stands.

    One that breaks its schema cannot be judged, since other rules are about that.
    """
    answer = await ask(stage, action, members)
    payload = stage.needed(answer, f"the answer to {action}")
    if explain(stage.specification.response(action), payload):
        stage.cannot_tell(f"the answer to {action} breaks its schema, which another rule is about")
    return payload, answer.mark


async def sent(stage: Stage, action: str, wish: Json | None = None) -> PeerCall:
    """Has something sent that can be judged, see `sound`."""
    return sound(stage, await stage.provoke(action, wish))


def sound(stage: Stage, call: PeerCall) -> PeerCall:
    """The same call. What breaks its schema cannot be judged, since other rules are about that."""
    if explain(stage.specification.request(call.action), call.payload):
        stage.cannot_tell(f"its {call.action} breaks its schema, which another rule is about")
    return call


async def patiently(stage: Stage, action: str) -> PeerCall | None:
    """What has to come, and may take its time."""
    return await stage.expect(action, within=PATIENCE * stage.profile.answer_within)


def moment(stage: Stage, text: Any) -> datetime:
    """A time of an answer; one without an offset is taken as UTC."""
    try:
        read = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        stage.cannot_tell("there is no time in the answer that could be read")
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def frames(stage: Stage, id: str, *, after: int = -1) -> Iterator[list[Any]]:
    """The frames of the peer with an id, in order, from an entry of the trace on."""
    for entry in stage.trace:
        if entry.number > after and entry.direction is Direction.RECEIVED and entry.what is What.MESSAGE:
            frame = frame_in(entry.text)
            if frame is not None and frame[1] == id:
                yield frame

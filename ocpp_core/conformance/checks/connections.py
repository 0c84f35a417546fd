"""Checks of both roles: what WebSocket itself asks for while a connection lasts."""

from ocpp_core.conformance.checks import check
from ocpp_core.conformance.checks.asking import harmless
from ocpp_core.conformance.json_frames import call
from ocpp_core.conformance.stages import AnswerKind, Stage


@check("connection.ping-answered")
async def ping_answered(stage: Stage) -> None:
    """Pings, and calls."""
    mark = len(stage.trace)
    if not await stage.ping():
        stage.needed(await stage.call(*harmless(stage)), "the answer to a call after the ping")
        stage.deviates("a pong", "none", marks=(mark,))


@check("connection.fragments")
async def fragments(stage: Stage) -> None:
    """Sends a call in three frames."""
    stage.needed(await stage.call(*harmless(stage)), "the answer to a call in one frame")
    id = stage.new_id()
    text = call(id, *harmless(stage))
    third = len(text) // 3
    parts = (text[:third], text[third : 2 * third], text[2 * third :])
    mark = len(stage.trace)
    # Told how long it waits, since silence is the matter of this rule and of no other.
    answer = await stage.exchange_in_parts(parts, id, within=stage.profile.answer_within)
    if answer.kind is not AnswerKind.RESULT:
        stage.deviates("a result", answer, marks=(mark, *((answer.mark,) if answer.mark >= 0 else ())))


@check("connection.close-answered")
async def close_answered(stage: Stage) -> None:
    """Ends the connection."""
    stage.needed(await stage.call(*harmless(stage)), "the answer to a call")
    mark = len(stage.trace)
    if not await stage.hang_up():
        stage.deviates("a close frame", "none", marks=(mark,))

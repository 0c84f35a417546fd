"""Checks of frames of OCPP-J: what is asked wrongly, and how it is answered."""

import json

from ocpp_core.conformance.checks import check
from ocpp_core.conformance.stages import AnswerKind, Stage


@check("frame.unknown-action")
async def unknown_action(stage: Stage) -> None:
    """Asks for an action that no version has."""
    id = stage.new_id()
    answer = await stage.exchange(json.dumps([2, id, "MakeCoffee", {}]), id)
    if answer.kind is not AnswerKind.ERROR or answer.code not in ("NotImplemented", "NotSupported"):
        stage.deviates("a CALLERROR NotImplemented or NotSupported", answer, marks=(answer.mark,))

"""The PyPI package ``ocpp`` as a station or a CSMS: classes of theirs, made of the answers that they give."""

# The package has no complete types.
# pyright: reportMissingTypeStubs=false

from collections.abc import Mapping
from contextlib import suppress
from types import ModuleType
from typing import Any

import ocpp.v16
import ocpp.v21
import ocpp.v201
from ocpp.charge_point import camel_to_snake_case
from ocpp.routing import on
from websockets.exceptions import ConnectionClosed

import journeys

MODULES: dict[str, ModuleType] = {"1.6": ocpp.v16, "2.0.1": ocpp.v201, "2.1": ocpp.v21}


def written(module: ModuleType, turn: journeys.Turn) -> Any:
    """A call or result of theirs, whose fields have names of Python."""
    action, members = turn
    fields: Any = camel_to_snake_case(members)
    return getattr(module, action)(**fields)


def charge_point(version: str, answers: Mapping[str, Any], heard: list[journeys.Turn] | None = None) -> Any:
    """A class of theirs that has a handler for each answer.

    Args:
        version: That it speaks.
        answers: By action: what is answered, or a function of the request's fields, as they name them, to it.
        heard: What it was asked is added to this, with fields as they name them.
    """
    module = MODULES[version]

    def handler(action: str, answer: Any) -> Any:
        def handle(self: Any, **fields: Any) -> Any:
            if heard is not None:
                heard.append((action, fields))
            members: Any = answer(fields) if callable(answer) else answer
            return written(module.call_result, (action, members))

        handle.__name__ = f"handle_{action}"
        return on(action)(handle)

    handlers = {f"handle_{action}": handler(action, answer) for action, answer in answers.items()}
    return type("Theirs", (module.ChargePoint,), handlers)


async def run(theirs: Any) -> None:
    with suppress(ConnectionClosed):
        await theirs.start()


async def call(theirs: Any, version: str, action: str, **members: Any) -> Any:
    """Their result: they raise what is a CALLERROR, and what breaks their schemas."""
    return await theirs.call(written(MODULES[version].call, (action, members)), suppress=False)


async def call_all(theirs: Any, version: str, turns: list[journeys.Turn]) -> list[str]:
    """The actions that were answered."""
    answered = []
    for action, members in turns:
        await call(theirs, version, action, **members)
        answered.append(action)
    return answered

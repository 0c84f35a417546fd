"""An invented version, for tests of the engines: codec, connection, router. No version of the standard is loaded.

It works like 2.1. Where a test needs other rules, it takes ``attrs.evolve(TOY, owed=OWED_1_6)``.
"""

from decimal import Decimal
from typing import Any

from ocpp_core.model.messages import (
    UNSET,
    DataType,
    Notification,
    Request,
    Response,
    Token,
    datatype,
    message,
    wire,
)
from ocpp_core.model.versions import (
    ERROR_NAMES_2_1,
    FRAME_KINDS_2_1,
    OWED_2_1,
    Action,
    Role,
    Specification,
    Wire,
)

NUMBER = "toy"


class Direction(Token):
    LEFT = "Left"
    RIGHT = "Right"


@datatype(NUMBER, "Note", is_open=True)
class Note(DataType):
    author: str = wire("author", max_length=10)


@message(NUMBER, "Ping", sent_by=Role.EITHER)
class PingRequest(Request["PingResponse"]):
    text: str = wire("text", max_length=10)
    number: Decimal | None = wire("number", default=None)
    note: Note | None = wire("note", default=None)
    data: Any = wire("data", default=UNSET)


@message(NUMBER, "Ping", sent_by=Role.EITHER)
class PingResponse(Response):
    text: str = wire("text", max_length=10)
    number: Decimal | None = wire("number", default=None)


@message(NUMBER, "Turn", sent_by=Role.CSMS)
class TurnRequest(Request["TurnResponse"]):
    direction: Direction = wire("direction")
    steps: list[int] | None = wire("steps", minimum=1, min_items=1, max_items=3, default=None)


@message(NUMBER, "Turn", sent_by=Role.CHARGE_POINT)
class TurnResponse(Response):
    pass


@message(NUMBER, "Tick", sent_by=Role.CHARGE_POINT)
class Tick(Notification):
    count: int = wire("count", minimum=0)


CLASSES: dict[str, type[Any]] = {
    cls.__name__: cls for cls in (PingRequest, PingResponse, TurnRequest, TurnResponse, Tick)
}

TOY = Specification(
    version=NUMBER,
    actions={
        action.name: action
        for action in (
            Action(name="Ping", sent_by=Role.EITHER, block="Play"),
            Action(name="Turn", sent_by=Role.CSMS, block="Play"),
            Action(name="Tick", sent_by=Role.CHARGE_POINT, block="Play", answered=False),
        )
    },
    load=CLASSES.__getitem__,
    subprotocol="toy",
    error_names={Wire.JSON: ERROR_NAMES_2_1},
    owed=OWED_2_1,
    frame_kinds=FRAME_KINDS_2_1,
)

"""Answers that say no more than that a station may go on, for whoever has none."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ocpp_core.model.messages import Response
from ocpp_core.model.shapes import shape
from ocpp_core.model.timestamps import write_timestamp
from ocpp_core.payloads.conversion import from_wire

#: By wire name.
_MEMBERS: Mapping[str, Any] = {
    "status": "Accepted",
    "idTagInfo": {"status": "Accepted"},
    "idTokenInfo": {"status": "Accepted"},
    "interval": 0,
    "heartbeatInterval": 0,
    "transactionId": 0,
    "exiResponse": "",
}


def shortest_answer(cls: type[Response], now: datetime) -> Response | None:
    """The shortest answer to a request of a station; None if it has to say what nobody can make up."""
    known = {**_MEMBERS, "currentTime": write_timestamp(now)}
    needed = [one.wire for one in shape(cls).fields if one.is_required]
    return None if set(needed) - set(known) else from_wire(cls, {name: known[name] for name in needed})

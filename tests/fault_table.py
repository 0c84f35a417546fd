"""What a CSMS says to each kind of broken frame, in each version, over a real socket.

``python tests/fault_table.py`` prints the table; tests/test_fault_table.py holds it against what the standard asks for.
"""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from loops import turns
from ocpp_core import specification
from ocpp_core.dispatch.router import Router
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.payloads.conversion import from_wire
from ocpp_core.transports.websocket import Server, serve

VERSIONS = ("1.6", "2.0", "2.0.1", "2.1")
PROBE = "probe"
SILENCE = "-"

Frames = list[str | bytes]


def call(action: str, payload: Any, id: Any = "1") -> str:
    return json.dumps([2, id, action, payload])


def id_token(version: str, value: Any) -> str:
    return call("Authorize", {"idTag": value} if version == "1.6" else {"idToken": value})


def long_id_token(version: str) -> str:
    long = "x" * 300
    return id_token(version, long if version == "1.6" else {"idToken": long, "type": "Central"})


def data(vendor: str, id: str = "1") -> str:
    return call("DataTransfer", {"vendorId": vendor}, id)


#: Name of the fault, and the frames that show it in a version.
FAULTS: dict[str, Callable[[str], Frames]] = {
    "empty text": lambda v: [""],
    "not JSON": lambda v: ["hello"],
    "JSON, no array": lambda v: ['{"a":1}'],
    "empty array": lambda v: ["[]"],
    "array too short: type only": lambda v: ["[2]"],
    "array too short: no payload": lambda v: ['[2,"1","Heartbeat"]'],
    "array too long": lambda v: ['[2,"1","Heartbeat",{},{}]'],
    "unknown message type": lambda v: ['[9,"1",{}]'],
    "type is text": lambda v: ['["2","1","Heartbeat",{}]'],
    "CALLRESULTERROR for nothing": lambda v: ['[5,"1","GenericError","",{}]'],
    "SEND of an unknown action": lambda v: ['[6,"1","Nothing",{}]'],
    "numeric id": lambda v: [call("Heartbeat", {}, 17)],
    "id of 37 characters": lambda v: [call("Heartbeat", {}, "x" * 37)],
    "empty id": lambda v: [call("Heartbeat", {}, "")],
    "action is a number": lambda v: ['[2,"1",7,{}]'],
    "unknown action": lambda v: [call("Nothing", {})],
    "action in lower case": lambda v: [call("heartbeat", {})],
    "action without handler": lambda v: [call("ClearCache", {})],
    "payload is null": lambda v: [call("Heartbeat", None)],
    "payload is an array": lambda v: [call("Heartbeat", [])],
    "missing value": lambda v: [call("Authorize", {})],
    "extra value": lambda v: [call("Heartbeat", {"extra": 1})],
    "mistyped value": lambda v: [id_token(v, 7)],
    "over-long value": lambda v: [long_id_token(v)],
    "unlisted value": lambda v: [call("Reset", {"type": "Warm"})],
    "truncated payload": lambda v: ['[2,"1","Heartbeat",{"a":'],
    "NaN": lambda v: ['[2,"1","Heartbeat",{"a":NaN}]'],
    "same member twice": lambda v: ['[2,"1","DataTransfer",{"vendorId":"a","vendorId":"b"}]'],
    "nested 5,000 deep": lambda v: ['[2,"1","Heartbeat",' + "[" * 5_000 + "]" * 5_000 + "]"],
    "result for an unknown id": lambda v: ['[3,"99",{}]'],
    "error for an unknown id": lambda v: ['[4,"99","GenericError","",{}]'],
    "duplicate id, same call": lambda v: [data("slow"), data("slow")],
    "duplicate id, other call": lambda v: [data("slow"), data("other")],
    "second call while one is open": lambda v: [data("slow", "1"), data("other", "2")],
    "frame of 2 MB": lambda v: [call("Heartbeat", {"a": "x" * 2_000_000})],
    "message of 10 MB": lambda v: [call("Heartbeat", {"a": "x" * 10_000_000})],
    "binary message": lambda v: [call("Heartbeat", {}).encode()],
}


def csms() -> Router:
    router = Router()
    for version in VERSIONS:
        known = specification(version)

        async def transfer(request: Any, _: Any, known: Any = known) -> Any:
            if request.vendor_id == "slow":
                await turns()
            return from_wire(known.response("DataTransfer"), {"status": "Accepted"})

        def heartbeat(_: Any, __: Any, known: Any = known) -> Any:
            return from_wire(known.response("Heartbeat"), {"currentTime": "2026-01-31T12:00:00Z"})

        router.on(known.request("DataTransfer"))(transfer)
        router.on(known.request("Heartbeat"))(heartbeat)
    return router


def shown(text: str) -> str:
    frame = json.loads(text)
    id = frame[1] if len(str(frame[1])) < 9 else f"{str(frame[1])[:3]}..."
    return f"{frame[0]} {id!r}" + (f" {frame[2]}" if frame[0] != 3 else "")


async def answers(server: Server, version: str, frames: Frames) -> str:
    """What comes back before the answer to a heartbeat that is sent behind."""
    found: list[str] = []
    url = f"ws://localhost:{server.port}/CP-1"
    socket = await connect(url, subprotocols=[Subprotocol(f"ocpp{version}")], compression=None)
    try:
        for frame in frames:
            await socket.send(frame)
        if all(isinstance(frame, str) and len(frame) < 4_000_000 for frame in frames):
            await socket.send(call("Heartbeat", {}, PROBE))
        while PROBE not in (text := str(await socket.recv())):
            found.append(shown(text))
    except (ConnectionClosed, AttributeError):  # the latter if asyncio has let go of the transport already
        found.append(f"close {socket.close_code}")
    finally:
        with suppress(AttributeError):
            await socket.close()
    return ", ".join(found) or SILENCE


async def table() -> dict[str, dict[str, str]]:
    """The answers, by fault and version."""
    async with serve(csms(), "localhost", accepts=VERSIONS, tolerance=Tolerance.STRICT) as server:
        return {
            name: {version: await answers(server, version, frames(version)) for version in VERSIONS}
            for name, frames in FAULTS.items()
        }


def main() -> None:
    rows = [["fault", *VERSIONS], *([name, *row.values()] for name, row in asyncio.run(table()).items())]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print(" | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


if __name__ == "__main__":
    main()

"""From socket to socket: how much of its core a CSMS takes for one MeterValues call, with one library or another.

The CSMS runs in a process of its own (`csms.py`), its stations here; they take turns, so that a slow moment of the
machine hits all of them, and the least of several rounds counts. It is the CPU of the process that is measured, as the
kernel counts it, and not the time that passes: neither the stations nor others on the machine are in it.
"""

import asyncio
import importlib.util
from collections.abc import Iterator

from csms import started
from report import Effort, Measurement, Suite
from traffic import METER_VALUES

#: Contender: library, and whether it runs on uvloop.
CONTENDERS = {
    "ocpp_core on websockets": ("websockets", False),
    "ocpp_core on picows": ("picows", False),
    "ocpp_core on websockets, uvloop": ("websockets", True),
    "ocpp_core on picows, uvloop": ("picows", True),
    "ocpp on websockets, as it comes": ("ocpp", False),
}
STATIONS = 50
#: What 20 stations of 50 say at once waits in the sockets; a CSMS at work is not woken for each.
CALLS = 120

SMALL = '{"connectorId":1,"meterValue":[{"timestamp":"2026-01-31T12:00:00Z","sampledValue":[{"value":"1234.5"}]}]}'
LARGE = METER_VALUES.text.split(",", 3)[3][:-1]
BODIES = {"MeterValues 1.6, 1 sample": SMALL, "MeterValues 1.6, 12 samples": LARGE}


def measure(effort: Effort) -> list[Suite]:
    """Measures all contenders that are installed."""
    seconds: dict[tuple[str, str], float] = {}
    for _ in range((effort.rounds + 1) // 2):
        for name in _installed():
            for subject, spent in _round(*CONTENDERS[name]).items():
                seconds[name, subject] = min(spent, seconds.get((name, subject), spent))
    measurements = tuple(Measurement(*key, spent) for key, spent in seconds.items())
    return [
        Suite(
            "wire",
            "CPU of a CSMS for one MeterValues call, from socket to socket",
            measurements,
            "ocpp_core on picows" if importlib.util.find_spec("picows") else "ocpp_core on websockets",
            {"ocpp on websockets, as it comes": 40},
            limits={
                (name, subject): most
                for name, most in (("ocpp_core on websockets", 80e-6), ("ocpp_core on picows", 40e-6))
                for subject in BODIES
            },
        )
    ]


def _installed() -> Iterator[str]:
    for name, (library, uvloop) in CONTENDERS.items():
        wanted = [library, "uvloop"] if uvloop else [library]
        if all(importlib.util.find_spec(one) for one in wanted):
            yield name


def _round(library: str, uvloop: bool) -> dict[str, float]:
    """Seconds of CPU for a call, by its size."""
    found: dict[str, float] = {}
    with started(library, uvloop=uvloop) as csms:

        async def talk() -> None:
            sockets = await asyncio.gather(*(_connected(csms.port, number) for number in range(STATIONS)))
            for subject, body in BODIES.items():
                await asyncio.gather(
                    *(_call(*socket, body, 5) for socket in sockets)
                )  # compiles what it needs
                before = csms.used()["cpu"]
                await asyncio.gather(*(_call(*socket, body, CALLS) for socket in sockets))
                found[subject] = (csms.used()["cpu"] - before) / (STATIONS * CALLS)
            for _, writer in sockets:
                writer.close()

        asyncio.run(talk())
    return found


async def _connected(port: int, number: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A station that speaks bytes: what it costs is nobody's library."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(
        f"GET /CP-{number} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        "Sec-WebSocket-Protocol: ocpp1.6\r\n\r\n".encode()
    )
    await reader.readuntil(b"\r\n\r\n")
    return reader, writer


async def _call(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, body: str, times: int) -> None:
    for number in range(times):
        text = f'[2,"{number}","MeterValues",{body}]'.encode()
        size = bytes([0x80 | len(text)]) if len(text) < 126 else b"\xfe" + len(text).to_bytes(2)
        writer.write(b"\x81" + size + b"\0\0\0\0" + text)  # masked with zeros
        head = await reader.readexactly(2)
        assert 0x81 == head[0]
        answer = await reader.readexactly(head[1])
        assert answer.startswith(b"[3,"), answer

"""`ocpp-core gateway --store FILE` as a process that is killed and started again, a CSMS and a station at its ends."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from pathlib import Path
from typing import Any

from gateways import Office
from loops import turns
from ocpp_core.dispatch.router import Caller, Router
from ocpp_core.model.errors import CallFailedError
from ocpp_core.model.messages import Request, Response
from ocpp_core.transports import soap_station
from ocpp_core.transports.websocket import Backoff, connect
from serving_command import Serve, started

#: A process needs a second to start.
SOON = Backoff(minimum=0.1, doublings=0, spread=0.0)
#: Where the gateway is killed: the CSMS has a message and has not answered; it has just answered; the station has just
#: begun to send; it has its answer.
HEARD, ANSWERED, SENT, ACKNOWLEDGED = "heard", "answered", "sent", "acknowledged"
MOMENTS = (HEARD, ANSWERED, SENT, ACKNOWLEDGED)
#: The same for a command: the station has it and has not answered; it has just answered.
ASKED, OBEYED = "asked", "obeyed"
#: The moment, and the number of the message of the day, from 0. In each day there are six.
Point = tuple[str, int]


class Killed:
    """The gateway as a process, at one port, killed once at each point, so many turns of the loop later."""

    def __init__(self, points: Sequence[Point], delay: Callable[[], int] = lambda: 0) -> None:
        self.left = set(points)
        self.port = 0
        self._arguments: tuple[str, ...] = ()
        self._delay = delay
        self._serve: Serve | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self, *arguments: str) -> None:
        self._arguments = arguments
        await self._start()

    async def _start(self) -> None:
        listen = ("--listen", f"127.0.0.1:{self.port}")
        self._serve = await asyncio.to_thread(started, "gateway", *listen, *self._arguments)
        self.port = self._serve.port

    def end(self) -> None:
        if self._serve is not None:
            self._serve.process.kill()
            self._serve.process.communicate()
            self._serve = None

    async def at(self, moment: str, number: int) -> None:
        """Kills it if it is to be killed here, and starts it again."""
        if (moment, number) in self.left:
            self.left.remove((moment, number))
            await turns(self._delay())
            self.end()
            self._tasks.append(asyncio.create_task(self._start()))

    def soon_at(self, moment: str, number: int) -> None:
        """The same as soon as what runs now has been done."""
        if (moment, number) in self.left:
            self._tasks.append(asyncio.create_task(self.at(moment, number)))

    async def settled(self) -> None:
        """Returns when it runs again."""
        while self._tasks:
            await self._tasks.pop()


class Listening(Office):
    """A CSMS that says which messages of a day it has: each counts once, however often it comes."""

    def __init__(self, version: str, killed: Killed) -> None:
        super().__init__(version)
        self.killed = killed
        self.answers: dict[str, Any] = {}

    async def _hear(self, message: Any, peer: Any, handle: Callable[..., Awaitable[Any]]) -> Any:
        number = len(self.answers)
        self.heard.append(message)
        answer = self.answers.get(repr(message))
        if answer is None and message.__ocpp__.action in ("StatusNotification", "BootNotification"):
            return await handle(message, peer)
        if answer is None:
            await self.killed.at(HEARD, number)
            answer = self.answers[repr(message)] = await handle(message, peer)
            self.killed.soon_at(ANSWERED, number)
        return answer


class Station:
    """It sends one message after the other, each until it is acknowledged."""

    def __init__(self, csms: Caller, killed: Killed) -> None:
        self._csms = csms
        self._killed = killed
        self._number = 0

    async def send(self, request: Request[Any]) -> Any:
        number, self._number = self._number, self._number + 1
        answer: Response | None = None
        while answer is None:
            killing = asyncio.create_task(self._killed.at(SENT, number))
            try:
                answer = await self._csms.call(request, timeout=5.0)
            except CallFailedError:
                await self._killed.settled()
            await killing
        await self._killed.at(ACKNOWLEDGED, number)
        return answer


def connected(
    port: int, version: str, wire: str, router: Router
) -> AbstractAsyncContextManager[Any, bool | None]:
    """A station that stays, whatever becomes of the gateway."""
    if wire == "soap":
        return soap_station.connect(f"http://127.0.0.1:{port}/", "CP-1", router, version)
    options: dict[str, Any] = {"reconnect": True, "wait": True, "backoff": SOON}
    return connect(f"ws://127.0.0.1:{port}/", "CP-1", router, version, **options)


@asynccontextmanager
async def killed_at(
    points: Sequence[Point],
    csms: str,
    version: str,
    store: Path,
    *,
    wire: str = "json",
    mirror: Office | None = None,
    router: Callable[[Killed], Router] = lambda _: Router(),
    delay: Callable[[], int] = lambda: 0,
) -> AsyncGenerator[tuple[Listening, Station], None]:
    """A CSMS and a station, with a gateway between them that is killed once at each point."""
    killed = Killed(points, delay)
    back = Listening(csms, killed)
    await back.start()
    looking_on = () if mirror is None else ("--mirror", f"{mirror.version}=ws://127.0.0.1:{mirror.port}")
    try:
        url = f"ws://127.0.0.1:{back.port}/ocpp"
        await killed.start(
            *("--csms", url, "--csms-version", csms, "--store", str(store), "--may-call", "127.0.0.0/8"),
            *looking_on,
        )
        async with connected(killed.port, version, wire, router(killed)) as peer:
            yield back, Station(peer, killed)
            await killed.settled()
    finally:
        killed.end()
        await back.stop()

    assert set() == killed.left
    with closing(sqlite3.connect(store)) as file:
        assert [("ok",)] == file.execute("PRAGMA integrity_check").fetchall()
        left = file.execute(
            "SELECT count(*) FROM record WHERE kind = 'event' AND instr(identity, char(10)) = 0"
        )
        assert [(0,)] == left.fetchall()


def once(heard: Sequence[Any]) -> list[Any]:
    """Without what is the same as one before."""
    found: dict[str, Any] = {}
    for message in heard:
        found.setdefault(repr(message), message)
    return list(found.values())

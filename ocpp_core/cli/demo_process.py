"""The CSMS of the demo from outside: a process that is started, given orders, and ended.

`ocpp_core.cli.demo_csms` is what runs there, and says what the two write to each other.
"""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from itertools import count
from typing import IO, Any, NamedTuple

from ocpp_core.cli.station import StepFailed
from ocpp_core.jsonrpc.text import BrokenJson, read_json, write_json

#: What starts it.
COMMAND = (sys.executable, "-P", "-m", "ocpp_core.cli.demo_csms")
#: Seconds in which it has to start, and to end.
PATIENCE = 20.0


class CsmsFailed(Exception):
    """The process has ended unasked, or is silent, or says what it should not."""


class Loss(NamedTuple):
    """Something that could not be translated as it was."""

    path: str
    kind: str
    reason: str


class CsmsProcess:
    """The process while it runs, see `running`.

    Attributes:
        id: Of the process.
        address: Host and port where stations find it.
        totals: What it has counted, known after its end.
    """

    def __init__(self, process: Process, address: str) -> None:
        self.id: int = process.pid
        self.address: str = address
        self.totals: Mapping[str, int] = {}
        self._process = process
        self._numbers = count(1)
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}

    async def call(self, identity: str, version: str, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        """Has it call a station; several calls may be under way.

        Returns:
            The payload of the answer.

        Raises:
            StepFailed: There is none.
        """
        return await self._order(identity=identity, version=version, action=action, payload=payload)

    async def losses(self, identity: str) -> list[Loss]:
        """What was lost with a station since this was last asked: where, how and why."""
        return [Loss(*one) for one in (await self._order(identity=identity))["losses"]]

    async def _order(self, **what: Any) -> dict[str, Any]:
        number = next(self._numbers)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        order = write_json({"order": number, **what})
        assert self._process.stdin is not None
        self._process.stdin.write(f"{order}\n".encode())  # if nobody reads it, `listen` knows
        try:
            said = await answer
        finally:
            del self._answers[number]
        if "error" in said:
            raise StepFailed(said["error"])
        result: dict[str, Any] = said["answer"]
        return result

    async def listen(self) -> None:
        """Takes what it says, to the end."""
        while "order" in (said := await _hear(self._process)):
            answer = self._answers.get(said["order"])
            if answer is not None and not answer.done():  # else `call` has been cancelled
                answer.set_result(said)
        self.totals = said

    def end(self) -> None:
        """Asks it to end."""
        assert self._process.stdin is not None
        self._process.stdin.close()


@asynccontextmanager
async def running(stderr: IO[bytes], command: Sequence[str] = COMMAND) -> AsyncGenerator[CsmsProcess, None]:
    """Runs the process while the context lasts; the context is cancelled if the process ends first.

    Args:
        stderr: A file for what it writes there.
        command: What starts it.

    Raises:
        CsmsFailed: It has not done what it has to.
    """
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=PIPE,
        stdout=PIPE,
        stderr=stderr,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},  # it imports what we import
        start_new_session=True,  # Ctrl-C is for us: it ends with its stdin
    )
    try:
        async with _patience():
            csms = CsmsProcess(process, (await _hear(process, first=True))["address"])
        async with asyncio.TaskGroup() as group:
            listening = group.create_task(csms.listen())
            yield csms
            csms.end()
            async with _patience():
                await listening
                await process.wait()
    except ExceptionGroup as group_error:
        raise group_error.exceptions[0] from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _hear(process: Process, *, first: bool = False) -> dict[str, Any]:
    """The next thing that it says: where it listens, then answers to orders and totals, which are numbered."""
    assert process.stdout is not None
    try:
        line = await process.stdout.readline()
    except ValueError:
        raise CsmsFailed("the CSMS has said too much at once") from None
    if not line:
        async with _patience():
            raise CsmsFailed(f"the CSMS has ended with exit code {await process.wait()}")
    try:
        said: Any = read_json(line.decode())
    except (BrokenJson, UnicodeDecodeError):
        said = None
    is_right = type(said) is dict and type(said.get("order", 0)) is int
    if not is_right or (first and "address" not in said):
        raise CsmsFailed(f"the CSMS has said {line[:100]!r}")
    checked: dict[str, Any] = said
    return checked


@asynccontextmanager
async def _patience() -> AsyncGenerator[None, None]:
    try:
        async with asyncio.timeout(PATIENCE):
            yield
    except TimeoutError:
        raise CsmsFailed(f"the CSMS has been silent for {PATIENCE:.0f} s") from None

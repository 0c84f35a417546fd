"""Answers to our calls over HTTP that attack: too large, packed, slow, and with clients that read them first."""

import asyncio
import gzip
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager, closing, suppress
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from bounds import memory
from loops import asynchronous, until
from ocpp_core import CallResult, Role, v16
from ocpp_core.model.errors import CallResultInvalidError, CallTimeoutError
from ocpp_core.soap.codec import SoapCodec
from ocpp_core.transports._http_client import new_client
from ocpp_core.transports.soap_http import SoapPeer

MEBIBYTE = 1_048_576
RESET = v16.ResetRequest(type=v16.ResetType.SOFT)
GZIP = {"Content-Encoding": "gzip"}
STATION = SoapCodec("1.6", role=Role.CHARGE_POINT)
BOMB = gzip.compress(bytes(64 * MEBIBYTE))
CSMS = SoapCodec("1.6", role=Role.CSMS)


def answer_to(body: bytes) -> bytes:
    """The response to a call."""
    id = body.partition(b"<wsa:MessageID>")[2].partition(b"<")[0].decode()
    return STATION.encode(CallResult(id, v16.ResetResponse(status=v16.ResetStatus.ACCEPTED)))


class Box:
    """A station that answers each call rightly, or with a body that comes in parts; over HTTP, without a server's help.

    Args:
        status: Of HTTP.
        parts: Makes a body; without it there is a response to the call.
        headers: Of the answer. With a Content-Encoding the response is packed by gzip.
    """

    def __init__(
        self,
        status: int = 200,
        parts: Callable[[], AsyncIterator[bytes]] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        self.calls = 0
        self.tasks: set[asyncio.Task[Any]] = set()
        self._head = f"HTTP/1.1 {status} So\r\nConnection: close\r\n"
        for name, value in (headers or {}).items():
            self._head += f"{name}: {value}\r\n"
        self._parts = parts

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.tasks.add(task)
        with closing(writer), suppress(ConnectionError, asyncio.CancelledError):
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
            answer = answer_to(await reader.readexactly(length))
            self.calls += 1
            if "Encoding" in self._head:
                answer = gzip.compress(answer)
            writer.write(f"{self._head}\r\n".encode())
            async for part in self._parts() if self._parts else once(answer):
                writer.write(part)
                await writer.drain()


@asynccontextmanager
async def served(box: Box) -> AsyncGenerator[int, None]:
    """The port of a station."""
    listener = await asyncio.start_server(box.serve, "127.0.0.1", 0)
    async with listener:
        yield listener.sockets[0].getsockname()[1]
    for task in box.tasks:
        task.cancel()
    await asyncio.gather(*box.tasks)


async def once(body: bytes) -> AsyncIterator[bytes]:
    yield body


async def endless() -> AsyncIterator[bytes]:
    while True:
        yield b" " * 65_536


async def dripping() -> AsyncIterator[bytes]:
    while True:
        yield b" "
        await asyncio.sleep(0)


def peer(client: httpx.AsyncClient, port: int, **options: Any) -> SoapPeer:
    return SoapPeer(CSMS, "CP-1", client=client, address=f"http://127.0.0.1:{port}/", **options)


async def reads(response: httpx.Response) -> None:
    await response.aread()


async def reads_raw(response: httpx.Response) -> None:
    async for _ in response.aiter_raw():
        pass


HOOKS = pytest.mark.parametrize("hooks", [[], [reads], [reads_raw], [reads, reads]], ids=len)


@HOOKS
@pytest.mark.parametrize("packed", [{}, GZIP], ids=["as it is", "packed"])
@asynchronous
async def test_an_answer_is_read_whatever_the_hooks_of_the_client_do(
    hooks: list[Any], packed: dict[str, str]
) -> None:
    client = httpx.AsyncClient(event_hooks={"response": hooks})
    async with served(Box(headers=packed)) as port, client:
        for _ in range(2):
            assert v16.ResetStatus.ACCEPTED == (await peer(client, port).call(RESET)).status

        assert hooks == client.event_hooks["response"][1:]  # ours is there, once


@HOOKS
@asynchronous
async def test_no_hook_reads_more_than_an_envelope_may_have(hooks: list[Any]) -> None:
    async with (
        served(Box(parts=endless)) as port,
        httpx.AsyncClient(event_hooks={"response": hooks}) as client,
    ):
        with memory(16 * MEBIBYTE), pytest.raises(CallResultInvalidError, match="1048576 bytes"):
            await peer(client, port).call(RESET)


@HOOKS
@asynchronous
async def test_no_hook_unpacks_more_than_an_envelope_may_have(hooks: list[Any]) -> None:
    async with (
        served(Box(parts=lambda: once(BOMB), headers=GZIP)) as port,
        httpx.AsyncClient(event_hooks={"response": hooks}) as client,
    ):
        with memory(16 * MEBIBYTE), pytest.raises(CallResultInvalidError, match="1048576 bytes"):
            await peer(client, port).call(RESET)


@asynchronous
async def test_hooks_see_what_was_read() -> None:
    seen: list[tuple[int, bytes]] = []

    async def sees(response: httpx.Response) -> None:
        seen.append((response.status_code, await response.aread()))

    async with (
        served(Box(headers=GZIP)) as port,
        httpx.AsyncClient(event_hooks={"response": [sees]}) as client,
    ):
        await peer(client, port).call(RESET)

    ((status, body),) = seen
    assert 200 == status
    assert b"<ocpp:status>Accepted</ocpp:status>" in body


@asynchronous
async def test_other_requests_of_the_client_are_none_of_ours() -> None:
    async with served(Box()) as port, httpx.AsyncClient() as client:
        await peer(client, port).call(RESET)
        async with client.stream("POST", f"http://127.0.0.1:{port}/", content=b"") as response:
            assert not response.is_stream_consumed
            assert (await response.aread()).startswith(b"<?xml")


class TwoSteps(httpx.Auth):
    """Reads what comes back, and asks again."""

    requires_response_body = True

    def auth_flow(self, request: httpx.Request) -> Any:
        yield request
        yield request


@asynchronous
async def test_authentication_in_steps_reads_no_more_either_and_the_last_answer_counts() -> None:
    async with served(Box()) as port, httpx.AsyncClient(auth=TwoSteps()) as client:
        assert v16.ResetStatus.ACCEPTED == (await peer(client, port).call(RESET)).status
    station = Box(parts=lambda: once(BOMB), headers=GZIP)
    async with served(station) as port, httpx.AsyncClient(auth=TwoSteps()) as client:
        with memory(16 * MEBIBYTE), pytest.raises(CallResultInvalidError, match="1048576 bytes"):
            await peer(client, port).call(RESET)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@asynchronous
async def test_a_station_cannot_send_us_to_another_address(status: int) -> None:
    """`may_call` was asked about this one; and a call may hold a password."""
    elsewhere = Box()
    async with served(elsewhere) as other:
        station = Box(status, lambda: once(b""), {"Location": f"http://127.0.0.1:{other}/"})
        async with served(station) as port, httpx.AsyncClient(follow_redirects=True) as client:
            with pytest.raises(CallResultInvalidError, match=f"HTTP {status}"):
                await peer(client, port).call(RESET)

    assert 0 == elsewhere.calls


@HOOKS
@asynchronous
async def test_the_time_of_a_call_bounds_an_answer_that_drips(hooks: list[Any]) -> None:
    async with (
        served(Box(parts=dripping)) as port,
        httpx.AsyncClient(event_hooks={"response": hooks}) as client,
    ):
        with pytest.raises(CallTimeoutError):
            await peer(client, port, call_timeout=0.1).call(RESET)


@asynchronous
async def test_the_client_of_an_application_keeps_no_cookies_of_stations() -> None:
    async with served(Box(headers={"Set-Cookie": "a=b; Max-Age=1000000"})) as port, new_client() as client:
        await peer(client, port).call(RESET)

        assert [] == list(client.cookies.jar)


@asynchronous
async def test_silent_stations_leave_connections_for_the_others() -> None:
    silent = Box(parts=dripping)
    async with served(silent) as other, served(Box()) as port, new_client() as client:
        held = [asyncio.create_task(peer(client, other).call(RESET)) for _ in range(101)]
        await until(lambda: silent.calls >= 100)
        assert v16.ResetStatus.ACCEPTED == (await peer(client, port, call_timeout=5.0).call(RESET)).status

        for task in held:
            task.cancel()
        await asyncio.gather(*held, return_exceptions=True)


@asynchronous
async def test_a_connection_is_not_used_again_when_its_server_may_just_be_closing_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Many close one that was idle for five seconds: a request on that is lost, and nobody knows what became of it."""
    clock: Any = SimpleNamespace(monotonic=lambda: clock.now, now=0.0)
    monkeypatch.setattr("httpcore._async.http11.time", clock)
    ports: list[int] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError):
            while await reader.readuntil(b"\r\n\r\n"):
                ports.append(writer.get_extra_info("peername")[1])
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server, new_client() as client:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        for seconds in (0.0, 0.5, 4.9):
            clock.now += seconds
            await client.post(url)

    assert ports[0] == ports[1] != ports[2]

"""The lowest versions of what we depend on: SECURITY.md has them all, and those that are for safety do their work."""

import asyncio
import re
import tomllib
import tracemalloc
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from loops import asynchronous
from lowest import PROJECT, bounds, declared, is_same
from ocpp_core import Router
from ocpp_core.transports.asgi import OcppApp
from ocpp_core.transports.serving import serving
from ocpp_core.transports.websocket import connect, serve

SECURITY = PROJECT.parent / "SECURITY.md"
FIRST = bytes([0x01, 0x80, 0, 0, 0, 0])  # a text without FIN: masked, empty
MORE = bytes([0x00, 0x80, 0, 0, 0, 0])  # its continuation, without FIN too
UPGRADE = (
    b"GET /CP-1 HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Protocol: ocpp1.6\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
)


# --- the tables ----------------------------------------------------------------------------------------------------


def test_security_md_gives_every_minimum_of_pyproject_a_reason_and_no_other() -> None:
    groups = tomllib.loads(PROJECT.read_text("utf-8"))["dependency-groups"]
    rows = re.findall(r"^\| `([\w-]+) ([\d.]+)` \| \S", SECURITY.read_text("utf-8"), re.MULTILINE)

    assert declared(*groups) == dict(rows)
    assert len(rows) == len(dict(rows))


@pytest.mark.parametrize(
    "requirement", ["attrs", "websockets>=17.4", "pyright[nodejs]>=1.1.400"], ids=["none", "plain", "extra"]
)
def test_a_lower_bound_is_read(requirement: str) -> None:
    name, _, low = requirement.replace("[nodejs]", "").partition(">=")

    assert ({name: low} if low else {}) == bounds([requirement])


@pytest.mark.parametrize("requirement", ["a==1", "a>=1,<2", "a>1", "a>=1; python_version<'4'"])
def test_a_requirement_whose_lowest_version_is_not_plain_is_refused(requirement: str) -> None:
    with pytest.raises(ValueError, match="neither"):
        bounds([requirement])


def test_one_package_has_one_lowest_version() -> None:
    with pytest.raises(ValueError, match="two lowest"):
        bounds(["a>=1", "a>=2"])


def test_versions_are_compared_without_their_last_zeros() -> None:
    assert is_same("8.1", "8.1.0")
    assert not is_same("8.1", "8.10")
    assert not is_same("8", "8.1.0")


# --- what safe versions do -----------------------------------------------------------------------------------------


@asynccontextmanager
async def opened(
    port: int, data: bytes
) -> AsyncGenerator[tuple[asyncio.StreamReader, asyncio.StreamWriter], None]:
    """A connection on which something was sent."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(data)
    try:
        yield reader, writer
    finally:
        writer.close()


@asynchronous
async def test_endless_empty_fragments_end_the_connection() -> None:
    """websockets 17.4: no byte of them counts for `max_size`."""
    async with (
        serve(Router(), "127.0.0.1", close_timeout=0.1) as server,
        opened(server.port, UPGRADE + FIRST + MORE * 10_000) as (reader, _),
    ):
        await reader.readuntil(b"\r\n\r\n")

        assert b"too many fragments" in await reader.read()


@asynchronous
async def test_endless_empty_fragments_behind_uvicorn_are_not_kept() -> None:
    """The WebSockets of uvicorn that come with websockets keep each of them."""
    count = 20_000
    async with (
        serving(OcppApp(Router()), "127.0.0.1", 0) as port,
        opened(port, UPGRADE) as (reader, writer),
    ):
        head = await reader.readuntil(b"\r\n\r\n")
        writer.write(FIRST)
        tracemalloc.start()
        try:
            for _ in range(10):
                writer.write(MORE * (count // 10))
                await writer.drain()
            writer.write(bytes([0x89, 0x80, 0, 0, 0, 0]))
            await reader.readuntil(bytes([0x8A, 0]))  # the pong: all before has been read
            kept, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

        assert b" 101 " in head
        assert kept < 4 * count  # a reference to each would be 8 bytes


@asynchronous
async def test_what_is_served_behind_uvicorn_is_not_compressed() -> None:
    """wsproto inflates without a limit."""
    async with serving(OcppApp(Router()), "127.0.0.1", 0) as port, opened(port, UPGRADE) as (reader, _):
        assert b"deflate" not in await reader.readuntil(b"\r\n\r\n")


@asynchronous
async def test_a_redirect_to_another_host_does_not_carry_the_password() -> None:
    """websockets 16.1 strips it."""
    requests: list[bytes] = []

    async def elsewhere(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    async def csms(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests.append(await reader.readuntil(b"\r\n\r\n"))
        location = f"ws://127.0.0.1:{other.sockets[0].getsockname()[1]}/CP-1"
        writer.write(f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode())
        writer.close()

    other = await asyncio.start_server(elsewhere, "127.0.0.1")
    first = await asyncio.start_server(csms, "127.0.0.1")
    async with other, first:
        url = f"ws://127.0.0.1:{first.sockets[0].getsockname()[1]}"
        with pytest.raises(Exception, match="404"):
            async with connect(url, "CP-1", Router(), "1.6", password="0123456789abcdef", reconnect=False):
                pass

    assert [True, False] == [b"authorization: basic" in request.lower() for request in requests]


@asynchronous
async def test_a_chunk_that_does_not_end_where_it_says_is_refused() -> None:
    """h11 0.16: two bytes of any kind were taken for the end of the line, and what follows for another request."""
    request = b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunks = b"5\r\nAAAAAXX2\r\n45\r\n0\r\n\r\n"
    async with (
        serving(OcppApp(Router()), "127.0.0.1", 0) as port,
        opened(port, request + chunks) as (reader, _),
    ):
        assert b"HTTP/1.1 400 " in await reader.readline()

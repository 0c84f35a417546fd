"""The clock that jumps: what waits takes no time, and what comes from elsewhere is not missed."""

import asyncio
import threading

from loops import in_no_time, run_in_no_time


@in_no_time
async def test_a_wait_takes_exactly_its_time_beside_a_socket() -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while said := await reader.read(100):
            await asyncio.sleep(5)
            writer.write(said)
        writer.close()

    loop = asyncio.get_running_loop()
    async with await asyncio.start_server(echo, "127.0.0.1", 0) as server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        began = loop.time()
        writer.write(b"Hello")
        async with asyncio.timeout(5.5):
            said = await reader.read(100)
        passed = loop.time() - began
        writer.close()
        await writer.wait_closed()

    assert (b"Hello", 5.0) == (said, passed)


@in_no_time
async def test_the_clock_stands_while_a_thread_works() -> None:
    goes_on = threading.Event()

    async def let_go() -> None:
        for _ in range(100):
            await asyncio.sleep(0)
        goes_on.set()

    loop = asyncio.get_running_loop()
    began = loop.time()
    async with asyncio.timeout(1.0), asyncio.TaskGroup() as group:
        group.create_task(let_go())
        await asyncio.to_thread(goes_on.wait)

    assert 0.0 == loop.time() - began


def test_a_loop_ends_with_its_threads() -> None:
    async def work() -> str:
        return await asyncio.to_thread(lambda: "done")

    assert "done" == run_in_no_time(work())

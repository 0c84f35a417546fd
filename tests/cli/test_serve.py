"""`ocpp-core serve` with stations that are not as they should be: who comes in, and what is said of who does not."""

import re
from contextlib import suppress

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from command import cli
from loops import asynchronous
from serving_command import serve

BOOT = '[2,"1","BootNotification",{"chargePointVendor":"V","chargePointModel":"M","x":1}]'


def knock(url: str, offer: str | None) -> connect:
    return connect(url, subprotocols=None if offer is None else [Subprotocol(offer)], ping_interval=None)


@asynchronous
async def test_stations_that_are_turned_away_are_printed() -> None:
    async with serve() as running:
        with suppress(InvalidStatus):
            async with knock(running.url("/"), "ocpp1.6"):
                pass
        line = running.line()
        assert "a peer without identity at ('127.0.0.1', " in line
        assert "is refused: 404 the path ends in no identity (path /, offers ocpp1.6)" in line
        async with knock(running.url(), "OCPP1.6") as socket:
            await socket.wait_closed()
        assert "'CP-1' at" in (line := running.line())
        assert "1002 no common OCPP version (path /CP-1, offers OCPP1.6)" in line


@asynchronous
async def test_who_connects_again_is_told_as_a_line() -> None:
    async with serve() as running, knock(running.url(), "ocpp1.6"), knock(running.url(), "ocpp1.6"):
        assert re.match(r"\d\d:\d\d:\d\d CP-1 connected again", running.line())


@asynchronous
async def test_a_message_that_is_refused_is_printed_with_what_would_accept_it() -> None:
    async with serve() as running, knock(running.url(), "ocpp1.6") as socket:
        await socket.send(BOOT)
        line = running.line()

    assert "CP-1" in line
    assert "$.x: no such member here" in line
    assert line.rstrip().endswith("--allow extra_member")


@asynchronous
async def test_knobs_for_odd_stations() -> None:
    options = (
        *("--alias", "OCPP1.6=1.6", "--alias", "v16=ocpp1.6", "--default-version", "1.6"),
        *("--tolerance", "extra_member", "--ping-interval", "0.05"),
    )
    async with serve(*options) as running:
        for offer in ("OCPP1.6", "v16", None):
            async with knock(running.url(), offer) as socket:
                await socket.send(BOOT)

                assert '"Accepted"' in str(await socket.recv())


@pytest.mark.parametrize(
    "options, said",
    [
        (("--alias", "OCPP1.6"), "not a subprotocol, = and a version: OCPP1.6"),
        (("--alias", "x=1.7"), "not a subprotocol, = and a version: x=1.7"),
        (("--alias", "=1.6"), "not a subprotocol, = and a version: =1.6"),
        (("--default-version", "1.7"), "--default-version"),
        (("--ping-interval", "-1"), "--ping-interval"),
        (("--ping-interval", "nan"), "not a number"),
        (("--tolerance", "everything"), "no tolerance is called 'everything'; there are optional_null"),
        (("--allow", "everything"), "no tolerance is called 'everything'; there are optional_null"),
        (
            ("--allow", "extra_members"),
            "no tolerance is called 'extra_members'; did you mean 'extra_member'?",
        ),
    ],
)
def test_a_knob_that_cannot_be_turned_so_is_wrong_usage(options: tuple[str, ...], said: str) -> None:
    result = cli("serve", "--port", "0", *options)

    assert 2 == result.exit_code
    assert said in result.stderr

"""Addresses, ports and identities that cannot be: the commands that talk say so, without a traceback."""

import pytest

from command import cli
from loops import asynchronous
from ocpp_core.cli.hosting import online
from ocpp_core.cli.station import Simulator
from ocpp_core.transports.asgi import OcppApp
from ocpp_core.transports.serving import serving
from served import csms

WEBSOCKET = ("simulate", "--version", "1.6")
SOAP = ("simulate", "--version", "1.5")


@pytest.mark.parametrize(
    "arguments",
    [
        *(
            (*WEBSOCKET, url)
            for url in ("ws://[", "ws://", "ws:///a", "ws://h:99999", "ws://h:x", "ws://h:0")
        ),
        *(
            (*WEBSOCKET, url)
            for url in ("ws://a..b", f"ws://{'a' * 70}", "ws://u@:1", "ws://h/#a", "ftp://h", "h", "")
        ),
        *((*SOAP, url) for url in ("http://[", "http://", "http://h:99999", "http://a..b")),
        ("serve", "--port", "99999"),
        ("serve", "--port", "-1"),
        ("serve", "--accept", "1.7"),
        ("demo", "--pace", "-1"),
        ("demo", "--pace", "nan"),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_2(arguments: tuple[str, ...]) -> None:
    result = cli(*arguments)

    assert 2 == result.exit_code
    assert "Error: " in result.stderr
    assert len(result.stderr) < 500


@pytest.mark.parametrize(
    "arguments",
    [
        ("serve", "--host", "a..b", "--port", "0"),
        ("serve", "--host", "a" * 70, "--port", "0"),
        (*SOAP, "--listen", "a..b", "http://127.0.0.1:1"),
        (*WEBSOCKET, "ws://127.0.0.1:1"),
        (*WEBSOCKET, "--identity", "a/b", "ws://127.0.0.1:1"),
        (*WEBSOCKET, "--identity", "", "ws://127.0.0.1:1"),
        (*SOAP, "--identity", "..", "http://127.0.0.1:1"),
        ("simulate", "--version", "2.1", "--identity", "a:b", "ws://127.0.0.1:1"),
    ],
    ids=" ".join,
)
def test_what_cannot_be_done_is_said_in_a_line(arguments: tuple[str, ...]) -> None:
    result = cli(*arguments)

    assert 1 == result.exit_code
    assert result.stderr.startswith("Error: ")
    assert 1 == result.stderr.count("\n")


@asynchronous
async def test_a_station_that_is_not_let_in_is_told() -> None:
    app = OcppApp(csms(), authenticate=lambda handshake: False)
    async with serving(app, "127.0.0.1", 0) as port:
        with pytest.raises(ConnectionError, match="401"):
            async with online(f"ws://127.0.0.1:{port}", "CP-1", "1.6", Simulator("1.6").router):
                pass

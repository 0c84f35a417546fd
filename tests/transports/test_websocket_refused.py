"""A station that is not let in: said at once where waiting would not change it, with who, where and why."""

import logging
import ssl
from typing import Any

import pytest

from loopback import csms, station, url
from loops import asynchronous, until
from ocpp_core import v16
from ocpp_core.model.errors import CallTimeoutError, LocalProtocolError, NotConnectedError
from ocpp_core.transports.admission import Handshake
from ocpp_core.transports.websocket import Backoff, CannotConnectError, connect, is_passing, serve

pytestmark = pytest.mark.usefixtures("library")

SOON = Backoff(minimum=0.001, doublings=0, spread=0)


@pytest.mark.parametrize(
    "rules, status, hint",
    [
        ({"authenticate": lambda _: False}, 401, "proves itself"),
        ({"identities": lambda _: None}, 404, "no such station"),
        ({"no_common_version": "refuse", "accepts": ["2.1"]}, 400, "HTTP 400"),
    ],
)
@asynchronous
async def test_a_refusal_is_said_at_once(rules: dict[str, Any], status: int, hint: str) -> None:
    async with serve(csms(), "localhost", **rules) as server:
        with pytest.raises(CannotConnectError) as caught:
            async with connect(url(server), "CP-1", station(), "1.6", password="hunter2", backoff=SOON):
                pass

    error = caught.value
    assert ("CP-1", f"{url(server)}/CP-1", status) == (error.identity, error.url, error.status)
    assert f"CP-1 cannot connect to {url(server)}/CP-1: HTTP {status}" in str(error)
    assert hint in str(error)
    assert "hunter2" not in f"{error}{error!r}"
    assert "InvalidStatus" in type(error.__cause__).__name__


@asynchronous
async def test_a_csms_that_is_overloaded_is_tried_again() -> None:
    asked: list[Handshake] = []

    def authenticate(handshake: Handshake) -> bool:
        asked.append(handshake)
        if len(asked) < 3:
            raise RuntimeError("no database")
        return True

    async with (
        serve(csms(), "localhost", authenticate=authenticate) as server,
        connect(url(server), "CP-1", station(), "1.6", backoff=SOON) as cp,
    ):
        await cp.call(v16.HeartbeatRequest())

    assert 3 == len(asked)


@asynchronous
async def test_once_connected_every_failure_is_followed_by_another_attempt(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A CSMS in the middle of an update says 404 as if it meant it."""
    asked: list[Handshake] = []

    def identities(handshake: Handshake) -> str | None:
        asked.append(handshake)
        return None if len(asked) in (2, 3) else handshake.identity

    async with (
        serve(csms(), "localhost", identities=identities) as server,
        connect(url(server), "CP-1", station(), "1.6", backoff=SOON, wait=True) as cp,
    ):
        await until(lambda: server.peers)
        await server.peers["CP-1"].close()
        await until(lambda: cp.peer is None)
        await cp.call(v16.HeartbeatRequest())

    assert 4 == len(asked)
    assert "HTTP 404" in caplog.text


@asynchronous
async def test_an_error_of_the_program_is_not_tried_again_and_again() -> None:
    def boot(_: Any) -> None:
        raise KeyError("serial")

    async with serve(csms(), "localhost") as server:
        with pytest.raises(KeyError, match="serial"):
            async with connect(url(server), "CP-1", station(), "1.6", on_connect=boot, backoff=SOON):
                pass


@asynchronous
async def test_an_error_of_the_program_that_comes_later_is_logged_with_its_traceback(
    caplog: pytest.LogCaptureFixture,
) -> None:
    boots: list[Any] = []

    def boot(peer: Any) -> None:
        boots.append(peer)
        if len(boots) == 2:
            raise KeyError("serial")

    async with (
        serve(csms(), "localhost") as server,
        connect(url(server), "CP-1", station(), "1.6", on_connect=boot, backoff=SOON, wait=True) as cp,
    ):
        await until(lambda: server.peers)
        await server.peers["CP-1"].close()
        await until(lambda: len(boots) == 3)
        await cp.call(v16.HeartbeatRequest())

    assert "Traceback" in caplog.text


@asynchronous
async def test_the_application_may_decide(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "ocpp_core")
    seen: list[Exception] = []

    def retries(error: Exception) -> bool:
        seen.append(error)
        return len(seen) < 3

    async with serve(csms(), "localhost", authenticate=lambda _: False) as server:
        with pytest.raises(CannotConnectError):
            async with connect(url(server), "CP-1", station(), "1.6", retries=retries, backoff=SOON):
                pass

    assert [401, 401, 401] == [getattr(error, "status", None) for error in seen]


@asynchronous
async def test_who_gives_up_later_says_so_to_those_that_wait(caplog: pytest.LogCaptureFixture) -> None:
    async with (
        serve(csms(), "localhost") as server,
        connect(url(server), "CP-1", station(), "1.6", retries=lambda _: False, backoff=SOON) as cp,
    ):
        await until(lambda: server.peers)
        await server.close()
        await until(lambda: cp.peer is None)
        with pytest.raises(NotConnectedError) as caught:
            await cp.connected()

    assert isinstance(caught.value.__cause__, CannotConnectError)
    assert "CP-1 gives up" in caplog.text


@asynchronous
async def test_a_certificate_that_is_not_trusted_is_said_at_once() -> None:
    trustme = pytest.importorskip("trustme")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    trustme.CA().issue_cert("localhost").configure_cert(context)
    async with serve(csms(), "localhost", ssl=context) as server:
        with pytest.raises(CannotConnectError, match="CERTIFICATE_VERIFY_FAILED") as caught:
            async with connect(url(server, "wss"), "CP-1", station(), "1.6", backoff=SOON):
                pass

    assert caught.value.status is None


@asynchronous
async def test_what_is_no_address_is_said_at_once() -> None:
    with pytest.raises(CannotConnectError, match="CP-1 cannot connect to http://localhost/CP-1"):
        async with connect("http://localhost", "CP-1", station(), "1.6", backoff=SOON):
            pass


@asynchronous
async def test_credentials_of_a_url_are_not_shown() -> None:
    async with serve(csms(), "localhost", authenticate=lambda _: False) as server:
        address = url(server).replace("ws://", "ws://CP-1:hunter2@")
        with pytest.raises(CannotConnectError) as caught:
            async with connect(address, "CP-1", station(), "1.6"):
                pass

    assert "hunter2" not in f"{caught.value}{caught.value!r}{caught.value.url}"


def test_what_passes_and_what_does_not() -> None:
    errors = {
        CallTimeoutError("BootNotification"): True,
        OSError("no route"): True,
        LocalProtocolError("misuse"): False,
        TypeError("misuse"): False,
        CannotConnectError("", "HTTP 503", url="ws://x", status=503, identity="CP-1"): True,
        CannotConnectError("", "HTTP 429", url="ws://x", status=429, identity="CP-1"): True,
        CannotConnectError("", "HTTP 200", url="ws://x", status=200, identity="CP-1"): False,
    }

    assert errors == {error: is_passing(error) for error in errors}

"""A SOAP station over real sockets: one context calls the CSMS, listens for it, and says where."""

import socket
from typing import Any

import httpx
import pytest

from loops import asynchronous
from ocpp_core import LocalProtocolError, Tolerance, v12, v15, v16
from ocpp_core.dispatch import Hooks, ResultReceived
from ocpp_core.dispatch.boot import booted
from ocpp_core.dispatch.router import Router
from ocpp_core.model.messages import Request
from ocpp_core.payloads.tolerance import DEFAULT_TOLERANCE
from ocpp_core.transports.admission import Handshake
from ocpp_core.transports.asgi import OcppApp
from ocpp_core.transports.serving import serving
from ocpp_core.transports.soap_station import connect
from served import csms

HOST = "127.0.0.1"
RESETS: dict[str, tuple[Request[Any], Any]] = {
    "1.2": (v12.ResetRequest(type=v12.ResetType.SOFT), v12.ResetResponse(status=v12.ResetStatus.ACCEPTED)),
    "1.5": (v15.ResetRequest(type=v15.ResetType.SOFT), v15.ResetResponse(status=v15.ResetStatus.ACCEPTED)),
    "1.6": (v16.ResetRequest(type=v16.ResetType.SOFT), v16.ResetResponse(status=v16.ResetStatus.ACCEPTED)),
}
BOOT = {
    version: module.BootNotificationRequest(charge_point_vendor="V", charge_point_model="M")
    for version, module in {"1.2": v12, "1.5": v15, "1.6": v16}.items()
}


def station(version: str) -> Router:
    request, response = RESETS[version]
    router = Router()
    router.on(type(request))(lambda *_: response)
    return router


@pytest.mark.parametrize("version", ["1.5", "1.6"])
@asynchronous
async def test_a_station_boots_and_is_called_back_where_it_says_that_it_listens(version: str) -> None:
    app = OcppApp(csms(), may_call=lambda identity, address: True)
    request, response = RESETS[version]
    async with (
        serving(app, HOST, 0) as port,
        connect(f"http://{HOST}:{port}/", "CP-1", station(version), version) as caller,
        booted(caller, BOOT[version]) as boot,
    ):
        answer = await app.call("CP-1", request)

    assert "Accepted" == boot.response.status
    assert response == answer


@asynchronous
async def test_a_station_behind_a_proxy_says_another_address() -> None:
    asked: list[str] = []

    def may_call(identity: str, address: str) -> bool:
        asked.append(address)
        return False

    app = OcppApp(csms(), may_call=may_call)
    async with (
        serving(app, HOST, 0) as port,
        connect(
            f"http://{HOST}:{port}/",
            "CP-1",
            Router(),
            "1.6",
            host="0.0.0.0",
            address="https://station.example/",
        ) as caller,
    ):
        await caller.call(BOOT["1.6"])

    assert ["https://station.example/"] == asked


@pytest.mark.parametrize("host", ["0.0.0.0", "::", ""])
@asynchronous
async def test_an_address_that_nobody_can_call_is_not_announced(host: str) -> None:
    with pytest.raises(ValueError, match="address"):
        async with connect("http://csms.example/", "CP-1", Router(), "1.6", host=host):
            pytest.fail("it listens")


@pytest.mark.parametrize(
    "version, identity, options, error",
    [
        ("2.0.1", "CP-1", {}, LocalProtocolError),
        ("1.6", "", {}, LocalProtocolError),
        ("1.6", "CP-1", {"pinginterval": 3}, TypeError),
        ("1.6", "CP-1", {"call_timout": 3}, TypeError),
        ("1.6", "CP-1", {"style": None}, TypeError),
    ],
    ids=["no SOAP", "no identity", "unknown", "misspelt", "no style"],
)
@asynchronous
async def test_what_cannot_work_is_said_before_anything_is_opened(
    version: str, identity: str, options: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        async with connect("http://csms.example/", identity, Router(), version, **options):
            pytest.fail("it listens")


@asynchronous
async def test_a_client_of_the_users_own_stays_open() -> None:
    async with serving(OcppApp(csms()), HOST, 0) as port, httpx.AsyncClient() as client:
        for _ in range(2):
            async with connect(f"http://{HOST}:{port}/", "CP-1", Router(), "1.6", client=client) as caller:
                await caller.call(BOOT["1.6"])

        assert not client.is_closed


@asynchronous
async def test_options_reach_both_directions() -> None:
    """`tolerance` what the CSMS answers; `call_timeout` how long it is waited for."""
    codec = Tolerance.UNKNOWN_ENUM
    async with connect(
        f"http://{HOST}:1/", "CP-1", Router(), "1.6", tolerance=codec, call_timeout=None, max_size=5_000
    ) as caller:
        assert (codec, 5_000, None) == (caller.codec.tolerance, caller.codec.max_size, caller._call_timeout)


@asynchronous
async def test_a_station_accepts_by_default_what_the_other_clients_do() -> None:
    async with connect(f"http://{HOST}:1/", "CP-1", Router(), "1.6") as caller:
        assert DEFAULT_TOLERANCE == caller.codec.tolerance


@asynchronous
async def test_both_ends_name_their_calls_as_they_are_told() -> None:
    ids: list[str] = []

    class Ids(Hooks):
        def event(self, peer: Any, event: Any) -> None:
            ids.append(event.call.id if isinstance(event, ResultReceived) else event.id)

    app = OcppApp(csms(), may_call=lambda *_: True, new_id=lambda: "urn:csms:1", hooks=[Ids()])
    request, _ = RESETS["1.6"]
    async with (
        serving(app, HOST, 0) as port,
        connect(
            f"http://{HOST}:{port}/", "CP-1", station("1.6"), "1.6", new_id=lambda: "urn:station:1"
        ) as caller,
    ):
        await caller.call(BOOT["1.6"])
        await app.call("CP-1", request)

    assert ["urn:station:1", "urn:csms:1"] == ids


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this machine has no IPv6")
@asynchronous
async def test_a_station_may_listen_on_ipv6() -> None:
    app = OcppApp(csms(), may_call=lambda *_: True)
    request, response = RESETS["1.6"]
    async with (
        serving(app, "::1", 0) as port,
        connect(f"http://[::1]:{port}/", "CP-1", station("1.6"), "1.6", host="::1") as caller,
    ):
        await caller.call(BOOT["1.6"])

        assert response == await app.call("CP-1", request)


@pytest.mark.parametrize("password", ["correct horse", b"\x01\xff"])
@asynchronous
async def test_a00_207_a_station_shows_its_password(password: str | bytes) -> None:
    seen = []

    def authenticate(handshake: Handshake) -> bool:
        seen.append((handshake.username, handshake.password))
        return True

    async with (
        serving(OcppApp(csms(), authenticate=authenticate), HOST, 0) as port,
        connect(f"http://{HOST}:{port}/", "CP-1", station("1.6"), "1.6", password=password) as peer,
    ):
        await peer.call(BOOT["1.6"])

    assert [("CP-1", password if isinstance(password, bytes) else password.encode())] == seen

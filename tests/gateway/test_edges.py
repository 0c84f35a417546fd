"""What a gateway does at its edges: messages that want no answer, two wires at once, back-ends that are not there."""

import logging
import ssl
from decimal import Decimal
from typing import Any

import pytest

from certificates import Certificates
from gateways import AT_ONCE, gateway_to, office, station
from loops import asynchronous, until
from ocpp_core import v16, v21, v201
from ocpp_core.dispatch.router import Caller, Router
from ocpp_core.gateway import Backend, Gateway
from ocpp_core.gateway.passing import Passed, log_losses
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import CallFailedError, CallRejectedError
from ocpp_core.translation import LossKind, LossReason, Side
from ocpp_core.translation.missing import Missing
from ocpp_core.transports import websocket
from ocpp_core.transports.websocket import connect
from served import NOW

BOOT = v16.BootNotificationRequest(charge_point_vendor="V", charge_point_model="M")
AUTHORIZE = v201.AuthorizeRequest(id_token=v201.IdToken(id_token="04A2B3C4", type=v201.IdTokenEnum.ISO14443))
SEND = v21.NotifyPeriodicEventStream(
    id=1, pending=0, basetime=NOW, data=[v21.StreamDataElement(t=Decimal(0), v="1")]
)


@asynchronous
async def test_what_wants_no_answer_passes_to_primary_and_mirrors() -> None:
    async with (
        office("2.1") as main,
        office("2.1") as side,
        gateway_to(main.backend(), side.backend()) as (_, port),
        station(port, "2.1") as peer,
    ):
        await peer.notify(SEND)  # type: ignore[attr-defined]
        await until(lambda: main.heard and side.heard)

    assert [SEND] == main.heard == side.heard


@asynchronous
async def test_websocket_stations_alone_can_be_served() -> None:
    async with (
        office("2.0.1") as back,
        Gateway(back.backend()) as gateway,
        gateway.serve("127.0.0.1") as server,
        station(server.port) as peer,
    ):
        boot: Any = await peer.call(BOOT)

    assert v16.RegistrationStatus.ACCEPTED == boot.status


@asynchronous
async def test_who_posts_soap_does_not_take_the_place_of_a_websocket() -> None:
    async with (
        office("2.0.1") as back,
        gateway_to(back.backend()) as (_, port),
        station(port) as peer,
        station(port, "1.6", "soap") as poster,
    ):
        await peer.call(BOOT)
        with pytest.raises(CallRejectedError):
            await poster.call(BOOT)
        await peer.call(BOOT)

    assert 2 == len(back.heard)


@asynchronous
async def test_a_websocket_takes_the_place_of_a_station_that_has_posted() -> None:
    async with (
        office("2.0.1") as back,
        gateway_to(back.backend()) as (gateway, port),
        station(port, "1.5", "soap") as poster,
    ):
        await poster.call(poster.specification.request("Heartbeat")())
        async with station(port) as peer:
            await peer.call(BOOT)
            known = gateway.identities

    assert ("CP-1",) == known
    assert ["Heartbeat", "BootNotification"] == back.actions


@asynchronous
async def test_a_soap_station_is_told_that_its_csms_is_not_there() -> None:
    nowhere = Backend(url="ws://127.0.0.1:9/", version="2.0.1")
    async with (
        gateway_to(nowhere, patience=0.05) as (gateway, port),
        station(port, "1.6", "soap") as poster,
    ):
        with pytest.raises(CallRejectedError) as info:
            await poster.call(BOOT)
        known = gateway.identities

    assert ErrorCode.INTERNAL is info.value.code  # which a fault has in place of GenericError
    assert () == known


@asynchronous
async def test_a_soap_station_that_was_updated_has_a_session_of_its_new_version() -> None:
    async with office("2.0.1") as back, gateway_to(back.backend()) as (_, port):
        for version in ("1.5", "1.6"):
            async with station(port, version, "soap") as poster:
                await poster.call(poster.specification.request("Heartbeat")())

    assert ["Heartbeat", "Heartbeat"] == back.actions


@asynchronous
async def test_a_csms_that_does_not_let_the_station_in_ends_its_connection(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with (
        office("2.0.1", authenticate=lambda _: False) as back,
        gateway_to(back.backend()) as (_, port),
        station(port) as peer,
    ):
        with pytest.raises(CallFailedError):
            await peer.call(BOOT)
        await until(lambda: getattr(peer, "peer", None) is None)

    assert "HTTP 401" in caplog.text
    assert "Traceback" not in caplog.text


@asynchronous
async def test_losses_are_logged_without_their_values(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "ocpp_core.losses")
    async with office("1.6") as back, gateway_to(back.backend()) as (_, port), station(port, "2.0.1") as peer:
        await peer.call(AUTHORIZE)

    assert "CP-1: 2.0.1 Authorize: dropped $.idToken.type" in caplog.text
    assert "04A2B3C4" not in caplog.text


def test_of_very_many_losses_a_log_names_a_few(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "ocpp_core.losses")
    lost: list[Any] = 8 * [("2.0.1->1.6", LossKind.DROPPED, None, 0, LossReason.EXTENSION, None)]
    lost += 992 * ["what is put into words fails"]
    back = Backend(url="ws://localhost", version="1.6")

    log_losses(Passed("CP-1", back, Side.STATION, AUTHORIZE, (), None, tuple(lost), 0.0))

    assert 9 == len(caplog.messages)
    assert "CP-1: 2.0.1 Authorize: 992 more" == caplog.messages[-1]


def test_what_a_station_has_left_out_is_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    back = Backend(url="ws://localhost", version="1.6")

    log_losses(Passed("CP-1", back, Side.STATION, AUTHORIZE, (), None, (), 0.0, (Missing("T", 1, 2),)))

    assert ["CP-1: TransactionEvent 1 to 2 of transaction 'T' has not come"] == caplog.messages


def test_losses_that_nobody_reads_are_not_put_into_words(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "ocpp_core.losses")
    back = Backend(url="ws://localhost", version="1.6")
    worded: Any = ("this is no note",)

    log_losses(Passed("CP-1", back, Side.STATION, AUTHORIZE, (), None, worded, 0.0))

    assert [] == caplog.messages


@asynchronous
async def test_each_station_has_a_certificate_of_its_own_before_the_csms() -> None:
    known = Certificates(ssl.CERT_REQUIRED)
    contexts = {"CP-1": known.client("CP-1"), "CP-2": known.client("CP-1")}
    asked: list[str] = []

    def context_of(one: Caller) -> ssl.SSLContext:
        asked.append(one.identity)
        return contexts[one.identity]

    async with office("2.0.1", ssl=known.server) as back:
        url = f"wss://localhost:{back.port}/ocpp"
        backend = Backend(url=url, version="2.0.1", tls=context_of, options={"backoff": AT_ONCE})
        async with gateway_to(backend) as (_, port):
            async with station(port) as peer:
                await peer.call(BOOT)
            async with connect(f"ws://127.0.0.1:{port}/", "CP-2", Router(), "1.6", reconnect=False) as other:
                with pytest.raises(CallFailedError):
                    await other.call(BOOT)

    assert ["CP-1", "CP-2"] == asked
    assert ["BootNotification"] == back.actions


def test_tls_is_of_a_url_that_has_it() -> None:
    with pytest.raises(ValueError, match="wss"):
        Backend(url="ws://localhost", version="1.6", tls=ssl.create_default_context())


@asynchronous
async def test_a_back_end_that_says_nothing_any_more_holds_up_no_station(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever comes back waits until its last connection is closed."""
    seconds: list[float] = []

    def seen(*args: Any, **options: Any) -> Any:
        seconds.append(options["close_timeout"])
        return connect(*args, **options)

    monkeypatch.setattr(websocket, "connect", seen)
    async with (
        office("2.0.1") as main,
        office("2.0.1") as side,
        gateway_to(main.backend(), side.backend(options={"backoff": AT_ONCE, "close_timeout": 3.0})) as (
            _,
            port,
        ),
        station(port) as peer,
    ):
        await peer.call(BOOT)
        await until(lambda: len(seconds) == 2)

    assert [1.0, 3.0] == seconds

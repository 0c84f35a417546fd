"""Stations of every version and wire before a CSMS of another, over real sockets."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateways import AT_ONCE, gateway_to, obedient, office, station
from loops import asynchronous, until
from ocpp_core import v15, v16, v201
from ocpp_core.cli.csms import Csms
from ocpp_core.cli.station import Simulator
from ocpp_core.dispatch.router import Caller, LoneCaller, Router
from ocpp_core.gateway import Backend, Gateway, Passed
from ocpp_core.gateway.ways import SoapWay
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import CallFailedError, CallRejectedError, LocalProtocolError
from ocpp_core.model.messages import Response
from ocpp_core.model.specifications import specification
from ocpp_core.translation.sessions.effects import Side
from ocpp_core.translation.sessions.stores import MemoryStore
from ocpp_core.transports.asgi import OcppApp
from ocpp_core.transports.serving import serving

WIRES = [
    *(("1.2", "soap"), ("1.5", "soap"), ("1.6", "soap")),
    *((version, "json") for version in ("1.2", "1.5", "1.6", "2.0", "2.0.1", "2.1")),
]
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
BOOT = v16.BootNotificationRequest(charge_point_vendor="V", charge_point_model="M")
CLEARED = v16.ClearCacheResponse(status=v16.ClearCacheStatus.ACCEPTED)


@pytest.mark.parametrize("csms", ["1.6", "2.0.1", "2.1"])
@pytest.mark.parametrize("version, wire", WIRES, ids=map("-".join, WIRES))
@asynchronous
async def test_a_station_charges_at_a_csms_of_another_version(version: str, wire: str, csms: str) -> None:
    async with office(csms) as back, gateway_to(back.backend()) as (_, port):
        simulated = Simulator(version)
        async with station(port, version, wire, simulated.router) as peer:
            for step in ("boot", "status", "authorize"):
                await simulated.do(step, peer)
            await simulated.charge(peer)
            await simulated.do("heartbeat", peer)

    heard = back.actions
    assert "BootNotification" == heard[0]
    assert {csms} == {message.__ocpp__.version for message in back.heard}
    if csms == "1.6":
        assert (1, 1) == (heard.count("StartTransaction"), heard.count("StopTransaction"))
    else:
        events: list[Any] = [one for one in back.heard if one.__ocpp__.action == "TransactionEvent"]
        assert list(range(len(events))) == [one.seq_no for one in events]
        assert ["Started", "Ended"] == [events[0].event_type, events[-1].event_type]


@pytest.mark.parametrize("wire", ["json", "soap"])
@asynchronous
async def test_a_csms_commands_a_station_of_another_version(wire: str) -> None:
    async with (
        office("2.0.1") as back,
        gateway_to(back.backend()) as (gateway, port),
        station(port, "1.6", wire, obedient(CLEARED)) as peer,
    ):
        await peer.call(BOOT)
        answer: Any = await back.call(v201.ClearCacheRequest())
        known = gateway.identities

    assert v201.ClearCacheStatus.ACCEPTED == answer.status
    assert ("CP-1",) == known
    assert () == gateway.identities


@asynchronous
async def test_refusals_cross_in_both_directions() -> None:
    async with (
        office("2.0.1") as back,
        gateway_to(back.backend()) as (_, port),
        station(port, router=Router()) as peer,
    ):
        with pytest.raises(CallRejectedError) as by_station:
            await back.call(v201.GetLocalListVersionRequest())
        with pytest.raises(CallRejectedError) as by_gateway:
            await peer.call(v16.ResetRequest(type=v16.ResetType.SOFT))

    assert ErrorCode.NOT_SUPPORTED is by_station.value.code
    assert ErrorCode.NOT_SUPPORTED is by_gateway.value.code


@asynchronous
async def test_the_password_of_a_station_is_shown_to_the_csms() -> None:
    def authenticate(handshake: Any) -> bool:
        return bool(handshake.has_password("a password of 2x"))

    async with office("2.0.1", authenticate=authenticate) as back, gateway_to(back.backend()) as (_, port):
        async with station(port, password="a password of 2x") as peer:
            boot: Any = await peer.call(BOOT)
        with pytest.raises(CallFailedError):
            async with station(port, password="another password") as peer:
                await peer.call(BOOT)

    assert v16.RegistrationStatus.ACCEPTED == boot.status


@asynchronous
async def test_passwords_can_be_mapped() -> None:
    seen: list[Any] = []

    def credentials(caller: Caller) -> str:
        seen.append(caller.identity)
        return "what the CSMS knows"

    def authenticate(handshake: Any) -> bool:
        return bool(handshake.has_password("what the CSMS knows"))

    async with (
        office("2.0.1", authenticate=authenticate) as back,
        gateway_to(back.backend(credentials=credentials)) as (_, port),
        station(port, password="what the station knows") as peer,
    ):
        boot: Any = await peer.call(BOOT)

    assert v16.RegistrationStatus.ACCEPTED == boot.status
    assert ["CP-1"] == seen


@asynchronous
async def test_who_shows_other_credentials_does_not_drive_out_a_station() -> None:
    """The CSMS has let that one in; of a stranger it has seen nothing."""
    async with (
        office("2.0.1") as back,
        gateway_to(back.backend()) as (_, port),
        station(port, password="a password of 2x") as peer,
    ):
        await peer.call(BOOT)
        with pytest.raises(ConnectionError, match="409"):
            async with station(port, password="something else"):
                pass
        boot: Any = await peer.call(BOOT)
        async with station(port, password="a password of 2x") as again:
            await again.call(BOOT)

    assert v16.RegistrationStatus.ACCEPTED == boot.status


@asynchronous
async def test_a_station_goes_when_its_csms_stays_away() -> None:
    async with office("2.0.1") as back, gateway_to(back.backend(), patience=0.1) as (_, port):
        async with station(port) as peer:
            await peer.call(BOOT)
            await back.stop()
            with pytest.raises(CallFailedError):
                await peer.call(v16.HeartbeatRequest())
            await until(lambda: getattr(peer, "peer", None) is None)
        with pytest.raises(CallFailedError):
            async with station(port) as peer:
                await peer.call(BOOT)


@asynchronous
async def test_what_a_station_sends_waits_while_its_csms_is_away() -> None:
    async with office("2.0.1") as back, gateway_to(back.backend()) as (_, port), station(port) as peer:
        await peer.call(BOOT)
        await back.stop()
        waiting = asyncio.ensure_future(peer.call(v16.HeartbeatRequest()))
        await back.start()
        await waiting

    assert ["BootNotification", "Heartbeat"] == back.actions


@asynchronous
async def test_the_csms_sees_the_station_go() -> None:
    async with office("2.0.1") as back, gateway_to(back.backend()) as (_, port):
        server = back.server
        assert server is not None
        async with station(port) as peer:
            await peer.call(BOOT)
            was_there = "CP-1" in server.peers
        await until(lambda: not server.peers)

    assert was_there


@asynchronous
async def test_a_station_changes_its_version_between_connections_and_keeps_its_transaction() -> None:
    """Its firmware was updated while a car was charging. (facts: open transactions are kept.)"""
    store = MemoryStore()
    async with office("2.0.1") as back:
        async with gateway_to(back.backend(), store=store) as (_, port), station(port) as peer:
            await peer.call(BOOT)
            started: Any = await peer.call(
                v16.StartTransactionRequest(connector_id=1, id_tag="04A2", meter_start=0, timestamp=NOON)
            )
        async with gateway_to(back.backend(), store=store) as (_, port):
            async with station(port, "1.5", "json") as peer:
                simulated = Simulator("1.5")
                await simulated.do("boot", peer)
            async with station(port) as peer:
                await peer.call(
                    v16.StopTransactionRequest(
                        transaction_id=started.transaction_id,
                        meter_stop=5,
                        timestamp=NOON + timedelta(minutes=1),
                    )
                )

    events: list[Any] = [one for one in back.heard if one.__ocpp__.action == "TransactionEvent"]
    assert [("Started", 0), ("Ended", 1)] == [(str(one.event_type), one.seq_no) for one in events]
    assert 1 == len({one.transaction_info.transaction_id for one in events})


@asynchronous
async def test_what_passes_is_told_with_its_losses() -> None:
    seen: list[Passed] = []

    def watch(passed: Passed) -> None:
        seen.append(passed)
        raise ZeroDivisionError

    async with (
        office("2.0.1") as back,
        gateway_to(back.backend(), watch=watch) as (_, port),
        station(port, router=obedient(CLEARED)) as peer,
    ):
        await peer.call(v16.AuthorizeRequest(id_tag="04A2"))
        await back.call(v201.ClearCacheRequest())

    assert [(Side.STATION, v16.AuthorizeRequest), (Side.CSMS, v201.ClearCacheRequest)] == [
        (one.side, type(one.message)) for one in seen
    ]
    assert ["$.idToken.type"] == [loss.path for loss in seen[0].losses]
    assert [v201.AuthorizeRequest] == [type(one) for one in seen[0].sent]


class FullDisk(MemoryStore):
    def save(self, identity: str, changes: Any) -> None:
        raise OSError("no space left")


@asynchronous
async def test_a_store_that_fails_ends_the_connection_and_nothing_is_acknowledged() -> None:
    async with (
        office("2.0.1") as back,
        gateway_to(back.backend(), store=FullDisk()) as (gateway, port),
        station(port) as peer,
    ):
        await peer.call(v16.HeartbeatRequest())
        with pytest.raises(CallFailedError):
            await peer.call(
                v16.StartTransactionRequest(connector_id=1, id_tag="04A2", meter_start=0, timestamp=NOON)
            )
        await until(lambda: not gateway.identities)

    assert "TransactionEvent" not in back.actions


@asynchronous
async def test_a_silent_soap_station_is_forgotten() -> None:
    async with (
        office("2.0.1") as back,
        gateway_to(back.backend(), silence=0.05) as (gateway, port),
        station(port, "1.6", "soap") as peer,
    ):
        await peer.call(BOOT)
        await until(lambda: not gateway.identities)
        boot: Any = await peer.call(BOOT)

    assert v16.RegistrationStatus.ACCEPTED == boot.status


@pytest.mark.parametrize("version", ["1.2", "1.5", "1.6"])
@asynchronous
async def test_a_csms_on_soap(version: str) -> None:
    csms = Csms()
    app = OcppApp(csms.router, accepts=[version], may_call=lambda *_: True)
    async with serving(app, "127.0.0.1", 0) as there:
        backend = Backend(url=f"http://127.0.0.1:{there}/", version=version, listen=("127.0.0.1", 0))
        async with gateway_to(backend) as (_, port):
            simulated = Simulator("2.0.1")
            async with station(port, "2.0.1", "json", simulated.router) as peer:
                for step in ("boot", "status", "authorize"):
                    await simulated.do(step, peer)
                await simulated.charge(peer)
                known: Any = app.stations["CP-1"]
                request = known.specification.request("Reset")(type="Soft")
                reset = await known.call(request)

    assert {"started": 1, "ended": 1} == csms.transactions
    assert "Accepted" == reset.status


@asynchronous
async def test_a_csms_on_soap_that_asks_for_a_station_that_is_not_there_is_refused() -> None:
    csms = Csms()
    app = OcppApp(csms.router, accepts=["1.5"], may_call=lambda *_: True)
    async with serving(app, "127.0.0.1", 0) as there:
        backend = Backend(url=f"http://127.0.0.1:{there}/", version="1.5", listen=("127.0.0.1", 0))
        async with gateway_to(backend) as (_, port):
            async with station(port) as peer:
                await peer.call(BOOT)
            with pytest.raises(CallRejectedError):
                await app.stations["CP-1"].call(v15.ResetRequest(type=v15.ResetType.SOFT))


@asynchronous
async def test_a_soap_csms_has_the_connection_that_came_last() -> None:
    """Of two that overlap, the end of the first takes nothing away from the second."""
    way = SoapWay(Backend(url="http://127.0.0.1:9/", version="1.5", listen=("127.0.0.1", 0)))
    caller = LoneCaller("CP-1", specification("1.6"))
    first, second = Ends(), Ends()
    async with way.serving(), way.joined(caller, second, retries=None):
        async with way.joined(caller, first, retries=None):
            way._ends["CP-1"] = second
        answer = await way._receive(v15.ResetRequest(type=v15.ResetType.SOFT), caller)

    assert v15.ResetResponse(status=v15.ResetStatus.ACCEPTED) == answer


class Ends:
    def connected(self, csms: Any) -> None: ...

    def lost(self, csms: Any) -> None: ...

    async def receive(self, message: Any) -> Response:
        return v15.ResetResponse(status=v15.ResetStatus.ACCEPTED)


@pytest.mark.parametrize(
    "options, said",
    [
        ({"url": "http://a/", "version": "2.0.1", "listen": ("", 0)}, "not spoken over http"),
        ({"url": "ws://a/", "version": "1.7"}, "1.7"),
        ({"url": "a", "version": "1.6"}, "not spoken over no scheme"),
        ({"url": "http://a/", "version": "1.6"}, "by `listen`"),
        ({"url": "ws://a/", "version": "1.6", "allows": ["Rset"]}, "Did you mean 'Reset'"),
        ({"url": "ws://a/", "version": "1.6", "allows": ["Heartbeat"]}, "Heartbeat is not for a station"),
    ],
    ids=["wire", "version", "url", "listen", "action", "direction"],
)
def test_a_backend_that_cannot_be(options: dict[str, Any], said: str) -> None:
    with pytest.raises((ValueError, LookupError, LocalProtocolError), match=said):
        Backend(**options)


def test_two_back_ends_of_one_name_would_share_their_records() -> None:
    one = Backend(url="ws://a/", version="1.6")

    with pytest.raises(ValueError, match="same name"):
        Gateway(one, mirrors=[one])


@asynchronous
async def test_hooks_of_connections_are_its_own() -> None:
    gateway = Gateway(Backend(url="ws://a/", version="1.6", options={"backoff": AT_ONCE}))

    with pytest.raises(TypeError, match="on_connect"):
        gateway.app(on_connect=print)

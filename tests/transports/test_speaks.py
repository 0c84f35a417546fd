"""Handlers written once: a CSMS that speaks one version serves stations of every other, on each wire."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from loopback import raw
from loops import asynchronous, until
from ocpp_core import (
    CallRejectedError,
    ErrorCode,
    LocalProtocolError,
    NotConnectedError,
    OcppError,
    Policy,
    Role,
    Router,
    Tolerance,
    to_wire,
    v16,
    v201,
)
from ocpp_core.cli.station import Simulator
from ocpp_core.dispatch import BootGate, PerConnection, Registration
from ocpp_core.model.versions import Wire
from ocpp_core.translation import SqliteStore
from ocpp_core.transports.asgi import OcppApp
from ocpp_core.transports.websocket import serve
from speaking import SPOKEN, WIRE_IDS, WIRES, Seen, connected, csms, is_first, serving

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
ACCEPTED = v201.BootNotificationResponse(
    status=v201.RegistrationStatus.ACCEPTED, current_time=NOW, interval=300
)
BOOT = v16.BootNotificationRequest(charge_point_vendor="Example", charge_point_model="Duo")
TOKEN = v201.IdToken(id_token="04A2B3C4", type=v201.IdTokenEnum.ISO14443)
every_wire = pytest.mark.parametrize("version, wire", WIRES, ids=WIRE_IDS)
each_way = pytest.mark.parametrize("speaks", SPOKEN)


@each_way
@every_wire
@asynchronous
async def test_a_day_of_a_station_reaches_the_handlers_in_their_version(
    version: str, wire: Wire, speaks: str
) -> None:
    seen = Seen()
    async with serving(csms(seen), speaks) as (_, port), connected(port, version, wire) as (station, peer):
        for step in ("boot", "status", "authorize", "heartbeat"):
            await station.do(step, peer)
        await station.charge(peer)

    assert {speaks} == {request.__ocpp__.version for request in seen.requests}
    actions = [request.__ocpp__.action or "" for request in seen.requests]
    assert ["BootNotification", "StatusNotification"] == actions[:2]
    assert {"Authorize", "Heartbeat"} < set(actions)
    if is_first(speaks):
        transaction = [action for action in actions if action.endswith("Transaction")]
        assert ["StartTransaction", "StopTransaction"] == transaction
    else:
        events = seen.of(v201.TransactionEventRequest)
        assert ["Started", "Ended"] == [events[0].event_type, events[-1].event_type]
        assert list(range(len(events))) == [event.seq_no for event in events]
        assert 1 == len({event.transaction_info.transaction_id for event in events})


COMMANDS: dict[str, list[Any]] = {
    "2.0.1": [
        v201.ResetRequest(type=v201.Reset.ON_IDLE),
        v201.RequestStartTransactionRequest(id_token=TOKEN, remote_start_id=7, evse_id=1),
        v201.ChangeAvailabilityRequest(operational_status=v201.OperationalStatus.OPERATIVE),
    ],
    "1.6": [
        v16.ResetRequest(type=v16.ResetType.SOFT),
        v16.RemoteStartTransactionRequest(id_tag="04A2B3C4", connector_id=1),
        v16.ChangeAvailabilityRequest(connector_id=0, type=v16.AvailabilityType.OPERATIVE),
    ],
}


@each_way
@every_wire
@asynchronous
async def test_a_call_is_answered_in_its_own_version(version: str, wire: Wire, speaks: str) -> None:
    async with (
        serving(csms(Seen()), speaks) as (app, port),
        connected(port, version, wire) as (station, peer),
    ):
        await station.do("boot", peer)
        for request in COMMANDS[speaks]:
            answer = await app.call("CP-1", request)

            assert (speaks, request.__ocpp__.action) == (answer.__ocpp__.version, answer.__ocpp__.action)
            assert "Accepted" == answer.status
        assert "reset" == await station.asked.get()
        assert "start" == await station.asked.get()


INTERVAL = v201.Component(name="OCPPCommCtrlr"), v201.Variable(name="HeartbeatInterval")
READ: dict[str, Any] = {
    "2.0.1": v201.GetVariablesRequest(
        get_variable_data=[v201.GetVariableData(component=INTERVAL[0], variable=INTERVAL[1])]
    ),
    "1.6": v16.GetConfigurationRequest(key=["HeartbeatInterval"]),
}
WRITE: dict[str, Any] = {
    "2.0.1": v201.SetVariablesRequest(
        set_variable_data=[
            v201.SetVariableData(attribute_value="300", component=INTERVAL[0], variable=INTERVAL[1])
        ]
    ),
    "1.6": v16.ChangeConfigurationRequest(key="HeartbeatInterval", value="300"),
}


@each_way
@every_wire
@asynchronous
async def test_settings_are_read_and_written_in_the_words_of_the_handlers(
    version: str, wire: Wire, speaks: str
) -> None:
    """1.2 cannot read them."""
    async with (
        serving(csms(Seen()), speaks) as (app, port),
        connected(port, version, wire) as (station, peer),
    ):
        await station.do("boot", peer)
        read = to_wire(await app.call("CP-1", READ[speaks]))
        written = to_wire(await app.call("CP-1", WRITE[speaks]))

    assert ("300" in str(read)) == (version != "1.2")
    assert "Accepted" in str(written)


# What the two sides see of each other


def booting(answer: Any) -> Router:
    """A CSMS of 2.0.1 that knows nothing but boots."""
    router = Router(receives=Role.CSMS)

    @router.on(v201.BootNotificationRequest)
    def boot(request: v201.BootNotificationRequest, station: Any) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer

    return router


@pytest.mark.parametrize("wire", [Wire.JSON, Wire.SOAP])
@asynchronous
async def test_a_refusal_of_a_handler_and_what_has_none_refuse_the_station(wire: Wire) -> None:
    router = booting(OcppError(ErrorCode.SECURITY, "not you"))
    async with serving(router, "2.0.1") as (_, port), connected(port, "1.6", wire) as (_, peer):
        with pytest.raises(CallRejectedError) as refused:
            await peer.call(BOOT)
        with pytest.raises(CallRejectedError) as unknown:
            await peer.call(v16.HeartbeatRequest())

    assert (ErrorCode.SECURITY, "not you") == (refused.value.code, refused.value.description)
    assert ErrorCode.NOT_SUPPORTED == unknown.value.code


@pytest.mark.parametrize("wire", [Wire.JSON, Wire.SOAP])
@asynchronous
async def test_a_station_refuses_and_so_is_the_call(wire: Wire) -> None:
    async with serving(booting(ACCEPTED), "2.0.1") as (app, port):
        with pytest.raises(NotConnectedError):
            await app.call("CP-1", v201.ClearCacheRequest())
        async with connected(port, "1.6", wire) as (station, peer):
            station.router.on(v16.ClearCacheRequest)(_refuse)
            await peer.call(BOOT)
            with pytest.raises(CallRejectedError) as refused:
                await app.call("CP-1", v201.ClearCacheRequest())
            with pytest.raises(LocalProtocolError, match=r"speaks OCPP 2\.0\.1 with all stations"):
                await app.call("CP-1", v16.ClearCacheRequest())

    assert (ErrorCode.INTERNAL, "broken") == (refused.value.code, refused.value.description)


def _refuse(*_: Any) -> Any:
    raise OcppError(ErrorCode.INTERNAL, "broken")


@asynchronous
async def test_a_handler_is_given_the_peer_of_the_connection() -> None:
    met: PerConnection[list[str]] = PerConnection(list)
    seen, after = Seen(), Seen()
    router = csms(seen)

    @router.after(v201.BootNotificationRequest)
    async def booted(request: Any, response: Any, station: Any) -> None:
        met.of(station).append((await station.call(v201.ClearCacheRequest())).status)
        after.callers.append(station)

    async with (
        serve(router, "127.0.0.1", speaks="2.0.1") as server,
        connected(server.port, "1.6", Wire.JSON) as (station, peer),
    ):
        await station.do("boot", peer)
        await until(lambda: after.callers)
        (live,) = server.peers.values()

        assert live is seen.callers[0] is after.callers[0]
        assert ("CP-1", "1.6", "1.6") == (live.identity, live.version, live.specification.version)
        assert "ocpp1.6" == live.handshake.subprotocol
        assert ["Accepted"] == met.of(live)


@asynchronous
async def test_a_station_of_the_very_version_is_not_translated() -> None:
    seen = Seen()
    async with serving(csms(seen), "2.0.1") as (_, port):
        for version in ("2.0.1", "1.6"):
            async with connected(port, version, Wire.JSON) as (station, peer):
                await station.do("authorize", peer)

            assert (version == "1.6") == bool(seen.losses["Authorize"])


@asynchronous
async def test_who_is_told_of_a_connection_may_call_at_once() -> None:
    answers: list[Any] = []

    async def told(peer: Any) -> None:
        answers.append(await peer.call(v201.ClearCacheRequest()))

    async with (
        serve(booting(ACCEPTED), "127.0.0.1", speaks="2.0.1", on_connect=told) as server,
        connected(server.port, "1.6", Wire.JSON),
    ):
        await until(lambda: answers)

    assert [v201.ClearCacheResponse(status=v201.ClearCacheStatus.ACCEPTED)] == answers


@asynchronous
async def test_handlers_of_another_version_wait_for_the_hook_too() -> None:
    order: list[str] = []
    seen = Seen()
    router = csms(seen)
    router.after(v201.BootNotificationRequest)(lambda *_: order.append("answered"))

    async def told(peer: Any) -> None:
        await peer.call(v201.ClearCacheRequest())
        order.append(f"welcome, {len(seen.requests)} handled")

    options: Any = {"speaks": "2.0.1", "handlers_wait": True, "on_connect": told}
    async with (
        serve(router, "127.0.0.1", **options) as server,
        connected(server.port, "1.6", Wire.JSON) as (station, peer),
    ):
        await station.do("boot", peer)
        await until(lambda: len(order) == 2)

    assert ["welcome, 0 handled", "answered"] == order


# Gates


@asynchronous
async def test_a_gate_knows_what_was_asked_for_in_the_version_of_the_handlers() -> None:
    """What a station of 1.6 calls DiagnosticsStatusNotification, it was asked for as LogStatusNotification."""
    gate = BootGate()
    pending = v201.BootNotificationResponse(
        status=v201.RegistrationStatus.PENDING, current_time=NOW, interval=300
    )
    router = booting(pending)
    router.middleware(gate)
    router.on(v201.LogStatusNotificationRequest)(lambda *_: v201.LogStatusNotificationResponse())
    told = v16.DiagnosticsStatusNotificationRequest(status=v16.DiagnosticsStatus.IDLE)
    ask = v201.TriggerMessageRequest(requested_message=v201.MessageTrigger.LOG_STATUS_NOTIFICATION)
    async with (
        serving(router, "2.0.1", hooks=[gate]) as (app, port),
        connected(port, "1.6", Wire.JSON) as (station, peer),
    ):
        station.router.on(v16.TriggerMessageRequest)(
            lambda *_: v16.TriggerMessageResponse(status=v16.TriggerMessageStatus.ACCEPTED)
        )
        await peer.call(BOOT)
        with pytest.raises(CallRejectedError) as early:
            await peer.call(told)
        await app.call("CP-1", ask)
        answer = await peer.call(told)

    assert ErrorCode.SECURITY == early.value.code
    assert v16.DiagnosticsStatusNotificationResponse() == answer


@asynchronous
async def test_a_gate_lets_nobody_in_whose_acceptance_could_not_be_sent() -> None:
    gate = BootGate()
    broken: Any = {"interval": "soon"}
    router = booting(v201.BootNotificationResponse(status=ACCEPTED.status, current_time=NOW, **broken))
    router.middleware(gate)
    async with (
        serving(router, "2.0.1", hooks=[gate]) as (app, port),
        connected(port, "1.6", Wire.JSON) as (_, peer),
    ):
        with pytest.raises(CallRejectedError):
            await peer.call(BOOT)

        assert Registration.UNKNOWN is gate.registration(app.peers["CP-1"])


# What is remembered


@pytest.mark.parametrize("wire", [Wire.JSON, Wire.SOAP])
@asynchronous
async def test_a_transaction_goes_on_behind_a_restart_with_its_store(wire: Wire, tmp_path: Path) -> None:
    """On another connection, to another process as far as this one can tell."""
    seen, station = Seen(), Simulator("1.6")
    for steps in (("boot", "start", "meter"), ("boot", "meter"), ("stop",)):
        store = SqliteStore(tmp_path / "state.db")
        async with (
            serving(csms(seen), "2.0.1", store=store) as (_, port),
            connected(port, "1.6", wire, station=station) as (_, peer),
        ):
            for step in steps:
                await station.do(step, peer)
        store.close()

    events = seen.of(v201.TransactionEventRequest)
    assert ["Started", "Updated", "Updated", "Ended"] == [event.event_type for event in events]
    assert [0, 1, 2, 3] == [event.seq_no for event in events]
    assert 1 == len({event.transaction_info.transaction_id for event in events})


@asynchronous
async def test_a_transaction_goes_on_as_long_as_the_server_runs_without_a_store() -> None:
    seen, station = Seen(), Simulator("1.6")
    async with serving(csms(seen), "2.0.1") as (_, port):
        for step in ("start", "meter", "stop"):
            async with connected(port, "1.6", Wire.JSON, station=station) as (_, peer):
                await station.do(step, peer)

    assert [0, 1, 2] == [event.seq_no for event in seen.of(v201.TransactionEventRequest)]


@asynchronous
async def test_a_connection_that_takes_the_place_of_another_has_its_memory() -> None:
    """The old one is still open when the new one begins."""
    seen, station = Seen(), Simulator("1.6")
    async with (
        serve(csms(seen), "127.0.0.1", speaks="2.0.1") as server,
        connected(server.port, "1.6", Wire.JSON, station=station) as (_, peer),
    ):
        await station.do("start", peer)
        async with connected(server.port, "1.6", Wire.JSON, station=station) as (_, again):
            await station.do("meter", again)
            await station.do("stop", again)

    assert [0, 1, 2] == [event.seq_no for event in seen.of(v201.TransactionEventRequest)]


@asynchronous
async def test_a_station_may_come_in_another_version_and_on_another_wire() -> None:
    """After an update of its firmware, for instance."""
    seen = Seen()
    comes = [
        ("1.5", Wire.SOAP),
        ("1.6", Wire.SOAP),
        ("1.6", Wire.JSON),
        ("1.2", Wire.SOAP),
        ("2.0", Wire.JSON),
    ]
    async with serving(csms(seen), "2.0.1") as (app, port):
        for version, wire in comes:
            async with connected(port, version, wire) as (station, peer):
                await station.do("boot", peer)
                await station.charge(peer, readings=0)
                answer = await app.call("CP-1", v201.ResetRequest(type=v201.Reset.ON_IDLE))

                assert v201.ResetStatus.ACCEPTED == answer.status

    events = seen.of(v201.TransactionEventRequest)
    assert ["Started", "Ended"] * len(comes) == [event.event_type for event in events]
    assert len(comes) == len({event.transaction_info.transaction_id for event in events})


@asynchronous
async def test_a_station_of_the_very_version_has_no_interpreter_any_more() -> None:
    seen = Seen()
    async with serving(csms(seen), "1.6") as (app, port):
        for version in ("1.5", "1.6", "1.5"):
            async with connected(port, version, Wire.SOAP) as (station, peer):
                await station.do("boot", peer)

                assert (version == "1.6") == (app.stations["CP-1"].interpreter is None)

    assert {"1.6"} == {request.__ocpp__.version for request in seen.requests}


@asynchronous
async def test_what_is_tolerated_of_a_station_goes_on_to_the_handlers_or_is_lost() -> None:
    """The tolerance is that of the connection."""
    seen = Seen()
    boot = '[2,"1","BootNotification",{"chargePointVendor":"V","chargePointModel":"M","colour":"red"}]'
    status = (
        '[2,"2","StatusNotification",{"connectorId":1,"errorCode":"NoError","status":"Dreaming",'
        '"timestamp":"2026-01-31T12:00:00Z"}]'
    )
    async with (
        serve(csms(seen), "127.0.0.1", speaks="2.0.1", tolerance=Tolerance.TOLERANT) as server,
        raw(server, "CP-1", "ocpp1.6") as socket,
    ):
        answers = []
        for frame in (boot, status):
            await socket.send(frame)
            answers.append(json.loads(await socket.recv())[0])

    assert [3, 3] == answers
    assert "$.colour" in {loss.path for loss in seen.losses["BootNotification"]}


# Options


@asynchronous
async def test_policies_are_those_of_the_server() -> None:
    asked: list[v201.Reset] = []

    def reset(request: v201.ResetRequest, _: Any) -> v201.ResetResponse:
        asked.append(request.type)
        return v201.ResetResponse(status=v201.ResetStatus.ACCEPTED)

    for policy in (None, Policy(soft_reset="Immediate")):
        async with (
            serving(csms(Seen()), "1.6", policy=policy) as (app, port),
            connected(port, "2.0.1", Wire.JSON) as (station, peer),
        ):
            station.router.on(v201.ResetRequest)(reset)
            await station.do("boot", peer)
            await app.call("CP-1", v16.ResetRequest(type=v16.ResetType.SOFT))

    assert [v201.Reset.ON_IDLE, v201.Reset.IMMEDIATE] == asked


@pytest.mark.parametrize("option", [{"store": SqliteStore(":memory:")}, {"policy": Policy()}])
@asynchronous
async def test_what_is_for_translating_says_so_without(option: Any) -> None:
    (name,) = option
    said = f"option {name} is of a server that `speaks` a version"
    with pytest.raises(LocalProtocolError, match=said):
        OcppApp(Router(), **option)
    with pytest.raises(LocalProtocolError, match=said):
        async with serve(Router(), "127.0.0.1", **option):
            pass


def test_a_station_speaks_what_it_speaks() -> None:
    with pytest.raises(LocalProtocolError, match="only a CSMS"):
        OcppApp(Router(), role=Role.CHARGE_POINT, speaks="2.0.1")

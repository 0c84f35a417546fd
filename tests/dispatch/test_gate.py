"""The boot gate, on both sides."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from loops import asynchronous
from ocpp_core import ErrorCode, v16, v21, v201
from ocpp_core.dispatch.gate import BootGate, Registration, StationGate
from ocpp_core.dispatch.peer import Peer
from ocpp_core.dispatch.router import Answer, Router, failed
from ocpp_core.model.errors import CallRejectedError, CallTimeoutError, LocalProtocolError, OcppError
from ocpp_core.model.messages import Request
from ocpp_core.transports.memory import pair

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
BOOT_16 = v16.BootNotificationRequest(charge_point_vendor="V", charge_point_model="M")
BOOT_201 = v201.BootNotificationRequest(
    reason=v201.BootReason.POWER_UP, charging_station=v201.ChargingStation(model="M", vendor_name="V")
)
BOOT: dict[str, Request[Any]] = {"1.6": BOOT_16, "2.0.1": BOOT_201}
HEARTBEAT: dict[str, Request[Any]] = {"1.6": v16.HeartbeatRequest(), "2.0.1": v201.HeartbeatRequest()}


class Stage:
    """A CSMS with a gate and a station with one; `status` is what the CSMS answers to a boot."""

    def __init__(self, **options: Any) -> None:
        self.status = "Accepted"
        self.gate = BootGate(**options)
        self.station_gate = StationGate()
        self.csms = Router()
        self.csms.middleware(self.gate)
        self.csms.on(v16.BootNotificationRequest)(
            lambda *_: v16.BootNotificationResponse(
                status=v16.RegistrationStatus(self.status), current_time=NOW, interval=60
            )
        )
        self.csms.on(v201.BootNotificationRequest)(
            lambda *_: v201.BootNotificationResponse(
                status=v201.RegistrationStatus(self.status), current_time=NOW, interval=60
            )
        )
        self.csms.on(v16.HeartbeatRequest)(lambda *_: v16.HeartbeatResponse(current_time=NOW))
        self.csms.on(v201.HeartbeatRequest)(lambda *_: v201.HeartbeatResponse(current_time=NOW))
        self.csms.on(v201.NotifyReportRequest)(lambda *_: v201.NotifyReportResponse())
        self.station = Router()
        self.station.middleware(self.station_gate)
        self.station.on(v16.TriggerMessageRequest)(
            lambda *_: v16.TriggerMessageResponse(status=v16.TriggerMessageStatus.ACCEPTED)
        )
        self.station.on(v201.TriggerMessageRequest)(
            lambda *_: v201.TriggerMessageResponse(status=v201.TriggerMessageStatus.ACCEPTED)
        )
        self.station.on(v201.GetBaseReportRequest)(
            lambda *_: v201.GetBaseReportResponse(status=v201.GenericDeviceModelStatus.ACCEPTED)
        )
        self.station.on(v16.RemoteStopTransactionRequest)(
            lambda *_: v16.RemoteStopTransactionResponse(status=v16.RemoteStartStopStatus.ACCEPTED)
        )

    @asynccontextmanager
    async def connected(self, version: str) -> AsyncGenerator[tuple[Peer[str], Peer[str]], None]:
        async with pair(
            version, station=self.station, csms=self.csms, hooks=[self.gate, self.station_gate]
        ) as peers:
            yield peers


async def refusal(peer: Peer[str], request: Request[Any]) -> ErrorCode | None:
    try:
        await peer.call(request)
    except CallRejectedError as error:
        return error.code
    return None


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
@asynchronous
async def test_b01_fr_10_nothing_but_boot_notification_before_acceptance(version: str) -> None:
    stage = Stage()
    async with stage.connected(version) as (to_csms, to_station):
        assert await refusal(to_csms, HEARTBEAT[version]) is ErrorCode.SECURITY
        assert Registration.UNKNOWN is stage.gate.registration(to_station)
        for stage.status in ("Rejected", "Pending"):
            assert await refusal(to_csms, BOOT[version]) is None
            assert await refusal(to_csms, HEARTBEAT[version]) is ErrorCode.SECURITY
        stage.status = "Accepted"
        assert await refusal(to_csms, BOOT[version]) is None
        assert await refusal(to_csms, HEARTBEAT[version]) is None
        assert Registration.ACCEPTED is stage.gate.registration(to_station)


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
@asynchronous
async def test_b02_fr_02_a_pending_station_may_send_what_was_triggered(version: str) -> None:
    stage = Stage()
    stage.status = "Pending"
    triggers: dict[str, Request[Any]] = {
        "1.6": v16.TriggerMessageRequest(requested_message=v16.MessageTrigger.HEARTBEAT),
        "2.0.1": v201.TriggerMessageRequest(requested_message=v201.MessageTrigger.HEARTBEAT),
    }
    async with stage.connected(version) as (to_csms, to_station):
        await to_csms.call(BOOT[version])
        await to_station.call(triggers[version])
        assert await refusal(to_csms, HEARTBEAT[version]) is None

        stage.status = "Rejected"
        await to_csms.call(BOOT[version])
        assert await refusal(to_csms, HEARTBEAT[version]) is ErrorCode.SECURITY


@asynchronous
async def test_b02_fr_09_a_pending_station_may_send_the_report_it_was_asked_for() -> None:
    stage = Stage()
    stage.status = "Pending"
    report = v201.NotifyReportRequest(request_id=1, generated_at=NOW, seq_no=0)
    async with stage.connected("2.0.1") as (to_csms, to_station):
        await to_csms.call(BOOT_201)
        assert await refusal(to_csms, report) is ErrorCode.SECURITY
        await to_station.call(
            v201.GetBaseReportRequest(request_id=1, report_base=v201.ReportBase.FULL_INVENTORY)
        )
        assert await refusal(to_csms, report) is None
        assert await refusal(to_csms, HEARTBEAT["2.0.1"]) is ErrorCode.SECURITY


@pytest.mark.parametrize("each_connection", [False, True])
@asynchronous
async def test_part4_5_3_a_station_need_not_boot_again_unless_it_shall(each_connection: bool) -> None:
    stage = Stage(each_connection=each_connection)
    async with stage.connected("1.6") as (to_csms, _):
        await to_csms.call(BOOT_16)
    async with stage.connected("1.6") as (to_csms, _):
        expected = ErrorCode.SECURITY if each_connection else None
        assert await refusal(to_csms, HEARTBEAT["1.6"]) is expected
    stage.gate.forget("CP-1")
    async with stage.connected("1.6") as (to_csms, _):
        assert await refusal(to_csms, HEARTBEAT["1.6"]) is ErrorCode.SECURITY
    stage.gate.accept("CP-1")
    async with stage.connected("1.6") as (to_csms, _):
        assert await refusal(to_csms, HEARTBEAT["1.6"]) is None


@asynchronous
async def test_b03_fr_08_a_rejected_station_refuses_calls() -> None:
    stage = Stage()
    clear = v201.TriggerMessageRequest(requested_message=v201.MessageTrigger.HEARTBEAT)
    async with stage.connected("2.0.1") as (to_csms, to_station):
        assert await refusal(to_station, clear) is None
        stage.status = "Rejected"
        await to_csms.call(BOOT_201)
        assert stage.station_gate.registration is Registration.REJECTED
        assert await refusal(to_station, clear) is ErrorCode.SECURITY
        stage.status = "Accepted"
        await to_csms.call(BOOT_201)
        assert await refusal(to_station, clear) is None


@asynchronous
async def test_ocpp16_4_2_a_rejected_station_does_not_respond() -> None:
    stage = Stage()
    trigger = v16.TriggerMessageRequest(requested_message=v16.MessageTrigger.HEARTBEAT)
    async with stage.connected("1.6") as (to_csms, to_station):
        stage.status = "Rejected"
        await to_csms.call(BOOT_16)
        with pytest.raises(CallTimeoutError):
            await to_station.call(trigger, timeout=0.05)
        stage.status = "Accepted"
        await to_csms.call(BOOT_16)
        assert await refusal(to_station, trigger) is None


@asynchronous
async def test_p21_b01_fr_10_no_stream_before_acceptance() -> None:
    """What is sent without wanting an answer is held back too."""
    seen: list[Any] = []
    stage = Stage()
    stage.csms.on(v21.NotifyPeriodicEventStream)(lambda message, _: seen.append(message))
    stream = v21.NotifyPeriodicEventStream(
        id=1, pending=0, basetime=NOW, data=[v21.StreamDataElement(t=Decimal(0), v="1")]
    )
    async with stage.connected("2.1") as (to_csms, _):
        await to_csms.notify(stream)
        await refusal(to_csms, v21.HeartbeatRequest())
        assert [] == seen
        stage.gate.accept("CP-1")
    async with stage.connected("2.1") as (to_csms, _):
        await to_csms.notify(stream)
        await refusal(to_csms, v21.HeartbeatRequest())
    assert [stream] == seen


@asynchronous
async def test_ocpp16_4_2_no_remote_stop_while_pending() -> None:
    stage = Stage()
    stop = v16.RemoteStopTransactionRequest(transaction_id=1)
    async with stage.connected("1.6") as (to_csms, to_station):
        stage.status = "Pending"
        await to_csms.call(BOOT_16)
        assert await refusal(to_station, stop) is ErrorCode.SECURITY
        stage.status = "Accepted"
        await to_csms.call(BOOT_16)
        assert await refusal(to_station, stop) is None


@asynchronous
async def test_a_station_that_is_connected_can_be_let_in() -> None:
    stage = Stage()
    async with stage.connected("1.6") as (to_csms, _):
        assert await refusal(to_csms, HEARTBEAT["1.6"]) is ErrorCode.SECURITY
        stage.gate.accept("CP-1")
        assert await refusal(to_csms, HEARTBEAT["1.6"]) is None


@asynchronous
async def test_a_response_that_was_never_sent_accepts_nobody() -> None:
    stage, csms = Stage(), Router()
    csms.middleware(stage.gate)
    csms.on(v16.HeartbeatRequest)(lambda *_: v16.HeartbeatResponse(current_time=NOW))
    csms.on(v16.BootNotificationRequest)(
        lambda *_: v16.BootNotificationResponse(
            status=v16.RegistrationStatus.ACCEPTED,
            current_time=NOW.replace(tzinfo=None),  # no wire has such a time
            interval=1,
        )
    )
    async with pair("1.6", csms=csms, hooks=[stage.gate]) as (to_csms, to_station):
        assert await refusal(to_csms, BOOT_16) is ErrorCode.INTERNAL
        assert Registration.UNKNOWN is stage.gate.registration(to_station)
        assert await refusal(to_csms, HEARTBEAT["1.6"]) is ErrorCode.SECURITY


# --- what is kept ------------------------------------------------------------------------------------------------


@asynchronous
async def test_of_accepted_identities_the_longest_silent_is_forgotten() -> None:
    """What a silent one loses is the next connection without a boot; it may boot again."""
    stage = Stage(max_stations=3)
    for identity in ("CP-2", "CP-3"):
        stage.gate.accept(identity)
    async with stage.connected("1.6") as (to_csms, _):  # CP-1
        await to_csms.call(BOOT_16)
        stage.gate.accept("CP-2")
        assert await refusal(to_csms, v16.HeartbeatRequest()) is None
        stage.gate.accept("CP-4")

        assert ["CP-2", "CP-1", "CP-4"] == list(stage.gate._accepted)

        for identity in ("CP-5", "CP-6", "CP-7"):
            stage.gate.accept(identity)

        assert await refusal(to_csms, v16.HeartbeatRequest()) is None  # its connection is still open
        assert ["CP-5", "CP-6", "CP-7"] == list(stage.gate._accepted)

    async with stage.connected("1.6") as (to_csms, _):
        assert ErrorCode.SECURITY is await refusal(to_csms, v16.HeartbeatRequest())


@pytest.mark.parametrize("status", ["Pending", "Rejected"])
@asynchronous
async def test_identities_that_no_handler_has_accepted_are_not_kept(status: str) -> None:
    stage = Stage()
    stage.status = status
    async with stage.connected("1.6") as (to_csms, _):
        await to_csms.call(BOOT_16)

    assert not stage.gate._accepted


@asynchronous
async def test_a_gate_that_hears_nothing_says_so_once(caplog: pytest.LogCaptureFixture) -> None:
    """As middleware alone it never learns that the station is rejected."""
    router = Router()
    router.middleware(StationGate())
    router.on(v16.ResetRequest)(lambda *_: v16.ResetResponse(status=v16.ResetStatus.ACCEPTED))
    async with pair("1.6", station=router) as (_, csms):
        for _ in range(2):
            await csms.call(v16.ResetRequest(type=v16.ResetType.SOFT))

    assert ["ocpp_core.gate"] == [
        record.name for record in caplog.records if "hooks=[gate]" in record.getMessage()
    ]


class Someone:
    identity = "CP-1"


def test_of_what_is_translated_a_gate_learns_as_of_what_is_not() -> None:
    """In the version of the handlers, in which it sees messages as middleware."""
    gate, peer = BootGate(), Someone()
    report = v201.GetBaseReportRequest(request_id=1, report_base=v201.ReportBase.FULL_INVENTORY)
    status = v201.GenericDeviceModelStatus
    gate.translated(peer, "out", report, Answer(error=OcppError(ErrorCode.INTERNAL)))
    gate.translated(peer, "out", report, Answer(v201.GetBaseReportResponse(status=status.REJECTED)))
    before = set(gate._station(peer).asked_for)
    gate.translated(peer, "out", report, Answer(v201.GetBaseReportResponse(status=status.ACCEPTED)))

    assert (set(), {"NotifyReport"}) == (before, gate._station(peer).asked_for)


def test_a_boot_that_is_translated_and_cannot_be_answered_has_accepted_nobody() -> None:
    gate, peer = BootGate(), Someone()
    gate.accept("CP-1")
    gate.translated(peer, "in", BOOT_201, Answer(error=OcppError(ErrorCode.INTERNAL)))
    refused_on_purpose = gate.registration(peer)
    gate.translated(peer, "in", BOOT_201, failed(LocalProtocolError("it breaks its schema")))

    assert (Registration.ACCEPTED, Registration.UNKNOWN) == (refused_on_purpose, gate.registration(peer))

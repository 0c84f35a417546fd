"""Peers of other makers on both sides of a gateway, each of a version that the other does not speak."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from websockets.asyncio.client import connect as raw_connect
from websockets.asyncio.server import ServerConnection
from websockets.asyncio.server import serve as raw_serve
from websockets.typing import Subprotocol

import journeys
from gateways import AT_ONCE, gateway_to, office
from loops import asynchronous, until
from node import installed, line, script
from ocpp_core.adapters.zeep_client import zeep_client
from ocpp_core.gateway import Backend
from ocpp_core.model.versions import Role
from pypi import call, charge_point, run

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


def at(minutes: float) -> str:
    return (NOON + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


class Csms:
    """A CSMS of theirs: what it was told, and the station to be called."""

    def __init__(self) -> None:
        self.heard: list[journeys.Turn] = []
        self.connected: asyncio.Queue[Any] = asyncio.Queue()
        self.port = 0

    def backend(self) -> Backend:
        return Backend(url=f"ws://localhost:{self.port}", version="2.0.1", options={"backoff": AT_ONCE})

    def of(self, action: str) -> list[dict[str, Any]]:
        return [fields for name, fields in self.heard if name == action]


@asynccontextmanager
async def their_csms() -> AsyncGenerator[Csms, None]:
    """Of 2.0.1."""
    csms = Csms()
    silent = ("LogStatusNotification", "NotifyReport", "NotifyEvent")
    reports: dict[str, Any] = {action: {} for action in silent}
    answers = {**journeys.answers_of_csms("2.0.1", at(0)), **reports}
    # Who accepts no token is told that of every event that has none.
    answers["TransactionEvent"] = lambda fields: (
        {"idTokenInfo": {"status": "Accepted"}} if "id_token" in fields else {}
    )

    async def handler(socket: ServerConnection) -> None:
        theirs = charge_point("2.0.1", answers, csms.heard)("CP-1", socket)
        reading = asyncio.create_task(run(theirs))
        csms.connected.put_nowait(theirs)
        await reading

    async with raw_serve(handler, "localhost", 0, subprotocols=[Subprotocol("ocpp2.0.1")]) as server:
        csms.port = next(iter(server.sockets)).getsockname()[1]
        yield csms


@asynccontextmanager
async def their_station(
    port: int, version: str, answers: dict[str, Any], heard: list[journeys.Turn]
) -> AsyncGenerator[Any, None]:
    subprotocols = [Subprotocol(f"ocpp{version}")]
    async with raw_connect(f"ws://localhost:{port}/ocpp/CP-1", subprotocols=subprotocols) as socket:
        theirs = charge_point(version, answers, heard)("CP-1", socket)
        reading = asyncio.create_task(run(theirs))
        yield theirs
        await socket.close()
        await reading


PROFILE = {
    "id": 7,
    "stackLevel": 0,
    "chargingProfilePurpose": "TxDefaultProfile",
    "chargingProfileKind": "Absolute",
    "chargingSchedule": [
        {
            "id": 7,
            "startSchedule": at(0),
            "chargingRateUnit": "A",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16.0}],
        }
    ],
}
HEARTBEAT = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}


class Settings:
    """The configuration keys of a 1.6 station."""

    def __init__(self) -> None:
        self.values = {"HeartbeatInterval": "300"}

    def get(self, fields: dict[str, Any]) -> Any:
        wanted = fields.get("key") or list(self.values)
        known = [
            {"key": key, "readonly": False, "value": self.values[key]} for key in wanted if key in self.values
        ]
        unknown = [key for key in wanted if key not in self.values]
        return {"configurationKey": known, **({"unknownKey": unknown} if unknown else {})}

    def change(self, fields: dict[str, Any]) -> Any:
        self.values[fields["key"]] = fields["value"]
        return {"status": "Accepted"}


@asynchronous
async def test_a_1_6_station_has_a_day_with_a_2_0_1_csms() -> None:
    """Both are of the PyPI package ``ocpp``."""
    settings, asked = Settings(), list[journeys.Turn]()
    answers: dict[str, Any] = {
        **journeys.answers_of_station("1.6"),
        "GetConfiguration": settings.get,
        "ChangeConfiguration": settings.change,
        "SetChargingProfile": {"status": "Accepted"},
    }
    async with (
        their_csms() as csms,
        gateway_to(csms.backend()) as (_, port),
        their_station(port, "1.6", answers, asked) as station,
    ):
        boot = await call(station, "1.6", "BootNotification", chargePointVendor="V", chargePointModel="M")
        theirs = await csms.connected.get()
        await call(
            station,
            "1.6",
            "StatusNotification",
            connectorId=1,
            errorCode="NoError",
            status="Preparing",
            timestamp=at(0),
        )
        set = await call(
            theirs, "2.0.1", "SetVariables", setVariableData=[{**HEARTBEAT, "attributeValue": "60"}]
        )
        got = await call(theirs, "2.0.1", "GetVariables", getVariableData=[HEARTBEAT])
        profile = await call(theirs, "2.0.1", "SetChargingProfile", evseId=1, chargingProfile=PROFILE)
        started = await call(
            theirs,
            "2.0.1",
            "RequestStartTransaction",
            evseId=1,
            remoteStartId=42,
            idToken={"idToken": "04A2B3C4", "type": "ISO14443"},
        )
        start = await call(
            station,
            "1.6",
            "StartTransaction",
            connectorId=1,
            idTag="04A2B3C4",
            meterStart=1000,
            timestamp=at(1),
        )
        sample = {"value": "1500", "unit": "Wh", "measurand": "Energy.Active.Import.Register"}
        await call(
            station,
            "1.6",
            "MeterValues",
            connectorId=1,
            transactionId=start.transaction_id,
            meterValue=[{"timestamp": at(2), "sampledValue": [sample]}],
        )
        reset = await call(theirs, "2.0.1", "Reset", type="Immediate")
        await call(
            station,
            "1.6",
            "StopTransaction",
            transactionId=start.transaction_id,
            meterStop=2000,
            timestamp=at(3),
            reason="HardReset",
        )

    assert "Accepted" == boot.status == started.status == profile.status == reset.status
    assert "Accepted" == set.set_variable_result[0]["attribute_status"]
    assert "60" == settings.values["HeartbeatInterval"] == got.get_variable_result[0]["attribute_value"]
    assert [("RemoteStartTransaction", {"id_tag": "04A2B3C4", "connector_id": 1})] == [
        turn for turn in asked if turn[0] == "RemoteStartTransaction"
    ]
    (limited,) = [fields for action, fields in asked if action == "SetChargingProfile"]
    assert 7 == limited["cs_charging_profiles"]["charging_profile_id"]
    events = csms.of("TransactionEvent")
    assert ["Started", *["Updated"] * (len(events) - 2), "Ended"] == [one["event_type"] for one in events]
    assert list(range(len(events))) == [one["seq_no"] for one in events]
    assert 1 == len({one["transaction_info"]["transaction_id"] for one in events})
    assert 42 == events[0]["transaction_info"]["remote_start_id"]
    readings = [
        value["value"]
        for event in events
        for meter in event.get("meter_value", ())
        for value in meter["sampled_value"]
    ]
    assert [1000, 1500, 2000] == readings
    assert "ImmediateReset" == events[-1]["transaction_info"]["stopped_reason"]


@asynchronous
async def test_a_2_0_1_station_has_a_day_with_a_1_6_csms() -> None:
    """The station is of the PyPI package ``ocpp``, the CSMS of the npm package ``ocpp-rpc``, which is strict."""
    asked: list[journeys.Turn] = []
    commands = [
        ("RemoteStartTransaction", {"idTag": "04A2B3C4", "connectorId": 1}),
        ("ChangeAvailability", {"connectorId": 1, "type": "Operative"}),
        ("UnlockConnector", {"connectorId": 1}),
        ("Reset", {"type": "Soft"}),
    ]
    async with script(installed("ocpp-rpc"), "day.js", "ocpp-rpc", "csms", "ocpp1.6") as process:
        assert process.stdin is not None
        day = {"says": commands, "answers": journeys.answers_of_csms("1.6", at(60))}
        process.stdin.write(json.dumps(day).encode() + b"\n")
        backend = Backend(
            url=f"ws://localhost:{await line(process)}", version="1.6", options={"backoff": AT_ONCE}
        )
        async with (
            gateway_to(backend) as (_, port),
            their_station(port, "2.0.1", journeys.answers_of_station("2.0.1"), asked) as station,
        ):
            told = [
                await call(station, "2.0.1", action, **members)
                for action, members in journeys.said_by_station("2.0.1", at(0))
                if action != "DataTransfer"
            ]
            obeyed = await line(process)

    assert "Accepted" == told[0].status
    assert "Accepted" == told[3].id_token_info["status"] == told[4].id_token_info["status"]
    assert [action for action, _ in commands] == obeyed
    assert {"RequestStartTransaction", "ChangeAvailability", "UnlockConnector", "Reset"} <= {
        action for action, _ in asked
    }


@asynchronous
async def test_a_1_5_soap_station_has_a_day_with_a_2_0_1_csms() -> None:
    """The station is a client that zeep makes of the WSDL, the CSMS of the PyPI package ``ocpp``."""

    def charge(address: str) -> tuple[Any, ...]:
        service = zeep_client("1.5", Role.CSMS, address, "CP-1").service
        boot = service.BootNotification(chargePointVendor="Example", chargePointModel="Duo")
        service.StatusNotification(connectorId=1, status="Occupied", errorCode="NoError", timestamp=at(0))
        tag = service.Authorize(idTag="04A2B3C4")
        start = service.StartTransaction(connectorId=1, idTag="04A2B3C4", timestamp=at(1), meterStart=1000)
        value = {"_value_1": "1500", "unit": "Wh"}
        service.MeterValues(
            connectorId=1,
            transactionId=start.transactionId,
            values=[{"timestamp": at(2), "value": [value]}],
        )
        service.StopTransaction(transactionId=start.transactionId, timestamp=at(3), meterStop=2000)
        return boot.status, tag.status, start.idTagInfo.status

    async with their_csms() as csms, gateway_to(csms.backend()) as (_, port):
        answers = await asyncio.to_thread(charge, f"http://127.0.0.1:{port}/")

    assert ("Accepted", "Accepted", "Accepted") == answers
    events = csms.of("TransactionEvent")
    assert ["Started", *["Updated"] * (len(events) - 2), "Ended"] == [one["event_type"] for one in events]
    assert list(range(len(events))) == [one["seq_no"] for one in events]
    assert ["Occupied"] == [one["connector_status"] for one in csms.of("StatusNotification")]


@asynchronous
async def test_one_station_with_a_2_0_1_csms_and_a_1_6_mirror() -> None:
    """The primary answers the station; the mirror hears the same transaction under an id of its own."""
    asked: list[journeys.Turn] = []
    async with (
        their_csms() as csms,
        office("1.6") as mirror,
        gateway_to(csms.backend(), mirror.backend()) as (_, port),
        their_station(port, "1.6", journeys.answers_of_station("1.6"), asked) as station,
    ):
        await call(station, "1.6", "BootNotification", chargePointVendor="V", chargePointModel="M")
        start = await call(
            station, "1.6", "StartTransaction", connectorId=1, idTag="04A2B3C4", meterStart=0, timestamp=at(1)
        )
        await call(
            station,
            "1.6",
            "StopTransaction",
            transactionId=start.transaction_id,
            meterStop=2000,
            timestamp=at(3),
        )
        await until(lambda: mirror.actions[-1:] == ["StopTransaction"])

    assert ["BootNotification", "StartTransaction", "StopTransaction"] == mirror.actions
    assert ["Started", "Ended"] == [one["event_type"] for one in csms.of("TransactionEvent")]

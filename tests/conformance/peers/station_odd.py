"""Stations that are odd, and right: slow, talkative, bare, with many connectors, away for a moment."""

import asyncio
import json
from collections.abc import Callable
from itertools import count
from typing import Any

from attrs import evolve, field, frozen

from conformance.peers.station import Connector, Station, Transaction
from conformance.peers.station_answers import HANDLERS
from conformance.peers.station_faults_blocks import limited_from_outside
from conformance.peers.station_faults_overheard import noticing, state_changes
from conformance.peers.station_judging import PROFILE
from conformance.peers.station_ways import Change, before, behaving, both, edits, instead, says
from ocpp_core.conformance.profiles import Profile
from ocpp_core.conformance.requests import readings

Json = dict[str, Any]


@frozen
class Odd:
    """One of them.

    Attributes:
        name: What it is, in a few words.
        change: Makes it of a faultless station.
        blocks: Of the rules that are looked for in a quick run; in the deep one all are.
        unseen: Ids of rules that nobody can tell it from a fault of.
        versions: In which it is tried.
        profile: What its user tells the kit.
        known: Ids of `not_faults` that are of this kind.
    """

    name: str
    change: Change
    blocks: tuple[str, ...]
    versions: tuple[str, ...] = ("1.6", "2.0.1")
    profile: Callable[[Station], Profile] = lambda _: PROFILE
    unseen: tuple[str, ...] = ()
    known: tuple[str, ...] = field(factory=tuple)

    def station(self, version: str) -> Station:
        """A station that is so."""
        station = Station(version)
        self.change(station)
        return station


def _always(work: Callable[[Station], Any]) -> Change:
    """Does something beside, as long as it is registered."""

    async def resume(self: Station) -> None:
        await Station.resume(self)
        if self.registration == "Accepted":
            self.spawn(work(self))

    return behaving(resume=resume)


# How much it says, and when


async def _tells_on(self: Station) -> None:
    while True:
        await asyncio.sleep(0.04)
        await self.notify(1)


async def _slowly(self: Station, frame: list[Any]) -> None:
    await asyncio.sleep(2.0)
    await Station.called(self, frame)


def _follows_late(self: Station, action: str, payload: Json, result: Json) -> None:
    async def late() -> None:
        await asyncio.sleep(7.0)
        Station.follow(self, action, payload, result)

    self.spawn(late())


async def _shows_late(self: Station, connector: Connector, status: str) -> None:
    async def late() -> None:
        await asyncio.sleep(1.5)
        await self.notify(connector.number)

    if connector.status != status:
        connector.status = status
        self.spawn(late())


async def _leaves(self: Station) -> None:
    await asyncio.sleep(2.5)
    if self.link is not None:
        await self.link.close()


# What it has


_REQUIRED_1 = {
    "LocalAuthListEnabled",
    "LocalAuthListMaxLength",
    "SendLocalListMaxLength",
    "ReserveConnectorZeroSupported",
    "ChargeProfileMaxStackLevel",
    "ChargingScheduleAllowedChargingRateUnit",
    "ChargingScheduleMaxPeriods",
    "MaxChargingProfilesInstalled",
    "WebSocketPingInterval",
}
_CORE = {
    "ChangeAvailability",
    "ChangeConfiguration",
    "ClearCache",
    "DataTransfer",
    "GetBaseReport",
    "GetConfiguration",
    "GetTransactionStatus",
    "GetVariables",
    "RemoteStartTransaction",
    "RemoteStopTransaction",
    "RequestStartTransaction",
    "RequestStopTransaction",
    "Reset",
    "SetVariables",
    "TriggerMessage",
    "UnlockConnector",
}


def _bare(station: Station) -> None:
    """Only what every station has: Core, or what the certificate of 2.0.1 is for."""
    station.handlers = {action: HANDLERS[action] for action in _CORE}
    if station.is_first:
        del station.handlers["TriggerMessage"]
        station.settings = {key: row for key, row in station.settings.items() if key not in _REQUIRED_1}
    for place in [
        ("OCPPCommCtrlr", "HeartbeatInterval"),
        ("OCPPCommCtrlr", "ActiveNetworkProfile"),
        ("SecurityCtrlr", "BasicAuthPassword"),
        ("SecurityCtrlr", "SecurityProfile"),
    ]:
        del station.variables[place]


def _of_many(number: int) -> Change:
    def change(station: Station) -> None:
        station.connectors = [Connector(each + 1) for each in range(number)]
        station.settings["NumberOfConnectors"][0] = str(number)

    return change


def _with_many(_: Station) -> Profile:
    return evolve(PROFILE, evses=12)


async def _visitors(self: Station) -> None:
    connector = self.connectors[-1]
    while True:
        if connector.is_operative and connector.transaction is None:
            await self.charge("VISITOR01", connector)
        await asyncio.sleep(1.2)
        await self.stop(connector, "Local", "StopAuthorized")
        await asyncio.sleep(0.2)


def _with_a_cable(self: Station, connector: Connector) -> str:
    status = Station.idle_status(self, connector)
    return self.busy("Preparing") if status == "Available" else status


def _cable_in(station: Station) -> None:
    behaving(idle_status=_with_a_cable)(station)
    for connector in station.connectors:
        connector.status = station.busy("Preparing")


# Transactions that begin and end with the cable, in 2.x


async def _plugged(self: Station, connector: Connector) -> None:
    if connector.transaction is None:
        id = self.new_transaction_id()
        running = Transaction("", connector.number, id, connector.energy, connector.energy)
        connector.transaction = running
        written = self.event(running, "Started", "CablePluggedIn")()
        written.pop("idToken", None)
        self.report("TransactionEvent", running, lambda: written, is_start=True)


async def _unplugged(self: Station, connector: Connector) -> None:
    await Station.stop(self, connector, "EVDisconnected", "EVCommunicationLost")


async def _is_let(self: Station, payload: Json) -> None:
    connector = self.connectors[payload["evseId"] - 1]
    running, who = connector.transaction, payload["idToken"]["idToken"]
    is_asked = self.authorizes() and payload["idToken"]["type"] != "Central"
    if running is None or (is_asked and not await self.authorize(who)):
        return
    running.token, running.remote_start_id = who, payload["remoteStartId"]
    held, connector.reservation = connector.reservation, None
    reserved = {"reservationId": held["id"]} if held else {}
    written = self.event(running, "Updated", "RemoteStart", idToken=payload["idToken"], **reserved)()
    written["transactionInfo"]["remoteStartId"] = running.remote_start_id
    self.report("TransactionEvent", running, lambda: written)


async def _is_stopped(self: Station, id: Any) -> None:
    connector = self.running(id)
    if connector is not None and connector.transaction is not None:
        running = connector.transaction
        running.token = ""
        written = self.event(running, "Updated", "RemoteStop")()
        written["transactionInfo"]["chargingState"] = "EVConnected"
        self.report("TransactionEvent", running, lambda: written)


def _may_start(station: Station, payload: Json) -> Json:
    number = payload.get("evseId") or 1
    if not 1 <= number <= len(station.connectors) or station.registration != "Accepted":
        return {"status": "Rejected"}
    running = station.connectors[number - 1].transaction
    return {"status": "Rejected" if running is None or running.token else "Accepted"}


def _with_hands(station: Station) -> Profile:
    """Its user plugs and unplugs."""

    def plug(told: Json) -> None:
        station.spawn(_plugged(station, station.connectors[told["connector"] - 1]))

    def unplug(told: Json) -> None:
        station.spawn(_unplugged(station, station.connectors[told["connector"] - 1]))

    return evolve(PROFILE, hooks={"plug": plug, "unplug": unplug})


# Readings


async def _by_the_clock(self: Station) -> None:
    while True:
        await asyncio.sleep(0.4)
        for number in (0, 1):
            written: Json = {"connectorId": number, **readings(self.specification, 77000)}
            running = self.connectors[0].transaction
            if number and running is not None and running.is_known:
                written["transactionId"] = running.id
            written["meterValue"][0]["sampledValue"][0]["context"] = "Sample.Clock"
            await self.quietly("MeterValues", written)


def _all_at_the_end(station: Station) -> None:
    """At the end it tells once more what it has read, and what other meters have."""
    told: list[Json] = []

    def said(action: str, payload: Json) -> list[tuple[str, Json]]:
        payload = json.loads(json.dumps(payload))
        name = "transactionData" if action == "StopTransaction" else "meterValue"
        is_end = action == "StopTransaction" or payload.get("eventType") == "Ended"
        if is_end:
            payload[name] = [*payload.get(name, []), *told]
            inlet = json.loads(json.dumps(payload[name][:1]))
            for sample in inlet[0]["sampledValue"] if inlet else ():
                sample |= {"value": "5" if station.is_first else 5, "location": "Inlet"}
            payload[name] += inlet
        elif name in payload:
            told.extend(json.loads(json.dumps(payload[name])))
            for reading in payload[name]:
                for sample in reading["sampledValue"]:
                    value = float(sample["value"]) / 1000
                    unit = {"unit": "kWh"} if station.is_first else {"unitOfMeasure": {"unit": "kWh"}}
                    sample |= {"value": f"{value:.3f}" if station.is_first else value, **unit}
        return [(action, payload)]

    station.said = said


# Others


async def _from_the_cache(self: Station, who: str) -> bool:
    return who == "GOOD0001" or await Station.authorize(self, who)


def _registered(station: Station) -> None:
    station.registration, station.heartbeat = "Accepted", 300.0


async def _boots_in_place(self: Station, payload: Json) -> None:
    if payload["type"] not in ("Hard", "Immediate"):
        await Station.after_Reset(self, payload)
        return
    for connector in self.connectors:
        await self.stop(connector, "HardReset" if self.is_first else "ImmediateReset", "ResetCommand")
        await self.notify(connector.number)
    self.boot_reason, self.registration = "RemoteReset", ""
    await self.register()


def _unsupported(result: Json, payload: Json) -> Json:
    for row, item in zip(result["setMonitoringResult"], payload["setMonitoringData"], strict=True):
        if "id" in item:
            row["status"] = "UnsupportedMonitorType"
    return result


def _masked(result: Json, payload: Json) -> Json | None:
    if payload.get("key") == ["AuthorizationKey"]:
        return {"configurationKey": [{"key": "AuthorizationKey", "readonly": False, "value": "********"}]}
    return None


async def _asks_again(self: Station, frame: list[Any]) -> None:
    await self.transmit([2, frame[1], self.actions[frame[1]], {}])


async def _no_such_place(self: Station, payload: Json) -> None:
    await self.tell_firmware(payload, "DownloadFailed")


def _last_failed(payload: Json) -> Json:
    """It has tried to update itself before the kit came, and in vain: that is told, and not that nothing goes on."""
    if payload["status"] == "Idle":
        return {"status": "DownloadFailed", "requestId": 1}
    return payload


def _no_default(station: Station, payload: Json) -> Json | None:
    """Where nothing charges a default profile limits nothing."""
    station.profiles, kept = (
        [each for each in station.profiles if "TxDefault" not in str(each)],
        station.profiles,
    )
    try:
        return HANDLERS["GetCompositeSchedule"](station, payload)
    finally:
        station.profiles = kept


def _two_ways_at_evses(station: Station) -> None:
    """What its EVSEs can do beside charging each EVSE tells, and not the station."""
    station.variables["V2XChargingCtrlr", "SupportedOperationModes"] = [
        "ChargingOnly,CentralSetpoint,LocalLoadBalancing",
        "ReadOnly",
        bool,
    ]
    station.lenient |= {"profile.balancing-supported", "profile.mode-supported"}

    def of_station(station: Station, payload: Json) -> Json | None:
        (item,) = payload["getVariableData"] if len(payload["getVariableData"]) == 1 else ({},)
        component = item.get("component", {})
        if component.get("name") != "V2XChargingCtrlr" or "evse" in component:
            return None
        return {"getVariableResult": [{**item, "attributeStatus": "UnknownComponent"}]}

    before("GetVariables", of_station)(station)


_NUMBERS = count()


def _numbers_on(station: Station) -> None:
    """Each transaction goes on where the numbers of the one before ended."""
    numbers: dict[tuple[Any, ...], int] = {}

    def edit(payload: Json) -> Json:
        key = (payload["transactionInfo"]["transactionId"], payload["seqNo"])
        payload["seqNo"] = numbers.setdefault(key, len(numbers))
        return payload

    says("TransactionEvent", edit)(station)


ODD = [
    Odd("numbers events on and on", _numbers_on, ("transaction",), ("2.0.1",)),
    Odd(
        "tells of states and monitors",
        both(
            behaving(told=state_changes("SuspendedEV")),
            noticing(0, 0, kind="CustomMonitor", variableMonitoringId=1),
        ),
        ("transaction", "report"),
        ("2.0.1",),
    ),
    Odd("tells its status all the time", _always(_tells_on), ("trigger", "status", "availability", "boot")),
    Odd("takes its time", behaving(called=_slowly), ("boot", "trigger", "configuration", "variable")),
    Odd(
        "acts late",
        both(behaving(follow=_follows_late), behaving(show=_shows_late)),
        ("transaction", "status", "reservation"),
    ),
    Odd(
        "away for a moment, again and again",
        _always(_leaves),
        ("transaction", "status", "reservation", "trigger"),
        # Whoever leaves just then looks like one that leaves because of what was said.
        unseen=("frame.unknown-type", "frame.answers-unanswered"),
    ),
    Odd("only what it must", _bare, ("configuration", "variable", "monitor", "report", "transaction")),
    Odd(
        "twelve connectors",
        _of_many(12),
        ("boot", "trigger", "availability", "transaction"),
        profile=_with_many,
    ),
    Odd("others charge beside", both(_of_many(3), _always(_visitors)), ("transaction", "status", "reset")),
    Odd("a cable is in", _cable_in, ("availability", "status", "reservation", "transaction")),
    Odd(
        "transactions from cable to cable",
        both(
            before("RequestStartTransaction", _may_start),
            instead("RequestStartTransaction", _is_let),
            behaving(stop_remotely=_is_stopped),
        ),
        ("transaction",),
        ("2.0.1",),
        profile=_with_hands,
    ),
    Odd("readings by the clock", _always(_by_the_clock), ("transaction", "trigger"), ("1.6",)),
    Odd("all readings once more at the end", _all_at_the_end, ("transaction",)),
    Odd("knows the token", behaving(authorize=_from_the_cache), ("transaction",)),
    Odd("registered before", _registered, ("trigger", "transaction", "configuration", "variable")),
    Odd("boots on the same connection", instead("Reset", _boots_in_place), ("boot", "reset", "heartbeat")),
    Odd("monitors nothing by id", edits("SetVariableMonitoring", _unsupported), ("monitor",), ("2.0.1",)),
    Odd("masks its password", edits("GetConfiguration", _masked), ("configuration",), ("1.6",)),
    Odd("asks again under the same id", behaving(wrong_result=_asks_again), ("frame",), ("1.6", "2.0.1")),
    Odd("knows that there is no such place", instead("UpdateFirmware", _no_such_place), ("firmware",)),
    Odd(
        "the last update has failed",
        says("FirmwareStatusNotification", _last_failed),
        ("trigger",),
        ("2.0.1", "2.1"),
    ),
    Odd(
        "limited from outside",
        limited_from_outside,
        ("profile",),
        ("2.1",),
    ),
    Odd("two ways at its EVSEs", _two_ways_at_evses, ("profile",), ("2.1",)),
    Odd(
        "away for a moment while a control runs",
        _always(_leaves),
        ("der",),
        ("2.1",),
    ),
    Odd("no default where nothing charges", before("GetCompositeSchedule", _no_default), ("composite",)),
    Odd(
        "Available right after a stop",
        says("StatusNotification", lambda payload: None if payload.get("status") == "Finishing" else payload),
        ("status", "transaction", "reset"),
        ("1.6",),
        known=("NF-7", "KB-72"),
    ),
    Odd(
        "ids that are no UUIDs",
        behaving(new_id=lambda self: f"call {next(_NUMBERS)}"),
        ("frame", "transaction"),
        known=("NF-3",),
    ),
]

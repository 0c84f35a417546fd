"""Stations of 2.x with one fault each in what they report, measure or have to refuse."""

from collections.abc import Callable
from typing import Any

from conformance.peers.station import Station, Transaction
from conformance.peers.station_answers import HANDLERS
from conformance.peers.station_ways import (
    SECOND,
    Change,
    Fault,
    before,
    behaving,
    item_status,
    results,
    says,
    without,
)

Json = dict[str, Any]
_SET = ("SetVariables", "setVariableResult")


def _rows(
    edit: Callable[[Json], Json | None], name: str = "reportData", action: str = "NotifyReport"
) -> Change:
    """Changes the rows of reports, or leaves some out."""

    def change(payload: Json) -> Json:
        payload[name] = [row for row in map(edit, payload[name]) if row is not None]
        if not payload[name]:
            del payload[name]
        return payload

    return says(action, change)


def _bare(row: Json) -> Json:
    del row["variableCharacteristics"]
    return row


def _no_instances(row: Json) -> Json:
    row["variable"].pop("instance", None)
    return row


async def _one_alone(self: Station, payload: Json) -> None:
    """Of a component without a variable it reports the last one."""
    asked = payload.get("componentVariable", [])
    if not asked or "variable" in asked[0]:
        await Station.after_GetReport(self, payload)
        return
    name = asked[0]["component"]["name"]
    last = [variable for component, variable in self.variables if component == name][-1]
    place = {**asked[0], "variable": {"name": last}}
    await Station.after_GetReport(self, {**payload, "componentVariable": [place]})


async def _not_settable(self: Station, payload: Json) -> None:
    is_configuration = payload["reportBase"] == "ConfigurationInventory"
    rows = [
        row
        for row in self.reportable()
        if not is_configuration or row["variable"]["name"] != "HeartbeatInterval"
    ]
    await self.report_variables(payload["requestId"], rows)


def _beyond(station: Station, payload: Json) -> Json | None:
    (item, *_) = payload["setVariableData"]
    if item["attributeValue"] != "86401":
        return None
    names = {name: item[name] for name in ("component", "variable")}
    return {"setVariableResult": [{**names, "attributeStatus": "Accepted"}]}


def _twice_the_same(station: Station, payload: Json) -> Json | None:
    """Sets what there is already beside it."""
    kept, station.monitors = station.monitors, {}
    result = HANDLERS["SetVariableMonitoring"](station, payload)
    for row in result["setMonitoringResult"]:
        if "id" in row:
            row["id"] += max(kept, default=0)
    new = {id + max(kept, default=0): monitor for id, monitor in station.monitors.items()}
    station.monitors = {**kept, **new}
    return result


def _one_more(name: str) -> Change:
    """Adds a monitor to reports that are of some alone: members of the request of that name tell them."""

    def monitored(self: Station, payload: Json) -> dict[int, Json]:
        found = Station.monitored(self, payload)
        other = {
            "component": {"name": "ClockCtrlr"},
            "variable": {"name": "TimeSource"},
            "value": 1,
            "type": "Delta",
            "severity": 9,
        }
        # Of the other kinds another rule tells.
        is_kind = {"DeltaMonitoring", "PeriodicMonitoring"} & set(payload.get("monitoringCriteria", ()))
        return {**found, 999: other} if found and name in payload and not is_kind else found

    return behaving(monitored=monitored)


def _under_other_ids(self: Station, payload: Json) -> dict[int, Json]:
    """Where all are asked for."""
    found = Station.monitored(self, payload)
    is_all = not {"componentVariable", "monitoringCriteria"} & payload.keys()
    return {id + 1000: monitor for id, monitor in found.items()} if is_all else found


def _measured_without(kind: str, **members: Any) -> Change:
    """Sets members of the readings in events of a kind."""

    def measured(self: Station, running: Transaction, type: str) -> Json:
        written = Station.measured(self, running, type)
        if type == kind:
            written["meterValue"][0]["sampledValue"][0] |= members
        return written

    return behaving(measured=measured)


def _triggered_without(name: str) -> Change:
    def edit(payload: Json) -> Json:
        if payload["triggerReason"] == "Trigger":
            payload.pop(name, None)
            payload["transactionInfo"].pop(name, None)
        return payload

    return says("TransactionEvent", edit)


def _untriggered(payload: Json) -> Json:
    if payload["triggerReason"] == "Trigger":
        payload["triggerReason"] = "ChargingStateChanged"
    return payload


def _starts_anywhere(station: Station, payload: Json) -> Json | None:
    connector = station.connectors[payload["evseId"] - 1]
    return {"status": "Accepted"} if not connector.is_operative else None


def _takes_any_profile(station: Station, payload: Json) -> Json | None:
    rest = {name: value for name, value in payload.items() if name != "chargingProfile"}
    return HANDLERS["RequestStartTransaction"](station, rest)


async def _asks_of_all(self: Station, payload: Json) -> None:
    await Station.after_RequestStartTransaction(
        self, {**payload, "idToken": {**payload["idToken"], "type": "ISO14443"}}
    )


async def _never_when_idle(self: Station, payload: Json) -> None:
    if payload["type"] != "OnIdle":
        await Station.after_Reset(self, payload)


def _takes_network(when: Callable[[Json], bool]) -> Change:
    return before("SetNetworkProfile", lambda _, payload: {"status": "Accepted"} if when(payload) else None)


def _data(payload: Json) -> Json:
    found: Json = payload["connectionData"]
    return found


ASKED_FAULTS = [
    Fault("promises reports", "report.custom-comes", without("GetReport"), SECOND),
    Fault("reports without characteristics", "report.characteristics", _rows(_bare), SECOND),
    Fault("reports one for all", "report.whole-component", behaving(after_GetReport=_one_alone), SECOND),
    Fault("reports without instances", "report.every-instance", _rows(_no_instances), SECOND),
    Fault(
        "does not report what can be set",
        "report.configuration",
        behaving(after_GetBaseReport=_not_settable),
        SECOND,
    ),
    Fault(
        "sets an attribute that there is not",
        "variable.set-attribute",
        item_status(*_SET, "Accepted", lambda row: row["attributeType"] == "Target"),
        SECOND,
    ),
    Fault("sets too much", "variable.set-out-of-range", before("SetVariables", _beyond), SECOND),
    Fault("monitors twice", "monitor.duplicate", before("SetVariableMonitoring", _twice_the_same), SECOND),
    Fault("promises reports of monitors", "monitor.report-comes", without("GetMonitoringReport"), SECOND),
    Fault(
        "reports monitors under another id",
        "monitor.report-request-id",
        says("NotifyMonitoringReport", lambda payload: {**payload, "requestId": payload["requestId"] + 1}),
        SECOND,
    ),
    Fault(
        "numbers reports of monitors from 1",
        "monitor.report-sequence",
        says("NotifyMonitoringReport", lambda payload: {**payload, "seqNo": payload["seqNo"] + 1}),
        SECOND,
    ),
    Fault(
        "reports other ids of monitors",
        "monitor.report-all",
        behaving(monitored=_under_other_ids),
        SECOND,
    ),
    Fault("reports monitors of others", "monitor.report-asked-only", _one_more("componentVariable"), SECOND),
    Fault("reports other monitors", "monitor.report-criteria", _one_more("monitoringCriteria"), SECOND),
    Fault(
        "promises a report of nothing",
        "monitor.report-empty",
        before(
            "GetMonitoringReport",
            lambda station, _: None if station.monitors else {"status": "Accepted"},
        ),
        SECOND,
    ),
    Fault("takes any level", "monitor.level-range", results("SetMonitoringLevel", status="Accepted"), SECOND),
    Fault(
        "measures no begin",
        "transaction.begin-measured",
        _measured_without("Started", context="Sample.Periodic"),
        SECOND,
    ),
    Fault(
        "measures something else at the end",
        "transaction.end-measured",
        _measured_without("Ended", measurand="Power.Active.Import"),
        SECOND,
    ),
    Fault(
        "measures something else meanwhile",
        "transaction.update-measured",
        _measured_without("Updated", measurand="Power.Active.Import"),
        SECOND,
    ),
    Fault(
        "answers triggers with no state",
        "trigger.transaction-event",
        _triggered_without("chargingState"),
        SECOND,
    ),
    Fault(
        "answers triggers without readings",
        "trigger.transaction-event",
        _triggered_without("meterValue"),
        SECOND,
    ),
    Fault(
        "does not say that it was triggered",
        "trigger.transaction-event",
        says("TransactionEvent", _untriggered),
        SECOND,
    ),
    Fault(
        "says that nothing waits",
        "transaction.waiting-told",
        results("GetTransactionStatus", messagesInQueue=False),
        SECOND,
    ),
    Fault(
        "starts out of service",
        "transaction.unavailable-rejected",
        before("RequestStartTransaction", _starts_anywhere),
        SECOND,
    ),
    Fault(
        "starts with any profile",
        "transaction.bad-profile-rejected",
        before("RequestStartTransaction", _takes_any_profile),
        SECOND,
    ),
    Fault(
        "asks about tokens of the CSMS",
        "transaction.central-unasked",
        behaving(after_RequestStartTransaction=_asks_of_all),
        SECOND,
    ),
    Fault("forgets to reset", "reset.after-transaction", behaving(after_Reset=_never_when_idle), SECOND),
    Fault(
        "sets any slot",
        "network.unknown-slot",
        _takes_network(lambda payload: payload["configurationSlot"] > 2),
        SECOND,
    ),
    Fault(
        "takes any address",
        "network.bad-content",
        _takes_network(lambda payload: "://" not in _data(payload)["ocppCsmsUrl"]),
        SECOND,
    ),
    Fault(
        "becomes less secure",
        "network.less-secure",
        _takes_network(lambda payload: _data(payload)["securityProfile"] < 2),
        SECOND,
    ),
    Fault(
        "takes any order of slots",
        "network.bad-priority",
        item_status(*_SET, "Accepted", lambda row: row["variable"]["name"] == "NetworkConfigurationPriority"),
        SECOND,
    ),
    Fault("clears what is off", "cache.off-rejected", results("ClearCache", status="Accepted"), SECOND),
    Fault(
        "keeps a version of what is off",
        "local-list.off",
        before("GetLocalListVersion", lambda station, _: {"versionNumber": station.lists[0]}),
        SECOND,
    ),
    Fault(
        "does nothing about customers",
        "customer.neither",
        results("CustomerInformation", lambda payload: not payload["report"], status="Accepted"),
        SECOND,
    ),
]

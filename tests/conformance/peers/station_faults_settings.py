"""Stations with one fault each: settings of 1.x, variables, reports and monitors of 2.x."""

from collections.abc import Callable
from typing import Any

from conformance.peers.station import Station
from conformance.peers.station_ways import (
    FIRST,
    SECOND,
    Fault,
    after,
    before,
    called,
    edits,
    instead,
    item_status,
    items,
    other_request_id,
    results,
    says,
    without,
)

Json = dict[str, Any]
_NONE = "NoSuchThing"
_HEARTBEAT = "HeartbeatInterval"


def _key(*keys: str) -> Callable[[Json], bool]:
    return lambda payload: payload["key"] in keys


def _value(value: str) -> Callable[[Json], bool]:
    return lambda payload: payload["value"] == value


# Settings


def _applies(station: Station, payload: Json, _: Json) -> None:
    if payload["value"] == "often":
        station.settings[payload["key"]][0] = "0"


def _ignores(station: Station, payload: Json) -> Json | None:
    return {"status": "Accepted"} if payload["value"] == "250" else None


def _read_only(station: Station, payload: Json) -> Json | None:
    row = station.settings.get(payload["key"])
    return {"status": "Accepted"} if row and row[1] else None


def _drop_key(key: str) -> Callable[[Json, Json], Json]:
    def edit(result: Json, payload: Json) -> Json:
        if "key" not in payload:
            result["configurationKey"] = [row for row in result["configurationKey"] if row["key"] != key]
        return result

    return edit


def _one_more(result: Json, payload: Json) -> Json:
    if payload.get("key") == [_HEARTBEAT]:
        result["configurationKey"].append({"key": "ResetRetries", "readonly": False, "value": "1"})
    return result


def _password(result: Json, payload: Json) -> Json | None:
    if payload.get("key") == ["AuthorizationKey"]:
        return {"configurationKey": [{"key": "AuthorizationKey", "readonly": False, "value": "secret"}]}
    return None


CONFIGURATION = [
    Fault(
        "rejects unknown keys",
        "configuration.unknown-key",
        results("ChangeConfiguration", _key(_NONE), status="Rejected"),
        FIRST,
    ),
    Fault(
        "accepts any value",
        "configuration.bad-value",
        results("ChangeConfiguration", _value("often"), status="Accepted"),
        FIRST,
    ),
    Fault(
        "applies rejected changes",
        "configuration.rejected-unchanged",
        after("ChangeConfiguration", _applies),
        FIRST,
        ("KB-88",),
    ),
    Fault(
        "writes what can only be read",
        "configuration.read-only",
        before("ChangeConfiguration", _read_only),
        FIRST,
    ),
    Fault(
        "does not keep what it accepts", "configuration.shown", before("ChangeConfiguration", _ignores), FIRST
    ),
    Fault(
        "accepts negative pings",
        "configuration.negative-ping",
        results("ChangeConfiguration", _value("-1"), status="Accepted"),
        FIRST,
    ),
    Fault(
        "takes the measurands that it knows",
        "configuration.measurands",
        results("ChangeConfiguration", _key("MeterValuesSampledData"), status="Accepted"),
        FIRST,
    ),
    Fault(
        "does not tell all keys", "configuration.all", edits("GetConfiguration", _drop_key(_HEARTBEAT)), FIRST
    ),
    Fault(
        "lacks a required key",
        "configuration.required",
        edits("GetConfiguration", _drop_key("ResetRetries")),
        FIRST,
    ),
    Fault(
        "tells more than was asked", "configuration.asked-only", edits("GetConfiguration", _one_more), FIRST
    ),
    Fault(
        "keeps unknown keys to itself",
        "configuration.unknown-told",
        results("GetConfiguration", unknownKey=None),
        FIRST,
    ),
    Fault(
        "gives the password away", "configuration.no-password", edits("GetConfiguration", _password), FIRST
    ),
]

_GOT, _SET = ("GetVariables", "getVariableResult"), ("SetVariables", "setVariableResult")


def _unknown(item: Json) -> bool:
    return called(item, _NONE)


def _unknown_variable(item: Json) -> bool:
    return called(item, "OCPPCommCtrlr", _NONE)


def _first_of_many(rows: list[Json]) -> list[Json]:
    return rows[:1] if len(rows) > 1 else rows


def _target(item: Json) -> bool:
    return item.get("attributeType") == "Target"


def _often(status: str, effect: bool) -> Any:
    def change(station: Station, payload: Json) -> Json | None:
        data = payload["setVariableData"]
        if data[0]["attributeValue"] != "often":
            return None
        if effect:
            station.variables["OCPPCommCtrlr", _HEARTBEAT][0] = "0"
        return {"setVariableResult": [{**_place(data[0]), "attributeStatus": status}]}

    return before("SetVariables", change)


def _place(item: Json) -> Json:
    return {name: item[name] for name in ("component", "variable")}


def _forgets(station: Station, payload: Json) -> Json | None:
    data = payload["setVariableData"]
    if data[0]["attributeValue"] != "250" or "attributeType" in data[0]:
        return None
    return {"setVariableResult": [{**_place(data[0]), "attributeStatus": "Accepted"}]}


def _tells_password(rows: list[Json]) -> list[Json]:
    return [
        {**row, "attributeStatus": "Accepted", "attributeValue": "secret"}
        if called(row, "SecurityCtrlr")
        else row
        for row in rows
    ]


def _other_attribute(rows: list[Json]) -> list[Json]:
    return [{**row, "attributeType": "MaxSet"} if row["attributeType"] == "Actual" else row for row in rows]


VARIABLES = [
    Fault("one result for many", "variable.each-got", items(*_GOT, _first_of_many), SECOND),
    Fault("one result for many set", "variable.each-set", items(*_SET, _first_of_many), SECOND),
    Fault(
        "unknown components as variables",
        "variable.get-unknown-component",
        item_status(*_GOT, "UnknownVariable", _unknown),
        SECOND,
    ),
    Fault(
        "unknown variables as rejected",
        "variable.get-unknown",
        item_status(*_GOT, "Rejected", _unknown_variable),
        SECOND,
    ),
    Fault("any attribute will do", "variable.get-attribute", item_status(*_GOT, "Rejected", _target), SECOND),
    Fault("tells the password", "variable.get-write-only", items(*_GOT, _tells_password), SECOND),
    Fault(
        "another attribute than was asked", "variable.attribute-told", items(*_GOT, _other_attribute), SECOND
    ),
    Fault(
        "sets unknown components",
        "variable.set-unknown-component",
        item_status(*_SET, "Accepted", _unknown),
        SECOND,
    ),
    Fault(
        "sets unknown variables",
        "variable.set-unknown",
        item_status(*_SET, "Accepted", _unknown_variable),
        SECOND,
    ),
    Fault("accepts any value of a variable", "variable.set-bad-value", _often("Accepted", False), SECOND),
    Fault(
        "sets what can only be read",
        "variable.set-read-only",
        item_status(*_SET, "Accepted", lambda item: called(item, "OCPPCommCtrlr", "FileTransferProtocols")),
        SECOND,
    ),
    Fault("does not keep what was set", "variable.set-shown", before("SetVariables", _forgets), SECOND),
    Fault("applies what it rejects", "variable.rejected-unchanged", _often("Rejected", True), SECOND),
]


# Reports and monitors


async def _everything(self: Station, payload: Json) -> None:
    """Whatever variables were asked for."""
    wanted = {name: value for name, value in payload.items() if name != "componentVariable"}
    await Station.after_GetReport(self, wanted)


_MONITORED = ("SetVariableMonitoring", "setMonitoringResult")


def _monitored(status: str, wanted: Callable[[Json], bool]) -> Any:
    return item_status(*_MONITORED, status, wanted, "status")


def _given(station: Station, payload: Json) -> Json | None:
    data = payload["setMonitoringData"][0]
    if data.get("id") != 987654 and data["value"] >= 0:
        return None
    row = {name: data[name] for name in ("component", "variable", "type", "severity")}
    return {"setMonitoringResult": [{**row, "id": 987654, "status": "Accepted"}]}


def _only(fits: Callable[[Json], bool]) -> Any:
    return before(
        "SetVariableMonitoring",
        lambda station, payload: _given(station, payload) if fits(payload["setMonitoringData"][0]) else None,
    )


REPORTS = [
    Fault("accepts a report and sends none", "report.comes", without("GetBaseReport"), SECOND),
    Fault("another request id", "report.request-id", other_request_id("NotifyReport"), SECOND, ("XP-20",)),
    Fault(
        "parts numbered from 1",
        "report.sequence",
        says("NotifyReport", lambda payload: {**payload, "seqNo": payload["seqNo"] + 1}),
        SECOND,
        ("XP-20",),
    ),
    Fault(
        "always more to come",
        "report.last-part",
        says("NotifyReport", lambda payload: {**payload, "tbc": True}),
        SECOND,
        ("XP-20",),
    ),
    Fault(
        "accepts reports of nothing",
        "report.empty",
        results(
            "GetReport",
            lambda payload: any(called(each, _NONE) for each in payload.get("componentVariable", ())),
            status="Accepted",
        ),
        SECOND,
    ),
    Fault("reports everything", "report.asked-only", instead("GetReport", _everything), SECOND),
    Fault("one result for many monitors", "monitor.each-set", items(*_MONITORED, _first_of_many), SECOND),
    Fault(
        "monitors unknown components", "monitor.unknown-component", _monitored("Rejected", _unknown), SECOND
    ),
    Fault(
        "monitors unknown variables",
        "monitor.unknown-variable",
        _monitored("Rejected", _unknown_variable),
        SECOND,
    ),
    Fault("replaces unknown monitors", "monitor.unknown-id", _only(lambda data: "id" in data), SECOND),
    Fault(
        "monitors negative changes", "monitor.negative-delta", _only(lambda data: data["value"] < 0), SECOND
    ),
    Fault(
        "gives no id",
        "monitor.id-given",
        items(*_MONITORED, lambda rows: [{name: row[name] for name in row if name != "id"} for row in rows]),
        SECOND,
    ),
    Fault(
        "clears unknown monitors",
        "monitor.clear-unknown",
        item_status(
            "ClearVariableMonitoring",
            "clearMonitoringResult",
            "Accepted",
            lambda row: row["id"] > 900000,
            "status",
        ),
        SECOND,
    ),
    Fault(
        "one result for many cleared",
        "monitor.clear-each",
        items("ClearVariableMonitoring", "clearMonitoringResult", _first_of_many),
        SECOND,
    ),
]

SETTINGS_FAULTS = [*CONFIGURATION, *VARIABLES, *REPORTS]

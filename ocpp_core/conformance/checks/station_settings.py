"""Checks of stations: settings of 1.x, variables, monitors and reports of 2.x."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from ocpp_core.conformance.checks import check
from ocpp_core.conformance.checks.steering import (
    HEARTBEAT,
    OFFLINE,
    RESETS,
    Setting,
    ask,
    coming,
    is_served,
    patience,
)
from ocpp_core.conformance.stages import Answer, Json, PeerCall, Stage

#: A name that no station has.
_NONE = "NoSuchThing"
_UNKNOWN = {"component": {"name": _NONE}, "variable": {"name": _NONE}}
_UNKNOWN_VARIABLE = {"component": {"name": HEARTBEAT.component}, "variable": {"name": _NONE}}
#: Which a station has, one or the other: that it can be set the standard says of each.
_CANDIDATES = (HEARTBEAT, OFFLINE, RESETS)
_PASSWORD = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}}
_READ_ONLY = (
    {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "FileTransferProtocols"}},
    {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "ActiveNetworkProfile"}},
)
#: Keys of 1.6 that every station has to have.
_REQUIRED = (
    "AuthorizeRemoteTxRequests",
    "ClockAlignedDataInterval",
    "ConnectionTimeOut",
    "ConnectorPhaseRotation",
    "GetConfigurationMaxKeys",
    "HeartbeatInterval",
    "LocalAuthorizeOffline",
    "LocalPreAuthorize",
    "MeterValuesAlignedData",
    "MeterValuesSampledData",
    "MeterValueSampleInterval",
    "NumberOfConnectors",
    "ResetRetries",
    "StopTransactionOnEVSideDisconnect",
    "StopTransactionOnInvalidId",
    "StopTxnAlignedData",
    "StopTxnSampledData",
    "SupportedFeatureProfiles",
    "TransactionMessageAttempts",
    "TransactionMessageRetryInterval",
    "UnlockConnectorOnEVSideDisconnect",
)


# Settings


async def _configuration(stage: Stage, *keys: str) -> tuple[dict[str, Json], list[str], Answer]:
    """What is told of keys, or of all."""
    answer = await ask(stage, "GetConfiguration", {"key": list(keys)} if keys else {})
    payload = stage.needed(answer, "GetConfiguration")
    rows = {row.get("key"): row for row in payload.get("configurationKey") or ()}
    return rows, list(payload.get("unknownKey") or ()), answer


async def _change(stage: Stage, key: str, value: str) -> tuple[str, Answer]:
    answer = await ask(stage, "ChangeConfiguration", {"key": key, "value": value})
    return str(stage.needed(answer, "ChangeConfiguration").get("status")), answer


@check("configuration.unknown-key")
async def unknown_key(stage: Stage) -> None:
    """Sets a key that no station has."""
    answer = await ask(stage, "ChangeConfiguration", {"key": _NONE, "value": "1"})
    if answer.payload is not None and answer.payload.get("status") != "NotSupported":
        stage.deviates("NotSupported", str(answer.payload.get("status")), marks=(answer.mark,))
    stage.needed(answer)


@check("configuration.bad-value")
async def bad_value(stage: Stage) -> None:
    """Sets a number to what is none."""
    status, answer = await _change(stage, HEARTBEAT.key, "often")
    if status == "NotSupported":
        stage.cannot_tell(f"it has no {HEARTBEAT.key}, which another rule is about")
    if status != "Rejected":
        stage.deviates("Rejected, since it is no number", status, marks=(answer.mark,))


@check("configuration.rejected-unchanged")
async def rejected_unchanged(stage: Stage) -> None:
    """Looks at a value before and after a change that was refused."""
    before = await HEARTBEAT.get(stage)
    status, answer = await _change(stage, HEARTBEAT.key, "often")
    if status not in ("Rejected", "NotSupported"):
        stage.cannot_tell(f"the change was not refused: {status}")
    after = await HEARTBEAT.get(stage)
    if after != before:
        stage.deviates(f"{before} still", f"{after}", marks=(answer.mark,))


@check("configuration.read-only")
async def read_only(stage: Stage) -> None:
    """Sets what can only be read."""
    rows, _, _ = await _configuration(stage)
    key = next((key for key, row in rows.items() if row.get("readonly") is True), None)
    if key is None:
        stage.cannot_tell("it tells no key that can only be read")
    status, answer = await _change(stage, key, str(rows[key].get("value", "1")))
    if status != "Rejected":
        stage.deviates(f"Rejected, since {key} can only be read", status, marks=(answer.mark,))


@check("configuration.shown")
async def shown(stage: Stage) -> None:
    """Sets a value, and reads it."""
    async with HEARTBEAT.at(stage, "250"):
        value = await HEARTBEAT.get(stage)
        if value != "250":
            stage.deviates("250, as was set", f"{value}")


@check("configuration.negative-ping")
async def negative_ping(stage: Stage) -> None:
    """Sets the interval of pings to a negative one."""
    rows, _, _ = await _configuration(stage, "WebSocketPingInterval")
    if not rows:
        stage.does_not_apply("it has no WebSocketPingInterval")
    status, answer = await _change(stage, "WebSocketPingInterval", "-1")
    if status != "Rejected":
        stage.deviates("Rejected", status, marks=(answer.mark,))


@check("configuration.measurands")
async def measurands(stage: Stage) -> None:
    """Lists a measurand that there is not beside one that there is."""
    key = "MeterValuesSampledData"
    rows, _, _ = await _configuration(stage, key)
    before = rows.get(key, {}).get("value")
    status, answer = await _change(stage, key, "Energy.Active.Import.Register,No.Such.Measurand")
    if status == "Accepted" and before:
        await _change(stage, key, before)
    if status == "NotSupported":
        stage.cannot_tell(f"it has no {key}, which another rule is about")
    if status != "Rejected":
        stage.deviates("Rejected as a whole", status, marks=(answer.mark,))


@check("configuration.all")
async def all_keys(stage: Stage) -> None:
    """Asks for all keys, and for one that should be among them."""
    one, _, _ = await _configuration(stage, HEARTBEAT.key)
    rows, _, answer = await _configuration(stage)
    if one and HEARTBEAT.key not in rows:
        stage.deviates(f"all keys, {HEARTBEAT.key} too", f"{len(rows)} without it", marks=(answer.mark,))


@check("configuration.required")
async def required(stage: Stage) -> None:
    """Asks for all keys, and looks for those that every station has."""
    rows, _, answer = await _configuration(stage)
    if len(rows) < 2:
        stage.cannot_tell("it does not tell all of its keys")
    missing = [key for key in _REQUIRED if key not in rows and key != HEARTBEAT.key]
    if missing:
        stage.deviates("every key of Core that is required", f"no {', '.join(missing)}", marks=(answer.mark,))


@check("configuration.asked-only")
async def asked_only(stage: Stage) -> None:
    """Asks for one key."""
    rows, _, answer = await _configuration(stage, HEARTBEAT.key)
    others = [key for key in rows if key != HEARTBEAT.key]
    if others:
        stage.deviates(
            "the key that was asked for", f"{', '.join(map(str, others[:3]))} too", marks=(answer.mark,)
        )


@check("configuration.unknown-told")
async def unknown_told(stage: Stage) -> None:
    """Asks for a key that no station has."""
    _, unknown, answer = await _configuration(stage, _NONE)
    if _NONE not in unknown:
        stage.deviates(f"{_NONE} among the unknown keys", "nothing of it", marks=(answer.mark,))


@check("configuration.no-password")
async def no_password(stage: Stage) -> None:
    """Asks for the password."""
    rows, _, answer = await _configuration(stage, "AuthorizationKey")
    # Some show that there is one, and not which.
    if str(rows.get("AuthorizationKey", {}).get("value") or "").strip("*xX•"):
        stage.deviates("no value of AuthorizationKey", "one", marks=(answer.mark,))


# Variables


async def _get(stage: Stage, *items: Json) -> tuple[Sequence[Json], Answer]:
    answer = await ask(stage, "GetVariables", {"getVariableData": list(items)})
    return stage.needed(answer, "GetVariables").get("getVariableResult", []), answer


async def _set(stage: Stage, item: Json, value: str) -> tuple[str, Answer]:
    answer = await ask(stage, "SetVariables", {"setVariableData": [{**item, "attributeValue": value}]})
    rows = stage.needed(answer, "SetVariables").get("setVariableResult", [])
    if not rows:
        stage.cannot_tell("there is no result")
    return str(rows[0].get("attributeStatus")), answer


def named(item: Any) -> tuple[Any, ...]:
    """The names of the component and the variable that something is about; None where it has none."""
    parts = [item.get(name) if isinstance(item, dict) else None for name in ("component", "variable")]
    return tuple(part.get("name") if isinstance(part, dict) else None for part in parts)


async def known_variable(stage: Stage) -> Setting:
    """A number that the station has, and that can be set.

    Raises:
        Inconclusive: It has none of those that are tried.
    """
    for candidate in _CANDIDATES:
        rows, _ = await _get(stage, candidate.place)
        if rows and rows[0].get("attributeStatus") == "Accepted":
            return candidate
    names = ", ".join(candidate.name_in(stage.specification) for candidate in _CANDIDATES)
    stage.cannot_tell(f"it has none of {names}")


@check("variable.each-got")
async def each_got(stage: Stage) -> None:
    """Asks for three variables at once."""
    asked = (HEARTBEAT.place, _UNKNOWN, _UNKNOWN_VARIABLE)
    rows, answer = await _get(stage, *asked)
    if sorted(map(str, map(named, rows))) != sorted(map(str, map(named, asked))):
        stage.deviates(
            "a result for each of the three", f"{[named(row) for row in rows]}", marks=(answer.mark,)
        )


@check("variable.each-set")
async def each_set(stage: Stage) -> None:
    """Sets two unknown variables at once."""
    asked = ({**_UNKNOWN, "attributeValue": "1"}, {**_UNKNOWN_VARIABLE, "attributeValue": "1"})
    answer = await ask(stage, "SetVariables", {"setVariableData": list(asked)})
    rows = stage.needed(answer).get("setVariableResult", [])
    if sorted(map(str, map(named, rows))) != sorted(map(str, map(named, asked))):
        stage.deviates(
            "a result for each of the two", f"{[named(row) for row in rows]}", marks=(answer.mark,)
        )


async def _got_as(stage: Stage, item: Json, wanted: str) -> None:
    rows, answer = await _get(stage, item)
    status = rows[0].get("attributeStatus") if rows else None
    if status is not None and status != wanted:
        stage.deviates(wanted, str(status), marks=(answer.mark,))


async def _set_as(stage: Stage, item: Json, value: str, wanted: str) -> None:
    status, answer = await _set(stage, item, value)
    if status != wanted:
        stage.deviates(wanted, status, marks=(answer.mark,))


@check("variable.get-unknown-component")
async def get_unknown_component(stage: Stage) -> None:
    """Asks for a component that no station has."""
    await _got_as(stage, _UNKNOWN, "UnknownComponent")


@check("variable.get-unknown")
async def get_unknown(stage: Stage) -> None:
    """Asks for a variable that the component does not have."""
    await _got_as(stage, _UNKNOWN_VARIABLE, "UnknownVariable")


@check("variable.get-attribute")
async def get_attribute(stage: Stage) -> None:
    """Asks for a target of a variable that has none."""
    known = await known_variable(stage)
    await _got_as(stage, {**known.place, "attributeType": "Target"}, "NotSupportedAttributeType")


@check("variable.get-write-only")
async def get_write_only(stage: Stage) -> None:
    """Asks for the password."""
    rows, answer = await _get(stage, _PASSWORD)
    status = rows[0].get("attributeStatus") if rows else None
    if status in ("UnknownComponent", "UnknownVariable"):
        stage.cannot_tell("it has none")  # a report would hide a sentence about a password
    if status is not None and status != "Rejected":
        stage.deviates("Rejected", str(status), marks=(answer.mark,))


@check("variable.attribute-told")
async def attribute_told(stage: Stage) -> None:
    """Looks for the attribute type in results."""
    rows, answer = await _get(stage, (await known_variable(stage)).place)
    if rows and rows[0].get("attributeType", "Actual") != "Actual":
        stage.deviates("attributeType Actual", str(rows[0]["attributeType"]), marks=(answer.mark,))


@check("variable.set-attribute")
async def set_attribute(stage: Stage) -> None:
    """Sets a target of a variable that says it has none."""
    place = {**(await known_variable(stage)).place, "attributeType": "Target"}
    rows, _ = await _get(stage, place)
    if not rows or rows[0].get("attributeStatus") != "NotSupportedAttributeType":
        stage.cannot_tell("it does not say that the variable has no target")
    await _set_as(stage, place, "250", "NotSupportedAttributeType")


async def most_of(stage: Stage, known: Setting, request_id: int) -> float | None:
    """What a variable can be at most, by a full report; None if it does not say so."""
    most = None
    for call in await base_report(stage, request_id):
        for row in call.payload.get("reportData") or ():
            if named(row) == named(known.place):
                most = row.get("variableCharacteristics", {}).get("maxLimit", most)
    return most


@check("variable.set-out-of-range")
async def set_out_of_range(stage: Stage) -> None:
    """Sets a variable to more than its report says it can be."""
    known = await known_variable(stage)
    most = await most_of(stage, known, 4717)
    if most is None:
        stage.cannot_tell(f"the report tells no maxLimit of {known.name_in(stage.specification)}")
    before = await known.get(stage)
    status, answer = await _set(stage, known.place, str(int(most) + 1))
    if status == "Accepted" and before is not None:
        await known.set(stage, before)
    if status != "Rejected":
        stage.deviates(f"Rejected, since it is more than {most}", status, marks=(answer.mark,))


@check("variable.set-unknown-component")
async def set_unknown_component(stage: Stage) -> None:
    """Sets what no station has."""
    await _set_as(stage, _UNKNOWN, "1", "UnknownComponent")


@check("variable.set-unknown")
async def set_unknown(stage: Stage) -> None:
    """Sets what the component does not have."""
    await _set_as(stage, _UNKNOWN_VARIABLE, "1", "UnknownVariable")


@check("variable.set-bad-value")
async def set_bad_value(stage: Stage) -> None:
    """Sets a number to what is none."""
    await _set_as(stage, (await known_variable(stage)).place, "often", "Rejected")


@check("variable.set-read-only")
async def set_read_only(stage: Stage) -> None:
    """Sets what can only be read."""
    for item in _READ_ONLY:
        status, answer = await _set(stage, item, "1")
        if status in ("UnknownVariable", "UnknownComponent"):
            continue
        if status != "Rejected":
            stage.deviates("Rejected", status, marks=(answer.mark,))
        return
    names = ", ".join(item["variable"]["name"] for item in _READ_ONLY)
    stage.cannot_tell(f"it has none of {names}")


@check("variable.set-shown")
async def set_shown(stage: Stage) -> None:
    """Sets a value, and reads it."""
    known = await known_variable(stage)
    async with known.at(stage, "250"):
        value = await known.get(stage)
        if value != "250":
            stage.deviates("250, as was set", f"{value}")


@check("variable.rejected-unchanged")
async def variable_rejected_unchanged(stage: Stage) -> None:
    """Looks at a value before and after a change that was refused."""
    known = await known_variable(stage)
    before = await known.get(stage)
    status, answer = await _set(stage, known.place, "often")
    if status == "Accepted":
        stage.cannot_tell("the change was not refused")
    after = await known.get(stage)
    if after != before:
        stage.deviates(f"{before} still", f"{after}", marks=(answer.mark,))


# Reports


async def reported(stage: Stage, notice: str) -> list[PeerCall]:
    """All parts of a report, as far as they come."""
    parts: list[PeerCall] = []
    async for call in coming(stage, notice, within=patience(stage)):
        parts.append(call)
        if not call.payload.get("tbc"):
            break
    return parts


async def base_report(stage: Stage, request_id: int, base: str = "FullInventory") -> list[PeerCall]:
    """The parts of a report of a kind, as far as they come.

    Raises:
        Inconclusive: It is not accepted.
    """
    answer = await ask(stage, "GetBaseReport", {"requestId": request_id, "reportBase": base})
    if is_served(stage, answer, "base-report").get("status") != "Accepted":
        stage.cannot_tell("the report was not accepted")
    return await reported(stage, "NotifyReport")


@check("report.comes")
async def report_comes(stage: Stage) -> None:
    """Asks for a full report."""
    if not await base_report(stage, 4711):
        stage.deviates("a report after it was accepted", "none")


@check("report.request-id")
async def report_request_id(stage: Stage) -> None:
    """Looks at the request id of each part."""
    for call in await base_report(stage, 4712):
        if call.payload.get("requestId") != 4712:
            stage.deviates("requestId 4712", f"{call.payload.get('requestId')}", marks=(call.mark,))


@check("report.sequence")
async def report_sequence(stage: Stage) -> None:
    """Looks at the sequence numbers of the parts."""
    for place, call in enumerate(await base_report(stage, 4713)):
        if call.payload.get("seqNo") != place:
            stage.deviates(f"seqNo {place}", f"{call.payload.get('seqNo')}", marks=(call.mark,))


@check("report.last-part")
async def report_last_part(stage: Stage) -> None:
    """Looks whether a last part comes."""
    parts = await base_report(stage, 4714)
    if parts and parts[-1].payload.get("tbc"):
        stage.deviates("a last part, with tbc false", "tbc true and no more", marks=(parts[-1].mark,))
    more = await stage.expect("NotifyReport", within=stage.profile.silence)
    if more is not None:
        stage.deviates("nothing after the last part", "another", marks=(more.mark,))


@check("report.empty")
async def report_empty(stage: Stage) -> None:
    """Asks for a report of what no station has."""
    wanted = {"requestId": 4715, "componentVariable": [{"component": {"name": _NONE}}]}
    answer = await ask(stage, "GetReport", wanted)
    status = is_served(stage, answer, "custom-report").get("status")
    if status not in ("EmptyResultSet", "NotSupported", "Rejected"):
        stage.deviates("EmptyResultSet", str(status), marks=(answer.mark,))


@check("report.asked-only")
async def report_asked_only(stage: Stage) -> None:
    """Asks for a report of one variable."""
    place = (await known_variable(stage)).place
    wanted = {"requestId": 4716, "componentVariable": [place]}
    answer = await ask(stage, "GetReport", wanted)
    if is_served(stage, answer, "custom-report").get("status") != "Accepted":
        stage.cannot_tell("the report was not accepted")
    for call in await reported(stage, "NotifyReport"):
        for row in call.payload.get("reportData") or ():
            if named(row) != named(place):
                stage.deviates(f"{named(place)} alone", f"{named(row)}", marks=(call.mark,))


# Monitors


async def set_monitors(stage: Stage, *items: Json) -> tuple[Sequence[Json], Answer]:
    """Sets monitors; the results, as far as there are some."""
    answer = await ask(stage, "SetVariableMonitoring", {"setMonitoringData": list(items)})
    return is_served(stage, answer, "monitoring").get("setMonitoringResult", []), answer


def threshold(place: Json, **members: Any) -> Json:
    """A monitor of a variable, to be set: when it exceeds a value."""
    return {**place, "value": 10, "type": "UpperThreshold", "severity": 5, **members}


async def silent_threshold(stage: Stage) -> Json:
    """A monitor of a number that can be set, to be set: its value is within the threshold, and as near as can be.

    Raises:
        Inconclusive: There is no such number.
    """
    known = await known_variable(stage)
    value = await known.get(stage)
    if value is None or not value.isdecimal():
        stage.cannot_tell(f"{known.name_in(stage.specification)} is no whole number")
    return threshold(known.place, value=int(value) + 1)


@asynccontextmanager
async def monitoring(stage: Stage, item: Json) -> AsyncGenerator[int, None]:
    """The id of a monitor that is set for a while.

    Raises:
        Inconclusive: It cannot be set.
    """
    rows, _ = await set_monitors(stage, item)
    if not rows or rows[0].get("status") != "Accepted" or not isinstance(rows[0].get("id"), int):
        stage.cannot_tell("no such monitor can be set there, or it has no id")
    try:
        yield rows[0]["id"]
    finally:
        await ask(stage, "ClearVariableMonitoring", {"id": [rows[0]["id"]]})


async def _monitored_as(stage: Stage, item: Json, wanted: str) -> None:
    rows, answer = await set_monitors(stage, item)
    status = rows[0].get("status") if rows else None
    if status is not None and status != wanted:
        stage.deviates(wanted, str(status), marks=(answer.mark,))


@check("monitor.each-set")
async def monitor_each(stage: Stage) -> None:
    """Sets two monitors at once on what no station has."""
    asked = (threshold(_UNKNOWN), threshold(_UNKNOWN_VARIABLE))
    rows, answer = await set_monitors(stage, *asked)
    if sorted(map(str, map(named, rows))) != sorted(map(str, map(named, asked))):
        stage.deviates(
            "a result for each of the two", f"{[named(row) for row in rows]}", marks=(answer.mark,)
        )


@check("monitor.unknown-component")
async def monitor_unknown_component(stage: Stage) -> None:
    """Monitors a component that no station has."""
    await _monitored_as(stage, threshold(_UNKNOWN), "UnknownComponent")


@check("monitor.unknown-variable")
async def monitor_unknown_variable(stage: Stage) -> None:
    """Monitors a variable that the component does not have."""
    await _monitored_as(stage, threshold(_UNKNOWN_VARIABLE), "UnknownVariable")


@check("monitor.unknown-id")
async def monitor_unknown_id(stage: Stage) -> None:
    """Replaces a monitor that there is not."""
    rows, answer = await set_monitors(stage, threshold((await known_variable(stage)).place, id=987654))
    status = rows[0].get("status") if rows else None
    # It may refuse for another reason: nobody has to monitor this.
    if status == "Accepted":
        await ask(stage, "ClearVariableMonitoring", {"id": [rows[0].get("id", 987654)]})
        stage.deviates("Rejected", str(status), marks=(answer.mark,))


@check("monitor.negative-delta")
async def monitor_negative_delta(stage: Stage) -> None:
    """Monitors a negative change."""
    rows, answer = await set_monitors(
        stage, threshold((await known_variable(stage)).place, type="Delta", value=-1)
    )
    status = rows[0].get("status") if rows else None
    if status == "Accepted":
        await ask(stage, "ClearVariableMonitoring", {"id": [rows[0].get("id", 0)]})
        stage.deviates("Rejected", str(status), marks=(answer.mark,))


@check("monitor.id-given")
async def monitor_id_given(stage: Stage) -> None:
    """Sets a monitor, looks for its id, and clears it."""
    rows, answer = await set_monitors(stage, threshold((await known_variable(stage)).place))
    if not rows or rows[0].get("status") != "Accepted":
        stage.cannot_tell("the monitor was not accepted")
    if "id" not in rows[0]:
        stage.deviates("an id for the monitor", "none", marks=(answer.mark,))
    await ask(stage, "ClearVariableMonitoring", {"id": [rows[0]["id"]]})


@check("monitor.clear-unknown")
async def monitor_clear_unknown(stage: Stage) -> None:
    """Clears a monitor that there is not."""
    answer = await ask(stage, "ClearVariableMonitoring", {"id": [987654]})
    rows = is_served(stage, answer, "monitoring").get("clearMonitoringResult", [])
    status = rows[0].get("status") if rows else None
    if status is not None and status != "NotFound":
        stage.deviates("NotFound", str(status), marks=(answer.mark,))


@check("monitor.clear-each")
async def monitor_clear_each(stage: Stage) -> None:
    """Clears two monitors that there are not."""
    answer = await ask(stage, "ClearVariableMonitoring", {"id": [987654, 987655]})
    rows = is_served(stage, answer, "monitoring").get("clearMonitoringResult", [])
    ids = sorted(row.get("id", 0) for row in rows)
    if ids != [987654, 987655]:
        stage.deviates("a result for each of the two", f"{ids}", marks=(answer.mark,))

"""Checks of CSMSs: what they send, beyond the schema. The user's hook gets them to send it.

Each judgement is a function of one payload, which says what is wrong with it, or nothing.
"""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from ocpp_core.conformance.checks import check
from ocpp_core.conformance.checks.asking import ask, claimed, moment, patiently, sent, told
from ocpp_core.conformance.checks.transacting import Transaction
from ocpp_core.conformance.requests import is_first, token_info
from ocpp_core.conformance.stages import Json, PeerCall, Stage

#: What is wrong: what was expected, and what was found. None where all is well.
Wrong = tuple[str, str] | None
Judgement = Callable[[Json], Wrong]


def _object(value: Any) -> Json:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _profile(payload: Json) -> Json:
    """The charging profile of a remote start, or of one that is set, in any version."""
    return _object(payload.get("chargingProfile", payload.get("csChargingProfiles")))


def _schedules(payload: Json) -> list[Json]:
    """1.6 has one schedule where 2.x has a list."""
    schedules = _profile(payload).get("chargingSchedule")
    return [_object(each) for each in (_list(schedules) or [schedules])]


def _periods(payload: Json) -> Iterator[Json]:
    for schedule in _schedules(payload):
        yield from map(_object, _list(schedule.get("chargingSchedulePeriod")))


def _place(payload: Json) -> Any:
    return payload.get("evseId", payload.get("connectorId"))


def _purpose(payload: Json) -> Any:
    return _profile(payload).get("chargingProfilePurpose")


#: The purposes for the whole station, of all versions.
_WHOLE = ("ChargePointMaxProfile", "ChargingStationMaxProfile")


def _remote_start_purpose(payload: Json) -> Wrong:
    purpose = _purpose(payload)
    return None if purpose in (None, "TxProfile") else ("a profile of purpose TxProfile", str(purpose))


def _remote_start_transaction(payload: Json) -> Wrong:
    id = _profile(payload).get("transactionId")
    return None if id is None else ("a profile without transactionId", str(id))


def _remote_start_connector(payload: Json) -> Wrong:
    return ("a connector above 0, or none", "0") if payload.get("connectorId") == 0 else None


def _station_max(payload: Json) -> Wrong:
    if _purpose(payload) in _WHOLE and _place(payload) != 0:
        return f"{_purpose(payload)} for 0", f"for {_place(payload)}"
    return None


def _tx_place(payload: Json) -> Wrong:
    return (
        ("a TxProfile above 0", "for 0")
        if _purpose(payload) == "TxProfile" and _place(payload) == 0
        else None
    )


def _tx_transaction(payload: Json) -> Wrong:
    if _purpose(payload) == "TxProfile" and _profile(payload).get("transactionId") is None:
        return "a TxProfile with its transactionId", "none"
    return None


def _external(payload: Json) -> Wrong:
    if _purpose(payload) == "ChargingStationExternalConstraints":
        return "another purpose", "ChargingStationExternalConstraints"
    return None


def _starts(payload: Json) -> Iterator[list[Any]]:
    for schedule in _schedules(payload):
        periods = map(_object, _list(schedule.get("chargingSchedulePeriod")))
        yield [period.get("startPeriod") for period in periods]


def _first_period(payload: Json) -> Wrong:
    wrong = next((starts[0] for starts in _starts(payload) if starts and starts[0] != 0), None)
    return None if wrong is None else ("a first period at 0", str(wrong))


def _period_order(payload: Json) -> Wrong:
    for starts in _starts(payload):
        if all(isinstance(each, int) for each in starts) and sorted(set(starts)) != starts:
            return "starts that rise", ", ".join(map(str, starts))
    return None


def _recurrency(payload: Json) -> Wrong:
    profile = _profile(payload)
    if "recurrencyKind" in profile and profile.get("chargingProfileKind") != "Recurring":
        return "recurrencyKind with Recurring alone", f"with {profile.get('chargingProfileKind')}"
    return None


def _max_relative(payload: Json) -> Wrong:
    if _purpose(payload) in _WHOLE and _profile(payload).get("chargingProfileKind") == "Relative":
        return "another kind than Relative", "Relative"
    return None


def _schedule_start(payload: Json) -> Wrong:
    lacks = any("startSchedule" not in schedule for schedule in _schedules(payload))
    if lacks and _profile(payload).get("chargingProfileKind") in ("Absolute", "Recurring"):
        return "startSchedule", "none"
    return None


def _relative_start(payload: Json) -> Wrong:
    has = any("startSchedule" in schedule for schedule in _schedules(payload))
    if has and _profile(payload).get("chargingProfileKind") == "Relative":
        return "no startSchedule", "one"
    return None


def _phase_to_use(payload: Json) -> Wrong:
    for period in _periods(payload):
        if "phaseToUse" in period and period.get("numberPhases") != 1:
            return "phaseToUse with one phase alone", f"with numberPhases {period.get('numberPhases')}"
    return None


def _one_schedule(payload: Json) -> Wrong:
    count = len(_schedules(payload))
    return ("one schedule", str(count)) if count > 1 else None


def _dynamic(payload: Json) -> Wrong:
    if _profile(payload).get("chargingProfileKind") == "Dynamic":
        starts = list(_starts(payload))
        if starts != [[0]]:
            return "one schedule with one period, at 0", str(starts)
    return None


def _mode(payload: Json, *modes: str) -> Iterator[Json]:
    """The periods of some modes; a period that names none is ChargingOnly."""
    return (period for period in _periods(payload) if period.get("operationMode", "ChargingOnly") in modes)


def _named(period: Json, *stems: str) -> list[str]:
    """The members of a period of some names, or of their variants for a phase."""
    names = {f"{stem}{phase}" for stem in stems for phase in ("", "_L2", "_L3")}
    return sorted(names & period.keys())


def _central_setpoint(payload: Json) -> Wrong:
    for period in _mode(payload, "CentralSetpoint"):
        if named := _named(period, "limit", "dischargeLimit"):
            return "no limits", ", ".join(named)
    return None


_LIMITS = ("limit", "dischargeLimit", "setpoint", "setpointReactive")


def _local_frequency(payload: Json) -> Wrong:
    for schedule in _schedules(payload):
        for period in map(_object, _list(schedule.get("chargingSchedulePeriod"))):
            if period.get("operationMode") != "LocalFrequency":
                continue
            if named := _named(period, *_LIMITS):
                return "no limits and setpoints", ", ".join(named)
            if len(_list(period.get("v2xFreqWattCurve"))) < 2 or "v2xBaseline" not in period:
                return "a curve of two points or more, and a baseline", "less"
            if schedule.get("chargingRateUnit") != "W":
                return "the unit W", str(schedule.get("chargingRateUnit"))
    return None


def _idle(payload: Json) -> Wrong:
    for period in _mode(payload, "Idle"):
        if named := _named(period, *_LIMITS):
            return "no limits and setpoints", ", ".join(named)
    return None


def _charging_only(payload: Json) -> Wrong:
    for period in _mode(payload, "ChargingOnly"):
        if named := _named(period, "dischargeLimit", "setpoint", "setpointReactive"):
            return "a limit of charging alone", ", ".join(named)
    return None


def _central_frequency(payload: Json) -> Wrong:
    for period in _mode(payload, "CentralFrequency"):
        if _profile(payload).get("chargingProfileKind") != "Dynamic":
            return "a profile of kind Dynamic", str(_profile(payload).get("chargingProfileKind"))
        if named := _named(period, "limit", "dischargeLimit"):
            return "no limits", ", ".join(named)
    return None


def _central_frequency_duration(payload: Json) -> Wrong:
    lacks = any("duration" not in schedule for schedule in _schedules(payload))
    return ("a duration", "none") if lacks and any(_mode(payload, "CentralFrequency")) else None


#: The operation modes of purposes that have not all of them.
_MODES_OF = {
    "ChargePointMaxProfile": {"ChargingOnly"},
    "ChargingStationMaxProfile": {"ChargingOnly"},
    "PriorityCharging": {"ChargingOnly"},
    "LocalGeneration": {"ChargingOnly", "ExternalLimits"},
}


def _operation_modes(payload: Json) -> Wrong:
    known = _MODES_OF.get(_purpose(payload), set())
    for period in _periods(payload) if known else ():
        mode = period.get("operationMode", "ChargingOnly")
        if mode not in known:
            return f"{' or '.join(sorted(known))} in a {_purpose(payload)}", str(mode)
    return None


def _priority_duration(payload: Json) -> Wrong:
    has = any("duration" in schedule for schedule in _schedules(payload))
    return ("no duration", "one") if has and _purpose(payload) == "PriorityCharging" else None


def _phase_limits(payload: Json) -> Wrong:
    for period in _periods(payload):
        if _purpose(payload) != "TxProfile" and (named := {"limit_L2", "limit_L3"} & period.keys()):
            return "no limits of phases but in a TxProfile", ", ".join(sorted(named))
    return None


def _phase_limits_alone(payload: Json) -> Wrong:
    for period in _periods(payload):
        named = {"limit_L2", "limit_L3"} & period.keys()
        if _purpose(payload) == "TxProfile" and named and "limit" not in period:
            return "a limit beside those of phases", ", ".join(sorted(named))
    return None


def _phase_switching(payload: Json) -> Wrong:
    """The played station does not say of itself that it can switch phases."""
    named = any("phaseToUse" in period and period.get("numberPhases") == 1 for period in _periods(payload))
    return ("no phaseToUse for a station that does not offer to switch phases", "one") if named else None


def _clear_external(payload: Json) -> Wrong:
    criteria = _object(payload.get("chargingProfileCriteria"))
    if criteria.get("chargingProfilePurpose") == "ChargingStationExternalConstraints":
        return "another purpose", "ChargingStationExternalConstraints"
    return None


def _clear_criteria(payload: Json) -> Wrong:
    if "chargingProfileId" in payload or _object(payload.get("chargingProfileCriteria")):
        return None
    return "an id, or criteria", "neither"


def _get_criteria(payload: Json) -> Wrong:
    criteria = _object(payload.get("chargingProfile"))
    names = {"chargingProfileId", "stackLevel", "chargingLimitSource", "chargingProfilePurpose"}
    return None if names & criteria.keys() else ("ids, or other criteria", "neither")


def _list_version(payload: Json) -> Wrong:
    version = payload.get("listVersion", payload.get("versionNumber"))
    return ("a version above 0", str(version)) if isinstance(version, int) and version < 1 else None


def _full_list(payload: Json) -> Wrong:
    # 1.5 spells it otherwise.
    entries = payload.get("localAuthorizationList", payload.get("localAuthorisationList"))
    if payload.get("updateType") == "Full":
        for entry in map(_object, _list(entries)):
            if "idTagInfo" not in entry:
                return "idTagInfo in each entry", f"none for {entry.get('idTag')}"
    return None


def _trigger_boot(payload: Json) -> Wrong:
    asked = payload.get("requestedMessage")
    return ("another message", "BootNotification") if asked == "BootNotification" else None


def _trigger_connector(payload: Json) -> Wrong:
    named = "connectorId" in _object(payload.get("evse"))
    if not named and payload.get("requestedMessage") == "StatusNotification":
        return "an evse with its connectorId", "none"
    return None


def _variables_once(payload: Json) -> Wrong:
    seen: list[Any] = []
    for item in map(_object, _list(payload.get("setVariableData"))):
        key = (item.get("component"), item.get("variable"), item.get("attributeType", "Actual"))
        if key in seen:
            return "each attribute once", f"{_object(key[1]).get('name')} twice"
        seen.append(key)
    return None


def _customer(payload: Json) -> Wrong:
    count = len({"idToken", "customerCertificate", "customerIdentifier"} & payload.keys())
    return None if count == 1 else ("one reference to a customer", str(count))


def _customer_wish(payload: Json) -> Wrong:
    is_wished = payload.get("report") is True or payload.get("clear") is True
    return None if is_wished else ("report or clear", "neither")


def _languages(payload: Json) -> Wrong:
    message = _object(payload.get("message"))
    for content in map(_object, [message.get("message"), *_list(message.get("messageExtra"))]):
        language = content.get("language")
        if language is not None and not _LANGUAGE.fullmatch(str(language)):
            return "a language as en-US", str(language)
    return None


#: A tag of RFC 5646, roughly: subtags of letters and digits; the first of letters.
_LANGUAGE = re.compile(r"(?:[A-Za-z]{2,8}|[xi])(?:-[A-Za-z0-9]{1,8})*")


def _controls(payload: Json) -> dict[str, Json]:
    """The controls that a SetDERControl brings."""
    return {
        name: value for name, value in payload.items() if isinstance(value, dict) and name != "customData"
    }


def _der_default_time(payload: Json) -> Wrong:
    for name, control in _controls(payload).items():
        if payload.get("isDefault") is True and (named := {"startTime", "duration"} & control.keys()):
            return "a default control without times", f"{', '.join(sorted(named))} in {name}"
    return None


def _der_default_only(payload: Json) -> Wrong:
    kind = payload.get("controlType")
    if kind in ("EnterService", "Gradients") and payload.get("isDefault") is False:
        return f"{kind} as a default control", "isDefault false"
    return None


#: What tells a control; all others are curves.
_FIELDS = {
    "EnterService": "enterService",
    "FixedPFAbsorb": "fixedPFAbsorb",
    "FixedPFInject": "fixedPFInject",
    "FixedVar": "fixedVar",
    "FreqDroop": "freqDroop",
    "Gradients": "gradient",
    "LimitMaxDischarge": "limitMaxDischarge",
}


def _der_field(payload: Json) -> Wrong:
    wanted = _FIELDS.get(str(payload.get("controlType")), "curve")
    others = sorted(_controls(payload).keys() - {wanted})
    return (f"{wanted} alone for {payload.get('controlType')}", ", ".join(others)) if others else None


def _stream_change(payload: Json) -> Wrong:
    params = _object(payload.get("params"))
    return (
        None if {"interval", "values"} & params.keys() else ("an interval or a number of values", "neither")
    )


def _signing(payload: Json) -> Wrong:
    firmware = _object(payload.get("firmware"))
    return None if "signingCertificate" in firmware else ("signingCertificate", "none")


def _log_location(payload: Json) -> Wrong:
    location = str(_object(payload.get("log")).get("remoteLocation", ""))
    query = location.partition("?")[2]
    return (
        ("no fragment, no slash after a query", location) if "#" in location or query.endswith("/") else None
    )


def _stream_rate(payload: Json) -> Wrong:
    for item in map(_object, _list(payload.get("setMonitoringData"))):
        stream = item.get("periodicEventStream")
        if isinstance(stream, dict) and not {"interval", "values"} & stream.keys():
            return "an interval or a number of values", "neither"
    return None


_PROFILES = ("SetChargingProfile",)
_STARTS = ("RemoteStartTransaction", "RequestStartTransaction")

#: What is provoked, and how it is judged. Of several actions the version has one.
JUDGEMENTS: dict[str, tuple[tuple[str, ...], Judgement]] = {
    "send.remote-start-purpose": (_STARTS, _remote_start_purpose),
    "send.remote-start-transaction": (_STARTS, _remote_start_transaction),
    "send.remote-start-connector": (_STARTS, _remote_start_connector),
    "send.station-max-profile": (_PROFILES, _station_max),
    "send.tx-profile-place": (_PROFILES, _tx_place),
    "send.tx-profile-transaction": (_PROFILES, _tx_transaction),
    "send.external-constraints": (_PROFILES, _external),
    "send.first-period": (_PROFILES, _first_period),
    "send.period-order": (_PROFILES, _period_order),
    "send.recurrency": (_PROFILES, _recurrency),
    "send.max-profile-relative": (_PROFILES, _max_relative),
    "send.schedule-start": (_PROFILES, _schedule_start),
    "send.relative-start": (_PROFILES, _relative_start),
    "send.phase-to-use": (_PROFILES, _phase_to_use),
    "send.one-schedule": (_PROFILES, _one_schedule),
    "send.dynamic-schedule": (_PROFILES, _dynamic),
    "send.central-setpoint": (_PROFILES, _central_setpoint),
    "send.local-frequency": (_PROFILES, _local_frequency),
    "send.idle-period": (_PROFILES, _idle),
    "send.charging-only": (_PROFILES, _charging_only),
    "send.central-frequency": (_PROFILES, _central_frequency),
    "send.central-frequency-duration": (_PROFILES, _central_frequency_duration),
    "send.operation-modes": (_PROFILES, _operation_modes),
    "send.priority-duration": (_PROFILES, _priority_duration),
    "send.phase-limits": (_PROFILES, _phase_limits),
    "send.phase-limits-alone": (_PROFILES, _phase_limits_alone),
    "send.phase-switching": (_PROFILES, _phase_switching),
    "send.clear-external": (("ClearChargingProfile",), _clear_external),
    "send.clear-criteria": (("ClearChargingProfile",), _clear_criteria),
    "send.get-criteria": (("GetChargingProfiles",), _get_criteria),
    "send.list-version": (("SendLocalList",), _list_version),
    "send.full-list-info": (("SendLocalList",), _full_list),
    "send.trigger-boot": (("TriggerMessage",), _trigger_boot),
    "send.trigger-connector": (("TriggerMessage",), _trigger_connector),
    "send.variables-once": (("SetVariables",), _variables_once),
    "send.customer-reference": (("CustomerInformation",), _customer),
    "send.customer-wish": (("CustomerInformation",), _customer_wish),
    "send.display-language": (("SetDisplayMessage",), _languages),
    "send.der-default-time": (("SetDERControl",), _der_default_time),
    "send.der-default-only": (("SetDERControl",), _der_default_only),
    "send.der-field": (("SetDERControl",), _der_field),
    "send.stream-change": (("AdjustPeriodicEventStream",), _stream_change),
    "send.signing-certificate": (("UpdateFirmware",), _signing),
    "send.log-location": (("GetLog",), _log_location),
    "send.stream-rate": (("SetVariableMonitoring",), _stream_rate),
}


def _register(rule: str, actions: tuple[str, ...], judgement: Judgement) -> None:
    @check(rule)
    async def judge(stage: Stage) -> None:
        """Has it sent, and looks at it."""
        action = next((each for each in actions if each in stage.specification.actions), None)
        if action is None:
            stage.does_not_apply(f"OCPP {stage.specification.version} has no {' or '.join(actions)}")
        claimed(stage, rule)
        call = await sent(stage, action)
        wrong = judgement(call.payload)
        if wrong is not None:
            stage.deviates(*wrong, place=action, marks=(call.mark,))


for _rule, (_actions, _judgement) in JUDGEMENTS.items():
    _register(_rule, _actions, _judgement)


@check("send.list-after-failure")
async def list_after_failure(stage: Stage) -> None:
    """Answers a differential list VersionMismatch, and waits for the full one."""
    stage.responders["SendLocalList"] = lambda call: {
        "status": "VersionMismatch" if call.payload.get("updateType") == "Differential" else "Accepted"
    }
    call = await sent(stage, "SendLocalList", {"updateType": "Differential"})
    if call.payload.get("updateType") != "Differential":
        stage.cannot_tell("it sends full lists")
    following: PeerCall | None = call
    while following is not None and following.payload.get("updateType") != "Full":
        following = await stage.expect("SendLocalList")
    if following is None:
        stage.deviates("the full list", "none", marks=(call.mark,))


@check("send.password-variable")
async def password_variable(stage: Stage) -> None:
    """Has the password changed."""
    if is_first(stage.specification):
        call = await sent(stage, "ChangeConfiguration", {"key": "AuthorizationKey"})
        key, value = call.payload.get("key"), str(call.payload.get("value"))
        if key != "AuthorizationKey":
            stage.cannot_tell(f"it has changed {key}")
        if len(value) != 40 or not set(value.lower()) <= set("0123456789abcdef"):
            stage.deviates("40 hex digits", f"{len(value)} characters", marks=(call.mark,))
        return
    call = await sent(stage, "SetVariables", {"variable": "BasicAuthPassword"})
    items = list(map(_object, _list(call.payload.get("setVariableData"))))
    names = [_object(item.get("variable")).get("name") for item in items]
    if not any("password" in str(name).lower() for name in names):
        stage.cannot_tell(f"it has set {', '.join(map(str, names))}")
    if "BasicAuthPassword" not in names:
        stage.deviates("the variable BasicAuthPassword", ", ".join(map(str, names)), marks=(call.mark,))


@check("send.stop-transaction")
async def stop_transaction(stage: Stage) -> None:
    """Has a running transaction stopped."""
    played = Transaction.of(stage)
    await played.begun()
    action = "RemoteStopTransaction" if played.is_first else "RequestStopTransaction"
    call = await sent(stage, action, {"transactionId": played.id})
    if call.payload.get("transactionId") != played.id:
        stage.deviates(f"the transaction {played.id}", call.payload.get("transactionId"), marks=(call.mark,))
    await ask(stage, "Heartbeat")


#: How far the moment of a signal may be off: what a clock may be, and a call that waits for its turn.
_NEAR = timedelta(minutes=5)


@check("send.afrr-time")
async def afrr_time(stage: Stage) -> None:
    """Has a signal sent, and compares its time with ours."""
    call = await sent(stage, "AFRRSignal")
    off = abs(moment(stage, call.payload.get("timestamp")) - datetime.now(UTC))
    if off > _NEAR:
        stage.deviates("the present time", f"{call.payload['timestamp']}, {off} away", marks=(call.mark,))


@check("send.allowed-transfer")
async def allowed_transfer(stage: Stage) -> None:
    """Has the energy transfers of a running transaction changed."""
    played = Transaction.of(stage)
    await played.begun()
    call = await sent(stage, "NotifyAllowedEnergyTransfer", {"transactionId": played.id})
    if call.payload.get("transactionId") != played.id:
        stage.deviates(f"the transaction {played.id}", call.payload.get("transactionId"), marks=(call.mark,))


@check("send.swap-authorized")
async def swap_authorized(stage: Stage) -> None:
    """Has a swap of batteries asked for, and asks about its token."""
    call = await sent(stage, "RequestBatterySwap")
    payload, mark = await told(stage, "Authorize", {"idToken": call.payload["idToken"]})
    status = token_info(payload).get("status")
    if status != "Accepted":
        stage.deviates("a swap for a token that is Accepted", status, marks=(call.mark, mark))


@check("send.profile-twice")
async def profile_twice(stage: Stage) -> None:
    """Has two charging profiles set, which are both accepted."""
    first, second = [await sent(stage, "SetChargingProfile") for _ in range(2)]
    if any(call.action == "ClearChargingProfile" for call in stage.calls):
        stage.cannot_tell("it clears profiles meanwhile")
    one, other = _profile(first.payload), _profile(second.payload)
    is_same = one.get("id") == other.get("id") or any(
        "validFrom" in each or "validTo" in each for each in (one, other)
    )
    if not is_same and _rank(first.payload) == _rank(second.payload):
        stage.deviates(
            f"the profile {one.get('id')} again, or another stack level",
            f"the profile {other.get('id')} in the same place",
            marks=(first.mark, second.mark),
        )


def _rank(payload: Json) -> tuple[Any, ...]:
    """What two charging profiles of a station may not have in common; a TxProfile counts for its transaction."""
    profile = _profile(payload)
    is_tx = _purpose(payload) == "TxProfile"
    place = profile.get("transactionId") if is_tx else payload.get("evseId")
    return _purpose(payload), profile.get("stackLevel"), place


@check("send.resumed-profile")
async def resumed_profile(stage: Stage) -> None:
    """Has a profile set for a transaction, and resumes that after a boot."""
    played = Transaction.of(stage)
    await played.begun()
    wish = {"chargingProfilePurpose": "TxProfile", "transactionId": played.id}
    call = await sent(stage, "SetChargingProfile", wish)
    if _purpose(call.payload) != "TxProfile" or _profile(call.payload).get("transactionId") != played.id:
        stage.cannot_tell("it has set no profile for the transaction")
    await stage.reconnect()
    stage.needed(await stage.boot(reason="PowerUp"), "BootNotification")
    stage.needed(await played.event("Updated", ("TxResumed",)), "the answer to an event")
    again = await patiently(stage, "SetChargingProfile")
    if again is None:
        stage.deviates("the profile of the transaction again", "none", marks=(call.mark,))
    if _profile(again.payload).get("transactionId") != played.id:
        got = f"one for {_profile(again.payload).get('transactionId')}"
        stage.deviates(f"a profile for {played.id}", got, marks=(call.mark, again.mark))

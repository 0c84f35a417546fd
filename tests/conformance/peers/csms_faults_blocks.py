"""CSMSs with one fault in what they send of the blocks of 2.1, and of charging profiles."""

from collections.abc import Callable
from copy import deepcopy
from itertools import count
from typing import Any

from conformance.peers import csms_ways as ways
from conformance.peers.csms import GRADIENT, Csms, Session
from conformance.peers.csms_faults import NEWEST, SECOND, Fault

Json = dict[str, Any]


def _profile_of(purpose: str, place: int = 1, **period: Any) -> Callable[[Csms], None]:
    """A profile of a purpose, with members in its first period; one that is None is left out."""

    def edit(made: Json, _: Csms) -> None:
        made["evseId"] = place
        made["chargingProfile"]["chargingProfilePurpose"] = purpose
        if purpose == "TxProfile":
            made["chargingProfile"]["transactionId"] = "t"
        first = ways.schedules_of(made)[0]["chargingSchedulePeriod"][0]
        first.update(period)
        for name in [name for name, value in period.items() if value is None]:
            del first[name]

    return ways.profile_with(edit)


def _centrally(**members: Any) -> Callable[[Csms], None]:
    """A profile with one period of mode CentralFrequency."""

    def edit(made: Json, _: Csms) -> None:
        schedule = ways.schedules_of(made)[0]
        schedule["chargingSchedulePeriod"] = [
            {"startPeriod": 0, "operationMode": "CentralFrequency", "setpoint": 5}
        ]
        schedule.update({name: members[name] for name in members.keys() & {"duration"}})
        made["chargingProfile"]["chargingProfileKind"] = members["kind"]

    return ways.profile_with(edit)


def _priority_that_ends(made: Json, _: Csms) -> None:
    made["chargingProfile"]["chargingProfilePurpose"] = "PriorityCharging"
    ways.schedules_of(made)[0]["duration"] = 3600


def _always_another(csms: Csms) -> None:
    ids = count(1)
    ways.profile_with(lambda made, _: made["chargingProfile"].update(id=next(ids)))(csms)


def _der(**members: Any) -> Callable[[Csms], None]:
    return ways.asking("SetDERControl", lambda _: {"controlId": "c-1", **members})


_PASSWORD = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "Password"}, "attributeValue": "x"}
_FIXED = {"priority": 1, "setpoint": 5, "unit": "PctMaxVar"}
_PROFILES = (
    Fault(
        "charging alone with a discharge limit",
        "send.charging-only",
        ways.with_period(dischargeLimit=-5),
        NEWEST,
    ),
    Fault(
        "central frequency support by an absolute profile",
        "send.central-frequency",
        _centrally(kind="Absolute", duration=60),
        NEWEST,
    ),
    Fault(
        "central frequency support without an end",
        "send.central-frequency-duration",
        _centrally(kind="Dynamic"),
        NEWEST,
    ),
    Fault(
        "the whole station idles",
        "send.operation-modes",
        _profile_of("ChargingStationMaxProfile", 0, operationMode="Idle", limit=None),
        NEWEST,
    ),
    Fault("priority for an hour", "send.priority-duration", ways.profile_with(_priority_that_ends), NEWEST),
    Fault(
        "limits of phases by default",
        "send.phase-limits",
        _profile_of("TxDefaultProfile", limit_L2=10, limit_L3=10),
        NEWEST,
    ),
    Fault(
        "limits of two phases of three",
        "send.phase-limits-alone",
        _profile_of("TxProfile", operationMode="LocalLoadBalancing", limit=None, limit_L2=10),
        NEWEST,
    ),
    Fault(
        "a phase for a station that has no choice",
        "send.phase-switching",
        ways.with_period(numberPhases=1, phaseToUse=2),
        SECOND,
    ),
    Fault("a new id for the same profile", "send.profile-twice", _always_another, SECOND),
)
_OTHERS = (
    Fault(
        "wants nothing of a customer",
        "send.customer-wish",
        ways.asking("CustomerInformation", lambda _: {"customerIdentifier": "C-1"}),
        SECOND,
    ),
    Fault(
        "a language with an underscore",
        "send.display-language",
        ways.asking("SetDisplayMessage", lambda _: {"message": _message("en_US")}),
        SECOND,
    ),
    Fault(
        "a default control with a duration",
        "send.der-default-time",
        _der(isDefault=True, controlType="FixedVar", fixedVar=_FIXED | {"duration": 60}),
        NEWEST,
    ),
    Fault(
        "gradients for now",
        "send.der-default-only",
        _der(isDefault=False, controlType="Gradients", gradient=GRADIENT),
        NEWEST,
    ),
    Fault(
        "a gradient beside another control",
        "send.der-field",
        _der(isDefault=True, controlType="FixedVar", fixedVar=_FIXED, gradient=GRADIENT),
        NEWEST,
    ),
    Fault(
        "changes nothing of a stream",
        "send.stream-change",
        ways.asking("AdjustPeriodicEventStream", lambda _: {"id": 1, "params": {}}),
        NEWEST,
    ),
    Fault(
        "a signal of an hour ago",
        "send.afrr-time",
        ways.asking("AFRRSignal", lambda _: {"timestamp": ways.later(hours=-1), "signal": 1}),
        NEWEST,
    ),
    Fault(
        "transfers for another transaction",
        "send.allowed-transfer",
        ways.asking("NotifyAllowedEnergyTransfer", lambda _: {"transactionId": "99"}),
        NEWEST,
    ),
    Fault(
        "a swap for anybody",
        "send.swap-authorized",
        ways.asking("RequestBatterySwap", lambda _: {"idToken": {"idToken": "NOBODY", "type": "ISO14443"}}),
        NEWEST,
    ),
    Fault(
        "another variable for the password, in 2.1",
        "send.password-variable",
        ways.asking("SetVariables", lambda _: {"setVariableData": [_PASSWORD]}),
        NEWEST,
    ),
)


def _message(language: str) -> Json:
    return {
        "id": 1,
        "priority": "NormalCycle",
        "message": {"format": "UTF8", "language": language, "content": "Hello"},
    }


# The needs of an EV


def _following(edit: Callable[[Json], Json | None]) -> Callable[[Csms], None]:
    """What comes after the needs of an EV is changed; None, and it does not come."""

    def queue(self: Session, called: str, payload: Json) -> None:
        made = edit(payload) if called == "SetChargingProfile" else payload
        if made is not None:
            Session.queue(self, called, made)

    return ways.behaving(queue=queue)


def _schedules(edit: Callable[[Json], None], count: int = 1) -> Callable[[Json], Json]:
    def made(payload: Json) -> Json:
        profile = payload["chargingProfile"]
        schedules = [deepcopy(profile["chargingSchedule"][0]) for _ in range(count)]
        for number, schedule in enumerate(schedules, 1):
            schedule["id"] = number
            edit(schedule)
        return payload | {"chargingProfile": profile | {"chargingSchedule": schedules}}

    return made


def _in_periods(**members: Any) -> Callable[[Json], None]:
    def edit(schedule: Json) -> None:
        for period in schedule["chargingSchedulePeriod"]:
            period.update(members)

    return edit


def _four_periods(schedule: Json) -> None:
    first = schedule["chargingSchedulePeriod"][0]
    schedule["chargingSchedulePeriod"] = [first | {"startPeriod": 600 * number} for number in range(4)]


def _says_and_forgets(status: str, *, comes: bool) -> Callable[[Csms], None]:
    """Answers needs in a way, and sends a profile or does not."""

    def change(csms: Csms) -> None:
        ways.saying("NotifyEVChargingNeeds", status=status)(csms)

        def follow(self: Session, action: str, payload: Json, result: Json) -> None:
            told = result | {"status": "Accepted"} if comes and action == "NotifyEVChargingNeeds" else result
            Session.follow(self, action, payload, told)

        ways.behaving(follow=follow)(csms)

    return change


def _once(csms: Csms) -> None:
    """Sends one profile for each transaction."""
    seen: list[Any] = []

    def edit(payload: Json) -> Json | None:
        id = payload["chargingProfile"]["transactionId"]
        seen.append(id)
        return payload if seen.count(id) == 1 else None

    _following(edit)(csms)


def _two_for_dynamic(csms: Csms) -> None:
    """Two schedules for an EV that is controlled dynamically, and one for all others."""
    modes: list[Any] = []

    def heard(self: Session, action: str, payload: Json, result: Json) -> None:
        modes.append(payload.get("chargingNeeds", {}).get("controlMode"))
        Session.follow(self, action, payload, result)

    def queue(self: Session, called: str, payload: Json) -> None:
        is_it = called == "SetChargingProfile" and modes and modes[-1] == "DynamicControl"
        Session.queue(self, called, _schedules(lambda _: None, 2)(payload) if is_it else payload)

    ways.behaving(follow=heard, queue=queue)(csms)


_NEEDS = (
    Fault(
        "four periods for an EV that bears three",
        "charging-needs.periods",
        _following(_schedules(_four_periods)),
        SECOND,
    ),
    Fault(
        "a schedule too many for dynamic control",
        "charging-needs.dynamic",
        _two_for_dynamic,
        NEWEST,
    ),
    Fault(
        "two schedules for an EV of ISO 15118-2",
        "charging-needs.one-schedule",
        _following(_schedules(lambda _: None, 2)),
        ("2.0.1",),
    ),
    Fault(
        "setpoints for an EV that only charges",
        "charging-needs.charging-only",
        _following(_schedules(_in_periods(operationMode="ExternalLimits"))),
        NEWEST,
    ),
    Fault(
        "limits of phases for an EV that has not told any",
        "charging-needs.phase-limits",
        _following(_schedules(_in_periods(limit_L2=10, limit_L3=10))),
        NEWEST,
    ),
    Fault(
        "a profile after Rejected",
        "charging-needs.none",
        _says_and_forgets("Rejected", comes=True),
        SECOND,
    ),
    Fault(
        "no profile after Processing",
        "charging-needs.processing",
        _says_and_forgets("Processing", comes=False),
        ("2.0.1",),
    ),
    Fault("one profile for each transaction", "charging-needs.again", _once, SECOND),
    Fault(
        "takes any energy transfer",
        "charging-needs.energy-transfer",
        ways.saying("NotifyEVChargingNeeds", status="Accepted"),
        NEWEST,
    ),
    Fault(
        "refuses the schedule of an EV",
        "charging-schedule.within",
        ways.saying("NotifyEVChargingSchedule", status="Rejected"),
        SECOND,
    ),
    Fault(
        "takes any schedule of an EV",
        "charging-schedule.beyond",
        ways.saying("NotifyEVChargingSchedule", status="Accepted"),
        SECOND,
    ),
    Fault(
        "no update of a dynamic profile",
        "dynamic-schedule.known",
        ways.editing("PullDynamicScheduleUpdate", lambda *_: {"status": "Rejected"}),
        NEWEST,
    ),
)


# Tokens and payments


def _of(token: str, edit: Callable[[Json], Json]) -> Callable[[Json, Json], Json]:
    """Changes what is answered to requests of a token."""
    return lambda result, request: edit(result) if ways.token_of(request) == token else result


def _info(**members: Any) -> Callable[[Json], Json]:
    def edit(result: Json) -> Json:
        info = result["idTokenInfo"] | members
        return result | {"idTokenInfo": {name: value for name, value in info.items() if value is not None}}

    return edit


def _without(*names: str) -> Callable[[Json], Json]:
    return lambda result: {name: value for name, value in result.items() if name not in names}


def _authorizing(token: str, edit: Callable[[Json], Json]) -> Callable[[Csms], None]:
    changed = _of(token, edit)
    return ways.editing(
        "Authorize",
        lambda result, request: (
            result if "iso15118CertificateHashData" in request else changed(result, request)
        ),
    )


def _event(edit: Callable[[Json], Json], when: Callable[[Json], bool]) -> Callable[[Csms], None]:
    return ways.editing("TransactionEvent", lambda result, request: edit(result) if when(request) else result)


def _is_prepaid(request: Json) -> bool:
    return ways.token_of(request) == "PREPAID1"


def _is_update(request: Json) -> bool:
    return bool(request["eventType"] == "Updated")


def _raises_limits(result: Json, request: Json) -> Json:
    told = request["transactionInfo"].get("transactionLimit")
    return result | ({"transactionLimit": {"maxCost": 60}} if told and told["maxCost"] < 50 else {})


def _forgets_profiles(csms: Csms) -> None:
    """With the connection the profiles are gone."""

    def follow(self: Session, action: str, payload: Json, result: Json) -> None:
        if payload.get("triggerReason") != "TxResumed":
            Session.follow(self, action, payload, result)

    ways.behaving(follow=follow)(csms)


_PAYING = (
    Fault(
        "Invalid for another type of EVSE",
        "authorize.evse-type",
        _authorizing("HEAVY001", _info(status="Invalid")),
        SECOND,
    ),
    Fault(
        "Blocked elsewhere", "authorize.elsewhere", _authorizing("ABROAD01", _info(status="Blocked")), SECOND
    ),
    Fault(
        "EVSEs beside NotAtThisLocation",
        "authorize.elsewhere",
        _authorizing("ABROAD01", _info(evseId=[7])),
        SECOND,
    ),
    Fault(
        "does not tell the EVSEs",
        "authorize.some-evses",
        _authorizing("FIRST001", _info(evseId=None)),
        SECOND,
    ),
    Fault(
        "a valid contract of a token that is not",
        "authorize.certificate-status",
        ways.editing(
            "Authorize",
            lambda result, request: (
                result
                | ({"certificateStatus": "Accepted"} if "iso15118CertificateHashData" in request else {})
            ),
        ),
        SECOND,
    ),
    Fault(
        "an expired certificate of a token that is not",
        "authorize.certificate-status",
        ways.editing(
            "Authorize",
            lambda result, request: (
                result
                | (
                    {"certificateStatus": "CertificateExpired"}
                    if "iso15118CertificateHashData" in request
                    else {}
                )
            ),
        ),
        SECOND,
    ),
    Fault(
        "prepaid tokens may be kept",
        "authorize.prepaid",
        _authorizing("PREPAID1", _info(cacheExpiryDateTime=ways.later(days=1))),
        NEWEST,
    ),
    Fault(
        "Invalid without credit",
        "authorize.no-credit",
        _authorizing("EMPTY001", _info(status="Invalid")),
        NEWEST,
    ),
    Fault(
        "does not tell the tariff of a driver",
        "authorize.tariff-told",
        ways.editing("Authorize", lambda result, _: _without("tariff")(result)),
        NEWEST,
    ),
    Fault(
        "no limit for a prepaid account",
        "transaction.prepaid-limit",
        _event(_without("transactionLimit"), _is_prepaid),
        NEWEST,
    ),
    Fault(
        "the limit in every answer",
        "transaction.limit-once",
        _event(lambda result: result | {"transactionLimit": {"maxCost": 50}}, _is_prepaid),
        NEWEST,
    ),
    Fault(
        "raises a lower limit",
        "transaction.lower-limit",
        ways.editing("TransactionEvent", _raises_limits),
        NEWEST,
    ),
    Fault(
        "tells costs at the end alone",
        "transaction.running-cost",
        _event(_without("totalCost"), lambda request: _is_update(request) and not _is_prepaid(request)),
        SECOND,
    ),
    Fault(
        "does not tell costs that are limited",
        "transaction.limited-cost",
        _event(_without("totalCost"), lambda request: _is_update(request) and _is_prepaid(request)),
        NEWEST,
    ),
    Fault(
        "no cost of a payment that was cancelled",
        "payment.cancelled",
        _event(_without("totalCost"), lambda request: request["triggerReason"] == "EVConnectTimeout"),
        NEWEST,
    ),
    Fault(
        "no limit after a kiosk",
        "payment.kiosk-limit",
        _event(_without("transactionLimit"), lambda request: request["triggerReason"] == "RemoteStart"),
        NEWEST,
    ),
    Fault("no receipt", "settlement.receipt", ways.saying("NotifySettlement", receiptUrl=None), NEWEST),
    Fault(
        "does not tell how many contracts remain",
        "certificate.ev-remaining",
        ways.saying("Get15118EVCertificate", remainingContracts=None),
        NEWEST,
    ),
    Fault(
        "as many contracts after each",
        "certificate.ev-next",
        ways.editing(
            "Get15118EVCertificate",
            lambda result, _: result | ({"remainingContracts": 2} if "remainingContracts" in result else {}),
        ),
        NEWEST,
    ),
    Fault(
        "accepts what nobody knows of a vendor",
        "data-transfer.unknown-message",
        ways.editing(
            "DataTransfer",
            lambda result, _: (
                result | ({"status": "Accepted"} if result["status"] == "UnknownMessageId" else {})
            ),
        ),
        ("1.6", "2.0.1"),
    ),
    Fault("does not send a profile again", "send.resumed-profile", _forgets_profiles, NEWEST),
)


# What a station has told of itself


def _asking_two(action: str, name: str, *items: Any) -> Callable[[Csms], None]:
    return ways.asking(action, lambda _: {name: list(items)})


def _variable(name: str, **members: Any) -> Json:
    return {"component": {"name": "SecurityCtrlr"}, "variable": {"name": name}, **members}


_NETWORK = {
    "component": {"name": "NetworkConfiguration", "instance": "1"},
    "variable": {"name": "OcppCsmsUrl"},
}
_MONITOR = {"value": 1, "type": "Delta", "severity": 5}
_TWO_TOKENS = [
    {"idToken": {"idToken": text, "type": "ISO14443"}, "idTokenInfo": {"status": "Accepted"}}
    for text in ("GOOD0001", "GOOD0002")
]
_LIMITS = (
    Fault(
        "two variables at once",
        "limit.set-variables",
        _asking_two(
            "SetVariables",
            "setVariableData",
            _variable("BasicAuthPassword", attributeValue="conformance-0002"),
            _variable("OrganizationName", attributeValue="Example"),
        ),
        SECOND,
    ),
    Fault(
        "asks for two variables at once",
        "limit.get-variables",
        _asking_two(
            "GetVariables", "getVariableData", _variable("BasicAuthPassword"), _variable("OrganizationName")
        ),
        SECOND,
    ),
    Fault(
        "a report of two variables",
        "limit.get-report",
        _asking_two("GetReport", "componentVariable", _variable("A"), _variable("B")),
        SECOND,
    ),
    Fault(
        "a report of the monitors of two variables",
        "limit.get-monitoring-report",
        _asking_two("GetMonitoringReport", "componentVariable", _variable("A"), _variable("B")),
        NEWEST,
    ),
    Fault(
        "two monitors at once",
        "limit.set-monitoring",
        _asking_two(
            "SetVariableMonitoring",
            "setMonitoringData",
            _variable("A", **_MONITOR),
            _variable("B", **_MONITOR),
        ),
        SECOND,
    ),
    Fault(
        "clears two monitors at once",
        "limit.clear-monitoring",
        _asking_two("ClearVariableMonitoring", "id", 1, 2),
        SECOND,
    ),
    Fault(
        "two tokens at once",
        "limit.local-list",
        ways.asking(
            "SendLocalList",
            lambda _: {"versionNumber": 1, "updateType": "Full", "localAuthorizationList": _TWO_TOKENS},
        ),
        SECOND,
    ),
    Fault(
        "changes the network in use",
        "limit.active-network",
        _asking_two("SetVariables", "setVariableData", _NETWORK | {"attributeValue": "wss://x.example.org"}),
        NEWEST,
    ),
)


FAULTS: tuple[Fault, ...] = (*_PROFILES, *_OTHERS, *_NEEDS, *_PAYING, *_LIMITS)

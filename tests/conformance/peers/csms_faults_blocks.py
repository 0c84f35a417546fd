"""CSMSs with one fault in what they send of the blocks of 2.1, and of charging profiles."""

from collections.abc import Callable
from itertools import count
from typing import Any

from conformance.peers import csms_ways as ways
from conformance.peers.csms import GRADIENT, Csms
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


FAULTS: tuple[Fault, ...] = (*_PROFILES, *_OTHERS)

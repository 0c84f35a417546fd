"""OCPP 1.5 and 1.6. 1.6 tells five kinds of Occupied apart, knows phases, progress of jobs and charging profiles."""

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from ocpp_core.model.decimals import number_text
from ocpp_core.model.messages import Request
from ocpp_core.model.versions import Version
from ocpp_core.translation import jobs
from ocpp_core.translation.leaves import rounded
from ocpp_core.translation.losses import LossReason
from ocpp_core.translation.rules import (
    REJECTED,
    Action,
    Fill,
    Pair,
    Tokens,
    action,
    drop_comfort,
    empty,
    field,
    ignore,
    near,
    newer,
    none,
    older,
    only_newer,
    respond,
    status,
)
from ocpp_core.translation.runs import At, Run, Unfit
from ocpp_core.translation.samples import by_phase, number
from ocpp_core.translation.steps import Step
from ocpp_core.translation.texts import cut, cut_list

# Tokens

_IN_USE = "Preparing Charging SuspendedEV SuspendedEVSE Finishing"
_PROGRESS = "Downloading Idle Installing"

TOKENS = (
    Tokens("ChargePointStatus", up={"Occupied": None}, down=near(_IN_USE, "Occupied")),
    Tokens(
        "ChargePointErrorCode",
        renamed={"Mode3Error": "EVCommunicationError"},
        down=near("InternalError LocalListConflict OverVoltage", "OtherError"),
    ),
    # The station waits and asks again after the interval.
    Tokens("RegistrationStatus", down=near("Pending", "Rejected")),
    # The value was stored; 1.5 cannot say that a reboot is due.
    Tokens("ConfigurationStatus", down=near("RebootRequired", "Accepted")),
    # 1.5 cannot tell failure from no lock.
    Tokens(
        "UnlockStatus",
        up={"Accepted": "Unlocked", **near("Rejected", "UnlockFailed")},
        down={"Unlocked": "Accepted", **near("UnlockFailed NotSupported", "Rejected")},
    ),
    # Failed makes the Central System send the whole list again.
    Tokens("UpdateStatus", up=near("HashError", "Failed")),
    # 1.5 reports end states only.
    Tokens("DiagnosticsStatus", down=none("Idle Uploading")),
    Tokens("FirmwareStatus", down=none(_PROGRESS)),
    Tokens(
        "DiagnosticsStatus UploadLogStatus",
        up={"UploadFailed": "UploadFailure"},
        down={
            "UploadFailure": "UploadFailed",
            **near("BadMessage NotSupportedOperation PermissionDenied", "UploadFailed"),
            **none("Idle Uploading"),
        },
    ),
    Tokens(
        "FirmwareStatus SignedFirmwareStatus",
        down={
            **none(f"{_PROGRESS} DownloadScheduled DownloadPaused InstallRebooting"),
            **near("InstallScheduled SignatureVerified", "Downloaded"),
            **near("InstallVerificationFailed InvalidSignature", "InstallationFailed"),
        },
    ),
    # An absent unit would read as Wh.
    Tokens(
        "UnitOfMeasure",
        renamed={"Amp": "A", "Volt": "V"},
        down={**none("VA kVA Percent"), **near("Fahrenheit K", "Celsius")},
    ),
    Tokens("Location", down={**near("Cable", "Outlet"), **none("EV")}),
    Tokens("ReadingContext", down=none("Other Trigger")),
    Tokens("Measurand", down=none("Current.Offered Frequency Power.Factor Power.Offered RPM SoC")),
)

# Conversions


def _status(value: Any, at: At) -> Any:
    """1.6 allows three statuses of the Charge Point itself, and has five kinds of Occupied."""
    if at.source.connector_id == 0 and value in ("Occupied", "Reserved"):
        return at.approximated(value, "Available")
    if value == "Occupied":
        memory = at.run.memory
        known = memory and memory.occupied_as(at.source.connector_id)
        return at.approximated(value, known or at.run.policy.occupied_as)
    return _known(value, at, "Available Faulted Unavailable Reserved")


def _known(value: Any, at: At, tokens: str) -> Any:
    if value not in tokens.split():
        raise at.unfit(value)
    return value


#: Characters of a configuration key and of its value in 1.6.
_KEY, _VALUE = 50, 500


def _flattened(groups: Any, at: At) -> Any:
    """1.5 has groups of meter values, 1.6 has them in one row."""
    values = [value for group in groups for value in group.values or ()]
    target = at.run.way.value_class("MeterValue")
    plan = at.run.way.plan
    made: list[Any] = []
    for number_, group in enumerate(groups):
        for index, value in enumerate(group.values or ()):
            place = (((at.place, number_, ""), "values", ""), index, len(made))
            made.append(plan(type(value), target)(value, at.run, place))
    if len(groups) > 1:
        at.run.approximated(at.place, groups, made, LossReason.MERGED)
    return made if values or groups else []


def _one_group(values: Any, at: At) -> Any:
    made: list[Any] = []
    for number_, value in enumerate(values):
        place = (((at.place, number_, 0), "", "values"), "", len(made))
        one = at.run.fitting(value, "MeterValue", place)
        made += [] if one is None else [one]
    if values and not made:
        raise at.unfit(values)
    return [at.run.way.value_class("TransactionData")(values=made)] if values else []


def _sample(sample: Any, at: At, source: int, target: int) -> Any:
    return at.run.fitting(sample, "SampledValue", (at.place, source, target))


def _temperature(value: Any, at: At) -> Any:
    """The same temperature in degrees Celsius."""
    unit = at.source.unit
    if unit not in ("Fahrenheit", "K") or at.source.format == "SignedData":
        return value
    degrees = number(value)
    if degrees is None:
        raise at.unfit(value)
    celsius = degrees - Decimal("273.15") if unit == "K" else (degrees - 32) * 5 / 9
    text = number_text(rounded(celsius, Decimal("0.01"), ROUND_HALF_EVEN))
    return at.approximated(value, text, LossReason.UNIT_CONVERTED)


def _context(value: Any, at: At) -> Any:
    """The default says it: what is neither is taken for periodic."""
    if value in ("Other", "Trigger"):
        return at.approximated(value, None)
    return value


def _all_unknown(request: Request[Any], run: Run, why: Unfit | None) -> Any:
    asked: Any = request
    return respond(request, unknown_key=list(asked.key or ()))


def _long_keys(members: dict[str, Any], at: At) -> None:
    """Keys that 1.6 could not be asked for are not known there."""
    request: Any = at.run.request
    long = [key for key in (request.key or () if request is not None else ()) if len(key) > _KEY]
    if long:
        members["unknown_key"] = [*(members.get("unknown_key") or ()), *long]
        at.run.made((at.place, "", "unknownKey"), long, LossReason.FROM_REQUEST)


# Fields

PAIRS = (
    Pair("BootNotificationResponse", field("heartbeatInterval", "interval")),
    Pair("GetConfigurationRequest", field("key", lenient="up", vital=True)),
    Pair("GetConfigurationResponse", down=_long_keys),
    Pair("GetDiagnosticsResponse", field("fileName", up=cut(255))),
    Pair("KeyValue", field("value", up=cut_list(_VALUE))),
    Pair(
        "MeterValuesRequest",
        field("values", "meterValue", fill_up=Fill(lambda at: [], reason=None), vital=True),
    ),
    Pair("MeterValue", field("value", "sampledValue", down=by_phase(_sample))),
    Pair(
        "SampledValue",
        field("value", down=_temperature),
        field("context", down=_context),
        field("measurand", vital=True),
        field("location", vital=True),
        field("unit", vital=True),
        newer("phase", down=ignore),  # settled for the samples of a moment together
    ),
    Pair(
        "StopTransactionRequest",
        field("transactionData", up=_flattened, down=_one_group),
        newer("reason"),
    ),
    # 1.6 tells a station without smart charging to ignore it.
    Pair("RemoteStartTransactionRequest", newer("chargingProfile", down=drop_comfort)),
    Pair(
        "SendLocalListRequest",
        field("localAuthorisationList", "localAuthorizationList"),
        older("hash", up=drop_comfort),
    ),
    Pair("SendLocalListResponse", older("hash")),
    Pair("StatusNotificationRequest", field("status", up=_status)),
    # The emulated ones
    Pair("GetDiagnosticsRequest GetLogRequest", *jobs.REQUEST),
    Pair("GetDiagnosticsResponse GetLogResponse", *jobs.response(up=cut(255))),
    Pair("DiagnosticsStatusNotificationRequest LogStatusNotificationRequest", newer("requestId")),
    Pair("FirmwareStatusNotificationRequest SignedFirmwareStatusNotificationRequest", newer("requestId")),
)

STEP = Step(
    older=Version.V1_5,
    newer=Version.V1_6,
    pairs=PAIRS,
    tokens=TOKENS,
    actions=[
        action("GetConfiguration", refusal_up=_all_unknown),
        action("GetDiagnostics"),
        action("DiagnosticsStatusNotification"),
        action("FirmwareStatusNotification"),
        Action(older="GetDiagnostics", newer="GetLog", refusal_down=REJECTED),
        Action(older="DiagnosticsStatusNotification", newer="LogStatusNotification"),
        Action(older="FirmwareStatusNotification", newer="SignedFirmwareStatusNotification"),
        *only_newer("SetChargingProfile", status("NotSupported")),
        *only_newer("ClearChargingProfile", status("Unknown")),
        *only_newer("GetCompositeSchedule", REJECTED),
        *only_newer("TriggerMessage ExtendedTriggerMessage", status("NotImplemented")),
        *only_newer("CertificateSigned InstallCertificate SignedUpdateFirmware SignCertificate", REJECTED),
        *only_newer("DeleteCertificate GetInstalledCertificateIds", status("NotFound")),
        *only_newer("SecurityEventNotification", empty),
    ],
)

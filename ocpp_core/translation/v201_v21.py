"""OCPP 2.0.1 and 2.1. The newer version keeps every message and adds to it, so the way up loses nothing.

Three closed enums became strings, numbers got lower bounds, and one field is new and required. Down, what 2.1 added is
left out; a command that would have a wider effect without it is refused.
"""

from typing import Any

from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.messages import Request
from ocpp_core.model.specifications import specification
from ocpp_core.model.versions import Version
from ocpp_core.translation.certificates import failed_if_long, nothing_if_long
from ocpp_core.translation.items import Items
from ocpp_core.translation.losses import LossReason
from ocpp_core.translation.repeats import without_repeats
from ocpp_core.translation.rules import (
    NOT_SUPPORTED,
    RECEIVED_AT,
    REJECTED,
    Near,
    Pair,
    Tokens,
    action,
    default,
    drop_comfort,
    empty,
    field,
    made,
    monitor_type,
    near,
    newer,
    newer_ones,
    none,
    only_newer,
    refuse,
    respond,
    silence,
    status,
)
from ocpp_core.translation.runs import At, Run, Unfit
from ocpp_core.translation.steps import Step

# Tokens

_OTHER_MEASURANDS = """
    Current.Export.Offered Current.Export.Minimum Current.Import.Minimum Display.MinimumSOC Display.TargetSOC
    Display.MaximumSOC Display.RemainingTimeToMinimumSOC Display.RemainingTimeToTargetSOC
    Display.RemainingTimeToMaximumSOC Display.ChargingComplete Display.BatteryEnergyCapacity Display.InletHot
    Energy.Active.Import.CableLoss Energy.Active.Import.LocalGeneration.Register Energy.Active.Setpoint.Interval
    EnergyRequest.Target EnergyRequest.Minimum EnergyRequest.Maximum EnergyRequest.Minimum.V2X
    EnergyRequest.Maximum.V2X EnergyRequest.Bulk Power.Active.Setpoint Power.Active.Residual Power.Export.Minimum
    Power.Export.Offered Power.Import.Minimum Voltage.Minimum Voltage.Maximum
"""

TOKENS = (
    # string[20] in 2.1. The vehicle's communication controller is known by its MAC address.
    Tokens(
        "IdTokenEnum",
        down={**near("DirectPayment VIN", "Central"), **near("EVCCID", "MacAddress")},
        other=Near("Central"),
    ),
    Tokens("ChargingLimitSource", other=Near("Other")),
    Tokens("Connector"),  # any other string is refused
    Tokens("MessageFormat", down=near("QRCODE", "URI")),
    Tokens("CertificateSigningUse", down=none("V2G20Certificate")),
    Tokens("ChargingProfilePurpose", down=none("PriorityCharging LocalGeneration")),
    Tokens("ClearMessageStatus", down=near("Rejected", "Unknown")),
    Tokens("MessageState", down=none("Suspended Discharging")),
    Tokens("GetCertificateIdUse", down=none("OEMRootCertificate")),
    Tokens("Log", down=none("DataCollectorLog")),
    Tokens("InstallCertificateUse", down=none("OEMRootCertificate")),
    Tokens("Location", down=none("Upstream")),
    Tokens(
        "Measurand",
        down={
            **none(_OTHER_MEASURANDS),
            "Current.Import.Offered": "Current.Offered",
            "Power.Import.Offered": "Power.Offered",
            **near("Display.PresentSOC", "SoC"),
        },
    ),
    Tokens(
        "EnergyTransferMode",
        down={
            **near("AC_BPT AC_BPT_DER AC_DER", "AC_three_phase"),
            **near("DC_BPT DC_ACDP DC_ACDP_BPT", "DC"),
            **none("WPT"),
        },
    ),
    Tokens("NotifyEVChargingNeedsStatus", down=near("NoChargingProfile", "Rejected")),
    Tokens("Monitor", down=none("TargetDelta TargetDeltaRelative")),
    Tokens("ChargingProfileKind", down=none("Dynamic")),
    Tokens("ReservationUpdateStatus", down=near("NoTransaction", "Removed")),
    # Immediate would end the transactions that this one resumes.
    Tokens("Reset", down=none("ImmediateAndResume")),
    Tokens("DisplayMessageStatus", down=near("LanguageNotSupported", "Rejected")),
    Tokens("OCPPInterface", down=none("Any")),
    # Both versions ignore the field: the handshake decides.
    Tokens("OCPPVersion", down=near("OCPP201 OCPP21", "OCPP20")),
    Tokens("Reason", down=near("ReqEnergyTransferRejected", "Other")),
    Tokens(
        "TriggerReason",
        down={
            **near("CostLimitReached SoCLimitReached", "EnergyLimitReached"),
            **near("LimitSet TariffChanged", "ChargingRateChanged"),
            **near("OperationModeChanged TxResumed", "ChargingStateChanged"),
            **near("RunningCost", "MeterValuePeriodic"),
            **near("TariffNotAccepted", "AbnormalCondition"),
        },
    ),
    Tokens("MessageTrigger", down=none("SignV2G20Certificate CustomTrigger")),
)

# Conversions

#: Text that 2.0.1 holds in the field of the same name.
_EXI, _OCSP, _VALUE = 5600, 5500, 1000


def _evse_or_any(value: Any, at: At) -> Any:
    """2.1 begins to count at 1, and 0 was nobody's EVSE."""
    if value == 0:
        return at.approximated(value, None, LossReason.OUT_OF_RANGE)
    if value < 0:
        raise at.unfit(value, LossReason.OUT_OF_RANGE, error=ErrorCode.PROPERTY_CONSTRAINT)
    return value


def _only(known: str, refusal: str) -> Any:
    """These tokens and no other; a command that has another is refused with this status."""

    def convert(value: Any, at: At) -> Any:
        if value not in known.split():
            raise at.unfit(value, status=refusal)
        return value

    return convert


def _smallest_limit(value: Any, at: At) -> Any:
    """2.0.1 has one limit for all phases; a limit is never raised."""
    period = at.source
    least = min(one for one in (value, period.limit_l2, period.limit_l3) if one is not None)
    return value if least == value else at.approximated(value, least, LossReason.MERGED)


def _merged(value: Any, at: At) -> None:
    at.dropped(value, LossReason.MERGED)


def _no_limit(at: At) -> Any:
    raise at.unfit(None, LossReason.NO_COUNTERPART, code="UnsupportedParam")


def _charging_only(value: Any, at: At) -> None:
    if value != "ChargingOnly":
        raise at.unfit(value, code="UnsupportedParam")
    at.dropped(value)


def _not_local_time(value: Any, at: At) -> None:
    if value:
        raise at.unfit(value, code="UnsupportedParam")
    at.dropped(value)


def _known_sources(value: Any, at: At) -> Any:
    """2.0.1 has no profiles of another source, so who asks for these too misses nothing."""
    known = [one for one in value if one in ("EMS", "Other", "SO", "CSO")]
    if not known:
        raise at.unfit(value, status="NoProfiles")
    return known if known == value else at.approximated(value, known, LossReason.NO_COUNTERPART)


# Commands with several items

_MONITORS = Items(
    "set_monitoring_data",
    "set_monitoring_result",
    ("type", "severity", "component", "variable"),
    lambda item: (
        {"status": "UnsupportedMonitorType"}
        if item.periodic_event_stream is not None or item.type in ("TargetDelta", "TargetDeltaRelative")
        else None
    ),
)
_VARIABLES = Items(
    "set_variable_data",
    "set_variable_result",
    ("attribute_type", "component", "variable"),
    lambda item: (
        {"attribute_status": "Rejected", "attribute_status_info": "TooLargeElement"}
        if isinstance(item.attribute_value, str) and len(item.attribute_value) > _VALUE
        else None
    ),
)

# Fields

PAIRS = (
    Pair("AuthorizeResponse", newer("allowedEnergyTransfer"), newer("tariff")),
    Pair("CertificateSignedRequest", newer("requestId")),
    Pair(
        "Get15118EVCertificateRequest",
        newer("maximumContractCertificateChains"),
        newer("prioritizedEMAIDs"),
    ),
    Pair(
        "Get15118EVCertificateResponse",
        field("status", down=failed_if_long("exi_response", _EXI)),
        field("exiResponse", down=nothing_if_long(_EXI)),
        newer("remainingContracts"),
    ),
    Pair("GetCertificateStatusResponse", field("status", down=failed_if_long("ocsp_result", _OCSP))),
    Pair("GetInstalledCertificateIdsRequest", field("certificateType", lenient="down", vital=True)),
    Pair("NotifyEVChargingNeedsRequest", newer("timestamp")),
    Pair(
        "NotifyEVChargingScheduleRequest",
        newer("selectedChargingScheduleId"),
        newer("powerToleranceAcceptance"),
    ),
    Pair("RequestStartTransactionRequest", field("evseId", up=_evse_or_any)),
    # Without its type it would be a request for another certificate.
    Pair(
        "SignCertificateRequest",
        field("certificateType", vital=True),
        newer("hashRootCertificate"),
        newer("requestId"),
    ),
    Pair("SetVariableMonitoringRequest", field("setMonitoringData", alone_down=_MONITORS.is_refused)),
    Pair("SetVariableMonitoringResponse", up=_MONITORS.complete),
    Pair("SetVariablesRequest", field("setVariableData", alone_down=_VARIABLES.is_refused)),
    Pair("SetVariablesResponse", up=_VARIABLES.complete),
    Pair(
        "TransactionEventRequest",
        newer("costDetails"),
        newer("preconditioningStatus"),
        newer("evseSleep"),
    ),
    Pair("TransactionEventResponse", newer("transactionLimit"), newer("updatedPersonalMessageExtra")),
    Pair("TriggerMessageRequest", newer("customTrigger")),
    Pair("SendLocalListRequest", field("localAuthorizationList", lenient="down", vital=True)),
    # No alias stands for a token that is too long: a reader of cards cannot produce it.
    Pair(
        "AuthorizationData",
        field("idToken.idToken", keep=True),
        field("idToken.type"),
        field("idToken.additionalInfo"),
    ),
    # How a greeting is shown is comfort: no list is refused for it.
    Pair("IdTokenInfo", field("personalMessage", lenient="down")),
    Pair(
        "MessageContent",
        field("format", command_down=_only("ASCII HTML URI UTF8", "NotSupportedMessageFormat")),
    ),
    Pair(
        "MessageInfo",
        field("state", command_down=_only("Charging Faulted Idle Unavailable", "NotSupportedState")),
        newer("messageExtra", command=drop_comfort),
    ),
    Pair("ChargingProfileCriterion", field("chargingLimitSource", down=_known_sources)),
    Pair(
        "ChargingSchedulePeriod",
        field("limit", down=_smallest_limit, fill_down=made(_no_limit, LossReason.REQUIRED)),
        newer("limit_L2", down=_merged),
        newer("limit_L3", down=_merged),
        newer("operationMode", down=_charging_only),
        *newer_ones("""
            dischargeLimit dischargeLimit_L2 dischargeLimit_L3 setpoint setpoint_L2 setpoint_L3 setpointReactive
            setpointReactive_L2 setpointReactive_L3 preconditioningRequest evseSleep v2xBaseline v2xFreqWattCurve
            v2xSignalWattCurve
            """),
    ),
    Pair(
        "ChargingSchedule",
        field("chargingSchedulePeriod", whole=True),
        newer("limitAtSoC", command=refuse()),
        newer("useLocalTime", command=_not_local_time),
        *newer_ones("""
            powerTolerance signatureId digestValue randomizedDelay absolutePriceSchedule priceLevelSchedule
            """),
    ),
    Pair(
        "ChargingProfile",
        newer("maxOfflineDuration", command=drop_comfort),
        newer("invalidAfterOfflineDuration", command=drop_comfort),
        newer("dynUpdateInterval", command=drop_comfort),
        newer("dynUpdateTime", command=drop_comfort),
        newer("priceScheduleSignature", command=drop_comfort),
    ),
    Pair("CompositeSchedule", field("chargingSchedulePeriod", whole=True)),
    Pair("MeterValue", field("sampledValue", down=without_repeats("Measurand"))),
    Pair("SampledValue", field("measurand", vital=True), field("location", vital=True)),
    Pair(
        "SignedMeterValue",
        field("signingMethod", fill_down=default("")),
        field("publicKey", fill_down=default("")),
    ),
    Pair("ChargingLimit", newer("isLocalGeneration")),
    Pair(
        "ChargingNeeds",
        *newer_ones("""
            derChargingParameters evEnergyOffer v2xChargingParameters availableEnergyTransfer controlMode
            mobilityNeedsMode
            """),
    ),
    Pair("EventData", newer("severity")),
    # Who has set a monitor, only a session knows.
    Pair(
        "VariableMonitoring",
        newer(
            "eventNotificationType",
            fill=made(lambda at: monitor_type(at.source.id, at), LossReason.GUESSED),
        ),
    ),
    Pair("VariableCharacteristics", newer("maxElements")),
    Pair(
        "NetworkConnectionProfile",
        field("ocppVersion", fill_down=default("OCPP20")),
        newer("identity", down=refuse()),
        newer("basicAuthPassword", down=refuse()),
    ),
    Pair("SetMonitoringData", newer("periodicEventStream", down=refuse())),
    Pair("Transaction", newer("operationMode"), newer("tariffId"), newer("transactionLimit")),
)

# Actions


def _no_certificate_status(request: Request[Any], run: Run, why: Unfit | None) -> Any:
    asked: Any = request
    known = specification(Version.V2_1)
    status_of, failed = known.load("CertificateStatus"), known.load("CertificateStatusEnum").FAILED
    found = [
        status_of(
            certificate_hash_data=one.certificate_hash_data,
            source=one.source,
            status=failed,
            next_update=RECEIVED_AT.make(At(run, None, request)),
        )
        for one in asked.certificate_status_requests
    ]
    return respond(request, certificate_status=found)


def _no_tariffs(request: Request[Any], run: Run, why: Unfit | None) -> Any:
    asked: Any = request
    known = specification(Version.V2_1)
    result, nothing = known.load("ClearTariffsResult"), known.load("TariffClearStatus").NO_TARIFF
    results = [result(tariff_id=one, status=nothing) for one in asked.tariff_ids or [None]]
    return respond(request, clear_tariffs_result=results)


STEP = Step(
    older=Version.V2_0_1,
    newer=Version.V2_1,
    pairs=PAIRS,
    tokens=TOKENS,
    actions=[
        action("ClearChargingProfile", refusal=status("Unknown")),
        action("Get15118EVCertificate", refusal=status("Failed", exi_response="")),
        action("GetCertificateStatus", refusal=status("Failed")),
        action("GetChargingProfiles", refusal=status("NoProfiles")),
        action("GetDisplayMessages", refusal=status("Unknown")),
        action("GetInstalledCertificateIds", refusal=status("NotFound")),
        action("ReserveNow", refusal=status("Rejected", "UnknownConnectorType")),
        action("SetChargingProfile", refusal=status("Rejected", "InvalidProfile")),
        action("SetVariableMonitoring", refusal_down=_MONITORS.answer),
        action("SetVariables", refusal_down=_VARIABLES.answer),
        action("TriggerMessage", refusal=status("NotImplemented")),
        # By the station.
        *only_newer("BatterySwap NotifySettlement", NOT_SUPPORTED),
        *only_newer(
            "ClosePeriodicEventStream NotifyDERAlarm NotifyDERStartStop NotifyPriorityCharging ReportDERControl",
            empty,
        ),
        *only_newer("GetCertificateChainStatus", _no_certificate_status),
        *only_newer("NotifyPeriodicEventStream", silence),
        *only_newer("OpenPeriodicEventStream PullDynamicScheduleUpdate", REJECTED),
        *only_newer("VatNumberValidation", status("Rejected", vat_number=lambda request: request.vat_number)),
        # By the CSMS.
        *only_newer("AFRRSignal AdjustPeriodicEventStream ChangeTransactionTariff", REJECTED),
        *only_newer("NotifyAllowedEnergyTransfer RequestBatterySwap SetDefaultTariff", REJECTED),
        *only_newer("UpdateDynamicSchedule UsePriorityCharging", REJECTED),
        *only_newer("ClearDERControl GetDERControl SetDERControl", status("NotSupported")),
        *only_newer("ClearTariffs", _no_tariffs),
        *only_newer("GetPeriodicEventStream", empty),
        *only_newer("GetTariffs", status("NoTariff")),
        *only_newer("NotifyWebPaymentStarted", NOT_SUPPORTED),
    ],
)

"""OCPP 2.0 and 2.0.1. The differences are complete: they were computed from both sets of schemas.

2.0 allows extra members everywhere, and has no customData: down, customData is an extra member, and up it comes back.
"""

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from ocpp_core.model.messages import evolve
from ocpp_core.model.versions import Version
from ocpp_core.translation import certificates
from ocpp_core.translation.leaves import whole_number
from ocpp_core.translation.losses import LossKind, LossReason
from ocpp_core.translation.places import STATION_OR_EVSE, first_connector_only
from ocpp_core.translation.rules import (
    NEW_ID,
    REJECTED,
    Action,
    Fill,
    Pair,
    Written,
    action,
    asked,
    default,
    drop_comfort,
    field,
    ignore,
    implied,
    made,
    monitor_type,
    newer,
    older,
    older_ones,
    only_older,
    refuse,
    status,
)
from ocpp_core.translation.runs import At, Outcome, Run
from ocpp_core.translation.schedules import NO_PERIODS, SCHEDULE_ID, composite_start, schedule_of
from ocpp_core.translation.statuses import explained, restored, unless_restored
from ocpp_core.translation.steps import Step
from ocpp_core.translation.texts import cut, cut_list
from ocpp_core.translation.v20_v201_tokens import CERTIFICATE_REFUSALS, TOKENS

#: Characters of a certificate in 2.0, of a chain in 2.0.1, of an EXI answer in 2.0, of a value in 2.0.
_CERTIFICATE, _CHAIN, _EXI, _VALUE = 800, 10000, 5500, 1000

# Conversions


def _evse_list_up(members: dict[str, Any], at: At) -> None:
    """2.0.1 has the EVSEs of a token with the other facts about it."""
    if at.source.evse_id:
        members["id_token_info"] = evolve(members["id_token_info"], evse_id=list(at.source.evse_id))


def _without_evse_list(value: Any, at: At) -> Any:
    way = at.run.way
    plan = way.plan(type(value), way.value_class("IdTokenInfo"))
    return plan(evolve(value, evse_id=None), at.run, at.place)


def _evse_list(at: At) -> Any:
    return at.source.id_token_info.evse_id


def _reserved_connector(value: Any, at: At) -> None:
    """2.0.1 reserves an EVSE, whichever of its connectors is used."""
    at.dropped(value, LossReason.COLLAPSED)


def _no_evse(at: At) -> Any:
    raise at.unfit(None, LossReason.REQUIRED, code="UnsupportedParam")


def _all_variables(at: At) -> Any:
    raise at.unfit(None, LossReason.REQUIRED, status="NotSupported")


def _reason_restored(value: Any, at: At) -> Any:
    """2.0 has a reason that 2.0.1 says with what triggered the event."""
    way = at.run.way
    transaction = way.plan(type(value), way.value_class("Transaction"))(value, at.run, at.place)
    if at.source.trigger_reason == "UnlockCommand" and transaction.stopped_reason == "Remote":
        return evolve(transaction, stopped_reason=way.value_class("Reason")("UnlockCommand"))
    return transaction


def _nearest(value: Any, at: At) -> Any:
    return whole_number(value, at.run, at.place, ROUND_HALF_EVEN)


def _monitor(at: At) -> Any:
    event = at.source.variable_monitoring_event
    return None if event is None else event.id


def _known_monitor(at: At) -> Any:
    number = at.source.variable_monitoring_id
    return None if number is None or at.run.memory is None else at.run.memory.monitor(number)


def _monitor_id(value: Any, at: At) -> None:
    """2.0 has no place for the id without the rest of the monitor, which only a session may know."""
    if _known_monitor(at) is None:
        at.dropped(value)


def _monitor_restored(members: dict[str, Any], at: At) -> None:
    known = _known_monitor(at)
    if known is None:
        return
    cls = at.run.way.value_class("VariableMonitoring")
    kind = at.run.way.value_class("Monitor")
    rest = {**known, "value": Decimal(known["value"]), "type": kind(known["type"])}
    rest.pop("order")
    members["variable_monitoring_event"] = cls(id=at.source.variable_monitoring_id, **rest)
    for name, value in rest.items():
        at.run.made((at.place, "", f"variableMonitoringEvent.{name}"), value, LossReason.REMEMBERED)


def _notification_type(at: At) -> str:
    event = at.source.variable_monitoring_event
    return "HardWiredNotification" if event is None else monitor_type(event.id, at)


def _security_profile(at: At) -> int:
    return 2 if at.source.ocpp_csms_url.lower().startswith("wss:") else 1


def _chain_of_nothing(at: At) -> Any:
    return at.run.way.value_class("CertificateChain")(certificate="")


# Statuses of which 2.0.1 says the reason beside them

_VARIABLE_REASONS = {"InvalidValue": "InvalidValue", "OutOfRange": "ValueOutOfRange"}
_MONITOR_REASONS = {"OutOfRange": "ValueOutOfRange"}


def _refusal_explained(members: dict[str, Any], at: At) -> None:
    """The reason of 2.0 for a refusal, which has no token in 2.0.1."""
    if at.source.status != "Accepted":
        info = at.run.way.value_class("StatusInfo")
        members["status_info"] = info(reason_code="Unspecified", additional_info=str(at.source.status))
        at.run.made((at.place, "", "statusInfo"), str(at.source.status), LossReason.SPLIT)


def _refusal_restored(value: Any, at: At) -> Any:
    info = at.source.status_info
    if value == "Accepted":
        return value
    if info is not None and info.additional_info in CERTIFICATE_REFUSALS:
        return at.approximated(value, info.additional_info)
    return at.approximated(value, "CertChainError")


# Requests by hand


def _ev_certificate(view: Any, run: Run, direction: Any) -> Outcome:
    """2.0 has an action for each of what 2.0.1 calls Install and Update."""
    name = "Update15118EVCertificate" if view.action == "Update" else "Get15118EVCertificate"
    return Outcome((direction.carried(view.carried(), run, name),))


_EV_CERTIFICATE = (field("15118SchemaVersion", "iso15118SchemaVersion"),)
_START, _start_is_said = composite_start("schedule.charging_schedule")
_FALSE = default(False)
_ZERO = default(0)
#: Of the request that is reported on, if it had one.
_OPEN_REQUEST = made(lambda at: 0, LossReason.GUESSED)

#: The types of installed certificates that 2.0 has, by those of 2.0.1.
_TYPES = {
    "V2GRootCertificate": "V2GRootCertficate",
    "MORootCertificate": "MORootCertificate",
    "CSMSRootCertificate": "CSMSRootCertificate",
    "ManufacturerRootCertificate": "ManufacturerRootCertificate",
}
_TYPES_UP = {
    **{old: new for new, old in _TYPES.items()},
    "CSOSubCA1": "V2GCertificateChain",
    "CSOSubCA2": "V2GCertificateChain",
}

_SCHEDULE = (
    newer("id", fill=SCHEDULE_ID),
    field("chargingSchedulePeriod", fill_up=NO_PERIODS, whole=True),
    newer("salesTariff", command=drop_comfort),
)

# Fields

PAIRS = (
    Pair(
        "AuthorizeRequest",
        field("15118CertificateHashData", "iso15118CertificateHashData"),
        older("evseId"),
        newer("certificate"),
    ),
    Pair(
        "AuthorizeResponse",
        field("idTokenInfo", down=_without_evse_list),
        older("evseId", up=ignore, fill=Fill(_evse_list, reason=None)),
        up=_evse_list_up,
    ),
    Pair(
        "CertificateSignedRequest",
        field(
            "cert",
            "certificateChain",
            up=certificates.chain_as_pem(_CHAIN),
            down=certificates.chain_as_hex(_CERTIFICATE),
        ),
        field("typeOfCertificate", "certificateType"),
    ),
    Pair("SignCertificateRequest", field("typeOfCertificate", "certificateType", vital=True)),
    Pair(
        "ChangeAvailabilityRequest",
        field("evseId", "evse.id", **STATION_OR_EVSE),
        newer("evse.connectorId", down=first_connector_only()),
    ),
    Pair(
        "ClearChargingProfileRequest",
        field("evseId", "chargingProfileCriteria.evseId"),
        field("chargingProfile.id", "chargingProfileId"),
        field("chargingProfile.chargingProfilePurpose", "chargingProfileCriteria.chargingProfilePurpose"),
        field("chargingProfile.stackLevel", "chargingProfileCriteria.stackLevel"),
    ),
    Pair("FirmwareStatusNotificationRequest", field("requestId", fill_down=_ZERO)),
    Pair("LogStatusNotificationRequest", field("requestId", fill_down=_ZERO)),
    Pair(
        "Get15118EVCertificateRequest",
        *_EV_CERTIFICATE,
        newer("action", down=ignore, fill=implied("Install")),
    ),
    Pair(
        "Update15118EVCertificateRequest Get15118EVCertificateRequest",
        *_EV_CERTIFICATE,
        newer("action", down=ignore, fill=implied("Update")),
    ),
    Pair(
        "Get15118EVCertificateResponse",
        older("saProvisioningCertificateChain", fill=Fill(_chain_of_nothing, LossKind.DEFAULTED)),
        older("contractSignatureCertificateChain", fill=Fill(_chain_of_nothing, LossKind.DEFAULTED)),
        field("status", down=certificates.failed_if_long("exi_response", _EXI)),
        field("exiResponse", down=certificates.nothing_if_long(_EXI)),
    ),
    Pair(
        "Update15118EVCertificateResponse Get15118EVCertificateResponse",
        field("status", down=certificates.failed_if_long("exi_response", _EXI)),
        field("exiResponse", down=certificates.nothing_if_long(_EXI), fill_up=default("")),
    ),
    Pair("GetChargingProfilesRequest", field("requestId", fill_up=NEW_ID)),
    Pair("GetMonitoringReportRequest", field("requestId", fill_up=NEW_ID)),
    Pair("GetReportRequest", field("requestId", fill_up=NEW_ID)),
    Pair(
        "GetCompositeScheduleResponse",
        field("evseId", "schedule.evseId", fill_down=asked("evse_id")),
        field("schedule.startDateTime", "schedule.scheduleStart", fill_up=_START),
        field("schedule.chargingSchedule.duration", "schedule.duration", fill_up=asked("duration")),
        field("schedule.chargingSchedule.chargingRateUnit", "schedule.chargingRateUnit"),
        field(
            "schedule.chargingSchedule.chargingSchedulePeriod", "schedule.chargingSchedulePeriod", whole=True
        ),
        older("schedule.chargingSchedule.startSchedule", up=_start_is_said),
        older("schedule.chargingSchedule.minChargingRate"),
    ),
    Pair("GetInstalledCertificateIdsRequest", field("typeOfCertificate", "certificateType")),
    Pair(
        "GetInstalledCertificateIdsResponse",
        field(
            "certificateHashData",
            "certificateHashDataChain",
            up=certificates.hashes_up("type_of_certificate", _TYPES_UP),
            down=certificates.hashes_down("type_of_certificate", _TYPES_UP),
        ),
    ),
    Pair(
        "InstallCertificateRequest",
        field("certificate", up=certificates.as_pem, down=certificates.as_hex(_CERTIFICATE)),
    ),
    Pair(
        "InstallCertificateResponse",
        field("status", down=_refusal_restored),
        up=_refusal_explained,
    ),
    Pair(
        "NotifyCustomerInformationRequest",
        field("requestId", fill_up=_OPEN_REQUEST),
        field("tbc", fill_down=_FALSE),
    ),
    Pair("NotifyDisplayMessagesRequest", field("tbc", fill_down=_FALSE)),
    Pair("NotifyEventRequest", field("tbc", fill_down=_FALSE)),
    Pair(
        "NotifyMonitoringReportRequest",
        field("requestId", fill_up=_OPEN_REQUEST),
        field("tbc", fill_down=_FALSE),
    ),
    Pair(
        "NotifyReportRequest",
        field("requestId", fill_up=_OPEN_REQUEST),
        field("tbc", fill_down=_FALSE),
    ),
    Pair("ReportChargingProfilesRequest", field("requestId", fill_up=_OPEN_REQUEST)),
    Pair(
        "PublishFirmwareRequest",
        newer("requestId", fill=NEW_ID),
        newer("retryInterval", down=drop_comfort),
    ),
    Pair("PublishFirmwareStatusNotificationRequest", newer("requestId")),
    Pair("RequestStartTransactionRequest", newer("groupIdToken", down=drop_comfort)),
    Pair(
        "ReserveNowRequest",
        field("reservation.id", "id"),
        field("reservation.expiryDateTime", "expiryDateTime"),
        field("reservation.evse.id", "evseId", fill_down=made(_no_evse, LossReason.REQUIRED)),
        older("reservation.evse.connectorId", up=_reserved_connector),
        field("reservation.connectorCode", "connectorType"),
    ),
    # A reset of the whole station would be wider.
    Pair("ResetRequest", newer("evseId", down=refuse())),
    Pair("SecurityEventNotificationRequest", newer("techInfo")),
    Pair("TransactionEventRequest", field("transactionData", "transactionInfo", down=_reason_restored)),
    Pair("Transaction", field("id", "transactionId")),
    Pair("OCSPRequestData", field("serialNumber", keep=True), field("responderURL", fill_up=default(""))),
    Pair("CertificateHashData", field("serialNumber", keep=True)),
    Pair("IdTokenInfo", newer("evseId")),
    Pair("GroupIdToken IdToken", newer("additionalInfo")),
    Pair("ChargingProfile", older("primary"), field("chargingSchedule", up=schedule_of("id"))),
    Pair("ChargingSchedule", *_SCHEDULE),
    Pair("ChargingScheduleWithOptionalPeriods ChargingSchedule", *_SCHEDULE),
    Pair("ComponentVariable", field("variable", fill_down=made(_all_variables, LossReason.REQUIRED))),
    Pair("GetVariableResult", newer("attributeStatusInfo"), field("attributeValue", down=cut_list(_VALUE))),
    Pair(
        "SetVariableResult",
        field("attributeStatus", down=restored("attribute_status_info", _VARIABLE_REASONS)),
        newer("attributeStatusInfo", down=unless_restored("attribute_status", _VARIABLE_REASONS)),
        up=explained(
            "attribute_status", _VARIABLE_REASONS, info="attribute_status_info", wire="attributeStatusInfo"
        ),
    ),
    Pair(
        "SetMonitoringResult",
        field("status", down=restored("status_info", _MONITOR_REASONS)),
        newer("statusInfo", down=unless_restored("status", _MONITOR_REASONS)),
        up=explained("status", _MONITOR_REASONS),
    ),
    # The field held the signed data.
    Pair(
        "SignedMeterValue",
        field("meterValueSignature", "signedMeterData"),
        field("signatureMethod", "signingMethod"),
        older("encodedMeterValue", fill=default("")),
        newer("publicKey", fill=default("")),
    ),
    Pair("Cost", field("amount", up=_nearest)),
    Pair(
        "EventData",
        older("variableMonitoringEvent.id", up=ignore),
        *older_ones(
            """
            variableMonitoringEvent.value variableMonitoringEvent.type variableMonitoringEvent.severity
            variableMonitoringEvent.transaction
            """
        ),
        newer("variableMonitoringId", fill=Fill(_monitor, reason=None), down=_monitor_id),
        newer("eventNotificationType", fill=made(_notification_type, LossReason.GUESSED)),
        newer("transactionId"),
        field("cleared", fill_down=_FALSE),
        field("actualValue", down=cut(_VALUE)),
        down=_monitor_restored,
    ),
    Pair(
        "VariableAttribute",
        field("persistence", "persistent", fill_down=_FALSE),
        field("constant", fill_down=_FALSE),
        field("value", down=cut(_VALUE), fill_down=default("")),
    ),
    Pair(
        "NetworkConnectionProfile", newer("securityProfile", fill=made(_security_profile, LossReason.GUESSED))
    ),
    Pair(
        "Firmware",
        field("signingCertificate", up=certificates.as_pem, down=certificates.as_hex(_CERTIFICATE)),
    ),
)

STEP = Step(
    older=Version.V2_0,
    newer=Version.V2_0_1,
    pairs=PAIRS,
    tokens=TOKENS,
    actions=[
        action(
            "Get15118EVCertificate",
            down=Written(_ev_certificate),
            refusal_down=status("Failed", exi_response=""),
        ),
        Action(older="Update15118EVCertificate", newer="Get15118EVCertificate", refusal_up=status("Failed")),
        *only_older("NotifyCentralChargingNeeds Renegotiate15118Schedule", REJECTED),
        action("ClearChargingProfile", refusal=status("Unknown")),
        action("DeleteCertificate", refusal=status("NotFound")),
        action("GetCertificateStatus", refusal_up=status("Rejected"), refusal_down=status("Failed")),
        action(
            "GetInstalledCertificateIds",
            down=Written(
                certificates.one_type_at_a_time(
                    "type_of_certificate", "GetCertificateIdUse", _TYPES, needs_extension=False
                )
            ),
            refusal=status("NotFound"),
            merge=certificates.lists_merged,
        ),
        action("InstallCertificate", refusal_up=status("CertChainError"), refusal_down=REJECTED),
        action("SetChargingProfile", refusal=status("Rejected", "InvalidProfile")),
        action("TriggerMessage", refusal=status("NotImplemented")),
    ],
)

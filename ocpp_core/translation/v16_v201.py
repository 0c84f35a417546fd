"""OCPP 1.6 and 2.0.1, without what needs memory: transactions, configuration, events.

Beside it: `v16_v201_tokens`, `places` (connectors and tokens), `v16_v201_meter` and `v16_v201_profiles`.
Which 1.6 peers know the eleven actions of the security whitepaper is a `Policy`.
"""

from typing import Any

from ocpp_core.model.versions import Version
from ocpp_core.translation import certificates, jobs, v16_v201_meter, v16_v201_profiles
from ocpp_core.translation.items import Items
from ocpp_core.translation.losses import LossKind, LossReason, NeedsSessionError
from ocpp_core.translation.places import (
    CENTRAL,
    CONNECTOR,
    STATION_OR_EVSE,
    first_connector,
    first_connector_only,
    token,
    zero_is_none,
)
from ocpp_core.translation.rules import (
    MEMORY,
    NEW_ID,
    NOT_SUPPORTED,
    RECEIVED_AT,
    REJECTED,
    Action,
    Extension,
    Fill,
    Memory,
    Pair,
    Written,
    action,
    default,
    drop_comfort,
    empty,
    field,
    made,
    newer,
    newer_ones,
    older,
    older_ones,
    only_newer,
    only_older,
    refuse,
    status,
)
from ocpp_core.translation.runs import At, Outcome, Run
from ocpp_core.translation.statuses import explained
from ocpp_core.translation.steps import Step
from ocpp_core.translation.v16_v201_tokens import SECURITY_EVENTS, TOKENS

# Conversions


def _box_serial(value: Any, at: At) -> None:
    """The box is the station, if the Charge Point has no number of its own."""
    if at.source.charge_point_serial_number is None:
        at.approximated(value, value, LossReason.MERGED)
    else:
        at.dropped(value)


def _authorization_up(value: Any, at: At) -> Any:
    if value == "Invalid":
        chosen = at.run.policy.invalid_as
        return chosen if chosen == value else at.approximated(value, chosen)
    if value not in ("Accepted", "Blocked", "Expired", "ConcurrentTx"):
        raise at.unfit(value)
    return value


def _connector_of_status(value: Any, at: At) -> Any:
    """The status of the whole station is no StatusNotification in 2.0.1."""
    if value == 0:
        raise at.unfit(value)
    return value


def _error_up(value: Any, at: At) -> None:
    if value != "NoError":
        at.dropped(value)


def _error_code(at: At) -> str:
    return "OtherError" if at.source.connector_status == "Faulted" else "NoError"


def _error_kind(code: Any) -> LossKind:
    return LossKind.DEFAULTED if code == "NoError" else LossKind.SYNTHESISED


def _status_down(value: Any, at: At) -> Any:
    if value == "Occupied":
        return at.approximated(value, at.run.policy.preparing_as)
    if value not in ("Available", "Reserved", "Unavailable", "Faulted"):
        raise at.unfit(value)
    return value


def _no_transaction(value: Any, at: At) -> None:
    """Values of a transaction go to its events, which takes a session."""
    if value >= 1:
        raise NeedsSessionError("MeterValues", at.run.step)
    at.dropped(value)


def _reset_up(value: Any, at: At) -> Any:
    if value == "Hard":
        return "Immediate"
    if value != "Soft":
        raise at.unfit(value)
    return at.approximated(value, at.run.policy.soft_reset)


def _list_version(value: Any, at: At) -> Any:
    """2.0.1 has no version of a list that is not supported."""
    return at.approximated(value, 0, LossReason.NO_COUNTERPART) if value == -1 else value


def _event_up(value: Any, at: At) -> Any:
    return SECURITY_EVENTS.get(value, value)


_EVENTS_DOWN = {newer_: older_ for older_, newer_ in SECURITY_EVENTS.items()}


def _event_down(value: Any, at: At) -> Any:
    return _EVENTS_DOWN.get(value, value)


def _station_certificate(value: Any, at: At) -> None:
    """1.6 has certificates of stations only."""
    if value != "ChargingStationCertificate":
        raise at.unfit(value)


def _later(value: Any, at: At) -> Any:
    """1.6 installs when it has the file: so it gets the file when it may install."""
    install = at.source.firmware.install_date_time
    if install is None or install <= value:
        return value
    return at.approximated(value, install, LossReason.MERGED)


def _install(value: Any, at: At) -> None:
    if value <= at.source.firmware.retrieve_date_time:
        at.dropped(value, LossReason.MERGED)


def _unless_accepted(value: Any, at: At) -> None:
    if value != "Accepted":
        at.dropped(value)


def _connector_type(value: Any, at: At) -> None:
    """Any connector would do for 1.6, if no EVSE is named."""
    if at.source.evse_id is None:
        raise at.unfit(value, code="UnsupportedParam")
    at.dropped(value, LossReason.EFFECT_CHANGED)


def _connector_of_trigger(at: At) -> Any:
    """A status is that of a connector."""
    return 1 if at.source.requested_message == "StatusNotification" and at.source.connector_id else None


# Certificates

_CENTRAL_SYSTEM = {"CentralSystemRootCertificate": "CSMSRootCertificate"}
#: The types that 1.6 has.
_TYPES = {
    "CSMSRootCertificate": "CentralSystemRootCertificate",
    "ManufacturerRootCertificate": "ManufacturerRootCertificate",
}

# Requests that become one of two


def _with_extension(extended: str, plain: str) -> Written:
    """The action of the extension where the other side has it, else the plain one."""

    def written(view: Any, run: Run, direction: Any) -> Outcome:
        name = extended if run.policy.has_security_extension else plain
        return Outcome((direction.carried(view.carried(), run, name),))

    return Written(written)


def _update_firmware(view: Any, run: Run, direction: Any) -> Outcome:
    firmware = view.firmware
    is_signed = firmware.signing_certificate is not None and firmware.signature is not None
    name = "UpdateFirmware"
    if is_signed and run.policy.has_security_extension:
        name = "SignedUpdateFirmware"
    elif is_signed and not run.policy.allow_unsigned_firmware:
        run.dropped((view.place("firmware"), "signature", ""), firmware.signature)
        refused = status("Rejected", "UnsupportedParam")(view.whole, run, None)
        return Outcome(answer=refused)
    return Outcome((direction.carried(view.carried(), run, name),))


def _trigger(view: Any, run: Run, direction: Any) -> Outcome:
    """The extended trigger where only that has the token."""
    is_extended = view.requested_message in ("LogStatusNotification", "SignChargingStationCertificate")
    name = "TriggerMessage"
    if is_extended and run.policy.has_security_extension:
        name = "ExtendedTriggerMessage"
    return Outcome((direction.carried(view.carried(), run, name),))


# Fields

_TRIGGER = (
    field("connectorId", "evse.id", up=zero_is_none),
    newer("evse.connectorId", down=first_connector, fill=made(_connector_of_trigger, LossReason.GUESSED)),
)

PAIRS = (
    *v16_v201_meter.PAIRS,
    *v16_v201_profiles.PAIRS,
    Pair(
        "AuthorizeRequest",
        *token("idTag", "idToken", "id_token"),
        newer("certificate"),
        newer("iso15118CertificateHashData"),
    ),
    Pair("AuthorizeResponse", field("idTagInfo", "idTokenInfo"), newer("certificateStatus")),
    Pair(
        "IdTagInfo IdTokenInfo",
        field("status", up=_authorization_up),
        field("expiryDate", "cacheExpiryDateTime"),
        *token("parentIdTag", "groupIdToken", "group_id_token", kind=CENTRAL),
        *newer_ones("evseId chargingPriority language1 language2 personalMessage"),
    ),
    Pair(
        "BootNotificationRequest",
        field("chargePointVendor", "chargingStation.vendorName"),
        field("chargePointModel", "chargingStation.model"),
        field(
            "chargePointSerialNumber",
            "chargingStation.serialNumber",
            fill_up=made(lambda at: at.source.charge_box_serial_number, LossReason.MERGED),
        ),
        older("chargeBoxSerialNumber", up=_box_serial),
        field("firmwareVersion", "chargingStation.firmwareVersion"),
        field("iccid", "chargingStation.modem.iccid"),
        field("imsi", "chargingStation.modem.imsi"),
        older("meterType"),
        older("meterSerialNumber"),
        newer("reason", fill=default("Unknown")),
    ),
    Pair(
        "StatusNotificationRequest",
        field("connectorId", "evseId", up=_connector_of_status),
        newer("connectorId", down=first_connector, fill=CONNECTOR),
        field("status", "connectorStatus", down=_status_down),
        field("timestamp", fill_up=RECEIVED_AT),
        older("errorCode", up=_error_up, fill=Fill(_error_code, _error_kind)),
        *older_ones("info vendorId vendorErrorCode"),
    ),
    Pair(
        "MeterValuesRequest",
        field("connectorId", "evseId"),
        older("transactionId", up=_no_transaction),
        field("meterValue", vital=True),
    ),
    Pair(
        "ChangeAvailabilityRequest",
        field("connectorId", "evse.id", **STATION_OR_EVSE),
        newer("evse.connectorId", down=first_connector_only()),
        field("type", "operationalStatus"),
    ),
    Pair(
        "UnlockConnectorRequest",
        field("connectorId", "evseId"),
        newer("connectorId", down=first_connector_only("UnknownConnector"), fill=CONNECTOR),
    ),
    Pair("ResetRequest", field("type", up=_reset_up), newer("evseId", down=refuse())),
    Pair("GetLocalListVersionResponse", field("listVersion", "versionNumber", up=_list_version)),
    Pair("GetDiagnosticsRequest GetLogRequest", *jobs.REQUEST),
    Pair("GetDiagnosticsResponse GetLogResponse", *jobs.response()),
    Pair("DiagnosticsStatusNotificationRequest LogStatusNotificationRequest", newer("requestId")),
    Pair("FirmwareStatusNotificationRequest", newer("requestId")),
    Pair(
        "UpdateFirmwareRequest",
        field("location", "firmware.location"),
        field("retrieveDate", "firmware.retrieveDateTime", down=_later),
        newer("firmware.installDateTime", down=_install),
        newer("firmware.signingCertificate"),
        newer("firmware.signature"),
        newer("requestId", fill=NEW_ID),
    ),
    Pair(
        "UpdateFirmwareResponse",
        newer("status", down=_unless_accepted, fill=made(lambda at: "Accepted", LossReason.GUESSED)),
    ),
    Pair("SetChargingProfileResponse", up=explained("status", {"NotSupported": "UnsupportedRequest"})),
    Pair("SendLocalListResponse", up=explained("status", {"NotSupported": "NotEnabled"})),
    Pair("SecurityEventNotificationRequest", field("type", up=_event_up, down=_event_down)),
    Pair(
        "SignCertificateRequest",
        newer(
            "certificateType",
            down=_station_certificate,
            fill=default("ChargingStationCertificate"),
            vital=True,
        ),
    ),
    Pair(
        "CertificateSignedRequest",
        newer(
            "certificateType",
            down=_station_certificate,
            fill=default("ChargingStationCertificate"),
        ),
    ),
    Pair(
        "GetInstalledCertificateIdsResponse",
        field(
            "certificateHashData",
            "certificateHashDataChain",
            up=certificates.hashes_up("certificate_type", _CENTRAL_SYSTEM),
            down=certificates.hashes_down("certificate_type", _CENTRAL_SYSTEM),
        ),
    ),
    Pair(
        "ReserveNowRequest",
        field("reservationId", "id"),
        field("expiryDate", "expiryDateTime"),
        field("connectorId", "evseId", **STATION_OR_EVSE),
        newer("connectorType", down=_connector_type),
        *token("idTag", "idToken", "id_token"),
        *token("parentIdTag", "groupIdToken", "group_id_token", kind=CENTRAL),
    ),
    Pair(
        "SendLocalListRequest",
        field("listVersion", "versionNumber"),
        field("localAuthorizationList", lenient="down", vital=True),
    ),
    Pair(
        "AuthorizationData",
        *token("idTag", "idToken", "id_token", keep=True),
        field("idTagInfo", "idTokenInfo"),
    ),
    Pair(
        "RemoteStartTransactionRequest RequestStartTransactionRequest",
        *token("idTag", "idToken", "id_token"),
        field("connectorId", "evseId", up=zero_is_none),
        newer("remoteStartId", fill=NEW_ID),
        newer("groupIdToken", down=drop_comfort),
    ),
    Pair("RemoteStartTransactionResponse RequestStartTransactionResponse", newer("transactionId")),
    Pair("TriggerMessageRequest", *_TRIGGER),
    Pair("ExtendedTriggerMessageRequest TriggerMessageRequest", *_TRIGGER),
)

# Actions

_MONITORS = Items(
    "set_monitoring_data",
    "set_monitoring_result",
    ("type", "severity", "component", "variable"),
    lambda item: {"status": "UnsupportedMonitorType"},
)


def _no_monitors(request: Any, run: Run, why: Any) -> Any:
    result = Items(
        "id",
        "clear_monitoring_result",
        (),
        lambda item: {"id": item, "status": "NotFound"},
    )
    return result.answer(request, run, why)


_NO_REPORT = """
    ClearedChargingLimit NotifyChargingLimit NotifyCustomerInformation NotifyDisplayMessages NotifyMonitoringReport
    NotifyReport PublishFirmwareStatusNotification ReportChargingProfiles ReservationStatusUpdate
"""

STEP = Step(
    older=Version.V1_6,
    newer=Version.V2_0_1,
    # The XSD of 1.6 has 32 bits.
    integers_down=(-(2**31), 2**31 - 1),
    pairs=PAIRS,
    tokens=TOKENS,
    actions=[
        # Charging
        *only_older("StartTransaction StopTransaction", MEMORY),
        *only_newer("TransactionEvent GetTransactionStatus", MEMORY),
        action(
            "RemoteStartTransaction RequestStartTransaction", up=Memory(rows=True), down=Memory(rows=True)
        ),
        action("RemoteStopTransaction RequestStopTransaction", up=MEMORY, down=MEMORY),
        action("SetChargingProfile", refusal_up=REJECTED, refusal_down=status("Rejected", "InvalidProfile")),
        action(
            "ClearChargingProfile",
            up=Written(v16_v201_profiles.clear_up),
            refusal=status("Unknown"),
            merge=v16_v201_profiles.clear_merged,
        ),
        *only_newer("GetChargingProfiles CostUpdated", NOT_SUPPORTED),
        # Settings
        *only_older("ChangeConfiguration GetConfiguration", MEMORY),
        *only_newer("GetVariables SetVariables GetBaseReport GetReport NotifyEvent", MEMORY),
        *only_newer("SetMonitoringLevel SetNetworkProfile", status("Rejected", "UnsupportedRequest")),
        *only_newer("GetMonitoringReport SetMonitoringBase", status("NotSupported")),
        *only_newer("ClearVariableMonitoring", _no_monitors),
        *only_newer("SetVariableMonitoring", _MONITORS.answer),
        # Stations and connectors
        action("ReserveNow", refusal=REJECTED),
        action("SendLocalList", refusal=status("Failed")),
        action("UnlockConnector", refusal_down=status("UnknownConnector")),
        action(
            "TriggerMessage",
            down=Written(_trigger),
            refusal=status("NotImplemented"),
        ),
        Action(older="ExtendedTriggerMessage", newer="TriggerMessage", refusal_up=status("NotImplemented")),
        # Logs and firmware
        action("GetLog", down=_with_extension("GetLog", "GetDiagnostics"), refusal_down=REJECTED),
        Action(older="GetDiagnostics", newer="GetLog"),
        action(
            "LogStatusNotification",
            down=_with_extension("LogStatusNotification", "DiagnosticsStatusNotification"),
        ),
        Action(older="DiagnosticsStatusNotification", newer="LogStatusNotification"),
        action(
            "FirmwareStatusNotification",
            down=_with_extension("SignedFirmwareStatusNotification", "FirmwareStatusNotification"),
        ),
        Action(older="SignedFirmwareStatusNotification", newer="FirmwareStatusNotification"),
        action("UpdateFirmware", down=Written(_update_firmware), refusal_down=REJECTED),
        Action(older="SignedUpdateFirmware", newer="UpdateFirmware"),
        *only_newer("PublishFirmware", status("Rejected", "UnsupportedRequest")),
        *only_newer("UnpublishFirmware", status("NoFirmware")),
        # Certificates
        action("SignCertificate", down=Extension(REJECTED)),
        action("CertificateSigned", down=Extension(REJECTED)),
        action("InstallCertificate", down=Extension(REJECTED)),
        action("DeleteCertificate", down=Extension(status("NotFound"))),
        action(
            "GetInstalledCertificateIds",
            down=Written(
                certificates.one_type_at_a_time(
                    "certificate_type", "CertificateUse", _TYPES, needs_extension=True
                )
            ),
            refusal=status("NotFound"),
            merge=certificates.lists_merged,
        ),
        action("SecurityEventNotification", down=Extension(empty)),
        *only_newer("Get15118EVCertificate", status("Failed", exi_response="")),
        *only_newer("GetCertificateStatus", status("Failed")),
        # Messages
        *only_newer("ClearDisplayMessage GetDisplayMessages", status("Unknown")),
        *only_newer("SetDisplayMessage CustomerInformation", status("Rejected", "UnsupportedRequest")),
        # Reports
        *only_newer(_NO_REPORT, empty),
        *only_newer("NotifyEVChargingNeeds NotifyEVChargingSchedule", REJECTED),
    ],
)

"""What the faultless station answers to each action, and what it can be told: settings of 1.x, variables of 2.x."""

from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any

from conformance.peers.station_answers_blocks import ABILITIES, BLOCKS, can, is_refused

Json = dict[str, Any]


class Refused(Exception):
    """A call that is answered with an error."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def _whole(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _truth(text: str) -> bool:
    return text in ("true", "false")


def _most(text: str) -> bool:
    return _whole(text) and int(text) <= MOST["HeartbeatInterval"]


def _slots(text: str) -> bool:
    return {each.strip() for each in text.split(",")} <= {"1", "2"}


#: What numbers can be at most, those that say so.
MOST = {"HeartbeatInterval": 86400, "DisplayMessages": 4}
_MEASURANDS = {"Energy.Active.Import.Register", "Power.Active.Import", ""}


def _measurands(text: str) -> bool:
    return all(each.strip() in _MEASURANDS for each in text.split(","))


#: Settings of 1.x by key: value, whether it can only be read, and what a value must be.
SETTINGS: Mapping[str, tuple[str, bool, Callable[[str], bool]]] = {
    "AuthorizeRemoteTxRequests": ("false", False, _truth),
    "ClockAlignedDataInterval": ("0", False, _whole),
    "ConnectionTimeOut": ("60", False, _whole),
    "ConnectorPhaseRotation": ("0.RST,1.RST,2.RST", False, bool),
    "GetConfigurationMaxKeys": ("50", True, _whole),
    "HeartbeatInterval": ("300", False, _whole),
    "LocalAuthorizeOffline": ("true", False, _truth),
    "LocalPreAuthorize": ("false", False, _truth),
    "MeterValuesAlignedData": ("Energy.Active.Import.Register", False, _measurands),
    "MeterValuesSampledData": ("Energy.Active.Import.Register", False, _measurands),
    "MeterValueSampleInterval": ("0", False, _whole),
    "NumberOfConnectors": ("2", True, _whole),
    "ResetRetries": ("1", False, _whole),
    "StopTransactionOnEVSideDisconnect": ("true", False, _truth),
    "StopTransactionOnInvalidId": ("true", False, _truth),
    "StopTxnAlignedData": ("", False, _measurands),
    "StopTxnSampledData": ("", False, _measurands),
    "SupportedFeatureProfiles": (
        "Core,FirmwareManagement,LocalAuthListManagement,Reservation,SmartCharging,RemoteTrigger",
        True,
        bool,
    ),
    "TransactionMessageAttempts": ("3", False, _whole),
    "TransactionMessageRetryInterval": ("1", False, _whole),
    "UnlockConnectorOnEVSideDisconnect": ("true", False, _truth),
    "WebSocketPingInterval": ("0", False, _whole),
    "LocalAuthListEnabled": ("true", False, _truth),
    "LocalAuthListMaxLength": ("10", True, _whole),
    "SendLocalListMaxLength": ("10", True, _whole),
    "ReserveConnectorZeroSupported": ("false", True, _truth),
    "ChargeProfileMaxStackLevel": ("3", True, _whole),
    "ChargingScheduleAllowedChargingRateUnit": ("Current,Power", True, bool),
    "ChargingScheduleMaxPeriods": ("6", True, _whole),
    "MaxChargingProfilesInstalled": ("6", True, _whole),
}

#: Variables of 2.x by component and name: value, mutability, and what a value must be.
VARIABLES: Mapping[tuple[str, str], tuple[str, str, Callable[[str], bool]]] = {
    ("OCPPCommCtrlr", "HeartbeatInterval"): ("300", "ReadWrite", _most),
    ("OCPPCommCtrlr", "MessageAttempts"): ("3", "ReadWrite", _whole),
    ("OCPPCommCtrlr", "MessageAttemptInterval"): ("1", "ReadWrite", _whole),
    ("OCPPCommCtrlr", "OfflineThreshold"): ("60", "ReadWrite", _whole),
    ("OCPPCommCtrlr", "ResetRetries"): ("1", "ReadWrite", _whole),
    ("OCPPCommCtrlr", "NetworkConfigurationPriority"): ("1,2", "ReadWrite", _slots),
    ("OCPPCommCtrlr", "ActiveNetworkProfile"): ("1", "ReadOnly", _whole),
    ("OCPPCommCtrlr", "FileTransferProtocols"): ("HTTPS", "ReadOnly", bool),
    ("AuthCtrlr", "AuthorizeRemoteStart"): ("false", "ReadWrite", _truth),
    ("AuthCtrlr", "LocalPreAuthorization"): ("false", "ReadWrite", _truth),
    ("AuthCacheCtrlr", "Enabled"): ("true", "ReadWrite", _truth),
    ("LocalAuthListCtrlr", "Enabled"): ("true", "ReadWrite", _truth),
    ("SmartChargingCtrlr", "Enabled"): ("true", "ReadOnly", _truth),
    ("SampledDataCtrlr", "TxStartedMeasurands"): ("Energy.Active.Import.Register", "ReadWrite", _measurands),
    ("SampledDataCtrlr", "TxUpdatedMeasurands"): ("Energy.Active.Import.Register", "ReadWrite", _measurands),
    ("SampledDataCtrlr", "TxEndedMeasurands"): ("Energy.Active.Import.Register", "ReadWrite", _measurands),
    ("SampledDataCtrlr", "TxUpdatedInterval"): ("0", "ReadWrite", _whole),
    ("AlignedDataCtrlr", "Measurands"): ("Energy.Active.Import.Register", "ReadWrite", _measurands),
    ("AlignedDataCtrlr", "Interval"): ("0", "ReadWrite", _whole),
    ("DisplayMessageCtrlr", "DisplayMessages"): ("0", "ReadOnly", _whole),
    ("ReservationCtrlr", "Enabled"): ("true", "ReadWrite", _truth),
    ("ReservationCtrlr", "NonEvseSpecific"): ("true", "ReadOnly", _truth),
    ("SecurityCtrlr", "BasicAuthPassword"): ("conformance-0001", "WriteOnly", bool),
    ("MonitoringCtrlr", "MaxPeriodicEventStreams"): ("2", "ReadOnly", _whole),
    ("SecurityCtrlr", "CertSigningWaitMinimum"): ("30", "ReadWrite", _whole),
    ("SecurityCtrlr", "SecurityProfile"): ("2", "ReadOnly", _whole),
    ("ChargingStation", "AvailabilityState"): ("Available", "ReadOnly", bool),
    ("EVSE", "AvailabilityState"): ("Available", "ReadOnly", bool),
    ("Connector", "AvailabilityState"): ("Available", "ReadOnly", bool),
    ("ClockCtrlr", "TimeSource"): ("Heartbeat", "ReadWrite", bool),
    **ABILITIES,
}

#: The type of a variable by what a value of it must be; of all others it is string.
TYPES: Mapping[Callable[[str], bool], str] = {_most: "integer", _truth: "boolean", _whole: "integer"}
#: Instances of those that have some.
INSTANCES = {"MessageAttempts": "TransactionEvent", "MessageAttemptInterval": "TransactionEvent"}
_MOST_MONITORS = 10
_ACCEPTED: Json = {"status": "Accepted"}
_REJECTED: Json = {"status": "Rejected"}


# Settings and variables


def _get_configuration(station: Any, payload: Json) -> Json:
    wanted = payload.get("key") or list(station.settings)
    rows = station.settings
    known = [
        {"key": key, "readonly": rows[key][1], "value": str(rows[key][0])} for key in wanted if key in rows
    ]
    unknown = [key for key in wanted if key not in rows]
    return {"configurationKey": known, **({"unknownKey": unknown} if unknown else {})}


def _change_configuration(station: Any, payload: Json) -> Json:
    row = station.settings.get(payload["key"])
    if row is None:
        return {"status": "NotSupported"}
    if row[1] or not row[2](payload["value"]):
        return _REJECTED
    row[0] = payload["value"]
    if payload["key"] == "HeartbeatInterval":
        station.heartbeat = float(row[0])
    return _ACCEPTED


def _place(item: Json) -> Json:
    return {name: item[name] for name in ("component", "variable") if name in item}


def _lookup(station: Any, item: Json) -> tuple[Any, str]:
    """The row of a variable; or None, and what is not known."""
    component, variable = item["component"]["name"], item["variable"]["name"]
    is_named = item["variable"].get("instance") == INSTANCES.get(variable)
    row = station.variables.get((component, variable)) if is_named else None
    row = row or station.variables.get((component, f"{variable}[{item['variable'].get('instance')}]"))
    if row is not None and item.get("attributeType", "Actual") != "Actual":
        return None, "NotSupportedAttributeType"
    known = {name for name, _ in station.variables}
    return row, "UnknownVariable" if component in known else "UnknownComponent"


def _get_variables(station: Any, payload: Json) -> Json:
    results = []
    for item in payload["getVariableData"]:
        result = {**_place(item), "attributeType": item.get("attributeType", "Actual")}
        row, unknown = _lookup(station, item)
        if row is None:
            results.append({**result, "attributeStatus": unknown})
        elif row[1] == "WriteOnly":
            results.append({**result, "attributeStatus": "Rejected"})
        else:
            results.append({**result, "attributeStatus": "Accepted", "attributeValue": row[0]})
    return {"getVariableResult": results}


def _set_variables(station: Any, payload: Json) -> Json:
    results = []
    for item in payload["setVariableData"]:
        result = {**_place(item), "attributeType": item.get("attributeType", "Actual")}
        row, status = _lookup(station, item)
        if row is not None:
            is_right = row[1] != "ReadOnly" and row[2](item["attributeValue"])
            status = "Accepted" if is_right else "Rejected"
            if is_right:
                row[0] = item["attributeValue"]
                if item["variable"]["name"] == "HeartbeatInterval":
                    station.heartbeat = float(row[0])
        results.append({**result, "attributeStatus": status})
    return {"setVariableResult": results}


def _set_monitors(station: Any, payload: Json) -> Json:
    results = []
    for item in payload["setMonitoringData"]:
        result = {**_place(item), "type": item["type"], "severity": item["severity"]}
        row, status = _lookup(station, item)
        if row is not None:
            is_wrong = item["type"] == "Delta" and item["value"] < 0
            is_wrong = is_wrong or ("id" in item and item["id"] not in station.monitors)
            is_wrong = is_wrong or _is_refused(station, item, row)
            status = "Rejected" if is_wrong or len(station.monitors) >= _MOST_MONITORS else "Accepted"
            if status == "Accepted" and "id" not in item and _is_monitored(station, item):
                status = "Duplicate"
            if status == "Accepted":
                result["id"] = item.get("id", max(station.monitors, default=0) + 1)
                station.monitors[result["id"]] = item
        results.append({**result, "status": status})
    return {"setMonitoringResult": results}


def _is_refused(station: Any, item: Json, row: Any) -> bool:
    """Whether a threshold is of what has no order, or can never be reached."""
    if not item["type"].endswith("Threshold"):
        return False
    name = item["variable"]["name"]
    is_unfit = TYPES.get(row[2]) != "integer" and "monitor.unfit-type" not in station.lenient
    is_beyond = (
        item["value"] > MOST.get(name, item["value"]) and "monitor.beyond-range" not in station.lenient
    )
    return is_unfit or is_beyond


def _is_monitored(station: Any, item: Json) -> bool:
    names = ("component", "variable", "type", "severity")
    return any(all(each[name] == item[name] for name in names) for each in station.monitors.values())


def _monitoring_level(station: Any, payload: Json) -> Json:
    return _ACCEPTED if 0 <= payload["severity"] <= 9 else _REJECTED


def _monitoring_report(station: Any, payload: Json) -> Json:
    return _ACCEPTED if station.monitored(payload) else {"status": ("EmptyResultSet", "Rejected")}


def _clear_monitors(station: Any, payload: Json) -> Json:
    return {
        "clearMonitoringResult": [
            {"id": id, "status": "Accepted" if station.monitors.pop(id, None) else "NotFound"}
            for id in payload["id"]
        ]
    }


def _report(station: Any, payload: Json) -> Json:
    if not station.selected(payload):
        return {"status": ("EmptyResultSet", "Rejected")}
    names = {component for component, _ in station.variables}
    asked = payload.get("componentVariable", [])
    is_known = any(
        each["component"]["name"] in names
        and (
            "variable" not in each
            or (each["component"]["name"], each["variable"]["name"]) in station.variables
        )
        for each in asked
    )
    return _ACCEPTED if is_known or not asked else {"status": ("EmptyResultSet", "Rejected")}


# Remote control


def _remote_start(station: Any, payload: Json) -> Json:
    if station.registration != "Accepted":
        return _REJECTED
    connector = station.free(payload.get("connectorId", payload.get("evseId")))
    if connector is None:
        return _REJECTED
    schedules = payload.get("chargingProfile", {}).get("chargingSchedule", ())
    if not station.is_first and any(each["chargingSchedulePeriod"][0]["startPeriod"] for each in schedules):
        return _REJECTED
    purpose = payload.get("chargingProfile", {}).get("chargingProfilePurpose", "TxProfile")
    if purpose != "TxProfile" and "profile.start-invalid" not in station.lenient:
        return _REJECTED
    held = connector.reservation
    who = payload.get("idTag") or payload["idToken"]["idToken"]
    if held is not None and who != (held.get("idTag") or held["idToken"]["idToken"]):
        return _REJECTED
    return _ACCEPTED


def _remote_stop(station: Any, payload: Json) -> Json:
    is_known = station.running(payload["transactionId"]) is not None
    return _ACCEPTED if is_known and station.registration == "Accepted" else _REJECTED


def _transaction_status(station: Any, payload: Json) -> Json:
    id: Any = payload.get("transactionId")
    if id is None:
        return {"messagesInQueue": bool(station.queue)}
    return {
        "ongoingIndicator": station.running(id) is not None,
        "messagesInQueue": any(each.transaction.id == id for each in station.queue),
    }


def _set_network(station: Any, payload: Json) -> Json:
    data = payload["connectionData"]
    is_right = (
        _slots(str(payload["configurationSlot"]))
        and data["ocppCsmsUrl"].startswith(("ws://", "wss://"))
        and data["securityProfile"] >= int(station.variables["SecurityCtrlr", "SecurityProfile"][0])
    )
    return _ACCEPTED if is_right else _REJECTED


def _clear_cache(station: Any, payload: Json) -> Json:
    return _ACCEPTED if station.is_first or station.is_enabled("AuthCacheCtrlr") else _REJECTED


_TRIGGERS = {
    "BootNotification",
    "DiagnosticsStatusNotification",
    "FirmwareStatusNotification",
    "Heartbeat",
    "LogStatusNotification",
    "MeterValues",
    "SignChargingStationCertificate",
    "StatusNotification",
}


def _trigger(station: Any, payload: Json) -> Json:
    wanted = payload["requestedMessage"]
    if wanted == "CustomTrigger":
        is_own = can(station, "CustomTriggers", payload["customTrigger"], "CustomizationCtrlr")
        return _ACCEPTED if is_own else {"status": "NotImplemented"}
    if wanted == "BootNotification" and station.registration == "Accepted":
        return _REJECTED
    if wanted == "TransactionEvent":
        return _ACCEPTED if station.running_at(payload) is not None else _REJECTED
    return _ACCEPTED if wanted in _TRIGGERS else {"status": "NotImplemented"}


def _unlock(station: Any, payload: Json) -> Json:
    number: Any = payload.get("evseId", payload["connectorId"])
    if not 1 <= number <= len(station.connectors):
        return {"status": ("UnknownConnector", "NotSupported", "UnlockFailed", "Rejected")}
    if not station.is_first and station.connectors[number - 1].transaction is not None:
        return {"status": ("OngoingAuthorizedTransaction", "UnlockFailed")}
    return {"status": ("Unlocked", "Accepted")}


def _reset(station: Any, payload: Json) -> Json:
    is_busy = any(connector.transaction is not None for connector in station.connectors)
    return {"status": "Scheduled"} if payload["type"] == "OnIdle" and is_busy else _ACCEPTED


def _change_availability(station: Any, payload: Json) -> Json:
    targets = station.targets(payload)
    if not targets:
        return _REJECTED
    is_operative = payload.get("type", payload.get("operationalStatus")) == "Operative"
    status = "Accepted"
    for connector in targets:
        if connector.transaction is not None and connector.is_operative != is_operative:
            connector.becomes, status = is_operative, "Scheduled"
        else:
            connector.is_operative, connector.becomes = is_operative, None
    return {"status": status}


# Reservations and lists


def _reserve(station: Any, payload: Json) -> Json:
    id: Any = payload.get("reservationId", payload.get("id"))
    number: Any = payload.get("connectorId", payload.get("evseId", 0))
    if not station.is_first and not station.is_enabled("ReservationCtrlr"):
        return _REJECTED
    is_anywhere = not station.is_first and "evseId" not in payload
    if is_anywhere and can(station, "NonEvseSpecific", component="ReservationCtrlr"):
        number = next((each.number for each in station.connectors if each.reservation is None), 1)
    if not 1 <= number <= len(station.connectors):
        return _REJECTED
    connector = station.connectors[number - 1]
    if not connector.is_operative:
        return {"status": "Unavailable"}
    held = connector.reservation
    if connector.transaction is not None or (held and held.get("reservationId", held.get("id")) != id):
        return {"status": "Occupied"}
    _release(station, id)
    connector.reservation = payload
    return _ACCEPTED


def _release(station: Any, id: int) -> bool:
    for connector in station.connectors:
        held = connector.reservation
        if held is not None and held.get("reservationId", held.get("id")) == id:
            connector.reservation = None
            return True
    return False


def _cancel(station: Any, payload: Json) -> Json:
    return _ACCEPTED if _release(station, payload["reservationId"]) else _REJECTED


def _send_list(station: Any, payload: Json) -> Json:
    version, entries = station.lists
    new = payload.get("listVersion", payload.get("versionNumber"))
    name = next((each for each in payload if each.lower().startswith("localauthori")), "")
    if payload["updateType"] == "Differential":
        if new <= version:
            return {"status": "VersionMismatch"}
        entries = dict(entries)
    else:
        entries = {}
    for entry in payload.get(name, []):
        key = entry.get("idTag") or entry["idToken"]["idToken"]
        if "idTagInfo" in entry or "idTokenInfo" in entry:
            entries[key] = entry
        else:
            entries.pop(key, None)
    station.lists = (new if entries or payload["updateType"] == "Differential" else 0, entries)
    return _ACCEPTED


def _list_version(station: Any, payload: Json) -> Json:
    version = station.lists[0] if station.is_first or station.is_enabled("LocalAuthListCtrlr") else 0
    return {"listVersion": version, "versionNumber": version}


# Charging profiles


def _set_profile(station: Any, payload: Json) -> Json:
    profile: Any = payload.get("csChargingProfiles", payload.get("chargingProfile"))
    number: Any = payload.get("connectorId", payload.get("evseId"))
    if not 0 <= number <= len(station.connectors):
        if station.is_first:
            raise Refused("PropertyConstraintViolation")
        return _REJECTED
    if profile["chargingProfilePurpose"] == "TxProfile":
        connector = station.connectors[number - 1] if number else None
        if connector is None or connector.transaction is None:
            return _REJECTED
    id: Any = profile.get("chargingProfileId", profile.get("id"))
    key = (number, profile["stackLevel"], profile["chargingProfilePurpose"])
    if not station.is_first and station.version != "2.0" and is_refused(station, number, profile):
        return _REJECTED
    station.profiles = [each for each in station.profiles if each["id"] != id and each["key"] != key] + [
        {"id": id, "key": key, "evseId": number, "chargingProfile": profile}
    ]
    return _ACCEPTED


def _clear_profiles(station: Any, payload: Json) -> Json:
    id: Any = payload.get("id", payload.get("chargingProfileId"))
    wanted = payload.get("chargingProfileCriteria", payload)

    def fits(each: Json) -> bool:
        number, level, purpose = each["key"]
        is_kept = purpose == "ChargingStationExternalConstraints"
        if is_kept and "profile.external-kept" not in station.lenient:
            return False
        return (
            id in (None, each["id"])
            and wanted.get("connectorId", wanted.get("evseId")) in (None, number)
            and wanted.get("stackLevel") in (None, level)
            and wanted.get("chargingProfilePurpose") in (None, purpose)
        )

    kept = [each for each in station.profiles if not fits(each)]
    status = "Accepted" if len(kept) < len(station.profiles) else "Unknown"
    station.profiles = kept
    return {"status": status}


def _composite(station: Any, payload: Json) -> Json:
    number: Any = payload.get("connectorId", payload.get("evseId"))
    if not 0 <= number <= len(station.connectors):
        return _REJECTED
    unit, limit = payload.get("chargingRateUnit", "A"), 32.0
    if not station.is_first and not can(station, "RateUnit", unit):
        return _REJECTED
    for each in station.profiles:
        schedule = each["chargingProfile"]["chargingSchedule"]
        schedule = schedule[0] if isinstance(schedule, list) else schedule
        if each["evseId"] in (0, number) and schedule["chargingRateUnit"] == unit:
            limit = min(limit, schedule["chargingSchedulePeriod"][0]["limit"])
    periods = [{"startPeriod": 0, "limit": limit}]
    if station.is_first:
        return {
            **_ACCEPTED,
            "connectorId": number,
            "scheduleStart": station.now(),
            "chargingSchedule": {
                "duration": payload["duration"],
                "chargingRateUnit": unit,
                "chargingSchedulePeriod": periods,
            },
        }
    return {
        **_ACCEPTED,
        "schedule": {
            "evseId": number,
            "duration": payload["duration"],
            "scheduleStart": station.now(),
            "chargingRateUnit": unit,
            "chargingSchedulePeriod": periods,
        },
    }


# Messages, customers


def _clear_message(station: Any, payload: Json) -> Json:
    return {"status": "Accepted" if station.displayed.pop(payload["id"], None) else "Unknown"}


def _customer(station: Any, payload: Json) -> Json:
    names = ("idToken", "customerCertificate", "customerIdentifier")
    if sum(name in payload for name in names) != 1:
        return {"status": "Invalid"}
    return _ACCEPTED if payload["report"] or payload["clear"] else _REJECTED


# Certificates


def _hashes(certificate: str) -> Json:
    return {
        "hashAlgorithm": "SHA256",
        "issuerNameHash": sha256(certificate.encode()).hexdigest(),
        "issuerKeyHash": sha256(certificate.encode()).hexdigest(),
        "serialNumber": "1A",
    }


def _install(station: Any, payload: Json) -> Json:
    """What is long enough is a certificate."""
    if len(payload["certificate"]) < 300:
        return {"status": ("Rejected", "Failed", "NoCertificateAvailable")}
    chain = {
        "certificateType": payload["certificateType"],
        "certificateHashData": _hashes(payload["certificate"]),
    }
    if chain not in station.certificates:
        station.certificates.append(chain)
    return _ACCEPTED


def _installed(station: Any, payload: Json) -> Json:
    found = [
        chain
        for chain in station.certificates
        if chain["certificateType"] in payload.get("certificateType", [chain["certificateType"]])
    ]
    return {**_ACCEPTED, "certificateHashDataChain": found} if found else {"status": "NotFound"}


def _delete(station: Any, payload: Json) -> Json:
    for chain in station.certificates:
        if chain["certificateHashData"] == payload["certificateHashData"]:
            station.certificates.remove(chain)
            return _ACCEPTED
    return {"status": "NotFound"}


def _update(station: Any, payload: Json) -> Json:
    """What is signed by nobody is not fetched."""
    if "signingCertificate" not in payload.get("firmware", {}):
        return _ACCEPTED
    station.spawn(station.tell_security("InvalidFirmwareSigningCertificate"))
    return {"status": "InvalidCertificate"}


def _always(**members: Any) -> Callable[[Any, Json], Json]:
    return lambda station, payload: members


HANDLERS: Mapping[str, Callable[[Any, Json], Json]] = {
    **BLOCKS,
    "CancelReservation": _cancel,
    "CertificateSigned": _always(status="Rejected"),
    "CostUpdated": _always(),
    "ChangeAvailability": _change_availability,
    "ChangeConfiguration": _change_configuration,
    "ClearCache": _clear_cache,
    "ClearChargingProfile": _clear_profiles,
    "ClearDisplayMessage": _clear_message,
    "ClearVariableMonitoring": _clear_monitors,
    "CustomerInformation": _customer,
    "DataTransfer": _always(status="UnknownVendorId"),
    "DeleteCertificate": _delete,
    "ExtendedTriggerMessage": _trigger,
    "GetBaseReport": _always(status="Accepted"),
    "GetCompositeSchedule": _composite,
    "GetConfiguration": _get_configuration,
    "GetDiagnostics": _always(fileName="diagnostics.log"),
    "GetInstalledCertificateIds": _installed,
    "GetLocalListVersion": _list_version,
    "GetLog": _always(status="Accepted", filename="security.log"),
    "GetMonitoringReport": _monitoring_report,
    "GetReport": _report,
    "GetTransactionStatus": _transaction_status,
    "GetVariables": _get_variables,
    "InstallCertificate": _install,
    "NotifyWebPaymentStarted": _always(),
    "RemoteStartTransaction": _remote_start,
    "RemoteStopTransaction": _remote_stop,
    "RequestStartTransaction": _remote_start,
    "RequestStopTransaction": _remote_stop,
    "ReserveNow": _reserve,
    "Reset": _reset,
    "SendLocalList": _send_list,
    "SetChargingProfile": _set_profile,
    "SetMonitoringLevel": _monitoring_level,
    "SetNetworkProfile": _set_network,
    "SetVariableMonitoring": _set_monitors,
    "SetVariables": _set_variables,
    "TriggerMessage": _trigger,
    "UnlockConnector": _unlock,
    "UpdateFirmware": _update,
}

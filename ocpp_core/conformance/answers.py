"""What a peaceful CSMS and a peaceful station answer to each action, as tables for all versions.

The kit answers so what the software under test asks meanwhile; so do the CSMS of `serve` and `demo` and the station of
`simulate`.

An answer is written as it stands on the wire, with the members of every version: a version gets those that it knows.
Where versions have different tokens a tuple has them in order of preference. What does no harm is accepted; what would
be a promise that nobody keeps, such as a signed certificate, is declined in the words of the standard.
"""

from collections.abc import Callable, Iterator, Mapping
from itertools import count
from typing import Any

from ocpp_core.conformance.requests import timestamp
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import OcppError, PayloadError
from ocpp_core.model.messages import Request, Response
from ocpp_core.model.responses import response_class
from ocpp_core.model.shapes import Enumeration, shape
from ocpp_core.payloads.binding import plain
from ocpp_core.payloads.conversion import from_wire

Json = dict[str, Any]
#: An answer, or what makes it of the request as it stands on the wire.
Answer = Json | Callable[[Json], Json]


def reply(request: Request[Any], answer: Answer) -> Response:
    """The response to a request, in its version.

    Raises:
        OcppError: It would have to repeat what is wrong in a request that was tolerated.
    """
    cls = response_class(request)
    try:
        return from_wire(cls, written(cls, plain(request), answer))
    except PayloadError as error:
        raise OcppError(ErrorCode.PROPERTY_CONSTRAINT, f"cannot be answered: {error}") from None


def written(cls: type[Response], request: Json, answer: Answer) -> Json:
    """An answer as it stands on the wire in a version: those members that its class knows.

    Args:
        cls: The class of the response.
        request: As it stands on the wire.
        answer: For all versions.
    """
    members = answer if isinstance(answer, dict) else answer(request)
    payload: Json = {}
    for field in shape(cls).fields:
        if field.wire in members:
            value = members[field.wire]
            payload[field.wire] = _first_known(value, field.kind) if isinstance(value, tuple) else value
    return payload


def _first_known(tokens: tuple[str, ...], kind: Any) -> str:
    known = set(map(str, kind.enum)) if isinstance(kind, Enumeration) else set(tokens)
    return next(token for token in tokens if token in known)


def _items(request: Json, name: str) -> Iterator[Any]:
    """The items of a list of the request, which may lack it if it was tolerated."""
    items = request.get(name)
    yield from items if isinstance(items, list) else ()


def text(request: Json, name: str) -> str:
    """A member of a request that should be text; "" if it is anything else, as it may be if it was tolerated."""
    value = request.get(name)
    return value if isinstance(value, str) else ""


def _repeated(item: Any, *names: str) -> Json:
    return {name: item[name] for name in names if name in item} if isinstance(item, dict) else {}


# Of the CSMS

_ACCEPTED: Json = {"status": "Accepted"}
_REJECTED: Json = {"status": "Rejected"}
#: Nobody here issues contract certificates; 2.0 wants chains in any case.
_NO_CERTIFICATE: Json = {
    "status": "Failed",
    "exiResponse": "",
    "saProvisioningCertificateChain": {"certificate": ""},
    "contractSignatureCertificateChain": {"certificate": ""},
}


def _authorized(_: Json) -> Json:
    return {"idTagInfo": _ACCEPTED, "idTokenInfo": _ACCEPTED}


def _chain_status(request: Json) -> Json:
    return {
        "certificateStatus": [
            {
                **_repeated(item, "certificateHashData", "source"),
                "status": "Unknown",
                "nextUpdate": timestamp(),
            }
            for item in _items(request, "certificateStatusRequests")
        ]
    }


#: Actions that are not here only inform, and get an empty answer.
CSMS: Mapping[str, Answer] = {
    "Authorize": _authorized,
    "DataTransfer": {"status": "UnknownVendorId"},
    "Get15118EVCertificate": _NO_CERTIFICATE,
    "GetCertificateChainStatus": _chain_status,
    "GetCertificateStatus": {"status": ("Failed", "Rejected")},
    "Heartbeat": lambda _: {"currentTime": timestamp()},
    "NotifyEVChargingNeeds": {"status": ("NoChargingProfile", "Rejected")},
    "NotifyEVChargingSchedule": _ACCEPTED,
    "OpenPeriodicEventStream": _ACCEPTED,
    "PullDynamicScheduleUpdate": _REJECTED,
    "SignCertificate": _REJECTED,
    "TransactionEvent": lambda request: _authorized(request) if request.get("idToken") else {},
    "Update15118EVCertificate": _NO_CERTIFICATE,
    "VatNumberValidation": lambda request: {**_ACCEPTED, **_repeated(request, "vatNumber", "evseId")},
}


def registering(interval: int, first: int = 1) -> Mapping[str, Answer]:
    """`CSMS`, and what it takes to register stations and to number their transactions.

    Args:
        interval: Seconds between heartbeats.
        first: Number of the first transaction.
    """
    ids = count(first)

    def registered(_: Json) -> Json:
        # The same in two spellings: 1.2 and 1.5 call it heartbeatInterval.
        intervals = dict.fromkeys(("interval", "heartbeatInterval"), interval)
        return {**_ACCEPTED, "currentTime": timestamp(), **intervals}

    def started(_: Json) -> Json:
        return {"transactionId": next(ids), "idTagInfo": _ACCEPTED}

    return {**CSMS, "BootNotification": registered, "StartTransaction": started}


# Of the station

#: What GetConfiguration (1.x) and GetVariables (2.x) tell.
SETTINGS = {"HeartbeatInterval": "300", "MeterValueSampleInterval": "60"}
#: What TriggerMessage may ask for, and the step of the station's script that it is.
TRIGGERS = {"BootNotification": "boot", "Heartbeat": "heartbeat", "StatusNotification": "status"}


def _configuration(request: Json) -> Json:
    wanted = [key for key in _items(request, "key") if isinstance(key, str)] or list(SETTINGS)
    known = [{"key": key, "readonly": False, "value": SETTINGS[key]} for key in wanted if key in SETTINGS]
    unknown = [key for key in wanted if key not in SETTINGS]
    answer: Json = {"configurationKey": known} if known else {}
    return {**answer, "unknownKey": unknown} if unknown else answer


def _variables(request: Json) -> Json:
    results: list[Json] = []
    for item in _items(request, "getVariableData"):
        result = _repeated(item, "component", "variable")
        value = SETTINGS.get(text(_repeated(result.get("variable"), "name"), "name"))
        if value is None:
            results.append({**result, "attributeStatus": "UnknownVariable"})
        else:
            results.append({**result, "attributeStatus": "Accepted", "attributeValue": value})
    return {"getVariableResult": results}


def _set_variables(request: Json) -> Json:
    return {
        "setVariableResult": [
            {**_repeated(item, "component", "variable"), "attributeStatus": "Rejected"}
            for item in _items(request, "setVariableData")
        ]
    }


def _monitors(request: Json) -> Json:
    return {
        "setMonitoringResult": [
            {**_repeated(item, "type", "severity", "component", "variable"), "status": "Rejected"}
            for item in _items(request, "setMonitoringData")
        ]
    }


def _unknown_monitors(request: Json) -> Json:
    return {"clearMonitoringResult": [{"id": id, "status": "NotFound"} for id in _items(request, "id")]}


def _triggered(request: Json) -> Json:
    return _ACCEPTED if text(request, "requestedMessage") in TRIGGERS else {"status": "NotImplemented"}


_UNKNOWN: Json = {"status": "Unknown"}
_UNSUPPORTED: Json = {"status": ("NotSupported", "Failed", "Rejected")}
_NOT_FOUND: Json = {"status": "NotFound"}

STATION: Mapping[str, Answer] = {
    "AdjustPeriodicEventStream": _REJECTED,
    "AFRRSignal": _REJECTED,
    "CancelReservation": _REJECTED,
    "CertificateSigned": _REJECTED,
    "ChangeAvailability": _ACCEPTED,
    "ChangeConfiguration": lambda request: _ACCEPTED if text(request, "key") in SETTINGS else _UNSUPPORTED,
    "ChangeTransactionTariff": _REJECTED,
    "ClearCache": _ACCEPTED,
    "ClearChargingProfile": _UNKNOWN,
    "ClearDERControl": _NOT_FOUND,
    "ClearDisplayMessage": _UNKNOWN,
    "ClearTariffs": {"clearTariffsResult": [{"status": "NoTariff"}]},
    "ClearVariableMonitoring": _unknown_monitors,
    "CostUpdated": {},
    "CustomerInformation": _REJECTED,
    "DataTransfer": {"status": "UnknownVendorId"},
    "DeleteCertificate": _NOT_FOUND,
    "ExtendedTriggerMessage": _triggered,
    "GetBaseReport": _UNSUPPORTED,
    "GetChargingProfiles": {"status": "NoProfiles"},
    "GetCompositeSchedule": lambda request: {**_REJECTED, **_repeated(request, "evseId")},
    "GetConfiguration": _configuration,
    "GetDERControl": _NOT_FOUND,
    "GetDiagnostics": {},
    "GetDisplayMessages": _UNKNOWN,
    "GetInstalledCertificateIds": _NOT_FOUND,
    "GetLocalListVersion": {"listVersion": 0, "versionNumber": 0},
    "GetLog": _REJECTED,
    "GetMonitoringReport": {"status": ("EmptyResultSet", "NotSupported")},
    "GetPeriodicEventStream": {},
    "GetReport": _UNSUPPORTED,
    "GetTariffs": {"status": "NoTariff"},
    "GetTransactionStatus": {"messagesInQueue": False},
    "GetVariables": _variables,
    "InstallCertificate": {"status": ("Rejected", "NoCertificateAvailable")},
    "NotifyAllowedEnergyTransfer": _REJECTED,
    "NotifyCentralChargingNeeds": _REJECTED,
    "NotifyWebPaymentStarted": {},
    "PublishFirmware": _REJECTED,
    "RemoteStartTransaction": _ACCEPTED,
    "RemoteStopTransaction": _ACCEPTED,
    "Renegotiate15118Schedule": _REJECTED,
    "RequestBatterySwap": _REJECTED,
    "RequestStartTransaction": _ACCEPTED,
    "RequestStopTransaction": _ACCEPTED,
    "ReserveNow": _REJECTED,
    "Reset": _ACCEPTED,
    "SendLocalList": _UNSUPPORTED,
    "SetChargingProfile": _UNSUPPORTED,
    "SetDefaultTariff": _REJECTED,
    "SetDERControl": _UNSUPPORTED,
    "SetDisplayMessage": _REJECTED,
    "SetMonitoringBase": _UNSUPPORTED,
    "SetMonitoringLevel": _REJECTED,
    "SetNetworkProfile": _REJECTED,
    "SetVariableMonitoring": _monitors,
    "SetVariables": _set_variables,
    "SignedUpdateFirmware": _REJECTED,
    "TriggerMessage": _triggered,
    "UnlockConnector": {"status": ("Unlocked", "Accepted")},
    "UnpublishFirmware": {"status": "NoFirmware"},
    "UpdateDynamicSchedule": _REJECTED,
    "UpdateFirmware": _REJECTED,
    "UsePriorityCharging": {"status": "NoProfile"},
}

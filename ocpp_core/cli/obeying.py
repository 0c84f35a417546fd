"""What the simulated station answers where its state decides: settings, transactions, triggers. For all versions.

Each function is given what the station remembers, and the request as it stands on the wire, of which anything may be
wrong if it was tolerated.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from attrs import define, field

from ocpp_core.conformance.answers import TRIGGERS, Json, text
from ocpp_core.conformance.requests import is_first
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import OcppError
from ocpp_core.model.specifications import specification

#: Who charges, unless somebody else was named.
ID_TAG = "04A2B3C4"
ID_TOKEN = {"idToken": ID_TAG, "type": "ISO14443"}
#: The connector of 1.x and the EVSE of 2.x that there is.
_PLACE = 1


def _whole(value: str) -> bool:
    return value.isascii() and value.isdigit() and len(value) < 10


def _truth(value: str) -> bool:
    return value in ("true", "false")


def _measurands(value: str) -> bool:
    return all(each.strip() in ("", "Energy.Active.Import.Register") for each in value.split(","))


def _never(_: str) -> bool:
    return False


#: Settings of 1.6 that every station has, and what they can be set to.
KEYS: Mapping[str, tuple[str, Callable[[str], bool]]] = {
    "AuthorizeRemoteTxRequests": ("false", _truth),
    "ClockAlignedDataInterval": ("0", _never),
    "ConnectionTimeOut": ("60", _whole),
    "ConnectorPhaseRotation": ("0.RST,1.RST", _never),
    "GetConfigurationMaxKeys": ("50", _never),
    "HeartbeatInterval": ("300", _whole),
    "LocalAuthorizeOffline": ("true", _truth),
    "LocalPreAuthorize": ("false", _never),
    "MeterValueSampleInterval": ("60", _whole),
    "MeterValuesAlignedData": ("", _measurands),
    "MeterValuesSampledData": ("Energy.Active.Import.Register", _measurands),
    "NumberOfConnectors": ("1", _never),
    "ResetRetries": ("0", _whole),
    "StopTransactionOnEVSideDisconnect": ("true", _truth),
    "StopTransactionOnInvalidId": ("true", _never),
    "StopTxnAlignedData": ("", _measurands),
    "StopTxnSampledData": ("", _measurands),
    "SupportedFeatureProfiles": ("Core,RemoteTrigger", _never),
    "TransactionMessageAttempts": ("3", _whole),
    "TransactionMessageRetryInterval": ("5", _whole),
    "UnlockConnectorOnEVSideDisconnect": ("true", _truth),
}
#: What of these 2.x has as a variable: component, variable and instance.
VARIABLES: Mapping[tuple[str, str, str], str] = {
    ("AuthCtrlr", "AuthorizeRemoteStart", ""): "AuthorizeRemoteTxRequests",
    ("OCPPCommCtrlr", "HeartbeatInterval", ""): "HeartbeatInterval",
    ("OCPPCommCtrlr", "MessageAttemptInterval", "TransactionEvent"): "TransactionMessageRetryInterval",
    ("OCPPCommCtrlr", "MessageAttempts", "TransactionEvent"): "TransactionMessageAttempts",
    ("OCPPCommCtrlr", "ResetRetries", ""): "ResetRetries",
    ("SampledDataCtrlr", "TxUpdatedInterval", ""): "MeterValueSampleInterval",
    ("SampledDataCtrlr", "TxUpdatedMeasurands", ""): "MeterValuesSampledData",
}
_COMPONENTS = frozenset(component for component, _, _ in VARIABLES)


@define
class Memory:
    """What a station remembers from step to step.

    Attributes:
        version: That it speaks.
        energy: What its meter shows, in Wh.
        transaction_id: Of the present transaction: the CSMS gives it in 1.x, the station in 2.x.
        token: Who charges, or is to: its text.
        remote_start_id: With which the CSMS has asked for the transaction, if it has (2.x).
        seq_no: Of the next TransactionEvent.
        is_busy: Whether a transaction runs, or is to begin.
        is_running: Whether it runs: it was told so.
        is_registered: Whether the CSMS has accepted its boot.
        is_booting: Whether it waits for that.
        operative: Whether it is in service: itself (0), and the connector or EVSE that it has.
        becomes: What of that changes once the transaction is over.
        reason: Why the transaction is ended, and what triggers that in 2.x; "" for the token that began it.
        reset: The reason and the trigger of what a reset ends.
        is_waiting: Whether something of the transaction waits to be sent again.
        is_reset_due: Whether it is to reset once the transaction is over.
        boot_reason: Why it has booted, in 2.x.
        settings: By the keys of 1.6, whatever the version.
    """

    version: str
    energy: int = 1000
    transaction_id: Any = 0
    token: Json = field(factory=lambda: dict(ID_TOKEN))
    remote_start_id: int | None = None
    seq_no: int = 0
    is_busy: bool = False
    is_running: bool = False
    is_registered: bool = False
    is_booting: bool = False
    operative: dict[int, bool] = field(factory=lambda: {0: True, _PLACE: True})
    becomes: dict[int, bool] = field(factory=dict)
    reason: tuple[str, str] = ("", "")
    reset: tuple[str, str] = ("", "")
    is_waiting: bool = False
    is_reset_due: bool = False
    boot_reason: str = "PowerUp"
    settings: dict[str, str] = field(factory=lambda: {key: value for key, (value, _) in KEYS.items()})

    def end(self) -> None:
        """Nothing goes on any more."""
        self.is_busy, self.is_running, self.remote_start_id, self.reason = False, False, None, ("", "")
        self.operative |= self.becomes
        self.becomes = {}
        self.token = dict(ID_TOKEN)

    def number(self, key: str) -> int:
        """A setting that is a whole number."""
        return int(self.settings[key])


Answering = Callable[[Memory, Json], Json]
_ACCEPTED: Json = {"status": "Accepted"}
_REJECTED: Json = {"status": "Rejected"}


def _items(request: Json, name: str) -> Iterator[Any]:
    items = request.get(name)
    yield from items if isinstance(items, list) else ()


def _object(request: Any, name: str) -> Json:
    found = request.get(name) if isinstance(request, dict) else None
    return found if isinstance(found, dict) else {}


# Settings


def _configuration(memory: Memory, request: Json) -> Json:
    wanted = [key for key in _items(request, "key") if isinstance(key, str)] or list(KEYS)
    known = [
        {"key": key, "readonly": KEYS[key][1] is _never, "value": memory.settings[key]}
        for key in wanted
        if key in KEYS
    ]
    unknown = [key for key in wanted if key not in KEYS]
    return {
        **({"configurationKey": known} if known else {}),
        **({"unknownKey": unknown} if unknown else {}),
    }


def _change(memory: Memory, request: Json) -> Json:
    key = text(request, "key")
    if key not in KEYS:
        return {"status": ("NotSupported", "Rejected")}
    return _ACCEPTED if _is_set(memory, key, text(request, "value")) else _REJECTED


def _is_set(memory: Memory, key: str, value: str) -> bool:
    if not KEYS[key][1](value):
        return False
    memory.settings[key] = value
    return True


def _about(item: Any) -> tuple[Json, str | None, str]:
    """The members that name a variable, the key that it is, and what is not known of it if it is none."""
    named = {
        name: item[name]
        for name in ("component", "variable", "attributeType")
        if isinstance(item, dict) and name in item
    }
    component, variable = _object(item, "component"), _object(item, "variable")
    place = text(component, "name"), text(variable, "name"), text(variable, "instance")
    if place in VARIABLES:
        if text(item, "attributeType") not in ("", "Actual"):
            return named, None, "NotSupportedAttributeType"
        return named, VARIABLES[place], ""
    return named, None, "UnknownVariable" if place[0] in _COMPONENTS else "UnknownComponent"


def _variables(memory: Memory, request: Json) -> Json:
    results: list[Json] = []
    for item in _items(request, "getVariableData"):
        named, key, unknown = _about(item)
        told = {"attributeStatus": unknown}
        if key is not None:
            told = {"attributeStatus": "Accepted", "attributeValue": memory.settings[key]}
        results.append({**named, **told})
    return {"getVariableResult": results}


def _set_variables(memory: Memory, request: Json) -> Json:
    results: list[Json] = []
    for item in _items(request, "setVariableData"):
        named, key, status = _about(item)
        if key is not None:
            status = "Accepted" if _is_set(memory, key, text(item, "attributeValue")) else "Rejected"
        results.append({**named, "attributeStatus": status})
    return {"setVariableResult": results}


def _monitors(_: Memory, request: Json) -> Json:
    results: list[Json] = []
    for item in _items(request, "setMonitoringData"):
        named, key, unknown = _about(item)
        repeated = {
            name: item[name] for name in ("type", "severity") if isinstance(item, dict) and name in item
        }
        results.append({**repeated, **named, "status": "Rejected" if key is not None else unknown})
    return {"setMonitoringResult": results}


# Transactions


def _is_running(memory: Memory, request: Json) -> bool:
    return memory.is_running and request.get("transactionId") == memory.transaction_id


def _start(memory: Memory, request: Json) -> Json:
    place = request.get("connectorId", request.get("evseId", _PLACE))
    is_free = not (memory.is_busy or memory.is_booting or memory.is_reset_due)
    if not is_free or not memory.operative[_PLACE] or place != _PLACE:
        return _REJECTED
    memory.is_busy = True
    given: Any = request.get("idToken")
    if isinstance(given, dict) and isinstance(given.get("idToken"), str):
        memory.token = given
    elif text(request, "idTag"):
        memory.token = {**ID_TOKEN, "idToken": text(request, "idTag")}
    memory.remote_start_id = request.get("remoteStartId")
    return _ACCEPTED


def _stop(memory: Memory, request: Json) -> Json:
    if not _is_running(memory, request):
        return _REJECTED
    memory.reason = "Remote", "RemoteStop"
    return _ACCEPTED


def _status(memory: Memory, request: Json) -> Json:
    if request.get("transactionId") is None:
        return {"messagesInQueue": memory.is_waiting}
    is_it = request["transactionId"] == memory.transaction_id
    return {
        "messagesInQueue": memory.is_waiting and is_it,
        "ongoingIndicator": _is_running(memory, request),
    }


def _profile(memory: Memory, request: Json) -> Json:
    # 1.x has a status for it. In 2.x whoever does not charge smartly says so by an error (part 2 K01.FR.29).
    if not is_first(specification(memory.version)):
        raise OcppError(ErrorCode.NOT_SUPPORTED, "it does not charge smartly")
    return {"status": "NotSupported"}


def _priority(memory: Memory, request: Json) -> Json:
    return {"status": "NoProfile"} if _is_running(memory, request) else _REJECTED


def _tariff(_: Memory, request: Json) -> Json:
    # Whoever does not calculate costs says so by an error, and not by a status (part 2 I07.FR.01, I11.FR.01).
    raise OcppError(ErrorCode.NOT_SUPPORTED, "it does not calculate costs")


def _availability(memory: Memory, request: Json) -> Json:
    number = request.get("evseId", request.get("connectorId", 0))  # 2.0, and 1.x
    place = _object(request, "evse").get("id", number)
    if place not in (0, _PLACE):
        return _REJECTED
    is_operative = "Operative" in (text(request, "type"), text(request, "operationalStatus"))
    # The station takes along what is in it.
    wanted = dict.fromkeys(memory.operative if place == 0 else [place], is_operative)
    if memory.is_busy and is_operative is not memory.operative[_PLACE]:
        memory.becomes = wanted
        return {"status": "Scheduled"}
    memory.operative |= wanted
    memory.becomes = {}
    return _ACCEPTED


def _reset(memory: Memory, request: Json) -> Json:
    type = text(request, "type")
    if type == "OnIdle" and memory.is_busy:
        memory.is_reset_due = True
        return {"status": "Scheduled"}
    memory.reset = {"Hard": "HardReset", "Soft": "SoftReset"}.get(type, "ImmediateReset"), "ResetCommand"
    return _ACCEPTED


def _unlock(memory: Memory, request: Json) -> Json:
    place = request.get("evseId", request.get("connectorId"))
    if place != _PLACE:
        return {"status": ("UnknownConnector", "NotSupported", "UnlockFailed", "Rejected")}
    if memory.is_busy:
        return {"status": ("OngoingAuthorizedTransaction", "UnlockFailed", "Rejected")}
    return {"status": ("Unlocked", "Accepted")}


def _trigger(memory: Memory, request: Json) -> Json:
    wanted = text(request, "requestedMessage")
    if wanted == "BootNotification" and memory.is_registered:
        return _REJECTED
    return _ACCEPTED if wanted in TRIGGERS else {"status": "NotImplemented"}


#: What is answered by what the station remembers; `answers.STATION` has the rest.
OBEYING: Mapping[str, Answering] = {
    "ChangeAvailability": _availability,
    "ChangeConfiguration": _change,
    "ChangeTransactionTariff": _tariff,
    "ExtendedTriggerMessage": _trigger,
    "GetConfiguration": _configuration,
    "GetTransactionStatus": _status,
    "GetVariables": _variables,
    "RemoteStartTransaction": _start,
    "RemoteStopTransaction": _stop,
    "RequestStartTransaction": _start,
    "RequestStopTransaction": _stop,
    "Reset": _reset,
    "SetChargingProfile": _profile,
    "SetDefaultTariff": _tariff,
    "SetVariableMonitoring": _monitors,
    "SetVariables": _set_variables,
    "TriggerMessage": _trigger,
    "UnlockConnector": _unlock,
    "UsePriorityCharging": _priority,
}

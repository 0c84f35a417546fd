"""What judges the messages of stations of 2.x wherever they are heard: events, transactions, results about variables.

A message that breaks its schema is passed over, since other rules are about that; what is left out where the standard
has a default counts as that default.
"""

from collections import Counter
from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from typing import Any

from ocpp_core.conformance.hearing import Heard, Said
from ocpp_core.conformance.json_frames import Json, Type
from ocpp_core.conformance.overheard import overheard
from ocpp_core.conformance.telling import Wrong, answered, each, judged, requests
from ocpp_core.conformance.traces import What
from ocpp_core.conformance.verdicts import Deviation
from ocpp_core.model.printing import shown

#: What cannot have triggered the first event of a transaction, and what not the last.
_NOT_AT_START = frozenset(
    {
        "Deauthorized",
        "EnergyLimitReached",
        "EVConnectTimeout",
        "EVDeparted",
        "RemoteStop",
        "StopAuthorized",
        "TimeLimitReached",
    }
)
_NOT_AT_END = frozenset({"Authorized", "CablePluggedIn", "EVDetected", "RemoteStart"})
#: What ends a transaction that no driver has ended at the station. Of remote stops and resets checks know more.
_NOT_BY_DRIVER = frozenset(
    {
        "AbnormalCondition",
        "Deauthorized",
        "EnergyLimitReached",
        "EVConnectTimeout",
        "TimeLimitReached",
    }
)
#: Why events come of monitors, and not by the maker's choice.
_OF_MONITORS = frozenset({"CustomMonitor", "HardWiredMonitor", "PreconfiguredMonitor"})
#: How the members of the two messages about variables are called: of requests, of results.
_VARIABLES = {
    "GetVariables": ("getVariableData", "getVariableResult"),
    "SetVariables": ("setVariableData", "setVariableResult"),
}


def _key(event: Json) -> tuple[Any, ...]:
    """What an event that is sent again has kept."""
    return event["seqNo"], event["eventType"], event["timestamp"], event.get("triggerReason")


@overheard("transaction.sequence")
def _sequence(heard: Heard) -> Iterator[Deviation | None]:
    runs: list[dict[tuple[Any, ...], Said]] = []
    running: dict[str, dict[tuple[Any, ...], Said]] = {}
    doubtful: set[str] = set()
    opened = [entry.number for entry in heard.trace if entry.what is What.OPENED]
    # What was sent as a connection ended may not have arrived, and some of what waits for the next may be dropped.
    last = next((number for number in opened if any(said.mark < number for said in heard.said)), None)
    for said in heard.said:
        if last is not None and said.mark > last:
            break
        if said.action != "TransactionEvent" or said.kind is not Type.CALL:
            continue
        if not heard.tells(said, "TransactionEvent"):
            return
        event = said.members
        id = _id(said)
        if event.get("offline"):
            doubtful.add(id)
        # That an id is given twice is another rule.
        is_new = event["eventType"] == "Started" and _key(event) not in running.get(id, ())
        if is_new or id not in running:
            running[id] = {}
            runs.append(running[id])
        running[id].setdefault(_key(event), said)
    for told in runs:
        # In the order of the numbers: that an event waits for the one before is another rule.
        in_order = sorted(told.values(), key=lambda said: (_number(said), said.mark))
        for one, next_one in pairwise(in_order if doubtful.isdisjoint(map(_id, in_order)) else ()):
            wanted, got = _number(one) + 1, _number(next_one)
            yield judged(wanted == got, f"seqNo {wanted}", str(got), one, next_one)


def _id(said: Said) -> str:
    event = said.members
    info: Json = event["transactionInfo"] if "transactionInfo" in event else event["transactionData"]
    return str(info.get("transactionId", info.get("id")))


def _number(said: Said) -> int:
    return int(said.members["seqNo"])


def _trigger_possible(event: Json) -> Wrong:
    kind, trigger = event["eventType"], event["triggerReason"]
    impossible = {"Started": _NOT_AT_START, "Ended": _NOT_AT_END}.get(kind, frozenset[str]())
    return (f"a triggerReason of {kind}", shown(trigger)) if trigger in impossible else None


def _state_told(event: Json) -> Wrong:
    is_due = event["triggerReason"] == "ChargingStateChanged"
    is_there = "chargingState" in event["transactionInfo"]
    return ("the chargingState that has changed", "none") if is_due and not is_there else None


def _stop_told(event: Json) -> Wrong:
    trigger = event["triggerReason"]
    if event["eventType"] != "Ended" or trigger not in _NOT_BY_DRIVER:
        return None
    # Left out it is Local, which is what a driver does.
    reason = event["transactionInfo"].get("stoppedReason", "Local")
    return (f"the stoppedReason of {trigger}", shown(reason)) if reason == "Local" else None


def _no_token(event: Json) -> Wrong:
    token = event.get("idToken", {})
    is_wrong = token.get("type") == "NoAuthorization" and token["idToken"]
    return ("an empty idToken of the type NoAuthorization", shown(token["idToken"])) if is_wrong else None


# Events and files


def _monitor_named(notice: Json) -> Wrong:
    for event in notice["eventData"]:
        if event["eventNotificationType"] in _OF_MONITORS and "variableMonitoringId" not in event:
            return f"the variableMonitoringId of a {event['eventNotificationType']}", "none"
    return None


def _upload_named(notice: Json) -> Wrong:
    is_due = notice["status"] != "Idle"
    return ("the requestId of the upload", "none") if is_due and "requestId" not in notice else None


for _rule, _action, _judge in (
    ("transaction.trigger-possible", "TransactionEvent", _trigger_possible),
    ("transaction.state-told", "TransactionEvent", _state_told),
    ("transaction.stop-told", "TransactionEvent", _stop_told),
    ("transaction.no-token-empty", "TransactionEvent", _no_token),
    ("event.monitor-named", "NotifyEvent", _monitor_named),
    ("log.upload-named", "LogStatusNotification", _upload_named),
):
    overheard(_rule)(partial(each, requests, _action, _judge))


@overheard("event.sequence")
def _event_sequence(heard: Heard) -> Iterator[Deviation | None]:
    last: Said | None = None
    for said, notice in requests(heard, "NotifyEvent"):
        # The first may go on with what was begun before the trace; the same again is a retry.
        if last is not None and notice != last.members and not last.members.get("tbc"):
            number = notice["seqNo"]
            yield judged(number == 0, "seqNo 0 of what begins", str(number), last, said)
        last = said


# Variables


def _named(item: Json) -> tuple[str, str]:
    """Component and variable; names are told apart whatever their case."""
    return item["component"]["name"].lower(), item["variable"]["name"].lower()


def _pairs(heard: Heard, action: str) -> Iterator[tuple[list[Json], Json, Said]]:
    """Each result about a variable with the requests that it can be for."""
    wanted, given = _VARIABLES[action]
    for request, said in answered(heard, action):
        for result in said.members[given]:
            about = [item for item in request[wanted] if _named(item) == _named(result)]
            # What was not asked about at all is the matter of another rule.
            if about:
                yield about, result, said


def _attribute(item: Json) -> str:
    return str(item.get("attributeType", "Actual"))


@overheard("variable.attribute-same")
def _attribute_same(heard: Heard) -> Iterator[Deviation | None]:
    for action in _VARIABLES:
        for about, result, said in _pairs(heard, action):
            # Of what is asked for without an attribute another rule tells; it is of GetVariables alone.
            if action == "GetVariables" and any("attributeType" not in item for item in about):
                continue
            wanted = Counter(map(_attribute, about))
            if _attribute(result) in wanted:
                yield None
            else:
                expected = f"attributeType {' or '.join(wanted)}"
                yield Deviation(expected, _attribute(result), place=action, marks=(said.mark,))


@overheard("variable.value-told")
def _value_told(heard: Heard) -> Iterator[Deviation | None]:
    for _, result, said in _pairs(heard, "GetVariables"):
        if result["attributeStatus"] == "Accepted":
            yield judged("attributeValue" in result, "an attributeValue, be it empty", "none", said)


@overheard("variable.same-instance")
def _same_instance(heard: Heard) -> Iterator[Deviation | None]:
    for about, result, said in _pairs(heard, "GetVariables"):
        wanted = [_instances(item) for item in about]
        if any(map(any, wanted)):
            got = _instances(result)
            expected = " or ".join(f"the instance {shown(' '.join(filter(None, each)))}" for each in wanted)
            yield judged(got in wanted, expected, shown(" ".join(filter(None, got)) or "none"), said)


def _instances(item: Json) -> tuple[str, str]:
    return item["component"].get("instance", "").lower(), item["variable"].get("instance", "").lower()

"""What judges rules over all that a station of 1.6 has said; and whom stations of 1.6 and 2.x ask about the end."""

from collections.abc import Iterator
from functools import partial

from ocpp_core.conformance.hearing import Heard, Said
from ocpp_core.conformance.json_frames import Json
from ocpp_core.conformance.overheard import overheard
from ocpp_core.conformance.telling import Wrong, each, judged, requests
from ocpp_core.conformance.verdicts import Deviation
from ocpp_core.model.printing import shown

#: Statuses of connectors to which an EV is connected that does not charge.
_CONNECTED = frozenset({"Finishing", "Preparing", "SuspendedEV", "SuspendedEVSE"})
#: What a reset entails.
_RESETS = frozenset({"HardReset", "SoftReset"})
#: Seconds after which somebody may have shown a token for something else.
_AT_ONCE = 3.0


def _communication_error(payload: Json) -> Wrong:
    if payload["errorCode"] != "EVCommunicationError" or payload["status"] in _CONNECTED:
        return None
    return "EVCommunicationError where an EV is connected, and does not charge", shown(payload["status"])


def _not_empty(payload: Json) -> Wrong:
    readings = payload["meterValue"]
    is_right = bool(readings) and all(reading["sampledValue"] for reading in readings)
    return None if is_right else ("readings with values", "none")


overheard("status.communication-error")(partial(each, requests, "StatusNotification", _communication_error))
overheard("meter.not-empty")(partial(each, requests, "MeterValues", _not_empty))


@overheard("reset.answered-first")
def _answered_first(heard: Heard) -> Iterator[Deviation | None]:
    waiting: dict[str, Said] = {}
    for said in heard.said:
        if heard.asks(said, "Reset"):
            waiting[said.id] = said
        elif said.action == "Reset" and said.is_received and waiting.pop(said.id, None) is not None:
            yield None
        elif waiting and said.is_received and said.members.get("reason") in _RESETS:
            marks = (waiting.popitem()[1].mark, said.mark)
            yield Deviation("an answer to Reset before anything else", said.action, marks=marks)


# Who ends a transaction


def _shown(payload: Json) -> str:
    """The token of a request, in capitals, as they are compared; "" if it names none."""
    named = payload.get("idTag", payload.get("idToken", ""))
    return str(named["idToken"] if isinstance(named, dict) else named).upper()


def _is_ended_by_token(payload: Json) -> bool:
    if "eventType" in payload:
        return bool(payload["triggerReason"] == "StopAuthorized")
    return "meterStop" in payload and payload.get("reason", "Local") == "Local"


@overheard("transaction.stop-unasked")
def _stop_unasked(heard: Heard) -> Iterator[Deviation | None]:
    running: set[str] = set()
    # What was asked last about somebody who charges.
    asked: list[Said] = []
    for said in heard.said:
        payload = said.members
        if not heard.tells(said, "Authorize", "StartTransaction", "StopTransaction", "TransactionEvent"):
            continue
        who = _shown(payload)
        if said.action == "Authorize":
            asked = [said] if who in running else []
        elif _is_ended_by_token(payload):
            if who in running:
                at_once = [each for each in asked if said.entry.at - each.entry.at < _AT_ONCE]
                needless = [each for each in at_once if _shown(each.members) == who]
                yield judged(not needless, "no Authorize for the token that began it", "one", *needless, said)
            running.discard(who)
            asked = []
        elif "meterStop" in payload or payload.get("eventType") == "Ended":
            running.discard(who)
        elif who:
            running.add(who)
            asked = []

"""What judges battery swaps (2.1), and how the batteries are charged that were brought.

Only what fits its schema is judged. What was said before the trace began is not known, and what may hang on it is not
judged.
"""

from collections.abc import Iterator
from math import inf

from ocpp_core.conformance.hearing import Heard, Said
from ocpp_core.conformance.json_frames import Type
from ocpp_core.conformance.learning import Learned
from ocpp_core.conformance.overheard import overheard
from ocpp_core.conformance.telling import answered, informed, judged
from ocpp_core.conformance.verdicts import Deviation

#: What a slot is after batteries came, or were taken.
_STATES = {"BatteryIn": "Occupied", "BatteryOut": "Available"}
#: Seconds in which that is told, and by which it may be told before.
_SOON = 60.0
_BEFORE = 5.0


def _is_asked(said: Said, action: str) -> bool:
    """Whether the kit asks for something, be it wrongly."""
    return said.kind is Type.CALL and said.action == action and not said.is_received


@overheard("battery.same-request")
def _same_request(heard: Heard) -> Iterator[Deviation | None]:
    known: set[int] = set()
    brought: dict[str, int] = {}  # what a token has brought, and got nothing for yet
    for said in heard.said:
        payload = said.members
        if _is_asked(said, "RequestBatterySwap") and isinstance(payload.get("requestId"), int):
            known.add(payload["requestId"])
        elif heard.tells(said, "BatterySwap"):
            who, id = payload["idToken"]["idToken"].upper(), payload["requestId"]
            if payload["eventType"] == "BatteryIn":
                known.add(id)
                brought[who] = id
            elif who in brought:
                yield judged(id in known, f"requestId {brought.pop(who)}", str(id), said)


@overheard("battery.as-asked")
def _as_asked(heard: Heard) -> Iterator[Deviation | None]:
    results = {said.mark: request for request, said in answered(heard, "RequestBatterySwap")}
    due: dict[str, int] = {}
    for said in heard.said:
        if said.mark in results and said.members["status"] == "Accepted":
            due[results[said.mark]["idToken"]["idToken"].upper()] = results[said.mark]["requestId"]
        elif heard.tells(said, "BatterySwap") and said.members["eventType"] == "BatteryIn":
            wanted = due.pop(said.members["idToken"]["idToken"].upper(), None)
            if wanted is not None:
                got = said.members["requestId"]
                yield judged(got == wanted, f"requestId {wanted}, as it was asked for", str(got), said)


# What becomes of a slot


def _slots(said: Said) -> set[int]:
    return {battery["evseId"] for battery in said.members["batteryData"]}


def _told(heard: Heard, said: Said) -> Iterator[tuple[int, str]]:
    """The states of slots that a message tells."""
    payload = said.members
    if heard.tells(said, "StatusNotification"):
        yield payload["evseId"], payload["connectorStatus"]
    elif heard.tells(said, "NotifyEvent"):
        for event in payload["eventData"]:
            if event["variable"]["name"].lower() == "availabilitystate" and "evse" in event["component"]:
                yield event["component"]["evse"]["id"], event["actualValue"]


@overheard("battery.state-told")
def _state_told(heard: Heard) -> Iterator[Deviation | None]:
    due: dict[int, tuple[str, Said]] = {}
    last: dict[tuple[int, str], float] = {}
    for said in heard.said:
        for slot, state in _told(heard, said):
            last[slot, state] = said.entry.at
        for slot, (state, swap) in list(due.items()):
            is_told = last.get((slot, state), -inf) > swap.entry.at - _BEFORE
            is_late = said.is_received and said.entry.at > swap.entry.at + _SOON
            if is_told or is_late:
                del due[slot]
                yield judged(is_told, f"that slot {slot} is {state}", "nothing of it", swap, said)
        if said.action == "BootNotification":
            due.clear()
        elif heard.tells(said, "BatterySwap") and said.members["eventType"] in _STATES:
            due |= dict.fromkeys(_slots(said), (_STATES[said.members["eventType"]], said))


# How a battery is charged


def _charging(heard: Heard) -> Iterator[tuple[Said, Learned, bool]]:
    """Each event of the transactions of batteries that were brought, and whether the battery was taken out since."""
    swaps = {said.mark for said, _ in informed(heard, "BatterySwap")}
    known = {said.mark: told for said, told in informed(heard, "TransactionEvent")}
    full: dict[int, bool] = {}  # slots in which a battery is, or was
    where: dict[str, int] = {}
    for said in heard.said:
        if said.action == "BootNotification":
            full.clear()  # how those charge on that were there before is another rule
        elif said.mark in swaps and said.members["eventType"] in _STATES:
            for each in _slots(said):
                full[each] = said.members["eventType"] == "BatteryIn"
        elif said.mark in known:
            event, id = said.members, said.members["transactionInfo"]["transactionId"]
            slot = event.get("evse", {}).get("id")
            if event["eventType"] == "Started" and full.get(slot):
                where[id] = slot
            if id in where:
                yield said, known[said.mark], not full.get(where[id], True)


@overheard("battery.charged-from-start")
def _charged_from_start(heard: Heard) -> Iterator[Deviation | None]:
    for said, known, _ in _charging(heard):
        event = said.members
        if event["eventType"] != "Started":
            continue
        token = event.get("idToken", {})
        mine = known.value("BatterySwapCtrlr", "IdToken")
        tokens = {("NoAuthorization", "")} if mine == "" else {("Central", mine)}
        got = token.get("type"), token.get("idToken")
        is_token = got in tokens or (mine is None and got[0] in ("Central", "NoAuthorization"))
        state = event["transactionInfo"].get("chargingState")
        is_right = is_token and event["triggerReason"] == "CablePluggedIn" and state == "Charging"
        wanted = "CablePluggedIn, Charging, and the token of batteries"
        yield judged(is_right, wanted, f"{event['triggerReason']}, {state}, {token.get('type')}", said)


@overheard("battery.charging-ends")
def _charging_ends(heard: Heard) -> Iterator[Deviation | None]:
    for said, _, is_taken in _charging(heard):
        event, info = said.members, said.members["transactionInfo"]
        got = [event["eventType"], event["triggerReason"], info.get("chargingState", "")]
        if event["triggerReason"] == "EnergyLimitReached":
            wanted = ["Updated", "EnergyLimitReached", "SuspendedEVSE"]
        elif event["eventType"] == "Ended" and is_taken:
            got.append(info.get("stoppedReason", "Local"))
            wanted = ["Ended", "EVCommunicationLost", "Idle", "EVDisconnected"]
        else:
            continue
        yield judged(got == wanted, ", ".join(wanted), ", ".join(got), said)

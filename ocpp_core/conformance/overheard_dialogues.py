"""What judges rules over what a station of 2.x tells, beside what both sides have said before.

Only what fits its schema is judged: other rules are about the rest. What was said before the trace began is not known,
and what may hang on it is not judged.
"""

from collections.abc import Iterator
from functools import partial

from ocpp_core.conformance.hearing import Heard, Said
from ocpp_core.conformance.json_frames import Json, Type
from ocpp_core.conformance.overheard import overheard
from ocpp_core.conformance.telling import answered, informed, judged
from ocpp_core.conformance.verdicts import Deviation
from ocpp_core.model.printing import shown


def _is_asked(said: Said, action: str) -> bool:
    """Whether the kit asks for something, be it wrongly."""
    return said.kind is Type.CALL and said.action == action and not said.is_received


def _info(event: Json) -> Json:
    info: Json = event["transactionInfo"]
    return info


# Transactions


@overheard("transaction.remote-start-joins")
def _joins(heard: Heard) -> Iterator[Deviation | None]:
    results = {said.mark for _, said in answered(heard, "RequestStartTransaction")}
    free: dict[str, int] = {}  # EVSEs of transactions that nobody is known to be authorised for
    asked: dict[str, set[str]] = {}
    for said in heard.said:
        payload = said.members
        if said.action == "BootNotification":
            free.clear()
        elif heard.tells(said, "TransactionEvent"):
            id = _info(payload)["transactionId"]
            if _is_free(payload):
                free[id] = payload["evse"]["id"]
            elif payload["eventType"] != "Updated" or "idToken" in payload or payload.get("offline"):
                free.pop(id, None)
        elif _is_asked(said, "RequestStartTransaction"):
            asked[said.id] = {id for id, number in free.items() if number == payload.get("evseId")}
        elif said.mark in results and payload["status"] == "Accepted":
            wanted = asked[said.id] & free.keys()
            got = payload.get("transactionId", "none")
            if wanted:
                expected = f"transactionId {' or '.join(sorted(wanted))}"
                yield judged(got in wanted, shown(expected), shown(got), said)


def _is_free(event: Json) -> bool:
    """Whether an event tells of a transaction that has begun on an EVSE, and of nobody who may charge."""
    is_let = "idToken" in event or event["triggerReason"] in ("Authorized", "RemoteStart")
    return event["eventType"] == "Started" and "evse" in event and not is_let and not event.get("offline")


# Limits from outside


@overheard("charging-limit.schedules-told")
def _schedules_told(heard: Heard) -> Iterator[Deviation | None]:
    for said, known in informed(heard, "NotifyChargingLimit"):
        if known.is_true("SmartChargingCtrlr", "NotifyChargingLimitWithSchedules"):
            yield judged("chargingSchedule" in said.members, "the schedule of the limit", "none", said)


# What EVs need


@overheard("charging-needs.after-token")
def _after_token(heard: Heard) -> Iterator[Deviation | None]:
    # By EVSE: what began in this trace, and whether a token was told.
    running: dict[int, tuple[str, bool]] = {}
    for said in heard.said:
        payload = said.members
        if said.action == "BootNotification":
            running.clear()
        elif heard.tells(said, "TransactionEvent") and "evse" in payload:
            number, id = payload["evse"]["id"], _info(payload)["transactionId"]
            before, was_told = running.pop(number, ("", False))
            if payload["eventType"] == "Started" or (id == before and payload["eventType"] == "Updated"):
                running[number] = id, (was_told and id == before) or "idToken" in payload
        elif heard.tells(said, "NotifyEVChargingNeeds") and payload["evseId"] in running:
            _, was_told = running[payload["evseId"]]
            yield judged(was_told, "an event with the token before", "none", said)


def _selected(is_for_two_ways: bool, heard: Heard) -> Iterator[Deviation | None]:
    """Of EVs that also discharge the standard wants more."""
    two_ways: dict[int, bool] = {}
    for said in heard.said:
        payload = said.members
        if heard.tells(said, "NotifyEVChargingNeeds"):
            two_ways[payload["evseId"]] = "v2xChargingParameters" in payload["chargingNeeds"]
        elif heard.tells(said, "NotifyEVChargingSchedule"):
            is_right = "selectedChargingScheduleId" in payload
            if two_ways.get(payload["evseId"]) is is_for_two_ways:
                yield judged(is_right, "the selectedChargingScheduleId", "none", said)


for _rule, _two_ways in (
    ("charging-schedule.selected", False),
    ("charging-schedule.selected-two-ways", True),
):
    overheard(_rule)(partial(_selected, _two_ways))

"""What judges what was told after a time without connection, and who may charge, by what the CSMS has said.

Only what fits its schema is judged. What was said before the trace began is not known, and what may hang on it is not
judged.
"""

from collections.abc import Iterator

from ocpp_core.conformance.hearing import Heard, Said
from ocpp_core.conformance.json_frames import Json, Type
from ocpp_core.conformance.overheard import overheard
from ocpp_core.conformance.telling import Event, course, informed, judged, transactions
from ocpp_core.conformance.traces import What
from ocpp_core.conformance.verdicts import Deviation
from ocpp_core.model.printing import shown

#: Seconds that a station may take to tell what it has to once it is connected again.
_SOON = 60.0


# What happened without a connection


def _evse(told: list[Event]) -> int | None:
    """Where a transaction is; None if it does not say."""
    return next((event.payload["evse"]["id"] for event in told if "evse" in event.payload), None)


@overheard("transaction.kept-offline")
def _kept_offline(heard: Heard) -> Iterator[Deviation | None]:
    ends = [entry.number for entry in heard.trace if entry.what is What.CLOSED]
    last: dict[int, list[Event]] = {}
    for told in transactions(heard):
        where = _evse(told)
        before = last.get(where) if where is not None else None
        if where is not None:
            last[where] = told
        # Of what has happened while both sides were there other rules tell.
        here = [event.mark for event in before or () if event.mark < told[0].mark and not event.is_offline]
        if before is None or not here or not any(here[-1] < mark < told[0].mark for mark in ends):
            continue
        is_ended = any(event.kind == "Ended" for event in before)
        is_begun = any(event.kind == "Started" for event in told)
        missing = "Started" if not is_begun else "" if is_ended else "Ended"
        wanted = "Ended of the one transaction, and Started of the next at the same EVSE"
        yield judged(not missing, wanted, f"no {missing}", before[-1].said, told[0].said)


def _statuses(heard: Heard, said: Said) -> set[tuple[int, int]]:
    """The connectors whose status a message tells: EVSE and number."""
    payload = said.members
    if heard.tells(said, "StatusNotification"):
        return {(payload["evseId"], payload["connectorId"])}
    if not heard.tells(said, "NotifyEvent"):
        return set()
    places = [
        event["component"].get("evse", {})
        for event in payload["eventData"]
        if event["variable"]["name"].lower() == "availabilitystate"
    ]
    return {(evse["id"], evse["connectorId"]) for evse in places if "connectorId" in evse}


@overheard("status.after-offline")
def _after_offline(heard: Heard) -> Iterator[Deviation | None]:
    known = dict(zip((said.mark for said in heard.said), heard.known[1:], strict=True))
    threshold: float | None = None
    before: set[tuple[int, int]] = set()
    missing: set[tuple[int, int]] = set()
    closed = opened = None
    for entry, said in course(heard):
        if entry.what is What.CLOSED:
            closed, missing = entry, set()
        elif entry.what is What.OPENED and closed is not None and threshold is not None:
            opened, missing = entry, set(before) if entry.at - closed.at > threshold + 1 else set()
        if said is None:
            continue
        told = _statuses(heard, said)
        threshold = known[said.mark].number("OCPPCommCtrlr", "OfflineThreshold")
        before |= told
        if said.action == "BootNotification":
            missing = set()  # what a boot is followed by is another rule
        if missing and opened is not None and closed is not None:
            missing -= told
            is_late = said.is_received and entry.at - opened.at > _SOON
            if is_late or not missing:
                wanted = "the statuses of all connectors after more than OfflineThreshold"
                marks = (closed.number, said.mark)
                yield Deviation(wanted, f"none of {sorted(missing)}", marks=marks) if missing else None
                missing = set()


# Who may charge


def _infos(heard: Heard) -> Iterator[tuple[Said, str, Json]]:
    """Each answer of the CSMS about a token, with that."""
    asked: dict[str, str] = {}
    for said in heard.said:
        if heard.tells(said, "Authorize", "TransactionEvent") and "idToken" in said.members:
            asked[said.id] = said.members["idToken"]["idToken"].upper()
        elif said.kind is Type.CALLRESULT and not said.is_received and said.id in asked:
            info = said.members.get("idTokenInfo")
            if info is not None and heard.is_right(said):
                yield said, asked[said.id], info


@overheard("token.only-there")
def _only_there(heard: Heard) -> Iterator[Deviation | None]:
    answers = {said.mark: (who, info) for said, who, info in _infos(heard)}
    allowed: dict[str, Json] = {}
    charging: dict[str, str] = {}
    for said in heard.said:
        if said.mark in answers:
            who, info = answers[said.mark]
            # An answer to an event need not say again where.
            if said.action == "Authorize" or "evseId" in info:
                allowed[who] = info
        elif heard.tells(said, "TransactionEvent") and not said.members.get("offline"):
            event = said.members
            id, where = event["transactionInfo"]["transactionId"], event.get("evse", {}).get("id")
            if event["triggerReason"] == "Authorized" and "idToken" in event:
                charging[id] = event["idToken"]["idToken"].upper()
            evses = allowed.get(charging.get(id, ""), {}).get("evseId")
            is_charging = event["transactionInfo"].get("chargingState") == "Charging"
            if evses and where is not None and is_charging:
                yield judged(where in evses, f"nothing but the EVSEs {evses}", f"EVSE {where}", said)


@overheard("token.local-asked")
def _local_asked(heard: Heard) -> Iterator[Deviation | None]:
    asked: set[str] | None = None
    for said, known in zip(heard.said, heard.known, strict=False):
        payload = said.members
        if heard.tells(said, "BootNotification"):
            asked = set()
        # What was asked before nobody knows; nor what is in a cache.
        elif asked is None or known.is_true("AuthCacheCtrlr", "Enabled"):
            continue
        elif heard.tells(said, "Authorize") or said.action in ("RequestStartTransaction", "SendLocalList"):
            asked |= set(_tokens(payload))
        elif heard.tells(said, "TransactionEvent") and not payload.get("offline"):
            token = payload.get("idToken", {})
            if token.get("type") == "Local" and payload["triggerReason"] == "Authorized":
                is_right = token["idToken"].upper() in asked
                yield judged(is_right, "Authorize about a token of the type Local", "none", said)


def _tokens(value: object) -> Iterator[str]:
    """The tokens that stand anywhere in a message."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == "idToken" and isinstance(inner, str):
                yield inner.upper()
            yield from _tokens(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _tokens(inner)


@overheard("transaction.master-pass")
def _master_pass(heard: Heard) -> Iterator[Deviation | None]:
    known = {said.mark: told for said, told in informed(heard, "TransactionEvent")}
    answers = {said.mark: (who, info) for said, who, info in _infos(heard)}
    groups: dict[str, str] = {}
    for said in heard.said:
        if said.mark in answers:
            who, info = answers[said.mark]
            groups[who] = info.get("groupIdToken", {}).get("idToken", "").upper()
        elif said.mark in known and said.members["eventType"] == "Ended":
            event = said.members
            master = (known[said.mark].value("AuthCtrlr", "MasterPassGroupId") or "").upper()
            who = event.get("idToken", {}).get("idToken", "").upper()
            if master and groups.get(who) == master and event["triggerReason"] == "StopAuthorized":
                reason = event["transactionInfo"].get("stoppedReason", "Local")
                yield judged(reason == "MasterPass", "the stoppedReason MasterPass", shown(reason), said)

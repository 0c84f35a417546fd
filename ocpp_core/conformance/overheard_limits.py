"""What judges the limits of transactions (2.1), and transactions that go on after a reboot, or do not.

Only what fits its schema is judged. What was generated before a limit came, and is sent after it, is passed over.
"""

from collections.abc import Iterator
from functools import partial

from attrs import Factory, define

from ocpp_core.conformance.hearing import Heard, Said
from ocpp_core.conformance.json_frames import Json, Type
from ocpp_core.conformance.overheard import overheard
from ocpp_core.conformance.telling import (
    Event,
    Wrong,
    answered,
    clock,
    course,
    each,
    events,
    judged,
    requests,
    seconds,
    transactions,
)
from ocpp_core.conformance.traces import What
from ocpp_core.conformance.verdicts import Deviation
from ocpp_core.model.printing import shown

_REACHED = frozenset({"CostLimitReached", "EnergyLimitReached", "SoCLimitReached", "TimeLimitReached"})
#: The event of a transaction in which a limit is told at the latest: one may have been on its way already.
_BY_THEN = 2
#: Why a station boots that was down, or was told to be; of what else it boots for nobody knows.
_RESTARTS = frozenset(
    {"FirmwareUpdate", "LocalReset", "PowerUp", "RemoteReset", "ScheduledReset", "Watchdog"}
)
#: Why a station boots after an interruption, and how it then ends transactions that do not go on.
_INTERRUPTED = {"PowerUp": "PowerLoss", "Watchdog": "Reboot"}
_RESUMING = ("TxCtrlr", "ResumptionTimeout")
#: Seconds by which a clock that is read twice may differ.
_SAME_CLOCK = 1.0


def _limit(event: Event) -> Json:
    limit: Json = event.payload["transactionInfo"].get("transactionLimit", {})
    return limit


# Limits


def _limit_told(payload: Json) -> Wrong:
    is_due = payload["triggerReason"] == "LimitSet"
    is_there = bool(payload["transactionInfo"].get("transactionLimit"))
    return ("the transactionLimit of LimitSet", "none") if is_due and not is_there else None


overheard("limit.told")(partial(each, requests, "TransactionEvent", _limit_told))


@define
class _Wanted:
    """A limit that the CSMS has set: the events since, and what they have told of it."""

    value: float
    most: float
    events: list[Event] = Factory(list)


def _wanted(heard: Heard) -> Iterator[tuple[Event, str, _Wanted]]:
    """Each event that tells something, with each limit that the CSMS has set before and that the station has."""
    given = dict(_given(heard))
    for told in transactions(heard):
        limits: dict[str, _Wanted] = {}
        for event in told:
            if event.is_offline:
                continue
            supported = event.known.members("TxCtrlr", "SupportedLimits")
            for name, wanted in limits.items():
                wanted.events.append(event)
                if name in supported:
                    yield event, name, wanted
            for name, value in given.get(event.mark, {}).items():
                before = limits.get(name)
                if before is None or before.value != value:
                    limits[name] = _Wanted(value, max(value, before.most if before else value))


def _given(heard: Heard) -> Iterator[tuple[int, Json]]:
    """The limits that the CSMS has set, by the marks of the events that they were the answers to."""
    asked: dict[str, int] = {}
    for said in heard.said:
        if heard.tells(said, "TransactionEvent"):
            asked[said.id] = said.mark
        elif said.action == "TransactionEvent" and said.kind is Type.CALLRESULT and said.id in asked:
            limit = said.members.get("transactionLimit")
            if limit is not None and heard.is_right(said):
                yield asked[said.id], limit


@overheard("limit.confirmed")
def _confirmed(heard: Heard) -> Iterator[Deviation | None]:
    for _, name, wanted in _wanted(heard):
        # One that is reached at once is told by that.
        told = [each for each in wanted.events if name in _limit(each) or each.trigger in _REACHED]
        if len(wanted.events) == _BY_THEN:
            marks = [event.said for event in wanted.events]
            yield judged(bool(told), f"the {name} that the CSMS has set", "none", *marks)


@overheard("limit.not-exceeded")
def _not_exceeded(heard: Heard) -> Iterator[Deviation | None]:
    for event, name, wanted in _wanted(heard):
        if name in _limit(event) and len(wanted.events) >= _BY_THEN:
            got = _limit(event)[name]
            yield judged(got <= wanted.most, f"a {name} of at most {wanted.most}", str(got), event.said)


@overheard("limit.supported")
def _supported(heard: Heard) -> Iterator[Deviation | None]:
    for event in events(heard):
        supported = event.known.members("TxCtrlr", "SupportedLimits")
        if event.known.value("TxCtrlr", "SupportedLimits") is not None and _limit(event):
            others = sorted(_limit(event).keys() - supported - {"customData"})
            yield judged(not others, f"limits of {sorted(supported)}", ", ".join(others), event.said)


@overheard("limit.reached")
def _reached(heard: Heard) -> Iterator[Deviation | None]:
    given = dict(_given(heard))
    for told in transactions(heard):
        has_limit = False
        for event in told:
            has_limit = has_limit or bool(_limit(event))
            if event.trigger in _REACHED and has_limit:
                yield from _ends_as_set(told[0], event)
            has_limit = has_limit or event.mark in given


def _ends_as_set(first: Event, event: Event) -> Iterator[Deviation | None]:
    points = [each.known.members("TxCtrlr", "TxStopPoint") for each in (first, event)]
    # One that was set meanwhile may hold for the next transaction only.
    ends = {"EnergyTransfer" in each for each in points}
    if not all(points) or len(ends) > 1:
        return
    if ends.pop():
        yield judged(
            event.kind == "Ended", "Ended, as TxStopPoint has EnergyTransfer", event.kind, event.said
        )
    else:
        wanted = "Updated, SuspendedEVSE"
        got = ", ".join(filter(None, (event.kind, event.state)))
        yield judged(got == wanted, wanted, got, event.said)


# Reboots


@overheard("reset.resume-refused")
def _resume_refused(heard: Heard) -> Iterator[Deviation | None]:
    for said, known, _, status in _resuming(heard):
        if known == 0:
            yield judged(status == "Rejected", "Rejected, as nothing is resumed", shown(status), said)


@overheard("reset.resume-accepted")
def _resume_accepted(heard: Heard) -> Iterator[Deviation | None]:
    is_updating = False
    runs = {said.mark: bool(running) for said, running in _running(heard)}
    for said, known, request, status in _resuming(heard):
        is_updating = is_updating or any(
            other.action == "UpdateFirmware" and other.mark < said.mark for other in heard.said
        )
        if known and runs[said.mark] and not is_updating and "evseId" not in request:
            yield judged(status == "Accepted", "Accepted beside a transaction", shown(status), said)


def _resuming(heard: Heard) -> Iterator[tuple[Said, float | None, Json, str]]:
    """Answers to resets after which transactions shall go on, and for how many seconds it is known that they do."""
    moments = dict(zip((said.mark for said in heard.said), heard.known, strict=False))
    for request, said in answered(heard, "Reset"):
        if request["type"] == "ImmediateAndResume":
            yield said, moments[said.mark].number(*_RESUMING), request, said.members["status"]


def _running(heard: Heard) -> Iterator[tuple[Said, set[str]]]:
    """Each message, and the transactions that are known to run when it comes."""
    running: set[str] = set()
    for said in heard.said:
        yield said, set(running)
        if heard.tells(said, "TransactionEvent"):
            id = said.members["transactionInfo"]["transactionId"]
            (running.discard if said.members["eventType"] == "Ended" else running.add)(id)


@overheard("reset.resume-told")
def _resume_told(heard: Heard) -> Iterator[Deviation | None]:
    resets = {said.mark: request for said, _, request, status in _resuming(heard) if status == "Accepted"}
    due: dict[str, Said] = {}
    for said, running in _running(heard):
        if said.mark in resets:
            due |= dict.fromkeys(running, said) if "evseId" not in resets[said.mark] else {}
        elif heard.tells(said, "TransactionEvent"):
            event = said.members
            id, trigger = event["transactionInfo"]["transactionId"], event["triggerReason"]
            told = event["eventType"], trigger
            # What happens meanwhile may come between, and may end it.
            if id in due and trigger in ("ResetCommand", "TxResumed"):
                wanted = "Updated", "ResetCommand"
                yield judged(told == wanted, ", ".join(wanted), ", ".join(told), due.pop(id), said)


@overheard("transaction.resumed")
def _resumed(heard: Heard) -> Iterator[Deviation | None]:
    running = {said.mark: ids for said, ids in _running(heard)}
    going_on: dict[str, float] = {}  # and when the station has booted, on its own clock
    is_down = False
    for entry, said in course(heard):
        is_down = is_down or entry.what is What.CLOSED
        if said is None:
            continue
        if is_down and _restarts(heard, said):
            is_down = False
            offset = clock(heard, -1, said.mark)
            going_on = {} if offset is None else dict.fromkeys(running[said.mark], offset + entry.at)
        elif heard.tells(said, "TransactionEvent"):
            event = said.members
            id, is_first = event["transactionInfo"]["transactionId"], False
            # What was left from before the reboot comes first.
            if id in going_on and seconds(event["timestamp"]) > going_on[id] - _SAME_CLOCK:
                del going_on[id]
                is_first = event["eventType"] == "Updated" and not event.get("offline")
            if is_first or event["triggerReason"] == "TxResumed":
                got = [event["eventType"], event["triggerReason"]]
                got += ["chargingState"] if "chargingState" in event["transactionInfo"] else []
                wanted = ["Updated", "TxResumed", "chargingState"]
                yield judged(got == wanted, ", ".join(wanted), ", ".join(got), said)


def _restarts(heard: Heard, said: Said) -> bool:
    """Whether a station tells that it has booted, and not only that it is there."""
    return heard.tells(said, "BootNotification") and said.members["reason"] in _RESTARTS


@overheard("transaction.resumed-suspended")
def _resumed_suspended(heard: Heard) -> Iterator[Deviation | None]:
    for told in transactions(heard):
        state = ""
        for event in told:
            before, state = state, event.state or state
            is_let = not event.known.is_false("TxCtrlr", "AllowEnergyTransferResumption")
            if event.trigger == "TxResumed" and before == "Charging" and event.state and not is_let:
                wanted = "SuspendedEVSE, as energy is not transferred again"
                yield judged(event.state == "SuspendedEVSE", wanted, event.state, event.said)


@overheard("transaction.interrupted")
def _interrupted(heard: Heard) -> Iterator[Deviation | None]:
    boots = [
        (said.mark, _INTERRUPTED.get(boot["reason"])) for said, boot in requests(heard, "BootNotification")
    ]
    for told in transactions(heard):
        last = told[-1]
        reasons = {reason for mark, reason in boots if told[0].mark < mark < last.mark}
        if last.kind == "Ended" and last.reason in reasons:
            wanted = f"AbnormalCondition as what has triggered an end by {last.reason}"
            yield judged(last.trigger == "AbnormalCondition", wanted, shown(last.trigger), last.said)

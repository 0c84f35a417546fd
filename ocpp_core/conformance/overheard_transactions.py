"""What judges the events of a transaction by what was set: readings, signatures, its end; and one by the other.

Only what fits its schema is judged, and only by settings that the station has told, or was told and has accepted.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import pairwise

from ocpp_core.conformance.hearing import Heard
from ocpp_core.conformance.overheard import overheard
from ocpp_core.conformance.telling import Event, Wrong, clock, events, judged, seconds, transactions
from ocpp_core.conformance.traces import What
from ocpp_core.conformance.verdicts import Deviation
from ocpp_core.model.printing import shown

#: What every meter has; of others a station may have no value just then, whatever is configured.
_ENERGY = "Energy.Active.Import.Register"
#: Which variable says what is read for an event, and in which context.
_READINGS: Mapping[str, tuple[str, str]] = {
    "Started": ("TxStartedMeasurands", "Transaction.Begin"),
    "Updated": ("TxUpdatedMeasurands", ""),
    "Ended": ("TxEndedMeasurands", "Transaction.End"),
}
#: Which variable says that this is signed, and in which context; of the first two only 2.1 has one.
_SIGNATURES: Mapping[str, tuple[str, str]] = {
    "Started": ("SignStartedReadings", "Transaction.Begin"),
    "Updated": ("SignUpdatedReadings", "Sample.Periodic"),
    "Ended": ("SignReadings", "Transaction.End"),
}
#: Ends that nobody has asked for over the protocol.
_AT_THE_STATION = frozenset(
    {"AbnormalCondition", "EVCommunicationLost", "EVConnectTimeout", "EVDeparted", "StopAuthorized"}
)
#: With which of the stop points of the station a transaction ends by what has happened.
_STOPS: Mapping[str, frozenset[str]] = {
    "Deauthorized": frozenset({"Authorized", "PowerPathClosed"}),
    "EVCommunicationLost": frozenset({"EVConnected", "PowerPathClosed"}),
    "EVDeparted": frozenset({"ParkingBayOccupancy"}),
    "StopAuthorized": frozenset({"PowerPathClosed"}),
}
#: What ends the authorisation of a transaction.
_NOT_AUTHORISED = frozenset({"Deauthorized", "TariffNotAccepted"})
#: Settings of TxCtrlr that let it go on, or its energy, when they are false.
_LETTING: Mapping[str, str] = {
    "Deauthorized": "StopTxOnInvalidId",
    "EVCommunicationLost": "StopTxOnEVSideDisconnect",
}
#: What shows that it goes on.
_BEGINNINGS = frozenset({"Authorized", "CablePluggedIn", "EVDetected", "RemoteStart"})
#: Reasons that fit what has ended a transaction. That it was not the driver, or that it was the CSMS, other rules tell.
_FITTING: Mapping[str, frozenset[str]] = {
    "EnergyLimitReached": frozenset({"EnergyLimitReached", "Local"}),
    "EVConnectTimeout": frozenset({"Timeout", "Local"}),
    "StopAuthorized": frozenset(
        {
            *("Local", "LocalOutOfCredit", "MasterPass", "StoppedByEV"),
            *("DeAuthorized", "ImmediateReset", "Remote"),
        }
    ),
    "TimeLimitReached": frozenset({"TimeLimitReached", "Local"}),
}
_FAULTS = frozenset({"GroundFault", "OvercurrentFault"})
#: What is triggered by the CSMS, and by which of its requests.
_ASKED: Mapping[str, str] = {
    "RemoteStart": "RequestStartTransaction",
    "RemoteStop": "RequestStopTransaction",
    "ResetCommand": "Reset",
    "Trigger": "TriggerMessage",
    "UnlockCommand": "UnlockConnector",
}
#: Seconds by which a clock that is read twice may differ, and by which an event lies within a time without connection.
_SAME_CLOCK = 1.0
_WITHIN = 2.0


def _each(judge: Callable[[Event], Iterator[Wrong]], heard: Heard) -> Iterator[Deviation | None]:
    """Judges each event by itself: the verdicts of those about which there is one."""
    for event in events(heard):
        for wrong in judge(event):
            yield None if wrong is None else Deviation(*wrong, place=event.trigger, marks=(event.mark,))


# Readings


def _has(event: Event, measurands: frozenset[str], context: str) -> bool:
    """Whether an event has a reading that is configured, in a context; "" is any."""
    wanted = _ENERGY if _ENERGY in measurands else ""
    return any(
        wanted in ("", sample.get("measurand", _ENERGY)) and context in ("", sample.get("context"))
        for sample in event.samples
    )


def _readings(event: Event) -> Iterator[Wrong]:
    variable, context = _READINGS[event.kind]
    measurands = event.known.members("SampledDataCtrlr", variable)
    if measurands:
        where = f" in the context {context}" if context else ""
        wanted = f"readings as {variable} has them{where}", "none"
        yield None if _has(event, measurands, context) else wanted


def _readings_at_end(event: Event) -> Iterator[Wrong]:
    if event.kind == "Ended" and event.trigger in _AT_THE_STATION and not event.is_offline:
        yield from _readings(event)


def _readings_offline(event: Event) -> Iterator[Wrong]:
    is_periodic = event.trigger == "MeterValuePeriodic"
    # Where it is not known at which EVSE it began, another rule says when its readings come.
    is_due = "evse" in event.payload if event.kind == "Started" else is_periodic or event.kind == "Ended"
    if event.is_offline and is_due:
        yield from _readings(event)


def _signed(event: Event) -> Iterator[Wrong]:
    variable, context = _SIGNATURES[event.kind]
    is_set = all(event.known.is_true("SampledDataCtrlr", name) for name in ("SignReadings", variable))
    is_about = any(sample.get("context", "Sample.Periodic") == context for sample in event.samples)
    if is_about and is_set:
        # One signature may be of several values.
        is_right = any("signedMeterValue" in sample for sample in event.samples)
        yield None if is_right else (f"a signed reading, as {variable} is true", "none")


def _can_sleep(event: Event) -> Iterator[Wrong]:
    if event.known.is_false("SmartChargingCtrlr", "SupportsEvseSleep"):
        is_right = not event.payload.get("evseSleep")
        yield None if is_right else ("an evseSleep that is false, as no EVSE can sleep", "true")


@overheard("transaction.begin-measured-late")
def _begin_measured_late(heard: Heard) -> Iterator[Deviation | None]:
    for told in transactions(heard):
        first = told[0]
        measurands = first.known.members("SampledDataCtrlr", "TxStartedMeasurands")
        is_about = first.kind == "Started" and "evse" not in first.payload and first.state != "Charging"
        charging = next((place for place, event in enumerate(told) if event.state == "Charging"), None)
        if is_about and measurands and charging is not None and told[charging].kind == "Updated":
            is_right = any(_has(event, measurands, "Transaction.Begin") for event in told[: charging + 1])
            wanted = "readings in the context Transaction.Begin when it charges"
            yield judged(is_right, wanted, "none", first.said, told[charging].said)


# Who, and why


def _token_told(event: Event) -> Iterator[Wrong]:
    if event.trigger == "Authorized" and event.kind != "Ended":
        yield None if "idToken" in event.payload else ("the idToken that was authorized", "none")


def _reason_fits(event: Event) -> Iterator[Wrong]:
    fitting = _FITTING.get(event.trigger)
    if fitting is not None and event.kind == "Ended":
        wanted = f"a stoppedReason of {event.trigger}", shown(event.reason)
        yield None if event.reason in fitting else wanted


@overheard("transaction.fault-told")
def _fault_told(heard: Heard) -> Iterator[Deviation | None]:
    for told in transactions(heard):
        last = told[-1]
        if last.kind != "Ended":
            continue
        triggers = {event.trigger for event in told}
        # What was told before the trace began is not known.
        if last.reason in _FAULTS and (told[0].kind == "Started" or "AbnormalCondition" in triggers):
            wanted = f"AbnormalCondition before an end by {last.reason}"
            yield judged("AbnormalCondition" in triggers, wanted, shown(last.trigger), last.said)
        elif last.trigger == "Deauthorized":
            is_right = last.reason in ("DeAuthorized", "Local")
            yield judged(is_right, "the stoppedReason DeAuthorized", shown(last.reason), last.said)


@overheard("transaction.asked-for")
def _asked_for(heard: Heard) -> Iterator[Deviation | None]:
    for told in transactions(heard):
        # What was asked for before the kit was there may have begun then.
        if told[0].kind != "Started" or any(event.is_offline for event in told):
            continue
        for event in told[1:]:
            action = _ASKED.get(event.trigger)
            if action is not None:
                wanted = f"what was not asked for by {action} to be told otherwise"
                yield judged(action in event.known.asked, wanted, event.trigger, event.said)


# How it ends, and whether


def _is_let(event: Event) -> bool:
    """Whether it is set that a transaction may go on after an event."""
    setting = _LETTING.get(event.trigger)
    return setting is not None and event.known.is_false("TxCtrlr", setting)


@overheard("transaction.energy-ends")
def _energy_ends(heard: Heard) -> Iterator[Deviation | None]:
    for told in transactions(heard):
        state = ""
        for event, next_one in pairwise(told):
            before, state = state, event.state or state
            is_updated = event.kind == next_one.kind == "Updated"
            if is_updated and event.trigger in _NOT_AUTHORISED and not _is_let(event):
                # A state that has not changed need not be told.
                after = next_one.state or event.state or before
                wanted = "another chargingState once it is not authorized any more"
                yield judged(after != "Charging", wanted, after, event.said, next_one.said)


@overheard("transaction.stop-point")
def _stop_point(heard: Heard) -> Iterator[Deviation | None]:
    for told in transactions(heard):
        for place, event in enumerate(told):
            points = event.known.members("TxCtrlr", "TxStopPoint") & _STOPS.get(event.trigger, frozenset())
            # One that was set meanwhile may hold for the next transaction only.
            if not points & told[0].known.members("TxCtrlr", "TxStopPoint") or _is_let(event):
                continue
            later = told[place:] if event.kind == "Ended" else told[place + 1 :]
            on = [each for each in later if each.state == "Charging" or each.trigger in _BEGINNINGS]
            if event.kind == "Ended" or any(each.kind == "Ended" for each in later[:1]):
                yield None
            elif on:
                wanted = f"the end after {event.trigger}, as TxStopPoint has {', '.join(sorted(points))}"
                yield Deviation(wanted, "it goes on", marks=(event.mark, on[0].mark))


for _rule, _judge in (
    ("transaction.readings-at-end", _readings_at_end),
    ("transaction.readings-offline", _readings_offline),
    ("transaction.signed", _signed),
    ("transaction.can-sleep", _can_sleep),
    ("transaction.authorized-told", _token_told),
    ("transaction.reason-fits", _reason_fits),
):
    overheard(_rule)(partial(_each, _judge))


# Without a connection


@overheard("transaction.numbered-offline")
def _numbered_offline(heard: Heard) -> Iterator[Deviation | None]:
    for told in transactions(heard):
        if not any(event.is_offline for event in told):
            continue
        numbers: dict[int, Event] = {}
        for event in told:
            number = event.payload["seqNo"]
            first = numbers.setdefault(number, event)
            is_right = first is event
            yield judged(is_right, "a seqNo for each event", f"{number} twice", first.said, event.said)


@overheard("transaction.offline-told")
def _offline_told(heard: Heard) -> Iterator[Deviation | None]:
    ends = [entry for entry in heard.trace if entry.what is What.CLOSED]
    for closed in ends:
        opened = next(
            (each for each in heard.trace if each.number > closed.number and each.what is What.OPENED), None
        )
        if opened is None:
            return
        before = clock(heard, -1, closed.number)
        after = clock(heard, opened.number, len(heard.trace))
        # What was set meanwhile, or told late on both sides, measures nothing.
        if before is None or after is None or abs(before - after) > _SAME_CLOCK:
            continue
        for event in events(heard):
            at = seconds(event.payload["timestamp"]) - after
            if event.mark > opened.number and closed.at + _WITHIN < at < opened.at - _WITHIN:
                wanted = "offline true of what happened without a connection"
                is_right = event.is_offline
                yield None if is_right else Deviation(wanted, "false", marks=(closed.number, event.mark))

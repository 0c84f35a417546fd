"""What judges the events that monitors tell, by what is known of the monitors; and reports that nobody is to get.

Only what fits its schema is judged.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import pairwise

from attrs import frozen

from ocpp_core.conformance.hearing import Heard, Said
from ocpp_core.conformance.json_frames import Json, Type
from ocpp_core.conformance.learning import Learned, Monitor, place
from ocpp_core.conformance.overheard import overheard
from ocpp_core.conformance.telling import Wrong, informed, judged
from ocpp_core.conformance.verdicts import Deviation
from ocpp_core.model.printing import shown
from ocpp_core.model.timestamps import read_timestamp

#: What a monitor of each type tells.
_TRIGGERS: Mapping[str, str] = {
    "Delta": "Delta",
    "LowerThreshold": "Alerting",
    "Periodic": "Periodic",
    "PeriodicClockAligned": "Periodic",
    "TargetDelta": "Alerting",
    "TargetDeltaRelative": "Alerting",
    "UpperThreshold": "Alerting",
}
#: The one secret that every station has.
_PASSWORD = ("securityctrlr", "", "basicauthpassword", "")
#: Seconds in which an event may still be of before.
_STILL = 5.0
#: What is asked for by an id, and what then tells of it.
_REPORTS: Mapping[str, str] = {
    "GetBaseReport": "NotifyReport",
    "GetMonitoringReport": "NotifyMonitoringReport",
    "GetReport": "NotifyReport",
}


@frozen
class _Event:
    """One event of NotifyEvent.

    Attributes:
        said: Where it stands.
        data: What is told.
        known: What was known when it came.
        at: Seconds since the trace began at which it happened, by what it says of its own age.
    """

    said: Said
    data: Json
    known: Learned
    at: float

    @property
    def monitor(self) -> Monitor | None:
        """What has told it; None if it is not known, or was none."""
        return self.known.monitors.get(self.data.get("variableMonitoringId", -1))


def _events(heard: Heard) -> Iterator[_Event]:
    for said, known in informed(heard, "NotifyEvent"):
        made = read_timestamp(said.members["generatedAt"])
        for data in said.members["eventData"]:
            age = (made - read_timestamp(data["timestamp"])).total_seconds()
            yield _Event(said, data, known, said.entry.at - age)


def _each(judge: Callable[[_Event], Iterator[Wrong]], heard: Heard) -> Iterator[Deviation | None]:
    for event in _events(heard):
        for wrong in judge(event):
            yield None if wrong is None else Deviation(*wrong, marks=(event.said.mark,))


def _trigger_of_monitor(event: _Event) -> Iterator[Wrong]:
    # That a value is back within its threshold may be told in any of the ways.
    if event.monitor is not None and event.monitor.type in _TRIGGERS and not event.data.get("cleared"):
        wanted, got = _TRIGGERS[event.monitor.type], event.data["trigger"]
        yield (f"the trigger {wanted} of {event.monitor.type}", shown(got)) if got != wanted else None


def _beyond_threshold(event: _Event) -> Iterator[Wrong]:
    monitor = event.monitor
    if monitor is None or not monitor.type.endswith("Threshold"):
        return
    try:
        value = float(event.data["actualValue"])
    except ValueError:
        return
    is_beyond = value > monitor.value if monitor.type == "UpperThreshold" else value < monitor.value
    is_over = event.data.get("cleared", False)
    if event.data["trigger"] == "Alerting" or is_over:
        side = "within" if is_over else "beyond"
        wanted = f"a value {side} the {monitor.type} {monitor.value:g}", f"{value:g}"
        yield wanted if is_beyond is is_over else None


def _hidden(event: _Event) -> Iterator[Wrong]:
    where = place(event.data)
    if where is not None and where in event.known.hidden | {_PASSWORD}:
        is_right = not event.data["actualValue"]
        yield None if is_right else ("no value of what can only be written", "a value")


def _severity_told(event: _Event) -> Iterator[Wrong]:
    monitor = event.monitor
    if monitor is not None:
        got = event.data.get("severity")
        yield (
            None
            if got == monitor.severity
            else (f"the severity {monitor.severity}", "none" if got is None else str(got))
        )


for _rule, _judge in (
    ("event.severity-told", _severity_told),
    ("event.trigger-of-monitor", _trigger_of_monitor),
    ("event.beyond-threshold", _beyond_threshold),
    ("event.hidden", _hidden),
):
    overheard(_rule)(partial(_each, _judge))


def _held(heard: Heard, event: _Event) -> bool:
    """Whether the level was the same for a while when an event happened, and until it came."""
    return all(
        known.level == event.known.level
        for said, known in zip(heard.said, heard.known, strict=False)
        if event.at - _STILL <= said.entry.at and said.mark <= event.said.mark
    )


@overheard("event.severity")
def _severity(heard: Heard) -> Iterator[Deviation | None]:
    for event in _events(heard):
        level, monitor = event.known.level, event.monitor
        if level is None or monitor is None:
            continue
        if monitor.severity <= level:
            yield None
        # What happened before it was set may have waited.
        elif _held(heard, event):
            wanted = f"nothing of a severity above {level}"
            yield Deviation(wanted, str(monitor.severity), marks=(event.said.mark,))


@overheard("event.not-of-cleared")
def _not_of_cleared(heard: Heard) -> Iterator[Deviation | None]:
    gone: dict[int, float] = {}
    events = {event.said.mark: event for event in _events(heard)}
    for said, (known, after) in zip(heard.said, pairwise(heard.known), strict=True):
        gone |= dict.fromkeys(known.monitors.keys() - after.monitors.keys(), said.entry.at)
        event = events.get(said.mark)
        if event is None or event.monitor is not None or event.data.get("variableMonitoringId") not in gone:
            continue
        # That a value was back before may be told late.
        is_wrong = event.data.get("cleared", False) and event.at >= gone[event.data["variableMonitoringId"]]
        yield judged(not is_wrong, "nothing of a monitor that was cleared", "its end", said)


@overheard("report.only-if-accepted")
def _only_if_accepted(heard: Heard) -> Iterator[Deviation | None]:
    asked: Counter[tuple[str, int]] = Counter()
    requested: dict[str, tuple[str, int]] = {}
    refused: dict[tuple[str, int], Said] = {}
    for said in heard.said:
        report = _REPORTS.get(said.action)
        if report is not None and heard.asks(said, said.action):
            requested[said.id] = report, said.members["requestId"]
            asked[requested[said.id]] += 1
        elif said.kind is Type.CALLRESULT and said.id in requested and heard.is_right(said):
            which = requested[said.id]
            if said.members["status"] == "Accepted":
                yield None
            # Of what was asked for twice under one id nobody can tell which is reported.
            elif asked[which] == 1:
                refused[which] = said
        elif said.kind is Type.CALL and said.is_received and said.action in _REPORTS.values():
            id = said.members.get("requestId")
            which = said.action, id if isinstance(id, int) else -1
            if which in refused and asked[which] == 1:
                status = refused[which].members["status"]
                marks = (refused[which].mark, said.mark)
                yield Deviation(f"no report after {status}", said.action, marks=marks)


@overheard("log.cancel-told")
def _cancel_told(heard: Heard) -> Iterator[Deviation | None]:
    wanted: dict[str, int] = {}
    instead: tuple[int, Said] | None = None
    for said in heard.said:
        payload = said.members
        if not heard.is_right(said):
            continue
        if said.action == "GetLog" and said.kind is Type.CALL:
            wanted[said.id] = payload["requestId"]
        elif said.action == "GetLog" and payload["status"] == "AcceptedCanceled" and said.id in wanted:
            instead = wanted[said.id], said
        elif said.action == "LogStatusNotification" and said.kind is Type.CALL and instead is not None:
            is_told = payload["status"] == "AcceptedCanceled"
            is_over = payload.get("requestId") == instead[0] and payload["status"] != "Uploading"
            if is_told or is_over:
                expected, got = "that the upload before was cancelled", shown(payload["status"])
                yield judged(is_told, expected, got, instead[1], said)
                instead = None

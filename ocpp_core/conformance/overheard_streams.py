"""What judges periodic event streams (2.1): how they are opened and closed, and what is sent on them.

A stream is told by its id alone. What was opened before the trace began, or before a boot, is not known, and nothing
that may hang on it is judged. Only what fits its schema is.
"""

from collections.abc import Iterator, Mapping

from attrs import evolve, frozen

from ocpp_core.conformance.hearing import Heard, Said
from ocpp_core.conformance.json_frames import Json, Type
from ocpp_core.conformance.overheard import overheard
from ocpp_core.conformance.telling import answered, course, judged
from ocpp_core.conformance.traces import What
from ocpp_core.conformance.verdicts import Deviation

#: Seconds in which something may still be on its way that was made before.
_STILL = 5.0
#: Seconds in which a stream is closed.
_SOON = 60.0
_DATA = "NotifyPeriodicEventStream"


@frozen
class _Stream:
    """A stream that the station has opened.

    Attributes:
        monitor: The id of its monitor.
        params: How often, and how much at once.
        since: Seconds at which that was last changed.
        is_refused: Whether the CSMS wanted none.
    """

    monitor: int
    params: Json
    since: float
    is_refused: bool = False


#: What is open, by id, when a message comes.
_Open = Mapping[int, _Stream]


def _course(heard: Heard) -> Iterator[tuple[Said, _Open]]:
    """Each message, and what was open when it came."""
    adjusted = {said.mark: request for request, said in answered(heard, "AdjustPeriodicEventStream")}
    streams: dict[int, _Stream] = {}
    asked: dict[str, int] = {}
    for entry, said in course(heard):
        if entry.what is What.CLOSED:
            streams.clear()  # whether they outlive their connection is open
        if said is None:
            continue
        yield said, dict(streams)
        payload, at = said.members, entry.at
        if said.action == "BootNotification":
            streams.clear()
        elif heard.tells(said, "OpenPeriodicEventStream"):
            told = payload["constantStreamData"]
            asked[said.id] = told["id"]
            streams[told["id"]] = _Stream(told["variableMonitoringId"], told["params"], at)
        elif _is_refusal(said) and asked.get(said.id) in streams:
            streams[asked[said.id]] = evolve(streams[asked[said.id]], is_refused=True)
        elif heard.tells(said, "ClosePeriodicEventStream"):
            streams.pop(payload["id"], None)
        elif said.mark in adjusted and payload["status"] == "Accepted":
            wanted = adjusted[said.mark]
            if wanted["id"] in streams:
                streams[wanted["id"]] = evolve(streams[wanted["id"]], params=wanted["params"], since=at)


def _is_refusal(said: Said) -> bool:
    is_answer = said.action == "OpenPeriodicEventStream" and not said.is_received
    return is_answer and said.kind is Type.CALLRESULT and said.members.get("status") == "Rejected"


def _data(heard: Heard) -> Iterator[tuple[Said, _Open]]:
    """What is sent on streams."""
    for said, streams in _course(heard):
        is_data = said.is_received and said.kind is Type.SEND and said.action == _DATA
        if is_data and heard.is_right(said):
            yield said, streams


@overheard("stream.is-sent")
def _is_sent(heard: Heard) -> Iterator[Deviation | None]:
    for said in heard.said:
        if said.is_received and said.action == _DATA and said.kind in (Type.CALL, Type.SEND):
            yield judged(said.kind is Type.SEND, "a message of the type SEND", "a CALL", said)


@overheard("stream.as-set")
def _as_set(heard: Heard) -> Iterator[Deviation | None]:
    wanted: dict[int, Json] = {}
    monitored = {said.mark: request for request, said in answered(heard, "SetVariableMonitoring")}
    for said in heard.said:
        if said.mark in monitored:
            rows = zip(
                monitored[said.mark]["setMonitoringData"], said.members["setMonitoringResult"], strict=False
            )
            for given, row in rows:
                if row["status"] == "Accepted" and "id" in row:
                    wanted.pop(row["id"], None)
                    # Of one whose result stands elsewhere nobody knows the stream.
                    if "periodicEventStream" in given and given["variable"] == row["variable"]:
                        wanted[row["id"]] = given["periodicEventStream"]
        elif heard.tells(said, "OpenPeriodicEventStream"):
            told = said.members["constantStreamData"]
            params = wanted.get(told["variableMonitoringId"])
            if params is not None:
                yield judged(told["params"] == params, f"the params {params}", str(told["params"]), said)


@overheard("stream.not-if-refused")
def _not_if_refused(heard: Heard) -> Iterator[Deviation | None]:
    for said, streams in _data(heard):
        stream = streams.get(said.members["id"])
        if stream is not None:
            yield judged(not stream.is_refused, "nothing on a stream that was refused", "values", said)


@overheard("stream.closed")
def _closed(heard: Heard) -> Iterator[Deviation | None]:
    cleared = {said.mark for _, said in answered(heard, "ClearVariableMonitoring")}
    gone: dict[int, Said] = {}
    for said, streams in _course(heard):
        for id, when in list(gone.items()):
            is_later = said.entry.at - when.entry.at > _SOON
            if id not in streams:
                del gone[id]
                yield None
            elif is_later and said.is_received and said.kind is Type.CALL:
                is_closing = heard.tells(said, "ClosePeriodicEventStream") and said.members["id"] == id
                del gone[id]
                yield judged(is_closing, f"ClosePeriodicEventStream of {id}", said.action, when, said)
        if said.mark in cleared:
            rows = said.members["clearMonitoringResult"]
            ids = {row["id"] for row in rows if row["status"] == "Accepted"}
            gone |= {id: said for id, one in streams.items() if one.monitor in ids and not one.is_refused}


@overheard("stream.all-told")
def _all_told(heard: Heard) -> Iterator[Deviation | None]:
    results = {said.mark for _, said in answered(heard, "GetPeriodicEventStream")}
    for said, streams in _course(heard):
        if said.mark in results:
            told = {each["id"] for each in said.members.get("constantStreamData", ())}
            # One that was opened a moment ago may not be used yet.
            wanted = {
                id for id, one in streams.items() if not one.is_refused and said.entry.at - one.since > _STILL
            }
            if wanted:
                yield judged(wanted <= told, f"the streams {sorted(wanted)}", str(sorted(told)), said)


@overheard("stream.values-at-once")
def _values_at_once(heard: Heard) -> Iterator[Deviation | None]:
    for said, streams in _data(heard):
        stream = streams.get(said.members["id"])
        # Without an interval only the number of values says when they are sent.
        if stream is None or not stream.params.get("interval") or not stream.params.get("values"):
            continue
        if said.entry.at - stream.since > _STILL:
            most, got = stream.params["values"], len(said.members["data"])
            yield judged(got <= most, f"at most {most} values at once", str(got), said)


@overheard("stream.base-time")
def _base_time(heard: Heard) -> Iterator[Deviation | None]:
    for said, _ in _data(heard):
        first = said.members["data"][0]["t"]
        yield judged(first == 0, "basetime as the time of the first value", f"{first} s before it", said)

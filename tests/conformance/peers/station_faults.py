"""Stations with one fault each: what is changed in the faultless one, and the one rule that it breaks.

Here: boots, heartbeats, transactions. `station_faults_more` has the others.
"""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from conformance.peers.station import Connector, Queued, Station, Transaction
from conformance.peers.station_answers import Refused
from conformance.peers.station_ways import (
    FIRST,
    SECOND,
    Fault,
    before,
    behaving,
    both,
    by_version,
    never,
    nothing,
    outgoing,
    results,
    says,
    twice,
    without,
)
from ocpp_core.model.codes import ErrorCode

Json = dict[str, Any]


# Boots


async def _status_first(self: Station) -> None:
    await self.notify(1)
    await Station.register(self)


async def _status_unanswered(self: Station) -> None:
    await self.notify(1)
    await Station.unanswered(self)


def _while(wanted: str, action: str, members: Json) -> Any:
    async def refused_boot(self: Station, status: str, interval: float) -> None:
        if status == wanted:
            await self.quietly(action, members if action != "StatusNotification" else self.status(1))
        await Station.refused_boot(self, status, interval)

    return behaving(refused_boot=refused_boot)


def _waits_for_ever(wanted: str) -> Any:
    async def refused_boot(self: Station, status: str, interval: float) -> None:
        if status == wanted:
            await never()
        await Station.refused_boot(self, status, interval)

    return behaving(refused_boot=refused_boot)


def _silent_while_pending(self: Station, action: str, payload: Json) -> Json | None:
    answer = Station.answer(self, action, payload)
    return None if self.registration == "Pending" else answer


async def _too_early(self: Station, _: str, interval: float) -> None:
    await asyncio.sleep(interval / 3 or self.own_pause())


async def _begins_without_last(self: Station) -> None:
    last = self.connectors.pop()
    await Station.begin(self)
    self.connectors.append(last)


async def _boots_again(self: Station) -> None:
    self.registration = ""
    await self.register()


async def _beats_often(self: Station) -> None:
    self.heartbeat /= 3
    await Station.beat(self)


BOOTS = [
    Fault("a status before the boot", "boot.first", behaving(register=_status_first)),
    Fault(
        "a status before the boot is answered",
        "boot.nothing-before-answer",
        behaving(unanswered=_status_unanswered),
    ),
    Fault(
        "sends while Pending",
        "boot.quiet-while-pending",
        _while("Pending", "StatusNotification", {}),
        known=("KB-53",),
    ),
    Fault(
        "security event before acceptance",
        "boot.quiet-while-pending",
        _while("Pending", "SecurityEventNotification", {"type": "StartupOfTheDevice"}),
        known=("KB-54",),
    ),
    Fault("sends while Rejected", "boot.quiet-while-rejected", _while("Rejected", "Heartbeat", {})),
    Fault(
        "silent while Pending",
        "boot.answers-while-pending",
        behaving(answer=_silent_while_pending),
        known=("KB-52",),
    ),
    Fault(
        "starts while Pending",
        "boot.no-start-while-pending",
        before(
            "RequestStartTransaction",
            lambda station, _: {"status": "Accepted"} if station.registration == "Pending" else None,
        ),
        SECOND,
    ),
    Fault(
        "waits for ever after Pending",
        "boot.again-after-pending",
        _waits_for_ever("Pending"),
        known=("KB-57",),
    ),
    Fault("waits for ever after Rejected", "boot.again-after-rejected", _waits_for_ever("Rejected")),
    Fault("boots again too early", "boot.not-early", behaving(refused_boot=_too_early)),
    Fault("floods with boots", "boot.no-flood", behaving(own_pause=lambda _: 0.1)),
    Fault("boots only once", "boot.again-unanswered", behaving(unanswered=never), known=("KB-58",)),
    Fault("forgets a connector after a boot", "boot.statuses", behaving(begin=_begins_without_last)),
    Fault(
        "boots at each reconnection",
        "boot.not-after-reconnecting",
        behaving(reconnected=_boots_again),
        known=("XP-22",),
    ),
    Fault("no heartbeats", "heartbeat.comes", behaving(beat=never), known=("XP-21",)),
    Fault("heartbeats too often", "heartbeat.not-early", behaving(beat=_beats_often), known=("XP-21",)),
    Fault(
        "tells security events twice",
        "security.event-once",
        twice("SecurityEventNotification"),
        known=("KB-71",),
    ),
]


# Transactions


def _edits_start(first: Any, second: Any) -> Any:
    """What tells of a start said otherwise, in either family."""

    def event(payload: Json) -> Json:
        if payload["eventType"] == "Started":
            second(payload)
        return payload

    def start(payload: Json) -> Json:
        first(payload)
        return payload

    return by_version(says("StartTransaction", start), says("TransactionEvent", event))


def _edits_end(first: Any, second: Any) -> Any:
    def event(payload: Json) -> Json:
        if payload["eventType"] == "Ended":
            second(payload)
        return payload

    def stop(payload: Json) -> Json:
        first(payload)
        return payload

    return by_version(says("StopTransaction", stop), says("TransactionEvent", event))


def _set(**members: Any) -> Any:
    return lambda payload: payload.update(members)


def _info(**members: Any) -> Any:
    return lambda payload: payload["transactionInfo"].update(members)


def _no(*path: str) -> Any:
    def drop(payload: Json) -> Json:
        place = payload
        for name in path[:-1]:
            place = place.get(name, {})
        place.pop(path[-1], None)
        return payload

    return drop


def _on_first(payload: Json) -> None:
    payload["evse"]["id"] = 1


def _events(edit: Any) -> Any:
    def event(payload: Json) -> Json:
        edit(payload)
        return payload

    return says("TransactionEvent", event)


def _skips(payload: Json) -> None:
    payload["seqNo"] *= 2


def _after_its_end(station: Station) -> None:
    def said(action: str, payload: Json) -> list[tuple[str, Json]]:
        calls = [(action, payload)]
        if payload.get("eventType") == "Ended":
            late = {
                **payload,
                "eventType": "Updated",
                "seqNo": payload["seqNo"] + 1,
                "triggerReason": "EVDetected",
            }
            calls.append((action, late))
        return calls

    station.said = said


def _wrong_meter_id(payload: Json) -> Json:
    if "transactionId" in payload:
        payload["transactionId"] += 1
    return payload


def _backwards(station: Station) -> None:
    count = [0]

    def said(action: str, payload: Json) -> list[tuple[str, Json]]:
        if action == "MeterValues" or payload.get("triggerReason") == "MeterValuePeriodic":
            count[0] += 1
            payload = json.loads(json.dumps(payload))
            energy = 5000 - 10 * count[0]
            sample = payload["meterValue"][0]["sampledValue"][0]
            sample["value"] = str(energy) if station.is_first else energy
        return [(action, payload)]

    station.said = said


def _shifted(hours: float) -> Any:
    def now(_: Station) -> str:
        moment = datetime.now(UTC) + timedelta(hours=hours)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    return behaving(now=now)


def _earlier(payload: Json) -> None:
    moment = datetime.fromisoformat(payload["timestamp"]) - timedelta(minutes=2)
    payload["timestamp"] = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


async def _goes_on(self: Station, connector: Connector) -> None:
    await self.show(connector, self.busy("Charging"))


def _drops_queue(self: Station) -> None:
    self.queue.clear()


def _puts_last(self: Station, item: Queued) -> None:
    if len(self.queue) > 1:
        self.queue.rotate(-1)


def _unknown_id(_: Station, running: Transaction) -> int:
    return -1


def _accepts_any_stop(action: str) -> Any:
    return before(
        action,
        lambda station, payload: (
            {"status": "Accepted"} if station.running(payload["transactionId"]) is None else None
        ),
    )


def _when_busy(station: Station, payload: Json) -> Json | None:
    is_busy = any(each.transaction is not None for each in station.connectors)
    return {"status": "Accepted"} if is_busy and station.free(payload["evseId"]) is None else None


async def _start_for_stop(self: Station, id: Any) -> None:
    """Tells a start in place of the end."""
    connector = self.running(id)
    if connector is not None and connector.transaction is not None:
        running = connector.transaction
        connector.transaction = None
        running.is_over = True
        self.report("StartTransaction", running, self.started(running))
        await self.show(connector, "Finishing")
        await self.show(connector, "Available")


def _of_unknown(payload: Json) -> bool:
    return "transactionId" in payload


TRANSACTIONS = [
    Fault(
        "accepts remote starts and does nothing",
        "transaction.follows-remote-start",
        both(without("RemoteStartTransaction"), without("RequestStartTransaction")),
        known=("XP-19",),
    ),
    Fault("tells starts twice", "transaction.told-once", twice("StartTransaction"), FIRST, ("KB-61",)),
    Fault("tells ends twice", "transaction.told-once", twice("StopTransaction"), FIRST),
    Fault(
        "another token than was told",
        "transaction.remote-token",
        _edits_start(_set(idTag="SOMEBODY"), _set(idToken={"idToken": "SOMEBODY", "type": "ISO14443"})),
    ),
    Fault("tells no token", "transaction.token-told", _events(_no("idToken")), SECOND),
    Fault(
        "another connector than was told",
        "transaction.remote-connector",
        _edits_start(_set(connectorId=1), _on_first),
    ),
    Fault("tells no EVSE", "transaction.evse-told", _events(_no("evse")), SECOND),
    Fault(
        "no remoteStartId",
        "transaction.remote-start-id",
        _events(_no("transactionInfo", "remoteStartId")),
        SECOND,
    ),
    Fault(
        "another trigger than the remote start",
        "transaction.remote-start-trigger",
        _edits_start(nothing, _set(triggerReason="Authorized")),
        SECOND,
    ),
    Fault(
        "never authorises remote starts", "transaction.authorize-first", behaving(authorizes=lambda _: False)
    ),
    Fault("always authorises remote starts", "transaction.no-authorize", behaving(authorizes=lambda _: True)),
    Fault(
        "accepts a start where one runs",
        "transaction.busy-rejected",
        before("RequestStartTransaction", _when_busy),
        SECOND,
    ),
    Fault("skips sequence numbers", "transaction.sequence", _events(_skips), SECOND, ("XP-16",)),
    Fault("repeats sequence numbers", "transaction.sequence", _events(_set(seqNo=0)), SECOND, ("XP-16",)),
    Fault("goes on after the end", "transaction.begins-first", _after_its_end, SECOND, ("XP-17",)),
    Fault("one id for all", "transaction.id-new", behaving(new_transaction_id=lambda _: "tx"), SECOND),
    Fault(
        "readings of an unknown transaction",
        "transaction.meter-id",
        says("MeterValues", _wrong_meter_id),
        FIRST,
        ("XP-17",),
    ),
    Fault("accepts settings without effect", "transaction.sampled", behaving(sample=never), known=("KB-73",)),
    Fault("reads the meter though it shall not", "transaction.not-sampled", behaving(interval=lambda _: 1.0)),
    Fault("register goes backwards", "transaction.register", _backwards, known=("XP-18",)),
    Fault("local time marked Z", "transaction.time", _shifted(2), known=("KB-86", "KB-87")),
    Fault(
        "accepts remote stops and does nothing",
        "transaction.follows-remote-stop",
        behaving(stop_remotely=nothing),
    ),
    Fault(
        "a start in place of the end",
        "transaction.follows-remote-stop",
        behaving(stop_remotely=_start_for_stop),
        FIRST,
        ("KB-91",),
    ),
    Fault(
        "rejects remote stops of what runs",
        "transaction.follows-remote-stop",
        both(
            results("RemoteStopTransaction", status="Rejected"),
            results("RequestStopTransaction", status="Rejected"),
        ),
    ),
    Fault("stop with -1", "transaction.stop-id", behaving(known_id=_unknown_id), FIRST, ("KB-59", "KB-60")),
    Fault(
        "another reason than the remote stop",
        "transaction.remote-stop-reason",
        by_version(
            says(
                "StopTransaction",
                lambda payload: (
                    {**payload, "reason": "Local"} if payload.get("reason") == "Remote" else payload
                ),
            ),
            _events(
                lambda payload: (
                    _info(stoppedReason="Local")(payload)
                    if payload["triggerReason"] == "RemoteStop"
                    else None
                )
            ),
        ),
    ),
    Fault(
        "another trigger than the remote stop",
        "transaction.remote-stop-trigger",
        _edits_end(nothing, _set(triggerReason="StopAuthorized")),
        SECOND,
    ),
    Fault(
        "meterStop below meterStart",
        "transaction.meter-stop",
        _edits_end(_set(meterStop=1), nothing),
        FIRST,
        ("XP-18",),
    ),
    Fault("ends before it began", "transaction.stop-time", _edits_end(_earlier, _earlier)),
    Fault(
        "accepts stop of unknown transactions",
        "transaction.unknown-stop",
        by_version(_accepts_any_stop("RemoteStopTransaction"), _accepts_any_stop("RequestStopTransaction")),
        known=("KB-89",),
    ),
    Fault("ignores the refusal", "transaction.not-authorized", behaving(refused=_goes_on), known=("KB-92",)),
    Fault("forgets what was not answered", "transaction.again-after-loss", behaving(lost=_drops_queue)),
    Fault("never tries again", "transaction.again-after-error", behaving(attempts=lambda _: (1, 1.0))),
    Fault("tries more often than was set", "transaction.attempts", behaving(attempts=lambda _: (9, 0.5))),
    Fault("tells the end before the start", "transaction.order", behaving(postpone=_puts_last), SECOND),
    Fault(
        "says that nothing runs",
        "transaction.status-ongoing",
        results("GetTransactionStatus", _of_unknown, ongoingIndicator=False),
        SECOND,
    ),
    Fault(
        "says that everything runs",
        "transaction.status-ended",
        results("GetTransactionStatus", _of_unknown, ongoingIndicator=True),
        SECOND,
    ),
    Fault(
        "says of nothing that it runs",
        "transaction.status-without-id",
        results("GetTransactionStatus", lambda payload: not _of_unknown(payload), ongoingIndicator=False),
        SECOND,
    ),
    Fault(
        "says that messages wait",
        "transaction.queue-told",
        results("GetTransactionStatus", messagesInQueue=True),
        SECOND,
    ),
]


# Frames and payloads


def _calls(turn: Any, kind: int = 2) -> Any:
    return outgoing(lambda frame: turn(frame) if frame[0] == kind else [json.dumps(frame)])


async def _answers_orphans(self: Station, frame: list[Any]) -> None:
    await self.transmit([4, frame[1], "GenericError", "", {}])


async def _answers_results(self: Station, frame: list[Any]) -> None:
    await self.transmit([4, frame[1], self.codes[ErrorCode.FORMAT], "", {}])


def _silent_on(self: Station, action: str, payload: Json) -> Json | None:
    answer = Station.answer(self, action, payload)
    return None if payload.get("key") == "NoSuchThing" else answer


def _swapped(self: Station, action: str, payload: Json) -> Json | None:
    try:
        return Station.answer(self, action, payload)
    except Refused as refused:
        codes = {"NotImplemented": "NotSupported", "NotSupported": "NotImplemented"}
        raise Refused(codes.get(refused.code, refused.code)) from None


async def _out_of_order(self: Station, frame: list[Any]) -> None:
    async def later() -> None:
        await asyncio.sleep(0.05)
        await Station.called(self, frame)

    self.count = getattr(self, "count", 0) + 1  # type: ignore[attr-defined]
    if self.count % 2 and frame[2] in ("GetConfiguration", "GetVariables"):  # type: ignore[attr-defined]
        self.spawn(later())
    else:
        await Station.called(self, frame)


def _no_type(frame: list[Any]) -> list[str]:
    return [json.dumps(frame).replace('"type": "StartupOfTheDevice"', '"type": ')]


def _sample(**members: Any) -> Any:
    def edit(payload: Json) -> Json:
        for reading in payload.get("meterValue", ()):
            for sample in reading["sampledValue"]:
                if sample.get("context") != "Trigger":
                    sample.update(members)
        return payload

    return by_version(says("MeterValues", edit), says("TransactionEvent", edit))


def _short_offset(payload: Json) -> Json:
    return {**payload, "timestamp": payload["timestamp"].replace("Z", "+00")}


async def _no_answer_to_bad_result(self: Station, frame: list[Any]) -> None:
    """Says nothing."""


async def _stays_away(self: Station) -> None:
    if not self.ended_by_itself and self.registration:
        await never()


FRAMES = [
    Fault(
        "NotImplemented and NotSupported swapped",
        "frame.codes-swapped",
        behaving(answer=_swapped),
        known=("KB-05",),
    ),
    Fault(
        "answers with a new id",
        "frame.answer-id",
        _calls(lambda frame: [json.dumps([3, "another", frame[2]])], 3),
        known=("KB-83",),
    ),
    Fault(
        "type 1 CALLs", "frame.type", _calls(lambda frame: [json.dumps([1, *frame[1:]])]), known=("KB-85",)
    ),
    Fault("empty value in a frame", "frame.json", _calls(_no_type), known=("KB-76",)),
    Fault(
        "truncated answers",
        "frame.json",
        _calls(lambda frame: [json.dumps(frame)[:-2]], 3),
        known=("KB-77",),
    ),
    Fault(
        "sends pong as text",
        "frame.json",
        _calls(lambda frame: ["pong", json.dumps(frame)] if frame[2] == "Heartbeat" else [json.dumps(frame)]),
        known=("KB-84",),
    ),
    Fault(
        "CALLERROR on orphans",
        "frame.answers-unanswered",
        behaving(orphan=_answers_orphans),
        known=("KB-51",),
    ),
    Fault(
        "CALLERROR on CALLRESULT",
        "frame.bad-result-unanswered",
        behaving(wrong_result=_answers_results),
        known=("KB-50",),
    ),
    Fault(
        "never answers bad results",
        "frame.bad-result-answered",
        behaving(wrong_result=_no_answer_to_bad_result),
        ("2.1",),
    ),
    Fault("answers out of order", "frame.answers-in-order", behaving(called=_out_of_order), known=("KB-93",)),
    Fault("stays away", "connection.comes-back", behaving(before_connecting=_stays_away), known=("XP-22",)),
    Fault("crashes on an unknown key", "frame.answered", behaving(answer=_silent_on), FIRST, ("KB-88",)),
    Fault(
        "a context that there is not",
        "payload.request-value",
        _sample(context="Sample.Whenever"),
        known=("KB-80",),
    ),
    Fault("unit Hz", "payload.request-value", _sample(unit="Hz"), FIRST, ("KB-81",)),
    Fault(
        "short offsets", "payload.request-value", says("StatusNotification", _short_offset), known=("KB-94",)
    ),
    Fault(
        "drops triggerReason",
        "payload.request-required",
        _edits_end(nothing, _no("triggerReason")),
        SECOND,
        ("KB-64",),
    ),
    Fault(
        "a status that there is not",
        "payload.answer-value",
        results("SetChargingProfile", status="NotImplemented"),
        known=("KB-90",),
    ),
    Fault(
        "bad composite schedule",
        "payload.answer-type",
        results("GetCompositeSchedule", connectorId="1", schedule="none"),
        known=("KB-74",),
    ),
]

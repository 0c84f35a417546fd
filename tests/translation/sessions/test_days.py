"""Whole days of stations, with losses of connection and kills at any point: what has to be true at their end.

No transaction is lost or doubled, its energy is what the station has counted, its events are numbered without a gap.
"""

import os
from datetime import datetime
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from attrs import define
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from days import Day, Fault, Outbox
from ocpp_core import v16, v201

FAULTS = st.lists(st.sampled_from(Fault), max_size=6)
PLACES = st.sampled_from([1, 2])
TAGS = st.sampled_from(["04AABBCC", "a tag", "ANOTHER"])
ACCEPTED = v16.IdTagInfo(status=v16.AuthorizationStatus.ACCEPTED)
PERMITTED = v201.IdTokenInfo(status=v201.AuthorizationStatus.ACCEPTED)


@define
class Charge:
    """What a station knows of a transaction, and what has to be known of it in the end."""

    place: int
    tag: str
    start: int
    began: datetime
    number: int | None = None
    stop: int | None = None
    ended: datetime | None = None
    reason: str | None = None
    id: str = ""
    seq_no: int = 0
    is_charging: bool = False


# The sides


class NewCsms:
    """A CSMS of 2.0.1, which holds each event to its rules as it comes."""

    def __init__(self) -> None:
        self.events: dict[str, list[v201.TransactionEventRequest]] = {}

    def __call__(self, request: Any) -> Any:
        if isinstance(request, v201.TransactionEventRequest):
            return self._event(request)
        if isinstance(request, v201.AuthorizeRequest):
            return v201.AuthorizeResponse(id_token_info=PERMITTED)
        return {
            "MeterValues": v201.MeterValuesResponse(),
            "StatusNotification": v201.StatusNotificationResponse(),
            "NotifyEvent": v201.NotifyEventResponse(),
        }[request.__ocpp__.action]

    def _event(self, event: v201.TransactionEventRequest) -> v201.TransactionEventResponse:
        known = self.events.setdefault(event.transaction_info.transaction_id, [])
        if event.seq_no < len(known):
            assert known[event.seq_no] == event, "the same number, and not the same event"
        else:
            assert len(known) == event.seq_no, "a gap"
            assert (event.event_type == "Started") == (not known)
            assert not known or known[-1].event_type != "Ended", "after the end"
            known.append(event)
        return v201.TransactionEventResponse(id_token_info=PERMITTED if event.id_token else None)


class OldCsms:
    """A CSMS of 1.6, which knows a repeated start by its content."""

    def __init__(self) -> None:
        self.starts: dict[Any, int] = {}
        self.stops: dict[int, v16.StopTransactionRequest] = {}
        self.by_number: dict[int, v16.StartTransactionRequest] = {}
        self._numbers = count(100)

    def __call__(self, request: Any) -> Any:
        if isinstance(request, v16.StartTransactionRequest):
            key = (request.connector_id, request.id_tag, request.timestamp, request.meter_start)
            number = self.starts.get(key) or next(self._numbers)
            self.starts[key] = number
            self.by_number[number] = request
            return v16.StartTransactionResponse(transaction_id=number, id_tag_info=ACCEPTED)
        if isinstance(request, v16.StopTransactionRequest):
            assert request.transaction_id in self.by_number, "an end without a beginning"
            known = self.stops.setdefault(request.transaction_id, request)
            assert known == request, "two ends"
            return v16.StopTransactionResponse(id_tag_info=ACCEPTED if request.id_tag else None)
        if isinstance(request, v16.MeterValuesRequest):
            assert request.transaction_id is None or request.transaction_id in self.by_number
            return v16.MeterValuesResponse()
        return {
            "Authorize": v16.AuthorizeResponse(id_tag_info=ACCEPTED),
            "StatusNotification": v16.StatusNotificationResponse(),
        }[request.__ocpp__.action]


def old_station(request: Any) -> Any:
    """A station of 1.6: what it answers to commands."""
    return v16.RemoteStopTransactionResponse(status=v16.RemoteStartStopStatus.ACCEPTED)


# A station of 1.6


class OldStation(RuleBasedStateMachine):
    """A day of a station of 1.6, behind a CSMS of 2.0.1."""

    versions: tuple[str, ...] = ("1.6", "2.0.1")

    def __init__(self) -> None:
        super().__init__()
        self.csms: Any = self.new_csms()
        self.day = Day(self.versions, self.csms, old_station)
        self.outbox = Outbox(self.day)
        self.charges: list[Charge] = []
        self.running: dict[int, Charge] = {}
        self.registers = {1: 0, 2: 1000}

    def new_csms(self) -> Any:
        return NewCsms()

    @rule(faults=FAULTS)
    def trouble(self, faults: list[Fault]) -> None:
        self.day.faults.extend(faults)

    @rule(place=PLACES, tag=TAGS)
    def start(self, place: int, tag: str) -> None:
        if place in self.running:
            return
        charge = Charge(place, tag, self.registers[place], self.day.later())
        self.running[place] = charge
        self.charges.append(charge)
        request = v16.StartTransactionRequest(
            connector_id=place, id_tag=tag, timestamp=charge.began, meter_start=charge.start
        )

        def take(answer: v16.StartTransactionResponse) -> None:
            assert charge.number in (None, answer.transaction_id)
            charge.number = answer.transaction_id

        self.outbox.put(lambda: request, take)

    @rule(place=PLACES, more=st.integers(0, 5000))
    def meter(self, place: int, more: int) -> None:
        charge = self.running.get(place)
        if charge is None:
            return
        self.registers[place] += more
        value = v16.MeterValue(
            timestamp=self.day.later(), sampled_value=[v16.SampledValue(value=str(self.registers[place]))]
        )
        self.outbox.put(
            lambda: v16.MeterValuesRequest(
                connector_id=place, transaction_id=charge.number, meter_value=[value]
            )
        )

    @rule(
        place=PLACES,
        reason=st.sampled_from([None, "Local", "PowerLoss", "EVDisconnected"]),
        is_tagged=st.booleans(),
    )
    def stop(self, place: int, reason: str | None, is_tagged: bool) -> None:
        charge = self.running.pop(place, None)
        if charge is None:
            return
        charge.stop, charge.ended, charge.reason = self.registers[place], self.day.later(), reason
        stop, ended = charge.stop, charge.ended
        self.outbox.put(
            lambda: v16.StopTransactionRequest(
                transaction_id=charge.number or 0,
                id_tag=charge.tag if is_tagged else None,
                timestamp=ended,
                meter_stop=stop,
                reason=None if reason is None else v16.Reason(reason),
            )
        )

    @rule(place=PLACES, token=st.sampled_from(list(v16.ChargePointStatus)))
    def status(self, place: int, token: v16.ChargePointStatus) -> None:
        self.day.ask(
            v16.StatusNotificationRequest(
                connector_id=place,
                status=token,
                error_code=v16.ChargePointErrorCode.NO_ERROR,
                timestamp=self.day.now,
            )
        )

    @rule(times=st.integers(1, 5))
    def send(self, times: int) -> None:
        for _ in range(times):
            self.outbox.send()

    @precondition(lambda self: self.outbox.waiting)
    @rule()
    def give_up(self) -> None:
        """Of what is no beginning and no end, a station may lose patience."""
        make, _ = self.outbox.waiting[0]
        if isinstance(make(), v16.MeterValuesRequest):
            self.outbox.waiting.popleft()

    @rule()
    def again(self) -> None:
        self.outbox.again()

    @rule(level=st.integers(0, 1))
    def kill(self, level: int) -> None:
        self.day.restart(level % (len(self.versions) - 1))

    def teardown(self) -> None:
        for place in list(self.running):
            self.stop(place, None, False)
        self.outbox.drain()
        self.check()

    def check(self) -> None:
        expected = sorted(
            (one.place, one.tag, one.start, one.stop, one.began, one.ended) for one in self.charges
        )
        found = []
        for events in self.csms.events.values():
            first, last = events[0], events[-1]
            assert ("Started", "Ended") == (first.event_type, last.event_type)
            assert list(range(len(events))) == [one.seq_no for one in events]
            found.append(
                (
                    first.evse.id,
                    first.id_token.id_token,
                    int(first.meter_value[0].sampled_value[0].value),
                    int(last.meter_value[-1].sampled_value[0].value),
                    first.timestamp,
                    last.timestamp,
                )
            )

        assert expected == sorted(found)
        numbers = [one.number for one in self.charges]
        assert len(numbers) == len(set(numbers))


# A station of 2.0.1


class NewStation(RuleBasedStateMachine):
    """A day of a station of 2.0.1, behind a CSMS of 1.6."""

    def __init__(self) -> None:
        super().__init__()
        self.csms = OldCsms()
        self.day = Day(["2.0.1", "1.6"], self.csms, old_station)
        self.outbox = Outbox(self.day)
        self.charges: list[Charge] = []
        self.running: dict[int, Charge] = {}
        self.registers = {1: 0, 2: 1000}

    def event(self, charge: Charge, kind: str, trigger: str, **more: Any) -> None:
        state = more.pop("state", None)
        values = more.pop("values", None)
        moment = self.day.later()
        sampled = None
        if values is not None:
            sample = v201.SampledValue(
                value=Decimal(self.registers[charge.place]), context=v201.ReadingContext(values)
            )
            sampled = [v201.MeterValue(timestamp=moment, sampled_value=[sample])]
        request = v201.TransactionEventRequest(
            event_type=v201.TransactionEvent(kind),
            timestamp=moment,
            trigger_reason=v201.TriggerReason(trigger),
            seq_no=charge.seq_no,
            transaction_info=v201.Transaction(
                transaction_id=charge.id,
                charging_state=None if state is None else v201.ChargingState(state),
                stopped_reason=None if charge.reason is None else v201.Reason(charge.reason),
            ),
            meter_value=sampled,
            **more,
        )
        charge.seq_no += 1
        self.outbox.put(lambda: request)

    @rule(faults=FAULTS)
    def trouble(self, faults: list[Fault]) -> None:
        self.day.faults.extend(faults)

    @rule(place=PLACES, tag=TAGS, card_first=st.booleans())
    def begin(self, place: int, tag: str, card_first: bool) -> None:
        if place in self.running:
            return
        charge = Charge(place, tag, 0, self.day.now, id=f"T-{len(self.charges)}")
        self.running[place] = charge
        self.charges.append(charge)
        token = v201.IdToken(id_token=tag, type=v201.IdTokenEnum.CENTRAL)
        evse = v201.EVSE(id=place, connector_id=1)
        if card_first:
            self.event(charge, "Started", "Authorized", state="Idle", id_token=token)
            self.event(charge, "Updated", "CablePluggedIn", state="EVConnected", evse=evse)
        else:
            self.event(charge, "Started", "CablePluggedIn", state="EVConnected", evse=evse)
            self.event(charge, "Updated", "Authorized", state="EVConnected", id_token=token)

    @rule(place=PLACES)
    def charge(self, place: int) -> None:
        charge = self.running.get(place)
        if charge is None or charge.is_charging:
            return
        charge.is_charging = True
        charge.start = self.registers[place]
        self.event(charge, "Updated", "ChargingStateChanged", state="Charging", values="Transaction.Begin")

    @rule(place=PLACES, more=st.integers(1, 5000))
    def meter(self, place: int, more: int) -> None:
        charge = self.running.get(place)
        if charge is not None and charge.is_charging:
            self.registers[place] += more
            self.event(charge, "Updated", "MeterValuePeriodic", values="Sample.Periodic")

    @rule(place=PLACES, reason=st.sampled_from([None, "Local", "Remote", "TimeLimitReached"]))
    def end(self, place: int, reason: str | None) -> None:
        charge = self.running.pop(place, None)
        if charge is not None:
            charge.stop, charge.reason = self.registers[place], reason
            values = "Transaction.End" if charge.is_charging else None
            self.event(charge, "Ended", "StopAuthorized", state="EVConnected", values=values)

    @rule(place=PLACES, token=st.sampled_from(list(v201.ConnectorStatus)))
    def status(self, place: int, token: v201.ConnectorStatus) -> None:
        self.day.ask(
            v201.StatusNotificationRequest(
                evse_id=place, connector_id=1, connector_status=token, timestamp=self.day.now
            )
        )

    @rule(times=st.integers(1, 5))
    def send(self, times: int) -> None:
        for _ in range(times):
            self.outbox.send()

    @rule()
    def again(self) -> None:
        self.outbox.again()

    @rule()
    def kill(self) -> None:
        self.day.restart()

    def teardown(self) -> None:
        for place in list(self.running):
            self.end(place, None)
        self.outbox.drain()
        expected = sorted(
            (one.place, one.tag, one.start, one.stop) for one in self.charges if one.is_charging
        )
        found = [
            (start.connector_id, start.id_tag, start.meter_start, self.csms.stops[number].meter_stop)
            for number, start in self.csms.by_number.items()
        ]

        assert expected == sorted(found)


# Both


class OldStationOverBoth(OldStation):
    """A station of 1.6 behind a CSMS of 1.6, with 2.0.1 between them: what arrives is what was sent."""

    versions = ("1.6", "2.0.1", "1.6")

    def new_csms(self) -> Any:
        return OldCsms()

    def check(self) -> None:
        expected = sorted(
            (one.place, one.tag, one.start, one.stop, one.began, one.ended, one.reason or "")
            for one in self.charges
        )
        found = []
        for number, start in self.csms.by_number.items():
            stop = self.csms.stops[number]
            found.append(
                (
                    start.connector_id,
                    start.id_tag,
                    start.meter_start,
                    stop.meter_stop,
                    start.timestamp,
                    stop.timestamp,
                    stop.reason or "",
                )
            )

        assert expected == sorted(found)


MACHINES = [OldStation, NewStation, OldStationOverBoth]


def _run(machine: type[RuleBasedStateMachine], examples: int, steps: int) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            database=None,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),  # pyright: ignore[reportArgumentType] - its metaclass
        ),
    )


@pytest.mark.parametrize("machine", MACHINES)
def test_a_day_of_a_station(machine: type[RuleBasedStateMachine]) -> None:
    _run(machine, 25, 30)


@pytest.mark.deep
@pytest.mark.skipif(os.environ.get("OCPP_DEEP") != "1", reason="takes minutes; set OCPP_DEEP=1")
@pytest.mark.parametrize("machine", MACHINES)
def test_a_thousand_days(machine: type[RuleBasedStateMachine]) -> None:
    _run(machine, 1000, 80)

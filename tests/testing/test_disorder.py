"""Each broken history draws one of the answers that it says are accepted, breaks its rule, and each rule occurs."""

import json
from collections import Counter, deque
from typing import Any

import pytest

from ocpp_core import Connection, JsonCodec
from ocpp_core.conformance.answers import registering, reply
from ocpp_core.conformance.rules import rules
from ocpp_core.dispatch.connection import CallReceived
from ocpp_core.model.errors import LocalProtocolError
from ocpp_core.testing import RESULT, BrokenHistory, Step, broken_histories
from ocpp_core.testing.strategies import json_text
from properties import for_all, smallest

ALL = {
    *("boot.first", "boot.nothing-before-answer", "transaction.stop-unknown", "transaction.stop-repeated"),
    "history.connector-busy",
}
JSON = {"frame.id-new", "frame.open-id"}
FIRST = {"transaction.stop-odd", "transaction.start-repeated", "frame.calls-in-turn"}
LATER = {
    *("frame.one-call-open", "transaction.event-repeated", "transaction.updated"),
    *("history.event-after-end", "history.event-number"),
}
METERS = {"meter.unknown-transaction"}
RULES = {
    "1.2": ALL | JSON | FIRST,
    "1.5": ALL | JSON | FIRST | METERS,
    "1.6": ALL | JSON | FIRST | METERS,
    "2.0": ALL | JSON | LATER,
    "2.0.1": ALL | JSON | LATER,
    "2.1": ALL | JSON | LATER,
}


class Receiver:
    """A CSMS that answers whatever is asked, when it is told to."""

    def __init__(self, version: str) -> None:
        self.version = version
        self.connection = Connection(JsonCodec(version), new_id=str)
        self.open: deque[CallReceived] = deque()
        self.waiting: deque[int] = deque()
        self.answers = registering(300)
        #: By step: the payload of a result; of an error its code.
        self.heard: dict[int, Any] = {}

    def take(self, number: int, text: str) -> None:
        self.waiting.append(number)
        self.connection.receive_message(text)
        self._look()

    def _look(self) -> None:
        self.open += [each for each in self.connection.events() if isinstance(each, CallReceived)]
        for text in self.connection.messages_to_send():
            kind, _, answer, *_rest = json.loads(text)
            # A call that is refused at once is the last one; the others are answered in turn.
            number = self.waiting.popleft() if kind == 3 else self.waiting.pop()
            self.heard[number] = answer

    def answer(self) -> None:
        while self.open:
            call = self.open.popleft()
            made = self.answers.get(call.request.__ocpp__.action or "", {})
            self.connection.reply(call, reply(call.request, made))
            self._look()


def heard(version: str, steps: list[Step]) -> dict[int, Any]:
    receiver = Receiver(version)
    answers: list[dict[str, Any]] = []
    for number, step in enumerate(steps):
        if not step.is_early:
            receiver.answer()
        answers = [receiver.heard.get(each, {}) for each in range(number)]
        if not step.action:
            receiver.connection = Connection(JsonCodec(version), new_id=str)
            continue
        id = f"id-{number if step.same_id is None else step.same_id}"
        receiver.take(number, json_text([2, id, step.action, step.filled(answers)]))
    receiver.answer()
    return receiver.heard


@pytest.mark.parametrize("version", RULES)
def test_connection_answers_a_broken_history_as_accepted(version: str) -> None:
    seen: Counter[str] = Counter()

    def check(broken: BrokenHistory) -> None:
        seen[broken.rule] += 1
        answers = heard(version, broken.steps)
        *before, last = [number for number, step in enumerate(broken.steps) if step.action]

        assert all(isinstance(answers[number], dict) for number in before), "only the last step is wrong"
        assert (RESULT if isinstance(answers[last], dict) else answers[last]) in broken.accepted

    for_all(broken_histories(version), 40, check)

    assert RULES[version] >= set(seen)
    for rule in RULES[version]:
        for_all(broken_histories(version, rules=[rule]), 4, check)

    assert RULES[version] == set(seen)


@pytest.mark.parametrize("rule", sorted(set().union(*RULES.values())))
def test_rule_is_one_of_the_kit_or_of_the_station_alone(rule: str) -> None:
    assert (rule in rules()) != rule.startswith("history.")


def shrunk(version: str, rule: str) -> list[Step]:
    broken: BrokenHistory = smallest(broken_histories(version, rules=[rule]))
    return broken.steps


def event(step: Step) -> tuple[Any, ...]:
    payload = step.payload
    return payload["eventType"], payload["seqNo"], payload["transactionInfo"]["transactionId"]


def test_shrunk_history_shows_the_rule_and_little_else() -> None:
    first = shrunk("1.6", "boot.first")
    assert ["Heartbeat"] == [step.action for step in first]

    early = shrunk("1.6", "boot.nothing-before-answer")
    assert [("BootNotification", False), ("Heartbeat", True)] == [
        (step.action, step.is_early) for step in early
    ]

    _, asked, again = shrunk("1.6", "frame.id-new")
    assert ("Authorize", "Heartbeat", 1) == (asked.action, again.action, again.same_id)

    unknown = shrunk("1.6", "transaction.stop-unknown")[-1]
    assert ("StopTransaction", {}) == (unknown.action, unknown.links)

    stopped = shrunk("1.6", "transaction.stop-repeated")
    assert ["StartTransaction", "StopTransaction", "StopTransaction"] == [step.action for step in stopped][
        -3:
    ]
    assert stopped[-1] == stopped[-2]

    odd = shrunk("1.6", "transaction.stop-odd")
    assert odd[-1].payload["meterStop"] < odd[-2].payload["meterStart"]

    one, two = (step for step in shrunk("1.6", "history.connector-busy") if step.action == "StartTransaction")
    assert one.payload["connectorId"] == two.payload["connectorId"]


def test_shrunk_history_of_events_shows_the_rule() -> None:
    *_, ended, late = shrunk("2.0.1", "history.event-after-end")
    assert [("Ended", 1, "tx-2"), ("Updated", 2, "tx-2")] == [event(ended), event(late)]

    *_, second, first = shrunk("2.0.1", "history.event-number")
    assert [("Updated", 1, "tx-2"), ("Updated", 0, "tx-2")] == [event(second), event(first)]

    started = [step for step in shrunk("2.0.1", "transaction.updated") if step.action == "TransactionEvent"]
    assert ["Updated"] == [event(step)[0] for step in started]


def test_what_is_not_there_is_refused() -> None:
    with pytest.raises(LocalProtocolError, match="no such rule"):
        broken_histories("2.0.1", rules=["meter.unknown-transaction"])

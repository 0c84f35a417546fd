"""Logs whose frames need what went before: transactions, ids, reports and settings, in both directions."""

import json
import os
from itertools import permutations
from typing import Any

import pytest
from hypothesis import strategies as st

from classes import BREAKABLE_CLASSES
from logs_of import DOWN, UP, Log
from ocpp_core.logs import chain, translating
from ocpp_core.logs.judging import Verdict
from ocpp_core.logs.translating import Outcome
from ocpp_core.model.errors import LocalProtocolError
from ocpp_core.model.messages import Notification, Request
from ocpp_core.model.specifications import specification
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.model.versions import Role, Version
from ocpp_core.payloads.conversion import to_wire
from ocpp_core.testing import broken_payloads, messages
from ocpp_core.translation.policies import Policy
from properties import for_all

START = {"connectorId": 1, "idTag": "A", "meterStart": 0, "timestamp": "2026-01-31T12:00:00Z"}
STARTED = {"transactionId": 7, "idTagInfo": {"status": "Accepted"}}
SAMPLE = {"timestamp": "2026-01-31T12:05:00Z", "sampledValue": [{"value": "500"}]}
VALUES = {"connectorId": 1, "transactionId": 7, "meterValue": [SAMPLE]}
STOP = {"transactionId": 7, "meterStop": 900, "timestamp": "2026-01-31T12:10:00Z"}
TAKEN = {"status": "Accepted"}


def event(kind: str, seq_no: int, trigger: str, **more: Any) -> dict[str, Any]:
    info = {"transactionId": "of-the-station", **more.pop("info", {})}
    moment = f"2026-01-31T12:{seq_no:02}:00Z"
    made = {
        "eventType": kind,
        "seqNo": seq_no,
        "triggerReason": trigger,
        "timestamp": moment,
        "transactionInfo": info,
    }
    return {**made, **more}


TOKEN = {"idToken": {"idToken": "04A2B3C4", "type": "ISO14443"}, "evse": {"id": 1, "connectorId": 1}}
BEGIN = event("Started", 0, "Authorized", info={"chargingState": "Charging"}, **TOKEN)
PERMITTED = {"idTokenInfo": {"status": "Accepted"}}


# Transactions


def test_the_transaction_of_a_log_of_1_6_is_events_with_the_number_that_the_log_has() -> None:
    log = Log("1.6", "2.0.1")
    log.asks(UP, "StartTransaction", START, STARTED)
    log.asks(UP, "MeterValues", VALUES, {})
    log.asks(DOWN, "RemoteStopTransaction", {"transactionId": 7}, TAKEN)
    log.asks(UP, "StopTransaction", STOP, {})

    events = log.calls("TransactionEvent")
    (id,) = {one["transactionInfo"]["transactionId"] for one in events}
    assert ["Started", "Updated", "Ended"] == [one["eventType"] for one in events]
    assert [0, 1, 2] == [one["seqNo"] for one in events]
    assert "RemoteStop" == events[-1]["triggerReason"]
    assert [{"transactionId": id}] == log.calls("RequestStopTransaction")
    assert {Outcome.EXACT, Outcome.LOSSY} == {one.outcome for one in log.made}


def test_a_transaction_that_began_before_the_log_is_none_that_begins_in_it() -> None:
    log = Log("1.6", "2.0.1")
    log.asks(UP, "StartTransaction", START, STARTED)
    log.asks(UP, "MeterValues", {**VALUES, "transactionId": 1}, {})
    log.asks(UP, "StopTransaction", {**STOP, "transactionId": 1}, {})

    begun, ended = log.calls("TransactionEvent")
    assert 1 == len(log.calls("MeterValues"))
    assert begun["transactionInfo"]["transactionId"] != ended["transactionInfo"]["transactionId"]


@pytest.mark.parametrize("number", [0, -1])
def test_a_number_that_is_none_elsewhere_is_that_of_a_transaction_if_the_log_has_given_it(
    number: int,
) -> None:
    log = Log("1.6", "2.0.1")
    log.asks(UP, "StartTransaction", START, {**STARTED, "transactionId": number})
    log.asks(UP, "MeterValues", {**VALUES, "transactionId": number}, {})
    log.asks(DOWN, "RemoteStopTransaction", {"transactionId": number}, TAKEN)
    log.asks(UP, "StopTransaction", {**STOP, "transactionId": number}, {})

    events = log.calls("TransactionEvent")
    (id,) = {one["transactionInfo"]["transactionId"] for one in events}
    assert ["Started", "Updated", "Ended"] == [one["eventType"] for one in events]
    assert [{"transactionId": id}] == log.calls("RequestStopTransaction")


def test_the_transaction_of_a_log_of_2_0_1_is_a_start_and_a_stop() -> None:
    log = Log("2.0.1", "1.6")
    log.asks(UP, "TransactionEvent", BEGIN, PERMITTED)
    log.asks(DOWN, "RequestStopTransaction", {"transactionId": "of-the-station"}, TAKEN)
    log.asks(UP, "TransactionEvent", event("Ended", 1, "RemoteStop", info={"stoppedReason": "Remote"}), {})

    assert [("StartTransaction", 1), ("StopTransaction", 1)] == [
        (frame[2], 1) for frame in log.texts() if frame[0] == 2 and frame[2].endswith(("tTransaction", "pTransaction"))
        and not frame[2].startswith("Remote")
    ]  # fmt: skip
    assert [{"transactionId": 1}] == log.calls("RemoteStopTransaction")
    assert ["Remote"] == [one["reason"] for one in log.calls("StopTransaction")]


@pytest.mark.parametrize(
    "station, to", [(one, other) for one, other in permutations(Version, 2) if one[0] != other[0]]
)
def test_over_any_number_of_steps(station: Version, to: Version) -> None:
    log = Log(station, to)
    if station.startswith("1"):
        log.asks(UP, "StartTransaction", START, STARTED)
        log.asks(UP, "StopTransaction", {**STOP, "idTag": "A"}, {})
    else:
        log.asks(UP, "TransactionEvent", _of(BEGIN, station), PERMITTED)
        log.asks(UP, "TransactionEvent", _of(event("Ended", 1, "StopAuthorized"), station), {})

    assert [] == [one for one in log.made if one.outcome not in (Outcome.EXACT, Outcome.LOSSY)]


def _of(payload: dict[str, Any], version: str) -> dict[str, Any]:
    """2.0 calls the transaction otherwise."""
    if version != "2.0":
        return payload
    data = {
        ("id" if name == "transactionId" else name): value
        for name, value in payload["transactionInfo"].items()
    }
    return {
        **{name: value for name, value in payload.items() if name != "transactionInfo"},
        "transactionData": data,
    }


def test_a_token_of_a_second_card_is_answered_by_what_the_log_says_of_it() -> None:
    log = Log("2.0.1", "1.6")
    log.asks(UP, "TransactionEvent", BEGIN, PERMITTED)
    other = {"idToken": {"idToken": "FF", "type": "Central"}}
    _, answer = log.asks(
        UP,
        "TransactionEvent",
        event("Updated", 1, "Authorized", **other),
        {"idTokenInfo": {"status": "Blocked"}},
    )

    assert [{"idTag": "FF"}] == log.calls("Authorize")
    assert {"idTagInfo": {"status": "Blocked"}} in [json.loads(text)[2] for text in answer.texts]


def test_what_the_csms_refuses_is_sent_again_with_the_next() -> None:
    log = Log("1.6", "2.0.1")
    _, refused = log.asks(UP, "StartTransaction", START, ["InternalError", "", {}])
    log.asks(UP, "StartTransaction", START, STARTED)

    assert [[4, "1", "InternalError", "", {}]] == [json.loads(text) for text in refused.texts]
    first, again = log.calls("TransactionEvent")
    assert first == again


def test_events_that_a_log_lacks_are_said() -> None:
    log = Log("2.0.1", "1.6")
    log.asks(UP, "TransactionEvent", BEGIN, PERMITTED)
    later = event("Updated", 3, "ChargingStateChanged", info={"chargingState": "SuspendedEV"})
    call, answer = log.asks(UP, "TransactionEvent", later, {})
    rate, _ = log.asks(UP, "TransactionEvent", event("Updated", 5, "ChargingRateChanged"), {})

    assert ([(1, 2)], [], [(4, 4)]) == tuple(
        [(gap.first, gap.last) for gap in one.missing] for one in (call, answer, rate)
    )
    assert Outcome.ANSWERED is rate.outcome


# Ids


def test_jobs_keep_the_ids_that_the_log_has() -> None:
    log = Log("2.0.1", "1.6")
    wanted = {"logType": "DiagnosticsLog", "requestId": 77, "log": {"remoteLocation": "ftp://a.example/"}}
    log.asks(DOWN, "GetLog", wanted, TAKEN)
    log.asks(UP, "LogStatusNotification", {"status": "Uploading", "requestId": 77}, {})

    assert ["Uploading"] == [one["status"] for one in log.calls("DiagnosticsStatusNotification")]
    again = Log("1.6", "2.0.1")
    again.asks(DOWN, "GetDiagnostics", {"location": "ftp://a.example/"}, {"fileName": "x"})
    again.asks(UP, "DiagnosticsStatusNotification", {"status": "Uploaded"}, {})
    assert [1] == [one["requestId"] for one in again.calls("LogStatusNotification")]


@pytest.mark.parametrize("minute, expected", [("12:04", "RemoteStart"), ("12:06", "Authorized")])
def test_the_times_of_the_log_say_whether_a_start_was_in_time(minute: str, expected: str) -> None:
    log = Log("1.6", "2.0.1")
    log.asks(DOWN, "RemoteStartTransaction", {"idTag": "A"}, TAKEN, moment="2026-01-31 12:00:00")
    log.asks(UP, "StartTransaction", START, STARTED, moment=f"2026-01-31 {minute}:00")

    assert [expected] == [one["triggerReason"] for one in log.calls("TransactionEvent")]


def test_a_time_that_a_frame_lacks_is_that_of_its_line() -> None:
    log = Log("1.6", "2.0.1")
    status = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}
    log.asks(UP, "StatusNotification", status, {}, moment="2026-01-31 13:00:00,5 +0100")
    log.asks(UP, "StatusNotification", {**status, "connectorId": 2}, {}, moment="2026-01-31 11:00:00")

    assert 2 * ["2026-01-31T13:00:00.500+01:00"] == [
        one["timestamp"] for one in log.calls("StatusNotification")
    ]


# Settings and reports


def test_settings_are_asked_for_by_their_other_names() -> None:
    log = Log("1.6", "2.0.1")
    known = {"configurationKey": [{"key": "HeartbeatInterval", "readonly": False, "value": "60"}]}
    log.asks(DOWN, "GetConfiguration", {"key": ["HeartbeatInterval"]}, known)

    (asked,) = log.calls("GetVariables")
    assert "HeartbeatInterval" == asked["getVariableData"][0]["variable"]["name"]
    assert '"attributeValue":"60"' in log.made[-1].texts[-1]


def test_what_a_log_was_not_asked_is_not_known() -> None:
    """A station is asked how many settings go into a message: the log has no answer to that."""
    log = Log("1.6", "2.0.1")
    known = {
        "configurationKey": [
            {"key": "SupportedFeatureProfiles", "readonly": True, "value": "Core,Reservation"}
        ]
    }
    call, answer = log.asks(DOWN, "GetConfiguration", {"key": ["SupportedFeatureProfiles"]}, known)

    (limit,) = [json.loads(text)[2] for text in call.texts if text.startswith("[3")]
    assert ["UnknownVariable"] == [one["attributeStatus"] for one in limit["getVariableResult"]]
    assert not [one for one in answer.losses if one.path == "$.configurationKey[0]"]
    assert {UP, DOWN} == set(answer.ways)


def test_a_report_of_1_6_is_an_answer_and_what_follows_it() -> None:
    log = Log("1.6", "2.0.1")
    known = {"configurationKey": [{"key": "HeartbeatInterval", "readonly": False, "value": "60"}]}
    _, answer = log.asks(DOWN, "GetConfiguration", {}, known)

    assert [[3, "1"], [2, "1-aside-1"], [3, "1-aside-1"]] == [json.loads(text)[:2] for text in answer.texts]
    assert (UP, UP, DOWN) == answer.ways


def _report(seq_no: int, tbc: bool) -> dict[str, Any]:
    data = {
        "component": {"name": "OCPPCommCtrlr"},
        "variable": {"name": "HeartbeatInterval"},
        "variableAttribute": [{"value": "60", "mutability": "ReadWrite"}],
    }
    made = {"requestId": 5, "generatedAt": "2026-01-31T12:00:00Z", "seqNo": seq_no, "tbc": tbc}
    return {**made, "reportData": [data]}


WHOLE = {"requestId": 5, "reportBase": "FullInventory"}
CLEAR = {"connectorId": 0}


def test_a_report_of_2_0_1_is_waited_for() -> None:
    log = Log("2.0.1", "1.6")
    log.asks(DOWN, "GetBaseReport", WHOLE, TAKEN)
    (waits,) = log.asks(DOWN, "ClearCache", {})
    log.asks(UP, "NotifyReport", _report(0, tbc=False), {})
    late = log.frame(UP, [3, "2", TAKEN])

    assert (Outcome.DROPPED, "it waits for what comes later") == (waits.outcome, waits.reason)
    settings, cleared, *_ = [frame for frame in log.texts() if frame[0] == 3 or frame[2] == "ClearCache"]
    assert "HeartbeatInterval" in [one["key"] for one in settings[2]["configurationKey"]]
    assert [2, "2", "ClearCache", {}] == cleared
    assert [[3, "2", TAKEN]] == [json.loads(text) for text in late.texts]


def test_a_report_that_a_log_does_not_have_is_not_waited_for_for_ever() -> None:
    log = Log("2.0.1", "1.6")
    log.asks(DOWN, "GetBaseReport", WHOLE, TAKEN)
    for _ in range(20):
        log.asks(DOWN, "ClearCache", {}, TAKEN)

    assert 20 == len(log.calls("ClearCache"))
    assert Outcome.EXACT is log.made[-1].outcome
    ids = [frame[1] for frame in log.texts()]
    assert [str(number) for number in range(1, 22)] == sorted(set(ids), key=int)


def test_a_report_is_waited_for_as_long_as_a_session_waits() -> None:
    log = Log("2.0.1", "1.6")
    log.asks(DOWN, "GetBaseReport", WHOLE, TAKEN, moment="2026-01-31 12:00:00")
    (call, _) = log.asks(DOWN, "ClearCache", {}, TAKEN, moment="2026-01-31 12:02:00")

    assert ["GetConfiguration", "ClearCache"] == [frame[2] for frame in log.texts() if frame[0] == 2]
    assert Outcome.EXACT is call.outcome


def test_what_an_answer_says_that_nobody_has_asked_for_is_named() -> None:
    """2.x has no such password, so the station is not sent it: that the one of the log has taken it is lost."""
    log = Log("1.6", "2.0.1")
    _, answer = log.asks(
        DOWN, "ChangeConfiguration", {"key": "AuthorizationKey", "value": "SECRETSECRETSECRETSECRET"}, TAKEN
    )

    assert ("$.status", "dropped", "Accepted", "suppressed") in [
        (one.path, one.kind, one.value, one.reason) for one in answer.losses
    ]
    wrong = Log("2.0.1", "1.6")
    seen = event("Updated", 3, "ChargingStateChanged", info={"chargingState": "Charging"}, evse={"id": 1})
    _, error = wrong.asks(UP, "TransactionEvent", seen, ["InternalError", "", {}])
    assert ("$", "internal", "suppressed") in [(one.path, one.value, one.reason) for one in error.losses]


# Answers that are missing or late


def test_a_log_of_one_side_is_translated() -> None:
    log = Log("1.6", "2.0.1")
    for action, payload in [
        ("StartTransaction", START),
        ("MeterValues", VALUES),
        ("StopTransaction", STOP),
    ] * 2:
        log.asks(UP, action, payload)

    assert {Outcome.EXACT, Outcome.LOSSY} >= {one.outcome for one in log.made if one.outcome != "answered"}
    assert "Started" == log.calls("TransactionEvent")[0]["eventType"]


def test_an_answer_after_the_next_call_is_translated_without_what_went_before() -> None:
    log = Log("1.6", "2.0.1")
    log.asks(UP, "Heartbeat", {})
    log.asks(UP, "StartTransaction", START)
    log.asks(UP, "Heartbeat", {})
    first = log.frame(DOWN, [3, "1", {"currentTime": "2026-01-31T12:00:00Z"}])
    second = log.frame(DOWN, [3, "2", STARTED])
    error = log.frame(DOWN, [4, "3", "InternalError", "", {}])

    assert ["exact", "needs a session", "exact"] == [first.outcome, second.outcome, error.outcome]
    assert [[3, "1", {"currentTime": "2026-01-31T12:00:00Z"}]] == [json.loads(text) for text in first.texts]


def test_an_error_after_the_next_call_is_translated_too() -> None:
    log = Log("1.6", "2.0.1")
    log.asks(UP, "Heartbeat", {})
    log.asks(UP, "Heartbeat", {})
    late = log.frame(DOWN, [4, "1", "FormationViolation", "why", {}])

    assert [[4, "1", "FormatViolation", "why", {}]] == [json.loads(text) for text in late.texts]


def test_what_shows_of_a_call_only_with_its_answer_is_said_then() -> None:
    log = Log("2.0.1", "1.6")
    log.asks(UP, "TransactionEvent", BEGIN, PERMITTED)
    other = {"idToken": {"idToken": "FF", "type": "Central"}}
    call, answer = log.asks(UP, "TransactionEvent", event("Updated", 1, "Authorized", **other), PERMITTED)
    log.asks(UP, "TransactionEvent", event("Updated", 2, "Authorized", **other))
    (after,) = log.asks(UP, "Heartbeat", {})

    assert "$.timestamp" not in [one.path for one in call.losses]
    for one in (answer, after):
        assert ["$.timestamp"] == [loss.path for loss in one.of_call]
        assert "TransactionEventRequest" == one.called
        assert not one.losses


# Memory


def test_stations_do_not_know_each_other() -> None:
    log = Log("1.6", "2.0.1")
    log.asks(UP, "StartTransaction", START, STARTED, station="CP-1")
    log.asks(UP, "MeterValues", VALUES, {}, station="CP-2")

    assert ["TransactionEvent", "MeterValues"] == [frame[2] for frame in log.texts() if frame[0] == 2]


def test_so_many_stations_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(translating, "MOST_STATIONS", 10)
    log = Log("1.6", "2.0.1")
    log.asks(UP, "StartTransaction", START, STARTED)
    log.asks(UP, "StartTransaction", START)
    for number in range(20):
        log.asks(UP, "Heartbeat", {}, station=f"CP-{number + 2}")
    late = log.frame(DOWN, [3, "2", STARTED])
    log.asks(UP, "MeterValues", VALUES, {})

    assert 10 == len(log.translator._chains)
    assert "needs a session" == late.outcome
    assert 1 == len(log.calls("MeterValues"))
    assert sum(one.size for one in log.translator._chains.values()) == log.translator._remembered


def test_who_is_forgotten_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even in the calls that wait for their answers, of which there may be many more."""
    monkeypatch.setattr(translating, "MOST_STATIONS", 1)
    log = Log("1.6", "2.0.1")
    log.asks(UP, "Heartbeat", {})
    (first,) = log.translator._chains.values()
    log.asks(UP, "Heartbeat", {}, station="CP-2")

    assert first.is_closed
    assert not first._sessions
    assert "exact" == log.frame(DOWN, [3, "1", {"currentTime": "2026-01-31T12:00:00Z"}]).outcome


def test_connectors_count_too() -> None:
    log = Log("1.6", "2.0.1")
    for number in range(20):
        status = {"connectorId": number, "errorCode": "NoError", "status": "Available"}
        log.asks(UP, "StatusNotification", status, {})
    (only,) = log.translator._chains.values()

    assert 40_000 + 20 * 500 <= only.size == log.translator._remembered


def test_so_much_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(translating, "MOST_REMEMBERED", 200_000)
    log = Log("1.6", "2.0.1")
    for number in range(400):
        log.asks(UP, "Authorize", {"idTag": f"{number}"}, {"idTagInfo": TAKEN}, station=f"CP-{number % 3}")

        assert 200_000 >= log.translator._remembered
    assert {Outcome.EXACT, Outcome.LOSSY} >= {one.outcome for one in log.made}


def test_a_session_that_cannot_go_on_is_begun_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was tolerated and cannot be written is not translated, and what comes next is."""
    log = Log("1.6", "2.0.1", tolerance=Tolerance.TOLERANT)
    monkeypatch.setattr(chain.Chain, "called", _raise_once(chain.Chain.called))
    broken, fine = log.asks(UP, "Heartbeat", {}), log.asks(UP, "Heartbeat", {})

    assert (Outcome.FAILED, Outcome.EXACT) == (broken[0].outcome, fine[0].outcome)


def _raise_once(method: Any) -> Any:
    raised: list[bool] = []

    def called(*arguments: Any) -> Any:
        if not raised:
            raised.append(True)
            raise LocalProtocolError("it cannot")
        return method(*arguments)

    return called


# Everything


PAIRS = list(permutations(Version, 2))
NAMES = [f"{one}-{other}" for one, other in PAIRS]
#: Logs of each pair, and in the deep run.
FEW, TOLERATED, MANY = 3, 3, int(os.environ.get("OCPP_LOGGED", "200"))


def _asking(version: str) -> Any:
    """Any call or SEND of a version, by either side, with an answer, an error, or nothing."""
    facts = specification(version)
    classes = [(row, facts.request(name)) for name, row in facts.actions.items()]
    return st.sampled_from(classes).flatmap(
        lambda one: st.tuples(
            messages(one[1]),
            st.just(one[0].sent_by),
            st.sampled_from([None, "late", "error", "answer"]),
            messages(facts.response(one[0].name)) if one[0].answered else st.none(),
        )
    )


def _translate_all(version: Version, to: Version, asked: list[Any]) -> None:
    log = Log(version, to)
    late: list[Any] = []
    for number, (message, sent_by, kind, answer) in enumerate(asked):
        way = DOWN if sent_by is Role.CSMS else UP
        back = UP if way == DOWN else DOWN
        action = message.__ocpp__.action
        is_send = isinstance(message, Notification)
        assert is_send or isinstance(message, Request)
        log.frame(
            way, json.dumps([6 if is_send else 2, str(number), action, to_wire(message)], default=_plain)
        )
        if not is_send and kind is not None:
            frame = (
                [4, str(number), "InternalError", "", {}]
                if kind == "error"
                else [3, str(number), to_wire(answer)]
            )
            text = json.dumps(frame, default=_plain)
            late.append((back, text)) if kind == "late" else log.frame(back, text)
    for back, text in late:
        log.frame(back, text)

    for one in log.made:
        assert one.outcome is not Outcome.FAILED or one.judged.verdict is not Verdict.ACCEPTED, one.reason


def _plain(value: Any) -> Any:
    return float(value)


@pytest.mark.parametrize("version, to", PAIRS, ids=NAMES)
def test_whatever_a_log_holds_is_translated_answered_or_named(version: Version, to: Version) -> None:
    """In any order, with answers that are missing, late, or errors; what is written, the codec has found valid."""
    for_all(st.lists(_asking(version), max_size=12), FEW, lambda asked: _translate_all(version, to, asked))


@pytest.mark.deep
@pytest.mark.skipif(os.environ.get("OCPP_DEEP") != "1", reason="takes minutes; set OCPP_DEEP=1")
@pytest.mark.parametrize("version, to", PAIRS, ids=NAMES)
def test_whatever_very_many_logs_hold(version: Version, to: Version) -> None:
    for_all(st.lists(_asking(version), max_size=30), MANY, lambda asked: _translate_all(version, to, asked))


BREAKABLE: dict[str, list[Any]] = {version: [] for version in Version}
for _one in BREAKABLE_CLASSES:
    if issubclass(_one.values[0], Request | Notification):
        BREAKABLE[_one.values[0].__ocpp__.version].append(_one.values[0])


def _broken(version: str) -> Any:
    """A call that breaks a rule, with a good answer or none."""
    facts = specification(version)
    return st.sampled_from(BREAKABLE[version]).flatmap(
        lambda cls: st.tuples(
            st.just(cls),
            broken_payloads(cls),
            st.none() if issubclass(cls, Notification) else messages(facts.response(cls.__ocpp__.action)),
            st.booleans(),
        )
    )


@pytest.mark.parametrize("version, to", PAIRS, ids=NAMES)
def test_whatever_was_tolerated_is_translated_answered_or_named(version: Version, to: Version) -> None:
    def check(asked: list[Any]) -> None:
        log = Log(version, to, tolerance=Tolerance.TOLERANT)
        for number, (cls, broken, answer, is_answered) in enumerate(asked):
            facts = cls.__ocpp__
            way = DOWN if facts.sent_by is Role.CSMS else UP
            kind = 6 if answer is None else 2
            log.frame(way, json.dumps([kind, str(number), facts.action, broken.payload], default=_plain))
            if answer is not None and is_answered:
                back = UP if way == DOWN else DOWN
                log.frame(back, json.dumps([3, str(number), to_wire(answer)], default=_plain))

        said = [one for one in log.made if one.judged.verdict in (Verdict.ACCEPTED, Verdict.TOLERATED)]
        assert [] == [one.reason for one in said if one.outcome is Outcome.FAILED]

    for_all(st.lists(_broken(version), max_size=12), TOLERATED, check)


def test_a_policy_is_that_of_the_session() -> None:
    log = Log("1.6", "2.0.1", policy=Policy(soft_reset="Immediate"))
    log.asks(DOWN, "Reset", {"type": "Soft"}, TAKEN)

    assert [{"type": "Immediate"}] == log.calls("Reset")


def test_a_start_that_names_no_connector_is_an_event_that_names_no_evse() -> None:
    log = Log(Version.V1_6, Version.V2_0_1, tolerance=Tolerance.TOLERANT)
    payload = {"idTag": "", "timestamp": "2026-01-31T12:00:00Z", "meterStart": 0}
    log.frame(UP, json.dumps([2, "1", "StartTransaction", payload]))
    events = [one for one in log.made if one.outcome is not Outcome.FAILED]

    assert len(log.made) == len(events)
    assert events


def test_a_status_that_there_is_not_goes_no_further_and_is_named() -> None:
    log = Log(Version.V2_0_1, Version.V1_6, tolerance=Tolerance.TOLERANT)
    payload = {
        "timestamp": "2026-01-31T12:00:00Z",
        "connectorStatus": "AVAILABLE",
        "evseId": 1,
        "connectorId": 1,
    }
    log.frame(UP, json.dumps([2, "1", "StatusNotification", payload]))
    (told,) = log.made

    assert Outcome.ANSWERED is told.outcome
    assert ["$"] == [loss.path for loss in told.losses]

"""Frames of a log in another version: what they become, whose answers they find, and how much is kept for that."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from inputs import HEARTBEAT, SOAP_HEARTBEAT
from ocpp_core.jsonrpc.codec import JsonCodec
from ocpp_core.logs import translating
from ocpp_core.logs.judging import Judge
from ocpp_core.logs.origins import CSMS_TO_STATION, STATION_TO_CSMS
from ocpp_core.logs.reading import Found
from ocpp_core.logs.translating import LogTranslator, Outcome, Translated
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.messages import Call, CallError, CallResult
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.model.versions import Version, Wire
from ocpp_core.soap.codec import SoapCodec
from ocpp_core.translation.policies import Policy

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
AUTHORIZE = '[2,"1","Authorize",{"idTag":"AB"}]'
ACCEPTED = '[3,"1",{"idTagInfo":{"status":"Accepted"}}]'
START = '[2,"2","StartTransaction",{"connectorId":1,"idTag":"A","meterStart":0,"timestamp":"2026-01-31T12:00:00Z"}]'
STARTED = '[3,"2",{"transactionId":7,"idTagInfo":{"status":"Accepted"}}]'
DATA = '[2,"6","DataTransfer",{"vendorId":"v"}]'
SECURITY = '[2,"3","SecurityEventNotification",{"type":"ResetOrReboot","timestamp":"2026-01-31T12:00:00Z"}]'
CLEAR_ALL = '[2,"4","ClearChargingProfile",{}]'


def translated(
    *frames: str | Found,
    to: str,
    version: str = "1.6",
    policy: Policy | None = None,
    tolerance: Tolerance = Tolerance.STRICT,
) -> Iterator[Translated]:
    judge, translator = Judge(tolerance), LogTranslator(to, received_at=NOON, policy=policy or Policy())
    for frame in frames:
        found = Found("x", 1, frame, "x", version) if isinstance(frame, str) else frame
        yield translator.translate(judge.judge(found))


def only(frame: str, to: str, version: str = "1.6") -> Translated:
    (one,) = translated(frame, to=to, version=version)
    return one


@pytest.mark.parametrize(
    "frames, to, expected",
    [
        ([HEARTBEAT], "2.0.1", ["exact"]),
        ([AUTHORIZE, ACCEPTED], "2.0.1", ["with losses", "exact"]),
        ([SECURITY, '[3,"3",{}]'], "1.5", ["answered", "dropped"]),
        ([START, '[3,"2",{"transactionId":7,"idTagInfo":{"status":"Accepted"}}]'], "2.1", ["with losses", "exact"]),
        ([START, '[4,"2","GenericError","",{}]'], "2.0.1", ["with losses", "exact"]),
        ([SECURITY, '[4,"3","GenericError","",{}]'], "1.5", ["answered", "dropped"]),
        ([START], "1.5", ["exact"]),
        # Which side has sent it is not known: each stands for itself.
        ([DATA, '[3,"6",{"status":"Accepted"}]'], "1.2", ["answered", "dropped"]),
        ([DATA, '[4,"6","GenericError","",{}]'], "1.2", ["answered", "dropped"]),
        ([DATA, '[3,"6",{"status":"Accepted"}]'], "2.0.1", ["exact", "exact"]),
        # What comes when its side has gone on already.
        ([START, HEARTBEAT, STARTED], "2.0.1", ["with losses", "exact", "needs a session"]),
        ([START, HEARTBEAT, '[4,"2","GenericError","",{}]'], "2.0.1", ["with losses", "exact", "needs a session"]),
        ([SECURITY, HEARTBEAT, '[3,"3",{}]'], "1.5", ["answered", "exact", "dropped"]),
        ([SECURITY, HEARTBEAT, '[4,"3","GenericError","",{}]'], "1.5", ["answered", "exact", "dropped"]),
        (['[2,"1"', ACCEPTED, "[9]", ""], "2.0.1", 4 * ["not translated"]),
    ],
)  # fmt: skip
def test_what_becomes_of_a_frame(frames: list[str], to: str, expected: list[str]) -> None:
    assert expected == [one.outcome for one in translated(*frames, to=to)]


@pytest.mark.parametrize("to", list(Version))
@pytest.mark.parametrize("wire", list(Wire))
def test_what_is_written_can_be_read(to: Version, wire: Wire) -> None:
    """In the version that was asked for, on the wire of the source if the version has it."""
    if wire is Wire.JSON:
        (one,) = translated(HEARTBEAT, to=to)
    else:
        (one,) = translated(Found("x", 1, SOAP_HEARTBEAT, "x", "1.5", Wire.SOAP, STATION_TO_CSMS), to=to)
    (text,) = one.texts

    assert (Wire.JSON if to.startswith("2") else wire) is one.wire
    read = JsonCodec(to).decode(text) if one.wire is Wire.JSON else SoapCodec(to).decode(text.encode())
    assert (one.frames[0].id, one.frames[0].payload) == (read.id, read.payload)  # type: ignore[union-attr]
    assert read.headers is None or "CP" == read.headers.identity
    assert "\n" not in text


def test_the_id_of_an_envelope_is_cut_to_what_json_holds_and_its_answer_has_the_same() -> None:
    long = SOAP_HEARTBEAT.replace("urn:1", "urn:uuid:c9e52d5d-ac61-46dc-a197-12c052ecb5d1")
    frames = [Found("x", 1, long, "x", "1.5", Wire.SOAP, STATION_TO_CSMS)] * 2
    ids = {one.frames[0].id for one in translated(*frames, to="2.0.1")}
    (soap,) = translated(frames[0], to="1.2")

    assert [36] == [len(id) for id in ids]
    assert "urn:uuid:c9e52d5d-ac61-46dc-a197-12c052ecb5d1" == soap.frames[0].id


def test_each_side_finds_its_own_answer_among_equal_ids() -> None:
    """The station and the CSMS have a call of the same id under way: their answers cross."""
    trigger = '[2,"1","TriggerMessage",{"requestedMessage":"Heartbeat"}]'
    sent = [
        (AUTHORIZE, STATION_TO_CSMS),
        (trigger, CSMS_TO_STATION),
        ('[3,"1",{"status":"Accepted"}]', STATION_TO_CSMS),
        (ACCEPTED, CSMS_TO_STATION),
    ]
    frames = [Found("x", 1, text, "x", "1.6", Wire.JSON, direction) for text, direction in sent]
    made = list(translated(*frames, to="2.0.1"))

    assert ["Authorize", "TriggerMessage", "TriggerMessage", "Authorize"] == [
        one.frames[0].payload.__ocpp__.action  # type: ignore[union-attr]
        for one in made
    ]


def test_a_call_that_becomes_several_has_as_many_answers() -> None:
    """One at a time: the next call goes when the one before has its answer."""
    call, answer, *_ = translated(CLEAR_ALL, '[3,"4",{"status":"Accepted"}]', to="2.1")

    assert [(Call, "4")] == [(type(one), one.id) for one in call.frames]
    assert [(CallResult, "4"), (Call, "4-2"), (CallResult, "4-2"), (Call, "4-3"), (CallResult, "4-3")] == [
        (type(one), one.id) for one in answer.frames
    ]
    (_, error) = translated(CLEAR_ALL, '[4,"4","InternalError","",{}]', to="2.0")
    assert 3 == len([one for one in error.frames if isinstance(one, CallError)])


def test_a_call_of_nobody_that_becomes_several_has_as_many_answers() -> None:
    """Where it is not said who has sent a call that both may send, each frame stands for itself."""
    frames = [
        Found("x", 1, text, "x", "1.6")
        for text in ('[2,"5","DataTransfer",{"vendorId":"V"}]', '[3,"5",{"status":"Accepted"}]')
    ]
    call, answer = translated(*frames, to="2.0.1")

    assert ["5"] == [one.id for one in call.frames] == [one.id for one in answer.frames]
    assert ("",) == call.ways


@pytest.mark.parametrize("to", ["2.0", "2.1"])
def test_an_answer_to_what_only_the_source_can_ask_for_sure(to: str) -> None:
    """That a 1.6 station has the security extension its own frame says, whatever the policy is."""
    event = '[2,"1","SecurityEventNotification",{"type":"ResetOrReboot","timestamp":"2026-01-31T12:00:00Z"}]'

    assert ["exact", "exact"] == [one.outcome for one in translated(event, '[3,"1",{}]', to=to)]


@pytest.mark.parametrize(
    "version, to, frame, expected, losses",
    [
        ("1.6", "2.0.1", '[4,"1","FormationViolation","why",{"a":1}]', '[4,"1","FormatViolation","why",{"a":1}]', 0),
        ("2.1", "1.6", '[4,"1","RpcFrameworkError","why",{}]', '[4,"1","GenericError","RpcFrameworkError: why",{}]', 1),
        ("2.1", "1.6", '[4,"1","RpcFrameworkError","",{}]', '[4,"1","GenericError","RpcFrameworkError",{}]', 1),
        ("2.0.1", "2.1", '[4,"1","RpcFrameworkError","why",{}]', '[4,"1","RpcFrameworkError","why",{}]', 0),
        ("1.6", "2.0.1", '[4,"1","GenericError","why",{}]', '[4,"1","GenericError","why",{}]', 0),
    ],
)  # fmt: skip
def test_errors_have_the_codes_of_the_other_version(
    version: str, to: str, frame: str, expected: str, losses: int
) -> None:
    _, one = translated('[2,"1","Heartbeat",{}]', frame, to=to, version=version)

    assert (expected, losses) == (one.texts[0], len(one.losses))


def test_an_unknown_code_stays_readable() -> None:
    _, one = translated(HEARTBEAT, '[4,"17","Teapot","why",{}]', to="2.0.1")

    assert ('[4,"17","GenericError","Teapot: why",{}]', "Teapot") == (one.texts[0], one.losses[0].value)


def test_a_fault_has_no_details_and_one_code_for_many() -> None:
    codec = SoapCodec("1.5", identity="CP")
    call = Found("x", 1, SOAP_HEARTBEAT, "x", "1.5", Wire.SOAP, STATION_TO_CSMS)
    fault = codec.encode(CallError("urn:1", ErrorCode.IDENTITY, "why")).decode()
    _, one = translated(call, Found("x", 2, fault, "x", "1.5", Wire.SOAP, CSMS_TO_STATION), to="2.0.1")

    assert '[4,"urn:1","SecurityError","why",{}]' == one.texts[0]
    assert [("$[2]", "IdentityMismatch", "SecurityError")] == [
        (loss.path, loss.value, loss.became) for loss in one.losses
    ]


def test_a_complaint_about_a_result_is_for_2_1_only() -> None:
    frame = '[5,"1","FormatViolation","why",{}]'
    dropped, same = only(frame, "2.0.1", "2.1"), only(frame, "2.1", "2.1")

    assert ("dropped", "suppressed") == (dropped.outcome, dropped.losses[0].reason)
    assert ("exact", (frame,)) == (same.outcome, same.texts)


def test_a_send_that_nobody_can_have_is_dropped_without_an_answer() -> None:
    frame = (
        '[6,"1","NotifyPeriodicEventStream",{"id":1,"pending":0,"basetime":"2026-01-31T12:00:00Z",'
        '"data":[{"t":0,"v":"1"}]}]'
    )
    one = only(frame, "1.6", "2.1")

    assert ("dropped", None) == (one.outcome, one.answer)
    assert ["$"] == [loss.path for loss in one.losses]


def test_ids_that_are_given_out_are_never_the_same() -> None:
    frame = '[2,"%d","UpdateFirmware",{"location":"ftp://a.example/","retrieveDate":"2026-01-31T12:00:00Z"}]'
    made = translated(*(frame % number for number in range(3)), to="2.0.1")

    assert [1, 2, 3] == [one.frames[0].payload.request_id for one in made]  # type: ignore[union-attr]


def test_a_time_that_is_missing_is_the_one_that_was_given() -> None:
    frame = '[2,"1","StatusNotification",{"connectorId":1,"errorCode":"NoError","status":"Available"}]'

    assert NOON == only(frame, "2.0.1").frames[0].payload.timestamp  # type: ignore[union-attr]


# Memory


def test_what_answers_find_does_not_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that waits longer than so much of later ones is forgotten; its answer is translated as far as it goes."""
    monkeypatch.setattr(translating, "KEPT_SIZE", 20_000)
    judge, translator = Judge(), LogTranslator("2.0.1", received_at=NOON)
    first = judge.judge(Found("x", 1, CLEAR_ALL, "x", "1.6"))
    translator.translate(first)
    for number in range(1_000):
        translator.translate(judge.judge(Found("x", 2, f'[2,"h{number}","Heartbeat",{{}}]', "x", "1.6")))
    late = translator.translate(judge.judge(Found("x", 3, '[3,"4",{"status":"Accepted"}]', "x", "1.6")))

    assert len(translator._kept) <= 20
    assert first.asked is not None
    assert first.asked.kept is None
    assert ("exact", ["4"]) == (late.outcome, [one.id for one in late.frames])


def test_an_answer_whose_call_was_forgotten_says_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(translating, "KEPT_SIZE", 0)
    call = '[2,"1","GetCompositeSchedule",{"connectorId":1,"duration":60}]'
    answer = '[3,"1",{"status":"Accepted","connectorId":1,"scheduleStart":"2026-01-31T12:00:00Z"}]'
    _, late = translated(call, answer, to="2.0.1")

    assert "not translated" == late.outcome
    assert "needs the request that it answers" in late.reason


def test_tolerated_frames_are_translated_as_far_as_they_fit() -> None:
    frame = '[2,"1","BootNotification",{"chargePointVendor":"V","chargePointModel":"M","color":"red"}]'
    (one,) = translated(frame, to="2.0.1", tolerance=Tolerance.TOLERANT)

    assert Outcome.LOSSY is one.outcome
    assert ("extension", "$.color") in [(loss.reason, loss.path) for loss in one.losses]


@pytest.mark.parametrize("between", [[], [HEARTBEAT]], ids=["in time", "late"])
def test_an_answer_that_says_nothing_known_is_an_error_in_the_other_version(between: list[str]) -> None:
    perhaps = '[3,"1",{"idTagInfo":{"status":"Perhaps"}}]'
    *_, last = translated(AUTHORIZE, *between, perhaps, to="2.0.1", tolerance=Tolerance.TOLERANT)

    (frame,) = last.frames
    assert isinstance(frame, CallError)
    assert (ErrorCode.INTERNAL, "with losses") == (frame.code, last.outcome)
    assert not last.is_refused


def test_what_nobody_has_asked_for_is_not_missing_in_the_output() -> None:
    orphan, broken = only(ACCEPTED, "2.0.1"), only('[2,"1"', "2.0.1")
    *_, late = translated(START, HEARTBEAT, STARTED, to="2.0.1")

    assert (False, True, True) == (orphan.is_refused, broken.is_refused, late.is_refused)

"""`translate`: what it writes for people and for programs, exit codes, and wrong uses."""

import json
from pathlib import Path

import pytest
from rich.cells import cell_len

from command import cli, objects, process
from inputs import ANSWER, HEARTBEAT, SOAP_HEARTBEAT
from ocpp_core.jsonrpc.codec import JsonCodec
from ocpp_core.soap.codec import SoapCodec
from terminal import on_a_terminal

TRAFFIC = Path(__file__).resolve().parents[2] / "examples" / "traffic"
AUTHORIZE = '[2,"19","Authorize",{"idTag":"04A2B3C4"}]'
START = '[2,"2","StartTransaction",{"connectorId":1,"idTag":"A","meterStart":0,"timestamp":"2026-01-31T12:00:00Z"}]'
START_ANSWER = '[3,"2",{"transactionId":7,"idTagInfo":{"status":"Accepted"}}]'
SOFT = '[2,"1","Reset",{"type":"Soft"}]'
STATUS = '[2,"3","StatusNotification",{"connectorId":1,"errorCode":"NoError","status":"Charging"}]'
SECURITY = '[2,"4","SecurityEventNotification",{"type":"ResetOrReboot","timestamp":"2026-01-31T12:00:00Z"}]'


def test_each_frame_with_what_it_became_and_what_was_lost() -> None:
    shown = cli("translate", "--from", "1.6", "--to", "2.0.1", text=AUTHORIZE).stdout

    assert (
        "with losses  <stdin>:1  CALL  Authorize  '19'  OCPP 1.6  station → csms\n"
        '  [2,"19","Authorize",{"idToken":{"idToken":"04A2B3C4","type":"ISO14443"}}]\n'
        "  synthesised  $.idToken.type  'ISO14443'  guessed  1.6->2.0.1\n"
    ) == shown.partition("\n\n")[0] + "\n"
    assert "\n1 frame, 1 with losses\n" in shown


def test_what_its_sender_is_told_of_a_frame_that_goes_no_further() -> None:
    shown = cli("translate", "--from", "1.6", "--to", "1.5", text=SECURITY).stdout

    assert "answered  <stdin>:1" in shown
    assert "\n  its sender is told  {}\n" in shown
    assert "\nanswered: requests that go no further, and what their sender is told\n" in shown


def test_what_needs_a_session_is_named() -> None:
    """An answer that comes after the next call of the same side, which had not waited for it."""
    result = cli(
        "translate", "--from", "1.6", "--to", "2.0.1", text=f"{START}\n{HEARTBEAT}\n{START_ANSWER}\n"
    )

    assert 1 == result.exit_code
    assert "\n  StartTransaction (1.6->2.0.1) depends on what went before\n" in result.stdout
    assert "1 needs a session\nneeds a session: depends on what went before" in result.stdout


def test_from_may_be_left_out_where_it_can_be_found_out() -> None:
    result = cli("translate", "--to", "2.0.1", text=AUTHORIZE)

    assert 0 == result.exit_code
    assert "<stdin>: taken as OCPP 1.6, which accepts 1 of 1 calls\n" == result.stderr


def test_what_it_writes_can_be_read_by_its_siblings() -> None:
    """Frames of the other version stand each on a line, and no other frame does."""
    written = cli("translate", "--to", "2.0.1", TRAFFIC / "evbox.ndjson").stdout
    (told,) = objects(cli("validate", "--version", "2.0.1", "--json", text=written))

    assert 0 == told["summary"]["refused"]
    assert 24 == told["summary"]["accepted"]


def test_an_envelope_becomes_an_envelope_where_there_are_such() -> None:
    (old,) = objects(cli("translate", "--to", "1.2", "--json", text=SOAP_HEARTBEAT))[:-1]
    (new,) = objects(cli("translate", "--to", "2.1", "--json", text=SOAP_HEARTBEAT))[:-1]

    assert ("soap", "json") == (old["wire"], new["wire"])
    assert "CP" == SoapCodec("1.2").decode(old["frames"][0].encode()).headers.identity  # type: ignore[union-attr]
    assert [[2, "urn:1", "Heartbeat", {}]] == new["frames"]


def test_for_programs_a_line_for_each_frame_and_one_for_all() -> None:
    one, answer, last = objects(cli("translate", "--to", "1.2", "--json", text=f'{STATUS}\n[3,"3",{{}}]\n'))

    assert ("1.6", "1.2", "with losses", "json") == (one["version"], one["to"], one["outcome"], one["wire"])
    assert [[2, "3", "StatusNotification"]] == [frame[:3] for frame in one["frames"]]
    assert {
        "kind": "approximated",
        "path": "$.status",
        "value": "Charging",
        "reason": "collapsed",
        "target": "$.status",
        "became": "Occupied",
        "step": "1.6->1.5",
    } in one["losses"]
    assert ("exact", [[3, "3", {}]]) == (answer["outcome"], answer["frames"])
    assert (2, 1, 1, 0) == tuple(
        last["summary"][name] for name in ("frames", "exact", "with_losses", "needs_a_session")
    )
    assert {
        "step": "1.6->1.5",
        "kind": "approximated",
        "reason": "collapsed",
        "path": "$.status",
        "count": 1,
    } in [
        {name: value for name, value in loss.items() if name != "class"} for loss in last["summary"]["losses"]
    ]


def test_for_programs_every_digit_and_every_value_of_a_loss() -> None:
    frame = (
        '[2,"1","SetChargingProfile",{"evseId":1,"chargingProfile":{"id":1,"stackLevel":0,"chargingProfilePurpose":'
        '"TxDefaultProfile","chargingProfileKind":"Absolute","validFrom":"2026-01-31T12:00:00Z","chargingSchedule":[{'
        '"id":1,"startSchedule":"2026-01-31T12:00:00Z","chargingRateUnit":"A","chargingSchedulePeriod":[{'
        '"startPeriod":0,"limit":16.123456789012345678}]}]}}]'
    )
    made, _ = objects(cli("translate", "--from", "2.0.1", "--to", "2.1", "--json", text=frame))
    text = cli("translate", "--from", "2.0.1", "--to", "2.1", "--json", text=frame).stdout
    cut, _ = objects(cli("translate", "--from", "2.0.1", "--to", "1.6", "--json", text=frame))

    assert "exact" == made["outcome"]
    assert '"limit":16.123456789012345678' in text
    assert {"$.chargingProfile.chargingSchedule[0].id": 1} == {
        loss["path"]: loss["value"] for loss in cut["losses"] if loss["kind"] == "dropped"
    }


@pytest.mark.parametrize(
    "arguments, exit_code",
    [
        (["--to", "2.0.1", AUTHORIZE], 0),
        (["--to", "2.0.1", HEARTBEAT, ANSWER], 0),
        (["--to", "2.0.1", ANSWER], 0),  # unpaired, as for `validate`
        (["--to", "1.5", SECURITY], 0),
        (["--to", "2.0.1", AUTHORIZE, START], 0),
        (["--to", "2.0.1", START, HEARTBEAT, START_ANSWER], 1),
        (["--to", "2.0.1", '[2,"1","Authorize",{}]'], 1),
        (["--to", "2.0.1", "no frame"], 2),
        (["--to", "2.0.1", "--tolerant", '[2,"1","Authorize",{"idTag":"A","color":"red"}]'], 0),
    ],
    ids=str,
)
def test_exit_codes(arguments: list[str], exit_code: int) -> None:
    options = [one for one in arguments if one[0] not in "[n"]
    text = "\n".join(one for one in arguments if one[0] in "[n")

    assert exit_code == cli("translate", "--from", "1.6", *options, text=text).exit_code


@pytest.mark.parametrize(
    "arguments, said",
    [
        ([], "--to"),
        (["--to", "1.7"], "1.7"),
        (["--from", "3", "--to", "1.6"], "--from"),
        (["--version", "1.6", "--to", "2.0.1"], "--version"),
        (["--to", "2.0.1", "--policy", "soft_reset"], "token_types"),
        (["--to", "2.0.1", "--policy", "hard_reset=Immediate"], "soft_reset"),
        (["--to", "2.0.1", "--policy", "soft_reset=Soft"], "OnIdle or Immediate wanted"),
        (["--to", "2.0.1", "--policy", "heartbeat_interval=soon"], "seconds"),
        (["--to", "2.0.1", "--policy", "has_security_extension=maybe"], "True or False wanted"),
        (["--to", "2.0.1", "--policy", "token_types=Central"], "types by idTag"),
        (["--to", "2.0.1", "--policy", "token_types=A:Card"], "types by idTag"),
        (["--to", "2.0.1", "--received-at", "noon"], "2026-01-31T12:00:00Z"),
        (["--to", "2.0.1", "--received-at", "2026-01-31T12:00:00"], "2026-01-31T12:00:00Z"),
        (["--to", "2.0.1", "/no/such/file"], "/no/such/file"),
    ],
    ids=lambda one: " ".join(one) if isinstance(one, list) else "",
)
def test_wrong_usage_is_2_and_says_what_there_is(arguments: list[str], said: str) -> None:
    result = cli("translate", *arguments, text=HEARTBEAT)

    assert (2, "") == (result.exit_code, result.stdout)
    assert said in result.stderr
    assert len(result.stderr) < 700


@pytest.mark.parametrize(
    "policy, frame, expected",
    [
        ("soft_reset=Immediate", SOFT, '"type":"Immediate"'),
        ("soft-reset=OnIdle", SOFT, '"type":"OnIdle"'),
        ("token_types=04A2B3C4:Local", AUTHORIZE, '"type":"Local"'),
        ("token_types=04A2:B3C4:Local", AUTHORIZE, '"type":"ISO14443"'),
    ],
)
def test_choices(policy: str, frame: str, expected: str) -> None:
    result = cli("translate", "--from", "1.6", "--to", "2.0.1", "--policy", policy, text=frame)

    assert expected in result.stdout


def test_types_of_several_tokens() -> None:
    given = ["--policy", "token_types=AA:Local", "--policy", "token_types=BB:KeyCode"]
    frames = "\n".join('[2,"%s","Authorize",{"idTag":"%s"}]' % (tag, tag) for tag in ("AA", "BB", "CC"))  # noqa: UP031
    rows = objects(cli("translate", "--from", "1.6", "--to", "2.0.1", "--json", *given, text=frames))[:-1]

    assert ["Local", "KeyCode", "Central"] == [row["frames"][0][3]["idToken"]["type"] for row in rows]


def test_the_time_of_a_frame_that_has_none() -> None:
    given = ("--received-at", "2026-01-31T13:00:00+01:00")
    row, _ = objects(cli("translate", "--from", "1.6", "--to", "2.0.1", "--json", *given, text=STATUS))

    assert "2026-01-31T13:00:00+01:00" == row["frames"][0][3]["timestamp"]
    assert "3" == JsonCodec("2.0.1").decode(json.dumps(row["frames"][0])).id


def test_the_losses_fit_80_columns() -> None:
    code, lines = on_a_terminal("translate", "--to", "1.2", "--quiet", TRAFFIC, columns=80)

    assert 1 == code
    assert 80 >= max(map(cell_len, lines))
    assert {"By action", "Losses"} <= {line.strip() for line in lines}


def test_a_transaction_of_a_log_is_carried_with_the_times_of_its_lines() -> None:
    """The losses of a call that show with its answer are said then, for people and for programs."""
    begin = '"eventType":"Started","transactionInfo":{"transactionId":"T","chargingState":"Charging"},"evse":{"id":1}'
    more = '"timestamp":"2026-01-31T12:00:00Z","triggerReason":"Authorized","idToken":{"idToken":"%s","type":"Central"}'
    first = f'[2,"1","TransactionEvent",{{{begin},"seqNo":0,{more % "A"}}}]'
    second = f'[2,"2","TransactionEvent",{{{begin.replace("Started", "Updated")},"seqNo":1,{more % "B"}}}]'
    answers = ['[3,"%d",{"idTokenInfo":{"status":"Accepted"}}]' % number for number in (1, 2)]  # noqa: UP031
    gap = f'[2,"3","TransactionEvent",{{{begin.replace("Started", "Updated")},"seqNo":4,{more % "A"}}}]'
    text = "\n".join((first, answers[0], second, answers[1], gap))
    shown = cli("translate", "--from", "2.0.1", "--to", "1.6", text=text).stdout
    *rows, last = objects(cli("translate", "--from", "2.0.1", "--to", "1.6", "--json", text=text))

    assert [2, "1", "StartTransaction"] == rows[0]["frames"][0][:3]
    assert ["station->csms"] == rows[0]["directions"]
    assert ["$.timestamp"] == [loss["path"] for loss in rows[3]["losses_of_call"]]
    assert "  of TransactionEventRequest\n" in shown
    assert "  TransactionEvent 2 to 3 of transaction 'T' has not come\n" in shown
    assert [{"transaction_id": "T", "first": 2, "last": 3}] == rows[4]["missing"]
    assert {"TransactionEventRequest"} == {
        loss["class"] for loss in last["summary"]["losses"] if loss["path"] == "$.timestamp"
    }


def test_losses_of_an_answer_are_not_those_of_its_request() -> None:
    """2.0.1 asks, 1.5 cannot be asked: the answer of 1.6 loses its reason on the way back."""
    frame = (
        '[2,"1","SetChargingProfile",{"evseId":1,"chargingProfile":{"id":1,"stackLevel":0,"chargingProfilePurpose":'
        '"TxDefaultProfile","chargingProfileKind":"Relative","chargingSchedule":[{"id":1,"chargingRateUnit":"A",'
        '"chargingSchedulePeriod":[{"startPeriod":0,"limit":16}]}]}}]'
    )
    row, last = objects(cli("translate", "--from", "2.0.1", "--to", "1.5", "--json", text=frame))

    assert ("answered", "Rejected") == (row["outcome"], row["answer"]["status"])
    assert {("2.0.1->1.6", "SetChargingProfileRequest"), ("1.6->2.0.1", "SetChargingProfileResponse")} == {
        (loss["step"], loss["class"]) for loss in last["summary"]["losses"]
    }


def test_it_writes_as_it_reads() -> None:
    """What has come is translated before the end of the input, whoever is behind it."""
    done = process("translate", "--from", "1.6", "--to", "2.0.1", "--json", text=f"{HEARTBEAT}\n{ANSWER}\n")

    assert 3 == len(done.stdout.splitlines())

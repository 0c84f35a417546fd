"""Frames that a log has taken apart into the members of an object."""

import json

import pytest

from command import cli
from inputs import ANSWER, HEARTBEAT, found, frames
from ocpp_core.logs.origins import RECEIVED, SENT

CALL = '"messageTypeId":2,"messageId":"17","action":"Heartbeat","payload":{}'

ENTRIES = {
    "plain": (f"{{{CALL}}}", HEARTBEAT),
    "other names": ('{"MessageType":"CALL","unique_id":"17","Action":"Heartbeat","Payload":{}}', HEARTBEAT),
    "type as text": ('{"messageTypeId":"2","uniqueId":"17","action":"Heartbeat","payload":{}}', HEARTBEAT),
    "in an entry": (f'{{"level":"debug","context":{{"ocpp":{{{CALL}}}}}}}', HEARTBEAT),
    "payload as text": (
        '{"messageTypeId":2,"messageId":"17","action":"Heartbeat","payload":"{}"}',
        HEARTBEAT,
    ),
    "id as number": (
        '{"messageTypeId":2,"messageId":17,"action":"Heartbeat","payload":{}}',
        '[2,17,"Heartbeat",{}]',
    ),
    "digits and order are kept": (
        '{"messageTypeId":3,"messageId":"17","payload":{"b": 1.50, "a": 1e2, "a": null}}',
        '[3,"17",{"b": 1.50, "a": 1e2, "a": null}]',
    ),
    "error": (
        '{"messageTypeId":4,"messageId":"17","errorCode":"NotSupported","errorDescription":"no","errorDetails":{"a":1}}',
        '[4,"17","NotSupported","no",{"a":1}]',
    ),
    "error, short": ('{"messageType":"CallError","messageId":"17","errorCode":"X"}', '[4,"17","X","",{}]'),
    "send": (
        '{"messageTypeId":6,"messageId":"17","action":"NotifyPeriodicEventStream","payload":{}}',
        '[6,"17","NotifyPeriodicEventStream",{}]',
    ),
    "several lines": (json.dumps(json.loads(f"{{{CALL}}}"), indent=2), HEARTBEAT),
    "frame besides": (f'{{{CALL},"wireFrame":{HEARTBEAT}}}', HEARTBEAT),
    "braces in text": (
        '{"note":"{\\"messageTypeId\\":","messageTypeId":3,"messageId":"}","payload":{}}',
        '[3,"}",{}]',
    ),
}


@pytest.mark.parametrize("entry, frame", ENTRIES.values(), ids=ENTRIES)
def test_a_frame_is_put_together_from_the_text_of_its_members(entry: str, frame: str) -> None:
    assert [frame] == frames(entry)


NO_FRAMES = [
    '{"messageTypeId":2,"messageId":"17","action":"Heartbeat"}',
    '{"messageTypeId":2,"action":"Heartbeat","payload":{}}',
    '{"messageTypeId":7,"messageId":"17","action":"Heartbeat","payload":{}}',
    '{"messageType":"StatusNotification","messageId":"17","payload":{}}',
    '{"type":"request","id":"17","action":"login","payload":{}}',
    '{"messageTypeId":true,"messageId":"17","payload":{}}',
    '{"messageTypeId":4,"messageId":"17","payload":{}}',
    '{"a":{"b":{"c":{"messageTypeId":3,"messageId":"17","payload":{}}}}}',
]


@pytest.mark.parametrize("entry", NO_FRAMES)
def test_what_lacks_an_element_is_none(entry: str) -> None:
    assert [] == frames(entry)


def test_station_and_direction_stand_beside() -> None:
    answer = '"messageTypeId":3,"messageId":"17","payload":{"currentTime":"2026-01-31T12:00:00Z"}'
    log = (
        f'{{"chargePointId":"CP-1","direction":"in",{CALL}}}\n'
        f'{{"chargePointId":"CP-1","direction":"out","message":{{{answer}}}}}\n'
    )
    one, other = found(log)

    assert [("CP-1", RECEIVED, HEARTBEAT, 1), ("CP-1", SENT, ANSWER, 2)] == [
        (str(each.station), each.direction, each.text, each.line) for each in (one, other)
    ]
    assert 0 == cli("validate", "--version", "1.6", text=log).exit_code


def test_an_array_of_such_objects_is_read() -> None:
    assert [HEARTBEAT, HEARTBEAT] == frames(f"[\n{{{CALL}}},\n{{{CALL}}}]")


def test_depth_takes_no_stack() -> None:
    deep = '{"a":' * 900 + "1" + "}" * 900

    assert [] == frames(f'{{"messageTypeId":2,"messageId":"17","action":"Heartbeat","x":{deep}}}')

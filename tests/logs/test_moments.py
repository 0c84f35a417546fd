"""When a frame was written down: what loggers, objects and tables say of it, and what is no time."""

from datetime import UTC, datetime, timedelta, timezone
from io import BytesIO

import pytest

from inputs import HEARTBEAT
from ocpp_core.logs.moments import moment, of_members
from ocpp_core.logs.reading import Reader

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
STOP = '[2,"1","StopTransaction",{"timestamp":"2026-01-01T01:00:00Z","meterStop":1,"transactionId":1}]'
SPOKEN = HEARTBEAT.replace('"', '\\"')


@pytest.mark.parametrize(
    "text, expected",
    [
        ("2026-01-31T12:00:00Z", NOON),
        ("2026-01-31 12:00:00", NOON),
        ("2026-01-31 13:00:00,500 +0100", NOON + timedelta(seconds=0.5)),
        ("2026-01-31T13:00:00.123456789+01:00", NOON + timedelta(microseconds=123456)),
        ("1769860800", NOON),
        ("1769860800.25", NOON),
        ("1769860800000", NOON),
        ("2026-02-31T12:00:00Z", None),
        ("2026-01-31T29:00:00Z", None),
        ("31/Jan/2026:12:00:00", None),
        ("9" * 13, datetime(2286, 11, 20, 17, 46, 39, 999000, tzinfo=UTC)),
        ("17", None),
        ("", None),
    ],
)
def test_times_as_they_are_written(text: str, expected: datetime | None) -> None:
    assert expected == moment(text)


@pytest.mark.parametrize(
    "members, expected",
    [
        ({"time": "a", "@timestamp": "b"}, "b"),
        ({"Received_At": 1769860800}, "1769860800"),
        ({"time": None, "date": ["x"]}, ""),
        ({"frame": "x"}, ""),
    ],
)
def test_members_by_their_names(members: dict[str, object], expected: str) -> None:
    assert expected == of_members(members)


@pytest.mark.parametrize(
    "line, expected",
    [
        (f"2026-01-31T12:00:00Z CP-1 <- {HEARTBEAT}", "2026-01-31T12:00:00Z"),
        (f"[2026-01-31 12:00:00.5] INFO {HEARTBEAT}", "2026-01-31 12:00:00.5"),
        (f"Jan 31 host app: 2026-01-31 12:00:00,1 +0100 {HEARTBEAT}", "2026-01-31 12:00:00,1 +0100"),
        (f"CP-1 <- {STOP}", ""),
        (STOP, ""),
        (f'{{"frame": {STOP}}}', ""),
        (f'{{"timestamp": "2026-01-31T12:00:00Z", "frame": {STOP}}}', "2026-01-31T12:00:00Z"),
        (f'{{"log": {{"time": 1769860800}}, "time": 1769860801, "text": "{SPOKEN}"}}', "1769860801"),
        (f"time,frame\n2026-01-31T12:00:00Z,{HEARTBEAT}", "2026-01-31T12:00:00Z"),
        (
            '{"timestamp": "x", "messageTypeId": 2, "messageId": "1", "action": "StopTransaction",'
            ' "payload": {"timestamp": "y", "meterStop": 1, "transactionId": 1}}',
            "x",
        ),
    ],
)
def test_the_time_of_a_frame_is_that_beside_it_and_none_in_it(line: str, expected: str) -> None:
    (found,) = Reader().read(BytesIO(line.encode()), "x")

    assert expected == found.moment


def test_each_zone_counts() -> None:
    found = moment("2026-01-31T12:00:00+05:30")

    assert found is not None
    assert timezone(timedelta(hours=5.5)) == found.tzinfo

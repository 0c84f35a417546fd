import copy
import pickle
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import strategies as st

import oracle
from classes import ALL_CLASSES
from ocpp_core.model.errors import PayloadError
from ocpp_core.model.messages import Payload
from ocpp_core.model.shapes import Timestamp, shape
from ocpp_core.model.timestamps import WireTimestamp, is_timestamp, read_timestamp, write_timestamp
from ocpp_core.payloads.codegen import Source
from ocpp_core.payloads.conversion import from_wire
from ocpp_core.payloads.statements import Rules
from ocpp_core.testing import payloads
from properties import for_all

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
CET = timezone(timedelta(hours=1))

#: Text, moment, and the text that we write for it: in 1.6, and in 2.x.
TIMESTAMPS = [
    ("2026-01-31T12:00:00Z", NOON, "2026-01-31T12:00:00Z", "2026-01-31T12:00:00Z"),
    ("2026-01-31t12:00:00z", NOON, "2026-01-31T12:00:00Z", "2026-01-31T12:00:00Z"),
    ("2026-01-31T12:00:00+00:00", NOON, "2026-01-31T12:00:00Z", "2026-01-31T12:00:00Z"),
    ("2026-01-31T12:00:00-00:00", NOON, "2026-01-31T12:00:00Z", "2026-01-31T12:00:00Z"),
    (
        "2026-01-31T13:00:00+01:00",
        NOON.astimezone(CET),
        "2026-01-31T13:00:00+01:00",
        "2026-01-31T13:00:00+01:00",
    ),
    (
        "2026-01-31T12:00:00.5Z",
        NOON.replace(microsecond=500_000),
        "2026-01-31T12:00:00.500Z",
        "2026-01-31T12:00:00.500Z",
    ),
    (
        "2026-01-31T12:00:00.123-23:59",
        datetime(2026, 1, 31, 12, 0, 0, 123_000, timezone(-timedelta(hours=23, minutes=59))),
        "2026-01-31T12:00:00.123-23:59",
        "2026-01-31T12:00:00.123-23:59",
    ),
    ("2026-01-31T12:00:00.000Z", NOON, "2026-01-31T12:00:00Z", "2026-01-31T12:00:00Z"),
    (
        "2024-02-29T23:59:59Z",
        datetime(2024, 2, 29, 23, 59, 59, tzinfo=UTC),
        "2024-02-29T23:59:59Z",
        "2024-02-29T23:59:59Z",
    ),
    (
        "0001-01-01T00:00:00+14:00",
        datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))),
        *["0001-01-01T00:00:00+14:00"] * 2,
    ),
    (
        "9999-12-31T23:59:59-14:00",
        datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone(-timedelta(hours=14))),
        *["9999-12-31T23:59:59-14:00"] * 2,
    ),
]

#: RFC 3339 §5.6; what people and machines write instead.
NO_TIMESTAMPS = [
    "",
    "now",
    "2026-01-31",
    "2026-01-31T12:00:00",
    "2026-01-31T12:00Z",
    "2026-01-31 12:00:00Z",
    " 2026-01-31T12:00:00Z",
    "2026-01-31T12:00:00Z ",
    "2026-01-31T12:00:00Z\n",
    "2026-01-31T12:00:00.Z",
    "2026-01-31T12:00:00,5Z",
    "2026-01-31T12:00:00+02",
    "2026-01-31T12:00:00+0200",
    "2026-01-31T12:00:00+02:00:30",
    "2026-01-31T12:00:00+24:00",
    "2026-01-31T12:00:00+02:60",
    "2026-01-31T24:00:00Z",
    "2026-01-31T12:60:00Z",
    "2026-01-31T12:00:61Z",
    "2026-06-30T23:59:60Z",
    "2026-02-29T12:00:00Z",
    "2026-04-31T12:00:00Z",
    "2026-13-01T12:00:00Z",
    "2026-00-01T12:00:00Z",
    "2026-01-00T12:00:00Z",
    "0000-01-01T12:00:00Z",
    "10000-01-01T12:00:00Z",
    "-2026-01-31T12:00:00Z",
    "20260131T120000Z",
    "2026-W05-6T12:00:00Z",
    "2026-031T12:00:00Z",
    "٢٠٢٦-01-31T12:00:00Z",
    "1769860800",
]


@pytest.mark.parametrize("text, moment, written, written_2x", TIMESTAMPS, ids=lambda value: str(value)[:25])
def test_moment_and_offset_are_kept(text: str, moment: datetime, written: str, written_2x: str) -> None:
    for digits in (None, 3):
        value = read_timestamp(text, digits)

        assert moment == value
        assert moment.utcoffset() == value.utcoffset()
        assert is_timestamp(text, digits)
    assert written == write_timestamp(moment)
    assert written_2x == write_timestamp(moment, 3)
    assert moment == read_timestamp(written)
    assert moment == read_timestamp(written_2x, 3)


@pytest.mark.parametrize("text", NO_TIMESTAMPS)
def test_what_is_no_timestamp_is_refused(text: str) -> None:
    for digits in (None, 3):
        assert not is_timestamp(text, digits)
        with pytest.raises(ValueError, match=r"RFC 3339|month|day|year|range"):
            read_timestamp(text, digits)


@pytest.mark.parametrize(
    "text, reason",
    [
        ("0000-01-01T12:00:00Z", "year 0 is out of range"),
        ("2026-13-01T12:00:00Z", r"month must be in 1\.\.12"),
        ("2026-02-29T12:00:00Z", "day"),
        ("10000-01-01T12:00:00Z", "not a timestamp of RFC 3339"),
        ("2026-06-30T23:59:60Z", "not a timestamp of RFC 3339"),
    ],
)
def test_the_reason_says_what_is_wrong(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read_timestamp(text)


@pytest.mark.parametrize("text", [*(row[0] for row in TIMESTAMPS), *NO_TIMESTAMPS])
def test_what_has_the_usual_form_is_read_as_it_is(text: str) -> None:
    """`fromisoformat` takes much that is none, and from Python 3.14 on the hour 24."""
    made = Source()
    usual = eval(Rules(made, "text").is_usual_in_utc(), dict(made.names), {"text": text})

    assert not usual or "T24" not in text
    assert not usual or is_timestamp(text, 3) or not is_read(text)
    assert usual or text not in ("2026-01-31T12:00:00Z", "2026-01-31T12:00:00.5Z", "2026-01-31T12:00:00.000Z")


def is_read(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(TypeError):
        read_timestamp(1769860800)  # type: ignore[arg-type]


def test_2x_allows_three_digits() -> None:
    assert is_timestamp("2026-01-31T12:00:00.123Z", 3)
    assert is_timestamp("2026-01-31T12:00:00.1234Z")
    assert not is_timestamp("2026-01-31T12:00:00.1234Z", 3)
    with pytest.raises(ValueError, match="more than 3 digits"):
        read_timestamp("2026-01-31T12:00:00.1230Z", 3)


def test_2x_cuts_to_milliseconds() -> None:
    assert "2026-01-31T12:00:00.999Z" == write_timestamp(NOON.replace(microsecond=999_999), 3)
    assert "2026-01-31T12:00:00.999999Z" == write_timestamp(NOON.replace(microsecond=999_999))
    assert "2026-01-31T12:00:00.123Z" == write_timestamp(read_timestamp("2026-01-31T12:00:00.1234567Z"), 3)


@pytest.mark.parametrize("fraction", ["1234567", "123456789", "0000000", "1" * 40])
def test_finer_than_microseconds_is_written_back_as_it_was(fraction: str) -> None:
    text = f"2026-01-31T12:00:00.{fraction}+01:00"
    value = read_timestamp(text)

    assert isinstance(value, WireTimestamp)
    assert text == write_timestamp(value)
    assert int(fraction[:6]) == value.microsecond
    for same in (copy.copy(value), copy.deepcopy(value), pickle.loads(pickle.dumps(value))):
        assert value == same
        assert text == write_timestamp(same)


def test_a_changed_timestamp_forgets_its_text() -> None:
    value = read_timestamp("2026-01-31T12:00:00.1234567Z")
    later = value + timedelta(days=1)

    assert "2026-02-01T12:00:00.123456Z" == write_timestamp(later)
    assert "2027-01-31T12:00:00.123456Z" == write_timestamp(value.replace(year=2027))
    assert "2026-01-31T13:00:00.123456+01:00" == write_timestamp(value.astimezone(CET))
    assert later == pickle.loads(pickle.dumps(later)) == copy.deepcopy(later)


def test_text_that_is_no_timestamp_is_not_written_back() -> None:
    value = WireTimestamp.of(NOON, "2026-01-31 12:00")

    assert "2026-01-31T12:00:00Z" == write_timestamp(value)


def test_naive_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        write_timestamp(datetime(2026, 1, 31, 12))


def test_offsets_with_seconds_become_utc() -> None:
    local_mean_time = timezone(timedelta(minutes=19, seconds=32))

    assert "2026-01-31T12:00:00Z" == write_timestamp(NOON.astimezone(local_mean_time))


def test_verdict_is_that_of_an_independent_reading() -> None:
    texts = st.one_of(
        st.sampled_from([row[0] for row in TIMESTAMPS] + NO_TIMESTAMPS),
        st.from_regex(
            r"[0-9]{4}-[01][0-9]-[0-3][0-9][Tt][0-2][0-9]:[0-6][0-9]:[0-6][0-9]"
            r"(\.[0-9]{1,8})?([Zz]|[+-][0-2][0-9]:[0-6][0-9])",
            fullmatch=True,
        ),
    )
    edits: st.SearchStrategy[Any] = st.tuples(
        texts, st.integers(0, 30), st.sampled_from(["", "0", "9", ":", "T", "Z", " ", "-", "+", ".", "٣"])
    )
    changed = edits.map(lambda edit: edit[0][: edit[1]] + edit[2] + edit[0][edit[1] + 1 :])

    def check(text: str) -> None:
        for digits in (None, 3):
            assert oracle.is_rfc3339(text, digits) == is_timestamp(text, digits)

    for_all(st.one_of(texts, changed), 1000, check)


def timestamps_of(cls: Any) -> list[str]:
    return [field.wire for field in shape(cls).fields if isinstance(field.kind, Timestamp)]


@pytest.mark.parametrize("cls", [each for each in ALL_CLASSES if timestamps_of(*each.values)])
def test_every_timestamp_of_every_class_is_checked(cls: type[Payload]) -> None:
    def check(payload: dict[str, Any]) -> None:
        for member in timestamps_of(cls):
            for text in ("yesterday", "2026-01-31 12:00", "2026-02-29T12:00:00Z"):
                with pytest.raises(PayloadError) as caught:
                    from_wire(cls, payload | {member: text})
                assert [(f"$.{member}", "format")] == [
                    (fault.path, fault.keyword) for fault in caught.value.violations
                ]

    for_all(payloads(cls), 1, check)

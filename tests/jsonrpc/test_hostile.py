"""Whatever text comes: a frame or `FrameError`, with bounded work."""

import json
from collections.abc import Callable
from itertools import chain
from typing import Any

import attrs
import pytest
from hypothesis import strategies as st

from bounds import memory
from frames import FRAMES, READERS, answer, awaiting, codec, nested
from holding import by_stdlib
from ocpp_core import v16, v20, v21, v201
from ocpp_core.jsonrpc.codec import MAX_DESCRIPTION_LENGTH, UNREADABLE_ID
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import FrameError
from ocpp_core.model.messages import Call, CallError, CallResultError, Request, Send
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.payloads.binding import MAX_DEPTH
from ocpp_core.testing import json_values, messages
from properties import for_all
from toy import PingRequest, TurnRequest

_DEEP = "[" * 100_000
_LONG = "x" * 10_000_000
HOSTILE: dict[str, tuple[str, str | None]] = {
    "brackets": (_DEEP, None),
    "objects": ('{"a":' * 100_000, None),
    "brackets as type": (f"[{_DEEP}", None),
    "brackets as id": (f"[2,{_DEEP}", None),
    "brackets as action": (f'[2,"17",{_DEEP}', "17"),
    "brackets as payload": (f'[2,"17","Ping",{_DEEP}', "17"),
    "500 brackets as type": (f'[{"[" * 500 + "]" * 500},"17","Ping",{{}}]', None),
    "500 brackets as id": (f'[2,{"[" * 500 + "]" * 500},"Ping",{{}}]', None),
    "500 brackets as action": (f'[2,"17",{"[" * 500 + "]" * 500},{{}}]', "17"),
    "500 brackets as payload": (f'[2,"17","Ping",{"[" * 500 + "]" * 500}]', "17"),
    "500 brackets in a member": (f'[2,"17","Ping",{{"text":{"[" * 500 + "]" * 500}}}]', "17"),
    "500 brackets in free data": (f'[2,"17","Ping",{{"text":"","data":{"[" * 500 + "]" * 500}}}]', "17"),
    "500 brackets in details": (f'[4,"17","GenericError","",{{"a":{"[" * 500 + "]" * 500}}}]', "17"),
    "200 brackets and a long number": (
        f'[2,"17","Ping",{{"text":"","data":[12345678901234567890,{"[" * 200 + "]" * 200}]}}]',
        "17",
    ),
    "commas": ("[2" + "," * 1_000_000, None),
    "blanks": (" " * 1_000_000, None),
    "blanks in a frame": ("[2," + " " * 1_000_000 + '"17","Ping",{}', None),
    "backslashes": ('[2,"' + "\\" * 1_000_001, None),
    "quotes": ('"' * 1_000_000, None),
    "digits as type": ("[" + "2" * 1_000_000, None),
    "digits as id": ("[2," + "1" * 1_000_000, None),
    "digits in a member": (f'[2,"17","Ping",{{"text":"","number":{"1" * 1_000_000}}}]', "17"),
    "large exponent": ('[2,"17","Ping",{"text":"","number":1e999999999}]', "17"),
    "small exponent": ('[2,"17","Ping",{"text":"","number":1e-999999999}]', "17"),
    "small exponent in free data": ('[2,"17","Ping",{"text":"","data":1e-99999999999999999999}]', "17"),
    "zero with a billion digits": (
        '[2,"17","Ping",{"text":"","data":[0e-999999999,12345678901234567]}]',
        "17",
    ),
    "NaN in free data": ('[2,"17","Ping",{"text":"","data":NaN}]', "17"),
    "escaped name twice": (r'[2,"17","Ping",{"text":"a","te\u0078t":"b"}]', "17"),
    "name twice in an open object": ('[2,"17","Ping",{"text":"a","note":{"author":"A","b":1,"b":2}}]', "17"),
    "name twice in free data": ('[2,"17","Ping",{"text":"a","data":{"b":1,"b":1}}]', "17"),
    "name twice behind an escaped colon": (r'[2,"17","Ping",{"text":"\u003a","text":"\u003a"}]', "17"),
    "100,000 names, one twice": (
        '[2,"17","Ping",{' + "".join(f'"{n}":0,' for n in range(100_000)) + '"text":"","text":""}]',
        "17",
    ),
    "20,000 unknown names": (
        '[2,"17","Ping",{' + "".join(f'"{n}":0,' for n in range(20_000)) + '"text":1}]',
        "17",
    ),
    "list of 200,000 wrong items": (
        '[2,"17","Turn",{"direction":"Left","steps":[' + "0," * 200_000 + "0]}]",
        "17",
    ),
    "NUL behind": ('[2,"17","Ping",{"text":""}]\x00', "17"),
    "NUL in a member": ('[2,"17","Ping",{"text":"\x00"}]', "17"),
    "byte order mark": ('\ufeff[2,"17","Ping",{"text":""}]', None),
    "10 MB": (_LONG, None),
    "id of 10 MB": (f'[2,"{_LONG}","Ping",{{"text":""}}]', _LONG),
    "action of 10 MB": (f'[2,"17","{_LONG}",{{}}]', "17"),
    "action of 10 MB, mixed": ('[2,"17","' + "TurnPing" * 1_250_000 + '",{}]', "17"),
    "text of 10 MB": (f'[2,"17","Ping",{{"text":"{_LONG}"}}]', "17"),
    "enum of 10 MB": (f'[2,"17","Turn",{{"direction":"{_LONG}"}}]', "17"),
    "name of 10 MB": (f'[2,"17","Ping",{{"text":"","{_LONG}":1}}]', "17"),
    "10 MB, not closed": (f'[2,"17","Ping",{{"text":"{_LONG}', "17"),
}
ACCEPTED_IF_TOLERANT = {
    "escaped name twice",
    "name twice in an open object",
    "name twice in free data",
    "name twice behind an escaped colon",
    "100,000 names, one twice",
    "20,000 unknown names",
    "list of 200,000 wrong items",
    "id of 10 MB",
    "text of 10 MB",
    "enum of 10 MB",
    "name of 10 MB",
    "500 brackets as action",
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_text_is_refused_with_bounded_work(case: str) -> None:
    text, id = HOSTILE[case]

    with memory(5_000_000 + 100 * len(text)):
        with pytest.raises(FrameError) as caught:
            codec("toy", max_size=100_000_000).decode(text)
        assert id == caught.value.id
        assert len(caught.value.reason) < 1_000
        assert len(str(caught.value)) < 1_200


@pytest.mark.parametrize("case", [case for case in HOSTILE if case not in ACCEPTED_IF_TOLERANT])
def test_hostile_text_is_refused_in_any_mode(case: str) -> None:
    text, id = HOSTILE[case]

    with pytest.raises(FrameError) as caught:
        codec("toy", Tolerance.TOLERANT, max_size=100_000_000).decode(text)
    assert id == caught.value.id


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_text_beyond_the_size_is_not_parsed(case: str) -> None:
    text, id = HOSTILE[case]
    reader = codec("toy", max_size=len(text) - 1)

    with (
        memory(1_000_000),
        pytest.raises(FrameError, match="|".join(["characters", "unknown", "message id"])) as caught,
    ):
        reader.decode(text)
    assert caught.value.id in (id, None)


def test_size_is_counted_in_characters() -> None:
    text = '[2,"17","Heartbeat",{}]'

    assert "17" == codec("1.6", max_size=len(text)).decode(text).id
    with pytest.raises(FrameError, match="has 23 characters, at most 22 are allowed"):
        codec("1.6", max_size=len(text) - 1).decode(text)


@pytest.mark.parametrize("number", ["1", "12345678901234567.5"], ids=["quick", "slow"])
@pytest.mark.parametrize(
    "text, free",
    [
        ('[2,"17","DataTransfer",{"vendorId":"V","data":%s}]', 0),
        ('[2,"17","DataTransfer",{"vendorId":"V","customData":{"vendorId":"V","a":%s}}]', 1),
        (
            '[2,"17","BootNotification",{"chargingStation":{"model":"M","vendorName":"V","modem":{"customData":'
            '{"vendorId":"V","a":{"b":%s}}}},"reason":"PowerUp"}]',
            2,
        ),
        ('[4,"17","GenericError","",{"a":%s}]', 1),
    ],
    ids=["data", "customData", "customData further in", "details"],
)
def test_depth_of_free_data_is_limited_whatever_its_digits(text: str, free: int, number: str) -> None:
    reader = codec("2.0.1")
    deepest = MAX_DEPTH - free - 1
    frame = reader.decode(text % nested(deepest, number))

    assert frame == reader.decode(reader.encode(frame))
    for levels in (deepest + 1, 200, 1_000, 100_000):
        with pytest.raises(FrameError) as caught:
            reader.decode(text % nested(levels, number))
        assert (ErrorCode.FORMAT, "17") == (caught.value.code, caught.value.id)


PENDING = {version: awaiting(version) for version in FRAMES}
TEXTS = list(chain.from_iterable([text for _, text in rows] for rows in FRAMES.values()))

TOLERANT_READERS = {version: codec(version, Tolerance.TOLERANT) for version in FRAMES}


def survives(text: str) -> None:
    """Any text is a frame or a `FrameError`, and an accepted strict frame is written as one that is read as the same.

    Exceptions: a call of the reserved id "-1" is read, though we send none. A long description is cut. An error whose
    code the version spells otherwise, or has not at all, may come back as another.
    """
    sentences: list[str] = []
    for version, reader in TOLERANT_READERS.items():
        try:
            reader.decode(text, awaiting=PENDING[version])
        except FrameError as error:
            sentences.append(str(error))
    assert all(0 < len(sentence) < 1_500 for sentence in sentences)
    for version, reader in READERS.items():
        try:
            frame = reader.decode(text, awaiting=PENDING[version])
        except FrameError as error:
            answer(version, error, PENDING[version])
            continue
        if isinstance(frame, CallError | CallResultError):
            if frame.spelling is not None or frame.violations:
                continue
            frame = attrs.evolve(frame, description=frame.description[:MAX_DESCRIPTION_LENGTH])
        elif isinstance(frame, Call | Send) and frame.id == UNREADABLE_ID:
            continue
        assert () == frame.violations
        assert frame == reader.decode(reader.encode(frame), awaiting=PENDING[version])


def test_any_text_is_a_frame_or_a_frame_error(record_property: Callable[..., None]) -> None:
    record_property(
        "cases", for_all(st.text() | st.text('[]{}",:\\0123456789.eE- \ud800truefalsnu'), 500, survives)
    )


def test_any_json_is_a_frame_or_a_frame_error(record_property: Callable[..., None]) -> None:
    numbers = st.sampled_from([2, 3, 4, 5, 6, 7, -1, 2.0, True, None])
    ids = st.sampled_from(["17", "18", "", "-1", "x" * 37, 17])
    words = st.sampled_from(
        ["Heartbeat", "BootNotification", "DataTransfer", "Ping", "Turn", "Tick", "GenericError"]
    )
    frames = st.tuples(numbers, ids).flatmap(
        lambda head: st.lists(words | json_values(), max_size=4).map(lambda rest: [*head, *rest])
    )

    def check(value: Any) -> None:
        survives(json.dumps(value, default=float))

    record_property("cases", for_all(json_values() | frames, 500, check))


_SNIPPETS = [
    *'[]{}",:\\0123456789.eE-+ \n\x00\ufeff\u2028\ud800',
    *["null", "true", "NaN", "1e400", "1e-400", "0e-99999", "9" * 20, "9" * 5000, "\u0662", "Zoë"],
    *[r"\u003a", r"\ud800", r"\u0000", '"a":1,', "[]", "{}", '""', "[" * 100],
]


def mutated_texts() -> st.SearchStrategy[str]:
    """Valid frames with a few things deleted, replaced or inserted, at any place."""
    edits = st.lists(
        st.tuples(st.floats(0, 1), st.integers(0, 3), st.sampled_from(["", *_SNIPPETS])),
        min_size=1,
        max_size=4,
    )

    def mutate(text: str, edits: list[tuple[float, int, str]]) -> str:
        for place, length, snippet in edits:
            start = int(place * len(text))
            text = text[:start] + snippet + text[start + length :]
        return text

    return st.builds(mutate, st.sampled_from(TEXTS), edits)


def test_any_mutated_frame_is_a_frame_or_a_frame_error(record_property: Callable[..., None]) -> None:
    record_property("cases", for_all(mutated_texts(), 2000, survives))


def test_any_cut_of_two_frames_is_a_frame_or_a_frame_error(record_property: Callable[..., None]) -> None:
    def cut(one: str, other: str, place: float, from_: float) -> str:
        return one[: int(place * len(one))] + other[int(from_ * len(other)) :]

    share = st.floats(0, 1)
    record_property(
        "cases",
        for_all(st.builds(cut, st.sampled_from(TEXTS), st.sampled_from(TEXTS), share, share), 300, survives),
    )


@pytest.mark.parametrize(
    "version, cls",
    [
        ("toy", PingRequest),
        ("toy", TurnRequest),
        ("1.6", v16.SetChargingProfileRequest),
        ("2.0", v20.DataTransferRequest),
        ("2.0.1", v201.DataTransferRequest),
        ("2.1", v21.DataTransferRequest),
    ],
)
def test_any_call_comes_back(
    version: str, cls: type[Request[Any]], record_property: Callable[..., None]
) -> None:
    def check(payload: Request[Any]) -> None:
        written = READERS[version].encode(Call("17", payload))
        read = READERS[version].decode(written)
        again = READERS[version].encode(read)

        assert read == READERS[version].decode(again)
        assert by_stdlib(written) == by_stdlib(again), "a number of 17 digits is a float only once"

    record_property("cases", for_all(messages(cls), 50, check))


@pytest.mark.parametrize("opening, closing", ["[]", ('{"a":', "}")], ids=["lists", "objects"])
@pytest.mark.parametrize("depth", [100, 1_000, 1_023])
@pytest.mark.parametrize("tolerance", [Tolerance.STRICT, Tolerance.TOLERANT], ids=["strict", "tolerant"])
def test_a_member_twice_hides_no_depth(opening: str, closing: str, depth: int, tolerance: Tolerance) -> None:
    """Only the last of both is seen; the first may be nested deeper than any parser goes."""
    deep = f"{opening * depth}1{closing * depth}"
    text = f'[2,"1","Heartbeat",{{"a":{deep},"a":1}}]'
    for version in READERS:
        reader = codec(version, tolerance)
        try:
            reader.decode(text)
            is_refused = False
        except FrameError as error:
            is_refused = bool(str(error))

        assert is_refused or tolerance is Tolerance.TOLERANT

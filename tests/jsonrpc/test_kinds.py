"""When frames are read and written at once: after the second of their kind, whichever codec has had that."""

import subprocess
import sys
from typing import Any

import pytest

from frames import NOON, VERSIONS, awaiting, codec, every_row
from ocpp_core import v16
from ocpp_core.jsonrpc import codec as codecs
from ocpp_core.jsonrpc import kinds
from ocpp_core.jsonrpc.kinds import NOT_READ, Kinds
from ocpp_core.jsonrpc.quick import frame_reader
from ocpp_core.model.codes import FrameKind
from ocpp_core.model.errors import FrameError
from ocpp_core.model.messages import Call, CallResult, Frame, Request, Send, message, wire
from ocpp_core.model.versions import Role
from ocpp_core.payloads.binding import decoder
from toy import NUMBER, TOY, Tick

#: What is in those of the `FRAMES` that are left to the second tier: escapes, free data, members of open classes.
LEFT = ("\\", '"data"', '"customData"', '"color"', '"note"')


def is_quick(frame: Frame, text: str) -> bool:
    return isinstance(frame, Call | CallResult | Send) and not any(one in text for one in LEFT)


class Text(str):
    """Text of a kind."""


def never(*_: Any, **__: Any) -> Any:
    raise AssertionError("this takes the long way")


@every_row
def test_the_third_frame_is_read_without_values(
    version: str, frame: Frame, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, known = codec(version), awaiting(version)
    first, second = read.decode(text, awaiting=known), read.decode(text, awaiting=known)
    if is_quick(frame, text):
        monkeypatch.setattr(codecs, "read_json", never)

    assert frame == first == second == read.decode(text, awaiting=known)


@every_row
def test_the_third_frame_is_written_without_values(
    version: str, frame: Frame, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = codec(version)
    first, second = write.encode(frame), write.encode(frame)
    if is_quick(frame, text):
        monkeypatch.setattr(codecs, "to_wire", never)

    assert text == first == second == write.encode(frame)


@pytest.mark.parametrize("version", VERSIONS)
def test_what_one_codec_has_read_another_of_its_version_knows(
    version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = '[2,"1","Heartbeat",{}]'
    codec(version).decode(text)
    frame = codec(version).decode(text)
    monkeypatch.setattr(codecs, "read_json", never)

    assert frame == codec(version).decode(text)


@pytest.mark.parametrize(
    "text", ['[2,"1","Reset",{"type":"Hard"}]', '[2, "1" ,"Reset" , {"type" : "Hard"} ] ']
)
def test_blanks_are_no_reason_to_take_the_long_way(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    codec("1.6").decode(text)
    codec("1.6").decode(text)
    monkeypatch.setattr(codecs, "read_json", never)

    assert Call("1", v16.ResetRequest(type=v16.ResetType.HARD)) == codec("1.6").decode(text)


@pytest.mark.parametrize("text", [Text, bytes, bytearray])
def test_kinds_of_text(text: Any) -> None:
    written = '[2,"1","Reset",{"type":"Hard"}]'
    given = text(written) if text is Text else text(written, "utf-8")
    frames = [codec("1.6").decode(given) for _ in range(3)]

    assert [Call("1", v16.ResetRequest(type=v16.ResetType.HARD))] * 3 == frames


def test_a_result_is_read_as_what_its_call_awaits() -> None:
    text = '[3,"1",{"currentTime":"2026-01-31T12:00:00Z"}]'
    beats = {"1": v16.HeartbeatRequest}
    for _ in range(3):
        assert CallResult("1", v16.HeartbeatResponse(current_time=NOON)) == codec("1.6").decode(
            text, awaiting=beats
        )
    for waiting in (None, {}, {"2": v16.HeartbeatRequest}, {"1": v16.ResetRequest}):
        with pytest.raises(FrameError):
            codec("1.6").decode(text, awaiting=waiting)


@pytest.mark.parametrize(
    "frame",
    [
        [2, "", "Tick", {}], [2, "x" * 37, "Tick", {}], [6, 17, "Tick", {"count": 1}], [6, "1", "Tick"],
        [6, "1", "Tick", {"count": 1}, {}], [6, "1", "Tick", {"count": -1}], [6, "1", [], {}], [6, "1", "Ping", {}],
        [True, "1", "Tick", {"count": 1}], [4, "1", "", "", {}], [3, "1", {}], [3, "1", "Tick", {}], [], [6], 6, "6",
    ],
    ids=repr,
)  # fmt: skip
def test_values_that_are_left_to_the_stages(frame: Any) -> None:
    known = Kinds(TOY)
    known.has_read(FrameKind.SEND, "Tick", decoder(Tick))

    with pytest.raises(NOT_READ):
        known.read_values(frame, None)


def test_a_send_is_read_from_values_once_its_action_is_known() -> None:
    known = Kinds(TOY)
    frame = [6, "1", "Tick", {"count": 1}]
    with pytest.raises(NOT_READ):
        known.read_values(frame, None)
    known.has_read(FrameKind.SEND, "Tick", decoder(Tick))
    with pytest.raises(NOT_READ):
        known.read_text('[6,"1","Tick",{"count":1}]', None)

    assert Send("1", Tick(count=1)) == known.read_values(frame, None)
    assert Send("1", Tick(count=1)) == known.read_text('[6,"1","Tick",{"count":1}]', None)
    assert Send("1", Tick(count=1)) == known.read_values(frame, None)


class OwnResult(CallResult):
    """A frame of a kind, as a program may make one."""


def test_the_first_frames_do_without_msgspec() -> None:
    """Of each action, in either direction: a program that sends one frame does not pay for the next ones."""
    program = (
        "import sys; from ocpp_core import JsonCodec; codec = JsonCodec('1.6')\n"
        """for action in ("Heartbeat", "ClearCache"): codec.encode(codec.decode(f'[2,"1","{action}",{{}}]'))\n"""
        "print('msgspec' in sys.modules)\n"
        """codec.decode('[2,"1","Heartbeat",{}]')\n"""
        "print('msgspec' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert ["False", "True"] == done.stdout.split()


def test_the_first_frame_loads_nothing_that_it_has_no_use_for() -> None:
    program = (
        "import sys; from ocpp_core import JsonCodec\n"
        """JsonCodec("1.6").decode('[2,"1","Heartbeat",{}]')\n"""
        "print([name for name in ('asyncio', 'logging', 'urllib.parse') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert "[]" == done.stdout.strip()


def test_a_kind_of_frame_is_written_as_that_is() -> None:
    frame = OwnResult("1", v16.HeartbeatResponse(current_time=NOON))
    texts = {codec("1.6").encode(frame) for _ in range(3)}

    assert {'[3,"1",{"currentTime":"2026-01-31T12:00:00Z"}]'} == texts


@pytest.mark.parametrize("id", ['q"\\', "🔌", "-1", "", "x" * 50])
def test_an_answer_repeats_any_id(id: str) -> None:
    frame = CallResult(id, v16.HeartbeatResponse(current_time=NOON))
    for _ in range(3):
        codec("1.6").encode(CallResult("1", frame.payload))
    text = codec("1.6").encode(frame)
    read = [codec("1.6").decode(text, awaiting={id: v16.HeartbeatRequest}) for _ in range(3)]

    assert [frame] * 3 == read


@message(NUMBER, "Demand", sent_by=Role.EITHER)
class DemandRequest(Request[Any]):
    data: Any = wire("data")


def test_frames_of_a_class_without_a_twin_are_left() -> None:
    with pytest.raises(NOT_READ):
        frame_reader(Call, 2, DemandRequest)('[2,"1","Demand",{"data":1}]')


def test_there_is_one_for_all_codecs_of_a_version() -> None:
    assert kinds.kinds(codec("1.6").specification) is kinds.kinds(codec("1.6").specification)

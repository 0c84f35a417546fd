"""Text that is put right before it is read: for each station its own, reported, and never harmful."""

import logging
from contextvars import copy_context
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from both_servers import both, running
from loopback import csms as plain_csms
from loops import asynchronous, until
from ocpp_core import Call, ErrorCode, FrameError, Router, v16
from ocpp_core.dispatch import CallReceived, Hooks
from ocpp_core.jsonrpc.codec import JsonCodec
from ocpp_core.transports.mending import MendingCodec
from ocpp_core.transports.websocket import connect as station
from ocpp_core.transports.websocket import serve

#: A comma too many, as one vendor's firmware writes it.
BROKEN = '[2,"1","Heartbeat",{},]'
WHOLE = '[2,"1","Heartbeat",{}]'
SAID = "$: was mended from character 21 on: 23 characters became 22"


def without_comma(text: str) -> str:
    return text.replace("},]", "}]")


class Events(Hooks):
    """Notes what comes in."""

    def __init__(self) -> None:
        self.violations: list[str] = []

    def event(self, peer: Any, event: Any) -> None:
        if isinstance(event, CallReceived):
            self.violations.append("; ".join(map(str, event.violations)))


@pytest.mark.parametrize(
    "menders", [{"CP-1": without_comma}, {"CP-1": without_comma}.get], ids=["mapping", "function"]
)
@both
@asynchronous
async def test_what_one_station_sends_is_mended_and_reported(server: str, menders: Any) -> None:
    events = Events()
    options: dict[str, Any] = {"menders": menders, "hooks": [events]}
    offers = [Subprotocol("ocpp1.6")]
    async with running(server, plain_csms(), **options) as up:
        async with connect(up.url("/CP-1"), subprotocols=offers) as odd:
            for text in (BROKEN, WHOLE):
                await odd.send(text)

                assert str(await odd.recv()).startswith('[3,"1",')
        async with connect(up.url("/CP-2"), subprotocols=offers) as other:
            await other.send(BROKEN)

            assert "FormationViolation" in str(await other.recv())

    assert [SAID, ""] == events.violations


@asynchronous
async def test_a_station_may_mend_what_its_csms_sends() -> None:
    events = Events()
    async with serve(Router(), "127.0.0.1") as server:
        url = f"ws://127.0.0.1:{server.port}"
        async with station(url, "CP-1", plain_csms(), "1.6", mend=without_comma, hooks=[events]):
            await until(lambda: server.peers)
            server.peers["CP-1"]._socket.send_text(BROKEN, copy_context())
            await until(lambda: events.violations)

    assert [SAID] == events.violations


def test_a_frame_that_is_mended_in_vain_says_so_too() -> None:
    codec = MendingCodec(JsonCodec("1.6"), lambda text: text[:-1])
    with pytest.raises(FrameError) as caught:
        codec.decode(WHOLE)

    assert ["mended"] == [violation.keyword for violation in caught.value.violations]


def test_nothing_is_said_of_what_was_there() -> None:
    codec = MendingCodec(JsonCodec("1.6"), lambda text: text.replace("hunter2", "Hertz"))
    broken = '[2,"1","DataTransfer",{"vendorId":"hunter2"}]'
    frame = codec.decode(broken)

    assert isinstance(frame, Call)
    (violation,) = frame.violations
    assert "hunter2" not in f"{violation}{violation!r}"
    assert broken == violation.value


def test_a_log_shows_what_can_be_read_as_it_was_sent() -> None:
    """It shows what we send as well, which no mender gets."""
    codec = MendingCodec(
        JsonCodec("1.6"), lambda text: text.replace("Heartbeat", "Reset").replace("},]", "}]")
    )

    assert [2, "1", "Heartbeat", {}] == codec.values(WHOLE)
    assert [2, "1", "Reset", {}] == codec.values(BROKEN)


class Panic(BaseException):
    """Such as a library in Rust raises."""


@pytest.mark.parametrize("result", [None, b"bytes", ValueError("hunter2"), Panic()])
def test_a_mender_that_fails_leaves_the_frame_as_it_came(
    result: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def mend(text: str) -> Any:
        if isinstance(result, BaseException):
            raise result
        return result

    codec = MendingCodec(JsonCodec("1.6"), mend)

    assert JsonCodec("1.6").decode(WHOLE) == codec.decode(WHOLE)
    assert logging.ERROR == caplog.records[0].levelno


def test_what_is_said_to_the_process_goes_on() -> None:
    def mend(text: str) -> str:
        raise SystemExit

    with pytest.raises(SystemExit):
        MendingCodec(JsonCodec("1.6"), mend).decode(WHOLE)


def test_a_frame_that_is_too_long_is_not_looked_at() -> None:
    seen: list[str] = []

    def mend(text: str) -> str:
        seen.append(text)
        return text

    codec = MendingCodec(JsonCodec("1.6", max_size=10), mend)
    with pytest.raises(FrameError) as caught:
        codec.decode(WHOLE)

    assert [] == seen
    assert ErrorCode.FORMAT == caught.value.code


def test_a_frame_that_is_as_long_as_it_may_be_is_mended() -> None:
    codec = MendingCodec(JsonCodec("1.6", max_size=len(BROKEN)), without_comma)

    assert v16.HeartbeatRequest() == codec.decode(BROKEN).payload  # type: ignore[union-attr]


def test_what_is_written_is_not_mended() -> None:
    codec = MendingCodec(JsonCodec("1.6"), lambda text: "")

    assert WHOLE == codec.encode(Call("1", v16.HeartbeatRequest()))

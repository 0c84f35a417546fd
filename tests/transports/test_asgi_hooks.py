"""What hooks and the log are told of the SOAP wire."""

import asyncio
import logging
from typing import Any

import httpx
import pytest

from loops import asynchronous
from ocpp_core import Role, v15, v16
from ocpp_core.dispatch.connection import CallLost, CallReceived, ErrorReceived, Ignored, ResultReceived
from ocpp_core.dispatch.hooks import Hooks, Observer
from ocpp_core.dispatch.router import Router
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import CallRejectedError, OcppError
from ocpp_core.model.messages import Call
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.soap.codec import SoapCodec
from ocpp_core.soap.envelopes import CONTENT_TYPE
from ocpp_core.transports.asgi import OcppApp
from ocpp_core.transports.soap_http import SoapPeer
from ocpp_core.transports.soap_server import answer_envelope
from served import BOOTS, csms, soap


class Noting(Hooks):
    """Notes what it is told, and of whom."""

    def __init__(self) -> None:
        self.notes: list[tuple[str, Any]] = []

    def frame(self, peer: Any, direction: str, size: int) -> None:
        assert size > 0
        self.notes.append((peer.identity, direction))

    def call_ended(self, peer: Any, request: Any, outcome: Any, seconds: float) -> None:
        assert seconds >= 0
        self.notes.append((peer.identity, type(outcome)))

    def call_answered(self, peer: Any, request: Any, answer: Any, seconds: float) -> None:
        assert seconds >= 0
        self.notes.append((peer.identity, type(answer.response or answer.error)))

    def event(self, peer: Any, event: Any) -> None:
        self.notes.append((peer.identity, type(event)))


@asynchronous
async def test_hooks_are_told_of_the_soap_wire() -> None:
    on_csms, on_station = Noting(), Noting()
    station = Router(receives=Role.CHARGE_POINT)
    station.on(v15.ResetRequest)(lambda *_: v15.ResetResponse(status=v15.ResetStatus.ACCEPTED))
    box = OcppApp(station, role=Role.CHARGE_POINT, identity="CP-1", accepts=["1.5"], hooks=[on_station])
    async with (
        httpx.AsyncClient(transport=httpx.ASGITransport(box)) as to_box,
        httpx.AsyncClient(
            transport=httpx.ASGITransport(
                OcppApp(csms(), may_call=lambda *_: True, client=to_box, hooks=[on_csms])
            )
        ) as to_csms,
    ):
        codec = soap("1.5", address="http://station/")
        peer = SoapPeer(
            codec, "CP-1", client=to_csms, address="http://csms/", observer=Observer([on_station])
        )
        await peer.call(v15.DataTransferRequest(vendor_id="com.example"))
        await to_csms.post("http://csms/", content=b"<a/>", headers={"Content-Type": CONTENT_TYPE})
        with pytest.raises(CallRejectedError):
            await peer.call(v15.HeartbeatRequest())

    called = [("CP-1", "in"), ("CP-1", CallReceived)]
    calls_back = [("CP-1", "out"), ("CP-1", "in"), ("CP-1", ResultReceived), ("CP-1", ResultReceived)]
    assert on_csms.notes == [
        *called,
        *calls_back,
        *(("CP-1", v15.DataTransferResponse), ("CP-1", "out")),
        *(("", "in"), ("", Ignored), ("", "out")),
        *called,
        *(("CP-1", OcppError), ("CP-1", "out")),
    ]
    assert on_station.notes == [
        ("CP-1", "out"),
        *called,
        *(("CP-1", v15.ResetResponse), ("CP-1", "out")),
        *(("CP-1", "in"), ("CP-1", ResultReceived), ("CP-1", ResultReceived)),
        *(("CP-1", "out"), ("CP-1", "in"), ("CP-1", ErrorReceived), ("CP-1", ErrorReceived)),
    ]


@asynchronous
async def test_a_request_that_is_refused_is_told_of_its_station() -> None:
    noting = Noting()
    app = OcppApp(csms(), hooks=[noting])
    good = soap("1.5").encode(Call("urn:uuid:1", BOOTS["1.5"]))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
        bad = good.replace(b"<ocpp:chargePointModel>Duo</ocpp:chargePointModel>", b"")
        await client.post("http://csms/", content=bad, headers={"Content-Type": CONTENT_TYPE})

    assert [("CP-1", "in"), ("CP-1", Ignored), ("CP-1", "out")] == noting.notes
    assert not app.stations  # it may be anybody


@asynchronous
async def test_who_is_nobody_and_is_refused_has_no_name() -> None:
    noting = Noting()
    codec = soap("1.5")

    async def identify(headers: Any) -> Any:
        raise OcppError(ErrorCode.SECURITY, "who is it?")

    body = codec.encode(Call("urn:uuid:1", BOOTS["1.5"]))
    start, end = body.index(b"<ocpp:chargeBoxIdentity"), body.index(b"</ocpp:chargeBoxIdentity>")
    body = body[:start] + body[end + len(b"</ocpp:chargeBoxIdentity>") :]
    async with answer_envelope(
        Router(), SoapCodec("1.5", tolerance=Tolerance.TOLERANT), body, identify, Observer([noting])
    ) as answer:
        assert answer.code is ErrorCode.SECURITY

    assert {""} == {identity for identity, _ in noting.notes}


@asynchronous
async def test_envelopes_are_logged_without_secrets(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "ocpp_core.frames")
    app = OcppApp(Router(), role=Role.CHARGE_POINT, accepts=["1.6"])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
        codec = SoapCodec("1.6", role=Role.CSMS)
        peer = SoapPeer(codec, "CP-1", client=client, address="http://station/")
        with pytest.raises(CallRejectedError):
            await peer.call(v16.ChangeConfigurationRequest(key="AuthorizationKey", value="hunter2hunter2"))

    assert [("CP-1", "out"), ("CP-1", "in"), ("CP-1", "out"), ("CP-1", "in")] == [
        (record.identity, record.direction)  # type: ignore[attr-defined]
        for record in caplog.records
        if record.name == "ocpp_core.frames"
    ]
    assert "AuthorizationKey" in caplog.text
    assert "hunter2" not in caplog.text


@asynchronous
async def test_a_caller_that_gives_up_leaves_a_call_that_is_lost() -> None:
    called, noting = asyncio.Event(), Noting()

    async def silent(request: httpx.Request) -> httpx.Response:
        called.set()
        await asyncio.sleep(60)
        raise AssertionError

    async with httpx.AsyncClient(transport=httpx.MockTransport(silent)) as client:
        codec = SoapCodec("1.6", role=Role.CSMS)
        peer = SoapPeer(codec, "CP-1", client=client, address="http://station/", observer=Observer([noting]))
        calling = asyncio.create_task(peer.call(v16.ResetRequest(type=v16.ResetType.SOFT)))
        await called.wait()
        calling.cancel()
        await asyncio.gather(calling, return_exceptions=True)

    assert calling.cancelled()
    assert [("CP-1", "out"), ("CP-1", CallLost), ("CP-1", CallLost)] == noting.notes

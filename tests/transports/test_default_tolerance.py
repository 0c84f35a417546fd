"""What servers and clients accept by default: what can only mean one thing, and each acceptance is reported."""

import asyncio
import json
from typing import Any

import pytest
import websockets
from websockets.typing import Subprotocol

from both_servers import Reported
from loopback import raw, station
from loops import asynchronous
from ocpp_core import ErrorCode, Role, Tolerance, v16
from ocpp_core.model.errors import CallRejectedError
from ocpp_core.model.messages import Call
from ocpp_core.payloads.tolerance import DEFAULT_TOLERANCE
from ocpp_core.soap.codec import SoapCodec
from ocpp_core.soap.envelopes import ENVELOPE, OLD_ENVELOPE
from ocpp_core.transports.admission import Admission
from ocpp_core.transports.asgi import OcppApp
from ocpp_core.transports.websocket import connect, serve
from served import BOOTS, post, served
from served import csms as boots

DOUBTFUL = {
    "PropertyConstraintViolation": '[2,"2","StatusNotification",{"timestamp":"2026-01-31T12:00:00","connectorId":1,'
    '"errorCode":"NoError","status":"Available"}]',
    "FormationViolation": '[2,"2","Heartbeat",{"vendor":1}]',
}


@asynchronous
async def test_a_server_reads_what_can_only_mean_one_thing_and_reports_it() -> None:
    reported = Reported()
    async with (
        serve(boots(), "localhost", hooks=[reported]) as server,
        raw(server, "CP-1", "ocpp1.6") as socket,
    ):
        await socket.send(
            '[2,7,"BootNotification",{"chargePointVendor":"V","chargePointModel":5,"iccid":null}]'
        )

        assert str(await socket.recv()).startswith("[3,7,")
        assert [Tolerance.ID_NOT_STRING, Tolerance.NUMBER_AS_TEXT, Tolerance.OPTIONAL_NULL] == reported.rules
        for code, text in DOUBTFUL.items():
            await socket.send(text)
            assert str(await socket.recv()).startswith(f'[4,"2","{code}"')


@asynchronous
async def test_a_server_is_strict_if_told_so() -> None:
    async with (
        serve(boots(), "localhost", tolerance=Tolerance.STRICT) as server,
        raw(server, "CP-1", "ocpp1.6") as socket,
    ):
        await socket.send('[2,"7","BootNotification",{"chargePointVendor":"V","chargePointModel":5}]')

        assert str(await socket.recv()).startswith('[4,"7","TypeConstraintViolation"')


@asynchronous
async def test_a_client_reads_what_can_only_mean_one_thing_and_loses_no_refusal() -> None:
    answers = iter(
        [
            '[3,"%s",{"status":"Accepted","currentTime":"2026-01-31T12:00:00Z","interval":"300"}]',
            '[4,"%s","SecurityError","Not you.","text"]',
        ]
    )

    async def odd(socket: Any) -> None:
        async for text in socket:
            await socket.send(next(answers) % json.loads(text)[1])

    async with (
        websockets.serve(odd, "localhost", subprotocols=[Subprotocol("ocpp1.6")]) as server,
        connect(
            f"ws://localhost:{next(iter(server.sockets)).getsockname()[1]}",
            "CP-1",
            station(),
            "1.6",
            wait=True,
        ) as cp,
    ):
        booted = await cp.call(
            v16.BootNotificationRequest(charge_point_vendor="V", charge_point_model="M"), timeout=5
        )
        assert 300 == booted.interval
        with pytest.raises(CallRejectedError) as caught:
            await cp.call(v16.HeartbeatRequest(), timeout=5)

    refusal = caught.value
    assert (ErrorCode.SECURITY, "Not you.", {"#rest": ["text"]}) == (
        refusal.code,
        refusal.description,
        refusal.details,
    )
    assert [Tolerance.SHORT_CALLERROR] == [fault.rule for fault in refusal.violations]


def test_s12_a_a_station_of_soap_1_1_is_told_that_this_is_1_2() -> None:
    async def scenario() -> None:
        async with served(OcppApp(boots())) as port:
            good = SoapCodec("1.5", role=Role.CHARGE_POINT, identity="CP-1").encode(Call("m1", BOOTS["1.5"]))
            old = good.replace(ENVELOPE.encode(), OLD_ENVELOPE.encode())
            response = await post(port, old, **{"Content-Type": "text/xml"})

            assert (500, "text/xml; charset=utf-8") == (
                response.status_code,
                response.headers["content-type"],
            )
            assert OLD_ENVELOPE in response.text
            assert "VersionMismatch" in response.text
            odd = good.replace(b"/BootNotification", b"BootNotification")
            assert 200 == (await post(port, odd, **{"Content-Type": "text/xml"})).status_code

        async with served(OcppApp(boots(), tolerance=Tolerance.STRICT)) as port:
            assert 415 == (await post(port, good, **{"Content-Type": "text/xml"})).status_code

    asyncio.run(scenario())


def test_harmless_lets_nobody_in_by_another_name_or_key() -> None:
    assert DEFAULT_TOLERANCE is Admission().tolerance
    assert not DEFAULT_TOLERANCE & (Tolerance.IDENTITY_FORM | Tolerance.KEY_AS_HEX | Tolerance.NO_IDENTITY)

"""zeep at the other end of a real socket: a client of our application, and what describes a service that we call."""

import asyncio
from typing import Any

import httpx
import pytest
from lxml import etree

from loops import asynchronous
from ocpp_core import v15, v16
from ocpp_core.adapters.zeep_client import zeep_client
from ocpp_core.cli.csms import Csms
from ocpp_core.model.specifications import specification
from ocpp_core.model.versions import Role
from ocpp_core.soap.codec import SoapCodec
from ocpp_core.soap.envelopes import ADDRESSING, CONTENT_TYPE
from ocpp_core.transports.asgi import OcppApp
from ocpp_core.transports.serving import serving
from ocpp_core.transports.soap_http import SoapPeer

NOW = "2026-01-31T12:00:00Z"
BOOT = {"chargePointVendor": "Example", "chargePointModel": "Duo"}
READINGS: dict[str, dict[str, Any]] = {
    "1.5": {"values": [{"timestamp": NOW, "value": [{"_value_1": "1200", "unit": "Wh"}]}]},
    "1.6": {"meterValue": [{"timestamp": NOW, "sampledValue": [{"value": "1200", "unit": "Wh"}]}]},
}


@pytest.mark.parametrize("version", ["1.5", "1.6"])
@asynchronous
async def test_a_station_that_is_a_zeep_client_charges_at_our_csms(version: str) -> None:
    csms = Csms()

    def charge(address: str) -> tuple[Any, ...]:
        service = zeep_client(version, Role.CSMS, address, "CP-1").service
        boot = service.BootNotification(**BOOT)
        tag = service.Authorize(idTag="TAG")
        start = service.StartTransaction(connectorId=1, idTag="TAG", timestamp=NOW, meterStart=1000)
        service.MeterValues(connectorId=1, transactionId=start.transactionId, **READINGS[version])
        service.StopTransaction(transactionId=start.transactionId, timestamp=NOW, meterStop=1500)
        return boot.status, tag.status, start.idTagInfo.status

    async with serving(OcppApp(csms.router), "127.0.0.1", 0) as port:
        answers = await asyncio.to_thread(charge, f"http://127.0.0.1:{port}/")

    assert ("Accepted", "Accepted", "Accepted") == answers
    assert {"started": 1, "ended": 1} == csms.transactions
    assert 1 == csms.received["MeterValues"]


class ZeepService:
    """An HTTP service that knows nothing of OCPP but its WSDL, which zeep reads."""

    def __init__(self, version: str, role: Role) -> None:
        self.requests: list[Any] = []
        self.answers: dict[str, dict[str, Any]] = {}
        client = zeep_client(version, role, "http://127.0.0.1/", "CP-1")
        self._operations = client.service._binding._operations

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """As an ASGI application."""
        if scope["type"] == "lifespan":
            return
        body, is_more = b"", True
        while is_more:
            event = await receive()
            body += event.get("body", b"")
            is_more = event.get("more_body", False)
        answer = self._answer(etree.fromstring(body))
        head = [(b"content-type", CONTENT_TYPE.encode()), (b"content-length", str(len(answer)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        await send({"type": "http.response.body", "body": answer})

    def _answer(self, envelope: Any) -> bytes:
        header, body = envelope
        name = etree.QName(body[0]).localname.removesuffix("Request")
        name = f"{name[0].upper()}{name[1:]}"
        operation = self._operations[name]
        self.requests.append(operation.input.deserialize(envelope))
        answer = operation.output.serialize(**self.answers[name]).content
        head = etree.Element(f"{{{etree.QName(envelope).namespace}}}Header")
        etree.SubElement(head, f"{{{ADDRESSING}}}Action").text = f"/{name}Response"
        answered = header.findtext(f"{{{ADDRESSING}}}MessageID")
        etree.SubElement(head, f"{{{ADDRESSING}}}RelatesTo").text = answered
        answer.insert(0, head)
        return bytes(etree.tostring(answer))


@pytest.mark.parametrize("package, version", [(v15, "1.5"), (v16, "1.6")])
@asynchronous
async def test_our_csms_calls_a_station_that_is_a_zeep_service(package: Any, version: str) -> None:
    station = ZeepService(version, Role.CHARGE_POINT)
    station.answers = {
        "Reset": {"status": "Accepted"},
        "GetConfiguration": {
            "configurationKey": [{"key": "HeartbeatInterval", "readonly": False, "value": "300"}],
            "unknownKey": ["Nonsense"],
        },
    }
    assert version == specification(version).version
    async with serving(station, "127.0.0.1", 0) as port, httpx.AsyncClient() as client:
        codec = SoapCodec(version, role=Role.CSMS)
        peer = SoapPeer(codec, "CP-1", client=client, address=f"http://127.0.0.1:{port}/")
        reset = await peer.call(package.ResetRequest(type=package.ResetType.SOFT))
        settings = await peer.call(package.GetConfigurationRequest(key=["HeartbeatInterval", "Nonsense"]))

    assert package.ResetStatus.ACCEPTED == reset.status
    assert [("HeartbeatInterval", "300")] == [(one.key, one.value) for one in settings.configuration_key]
    assert ["Nonsense"] == settings.unknown_key
    assert 2 == len(station.requests)

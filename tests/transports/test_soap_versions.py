"""In which version of SOAP a fault is written, over HTTP: the peer has to be able to read it."""

from collections.abc import Callable

import pytest
from lxml import etree

from loops import asynchronous
from ocpp_core import Role
from ocpp_core.model.messages import Call
from ocpp_core.soap.codec import SoapCodec
from ocpp_core.soap.envelopes import ENVELOPE, OLD_ENVELOPE
from ocpp_core.transports.asgi import OcppApp
from served import BOOTS, csms, post, served


def unknown_header(body: str) -> str:
    return body.replace("</env:Header>", '<x:S xmlns:x="urn:x" env:mustUnderstand="true"/></env:Header>')


MISFITS: dict[str, tuple[Callable[[str], str], str, str]] = {
    "SOAP 1.1": (lambda body: body.replace(ENVELOPE, OLD_ENVELOPE), OLD_ENVELOPE, "VersionMismatch"),
    "SOAP 1.1, no envelope": (lambda _: f'<s:x xmlns:s="{OLD_ENVELOPE}"/>', ENVELOPE, "Sender"),
    "a SOAP to come": (lambda body: body.replace(ENVELOPE, "urn:soap-1.3"), ENVELOPE, "VersionMismatch"),
    "no namespace": (lambda _: "<Envelope><Body/></Envelope>", ENVELOPE, "VersionMismatch"),
    "no envelope": (lambda body: body.replace("env:Envelope", "env:Letter"), ENVELOPE, "Sender"),
    "unknown header": (unknown_header, ENVELOPE, "MustUnderstand"),
    "unknown operation": (lambda body: body.replace("bootNotification", "brew"), ENVELOPE, "Receiver"),
    "unknown member": (lambda body: body.replace("chargePointModel", "brand"), ENVELOPE, "Sender"),
}


@pytest.mark.parametrize("misfit, namespace, code", MISFITS.values(), ids=MISFITS)
@asynchronous
async def test_s12_5_4_7_each_fault_has_the_soap_version_that_its_peer_can_read(
    misfit: Callable[[str], str], namespace: str, code: str
) -> None:
    """SOAP 1.1 is told in SOAP 1.1 (SOAP 1.2 part 1 appendix A), all else in 1.2; and so which version is spoken."""
    async with served(OcppApp(csms())) as port:
        good = SoapCodec("1.5", role=Role.CHARGE_POINT, identity="CP-1").encode(Call("m1", BOOTS["1.5"]))
        response = await post(port, misfit(good.decode()).encode(), **{"Content-Type": "text/xml"})

    root = etree.fromstring(response.content)
    assert f"{{{namespace}}}Envelope" == root.tag
    tag = "faultcode" if namespace == OLD_ENVELOPE else f"{{{ENVELOPE}}}Code/{{{ENVELOPE}}}Value"
    prefix, _, said = (root.findtext(f".//{tag}") or "").partition(":")
    assert (namespace, code) == (root.nsmap[prefix], said)
    media_type = "text/xml" if namespace == OLD_ENVELOPE else "application/soap+xml"
    assert media_type == response.headers["content-type"].partition(";")[0]
    assert (400 if code == "Sender" else 500) == response.status_code
    supported = root.findall(f"*/{{{ENVELOPE}}}Upgrade/{{{ENVELOPE}}}SupportedEnvelope")
    assert ["Envelope"] * (code == "VersionMismatch") == [
        str(one.get("qname")).partition(":")[2] for one in supported
    ]
    assert all(ENVELOPE == one.nsmap[str(one.get("qname")).partition(":")[0]] for one in supported)

"""A CSMS on the SOAP wire without a fault, of 1.2, 1.5 and 1.6: HTTP and envelopes are written by hand.

What it answers and asks is that of the faultless CSMS on the JSON wire (`csms`); `soap_csms_faults` breaks one thing.
"""

import asyncio
import gzip
import re
import zlib
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4
from xml.sax.saxutils import escape

import httpx
from lxml import etree

from conformance.peers.csms import Csms, Refused, Session
from ocpp_core.conformance.requests import response
from ocpp_core.model.errors import PayloadError
from ocpp_core.model.shapes import Enumeration, Field, Integer, ListOf, Nested, Number, shape
from ocpp_core.model.versions import Role
from ocpp_core.payloads.conversion import from_wire

Json = dict[str, Any]
ENVELOPE = "http://www.w3.org/2003/05/soap-envelope"
ADDRESSING = "http://www.w3.org/2005/08/addressing"
ANONYMOUS = f"{ADDRESSING}/anonymous"
_MEDIA_TYPE = "application/soap+xml; charset=utf-8"


class SoapCsms(Csms):
    """The faultless one.

    Attributes, which faults replace, beside those of `Csms`:
        edit_answer: Changes an answer as text: the envelope, and the action.
        edit_call: The same of a call of its own.
        status_of: The HTTP status of a fault.
        media_type: Of what it sends.
        looks_at: What it looks at before it serves a request: each may refuse it.
        codings: How it unpacks a body.
    """

    def __init__(self, version: str, registration: str = "Accepted") -> None:
        super().__init__(version, registration)
        self.edit_answer: Callable[[str, str], str] = lambda text, action: text
        self.edit_call: Callable[[str, str], str] = lambda text, action: text
        self.status_of: Callable[[str], int] = lambda code: 400 if code == "Sender" else 500
        self.looks_at: list[Callable[[Incoming], None]] = [
            is_an_envelope,
            is_understood,
            is_identified,
            is_known,
        ]
        self.fault: Callable[[SoapCsms, Fault], str] = written_fault
        self.media_type = _MEDIA_TYPE
        self.codings = dict(CODINGS)
        self.station = ""
        self.soap = SoapSession(self)
        self.sent: set[asyncio.Task[Any]] = set()

    @asynccontextmanager
    async def served(self) -> AsyncGenerator[str, None]:
        """Serves on a free port; gives the URL."""
        server = await asyncio.start_server(self._posted, "127.0.0.1", 0)
        async with server:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
            for task in self.sent:
                task.cancel()
            server.close()

    async def _posted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                headers = await _headers(reader)
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                body = unpacked(self, body, headers.get("content-encoding", ""))
                status, text = self.answered(body) if line.startswith(b"POST") else (405, "")
                writer.write(_http(f"HTTP/1.1 {status} Status", text, self.media_type))
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the station has gone, or the test is over
        finally:
            writer.close()

    def answered(self, body: bytes) -> tuple[int, str]:
        """What a request is answered."""
        asked = Incoming(self, body)
        try:
            for look in self.looks_at:
                look(asked)
            action, payload = asked.action, asked.payload
            result = self.soap.served([2, asked.id[:36] or "-", action, payload], is_doubled=False)
        except Fault as fault:
            return self.status_of(fault.kind), self.edit_answer(self.fault(self, fault.about(asked)), "Fault")
        except Refused as refused:
            drawn = Fault(_KINDS[refused.code], refused.code).about(asked)
            return self.status_of(drawn.kind), self.edit_answer(self.fault(self, drawn), "Fault")
        assert result is not None
        self.station = asked.sender or self.station
        self.soap.follow(action, payload, result)
        return 200, self.edit_answer(self.written(f"{action}Response", result, asked.id), action)

    def written(self, message: str, payload: Json, id: str) -> str:
        """An answer as an envelope."""
        action = message.removesuffix("Response")
        body = (
            f"<o:{message[0].lower()}{message[1:]}>{elements(self.specification.response(action), payload)}"
        )
        headers = (
            f"<a:Action>/{message}</a:Action><a:MessageID>urn:uuid:{uuid4()}</a:MessageID>"
            f"<a:RelatesTo>{escape(id)}</a:RelatesTo><a:To>{ANONYMOUS}</a:To>"
        )
        return envelope(self, Role.CSMS, headers, f"{body}</o:{message[0].lower()}{message[1:]}>")

    async def trigger(self, action: str, wish: Mapping[str, Any] | None = None) -> None:
        """Sends a call to the station that has called last."""
        self.soap.queue(action, self.message(action, wish))

    async def post(self, action: str, payload: Json) -> Json | None:
        """A call of its own; the result, or None."""
        name = f"{action[0].lower()}{action[1:]}Request"
        headers = (
            f'<o:chargeBoxIdentity e:mustUnderstand="true">{escape(self.soap.identity)}</o:chargeBoxIdentity>'
            f"<a:Action>/{action}</a:Action><a:MessageID>urn:uuid:{uuid4()}</a:MessageID>"
            f"<a:ReplyTo><a:Address>{ANONYMOUS}</a:Address></a:ReplyTo><a:To>{escape(self.station)}</a:To>"
        )
        inner = elements(self.specification.request(action), payload)
        text = self.edit_call(
            envelope(self, Role.CHARGE_POINT, headers, f"<o:{name}>{inner}</o:{name}>"), action
        )
        async with httpx.AsyncClient(trust_env=False, timeout=5) as client:
            came = await client.post(self.station, content=text, headers={"Content-Type": self.media_type})
        answer = Incoming(self, came.content)
        if answer.content is None or etree.QName(answer.content).localname == "Fault":
            return None
        return answer.payload_of(self.specification.response(action))


class SoapSession(Session):
    """What it knows of the station."""

    def __init__(self, csms: SoapCsms) -> None:
        self.csms: Any = csms
        self.identity = ""
        self.triggered = []
        self.tasks = set()
        self.asked = ""

    def queue(self, action: str, payload: Json) -> None:
        """Calls the station."""
        if action == "TriggerMessage":
            self.triggered.append(str(payload.get("requestedMessage")))
        task = asyncio.ensure_future(self.called_out(action, payload))
        self.csms.sent.add(task)
        task.add_done_callback(self.csms.sent.discard)

    async def called_out(self, action: str, payload: Json) -> None:
        """Calls, and sends the full list if a differential one has failed."""
        try:
            answer = await self.csms.post(action, payload)
        except httpx.HTTPError:
            return
        is_failed = answer is not None and answer.get("status") in ("Failed", "VersionMismatch")
        if is_failed and payload.get("updateType") == "Differential":
            self.queue(action, payload | {"updateType": "Full"})

    def validate(self, action: str, payload: Json) -> None:
        """Whether it fits its schema."""
        try:
            from_wire(self.csms.specification.request(action), payload)
        except PayloadError:
            raise Refused("ProtocolError") from None

    def answer(self, action: str, payload: Json) -> Json:
        """The result."""
        handler = self.csms.handlers.get(action)
        return response(self.csms.specification, action, handler(self, payload) if handler else {})


class Incoming:
    """What was posted, read as far as it can be."""

    def __init__(self, receiver: Any, body: bytes) -> None:
        self.csms = receiver
        self.text = body
        self.root: etree._Element | None
        try:
            self.root = etree.fromstring(body)
        except etree.XMLSyntaxError:
            self.root = None

    def _header(self, name: str) -> str:
        found = None if self.root is None else self.root.find(f"{{*}}Header/{{{ADDRESSING}}}{name}")
        if found is None:
            return ""
        inner = found.find(f"{{{ADDRESSING}}}Address")
        return ((found if inner is None else inner).text or "").strip()

    @property
    def id(self) -> str:
        return self._header("MessageID")

    @property
    def sender(self) -> str:
        return self._header("From")

    @property
    def blocks(self) -> list[Any]:
        return [] if self.root is None else list(self.root.iterfind("{*}Header/*"))

    @property
    def content(self) -> Any:
        body = None if self.root is None else self.root.find("{*}Body")
        return body[0] if body is not None and len(body) == 1 else None

    @property
    def action(self) -> str:
        name = "" if self.content is None else etree.QName(self.content).localname.removesuffix("Request")
        return f"{name[:1].upper()}{name[1:]}"

    @property
    def payload(self) -> Json:
        return self.payload_of(self.csms.specification.request(self.action))

    def payload_of(self, cls: Any) -> Json:
        return read(cls, self.content)


class Fault(Exception):
    """A request that is answered with a fault."""

    def __init__(self, kind: str, subcode: str) -> None:
        super().__init__(subcode)
        self.kind = kind
        self.subcode = subcode
        self.id = ""

    def about(self, asked: Incoming) -> "Fault":
        """The same, about a request."""
        self.id = asked.id
        return self


# What it looks at


def is_an_envelope(asked: Incoming) -> None:
    """SOAP 1.2, with one element in the body."""
    if asked.root is None:
        raise Fault("Sender", "ProtocolError")
    if asked.root.tag != f"{{{ENVELOPE}}}Envelope":
        raise Fault("VersionMismatch", "")
    if asked.content is None:
        raise Fault("Sender", "ProtocolError")


def is_understood(asked: Incoming) -> None:
    """Nothing that must be understood, and is not."""
    for block in asked.blocks:
        is_ours = etree.QName(block).namespace in (ADDRESSING, *asked.csms.specification.namespaces.values())
        if not is_ours and block.get(f"{{{ENVELOPE}}}mustUnderstand") in ("true", "1"):
            raise Fault("MustUnderstand", "")


def is_identified(asked: Incoming) -> None:
    """A station that says who it is, in whatever letters."""
    names = {etree.QName(block).localname.lower(): (block.text or "").strip() for block in asked.blocks}
    if not names.get("chargeboxidentity"):
        raise Fault("Sender", "ProtocolError")
    asked.csms.soap.identity = names["chargeboxidentity"]


def is_known(asked: Incoming) -> None:
    """An operation of the service."""
    action = asked.csms.specification.actions.get(asked.action)
    namespace = asked.csms.specification.namespaces[Role.CSMS]
    if action is None or etree.QName(asked.content).namespace != namespace:
        raise Fault("Receiver", "NotSupported")


#: How it says what the frameless part refuses.
_KINDS = {
    "SecurityError": "Sender",
    "IdentityMismatch": "Sender",
    "ProtocolError": "Sender",
    "PropertyConstraintViolation": "Sender",
    "InternalError": "Receiver",
    "NotSupported": "Receiver",
    "NotImplemented": "Receiver",
}


# Text


def envelope(writer: Any, service: Role, headers: str, body: str) -> str:
    """An envelope, of a peer that has a specification."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<e:Envelope xmlns:e="{ENVELOPE}" xmlns:a="{ADDRESSING}" '
        f'xmlns:o="{writer.specification.namespaces[service]}">'
        f"<e:Header>{headers}</e:Header><e:Body>{body}</e:Body></e:Envelope>"
    )


def written_fault(writer: Any, fault: Fault, service: Role = Role.CSMS) -> str:
    """A fault of a service as an envelope."""
    names = {"NotImplemented": "NotSupported", "PropertyConstraintViolation": "ProtocolError"}
    subcode = names.get(fault.subcode, fault.subcode)
    sub = f"<e:Subcode><e:Value>o:{subcode}</e:Value></e:Subcode>" if subcode else ""
    body = (
        f"<e:Fault><e:Code><e:Value>e:{fault.kind}</e:Value>{sub}</e:Code>"
        '<e:Reason><e:Text xml:lang="en">no</e:Text></e:Reason></e:Fault>'
    )
    headers = (
        f"<a:Action>{ADDRESSING}/fault</a:Action><a:MessageID>urn:uuid:{uuid4()}</a:MessageID>"
        f"<a:RelatesTo>{escape(fault.id)}</a:RelatesTo>"
    )
    return envelope(writer, service, headers, body)


def elements(cls: Any, payload: Json) -> str:
    """The elements of a payload, in the order of its schema."""
    return "".join(
        _element(field, item)
        for field in shape(cls).fields
        if field.wire in payload and field.xml == "element"
        for item in (payload[field.wire] if isinstance(payload[field.wire], list) else [payload[field.wire]])
    )


def _element(field: Field, item: Any) -> str:
    kind = field.kind.item if isinstance(field.kind, ListOf) else field.kind
    if isinstance(kind, Nested) and isinstance(item, dict):
        inner = {each.xml: each for each in shape(kind.cls).fields}
        attributes = "".join(
            f' {each.wire}="{escape(str(item[each.wire]))}"'
            for each in shape(kind.cls).fields
            if each.xml == "attribute" and each.wire in item
        )
        content = escape(str(item[inner["text"].wire])) if "text" in inner else elements(kind.cls, item)
        return f"<o:{field.wire}{attributes}>{content}</o:{field.wire}>"
    text = str(item).lower() if isinstance(item, bool) else str(item)
    return f"<o:{field.wire}>{escape(text)}</o:{field.wire}>"


def read(cls: Any, element: Any) -> Json:
    """The JSON form of an element; what cannot be read is kept as text, for the schema to refuse."""
    payload: Json = {}
    fields = shape(cls).by_wire
    for field in shape(cls).fields:
        if field.xml == "attribute" and element.get(field.wire) is not None:
            payload[field.wire] = element.get(field.wire)
        elif field.xml == "text":
            payload[field.wire] = element.text or ""
    for child in element:
        if not isinstance(child.tag, str):
            continue
        name = etree.QName(child).localname
        meant = fields.get(name)
        if meant is None:
            payload[name] = child.text
        elif isinstance(meant.kind, ListOf):
            payload.setdefault(name, []).append(_value(meant.kind.item, child))
        else:
            payload[name] = _value(meant.kind, child)
    return payload


def _value(kind: Any, element: Any) -> Any:
    text = (element.text or "").strip()
    if isinstance(kind, Nested):
        return read(kind.cls, element)
    if isinstance(kind, Integer):
        return int(text) if re.fullmatch(r"[+-]?\d+", text) else text
    if isinstance(kind, Number):
        return float(text) if re.fullmatch(r"[+-]?[\d.]+", text) else text
    return text if isinstance(kind, Enumeration) else element.text or ""


# HTTP

#: How a body is unpacked.
CODINGS: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.decompress, "deflate": zlib.decompress}
#: And packed.
PACKING: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "deflate": zlib.compress}


def unpacked(reader: Any, body: bytes, coding: str) -> bytes:
    """A body as a peer reads it that knows some codings."""
    return reader.codings[coding](body) if coding in reader.codings else body


async def _headers(reader: asyncio.StreamReader) -> dict[str, str]:
    found = {}
    while (line := (await reader.readline()).decode("latin-1").strip()) != "":
        name, _, value = line.partition(":")
        found[name.lower()] = value.strip()
    return found


def _http(start: str, text: str, media_type: str) -> bytes:
    body = text.encode()
    lines = (start, f"Content-Type: {media_type}", f"Content-Length: {len(body)}", "", "")
    return "\r\n".join(lines).encode() + body

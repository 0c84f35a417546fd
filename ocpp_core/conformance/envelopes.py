"""Envelopes as the kit writes them: by hand, so that what breaks the schema can be written too."""

from collections.abc import Iterator, Mapping
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from attrs import frozen

from ocpp_core.conformance.soap_texts import ADDRESSING, ANONYMOUS, ENVELOPE
from ocpp_core.model.errors import FrameError, NoSuchAction
from ocpp_core.model.messages import Payload
from ocpp_core.model.shapes import ListOf, Nested, shape
from ocpp_core.model.versions import Role, Specification
from ocpp_core.soap.codec import SoapCodec

MEDIA_TYPE = "application/soap+xml"
CONTENT_TYPE = f"{MEDIA_TYPE}; charset=utf-8"


@frozen(kw_only=True)
class Addresses:
    """What the headers of an envelope say beside what it is.

    Attributes:
        identity: Of the station; "" leaves it out.
        sender: Where we listen.
        to: Where the other listens.
    """

    identity: str
    sender: str
    to: str


def request(
    known: Specification, receiver: Role, id: str, action: str, payload: Mapping[str, Any], where: Addresses
) -> str:
    """A request.

    Args:
        known: The version.
        receiver: Who receives it.
        id: Its MessageID.
        action: Known or not.
        payload: In the JSON form, right or wrong.
        where: Who and where.
    """
    headers = "".join(
        (
            f"<o:chargeBoxIdentity>{escape(where.identity)}</o:chargeBoxIdentity>" if where.identity else "",
            f'<a:Action s:mustUnderstand="true">/{escape(action)}</a:Action>',
            f"<a:MessageID>{escape(id)}</a:MessageID>",
            f"<a:From><a:Address>{escape(where.sender)}</a:Address></a:From>",
            f'<a:ReplyTo s:mustUnderstand="true"><a:Address>{ANONYMOUS}</a:Address></a:ReplyTo>',
            f'<a:To s:mustUnderstand="true">{escape(where.to)}</a:To>',
        )
    )
    return _envelope(known, receiver, headers, _body(known, f"{action}Request", payload))


def is_broken(known: Specification, receiver: Role, action: str, payload: Mapping[str, Any]) -> bool:
    """Whether a payload breaks its schema in XML too, where all is text, and what is empty may be valid.

    Args:
        known: The version.
        receiver: Who would receive it.
        action: One that it serves.
        payload: In the JSON form.
    """
    where = Addresses(identity="x", sender=ANONYMOUS, to=ANONYMOUS)
    text = request(known, receiver, "x", action, payload, where)
    try:
        SoapCodec(known, role=receiver, identity="x").decode(text.encode())
    except FrameError:
        return True
    return False


def response(
    known: Specification, server: Role, id: str, action: str, payload: Mapping[str, Any], made: str
) -> str:
    """A response.

    Args:
        known: The version.
        server: Who answers.
        id: MessageID of the request.
        action: Of the request.
        payload: In the JSON form, right or wrong.
        made: Its own MessageID.
    """
    headers = _answering(f"/{action}Response", id, made)
    return _envelope(known, server, headers, _body(known, f"{action}Response", payload))


def fault(known: Specification, server: Role, id: str, code: str, text: str, made: str) -> str:
    """A fault with a subcode."""
    level = "Receiver" if code in ("NotSupported", "InternalError") else "Sender"
    body = (
        f"<s:Fault><s:Code><s:Value>s:{level}</s:Value><s:Subcode><s:Value>o:{escape(code)}</s:Value></s:Subcode>"
        f'</s:Code><s:Reason><s:Text xml:lang="en">{escape(text or code)}</s:Text></s:Reason></s:Fault>'
    )
    return _envelope(known, server, _answering(f"{ADDRESSING}/fault", id, made), body)


def _answering(action: str, id: str, made: str) -> str:
    return (
        f'<a:Action s:mustUnderstand="true">{escape(action)}</a:Action>'
        f"<a:MessageID>{escape(made)}</a:MessageID><a:RelatesTo>{escape(id)}</a:RelatesTo>"
        f'<a:To s:mustUnderstand="true">{ANONYMOUS}</a:To>'
    )


def _envelope(known: Specification, service: Role, headers: str, body: str) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<s:Envelope xmlns:s="{ENVELOPE}" xmlns:a="{ADDRESSING}" xmlns:o="{known.namespaces[service]}">'
        f"<s:Header>{headers}</s:Header><s:Body>{body}</s:Body></s:Envelope>"
    )


def _body(known: Specification, message: str, payload: Mapping[str, Any]) -> str:
    name = message[:1].lower() + message[1:]
    action = message.removesuffix("Request").removesuffix("Response")
    try:
        cls = known.request(action) if message.endswith("Request") else known.response(action)
    except NoSuchAction:
        cls = None
    return _element(name, payload, cls)


def _element(name: str, value: Any, cls: type[Payload] | None) -> str:
    """An element: members in the order of the schema, those that it does not know behind them."""
    if not isinstance(value, Mapping):
        return f"<o:{name}>{escape(_text(value))}</o:{name}>"
    known = {field.wire: field for field in (() if cls is None else shape(cls).fields)}
    names = [wire for wire in known if wire in value] + [wire for wire in value if wire not in known]
    attributes = content = ""
    for wire in names:
        field, member = known.get(wire), value[wire]
        xml = "element" if field is None else field.xml
        if xml == "attribute":
            attributes += f" {wire}={quoteattr(_text(member))}"
        elif xml == "text":
            content += escape(_text(member))
        else:
            inner = None if field is None else _class_of(field.kind)
            content += "".join(_element(wire, each, inner) for each in _each(member))
    return f"<o:{name}{attributes}>{content}</o:{name}>"


def _class_of(kind: Any) -> type[Payload] | None:
    while isinstance(kind, ListOf):
        kind = kind.item
    return kind.cls if isinstance(kind, Nested) else None


def _each(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        yield from value
    else:
        yield value


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)

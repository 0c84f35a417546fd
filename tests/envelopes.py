"""Envelopes for tests: made as text, without the codec; and the judges of them: the official XML Schema and zeep."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import attrs
import pytest
from hypothesis import strategies as st
from lxml import etree

import oracle
from ocpp_core.model.messages import Payload
from ocpp_core.model.shapes import (
    Boolean,
    Enumeration,
    Field,
    Integer,
    Kind,
    ListOf,
    Nested,
    Number,
    Text,
    Timestamp,
    shape,
)
from ocpp_core.model.specifications import specification
from ocpp_core.model.timestamps import WireTimestamp
from ocpp_core.model.versions import SERVICES, Role

SOAP_VERSIONS = ("1.2", "1.5", "1.6")
ENVELOPE = "http://www.w3.org/2003/05/soap-envelope"
ADDRESSING = "http://www.w3.org/2005/08/addressing"
ANONYMOUS = f"{ADDRESSING}/anonymous"
XSI = "http://www.w3.org/2001/XMLSchema-instance"


class SoapMessage(NamedTuple):
    """A message of a service; DataTransfer is in both."""

    version: str
    receiver: Role  #: of the request
    cls: Any
    is_request: bool

    @property
    def namespace(self) -> str:
        return specification(self.version).namespaces[self.receiver]

    @property
    def element(self) -> str:
        name: str = self.cls.__name__
        return name[:1].lower() + name[1:]

    @property
    def reader(self) -> Role:
        return self.receiver if self.is_request else Role.EITHER ^ self.receiver

    @property
    def operation(self) -> str:
        action: str = self.cls.__ocpp__.action
        return action


def _messages() -> list[SoapMessage]:
    found = []
    for version in SOAP_VERSIONS:
        known = specification(version)
        for action in known.actions.values():
            if action.block == "Security":
                continue
            for receiver in (Role.CSMS, Role.CHARGE_POINT):
                if action.sent_by is Role.EITHER or action.sent_by is not receiver:
                    found.append(SoapMessage(version, receiver, known.request(action.name), True))
                    found.append(SoapMessage(version, receiver, known.response(action.name), False))
    return found


MESSAGES = _messages()
#: For pytest: ``[1.5-CentralSystemService-HeartbeatRequest]``.
ALL_MESSAGES = [
    pytest.param(each, id=f"{each.version}-{SERVICES[each.receiver]}-{each.cls.__name__}")
    for each in MESSAGES
]


# Envelopes as text


def envelope(header: str, body: str, namespace: str, root: str = "env:Envelope") -> bytes:
    """An envelope; prefixes are ``env``, ``wsa``, ``xsi``, and ``ocpp`` for `namespace`."""
    return (
        f'<{root} xmlns:env="{ENVELOPE}" xmlns:wsa="{ADDRESSING}" xmlns:xsi="{XSI}" xmlns:ocpp="{namespace}">'
        f"{header}<env:Body>{body}</env:Body></{root.split(maxsplit=1)[0]}>"
    ).encode()


def request_header(action: str, **replaced: str) -> str:
    """The header of a request; `replaced` gives other text for a block by its local name, "" for none of it."""
    blocks = {
        "chargeBoxIdentity": '<ocpp:chargeBoxIdentity env:mustUnderstand="true">CP1</ocpp:chargeBoxIdentity>',
        "Action": f'<wsa:Action env:mustUnderstand="true">/{action}</wsa:Action>',
        "MessageID": "<wsa:MessageID>m1</wsa:MessageID>",
        "From": "<wsa:From><wsa:Address>http://192.0.2.1:8080/</wsa:Address></wsa:From>",
        "ReplyTo": f"<wsa:ReplyTo><wsa:Address>{ANONYMOUS}</wsa:Address></wsa:ReplyTo>",
        "To": "<wsa:To>http://192.0.2.9/ocpp</wsa:To>",
    }
    return f"<env:Header>{''.join({**blocks, **replaced}.values())}</env:Header>"


def response_header(action: str, **replaced: str) -> str:
    """The header of a response to the request m1."""
    blocks = {
        "Action": f"<wsa:Action>/{action}Response</wsa:Action>",
        "MessageID": "<wsa:MessageID>r1</wsa:MessageID>",
        "RelatesTo": "<wsa:RelatesTo>m1</wsa:RelatesTo>",
        "To": f"<wsa:To>{ANONYMOUS}</wsa:To>",
    }
    return f"<env:Header>{''.join({**blocks, **replaced}.values())}</env:Header>"


def body_element(written: bytes) -> etree._Element:
    """The element in the body of an envelope, read by plain lxml."""
    (child,) = etree.fromstring(written).iterfind(f"{{{ENVELOPE}}}Body/*")
    return child


# The official XML Schema, without any help from `ocpp_core`


def official_wsdl(version: str, receiver: Role) -> Path:
    """The official file, or ours if the download is not there (`oracle`)."""
    return oracle.wsdls(version) / f"{SERVICES[receiver]}.wsdl"


@cache
def official_schema(version: str, receiver: Role) -> etree.XMLSchema:
    root = etree.parse(official_wsdl(version, receiver)).getroot()
    (schema,) = root.iter("{http://www.w3.org/2001/XMLSchema}schema")
    return etree.XMLSchema(etree.fromstring(etree.tostring(schema)))


def is_officially_valid(version: str, receiver: Role, element: etree._Element) -> bool:
    """Whether the official XML Schema accepts a body element."""
    return official_schema(version, receiver).validate(element)


# Valid messages


def soap_messages(cls: type[Payload]) -> st.SearchStrategy[Any]:
    """Valid messages of a class that both the XML Schema and XML itself can hold."""
    fields = {field.name: _member(field) for field in shape(cls).fields}
    return st.builds(cls, **fields)


def _member(field: Field) -> st.SearchStrategy[Any]:
    if isinstance(field.kind, ListOf):
        # No element at all is the same as None where the list is optional.
        fewest = field.soap_min_items or field.kind.min_items or (0 if field.is_required else 1)
        value: st.SearchStrategy[Any] = st.lists(
            _value(field.kind.item), min_size=fewest, max_size=fewest + 2
        )
    elif field.wire == "location" and isinstance(field.kind, Text):
        value = st.sampled_from(_LOCATIONS)  # xs:anyURI
    else:
        value = _value(field.kind)
    return value if field.is_required else st.none() | value


@cache
def _value(kind: Kind) -> st.SearchStrategy[Any]:
    match kind:
        case Text(max_length=None):
            return st.text(_CHARACTERS, max_size=12)
        case Text(max_length=int(most)):
            long = st.text(_CHARACTERS, min_size=1, max_size=3).map(lambda part: (part * most)[:most])
            return st.text(_CHARACTERS, max_size=min(most, 12)) | long
        case Integer():
            return st.sampled_from((0, 1, -1, 2**31 - 1, -(2**31))) | st.integers(-(2**31), 2**31 - 1)
        case Number():
            return st.integers(-(10**12), 10**12).map(lambda tenths: Decimal(f"{tenths}E-1"))
        case Boolean():
            return st.booleans()
        case Timestamp():
            return _moments()
        case Enumeration(enum=enum):
            return st.sampled_from(list(enum))
        case Nested(cls=cls):
            return soap_messages(cls)
        case _:
            raise TypeError(kind)


#: What XML 1.0 can hold.
_CHARACTERS = st.characters(
    exclude_categories=("Cs", "Cc"), include_characters="\t\n\r\x7f\x85", exclude_characters="\ufffe\uffff"
)
_LOCATIONS = (
    "ftp://user:password@files.example/logs/",
    "http://[2001:db8::1]:8080/firmware?version=1.2&model=x#part",
    "https://files.example/%C3%BC",
    "firmware.hex",
    "",
)
_ZONES = [timezone(timedelta(minutes=minutes)) for minutes in (0, 0, 60, -330, 345, 14 * 60, -14 * 60)]


def _moments() -> st.SearchStrategy[datetime]:
    """Within the years that every reader can hold in any zone; some finer than a microsecond."""
    plain = st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31), timezones=st.sampled_from(_ZONES))
    whole = plain.map(lambda moment: moment.replace(microsecond=0))
    return st.one_of(plain, whole, whole.map(_finer))


def _finer(moment: datetime) -> WireTimestamp:
    text = moment.replace(microsecond=123456).isoformat().replace(".123456", ".123456789")
    return WireTimestamp.of(moment.replace(microsecond=123456), text)


# zeep


@cache
def zeep_client(path: Path) -> Any:
    zeep = pytest.importorskip("zeep")
    return zeep.Client(str(path))


def zeep_element(path: Path, message: SoapMessage) -> Any:
    return zeep_client(path).get_element(f"{{{message.namespace}}}{message.element}")


def zeep_values(message: Payload, *, for_building: bool = False) -> dict[str, Any]:
    """The values of a message by wire name, as zeep has them.

    For building, what is absent is left out. When parsing, zeep gives None for it, for empty text and for
    an element without content, and an empty list where elements may repeat.
    """
    values = {}
    for field in shape(type(message)).fields:
        value = getattr(message, field.name)
        name = "_value_1" if field.xml == "text" else field.wire
        if for_building and value is None:
            continue
        if isinstance(field.kind, ListOf):
            values[name] = [_zeep_value(item, for_building) for item in value or ()]
        else:
            values[name] = _zeep_value(value, for_building)
    return values


def _zeep_value(value: Any, for_building: bool) -> Any:
    if isinstance(value, Payload):
        values = zeep_values(value, for_building=for_building)
        has_content = any(inner not in (None, []) for inner in values.values())
        return values if has_content or for_building else None
    if isinstance(value, WireTimestamp):
        return datetime.combine(value.date(), value.timetz())
    if isinstance(value, str):
        return str(value) if value or for_building else None
    return value


def parsed_by_zeep(path: Path, message: SoapMessage, element: etree._Element) -> Mapping[str, Any]:
    zeep = pytest.importorskip("zeep")
    client = zeep_client(path)
    parsed = zeep_element(path, message).parse(element, client.wsdl.types)
    values: dict[str, Any] = zeep.helpers.serialize_object(parsed, dict)
    return {} if parsed is None else values  # an element without content


def leaves(value: Any) -> list[Any]:
    """Everything in a message or violation that is no container."""
    if isinstance(value, Payload):
        fields = [getattr(value, attribute.name) for attribute in attrs.fields(type(value))]
        return leaves(fields)
    if isinstance(value, Mapping):
        return leaves(list(value.values()))
    if isinstance(value, list | tuple):
        return [leaf for item in value for leaf in leaves(item)]
    return [value]

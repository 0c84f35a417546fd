"""For people who drive zeep: a client that says what OCPP-S wants in the header, and converters for its values.

Needs the extra ``soap``, for the client only. ::

    client = zeep_client(Version.V1_6, Role.CSMS, "http://cs.example/ocpp", "CP-1", from_address="http://10.0.0.7:8080/")
    value = client.service.BootNotification(**to_zeep(v16.BootNotificationRequest(...)))
    response = from_zeep(v16.BootNotificationResponse, value)

zeep checks neither enums nor lengths, and reads an empty text as None, a fraction of a second as microseconds, and what
it cannot read as None. `from_zeep` refuses what breaks the schema; what zeep has lost before, it cannot know: an empty
text where none need be is no text.

Source: OCPP-S 1.6 §3.3-§3.9; zeep 4.3.
"""

import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timezone
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from lxml import etree

from ocpp_core._lazy import once
from ocpp_core.facts.folders import folder
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.decimals import number_text
from ocpp_core.model.errors import LocalProtocolError, PayloadError
from ocpp_core.model.extras import needed
from ocpp_core.model.messages import Call, CallResult, DataType, Payload, Request, Response
from ocpp_core.model.shapes import Enumeration, Field, Kind, ListOf, Nested, Number, Text, Timestamp, shape
from ocpp_core.model.specifications import specification
from ocpp_core.model.timestamps import WireTimestamp
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.model.versions import SERVICES, Role, Wire
from ocpp_core.model.violations import Deviations, Violation
from ocpp_core.payloads.conversion import allows, to_wire
from ocpp_core.payloads.walk import walk
from ocpp_core.soap.binding import date_time_text, read_date_time
from ocpp_core.soap.codec import SoapCodec
from ocpp_core.soap.envelopes import ADDRESSING, ANONYMOUS, ENVELOPE, MUST_UNDERSTAND
from ocpp_core.soap.text import FORBIDDEN

P = TypeVar("P", bound=Payload)

#: Who serves what, by the name of the service.
ROLES = {name: role for role, name in SERVICES.items()}

#: Where zeep keeps the text of an element that has attributes too.
_TEXT = "_value_1"
_HEADER = f"{{{ENVELOPE}}}Header"


# The client


def zeep_client(
    version: str,
    service: Role | str,
    address: str,
    identity: str,
    *,
    from_address: str | None = None,
    transport: Any = None,
    timeout: float = 30.0,
    max_size: int = 1_048_576,
    plugins: Sequence[Any] = (),
    settings: Any = None,
    wsse: Any = None,
    new_id: Callable[[], str] = lambda: uuid.uuid4().urn,
) -> Any:
    """A zeep client for one service at one address, on our WSDL.

    Args:
        version: `Version.V1_2`, `V1_5` or `V1_6`.
        service: Who serves it, or its name: `Role.CSMS` is "CentralSystemService".
        address: URL of the service.
        identity: Of the station: the caller of a CentralSystemService, the one that is called in a ChargePointService.
        from_address: Where the caller listens for requests; None if it does not.
        transport: A ``zeep.Transport`` with certificates, proxies and the like of its own. With a
            ``zeep.transports.AsyncTransport`` operations are awaited.
        timeout: Seconds for which the peer may send nothing, if there is no `transport`.
        max_size: Bytes that an answer may have, if there is no `transport`. One of yours bounds nothing itself, unpacks
            what is packed, and posts again wherever it is sent.
        plugins: Of zeep; they see requests with their headers.
        settings: Of zeep. By default no document type is read.
        wsse: As zeep has it.
        new_id: Makes the MessageID of each request.

    Returns:
        A ``zeep.Client``, or a ``zeep.AsyncClient``; ``client.service.Heartbeat()`` calls.

    Raises:
        ImportError: zeep is not installed.
        LocalProtocolError: The version has no SOAP wire or no such service; or XML cannot hold the identity.
    """
    zeep = _zeep()
    role = _role(service)
    known = specification(version)
    if Wire.SOAP not in known.error_names:
        raise LocalProtocolError(f"OCPP {known.version} has no SOAP wire")
    headers = OcppHeaders(known.namespaces[role], identity, from_address=from_address, new_id=new_id)
    client_class = zeep.Client
    if transport is None:
        from ocpp_core.adapters._zeep_transport import bounded_transport  # needs zeep

        transport = bounded_transport(timeout, max_size)
    elif isinstance(transport, zeep.transports.AsyncTransport):
        client_class = zeep.AsyncClient
    client = client_class(
        _wsdl(known.version, role),
        wsse=wsse,
        transport=transport,
        plugins=[headers, *plugins],
        settings=settings or zeep.Settings(forbid_dtd=True),
    )
    client.service._binding_options["address"] = address  # that of the WSDL means nothing
    return client


class OcppHeaders:
    """A plugin of zeep that writes the header of each request (OCPP-S 1.6 §3.3-§3.9).

    zeep itself writes Action, MessageID and To without ``mustUnderstand``, and nothing else. Other blocks stay; a
    chargeBoxIdentity that a call brings along in ``_soapheaders`` is taken in place of `identity`.

    Args:
        namespace: Of the service.
        identity: Of the station.
        from_address: Where the caller listens; None if it does not: then From is anonymous.
        new_id: Makes the MessageID of each request.
    """

    def __init__(
        self,
        namespace: str,
        identity: str,
        *,
        from_address: str | None = None,
        new_id: Callable[[], str] = lambda: uuid.uuid4().urn,
    ) -> None:
        if not identity or FORBIDDEN.search(identity + (from_address or "")):
            raise LocalProtocolError(f"neither empty nor what XML cannot hold is an identity: {identity!r}")
        self.namespace = namespace
        self.identity = identity
        self.from_address = from_address or ANONYMOUS
        self.new_id = new_id

    def egress(
        self, envelope: etree._Element, http_headers: Any, operation: Any, binding_options: Mapping[str, Any]
    ) -> tuple[etree._Element, Any]:
        """Writes the header of a request."""
        identity_tag = f"{{{self.namespace}}}chargeBoxIdentity"
        header = etree.Element(_HEADER, nsmap={"wsa": ADDRESSING, "ocpp": self.namespace})
        earlier = envelope.find(_HEADER)
        given = earlier.findtext(identity_tag) if earlier is not None else None
        _block(header, identity_tag, given or self.identity, must_understand=True)
        _block(header, f"{{{ADDRESSING}}}Action", f"/{operation.name}", must_understand=True)
        _block(header, f"{{{ADDRESSING}}}MessageID", self.new_id())
        _block(header, f"{{{ADDRESSING}}}From", address=self.from_address)
        _block(header, f"{{{ADDRESSING}}}ReplyTo", address=ANONYMOUS, must_understand=True)
        _block(header, f"{{{ADDRESSING}}}To", binding_options["address"], must_understand=True)
        if earlier is not None:
            ours = [block.tag for block in header]
            header.extend([block for block in earlier if block.tag not in ours])
            envelope.remove(earlier)
        envelope.insert(0, header)
        return envelope, http_headers

    def ingress(
        self, envelope: etree._Element, http_headers: Any, operation: Any
    ) -> tuple[etree._Element, Any]:
        """Leaves answers as they are: HTTP has paired them."""
        return envelope, http_headers


def _block(
    header: etree._Element,
    tag: str,
    text: str | None = None,
    *,
    address: str | None = None,
    must_understand: bool = False,
) -> None:
    block = etree.SubElement(header, tag)
    block.text = text
    if must_understand:
        block.set(MUST_UNDERSTAND, "true")
    if address is not None:
        etree.SubElement(block, f"{{{ADDRESSING}}}Address").text = address


def _role(service: Role | str) -> Role:
    role = service if isinstance(service, Role) else ROLES.get(service)
    if role is None or role not in SERVICES:
        raise LocalProtocolError(f"no service is called {service!r}; known are {', '.join(ROLES)}")
    return role


@once
def _wsdl(version: str, role: Role) -> Any:
    """A WSDL as zeep has read it: clients of thousands of stations share it, as nothing changes it."""
    name = SERVICES[role]
    zeep = _zeep()
    return zeep.wsdl.Document(str(folder("wsdl") / version / f"{name}.wsdl"), zeep.Transport())


def _zeep() -> Any:
    with needed("zeep_client", "zeep", "soap"):
        import zeep
    return zeep


# Ours to theirs


def to_zeep(message: Payload) -> dict[str, Any]:
    """The values of a message as zeep takes them: ``client.service.Reset(**to_zeep(request))``.

    Absent members are left out. Moments are `datetime`, numbers `Decimal`; either is text where zeep would not write
    all of it, or not as XML Schema wants it.

    Args:
        message: A request, response or data type of 1.2, 1.5 or 1.6.

    Raises:
        PayloadError: It breaks its schema.
        LocalProtocolError: SOAP has no such message.
    """
    _check(message)
    try:
        return _values(message)
    except OverflowError:
        # Only of a data type, which is checked as JSON: that carries moments as far from UTC as they are.
        fault = Violation("$", "type", "a moment is in no year of UTC", ErrorCode.TYPE_CONSTRAINT)
        raise PayloadError(type(message).__name__, [fault]) from None


def _values(payload: Payload) -> dict[str, Any]:
    return {
        _key(field): _value(value)
        for field in shape(type(payload)).fields
        if (value := getattr(payload, field.name)) is not None
    }


def _key(field: Field) -> str:
    return _TEXT if field.xml == "text" else field.wire


def _value(value: Any) -> Any:
    match value:
        case Payload():
            return _values(value)
        case list():
            return [_value(item) for item in value]
        case str():
            return str(value)  # a token is a member of an enum
        case datetime():
            text = date_time_text(value)
            moment = read_date_time(text)
            return text if isinstance(moment, WireTimestamp) else moment
        case Decimal():
            number = number_text(value)
            return number if "E" in str(Decimal(number)) else Decimal(number)
        case _:
            return value


# Theirs to ours


def from_zeep(cls: type[P], value: Any, *, tolerance: Tolerance = Tolerance.STRICT) -> P:
    """Builds a message from what zeep has read.

    A moment without a zone is taken as UTC.

    Args:
        cls: A request, response or data type of 1.2, 1.5 or 1.6.
        value: What an operation of zeep has returned: a ``CompoundValue``, None for a response without members, the one
            member of a response that can have no other. Or a mapping of such values.
        tolerance: Deviations to accept.

    Raises:
        PayloadError: It breaks the schema of `cls`; `violations` has every fault with its wire path.
    """
    found = Deviations(tolerance)
    message = walk(cls, _payload(cls, _unwrapped(cls, value)), found)
    if message is None:
        raise PayloadError(cls.__name__, [fault for fault in found.listed if not allows(tolerance, fault)])
    if not found.listed:
        _check(message)
    made: P = message
    return made


def _unwrapped(cls: type[Payload], value: Any) -> Any:
    """The members of the message itself. zeep leaves out what has only one, and adds the header if a WSDL has one."""
    members = _members(value)
    if members is not None and members.keys() == {"header", "body"}:
        return _unwrapped(cls, members["body"])
    if value is None:
        return {}
    fields = shape(cls).fields
    if len(fields) == 1 and fields[0].xml == "element" and fields[0].wire not in (members or ()):
        return {fields[0].wire: value} if members != {} else {}
    return value


def _payload(cls: type[Payload], value: Any) -> Any:
    """The JSON payload that a value of zeep stands for; what is none stays what it is."""
    members = _members(value)
    if members is None:
        return value
    payload: dict[str, Any] = {}
    for field in shape(cls).fields:
        item = members.pop(_key(field), None)
        kind = field.kind
        if isinstance(kind, ListOf):
            if isinstance(item, list):
                item = [_read(kind.item, inner) for inner in item]
            # No element at all is an empty list.
            if item or field.is_required:
                payload[field.wire] = [] if item is None else item
        elif item is not None:
            payload[field.wire] = _read(kind, item)
        elif isinstance(kind, Text) and field.is_required:
            payload[field.wire] = ""  # zeep reads empty text as None
    return {**{name: item for name, item in members.items() if item is not None}, **payload}


def _read(kind: Kind, value: Any) -> Any:
    match kind:
        case Nested(cls=cls):
            return _payload(cls, {} if value is None else value)
        case Text() if value is None:
            return ""
        case Text() | Enumeration() if isinstance(value, str):
            return str(value)
        case Timestamp():
            return _moment(value)
        case Number() if isinstance(value, str):
            try:
                return Decimal(value)
            except InvalidOperation:
                return value
        case _:
            return value


def _moment(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return read_date_time(value)
        except ValueError:
            return value
    if not isinstance(value, datetime) or isinstance(value, WireTimestamp):
        return value
    offset = value.utcoffset()
    if offset is None:
        return WireTimestamp.of(value.replace(tzinfo=UTC), value.isoformat())
    return value.replace(tzinfo=timezone(offset) if offset else UTC)  # zeep brings classes of its own


def _members(value: Any) -> dict[str, Any] | None:
    """The members of a mapping or of a ``CompoundValue``, which is told by what it can do; None for anything else."""
    if isinstance(value, Mapping):
        return dict(value)
    if hasattr(type(value), "_xsd_type"):
        return {name: value[name] for name in value}
    return None


# Both


def _check(message: Payload) -> None:
    """Raises if a message cannot be sent as it is."""
    match message:
        case Request():
            _codec(message.__ocpp__.version).encode(Call("-", message))
        case Response():
            _codec(message.__ocpp__.version).encode(CallResult("-", message))
        case DataType():
            to_wire(message)
        case _:
            raise LocalProtocolError(f"{type(message).__name__} is nothing that SOAP could carry")


@once
def _codec(version: str) -> SoapCodec:
    return SoapCodec(version, identity="-")


__all__ = ["OcppHeaders", "from_zeep", "to_zeep", "zeep_client"]

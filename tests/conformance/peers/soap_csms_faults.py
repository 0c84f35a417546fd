"""CSMSs on the SOAP wire with one fault each: what is changed in the faultless one, and the one rule that it breaks."""

import re
from collections.abc import Callable
from typing import Any

from attrs import field, frozen

from conformance.peers import csms_ways as ways
from conformance.peers.csms import Refused
from conformance.peers.soap_csms import (
    ADDRESSING,
    Incoming,
    SoapCsms,
    SoapSession,
    is_an_envelope,
    is_identified,
    is_known,
    is_understood,
)
from conformance.peers.soap_csms import (
    Fault as SoapFault,
)
from ocpp_core.conformance.requests import response
from ocpp_core.model.errors import PayloadError
from ocpp_core.model.versions import Role
from ocpp_core.payloads.conversion import from_wire

Json = dict[str, Any]
ALL = ("1.6", "1.5", "1.2")


@frozen
class Fault:
    """One fault; see `csms_faults.Fault`."""

    name: str
    rule: str
    change: Callable[[SoapCsms], None]
    versions: tuple[str, ...] = ALL
    registration: str = "Accepted"
    known: tuple[str, ...] = field(factory=tuple)

    def csms(self, version: str) -> SoapCsms:
        """A CSMS that has it."""
        csms = SoapCsms(version, self.registration)
        self.change(csms)
        return csms


def _answering(edit: Callable[[str, str], str], *, faults: bool = False) -> Callable[[SoapCsms], None]:
    """Changes answers as text: results, or faults."""

    def change(csms: SoapCsms) -> None:
        csms.edit_answer = lambda text, action: edit(text, action) if (action == "Fault") is faults else text

    return change


def _replacing(
    old: str, new: str | Callable[[re.Match[str]], str], *, faults: bool = False
) -> Callable[[SoapCsms], None]:
    """The same, by a regular expression."""
    return _answering(lambda text, _: re.sub(old, new, text), faults=faults)


def _calling(old: str, new: str) -> Callable[[SoapCsms], None]:
    """Changes its own calls as text."""

    def change(csms: SoapCsms) -> None:
        csms.edit_call = lambda text, _: re.sub(old, new, text)

    return change


def _fragile(csms: SoapCsms) -> None:
    """Does not serve what comes after a fault of another kind."""
    has_failed: list[bool] = []

    async def post(action: str, payload: Json) -> Json | None:
        answer = await SoapCsms.post(csms, action, payload)
        has_failed.extend([True] if answer is None else [])
        return answer

    def refuse(_: SoapSession, __: str, ___: Json) -> None:
        if has_failed:
            has_failed.clear()
            raise Refused("InternalError")

    csms.post = post  # type: ignore[method-assign]
    csms.refusals.append(refuse)  # type: ignore[arg-type]


def _unpacks_no_gzip(csms: SoapCsms) -> None:
    del csms.codings["gzip"]


def _keeps_first(csms: SoapCsms) -> None:
    answered = csms.answered

    def kept(body: bytes) -> tuple[int, str]:
        first, answer = csms.station, answered(body)
        csms.station = first or csms.station
        return answer

    csms.answered = kept  # type: ignore[method-assign]


def _without(*looks: Callable[[Incoming], None]) -> Callable[[SoapCsms], None]:
    """Does not look at something."""

    def change(csms: SoapCsms) -> None:
        csms.looks_at = [look for look in csms.looks_at if look not in looks]

    return change


def _looking(look: Callable[[Incoming], None]) -> Callable[[SoapCsms], None]:
    """Looks at something more."""

    def change(csms: SoapCsms) -> None:
        csms.looks_at.append(look)

    return change


def _identity_in_namespace_of_stations(csms: SoapCsms) -> None:
    space = csms.specification.namespaces[Role.CHARGE_POINT]
    block = f'<s:chargeBoxIdentity xmlns:s="{space}">CS-1</s:chargeBoxIdentity></e:Header>'
    csms.edit_answer = lambda text, _: text.replace("</e:Header>", block)


def _long_action(csms: SoapCsms) -> None:
    prefix = f"{csms.specification.namespaces[Role.CSMS]}CentralSystemService/"
    csms.edit_answer = lambda text, action: text.replace("<a:Action>/", f"<a:Action>{prefix}")


def _order(text: str, action: str) -> str:
    return re.sub(r"(<o:status>\w+</o:status>)(<o:currentTime>.*?</o:currentTime>)", r"\2\1", text)


def _nil(text: str, action: str) -> str:
    return text.replace("</o:idTagInfo>", "<o:parentIdTag></o:parentIdTag></o:idTagInfo>")


def _strict_header(asked: Incoming) -> None:
    if not any(block.tag.endswith("}chargeBoxIdentity") for block in asked.blocks):
        raise SoapFault("Sender", "ProtocolError")


def _nobody(asked: Incoming) -> None:
    """Takes a request without an identity for one of a station."""
    try:
        is_identified(asked)
    except SoapFault:
        asked.csms.soap.identity = "nobody"


def _lenient_identity(csms: SoapCsms) -> None:
    csms.looks_at = [is_an_envelope, is_understood, _nobody, is_known]


def _answers_elsewhere(csms: SoapCsms) -> None:
    def answered(body: bytes) -> tuple[int, str]:
        return (202, "") if b"elsewhere" in body else SoapCsms.answered(csms, body)

    csms.answered = answered  # type: ignore[method-assign]


def _serves(word: bytes) -> Callable[[SoapCsms], None]:
    """Answers what holds a word as if it were a heartbeat."""

    def change(csms: SoapCsms) -> None:
        def answered(body: bytes) -> tuple[int, str]:
            if word not in body:
                return SoapCsms.answered(csms, body)
            id = re.search(rb"MessageID[^>]*>([^<]+)<", body)
            return 200, csms.written(
                "HeartbeatResponse", csms.soap.answer("Heartbeat", {}), id[1].decode() if id else ""
            )

        csms.answered = answered  # type: ignore[method-assign]

    return change


def _mended(csms: SoapCsms) -> None:
    """Answers a body that is cut short as if it were whole."""

    def answered(body: bytes) -> tuple[int, str]:
        status, text = SoapCsms.answered(csms, body)
        if not body.rstrip().endswith(b"Envelope>"):
            id = re.search(rb"MessageID[^>]*>([^<]+)<", body)
            result = csms.soap.answer("Heartbeat", {})
            return 200, csms.written("HeartbeatResponse", result, id[1].decode() if id else "")
        return status, text

    csms.answered = answered  # type: ignore[method-assign]


def _not_accepted(csms: SoapCsms) -> None:
    csms.soap.gate = lambda action: None  # type: ignore[method-assign]


def _refusing(action: str) -> Callable[[SoapCsms], None]:
    def change(csms: SoapCsms) -> None:
        ways.refusing(action)(csms)

    return change


def _accepting(keyword: str) -> Callable[[SoapCsms], None]:
    """Serves requests that break a rule of their schema."""

    def change(csms: SoapCsms) -> None:
        def validate(action: str, payload: Json) -> None:
            try:
                from_wire(csms.specification.request(action), payload)
            except PayloadError as error:
                if error.violations[0].keyword != keyword:
                    raise Refused("ProtocolError") from None

        def answer(action: str, payload: Json) -> Json:
            try:
                return SoapSession.answer(csms.soap, action, payload)
            except (KeyError, TypeError, AttributeError, ValueError):
                return response(csms.specification, action, {"status": csms.registration})

        csms.soap.validate = validate  # type: ignore[method-assign]
        csms.soap.answer = answer  # type: ignore[method-assign]

    return change


def _constant_id(csms: SoapCsms) -> None:
    csms.edit_call = lambda text, _: re.sub(r"urn:uuid:[0-9a-f-]+", "urn:uuid:1", text)


FAULTS: tuple[Fault, ...] = (
    Fault(
        "an HTML page for an answer",
        "envelope.answer",
        _answering(lambda text, action: "<html><body/></html>" if action == "Heartbeat" else text),
    ),
    Fault("no XML declaration", "envelope.declaration", _replacing(r"^<\?xml[^>]*\?>", "")),
    Fault(
        "no RelatesTo",
        "envelope.relates-to",
        _replacing(r"<a:RelatesTo>.*?</a:RelatesTo>", ""),
        known=("XP-15",),
    ),
    Fault(
        "another RelatesTo",
        "envelope.relates-to",
        _replacing(r"(<a:RelatesTo>)[^<]+", r"\1urn:uuid:other"),
        known=("XP-15",),
    ),
    Fault(
        "the long Action of frameworks", "envelope.action", _long_action, ("1.6", "1.5"), known=("KB-101",)
    ),
    Fault("no Action", "envelope.action", _replacing(r"<a:Action>.*?</a:Action>", "")),
    Fault(
        "the namespace of stations",
        "envelope.namespace",
        _identity_in_namespace_of_stations,
        known=("KB-100",),
    ),
    Fault(
        "another name for an answer", "envelope.body-name", _replacing("heartbeatResponse", "heartbeatAnswer")
    ),
    Fault(
        "calls in the namespace of its own service",
        "envelope.call-namespace",
        _calling("Ocpp/Cp/", "Ocpp/Cs/"),
    ),
    Fault("elements out of order", "envelope.order", _answering(_order), known=("XP-15",)),
    Fault("empty elements", "envelope.nil", _answering(_nil)),
    Fault("wants chargeBoxIdentity in these letters", "envelope.header-case", _looking(_strict_header)),
    Fault("answers elsewhere", "envelope.reply-to", _answers_elsewhere),
    Fault("serves nobody", "envelope.no-identity", _lenient_identity),
    Fault("ignores what must be understood", "envelope.must-understand", _without(is_understood)),
    Fault("serves operations that there are not", "envelope.unknown-action", _serves(b"makeCoffeeRequest")),
    Fault("serves SOAP 1.1", "envelope.soap11", _serves(b"schemas.xmlsoap.org/soap/envelope")),
    Fault("serves what is cut short", "envelope.broken", _mended),
    Fault(
        "faults without a reason",
        "envelope.fault-shape",
        _replacing(r"<e:Reason>.*?</e:Reason>", "", faults=True),
    ),
    Fault(
        "sub-codes of the JSON wire",
        "envelope.fault-code",
        _replacing(r"o:(NotSupported|ProtocolError)", "o:FormationViolation", faults=True),
        known=("XP-15",),
    ),
    Fault(
        "Sender and Receiver swapped",
        "envelope.fault-code",
        _replacing(
            r"e:(Sender|Receiver)<",
            lambda found: "e:Receiver<" if found[1] == "Sender" else "e:Sender<",
            faults=True,
        ),
    ),
    Fault(
        "sub-codes in the namespace of the envelope",
        "envelope.fault-namespace",
        _replacing(r"<e:Value>o:", "<e:Value>e:", faults=True),
    ),
    Fault(
        "faults with HTTP 200",
        "envelope.fault-status",
        lambda csms: setattr(csms, "status_of", lambda _: 200),
        known=("XP-15",),
    ),
    Fault("text/xml", "envelope.media-type", lambda csms: setattr(csms, "media_type", "text/xml")),
    Fault("calls nobody", "envelope.call-identity", _calling(r">CS-1<", ">CS-2<")),
    Fault("calls without an Action", "envelope.call-action", _calling(r"<a:Action>/", "<a:Action>")),
    Fault("one id for all calls", "envelope.call-id", _constant_id),
    Fault(
        "calls with an answer elsewhere",
        "envelope.call-reply-to",
        _calling(f"<a:Address>{ADDRESSING}/anonymous", "<a:Address>http://127.0.0.1:9/"),
    ),
    Fault("calls to nowhere", "envelope.call-to", _calling(r"<a:To>[^<]*", "<a:To>http://127.0.0.1:9/")),
    Fault("calls at the address that it heard first", "envelope.call-latest", _keeps_first),
    Fault(
        "calls that relate to something",
        "envelope.call-relates-to",
        _calling(r"<a:To>", "<a:RelatesTo>urn:uuid:0</a:RelatesTo><a:To>"),
    ),
    Fault("stops at a fault that it does not know", "envelope.any-fault", _fragile),
    Fault("unpacks no gzip", "envelope.coding", _unpacks_no_gzip),
    Fault("unpacks nothing", "envelope.coding", lambda csms: csms.codings.clear()),
    Fault(
        "accepts what nobody knows of a vendor",
        "data-transfer.unknown-message",
        ways.editing(
            "DataTransfer",
            lambda result, _: (
                result | ({"status": "Accepted"} if result["status"] == "UnknownMessageId" else {})
            ),
        ),
        ("1.6", "1.5"),
    ),
    Fault("no registration", "boot.not-accepted", _not_accepted, ALL, "Rejected", ("KB-21",)),
    Fault("does not serve heartbeats", "heartbeat.answered", _refusing("Heartbeat")),
    Fault(
        "a boot a year ago", "boot.time", ways.saying("BootNotification", currentTime=ways.later(days=-365))
    ),
    Fault(
        "a boot time without its offset",
        "boot.time-zone",
        ways.editing(
            "BootNotification", lambda result, _: result | {"currentTime": result["currentTime"][:-1]}
        ),
    ),
    Fault(
        "a heartbeat without its offset",
        "heartbeat.time-zone",
        ways.editing("Heartbeat", lambda result, _: {"currentTime": result["currentTime"][:-1]}),
    ),
    Fault(
        "DataTransfer without a status",
        "payload.answer-required",
        _answering(
            lambda text, action: (
                re.sub(r"<o:status>\w+</o:status>", "", text) if action == "DataTransfer" else text
            )
        ),
        ("1.6", "1.5"),
        known=("KB-29",),
    ),
    Fault(
        "an element too many",
        "payload.answer-unknown-member",
        _answering(
            lambda text, action: (
                text.replace("<o:currentTime>", "<o:more>1</o:more><o:currentTime>")
                if action == "Heartbeat"
                else text
            )
        ),
    ),
    Fault(
        "serves requests that lack an element", "refuse.required", _accepting("required"), known=("KB-96",)
    ),
    Fault("serves requests with unknown tokens", "refuse.enum", _accepting("enum")),
    Fault(
        "Invalid for a blocked token",
        "authorize.blocked",
        ways.telling("Authorize", lambda told, _: "Invalid" if told == "Blocked" else told),
        known=("KB-31",),
    ),
    Fault(
        "transaction id 1 for all",
        "transaction.ids-differ",
        ways.saying("StartTransaction", transactionId=1),
        known=("KB-16",),
    ),
    Fault(
        "an error for connector 0",
        "status.connector-zero",
        ways.refusing("StatusNotification", when=lambda request: request["connectorId"] == 0),
    ),
)

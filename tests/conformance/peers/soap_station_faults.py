"""Stations on the SOAP wire with one fault each: what is changed in the faultless one, and the one rule that it breaks.

What is wrong with an envelope stands here; what a station does wrongly on both wires is taken from the other tables.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from functools import reduce
from typing import Any

from attrs import field, frozen
from lxml import etree

from conformance.peers.soap_csms import ANONYMOUS, Incoming, is_understood
from conformance.peers.soap_csms import Fault as SoapFault
from conformance.peers.soap_station import SoapStation, is_for_us
from conformance.peers.station import Failed
from conformance.peers.station_answers import Refused
from conformance.peers.station_faults import BOOTS, TRANSACTIONS
from conformance.peers.station_faults_more import MORE
from conformance.peers.station_faults_settings import SETTINGS_FAULTS
from ocpp_core.conformance.requests import request
from ocpp_core.conformance.rules import rules
from ocpp_core.model.versions import Role, Wire

Json = dict[str, Any]
Edit = Callable[[str, str], str]
ALL = ("1.6", "1.5", "1.2")
WITH_CONFIGURATION = ("1.6", "1.5")


@frozen
class Fault:
    """One fault; see `station_ways.Fault`."""

    name: str
    rule: str
    change: Callable[[SoapStation], Any]
    versions: tuple[str, ...] = ALL
    known: tuple[str, ...] = field(factory=tuple)

    def station(self, version: str) -> SoapStation:
        """A station that has it."""
        station = SoapStation(version)
        self.change(station)
        return station


def answering(edit: Edit, *, faults: bool = False) -> Callable[[SoapStation], None]:
    """Changes answers as text: results, or faults."""

    def change(station: SoapStation) -> None:
        station.edit_answer = lambda text, action: (
            edit(text, action) if (action == "Fault") is faults else text
        )

    return change


def replacing(
    old: str, new: str | Callable[[re.Match[str]], str], *, faults: bool = False
) -> Callable[[SoapStation], None]:
    """The same, by a regular expression."""
    return answering(lambda text, _: re.sub(old, new, text), faults=faults)


def calling(old: str, new: str, *actions: str) -> Callable[[SoapStation], None]:
    """Changes its own calls as text: all, or those of some actions."""

    def change(station: SoapStation) -> None:
        station.edit_call = lambda text, action: (
            re.sub(old, new, text) if not actions or action in actions else text
        )

    return change


def of(action: str, old: str, new: str) -> Callable[[SoapStation], None]:
    """Changes the answers to one action as text."""
    return answering(lambda text, name: re.sub(old, new, text) if name == action else text)


def without(look: Callable[[Incoming], None]) -> Callable[[SoapStation], None]:
    """Does not look at something."""

    def change(station: SoapStation) -> None:
        station.looks_at.remove(look)

    return change


def looking(look: Callable[[Incoming], None]) -> Callable[[SoapStation], None]:
    """Looks at something more."""
    return lambda station: station.looks_at.append(look)


def _strict_header(asked: Incoming) -> None:
    if not any(block.tag.endswith("}chargeBoxIdentity") for block in asked.blocks):
        raise SoapFault("Sender", "ProtocolError")


def _another_subcode(station: SoapStation) -> None:
    def look(asked: Incoming) -> None:
        try:
            is_for_us(asked)
        except SoapFault:
            raise SoapFault("Sender", "SecurityError") from None

    station.looks_at[-1] = look


def _anything_unknown(station: SoapStation) -> None:
    handle = station.answer
    first = "GetConfiguration" if "GetConfiguration" in station.specification.actions else "ClearCache"

    def answer(action: str, payload: Json) -> Json | None:
        return handle(action if action in station.specification.actions else first, payload)

    station.answer = answer  # type: ignore[method-assign]


def _serves_soap11(station: SoapStation) -> None:
    handle = station.looks_at[0]

    def look(asked: Incoming) -> None:
        if b"schemas.xmlsoap.org/soap/envelope" not in asked.text:
            handle(asked)

    station.looks_at = [look, *station.looks_at[1:]]


def _one_id(station: SoapStation) -> None:
    station.edit_call = lambda text, _: re.sub(r"(<a:MessageID>)[^<]+", r"\1urn:uuid:1", text)


def once(*edits: tuple[str, str]) -> Callable[[SoapStation], None]:
    """Tells one more status, changed as text, before anything else: what it is got to send is as it should be."""

    def change(station: SoapStation) -> None:
        async def begin() -> None:
            station.edit_call = lambda text, _: reduce(
                lambda said, edit: re.sub(edit[0], edit[1], said), edits, text
            )
            await station.notify(1)
            station.edit_call = lambda text, _: text
            await SoapStation.begin(station)

        station.begin = begin  # type: ignore[method-assign]

    return change


def _mended(station: SoapStation) -> None:
    """Serves a body that is cut short as if it were whole."""
    handle = station.looks_at[0]

    def look(asked: Incoming) -> None:
        if asked.root is None:
            asked.root = etree.fromstring(asked.text, etree.XMLParser(recover=True))
        handle(asked)

    station.looks_at[0] = look


def _elsewhere(station: SoapStation) -> None:
    def look(asked: Incoming) -> None:
        if b"elsewhere" in asked.text:
            raise SoapFault("", "")

    station.looks_at.append(look)
    faulty = station.faulty
    station.faulty = lambda fault: (  # type: ignore[method-assign]
        faulty(fault) if fault.kind else station._response(202, "")
    )


#: What is wrong with what it answers.
ANSWERS = [
    Fault(
        "an HTML page for an answer",
        "envelope.answer",
        answering(lambda text, action: "<html><body/></html>"),
    ),
    Fault("no XML declaration", "envelope.declaration", replacing(r"^<\?xml[^>]*\?>", "")),
    Fault("no RelatesTo", "envelope.relates-to", replacing(r"<a:RelatesTo>.*?</a:RelatesTo>", "")),
    Fault(
        "another RelatesTo", "envelope.relates-to", replacing(r"(<a:RelatesTo>)[^<]+", r"\1urn:uuid:other")
    ),
    Fault("an Action of requests", "envelope.action", replacing(r"(<a:Action>/\w+)Response<", r"\1<")),
    Fault("answers in the namespace of CSMSs", "envelope.namespace", replacing("Ocpp/Cp/", "Ocpp/Cs/")),
    Fault(
        "another name for an answer",
        "envelope.body-name",
        replacing("(getConfiguration|clearCache)Response", r"\1Answer"),
    ),
    Fault(
        "settings out of order",
        "envelope.order",
        replacing(r"(<o:key>[^<]*</o:key>)(<o:readonly>\w+</o:readonly>)", r"\2\1"),
        WITH_CONFIGURATION,
    ),
    Fault(
        "nil for a value",
        "envelope.nil",
        replacing(
            r"<o:value></o:value>",
            '<o:value xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true"/>',
        ),
        WITH_CONFIGURATION,
    ),
    Fault("unpacks no deflate", "envelope.coding", lambda station: station.codings.pop("deflate")),
    Fault("unpacks nothing", "envelope.coding", lambda station: station.codings.clear()),
    Fault("wants chargeBoxIdentity in these letters", "envelope.header-case", looking(_strict_header)),
    Fault("answers elsewhere", "envelope.reply-to", _elsewhere),
    Fault("serves requests to others", "envelope.identity-mismatch", without(is_for_us)),
    Fault("SecurityError for another identity", "envelope.identity-mismatch", _another_subcode),
    Fault("ignores what must be understood", "envelope.must-understand", without(is_understood)),
    Fault("serves operations that there are not", "envelope.unknown-action", _anything_unknown),
    Fault("serves what is cut short", "envelope.broken", _mended),
    Fault("serves SOAP 1.1", "envelope.soap11", _serves_soap11),
    Fault(
        "faults without a reason",
        "envelope.fault-shape",
        replacing(r"<e:Reason>.*?</e:Reason>", "", faults=True),
    ),
    Fault(
        "sub-codes of the JSON wire",
        "envelope.fault-code",
        replacing(r"o:(NotSupported|ProtocolError)", "o:FormationViolation", faults=True),
    ),
    Fault(
        "sub-codes in the namespace of the envelope",
        "envelope.fault-namespace",
        replacing(r"<e:Value>o:", "<e:Value>e:", faults=True),
    ),
    Fault(
        "faults with HTTP 200",
        "envelope.fault-status",
        lambda station: setattr(station, "status_of", lambda _: 200),
    ),
    Fault("text/xml", "envelope.media-type", lambda station: setattr(station, "media_type", "text/xml")),
]


def _fragile(station: SoapStation) -> None:
    """Serves nothing more after a fault of another kind."""
    call, answer, strange = station.call, station.answer, list[str]()

    async def calling(action: str, payload: Json) -> Json:
        try:
            return await call(action, payload)
        except Failed as failed:
            strange.extend({str(failed)} - set(station.codes.values()) - {action})
            raise

    def serving(action: str, payload: Json) -> Json | None:
        if strange:
            raise Refused("InternalError")
        return answer(action, payload)

    station.call, station.answer = calling, serving  # type: ignore[method-assign]


def _says_again(station: SoapStation) -> None:
    """Says once more what was answered with a fault."""

    async def quietly(action: str, members: Json) -> None:
        payload = request(station.specification, action, members)
        try:
            await station.call(action, payload)
        except Failed:
            with suppress(Failed):
                await station.call(action, payload)

    station.quietly = quietly  # type: ignore[method-assign]


#: What is wrong with what it asks.
CALLS = [
    Fault("stops at a fault that it does not know", "envelope.any-fault", _fragile, ALL[:1]),
    Fault("says what nobody takes again", "envelope.not-again", _says_again, ALL[:1]),
    Fault(
        "SOAP 1.1",
        "envelope.request",
        once((r"http://www.w3.org/2003/05/soap-envelope", "http://schemas.xmlsoap.org/soap/envelope/")),
    ),
    Fault(
        "no identity",
        "envelope.request-identity",
        calling(r"<o:chargeBoxIdentity>.*?</o:chargeBoxIdentity>", "", "Heartbeat", "StatusNotification"),
    ),
    Fault("no slash in Action", "envelope.request-action", calling(r"<a:Action>/", "<a:Action>")),
    Fault("one id for all", "envelope.request-id", _one_id),
    Fault(
        "no id",
        "envelope.request-id",
        calling(r"<a:MessageID>.*?</a:MessageID>", "", "Heartbeat", "StatusNotification"),
    ),
    Fault(
        "relates to something",
        "envelope.request-relates-to",
        calling(r"</a:MessageID>", "</a:MessageID><a:RelatesTo>urn:uuid:1</a:RelatesTo>"),
    ),
    Fault(
        "no From",
        "envelope.request-from",
        calling(r"<a:From>.*?</a:From>", "", "Heartbeat", "StatusNotification"),
    ),
    Fault(
        "From that is no address",
        "envelope.request-from",
        calling(r"(<a:From><a:Address>)[^<]+", r"\1STATION-1", "Heartbeat", "StatusNotification"),
    ),
    Fault(
        "From that is nobody's address",
        "envelope.request-from",
        calling(r"(<a:From><a:Address>)[^<]+", rf"\1{ANONYMOUS}", "Heartbeat", "StatusNotification"),
    ),
    Fault(
        "has moved, and does not boot",
        "envelope.request-moved",
        calling(r"(<a:From><a:Address>)[^<]+", r"\1http://elsewhere.example/", "StatusNotification"),
    ),
    Fault(
        "no To",
        "envelope.request-to",
        calling(r"<a:To>.*?</a:To>", "", "Heartbeat", "StatusNotification"),
    ),
    Fault(
        "says that nobody is called",
        "envelope.request-to",
        calling(r"<a:To>.*?</a:To>", f"<a:To>{ANONYMOUS}</a:To>", "Heartbeat", "StatusNotification"),
    ),
    Fault(
        "wants answers elsewhere",
        "envelope.request-reply-to",
        calling(r"(<a:ReplyTo><a:Address>)[^<]+", r"\1http://127.0.0.1:9/"),
    ),
    Fault(
        "asks in the namespace of stations",
        "envelope.request-namespace",
        calling("Ocpp/Cs/", "Ocpp/Cp/", "StatusNotification"),
    ),
]

#: What is wrong with a message by itself.
PAYLOADS = [
    Fault(
        "a status that there is not",
        "payload.answer-value",
        of("UnlockConnector", r"(<o:status>)\w+", r"\1Perhaps"),
    ),
    Fault(
        "an answer without its status",
        "payload.answer-required",
        of("UnlockConnector", r"<o:status>\w+</o:status>", ""),
    ),
    Fault(
        "truth that is none",
        "payload.answer-type",
        of("GetConfiguration", r"(<o:readonly>)\w+", r"\1perhaps"),
        WITH_CONFIGURATION,
    ),
    Fault(
        "an element too many",
        "payload.answer-unknown-member",
        of("UnlockConnector", r"</o:status>", "</o:status><o:more>1</o:more>"),
    ),
    Fault(
        "asks for what there is not",
        "payload.request-action",
        once(("statusNotificationRequest", "makeCoffeeRequest"), ("/StatusNotification", "/MakeCoffee")),
    ),
    Fault(
        "asks for what stations serve",
        "payload.request-action",
        once(("statusNotificationRequest", "clearCacheRequest"), ("/StatusNotification", "/ClearCache")),
    ),
    Fault(
        "a connector that is no number",
        "payload.request-type",
        calling(r"(<o:connectorId>)\d+", r"\1one", "StatusNotification"),
    ),
    Fault(
        "no connector",
        "payload.request-required",
        calling(r"<o:connectorId>\d+</o:connectorId>", "", "StatusNotification"),
    ),
    Fault(
        "a status of its own",
        "payload.request-value",
        calling(r"(<o:status>)\w+", r"\1Asleep", "StatusNotification"),
    ),
    Fault(
        "a status of 1.6",
        "payload.request-value",
        calling(r"(<o:status>)\w+", r"\1Preparing", "StatusNotification"),
        ("1.5", "1.2"),
    ),
    Fault(
        "the unit of a reading as an element",
        "payload.request-unknown-member",
        once(
            (
                r"<o:statusNotificationRequest>.*</o:statusNotificationRequest>",
                "<o:meterValuesRequest><o:connectorId>1</o:connectorId><o:values>"
                "<o:timestamp>2026-01-01T00:00:00Z</o:timestamp><o:value>10<o:unit>Wh</o:unit></o:value>"
                "</o:values></o:meterValuesRequest>",
            ),
            ("/StatusNotification", "/MeterValues"),
        ),
        ("1.5",),
    ),
    Fault(
        "a member of its own",
        "payload.request-unknown-member",
        calling(
            r"</o:statusNotificationRequest>",
            "<o:more>1</o:more></o:statusNotificationRequest>",
            "StatusNotification",
        ),
    ),
]


def _bound(rule: str, versions: tuple[str, ...]) -> tuple[str, ...]:
    """The versions of this wire in which a rule binds stations."""
    return tuple(each for each in versions if rules()[rule].binds(Role.CHARGE_POINT, each, Wire.SOAP))


#: What is no fault on this wire, which has no security event; and what is one in 1.6 alone, which has the status.
_ELSEWHERE = {"security event before acceptance"}
_OF_16 = {"unlocks what there is not"}
#: Faults of both wires, in the versions of this one in which their rule binds.
SHARED = [
    Fault(fault.name, fault.rule, fault.change, versions, fault.known)
    for fault in (*BOOTS, *TRANSACTIONS, *SETTINGS_FAULTS, *MORE)
    if "1.6" in fault.versions and fault.name not in _ELSEWHERE
    if (versions := _bound(fault.rule, ALL[:1] if fault.name in _OF_16 else ALL))
]

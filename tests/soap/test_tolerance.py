"""What strict and tolerant reading make of each deviation of an envelope, and that each rule decides alone."""

from datetime import timedelta, timezone
from decimal import Decimal
from typing import Any

import attrs
import pytest

from envelopes import ADDRESSING, ANONYMOUS, envelope, request_header, response_header
from ocpp_core import v15, v16
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import FrameError
from ocpp_core.model.messages import MISSING
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.model.versions import ERROR_NAMES_SOAP
from ocpp_core.soap.codec import SoapCodec
from odd_envelopes import PARTS, REFUSED, Row
from sample_envelopes import (
    BOOT,
    BOOT_ANSWER,
    BOOT_RESPONSE,
    BOOTED,
    CP_16,
    CS_15,
    CS_16,
    NOON,
    NOON_TEXT,
    START,
    STARTED,
    STATION,
    TIME_1_5,
    address,
    boot,
    booted,
    labels,
    read,
    start,
)


def meter_values_1_5(values: str) -> bytes:
    body = (
        f"<ocpp:meterValuesRequest><ocpp:connectorId>1</ocpp:connectorId>{values}</ocpp:meterValuesRequest>"
    )
    return envelope(request_header("MeterValues"), body, CS_15)


def metered_1_5(**attributes: Any) -> v15.MeterValuesRequest:
    value = v15.SampledValue(value="5", **attributes)
    return v15.MeterValuesRequest(connector_id=1, values=[v15.MeterValue(timestamp=NOON, value=[value])])


WSA_2003 = "http://schemas.xmlsoap.org/ws/2003/03/addressing"
WSA_2004 = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
OLD = f'xmlns:old="{WSA_2004}"'
WATT_HOURS = {"unit": v15.UnitOfMeasure.WH, "context": v15.ReadingContext.SAMPLE_CLOCK}

ROWS = {
    "no_message_id": Row(boot(MessageID=""), REFUSED, {"no_message_id"}, BOOTED, message_id=None),
    "no_message_id-empty": Row(
        boot(MessageID="<wsa:MessageID> </wsa:MessageID>"), REFUSED, {"no_message_id"}, BOOTED
    ),
    "no_identity": Row(boot(chargeBoxIdentity=""), REFUSED, {"no_identity"}, BOOTED, identity=None),
    "no_action": Row(boot(Action=""), REFUSED, {"no_action"}, BOOTED, action=None),
    "no_from": Row(boot(From=""), set(), set(), BOOTED, from_=None),
    "no_from-anonymous": Row(boot(**address("From", ANONYMOUS)), set(), set(), BOOTED, from_=ANONYMOUS),
    "no_from-and-no-reply_to": Row(
        boot(From="", ReplyTo=""), set(), set(), BOOTED, from_=None, reply_to=None
    ),
    "from_empty_host": Row(
        boot(**address("From", "http://:8082/")), set(), set(), BOOTED, from_="http://:8082/"
    ),
    "reply_to_other": Row(
        boot(**address("ReplyTo", "http://a/")), REFUSED, {"reply_to_other"}, BOOTED, reply_to="http://a/"
    ),
    "to_mismatch": Row(boot(To="<wsa:To>http://proxy/</wsa:To>"), set(), set(), BOOTED, to="http://proxy/"),
    "no_header": Row(
        envelope("", BOOT_RESPONSE, CS_16), REFUSED, {"no_header"}, BOOT_ANSWER, role=STATION, relates_to=None
    ),
    "no_header-empty": Row(
        envelope("<env:Header/>", BOOT_RESPONSE, CS_16), REFUSED, {"no_header"}, BOOT_ANSWER, role=STATION
    ),
    "relates_to-missing": Row(
        booted(RelatesTo=""), REFUSED, {"relates_to"}, BOOT_ANSWER, role=STATION, relates_to=None
    ),
    "relates_to-own-id": Row(
        booted(RelatesTo="<wsa:RelatesTo>r1</wsa:RelatesTo>"),
        REFUSED,
        {"relates_to"},
        BOOT_ANSWER,
        role=STATION,
        relates_to="r1",
    ),
    "whitespace": Row(
        boot(
            chargeBoxIdentity="<ocpp:chargeBoxIdentity>\n CP1\t</ocpp:chargeBoxIdentity>",
            Action="<wsa:Action> /BootNotification\n</wsa:Action>",
            MessageID="<wsa:MessageID>\r\n m1 </wsa:MessageID>",
            **address("From", "\n  http://192.0.2.1:8080/  \n"),
            **address("ReplyTo", f" {ANONYMOUS} "),
            To="<wsa:To> http://192.0.2.9/ocpp </wsa:To>",
        ),
        set(),
        set(),
        BOOTED,
        identity="CP1",
        action="/BootNotification",
        message_id="m1",
        from_="http://192.0.2.1:8080/",
        reply_to=ANONYMOUS,
        to="http://192.0.2.9/ocpp",
    ),
    "wsa_2004": Row(
        boot(
            Action=f"<old:Action {OLD}>/BootNotification</old:Action>",
            MessageID=f"<old:MessageID {OLD}>m1</old:MessageID>",
            From=f"<old:From {OLD}><old:Address>http://a/</old:Address></old:From>",
            ReplyTo=f"<old:ReplyTo {OLD}><old:Address>{WSA_2004}/role/anonymous</old:Address></old:ReplyTo>",
            To=f"<old:To {OLD}>http://b/</old:To>",
        ),
        REFUSED,
        {"addressing_namespace"},
        BOOTED,
        action="/BootNotification",
        message_id="m1",
        from_="http://a/",
        to="http://b/",
    ),
    **{
        f"wsa-in-{namespace}": Row(
            boot(
                **{
                    name: f'<x:{name} xmlns:x="{namespace}">{text}</x:{name}>'
                    for name, text in (
                        ("Action", "/BootNotification"),
                        ("MessageID", "m1"),
                        ("From", "<x:Address>http://a/</x:Address>"),
                        ("ReplyTo", f"<x:Address>{anonymous}</x:Address>"),
                        ("To", "http://b/"),
                    )
                }
            ),
            REFUSED,
            {rule},
            BOOTED,
            message_id="m1",
            from_="http://a/",
            reply_to=anonymous,
            to="http://b/",
        )
        for namespace, anonymous, rule in (
            (WSA_2003, f"{WSA_2003}/role/anonymous", "addressing_namespace"),
            ("urn:x", ANONYMOUS, "wrong_namespace"),
        )
    },
    **PARTS,
    "blanks-before-declaration": Row(
        b'\r\n <?xml version="1.0" encoding="UTF-8"?>' + boot(), REFUSED, {"white_space"}, BOOTED
    ),
    "blanks-without-declaration": Row(b"\n " + boot(), set(), set(), BOOTED),
    "wsa_2004-mixed": Row(
        boot(MessageID=f"<old:MessageID {OLD}>m1</old:MessageID>"),
        REFUSED,
        {"addressing_namespace"},
        BOOTED,
        message_id="m1",
    ),
    "wsa_2004-unknown-block": Row(
        boot(MessageID=f"<wsa:MessageID>m1</wsa:MessageID><old:Metadata {OLD}/>"),
        REFUSED,
        {"addressing_namespace"},
        BOOTED,
    ),
    "wsa-unknown-block": Row(
        boot(MessageID="<wsa:MessageID>m1</wsa:MessageID><wsa:Metadata/>"), set(), set(), BOOTED
    ),
    "no_namespace-header": Row(
        boot(MessageID="<MessageID>m1</MessageID>"), REFUSED, {"no_namespace"}, BOOTED, message_id="m1"
    ),
    "no_namespace-identity": Row(
        boot(chargeBoxIdentity="<chargeBoxIdentity>CP1</chargeBoxIdentity>"),
        REFUSED,
        {"no_namespace"},
        BOOTED,
        identity="CP1",
    ),
    "no_namespace-children": Row(
        start(START.replace("ocpp:idTag", "idTag")), REFUSED, {"no_namespace"}, STARTED
    ),
    "no_namespace-body": Row(start(START.replace("ocpp:", "")), REFUSED, {"no_namespace"}, STARTED),
    "no_namespace-empty-body": Row(
        envelope(request_header("Heartbeat"), "<heartbeatRequest/>", CS_16),
        REFUSED,
        {"no_namespace"},
        v16.HeartbeatRequest(),
    ),
    "wrong_service_ns-body": Row(
        start(
            START.replace(
                "<ocpp:startTransactionRequest", f'<ocpp:startTransactionRequest xmlns:ocpp="{CP_16}"'
            )
        ),
        REFUSED,
        {"wrong_namespace"},
        STARTED,
    ),
    "wrong_service_ns-children": Row(
        start(START.replace("<ocpp:idTag", f'<ocpp:idTag xmlns:ocpp="{CP_16}"')),
        REFUSED,
        {"wrong_namespace"},
        STARTED,
    ),
    "wrong_service_ns-identity": Row(
        boot(chargeBoxIdentity=f'<cp:chargeBoxIdentity xmlns:cp="{CP_16}">CP1</cp:chargeBoxIdentity>'),
        REFUSED,
        {"wrong_namespace"},
        BOOTED,
        identity="CP1",
    ),
    "ns_slash": Row(
        start(START).replace(CS_16.encode(), CS_16.rstrip("/").encode()),
        {"wrong_namespace"},
        {"wrong_namespace"},
        STARTED,
        identity="CP1",
    ),
    "action_form-qualified": Row(
        boot(Action=f"<wsa:Action>{CS_16}CentralSystemService/BootNotification</wsa:Action>"),
        set(),
        set(),
        BOOTED,
        action=f"{CS_16}CentralSystemService/BootNotification",
    ),
    "action_form-qualified-by-colon": Row(
        boot(Action="<wsa:Action>urn:ocpp:BootNotification</wsa:Action>"), set(), set(), BOOTED
    ),
    "action_form-no-slash": Row(
        boot(Action="<wsa:Action>BootNotification</wsa:Action>"),
        REFUSED,
        {"action_form"},
        BOOTED,
        action="BootNotification",
    ),
    "action_form-lower-case": Row(
        boot(Action="<wsa:Action>/bootNotification</wsa:Action>"), REFUSED, {"action_form"}, BOOTED
    ),
    "action_form-lower-case-response": Row(
        booted(Action="<wsa:Action>/bootNotificationResponse</wsa:Action>"),
        REFUSED,
        {"action_form"},
        BOOT_ANSWER,
        role=STATION,
    ),
    "action_mismatch": Row(
        boot(Action="<wsa:Action>/Heartbeat</wsa:Action>"),
        REFUSED,
        {"action_mismatch"},
        BOOTED,
        action="/Heartbeat",
    ),
    "action_mismatch-request-for-response": Row(
        booted(Action="<wsa:Action>/BootNotification</wsa:Action>"),
        REFUSED,
        {"action_mismatch"},
        BOOT_ANSWER,
        role=STATION,
    ),
    "identity_header_case": Row(
        boot(chargeBoxIdentity="<ocpp:ChargeBoxIdentity>CP1</ocpp:ChargeBoxIdentity>"),
        set(),
        set(),
        BOOTED,
        identity="CP1",
    ),
    "must_understand-foreign": Row(
        boot(To='<x:Security xmlns:x="urn:x" env:mustUnderstand="true">s</x:Security>'),
        REFUSED,
        {"must_understand"},
        BOOTED,
    ),
    "must_understand-foreign-but-not-needed": Row(
        boot(To='<x:Security xmlns:x="urn:x" env:mustUnderstand="0"/><Other/>'), set(), set(), BOOTED
    ),
    "element_order": Row(
        start(
            "<ocpp:startTransactionRequest><ocpp:connectorId>1</ocpp:connectorId><ocpp:idTag>T</ocpp:idTag>"
            f"<ocpp:meterStart>7</ocpp:meterStart><ocpp:timestamp>{NOON_TEXT}</ocpp:timestamp>"
            "</ocpp:startTransactionRequest>"
        ),
        REFUSED,
        {"element_order"},
        STARTED,
    ),
    "nil_or_empty-nil": Row(
        boot(BOOT.replace("</ocpp:boot", '<ocpp:iccid xsi:nil="true"/></ocpp:boot')),
        REFUSED,
        {"nil_or_empty"},
        BOOTED,
    ),
    "nil_or_empty-not-nil": Row(
        boot(BOOT.replace("</ocpp:boot", '<ocpp:iccid xsi:nil="false">8</ocpp:iccid></ocpp:boot')),
        REFUSED,
        {"nil_or_empty"},
        attrs.evolve(BOOTED, iccid="8"),
    ),
    "nil_or_empty-root": Row(
        boot(BOOT.replace("Request>", 'Request xsi:nil="false">', 1)), REFUSED, {"nil_or_empty"}, BOOTED
    ),
    "nil_or_empty-number": Row(
        start(START.replace("</ocpp:start", "<ocpp:reservationId> </ocpp:reservationId></ocpp:start")),
        REFUSED,
        {"nil_or_empty"},
        STARTED,
    ),
    "nil_or_empty-time-and-enum": Row(
        envelope(
            response_header("Authorize"),
            "<ocpp:authorizeResponse><ocpp:idTagInfo><ocpp:status>Accepted</ocpp:status><ocpp:expiryDate/>"
            "</ocpp:idTagInfo></ocpp:authorizeResponse>",
            CS_16,
        ),
        REFUSED,
        {"nil_or_empty"},
        v16.AuthorizeResponse(id_tag_info=v16.IdTagInfo(status=v16.AuthorizationStatus.ACCEPTED)),
        role=STATION,
    ),
    "nil_or_empty-text-is-valid": Row(
        boot(BOOT.replace("</ocpp:boot", "<ocpp:iccid/></ocpp:boot")),
        set(),
        set(),
        attrs.evolve(BOOTED, iccid=""),
    ),
    "attributes_1_5-on-values": Row(
        meter_values_1_5(
            f'<ocpp:values unit="Wh" context="Sample.Clock">{TIME_1_5}<ocpp:value>5</ocpp:value></ocpp:values>'
        ),
        REFUSED,
        {"attribute_place"},
        metered_1_5(**WATT_HOURS),
        version="1.5",
    ),
    "attributes_1_5-as-elements": Row(
        meter_values_1_5(
            f"<ocpp:values>{TIME_1_5}<ocpp:value>5<ocpp:unit>Wh</ocpp:unit>"
            "<ocpp:context>Sample.Clock</ocpp:context></ocpp:value></ocpp:values>"
        ),
        REFUSED,
        {"attribute_place"},
        metered_1_5(**WATT_HOURS),
        version="1.5",
    ),
    "attributes_1_5-as-elements-with-a-value": Row(
        meter_values_1_5(
            f"<ocpp:values>{TIME_1_5}<ocpp:value><ocpp:value>5</ocpp:value><ocpp:unit>Wh</ocpp:unit>"
            "<ocpp:context>Sample.Clock</ocpp:context></ocpp:value></ocpp:values>"
        ),
        REFUSED,
        {"attribute_place"},
        metered_1_5(**WATT_HOURS),
        version="1.5",
    ),
    "attributes_1_5-as-elements-with-two-values": Row(
        meter_values_1_5(
            f"<ocpp:values>{TIME_1_5}<ocpp:value>x<ocpp:value>5</ocpp:value></ocpp:value></ocpp:values>"
        ),
        REFUSED,
        {"attribute_place", "extra_member"},
        metered_1_5(),
        version="1.5",
    ),
    "attributes_1_5-one-of-them-unknown": Row(
        meter_values_1_5(
            f'<ocpp:values>{TIME_1_5}<ocpp:value unit="wh" context="Sample.Clock">5</ocpp:value></ocpp:values>'
        ),
        REFUSED,
        {"unknown_enum"},
        metered_1_5(unit=v15.UnitOfMeasure.foreign("wh"), context=v15.ReadingContext.SAMPLE_CLOCK),
        version="1.5",
    ),
    "attributes_1_5-valid": Row(
        meter_values_1_5(
            f'<ocpp:values>{TIME_1_5}<ocpp:value unit="Wh" context="Sample.Clock">5</ocpp:value></ocpp:values>'
        ),
        set(),
        set(),
        metered_1_5(**WATT_HOURS),
        version="1.5",
    ),
    "enum_case": Row(
        booted(BOOT_RESPONSE.replace("Accepted", "accepted")),
        REFUSED,
        {"unknown_enum"},
        attrs.evolve(BOOT_ANSWER, status=v16.RegistrationStatus.foreign("accepted")),
        role=STATION,
    ),
    "white_space-around-a-token": Row(
        booted(BOOT_RESPONSE.replace("Accepted", " Accepted\n")),
        REFUSED,
        {"white_space"},
        BOOT_ANSWER,
        role=STATION,
    ),
    "white_space-in-an-empty-message": Row(
        envelope(request_header("Heartbeat"), "<ocpp:heartbeatRequest>\n</ocpp:heartbeatRequest>", CS_16),
        REFUSED,
        {"white_space"},
        v16.HeartbeatRequest(),
    ),
    "extra_member-text-that-only-python-takes-for-blank": Row(
        boot(BOOT.replace("V</ocpp:chargePointVendor>", "V</ocpp:chargePointVendor>\u00a0")),
        REFUSED,
        {"extra_member"},
        BOOTED,
    ),
    "prefixes": Row(
        boot(
            f'<bootNotificationRequest xmlns="{CS_16}"><a:chargePointVendor xmlns:a="{CS_16}">V</a:chargePointVendor>'
            f"<chargePointModel>M</chargePointModel></bootNotificationRequest>",
            Action=f'<Action xmlns="{ADDRESSING}">/BootNotification</Action>',
        ),
        set(),
        set(),
        BOOTED,
    ),
    "text_null": Row(
        boot(**address("From", "null"), To="<wsa:To>null</wsa:To>"), set(), set(), BOOTED, from_=None, to=None
    ),
    # What both wires have, as it comes in XML.
    "extra_member": Row(
        boot(BOOT.replace("</ocpp:boot", "<ocpp:vendor><ocpp:a>1</ocpp:a></ocpp:vendor></ocpp:boot")),
        REFUSED,
        {"extra_member"},
        attrs.evolve(BOOTED, extra={"vendor": {"a": "1"}}),
    ),
    "extra_member-twice": Row(
        boot(BOOT.replace("</ocpp:boot", "<ocpp:iccid>1</ocpp:iccid><ocpp:iccid>2</ocpp:iccid></ocpp:boot")),
        REFUSED,
        {"extra_member"},
        attrs.evolve(BOOTED, iccid="1", extra={"iccid[1]": "2"}),
    ),
    "extra_member-attribute": Row(
        boot(BOOT.replace("Request>", 'Request iccid="1" xmlns:x="urn:x" x:y="2">', 1)),
        REFUSED,
        {"extra_member"},
        attrs.evolve(BOOTED, extra={"@iccid": "1", "@y": "2"}),
    ),
    "extra_member-attribute-of-a-scalar": Row(
        boot(BOOT.replace("Vendor>V", 'Vendor x="1">V')), REFUSED, {"extra_member"}, BOOTED
    ),
    "extra_member-text-between": Row(
        boot(BOOT.replace("V</ocpp:chargePointVendor>", "V</ocpp:chargePointVendor>x")),
        REFUSED,
        {"extra_member"},
        BOOTED,
    ),
    "misnamed_member": Row(
        booted(BOOT_RESPONSE.replace("ocpp:interval", "ocpp:heartbeatInterval")),
        REFUSED,
        {"misnamed_member"},
        BOOT_ANSWER,
        role=STATION,
    ),
    "required_missing": Row(
        start(START.replace("<ocpp:idTag>T</ocpp:idTag>", "")),
        REFUSED,
        {"required_missing"},
        attrs.evolve(STARTED, id_tag=MISSING),
    ),
    "required_missing-list": Row(
        envelope(
            request_header("MeterValues"),
            "<ocpp:meterValuesRequest><ocpp:connectorId>1</ocpp:connectorId><ocpp:meterValue>"
            f"{TIME_1_5}</ocpp:meterValue></ocpp:meterValuesRequest>",
            CS_16,
        ),
        REFUSED,
        {"required_missing"},
        v16.MeterValuesRequest(
            connector_id=1, meter_value=[v16.MeterValue(timestamp=NOON, sampled_value=[])]
        ),
    ),
    "too_long": Row(
        start(START.replace(">T<", f">{'T' * 21}<")),
        REFUSED,
        {"too_long"},
        attrs.evolve(STARTED, id_tag="T" * 21),
    ),
    "number_range": Row(
        start(START.replace(">7<", f">{2**31}<")),
        REFUSED,
        {"number_range"},
        attrs.evolve(STARTED, meter_start=2**31),
    ),
    "number_range-below": Row(
        start(START.replace(">7<", f">{-(2**40)}<")),
        REFUSED,
        {"number_range"},
        attrs.evolve(STARTED, meter_start=-(2**40)),
    ),
    "float_as_int": Row(
        start(START.replace(">7<", ">7.0<")), REFUSED, {"float_as_int"}, attrs.evolve(STARTED, meter_start=7)
    ),
    "fraction_for_int": Row(
        start(START.replace(">7<", ">7.25<")),
        REFUSED,
        {"fraction_for_int"},
        attrs.evolve(STARTED, meter_start=Decimal("7.25")),
    ),
    "wrong_type": Row(
        start(START.replace(">7<", ">1_000<")),
        REFUSED,
        {"wrong_type"},
        attrs.evolve(STARTED, meter_start="1_000"),
    ),
    "wrong_type-children": Row(
        start(START.replace(">7<", ">7<ocpp:a/>8<")),
        REFUSED,
        {"wrong_type"},
        attrs.evolve(STARTED, meter_start={"a": "", "#text": "78"}),
    ),
    "datetime_short": Row(
        start(START.replace("2026-01-31T12:00:00Z", "2026-01-31t12:00:00z")),
        REFUSED,
        {"datetime_short"},
        STARTED,
    ),
    "datetime_short-offset": Row(
        start(START.replace("2026-01-31T12:00:00Z", "2026-01-31T12:00:00+15:00")),
        REFUSED,
        {"datetime_short"},
        attrs.evolve(STARTED, timestamp=NOON.replace(tzinfo=timezone(timedelta(hours=15)))),
    ),
    # XML Schema allows it, but not libxml2, whose verdict is ours.
    "white_space-around-a-moment": Row(
        start(START.replace(NOON_TEXT, f"\n{NOON_TEXT} ")), REFUSED, {"white_space"}, STARTED
    ),
    "datetime_unreadable": Row(
        start(START.replace(NOON_TEXT, "yesterday")),
        REFUSED,
        {"datetime_unreadable"},
        attrs.evolve(STARTED, timestamp="yesterday"),
    ),
    "datetime-without-zone-is-valid-in-xml": Row(
        start(START.replace(NOON_TEXT, "2026-01-31T12:00:00")), set(), set(), STARTED
    ),
    "datetime-year-that-python-cannot-hold": Row(
        start(START.replace(NOON_TEXT, "12026-01-31T12:00:00Z")),
        REFUSED,
        {"datetime_unreadable"},
        attrs.evolve(STARTED, timestamp="12026-01-31T12:00:00Z"),
    ),
    "datetime-end-of-the-last-day-that-python-can-hold": Row(
        start(START.replace(NOON_TEXT, "9999-12-31T24:00:00Z")),
        REFUSED,
        {"datetime_unreadable"},
        attrs.evolve(STARTED, timestamp="9999-12-31T24:00:00Z"),
    ),
    "integer-with-more-zeros-than-python-reads": Row(
        start(START.replace(">7<", f">{'0' * 5000}7<")),
        REFUSED,
        {"wrong_type"},
        attrs.evolve(STARTED, meter_start=f"{'0' * 5000}7"),
    ),
}


@pytest.mark.parametrize("row", [pytest.param(row, id=name) for name, row in ROWS.items()])
def test_what_strict_and_tolerant_reading_make_of_a_deviation(row: Row) -> None:
    codec = SoapCodec(row.version, role=row.role)

    frame: Any = codec.decode(row.written, tolerance=Tolerance.TOLERANT)

    assert row.payload == frame.payload
    assert row.tolerant == set(labels(frame.violations))
    assert row.headers == {name: getattr(frame.headers, name) for name in row.headers}
    if row.strict is REFUSED:
        with pytest.raises(FrameError) as caught:
            codec.decode(row.written)
        expected = "MustUnderstand" if "must_understand" in row.tolerant else "ProtocolError"
        assert (
            expected == {ErrorCode.MUST_UNDERSTAND: "MustUnderstand", **ERROR_NAMES_SOAP}[caught.value.code]
        )
        assert type(frame).__name__.upper() == caught.value.kind.name
    else:
        strict: Any = codec.decode(row.written)
        assert row.payload == strict.payload
        assert row.strict == set(labels(strict.violations))


def test_an_address_as_text_is_absent_in_strict_reading() -> None:
    """The one deviation that strict reading neither refuses nor accepts: nothing depends on the address."""
    written = boot(From="<wsa:From>http://a/</wsa:From>", ReplyTo="<wsa:ReplyTo/>")
    strict: Any = SoapCodec("1.6").decode(written)
    tolerant: Any = SoapCodec("1.6").decode(written, tolerance=Tolerance.TOLERANT)

    assert (None, ()) == (strict.headers.from_, strict.violations)
    assert ("http://a/", ["address_as_text"]) == (
        tolerant.headers.from_,
        labels(tolerant.violations),
    )


#: Those of SOAP alone; `OLD_FAULT` accepts nothing that is ever refused.
SOAP_RULES = [
    rule for rule in Tolerance if Tolerance.NO_HEADER.value <= rule.value <= Tolerance.WHITE_SPACE.value
]
#: An envelope for each member of the flag that is of SOAP alone.
RULE_ROWS = {
    min(row.tolerant): row
    for row in ROWS.values()
    if row.strict is REFUSED and row.tolerant <= {rule.label for rule in SOAP_RULES}
}


@pytest.mark.parametrize("rule", [rule for rule in SOAP_RULES if rule is not Tolerance.ADDRESS_AS_TEXT])
def test_each_rule_of_soap_decides_alone(rule: Tolerance) -> None:
    row = RULE_ROWS[rule.label]
    codec = SoapCodec(row.version, role=row.role)

    with pytest.raises(FrameError):
        codec.decode(row.written, tolerance=~rule & Tolerance.TOLERANT)
    frame: Any = codec.decode(row.written, tolerance=rule)

    assert row.payload == frame.payload
    assert {rule} == {fault.rule for fault in frame.violations}


#: What is named where no payload deviates: the element that is wrong, or is not there.
PLACES = {
    "no_header": "Header",
    "no_identity": "chargeBoxIdentity",
    "no_message_id": "MessageID",
    "no_action": "Action",
    "action_form": "Action",
    "action_mismatch": "Action",
    "relates_to": "RelatesTo",
    "reply_to_other": "ReplyTo",
    "must_understand": "{urn:x}Security",
}


@pytest.mark.parametrize("label", PLACES)
def test_a_deviation_of_the_header_names_its_element(label: str) -> None:
    row = RULE_ROWS[label]
    frame: Any = SoapCodec(row.version, role=row.role).decode(row.written, tolerance=Tolerance.TOLERANT)

    assert PLACES[label] in {fault.path for fault in frame.violations}


def test_what_is_said_to_be_no_nil_and_is_empty_quotes_the_empty_text() -> None:
    written = boot(BOOT.replace("</ocpp:boot", '<ocpp:iccid xsi:nil="false"/></ocpp:boot'))
    (found,) = read(SoapCodec("1.6", tolerance=Tolerance.NIL_OR_EMPTY), written).violations

    assert "" == found.value


@pytest.mark.parametrize(
    "number, keyword, limit", [(2**31, "maximum", 2**31 - 1), (-(2**31) - 1, "minimum", -(2**31))]
)
def test_what_no_int_of_xml_holds_names_the_limit(number: int, keyword: str, limit: int) -> None:
    written = start(START.replace(">7<", f">{number}<"))
    (found,) = read(SoapCodec("1.6", tolerance=Tolerance.NUMBER_RANGE), written).violations

    assert (keyword, limit, number) == (found.keyword, found.limit, found.value)


def test_address_as_text_decides_alone() -> None:
    written = boot(From="<wsa:From>http://a/</wsa:From>")
    for tolerance, expected in (
        (Tolerance.ADDRESS_AS_TEXT, "http://a/"),
        (~Tolerance.ADDRESS_AS_TEXT & Tolerance.TOLERANT, None),
    ):
        assert expected == read(SoapCodec("1.6", tolerance=tolerance), written).headers.from_


def test_every_rule_of_soap_has_a_row() -> None:
    assert {rule.label for rule in SOAP_RULES} == {*RULE_ROWS, "address_as_text"}


def test_an_empty_element_of_a_class_with_text_is_an_empty_text_beside_a_deviation() -> None:
    written = meter_values_1_5(
        f"<ocpp:values><ocpp:timestamp>{NOON_TEXT}</ocpp:timestamp><ocpp:value/></ocpp:values><ocpp:junk/>"
    )
    payload: Any = read(SoapCodec("1.5", tolerance=Tolerance.EXTRA_MEMBER), written).payload

    assert [v15.SampledValue(value="")] == payload.values[0].value

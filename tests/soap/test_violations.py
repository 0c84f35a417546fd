"""The faults of a body are named with their places; threads do not mix them, and very many are not all listed."""

import pickle
import sys
import threading
from typing import Any

import pytest

import hostile_table
from envelopes import envelope, request_header, response_header
from ocpp_core.model.codes import FrameKind
from ocpp_core.model.errors import FrameError
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.model.violations import MAX_FAULTS, Violation
from ocpp_core.soap.codec import SoapCodec
from sample_envelopes import CP_16, CS_16, NOON_TEXT, START, STATION, TIME_1_5, outcome, places, read, start


def test_a_violation_says_where_it_is() -> None:
    body = START.replace("><", ">\n<").replace(">7<", "> 7,5 <").replace("ocpp:idTag", "ocpp:idtag")
    with pytest.raises(FrameError) as caught:
        SoapCodec("1.6").decode(start(body))
    tolerated: Any = SoapCodec("1.6").decode(start(body), tolerance=Tolerance.TOLERANT)

    assert [
        ("$.idtag", "additionalProperties", None),
        ("$.meterStart", "type", None),
        ("$.idTag", "required", None),
    ] == [(fault.path, fault.keyword, fault.line) for fault in caught.value.violations]
    assert "$.idtag: no such member here; did you mean 'idTag'?" == str(caught.value.violations[0])
    assert str(caught.value).startswith("CALL 'm1' StartTransaction: $.idtag: ")
    assert {"$.idtag", "$.idTag", "$.meterStart"} == {fault.path for fault in tolerated.violations}
    pickle.loads(pickle.dumps(caught.value.violations))


FAULTS = {
    "connectorId>1<": ("connectorId>one<", "$.connectorId", "type"),
    ">T<": (f">{'T' * 21}<", "$.idTag", "maxLength"),
    NOON_TEXT: ("noon", "$.timestamp", "format"),
    "<ocpp:idTag>T</ocpp:idTag>": ("", "$.idTag", "required"),
    "<ocpp:idTag>": ('<ocpp:idTag xsi:nil="true">', "$.idTag", "nil"),
    "<ocpp:idTag>T": ("text<ocpp:idTag>T", "$", "text"),
    "<ocpp:connectorId>": ('<ocpp:connectorId x="1">', "$.connectorId['@x']", "additionalProperties"),
    "</ocpp:idTag>": ("</ocpp:idTag><x/>", "$.x", "additionalProperties"),
    "<ocpp:idTag>T</ocpp:idTag>,": ("", "$.idTag", "required"),
    "<ocpp:idTag": ('<idTag xmlns="urn:x"/><ocpp:idTag', "$.idTag", "namespace"),
    "</ocpp:startTransactionRequest>": (
        "<ocpp:meterStart>8</ocpp:meterStart></ocpp:startTransactionRequest>",
        "$['meterStart[1]']",
        "additionalProperties",
    ),
    "<ocpp:connectorId>1</ocpp:connectorId><ocpp:idTag>T</ocpp:idTag>": (
        "<ocpp:idTag>T</ocpp:idTag><ocpp:connectorId>1</ocpp:connectorId>",
        "$.connectorId",
        "order",
    ),
}


@pytest.mark.parametrize("written, faulty, path, keyword", [(old, *new) for old, new in FAULTS.items()])
def test_the_fault_of_a_body_is_named(written: str, faulty: str, path: str, keyword: str) -> None:
    body = START.replace(written.rstrip(","), faulty)

    with pytest.raises(FrameError) as caught:
        SoapCodec("1.6").decode(start(body))

    assert (path, keyword) in places(caught.value.violations)
    assert (FrameKind.CALL, "m1", "StartTransaction") == (
        caught.value.kind,
        caught.value.id,
        caught.value.action,
    )


def test_faults_inside_lists_are_found_whatever_the_prefixes() -> None:
    sampled = "<{0}sampledValue><{0}value>5</{0}value><{0}unit>{1}</{0}unit></{0}sampledValue>"
    for prefix, declared in (("ocpp:", ""), ("", f' xmlns="{CS_16}"'), ("p:", f' xmlns:p="{CS_16}"')):
        meter_value = (
            f"<{prefix}meterValue>{TIME_1_5}{sampled.format(prefix, 'Wh')}{sampled.format(prefix, 'Wx')}"
            f"</{prefix}meterValue>"
        )
        body = (
            f"<ocpp:meterValuesRequest{declared}><ocpp:connectorId>1</ocpp:connectorId>"
            f"{meter_value.replace('Wx', 'Wh')}{meter_value}</ocpp:meterValuesRequest>"
        )
        with pytest.raises(FrameError) as caught:
            SoapCodec("1.6").decode(envelope(request_header("MeterValues"), body, CS_16))

        assert [("$.meterValue[1].sampledValue[1].unit", "enum")] == places(caught.value.violations)


def test_a_list_that_must_have_items_is_named_when_something_else_stands_there() -> None:
    body = (
        f"<ocpp:meterValuesRequest><ocpp:connectorId>1</ocpp:connectorId><ocpp:meterValue>{TIME_1_5}{TIME_1_5}"
        "</ocpp:meterValue></ocpp:meterValuesRequest>"
    )
    with pytest.raises(FrameError) as caught:
        SoapCodec("1.6").decode(envelope(request_header("MeterValues"), body, CS_16))

    assert [
        ("$.meterValue[0].sampledValue", "required"),
        ("$.meterValue[0]['timestamp[1]']", "additionalProperties"),
    ] == places(caught.value.violations)


def test_elements_of_a_list_may_be_nil_or_numbered_by_what_stands_before() -> None:
    body = (
        "<ocpp:getConfigurationRequest><ocpp:key>a</ocpp:key><ocpp:key xsi:nil='1'/><ocpp:key>b</ocpp:key>"
        "</ocpp:getConfigurationRequest>"
    )
    written = envelope(request_header("GetConfiguration"), body, CP_16)
    frame: Any = SoapCodec("1.6", role=STATION, tolerance=Tolerance.TOLERANT).decode(written)

    assert ["a", "b"] == frame.payload.key
    assert [("$.key[1]", "nil")] == places(frame.violations)


def test_what_is_said_of_nil_has_the_text_of_the_element() -> None:
    body = "<ocpp:resetRequest><ocpp:type xsi:nil='0'>Soft</ocpp:type></ocpp:resetRequest>"
    written = envelope(request_header("Reset"), body, CP_16)
    frame = SoapCodec("1.6", role=STATION, tolerance=Tolerance.TOLERANT).decode(written)

    assert [("$.type", "nil", "Soft")] == [(each.path, each.keyword, each.value) for each in frame.violations]


def test_the_namespace_of_the_identity_is_a_fault_of_the_header_of_that_name() -> None:
    written = hostile_table.envelope("<heartbeatRequest/>", header="").replace(
        b"h:chargeBoxIdentity", b"w:chargeBoxIdentity"
    )

    with pytest.raises(FrameError) as caught:
        SoapCodec("1.6").decode(written)

    assert [("chargeBoxIdentity", "header")] == places(caught.value.violations)


def test_what_only_the_schema_finds_is_a_fault_of_the_schema() -> None:
    body = "<ocpp:getDiagnosticsRequest><ocpp:location>:</ocpp:location></ocpp:getDiagnosticsRequest>"
    written = envelope(request_header("GetDiagnostics"), body, CP_16)

    with pytest.raises(FrameError) as caught:
        SoapCodec("1.6", role=STATION).decode(written)

    assert [("$", "schema")] == places(caught.value.violations)


def test_a_namespace_is_wrong_where_it_begins() -> None:
    """What is in an element inherits its namespace; saying so of each would be as long as the message."""
    body = (
        "<ocpp:meterValuesRequest><ocpp:connectorId>1</ocpp:connectorId>"
        "<meterValue xmlns='urn:x'><timestamp>2026-01-31T12:00:00Z</timestamp>"
        "<sampledValue><value>1</value><unit xmlns='urn:y'>Wh</unit></sampledValue><ocpp:value/></meterValue>"
        "</ocpp:meterValuesRequest>"
    )
    written = envelope(request_header("MeterValues"), body, CS_16)

    with pytest.raises(FrameError) as caught:
        SoapCodec("1.6").decode(written)

    assert [
        ("$.meterValue[0]", "namespace"),
        ("$.meterValue[0].sampledValue[0].unit", "namespace"),
        ("$.meterValue[0].value", "additionalProperties"),
    ] == places(caught.value.violations)


@pytest.mark.parametrize(
    "fault", ["<ocpp:connectorId>x</ocpp:connectorId>", "<ocpp:status>Fine</ocpp:status>", ""]
)
def test_what_cannot_be_built_is_not_asked_of_the_schema(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Finding many faults takes libxml2 several times as long as finding none."""
    asked = []
    monkeypatch.setattr("ocpp_core.soap.reading.broken_rule", lambda *others, **more: asked.append(others))
    written = envelope(
        request_header("StatusNotification"),
        f"<ocpp:statusNotificationRequest>{fault}</ocpp:statusNotificationRequest>",
        CS_16,
    )

    with pytest.raises(FrameError):
        SoapCodec("1.6").decode(written)

    assert [] == asked


def test_very_many_faults_are_not_all_listed() -> None:
    keys = f"<ocpp:key>{'x' * 51}</ocpp:key>" * (MAX_FAULTS + 1)
    body = f"<ocpp:getConfigurationRequest>{keys}</ocpp:getConfigurationRequest>"
    written = envelope(request_header("GetConfiguration"), body, CP_16)
    codec = SoapCodec("1.6", role=STATION)

    with pytest.raises(FrameError) as caught:
        codec.decode(written)

    assert MAX_FAULTS == len(caught.value.violations)
    assert MAX_FAULTS + 1 == len(codec.decode(written, tolerance=Tolerance.TOLERANT).violations)


@pytest.mark.parametrize(
    "item",
    ["<ocpp:a/><x/>", "<key/>", ""],
    ids=["unknown", "no-namespace", "wrong-values"],
)
def test_too_many_deviations_are_refused_even_in_tolerant_mode(
    item: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ocpp_core.model.violations._CHARACTERS_PER_DEVIATION", 1_000_000)
    body = "".join(
        f"<ocpp:configurationKey><ocpp:key>{'k' * 51}</ocpp:key><ocpp:readonly>x{number}</ocpp:readonly>{item}"
        "</ocpp:configurationKey>"
        for number in range(60)
    )
    written = envelope(
        response_header("GetConfiguration"),
        f"<ocpp:getConfigurationResponse>{body}</ocpp:getConfigurationResponse>",
        CP_16,
    )
    codec = SoapCodec("1.6", tolerance=Tolerance.TOLERANT)

    with pytest.raises(FrameError) as caught:
        codec.decode(written)

    assert MAX_FAULTS < len(caught.value.violations) <= MAX_FAULTS + 1
    monkeypatch.undo()
    assert read(codec, written).payload.configuration_key


def test_reading_in_threads_gives_each_its_own_faults() -> None:
    """The XML Schemas are shared; while one judges, another thread runs."""
    interval = sys.getswitchinterval()
    good, bad = (
        envelope(
            request_header("GetConfiguration"),
            f"<ocpp:getConfigurationRequest>{f'<ocpp:key>{key}</ocpp:key>' * 300}</ocpp:getConfigurationRequest>",
            CP_16,
        )
        for key in ("k", "k" * 51)
    )
    codec = SoapCodec("1.6", role=STATION)
    wrong: list[Any] = []

    def work(written: bytes, faults: int) -> None:
        for _ in range(60):
            _, error = outcome(codec, written)
            if faults != (0 if error is None else len(error.violations)):
                wrong.append(error)

    threads = [threading.Thread(target=work, args=each) for each in ((good, 0), (bad, MAX_FAULTS)) * 2]
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)

    assert [] == wrong


def test_violations_are_what_a_caller_can_keep() -> None:
    with pytest.raises(FrameError) as caught:
        SoapCodec("1.6").decode(start("<ocpp:startTransactionRequest/>"))

    assert isinstance(caught.value.violations[0], Violation)
    assert caught.value.violations == pickle.loads(pickle.dumps(caught.value.violations))


@pytest.mark.parametrize("count", [500, 501], ids=["in a tree", "as text"])
@pytest.mark.parametrize("key", ["k", "k" * 51], ids=["valid", "too long"])
def test_a_schema_gives_one_verdict_on_few_and_on_very_many_elements(key: str, count: int) -> None:
    """Beyond 500 in one it judges text and not the tree, where each fault costs a walk over what is before it."""
    keys = "".join(f"<ocpp:key>{key if number == 1 else 'k'}</ocpp:key>" for number in range(count))
    body = f"<ocpp:getConfigurationRequest>{keys}</ocpp:getConfigurationRequest>"
    codec = SoapCodec("1.6", role=STATION)
    frame, error = outcome(codec, envelope(request_header("GetConfiguration"), body, CP_16))

    if error is None:
        assert ("k", count) == (key, len(frame.payload.key))
    else:
        assert ("k" * 51, ("$.key[1]", "maxLength")) == (key, places(error.violations)[0])

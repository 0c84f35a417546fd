"""The values of elements: booleans, moments, numbers and text."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from envelopes import envelope, request_header, response_header
from ocpp_core import v12, v16
from ocpp_core.model.shapes import ListOf, Text
from ocpp_core.model.specifications import specification
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.payloads.codegen import Source
from ocpp_core.soap import binding as xmlbinding
from ocpp_core.soap.codec import SoapCodec
from sample_envelopes import BOOT, CP_16, CS_16, CSMS, NOON, NOON_TEXT, STATION, TIME_1_5, boot, labels


@pytest.mark.parametrize("text", ["true", "1", "false", "0", " true\n"])
def test_booleans_have_four_spellings(text: str) -> None:
    body = (
        "<ocpp:getConfigurationResponse><ocpp:configurationKey><ocpp:key>k</ocpp:key>"
        f"<ocpp:readonly>{text}</ocpp:readonly></ocpp:configurationKey></ocpp:getConfigurationResponse>"
    )
    frame: Any = SoapCodec("1.6").decode(envelope(response_header("GetConfiguration"), body, CP_16))

    assert [v16.KeyValue(key="k", readonly=text.strip() in ("true", "1"))] == frame.payload.configuration_key


def test_booleans_are_read_the_same_beside_what_is_tolerated() -> None:
    body = (
        "<ocpp:getConfigurationResponse><ocpp:configurationKey><ocpp:key>k</ocpp:key>"
        "<ocpp:readonly>{}</ocpp:readonly><ocpp:x/></ocpp:configurationKey></ocpp:getConfigurationResponse>"
    )
    codec = SoapCodec("1.6", tolerance=Tolerance.TOLERANT)
    for text, value, rules in (("1", True, ["extra_member"]), ("yes", "yes", ["extra_member", "wrong_type"])):
        frame: Any = codec.decode(envelope(response_header("GetConfiguration"), body.format(text), CP_16))
        (item,) = frame.payload.configuration_key
        assert (value, rules) == (item.readonly, sorted(labels(frame.violations)))


def test_a_list_or_a_structure_has_no_text() -> None:
    """What the classes cannot ask for."""
    for make in (xmlbinding._converted, lambda kind, made, _: xmlbinding._plain(kind, made, None)):
        with pytest.raises(TypeError, match="has no text"):
            make(ListOf(Text()), Source(), "text")


@pytest.mark.parametrize(
    "text, moment, kept",
    [
        (NOON_TEXT, NOON, None),
        ("2026-01-31T12:00:00", NOON, "2026-01-31T12:00:00"),
        ("2026-01-31T14:00:00.5+02:00", NOON + timedelta(seconds=0.5), None),
        ("2026-01-31T12:00:00.123456", NOON + timedelta(microseconds=123456), "2026-01-31T12:00:00.123456"),
        (
            "2026-01-31T12:00:00.1234567Z",
            NOON + timedelta(microseconds=123456),
            "2026-01-31T12:00:00.1234567Z",
        ),
        ("2026-01-30T24:00:00Z", NOON - timedelta(hours=12), "2026-01-30T24:00:00Z"),
        ("2026-01-30T24:00:00.00", NOON - timedelta(hours=12), "2026-01-30T24:00:00.00"),
        ("2026-01-31T24:00:00+14:00", NOON - timedelta(hours=2), "2026-01-31T24:00:00+14:00"),
        ("0001-01-01T00:00:00Z", datetime.min.replace(tzinfo=UTC), None),
    ],
)
def test_moments_keep_what_a_datetime_does_not_hold(text: str, moment: datetime, kept: str | None) -> None:
    body = f"<ocpp:heartbeatResponse><ocpp:currentTime>{text}</ocpp:currentTime></ocpp:heartbeatResponse>"
    frame: Any = SoapCodec("1.6", role=STATION).decode(envelope(response_header("Heartbeat"), body, CS_16))
    read = frame.payload.current_time

    assert (moment, ()) == (read, frame.violations)
    assert kept == getattr(read, "text", None)


@pytest.mark.parametrize("text", ["16", "16.0", "+16.1", "-.5", "0016.10", " 16.1 "])
def test_decimals_are_exact(text: str) -> None:
    body = (
        "<ocpp:getCompositeScheduleResponse><ocpp:status>Accepted</ocpp:status><ocpp:chargingSchedule>"
        "<ocpp:chargingRateUnit>A</ocpp:chargingRateUnit><ocpp:chargingSchedulePeriod><ocpp:startPeriod>0"
        f"</ocpp:startPeriod><ocpp:limit>{text}</ocpp:limit></ocpp:chargingSchedulePeriod></ocpp:chargingSchedule>"
        "</ocpp:getCompositeScheduleResponse>"
    )
    frame: Any = SoapCodec("1.6").decode(envelope(response_header("GetCompositeSchedule"), body, CP_16))
    (period,) = frame.payload.charging_schedule.charging_schedule_period

    assert Decimal(text.strip()) == period.limit
    assert isinstance(period.limit, Decimal)


def test_odd_numbers_and_booleans_are_kept_as_their_text_in_tolerant_mode() -> None:
    body = (
        "<ocpp:getCompositeScheduleResponse><ocpp:status>Accepted</ocpp:status><ocpp:chargingSchedule>"
        "<ocpp:chargingRateUnit>A</ocpp:chargingRateUnit><ocpp:chargingSchedulePeriod><ocpp:startPeriod>0"
        "</ocpp:startPeriod><ocpp:limit>{}</ocpp:limit></ocpp:chargingSchedulePeriod></ocpp:chargingSchedule>"
        "</ocpp:getCompositeScheduleResponse>"
    )
    codec = SoapCodec("1.6", tolerance=Tolerance.TOLERANT)
    for text, value, rule in (
        ("16.15", Decimal("16.15"), "decimal_step"),
        ("1E+1", Decimal("1E+1"), "number_as_text"),
        ("NaN", "NaN", "wrong_type"),
        ("1_0", "1_0", "wrong_type"),
    ):
        written = envelope(response_header("GetCompositeSchedule"), body.format(text), CP_16)
        frame: Any = codec.decode(written)
        (period,) = frame.payload.charging_schedule.charging_schedule_period
        assert (value, [rule]) == (period.limit, labels(frame.violations))


def test_comments_and_cdata_are_not_content() -> None:
    body = BOOT.replace(">V<", "><!--a-->V<![CDATA[<&]]><!--b-->W<")
    frame: Any = SoapCodec("1.6").decode(boot(body, MessageID="<wsa:MessageID>m<!--x-->1</wsa:MessageID>"))

    assert ("m1", "V<&W", ()) == (frame.id, frame.payload.charge_point_vendor, frame.violations)


def test_1_2_has_integers_where_later_versions_have_text() -> None:
    namespace = specification("1.2").namespaces[CSMS]
    body = (
        "<ocpp:meterValuesRequest><ocpp:connectorId>1</ocpp:connectorId><ocpp:values>"
        f"{TIME_1_5}<ocpp:value>5</ocpp:value></ocpp:values></ocpp:meterValuesRequest>"
    )
    frame: Any = SoapCodec("1.2").decode(envelope(request_header("MeterValues"), body, namespace))

    assert (
        v12.MeterValuesRequest(connector_id=1, values=[v12.MeterValue(timestamp=NOON, value=5)])
        == frame.payload
    )

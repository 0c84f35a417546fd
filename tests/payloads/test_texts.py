"""Writing payloads as text at once: what is written, and what is left to the second tier."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from ocpp_core import v16, v201
from ocpp_core.model.messages import MISSING, Payload, evolve
from ocpp_core.payloads.binding import REFUSALS
from ocpp_core.payloads.texts import decimal_text, writer
from toy import Direction, Note, PingRequest, PingResponse, TurnRequest, TurnResponse

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


def write(message: Payload, fraction_digits: int | None = None) -> str:
    return writer(type(message), None, (), fraction_digits)(message)


@pytest.mark.parametrize(
    "message, text",
    [
        (TurnResponse(), "{}"),
        (PingRequest(text="A"), '{"text":"A"}'),
        (PingRequest(text='q"\\\n\x00\u2028Zo\u00eb', number=Decimal("-1.50")),
         r'{"text":"q\"\\\n\u0000' + '\u2028Zo\u00eb","number":-1.5}'),
        (PingRequest(text="", note=Note(author="B")), '{"text":"","note":{"author":"B"}}'),
        (TurnRequest(direction=Direction.LEFT, steps=[1, 2]), '{"direction":"Left","steps":[1,2]}'),
        (v16.SampledValue(value="1", unit=v16.UnitOfMeasure.WH, phase=v16.Phase.L1_N),
         '{"value":"1","phase":"L1-N","unit":"Wh"}'),
        (v201.EVSE(id=1, custom_data=v201.CustomData(vendor_id="V")),
         '{"customData":{"vendorId":"V"},"id":1}'),
        (v201.SetVariablesResponse(set_variable_result=[]), None),
        (v201.NotifyReportRequest(request_id=1, generated_at=NOON, seq_no=0, tbc=False),
         '{"requestId":1,"generatedAt":"2026-01-31T12:00:00Z","tbc":false,"seqNo":0}'),
        (v201.ChargingNeeds(requested_energy_transfer=v201.EnergyTransferMode.DC, departure_time=NOON),
         '{"requestedEnergyTransfer":"DC","departureTime":"2026-01-31T12:00:00Z"}'),
    ],
    ids=lambda it: type(it).__name__ if isinstance(it, Payload) else "",
)  # fmt: skip
def test_written(message: Payload, text: str | None) -> None:
    if text is None:
        with pytest.raises(REFUSALS):
            write(message)
    else:
        assert text == write(message)


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(PingRequest(text="A", data=None), id="free data"),
        pytest.param(
            PingRequest(text="A", note=Note(author="B", extra={"x": 1})), id="member of an open class"
        ),
        pytest.param(PingRequest(text="A", extra={"x": 1}), id="member too many"),
        pytest.param(PingRequest(text="A" * 11), id="too long"),
        pytest.param(evolve(PingRequest(text="A"), text=MISSING), id="missing"),
        pytest.param(evolve(PingRequest(text="A"), text=Direction.LEFT), id="token for text"),
        pytest.param(evolve(PingRequest(text="A"), note=PingResponse(text="A")), id="other class"),
        pytest.param(TurnRequest(direction=Direction.foreign("Up")), id="foreign token"),
        pytest.param(TurnRequest(direction=Direction.LEFT, steps=[]), id="too few items"),
        pytest.param(TurnRequest(direction=Direction.LEFT, steps=[1] * 4), id="too many items"),
        pytest.param(TurnRequest(direction=Direction.LEFT, steps=[0]), id="item too small"),
        pytest.param(TurnRequest(direction=Direction.LEFT, steps=[True]), id="boolean for a number"),
        pytest.param(TurnRequest(direction=Direction.LEFT, steps=[2**63]), id="65 bits"),
        pytest.param(v16.HeartbeatResponse(current_time=NOON.replace(tzinfo=None)), id="naive"),
    ],
)
def test_this_is_left_to_the_second_tier(message: Payload) -> None:
    with pytest.raises(REFUSALS):
        write(message)


@pytest.mark.parametrize(
    "number, text",
    [
        ("0", "0"), ("-0", "0"), ("-0.0", "0"), ("100", "100"), ("-10", "-10"), ("16.1", "16.1"),
        ("16.10", "16.1"), ("16.00", "16"), ("0.00001", "0.00001"), ("-1234567890.123", "-1234567890.123"),
    ],
)  # fmt: skip
def test_decimals(number: str, text: str) -> None:
    assert text == decimal_text(Decimal(number))


@pytest.mark.parametrize(
    "number",
    [
        1,
        1.5,
        True,
        "1",
        None,
        *map(Decimal, ("NaN", "-NaN1", "Infinity", "1E+2", "1E-7", "0.000010", "1" * 17)),
    ],
    ids=repr,
)
def test_decimals_that_are_left(number: Any) -> None:
    with pytest.raises(REFUSALS):
        decimal_text(number)


@pytest.mark.parametrize(
    "moment, digits, text",
    [
        (NOON, None, "2026-01-31T12:00:00Z"),
        (NOON, 0, "2026-01-31T12:00:00Z"),
        (NOON, 3, "2026-01-31T12:00:00.000Z"),
        (NOON.replace(microsecond=7_000), None, "2026-01-31T12:00:00.007Z"),
        (NOON.replace(microsecond=7_001), None, "2026-01-31T12:00:00.007001Z"),
        (NOON.replace(microsecond=7_999), 3, "2026-01-31T12:00:00.007Z"),
        (NOON.replace(microsecond=999_999), 0, "2026-01-31T12:00:00Z"),
        (NOON.replace(year=7, tzinfo=timezone(timedelta(0))), None, "0007-01-31T12:00:00Z"),
        (NOON.replace(year=7), None, "0007-01-31T12:00:00Z"),
        (NOON.replace(tzinfo=timezone(timedelta(hours=-3))), None, "2026-01-31T12:00:00-03:00"),
    ],
)
def test_timestamps(moment: datetime, digits: int | None, text: str) -> None:
    assert f'{{"currentTime":"{text}"}}' == write(v16.HeartbeatResponse(current_time=moment), digits)

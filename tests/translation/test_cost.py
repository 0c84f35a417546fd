"""What a translation costs, in calls of Python functions: the same on every machine, however busy it is."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from effort import functions
from ocpp_core import v16, v201
from ocpp_core.model.messages import Payload
from ocpp_core.translation import Side, TranslationSession, translate
from ocpp_core.translation.policies import DEFAULT_POLICY
from ocpp_core.translation.runs import At, Pure, Run, Unfit
from ocpp_core.translation.samples import number
from ocpp_core.translation.sessions import Call

TOKEN = v201.IdToken(id_token="A", type=v201.IdTokenEnum.CENTRAL)
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


def _calls(function: Callable[[], Any]) -> int:
    """How many functions it calls, when all that is made once is made."""
    return len(functions(function))


def _cost(message: Payload, to: str) -> int:
    return _calls(lambda: translate(message, to=to, received_at=NOON))


ACCEPTED = v16.IdTagInfo(status=v16.AuthorizationStatus.ACCEPTED)
ANSWERS: dict[str, dict[str, Any]] = {
    "2.0.1": {"TransactionEvent": v201.TransactionEventResponse()},
    "1.6": {
        "MeterValues": v16.MeterValuesResponse(),
        "StartTransaction": v16.StartTransactionResponse(transaction_id=5, id_tag_info=ACCEPTED),
        "StatusNotification": v16.StatusNotificationResponse(),
    },
}


def _started_16(number: int) -> v16.StartTransactionRequest:
    return v16.StartTransactionRequest(connector_id=1, id_tag="A", timestamp=NOON, meter_start=0)


def _metered_16(number: int) -> v16.MeterValuesRequest:
    value = v16.MeterValue(timestamp=NOON, sampled_value=[v16.SampledValue(value=str(number))])
    return v16.MeterValuesRequest(connector_id=1, transaction_id=1, meter_value=[value])


def _started_201(number: int, kind: str = "Started", token: Any = TOKEN) -> v201.TransactionEventRequest:
    return v201.TransactionEventRequest(
        event_type=v201.TransactionEvent(kind),
        timestamp=NOON,
        trigger_reason=v201.TriggerReason.METER_VALUE_PERIODIC,
        seq_no=number,
        transaction_info=v201.Transaction(transaction_id="T", charging_state=v201.ChargingState.CHARGING),
        evse=v201.EVSE(id=1, connector_id=1),
        id_token=token,
        meter_value=[
            v201.MeterValue(timestamp=NOON, sampled_value=[v201.SampledValue(value=Decimal(number))])
        ],
    )


def _metered_201(number: int) -> v201.TransactionEventRequest:
    return _started_201(number, "Updated", None)


def _older(number: int) -> v16.MeterValuesRequest:
    sample = v16.SampledValue(
        value="230.1", measurand=v16.Measurand.VOLTAGE, unit=v16.UnitOfMeasure.V, phase=v16.Phase.L1_N
    )
    return v16.MeterValuesRequest(
        connector_id=1, meter_value=[v16.MeterValue(timestamp=NOON, sampled_value=[sample] * number)]
    )


def _homeless(number: int) -> v16.MeterValuesRequest:
    register = v16.SampledValue(value="1")
    sample = v16.SampledValue(value="41", measurand=v16.Measurand.TEMPERATURE)
    return v16.MeterValuesRequest(
        connector_id=1,
        meter_value=[v16.MeterValue(timestamp=NOON, sampled_value=[register, *[sample] * number])],
    )


def _newer(number: int) -> v201.MeterValuesRequest:
    sample = v201.SampledValue(
        value=Decimal("230.1"),
        measurand=v201.Measurand.VOLTAGE,
        unit_of_measure=v201.UnitOfMeasure(unit="V"),
        phase=v201.Phase.L1_N,
    )
    return v201.MeterValuesRequest(
        evse_id=1, meter_value=[v201.MeterValue(timestamp=NOON, sampled_value=[sample] * number)]
    )


@pytest.mark.parametrize(
    "make, to, most",
    [
        # The plan and the number.
        pytest.param(_older, "2.0.1", 2, id="up"),
        # The plan; where rules written by hand stand, the value and the unit; and the number as text.
        pytest.param(_newer, "1.6", 8, id="down"),
        # The plan and the number, and what notes the loss: nothing is raised for it.
        pytest.param(_homeless, "2.0.1", 4, id="up, without a place"),
    ],
)
def test_one_sample_more_costs_few_calls(make: Callable[[int], Payload], to: str, most: int) -> None:
    more = _cost(make(20), to) - _cost(make(10), to)

    assert 10 * most >= more


@pytest.mark.parametrize(
    "message, to, most",
    [
        pytest.param(
            v16.StatusNotificationRequest(
                connector_id=1,
                error_code=v16.ChargePointErrorCode.NO_ERROR,
                status=v16.ChargePointStatus.AVAILABLE,
                timestamp=NOON,
            ),
            "2.0.1",
            11,
            id="status up",
        ),
        pytest.param(
            v201.StatusNotificationRequest(
                timestamp=NOON,
                connector_status=v201.ConnectorStatus.AVAILABLE,
                evse_id=1,
                connector_id=1,
            ),
            "1.6",
            12,
            id="status down",
        ),
        pytest.param(v16.AuthorizeRequest(id_tag="04A2B3C4D5E680"), "2.0.1", 12, id="token up"),
        pytest.param(
            v201.AuthorizeRequest(
                id_token=v201.IdToken(id_token="04A2B3C4D5E680", type=v201.IdTokenEnum.ISO14443)
            ),
            "1.6",
            12,
            id="token down",
        ),
        # The path, what leads through it, the step, its run and its plan, and the translation.
        pytest.param(v16.HeartbeatRequest(), "2.0.1", 6, id="nothing in it"),
    ],
)
def test_a_small_message_costs_few_calls(message: Payload, to: str, most: int) -> None:
    assert most >= _cost(message, to)


@pytest.mark.parametrize(
    "station, csms, messages, most",
    [
        pytest.param("1.6", "2.0.1", [_started_16, _metered_16], 185, id="up"),
        pytest.param("2.0.1", "1.6", [_started_201, _metered_201], 233, id="down"),
    ],
)
def test_a_message_of_a_transaction_costs_few_calls(
    station: str, csms: str, messages: list[Callable[[int], Any]], most: int
) -> None:
    """It is translated, written before it is sent, and its answer after that."""
    session = TranslationSession(station=station, csms=csms, identity="CP-1")
    numbers = count()

    def exchange(message: Any) -> None:
        effects: Any = session.received(Side.STATION, message, 1, NOON)
        while effects and isinstance(effects[-1], Call):
            action = effects[-1].request.__ocpp__.action or ""
            effects = session.answered(effects[-1].call, ANSWERS[csms][action], NOON)

    start, go_on = messages
    exchange(start(next(numbers)))
    exchange(go_on(next(numbers)))

    assert most >= _calls(lambda: exchange(go_on(next(numbers))))


def test_a_pure_conversion_is_one_by_hand_too() -> None:
    at = At(Run("1.6->2.0.1", None, DEFAULT_POLICY), (None, "value", "value"), None)

    assert Decimal("1.5") == Pure(number)("1.5", at)
    with pytest.raises(Unfit) as refused:
        Pure(number)("1,5", at)
    assert at.place == refused.value.place

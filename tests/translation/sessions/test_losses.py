"""What a session sends has all that the message said, or a loss that names it; and nothing that came from nowhere."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from bridge import NOON, Bridge, accepting
from ocpp_core import v16, v201
from ocpp_core.model.messages import evolve
from ocpp_core.testing import messages
from ocpp_core.translation import Side
from ocpp_core.translation.leaves import words
from ocpp_core.translation.losses import Translation
from properties import for_all
from translations import check_no_silent_loss, check_nothing_from_nowhere, spellings

EXAMPLES = 12
ACCEPTED = v201.IdTokenInfo(status=v201.AuthorizationStatus.ACCEPTED)


class Outcome(Translation):
    """What came of one message, as the checks of stateless translation look at it."""

    def __init__(self, sent: list[Any], both: Bridge) -> None:
        super().__init__(tuple(sent))
        self._losses = tuple(both.losses)


def old_station() -> Bridge:
    """A station of 1.6 with a transaction that runs on connector 1."""
    csms = accepting(
        TransactionEvent=v201.TransactionEventResponse(id_token_info=ACCEPTED),
        MeterValues=v201.MeterValuesResponse(),
        StatusNotification=v201.StatusNotificationResponse(),
        NotifyEvent=v201.NotifyEventResponse(),
    )
    both = Bridge("1.6", "2.0.1", serves={Side.STATION: accepting(), Side.CSMS: csms})
    both.station(
        v16.StartTransactionRequest(connector_id=1, id_tag="tag", timestamp=NOON, meter_start=77_777)
    )
    both.to_csms()
    both.lost()
    return both


def new_station() -> Bridge:
    """A station of 2.0.1 with a transaction that runs on EVSE 1."""
    accepted = v16.IdTagInfo(status=v16.AuthorizationStatus.ACCEPTED)
    csms = accepting(
        Authorize=v16.AuthorizeResponse(id_tag_info=accepted),
        StartTransaction=v16.StartTransactionResponse(transaction_id=5, id_tag_info=accepted),
        StopTransaction=v16.StopTransactionResponse(id_tag_info=accepted),
        MeterValues=v16.MeterValuesResponse(),
        StatusNotification=v16.StatusNotificationResponse(),
    )
    both = Bridge("2.0.1", "1.6", serves={Side.STATION: accepting(), Side.CSMS: csms})
    both.station(
        v201.TransactionEventRequest(
            event_type=v201.TransactionEvent.STARTED,
            timestamp=NOON,
            trigger_reason=v201.TriggerReason.AUTHORIZED,
            seq_no=-1,
            transaction_info=v201.Transaction(
                transaction_id="T-1", charging_state=v201.ChargingState.CHARGING
            ),
            evse=v201.EVSE(id=1, connector_id=1),
            id_token=v201.IdToken(id_token="04AABBCC", type=v201.IdTokenEnum.ISO14443),
        )
    )
    both.to_csms()
    both.lost()
    return both


def running(message: Any) -> Any:
    """The same, of the transaction that runs."""
    return evolve(message, transaction_id=1)


#: Action, and what makes a generated message one of the transaction.
UP: list[tuple[type[Any], Callable[[Any], Any]]] = [
    (v16.StartTransactionRequest, lambda one: one),
    (v16.StopTransactionRequest, running),
    (v16.MeterValuesRequest, lambda one: evolve(one, transaction_id=1, connector_id=1)),
    (v16.MeterValuesRequest, lambda one: one),
    (v16.StatusNotificationRequest, lambda one: evolve(one, connector_id=1)),
    (v16.StatusNotificationRequest, lambda one: evolve(one, connector_id=0)),
]

#: What the kind of a message says in the other version, and not a leaf of it.
SPOKEN = words(
    """
    Started Updated Ended Transaction.Begin Transaction.End Energy.Active.Import.Register Wh
    ChargingStation Connector AvailabilityState Problem NoError true false HardReset ImmediateReset
    """
)


@pytest.mark.parametrize(
    "number", range(len(UP)), ids=[f"{cls.__name__}-{n}" for n, (cls, _) in enumerate(UP)]
)
def test_up(number: int) -> None:
    cls, changed = UP[number]
    alike = spellings("1.6", "2.0.1") | SPOKEN

    def check(generated: Any) -> None:
        both = old_station()
        message = changed(generated)
        both.station(message)
        found = Outcome(both.to_csms(), both)
        check_no_silent_loss("1.6->2.0.1", message, found, alike)
        check_nothing_from_nowhere("1.6->2.0.1", message, found, alike)

    for_all(messages(cls), EXAMPLES, check)


def test_down() -> None:
    alike = spellings("2.0.1", "1.6") | SPOKEN

    def check(generated: v201.TransactionEventRequest) -> None:
        both = new_station()
        info = evolve(generated.transaction_info, transaction_id="T-1")
        message = evolve(generated, transaction_info=info, seq_no=77_778, evse=None)
        both.station(message)
        found = Outcome(both.to_csms(), both)
        check_no_silent_loss("2.0.1->1.6", message, found, alike | {"T-1"})

    nobody = v201.TransactionEventRequest(
        event_type=v201.TransactionEvent.ENDED,
        timestamp=datetime(2026, 1, 31, 12, tzinfo=UTC),
        trigger_reason=v201.TriggerReason.AUTHORIZED,
        seq_no=0,
        transaction_info=v201.Transaction(transaction_id=""),
        id_token=v201.IdToken(id_token="", type=v201.IdTokenEnum.NO_AUTHORIZATION),
    )
    check(nobody)
    for_all(messages(v201.TransactionEventRequest), EXAMPLES, check)


def test_a_member_that_no_schema_has_is_an_extension_in_a_session_too() -> None:
    """So that its value is not shown: it may be a misspelt secret."""
    both = old_station()
    value = v16.MeterValue(timestamp=NOON, sampled_value=[v16.SampledValue(value="1")])
    both.station(
        v16.MeterValuesRequest(
            connector_id=1, transaction_id=1, meter_value=[value], extra={"pasword": "hunter2"}
        )
    )

    assert [("$.pasword", "***", "extension")] == [
        (one.path, one.value, one.reason) for one in both.losses if one.kind == "dropped"
    ]

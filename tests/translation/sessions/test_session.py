"""What holds for a session whatever it translates: who waits for whom, what is saved when, who is told what."""

from decimal import Decimal
from typing import Any

import pytest

from bridge import NOON, Bridge, accepting, at
from ocpp_core import v12, v15, v16, v20, v21, v201
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import LocalProtocolError, OcppError
from ocpp_core.translation import MemoryStore, Side, TranslationSession
from ocpp_core.translation.sessions import Call, Notice, Reply
from ocpp_core.translation.sessions.session import WAITING

TAG = v16.AuthorizeRequest(id_tag="04AABBCC")


class Recorded(MemoryStore):
    """Says when it was asked to save."""

    def __init__(self) -> None:
        super().__init__()
        self.saved: list[set[str]] = []

    def save(self, identity: str, changes: Any) -> None:
        self.saved.append({kind for kind, _ in changes})
        super().save(identity, changes)


def session(station: str = "1.6", csms: str = "2.0.1", **more: Any) -> TranslationSession:
    return TranslationSession(station=station, csms=csms, identity="CP-1", **more)


def start(minute: float = 0) -> v16.StartTransactionRequest:
    return v16.StartTransactionRequest(connector_id=1, id_tag="tag", timestamp=at(minute), meter_start=0)


def test_a_version_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match=r"1\.7"):
        session("1.7")


def test_a_message_of_another_version_changes_nothing() -> None:
    both = session()

    with pytest.raises(
        LocalProtocolError, match=r"the csms speaks OCPP 2\.0\.1, and AuthorizeRequest is of 1\.6"
    ):
        both.received(Side.CSMS, TAG, 1, NOON)

    assert 1 == len(both.received(Side.STATION, TAG, 1, NOON))


def test_a_time_needs_its_zone() -> None:
    with pytest.raises(LocalProtocolError, match="time zone"):
        session().received(Side.STATION, TAG, 1, NOON.replace(tzinfo=None))


def test_requests_of_a_side_wait_for_each_other() -> None:
    both = session()
    (first,) = both.received(Side.STATION, TAG, 1, NOON)
    waiting = both.received(Side.STATION, v16.HeartbeatRequest(), 2, NOON)
    (other,) = both.received(Side.CSMS, v201.ClearCacheRequest(), 3, NOON)

    assert isinstance(first, Call)
    reply, second = both.answered(first.call, OcppError(ErrorCode.INTERNAL), NOON)

    assert [] == waiting
    assert isinstance(other, Call)
    assert isinstance(reply, Reply)
    assert isinstance(second, Call)
    assert (1, v201.HeartbeatRequest()) == (reply.call, second.request)


def test_too_many_that_wait_are_refused() -> None:
    both = session()
    for number in range(WAITING + 1):
        both.received(Side.STATION, v16.HeartbeatRequest(), number, NOON)

    (reply,) = both.received(Side.STATION, v16.HeartbeatRequest(), "one more", NOON)

    assert isinstance(reply, Reply)
    assert isinstance(reply.answer, OcppError)
    assert "one more" == reply.call


def test_no_answer_is_an_error_for_who_waits() -> None:
    both = session()
    (call,) = both.received(Side.STATION, TAG, 1, NOON)
    assert isinstance(call, Call)

    (reply,) = both.answered(call.call, None, NOON)

    assert isinstance(reply, Reply)
    assert isinstance(reply.answer, OcppError)
    assert ErrorCode.GENERIC == reply.answer.code


def test_an_answer_to_nothing_does_nothing() -> None:
    assert [] == session().answered("of a session before", None, NOON)


def test_who_goes_leaves_calls_without_answers_and_asks_for_none() -> None:
    both = session()
    both.received(Side.STATION, TAG, 1, NOON)
    both.received(Side.STATION, v16.HeartbeatRequest(), 2, NOON)
    (command,) = both.received(Side.CSMS, v201.ClearCacheRequest(), 3, NOON)
    assert isinstance(command, Call)

    (told,) = both.disconnected(Side.STATION, NOON)
    (_,) = both.disconnected(Side.CSMS, NOON)

    assert isinstance(told, Reply)
    assert 3 == told.call
    assert 1 == len(both.received(Side.STATION, v16.HeartbeatRequest(), 4, NOON))


def test_what_is_sent_was_saved_before() -> None:
    """Write-ahead: the record of a transaction is in the store when its event comes out."""
    store = Recorded()
    both = session(store=store)

    (call,) = both.received(Side.STATION, start(), 1, NOON)
    begun = list(store.saved)
    assert isinstance(call, Call)
    both.answered(call.call, v201.TransactionEventResponse(), NOON)

    assert [{"session", "transaction", "event"}] == begun
    assert 2 == len(store.saved)


def test_a_session_that_forgets_nothing_saves_nothing() -> None:
    store = Recorded()
    both = session(store=store)

    both.received(Side.STATION, v16.HeartbeatRequest(), 1, NOON)

    assert [] == store.saved


def test_what_a_store_raises_comes_out() -> None:
    class Full(MemoryStore):
        def save(self, identity: str, changes: Any) -> None:
            raise OSError("no space left")

    with pytest.raises(OSError, match="no space"):
        session(store=Full()).received(Side.STATION, start(), 1, NOON)


def test_steps_before_and_after_the_one_with_memory_are_taken() -> None:
    """A station of 1.2 behind a CSMS of 2.1: a transaction through four steps."""
    serves = {
        Side.STATION: accepting(),
        Side.CSMS: accepting(
            TransactionEvent=v21.TransactionEventResponse(
                id_token_info=v21.IdTokenInfo(status=v21.AuthorizationStatus.NO_CREDIT)
            )
        ),
    }
    both = Bridge("1.2", "2.1", serves=serves)

    started = both.station(
        v12.StartTransactionRequest(connector_id=2, id_tag="tag", timestamp=NOON, meter_start=7)
    )
    stopped = both.station(
        v12.StopTransactionRequest(
            transaction_id=started.transaction_id, id_tag="tag", timestamp=at(5), meter_stop=9
        )
    )

    assert (1, "Blocked") == (started.transaction_id, started.id_tag_info.status)
    assert "Blocked" == stopped.id_tag_info.status
    assert [("Started", 0), ("Ended", 1)] == [(one.event_type, one.seq_no) for one in both.to_csms()]
    assert {"1.2->1.5", "1.5->1.6", "1.6->2.0.1", "2.0.1->2.1", "2.1->2.0.1", "2.0.1->1.6"} >= {
        one.step for one in both.losses
    }


def test_a_station_of_2_1_behind_a_csms_of_1_5() -> None:
    answers = {
        "StartTransaction": v15.StartTransactionResponse(
            transaction_id=-3, id_tag_info=v15.IdTagInfo(status=v15.AuthorizationStatus.ACCEPTED)
        ),
        "StatusNotification": v15.StatusNotificationResponse(),
    }
    both = Bridge("2.1", "1.5", serves={Side.STATION: accepting(), Side.CSMS: accepting(**answers)})

    both.station(
        v21.TransactionEventRequest(
            event_type=v21.TransactionEvent.STARTED,
            timestamp=NOON,
            trigger_reason=v21.TriggerReason.AUTHORIZED,
            seq_no=0,
            transaction_info=v21.Transaction(transaction_id="T", charging_state=v21.ChargingState.CHARGING),
            evse=v21.EVSE(id=1),
            id_token=v21.IdToken(id_token="x" * 40, type="Central"),
        )
    )
    both.csms(v15.RemoteStopTransactionRequest(transaction_id=-3))

    begun, status = both.to_csms()
    assert (20, "~") == (len(begun.id_tag), begun.id_tag[0])
    assert "Occupied" == status.status
    assert ["T"] == [one.transaction_id for one in both.to_station()]


def test_versions_of_one_family_need_no_memory() -> None:
    store = Recorded()
    both = session("2.0", "2.1", store=store)

    (call,) = both.received(Side.STATION, v20.HeartbeatRequest(), 1, NOON)

    assert isinstance(call, Call)
    assert v21.HeartbeatRequest() == call.request
    assert [] == store.saved


def test_a_message_without_an_answer_is_passed_on_as_one() -> None:
    both = session("2.1", "2.1")
    send = v21.NotifyPeriodicEventStream(
        id=1, pending=0, basetime=NOON, data=[v21.StreamDataElement(t=Decimal(0), v="1")]
    )

    (notice,) = both.received(Side.STATION, send, None, NOON)

    assert isinstance(notice, Notice)
    assert send == notice.send


def test_a_message_without_an_answer_that_goes_no_further_is_a_loss() -> None:
    both = session("2.1", "2.0.1")
    send = v21.NotifyPeriodicEventStream(
        id=1, pending=0, basetime=NOON, data=[v21.StreamDataElement(t=Decimal(0), v="1")]
    )

    (reply,) = both.received(Side.STATION, send, None, NOON)

    assert isinstance(reply, Reply)
    assert (None, None) == (reply.call, reply.answer)
    assert ["$"] == [loss.path for loss in reply.losses]


@pytest.mark.parametrize("code", [ErrorCode.NOT_SUPPORTED, ErrorCode.NOT_IMPLEMENTED])
def test_what_a_station_does_not_know_is_a_status_where_there_is_one(code: ErrorCode) -> None:
    both = Bridge("2.0.1", "1.6", serves={Side.STATION: lambda one: OcppError(code), Side.CSMS: accepting()})

    unlock = both.csms(v16.UnlockConnectorRequest(connector_id=1))
    trigger = both.csms(v16.TriggerMessageRequest(requested_message=v16.MessageTrigger.BOOT_NOTIFICATION))

    expected = {
        ErrorCode.NOT_SUPPORTED: ("NotSupported", None),
        ErrorCode.NOT_IMPLEMENTED: (None, "NotImplemented"),
    }
    assert expected[code] == (getattr(unlock, "status", None), getattr(trigger, "status", None))


def test_a_token_is_of_the_type_that_it_was() -> None:
    """What 1.6 cannot say is remembered, and so is what an alias stands for."""
    token = v201.IdToken(id_token="DE-ABC-C12345678-9-with-more", type=v201.IdTokenEnum.EMAID)
    serves = {
        Side.STATION: accepting(
            RemoteStartTransaction=v16.RemoteStartTransactionResponse(
                status=v16.RemoteStartStopStatus.ACCEPTED
            )
        ),
        Side.CSMS: accepting(
            Authorize=v201.AuthorizeResponse(
                id_token_info=v201.IdTokenInfo(status=v201.AuthorizationStatus.ACCEPTED)
            )
        ),
    }
    both = Bridge("1.6", "2.0.1", serves=serves)
    both.csms(v201.RequestStartTransactionRequest(id_token=token, remote_start_id=7))
    (command,) = both.to_station()
    both.restart()
    both.lost()

    both.station(v16.AuthorizeRequest(id_tag=command.id_tag.upper()))

    assert [token] == [one.id_token for one in both.to_csms()]
    assert [("$.idToken.type", "synthesised", "remembered")] == both.lost()

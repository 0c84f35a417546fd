"""The CSMS of `serve` and `demo` and the station of `simulate` answer every action of every version, on both wires."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import strategies as st

from ocpp_core.cli import csms, station
from ocpp_core.dispatch.router import Router
from ocpp_core.jsonrpc.codec import JsonCodec
from ocpp_core.jsonrpc.text import write_json
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import FrameError, PayloadError
from ocpp_core.model.messages import Call, CallError, CallResult, Send
from ocpp_core.model.shapes import shape
from ocpp_core.model.specifications import specification
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.model.versions import Role, Version, Wire
from ocpp_core.soap.codec import SoapCodec
from ocpp_core.testing import messages, mutated_payloads, payloads
from properties import for_all

SIDES = {Role.CSMS: "csms", Role.CHARGE_POINT: "station"}


def actions(wire: Wire) -> Iterator[Any]:
    """All that either side may be sent on a wire, each time the side that has to answer."""
    for version in Version:
        known = specification(version)
        for action in known.actions.values() if wire in known.error_names else ():
            if wire is Wire.SOAP and action.block == "Security":
                continue  # an extension of OCPP-J only
            for side, name in SIDES.items():
                if action.sent_by is not side:
                    yield pytest.param(side, version, action.name, id=f"{name}-{version}-{action.name}")


#: What our station does not do, and where that is an error and no status.
UNSERVED: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("2.0", "2.0.1"), ("SetChargingProfile",)),
    "2.1": ("ChangeTransactionTariff", "SetChargingProfile", "SetDefaultTariff"),
}


def router(side: Role, version: str) -> Router:
    return csms.Csms().router if side is Role.CSMS else station.Simulator(version).router


def answered(side: Role, codec: Any, message: Any) -> Any:
    """What a side answers to a frame, as text; None if it does not."""
    return asyncio.run(router(side, codec.specification.version).answer(message, codec=codec))


@pytest.mark.parametrize("side, version, action", list(actions(Wire.JSON)))
def test_every_call_is_answered_by_a_valid_response(side: Role, version: Version, action: str) -> None:
    known, codec = specification(version), JsonCodec(version)
    request = known.request(action)
    is_call = known.actions[action].answered

    def check(message: Any) -> None:
        frame = Call("1", message) if is_call else Send("1", message)
        answer = answered(side, codec, codec.encode(frame))

        if is_call:
            result = codec.decode(answer, awaiting={"1": request})
            if action in UNSERVED.get(version, ()):
                assert isinstance(result, CallError)
                assert ErrorCode.NOT_SUPPORTED is result.code
            else:
                assert isinstance(result, CallResult)
        else:
            assert answer is None

    for_all(messages(request), 2, check)


@pytest.mark.parametrize("side, version, action", list(actions(Wire.SOAP)))
def test_every_envelope_is_answered_by_a_valid_response(side: Role, version: Version, action: str) -> None:
    request = specification(version).request(action)
    codec = SoapCodec(version, role=side)
    sender = SoapCodec(version, role=Role.EITHER ^ side, identity="CP-1", to="http://peer.example/")

    def check(message: Any) -> None:
        try:
            envelope = sender.encode(Call("1", message))
        except PayloadError:
            return  # XML cannot hold all that JSON can
        answer = answered(side, codec, envelope)

        assert isinstance(sender.decode(answer, awaiting={"1": request}), CallResult)

    for_all(messages(request), 2, check)


@pytest.mark.parametrize("side, version, action", list(actions(Wire.JSON)))
def test_every_call_that_can_be_typed_is_answered(side: Role, version: Version, action: str) -> None:
    """A tolerated message may lack anything, and have anything in its place."""
    request = specification(version).request(action)
    codec = JsonCodec(version, tolerance=Tolerance.TOLERANT)
    required = [field.wire for field in shape(request).fields if field.is_required]
    incomplete = st.tuples(payloads(request), st.sampled_from(required)).map(
        lambda made: {name: value for name, value in made[0].items() if name != made[1]}
    )

    def check(payload: Any) -> None:
        text = write_json([2, "1", action, payload])
        try:
            codec.decode(text)
        except FrameError:
            return  # it cannot be typed: there is nothing for a handler
        answer = codec.decode(answered(side, codec, text), awaiting={"1": request})

        is_served = action not in UNSERVED.get(version, ())
        code = ErrorCode.PROPERTY_CONSTRAINT if is_served else ErrorCode.NOT_SUPPORTED
        assert not isinstance(answer, CallError) or answer.code is code

    if specification(version).actions[action].answered:
        strategy = mutated_payloads(request)
        for_all(st.one_of(strategy, incomplete) if required else strategy, 5, check)


def test_a_tolerated_event_without_its_type_is_answered_and_counted_as_none() -> None:
    side = csms.Csms()
    codec = JsonCodec("2.0.1", tolerance=Tolerance.TOLERANT)
    text = '[2,"1","TransactionEvent",{"timestamp":"2026-01-31T12:00:00Z","triggerReason":"Authorized","seqNo":0,'
    text += '"transactionInfo":{"transactionId":"T"},"idToken":{"idToken":"AB","type":"ISO14443"}}]'

    assert '[3,"1",{"idTokenInfo":{"status":"Accepted"}}]' == asyncio.run(
        side.router.answer(text, codec=codec)
    )
    assert 0 == side.transactions.total()


def test_a_station_does_what_a_trigger_asks_for() -> None:
    simulator, codec = station.Simulator("1.6"), JsonCodec("1.6")
    answers = [
        asyncio.run(
            simulator.router.answer(f'[2,"1","TriggerMessage",{{"requestedMessage":"{name}"}}]', codec=codec)
        )
        for name in ("StatusNotification", "MeterValues")
    ]

    assert ['[3,"1",{"status":"Accepted"}]', '[3,"1",{"status":"NotImplemented"}]'] == answers
    assert ["station status", "status"] == [
        simulator.asked.get_nowait() for _ in range(simulator.asked.qsize())
    ]


@pytest.mark.parametrize(
    "version, connector, asked, told",
    [
        ("1.6", 0, ["station status", "status"], {"0": "Unavailable", "1": "Unavailable"}),
        ("1.6", 1, ["status"], {"0": "Available", "1": "Unavailable"}),
        ("1.2", 1, ["status"], {"0": "Available", "1": "Unavailable"}),
        ("1.6", 2, [], {"0": "Available", "1": "Available"}),
    ],
)
def test_a_station_tells_of_what_has_changed(
    version: str, connector: int, asked: list[str], told: dict[str, str]
) -> None:
    """A connector out of service leaves the station in service (1.6, 5.2)."""
    simulator = station.Simulator(version)
    change = f'[2,"1","ChangeAvailability",{{"connectorId":{connector},"type":"Inoperative"}}]'
    asyncio.run(simulator.router.answer(change, codec=JsonCodec(version)))
    statuses = [simulator.request(step) for step in ("station status", "status")]

    assert asked == [simulator.asked.get_nowait() for _ in range(simulator.asked.qsize())]
    assert told == {str(one.connector_id): str(one.status) for one in statuses}  # type: ignore[attr-defined]


def test_what_changes_after_a_transaction_is_what_was_asked_for() -> None:
    simulator, codec = station.Simulator("1.6"), JsonCodec("1.6")
    simulator.memory.is_busy = True
    answer = asyncio.run(
        simulator.router.answer(
            '[2,"1","ChangeAvailability",{"connectorId":1,"type":"Inoperative"}]', codec=codec
        )
    )
    before = dict(simulator.memory.operative)
    simulator.memory.end()

    assert '[3,"1",{"status":"Scheduled"}]' == answer
    assert ({0: True, 1: True}, {0: True, 1: False}) == (before, simulator.memory.operative)


def test_an_answer_to_an_event_without_token_information_is_no_refusal() -> None:
    """`idTokenInfo` may be left out."""

    class Csms:
        async def call(self, request: Any) -> Any:
            return specification("2.0.1").response(request.__ocpp__.action)()

    asyncio.run(station.Simulator("2.0.1").do("start", Csms()))  # type: ignore[arg-type]

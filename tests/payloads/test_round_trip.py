"""What is written is read back equal, and what is read is written back equal: every class of all six versions."""

import copy
import json
import pickle
from collections.abc import Callable
from typing import Any

import attrs
import pytest
from hypothesis import strategies as st

import oracle
from classes import ALL_CLASSES, ALL_ENUMS, BREAKABLE_CLASSES, DERIVED_MESSAGES, JSON_MESSAGES
from every_token import frame_of, full_messages
from frames import NOON
from holding import is_same, not_held
from ocpp_core import v16, v20, v21, v201
from ocpp_core.jsonrpc.codec import JsonCodec
from ocpp_core.model.messages import MISSING, NOTHING_EXTRA, UNSET, Payload
from ocpp_core.model.shapes import shape
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.model.violations import Deviations
from ocpp_core.payloads.conversion import from_wire, to_wire, validate
from ocpp_core.payloads.validation import explain
from ocpp_core.payloads.walk import walk
from ocpp_core.testing import broken_payloads, messages, payloads
from properties import for_all

EXAMPLES = 4


@pytest.mark.parametrize("cls", ALL_CLASSES)
def test_messages_come_back_equal(cls: type[Payload]) -> None:
    def check(message: Any) -> None:
        written = to_wire(message)
        again = from_wire(cls, written)

        assert message == again
        assert type(again) is cls
        assert [] == not_held(message, written)
        assert written == to_wire(again)

    for_all(messages(cls), EXAMPLES, check)


@pytest.mark.parametrize("cls", ALL_CLASSES)
def test_payloads_come_back_equal(cls: type[Payload]) -> None:
    """Numbers keep their value, timestamps their moment and offset, everything else is the same."""

    def check(payload: dict[str, Any]) -> None:
        before = copy.deepcopy(payload)
        message = from_wire(cls, payload)

        assert [] == not_held(message, payload)
        assert [] == not_held(message, to_wire(message))
        found = Deviations(Tolerance.STRICT)
        assert (message, []) == (walk(cls, payload, found), found.listed)
        assert before == payload

    for_all(payloads(cls), EXAMPLES, check)


@pytest.mark.parametrize("cls", JSON_MESSAGES)
def test_what_is_written_is_valid(cls: type[Payload]) -> None:
    def check(message: Any) -> None:
        assert oracle.accepts_as_it_is(cls.__ocpp__.version, cls.__name__, to_wire(message))

    for_all(messages(cls), EXAMPLES, check)


@pytest.mark.parametrize("cls", JSON_MESSAGES)
def test_the_official_file_accepts_every_token_that_is_written(cls: type[Payload]) -> None:
    """Each message with every member and, in turn, every token of every enum, as it stands in a frame."""
    version = cls.__ocpp__.version
    for message in full_messages(cls):
        *_, payload = json.loads(JsonCodec(version).encode(frame_of(message)))

        assert oracle.accepts_as_it_is(version, cls.__name__, payload)
        assert message == from_wire(cls, payload)


@pytest.mark.parametrize("cls", ALL_CLASSES)
def test_copies_are_equal(cls: type[Payload]) -> None:
    def check(message: Any) -> None:
        for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
            assert_same(message, pickle.loads(pickle.dumps(message, protocol)))
        assert_same(message, copy.deepcopy(message))
        assert_same(message, copy.copy(message))
        assert_same(message, attrs.evolve(message))

    for_all(messages(cls), 2, check)


@pytest.mark.parametrize("cls", BREAKABLE_CLASSES)
def test_copies_of_what_was_tolerated_are_equal(cls: type[Payload]) -> None:
    def check(broken: Any) -> None:
        message: Any = from_wire(cls, broken.payload, tolerance=Tolerance.TOLERANT)

        assert_same(message, pickle.loads(pickle.dumps(message)))
        assert_same(message, copy.deepcopy(message))
        assert_same(message, attrs.evolve(message))

    for_all(broken_payloads(cls), 2, check)


def assert_same(message: Any, other: Any) -> None:
    assert message == other
    assert type(message) is type(other)
    assert repr(message) == repr(other)
    if not message.extra:
        assert other.extra is message.extra


@pytest.mark.parametrize("cls", ALL_CLASSES)
def test_a_changed_copy_differs(cls: type[Payload]) -> None:
    def check(message: Any) -> None:
        for field in shape(cls).fields:
            assert message != attrs.evolve(message, **{field.name: object()})
        assert message != attrs.evolve(message, extra={"vendor": 1})
        assert message != object()

    for_all(messages(cls), 1, check)


@pytest.mark.parametrize("enum", ALL_ENUMS)
def test_tokens(enum: Any) -> None:
    foreign = enum.foreign("X-Vendor")
    for token in (*enum, foreign):
        assert enum is type(token)
        assert str(token) == token == token.value
        assert hash(str(token)) == hash(token)
        for copied in (pickle.loads(pickle.dumps(token)), copy.deepcopy(token), copy.copy(token)):
            assert token == copied
            assert type(copied) is enum
            assert token.is_standard == copied.is_standard
            assert repr(token) == repr(copied)
        assert (token is not foreign) == token.is_standard
    assert all(enum(token.value) is token for token in enum)
    assert f"{enum.__name__}.foreign('X-Vendor')" == repr(foreign)
    assert "X-Vendor" not in [*enum]
    with pytest.raises(ValueError, match="X-Vendor"):
        enum("X-Vendor")


def test_tokens_that_are_read_as_others_name_members() -> None:
    assert {"Celcius": "Celsius"} == dict(v16.UnitOfMeasure.__read_as__)
    value = from_wire(v16.SampledValue, {"value": "20", "unit": "Celcius"})

    assert value.unit is v16.UnitOfMeasure.CELSIUS
    assert {"value": "20", "unit": "Celsius"} == to_wire(value)


@pytest.mark.parametrize("cls", DERIVED_MESSAGES)
def test_messages_without_an_official_file_come_back_by_json_too(cls: type[Payload]) -> None:
    version, action = cls.__ocpp__.version, cls.__ocpp__.action or ""
    reader = JsonCodec(version)
    awaiting: Any = {"1": reader.specification.request(action)}
    for message in full_messages(cls):
        text = reader.encode(frame_of(message))
        kind: Any = "request" if text.startswith("[2") else "response"

        assert frame_of(message) == reader.decode(text, awaiting=awaiting)
        assert [] == explain(cls, json.loads(text)[-1])
        assert [] == validate(json.loads(text)[-1], version, action, kind)


@pytest.mark.parametrize(
    "cls, place, others, written",
    [
        (v16.MeterValuesRequest, "meter_value", {"connector_id": 1}, "Celsius"),
        (
            v16.StopTransactionRequest,
            "transaction_data",
            {"transaction_id": 1, "meter_stop": 2, "timestamp": NOON},
            "Celcius",
        ),
    ],
)
def test_a_temperature_of_1_6_is_written_as_the_file_of_its_message_spells_it(
    cls: Any, place: str, others: dict[str, Any], written: str
) -> None:
    """The file of StopTransaction has no other spelling than the misspelt one; both are read in both."""
    sampled = v16.SampledValue(value="20", unit=v16.UnitOfMeasure.CELSIUS)
    message = cls(**others, **{place: [v16.MeterValue(timestamp=NOON, sampled_value=[sampled])]})
    text = json.dumps(to_wire(message))

    assert written in text
    for spelling in ("Celsius", "Celcius"):
        assert message == from_wire(cls, json.loads(text.replace(written, spelling)))


def test_what_stands_for_nothing_is_one_thing_after_copying() -> None:
    for nothing in (UNSET, MISSING, NOTHING_EXTRA):
        assert pickle.loads(pickle.dumps(nothing)) is nothing
        assert copy.deepcopy(nothing) is nothing
        assert copy.copy(nothing) is nothing
        assert not nothing
    assert {} == NOTHING_EXTRA
    assert ["UNSET", "MISSING", "{}"] == [repr(UNSET), repr(MISSING), repr(NOTHING_EXTRA)]
    assert {**NOTHING_EXTRA} == {}
    with pytest.raises(KeyError, match="vendor"):
        NOTHING_EXTRA["vendor"]
    with pytest.raises(TypeError):
        NOTHING_EXTRA["vendor"] = 1  # type: ignore[index]


def test_null_and_absent_data_are_two_things() -> None:
    absent = v201.DataTransferRequest(vendor_id="x")
    null = v201.DataTransferRequest(vendor_id="x", data=None)

    assert {"vendorId": "x"} == to_wire(absent)
    assert {"vendorId": "x", "data": None} == to_wire(null)
    assert absent != null
    assert [absent, null] == [from_wire(v201.DataTransferRequest, to_wire(it)) for it in (absent, null)]


#: What a rule that joins or splits words would change, and any other text.
VENDOR_KEYS = (
    st.sampled_from(["My_Key", "my_key", "myKey", "MyKey", "MYKEY", "my__key", "key_1L2"]) | st.text()
)
#: Where vendors may put what they like, and how to find it in a message.
VENDOR_PLACES: dict[str, tuple[type[Payload], Callable[[Any], Any], Callable[[Any], Any]]] = {
    "data of a request": (
        v201.DataTransferRequest,
        lambda data: {"vendorId": "V", "data": data},
        lambda message: message.data,
    ),
    "data of a response": (
        v21.DataTransferResponse,
        lambda data: {"status": "Accepted", "data": [data]},
        lambda message: message.data[0],
    ),
    "customData": (
        v201.HeartbeatRequest,
        lambda data: {"customData": {"vendorId": "V", "more": data}},
        lambda message: message.custom_data.extra["more"],
    ),
    "open class": (v20.HeartbeatRequest, lambda data: {"more": data}, lambda message: message.extra["more"]),
}


@pytest.mark.parametrize("place", VENDOR_PLACES)
def test_keys_of_vendors_pass_untouched(place: str) -> None:
    cls, payload_with, data_of = VENDOR_PLACES[place]

    def check(data: dict[str, Any]) -> None:
        payload = payload_with(data)
        message = from_wire(cls, payload)

        assert is_same(data, data_of(message))
        assert is_same(data, data_of(from_wire(cls, to_wire(message))))

    for_all(st.dictionaries(VENDOR_KEYS, st.dictionaries(VENDOR_KEYS, st.integers())), 100, check)


WITH_CUSTOM_DATA = [
    each
    for each in ALL_CLASSES
    if each.values[0].__ocpp__.version in ("2.0.1", "2.1")
    and each.values[0] not in (v201.CustomData, v21.CustomData)
]


@pytest.mark.parametrize("cls", WITH_CUSTOM_DATA)
def test_every_object_of_2_0_1_and_2_1_has_custom_data(cls: type[Payload]) -> None:
    """Messages and nested types alike, down to the smallest; only customData itself has none."""
    custom = {"vendorId": "V", "My_Key": 1}

    def check(payload: dict[str, Any]) -> None:
        message: Any = from_wire(cls, payload | {"customData": custom})

        assert "V" == message.custom_data.vendor_id
        assert {"My_Key": 1} == message.custom_data.extra
        assert custom == to_wire(message)["customData"]

    for_all(payloads(cls), 1, check)

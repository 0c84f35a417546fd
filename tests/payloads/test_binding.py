import enum
from collections import OrderedDict, UserDict
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import attrs
import pytest

import toy
from classes import ALL_CLASSES
from ocpp_core import v12, v16, v20, v21, v201
from ocpp_core.model.errors import PayloadError
from ocpp_core.model.messages import MISSING, UNSET, Payload
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.model.violations import Violation
from ocpp_core.payloads.binding import (
    MAX_DEPTH,
    Refused,
    check_depth,
    decoder,
    encoder,
    plain,
    source,
    tokens,
)
from ocpp_core.payloads.conversion import from_wire, to_wire

NOW = "2026-01-31T12:00:00Z"
KIND = v201.IdTokenEnum.CENTRAL


def refused(cls: type[Payload], payload: Any) -> list[tuple[str, str]]:
    """Where and by which rule `from_wire` refuses."""
    with pytest.raises(PayloadError) as caught:
        from_wire(cls, payload)
    return places(caught.value.violations)


def unsendable(message: Payload) -> list[tuple[str, str]]:
    """Where and by which rule `to_wire` refuses."""
    with pytest.raises(PayloadError) as caught:
        to_wire(message)
    return places(caught.value.violations)


def places(violations: tuple[Violation, ...]) -> list[tuple[str, str]]:
    return [(fault.path, fault.keyword) for fault in violations]


def nested(depth: int) -> Any:
    """JSON of `depth` levels, counting the innermost value."""
    value: Any = 0
    for level in range(depth - 1):
        value = [value] if level % 2 else {"a": value}
    return value


# Depth


def test_depth_is_counted_with_the_innermost_value() -> None:
    check_depth(0, 1)
    check_depth([], 1)
    check_depth([1], 2)
    check_depth(nested(MAX_DEPTH))
    for value, allowed in (([1], 1), ({"a": [1]}, 2), (nested(MAX_DEPTH + 1), MAX_DEPTH)):
        with pytest.raises(Refused):
            check_depth(value, allowed)


def test_depth_is_checked_without_recursion() -> None:
    with pytest.raises(Refused):
        check_depth(nested(200_000))


def test_opaque_content_has_a_depth_limit_in_both_directions() -> None:
    deepest, deeper = nested(MAX_DEPTH), nested(MAX_DEPTH + 1)
    message: Any = from_wire(v201.DataTransferRequest, {"vendorId": "A", "data": deepest})

    assert deepest == message.data
    assert deepest == to_wire(message)["data"]
    assert [("$", "depth")] == refused(v201.DataTransferRequest, {"vendorId": "A", "data": deeper})
    assert [("$", "depth")] == unsendable(attrs.evolve(message, data=deeper))


def test_members_of_open_classes_have_a_depth_limit_in_both_directions() -> None:
    deepest, deeper = nested(MAX_DEPTH - 1), nested(MAX_DEPTH)
    message: Any = from_wire(v201.CustomData, {"vendorId": "A", "x": deepest})

    assert {"x": deepest} == message.extra
    assert [("$", "depth")] == refused(v201.CustomData, {"vendorId": "A", "x": deeper})
    assert [("$", "depth")] == unsendable(attrs.evolve(message, extra={"x": deeper}))


# Open and closed


def test_open_classes_keep_what_they_do_not_know() -> None:
    payload = {"vendorId": "A", "x": None, "": [1], "vendor_id": "B", "extra": 1}
    data = from_wire(v201.CustomData, payload)

    assert "A" == data.vendor_id
    assert {"x": None, "": [1], "vendor_id": "B", "extra": 1} == data.extra
    assert payload == to_wire(data)
    assert {"x": 1} == from_wire(v20.HeartbeatRequest, {"x": 1}).extra


def test_closed_classes_refuse_what_they_do_not_know() -> None:
    assert [("$.x", "additionalProperties")] == refused(v201.HeartbeatRequest, {"x": 1})
    assert [("$.idToken.x", "additionalProperties")] == refused(
        v201.AuthorizeRequest, {"idToken": {"idToken": "A", "type": "Central", "x": 1}}
    )
    assert [("$.x", "additionalProperties")] == unsendable(v201.HeartbeatRequest(extra={"x": 1}))
    assert [("$.idToken.x", "additionalProperties")] == unsendable(
        v201.AuthorizeRequest(id_token=v201.IdToken(id_token="A", type=KIND, extra={"x": 1}))
    )


def test_an_optional_member_does_not_hide_an_unknown_one() -> None:
    """Members are counted: one that is there must not make up for one that is not known."""
    for payload in ({"idTag": "A", "connectorId": 1, "x": 1}, {"idTag": "A", "x": 1}, {"x": 1, "idTag": "A"}):
        assert [("$.x", "additionalProperties")] == refused(v16.RemoteStartTransactionRequest, payload)


def test_a_member_is_given_once() -> None:
    data = v201.CustomData(vendor_id="A", extra={"vendorId": "B"})

    assert [("$.vendorId", "type")] == unsendable(data)
    with pytest.raises(PayloadError, match="needs one value; got two, one of them in extra"):
        to_wire(v201.HeartbeatRequest(custom_data=data))


# What comes in


@pytest.mark.parametrize("payload", [None, [], "x", 1, [("idTag", "A")]], ids=repr)
def test_a_payload_is_an_object(payload: Any) -> None:
    assert [("$", "type")] == refused(v16.AuthorizeRequest, payload)


def test_any_mapping_is_a_payload_but_only_json_is_in_it() -> None:
    """What is not exactly what a parser gives is refused with a reason, never as a defect of ours."""
    expected = v16.AuthorizeRequest(id_tag="A")
    for payload in (UserDict(idTag="A"), OrderedDict(idTag="A")):
        assert expected == from_wire(v16.AuthorizeRequest, payload)
    token = OrderedDict(idToken="A", type="Central")
    values: Any = [{"timestamp": NOW, "sampledValue": ({"value": "1"},)}]

    assert [("$.idToken", "type")] == refused(v201.AuthorizeRequest, {"idToken": token})
    assert [("$.meterValue[0].sampledValue", "type")] == refused(
        v16.MeterValuesRequest, {"connectorId": 1, "meterValue": values}
    )
    assert [("$.idTag", "type")] == refused(v16.AuthorizeRequest, {"idTag": v16.ResetType.HARD})


@pytest.mark.parametrize("value", [[], {}, ["Hard"], {"Hard": 1}, None, True, 0, 1.5, Decimal(1)], ids=repr)
def test_a_token_is_text(value: Any) -> None:
    assert [("$.type", "type")] == refused(v16.ResetRequest, {"type": value})


@pytest.mark.parametrize("value", [True, False])
def test_a_boolean_is_no_number(value: bool) -> None:
    assert [("$.reservationId", "type")] == refused(v16.CancelReservationRequest, {"reservationId": value})
    assert [("$.reservationId", "type")] == refused(v201.CancelReservationRequest, {"reservationId": value})
    assert [("$.totalCost", "type")] == refused(
        v201.CostUpdatedRequest, {"totalCost": value, "transactionId": "A"}
    )
    assert [("$.reservationId", "type")] == unsendable(v16.CancelReservationRequest(reservation_id=value))
    assert [("$.totalCost", "type")] == unsendable(
        v201.CostUpdatedRequest(total_cost=value, transaction_id="A")  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("value", [0, 1])
def test_a_number_is_no_boolean(value: int) -> None:
    assert [("$.readonly", "type")] == refused(v16.KeyValue, {"key": "A", "readonly": value})
    assert [("$.readonly", "type")] == unsendable(v16.KeyValue(key="A", readonly=value))  # type: ignore[arg-type]


def test_an_integer_follows_the_draft() -> None:
    assert [("$.reservationId", "type")] == refused(v16.CancelReservationRequest, {"reservationId": 1.0})
    for value in (1.0, Decimal("1.00"), Decimal("1E+0")):
        message = from_wire(v201.CancelReservationRequest, {"reservationId": value})

        assert 1 == message.reservation_id
        assert int is type(message.reservation_id)
    # The security extension of 1.6 is written in draft 6.
    assert 5 == from_wire(v16.GetLogRequest, get_log(5.0)).request_id


def get_log(request_id: Any) -> dict[str, Any]:
    return {"log": {"remoteLocation": "ftp://x"}, "logType": "SecurityLog", "requestId": request_id}


def test_null_is_nothing_but_null() -> None:
    assert [("$.reservationId", "type")] == refused(v16.CancelReservationRequest, {"reservationId": None})
    assert [("$.customData", "type")] == refused(v201.HeartbeatRequest, {"customData": None})
    assert from_wire(v201.DataTransferRequest, {"vendorId": "A", "data": None}).data is None
    assert from_wire(v201.DataTransferRequest, {"vendorId": "A"}).data is UNSET


def test_limits_are_inclusive() -> None:
    battery = {"evseId": 0, "serialNumber": "x" * 50, "soC": 100, "soH": 0}

    assert battery == to_wire(from_wire(v21.BatteryData, battery))
    assert [("$.evseId", "minimum")] == refused(v21.BatteryData, battery | {"evseId": -1})
    assert [("$.soC", "maximum")] == refused(
        v21.BatteryData, battery | {"soC": Decimal("100.0000000000000000001")}
    )
    assert [("$.soH", "minimum")] == refused(v21.BatteryData, battery | {"soH": Decimal("-1E-300")})
    assert [("$.serialNumber", "maxLength")] == refused(v21.BatteryData, battery | {"serialNumber": "x" * 51})
    assert [("$.steps", "minItems")] == refused(toy.TurnRequest, {"direction": "Left", "steps": []})
    assert [("$.steps", "maxItems")] == refused(toy.TurnRequest, {"direction": "Left", "steps": [1, 2, 3, 4]})
    assert [1, 2, 3] == from_wire(toy.TurnRequest, {"direction": "Left", "steps": [1, 2, 3]}).steps
    assert [("$.steps[1]", "minimum")] == refused(toy.TurnRequest, {"direction": "Left", "steps": [1, 0]})
    assert [("$.connectorId", "maximum")] == refused(v12.UnlockConnectorRequest, {"connectorId": 2**31})


def test_length_is_counted_in_code_points() -> None:
    assert 20 == len(from_wire(v16.AuthorizeRequest, {"idTag": "\U0001f50c" * 20}).id_tag)
    assert [("$.idTag", "maxLength")] == refused(v16.AuthorizeRequest, {"idTag": "\U0001f50c" * 21})


@pytest.mark.parametrize("value", [Decimal("16.15"), 16.15, 0.05, Decimal("1E-20")], ids=repr)
def test_steps_are_exact(value: Any) -> None:
    assert [("$.limit", "multipleOf")] == refused(
        v16.ChargingSchedulePeriod, {"startPeriod": 0, "limit": value}
    )
    assert Decimal("16.1") == from_wire(v16.ChargingSchedulePeriod, {"startPeriod": 0, "limit": 16.1}).limit


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), Decimal("NaN"), Decimal("1E+999999999")], ids=repr
)
def test_a_number_is_one_that_a_double_can_be(value: Any) -> None:
    assert [("$.totalCost", "type")] == refused(
        v201.CostUpdatedRequest, {"totalCost": value, "transactionId": "A"}
    )
    assert [("$.totalCost", "type")] == unsendable(
        v201.CostUpdatedRequest(total_cost=value, transaction_id="A")
    )


def test_decoding_does_not_change_or_share_the_payload() -> None:
    payload: dict[str, Any] = {"key": ["A", "B"]}
    message = from_wire(v16.GetConfigurationRequest, payload)
    payload["key"].append("C")

    assert ["A", "B"] == message.key


# What goes out


class Identity(enum.StrEnum):
    ME = "me"


class Mixed(str, enum.Enum):  # noqa: UP042 - people have such
    ME = "me"


class Number(enum.IntEnum):
    ONE = 1


class Strings(list[str]):
    pass


def test_text_of_any_kind_is_written_as_text() -> None:
    """For a type checker a `StrEnum` is a `str`, so it may stand in a field of text."""
    for text in (Identity.ME, Mixed.ME, type("Name", (str,), {})("me")):
        written = to_wire(v16.AuthorizeRequest(id_tag=text))

        assert {"idTag": "me"} == written
        assert str is type(written["idTag"])
    assert [("$.idTag", "type")] == unsendable(v16.AuthorizeRequest(id_tag=1))  # type: ignore[arg-type]
    long = type("Long", (str,), {})("x" * 21)
    assert [("$.idTag", "maxLength")] == unsendable(v16.AuthorizeRequest(id_tag=long))


def test_a_token_may_be_given_as_its_text_but_must_be_one() -> None:
    assert {"type": "Hard"} == to_wire(v16.ResetRequest(type="Hard"))  # type: ignore[arg-type]
    assert [("$.type", "enum")] == unsendable(v16.ResetRequest(type=v16.ResetType.foreign("Warm")))
    assert [("$.type", "enum")] == unsendable(v16.ResetRequest(type="hard"))  # type: ignore[arg-type]
    assert [("$.type", "type")] == unsendable(v16.ResetRequest(type=[]))  # type: ignore[arg-type]


def test_an_integer_of_any_kind_is_written_as_integer() -> None:
    written = to_wire(v16.CancelReservationRequest(reservation_id=Number.ONE))

    assert {"reservationId": 1} == written
    assert int is type(written["reservationId"])


def test_a_nested_value_must_be_of_the_class_of_its_version() -> None:
    """Although what it would be written as is valid."""
    token: Any = v201.IdToken(id_token="A", type=KIND)
    info: Any = v21.AdditionalInfo(additional_id_token="A", type="B")

    assert [("$.idToken", "type")] == unsendable(v21.AuthorizeRequest(id_token=token))
    with pytest.raises(PayloadError, match=r"needs IdToken of OCPP 2.1; got an IdToken of OCPP 2.0.1"):
        to_wire(v21.AuthorizeRequest(id_token=token))
    with pytest.raises(PayloadError, match=r"needs IdToken of OCPP 2.0.1; got a dict"):
        to_wire(v201.AuthorizeRequest(id_token={"idToken": "A", "type": "Central"}))  # type: ignore[arg-type]
    assert [("$.idToken.additionalInfo[0]", "type")] == unsendable(
        v201.AuthorizeRequest(id_token=attrs.evolve(token, additional_info=[info]))
    )


def test_a_moment_must_be_an_aware_datetime() -> None:
    for moment, given in ((datetime(2026, 1, 31), "a naive datetime"), (NOW, f"the text '{NOW}'"), (0, "0")):
        with pytest.raises(PayloadError, match=rf"\$\.currentTime: needs an aware datetime; got {given}$"):
            to_wire(v16.HeartbeatResponse(current_time=moment))  # type: ignore[arg-type]
    beyond = datetime.max.replace(tzinfo=timezone(-timedelta(seconds=30)))
    assert [("$.currentTime", "type")] == unsendable(v16.HeartbeatResponse(current_time=beyond))


@pytest.mark.parametrize(
    "message, expected",
    [
        (v16.AuthorizeRequest(id_tag=MISSING), ("$.idTag", "type")),  # type: ignore[arg-type]
        (v16.AuthorizeRequest(id_tag=None), ("$.idTag", "required")),  # type: ignore[arg-type]
        (v16.CancelReservationRequest(reservation_id=1.0), ("$.reservationId", "type")),  # type: ignore[arg-type]
        (v16.HeartbeatResponse(current_time=MISSING), ("$.currentTime", "type")),  # type: ignore[arg-type]
        (v201.AuthorizeRequest(id_token=MISSING), ("$.idToken", "type")),  # type: ignore[arg-type]
        (v16.GetConfigurationRequest(key=Strings("A")), ("$.key", "type")),
        (v16.GetConfigurationRequest(key=("A",)), ("$.key", "type")),  # type: ignore[arg-type]
        (v16.GetConfigurationRequest(key="A"), ("$.key", "type")),  # type: ignore[arg-type]
        (v16.GetConfigurationRequest(key=["A", 1]), ("$.key[1]", "type")),  # type: ignore[list-item]
        (v16.GetConfigurationRequest(key=["x" * 51]), ("$.key[0]", "maxLength")),
        (v16.ChargingSchedulePeriod(start_period=0, limit=Decimal("0.05")), ("$.limit", "multipleOf")),
        (v201.SetVariablesRequest(set_variable_data=[]), ("$.setVariableData", "minItems")),
    ],
    ids=repr,
)
def test_what_breaks_a_rule_is_not_sent(message: Payload, expected: tuple[str, str]) -> None:
    assert [expected] == unsendable(message)


def test_several_faults_are_all_named() -> None:
    message = v16.ChargingSchedulePeriod(start_period="0", limit=Decimal("0.05"), number_phases=1.5)  # type: ignore[arg-type]

    assert [("$.startPeriod", "type"), ("$.limit", "multipleOf"), ("$.numberPhases", "type")] == unsendable(
        message
    )


def test_plain_leaves_out_what_is_absent() -> None:
    assert {"idTag": "A"} == plain(v16.RemoteStartTransactionRequest(id_tag="A"))
    assert {"vendorId": "A"} == plain(v201.DataTransferRequest(vendor_id="A"))
    assert {"vendorId": "A", "data": None} == plain(v201.DataTransferRequest(vendor_id="A", data=None))
    assert {"vendorId": "A", "x": 1} == plain(v201.CustomData(vendor_id="A", extra={"x": 1}))


# The compiled functions


def test_source_can_be_read() -> None:
    text = source(v16.AuthorizeRequest)

    assert "def decode(data):" in text
    assert "def encode(made):" in text
    assert "data['idTag']" in text
    assert "len(v) > 20" in text
    compile(text, "source", "exec")


@pytest.mark.parametrize("cls", ALL_CLASSES)
def test_every_source_can_be_compiled(cls: type[Payload]) -> None:
    compiled = compile(source(cls), cls.__name__, "exec")

    assert {"decode", "encode"} <= set(compiled.co_names)


def test_a_class_is_compiled_once() -> None:
    assert decoder(v16.AuthorizeRequest) is decoder(v16.AuthorizeRequest)
    assert encoder(v16.AuthorizeRequest) is encoder(v16.AuthorizeRequest)
    assert decoder(v16.AuthorizeRequest, 4) is not decoder(v16.AuthorizeRequest, 6)


def test_tokens_are_read_as_members() -> None:
    assert {"Hard": v16.ResetType.HARD, "Soft": v16.ResetType.SOFT} == tokens(v16.ResetType)
    assert v16.UnitOfMeasure.CELSIUS is tokens(v16.UnitOfMeasure)["Celcius"]


def test_what_is_missing_stays_missing_where_it_is_shown() -> None:
    """Also in the place of an object, where nothing else of a wrong type is kept."""
    message = from_wire(
        v201.BootNotificationRequest, {"reason": "PowerUp"}, tolerance=Tolerance.REQUIRED_MISSING
    )

    assert {"reason": "PowerUp", "chargingStation": MISSING} == plain(message)

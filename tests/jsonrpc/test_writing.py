"""What frames are written as, and what is refused before it is sent."""

import json
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import attrs
import pytest

from frames import NOON, codec, every_row, every_version, nested
from ocpp_core import v16, v20, v21, v201
from ocpp_core.jsonrpc.codec import JsonCodec
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import LocalProtocolError, PayloadError
from ocpp_core.model.messages import UNSET, Call, CallError, CallResult, CallResultError, Frame, Send
from ocpp_core.payloads.binding import MAX_DEPTH
from toy import TOY, Note, PingRequest, PingResponse, Tick


def untyped(payload: Any) -> Any:
    """A payload that type checkers would not let into a frame."""
    return payload


@pytest.mark.parametrize(
    "version, frame",
    [
        ("1.6", Call("17", v201.HeartbeatRequest())),
        ("2.0.1", Call("17", v16.HeartbeatRequest())),
        ("2.0.1", Call("17", v20.HeartbeatRequest())),
        ("2.1", CallResult("17", v201.HeartbeatResponse(current_time=NOON))),
        ("toy", Send("17", v21.NotifyPeriodicEventStream(
            id=1, pending=0, basetime=NOON, data=[v21.StreamDataElement(t=Decimal(0), v="")]
        ))),
        ("toy", Call("17", untyped(Tick(count=1)))),
        ("toy", Call("17", untyped(PingResponse(text="")))),
        ("toy", Call("17", untyped(Note(author="A")))),
        ("toy", Send("17", untyped(PingRequest(text="")))),
        ("toy", CallResult("17", untyped(PingRequest(text="")))),
    ],
    ids=lambda it: it if isinstance(it, str) else f"{type(it).__name__}-{type(it.payload).__name__}",
)  # fmt: skip
def test_message_of_another_version_or_kind_is_not_written(version: str, frame: Any) -> None:
    with pytest.raises(LocalProtocolError, match=rf"is no (request|response|notification) of OCPP {version}"):
        codec(version).encode(frame)


@pytest.mark.parametrize("version", ["1.6", "2.0", "2.0.1"])
def test_j21_4_2_3_callresulterror_is_not_written_below(version: str) -> None:
    with pytest.raises(LocalProtocolError, match=f"OCPP {version} has no CALLRESULTERROR"):
        codec(version).encode(CallResultError("17", ErrorCode.GENERIC))


def test_j21_4_2_4_send_is_not_written_where_the_version_has_none() -> None:
    older = attrs.evolve(TOY, frame_kinds=codec("2.0.1").specification.frame_kinds)

    with pytest.raises(LocalProtocolError, match="OCPP toy has no SEND"):
        JsonCodec(older).encode(Send("17", Tick(count=1)))


@every_version
def test_j201_4_2_3_description_is_cut_at_255_characters(version: str) -> None:
    for length in (0, 254, 255, 256, 10_000):
        written = codec(version).encode(CallError("17", ErrorCode.GENERIC, "ü" * length))

        assert "ü" * min(length, 255) == json.loads(written)[3]


def too_deep() -> Any:
    value: Any = []
    for _ in range(100_000):
        value = [value]
    return value


DETAILS_NOT_JSON: dict[str, Any] = {
    "object": {"a": object()},
    "bytes": {"a": b"a"},
    "datetime": {"a": NOON},
    "NaN": {"a": float("nan")},
    "decimal NaN": {"a": Decimal("NaN")},
    "lone surrogate": {"a": "\udfff"},
    "number as a name": {1: 2},
    "65 levels": {"a": json.loads(nested(MAX_DEPTH))},
    "100,000 levels": {"a": too_deep()},
}


@pytest.mark.parametrize("case", DETAILS_NOT_JSON)
def test_details_that_are_no_json_are_not_written(case: str) -> None:
    for made in (CallError, CallResultError):
        with pytest.raises(LocalProtocolError):
            codec("toy").encode(made("17", ErrorCode.GENERIC, "", DETAILS_NOT_JSON[case]))


def test_free_data_that_is_no_json_is_not_written() -> None:
    for data in (float("nan"), [float("inf")], object(), {"a": "\ud800"}):
        with pytest.raises((LocalProtocolError, PayloadError)):
            codec("toy").encode(Call("17", PingRequest(text="", data=data)))


def test_details_may_be_any_mapping() -> None:
    error = CallError("17", ErrorCode.GENERIC, "", MappingProxyType({"a": []}))

    assert '[4,"17","GenericError","",{"a":[]}]' == codec("toy").encode(error)


def test_payload_that_breaks_its_schema_is_not_written() -> None:
    profile = v16.ChargingProfile(
        charging_profile_id=1,
        stack_level=0,
        charging_profile_purpose=v16.ChargingProfilePurpose.TX_PROFILE,
        charging_profile_kind=v16.ChargingProfileKind.ABSOLUTE,
        charging_schedule=v16.ChargingSchedule(
            charging_rate_unit=v16.ChargingRateUnit.A,
            charging_schedule_period=[v16.ChargingSchedulePeriod(start_period=0, limit=Decimal("16.15"))],
        ),
    )
    call = Call("17", v16.SetChargingProfileRequest(connector_id=1, cs_charging_profiles=profile))

    with pytest.raises(PayloadError) as caught:
        codec("1.6").encode(call)
    assert ["$.csChargingProfiles.chargingSchedule.chargingSchedulePeriod[0].limit"] == [
        it.path for it in caught.value.violations
    ]


def test_absent_fields_are_not_written() -> None:
    assert '[2,"17","Ping",{"text":""}]' == codec("toy").encode(Call("17", PingRequest(text="", data=UNSET)))


@every_row
def test_nothing_is_written_with_blanks(version: str, frame: Frame, text: str) -> None:
    written = codec(version).encode(frame)

    assert json.dumps(json.loads(written), separators=(",", ":"), ensure_ascii=False) == written


def test_a_subclass_is_sent_as_the_action_of_its_parent() -> None:
    """The action is stored with the class; no name is read for it."""

    class Tag(v16.AuthorizeRequest):
        pass

    assert '[2,"17","Authorize",{"idTag":"x"}]' == codec("1.6").encode(Call("17", Tag(id_tag="x")))

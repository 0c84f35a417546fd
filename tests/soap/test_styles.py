"""What we write can suit old peers: prefixes, the form of Action, digits of timestamps. It is valid all the same."""

from typing import Any

import pytest

from envelopes import SOAP_VERSIONS, body_element, is_officially_valid
from ocpp_core import Role, specification, v16
from ocpp_core.jsonrpc.codec import JsonCodec
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import LocalProtocolError
from ocpp_core.model.messages import Call, CallError, CallResult
from ocpp_core.model.timestamps import read_timestamp
from ocpp_core.payloads.conversion import to_wire
from ocpp_core.soap.codec import SoapCodec
from ocpp_core.soap.envelopes import Prefixes

OLD = Prefixes(envelope="SOAP-ENV", addressing="wsa5", ocpp="cs")

#: A moment, and what is written of it with no digits, with three, and as it is.
WRITTEN = [
    ("2026-01-31T12:00:00Z", "2026-01-31T12:00:00Z", "2026-01-31T12:00:00.000Z", "2026-01-31T12:00:00Z"),
    (
        "2026-01-31T12:00:00.5Z",
        "2026-01-31T12:00:00Z",
        "2026-01-31T12:00:00.500Z",
        "2026-01-31T12:00:00.500Z",
    ),
    (
        "2026-01-31T12:00:00.999999+01:00",
        "2026-01-31T12:00:00+01:00",
        "2026-01-31T12:00:00.999+01:00",
        "2026-01-31T12:00:00.999999+01:00",
    ),
    (
        "2026-01-31T12:00:00.123456789Z",
        "2026-01-31T12:00:00Z",
        "2026-01-31T12:00:00.123Z",
        "2026-01-31T12:00:00.123456789Z",
    ),
]


@pytest.mark.parametrize("said, none, three, as_it_is", WRITTEN)
def test_timestamps_have_as_many_digits_as_the_peer_can_read(
    said: str, none: str, three: str, as_it_is: str
) -> None:
    """On both wires, nested or not."""
    moment = read_timestamp(said)
    response = CallResult("1", v16.HeartbeatResponse(current_time=moment))
    values = [v16.MeterValue(timestamp=moment, sampled_value=[v16.SampledValue(value="1")])]
    readings = Call("1", v16.MeterValuesRequest(connector_id=1, meter_value=values))
    for digits, expected in ((0, none), (3, three), (None, as_it_is)):
        json = JsonCodec("1.6", fraction_digits=digits)
        csms, station = (
            SoapCodec("1.6", role=role, identity="CP-1", fraction_digits=digits)
            for role in (Role.CSMS, Role.CHARGE_POINT)
        )

        assert f'[3,"1",{{"currentTime":"{expected}"}}]' == json.encode(response)
        assert f'"timestamp":"{expected}"' in json.encode(readings)
        assert f"currentTime>{expected}<" in csms.encode(response).decode()
        assert f"timestamp>{expected}<" in station.encode(readings).decode()
        assert {"currentTime": expected} == to_wire(response.payload, fraction_digits=digits)


@pytest.mark.parametrize("digits", [1, 6, -1, "3"])
def test_other_numbers_of_digits_are_the_callers_fault(digits: Any) -> None:
    for make in (JsonCodec, SoapCodec):
        with pytest.raises(LocalProtocolError, match="0, 3 or None"):
            make("1.6", fraction_digits=digits)


@pytest.mark.parametrize("version", SOAP_VERSIONS)
def test_prefixes_are_those_that_the_peer_knows(version: str) -> None:
    station = SoapCodec(version, role=Role.CHARGE_POINT, identity="CP-1", address="http://us/", prefixes=OLD)
    csms = SoapCodec(version, prefixes=OLD)
    request = Call("m1", specification(version).request("Heartbeat")())
    written = station.encode(request)

    for start in (b"<SOAP-ENV:Envelope ", b"<wsa5:MessageID>", b"<wsa5:Address>", b"<cs:heartbeatRequest>"):
        assert start in written
    assert not any(usual in written for usual in (b"env:Env", b"wsa:", b"ocpp:"))
    assert is_officially_valid(version, Role.CSMS, body_element(written))
    frame: Any = csms.decode(written)
    assert (request.payload, ()) == (frame.payload, frame.violations)

    fault = csms.encode(CallError("m1", ErrorCode.SECURITY, "why"))
    answer: Any = station.decode(fault)
    assert b"cs:SecurityError" in fault
    assert (ErrorCode.SECURITY, "why", ()) == (answer.code, answer.description, answer.violations)


@pytest.mark.parametrize(
    "prefixes",
    [
        {"envelope": "wsa"},
        {"ocpp": ""},
        {"ocpp": "1a"},
        {"ocpp": "a:b"},
        {"addressing": "xmlns"},
        {"ocpp": "a b"},
    ],
)
def test_what_is_no_prefix_is_the_callers_fault(prefixes: dict[str, str]) -> None:
    with pytest.raises(LocalProtocolError, match="three different prefixes"):
        Prefixes(**prefixes)

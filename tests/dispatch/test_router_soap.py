"""A single envelope that a router answers without a connection: whose it is."""

import asyncio
from datetime import UTC, datetime

import pytest

from ocpp_core import CallError, ErrorCode, Role, v16
from ocpp_core.dispatch.router import Caller, Router
from ocpp_core.model.messages import Call
from ocpp_core.soap.codec import SoapCodec

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "identity, seen, code",
    [("CP-1", "CP-1", None), ("", "CP-1", None), ("CP-2", None, ErrorCode.IDENTITY)],
)
def test_s16_3_3_an_envelope_of_another_station_is_no_envelope_of_this_one(
    identity: str, seen: str | None, code: ErrorCode | None
) -> None:
    callers: list[str] = []
    router = Router(receives=Role.CSMS)

    @router.on(v16.HeartbeatRequest)
    def heartbeat(request: v16.HeartbeatRequest, station: Caller) -> v16.HeartbeatResponse:
        callers.append(station.identity)
        return v16.HeartbeatResponse(current_time=NOW)

    station = SoapCodec("1.6", role=Role.CHARGE_POINT, identity="CP-1", to="http://csms/")
    envelope = station.encode(Call("urn:uuid:1", v16.HeartbeatRequest()))
    answer = asyncio.run(router.answer(envelope, codec=SoapCodec("1.6", role=Role.CSMS), identity=identity))
    assert answer is not None
    read = station.decode(answer, awaiting={"urn:uuid:1": v16.HeartbeatRequest})

    assert ([] if seen is None else [seen]) == callers
    assert code == (read.code if isinstance(read, CallError) else None)

"""1.2 and 1.5 over WebSocket, as stations speak them: both servers read every dialect, and name it."""

from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from both_servers import Reported, both, running
from loops import asynchronous
from ocpp_core import Router, Tolerance, v12, v15

_READING = '{"timestamp":"2026-01-31T12:00:00Z",%s}'
#: How a reading is written, and the rule that says what is different from the WSDL.
DIALECTS: dict[str, tuple[str, str, list[Tolerance]]] = {
    "1.5, as the WSDL": ("ocpp1.5", '"value":[{"value":"5","unit":"kWh"}]', []),
    "1.5, values in values": (
        "ocpp1.5",
        '"values":[{"value":"5","unit":"kWh"}]',
        [Tolerance.MISNAMED_MEMBER],
    ),
    "1.5, flat": ("ocpp1.5", '"value":"5","unit":"kWh"', [Tolerance.FLAT_VALUE]),
    "1.2, as the WSDL": ("ocpp1.2", '"value":5', []),
}


@pytest.mark.parametrize("tolerance", [Tolerance.STRICT, Tolerance.HARMLESS], ids=["strict", "harmless"])
@pytest.mark.parametrize("dialect", DIALECTS)
@both
@asynchronous
async def test_readings_in_each_dialect_reach_their_handler(
    server: str, dialect: str, tolerance: Tolerance
) -> None:
    subprotocol, members, rules = DIALECTS[dialect]
    read: list[Any] = []
    router, reported = Router(), Reported()

    @router.on(v15.MeterValuesRequest)
    def meter_15(request: v15.MeterValuesRequest, station: Any) -> v15.MeterValuesResponse:
        read.extend(request.values or [])
        return v15.MeterValuesResponse()

    @router.on(v12.MeterValuesRequest)
    def meter_12(request: v12.MeterValuesRequest, station: Any) -> v12.MeterValuesResponse:
        read.extend(request.values or [])
        return v12.MeterValuesResponse()

    options: dict[str, Any] = {"accepts": ["1.2", "1.5"], "hooks": [reported], "tolerance": tolerance}
    async with (
        running(server, router, **options) as up,
        connect(up.url(), subprotocols=[Subprotocol(subprotocol)]) as socket,
    ):
        await socket.send(f'[2,"1","MeterValues",{{"connectorId":1,"values":[{_READING % members}]}}]')

        assert '[3,"1",{}]' == await socket.recv()
    sampled = [v15.SampledValue(value="5", unit=v15.UnitOfMeasure.KWH)]
    assert [5 if subprotocol == "ocpp1.2" else sampled] == [one.value for one in read]
    assert rules == reported.rules

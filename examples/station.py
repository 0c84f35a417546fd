"""A station of OCPP 2.0.1 that boots, charges once, and can be reset.

    python examples/station.py [URL] [IDENTITY]

Needs ocpp-core[websockets]. It connects again when the connection is lost, with the back-off of the standard; what it
has to say waits for that. It boots once, as a new connection alone is no reason to.
"""

import asyncio
import sys
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from ocpp_core import Router, v201
from ocpp_core.transports.websocket import connect

router = Router()
TOKEN = v201.IdToken(id_token="04A2B3C4", type=v201.IdTokenEnum.ISO14443)


@router.on(v201.ResetRequest)
def reset(request: v201.ResetRequest, csms: Any) -> v201.ResetResponse:
    return v201.ResetResponse(status=v201.ResetStatus.ACCEPTED)


@router.after(v201.ResetRequest)  # the answer is out
async def restart(request: v201.ResetRequest, response: v201.ResetResponse, csms: Any) -> None:
    await boot(csms, v201.BootReason.REMOTE_RESET)


async def boot(csms: Any, reason: v201.BootReason = v201.BootReason.POWER_UP) -> None:
    model = v201.ChargingStation(vendor_name="Example Energy", model="Duo 22")
    answer = await csms.call(v201.BootNotificationRequest(charging_station=model, reason=reason))
    print(f"{csms.identity} boots: {answer.status}, heartbeat every {answer.interval} s")


def event(
    seq_no: int, event_type: v201.TransactionEvent, trigger: v201.TriggerReason, energy: str
) -> v201.TransactionEventRequest:
    now = datetime.now(UTC)
    reading = v201.SampledValue(value=Decimal(energy))
    return v201.TransactionEventRequest(
        event_type=event_type,
        timestamp=now,
        trigger_reason=trigger,
        seq_no=seq_no,
        transaction_info=v201.Transaction(transaction_id="TX-1"),
        evse=v201.EVSE(id=1, connector_id=1),
        id_token=TOKEN,
        meter_value=[v201.MeterValue(timestamp=now, sampled_value=[reading])],
    )


async def charge(url: str = "ws://127.0.0.1:9000", identity: str = "CP-201") -> None:
    async with connect(url, identity, router, "2.0.1", wait=True) as csms:
        await boot(csms)
        answer = await csms.call(v201.AuthorizeRequest(id_token=TOKEN))
        if answer.id_token_info.status == v201.AuthorizationStatus.ACCEPTED:
            kinds, reasons = v201.TransactionEvent, v201.TriggerReason
            await csms.call(event(0, kinds.STARTED, reasons.AUTHORIZED, "0"))
            await csms.call(event(1, kinds.UPDATED, reasons.METER_VALUE_PERIODIC, "1250"))
            await csms.call(event(2, kinds.ENDED, reasons.STOP_AUTHORIZED, "2500"))
            print("charged 2.5 kWh")


def main(*arguments: str) -> None:
    asyncio.run(charge(*arguments))


if __name__ == "__main__":
    main(*sys.argv[1:])

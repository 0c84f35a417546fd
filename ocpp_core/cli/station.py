"""A station of any version for `simulate` and `demo`: what it says, as tables. `answers` has what it answers.

There is one script per family, 1.x and 2.x. Payloads are written as they stand on the wire; where a version writes
something otherwise, `ocpp_core.conformance.requests` has it.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from attrs import define, frozen

from ocpp_core.conformance.answers import STATION, TRIGGERS, Json, reply, text
from ocpp_core.conformance.requests import readings, timestamp, transaction
from ocpp_core.dispatch.router import Caller, Router
from ocpp_core.model.messages import Request, Response
from ocpp_core.model.specifications import specification
from ocpp_core.model.versions import Role
from ocpp_core.payloads.binding import plain
from ocpp_core.payloads.conversion import from_wire, to_wire

#: Who charges.
ID_TAG = "04A2B3C4"
ID_TOKEN = {"idToken": ID_TAG, "type": "ISO14443"}


class StepFailed(Exception):
    """The CSMS has answered a step otherwise than it has to."""


@define
class Memory:
    """What a station remembers from step to step.

    Attributes:
        energy: What its meter shows, in Wh.
        transaction_id: Of the present transaction: the CSMS gives it in 1.x, the station in 2.x.
        remote_start_id: With which the CSMS has asked for the transaction, if it has (2.x).
        seq_no: Of the next TransactionEvent.
    """

    version: str
    energy: int = 1000
    transaction_id: Any = 0
    remote_start_id: int | None = None
    seq_no: int = 0


@frozen
class Step:
    """A request of the script.

    Attributes:
        action: Of the request.
        payload: Makes it from what the station remembers.
        accepted: Where in the response the word Accepted has to stand, if the response has such a place: in 2.x it need
            not judge the token again.
    """

    action: str
    payload: Callable[[Memory], Json]
    accepted: tuple[str, ...] = ()


#: In 1.2 meter values do not say which transaction they belong to.
_NAMES_TRANSACTION = frozenset({"1.5", "1.6"})


# The scripts


def _meter_values(memory: Memory) -> Json:
    belongs = {"transactionId": memory.transaction_id} if memory.version in _NAMES_TRANSACTION else {}
    return {"connectorId": 1, **belongs, **readings(specification(memory.version), memory.energy)}


def _event(event_type: str, reason: str) -> Callable[[Memory], Json]:
    def payload(memory: Memory) -> Json:
        known = specification(memory.version)
        is_remote = memory.remote_start_id is not None
        remote = {"remoteStartId": memory.remote_start_id} if is_remote else {}
        now = timestamp()
        memory.seq_no += 1
        return {
            "eventType": event_type,
            "timestamp": now,
            "triggerReason": "RemoteStart" if is_remote and event_type == "Started" else reason,
            "seqNo": memory.seq_no - 1,
            **transaction(known, memory.transaction_id, **remote),
            "evse": {"id": 1, "connectorId": 1},
            "idToken": ID_TOKEN,
            **readings(known, memory.energy, at=now),
        }

    return payload


_HEARTBEAT = Step("Heartbeat", lambda _: {})
_SECURITY = Step(
    "SecurityEventNotification", lambda _: {"type": "StartupOfTheDevice", "timestamp": timestamp()}
)

_SCRIPT_1 = {
    "boot": Step(
        "BootNotification",
        lambda _: {"chargePointVendor": "Example Energy", "chargePointModel": "Duo 22"},
        ("status",),
    ),
    "security": _SECURITY,
    "status": Step(
        "StatusNotification", lambda _: {"connectorId": 1, "status": "Available", "errorCode": "NoError"}
    ),
    "authorize": Step("Authorize", lambda _: {"idTag": ID_TAG}, ("idTagInfo", "status")),
    "start": Step(
        "StartTransaction",
        lambda memory: {
            "connectorId": 1,
            "idTag": ID_TAG,
            "timestamp": timestamp(),
            "meterStart": memory.energy,
        },
        ("idTagInfo", "status"),
    ),
    "meter": Step("MeterValues", _meter_values),
    "stop": Step(
        "StopTransaction",
        lambda memory: {
            "transactionId": memory.transaction_id,
            "idTag": ID_TAG,
            "timestamp": timestamp(),
            "meterStop": memory.energy,
        },
    ),
    "heartbeat": _HEARTBEAT,
}

_SCRIPT_2 = {
    "boot": Step(
        "BootNotification",
        lambda _: {
            "reason": "PowerUp",
            "chargingStation": {"vendorName": "Example Energy", "model": "Duo 22"},
        },
        ("status",),
    ),
    "security": _SECURITY,
    "status": Step(
        "StatusNotification",
        lambda _: {"timestamp": timestamp(), "connectorStatus": "Available", "evseId": 1, "connectorId": 1},
    ),
    "authorize": Step("Authorize", lambda _: {"idToken": ID_TOKEN}, ("idTokenInfo", "status")),
    "start": Step("TransactionEvent", _event("Started", "Authorized"), ("idTokenInfo", "status")),
    "meter": Step("TransactionEvent", _event("Updated", "MeterValuePeriodic")),
    "stop": Step("TransactionEvent", _event("Ended", "StopAuthorized")),
    "heartbeat": _HEARTBEAT,
}


_REMOTE_STARTS = frozenset({"RemoteStartTransaction", "RequestStartTransaction"})


class Simulator:
    """A simulated station.

    Attributes:
        router: Its handlers.
        asked: What the CSMS has asked for and the station has yet to do: "start", "reset", or a step of the script.
        memory: What it remembers.
    """

    def __init__(self, version: str) -> None:
        self.memory: Memory = Memory(version)
        self.router: Router = Router(receives=Role.CHARGE_POINT)
        self.asked: asyncio.Queue[str] = asyncio.Queue()
        self._specification = specification(version)
        is_first = "StartTransaction" in self._specification.actions
        self._script = _SCRIPT_1 if is_first else _SCRIPT_2
        self.router.on_any(self._answer)

    async def do(self, name: str, csms: Caller) -> Response:
        """Takes a step of the script.

        Raises:
            StepFailed: The answer is not the one that is needed to go on.
            CallFailedError: There is none.
        """
        memory = self.memory
        if name == "start":
            memory.seq_no = 0
            memory.transaction_id = f"TX-{memory.energy}"  # 1.x learns its own from the answer
        elif name in ("meter", "stop"):
            memory.energy += 750
        step = self._script[name]
        response: Response = await csms.call(self.request(name))
        answer = to_wire(response)
        if step.accepted and step.accepted[0] in answer:
            found: Any = answer
            for key in step.accepted:
                found = found.get(key, {})
            if found != "Accepted":
                raise StepFailed(f"{step.action}: {'.'.join(step.accepted)} is {found!r}")
        if name == "start":
            memory.transaction_id = answer.get("transactionId", memory.transaction_id)
        elif name == "stop":
            memory.remote_start_id = None
        return response

    def request(self, name: str) -> Request[Any]:
        """The request of a step of the script."""
        step = self._script[name]
        request: Request[Any] = from_wire(self._specification.request(step.action), step.payload(self.memory))
        return request

    async def charge(self, csms: Caller, *, readings: int = 2) -> None:
        """A whole transaction."""
        for name in ("start", *["meter"] * readings, "stop"):
            await self.do(name, csms)

    def _answer(self, request: Request[Any], _: Any) -> Response:
        action = request.__ocpp__.action or ""
        response = reply(request, STATION[action])
        payload = plain(request)
        asked = TRIGGERS.get(text(payload, "requestedMessage"))
        if action in _REMOTE_STARTS:
            self.memory.remote_start_id = payload.get("remoteStartId")
            asked = "start"
        elif action == "Reset":
            asked = "reset"
        if asked is not None:
            self.asked.put_nowait(asked)
        return response

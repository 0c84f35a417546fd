"""A station of any version for `simulate` and `demo`: what it says, as tables. `answers` has what it answers.

There is one script per family, 1.x and 2.x. Payloads are written as they stand on the wire; where a version writes
something otherwise, `ocpp_core.conformance.requests` has it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, NoReturn
from uuid import uuid4

from attrs import frozen

from ocpp_core.cli.obeying import OBEYING, Memory
from ocpp_core.conformance.answers import STATION, TRIGGERS, Json, reply, text
from ocpp_core.conformance.requests import readings, timestamp, transaction
from ocpp_core.dispatch.boot import booted
from ocpp_core.dispatch.gate import StationGate
from ocpp_core.dispatch.router import Caller, Router
from ocpp_core.model.errors import CallFailedError, CallRejectedError
from ocpp_core.model.messages import Request, Response
from ocpp_core.model.shapes import Field, shape
from ocpp_core.model.specifications import specification
from ocpp_core.model.versions import Role
from ocpp_core.payloads.binding import plain
from ocpp_core.payloads.conversion import from_wire, to_wire


class StepFailed(Exception):
    """The CSMS has answered a step otherwise than it has to."""


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


def _members(memory: Memory, action: str) -> Mapping[str, Field]:
    """What a request has in the version."""
    return shape(specification(memory.version).request(action)).by_wire


# The scripts


def _meter_values(memory: Memory) -> Json:
    # In 1.2 meter values do not say which transaction they belong to.
    names_it = "transactionId" in _members(memory, "MeterValues")
    belongs = {"transactionId": memory.transaction_id} if names_it else {}
    return {"connectorId": 1, **belongs, **readings(specification(memory.version), memory.energy)}


def _status(memory: Memory) -> Json:
    # 1.2 and 1.5 have but Occupied.
    statuses: Any = _members(memory, "StatusNotification")["status"].kind
    busy = "Charging" if "Charging" in list(statuses.enum) else "Occupied"
    return {"connectorId": 1, "status": _idle(memory, busy), "errorCode": "NoError"}


def _why(memory: Memory) -> Json:
    """Why a transaction has ended; 1.2 and 1.5 know no reasons."""
    is_told = memory.reason[0] and "reason" in _members(memory, "StopTransaction")
    return {"reason": memory.reason[0]} if is_told else {}


def _idle(memory: Memory, busy: str) -> str:
    if memory.is_busy:
        return busy
    return _availability(memory, 1)


def _availability(memory: Memory, place: int) -> str:
    return "Available" if memory.operative[place] else "Unavailable"


def _event(event_type: str, reason: str) -> Callable[[Memory], Json]:
    def payload(memory: Memory) -> Json:
        known = specification(memory.version)
        is_remote = memory.remote_start_id is not None
        remote = {"remoteStartId": memory.remote_start_id} if is_remote else {}
        now = timestamp()
        memory.seq_no += 1
        trigger, why = reason, dict[str, str]()
        if is_remote and event_type == "Started":
            trigger = "RemoteStart"
        elif event_type == "Ended" and memory.reason[0]:
            triggers: Any = _members(memory, "TransactionEvent")["triggerReason"].kind
            # 2.0 has no word for a reset; that the CSMS has ended it comes near.
            trigger = memory.reason[1] if memory.reason[1] in list(triggers.enum) else "RemoteStop"
            why = {"stoppedReason": memory.reason[0]}
        return {
            "eventType": event_type,
            "timestamp": now,
            "triggerReason": trigger,
            "seqNo": memory.seq_no - 1,
            **transaction(known, memory.transaction_id, **remote, **why),
            "evse": {"id": 1, "connectorId": 1},
            "idToken": memory.token,
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
    "station status": Step(
        "StatusNotification",
        lambda memory: {
            "connectorId": 0,
            "status": _availability(memory, 0),
            "errorCode": "NoError",
        },
    ),
    "status": Step("StatusNotification", _status),
    # In 1.x an update cannot be refused.
    "firmware": Step("FirmwareStatusNotification", lambda _: {"status": "DownloadFailed"}),
    "authorize": Step(
        "Authorize", lambda memory: {"idTag": memory.token["idToken"]}, ("idTagInfo", "status")
    ),
    "start": Step(
        "StartTransaction",
        lambda memory: {
            "connectorId": 1,
            "idTag": memory.token["idToken"],
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
            "idTag": memory.token["idToken"],
            "timestamp": timestamp(),
            "meterStop": memory.energy,
            **_why(memory),
        },
    ),
    "heartbeat": _HEARTBEAT,
}

_SCRIPT_2 = {
    "boot": Step(
        "BootNotification",
        lambda memory: {
            "reason": memory.boot_reason,
            "chargingStation": {"vendorName": "Example Energy", "model": "Duo 22"},
        },
        ("status",),
    ),
    "security": _SECURITY,
    "status": Step(
        "StatusNotification",
        lambda memory: {
            "timestamp": timestamp(),
            "connectorStatus": _idle(memory, "Occupied"),
            "evseId": 1,
            "connectorId": 1,
        },
    ),
    "authorize": Step("Authorize", lambda memory: {"idToken": memory.token}, ("idTokenInfo", "status")),
    "start": Step("TransactionEvent", _event("Started", "Authorized"), ("idTokenInfo", "status")),
    "meter": Step("TransactionEvent", _event("Updated", "MeterValuePeriodic")),
    "stop": Step("TransactionEvent", _event("Ended", "StopAuthorized")),
    "heartbeat": _HEARTBEAT,
}


#: The steps that tell of a transaction.
_DELIVERED = frozenset({"start", "meter", "stop"})
#: What the CSMS may ask for, and the step that it is, if the station accepts.
_REMOTELY = {
    "RemoteStartTransaction": "start",
    "RequestStartTransaction": "start",
    "RemoteStopTransaction": "stop",
    "RequestStopTransaction": "stop",
    "Reset": "reset",
    "ChangeAvailability": "status",
}


class Simulator:
    """A simulated station.

    Attributes:
        router: Its handlers.
        gate: Refuses calls while the CSMS has rejected it; it has to be one of the hooks of the connection.
        asked: What the CSMS has asked for and the station has yet to do: "start", "stop", "reset", or another
            step of the script.
        memory: What it remembers.
        retries: Whether it sends what tells of transactions again: a script had better show the first failure.
    """

    def __init__(self, version: str, *, retries: bool = False) -> None:
        self.memory: Memory = Memory(version)
        self.retries: bool = retries
        self.router: Router = Router(receives=Role.CHARGE_POINT)
        self.gate: StationGate = StationGate()
        self.asked: asyncio.Queue[str] = asyncio.Queue()
        self._specification = specification(version)
        is_first = "StartTransaction" in self._specification.actions
        self._script = _SCRIPT_1 if is_first else _SCRIPT_2
        self.router.on_any(self._answer)
        self.router.middleware(self.gate)

    async def do(self, name: str, csms: Caller) -> Response:
        """Takes a step of the script.

        What tells of a transaction is sent again, as the settings have it, until it has been taken.

        Raises:
            StepFailed: The answer is not the one that is needed to go on.
            CallFailedError: There is none.
        """
        memory = self.memory
        if name == "start":
            memory.seq_no = 0
            memory.is_busy = True
            if "TransactionEvent" in self._specification.actions:
                memory.transaction_id = str(uuid4())  # 1.x learns its own from the answer
        elif name in ("meter", "stop"):
            memory.energy += 750
        step = self._script[name]
        try:
            response = await self._delivered(name, self.request(name), csms)
        except CallFailedError:
            if name in ("start", "stop"):
                memory.end()
            raise
        answer = to_wire(response)
        if name == "start":
            memory.transaction_id = answer.get("transactionId", memory.transaction_id)
            memory.is_running = True
        elif name == "stop":
            memory.end()
        elif name == "boot":
            memory.is_registered = answer.get("status") == "Accepted"
        if step.accepted and step.accepted[0] in answer:
            found: Any = answer
            for key in step.accepted:
                found = found.get(key, {})
            if found != "Accepted":
                raise StepFailed(f"{step.action}: {'.'.join(step.accepted)} is {found!r}")
        return response

    async def _delivered(self, name: str, request: Request[Any], csms: Caller) -> Response:
        try:
            return await self._attempted(name, request, csms)
        finally:
            self.memory.is_waiting = False

    async def _attempted(self, name: str, request: Request[Any], csms: Caller) -> Response:
        attempts = 1
        while True:
            try:
                response: Response = await csms.call(request)
            except CallFailedError as error:
                is_lost = not isinstance(error, CallRejectedError)
                if not self.retries or name not in _DELIVERED or attempts >= self._attempts():
                    raise
                self.memory.is_waiting = True
                # A lost connection is soon another, for which the next call waits; not so in the same moment.
                await asyncio.sleep(attempts * (1 if is_lost else self._pause()))
                attempts += 1
            else:
                return response

    def _attempts(self) -> int:
        return max(1, self.memory.number("TransactionMessageAttempts"))

    def _pause(self) -> int:
        return self.memory.number("TransactionMessageRetryInterval")

    def request(self, name: str) -> Request[Any]:
        """The request of a step of the script."""
        step = self._script[name]
        request: Request[Any] = from_wire(self._specification.request(step.action), step.payload(self.memory))
        return request

    async def charge(self, csms: Caller, *, readings: int = 2) -> None:
        """A whole transaction."""
        try:
            await self.do("start", csms)
        except StepFailed:
            self.memory.end()
            raise
        for name in (*["meter"] * readings, "stop"):
            await self.do(name, csms)

    async def visit(self, csms: Caller) -> None:
        """What an ordinary day has, in short: a status, a transaction, a heartbeat."""
        for name in ("status", "authorize"):
            await self.do(name, csms)
        await self.charge(csms)
        await self.do("heartbeat", csms)

    async def stay(self, csms: Caller, told: Callable[[str], None]) -> NoReturn:
        """Boots, and does what it is asked for, until it is cancelled; the CSMS may be restarted meanwhile.

        Args:
            csms: To be called.
            told: Is told what has failed: that is no end.
        """
        self.retries = True
        self.memory.is_booting = True
        async with booted(csms, self.request("boot"), retry_interval=10.0) as registered:
            self.memory.is_registered, self.memory.is_booting = True, False
            while not self.asked.empty():  # the first connection has been booted on
                self.asked.get_nowait()
            work: Callable[[], Awaitable[object]] = partial(self.visit, csms)
            while True:
                try:
                    await work()
                except (CallFailedError, StepFailed) as error:
                    told(str(error))
                is_due = self.memory.is_reset_due and not self.memory.is_busy
                asked = "reset" if is_due else await self._next()
                if asked == "start":
                    work = partial(self._begin, csms)
                elif asked == "stop":
                    work = partial(self._end, csms)
                elif asked in ("boot", "reset"):
                    work = partial(self._restart, csms, registered.boot)
                else:  # a step that a TriggerMessage has asked for, or a reading that is due
                    work = partial(self.do, asked, csms)

    async def _next(self) -> str:
        """What is to be done next; while it charges its meter is read from time to time."""
        interval = self.memory.number("MeterValueSampleInterval") if self.memory.is_running else 0
        try:
            async with asyncio.timeout(interval or None):
                return await self.asked.get()
        except TimeoutError:
            return "meter"

    async def _begin(self, csms: Caller) -> None:
        """Begins a transaction, which goes on until it is stopped, or the CSMS does not think well of the token."""
        if not self.memory.is_busy:
            return  # a reset was quicker
        # A token of the type Central is one that the CSMS has made.
        is_known = self.memory.token.get("type") == "Central"
        if self.memory.settings["AuthorizeRemoteTxRequests"] == "true" and not is_known:
            try:
                await self.do("authorize", csms)
            except (CallFailedError, StepFailed):
                self.memory.end()
                raise
        try:
            await self.do("start", csms)
        except StepFailed:
            self.memory.reason = "DeAuthorized", "Deauthorized"
            await self.do("stop", csms)
            raise
        await self.do("status", csms)

    async def _end(self, csms: Caller) -> None:
        if not self.memory.is_running:
            return  # a reset was quicker
        await self.do("stop", csms)
        await self.do("status", csms)

    async def _restart(self, csms: Caller, boot: Callable[[Request[Any]], Awaitable[object]]) -> None:
        """Boots again: after a reset, which ends what goes on, or on a new connection, which does not."""
        memory = self.memory
        if memory.reset[0]:
            if memory.is_running:
                memory.reason = memory.reset
                await self.do("stop", csms)
            memory.end()
            memory.boot_reason = "RemoteReset"
        elif memory.is_reset_due:
            memory.boot_reason = "ScheduledReset"
        memory.reset, memory.is_reset_due = ("", ""), False
        memory.is_registered, memory.is_booting = False, True
        await boot(self.request("boot"))
        memory.is_registered, memory.is_booting = True, False
        if "station status" in self._script:
            await self.do("station status", csms)
        await self.do("status", csms)

    def _answer(self, request: Request[Any], _: Any) -> Response:
        action = request.__ocpp__.action or ""
        payload, memory = plain(request), self.memory
        obeying = OBEYING.get(action)
        # Once, since it may change what is remembered.
        answer = STATION[action] if obeying is None else obeying(memory, payload)
        response = reply(request, answer)
        if getattr(response, "status", "Accepted") == "Accepted":
            for step in self._steps(action, payload):
                self.asked.put_nowait(step)
        return response

    def _steps(self, action: str, payload: Json) -> list[str]:
        """What has to be done for a request that was accepted."""
        step = TRIGGERS.get(text(payload, "requestedMessage"), _REMOTELY.get(action, ""))
        if action == "UpdateFirmware" and "firmware" in self._script:
            return ["firmware"]
        if step == "status" and "station status" in self._script and not payload.get("connectorId"):
            return ["station status", step]
        return [step] if step else []

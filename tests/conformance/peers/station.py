"""A station without a fault, of every version, written by hand down to the frames: no fault of the library hides in it.

What fits a schema it has from the library's validation; frames, order, states and calls are its own. It is a small
machine: power, registration, connectors with their transactions, and a queue of what the CSMS has to learn of them.
`station_answers` has what it answers, `station_faults` what breaks one thing in it: each fault changes one of the hooks
that stand here as attributes, or replaces a method.
"""

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Any, Protocol
from uuid import uuid4

from attrs import define

from conformance.peers.station_answers import HANDLERS, SETTINGS, VARIABLES, Refused
from conformance.peers.station_answers_blocks import tariff_at
from conformance.peers.station_following import Following
from ocpp_core.conformance.requests import (
    is_first,
    readings,
    request,
    response,
    timestamp,
    token,
    transaction,
)
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import PayloadError
from ocpp_core.model.specifications import specification
from ocpp_core.model.versions import Role, Wire
from ocpp_core.payloads.conversion import from_wire

Json = dict[str, Any]

#: Seconds that a call of its own waits for the answer.
_PATIENCE = 4.0
#: Seconds after a refusal that told no interval.
_OWN_PAUSE = 3.0
#: Seconds that a boot, or a new connection, takes.
_BOOT = 0.2


class Link(Protocol):
    """A connection to a CSMS."""

    async def send(self, text: str) -> None:
        """Sends a message."""

    async def receive(self) -> str | None:
        """The next message; None when the connection has ended."""

    async def close(self) -> None:
        """Ends it."""


class Failed(Exception):
    """A call of its own got an error, or no answer."""


@define
class Transaction:
    """A transaction that runs, or of which the CSMS has not learned everything."""

    token: str
    connector: int
    id: Any
    meter_start: int
    energy: int
    remote_start_id: int | None = None
    reservation: int | None = None
    tariff: Json | None = None
    seq_no: int = 0
    is_over: bool = False
    is_known: bool = False


@define
class Connector:
    """A connector, which is an EVSE too."""

    number: int
    status: str = "Available"
    is_operative: bool = True
    becomes: bool | None = None
    reservation: Json | None = None
    transaction: Transaction | None = None
    energy: int = 1000


@define
class Queued:
    """A message about a transaction that has to arrive: what it is, and what makes its payload when it is sent."""

    action: str
    payload: Callable[[], Json]
    transaction: Transaction
    is_start: bool = False
    attempts: int = 0


class Station(Following):
    """The faultless one.

    Attributes, which faults replace or fill:
        handlers: What answers an action.
        edits: Changes the result of an action.
        outgoing: Turns a frame that is to be sent into the messages that are sent.
        said: Turns a call of its own into the calls that are made.
    """

    def __init__(self, version: str) -> None:
        self.version = version
        self.specification = specification(version)
        self.is_first = is_first(self.specification)
        self.codes = dict(self.specification.error_names.get(Wire.JSON, {}))
        self.handlers: dict[str, Callable[[Station, Json], Json]] = dict(HANDLERS)
        self.edits: dict[str, Callable[[Json, Json], Json]] = {}
        self.outgoing: Callable[[list[Any]], Iterable[str]] = lambda frame: [json.dumps(frame)]
        self.said: Callable[[str, Json], list[tuple[str, Json]]] = lambda action, payload: [(action, payload)]
        self.connectors = [Connector(1), Connector(2)]
        self.settings: dict[str, list[Any]] = {key: list(row) for key, row in SETTINGS.items()}
        self.variables: dict[tuple[str, str], list[Any]] = {key: list(row) for key, row in VARIABLES.items()}
        self.queue: deque[Queued] = deque()
        self.lists: tuple[int, dict[str, Any]] = (0, {})
        self.cached: dict[str, str] = {}  # statuses by token
        self.profiles: list[Json] = []
        self.displayed: dict[int, Json] = {}
        self.tariffs: dict[str, tuple[int, Json]] = {}  # by id, with their EVSE
        self.controls: dict[str, Json] = {}
        self.certificates: list[Json] = []
        self.goes_on: Json = {"status": "Idle"}  # of an upload of a log
        self.lenient: set[str] = set()  # rules about what has to be refused that it does not know
        self.monitors: dict[int, Json] = {}
        self.streams: set[int] = set()  # by their monitors
        self.tells_security = True  # the SOAP wire has no such message
        self.link: Link | None = None
        self.boot_reason = "PowerUp"
        self._forget()

    def _forget(self) -> None:
        """What is lost with the power."""
        self.registration = ""
        self.heartbeat = 0.0
        self.last_sent = 0.0
        self.pending: dict[str, asyncio.Future[list[Any]]] = {}
        self.actions: dict[str, str] = {}
        self.turn = asyncio.Lock()
        self.news = asyncio.Event()
        self.tasks: set[asyncio.Task[Any]] = set()
        self.ended_by_itself = False

    # Power and connection

    async def run(self, connect: Callable[[], Awaitable[Link]]) -> None:
        """Switches it on, until it is cancelled."""
        while True:
            self.link = await connect()
            if not self.registration:
                self.spawn(self.register())
            else:
                self.spawn(self.reconnected())
            while (text := await self.link.receive()) is not None:
                await self.received(text)
            for task in self.tasks:
                task.cancel()
            self.tasks.clear()
            for waiting in self.pending.values():
                waiting.cancel()
            self.pending.clear()
            self.turn = asyncio.Lock()
            self.link = None
            self.lost()
            if self.ended_by_itself:
                self.rebooted()
            await self.before_connecting()

    async def before_connecting(self) -> None:
        """What it does before it connects again."""
        await asyncio.sleep(_BOOT)

    def lost(self) -> None:
        """What is forgotten with the connection: nothing."""

    def rebooted(self) -> None:
        """The power was off and on: statuses and reservations are as the standard wants them kept."""
        self._forget()
        for connector in self.connectors:
            connector.transaction = None
            if connector.becomes is not None:
                connector.is_operative, connector.becomes = connector.becomes, None
            connector.status = self.idle_status(connector)

    def spawn(self, work: Awaitable[Any]) -> None:
        """Does something beside, as long as the connection lasts."""
        task = asyncio.ensure_future(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def register(self) -> None:
        """Boots until it is accepted, and begins to work."""
        while True:
            try:
                answer = await self.call("BootNotification", self.boot())
            except Failed:
                await self.unanswered()
                continue
            status = answer.get("status")
            interval = answer.get("interval", answer.get("heartbeatInterval", 0)) or 0
            if status == "Accepted":
                break
            await self.refused_boot(str(status), float(interval))
        self.heartbeat = float(interval or 300)
        await self.begin()
        await self.resume()

    def boot(self) -> Json:
        """What it says of itself."""
        return request(self.specification, "BootNotification", {"reason": (self.boot_reason, "PowerUp")})

    def own_pause(self) -> float:
        """Seconds before another boot, where the CSMS has named none."""
        return _OWN_PAUSE

    async def unanswered(self) -> None:
        """What it does before it boots again, after there was no answer."""
        await asyncio.sleep(self.own_pause())

    async def refused_boot(self, status: str, interval: float) -> None:
        """What it does before it boots again, after it was not accepted."""
        await asyncio.sleep(interval + 0.1 if interval else self.own_pause())

    async def begin(self) -> None:
        """What it tells after it was accepted."""
        if self.is_first:
            await self.notify(0)
        for connector in self.connectors:
            await self.notify(connector.number)
        await self.tell_security("StartupOfTheDevice")

    async def tell_security(self, event: str) -> None:
        """Tells an event, where there are such."""
        if self.tells_security and "SecurityEventNotification" in self.specification.actions:
            await self.quietly("SecurityEventNotification", {"type": event})

    async def reconnected(self) -> None:
        """What it does after a new connection, if it was registered."""
        await self.resume()

    async def resume(self) -> None:
        """Works, after a boot or a new connection."""
        if self.registration == "Accepted":
            self.spawn(self.deliver())
            self.spawn(self.beat())
            self.spawn(self.sample())
            self.spawn(self.align())

    async def beat(self) -> None:
        """Heartbeats, when nothing else was said for so long."""
        now = asyncio.get_running_loop().time
        while True:
            wait = self.last_sent + self.heartbeat - now()
            if wait > 0:
                await asyncio.sleep(wait)
            else:
                await self.quietly("Heartbeat", {})
                self.last_sent = max(self.last_sent, now())

    # Calls of its own

    async def call(self, action: str, payload: Json) -> Json:
        """Calls, one at a time.

        Raises:
            Failed: There is an error, or no answer.
        """
        answer: Json = {}
        for each, written in self.said(action, payload):
            async with self.turn:
                id = self.new_id()
                self.pending[id] = asyncio.get_running_loop().create_future()
                self.actions[id] = each
                self.last_sent = asyncio.get_running_loop().time()
                await self.transmit([2, id, each, written])
                try:
                    frame = await asyncio.wait_for(self.pending[id], _PATIENCE)
                except TimeoutError:
                    raise Failed(action) from None
                finally:
                    self.pending.pop(id, None)
            if frame[0] != 3:
                raise Failed(frame[2])
            answer = frame[2]
        return answer

    async def quietly(self, action: str, members: Json) -> None:
        """Tells something; what becomes of it does not matter."""
        with suppress(Failed):
            await self.call(action, request(self.specification, action, members))

    def new_id(self) -> str:
        """An id for a call."""
        return str(uuid4())

    async def transmit(self, frame: list[Any]) -> None:
        """Sends a frame, as the fault has it."""
        for text in self.outgoing(frame):
            if self.link is not None:
                await self.link.send(text)

    # What comes in

    async def received(self, text: str) -> None:
        """A message of the CSMS."""
        try:
            frame = json.loads(text)
        except ValueError:
            return
        if not isinstance(frame, list) or len(frame) < 2 or type(frame[0]) is not int:
            return
        if frame[0] == 2:
            await self.called(frame)
        elif frame[0] in (3, 4):
            waiting = self.pending.get(frame[1]) if isinstance(frame[1], str) else None
            if waiting is None or waiting.done():
                await self.orphan(frame)
            elif frame[0] == 3 and not self.is_right(self.actions[frame[1]], frame[2]):
                waiting.set_result([4, frame[1], "FormationViolation", "", {}])
                await self.wrong_result(frame)
            else:
                if frame[0] == 3:
                    self.learn(self.actions[frame[1]], frame[2])
                waiting.set_result(frame)
        elif frame[0] not in self.specification.frame_kinds and self.version in ("2.0", "2.0.1"):
            await self.transmit([4, frame[1], "MessageTypeNotSupported", "", {}])

    def is_right(self, action: str, result: Any) -> bool:
        """Whether a result fits its schema."""
        try:
            from_wire(self.specification.response(action), result)
        except PayloadError:
            return False
        return True

    async def wrong_result(self, frame: list[Any]) -> None:
        """2.1 answers it."""
        if 5 in self.specification.frame_kinds:
            await self.transmit([5, frame[1], "FormatViolation", "", {}])

    def learn(self, action: str, result: Json) -> None:
        """What counts from the moment of an answer on, whatever comes next."""
        if action == "BootNotification":
            self.registration = result["status"]
        elif action == "StartTransaction" and self.queue:
            self.queue[0].transaction.id = result["transactionId"]
            self.queue[0].transaction.is_known = True

    async def orphan(self, frame: list[Any]) -> None:
        """An answer to nothing is nothing."""

    async def called(self, frame: list[Any]) -> None:
        """A call of the CSMS."""
        if not isinstance(frame[1], str):
            return
        try:
            result = self.served(frame)
        except Refused as refused:
            await self.transmit([4, frame[1], refused.code, "", {}])
            return
        if result is not None:
            await self.transmit([3, frame[1], result])
            self.follow(frame[2], frame[3] or {}, result)

    def served(self, frame: list[Any]) -> Json | None:
        """The answer to a call; None if there is none."""
        if not 0 < len(frame[1]) <= 36:
            raise Refused(self.codes[ErrorCode.MESSAGE_ID])
        if len(frame) != 4 or not isinstance(frame[2], str):
            raise Refused(self.codes[ErrorCode.FRAME])
        payload = {} if frame[3] is None else frame[3]
        if not isinstance(payload, dict):
            raise Refused(self.codes[ErrorCode.STRUCTURE])
        return self.answer(frame[2], payload)

    def answer(self, action: str, payload: Json) -> Json | None:
        """The result of an action."""
        known = self.specification.actions.get(action)
        if known is None:
            raise Refused("NotImplemented")
        if not known.sent_by & Role.CSMS or action not in self.handlers:
            raise Refused("NotSupported")
        if self.registration in ("", "Rejected"):
            if self.is_first:
                return None
            raise Refused("SecurityError")
        self.validate(action, payload)
        result = response(self.specification, action, self.handlers[action](self, payload))
        return self.edits[action](result, payload) if action in self.edits else result

    def validate(self, action: str, payload: Json) -> None:
        """Whether it fits its schema."""
        try:
            from_wire(self.specification.request(action), payload)
        except PayloadError as error:
            raise Refused(self.codes[error.violations[0].code]) from None

    def follow(self, action: str, payload: Json, result: Json) -> None:
        """What a call entails, after it was answered."""
        todo = getattr(self, f"after_{action}", None)
        if todo is not None and result.get("status") in (None, "Accepted", "Scheduled", "Unlocked"):
            self.spawn(todo(payload))

    def now(self) -> str:
        """This moment, as it is written on the wire."""
        return timestamp()

    # Statuses

    def idle_status(self, connector: Connector) -> str:
        """The status of a connector on which nothing goes on."""
        if not connector.is_operative:
            return "Unavailable"
        return "Reserved" if connector.reservation is not None else "Available"

    async def show(self, connector: Connector, status: str) -> None:
        """Changes a status, and tells so."""
        if connector.status != status:
            connector.status = status
            await self.notify(connector.number)

    async def notify(self, number: int) -> None:
        """Tells a status; 0 is the station in 1.x."""
        await self.quietly("StatusNotification", self.status(number))

    def status(self, number: int) -> Json:
        """What tells a status."""
        if number:
            shown = self.connectors[number - 1].status
        else:
            shown = "Available" if any(each.is_operative for each in self.connectors) else "Unavailable"
        if self.is_first:
            return {
                "connectorId": number,
                "errorCode": "NoError",
                "status": (shown, "Occupied"),
                "timestamp": self.now(),
            }
        return {"evseId": number, "connectorId": 1, "connectorStatus": shown, "timestamp": self.now()}

    def busy(self, status: str) -> str:
        """A status of a connector that is in use, in the words of the version."""
        return status if self.is_first else "Occupied"

    # Transactions

    async def charge(
        self,
        who: str,
        connector: Connector,
        remote: int | None = None,
        reservation: int | None = None,
        *,
        is_known: bool = False,
    ) -> None:
        """A transaction: from the token, which may be one of the CSMS, to energy. The cable is in."""
        if self.authorizes() and not is_known and not await self.authorize(who):
            return
        connector.reservation = None
        id = None if self.is_first else self.new_transaction_id()
        running = Transaction(
            who, connector.number, id, connector.energy, connector.energy, remote, reservation
        )
        running.tariff = tariff_at(self, connector.number)
        connector.transaction = running
        await self.show(connector, self.busy("Preparing"))
        if self.is_first:
            self.report("StartTransaction", running, self.started(running), is_start=True)
        else:
            written = self.event(running, "Started", "RemoteStart" if remote is not None else "Authorized")
            self.report("TransactionEvent", running, written, is_start=True)

    def new_transaction_id(self) -> str:
        """An id for a transaction of 2.x."""
        return str(uuid4())

    def authorizes(self) -> bool:
        """Whether a token that comes remotely is asked about."""
        if self.is_first:
            return str(self.settings["AuthorizeRemoteTxRequests"][0]) == "true"
        return str(self.variables["AuthCtrlr", "AuthorizeRemoteStart"][0]) == "true"

    async def authorize(self, who: str) -> bool:
        """Whether the CSMS knows a token."""
        try:
            answer = await self.call("Authorize", token(self.specification, who))
        except Failed:
            return False
        info = answer.get("idTagInfo") or answer.get("idTokenInfo") or {}
        self.cached[who] = str(info.get("status"))
        return self.cached[who] == "Accepted"

    def started(self, running: Transaction) -> Callable[[], Json]:
        """What tells that it has begun, in 1.x."""
        members = {
            "connectorId": running.connector,
            "meterStart": running.meter_start,
            "timestamp": self.now(),
            "reservationId": running.reservation,
            **token(self.specification, running.token),
        }
        return lambda: request(self.specification, "StartTransaction", members)

    def event(self, running: Transaction, type: str, reason: str, **members: Any) -> Callable[[], Json]:
        """What tells something of it, in 2.x."""
        ended = "EVDetected" if self.version == "2.0" else "EVConnected"
        within: Json = {"chargingState": ended if type == "Ended" else "Charging"}
        if type == "Started" and running.remote_start_id is not None:
            within["remoteStartId"] = running.remote_start_id
        if type == "Started" and running.tariff is not None:
            within["tariffId"] = running.tariff["tariffId"]
        if type == "Ended" and running.tariff is not None:
            members["costDetails"] = self.cost(running)
        if "stoppedReason" in members:
            within["stoppedReason"] = members.pop("stoppedReason")
        written = {
            "eventType": type,
            "triggerReason": (reason, "RemoteStop"),
            "seqNo": running.seq_no,
            "timestamp": self.now(),
            "evse": {"id": running.connector, "connectorId": 1},
            "reservationId": running.reservation if type == "Started" else None,
            **transaction(self.specification, running.id, **within),
            **self.measured(running, type),
            **(token(self.specification, running.token) if type == "Started" else {}),
            **members,
        }
        running.seq_no += 1
        return lambda: request(self.specification, "TransactionEvent", written)

    def measured(self, running: Transaction, type: str) -> Json:
        """What an event tells of the meter: why it was read, too."""
        written = readings(self.specification, running.energy)
        context = {"Started": "Transaction.Begin", "Ended": "Transaction.End"}.get(type)
        if context is not None:
            written["meterValue"][0]["sampledValue"][0]["context"] = context
        return written

    def report(
        self, action: str, running: Transaction, payload: Callable[[], Json], *, is_start: bool = False
    ) -> None:
        """Lines up what has to arrive."""
        self.queue.append(Queued(action, payload, running, is_start))
        self.news.set()

    async def deliver(self) -> None:
        """Sends what has to arrive, in order, again and again within reason."""
        while True:
            if not self.queue:
                self.news.clear()
                await self.news.wait()
            item = self.queue[0]
            try:
                answer = await self.call(item.action, item.payload())
            except Failed:
                item.attempts += 1
                attempts, pause = self.attempts()
                if item.attempts >= attempts:
                    self.queue.popleft()
                else:
                    await asyncio.sleep(pause * item.attempts)
                    self.postpone(item)
                continue
            self.queue.popleft()
            await self.told(item, answer)

    def postpone(self, item: Queued) -> None:
        """What was not taken stays first."""

    def attempts(self) -> tuple[int, float]:
        """How often a message about a transaction is sent, and the pause between."""
        if self.is_first:
            settings = self.settings
            often, pause = settings["TransactionMessageAttempts"], settings["TransactionMessageRetryInterval"]
        else:
            variables = self.variables
            often = variables["OCPPCommCtrlr", "MessageAttempts"]
            pause = variables["OCPPCommCtrlr", "MessageAttemptInterval"]
        return int(often[0]), float(pause[0])

    async def told(self, item: Queued, answer: Json) -> None:
        """What the answer to a message about a transaction entails."""
        running = item.transaction
        if not item.is_start:
            return
        running.is_known = True
        connector = self.connectors[running.connector - 1]
        info = answer.get("idTagInfo") or answer.get("idTokenInfo") or {"status": "Accepted"}
        if info.get("status") != "Accepted":
            self.spawn(self.refused(connector))
        elif not running.is_over:
            self.spawn(self.show(connector, self.busy("Charging")))

    async def refused(self, connector: Connector) -> None:
        """The token is not good after all."""
        await self.stop(connector, "DeAuthorized", "Deauthorized")

    async def stop(self, connector: Connector, reason: str, trigger: str) -> None:
        """Ends a transaction."""
        running = connector.transaction
        if running is None or running.is_over:
            return
        running.is_over = True
        connector.transaction = None
        connector.energy = running.energy = running.energy + 10
        if self.is_first:
            members = {"meterStop": running.energy, "timestamp": self.now(), "reason": reason}
            who = {} if reason == "DeAuthorized" else token(self.specification, running.token)
            self.report(
                "StopTransaction",
                running,
                lambda: request(
                    self.specification,
                    "StopTransaction",
                    {"transactionId": self.known_id(running), **members, **who},
                ),
            )
            await self.show(connector, "Finishing")
        else:
            self.report(
                "TransactionEvent",
                running,
                self.event(running, "Ended", trigger, stoppedReason=reason),
            )
        if connector.becomes is not None:
            connector.is_operative, connector.becomes = connector.becomes, None
        await self.show(connector, self.idle_status(connector))

    def known_id(self, running: Transaction) -> Any:
        """The id that the CSMS has given; -1 if it has given none."""
        return running.id if running.is_known else -1

    def interval(self) -> float:
        """Seconds between two readings of a transaction; 0 for none."""
        if self.is_first:
            return float(self.settings["MeterValueSampleInterval"][0])
        return float(self.variables["SampledDataCtrlr", "TxUpdatedInterval"][0])

    async def sample(self) -> None:
        """Reads the meter of all transactions."""
        waited = 0.0
        while True:
            await asyncio.sleep(0.5)
            waited += 0.5
            if not self.interval():
                waited = 0.0
            elif waited >= self.interval():
                waited = 0.0
                for connector in self.connectors:
                    if connector.transaction is not None and connector.transaction.is_known:
                        self.read(connector, connector.transaction)

    def read(self, connector: Connector, running: Transaction) -> None:
        """Tells the meter's reading."""
        running.energy += 10
        if self.is_first:
            written = {
                "connectorId": connector.number,
                "transactionId": running.id,
                **readings(self.specification, running.energy),
            }
            self.report("MeterValues", running, lambda: request(self.specification, "MeterValues", written))
        else:
            self.report("TransactionEvent", running, self.event(running, "Updated", "MeterValuePeriodic"))

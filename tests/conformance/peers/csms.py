"""A CSMS without a fault, of every version, written by hand down to the frames: no fault of the library hides in it.

What the standard asks of a payload it has from the library's validation; frames, order, answers and calls are its own.
`csms_faults` has what breaks one thing in it: each fault changes one of the hooks that stand here as attributes.
"""

import asyncio
import json
import re
from base64 import b64encode
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from ssl import SSLContext
from typing import Any
from uuid import uuid4

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from loops import run_in_no_time
from ocpp_core.conformance.requests import is_first, request, response, token_info
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import PayloadError
from ocpp_core.model.specifications import specification
from ocpp_core.model.versions import Role, Specification, Wire
from ocpp_core.payloads.conversion import from_wire

Json = dict[str, Any]
Handler = Callable[["Session", Json], Json]

#: Tokens that it knows, by what it thinks of them. All others it does not know.
TOKENS: Mapping[str, str] = {
    "GOOD0001": "Accepted",
    "BLOCKED1": "Blocked",
    "EXPIRED1": "Expired",
    "ABROAD01": "NotAtThisLocation",
    "HEAVY001": "NotAllowedTypeEVSE",
    "FIRST001": "Accepted",
    "PREPAID1": "Accepted",
    "EMPTY001": "NoCredit",
}
#: The same as a profile names them.
KINDS: Mapping[str, str] = {
    "accepted": "GOOD0001",
    "blocked": "BLOCKED1",
    "expired": "EXPIRED1",
    "elsewhere": "ABROAD01",
    "evse-type": "HEAVY001",
    "some-evses": "FIRST001",
    "prepaid": "PREPAID1",
    "no-credit": "EMPTY001",
    "tariff": "GOOD0001",
    "group": "GOOD0001",
    "unknown": "NOBODY",
}
#: What is said of some of them beside.
_SAID: Mapping[str, Callable[[], dict[str, Any]]] = {
    "FIRST001": lambda: {"evseId": [1]},
    "PREPAID1": lambda: {"cacheExpiryDateTime": now()},
    "EMPTY001": lambda: {"cacheExpiryDateTime": now()},
}
#: A vendor for whom it speaks, and what it says.
_VENDOR: Mapping[str, str] = {"vendorId": "org.example.peer", "messageId": "known"}
PASSWORD = "conformance-0001"


#: A DER control.
GRADIENT: Mapping[str, int] = {"priority": 1, "gradient": 10, "softGradient": 10}


class Refused(Exception):
    """A call that is answered with an error."""

    def __init__(self, code: str, description: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.description = description


def now() -> str:
    """This moment."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Csms:
    """The faultless one.

    Attributes, which faults replace or fill:
        registration: What BootNotification is answered.
        call_timeout: Seconds that its own calls wait.
        handlers: What answers an action; others get the smallest response.
        edits: Changes the result of an action ("*": of every action).
        refusals: Asked before an action is served; may raise `Refused`.
        outgoing: Turns a frame that is to be sent into the messages that are sent.
        sending: What it says in a call of its own, by action.
        subprotocols: Those that it takes.
        takes_all: Whether it takes what is offered where nothing is known.
        takes_first: Whether it takes what is offered first where something is known.
        admits: The HTTP status for an identity; 200 lets it in.
        password: Of every station; None asks for none.
        refusal: The HTTP status for a wrong one.
        proven: Whether a request proves the password.
        extensions: What it says that it has agreed on, whatever was offered.
        ssl: Of a server that is reached over TLS.
        trust: Of a client that trusts it.
        stays: Whether it keeps connections without a subprotocol.
        refuses_strangers: Whether it refuses handshakes that offer nothing that it takes.
        run: Runs the kit beside it, on a loop where waiting takes no time.
    """

    def __init__(self, version: str, registration: str = "Accepted") -> None:
        self.version = version
        self.specification: Specification = specification(version)
        self.registration = registration
        self.call_timeout = 0.6
        self.codes = dict(self.specification.error_names[Wire.JSON])
        self.handlers: dict[str, Handler] = dict(_HANDLERS)
        self.edits: dict[str, Callable[[Json, Json], Json]] = {}
        self.refusals: list[Callable[[Session, str, Json], None]] = []
        self.outgoing: Callable[[list[Any]], Iterable[str | bytes]] = lambda frame: [json.dumps(frame)]
        self.sending: dict[str, Callable[[Csms], Json]] = {}
        self.subprotocols: tuple[str, ...] = (f"ocpp{version}",)
        self.takes_all = False
        self.takes_first = False
        self.refusal = 401
        self.compression: str | None = "deflate"
        self.extensions = ""
        self.ssl: SSLContext | None = None
        self.trust: SSLContext | None = None
        self.password: str | None = None
        self.admits: Callable[[str], int] = lambda identity: 200
        self.proven: Callable[[Any, str], bool] = lambda request, proof: (
            request.headers.get("Authorization") == f"Basic {proof}"
        )
        self.stays = False
        self.refuses_strangers = False
        self.run: Callable[[Coroutine[Any, Any, Any]], Any] = run_in_no_time
        self.sessions: list[Session] = []
        self.starts: dict[str, int] = {}
        self.transactions: list[Any] = []
        self.profiles: dict[Any, Json] = {}
        self.contracts = 0
        self.session_class: type[Session] = Session

    @asynccontextmanager
    async def served(self) -> AsyncGenerator[str, None]:
        """Serves on a free port; gives the URL without the identity."""

        def choose(_: ServerConnection, offered: Any) -> Subprotocol | None:
            known = next((name for name in offered if name in self.subprotocols), None)
            return (
                offered[0]
                if offered and ((self.takes_all and not known) or (self.takes_first and known))
                else known
            )

        async with serve(
            self._connected,
            "127.0.0.1",
            0,
            select_subprotocol=choose,
            compression=self.compression,
            process_request=self._admitted,
            process_response=self._agreed,
            ping_interval=None,
            ssl=self.ssl,
        ) as server:
            port = next(iter(server.sockets)).getsockname()[1]
            yield f"ws://127.0.0.1:{port}" if self.ssl is None else f"wss://localhost:{port}"

    def _admitted(self, connection: ServerConnection, request: Any) -> Any:
        identity = request.path.rpartition("/")[2]
        offered = request.headers.get("Sec-WebSocket-Protocol", "")
        if self.refuses_strangers and not any(name in offered for name in self.subprotocols):
            return connection.respond(400, "")
        proof = b64encode(f"{identity}:{self.password}".encode()).decode()
        status = self.admits(identity)
        if status == 200 and self.password is not None and not self.proven(request, proof):
            status = self.refusal
        return None if status == 200 else connection.respond(status, "")

    def _agreed(self, _: ServerConnection, __: Any, response: Any) -> None:
        if self.extensions:
            response.headers["Sec-WebSocket-Extensions"] = self.extensions

    async def _connected(self, connection: ServerConnection) -> None:
        if connection.subprotocol is None:
            if self.stays:
                await connection.wait_closed()
            await connection.close(1002)
            return
        session = self.session_class(self, connection)
        self.sessions.append(session)
        try:
            async for message in connection:
                await session.received(message)
        except ConnectionClosed:
            pass
        finally:
            self.sessions.remove(session)

    # Calls of its own

    def message(self, action: str, wish: Mapping[str, Any] | None = None) -> Json:
        """What it says in a call: as good as can be, and as it was wished where it has the choice."""
        members = self.sending[action](self) if action in self.sending else _calls(self, action)
        good = request(self.specification, action, members)
        if wish and action not in self.sending:
            good |= {name: wish[name] for name in _WISHES & good.keys() & wish.keys()}
            if action == "SetChargingProfile":
                _wished(good["chargingProfile"], wish)
        return good

    async def trigger(self, action: str, wish: Mapping[str, Any] | None = None) -> None:
        """Sends a call to the station that has connected last."""
        session = self.sessions[-1]
        payload = self.message(action, wish)
        if action == "SetChargingProfile":
            self.profiles[payload.get("chargingProfile", {}).get("transactionId")] = payload
        session.queue(action, payload)


class Session:
    """A connection of a station."""

    def __init__(self, csms: Csms, connection: ServerConnection) -> None:
        self.csms = csms
        self.connection = connection
        self.identity = (connection.request.path if connection.request else "").rpartition("/")[2].lower()
        self.pending: dict[str, asyncio.Future[list[Any]]] = {}
        self.actions: dict[str, str] = {}
        self.asked = ""  # the action of the call that was answered just now
        self.turn = asyncio.Lock()
        self.tasks: set[asyncio.Task[Any]] = set()
        self.triggered: list[str] = []

    async def send(self, frame: list[Any]) -> None:
        """Sends a frame, as the fault has it."""
        for message in self.csms.outgoing(frame):
            await self.connection.send(message)

    # What comes in

    async def received(self, message: str | bytes) -> None:
        """One message of the station."""
        if isinstance(message, bytes):
            await self.connection.close(1003)
            return
        doubled: list[str] = []

        def members(pairs: list[tuple[str, Any]]) -> Json:
            doubled.extend(name for name, _ in pairs if [each for each, _ in pairs].count(name) > 1)
            return dict(pairs)

        try:
            frame = json.loads(message, object_pairs_hook=members)
        except ValueError:
            await self.unreadable(message)
            return
        if not isinstance(frame, list) or len(frame) < 2 or type(frame[0]) is not int:
            await self.unreadable("")
            return
        kind = frame[0]
        if kind == 2:
            await self.called(frame, bool(doubled))
        elif kind in (3, 4):
            self.answered(frame)
            if kind == 3:
                await self.judged(frame)
        elif kind not in self.csms.specification.frame_kinds:
            await self.unknown_type(frame)

    async def unreadable(self, text: str) -> None:
        """Text that is no frame: answered if its id can be read, in 2.x in any case."""
        head = re.match(r'\s*\[\s*2\s*,\s*"([^"\\]{1,36})"\s*,\s*"[^"\\]*"\s*,', text)
        if head:
            await self.error(head[1], self.csms.codes[ErrorCode.FORMAT])
        elif not self.is_first and text:
            await self.error("-1", "RpcFrameworkError")

    async def unknown_type(self, frame: list[Any]) -> None:
        """2.0 and 2.0.1 answer it."""
        if self.csms.version in ("2.0", "2.0.1") and isinstance(frame[1], str):
            await self.error(frame[1], "MessageTypeNotSupported")

    @property
    def is_first(self) -> bool:
        """Whether it is 1.x."""
        return is_first(self.csms.specification)

    async def called(self, frame: list[Any], is_doubled: bool) -> None:
        """A call."""
        id = frame[1]
        if not isinstance(id, str):
            await self.unreadable("[")
            return
        try:
            payload = self.served(frame, is_doubled)
        except Refused as refused:
            await self.error(id, refused.code, refused.description)
            return
        if payload is not None:
            await self.send([3, id, payload])
            self.follow(frame[2], (frame[3:] or [{}])[0] or {}, payload)

    def served(self, frame: list[Any], is_doubled: bool) -> Json | None:
        """The answer to a call; None if there is none."""
        codes, facts = self.csms.codes, self.csms.specification
        if not 0 < len(frame[1]) <= 36:
            raise Refused(codes[ErrorCode.MESSAGE_ID])
        if len(frame) != 4 or not isinstance(frame[2], str):
            raise Refused(codes[ErrorCode.FRAME])
        action, payload = frame[2], frame[3] if frame[3] is not None else {}
        if action not in facts.actions:
            raise Refused("NotImplemented")
        if not facts.actions[action].sent_by & Role.CHARGE_POINT or not facts.actions[action].answered:
            raise Refused("NotSupported")
        if not isinstance(payload, dict):
            raise Refused(codes[ErrorCode.STRUCTURE])
        self.gate(action)
        self.validate(action, payload)
        if is_doubled:
            raise Refused(codes[ErrorCode.FORMAT])
        for refuse in self.csms.refusals:
            refuse(self, action, payload)
        result = self.answer(action, payload)
        for name in (action, "*"):
            if name in self.csms.edits:
                result = self.csms.edits[name](result, payload)
        return result

    def gate(self, action: str) -> None:
        """Who is not accepted may boot, and say what was triggered."""
        csms = self.csms
        if action == "BootNotification" or csms.registration == "Accepted" or action in self.triggered:
            return
        raise Refused("SecurityError")

    def validate(self, action: str, payload: Json) -> None:
        """Whether it fits its schema."""
        try:
            from_wire(self.csms.specification.request(action), payload)
        except PayloadError as error:
            raise Refused(self.csms.codes[error.violations[0].code], str(error)[:200]) from None

    def answer(self, action: str, payload: Json) -> Json:
        """The result."""
        handler = self.csms.handlers.get(action)
        written = handler(self, payload) if handler else {}
        return response(self.csms.specification, action, written)

    async def error(self, id: str, code: str, description: str = "") -> None:
        """Refuses."""
        await self.send([4, id, code, description[:255], {}])

    # Its own calls

    def follow(self, action: str, payload: Json, result: Json) -> None:
        """What a call and its answer entail."""
        if action == "SignCertificate" and result.get("status") == "Accepted":
            kept = {name: payload[name] for name in ("certificateType", "requestId") if name in payload}
            self.queue("CertificateSigned", self.csms.message("CertificateSigned") | kept)
        if action == "NotifyEVChargingNeeds" and result.get("status") == "Accepted":
            # What it sends when it is wished may have a fault, and this has none of that.
            message = profile(self.csms)
            message["chargingProfile"] |= {
                "chargingProfilePurpose": "TxProfile",
                "transactionId": (self.csms.transactions or ["none"])[-1],
            }
            self.queue("SetChargingProfile", message)
        if payload.get("triggerReason") == "TxResumed":
            again = self.csms.profiles.get(payload["transactionInfo"]["transactionId"])
            if again is not None:
                self.queue("SetChargingProfile", again)

    def queue(self, action: str, payload: Json) -> None:
        """Calls the station, in its turn."""
        if action == "TriggerMessage":
            self.triggered.append(str(payload.get("requestedMessage")))
        task = asyncio.ensure_future(self.call(action, payload))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def new_id(self) -> str:
        """An id for a call."""
        return str(uuid4())

    async def call(self, action: str, payload: Json) -> list[Any] | None:
        """Calls, one at a time; None if no answer has come in time."""
        async with self.turn:
            id = self.new_id()
            self.pending[id] = asyncio.get_running_loop().create_future()
            self.actions[id] = action
            try:
                await self.send([2, id, action, payload])
                answer = await asyncio.wait_for(self.pending[id], self.csms.call_timeout)
            except (TimeoutError, ConnectionClosed):
                return None
            finally:
                self.pending.pop(id, None)
        if payload.get("updateType") == "Differential" and answer[-1].get("status") in (
            "Failed",
            "VersionMismatch",
        ):
            self.queue(action, payload | {"updateType": "Full"})
        return answer

    def answered(self, frame: list[Any]) -> None:
        """An answer of the station."""
        waiting = self.pending.get(frame[1]) if isinstance(frame[1], str) else None
        self.asked = ""
        if waiting is not None and not waiting.done():
            self.asked = self.actions[frame[1]]
            waiting.set_result(frame)

    async def judged(self, frame: list[Any]) -> None:
        """In 2.1 a result that breaks its schema is answered."""
        if 5 in self.csms.specification.frame_kinds and self.asked:
            try:
                from_wire(self.csms.specification.response(self.asked), frame[2])
            except PayloadError:
                await self.send([5, frame[1], "FormatViolation", "", {}])


# What it answers


def _info(payload: Json) -> Json:
    token = payload.get("idTag") or payload.get("idToken")
    is_nobody = isinstance(token, dict) and token.get("type") in ("NoAuthorization", "DirectPayment")
    text = token.get("idToken", "") if isinstance(token, dict) else str(token)
    status = "Accepted" if is_nobody else TOKENS.get(text.upper(), "Invalid")
    info: Json = {"status": status}
    if isinstance(token, dict) and text.upper() in _SAID:
        info |= _SAID[text.upper()]()
    if isinstance(token, dict) and status == "Accepted" and not is_nobody:
        info |= {
            "groupIdToken": {"idToken": "GROUP", "type": "Central"},
            "language1": "en",
            "language2": "nl",
        }
    return info


def _authorize(session: Session, payload: Json) -> Json:
    info = _info(payload)
    answer: Json = {"idTagInfo": info, "idTokenInfo": info}
    if "certificate" in payload:
        answer |= {"certificateStatus": "CertChainError"}
    if "iso15118CertificateHashData" in payload:
        is_valid = info["status"] in ("Accepted", "NotAtThisLocation", "NotAllowedTypeEVSE", "NoCredit")
        answer |= {"certificateStatus": "Accepted" if is_valid else "ContractCancelled"}
    if info["status"] == "Accepted":
        answer |= {"tariff": {"tariffId": "t1", "currency": "EUR"}, "allowedEnergyTransfer": list(_TRANSFERS)}
    return answer


#: What energy transfers a driver is allowed.
_TRANSFERS = ("AC_single_phase", "AC_three_phase", "DC", "AC_BPT")


def _needs(session: Session, payload: Json) -> Json:
    # 2.0 calls it otherwise.
    is_allowed = payload["chargingNeeds"].get("requestedEnergyTransfer", "DC") in _TRANSFERS
    return {"status": "Accepted" if is_allowed else "Rejected"}


def _most(schedule: Json) -> float:
    return max(float(period.get("limit", 0)) for period in schedule["chargingSchedulePeriod"])


def _schedule(session: Session, payload: Json) -> Json:
    """Whether the schedule of an EV is within that of the CSMS."""
    given = profile(session.csms)["chargingProfile"]["chargingSchedule"]
    given = given if isinstance(given, dict) else given[0]
    return {"status": "Accepted" if _most(payload["chargingSchedule"]) <= _most(given) else "Rejected"}


def _pull(session: Session, payload: Json) -> Json:
    """What applies to the dynamic profile 1, if the CSMS sets one."""
    is_known = payload["chargingProfileId"] == 1
    return {"status": "Accepted", "scheduleUpdate": {"limit": 10}} if is_known else {"status": "Rejected"}


def _boot(session: Session, _: Json) -> Json:
    return {
        "status": session.csms.registration,
        "currentTime": now(),
        "interval": 300,
        "heartbeatInterval": 300,
    }


def _start(session: Session, payload: Json) -> Json:
    key = json.dumps(payload, sort_keys=True)
    id = session.csms.starts.setdefault(key, len(session.csms.starts) + 1)
    session.csms.transactions.append(id)
    return {"transactionId": id, "idTagInfo": _info(payload)}


def _event(session: Session, payload: Json) -> Json:
    transaction: Any = payload.get("transactionInfo", payload.get("transactionData", {}))
    session.csms.transactions.append(transaction.get("transactionId", transaction.get("id")))
    token = payload.get("idToken", {})
    answer: Json = {"idTokenInfo": _info(payload)} if token else {}
    is_paid = token.get("type") == "DirectPayment" or token.get("idToken") == "PREPAID1"
    if payload["eventType"] == "Started":
        return answer | ({"transactionLimit": {"maxCost": 50}} if is_paid else {})
    return answer | {"totalCost": 0 if payload["triggerReason"] == "EVConnectTimeout" else 1.5}


def _contract(session: Session, payload: Json) -> Json:
    """A certificate for an EV, and how many more there are."""
    if "maximumContractCertificateChains" not in payload:
        return {"status": "Failed"}
    session.csms.contracts = (session.csms.contracts - 1) % 3
    return {"status": "Accepted", "exiResponse": "gAA=", "remainingContracts": session.csms.contracts}


def _data(_: Session, payload: Json) -> Json:
    if payload["vendorId"] != _VENDOR["vendorId"]:
        return {"status": "UnknownVendorId"}
    return {"status": "Accepted" if payload.get("messageId") == _VENDOR["messageId"] else "UnknownMessageId"}


def _chain(_: Session, payload: Json) -> Json:
    return {
        "certificateStatus": [
            {
                "certificateHashData": item["certificateHashData"],
                "source": item["source"],
                "status": "Good",
                "nextUpdate": now(),
            }
            for item in payload["certificateStatusRequests"]
        ]
    }


_HANDLERS: Mapping[str, Handler] = {
    "Authorize": _authorize,
    "BootNotification": _boot,
    "DataTransfer": _data,
    "Get15118EVCertificate": _contract,
    "NotifySettlement": lambda _, __: {"receiptUrl": "https://receipts.example.org/1"},
    "GetCertificateStatus": lambda _, __: {"status": "Accepted", "ocspResult": "MAo="},
    "GetCertificateChainStatus": _chain,
    "Heartbeat": lambda _, __: {"currentTime": now()},
    "NotifyEVChargingNeeds": _needs,
    "NotifyEVChargingSchedule": _schedule,
    "PullDynamicScheduleUpdate": _pull,
    "SignCertificate": lambda _, __: {"status": "Accepted"},
    "StartTransaction": _start,
    "TransactionEvent": _event,
    "VatNumberValidation": lambda _, payload: {
        "status": "Accepted",
        "vatNumber": payload["vatNumber"],
        "evseId": payload.get("evseId"),
    },
}


# What it asks

#: What it does as it is wished.
_WISHES = {"requestedMessage", "updateType", "transactionId", "idToken"}


def _wished(made: Json, wish: Mapping[str, Any]) -> None:
    """Makes a charging profile what it was wished to be."""
    for name in {"chargingProfilePurpose", "chargingProfileKind", "transactionId"} & wish.keys():
        made[name] = wish[name]
    if made.get("chargingProfileKind") == "Dynamic":
        period = {"startPeriod": 0, "limit": 16}
        made["chargingSchedule"] = [{"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": [period]}]


def profile(csms: Csms, **members: Any) -> Json:
    """The member that holds a charging profile, good in every way."""
    limits: Json = {"limit": 16}
    periods = [{"startPeriod": 0, **limits}, {"startPeriod": 600, **limits}]
    schedule = {"startSchedule": now(), "chargingRateUnit": "A", "chargingSchedulePeriod": periods}
    if is_first(csms.specification):
        first = {
            "chargingProfileId": 1,
            "stackLevel": 0,
            "chargingProfilePurpose": "TxDefaultProfile",
            "chargingProfileKind": "Absolute",
            "chargingSchedule": schedule,
        }
        return {"connectorId": 1, "csChargingProfiles": first | members}
    second = {
        "id": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Absolute",
        "chargingSchedule": schedule if csms.version == "2.0" else [{"id": 1, **schedule}],
    }
    return {"evseId": 1, "chargingProfile": second | members}


def _calls(csms: Csms, action: str) -> Json:
    specific: dict[str, Json] = {
        "SetChargingProfile": profile(csms) if "SetChargingProfile" in csms.specification.actions else {},
        "GetChargingProfiles": {"chargingProfile": {"chargingProfilePurpose": "TxDefaultProfile"}},
        "ClearChargingProfile": {"chargingProfileId": 1},
        "CustomerInformation": {"customerIdentifier": "C-1", "report": True},
        "ChangeConfiguration": {
            "key": "AuthorizationKey",
            "value": "0123456789abcdef0123456789ABCDEF01234567",
        },
        "SetVariables": {
            "setVariableData": [
                {
                    "component": {"name": "SecurityCtrlr"},
                    "variable": {"name": "BasicAuthPassword"},
                    "attributeValue": "conformance-0002",
                }
            ]
        },
        "TriggerMessage": {"requestedMessage": "StatusNotification", "evse": {"id": 1, "connectorId": 1}},
        "SendLocalList": {
            "listVersion": 1,
            "versionNumber": 1,
            "updateType": "Full",
            "localAuthorizationList": [_entry(csms)],
        },
        "RemoteStopTransaction": {"transactionId": csms.transactions[-1] if csms.transactions else 1},
        "RequestStopTransaction": {"transactionId": csms.transactions[-1] if csms.transactions else "t"},
        "UpdateFirmware": _firmware(),
        "CertificateSigned": {"certificateChain": "-----BEGIN CERTIFICATE-----"},
        "SetDERControl": {
            "isDefault": True,
            "controlId": "c-1",
            "controlType": "Gradients",
            "gradient": GRADIENT,
        },
        "AdjustPeriodicEventStream": {"id": 1, "params": {"interval": 5}},
        "NotifyAllowedEnergyTransfer": {"transactionId": csms.transactions[-1] if csms.transactions else "t"},
        "DataTransfer": dict(_VENDOR),
        "RequestBatterySwap": {"idToken": {"idToken": "GOOD0001", "type": "ISO14443"}},
    }
    return specific.get(action, {})


def _entry(csms: Csms) -> Json:
    if is_first(csms.specification):
        return {"idTag": "GOOD0001", "idTagInfo": {"status": "Accepted"}}
    return {
        "idToken": {"idToken": "GOOD0001", "type": "ISO14443"},
        "idTokenInfo": {"status": "Accepted"},
    }


def _firmware() -> Json:
    return {
        "firmware": {
            "location": "https://files.example.org/f",
            "retrieveDateTime": now(),
            "signingCertificate": "-----BEGIN CERTIFICATE-----",
            "signature": "AA==",
        }
    }


__all__ = ["PASSWORD", "TOKENS", "Csms", "Refused", "Session", "now", "profile", "token_info"]

"""The stage on the SOAP wire: requests are posted, and what the other side calls is served over HTTP.

Needs the extras ``soap`` and ``server``.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from ssl import create_default_context
from typing import Any

import httpx
from attrs import define, evolve, frozen

from ocpp_core.conformance import envelopes
from ocpp_core.conformance.conversation import Conversation
from ocpp_core.conformance.envelopes import Addresses
from ocpp_core.conformance.hearing import Heard, Said
from ocpp_core.conformance.json_frames import Json, Type
from ocpp_core.conformance.profiles import Profile
from ocpp_core.conformance.soap_texts import Envelope, root_of
from ocpp_core.conformance.stages import Answer, AnswerKind, PeerCall, Refused
from ocpp_core.conformance.targets import IDENTITY, Ground, Target
from ocpp_core.conformance.traces import POSTED, Direction, Entry, What
from ocpp_core.conformance.verdicts import Inconclusive
from ocpp_core.model.errors import FrameError
from ocpp_core.model.messages import Call, CallError, CallResult, Frame
from ocpp_core.model.printing import printable
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.model.versions import Role
from ocpp_core.model.violations import Violation
from ocpp_core.payloads.binding import plain
from ocpp_core.soap.codec import SoapCodec
from ocpp_core.transports.serving import serving
from ocpp_core.transports.soap_body import BodyRefused, read_body, write_body

#: Bytes of an envelope of the software.
MAX_SIZE = 8 * 1024 * 1024
#: Characters of a media type, and of a path, that are shown.
_MEDIA = 80
_PATH = 200
#: Seconds that a request of the software waits for a stage, or is left without an answer.
_HELD = 60.0
#: Requests of the software that are served, or wait to be, at once.
_MOST_WAITING = 100
#: How SOAP names what the JSON wire calls so.
_CODES = {"NotImplemented": "NotSupported"}


@define
class Read:
    """An envelope of the software, read as far as it can be.

    Attributes:
        frame: None if it is none.
        faults: What is wrong with its payload.
        fault: The subcode of a fault as it stands there.
    """

    frame: Frame | None
    faults: tuple[Violation, ...] = ()
    fault: str = ""


class SoapGround(Ground):
    """Gives stages, and serves what the software calls to the one that is there."""

    def __init__(self, target: Target, profile: Profile, client: httpx.AsyncClient) -> None:
        super().__init__(target, profile, target.url)
        self.client = client
        self.station: str = target.url  #: where the software serves, once that is known
        self.identity: str = target.identity or (IDENTITY if target.role is Role.CSMS else "")
        self.ours: str = ""  #: where we say that we listen
        self.is_registered: bool = False
        self.has_come: asyncio.Event = asyncio.Event()
        self._stage: SoapStage | None = None
        self._there = asyncio.Event()
        self._waiting = 0

    async def stage(self) -> "SoapStage":
        """See `Ground`."""
        return await self.stage_of(self.identity)

    def other(self) -> Ground:
        """See `Ground`."""
        other = self.another
        return self if other is None else _Other(self, other)

    async def stage_of(self, identity: str) -> "SoapStage":
        """The same, of a station."""
        stage = SoapStage(self, **{**self.facts, "identity": identity})
        stage.is_registered = stage.was_registered = (
            self.is_registered and self.target.role is Role.CHARGE_POINT
        )
        self._stage = stage
        self._there.set()
        stage.record(Direction.SENT, What.OPENED, self.station or "waiting", f"listening at {self.ours}")
        if self.target.role is Role.CHARGE_POINT and not self.station:
            try:
                async with asyncio.timeout(self.target.patience):
                    await self.has_come.wait()
            except TimeoutError:
                raise Inconclusive(f"no station has called in {self.target.patience:.0f} s") from None
        return stage

    def left(self, stage: "SoapStage") -> None:
        """A stage has ended."""
        self.is_registered = stage.is_registered
        self._there.clear()
        self._stage = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """The ASGI application that the software calls."""
        if scope["type"] != "http":
            return
        body = bytearray()
        while len(body) <= MAX_SIZE:
            event = await receive()
            body += event.get("body", b"")
            if not event.get("more_body"):
                break
        status, answer = 503, b""
        if self._waiting < _MOST_WAITING:
            self._waiting += 1
            try:
                async with asyncio.timeout(_HELD):
                    status, answer = await self._served(_posted(scope, bytes(body)))
            except TimeoutError:
                status = 504
            finally:
                self._waiting -= 1
        headers = [(b"content-type", envelopes.CONTENT_TYPE.encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    async def _served(self, posted: "Posted") -> tuple[int, bytes]:
        await self._there.wait()
        stage = self._stage
        if stage is None or stage.is_given_up:
            return 503, b""
        return await stage.served(posted)


class _Other(Ground):
    """The ground in front of which another station is played: both are called at the same address."""

    def __init__(self, ground: SoapGround, identity: str) -> None:
        super().__init__(evolve(ground.target, identity=identity), ground.profile, ground.address)
        self._ground = ground
        self._identity = identity

    async def stage(self) -> "SoapStage":
        """See `Ground`."""
        return await self._ground.stage_of(self._identity)


class SoapStage(Conversation):
    """A `Stage` over OCPP-S."""

    def __init__(self, ground: SoapGround, **facts: Any) -> None:
        super().__init__(**facts)
        self._ground = ground
        self._codec = SoapCodec(
            self.specification, role=self._we, identity=self.identity or "x", max_size=MAX_SIZE
        )
        self._said: list[Said] = []
        self._actions: dict[str, str] = {}
        self._posts: set[asyncio.Task[None]] = set()
        self._replies: dict[str, asyncio.Future[tuple[int, bytes]]] = {}
        password = ground.target.password if self.role is Role.CSMS else None
        self._auth = None if password is None else httpx.BasicAuth(self.identity, password)

    def heard(self) -> Heard:
        """See `Conversation`."""
        heard = super().heard()
        heard.given = self._said
        return heard

    async def close(self) -> None:
        """See `Conversation`."""
        for post in self._posts:
            post.cancel()
        if self._posts:
            await asyncio.wait(self._posts)
        self._ground.left(self)

    async def reconnect(self, *, abruptly: bool = False) -> None:
        """HTTP has no connection that lasts."""

    # What we ask

    def _written(self, id: str, action: str, payload: Mapping[str, Any]) -> str:
        self._actions[id] = action
        where = Addresses(identity=self.identity, sender=self._ground.ours, to=self._ground.station)
        return envelopes.request(self.specification, self.role, id, action, payload, where)

    async def exchange_packed(
        self, text: str, id: str, coding: str, *, within: float | None = None
    ) -> Answer:
        """See `Stage`."""
        self._will_ask(id)
        await self._transmit(text, f"in {coding}", coding)
        return await self.answer_to(id, within=within)

    async def _transmit(self, text: str | bytes, note: str, coding: str = "") -> None:
        entry = self.record(Direction.SENT, What.MESSAGE, text, note)
        body = text.encode() if isinstance(text, str) else text
        asked = self._read(body)
        id = self._asked[-1] if self._asked else ""
        if isinstance(asked.frame, Call):
            id = asked.frame.id
            action = asked.frame.payload.__ocpp__.action or ""
            self._actions[id] = action
            self._said.append(Said(entry, Type.CALL, id, action, plain(asked.frame.payload)))
        post = asyncio.create_task(self._post(body, id, coding), name="conformance post")
        self._posts.add(post)
        post.add_done_callback(self._posts.discard)

    async def _post(self, body: bytes, id: str, coding: str) -> None:
        try:
            answer, content = await self._posted(*write_body(body, coding, threshold=0))
        except httpx.TimeoutException:
            return
        except httpx.HTTPError as error:
            why = str(error) or type(error).__name__
            entry = self.record(Direction.RECEIVED, What.CLOSED, why)
            self._came_answer(id, Answer(AnswerKind.CLOSED, text=why, mark=entry.number))
            return
        note = f"HTTP {answer.status_code}{_as(answer.headers.get('content-type', ''))}"
        entry = self.record(Direction.RECEIVED, What.MESSAGE, content, note)
        self._came_answer(id, self._answer_in(self._read(content), entry, id, answer.status_code))

    async def _posted(self, body: bytes, coding: str) -> tuple[httpx.Response, bytes]:
        """The response, and as much of its body as is read of anybody's."""
        content = bytearray()
        headers = {"Content-Type": envelopes.CONTENT_TYPE, **({"Content-Encoding": coding} if coding else {})}
        async with self._ground.client.stream(
            "POST",
            self._ground.station,
            content=body,
            headers=headers,
            auth=self._auth,
        ) as answer:
            async for part in answer.aiter_bytes():
                content += part
                if len(content) > MAX_SIZE:
                    break
        return answer, bytes(content[:MAX_SIZE])

    def _answer_in(self, read: Read, entry: Entry, id: str, status: int) -> Answer:
        action = self._actions.get(id, "")
        match read.frame:
            case CallResult(payload=payload):
                said = payload.__ocpp__.action or ""
                members = plain(payload)
                self._said.append(Said(entry, Type.CALLRESULT, id, said, members, faults=read.faults))
                return Answer(AnswerKind.RESULT, members, mark=entry.number)
            case CallError(description=text):
                self._said.append(Said(entry, Type.CALLERROR, id, action, None, read.fault))
                return Answer(AnswerKind.ERROR, code=read.fault, text=text, mark=entry.number)
            case _:
                return Answer(AnswerKind.UNREADABLE, code=str(status), mark=entry.number)

    # What the software asks

    async def served(self, posted: "Posted") -> tuple[int, bytes]:
        """What a request of the software is answered: an HTTP status and a body."""
        note = f"{POSTED} to {posted.path}{_as(posted.content_type)}"
        entry = self.record(Direction.RECEIVED, What.MESSAGE, posted.body, note)
        read = self._read(posted.body)
        if not isinstance(read.frame, Call):
            return self._refused(entry)
        frame, headers = read.frame, read.frame.headers
        if self.role is Role.CHARGE_POINT and headers is not None:
            self.identity: str = headers.identity or self.identity
            self._ground.identity = self.identity
            self._ground.station = self._ground.target.url or headers.from_ or self._ground.station
            self._ground.has_come.set()
        action, payload = frame.payload.__ocpp__.action or "", plain(frame.payload)
        self._said.append(Said(entry, Type.CALL, frame.id, action, payload, faults=read.faults))
        reply: asyncio.Future[tuple[int, bytes]] = self._loop.create_future()
        self._replies[frame.id] = reply
        self._came_call(PeerCall(frame.id, action, payload, entry.number, entry.at))
        return await reply

    def _refused(self, entry: Entry) -> tuple[int, bytes]:
        """The answer to what is no request of the version, which is heard all the same if it says what it wants."""
        root = root_of(entry.text)
        asked = Envelope(root) if root is not None else None
        id = (asked.header("MessageID") if asked is not None else None) or ""
        action = "" if asked is None else asked.operation
        if action:
            self._said.append(Said(entry, Type.CALL, id, action, {}, faults=()))
        code = "ProtocolError" if action in self.specification.actions or not action else "NotSupported"
        said = envelopes.fault(self.specification, self._we, id, code, "no request", self.new_id())
        self.record(Direction.SENT, What.MESSAGE, said)
        return 500, said.encode()

    async def _answer(self, call: PeerCall, answer: Json | Refused) -> None:
        if isinstance(answer, Refused):
            code = _CODES.get(answer.code, answer.code)
            status, kind = 500, Type.CALLERROR
            said = envelopes.fault(self.specification, self._we, call.id, code, answer.text, self.new_id())
        else:
            status, kind = 200, Type.CALLRESULT
            said = envelopes.response(
                self.specification, self._we, call.id, call.action, answer, self.new_id()
            )
        entry = self.record(Direction.SENT, What.MESSAGE, said)
        members = None if isinstance(answer, Refused) else answer
        self._said.append(Said(entry, kind, call.id, call.action, members))
        reply = self._replies.pop(call.id, None)
        if reply is not None and not reply.done():
            reply.set_result((status, said.encode()))

    # Reading

    def _read(self, body: bytes) -> Read:
        """An envelope of either side; what breaks the schema is kept beside it."""
        faults: tuple[Violation, ...] = ()
        frame: Frame | None = None
        try:
            frame = self._codec.decode(body)
        except FrameError as error:
            faults = tuple(each for each in error.violations if each.path.startswith("$"))
            try:
                frame = self._codec.decode(body, tolerance=Tolerance.TOLERANT)
            except FrameError:
                frame = None
        fault = ""
        if isinstance(frame, CallError):
            fault = frame.spelling or self._codec.error_names.get(frame.code, "")
        return Read(frame, faults, fault)


@frozen
class Posted:
    """A request of the software, unpacked.

    Attributes:
        body: Of the request.
        path: To which it came, as it stands in its first line.
        content_type: What it says of its body.
    """

    body: bytes
    path: str = "/"
    content_type: str = envelopes.CONTENT_TYPE


def _posted(scope: Mapping[str, Any], body: bytes) -> Posted:
    """What has come; what cannot be unpacked is left as it is, and no envelope."""

    def header(name: bytes) -> str:
        return b", ".join(value for key, value in scope["headers"] if key == name).decode("latin-1")

    coding = header(b"content-encoding")
    with suppress(BodyRefused):
        body = read_body(body, content_type=envelopes.MEDIA_TYPE, content_encoding=coding, max_size=MAX_SIZE)
    path = scope.get("raw_path") or scope["path"].encode()
    return Posted(body, printable(path.decode("latin-1"), _PATH), header(b"content-type"))


def _as(content_type: str) -> str:
    """The same for a note: the media type alone."""
    return f" as {printable(content_type.partition(';')[0].strip().lower(), _MEDIA)}"


@asynccontextmanager
async def soap_ground(target: Target, profile: Profile) -> AsyncGenerator[Ground, None]:
    """See `ocpp_core.conformance.grounds.ground`."""
    dials, serves = (target.ssl, None) if target.role is Role.CSMS else (None, target.ssl)
    client = httpx.AsyncClient(
        verify=dials or create_default_context(), trust_env=False, timeout=profile.answer_within * 4
    )
    async with client:
        ground = SoapGround(target, profile, client)
        async with serving(ground, target.host, target.port, ssl=serves) as port:
            scheme = "http" if serves is None else "https"
            ground.ours = target.address or f"{scheme}://{target.host}:{port}/"
            if target.role is Role.CHARGE_POINT:
                ground.address = ground.ours
            yield ground

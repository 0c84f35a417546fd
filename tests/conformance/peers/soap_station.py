"""A station on the SOAP wire without a fault, of 1.2, 1.5 and 1.6: HTTP in memory, envelopes written by hand.

What it does is that of the faultless station on the JSON wire (`station`), whose frames become envelopes here;
`soap_station_faults` breaks one thing.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4
from xml.sax.saxutils import escape

import httpx

from conformance.peers.soap_csms import (
    ANONYMOUS,
    CODINGS,
    PACKING,
    Fault,
    Incoming,
    elements,
    envelope,
    is_an_envelope,
    is_understood,
    read,
    unpacked,
    written_fault,
)
from conformance.peers.station import Station
from ocpp_core.conformance.profiles import Profile
from ocpp_core.conformance.soap_stage import SoapGround, SoapStage
from ocpp_core.conformance.targets import Target
from ocpp_core.model.versions import Role, Wire

Json = dict[str, Any]
IDENTITY = "STATION-1"
#: Where each says that it listens.
KIT = "http://kit.example/"
STATION = "http://station.example/"
MEDIA_TYPE = "application/soap+xml; charset=utf-8"
#: Seconds for a station to come.
_PATIENCE = 30.0
#: The errors that are the sender's.
_OF_SENDERS = ("SecurityError", "IdentityMismatch", "ProtocolError")


def is_for_us(asked: Incoming) -> None:
    """A request to this station, in whatever letters the header is."""
    names = {block.tag.rpartition("}")[2].lower(): (block.text or "").strip() for block in asked.blocks}
    if names.get("chargeboxidentity") != IDENTITY:
        raise Fault("Sender", "IdentityMismatch")


class SoapStation(Station):
    """The faultless one.

    Attributes, which faults replace, beside those of `Station`:
        edit_answer: Changes an answer as text: the envelope, and the action; "Fault" of a fault.
        edit_call: The same of a call of its own.
        status_of: The HTTP status of a fault, by its code.
        media_type: Of what it sends.
        looks_at: What it looks at before it serves a request: each may refuse it.
        codings: How it unpacks a body.
        packs: In which coding it sends its calls; "" is none.
    """

    def __init__(self, version: str) -> None:
        super().__init__(version)
        self.codes = dict(self.specification.error_names[Wire.SOAP])
        self.tells_security = False
        self.edit_answer: Callable[[str, str], str] = lambda text, action: text
        self.edit_call: Callable[[str, str], str] = lambda text, action: text
        self.status_of: Callable[[str], int] = lambda code: 400 if code == "Sender" else 500
        self.media_type = MEDIA_TYPE
        self.codings = dict(CODINGS)
        self.packs = ""
        self.looks_at: list[Callable[[Incoming], None]] = [is_an_envelope, is_understood, is_for_us]

    def called_as(self, id: str, action: str, payload: Json) -> str:
        """A call of its own as an envelope."""
        name = f"{action[0].lower()}{action[1:]}Request"
        headers = (
            f"<o:chargeBoxIdentity>{IDENTITY}</o:chargeBoxIdentity><a:Action>/{action}</a:Action>"
            f"<a:MessageID>{escape(id)}</a:MessageID><a:From><a:Address>{STATION}</a:Address></a:From>"
            f"<a:ReplyTo><a:Address>{ANONYMOUS}</a:Address></a:ReplyTo><a:To>{KIT}</a:To>"
        )
        known = action in self.specification.actions
        inner = elements(self.specification.request(action), payload) if known else ""
        return self.edit_call(envelope(self, Role.CSMS, headers, f"<o:{name}>{inner}</o:{name}>"), action)

    def answered_as(self, asked: Incoming, frame: list[Any]) -> httpx.Response:
        """An answer of its own, a result or an error, as an envelope."""
        if frame[0] != 3:
            kind = "Sender" if frame[2] in _OF_SENDERS else "Receiver"
            return self.faulty(Fault(kind, frame[2]).about(asked))
        action = asked.action
        name = f"{action[0].lower()}{action[1:]}Response"
        headers = (
            f"<a:Action>/{action}Response</a:Action><a:MessageID>urn:uuid:{uuid4()}</a:MessageID>"
            f"<a:RelatesTo>{escape(asked.id)}</a:RelatesTo><a:To>{ANONYMOUS}</a:To>"
        )
        inner = elements(self.specification.response(action), frame[2])
        text = envelope(self, Role.CHARGE_POINT, headers, f"<o:{name}>{inner}</o:{name}>")
        return self._response(200, self.edit_answer(text, action))

    def faulty(self, fault: Fault) -> httpx.Response:
        """A fault as an envelope."""
        text = written_fault(self, fault, Role.CHARGE_POINT)
        return self._response(self.status_of(fault.kind), self.edit_answer(text, "Fault"))

    def _response(self, status: int, text: str) -> httpx.Response:
        return httpx.Response(status, content=text.encode(), headers={"Content-Type": self.media_type})


class SoapLink:
    """What the station takes for a connection: its calls are posted, and what is posted to it are calls."""

    def __init__(self, station: SoapStation, ground: SoapGround) -> None:
        self.station = station
        self._kit = httpx.AsyncClient(transport=httpx.ASGITransport(ground), base_url=KIT)
        self._inbox: asyncio.Queue[str | None] = asyncio.Queue()
        self._asked: dict[str, tuple[Incoming, asyncio.Future[httpx.Response]]] = {}
        self._posts: set[asyncio.Task[None]] = set()
        self.is_closed = False

    async def send(self, text: str) -> None:
        """Posts a call, or answers one."""
        frame = json.loads(text)
        if frame[0] == 2:
            post = asyncio.ensure_future(self._post(*frame[1:4]))
            self._posts.add(post)
            post.add_done_callback(self._posts.discard)
        elif frame[1] in self._asked:
            asked, waiting = self._asked.pop(frame[1])
            waiting.set_result(self.station.answered_as(asked, frame))

    async def _post(self, id: str, action: str, payload: Json) -> None:
        content = self.station.called_as(id, action, payload).encode()
        headers = {"Content-Type": self.station.media_type}
        if self.station.packs:
            content = PACKING[self.station.packs](content)
            headers["Content-Encoding"] = self.station.packs
        came = await self._kit.post("/", content=content, headers=headers)
        if came.content:
            self._inbox.put_nowait(json.dumps(self._read(id, action, came.content)))

    def _read(self, id: str, action: str, content: bytes) -> list[Any]:
        answer = Incoming(self.station, content)
        code = answer.content.findtext("{*}Code/{*}Subcode/{*}Value")
        if code is not None:
            return [4, id, code.rpartition(":")[2], "", {}]
        return [3, id, answer.payload_of(self.station.specification.response(action))]

    async def asked(self, body: bytes) -> httpx.Response:
        """What a request of the kit is answered, in time."""
        asked = Incoming(self.station, body)
        try:
            for look in self.station.looks_at:
                look(asked)
        except Fault as fault:
            return self.station.faulty(fault.about(asked))
        known = self.station.specification
        action = asked.action
        payload = read(known.request(action), asked.content) if action in known.actions else {}
        waiting: asyncio.Future[httpx.Response] = asyncio.get_running_loop().create_future()
        # The station takes ids of the JSON wire, which are shorter.
        id = str(uuid4())
        self._asked[id] = asked, waiting
        self._inbox.put_nowait(json.dumps([2, id, action, payload]))
        return await waiting

    async def receive(self) -> str | None:
        """See `Link`."""
        return await self._inbox.get()

    async def close(self) -> None:
        """The power is off."""
        self.is_closed = True
        for post in self._posts:
            post.cancel()
        self._inbox.put_nowait(None)


class _ToStation(httpx.AsyncBaseTransport):
    """Where the station listens, once there is one."""

    link: SoapLink | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.link is None or self.link.is_closed:
            raise httpx.ConnectError("the station is not there")
        body, coding = await request.aread(), request.headers.get("content-encoding", "")
        return await self.link.asked(unpacked(self.link.station, body, coding))


@asynccontextmanager
async def soap_staged(station: SoapStation, profile: Profile) -> AsyncGenerator[SoapStage, None]:
    """A stage to which a station, switched on just now, comes."""
    there = _ToStation()
    target = Target(role=Role.CHARGE_POINT, version=station.version, wire=Wire.SOAP, patience=_PATIENCE)
    async with httpx.AsyncClient(transport=there) as client:
        ground = SoapGround(target, profile, client)
        ground.ours = KIT

        async def connect() -> SoapLink:
            there.link = SoapLink(station, ground)
            return there.link

        power = asyncio.ensure_future(station.run(connect))
        try:
            stage = await ground.stage()
            try:
                yield stage
            finally:
                await stage.close()
        finally:
            power.cancel()
            await asyncio.gather(power, return_exceptions=True)
            if there.link is not None:
                await there.link.close()

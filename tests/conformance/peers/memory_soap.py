"""A station on the SOAP wire in memory: its frames become envelopes, and go to the engine's stage as HTTP bodies would."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

from attrs import frozen
from conformance.peers.station import Station

from ocpp_core.conformance import envelopes
from ocpp_core.conformance.envelopes import Addresses
from ocpp_core.conformance.grounds import Target
from ocpp_core.conformance.profiles import Profile
from ocpp_core.conformance.soap_stage import SoapGround, SoapStage
from ocpp_core.model.errors import FrameError
from ocpp_core.model.messages import Call, CallError, CallResult
from ocpp_core.model.versions import Role, Wire
from ocpp_core.payloads.binding import plain
from ocpp_core.soap.codec import SoapCodec

_IDENTITY = "STATION-1"
_STATION, _CSMS = "http://station.example.org/", "http://csms.example.org/"
#: What the station's error codes are on this wire; all others are a broken protocol.
_CODES = {"NotImplemented": "NotSupported", "NotSupported": "NotSupported", "SecurityError": "SecurityError"}


@frozen
class Posted:
    """What a post has brought."""

    status_code: int
    content: bytes


class Link:
    """The station's end: frames in and out, envelopes on the wire. It is the HTTP client of the stage, too.

    Attributes:
        requested: Changes envelopes of the station's requests.
        answered: Changes those of its answers.
    """

    def __init__(self, station: Station) -> None:
        self.station = station
        self.stage: SoapStage | None = None
        self.requested: Callable[[str], str] = getattr(station, "requested", lambda text: text)
        self.answered: Callable[[str], str] = getattr(station, "answered", lambda text: text)
        self._codec = SoapCodec(station.specification, role=Role.CHARGE_POINT, identity=_IDENTITY)
        self._inbox: asyncio.Queue[str | None] = asyncio.Queue()
        self._asked: dict[str, tuple[str, asyncio.Future[Posted]]] = {}
        self._posts: set[asyncio.Task[None]] = set()

    # For the station

    async def send(self, text: str) -> None:
        frame = json.loads(text)
        if frame[0] == 2:
            post = asyncio.ensure_future(self._call(*frame[1:]))
            self._posts.add(post)
            post.add_done_callback(self._posts.discard)
            return
        action, waiting = self._asked.pop(frame[1])
        known, made = self.station.specification, f"urn:uuid:{uuid4()}"
        if frame[0] == 3:
            said = envelopes.response(known, Role.CHARGE_POINT, frame[1], action, frame[2], made)
        else:
            code = _CODES.get(frame[2], "ProtocolError")
            said = envelopes.fault(known, Role.CHARGE_POINT, frame[1], code, "", made)
        waiting.set_result(Posted(200 if frame[0] == 3 else 500, self.answered(said).encode()))

    async def receive(self) -> str | None:
        return await self._inbox.get()

    async def close(self) -> None:
        self._inbox.put_nowait(None)

    async def _call(self, id: str, action: str, payload: Any) -> None:
        where = Addresses(identity=_IDENTITY, sender=_STATION, to=_CSMS)
        said = envelopes.request(self.station.specification, Role.CSMS, id, action, payload, where)
        assert self.stage is not None
        _, body = await self.stage.served(self.requested(said).encode())
        frame = self._codec.decode(body)
        if isinstance(frame, CallResult):
            self._inbox.put_nowait(json.dumps([3, id, plain(frame.payload)], default=float))
        elif isinstance(frame, CallError):
            self._inbox.put_nowait(json.dumps([4, id, str(frame.code), "", {}]))

    # For the stage

    async def post(self, address: str, *, content: bytes, headers: Any) -> Posted:
        """What comes for a request of the stage."""
        try:
            frame = self._codec.decode(content)
            assert isinstance(frame, Call)
        except (FrameError, AssertionError) as error:
            id = getattr(error, "id", None) or ""
            said = envelopes.fault(
                self.station.specification, Role.CHARGE_POINT, id, "ProtocolError", "", f"urn:uuid:{uuid4()}"
            )
            return Posted(400, self.answered(said).encode())
        action = frame.payload.__ocpp__.action or ""
        waiting: asyncio.Future[Posted] = asyncio.get_running_loop().create_future()
        self._asked[frame.id] = action, waiting
        self._inbox.put_nowait(json.dumps([2, frame.id, action, plain(frame.payload)], default=float))
        return await waiting


@asynccontextmanager
async def staged_soap(station: Station, profile: Profile) -> AsyncIterator[SoapStage]:
    """A stage that a station, switched on just now, calls."""
    link = Link(station)

    async def connect() -> Link:
        return link

    target = Target(role=Role.CHARGE_POINT, version=station.version, wire=Wire.SOAP, url=_STATION)
    ground = SoapGround(target, profile, link)  # type: ignore[arg-type]
    ground.ours = _CSMS
    stage = link.stage = await ground.stage()
    power = asyncio.ensure_future(station.run(connect))
    try:
        yield stage
    finally:
        await stage.close()
        power.cancel()
        await asyncio.gather(power, *link._posts, return_exceptions=True)

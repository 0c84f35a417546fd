"""Two connections joined by a wire that loses nothing. A test of one side is a test of the other.

`SCENES` has every codec that the rules are tried on; the fixture `pair` runs a test once for each. Time is a number.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from itertools import count
from typing import Any

from attrs import evolve, frozen

from ocpp_core.dispatch.connection import (
    DEFAULT,
    TYPED,
    Codec,
    Connection,
    Default,
    Event,
    PendingCall,
    size_of,
)
from ocpp_core.jsonrpc.codec import JsonCodec
from ocpp_core.model.messages import Call, Frame, Notification, Request, Response
from ocpp_core.model.specifications import specification
from ocpp_core.model.versions import Role
from ocpp_core.soap.codec import SoapCodec
from toy import TOY, PingRequest, PingResponse, Tick, TurnResponse


@frozen(eq=False)
class Scene:
    """Who talks how, and what they say to each other.

    Attributes:
        here: Makes the codec of one side.
        there: Makes that of the other.
        request: Makes a request that either side may send; another number makes another request.
        response: Makes a response to it.
        unwritable: A request and a response to it with a value that breaks the schema.
        misplaced: A response to something else.
        foreign: A request and a response of another version.
        notification: Makes a message that wants no answer; None where there are none.
        ids: What message ids begin with.
    """

    here: Callable[[], Codec[Any]]
    there: Callable[[], Codec[Any]]
    request: Callable[[int], Request[Any]]
    response: Callable[[int], Response]
    unwritable: tuple[Request[Any], Response]
    misplaced: Response
    foreign: tuple[Request[Any], Response]
    notification: Callable[[int], Notification] | None = None
    ids: str = ""


class Pair:
    """The two sides, and the wire between them.

    Tests look at `here` and let `there` misbehave: with `say`, the other side sends what its connection would not, and
    `heard` is what comes to it.
    """

    def __init__(
        self, scene: Scene, *, call_timeout: float | None = 5.0, max_held_bytes: int | None = None
    ) -> None:
        self.scene = scene
        self.now = 100.0
        if max_held_bytes is None:
            max_held_bytes = room(scene, 3)
        options: dict[str, Any] = {"call_timeout": call_timeout, "max_held_bytes": max_held_bytes}
        self.here = Connection(scene.here(), new_id=numbered(f"{scene.ids}here-"), **options)
        self.there = Connection(scene.there(), new_id=numbered(f"{scene.ids}there-"), **options)
        self._codec = scene.there()
        self._said: dict[str, type[Request[Any]]] = {}

    def pump(self) -> None:
        """Carries what both sides have to send, until there is no more."""
        while messages := [
            *((self.there, message) for message in self.here.messages_to_send()),
            *((self.here, message) for message in self.there.messages_to_send()),
        ]:
            for side, message in messages:
                side.receive_message(message)

    def call(self, number: int = 1, *, timeout: float | Default | None = DEFAULT) -> PendingCall[Any]:
        """A call of ours."""
        return self.here.call(self.scene.request(number), now=self.now, timeout=timeout)

    def say(self, frame: Frame) -> None:
        """The other side sends a frame, whatever the state it is in."""
        if isinstance(frame, Call):
            self._said[frame.id] = type(frame.payload)
        self.here.receive_message(self._codec.encode(frame))

    def asks(self, number: int = 1, id: str | None = None) -> str:
        """The other side sends a call, whatever the state it is in."""
        id = f"{self.scene.ids}{number}" if id is None else id
        self.say(Call(id, self.scene.request(number)))
        return id

    def heard(self) -> list[Frame]:
        """What we have sent, as the other side reads it; headers are those of an envelope, and not looked at."""
        messages = self.here.messages_to_send()
        return [evolve(self._codec.decode(each, awaiting=self._said), headers=None) for each in messages]

    def events(self) -> list[Event]:
        """What has happened to us."""
        return list(self.here.events())


def room(scene: Scene, held: int) -> int:
    """Bytes that let so many short calls be held; where all are at work at once, so many beside the first."""
    codec = scene.there()
    call = size_of(codec.encode(Call(f"{scene.ids}1", scene.request(1))))
    return held * call if codec.max_outstanding == 1 else (held + 1) * TYPED * call


def numbered(prefix: str) -> Callable[[], str]:
    """Makes ids: the prefix and a number."""
    numbers = count(1)
    return lambda: f"{prefix}{next(numbers)}"


def attributes(connection: Connection[Any]) -> dict[str, Any]:
    """All that a connection knows, by name."""
    return {name: getattr(connection, name) for name in Connection.__slots__}


def state(connection: Connection[Any]) -> dict[str, Any]:
    """All that a connection knows, copied; equal if nothing has changed."""
    return {
        name: list(value.items()) if isinstance(value, Mapping) else _copied(value)
        for name, value in attributes(connection).items()
    }


def _copied(value: Any) -> Any:
    is_collection = hasattr(value, "__iter__") and not isinstance(value, str | bytes)
    return list(value) if is_collection else value


def _json(number: str) -> Scene:
    return _standard(number, lambda: JsonCodec(number), lambda: JsonCodec(number))


def _soap(number: str) -> Scene:
    return _standard(
        number,
        lambda: SoapCodec(number, role=Role.CHARGE_POINT, identity="CP 1"),
        lambda: SoapCodec(number, role=Role.CSMS, identity="CP 1"),
        ids="urn:example:",
    )


def _standard(
    number: str, here: Callable[[], Codec[Any]], there: Callable[[], Codec[Any]], ids: str = ""
) -> Scene:
    load = specification(number).load
    request, response = load("DataTransferRequest"), load("DataTransferResponse")
    accepted = load("DataTransferStatus").ACCEPTED

    def stream(number: int) -> Any:
        value = load("StreamDataElement")(t=Decimal(0), v="1")
        start = datetime(2026, 1, 31, tzinfo=UTC)
        return load("NotifyPeriodicEventStream")(id=number, pending=0, basetime=start, data=[value])

    return Scene(
        here=here,
        there=there,
        request=lambda number: request(vendor_id="v", data=str(number)),
        response=lambda number: response(status=accepted, data=str(number)),
        unwritable=(request(vendor_id=256), response(status="Perhaps")),
        misplaced=load("ClearCacheResponse")(status=load("ClearCacheStatus").ACCEPTED),
        foreign=(PingRequest(text="1"), PingResponse(text="1")),
        notification=stream if "NotifyPeriodicEventStream" in specification(number).actions else None,
        ids=ids,
    )


def _toy() -> Scene:
    load = specification("1.6").load
    status = load("DataTransferStatus").ACCEPTED
    return Scene(
        here=lambda: JsonCodec(TOY),
        there=lambda: JsonCodec(TOY),
        request=lambda number: PingRequest(text=str(number)),
        response=lambda number: PingResponse(text=str(number)),
        unwritable=(PingRequest(text="x" * 11), PingResponse(text="x" * 11)),
        misplaced=TurnResponse(),
        foreign=(load("DataTransferRequest")(vendor_id="v"), load("DataTransferResponse")(status=status)),
        notification=lambda number: Tick(count=number),
    )


#: Made on first use, as each loads a version.
SCENES: dict[str, Callable[[], Scene]] = {
    "1.5-json": cache(lambda: _json("1.5")),
    "1.6-json": cache(lambda: _json("1.6")),
    "2.0.1-json": cache(lambda: _json("2.0.1")),
    "2.1-json": cache(lambda: _json("2.1")),
    "toy": cache(_toy),
    "1.6-soap": cache(lambda: _soap("1.6")),
}

"""Dispatch: a frame comes in, a handler answers it, and a frame goes out; beside the PyPI package `ocpp`.

The transport of both costs nothing: frames lie ready, and what is sent goes into a list or an attribute. `Peer`
receives the frame, runs the handler and sends the answer; `ocpp` does what its `start` does with each frame,
`route_message`. Both validate request and response. `Router.answer` has no connection: it makes what it needs for a
single frame, as a serverless function does.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

from contest import SHORT, compete, measurements, results
from report import Effort, Suite
from traffic import MESSAGES, Message

OURS = "ocpp_core, Peer, plain handler"
COROUTINES = "ocpp_core, Peer, coroutine handler"
LONE = "ocpp_core, Router.answer: one frame, no connection"
THREADS = "ocpp, as it comes (thread pool)"
INLINE = "ocpp, inline"

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
#: What the handlers answer, as it stands on the wire.
ANSWERS: dict[str, dict[str, Any]] = {
    "BootNotification": {"status": "Accepted", "currentTime": "2026-01-31T12:00:00Z", "interval": 300},
    "MeterValues": {},
    "TransactionEvent": {},
}


def measure(effort: Effort) -> list[Suite]:
    """Measures the whole way of a call."""
    found = results(__file__, effort, values=SHORT * effort.values, min_time=0.05 / SHORT)
    return [
        Suite(
            name="dispatch",
            title=f"Dispatch: best time from frame to frame, and how many times that of {OURS}",
            reference=OURS,
            measurements=measurements("dispatch", WORK, MESSAGES, found),
            targets={THREADS: 60},
            mean_of=[message.subject for message in MESSAGES],
        )
    ]


def action_of(message: Message) -> str:
    action: str = json.loads(message.text)[2]
    return action


def router_for(message: Message, *, is_coroutine: bool = False) -> Any:
    from ocpp_core import Router, from_wire, specification

    known, router = specification(message.version), Router()
    answer: Any = from_wire(known.response(action_of(message)), ANSWERS[action_of(message)])

    async def later(request: Any, peer: Any) -> Any:
        return answer

    router.on(known.request(action_of(message)))(later if is_coroutine else lambda request, peer: answer)
    return router


def ours(message: Message) -> Callable[[], Any]:
    return over_a_peer(message, router_for(message))


def ours_with_coroutines(message: Message) -> Callable[[], Any]:
    return over_a_peer(message, router_for(message, is_coroutine=True))


def over_a_peer(message: Message, router: Any) -> Callable[[], Any]:
    from ocpp_core import JsonCodec, Peer

    codec, text, times = JsonCodec(message.version), message.text, 200

    async def dispatch() -> None:
        """Frames over one connection, each once the one before has been answered."""
        sent: list[str] = []

        async def frames() -> AsyncIterator[str]:
            for number in range(times):
                yield text
                while len(sent) == number:
                    await asyncio.sleep(0)

        # As our WebSocket does, the transport takes a frame at once if it can.
        await Peer(codec, router, sent.append).run(frames())

    dispatch.times = times  # type: ignore[attr-defined]
    return dispatch


def ours_alone(message: Message) -> Callable[[], Any]:
    from ocpp_core import JsonCodec

    router, text, codec = router_for(message), message.text, JsonCodec(message.version)

    async def dispatch() -> Any:
        return await router.answer(text, codec=codec)

    return dispatch


def ocpp(message: Message) -> Callable[[], Any]:
    from importlib import import_module

    from ocpp.charge_point import camel_to_snake_case
    from ocpp.routing import on

    package = import_module(f"ocpp.v{message.version.replace('.', '')}")
    answer = getattr(package.call_result, action_of(message))(
        **camel_to_snake_case(ANSWERS[action_of(message)])
    )

    class Sink:
        async def send(self, text: str) -> None:
            self.text = text

    class Central(package.ChargePoint):  # type: ignore[misc,name-defined]
        @on(action_of(message))
        def handle(self, **_: Any) -> Any:
            return answer

    sink = Sink()
    central, text = Central("CP-1", sink), message.text

    async def dispatch() -> str:
        await central.route_message(text)
        return sink.text

    return dispatch


def inline(message: Message) -> Callable[[], Any]:
    """The same without the thread pool."""
    import ocpp.messages

    ocpp.messages.ASYNC_VALIDATION = False
    return globals()["ocpp"](message)


WORK: dict[tuple[str, str], Callable[[Message], Any]] = {
    ("dispatch", OURS): ours,
    ("dispatch", COROUTINES): ours_with_coroutines,
    ("dispatch", LONE): ours_alone,
    ("dispatch", THREADS): ocpp,
    ("dispatch", INLINE): inline,
}


if __name__ == "__main__":
    compete(WORK, MESSAGES, coroutines=(OURS, COROUTINES, LONE, THREADS, INLINE))

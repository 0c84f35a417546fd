"""An interpreter between handlers of 2.0.1 and a station of 1.6, which answers as it is told."""

import asyncio
from datetime import UTC, datetime
from typing import Any

from ocpp_core import (
    Hooks,
    Router,
    Version,
    specification,
    v16,
    v201,
)
from ocpp_core.dispatch.connection import DEFAULT
from ocpp_core.dispatch.hooks import Observer
from ocpp_core.dispatch.router import Answer
from ocpp_core.links.interpreter import Interpreter, Speech

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
BOOT = v16.BootNotificationRequest(charge_point_vendor="Example", charge_point_model="Duo")
ACCEPTED = v201.BootNotificationResponse(
    status=v201.RegistrationStatus.ACCEPTED, current_time=NOW, interval=300
)
HEARTBEAT = v16.HeartbeatRequest()
CLEARED = v16.ClearCacheResponse(status=v16.ClearCacheStatus.ACCEPTED)
START = v16.StartTransactionRequest(connector_id=1, id_tag="04A2", meter_start=0, timestamp=NOW)


class Station:
    """A station of a version, as its handlers see it; it answers as it is told."""

    def __init__(self, answer: Any = CLEARED, version: str = "1.6", identity: str = "CP-1") -> None:
        self.identity = identity
        self.specification = specification(version)
        self.asked: list[tuple[Any, Any]] = []
        self._answer = answer
        self.interpreter: Any = None

    async def ask(self, request: Any, *, timeout: Any) -> Any:
        self.asked.append((request, timeout))
        answer = self._answer
        if isinstance(answer, asyncio.Future):
            answer = await answer
        if isinstance(answer, BaseException):
            raise answer
        return answer

    async def call(self, request: Any, *, timeout: Any = DEFAULT) -> Any:
        return await self.interpreter.call(request, timeout)


class Told(Hooks):
    def __init__(self) -> None:
        self.translated_ones: list[tuple[str, str, Answer]] = []

    def translated(self, peer: Any, direction: str, request: Any, answer: Answer) -> None:
        self.translated_ones.append((direction, type(request).__module__ + request.__ocpp__.action, answer))


def interpreter(
    router: Router,
    station: Station | None = None,
    *,
    hooks: Any = (),
    speech: Speech | None = None,
    patience: float = 0.5,
) -> Interpreter:
    station = station or Station()
    made = Interpreter(
        speech or Speech(Version.V2_0_1),
        router,
        station,
        station.ask,
        observer=Observer(hooks),
        patience=patience,
    )
    station.interpreter = made
    return made


def answering(answer: Any) -> Router:
    """Answers each boot so: by a response, an exception, or what a function makes of it."""
    router = Router()

    @router.on(v201.BootNotificationRequest)
    async def boot(request: v201.BootNotificationRequest, station: Any) -> Any:
        made: Any = answer
        if callable(answer):
            working: Any = answer(request, station)
            made = await working
        if isinstance(made, BaseException):
            raise made
        return made

    return router

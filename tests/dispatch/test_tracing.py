"""Spans: one per call and side, on both wires, with the handler's work below its own."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from loops import asynchronous
from ocpp_core import ErrorCode, OcppError, Role, v16
from ocpp_core.dispatch.hooks import Hooks, Observer
from ocpp_core.dispatch.router import Router
from ocpp_core.dispatch.tracing import Tracing
from ocpp_core.soap.codec import SoapCodec
from ocpp_core.transports.asgi import OcppApp
from ocpp_core.transports.memory import pair
from ocpp_core.transports.soap_http import SoapPeer

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
SECRET = "0123456789abcdef"


class Book:
    """What was traced. `spans` are by side and action."""

    def __init__(self) -> None:
        self._exporter = InMemorySpanExporter()
        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.tracer = provider.get_tracer("test")
        self.tracing = Tracing(provider)

    @property
    def spans(self) -> dict[tuple[SpanKind, str], ReadableSpan]:
        return {(span.kind, span.name): span for span in self._exporter.get_finished_spans()}


def csms(tracer: Any) -> Router:
    """A boot is accepted, a token is looked up and its station called back, a heartbeat is refused."""
    router = Router()

    @router.on(v16.BootNotificationRequest)
    def boot(*_: Any) -> v16.BootNotificationResponse:
        with tracer.start_as_current_span("SELECT station"):
            return v16.BootNotificationResponse(
                status=v16.RegistrationStatus.ACCEPTED, current_time=NOW, interval=300
            )

    @router.on(v16.AuthorizeRequest)
    async def authorize(_: Any, peer: Any) -> v16.AuthorizeResponse:
        await peer.call(v16.ClearCacheRequest())
        return v16.AuthorizeResponse(id_tag_info=v16.IdTagInfo(status=v16.AuthorizationStatus.ACCEPTED))

    @router.on(v16.HeartbeatRequest)
    def heartbeat(*_: Any) -> Any:
        raise OcppError(ErrorCode.NOT_SUPPORTED, SECRET)

    return router


def station() -> Router:
    router = Router()
    router.on(v16.ClearCacheRequest)(lambda *_: v16.ClearCacheResponse(status=v16.ClearCacheStatus.ACCEPTED))
    return router


@asynccontextmanager
async def by_json(book: Book) -> AsyncGenerator[Any, None]:
    async with pair("1.6", station=station(), csms=csms(book.tracer), hooks=[book.tracing]) as (peer, _):
        yield peer


@asynccontextmanager
async def by_soap(book: Book) -> AsyncGenerator[Any, None]:
    """Both sides are applications; no socket is needed for what HTTP carries."""
    box = OcppApp(station(), role=Role.CHARGE_POINT, accepts=["1.6"], hooks=[book.tracing])
    to_box = httpx.AsyncClient(transport=httpx.ASGITransport(box))
    app = OcppApp(csms(book.tracer), may_call=lambda *_: True, client=to_box, hooks=[book.tracing])
    codec = SoapCodec("1.6", role=Role.CHARGE_POINT, address="http://station/")
    async with to_box, httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
        observer = Observer([book.tracing])
        yield SoapPeer(codec, "CP-1", client=client, address="http://csms/", observer=observer)


on_both_wires = pytest.mark.parametrize("connected", [by_json, by_soap])

BOOT = v16.BootNotificationRequest(charge_point_vendor="V", charge_point_model="M")


@on_both_wires
@asynchronous
async def test_a_call_is_a_span_on_each_side(connected: Any) -> None:
    book = Book()
    async with connected(book) as peer:
        await peer.call(BOOT)

    for kind in (SpanKind.CLIENT, SpanKind.SERVER):
        span = book.spans[kind, "BootNotification"]
        assert {
            "rpc.system.name": "ocpp",
            "rpc.method": "BootNotification",
            "ocpp.version": "1.6",
            "ocpp.identity": "CP-1",
        } == span.attributes
        assert StatusCode.UNSET is span.status.status_code


@on_both_wires
@asynchronous
async def test_what_surrounds_a_call_is_its_parent_and_what_a_handler_does_its_child(connected: Any) -> None:
    book = Book()
    async with connected(book) as peer:
        with book.tracer.start_as_current_span("charging") as outer:
            await asyncio.gather(peer.call(BOOT), peer.call(v16.AuthorizeRequest(id_tag="T")))

    def parent(kind: SpanKind, name: str) -> Any:
        above = book.spans[kind, name].parent
        return None if above is None else above.span_id

    def id(kind: SpanKind, name: str) -> Any:
        context = book.spans[kind, name].get_span_context()
        return context and context.span_id

    for action in ("BootNotification", "Authorize"):
        assert outer.get_span_context().span_id == parent(SpanKind.CLIENT, action)
    assert id(SpanKind.SERVER, "BootNotification") == parent(SpanKind.INTERNAL, "SELECT station")
    assert id(SpanKind.SERVER, "Authorize") == parent(SpanKind.CLIENT, "ClearCache")


@on_both_wires
@asynchronous
async def test_a_refusal_shows_its_code_on_both_sides_and_no_text(connected: Any) -> None:
    book = Book()
    async with connected(book) as peer:
        await asyncio.gather(peer.call(v16.HeartbeatRequest()), return_exceptions=True)

    for kind in (SpanKind.CLIENT, SpanKind.SERVER):
        span = book.spans[kind, "Heartbeat"]
        assert StatusCode.ERROR is span.status.status_code
        assert "not-supported" == span.status.description == (span.attributes or {})["error.type"]
        assert SECRET not in span.to_json()


@asynchronous
async def test_a_call_without_answer_shows_why() -> None:
    book, never = Book(), asyncio.Event()
    router = Router()

    @router.on(v16.ClearCacheRequest)
    async def wait(*_: Any) -> Any:
        await never.wait()

    async with pair("1.6", station=router, hooks=[book.tracing], grace=0.01) as (_, to_station):
        with pytest.raises(TimeoutError):
            await to_station.call(v16.ClearCacheRequest(), timeout=0.01)

    ends = [book.spans[kind, "ClearCache"].status.description for kind in (SpanKind.CLIENT, SpanKind.SERVER)]
    assert ["CallTimeoutError", "CancelledError"] == ends


@asynchronous
async def test_a_refusal_is_marked_on_our_span_whatever_else_is_open() -> None:
    book = Book()

    class Other(Hooks):
        def handling(self, peer: Any, message: Any) -> Any:
            return book.tracer.start_as_current_span("other")

    async with pair("1.6", csms=csms(book.tracer), hooks=[book.tracing, Other()]) as (peer, _):
        await asyncio.gather(peer.call(v16.HeartbeatRequest()), return_exceptions=True)

    assert StatusCode.ERROR is book.spans[SpanKind.SERVER, "Heartbeat"].status.status_code
    assert StatusCode.UNSET is book.spans[SpanKind.INTERNAL, "other"].status.status_code

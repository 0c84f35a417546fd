"""A span of OpenTelemetry for every call, in both directions and on both wires. Needs the extra ``tracing``.

    serve(router, hooks=[Tracing()])

A span of a call of ours lasts from the moment its caller begins to wait; one of a call of theirs is the current span of
its handler, so that what the handler does, such as calling back, becomes its child. OCPP has no place for the ids of a
trace, so each side has its own. If a span is open where a connection is made (that of a web framework, for instance),
those of its handlers are below it. Of a notification that is handled in vain only the log says so.

Spans show the action, the version, the identity of the station and what kind of error ended a call (the value of its
`ErrorCode`, or the name of the exception), never a value of a message.

Source: the semantic conventions for RPC spans of OpenTelemetry 1.45 (https://opentelemetry.io/docs/specs/semconv/rpc/).
"""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from ocpp_core.dispatch.hooks import Hooks
from ocpp_core.dispatch.router import Answer, Caller
from ocpp_core.model.errors import CallRejectedError
from ocpp_core.model.extras import needed
from ocpp_core.model.messages import Notification, Request

with needed("Tracing", "opentelemetry-api", "tracing"):
    from opentelemetry.trace import (
        INVALID_SPAN,
        Span,
        SpanKind,
        StatusCode,
        TracerProvider,
        get_tracer,
    )


class Tracing(Hooks):
    """Makes the spans.

    Args:
        provider: Where they go; by default the one that the application has set for the process.
    """

    def __init__(self, provider: TracerProvider | None = None) -> None:
        self._tracer = get_tracer("ocpp_core", tracer_provider=provider)
        self._handled: ContextVar[Span] = ContextVar("handled", default=INVALID_SPAN)

    @contextmanager
    def calling(self, peer: Caller, request: Request[Any]) -> Generator[None, None, None]:
        """See `Hooks.calling`."""
        with self._span(SpanKind.CLIENT, peer, request):
            yield

    @contextmanager
    def handling(self, peer: Caller, message: Request[Any] | Notification) -> Generator[None, None, None]:
        """See `Hooks.handling`."""
        with self._span(SpanKind.SERVER, peer, message) as span:
            token = self._handled.set(span)
            try:
                yield
            finally:
                self._handled.reset(token)

    def call_answered(self, peer: Caller, request: Request[Any], answer: Answer, seconds: float) -> None:
        """See `Hooks.call_answered`."""
        if answer.error is not None:
            _fail(self._handled.get(), answer.error.code)

    @contextmanager
    def _span(
        self, kind: SpanKind, peer: Caller, message: Request[Any] | Notification
    ) -> Generator[Span, None, None]:
        definition = message.__ocpp__
        action = definition.action or ""
        attributes = {
            "rpc.system.name": "ocpp",
            "rpc.method": action,
            "ocpp.version": str(definition.version),
            "ocpp.identity": peer.identity,
        }
        # The text of an exception may hold values, so only its kind is shown.
        with self._tracer.start_as_current_span(
            action, kind=kind, attributes=attributes, record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                yield span
            except BaseException as error:
                _fail(span, error.code if isinstance(error, CallRejectedError) else type(error).__name__)
                raise


def _fail(span: Span, code: str) -> None:
    span.set_status(StatusCode.ERROR, str(code))
    span.set_attribute("error.type", str(code))

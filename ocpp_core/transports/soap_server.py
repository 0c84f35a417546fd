"""Answering SOAP envelopes: one HTTP exchange at a time, without HTTP.

Source: OCPP-S 1.6 §3.2 (an answer comes back in the same exchange), §3.3 (identity), §3.7 (where a station listens).
"""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from attrs import frozen

from ocpp_core.dispatch.connection import CallReceived, Codec, Connection, Ignored
from ocpp_core.dispatch.hooks import Observer
from ocpp_core.dispatch.peer import HandleCall, answer_call
from ocpp_core.dispatch.router import Answer, Caller, LoneCaller, Router
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import OcppError
from ocpp_core.model.messages import CallError, Request, SoapHeaders
from ocpp_core.soap.faults import content_type_of

#: Says by its header who sent an envelope; handlers get it as their peer. Raises `OcppError` to refuse the envelope.
Identify = Callable[[SoapHeaders], Awaitable[Caller]]


@frozen
class SoapAnswer:
    """What goes back in the exchange.

    Attributes:
        body: An envelope.
        error: Why it is a fault; None if it is a response. If `identify` has raised it, this is what it raised.
    """

    body: bytes
    error: OcppError | None = None

    @property
    def code(self) -> ErrorCode | None:
        """Of the fault."""
        return None if self.error is None else self.error.code

    @property
    def content_type(self) -> str:
        """Of the body."""
        return content_type_of(self.code)


@asynccontextmanager
async def answer_envelope(
    router: Router, codec: Codec[bytes], body: bytes, identify: Identify, observer: Observer
) -> AsyncGenerator[SoapAnswer, None]:
    """Answers one envelope: the body of an HTTP request becomes that of its response.

    Args:
        router: Handlers.
        codec: Of the envelope's version, see `SoapCodec.sniff`; its role is ours. `identify` may still decide what it
            writes.
        body: Of the request, not compressed.
        identify: Who sent it.
        observer: Hooks and log.

    Yields:
        An envelope to send inside the context; a fault where the request cannot be used. Leaving the context runs what
        waits for the answer to be sent (`Router.after`).
    """
    connection: Connection[bytes] = Connection(codec, new_id=str)  # it calls nobody
    connection.receive_message(body)
    events = list(connection.events())
    call = next((event for event in events if isinstance(event, CallReceived)), None)
    fault = next((event.error for event in events if isinstance(event, Ignored) and event.error), None)
    caller: Caller = LoneCaller(fault.identity or "" if fault is not None else "", codec.specification)
    handle: HandleCall = router.handle
    if call is not None:
        headers = call.headers or SoapHeaders()
        try:
            caller = await identify(headers)
        except OcppError as error:
            caller, handle = LoneCaller(headers.identity or "", codec.specification), _refusing(error)
    observer.frame(caller, "in", body, codec)
    for event in events:
        observer.event(caller, event)

    if call is not None:
        answer = await answer_call(connection, call, handle, caller, observer)
    elif fault is not None:
        answer = Answer(error=OcppError(fault.code))
    else:
        answer = Answer(error=OcppError(ErrorCode.PROTOCOL, "not a request"))
    messages, refusal = connection.messages_to_send(), answer.error
    if refusal is not None and not messages:
        # Silence, and an answer or a fault where a request belongs, draw nothing; HTTP wants an answer all the same.
        id = "" if call is None else call.id
        messages = [codec.encode(CallError(id, refusal.code, refusal.description))]
    observer.frame(caller, "out", messages[0], codec)
    yield SoapAnswer(messages[0], refusal)
    if call is not None and answer.response is not None:
        await router.run_after(call.request, answer.response, caller)


def _refusing(error: OcppError) -> HandleCall:
    async def handle(request: Request[Any], caller: Any) -> Answer:
        return Answer(error=error)

    return handle

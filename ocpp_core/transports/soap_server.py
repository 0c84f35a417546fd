"""Answering SOAP envelopes: one HTTP exchange at a time, without HTTP.

Source: OCPP-S 1.6 §3.2 (an answer comes back in the same exchange), §3.3 (identity), §3.7 (where a station listens).
"""

import logging
import uuid
from typing import Protocol

from attrs import frozen

from ocpp_core.connection import CallReceived, Connection, Ignored
from ocpp_core.errors import ErrorCode, OcppError
from ocpp_core.messages import CallError, SoapHeaders
from ocpp_core.router import Answer, Router, conclude
from ocpp_core.soap import SoapCodec

_log = logging.getLogger("ocpp_core.soap")


class SoapCaller(Protocol):
    """Who sent an envelope. Handlers get it as their peer."""

    def learn(self, headers: SoapHeaders) -> OcppError | None:
        """Takes what the header says of the sender; returns an error to refuse it."""
        ...

    def ignored(self, event: Ignored) -> None:
        """Takes note of an envelope that could not be used."""
        ...


@frozen
class SoapAnswer:
    """What goes back in the exchange.

    Attributes:
        body: An envelope.
        code: Why it is a fault; None if it is a response.
    """

    body: bytes
    code: ErrorCode | None = None


async def answer_envelope(router: Router, codec: SoapCodec, body: bytes, caller: SoapCaller) -> SoapAnswer:
    """Answers one envelope: the body of an HTTP request becomes that of its response.

    Args:
        router: Handlers.
        codec: Of the envelope's version, see `SoapCodec.sniff`; its role is ours.
        body: Of the request, not compressed.
        caller: Who sent it.

    Returns:
        An envelope; a fault where the request cannot be used. Hooks have run when it returns.
    """
    connection: Connection[bytes] = Connection(codec, new_id=lambda: uuid.uuid4().urn)
    connection.receive_message(body)
    code: ErrorCode | None = None
    for event in connection.events():
        if isinstance(event, Ignored):
            code = event.error.code if event.error is not None else ErrorCode.GENERIC
            caller.ignored(event)
        elif isinstance(event, CallReceived):
            refusal = caller.learn(event.headers or SoapHeaders())
            answer = Answer(error=refusal) if refusal else await router.handle(event.request, caller)
            answer = conclude(connection, event, answer)
            if answer.cause is not None:
                _log.error(
                    "%s was answered with a fault", type(event.request).__name__, exc_info=answer.cause
                )
            code = answer.error.code if answer.error is not None else None
            if answer.response is not None:
                await router.run_after(event.request, answer.response, caller)
    messages = connection.messages_to_send()
    if not messages:
        # An answer or a fault where a request belongs draws nothing by itself; HTTP wants an answer all the same.
        code = ErrorCode.PROTOCOL
        messages = [codec.encode(CallError("", code, "not a request"))]
    return SoapAnswer(messages[0], code)

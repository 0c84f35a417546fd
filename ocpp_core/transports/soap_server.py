"""Answering SOAP envelopes: one HTTP exchange at a time, without HTTP.

Source: OCPP-S 1.6 §3.2 (an answer comes back in the same exchange), §3.3 (identity), §3.7 (where a station listens).
"""

import uuid
from typing import Protocol

from ocpp_core.connection import CallReceived, Connection, Ignored
from ocpp_core.errors import OcppError
from ocpp_core.messages import SoapHeaders
from ocpp_core.router import Answer, Router, conclude
from ocpp_core.soap import SoapCodec


class SoapCaller(Protocol):
    """Who sent an envelope. Handlers get it as their peer."""

    def learn(self, headers: SoapHeaders) -> OcppError | None:
        """Takes what the header says of the sender; returns an error to refuse it."""
        ...

    def ignored(self, event: Ignored) -> None:
        """Takes note of an envelope that could not be used."""
        ...


async def answer_envelope(router: Router, codec: SoapCodec, body: bytes, caller: SoapCaller) -> bytes:
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
    for event in connection.events():
        if isinstance(event, Ignored):
            caller.ignored(event)
        elif isinstance(event, CallReceived):
            refusal = caller.learn(event.headers or SoapHeaders())
            if refusal is not None:
                conclude(connection, event, Answer(error=refusal))
                continue
            answer = conclude(connection, event, await router.handle(event.request, caller))
            if answer.response is not None:
                await router.run_after(event.request, answer.response, caller)
    return b"".join(connection.messages_to_send())

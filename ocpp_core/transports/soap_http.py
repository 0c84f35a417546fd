"""Calling a SOAP peer over HTTP, at the address that it announced. Needs the extra ``soap``.

Source: OCPP-S 1.6 §3.2 (an answer comes back in the same exchange), §3.7 and §5 (where a station is called).
"""

import asyncio
import uuid
from typing import TypeVar, cast

import httpx

from ocpp_core.connection import DEFAULT, CallOutcome, Connection, Default
from ocpp_core.errors import ConnectionLostError
from ocpp_core.messages import Call, Request, Response
from ocpp_core.peer import response_of
from ocpp_core.soap import SoapCodec

R = TypeVar("R", bound=Response)


class SoapPeer:
    """The other side of the SOAP wire: `call` posts an envelope to its address and reads the answer.

    Args:
        codec: Of the version that the peer speaks; its role is ours.
        identity: Of the station.
        address: Where the peer listens; None while it is not known, then calls fail at once.
        client: Posts the envelopes. TLS, proxies and limits are its own.
        call_timeout: Seconds that a call waits for its answer; None for ever.
    """

    def __init__(
        self,
        codec: SoapCodec,
        identity: str,
        *,
        client: httpx.AsyncClient,
        address: str | None = None,
        call_timeout: float | None = 30.0,
    ) -> None:
        self.codec = codec
        self.identity = identity
        self.address = address
        self._client = client
        self._call_timeout = call_timeout

    async def call(self, request: Request[R], *, timeout: float | Default | None = DEFAULT) -> R:
        """Calls the peer and waits for its response. Any number of calls may be under way.

        Raises:
            CallRejectedError: A fault came back.
            CallTimeoutError: No answer in time.
            ConnectionLostError: The peer cannot be reached, or has announced no address.
            CallResultInvalidError: What came back cannot be used.
            LocalProtocolError: The request cannot be sent.
        """
        action = request.__ocpp__.action or ""
        if self.address is None:
            raise ConnectionLostError(action)
        connection: Connection[bytes] = Connection(
            self.codec.addressed(self.identity, self.address), new_id=_new_id, call_timeout=self._call_timeout
        )
        pending = connection.call(request, now=0.0, timeout=timeout)
        (body,) = connection.messages_to_send()
        headers = {"Content-Type": self.codec.content_type(Call(pending.id, request))}
        try:
            async with asyncio.timeout(pending.deadline):
                answer = await self._client.post(self.address, content=body, headers=headers, timeout=None)
        except TimeoutError:
            connection.handle_timeout(pending.deadline or 0.0)
        except (OSError, httpx.HTTPError, httpx.InvalidURL):
            connection.receive_eof()
        else:
            connection.receive_message(answer.content)
            connection.receive_eof()
        outcome = next(event for event in connection.events() if isinstance(event, CallOutcome))
        return cast(R, response_of(outcome))


def _new_id() -> str:
    return uuid.uuid4().urn

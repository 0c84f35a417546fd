"""Calling a SOAP peer over HTTP, at the address that it announced. Needs the extra ``soap``.

Source: OCPP-S 1.6 §3.2 (an answer comes back in the same exchange), §3.7 and §5 (where a station is called).
"""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar, cast

from ocpp_core.dispatch.connection import (
    DEFAULT,
    CallLost,
    CallOutcome,
    Connection,
    Default,
    Event,
    Ignored,
    PendingCall,
    ResultInvalid,
    require_call,
)
from ocpp_core.dispatch.handlers import require_codec
from ocpp_core.dispatch.hooks import Observer
from ocpp_core.dispatch.outcomes import response_of
from ocpp_core.dispatch.router import Answer, Router
from ocpp_core.links.interpreter import Interpreter
from ocpp_core.model.codes import ErrorCode, FrameKind
from ocpp_core.model.errors import (
    CallFailedError,
    CannotConnectError,
    ConnectionLostError,
    FrameError,
    NoClientError,
    NotConnectedError,
)
from ocpp_core.model.logs import logger
from ocpp_core.model.messages import Call, Request, Response
from ocpp_core.model.secrets import hide
from ocpp_core.model.versions import Specification
from ocpp_core.soap.codec import SoapCodec
from ocpp_core.transports.soap_body import BodyRefused

if TYPE_CHECKING:
    import httpx

_log = logger("soap")

R = TypeVar("R", bound=Response)


#: Options of every peer that have a meaning for the calls of a `SoapPeer`.
OF_CALLS = ("call_timeout", "new_id")


class SoapPeer:
    """The other side of the SOAP wire: `call` posts an envelope to its address and reads the answer.

    Args:
        codec: Of the version that the peer speaks; its role is ours.
        identity: Of the station.
        address: Where the peer listens; None while it is not known, then calls fail at once.
        client: An ``httpx.AsyncClient`` that posts the envelopes; TLS, proxies and limits are its own, and so is what
            its transport keeps of an answer. It follows no redirects for us. It gets one more response hook, in front
            of its own, which reads our answers and no others. May come later, as the address.
        call_timeout: Seconds that a call waits for its answer; None for ever.
        new_id: Makes the MessageID of each call.
        observer: Hooks and log.

    Attributes:
        interpreter: Of a server that speaks another version than the station: `call` takes messages of that one.
    """

    def __init__(
        self,
        codec: SoapCodec,
        identity: str,
        *,
        client: "httpx.AsyncClient | None" = None,
        address: str | None = None,
        call_timeout: float | None = 30.0,
        new_id: Callable[[], str] = lambda: uuid.uuid4().urn,
        observer: Observer | None = None,
    ) -> None:
        require_codec(codec)
        self.codec = codec
        self.identity = identity
        self.address = address
        self.client = client
        self._call_timeout = call_timeout
        self._new_id = new_id
        self.interpreter: Interpreter | None = None
        self._observer = observer or Observer()

    def __repr__(self) -> str:
        return f"<SoapPeer {self.identity!r}, OCPP {self.specification.version}>"

    @property
    def specification(self) -> Specification:
        """Of the version that is spoken."""
        return self.codec.specification

    async def call(self, request: Request[R], *, timeout: float | Default | None = DEFAULT) -> R:
        """Calls the peer and waits for its response. Any number of calls may be under way.

        With an `interpreter`, see `Interpreter.call`.

        Raises:
            CallRejectedError: A fault came back.
            CallTimeoutError: No answer in time.
            NotConnectedError: It has announced no address at which it may be called, or the client is closed.
            CannotConnectError: Nobody is reached there; ``__cause__`` says why.
            ConnectionLostError: What was sent has no answer; ``__cause__`` says why.
            CallResultInvalidError: What came back cannot be used.
            NoClientError: There is no `client`.
            LocalProtocolError: The request cannot be sent.
            TypeError: `request` is no request, or `timeout` no number of seconds.
        """
        if self.interpreter is None:
            return await self.call_in_its_version(request, timeout=timeout)
        return await self.interpreter.call(request, timeout)

    async def call_in_its_version(
        self, request: Request[R], *, timeout: float | Default | None = DEFAULT
    ) -> R:
        """Calls the peer without its `interpreter`; see `call`."""
        require_call(request, timeout)
        with self._observer.calling(self, request):
            action = request.__ocpp__.action or ""
            if self.address is None:
                reason = "no address is known at which it may be called"
                raise NotConnectedError(action, reason, identity=self.identity)
            if self.client is None:
                raise NoClientError(self.identity)
            if self.client.is_closed:
                raise NotConnectedError(action, "the client has been closed", identity=self.identity)
            outcome, error = await self._outcome(request, timeout, self.client, self.address)
            if error is not None:
                raise error
            return cast(R, response_of(outcome, self.identity))

    async def _outcome(
        self, request: Request[R], timeout: float | Default | None, client: "httpx.AsyncClient", address: str
    ) -> tuple[CallOutcome, CallFailedError | None]:
        """How the call has ended, and the error, if the client has raised one in place of an answer."""
        connection: Connection[bytes] = Connection(
            self.codec.addressed(self.identity, address), new_id=self._new_id, call_timeout=self._call_timeout
        )
        clock = asyncio.get_running_loop().time
        since = clock()
        pending = connection.call(request, now=since, timeout=timeout)
        said: str = ""
        error: CallFailedError | None = None
        try:
            said, error = await self._exchange(connection, pending, client, address)
        finally:  # a caller that gives up leaves a call that is lost
            connection.receive_eof()
            outcome = self._tell(list(connection.events()), pending, said)
            self._observer.call_ended(self, request, outcome, clock() - since)
        return outcome, error

    async def _exchange(
        self,
        connection: Connection[bytes],
        pending: PendingCall[Any],
        client: "httpx.AsyncClient",
        address: str,
    ) -> tuple[str, CallFailedError | None]:
        """Posts the call and takes what comes back.

        Returns:
            What is to be said of it if it cannot be used, and the error if the client has raised one.
        """
        from ocpp_core.transports._http_client import Answer, post, was_not_sent  # who has a client has httpx

        (body,) = connection.messages_to_send()
        headers = {
            "Content-Type": self.codec.content_type(Call(pending.id, pending.request)),
            "Accept-Encoding": "gzip, deflate",
        }
        self._observer.frame(self, "out", body, self.codec)
        answer = Answer(self.codec.max_size)
        try:
            async with asyncio.timeout_at(pending.deadline):
                await post(client, address, body, headers, answer)
        except TimeoutError:
            connection.handle_timeout(pending.deadline or 0.0)
        except BodyRefused as refused:
            return f"{answer.status}, {refused.reason}", None
        except Exception as error:  # no route, a certificate that is refused, an address that is none ...
            kind, said = type(error).__name__, hide(str(error))
            _log.info(
                "%s: %s cannot be reached: %s",
                self.identity,
                hide(address),
                f"{kind}: {said}" if said else kind,
            )
            action = pending.request.__ocpp__.action or ""
            failure: CallFailedError = ConnectionLostError(action, identity=self.identity)
            if was_not_sent(error, answer):
                reason = f"{address} is not reached: {said or kind}"
                failure = CannotConnectError(action, reason, url=address, identity=self.identity)
            failure.__cause__ = error
            return "", failure
        else:
            self._observer.frame(self, "in", answer.body, self.codec)
            connection.receive_message(answer.body)
        return answer.status, None

    def _tell(self, events: list[Event], pending: PendingCall[Any], said: str) -> CallOutcome:
        """Tells the observer of all events; returns how the call has ended.

        HTTP has paired call and answer: what cannot be used, such as a page of errors, is the answer all the same.
        """
        outcome = next(event for event in events if isinstance(event, CallOutcome))
        ignored = [event for event in events if isinstance(event, Ignored)]
        if ignored or (said and isinstance(outcome, CallLost)):
            reasons = [event.reason if event.error is None else event.error.reason for event in ignored]
            reason = ", ".join([said, *reasons])
            error = FrameError(reason, kind=FrameKind.UNREADABLE, code=ErrorCode.FRAME, id=pending.id)
            outcome = ResultInvalid(pending, error)
        for event in ignored:
            self._observer.event(self, event)
        self._observer.event(self, outcome)
        return outcome


class Interpreted(Router):
    """The router of SOAP stations, of which each may have an interpreter, and speak another version tomorrow."""

    def __init__(self, router: Router) -> None:
        super().__init__()
        self._router = router

    def begin(self, request: Request[Any], caller: Any) -> Answer | Awaitable[Answer]:
        """See `Router.begin`."""
        return self._of(caller).begin(request, caller)

    def has_hooks(self, request: Request[Any]) -> bool:
        """See `Router.has_hooks`; whose hooks they would be is known only with the station."""
        return True

    async def run_after(self, request: Request[Any], response: Response, caller: Any) -> None:
        """See `Router.run_after`."""
        await self._of(caller).run_after(request, response, caller)

    def _of(self, station: SoapPeer) -> Router:
        return station.interpreter or self._router

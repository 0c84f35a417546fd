"""What stands at either end of a link: a connection of any transport, or handlers of this process."""

from typing import Protocol, TypeVar, cast, runtime_checkable

from ocpp_core.dispatch.router import Caller, Router, note_failure
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import OcppError
from ocpp_core.model.messages import Notification, Request, Response

R = TypeVar("R", bound=Response)


class End(Protocol):
    """Who can be called: a `Peer`, a `SoapPeer`, the `Station` that `websocket.connect` yields, a `RouterEnd`."""

    async def call(self, request: Request[R], /) -> R:
        """Calls it and waits for its answer. It keeps its own time: a call that is never answered raises.

        Raises:
            CallFailedError: It has no answer, of one kind or another.
            OcppError: It refuses.
        """
        ...


@runtime_checkable
class Notified(Protocol):
    """An end that speaks a version with messages that want no answer (2.1: SEND). Others need not have this."""

    async def notify(self, message: Notification, /) -> None:
        """Sends it such a message."""
        ...


class RouterEnd:
    """Handlers of this process as an end.

    What `Router.after` has is not run here: only who sends the translated answer knows when it has gone out.

    Args:
        router: The handlers.
        caller: What they get as their peer.
    """

    def __init__(self, router: Router, caller: Caller) -> None:
        self._router = router
        self._caller = caller

    async def call(self, request: Request[R], /) -> R:
        """Has a request handled. What a handler should not have raised is logged.

        Raises:
            OcppError: It was refused.
        """
        answer = await self._router.handle(request, self._caller)
        if answer.cause is not None:
            note_failure(self._caller, f"the handler of {request.__ocpp__.action}", answer.cause)
        if answer.response is None:
            raise answer.error or OcppError(ErrorCode.INTERNAL)
        return cast(R, answer.response)

    async def notify(self, message: Notification, /) -> None:
        """Has a message handled that wants no answer."""
        await self._router.notify(message, self._caller)

    def __repr__(self) -> str:
        return f"RouterEnd({self._caller!r})"

"""What may handle which message. Both type checkers find each mistake on the line of its comment. Never run."""

# pyright: reportUnnecessaryTypeIgnoreComment=true

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any, NoReturn, assert_type

from ocpp_core import ErrorCode, Notification, OcppError, Peer, Request, Response, Router, v15, v16, v21, v201
from ocpp_core.dispatch import BootGate, Caller
from ocpp_core.model.messages import Payload
from ocpp_core.transports.asgi import AsgiPeer
from ocpp_core.transports.websocket import WebSocketPeer

router = Router()


class Store:
    """What handlers may need beside the request."""

    async def authorize(self, request: v16.AuthorizeRequest, peer: Peer) -> v16.AuthorizeResponse:
        raise NotImplementedError

    async def authorize_later(self, request: v201.AuthorizeRequest, peer: Peer) -> v201.AuthorizeResponse:
        raise NotImplementedError

    def __call__(self, request: Request, caller: Caller) -> NoReturn:
        raise OcppError(ErrorCode.NOT_SUPPORTED)


store = Store()

# --- handlers ------------------------------------------------------------------------------------------------------


@router.on(v16.BootNotificationRequest)
async def boot(request: v16.BootNotificationRequest, peer: Peer) -> v16.BootNotificationResponse:
    raise NotImplementedError


@router.on(v16.HeartbeatRequest)
def plain(request: v16.HeartbeatRequest, peer: WebSocketPeer) -> v16.HeartbeatResponse:
    raise NotImplementedError


@router.on(v16.StatusNotificationRequest)
def later(request: v16.StatusNotificationRequest, _: Any) -> "asyncio.Future[v16.StatusNotificationResponse]":
    raise NotImplementedError


@router.on(v16.MeterValuesRequest)
async def of_a_base(message: Payload, caller: Caller) -> v16.MeterValuesResponse:
    raise NotImplementedError


@router.on(v16.StopTransactionRequest)
async def of_requests(request: Request, caller: AsgiPeer) -> v16.StopTransactionResponse:
    raise NotImplementedError


@router.on(v15.AuthorizeRequest)
async def refuses(request: v15.AuthorizeRequest, _: object) -> NoReturn:
    raise OcppError(ErrorCode.SECURITY)


@router.on(v201.HeartbeatRequest, v21.HeartbeatRequest)
async def several(
    request: v201.HeartbeatRequest | v21.HeartbeatRequest, peer: Peer
) -> v201.HeartbeatResponse | v21.HeartbeatResponse:
    raise NotImplementedError


@router.on(v21.NotifyPeriodicEventStream)
async def notified(message: v21.NotifyPeriodicEventStream, peer: Peer) -> None:
    raise NotImplementedError


@router.on(v21.NotifyEventRequest, v21.NotifyPeriodicEventStream)
def both(
    message: v21.NotifyEventRequest | v21.NotifyPeriodicEventStream, peer: Peer
) -> v21.NotifyEventResponse | None:
    raise NotImplementedError


@router.on_data(v16.DataTransferRequest, "com.example")
async def data(request: v16.DataTransferRequest, peer: Peer) -> v16.DataTransferResponse:
    raise NotImplementedError


@router.on_any
async def anything(request: Request, peer: Peer) -> Response:
    raise NotImplementedError


def of_a_store(store: Store, request: v16.ResetRequest, peer: Peer) -> v16.ResetResponse:
    raise NotImplementedError


def with_a_default(request: v16.ResetRequest, peer: Peer, store: Store = store) -> v16.ResetResponse:
    raise NotImplementedError


router.on(v16.AuthorizeRequest)(store.authorize)
router.on(v16.ResetRequest)(partial(of_a_store, store))
router.on(v16.ClearCacheRequest)(store)
router.on(v16.GetLogRequest)(lambda request, peer: v16.GetLogResponse(status=v16.LogStatus.ACCEPTED))
assert_type(router.on(v16.ResetRequest)(with_a_default), Callable[[v16.ResetRequest, Any], v16.ResetResponse])
requests: list[type[Request]] = [v16.HeartbeatRequest, v201.HeartbeatRequest]
router.on(*requests)(anything)


async def handlers_can_still_be_called(peer: Peer, request: v16.BootNotificationRequest) -> None:
    assert_type(await boot(request, peer), v16.BootNotificationResponse)
    await asyncio.create_task(boot(request, peer))
    assert_type(plain(v16.HeartbeatRequest(), peer), v16.HeartbeatResponse)


# --- wrong pairs ---------------------------------------------------------------------------------------------------


@router.on(v16.BootNotificationRequest)  # type: ignore[arg-type]
async def another_response(request: v16.BootNotificationRequest, peer: Peer) -> v16.HeartbeatResponse:
    raise NotImplementedError


@router.on(v16.BootNotificationRequest)  # type: ignore[arg-type]
async def another_version(request: v16.BootNotificationRequest, peer: Peer) -> v201.BootNotificationResponse:
    raise NotImplementedError


@router.on(v16.BootNotificationRequest)  # type: ignore[arg-type]
async def another_request(request: v201.BootNotificationRequest, peer: Peer) -> v16.BootNotificationResponse:
    raise NotImplementedError


@router.on(v16.BootNotificationRequest)  # type: ignore[arg-type]
async def no_response(request: v16.BootNotificationRequest, peer: Peer) -> None:
    raise NotImplementedError


@router.on(v16.BootNotificationRequest)  # type: ignore[arg-type]
def any_response(request: v16.BootNotificationRequest, peer: Peer) -> Response:
    raise NotImplementedError


@router.on(v16.HeartbeatRequest)  # type: ignore[arg-type]
async def one_parameter(request: v16.HeartbeatRequest) -> v16.HeartbeatResponse:
    raise NotImplementedError


@router.on(v16.HeartbeatRequest)  # type: ignore[arg-type]
async def three_parameters(request: v16.HeartbeatRequest, peer: Peer, store: Store) -> v16.HeartbeatResponse:
    raise NotImplementedError


@router.on(v201.HeartbeatRequest, v21.HeartbeatRequest)  # type: ignore[arg-type]
async def one_of_two(request: v201.HeartbeatRequest, peer: Peer) -> v201.HeartbeatResponse:
    raise NotImplementedError


@router.on(v21.NotifyPeriodicEventStream)  # type: ignore[arg-type]
async def answers_what_wants_none(
    message: v21.NotifyPeriodicEventStream, peer: Peer
) -> v21.HeartbeatResponse:
    raise NotImplementedError


@router.on_data(v16.DataTransferRequest, "com.example", "one")  # type: ignore[arg-type]
async def another_answer_to_data(request: v16.DataTransferRequest, peer: Peer) -> v16.HeartbeatResponse:
    raise NotImplementedError


router.on(v16.AuthorizeRequest)(store.authorize_later)  # type: ignore[arg-type]
router.on(v16.AuthorizeRequest)(Store.authorize)  # type: ignore[arg-type]
router.on(v16.AuthorizeRequest)(partial(of_a_store, store))  # type: ignore[arg-type]

# --- no classes ----------------------------------------------------------------------------------------------------

router.on("BootNotification")  # type: ignore[call-overload]
router.on(v16.AuthorizeResponse)  # type: ignore[call-overload]
router.on(v16.IdTagInfo)  # type: ignore[call-overload]
router.on(v16.HeartbeatRequest())  # type: ignore[call-overload]
router.on(of_a_store)  # type: ignore[call-overload]

# --- hooks ---------------------------------------------------------------------------------------------------------


@router.after(v16.BootNotificationRequest)
async def booted(
    request: v16.BootNotificationRequest, response: v16.BootNotificationResponse, peer: Peer
) -> None:
    raise NotImplementedError


@router.after(v201.HeartbeatRequest, v21.HeartbeatRequest)
def alive(
    request: v201.HeartbeatRequest | v21.HeartbeatRequest,
    response: v201.HeartbeatResponse | v21.HeartbeatResponse,
    peer: Peer,
) -> int:
    raise NotImplementedError


router.after(v16.ResetRequest)(lambda request, response, peer: print(response.status))


@router.after(v16.BootNotificationRequest)  # type: ignore[arg-type]
async def after_another(
    request: v16.BootNotificationRequest, response: v16.HeartbeatResponse, peer: Peer
) -> None:
    raise NotImplementedError


@router.after(v16.BootNotificationRequest)  # type: ignore[arg-type]
async def after_less(request: v16.BootNotificationRequest, peer: Peer) -> None:
    raise NotImplementedError


# --- what stands around them ---------------------------------------------------------------------------------------

router.middleware(BootGate())


@router.on_any  # type: ignore[type-var]
def takes_one(request: Request) -> Response:
    raise NotImplementedError


@router.middleware  # type: ignore[type-var]
async def takes_two(message: Request | Notification, peer: Peer) -> Any:
    raise NotImplementedError

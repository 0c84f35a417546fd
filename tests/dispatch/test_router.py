"""Router: which handler gets a request, and what becomes of what it does."""

import asyncio
import logging
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from classes import JSON_VERSIONS
from loops import asynchronous
from ocpp_core import ErrorCode, LocalProtocolError, OcppError, Role, Tolerance, v16, v20, v21, v201
from ocpp_core.dispatch.router import Answer, Router
from ocpp_core.jsonrpc.codec import JsonCodec
from ocpp_core.model.errors import CallRejectedError, ConnectionLostError, NoAnswer
from ocpp_core.model.messages import Request
from ocpp_core.model.specifications import specification
from ocpp_core.transports.memory import pair

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
HEARTBEAT = '[2,"1","Heartbeat",{}]'
SECRET = "the text of an exception"


def answer(
    router: Router, frame: str = HEARTBEAT, version: str = "1.6", *, identity: str = "", **options: Any
) -> str | None:
    return asyncio.run(router.answer(frame, codec=JsonCodec(version, **options), identity=identity))


def heartbeat(*_: Any) -> v16.HeartbeatResponse:
    return v16.HeartbeatResponse(current_time=NOW)


async def heartbeat_async(*_: Any) -> v16.HeartbeatResponse:
    await asyncio.sleep(0)
    return heartbeat()


def code_of(text: str | None) -> str:
    assert text is not None
    assert text.startswith("[4,"), text
    return text.split('"')[3]


# --- registering ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("handler", [heartbeat, heartbeat_async])
def test_handlers_are_plain_or_coroutine_functions(handler: Any) -> None:
    router = Router()

    assert router.on(v16.HeartbeatRequest)(handler) is handler
    assert answer(router) == '[3,"1",{"currentTime":"2026-01-31T12:00:00Z"}]'


def test_one_router_has_handlers_of_several_versions() -> None:
    router = Router()
    router.on(v16.HeartbeatRequest)(heartbeat)
    router.on(v201.HeartbeatRequest, v21.HeartbeatRequest)(
        lambda request, _: type(request).__module__ and answer_of(request)  # type: ignore[arg-type, return-value]
    )

    def answer_of(request: Any) -> Any:
        package = v201 if isinstance(request, v201.HeartbeatRequest) else v21
        return package.HeartbeatResponse(current_time=NOW)

    assert [answer(router, version=version) for version in ("1.6", "2.0.1", "2.1")] == [
        '[3,"1",{"currentTime":"2026-01-31T12:00:00Z"}]'
    ] * 3
    assert code_of(answer(router, version="2.0")) == "NotSupported"


def test_a_second_handler_of_a_class_is_refused() -> None:
    router = Router()
    router.on(v16.HeartbeatRequest)(heartbeat)

    with pytest.raises(LocalProtocolError, match="has a handler: heartbeat"):
        router.on(v16.HeartbeatRequest)(heartbeat_async)


def test_a_class_that_is_no_request_is_refused() -> None:
    with pytest.raises(LocalProtocolError, match="HeartbeatResponse is no request"):
        Router().on(v16.HeartbeatResponse)(heartbeat)  # type: ignore[call-overload]


def test_a_subclass_is_refused_as_no_request_would_ever_reach_it() -> None:
    class Mine(v16.HeartbeatRequest):
        pass

    with pytest.raises(LocalProtocolError, match="Mine is no request of a version"):
        Router().on(Mine)(heartbeat)


def test_a_message_of_a_vendor_has_one_handler() -> None:
    router = Router()
    router.on_data(v16.DataTransferRequest, "V", "one")(heartbeat)  # type: ignore[arg-type]
    router.on_data(v16.DataTransferRequest, "V")(heartbeat)  # type: ignore[arg-type]

    with pytest.raises(LocalProtocolError, match="'V', 'one' has a handler: heartbeat"):
        router.on_data(v16.DataTransferRequest, "V", "one")(heartbeat_async)  # type: ignore[arg-type]


def test_on_any_takes_what_has_no_other_handler() -> None:
    router = Router()
    router.on_any(
        lambda request, _: v16.AuthorizeResponse(
            id_tag_info=v16.IdTagInfo(status=v16.AuthorizationStatus.BLOCKED)
        )
    )
    router.on(v16.HeartbeatRequest)(heartbeat)

    assert '"Blocked"' in str(answer(router, '[2,"1","Authorize",{"idTag":"T"}]'))
    assert "currentTime" in str(answer(router))


# --- DataTransfer --------------------------------------------------------------------------------------------------


def data(vendor: str, message: str | None = None) -> str:
    more = "" if message is None else f',"messageId":"{message}"'
    return f'[2,"1","DataTransfer",{{"vendorId":"{vendor}"{more}}}]'


def test_data_transfer_goes_to_the_most_particular_handler() -> None:
    router = Router()
    accepted = v16.DataTransferStatus.ACCEPTED
    router.on_data(v16.DataTransferRequest, "V", "one")(
        lambda *_: v16.DataTransferResponse(status=accepted, data="V/one")
    )
    router.on_data(v16.DataTransferRequest, "V")(
        lambda *_: v16.DataTransferResponse(status=accepted, data="V")
    )
    router.on_data(v16.DataTransferRequest, "W", "one")(
        lambda *_: v16.DataTransferResponse(status=accepted, data="W/one")
    )

    assert '"data":"V/one"' in str(answer(router, data("V", "one")))
    assert '"data":"V"' in str(answer(router, data("V", "two")))
    assert '"data":"V"' in str(answer(router, data("V")))
    assert '"data":"W/one"' in str(answer(router, data("W", "one")))
    assert answer(router, data("W", "two")) == '[3,"1",{"status":"UnknownMessageId"}]'
    assert answer(router, data("X")) == '[3,"1",{"status":"UnknownVendorId"}]'


@pytest.mark.parametrize("version, package", [("2.0", v20), ("2.0.1", v201), ("2.1", v21)])
def test_unknown_vendors_are_answered_in_each_version(version: str, package: Any) -> None:
    router = Router()
    router.on_data(package.DataTransferRequest, "V")(lambda *_: None)

    assert answer(router, data("X"), version) == '[3,"1",{"status":"UnknownVendorId"}]'


def test_on_takes_the_vendors_that_on_data_does_not_know() -> None:
    router = Router()
    status = v16.DataTransferStatus
    router.on_data(v16.DataTransferRequest, "V")(lambda *_: v16.DataTransferResponse(status=status.ACCEPTED))
    router.on(v16.DataTransferRequest)(lambda *_: v16.DataTransferResponse(status=status.REJECTED))

    assert "Accepted" in str(answer(router, data("V")))
    assert "Rejected" in str(answer(router, data("X")))


# --- errors --------------------------------------------------------------------------------------------------------

SPELLINGS = {  # what a handler raises, and what 1.6 and 2.0.1 make of it
    ErrorCode.NOT_SUPPORTED: ("NotSupported", "NotSupported"),
    ErrorCode.SECURITY: ("SecurityError", "SecurityError"),
    ErrorCode.FORMAT: ("FormationViolation", "FormatViolation"),
    ErrorCode.OCCURRENCE_CONSTRAINT: ("OccurenceConstraintViolation", "OccurrenceConstraintViolation"),
    ErrorCode.GENERIC: ("GenericError", "GenericError"),
}


@pytest.mark.parametrize("code", SPELLINGS)
def test_what_a_handler_raises_is_spelt_as_the_version_spells_it(code: ErrorCode) -> None:
    router = Router()

    @router.on(v16.HeartbeatRequest, v201.HeartbeatRequest)
    def refuse(*_: Any) -> Any:
        raise OcppError(code, "because", {"a": 1})

    for version, name in zip(("1.6", "2.0.1"), SPELLINGS[code], strict=True):
        assert answer(router, version=version) == f'[4,"1","{name}","because",{{"a":1}}]'


def test_a_code_that_the_version_lacks_becomes_an_internal_error() -> None:
    router = Router()

    @router.on(v16.HeartbeatRequest)
    def refuse(*_: Any) -> Any:
        raise OcppError(ErrorCode.MUST_UNDERSTAND, "because")

    assert code_of(answer(router)) == "InternalError"


def test_details_that_are_no_json_become_an_internal_error() -> None:
    router = Router()

    @router.on(v16.HeartbeatRequest)
    def refuse(*_: Any) -> Any:
        raise OcppError(ErrorCode.GENERIC, "because", {"a": object()})

    assert code_of(answer(router)) == "InternalError"


@pytest.mark.parametrize(
    "error", [RuntimeError, KeyError, RecursionError, LocalProtocolError, AttributeError]
)
def test_an_exception_is_an_internal_error_and_its_text_stays_here(error: type[Exception]) -> None:
    router = Router()

    @router.on(v16.HeartbeatRequest)
    def fail(*_: Any) -> Any:
        raise error(SECRET)

    text = str(answer(router))

    assert text.startswith('[4,"1","InternalError"')
    assert SECRET not in text


@pytest.mark.parametrize(
    "result",
    [None, {}, "Accepted", v16.AuthorizeRequest(id_tag="T"), v201.HeartbeatResponse(current_time=NOW)],
)
def test_a_wrong_return_type_is_an_internal_error_with_its_reason_for_us(result: Any) -> None:
    router = Router()
    router.on(v16.HeartbeatRequest)(lambda *_: result)

    assert answer(router) == '[4,"1","InternalError","",{}]'


@pytest.mark.parametrize(
    "response",
    [
        v16.HeartbeatResponse(current_time="yesterday"),  # type: ignore[arg-type]  # that is the test
        v16.HeartbeatResponse(current_time=datetime(2026, 1, 31)),
        v16.HeartbeatResponse(current_time=None),  # type: ignore[arg-type]  # that is the test
    ],
)
def test_a_response_that_breaks_its_schema_is_never_sent(response: Any) -> None:
    router = Router()
    router.on(v16.HeartbeatRequest)(lambda *_: response)

    assert code_of(answer(router)) == "InternalError"


def test_an_unknown_action_is_not_implemented_and_one_without_handler_not_supported() -> None:
    for version in ("1.6", "2.0", "2.0.1", "2.1"):
        assert code_of(answer(Router(), '[2,"1","Nothing",{}]', version)) == "NotImplemented"
        assert code_of(answer(Router(), HEARTBEAT, version)) == "NotSupported"


def test_an_invalid_payload_does_not_reach_the_handler() -> None:
    router = Router()
    router.on(v16.AuthorizeRequest)(lambda *_: pytest.fail("called"))

    assert code_of(answer(router, '[2,"1","Authorize",{}]')) == "OccurenceConstraintViolation"


def test_a_request_from_the_wrong_side_is_not_supported() -> None:
    frame = '[2,"1","Reset",{"type":"Soft"}]'

    for receives, code in ((Role.CSMS, "NotSupported"), (Role.CHARGE_POINT, None), (None, None)):
        router = Router(receives=receives)
        router.on_any(lambda *_: v16.ResetResponse(status=v16.ResetStatus.ACCEPTED))
        text = answer(router, frame)
        if code:
            assert code_of(text) == code
        else:
            assert text == '[3,"1",{"status":"Accepted"}]'


@pytest.mark.parametrize("register", ["on", "after"])
def test_what_this_side_never_receives_has_no_handler(register: str) -> None:
    for receives, own in ((Role.CSMS, v16.ResetRequest), (Role.CHARGE_POINT, v16.HeartbeatRequest)):
        router = Router(receives=receives)

        with pytest.raises(LocalProtocolError, match=f"{own.__name__} is never received here"):
            getattr(router, register)(v16.DataTransferRequest, own)
        router.on(v16.DataTransferRequest)(lambda *_: pytest.fail("called"))


def test_a_csms_has_no_handler_of_what_only_it_sends_without_an_answer() -> None:
    with pytest.raises(LocalProtocolError, match="NotifyPeriodicEventStream is never received here"):
        Router(receives=Role.CHARGE_POINT).on(v21.NotifyPeriodicEventStream)


def test_data_transfer_may_come_from_either_side() -> None:
    for receives in (Role.CSMS, Role.CHARGE_POINT):
        router = Router(receives=receives)
        router.on_data(v16.DataTransferRequest, "V")(lambda *_: None)  # type: ignore[arg-type]

        assert "UnknownVendorId" in str(answer(router, data("X")))


def test_a_decorator_gives_back_what_it_decorates() -> None:
    router = Router()

    def handler(request: Any, peer: Any) -> Any: ...
    def hook(request: Any, response: Any, peer: Any) -> Any: ...
    def middleware(request: Any, peer: Any, handle: Any) -> Any: ...

    decorated: list[tuple[Any, Any]] = [
        (router.on(v16.HeartbeatRequest), handler),
        (router.on_data(v16.DataTransferRequest, "X"), handler),
        (router.on_any, handler),
        (router.after(v16.HeartbeatRequest), hook),
        (router.middleware, middleware),
    ]
    for decorate, function in decorated:
        assert function is decorate(function)


# --- middleware and hooks ------------------------------------------------------------------------------------------


def test_middleware_wraps_in_the_order_of_registration() -> None:
    router = Router()
    order: list[str] = []

    def noting(name: str) -> Any:
        async def middleware(request: Request[Any], peer: Any, handle: Any) -> Any:
            order.append(f"> {name}")
            response = await handle(request, peer)
            order.append(f"< {name}")
            return response

        return middleware

    def handler(*_: Any) -> v16.HeartbeatResponse:
        order.append("handler")
        return heartbeat()

    router.middleware(noting("outer"))
    router.middleware(noting("inner"))
    router.on(v16.HeartbeatRequest)(handler)
    answer(router)

    assert order == ["> outer", "> inner", "handler", "< inner", "< outer"]


def test_middleware_sees_what_has_no_handler_and_may_answer_it() -> None:
    router = Router()

    @router.middleware
    async def middleware(request: Request[Any], peer: Any, handle: Any) -> Any:
        try:
            return await handle(request, peer)
        except OcppError as error:
            return heartbeat() if error.code is ErrorCode.NOT_SUPPORTED else None

    assert "currentTime" in str(answer(router))


def test_middleware_may_refuse_and_may_fail() -> None:
    for error, code in (
        (OcppError(ErrorCode.SECURITY), "SecurityError"),
        (RuntimeError(SECRET), "InternalError"),
    ):
        router = Router()
        router.on(v16.HeartbeatRequest)(heartbeat)

        @router.middleware
        async def middleware(request: Request[Any], peer: Any, handle: Any, error: Exception = error) -> Any:
            raise error

        text = answer(router)
        assert code_of(text) == code
        assert SECRET not in str(text)


@asynchronous
async def test_after_runs_once_the_answer_has_gone_and_may_call_the_peer() -> None:
    csms, station = Router(), Router()
    order: list[str] = []
    done = asyncio.Event()

    csms.on(v16.HeartbeatRequest)(heartbeat)
    station.on(v16.ResetRequest)(lambda *_: v16.ResetResponse(status=v16.ResetStatus.ACCEPTED))

    @csms.after(v16.HeartbeatRequest)
    async def call(request: Any, response: Any, peer: Any) -> None:
        order.append((await peer.call(v16.ResetRequest(type=v16.ResetType.SOFT))).status)
        raise RuntimeError("does no harm")

    @csms.after(v16.HeartbeatRequest)
    def second(request: Any, response: Any, peer: Any) -> None:
        order.append(type(response).__name__)
        done.set()

    async with pair("1.6", station=station, csms=csms) as (peer, _):
        await peer.call(v16.HeartbeatRequest())
        order.append("answered")
        await done.wait()

    assert order == ["answered", "Accepted", "HeartbeatResponse"]


@asynchronous
async def test_after_does_not_run_for_a_refused_call() -> None:
    csms = Router()
    csms.after(v16.HeartbeatRequest)(lambda *_: pytest.fail("ran"))
    async with pair("1.6", csms=csms) as (peer, _):
        with pytest.raises(CallRejectedError):
            await peer.call(v16.HeartbeatRequest())


# --- notifications and single frames -------------------------------------------------------------------------------


@asynchronous
async def test_notifications_reach_their_handler_and_draw_nothing() -> None:
    csms = Router()
    seen: list[Any] = []
    csms.on(v21.NotifyPeriodicEventStream)(lambda message, _: seen.append(message))
    csms.on(v21.HeartbeatRequest)(lambda *_: v21.HeartbeatResponse(current_time=NOW))
    stream = v21.NotifyPeriodicEventStream(
        id=1, pending=0, basetime=NOW, data=[v21.StreamDataElement(t=Decimal(0), v="1")]
    )
    async with pair("2.1", csms=csms) as (peer, _):
        await peer.notify(stream)
        await peer.call(v21.HeartbeatRequest())

    assert seen == [stream]


STREAM = (
    '[6,"1","NotifyPeriodicEventStream",'
    '{"id":1,"pending":0,"basetime":"2026-01-31T12:00:00Z","data":[{"t":0,"v":"1"}]}]'
)


def test_single_notifications_pass_the_middleware_and_draw_nothing() -> None:
    router = Router()
    order: list[Any] = []
    router.on(v21.NotifyPeriodicEventStream)(
        lambda message, caller: order.append((message.id, caller.identity))
    )

    @router.middleware
    async def middleware(message: Any, peer: Any, handle: Any) -> Any:
        order.append(">")
        assert await handle(message, peer) is None
        order.append("<")

    assert answer(router, STREAM, "2.1", identity="CP-1") is None
    assert order == [">", (1, "CP-1"), "<"]


@pytest.mark.parametrize("receives", [None, Role.CSMS, Role.CHARGE_POINT])
def test_a_notification_that_nobody_takes_is_dropped(
    receives: Role | None, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)

    assert answer(Router(receives=receives), STREAM, "2.1") is None
    (record,) = caplog.records
    assert (record.levelname, record.exc_info) == ("INFO", None)
    assert "NotifyPeriodicEventStream is ignored" in record.getMessage()


def test_what_a_handler_raises_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    router = Router()

    @router.on(v21.NotifyPeriodicEventStream, v21.HeartbeatRequest)
    def fail(*_: Any) -> None:
        raise RuntimeError(SECRET)

    assert answer(router, STREAM, "2.1") is None
    assert code_of(answer(router, version="2.1")) == "InternalError"
    assert [SECRET, SECRET] == [str(record.exc_info and record.exc_info[1]) for record in caplog.records]


def test_a_caller_that_has_gone_is_no_fault_of_the_handler(caplog: pytest.LogCaptureFixture) -> None:
    """A handler that calls back over a connection that ends: one line in the log, and no traceback."""
    caplog.set_level(logging.INFO)
    router = Router()

    @router.on(v16.HeartbeatRequest)
    def call_back(*_: Any) -> Any:
        raise ConnectionLostError("Reset")

    assert code_of(answer(router, identity="CP-1")) == "InternalError"
    (record,) = caplog.records
    assert (record.levelname, record.exc_info) == ("INFO", None)
    assert record.getMessage().startswith("CP-1: the handler of Heartbeat has failed: Reset:")


def test_a_station_without_a_name_has_one_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    assert answer(Router(), STREAM, "2.1") is None
    assert caplog.messages[0].startswith(
        "a station that names no identity: NotifyPeriodicEventStream is ignored"
    )


@pytest.mark.parametrize("error", [NoAnswer, NoAnswer(ErrorCode.INTERNAL, "no")], ids=["bare", "with code"])
def test_a_call_may_be_left_without_an_answer(error: Any) -> None:
    router = Router()

    @router.on(v16.HeartbeatRequest)
    def silent(*_: Any) -> Any:
        raise error

    assert answer(router) is None


@pytest.mark.parametrize("frame", ["", '[3,"1",{}]', '[4,"1","GenericError","",{}]', "{", '[7,"1"]'])
def test_answer_is_silent_where_1_6_owes_nothing(frame: str) -> None:
    assert answer(Router(), frame) is None


def test_answer_gives_handlers_the_identity_and_no_connection() -> None:
    router = Router()
    seen: list[str] = []

    @router.on(v16.HeartbeatRequest)
    async def handler(request: Any, caller: Any) -> Any:
        seen.append(caller.identity)
        with pytest.raises(LocalProtocolError, match="no connection"):
            await caller.call(v16.ResetRequest(type=v16.ResetType.SOFT))

    answer(router, identity="CP-1")

    assert seen == ["CP-1"]


def test_answer_is_as_tolerant_as_asked() -> None:
    router = Router()
    router.on(v16.HeartbeatRequest)(heartbeat)

    assert code_of(answer(router, '[2,"1","Heartbeat",{"x":1}]')) == "FormationViolation"
    assert "currentTime" in str(answer(router, '[2,"1","Heartbeat",{"x":1}]', tolerance=Tolerance.TOLERANT))


@asynchronous
async def test_handle_says_why() -> None:
    router = Router()

    @router.on(v16.HeartbeatRequest)
    def fail(*_: Any) -> Any:
        raise RuntimeError(SECRET)

    failed: Answer = await router.handle(v16.HeartbeatRequest(), None)
    refused = await router.handle(v16.AuthorizeRequest(id_tag="T"), None)

    assert isinstance(failed.cause, RuntimeError)
    assert refused.error is not None
    assert refused.cause is None


# --- apart from everything else ------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_coroutine", [False, True], ids=["plain", "coroutine"])
@pytest.mark.parametrize("error", [KeyError, AttributeError, RuntimeError])
def test_what_an_after_hook_raises_is_logged_with_its_traceback(
    error: type[Exception], is_coroutine: bool, caplog: pytest.LogCaptureFixture
) -> None:
    router = Router()
    router.on(v16.HeartbeatRequest)(heartbeat)

    def plain(*_: Any) -> None:
        raise error(SECRET)

    async def coroutine(*_: Any) -> None:
        plain()

    router.after(v16.HeartbeatRequest)(coroutine if is_coroutine else plain)

    assert "currentTime" in str(answer(router))
    (raised,) = (record.exc_info for record in caplog.records if record.exc_info is not None)
    assert raised[0] is error
    assert SECRET in caplog.text


def test_routers_share_no_handlers() -> None:
    one, other = Router(), Router()
    one.on(v16.HeartbeatRequest)(heartbeat)
    one.on_any(heartbeat)
    one.on_data(v16.DataTransferRequest, "V")(heartbeat)  # type: ignore[arg-type]
    one.after(v16.HeartbeatRequest)(lambda *_: pytest.fail("ran"))
    one.middleware(lambda *_: pytest.fail("ran"))

    assert code_of(answer(other)) == "NotSupported"
    assert code_of(answer(other, data("V"))) == "NotSupported"
    other.on(v16.HeartbeatRequest)(heartbeat)
    assert "currentTime" in str(answer(other))


def test_answer_needs_no_event_loop() -> None:
    """It awaits nothing but handlers, so with plain ones the first step is the last."""
    router = Router()
    router.on(v16.HeartbeatRequest)(heartbeat)
    for frame, expected in (
        (HEARTBEAT, '[3,"1",{"currentTime":"2026-01-31T12:00:00Z"}]'),
        ('[2,"1","Nothing"]', '[4,"1","FormationViolation"'),
    ):
        with pytest.raises(RuntimeError, match="no running event loop"):
            asyncio.get_running_loop()
        with pytest.raises(StopIteration) as ended:
            router.answer(frame, codec=JsonCodec("1.6")).send(None)

        assert str(ended.value.value).startswith(expected)


@pytest.mark.parametrize("version", JSON_VERSIONS)
def test_an_action_is_known_to_the_versions_that_have_it_and_to_no_other(version: str) -> None:
    for action in {name for other in JSON_VERSIONS for name in specification(other).actions}:
        text = str(answer(Router(), f'[2,"1","{action}",{{}}]', version))

        assert (action in specification(version).actions) == (code_of(text) != "NotImplemented"), action

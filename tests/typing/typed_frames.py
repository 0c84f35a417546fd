"""What type checkers know of frames and codecs. Checked, never run."""

# pyright: reportUnnecessaryTypeIgnoreComment=true

from collections.abc import Mapping
from typing import Any, assert_never, assert_type

from ocpp_core import (
    Action,
    Call,
    CallError,
    CallResult,
    CallResultError,
    ErrorCode,
    Frame,
    FrameError,
    FrameKind,
    JsonCodec,
    Notification,
    Request,
    Response,
    Role,
    Send,
    Specification,
    Version,
    Violation,
    specification,
    v16,
)

codec = JsonCodec(Version.V1_6)
frame = codec.decode("", awaiting={"17": v16.HeartbeatRequest})

# A frame is one of five.
match frame:
    case Call():
        assert_type(frame.payload, Request[Any])
    case CallResult():
        assert_type(frame.payload, Response)
    case Send():
        assert_type(frame.payload, Notification)
    case CallError() | CallResultError():
        assert_type(frame.code, ErrorCode)
        assert_type(frame.details, Mapping[str, Any])
    case _:
        assert_never(frame)

# A request is told apart by its class.
if isinstance(frame, Call) and isinstance(frame.payload, v16.BootNotificationRequest):
    assert_type(frame.payload.charge_point_vendor, str)

assert_type(codec.encode(Call("17", v16.HeartbeatRequest())), str)
any_frame: Frame = CallError("17", ErrorCode.NOT_SUPPORTED)
Call("17", v16.ResetResponse(status=v16.ResetStatus.ACCEPTED))  # type: ignore[arg-type]

# What went wrong, as fields.
try:
    codec.decode("[]")
except FrameError as error:
    assert_type(error.kind, FrameKind)
    assert_type(error.id, str | None)
    assert_type(error.violations, tuple[Violation, ...])

assert_type(specification("1.6"), Specification)
assert_type(specification("1.6").actions, Mapping[str, Action])
assert_type(specification("1.6").actions["Reset"].sent_by, Role)

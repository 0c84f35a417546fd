"""What type checkers refuse. Each mistake is expected by its comment, and a comment without a mistake is an error."""

# pyright: reportUnnecessaryTypeIgnoreComment=true

from datetime import UTC, datetime
from typing import assert_type

from ocpp_core import from_wire, v16, v201

now = datetime(2026, 1, 31, 12, tzinfo=UTC)
reset = v16.ResetRequest(type=v16.ResetType.HARD)

# Fields are written once, by the constructor; so are those of nested values.
reset.type = v16.ResetType.SOFT  # type: ignore[misc]
reset.extra = {}  # type: ignore[misc]
info = v16.IdTagInfo(status=v16.AuthorizationStatus.ACCEPTED)
info.expiry_date = now  # type: ignore[misc]

# Required fields are required, and fields have names.
v16.ResetRequest()  # type: ignore[call-arg]
v16.ResetRequest(v16.ResetType.HARD)  # type: ignore[call-arg, arg-type]
v16.ResetRequest(type=v16.ResetType.HARD, kind=1)  # type: ignore[call-arg]

# Tokens are members of their enum, of their version; text is none of them.
v16.ResetRequest(type="Hard")  # type: ignore[arg-type]
v201.ResetRequest(type=v16.ResetType.HARD)  # type: ignore[arg-type]
warm = v16.ResetType.WARM  # type: ignore[attr-defined]

# A member is of its enum, and a str.
assert_type(v16.ResetType("Hard"), v16.ResetType)
token: str = v16.ResetType.HARD
assert_type(v16.ResetType.foreign("Warm"), v16.ResetType)
assert_type(reset.type.is_standard, bool)

# Moments are no text.
v16.HeartbeatResponse(current_time=now)
v16.HeartbeatResponse(current_time="now")  # type: ignore[arg-type]

# A response is no request's class, and a class is what `from_wire` wants.
from_wire("Reset", {})  # type: ignore[arg-type]

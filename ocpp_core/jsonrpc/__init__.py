"""The JSON wire, OCPP-J: WebSocket text messages to frames and back."""

from typing import TYPE_CHECKING

from ocpp_core._lazy import lazy

if TYPE_CHECKING:
    from ocpp_core.jsonrpc.codec import JsonCodec as JsonCodec
else:
    __getattr__, __dir__, __all__ = lazy(
        __name__,
        {
            "codec": "JsonCodec",
        },
    )

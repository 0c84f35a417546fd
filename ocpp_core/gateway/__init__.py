"""Stations of every version before a CSMS of another, and before as many others as want to look on."""

from typing import TYPE_CHECKING

from ocpp_core._lazy import lazy

if TYPE_CHECKING:
    from ocpp_core.gateway.backends import Backend as Backend
    from ocpp_core.gateway.backends import carried_credentials as carried_credentials
    from ocpp_core.gateway.gateway import Gateway as Gateway
    from ocpp_core.gateway.passing import Passed as Passed
else:
    __getattr__, __dir__, __all__ = lazy(
        __name__,
        {
            "backends": "Backend carried_credentials",
            "gateway": "Gateway",
            "passing": "Passed",
        },
    )

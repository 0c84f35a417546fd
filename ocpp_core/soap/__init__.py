"""The SOAP wire, OCPP-S: envelopes to frames and back."""

from typing import TYPE_CHECKING

from ocpp_core._lazy import lazy

if TYPE_CHECKING:
    from ocpp_core.soap.codec import SoapCodec as SoapCodec
    from ocpp_core.soap.envelopes import Prefixes as Prefixes
else:
    __getattr__, __dir__, __all__ = lazy(
        __name__,
        {
            "codec": "SoapCodec",
            "envelopes": "Prefixes",
        },
    )

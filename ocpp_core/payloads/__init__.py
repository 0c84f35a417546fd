"""Payloads: JSON objects without an envelope, to typed messages and back. What both wires stand on.

For people who have their own transport and dispatch these calls are the whole of the library.
"""

from typing import TYPE_CHECKING

from ocpp_core._lazy import lazy

if TYPE_CHECKING:
    from ocpp_core.payloads.binding import source as source
    from ocpp_core.payloads.conversion import from_wire as from_wire
    from ocpp_core.payloads.conversion import read as read
    from ocpp_core.payloads.conversion import to_wire as to_wire
    from ocpp_core.payloads.conversion import validate as validate
else:
    __getattr__, __dir__, __all__ = lazy(
        __name__,
        {
            "binding": "source",
            "conversion": "from_wire read to_wire validate",
        },
    )

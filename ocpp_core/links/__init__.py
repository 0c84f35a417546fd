"""`Link` joins the two ends of a `TranslationSession`: a station and a CSMS that need not speak the same version."""

from typing import TYPE_CHECKING

from ocpp_core._lazy import lazy

if TYPE_CHECKING:
    from ocpp_core.links.driver import Carried as Carried
    from ocpp_core.links.driver import Link as Link
    from ocpp_core.links.driver import carried_out as carried_out
    from ocpp_core.links.ends import End as End
    from ocpp_core.links.ends import Notified as Notified
    from ocpp_core.links.ends import RouterEnd as RouterEnd
else:
    __getattr__, __dir__, __all__ = lazy(
        __name__,
        {
            "driver": "Carried Link carried_out",
            "ends": "End Notified RouterEnd",
        },
    )

"""Shows nothing secret of a value: `ocpp_core.model.hiding`, which is loaded when one of its functions is called.

Whatever shows what a peer wrote imports them, and a first frame is read without: the words for secrets, and the
expressions that find them, would be a twentieth of a cold start.
"""

from typing import TYPE_CHECKING

from ocpp_core._lazy import deferred

__all__ = [
    "discreet",
    "discreet_error",
    "discreet_path",
    "discreet_repr",
    "hide",
    "is_in_setting",
    "is_secret_path",
    "names_a_secret",
    "told",
    "told_value",
]

if TYPE_CHECKING:
    from ocpp_core.model.hiding import (
        discreet,
        discreet_error,
        discreet_path,
        discreet_repr,
        hide,
        is_in_setting,
        is_secret_path,
        told,
        told_value,
    )
    from ocpp_core.model.secret_words import names_a_secret
else:
    globals().update({name: deferred("ocpp_core.model.hiding", name) for name in __all__})

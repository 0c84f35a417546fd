"""Translation between the versions of OCPP: what can be said in both, and each loss as data."""

from typing import TYPE_CHECKING

from ocpp_core._lazy import lazy

if TYPE_CHECKING:
    from ocpp_core.translation.engine import merge as merge
    from ocpp_core.translation.engine import translate as translate
    from ocpp_core.translation.losses import Loss as Loss
    from ocpp_core.translation.losses import LossKind as LossKind
    from ocpp_core.translation.losses import LossReason as LossReason
    from ocpp_core.translation.losses import NeedsSessionError as NeedsSessionError
    from ocpp_core.translation.losses import Translation as Translation
    from ocpp_core.translation.policies import Policy as Policy
else:
    __getattr__, __dir__, __all__ = lazy(
        __name__,
        {
            "engine": "merge translate",
            "losses": "Loss LossKind LossReason NeedsSessionError Translation",
            "policies": "Policy",
        },
    )

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
    from ocpp_core.translation.lost import losses_of as losses_of
    from ocpp_core.translation.lost import missing_of as missing_of
    from ocpp_core.translation.missing import Missing as Missing
    from ocpp_core.translation.policies import Policy as Policy
    from ocpp_core.translation.sessions import MemoryStore as MemoryStore
    from ocpp_core.translation.sessions import Side as Side
    from ocpp_core.translation.sessions import SqliteStore as SqliteStore
    from ocpp_core.translation.sessions import StateError as StateError
    from ocpp_core.translation.sessions import Store as Store
    from ocpp_core.translation.sessions import TranslationSession as TranslationSession
else:
    __getattr__, __dir__, __all__ = lazy(
        __name__,
        {
            "engine": "merge translate",
            "losses": "Loss LossKind LossReason NeedsSessionError Translation",
            "lost": "losses_of missing_of",
            "missing": "Missing",
            "policies": "Policy",
            "sessions": "MemoryStore Side SqliteStore StateError Store TranslationSession",
        },
    )

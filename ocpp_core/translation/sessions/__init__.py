"""Translation that remembers: transactions, ids, jobs, and whatever else the meaning of a message depends on."""

from typing import TYPE_CHECKING

from ocpp_core._lazy import lazy

if TYPE_CHECKING:
    from ocpp_core.translation.sessions.effects import Call as Call
    from ocpp_core.translation.sessions.effects import Effect as Effect
    from ocpp_core.translation.sessions.effects import Notice as Notice
    from ocpp_core.translation.sessions.effects import Reply as Reply
    from ocpp_core.translation.sessions.effects import Side as Side
    from ocpp_core.translation.sessions.session import TranslationSession as TranslationSession
    from ocpp_core.translation.sessions.stores import MemoryStore as MemoryStore
    from ocpp_core.translation.sessions.stores import SqliteStore as SqliteStore
    from ocpp_core.translation.sessions.stores import StateError as StateError
    from ocpp_core.translation.sessions.stores import Store as Store
else:
    __getattr__, __dir__, __all__ = lazy(
        __name__,
        {
            "effects": "Call Effect Notice Reply Side",
            "session": "TranslationSession",
            "stores": "MemoryStore SqliteStore StateError Store",
        },
    )

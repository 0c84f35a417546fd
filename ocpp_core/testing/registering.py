"""``st.from_type`` of Hypothesis knows the messages and data types of every version: `messages` draws them.

Hypothesis calls `register` when it is imported, as the entry point says. Nothing of the library is loaded by that: a
class is registered when it is made, and its strategy is made when it is asked for.
"""

import sys
from typing import Any

from hypothesis import strategies as st

from ocpp_core._lazy import watchers

__all__ = ["register"]


def register() -> None:
    """Registers the classes that there are, and from now on each that is made; twice is harmless."""
    if _register in watchers:
        return
    watchers.append(_register)
    if model := sys.modules.get("ocpp_core.model.messages"):
        for cls in _below(model.Payload):
            _register(cls)


def _below(base: type[Any]) -> list[type[Any]]:
    """The classes of payloads that have been made, whatever they are derived from."""
    found = [cls for child in base.__subclasses__() for cls in _below(child)]
    return [base, *found] if "__ocpp__" in vars(base) else found


def _register(cls: type[Any]) -> None:
    st.register_type_strategy(cls, _drawn)


def _drawn(cls: type[Any]) -> st.SearchStrategy[Any]:
    from ocpp_core.testing.strategies import messages

    return messages(cls)

"""What people need to test OCPP software: theirs with ours, or somebody else's.

`strategies` generates valid messages and payloads of any class for Hypothesis, `mutations` generates payloads with one
rule broken, and says which. Both need the extra ``ocpp-core[testing]``. Nothing here reads a clock or draws chance of
its own: Hypothesis does, and its ``derandomize`` setting makes every run the same.
"""

from typing import TYPE_CHECKING

from ocpp_core._lazy import lazy

if TYPE_CHECKING:
    from ocpp_core.testing.envelopes import envelopes as envelopes
    from ocpp_core.testing.frames import frames as frames
    from ocpp_core.testing.mutations import BrokenPayload as BrokenPayload
    from ocpp_core.testing.mutations import broken_payloads as broken_payloads
    from ocpp_core.testing.mutations import is_breakable as is_breakable
    from ocpp_core.testing.mutations import mutated_payloads as mutated_payloads
    from ocpp_core.testing.strategies import json_values as json_values
    from ocpp_core.testing.strategies import messages as messages
    from ocpp_core.testing.strategies import payloads as payloads
else:
    __getattr__, __dir__, __all__ = lazy(
        __name__,
        {
            "envelopes": "envelopes",
            "frames": "frames",
            "mutations": "BrokenPayload broken_payloads is_breakable mutated_payloads",
            "strategies": "json_values messages payloads",
        },
    )

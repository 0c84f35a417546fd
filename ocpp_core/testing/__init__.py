"""What people need to test OCPP software: theirs with ours, or somebody else's.

`strategies` generates valid messages and payloads of any class for Hypothesis, `mutations` generates payloads with one
rule broken, and says which. Both need the extra ``ocpp-core[testing]``. ``st.from_type`` of Hypothesis draws every
class of a message or data type as `messages` does. Nothing here reads a clock or draws chance of its own: Hypothesis
does, and its ``derandomize`` setting makes every run the same.
"""

import sys
from typing import TYPE_CHECKING

from ocpp_core._lazy import lazy

if TYPE_CHECKING:
    from ocpp_core.testing.broken import HTTP_ERROR as HTTP_ERROR
    from ocpp_core.testing.broken import NO_ANSWER as NO_ANSWER
    from ocpp_core.testing.broken import Broken as Broken
    from ocpp_core.testing.broken import broken_envelopes as broken_envelopes
    from ocpp_core.testing.broken import broken_frames as broken_frames
    from ocpp_core.testing.disorder import RESULT as RESULT
    from ocpp_core.testing.disorder import BrokenHistory as BrokenHistory
    from ocpp_core.testing.disorder import broken_histories as broken_histories
    from ocpp_core.testing.histories import Link as Link
    from ocpp_core.testing.histories import StationMachine as StationMachine
    from ocpp_core.testing.histories import Step as Step
    from ocpp_core.testing.histories import exchanges as exchanges
    from ocpp_core.testing.histories import station_machine as station_machine
    from ocpp_core.testing.json_frames import frames as frames
    from ocpp_core.testing.mutations import BrokenPayload as BrokenPayload
    from ocpp_core.testing.mutations import broken_payloads as broken_payloads
    from ocpp_core.testing.mutations import is_breakable as is_breakable
    from ocpp_core.testing.mutations import mutated_payloads as mutated_payloads
    from ocpp_core.testing.soap_envelopes import envelopes as envelopes
    from ocpp_core.testing.strategies import json_values as json_values
    from ocpp_core.testing.strategies import messages as messages
    from ocpp_core.testing.strategies import payloads as payloads
else:
    __getattr__, __dir__, __all__ = lazy(
        __name__,
        {
            "broken": "Broken HTTP_ERROR NO_ANSWER broken_envelopes broken_frames",
            "disorder": "RESULT BrokenHistory broken_histories",
            "soap_envelopes": "envelopes",
            "json_frames": "frames",
            "histories": "Link StationMachine Step exchanges station_machine",
            "mutations": "BrokenPayload broken_payloads is_breakable mutated_payloads",
            "strategies": "json_values messages payloads",
        },
    )

# Where the library is installed Hypothesis does so itself; of a checkout it does not know. Without Hypothesis there is
# no hurry: loading it takes long, and who wants it will.
if "hypothesis" in sys.modules:
    from ocpp_core.testing.registering import register

    register()

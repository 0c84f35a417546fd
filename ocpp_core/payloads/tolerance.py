"""What is tolerated of whom, and reading a payload with all tolerance there is.

`Tolerance` names the deviations, and says what becomes of the value; `ocpp_core.payloads.walk` finds them.
"""

from collections.abc import Callable
from typing import Any

from ocpp_core.model.messages import Payload
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.model.violations import MAX_DEVIATIONS, Deviations, TooMany, Violation
from ocpp_core.payloads.walk import walk

#: A tolerance for all stations, or a function from the identity of a station to its own. It must know an answer for
#: strangers too: what it raises leaves the codec.
ToleranceByStation = Tolerance | Callable[[str], Tolerance]


def tolerance_of(tolerance: ToleranceByStation, identity: Callable[[], str]) -> Tolerance:
    """What is tolerated of one station, whose identity is looked for only if it matters."""
    return tolerance if isinstance(tolerance, Tolerance) else tolerance(identity())


TooManyDeviations = TooMany


def read_tolerantly(cls: type[Payload], payload: Any) -> tuple[Any, list[Violation]]:
    """Builds a message from whatever a peer sent, as far as it can be typed.

    Args:
        cls: The class to build.
        payload: JSON values as a parser gives them, not nested without end.

    Returns:
        The message, and every deviation with the `rule` that accepts it, in document order. The message is None where
        there is nothing to build: the payload is no object, or has more than `MAX_DEVIATIONS`.
    """
    found = Deviations(Tolerance.TOLERANT, MAX_DEVIATIONS)
    return walk(cls, payload, found), found.listed

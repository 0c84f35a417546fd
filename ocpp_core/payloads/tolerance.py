"""What is tolerated of whom. `Tolerance` names the deviations; `ocpp_core.payloads.walk` finds them."""

from collections.abc import Callable
from typing import Final

from ocpp_core.model.tolerance import Tolerance

#: What servers and clients accept unless they are told otherwise. Codecs are strict.
DEFAULT_TOLERANCE: Final = Tolerance.HARMLESS

#: A tolerance for all stations, or a function from the identity of a station to its own. It must know an answer for
#: strangers too: what it raises leaves the codec.
ToleranceByStation = Tolerance | Callable[[str], Tolerance]


def tolerance_of(tolerance: ToleranceByStation, identity: Callable[[], str]) -> Tolerance:
    """What is tolerated of one station, whose identity is looked for only if it matters."""
    return tolerance if isinstance(tolerance, Tolerance) else tolerance(identity())

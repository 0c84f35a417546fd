"""Which rules a session has: by the side that sends, and the step that it stands in."""

from collections.abc import Mapping

from ocpp_core.translation.sessions.effects import Side
from ocpp_core.translation.sessions.layers import Rule

#: A step that is not here needs no memory.
RULES: Mapping[tuple[Side, str], Mapping[str, Rule]] = {
    (Side.STATION, "1.6->2.0.1"): {},
    (Side.CSMS, "2.0.1->1.6"): {},
    (Side.STATION, "2.0.1->1.6"): {},
    (Side.CSMS, "1.6->2.0.1"): {},
}

"""CSMSs that do not bear one answer of a station: the last status that a version has for an action."""

from collections.abc import Callable
from typing import Any

from conformance.peers import csms_ways as ways
from conformance.peers.csms import Csms, Session
from conformance.peers.csms_faults import Fault
from ocpp_core.conformance.checks.csms_taking import ACTIONS, rule_of
from ocpp_core.conformance.rules import rules
from ocpp_core.model.shapes import shape


def _breaking_at(action: str) -> Callable[[Csms], None]:
    def change(csms: Csms) -> None:
        kind: Any = shape(csms.specification.response(action)).by_wire["status"].kind
        last = str(list(kind.enum)[-1])

        async def received(self: Session, message: str | bytes) -> None:
            await Session.received(self, message)
            if self.asked == action and f'"{last}"' in str(message) and str(message).startswith("[3"):
                await self.connection.close(1011)

        ways.behaving(received=received)(csms)

    return change


def _fault(action: str) -> Fault:
    rule = rules()[rule_of(action)]
    version = next(each for each in ("2.0.1", "1.6", "2.1", "2.0") if each in rule.versions)
    return Fault(f"ends at an answer to {action}", rule.id, _breaking_at(action), (version,))


FAULTS: tuple[Fault, ...] = tuple(map(_fault, ACTIONS))

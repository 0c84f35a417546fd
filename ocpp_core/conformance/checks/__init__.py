"""What looks for each rule: functions under the rule's id, for every wire and version that the rule names.

A check drives a `Stage` and ends normally if the rule was kept. It judges its own rule and nothing else: what it stands
on and does not find makes it inconclusive (`Stage.needed`), since another rule says so.
"""

from collections.abc import Awaitable, Callable
from enum import Enum, auto

from attrs import frozen

from ocpp_core.conformance.stages import Stage

Judge = Callable[[Stage], Awaitable[None]]


class Start(Enum):
    """How far the conversation has come when a check takes it over."""

    CONNECTED = auto()  #: nothing was said
    BOOTED = auto()  #: the station is registered


@frozen
class Check:
    """How a rule is looked for.

    Attributes:
        rule: Its id.
        judge: Drives the stage.
        start: Where it begins.
    """

    rule: str
    judge: Judge
    start: Start


#: All checks by the id of their rule, once their modules have been imported.
CHECKS: dict[str, Check] = {}


def check(rule: str, *, start: Start = Start.BOOTED) -> Callable[[Judge], Judge]:
    """Makes a function the check of a rule."""

    def register(judge: Judge) -> Judge:
        if rule in CHECKS:
            raise ValueError(f"two checks for {rule}")
        CHECKS[rule] = Check(rule, judge, start)
        return judge

    return register

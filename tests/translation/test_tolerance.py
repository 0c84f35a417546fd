"""What a tolerant peer was allowed to say is a loss, travels on or is refused, and never an exception."""

from typing import Any

import pytest

from classes import BREAKABLE_CLASSES
from ocpp_core.model.errors import LocalProtocolError, PayloadError
from ocpp_core.model.messages import Notification, Payload, Request
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.model.versions import Version
from ocpp_core.payloads.conversion import from_wire
from ocpp_core.testing import broken_payloads
from ocpp_core.translation import engine
from properties import for_all
from translations import carried, check_output

EXAMPLES = 4
MESSAGES = [each for each in BREAKABLE_CLASSES if issubclass(each.values[0], Request | Notification)]


@pytest.mark.parametrize("cls", MESSAGES)
def test_what_was_tolerated_is_no_exception(cls: type[Payload]) -> None:
    source = cls.__ocpp__.version

    def check(broken: Any) -> None:
        try:
            message = from_wire(cls, broken.payload, tolerance=Tolerance.TOLERANT)
        except PayloadError:
            return
        for target in engine._neighbours(Version(source)):
            try:
                found = carried(message, target)
            except LocalProtocolError:
                continue
            check_output(found, target, source)

    for_all(broken_payloads(cls), EXAMPLES, check)

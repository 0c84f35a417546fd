"""What the tests of `Connection` share: the scenes of some wires or versions, and looks at one side."""

from collections.abc import Callable
from typing import Any

import pytest

from ocpp_core.dispatch.connection import CallReceived, Connection
from ocpp_core.model.errors import LocalProtocolError
from pair import SCENES, Pair, state

JSON = [name for name in SCENES if not name.endswith("soap")]
SOAP = [name for name in SCENES if name.endswith("soap")]
#: Those that have SEND and CALLRESULTERROR.
NEWEST = ["2.1-json", "toy"]
OLDER = [name for name in SCENES if name not in NEWEST]

only_json = pytest.mark.parametrize("pair", JSON, indirect=True)
only_soap = pytest.mark.parametrize("pair", SOAP, indirect=True)
only_newest = pytest.mark.parametrize("pair", NEWEST, indirect=True)
only_older = pytest.mark.parametrize("pair", OLDER, indirect=True)


def received(pair: Pair) -> CallReceived:
    """The one event is a call of theirs."""
    (event,) = pair.events()
    assert isinstance(event, CallReceived)
    return event


def refuses(connection: Connection[Any], act: Callable[[], object]) -> str:
    """Sees that something is the caller's fault and changes nothing; returns what the caller is told."""
    before = state(connection)
    with pytest.raises(LocalProtocolError) as caught:
        act()

    assert before == state(connection)

    return str(caught.value)

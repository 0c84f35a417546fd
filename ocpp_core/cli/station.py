"""A station of any version for `simulate` and `demo`: what it says and what it answers, as tables.

There is one script per family, 1.x and 2.x. Payloads are written as they stand on the wire; where a version writes
something otherwise, a table says how.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

from ocpp_core.cli.csms import reply, timestamp
from ocpp_core.errors import OcppCoreError
from ocpp_core.messages import Request, Response
from ocpp_core.payloads import from_wire, to_wire
from ocpp_core.router import Caller, Router
from ocpp_core.specifications import specification
from ocpp_core.versions import Role

#: Who charges.
ID_TAG = "04A2B3C4"
#: Energy register at the start of a transaction, at each reading and at the end, in Wh.
METER = (1000, 1800, 2600, 3500)

_SETTINGS = {"HeartbeatInterval": "300", "MeterValueSampleInterval": "60"}
"""What GetConfiguration (1.x) and GetVariables (2.x) tell."""

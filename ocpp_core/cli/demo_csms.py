"""The CSMS of the demo: a process that serves stations, and calls them as lines of JSON tell it to.

`python -m ocpp_core.cli.demo_csms` says where it listens, takes orders on stdin and answers each on stdout, whichever
is done first. At the end of stdin it says what it has counted, and ends::

    < {"address": "127.0.0.1:46493"}
    > {"order": 1, "identity": "CP-16J", "version": "1.6", "action": "Reset", "payload": {"type": "Soft"}}
    > {"order": 2, "identity": "CP-15S", "version": "1.5", "action": "Reset", "payload": {"type": "Soft"}}
    < {"order": 2, "error": "Reset: the connection ended before the answer came"}
    < {"order": 1, "answer": {"status": "Accepted"}}
    < {"received": 44, "made": 1, "started": 8, "ended": 8}
"""

import asyncio
import sys
from typing import Any
from urllib.parse import urlsplit

from ocpp_core.cli.csms import Csms
from ocpp_core.jsonrpc.text import read_json, write_json
from ocpp_core.model.specifications import specification
from ocpp_core.payloads.conversion import from_wire, to_wire
from ocpp_core.transports.admission import Handshake
from ocpp_core.transports.asgi import OcppApp
from ocpp_core.transports.serving import serving

#: Of stations that have to authenticate themselves (security profile 1).
PASSWORDS = {"CP-16JS": "correct horse battery"}

_HOST = "127.0.0.1"
#: Seconds until a station that does not answer is an error: sooner than whoever gave the order loses patience.
_CALL_TIMEOUT = 5.0


async def serve() -> None:
    """Serves and obeys until the end of stdin."""
    csms = Csms()
    app = OcppApp(csms.router, authenticate=_is_known, may_call=_is_here, call_timeout=_CALL_TIMEOUT)
    made = 0

    async def carry_out(order: dict[str, Any]) -> None:
        nonlocal made
        try:
            request = from_wire(specification(order["version"]).request(order["action"]), order["payload"])
            answer = to_wire(await app.call(order["identity"], request))
        except Exception as error:  # whatever it is, the order has to be answered
            _say(order=order["order"], error=str(error) or type(error).__name__)
        else:
            made += 1
            _say(order=order["order"], answer=answer)

    async with serving(app, _HOST, 0) as port, asyncio.TaskGroup() as orders:
        _say(address=f"{_HOST}:{port}")
        while line := await asyncio.to_thread(sys.stdin.readline):
            orders.create_task(carry_out(read_json(line)))
    started, ended = csms.transactions["started"], csms.transactions["ended"]
    _say(received=csms.received.total(), made=made, started=started, ended=ended)


def _is_known(handshake: Handshake) -> bool:
    password = PASSWORDS.get(handshake.identity)
    return password is None or handshake.has_password(password)


def _is_here(_: str, address: str) -> bool:
    return urlsplit(address).hostname == _HOST


def _say(**what: Any) -> None:
    print(write_json(what), flush=True)


if __name__ == "__main__":
    asyncio.run(serve())

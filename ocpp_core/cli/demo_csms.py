"""The CSMS of the demo: a process that serves stations, and calls them as lines of JSON tell it to.

`python -m ocpp_core.cli.demo_csms [VERSION]` says where it listens, takes orders on stdin and answers each on stdout,
whichever is done first. At the end of stdin it says what it has counted, and ends. With a version, all stations are
served in that one; an order without an action asks what was lost with a station since that was last asked::

    < {"address": "127.0.0.1:46493"}
    > {"order": 1, "identity": "CP-16J", "version": "1.6", "action": "Reset", "payload": {"type": "Soft"}}
    > {"order": 2, "identity": "CP-15S", "version": "1.5", "action": "Reset", "payload": {"type": "Soft"}}
    < {"order": 2, "error": "Reset: the connection ended before the answer came"}
    < {"order": 1, "answer": {"status": "Accepted"}}
    > {"order": 3, "identity": "CP-16J"}
    < {"order": 3, "answer": {"losses": [["$.reason", "defaulted", "required"]]}}
    < {"received": 44, "made": 1, "started": 8, "ended": 8}
"""

import asyncio
import sys
from collections import defaultdict
from typing import Any
from urllib.parse import urlsplit

from ocpp_core.cli.csms import Csms
from ocpp_core.dispatch.hooks import Hooks
from ocpp_core.dispatch.router import Answer, Caller
from ocpp_core.jsonrpc.text import read_json, write_json
from ocpp_core.model.messages import Request
from ocpp_core.model.specifications import specification
from ocpp_core.payloads.conversion import from_wire, to_wire
from ocpp_core.translation.losses import Loss
from ocpp_core.translation.lost import losses_of
from ocpp_core.transports.admission import Handshake
from ocpp_core.transports.asgi import OcppApp
from ocpp_core.transports.serving import serving

#: Of stations that have to authenticate themselves (security profile 1).
PASSWORDS = {"CP-16JS": "correct horse battery"}

_HOST = "127.0.0.1"
#: Seconds until a station that does not answer is an error: sooner than whoever gave the order loses patience.
_CALL_TIMEOUT = 5.0


class _Lost(Hooks):
    """Notes what is lost, by station."""

    def __init__(self) -> None:
        self._losses: defaultdict[str, list[Loss]] = defaultdict(list)

    def translated(self, peer: Caller, direction: str, request: Request[Any], answer: Answer) -> None:
        """See `Hooks.translated`."""
        messages = [request] if direction == "in" else []
        for message in messages if answer.response is None else [*messages, answer.response]:
            self._losses[peer.identity] += losses_of(message)

    def taken(self, identity: str) -> list[tuple[str, str, str]]:
        """What was lost with a station, once: where, how and why."""
        return [(loss.path, loss.kind, loss.reason) for loss in self._losses.pop(identity, ())]


async def serve(speaks: str | None = None) -> None:
    """Serves and obeys until the end of stdin."""
    csms, lost = Csms(), _Lost()
    app = OcppApp(
        csms.router,
        authenticate=_is_known,
        may_call=_is_here,
        call_timeout=_CALL_TIMEOUT,
        speaks=speaks,
        hooks=[lost],
    )
    made = 0

    async def carry_out(order: dict[str, Any]) -> None:
        nonlocal made
        if "action" not in order:
            _say(order=order["order"], answer={"losses": lost.taken(order["identity"])})
            return
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
    asyncio.run(serve(*sys.argv[1:2]))

"""What the standard leaves open is no deviation: CSMSs that are odd, and right."""

import json
from itertools import count
from typing import Any

import pytest

from conformance.peers import csms_ways as ways
from conformance.peers.csms import Csms, Refused, Session
from conformance.peers.csms_faults import Fault
from conformance.peers.csms_judging import deviating, judged
from ocpp_core.model.codes import ErrorCode

Json = dict[str, Any]
_PAYLOAD_CODES = ("FORMAT", "STRUCTURE", "PROPERTY_CONSTRAINT", "OCCURRENCE_CONSTRAINT", "TYPE_CONSTRAINT")


def _ids_once(csms: Csms) -> None:
    """NF-2: a call that comes again with its id is refused."""
    seen: set[str] = set()

    def served(self: Session, frame: list[Any], is_doubled: bool) -> Json | None:
        if frame[1] in seen:
            raise Refused("GenericError")
        seen.add(frame[1])
        return Session.served(self, frame, is_doubled)

    ways.behaving(served=served)(csms)


def _from_zero(csms: Csms) -> None:
    """NF-6: 0 is an id, and so is one for a token that is blocked (NF-1)."""
    ids = count()
    known: dict[str, int] = {}

    def edit(result: Json, request: Json) -> Json:
        key = json.dumps(request, sort_keys=True)
        if key not in known:
            known[key] = next(ids)
        csms.transactions[-1] = known[key]
        return result | {"transactionId": known[key]}

    csms.edits["StartTransaction"] = edit


def _one_code(csms: Csms) -> None:
    """All that is wrong with a payload is said in one way."""
    for name in _PAYLOAD_CODES:
        csms.codes[ErrorCode[name]] = "GenericError"


def _refused_handshake(csms: Csms) -> None:
    csms.refuses_strangers = True


async def _no_answer(self: Session, frame: list[Any]) -> None:
    """Unknown message types are ignored in 2.0.1 too, as errata of 2026 are said to allow."""


_CODES = {"NotImplemented": "NotSupported"}
_ODD = (
    Fault("refuses ids that it has seen", "", _ids_once, ("1.6",), known=("NF-2",)),
    Fault("transaction ids from 0", "", _from_zero, ("1.6",), known=("NF-1", "NF-6")),
    Fault("refuses the handshake if nothing is in common", "", _refused_handshake, ("2.0.1",)),
    Fault(
        "JSON on many lines",
        "",
        lambda csms: setattr(csms, "outgoing", lambda frame: [json.dumps(frame, indent=4)]),
        ("2.0.1",),
    ),
    Fault(
        "NotSupported for all that is not served",
        "",
        ways.only(4, lambda f: [4, f[1], _CODES.get(f[2], f[2]), *f[3:]]),
        ("1.6",),
    ),
    Fault("GenericError for all payloads", "", _one_code, ("2.0.1",)),
    Fault("ignores unknown types", "", ways.behaving(unknown_type=_no_answer), ("2.0.1",)),
    Fault("null for nothing", "", ways.only(3, lambda f: [3, f[1], f[2] or None]), ("2.0.1",)),
    Fault(
        "times with an offset and no fraction",
        "",
        ways.editing("Heartbeat", lambda *_: {"currentTime": ways.later().replace("Z", "+00:00")}),
        ("2.0.1",),
    ),
    Fault(
        "Unknown for unknown tokens",
        "",
        ways.telling("Authorize", lambda told, _: "Unknown" if told == "Invalid" else told),
        ("2.0.1",),
    ),
    Fault("Rejected for certificates", "", ways.saying("SignCertificate", status="Rejected"), ("2.0.1",)),
    Fault(
        "no profile for an EV",
        "",
        ways.saying("NotifyEVChargingNeeds", status="Rejected"),
        ("2.0.1",),
    ),
)


@pytest.mark.parametrize("odd", [pytest.param(odd, id=odd.name) for odd in _ODD])
def test_what_the_standard_leaves_open_is_no_deviation(odd: Fault) -> None:
    assert [] == deviating(judged(odd.csms(odd.versions[0])))

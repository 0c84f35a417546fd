"""What 1.6 says by DataTransfer where both sides follow a note of the Open Charge Alliance: Plug & Charge, and costs.

Each is off until the policy says that the side of 1.6 follows the note. Data are JSON text. Members of the first are
those of 2.0.1 here; the note calls its own slightly simplified, so try it with a real peer before you rely on it.
"""

import json
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from attrs import frozen

from ocpp_core import v16, v201
from ocpp_core.model.errors import OcppError, PayloadError
from ocpp_core.model.messages import Payload, Response
from ocpp_core.model.specifications import specification
from ocpp_core.model.timestamps import write_timestamp
from ocpp_core.payloads.conversion import from_wire, to_wire
from ocpp_core.translation.losses import LossReason
from ocpp_core.translation.policies import Policy
from ocpp_core.translation.runs import Run, Unfit
from ocpp_core.translation.sessions.effects import Answer
from ocpp_core.translation.sessions.layers import Layer, Message, Passage, Plain, Steps
from ocpp_core.translation.sessions.state import State
from ocpp_core.translation.steps import Direction

PLUG_AND_CHARGE = "org.openchargealliance.iso15118pnc"
COSTS = "org.openchargealliance.costmsg"


def written(message: Payload) -> str:
    """A message of 2.0.1 as the text of a DataTransfer.

    Raises:
        PayloadError: It breaks its schema, as what was tolerated may.
    """
    return as_text(to_wire(message))


def as_text(data: Mapping[str, Any]) -> str:
    """JSON as short as it gets."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"), default=float)


def read(text: str | None) -> Any:
    """JSON of a DataTransfer; None if it is none."""
    try:
        return json.loads(text or "", parse_float=Decimal)
    except (ValueError, RecursionError, InvalidOperation):
        return None


# Plug & Charge


def _always(request: Any, policy: Policy) -> bool:
    return True


def _with_contract(request: v201.AuthorizeRequest, policy: Policy) -> bool:
    """1.6 knows who charges by a card, and not by a contract."""
    has_contract = request.certificate is not None or request.iso15118_certificate_hash_data is not None
    return has_contract or request.id_token.type == "eMAID"


def _of_vehicles(request: Any, policy: Policy) -> bool:
    kinds = request.certificate_type
    kinds = kinds if isinstance(kinds, list) else [kinds]
    return any(kind in _VEHICLES for kind in kinds)


def _of_any(request: Any, policy: Policy) -> bool:
    """What certificate is meant is not said: the security extension reaches that of the station."""
    return not policy.has_security_extension


#: Certificates that 1.6 has no word for.
_VEHICLES = ("V2GCertificate", "V2GRootCertificate", "MORootCertificate", "V2GCertificateChain")

#: What goes by DataTransfer, by action of 2.0.1, if the rest of it says so.
_CONTRACTS: Mapping[str, Callable[[Any, Policy], bool]] = {
    "Authorize": _with_contract,
    "CertificateSigned": _of_vehicles,
    "DeleteCertificate": _of_any,
    "Get15118EVCertificate": _always,
    "GetCertificateStatus": _always,
    "GetInstalledCertificateIds": _of_vehicles,
    "InstallCertificate": _of_vehicles,
    "SignCertificate": _of_vehicles,
    "TriggerMessage": lambda request, policy: request.requested_message == "SignV2GCertificate",
}


@frozen
class Emulating:
    """A step in which some requests travel by DataTransfer; all others take the layer of the step. See `Layer`.

    Attributes:
        inner: The layer of the step.
        plain: The step.
        state: What the session knows.
        is_up: Whether it leads to 2.0.1.
    """

    inner: Layer
    plain: Plain
    state: State
    is_up: bool

    @property
    def there(self) -> Direction | None:
        """See `Layer`."""
        return self.inner.there

    def __call__(self, message: Message, passage: Passage) -> Steps:
        """See `Layer`."""
        way = (_UP if self.is_up else _DOWN).get(message.__ocpp__.action or "")
        steps = None if way is None else way(self, message, passage.run(self.plain.there), passage)
        if steps is None:
            return (yield from self.inner(message, passage))
        return (yield from steps)

    # Down

    def _by_contract(self, message: Any, run: Run, passage: Passage) -> Steps | None:
        policy = passage.policy
        if not policy.has_plug_and_charge or not _CONTRACTS[message.__ocpp__.action](message, policy):
            return None
        return self._wrapped(message, run, passage)

    def _wrapped(self, message: Any, run: Run, passage: Passage) -> Steps:
        action = message.__ocpp__.action
        try:
            text = written(message)
        except PayloadError:
            return self._refused(message, run, passage, None)
        run.approximated((None, "", "data"), message, text, LossReason.REENCODED)
        passage.take(run)
        answer = yield v16.DataTransferRequest(vendor_id=PLUG_AND_CHARGE, message_id=action, data=text)
        if not isinstance(answer, v16.DataTransferResponse):
            return answer
        cls: type[Response] = specification(message.__ocpp__.version).response(action)
        try:
            if answer.status == "Accepted":
                return from_wire(cls, read(answer.data))
        except PayloadError:
            pass
        return self._refused(message, run, passage, answer)

    def _running_cost(self, message: v201.CostUpdatedRequest, run: Run, passage: Passage) -> Steps | None:
        return self._cost(message, run, passage) if passage.policy.has_cost_messages else None

    def _cost(self, message: Any, run: Run, passage: Passage) -> Steps:
        record = self.state.transaction(message.transaction_id)
        if record is None or record.number is None or not isinstance(message.total_cost, Decimal):
            return self._refused(message, run, passage, message.transaction_id)
        is_charging = record.state in (None, "Charging")
        data = {
            "transactionId": record.number,
            "timestamp": write_timestamp(passage.now),
            "meterValue": int(Decimal(record.register or record.meter_start or 0)),
            "cost": message.total_cost,
            "state": "Charging" if is_charging else "Idle",
        }
        text = as_text(data)
        run.approximated((None, "", "data"), message, text, LossReason.REENCODED)
        passage.take(run)
        answer = yield v16.DataTransferRequest(vendor_id=COSTS, message_id="RunningCost", data=text)
        if not isinstance(answer, v16.DataTransferResponse):
            return answer
        if answer.status != "Accepted":
            return self._refused(message, run, passage, answer)
        return v201.CostUpdatedResponse()

    def _refused(self, message: Any, run: Run, passage: Passage, why: Any) -> Answer:
        refusal = self.plain.there.refusal(message, run, Unfit(None, why))
        passage.take(run)
        return refusal

    # Up

    def _opened(self, message: v16.DataTransferRequest, run: Run, passage: Passage) -> Steps | None:
        """A DataTransfer of a note as the request that it stands for; None if it is another."""
        policy = passage.policy
        if message.vendor_id == PLUG_AND_CHARGE and policy.has_plug_and_charge:
            return self._contract(message, run, passage) if message.message_id in _CONTRACTS else None
        if message.vendor_id == COSTS and policy.has_cost_messages and message.message_id in _COST_MESSAGES:
            return self._cost_told(message, run, passage)
        return None

    def _contract(self, message: v16.DataTransferRequest, run: Run, passage: Passage) -> Steps:
        cls: Any = specification(self.plain.there.target).request(message.message_id or "")
        try:
            made = from_wire(cls, read(message.data))
        except PayloadError:
            return _rejected()
        run.approximated((None, "data", ""), message.data, made, LossReason.REENCODED)
        passage.take(run)
        answer = yield made
        if not isinstance(answer, Response):
            return answer
        try:
            return v16.DataTransferResponse(status=v16.DataTransferStatus.ACCEPTED, data=written(answer))
        except PayloadError:
            return _rejected()

    def _cost_told(self, message: v16.DataTransferRequest, run: Run, passage: Passage) -> Steps:
        data = read(message.data)
        data = data if isinstance(data, dict) else {}
        number, cost = data.pop("transactionId", None), data.pop("cost", None)
        id = self.state.newer_transaction(number) if type(number) is int else None
        try:
            made = from_wire(v201.CostUpdatedRequest, {"transactionId": id, "totalCost": cost})
        except PayloadError:
            return _rejected()
        for name, value in data.items():
            run.dropped(((None, "data", ""), name, ""), value)
        if message.message_id == "FinalCost":
            run.approximated((None, "messageId", ""), message.message_id, None, LossReason.COLLAPSED)
        passage.take(run)
        answer = yield made
        if isinstance(answer, v201.CostUpdatedResponse):
            return v16.DataTransferResponse(status=v16.DataTransferStatus.ACCEPTED)
        return _rejected() if isinstance(answer, OcppError) else answer


_COST_MESSAGES = ("RunningCost", "FinalCost")
_Way = Callable[[Emulating, Any, Run, Passage], Steps | None]
_UP: Mapping[str, _Way] = {"DataTransfer": Emulating._opened}
_DOWN: Mapping[str, _Way] = {
    **dict.fromkeys(_CONTRACTS, Emulating._by_contract),
    "CostUpdated": Emulating._running_cost,
}


def _rejected() -> v16.DataTransferResponse:
    return v16.DataTransferResponse(status=v16.DataTransferStatus.REJECTED)


def final_cost(number: int, cost: Decimal) -> v16.DataTransferRequest:
    """What a station of 1.6 is told of a transaction that has ended."""
    text = as_text({"transactionId": number, "cost": cost})
    return v16.DataTransferRequest(vendor_id=COSTS, message_id="FinalCost", data=text)

"""What every translation has to keep: the target's schema, and a place or a name for every leaf of the source."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from itertools import count
from typing import Any

import oracle
from classes import JSON_VERSIONS
from ocpp_core.model.errors import OcppError
from ocpp_core.model.messages import Notification, Payload, Request, Response
from ocpp_core.model.printing import HIDDEN
from ocpp_core.model.secrets import discreet_path
from ocpp_core.model.shapes import Enumeration, ListOf, Nested, shape
from ocpp_core.model.specifications import specification
from ocpp_core.model.versions import Action, Version
from ocpp_core.model.violations import member_path
from ocpp_core.payloads.binding import plain
from ocpp_core.payloads.conversion import to_wire
from ocpp_core.translation import engine, steps
from ocpp_core.translation.losses import Loss, LossKind, Translation
from ocpp_core.translation.policies import Policy
from ocpp_core.translation.rules import Carry

RECEIVED_AT = datetime(2026, 1, 31, 12, tzinfo=UTC)
LOST = (LossKind.DROPPED, LossKind.APPROXIMATED)

#: The adjacent pairs, older version first.
ADJACENT = list(engine._STEPS)


#: What has the security extension of 1.6 has other rules.
POLICIES = (Policy(), Policy(has_security_extension=True))


def carried(message: Payload, to: str, **more: Any) -> Translation:
    """A translation with everything given that a rule may ask for."""
    ids = count(1)
    return engine.translate(message, to=to, received_at=RECEIVED_AT, new_id=lambda: next(ids), **more)


def answered(version: str) -> Iterator[Action]:
    for action in specification(version).actions.values():
        if action.answered:
            yield action


def check_output(found: Translation, version: str, home: str) -> None:
    """Everything that comes out can be sent: the messages in the target's version, the answer in the sender's."""
    for message in found.messages:
        check_valid(message, version)
    if isinstance(found.answer, Response):
        check_valid(found.answer, home)
    elif found.answer is not None:
        assert isinstance(found.answer, OcppError)


def check_valid(message: Payload, version: str) -> None:
    assert version == message.__ocpp__.version

    written = to_wire(message)

    if version in JSON_VERSIONS:
        assert oracle.is_valid(version, message.__ocpp__.name, written), (message, written)


def exchanges(source: str, target: str) -> list[tuple[type[Payload], type[Payload]]]:
    """Responses of `source` that can answer requests of `target`, each with the class of the request."""
    home, other = specification(target), specification(source)
    return [
        (other.response(rule.target), home.request(rule.source))
        for rule in engine.path(target, source)[0].rules.values()
        if rule.target and home.actions[rule.source].answered
    ]


# Leaves


def leaves(value: Any, path: str = "$") -> Iterator[tuple[str, Any]]:
    """The leaves of JSON with their paths. An empty list or object has none."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield from leaves(member, member_path(path, name))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from leaves(item, f"{path}[{number}]")
    else:
        yield path, value


#: Leaves that the other side says in another way, or by saying nothing: step, class, path, value (None for any).
EXPRESSED: dict[tuple[str, str, str], Any] = {
    ("1.6->1.5", "GetLogRequest", "$.logType"): "DiagnosticsLog",
    ("2.0->2.0.1", "ChangeAvailabilityRequest", "$.evseId"): 0,
    ("2.0.1->2.0", "ChangeAvailabilityRequest", "$.evse.connectorId"): 1,
    ("2.0.1->2.0", "ChangeAvailabilityRequest", "$.evse.id"): 0,
    ("2.0.1->1.6", "ChangeAvailabilityRequest", "$.evse.id"): 0,
    ("2.0.1->1.6", "ReserveNowRequest", "$.evseId"): 0,
    ("2.0.1->1.6", "TriggerMessageRequest", "$.evse.id"): 0,
    ("2.0.1->2.0", "Get15118EVCertificateRequest", "$.action"): None,
    ("2.0.1->2.0", "GetInstalledCertificateIdsRequest", "$.certificateType[]"): None,
    (
        "2.0.1->2.0",
        "GetInstalledCertificateIdsResponse",
        "$.certificateHashDataChain[].certificateType",
    ): None,
    ("1.6->2.0.1", "ChangeAvailabilityRequest", "$.connectorId"): 0,
    ("1.6->2.0.1", "ReserveNowRequest", "$.connectorId"): 0,
    ("1.6->2.0.1", "RemoteStartTransactionRequest", "$.connectorId"): 0,
    ("1.6->2.0.1", "TriggerMessageRequest", "$.connectorId"): 0,
    ("1.6->2.0.1", "ExtendedTriggerMessageRequest", "$.connectorId"): 0,
    ("1.6->2.0.1", "StatusNotificationRequest", "$.errorCode"): "NoError",
    # Raw is a value, signed data belongs to one.
    ("1.6->2.0.1", "MeterValuesRequest", "$.meterValue[].sampledValue[].format"): None,
    ("1.6->2.0.1", "MeterValuesRequest", "$.meterValue[].sampledValue[].value"): None,
    ("2.0.1->1.6", "UpdateFirmwareResponse", "$.status"): "Accepted",
    ("2.0.1->1.6", "GetInstalledCertificateIdsRequest", "$.certificateType[]"): None,
    (
        "2.0.1->1.6",
        "GetInstalledCertificateIdsResponse",
        "$.certificateHashDataChain[].certificateType",
    ): None,
    ("2.0.1->1.6", "AuthorizeRequest", "$.idToken.idToken"): "",
    ("2.0.1->1.6", "AuthorizeRequest", "$.idToken.type"): "NoAuthorization",
    ("2.0.1->1.6", "ReserveNowRequest", "$.idToken.idToken"): "",
    ("2.0.1->1.6", "ReserveNowRequest", "$.idToken.type"): "NoAuthorization",
    ("2.0.1->1.6", "SignCertificateRequest", "$.certificateType"): "ChargingStationCertificate",
    ("2.0.1->1.6", "CertificateSignedRequest", "$.certificateType"): "ChargingStationCertificate",
    ("2.0.1->1.6", "UnlockConnectorRequest", "$.connectorId"): 1,
    ("2.0.1->1.6", "ChangeAvailabilityRequest", "$.evse.connectorId"): 1,
    ("2.0.1->1.6", "TriggerMessageRequest", "$.evse.connectorId"): 1,
    ("2.0.1->1.6", "StatusNotificationRequest", "$.connectorId"): 1,
    ("2.0.1->1.6", "GetLogRequest", "$.logType"): "DiagnosticsLog",
    # Signed data is JSON text in a sample of its own.
    **{
        ("2.0.1->1.6", name, f"$.meterValue[].sampledValue[].signedMeterValue.{one}"): None
        for name in ("MeterValuesRequest", "TransactionEventRequest")
        for one in ("signedMeterData", "signingMethod", "encodingMethod", "publicKey")
    },
    # The multiplier is folded into the value, hertz is what Frequency is in.
    **{
        ("2.0.1->1.6", name, f"$.meterValue[].sampledValue[].{one}"): said
        for name in ("MeterValuesRequest", "TransactionEventRequest")
        for one, said in (("value", None), ("unitOfMeasure.multiplier", None), ("unitOfMeasure.unit", "Hz"))
    },
    # Of a transaction that a session knows.
    ("2.0.1->1.6", "TransactionEventRequest", "$.transactionInfo.transactionId"): None,
    ("2.0.1->1.6", "TransactionEventRequest", "$.transactionInfo.chargingState"): None,
    **{
        ("1.6->2.0.1", name, f"$.{one}[].sampledValue[].{leaf}"): None
        for name, one in (("MeterValuesRequest", "meterValue"), ("StopTransactionRequest", "transactionData"))
        for leaf in ("value", "format")
    },
}
#: Leaves of the output that say what the source says by saying nothing, or in another way: step, class, path.
IMPLIED: set[tuple[str, str, str]] = {
    ("2.0->2.0.1", "Get15118EVCertificateRequest", "$.action"),
    ("2.0.1->2.0", "ChangeAvailabilityRequest", "$.evseId"),
    ("2.0.1->2.0", "GetInstalledCertificateIdsRequest", "$.typeOfCertificate"),
    ("2.0.1->1.6", "ChangeAvailabilityRequest", "$.connectorId"),
    ("2.0.1->1.6", "ReserveNowRequest", "$.connectorId"),
    ("2.0.1->1.6", "GetInstalledCertificateIdsRequest", "$.certificateType"),
    ("2.0.1->1.6", "MeterValuesRequest", "$.meterValue[].sampledValue[].value"),
    ("2.0.1->1.6", "MeterValuesRequest", "$.meterValue[].sampledValue[].format"),
    ("1.6->2.0.1", "MeterValuesRequest", "$.meterValue[].sampledValue[].value"),
    # An event has its time twice, and the id that a session knows.
    ("1.6->2.0.1", "TransactionEventRequest", "$.timestamp"),
    ("1.6->2.0.1", "TransactionEventRequest", "$.meterValue[].timestamp"),
    ("1.6->2.0.1", "TransactionEventRequest", "$.meterValue[].sampledValue[].value"),
    ("1.6->2.0.1", "TransactionEventRequest", "$.transactionInfo.transactionId"),
    ("1.6->2.0.1", "NotifyEventRequest", "$.eventData[].timestamp"),
}
_INDEX = re.compile(r"\[\d+\]")


def _is_expressed(step: str, message: Payload, path: str, value: Any) -> bool:
    key = (step, type(message).__name__, _INDEX.sub("[]", path))
    return key in EXPRESSED and EXPRESSED[key] in (None, value)


def _covers(path: str, leaf: str) -> bool:
    # Losses hide what is secret in a path, which in that of a leaf may be more than in that of the object around it.
    return any(one == path or one.startswith((f"{path}.", f"{path}[")) for one in (leaf, discreet_path(leaf)))


def _check_said_once(found: Translation) -> None:
    """What is dropped as a whole has no losses inside, and nothing is dropped twice."""
    lost = [loss for loss in found.losses if loss.kind in LOST]
    for number, loss in enumerate(lost):
        if loss.kind is LossKind.DROPPED and HIDDEN not in loss.path:
            inside = [other for other in lost[:number] + lost[number + 1 :] if _covers(loss.path, other.path)]
            assert [] == inside, (loss, inside)


def check_no_silent_loss(
    step: str, message: Payload, found: Translation, renamed: frozenset[str] = frozenset()
) -> None:
    """Every leaf of the source is in the output, or a loss names it. Answered messages were told so.

    `renamed` are tokens that have another spelling.
    """
    if not found.messages:
        return
    _check_said_once(found)
    there = Counter(_key(value) for made in found.messages for _, value in leaves(plain(made)))
    named = [loss.path for loss in found.losses if loss.kind in LOST]
    for path, value in leaves(plain(message)):
        if any(_covers(one, path) for one in named):
            continue
        if value in renamed if isinstance(value, str) else False:
            continue
        if _is_expressed(step, message, path, value):
            continue
        assert there[_key(value)] > 0, f"{path} = {value!r} was lost without a word; {found.losses}"


def check_round_trip(
    source: str, target: str, message: Payload, there: Translation, back: Translation
) -> None:
    """What no loss names comes back: equal if there was no loss at all, else every leaf that no loss covers."""
    if not there.losses and not back.losses:
        assert [
            (path, value)
            for path, value in leaves(plain(message))
            if not _is_expressed(f"{source}->{target}", message, path, value)
        ] == [
            (path, value)
            for path, value in leaves(plain(back.message))
            if not _is_expressed(f"{source}->{target}", message, path, value)
        ]
    found = Counter(_key(value) for made in back.messages for _, value in leaves(plain(made)))
    named = [loss.path for loss in there.losses if loss.kind in LOST]
    lost = [loss.path for loss in back.losses if loss.kind in LOST]
    let_go = {
        _key(value)
        for made in there.messages
        for path, value in leaves(plain(made))
        if any(_covers(one, path) for one in lost)
    }
    for path, value in leaves(plain(message)):
        if _is_expressed(f"{source}->{target}", message, path, value):
            continue
        if not any(_covers(one, path) for one in named) and _key(value) not in let_go:
            assert found[_key(value)], f"{path} = {value!r} did not come back; {there.losses}; {back.losses}"


def check_nothing_from_nowhere(
    step: str, message: Payload, found: Translation, renamed: frozenset[str] = frozenset()
) -> None:
    """Every leaf of the output is in the source, or a loss names it."""
    there = {_key(value) for _, value in leaves(plain(message))}
    named = [loss.target for loss in found.losses if loss.target]
    for made in found.messages:
        for path, value in leaves(plain(made)):
            if isinstance(value, str) and value in renamed:
                continue
            if (step, type(made).__name__, _INDEX.sub("[]", path)) in IMPLIED:
                continue
            assert _key(value) in there or any(_covers(one, path) for one in named), (
                f"{path} = {value!r} came from nowhere; {found.losses}"
            )


def _key(value: Any) -> Any:
    if isinstance(value, bool) or value is None:
        return (type(value), value)
    if isinstance(value, int | float | Decimal):
        return Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if _NUMBER.fullmatch(str(value)):  # 1.x writes numbers as text
        return Decimal(value)
    return str(value)


_NUMBER = re.compile(r"-?\d{1,20}", re.ASCII)


# Rules


@cache
def gaps(older: str, newer: str) -> tuple[str, ...]:
    """What no rule of a pair speaks of, in either direction."""
    up, down = engine.path(older, newer)[0], engine.path(newer, older)[0]
    found: list[str] = []
    for one, back in ((up, down), (down, up)):
        source, target = specification(one.source), specification(one.target)
        found += [f"{one.step} {name} has no rule" for name in source.actions if name not in one.rules]
        for rule in one.rules.values():
            if isinstance(rule.how, Carry):
                cls = source.request(rule.source)
                one.way.plan(cls, target.request(rule.target), steps.is_command(cls))
            if rule.target and source.actions[rule.source].answered:
                back.way.plan(target.response(rule.target), source.response(rule.source))
    for one in (up, down):
        one.way.complete()
        found += one.way.gaps
    return tuple(sorted(set(found)))


def _item(kind: Any) -> Any:
    return kind.item if isinstance(kind, ListOf) else kind


def classes_in(cls: type[Payload]) -> set[type[Payload]]:
    """A class, and all that may stand in it."""
    found = {cls}
    for one in shape(cls).fields:
        kind = _item(one.kind)
        if isinstance(kind, Nested):
            found |= classes_in(kind.cls)
    return found


def enums_in(cls: type[Payload]) -> set[str]:
    """Names of the enums whose tokens may stand in a class."""
    kinds = (_item(one.kind) for each in classes_in(cls) for one in shape(each).fields)
    return {kind.enum.__name__ for kind in kinds if isinstance(kind, Enumeration)}


def spellings(older: str, newer: str) -> frozenset[str]:
    """Tokens of a pair that are the same under another name."""
    found: set[str] = set()
    for one in (*engine.path(older, newer), *engine.path(newer, older)):
        for table in one.way.tables.values():
            for token, entry in table.entries.items():
                if isinstance(entry, str):
                    found |= {token, entry}
    return frozenset(found)


def messages_of(version: str) -> list[type[Payload]]:
    """All requests, and all SENDs, of a version."""
    known = specification(version)
    return [known.request(name) for name in known.actions]


__all__ = [
    "ADJACENT",
    "Loss",
    "Notification",
    "Request",
    "Version",
    "carried",
    "shape",
]

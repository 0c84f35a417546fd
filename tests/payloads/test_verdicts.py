"""Our verdict on a payload is that of the official schema: for every message, valid, broken or mutated at random.

Without the official download it is that of our own statement of it (`oracle`).

The one deviation: StopTransaction of 1.6 may say ``Celsius`` (`oracle.DEVIATION`).
"""

import os
from collections.abc import Callable
from typing import Any

import pytest

import oracle
from classes import BREAKABLE_JSON_MESSAGES, JSON_MESSAGES, JSON_VERSIONS, message_classes
from ocpp_core import v16
from ocpp_core.model.errors import PayloadError
from ocpp_core.model.messages import Payload, Response
from ocpp_core.payloads.conversion import from_wire, validate
from ocpp_core.payloads.validation import explain
from ocpp_core.testing import broken_payloads, mutated_payloads, payloads
from properties import for_all

Record = Callable[[str, object], None]

SHORT = 6
DEEP = 100
deep = [
    pytest.mark.deep,
    pytest.mark.skipif(os.environ.get("OCPP_DEEP") != "1", reason="takes minutes; set OCPP_DEEP=1"),
]


@pytest.mark.parametrize("version", JSON_VERSIONS)
def test_every_file_is_judged(version: str) -> None:
    assert oracle.message_names(version) == {cls.__name__ for cls in message_classes(version)}


@pytest.mark.parametrize("cls", JSON_MESSAGES)
def test_verdict_on_valid_payloads(cls: type[Payload], record_property: Record) -> None:
    record_property("cases", agree_on_valid(cls, SHORT))


@pytest.mark.parametrize("cls", BREAKABLE_JSON_MESSAGES)
def test_verdict_on_broken_payloads(cls: type[Payload], record_property: Record) -> None:
    record_property("cases", agree_on_broken(cls, SHORT))


@pytest.mark.parametrize("cls", JSON_MESSAGES)
def test_verdict_on_mutated_payloads(cls: type[Payload], record_property: Record) -> None:
    record_property("cases", agree_on_mutated(cls, SHORT))


@pytest.mark.parametrize(
    "cls", [pytest.param(*each.values, id=each.id, marks=deep) for each in JSON_MESSAGES]
)
def test_verdict_on_a_hundred_of_each(cls: type[Payload], record_property: Record) -> None:
    record_property("cases", agree_on_valid(cls, DEEP) + agree_on_mutated(cls, DEEP))


@pytest.mark.parametrize(
    "cls", [pytest.param(*each.values, id=each.id, marks=deep) for each in BREAKABLE_JSON_MESSAGES]
)
def test_verdict_on_a_hundred_broken_of_each(cls: type[Payload], record_property: Record) -> None:
    record_property("cases", agree_on_broken(cls, DEEP))


def agree_on_valid(cls: type[Payload], examples: int) -> int:
    def check(payload: dict[str, Any]) -> None:
        assert schema_verdict(cls, payload), "the strategy made what the official schema refuses"
        assert our_verdict(cls, payload)
        assert [] == explain(cls, payload)

    return for_all(payloads(cls), examples, check)


def agree_on_broken(cls: type[Payload], examples: int) -> int:
    """Both refuse, and we say exactly which rule is broken, where, and what to answer."""

    def check(broken: Any) -> None:
        payload, *expected = broken

        assert not schema_verdict(cls, payload), "the strategy made what the official schema accepts"
        with pytest.raises(PayloadError) as caught:
            from_wire(cls, payload)
        assert [expected] == [[fault.path, fault.keyword, fault.code] for fault in caught.value.violations]
        assert expected[2] == caught.value.code
        assert not our_verdict(cls, payload)

    return for_all(broken_payloads(cls), examples, check)


def agree_on_mutated(cls: type[Payload], examples: int) -> int:
    def check(payload: Any) -> None:
        assert schema_verdict(cls, payload) == our_verdict(cls, payload)

    return for_all(mutated_payloads(cls), examples, check)


def schema_verdict(cls: type[Payload], payload: Any) -> bool:
    return oracle.is_valid(cls.__ocpp__.version, cls.__name__, payload)


def our_verdict(cls: type[Payload], payload: Any) -> bool:
    """What `from_wire` says; and `validate` must say the same, and every refusal must be explained."""
    try:
        from_wire(cls, payload)
    except PayloadError as error:
        accepted, faults = False, list(error.violations)
    else:
        accepted, faults = True, []
    definition = cls.__ocpp__
    kind = "response" if issubclass(cls, Response) else "request"

    assert definition.action is not None
    assert faults == validate(payload, definition.version, definition.action, kind)  # type: ignore[arg-type]
    assert accepted == (not faults)
    assert "binding" not in [fault.keyword for fault in faults], (
        "refused without a fault that the schema knows"
    )
    return accepted


# What needs no file, for every class of every version, is in test_testing.py.


def test_celsius_is_read_in_stop_transaction_although_its_file_lacks_it() -> None:
    sampled = {"value": "20", "measurand": "Temperature"}
    for unit in ("Celsius", "Celcius"):
        values = [{"timestamp": "2026-01-31T12:00:00Z", "sampledValue": [{**sampled, "unit": unit}]}]
        stop = {
            "transactionId": 1,
            "meterStop": 2,
            "timestamp": "2026-01-31T12:00:00Z",
            "transactionData": values,
        }
        meter = {"connectorId": 1, "meterValue": values}

        assert schema_verdict(v16.MeterValuesRequest, meter)
        assert our_verdict(v16.MeterValuesRequest, meter)
        assert our_verdict(v16.StopTransactionRequest, stop)

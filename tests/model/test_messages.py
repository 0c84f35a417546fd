"""What all messages have in common."""

import copy
import pickle
from typing import Any

import attrs
import pytest

from ocpp_core import evolve, v15, v16, v20, v21, v201
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.messages import (
    MISSING,
    NOTHING_EXTRA,
    UNSET,
    Call,
    CallError,
    CallResult,
    CallResultError,
    Definition,
    NumericId,
    Payload,
    Send,
    SoapHeaders,
    WireField,
)
from ocpp_core.model.versions import Role

#: Class -> version, name, action, sender, block or profile, draft of JSON Schema, open.
DEFINITIONS: list[tuple[type[Payload], tuple[Any, ...]]] = [
    (v15.ResetRequest, ("1.5", "ResetRequest", "Reset", Role.CSMS, "Core", 6, False)),
    (v16.ResetRequest, ("1.6", "ResetRequest", "Reset", Role.CSMS, "Core", 4, False)),
    (v16.ResetResponse, ("1.6", "ResetResponse", "Reset", Role.CHARGE_POINT, "Core", 4, False)),
    (v16.GetLogRequest, ("1.6", "GetLogRequest", "GetLog", Role.CSMS, "Security", 6, False)),
    (v20.ResetRequest, ("2.0", "ResetRequest", "Reset", Role.CSMS, "Provisioning", 6, True)),
    (v21.ResetRequest, ("2.1", "ResetRequest", "Reset", Role.CSMS, "Provisioning", 6, False)),
    (v16.KeyValue, ("1.6", "KeyValue", None, None, "", 6, False)),
    (v201.CustomData, ("2.0.1", "CustomDataType", None, None, "", 6, True)),
]


@pytest.mark.parametrize("cls, expected", DEFINITIONS)
def test_a_class_says_what_it_is_on_the_wire(cls: type[Payload], expected: tuple[Any, ...]) -> None:
    definition = cls.__ocpp__
    names = ("version", "name", "action", "sent_by", "block", "draft", "is_open")

    assert expected == tuple(getattr(definition, name) for name in names)
    assert isinstance(definition, Definition)


@pytest.mark.parametrize("absence", [UNSET, MISSING])
def test_an_absence_is_false_and_one(absence: Any) -> None:
    assert not absence
    assert absence.name == repr(absence)
    assert absence is copy.deepcopy(absence)
    assert absence is pickle.loads(pickle.dumps(absence))


def test_nothing_extra_is_empty_and_one() -> None:
    assert ({}, 0, [], "{}") == (
        dict(NOTHING_EXTRA),
        len(NOTHING_EXTRA),
        [*NOTHING_EXTRA],
        repr(NOTHING_EXTRA),
    )
    assert NOTHING_EXTRA is pickle.loads(pickle.dumps(NOTHING_EXTRA)) is copy.copy(NOTHING_EXTRA)
    with pytest.raises(KeyError):
        NOTHING_EXTRA["x"]


def test_a_token_outside_the_standard_is_no_member() -> None:
    foreign = v16.ResetType.foreign("Odd")

    assert ("Odd", "Odd", "Odd") == (foreign, foreign.name, foreign.value)
    assert not foreign.is_standard
    assert v16.ResetType.HARD.is_standard
    assert foreign not in list(v16.ResetType)
    assert "ResetType.foreign('Odd')" == repr(foreign)
    assert "ResetType.HARD" == repr(v16.ResetType.HARD)
    for token in (foreign, v16.ResetType.HARD):
        assert repr(token) == repr(pickle.loads(pickle.dumps(token)))
    assert v16.ResetType.HARD is copy.deepcopy(v16.ResetType.HARD)


def test_a_message_is_shown_without_what_is_not_given() -> None:
    assert "ResetRequest(type=ResetType.HARD)" == repr(v16.ResetRequest(type=v16.ResetType.HARD))
    assert "HeartbeatRequest()" == repr(v16.HeartbeatRequest())
    assert "HeartbeatRequest(extra={'x': 1})" == repr(v16.HeartbeatRequest(extra={"x": 1}))


def test_a_changed_copy_leaves_the_first_as_it_was() -> None:
    one = v16.ResetRequest(type=v16.ResetType.HARD)
    other = evolve(one, type=v16.ResetType.SOFT)

    assert [v16.ResetType.HARD, v16.ResetType.SOFT] == [one.type, other.type]
    with pytest.raises(TypeError, match="colour"):
        evolve(one, colour=1)


def test_fields_are_given_by_name() -> None:
    make: Any = v16.ResetRequest
    with pytest.raises(TypeError, match="positional"):
        make(v16.ResetType.HARD)


@pytest.mark.parametrize("cls", [Call, CallResult, CallError, CallResultError, Send])
def test_what_stands_beside_a_message_is_given_by_name(cls: Any) -> None:
    names = [attribute.name for attribute in attrs.fields(cls) if attribute.kw_only]

    assert {"headers", "violations"} <= set(names)
    assert hasattr(cls, "spelling") == ("spelling" in names)


def test_what_nobody_says_is_absent() -> None:
    assert [None] * 8 == [*attrs.asdict(SoapHeaders()).values()]
    assert [None, (), None] == [
        getattr(CallError("1", ErrorCode.GENERIC), name) for name in ("headers", "violations", "spelling")
    ]
    assert ("", {}) == (
        CallError("1", ErrorCode.GENERIC).description,
        CallError("1", ErrorCode.GENERIC).details,
    )
    assert [None, ()] == [
        getattr(Call("1", v16.HeartbeatRequest()), name) for name in ("headers", "violations")
    ]
    assert "element" == WireField("a").xml
    assert "7" == NumericId("7")


def test_a_field_may_be_called_message() -> None:
    """MessageInfo has one; what hides its secrets makes a changed copy of it."""
    content = v201.MessageContent(format=v201.MessageFormat.UTF8, content="password: 12345")
    info = v201.MessageInfo(id=1, priority=v201.MessagePriority.NORMAL_CYCLE, message=content)
    short = evolve(content, content="Hello")

    assert short == evolve(info, message=short).message
    assert "12345" not in repr(info)

"""A fold has a method for every kind of value."""

from typing import get_args

import pytest

from ocpp_core.model.shapes import Fold, Integer, Kind, Text

METHODS = {
    "text",
    "integer",
    "number",
    "boolean",
    "timestamp",
    "enumeration",
    "nested",
    "anything",
    "list_of",
}


def test_there_is_a_method_for_each_kind() -> None:
    assert METHODS == set(Fold.__abstractmethods__)
    assert len(METHODS) == len(get_args(Kind))


def test_a_fold_that_forgets_one_cannot_be_made() -> None:
    complete = {name: lambda self, kind, name=name: name for name in METHODS}
    forgetful = type("Forgetful", (Fold,), {**complete, "text": Fold.text})

    assert "integer" == type("Complete", (Fold,), complete)().of(Integer())
    assert "text" == type("Complete", (Fold,), complete)().of(Text())
    with pytest.raises(TypeError, match="abstract"):
        type("Partial", (Fold,), {name: complete[name] for name in METHODS - {"text"}})()
    with pytest.raises(TypeError, match="abstract"):
        forgetful()

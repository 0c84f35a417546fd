"""The judgement of the JSON schemas in ``schemas/``: every fault of a payload, with place, rule, value and error code.

It is independent of the classes, and slow: what `ocpp_core.payloads.walk` finds is held against it in tests, and it is
asked only about values that no JSON parser gives. `jsonschema` reads each file in the draft that it names. Two things
go beyond plain `jsonschema`: numbers are compared exactly (16.1 is a multiple of 0.1), and ``date-time`` is checked.
The format ``uri`` is not.

1.2 and 1.5 have no official JSON schema; theirs is derived from the classes, which come from the WSDLs.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

from ocpp_core._lazy import once
from ocpp_core.facts.folders import folder
from ocpp_core.model.decimals import is_multiple, read_decimal, read_integer
from ocpp_core.model.messages import Payload
from ocpp_core.model.shapes import (
    Anything,
    Boolean,
    Enumeration,
    Fold,
    Integer,
    ListOf,
    Nested,
    Number,
    Text,
    Timestamp,
    shape,
)
from ocpp_core.model.timestamps import is_timestamp
from ocpp_core.model.violations import MAX_FAULTS, Violation, member_path, violation
from ocpp_core.payloads.binding import MAX_DEPTH, is_too_deep, tokens


def explain(cls: type[Payload], payload: Any) -> list[Violation]:
    """All faults of a payload, in document order; empty if its schema accepts it. Of very many, `MAX_FAULTS`.

    Args:
        cls: The class that the payload should become.
        payload: JSON values as a parser gives them; decimals as float or `Decimal`.
    """
    if is_too_deep(payload):
        return [violation("$", "depth", payload, MAX_DEPTH)]
    errors = islice(_validator(cls).iter_errors(payload), MAX_FAULTS)
    seen: dict[int, dict[str, int]] = {}
    in_order = sorted(errors, key=lambda error: _position(payload, error.absolute_path, seen))
    return [_violation(error) for error in in_order]


def schema_of(cls: type[Payload]) -> dict[str, Any]:
    """A JSON schema for a class, made from its fields: for versions without an official one."""
    facts = shape(cls)
    return {
        "type": "object",
        "properties": {field.wire: _SCHEMA.of(field.kind) for field in facts.fields},
        "required": [field.wire for field in facts.fields if field.is_required],
        "additionalProperties": facts.is_open,
    }


class _SchemaOf(Fold[dict[str, Any]]):
    """Schemas of kinds of value."""

    def text(self, kind: Text) -> dict[str, Any]:
        return _limited("string", maxLength=kind.max_length)

    def integer(self, kind: Integer) -> dict[str, Any]:
        return _limited("integer", minimum=kind.minimum, maximum=kind.maximum)

    def number(self, kind: Number) -> dict[str, Any]:
        return _limited("number", minimum=kind.minimum, maximum=kind.maximum, multipleOf=kind.multiple_of)

    def boolean(self, kind: Boolean) -> dict[str, Any]:
        return _limited("boolean")

    def timestamp(self, kind: Timestamp) -> dict[str, Any]:
        return _limited("string", format="date-time")

    def enumeration(self, kind: Enumeration) -> dict[str, Any]:
        return _limited("string", enum=list(tokens(kind.enum)))

    def nested(self, kind: Nested) -> dict[str, Any]:
        return schema_of(kind.cls)

    def anything(self, kind: Anything) -> dict[str, Any]:
        return {}

    def list_of(self, kind: ListOf) -> dict[str, Any]:
        return _limited("array", items=self.of(kind.item), minItems=kind.min_items, maxItems=kind.max_items)


_SCHEMA = _SchemaOf()


def _limited(json_type: str, **limits: Any) -> dict[str, Any]:
    return {"type": json_type, **{keyword: limit for keyword, limit in limits.items() if limit is not None}}


@once
def _validator(cls: type[Payload]) -> Any:
    from jsonschema import FormatChecker

    definition = cls.__ocpp__
    digits = shape(cls).fraction_digits
    formats = FormatChecker(formats=())
    formats.checks("date-time")(lambda value: not isinstance(value, str) or is_timestamp(value, digits))
    return _validator_class(definition.draft)(_schema(cls), format_checker=formats)


def _schema(cls: type[Payload]) -> dict[str, Any]:
    """The schema of a class, with the shared definitions in it."""
    definition = cls.__ocpp__
    path = folder("schemas") / definition.version
    if not path.is_dir():
        return schema_of(cls)
    types = _read(path / "types.json")
    if definition.action is None:
        return {**types, "$ref": f"#/definitions/{definition.name}"}
    return {**types, **_read(path / f"{definition.name}.json")}


def _read(path: Path) -> dict[str, Any]:
    text = path.read_text(encoding="utf-8").replace('"types.json#/', '"#/')
    schema: dict[str, Any] = json.loads(text)
    return schema


@once
def _validator_class(draft: int) -> Any:
    from jsonschema import Draft4Validator, Draft6Validator, validators

    base = Draft4Validator if draft == 4 else Draft6Validator
    # What a JSON parser gives and nothing else, as the compiled pass has it.
    types = base.TYPE_CHECKER.redefine_many(
        {
            "number": lambda _, value: _accepts(read_decimal, value),
            "object": lambda _, value: type(value) is dict,
            "array": lambda _, value: type(value) is list,
            "string": lambda _, value: type(value) is str,
            "integer": lambda _, value: (
                _accepts(read_decimal, value)
                and (type(value) is int or (draft != 4 and _accepts(read_integer, value)))
            ),
        }
    )
    keywords = {
        "type": _type,
        "required": _required,
        "additionalProperties": _additional_properties,
        "multipleOf": _multiple_of,
        "enum": _enum,
    }
    return validators.extend(base, keywords, type_checker=types)  # type: ignore[no-untyped-call]


def _accepts(read: Callable[[Any], Any], value: Any) -> bool:
    try:
        read(value)
    except (TypeError, ValueError):
        return False
    return True


def _type(validator: Any, expected: str, instance: Any, _: Any) -> Iterator[Any]:
    from jsonschema import ValidationError

    # Without the sentence that `jsonschema` makes of the whole value, however large; ours is made later.
    if not validator.is_type(instance, expected):
        yield ValidationError("")


# Keywords whose errors shall point at the member itself, not at the object around it.


def _required(_: Any, required: list[str], instance: Any, __: Any) -> Iterator[Any]:
    from jsonschema import ValidationError

    if type(instance) is dict:
        for member in required:
            if member not in instance:
                yield ValidationError("", path=[member])


def _additional_properties(_: Any, allowed: Any, instance: Any, schema: Any) -> Iterator[Any]:
    from jsonschema import ValidationError

    if type(instance) is dict and allowed is False:
        for member, value in instance.items():
            if member not in schema.get("properties", {}):
                yield ValidationError("", path=[member], instance=value)


def _multiple_of(_: Any, step: Any, instance: Any, __: Any) -> Iterator[Any]:
    from jsonschema import ValidationError

    if _accepts(read_decimal, instance) and not is_multiple(read_decimal(instance), Decimal(str(step))):
        yield ValidationError("")


def _enum(_: Any, allowed: list[str], instance: Any, __: Any) -> Iterator[Any]:
    from jsonschema import ValidationError

    # Every enum of OCPP is one of strings: what is no string has the wrong type, which is fault enough.
    if type(instance) is str and instance not in allowed:
        yield ValidationError("")


def _violation(error: Any) -> Violation:
    keyword = str(error.validator)
    path = "$"
    for step in error.absolute_path:
        path = f"{path}[{step}]" if isinstance(step, int) else member_path(path, step)
    limit = error.validator_value
    if keyword == "additionalProperties":
        limit = (error.absolute_path[-1], list(error.schema.get("properties", ())))
    return violation(path, keyword, error.instance, limit)


def _position(payload: Any, path: Iterable[Any], seen: dict[int, dict[str, int]]) -> tuple[int, ...]:
    """Where in the document a path points; what is missing stands last in its object.

    `seen` keeps the places of the members of each object, by its identity.
    """
    position = []
    for step in path:
        if isinstance(step, int):
            position.append(step)
            payload = payload[step]
        else:
            if id(payload) not in seen:
                seen[id(payload)] = {member: place for place, member in enumerate(payload)}
            position.append(seen[id(payload)].get(step, len(payload)))
            payload = payload.get(step)
    return tuple(position)

"""The judgement of the official schema files, made without any help from `ocpp_core`.

Where the official download is not there, the files are those of `schemas/` and `wsdl/`, which state the same facts:
what is judged is then whether the library follows them, and `tests/facts` looks whether they are still those that were
proven equal.

Plain `jsonschema` reads the file in the draft that it names. Three things are ours, written here a second time so that
the library is not judged by itself: numbers are compared exactly, what an integer is follows the draft, and
``date-time`` is that of RFC 3339 with the fraction digits of the version.
"""

import json
import os
import re
import shutil
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from jsonschema.validators import extend, validator_for

CHECKOUT = Path(__file__).resolve().parent.parent
OFFICIAL = Path(os.environ.get("OCPP_OFFICIAL") or CHECKOUT.parent / "shared" / "official")

#: OCPP-J 1.6 errata §2.1: both spellings shall be read. The file of MeterValues has both, this one only the misspelt.
#: That holds for reading; what is written has to please the file as it is.
DEVIATION = ("1.6", "StopTransactionRequest", "Celcius", "Celsius")


def needs_official(folder: str, proof: str) -> Path:
    """A folder of the official download, ``json/2.1``; skips what proves something about these very files."""
    if not (OFFICIAL / folder).is_dir():
        pytest.skip(f"{proof} takes the official files, and {OFFICIAL} has no {folder}: set OCPP_OFFICIAL")
    return OFFICIAL / folder


def _files(kind: str, ours: str, version: str) -> Path:
    official = OFFICIAL / kind / version
    return official if official.is_dir() else CHECKOUT / ours / version


def wsdls(version: str) -> Path:
    """The folder of the WSDLs of a version."""
    return _files("wsdl", "wsdl", version)


def download(made: Path) -> Path:
    """The whole official download; our files laid out like it, in the empty folder `made`, if it is not there."""
    if all((OFFICIAL / folder).is_dir() for folder in ("json", "wsdl")):
        return OFFICIAL
    shutil.copytree(CHECKOUT / "wsdl", made / "wsdl")
    for path in (CHECKOUT / "schemas").glob("*/*.json"):
        types = json.loads(path.with_name("types.json").read_text(encoding="utf-8"))["definitions"]
        copy = made / "json" / path.parent.name / path.name
        copy.parent.mkdir(parents=True, exist_ok=True)
        if path.name != "types.json":
            message = json.loads(path.read_text(encoding="utf-8"))
            copy.write_text(json.dumps(_expanded(message, types)), encoding="utf-8")
    return made


def _expanded(schema: Any, types: dict[str, Any]) -> Any:
    """A schema with each reference replaced by what it refers to, and by what stands beside it."""
    if isinstance(schema, list):
        return [_expanded(item, types) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        beside = {name: value for name, value in schema.items() if name != "$ref"}
        return {**_expanded(types[schema["$ref"].rpartition("/")[2]], types), **beside}
    return {name: _expanded(value, types) for name, value in schema.items()}


@cache
def _schemas(version: str) -> dict[str, Path]:
    """The message files of a version, by our names for the messages."""
    folder = _files("json", "schemas", version)
    return {_our_name(version, path): path for path in folder.glob("*.json") if path.name != "types.json"}


def message_names(version: str) -> set[str]:
    """The messages that the files describe, by our names for them."""
    return set(_schemas(version))


def _our_name(version: str, path: Path) -> str:
    name = path.stem.removesuffix("_v1p0")
    is_request = version == "1.6" and not name.endswith(("Request", "Response"))
    return f"{name}Request" if is_request else name


def is_valid(version: str, name: str, payload: Any) -> bool:
    """Whether the official schema of a message accepts a payload."""
    verdict: bool = validator(version, name).is_valid(payload)
    return verdict


def accepts_as_it_is(version: str, name: str, payload: Any) -> bool:
    """Whether the official schema of a message accepts a payload, without our deviation."""
    verdict: bool = validator(version, name, deviates=False).is_valid(payload)
    return verdict


@cache
def validator(version: str, name: str, *, deviates: bool = True) -> Any:
    """The validator of one message file, with our deviation or as it is."""
    path = _schemas(version)[name]
    # One file (2.0 BootNotificationRequest) writes a reference without its slash, which resolves to nothing as it is.
    # Ours refer to definitions in a file beside them.
    text = path.read_text(encoding="utf-8-sig").replace('"#definitions/', '"#/definitions/')
    schema = json.loads(text.replace('"types.json#/definitions/', '"#/definitions/'))
    definitions = path.with_name("types.json")
    if definitions.is_file():
        schema |= json.loads(definitions.read_text(encoding="utf-8"))
    if (version, name) == DEVIATION[:2]:
        (units,) = (enum for enum in _enums(schema) if DEVIATION[2] in enum)
        if not definitions.is_file():
            assert DEVIATION[3] not in units, "the file has been corrected: drop the deviation"
            units.append(DEVIATION[3])
        if not deviates:
            units.remove(DEVIATION[3])
    base: Any = validator_for(schema)
    assert base in (jsonschema.Draft4Validator, jsonschema.Draft6Validator)
    formats = jsonschema.FormatChecker(formats=())
    formats.checks("date-time")(
        lambda text: not isinstance(text, str) or is_rfc3339(text, _DIGITS.get(version))
    )
    types = base.TYPE_CHECKER.redefine("number", lambda _, value: _exact(value) is not None)
    if base is jsonschema.Draft6Validator:
        types = types.redefine("integer", lambda _, value: _is_whole(value))
    exact: Any = extend(base, {"multipleOf": _multiple_of}, type_checker=types)  # type: ignore[no-untyped-call]
    return exact(schema, format_checker=formats)


def _enums(schema: Any) -> Iterator[list[str]]:
    if isinstance(schema, dict):
        if isinstance(schema.get("enum"), list):
            yield schema["enum"]
        for value in schema.values():
            yield from _enums(value)


def _exact(value: Any) -> Fraction | None:
    """A JSON number as a fraction; a float by its shortest text."""
    if isinstance(value, bool):
        return None
    try:
        if isinstance(value, float):
            return Fraction(repr(value))
        return Fraction(value) if isinstance(value, int | Decimal) else None
    except (TypeError, ValueError, OverflowError):
        return None


def _is_whole(value: Any) -> bool:
    number = _exact(value)
    return number is not None and number.denominator == 1


def _multiple_of(_: Any, step: Any, value: Any, __: Any) -> Iterator[jsonschema.ValidationError]:
    number = _exact(value)
    if number is not None and (number / Fraction(str(step))).denominator != 1:
        yield jsonschema.ValidationError("not a multiple")


#: OCPP 2.0.1 part 2 §2.1.4: at most three. 1.6 has no limit.
_DIGITS = {"2.0": 3, "2.0.1": 3, "2.1": 3}
_TIMESTAMP = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?"
    r"(?:[Zz]|[+-]([0-9]{2}):([0-9]{2}))"
)


def is_rfc3339(text: str, digits: int | None) -> bool:
    """RFC 3339 §5.6 and §5.7, without leap seconds and without the year 0, which no `datetime` holds."""
    match = _TIMESTAMP.fullmatch(text)
    if match is None:
        return False
    year, month, day, hour, minute, second = map(int, match.groups()[:6])
    fraction, offset_hour, offset_minute = match[7] or "", int(match[8] or 0), int(match[9] or 0)
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    days = (31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    return (
        year > 0
        and 1 <= month <= 12
        and 1 <= day <= days[month - 1]
        and hour <= 23
        and minute <= 59
        and second <= 59
        and offset_hour <= 23
        and offset_minute <= 59
        and (digits is None or len(fraction) <= digits)
    )

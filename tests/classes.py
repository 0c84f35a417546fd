"""All classes of all versions, for tests that go through them."""

import importlib
from functools import cache
from typing import Any

import pytest

from ocpp_core.model.messages import DataType, Payload, Token
from ocpp_core.model.specifications import specification
from ocpp_core.model.versions import Version
from ocpp_core.testing import is_breakable

JSON_VERSIONS = ("1.6", "2.0", "2.0.1", "2.1")


def package(version: str) -> Any:
    return importlib.import_module(f"ocpp_core.v{version.replace('.', '')}")


@cache
def _things(version: str) -> list[Any]:
    home = package(version)
    return [thing for name in sorted(dir(home)) if isinstance(thing := getattr(home, name), type)]


def message_classes(version: str) -> list[type[Payload]]:
    """Requests, responses and notifications, in the order of the action table."""
    known = specification(version)
    return [
        known.load(name)
        for action in known.actions.values()
        for name in (action.request_name, action.response_name)
        if name is not None
    ]


def data_types(version: str) -> list[type[Payload]]:
    return [thing for thing in _things(version) if issubclass(thing, DataType)]


def enums(version: str) -> list[type[Token]]:
    return [thing for thing in _things(version) if issubclass(thing, Token)]


def _parameter(version: str, thing: type[Any]) -> Any:
    return pytest.param(thing, id=f"{version}-{thing.__name__}")


#: Parameters for pytest: ``[2.0.1-HeartbeatRequest]``.
JSON_MESSAGES = [_parameter(version, cls) for version in JSON_VERSIONS for cls in message_classes(version)]
ALL_CLASSES = [
    _parameter(version, cls)
    for version in Version
    for cls in (*message_classes(version), *data_types(version))
]
#: Those of versions whose JSON has no official schema: it follows from the WSDL.
DERIVED_MESSAGES = [
    _parameter(version, cls) for version in ("1.2", "1.5") for cls in message_classes(version)
]
#: Those that refuse some JSON object. The empty messages of 2.0, whose schemas are open, do not.
BREAKABLE_CLASSES = [each for each in ALL_CLASSES if is_breakable(*each.values)]
BREAKABLE_JSON_MESSAGES = [each for each in JSON_MESSAGES if is_breakable(*each.values)]
ALL_ENUMS = [_parameter(version, enum) for version in Version for enum in enums(version)]

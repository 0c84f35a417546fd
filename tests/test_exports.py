"""The public names of `ocpp_core`: one sorted list, each with a docstring or a comment, each a name of `dir`."""

import inspect
import re
import types
from pathlib import Path

import pytest

import ocpp_core
from ocpp_core.versions import Version

VERSION_PACKAGES = ["v12", "v15", "v16", "v20", "v201", "v21"]

PUBLIC = [
    "Action",
    "Call",
    "CallError",
    "CallFailedError",
    "CallRejectedError",
    "CallResult",
    "CallResultError",
    "CallResultInvalidError",
    "CallTimeoutError",
    "Connection",
    "ConnectionLostError",
    "ErrorCode",
    "Frame",
    "FrameError",
    "FrameKind",
    "Hooks",
    "JsonCodec",
    "LocalProtocolError",
    "MISSING",
    "NoSuchAction",
    "Notification",
    "OcppError",
    "PayloadError",
    "Peer",
    "ProtocolError",
    "Redaction",
    "Request",
    "Response",
    "Role",
    "Router",
    "Send",
    "SoapCodec",
    "SoapHeaders",
    "Specification",
    "Tolerance",
    "UNSET",
    "Version",
    "Violation",
    "Wire",
    "evolve",
    "from_wire",
    "read",
    "specification",
    "to_wire",
    *VERSION_PACKAGES,
    "validate",
]
#: Values have a comment above them in place of a docstring; this is the module that defines them. (`Frame` needs
#: neither: it is a union of documented classes.)
VALUES = {"MISSING": "messages", "UNSET": "messages"}


def test_public_names_are_these() -> None:
    assert sorted(PUBLIC) == PUBLIC
    assert dir(ocpp_core) == PUBLIC


def test_type_checkers_and_the_interpreter_see_the_same_names() -> None:
    """The names stand twice in ``ocpp_core/__init__.py``: for type checkers, and for loading on first use."""
    source = Path(ocpp_core.__file__).read_text(encoding="utf-8")
    typed = re.findall(r"^    from ocpp_core(?:\.\w+)? import (\w+) as \1$", source, re.MULTILINE)

    assert sorted(typed) == PUBLIC


@pytest.mark.parametrize("name", [name for name in PUBLIC if name not in {"Frame", *VALUES}])
def test_public_name_is_documented(name: str) -> None:
    """By itself: a docstring of a base class does not count."""
    assert getattr(ocpp_core, name).__doc__


@pytest.mark.parametrize("name", VALUES)
def test_public_value_is_documented(name: str) -> None:
    source = (Path(ocpp_core.__file__).parent / f"{VALUES[name]}.py").read_text(encoding="utf-8")

    assert re.search(rf"^#: .+\n{name}\b", source, re.MULTILINE)


@pytest.mark.parametrize(
    "cls",
    [pytest.param(value, id=name) for name in PUBLIC if isinstance(value := getattr(ocpp_core, name), type)],
)
def test_public_methods_are_documented(cls: type) -> None:
    undocumented = [
        name
        for name, member in vars(cls).items()
        if not name.startswith("_")
        and isinstance(member, types.FunctionType | property | classmethod | staticmethod)
        and not inspect.getdoc(member)
    ]

    assert [] == undocumented


@pytest.mark.parametrize("version", VERSION_PACKAGES)
def test_every_name_of_a_version_loads_and_is_documented(version: str) -> None:
    package = getattr(ocpp_core, version)
    names = dir(package)

    assert sorted(names) == names
    assert [] == [name for name in names if not vars(getattr(package, name)).get("__doc__")]


def test_there_is_a_package_for_each_version() -> None:
    assert VERSION_PACKAGES == [f"v{version.replace('.', '')}" for version in Version]


def test_unknown_name_is_refused() -> None:
    with pytest.raises(AttributeError) as info:
        _ = ocpp_core.Connect  # type: ignore[attr-defined]

    assert "module 'ocpp_core' has no attribute 'Connect'" == str(info.value)

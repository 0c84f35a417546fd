"""The public names of `ocpp_core`: one sorted list, each with a docstring or a comment, each a name of `dir`."""

import importlib
import inspect
import json
import re
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import ocpp_core
from ocpp_core.model.versions import Version

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
    "CannotConnectError",
    "Connection",
    "ConnectionLostError",
    "ErrorCode",
    "Frame",
    "FrameError",
    "FrameKind",
    "Hooks",
    "JsonCodec",
    "LocalProtocolError",
    "Loss",
    "LossKind",
    "LossReason",
    "MISSING",
    "NeedsSessionError",
    "NoAnswer",
    "NoClientError",
    "NoSuchAction",
    "NotConnectedError",
    "Notification",
    "OcppError",
    "PayloadError",
    "Peer",
    "Policy",
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
    "Translation",
    "UNSET",
    "Version",
    "Violation",
    "Wire",
    "add_secret_names",
    "evolve",
    "from_wire",
    "merge",
    "read",
    "specification",
    "to_wire",
    "translate",
    *VERSION_PACKAGES,
    "validate",
]
#: Values have a comment above them in place of a docstring; this is the module that defines them. (`Frame` needs
#: neither: it is a union of documented classes.)
VALUES = {"MISSING": "model/messages", "UNSET": "model/messages"}


def test_public_names_are_these() -> None:
    assert sorted(PUBLIC) == PUBLIC
    assert dir(ocpp_core) == PUBLIC


#: Packages that gather names for users.
GATHERING = ["", "dispatch", "jsonrpc", "payloads", "soap", "testing"]


@pytest.mark.parametrize("package", GATHERING)
def test_type_checkers_and_the_interpreter_see_the_same_names(package: str) -> None:
    """The names stand twice in the ``__init__``: for type checkers, and for loading on first use."""
    gathered = importlib.import_module(f"ocpp_core.{package}".rstrip("."))
    source = Path(gathered.__file__ or "").read_text(encoding="utf-8")
    typed = re.findall(r"^    from ocpp_core[.\w]* import (\w+) as \1$", source, re.MULTILINE)

    assert sorted(typed) == dir(gathered)
    assert [] == [name for name in typed if getattr(gathered, name, None) is None]


#: What the modules of the alpha of 2026-11 offered, before they were put into packages: module to names.
BEFORE: dict[str, list[str]] = json.loads(
    (Path(__file__).parent / "conformance" / "public_names_2026_11.json").read_text(encoding="utf-8")
)
#: Where they are now. What CHANGELOG.md has of them is read from there.
MOVED = {
    module: re.findall(r"`([.\w]+)`", places)
    for module, places in re.findall(
        r"^\| `(ocpp_core[.\w]+)` \| (`ocpp_core.+`) \|$",
        (Path(__file__).parents[1] / "CHANGELOG.md").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
}


#: Names that are gone on purpose, and what says the same now.
GONE = {
    "ocpp_core.soap": {"fault_code": "soap.faults.fault_code"},
    "ocpp_core.envelopes": {
        "ANY_ANONYMOUS": "soap.envelopes.is_anonymous",
        "address_xml": "soap.envelopes.Prefixes.address",
        "block_xml": "soap.envelopes.Prefixes.block",
        "is_identity": "soap.envelopes.holds_identity",
    },
    "ocpp_core.messages": {"R": "model.messages.R_co"},
    "ocpp_core.peer": {"MOST_NOTICES": "max_held_bytes", "MOST_UNSENT": "max_held_bytes"},
    "ocpp_core.tolerance": {
        "MISNAMED": "WireField.misnamed",
        "MAX_DEVIATIONS": "model.violations.MAX_DEVIATIONS",
        "Report": "model.violations.Deviations",
        "TooManyDeviations": "model.violations.TooMany",
        "read_tolerantly": "payloads.walk.walk",
    },
    "ocpp_core.versions": {
        "COMPRESSION": "Specification.compresses",
        "FRACTION_DIGITS": "WireField.digits",
        "IDENTIFIER_IDENTITIES": "Specification.identities",
        "KEY_PASSWORDS": "Specification.has_key_passwords",
        "NOT_WHILE_PENDING": "Specification.not_while_pending",
        "SILENT_WHILE_REJECTED": "Specification.silent_while_rejected",
    },
    "ocpp_core.xmltolerance": {"Report": "model.violations.Deviations"},
    "ocpp_core.xsd": {"explain_element": "soap.tolerance.read_element_tolerantly"},
}


@pytest.mark.parametrize("module", BEFORE)
def test_no_public_name_was_lost_when_modules_moved(module: str) -> None:
    now = [importlib.import_module(name) for name in MOVED.get(module, [module])]
    lost = {name for name in BEFORE[module] if not any(hasattr(one, name) for one in now)}

    assert lost == GONE.get(module, {}).keys()


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


@pytest.mark.parametrize("package", ["", "dispatch", *VERSION_PACKAGES])
def test_all_public_names_can_be_imported_at_once(package: str) -> None:
    name = f"ocpp_core.{package}".rstrip(".")
    names: dict[str, Any] = {}
    exec(f"from {name} import *", names)

    assert set(dir(importlib.import_module(name))) == names.keys() - {"__builtins__"}


def test_the_version_is_that_of_the_distribution() -> None:
    project = (Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8")

    assert re.fullmatch(r"\d+\.\d+\.\d+", ocpp_core.__version__)
    assert 'path = "ocpp_core/__init__.py"' in project


def test_unknown_name_is_refused() -> None:
    with pytest.raises(AttributeError) as info:
        _ = ocpp_core.Connect  # type: ignore[attr-defined]

    assert "module 'ocpp_core' has no attribute 'Connect'" == str(info.value)


def functions_of(name: str) -> dict[str, Callable[..., Any]]:
    """A public function, or the methods of a public class that are its own."""
    value = getattr(ocpp_core, name)
    members = vars(value) if isinstance(value, type) else {name: value}
    found = {
        key: getattr(member, "__func__", None) or getattr(member, "fget", None) or member
        for key, member in members.items()
        if key == "__init__" or not key.startswith("_")
    }
    return {key: member for key, member in found.items() if isinstance(member, types.FunctionType)}


def test_every_public_parameter_and_result_has_a_type() -> None:
    """That the types are right is for `make types` to say, with tests/typing."""
    signatures = {
        f"{name}.{key}": inspect.signature(function)
        for name in PUBLIC
        for key, function in functions_of(name).items()
    }
    untyped = []
    for name, signature in signatures.items():
        types_ = {part.name: part.annotation for part in signature.parameters.values()}
        own = {"self", "cls"} & {next(iter(types_), "")}
        types_["return"] = signature.return_annotation
        untyped += [
            f"{name}: {part}"
            for part, type_ in types_.items()
            if type_ is inspect.Signature.empty and part not in own
        ]

    assert {"Peer.call", "JsonCodec.decode", "from_wire.from_wire"} <= set(signatures)
    assert [] == untyped

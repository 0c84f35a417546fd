"""Puts together, for each version, the one frozen value that says what an engine must know about it."""

from importlib import import_module
from typing import Any

from ocpp_core._lazy import once
from ocpp_core.model.passed import passed
from ocpp_core.model.printing import shown
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.model.versions import (
    ERROR_NAMES_1_6_JSON,
    ERROR_NAMES_2_0_1,
    ERROR_NAMES_2_1,
    ERROR_NAMES_SOAP,
    FRAME_KINDS,
    FRAME_KINDS_2_1,
    OWED_1_6,
    OWED_2_0_1,
    OWED_2_1,
    Role,
    Specification,
    Version,
    Wire,
)

#: Since 2.0 an identity is an identifierString: 48 characters, and no colon (2.0.1 and 2.1 part 2 §2.1.4).
_IDENTIFIER = r"[A-Za-z0-9*\-_=+|@.]{1,48}"

#: What 2.0 and its successors have in common; a CSMS has to offer compression (2.0.1 part 4 §3.3, 2.1 part 4 §3.4).
_SINCE_2_0: dict[str, Any] = {"identities": _IDENTIFIER, "compresses": True}

#: 1.2 and 1.5 over JSON, as in practice: nobody has written it down, so it is the frame layer of 1.6 with the messages
#: of the WSDLs. About other names of a member, one object for a list of one, and a value that is no object, there is
#: nothing to be strict.
_JSON_OF_1_X: dict[str, Any] = {
    "error_names": {Wire.JSON: ERROR_NAMES_1_6_JSON, Wire.SOAP: ERROR_NAMES_SOAP},
    "owed": OWED_1_6,
    "frame_kinds": FRAME_KINDS,
    "json_dialects": Tolerance.MISNAMED_MEMBER | Tolerance.OBJECT_FOR_LIST | Tolerance.FLAT_VALUE,
}

#: Everything but the actions, which stand in the generated modules.
_FACTS: dict[Version, dict[str, Any]] = {
    Version.V1_2: {
        "subprotocol": "ocpp1.2",
        **_JSON_OF_1_X,
        "namespaces": {Role.CSMS: "urn://Ocpp/Cs/2010/08/", Role.CHARGE_POINT: "urn://Ocpp/Cp/2010/08/"},
    },
    Version.V1_5: {
        "subprotocol": "ocpp1.5",
        **_JSON_OF_1_X,
        "namespaces": {Role.CSMS: "urn://Ocpp/Cs/2012/06/", Role.CHARGE_POINT: "urn://Ocpp/Cp/2012/06/"},
    },
    Version.V1_6: {
        "subprotocol": "ocpp1.6",
        "namespaces": {Role.CSMS: "urn://Ocpp/Cs/2015/10/", Role.CHARGE_POINT: "urn://Ocpp/Cp/2015/10/"},
        "error_names": {Wire.JSON: ERROR_NAMES_1_6_JSON, Wire.SOAP: ERROR_NAMES_SOAP},
        "owed": OWED_1_6,
        "frame_kinds": FRAME_KINDS,
        # OCPP-J 1.6 §6.2.2: AuthorizationKey is 20 bytes, and is configured as 40 hex digits.
        "has_key_passwords": True,
        # OCPP 1.6 §4.2.
        "silent_while_rejected": True,
        "not_while_pending": frozenset({"RemoteStartTransaction", "RemoteStopTransaction"}),
    },
    Version.V2_0: {
        "subprotocol": "ocpp2.0",
        **_SINCE_2_0,
        "error_names": {Wire.JSON: ERROR_NAMES_2_0_1},
        "owed": OWED_2_0_1,
        "frame_kinds": FRAME_KINDS,
    },
    Version.V2_0_1: {
        "subprotocol": "ocpp2.0.1",
        **_SINCE_2_0,
        "error_names": {Wire.JSON: ERROR_NAMES_2_0_1},
        "owed": OWED_2_0_1,
        "frame_kinds": FRAME_KINDS,
    },
    Version.V2_1: {
        "subprotocol": "ocpp2.1",
        **_SINCE_2_0,
        "error_names": {Wire.JSON: ERROR_NAMES_2_1},
        "owed": OWED_2_1,
        "frame_kinds": FRAME_KINDS_2_1,
    },
}


def specification(identifier: str) -> Specification:
    """The specification of a version: the same value whatever it is called.

    Args:
        identifier: A `Version` or its number ("2.0.1"), a WebSocket subprotocol ("ocpp2.0.1"), or the target namespace
            of a SOAP service, with or without its final slash (OCPP-S 1.6 prints both).

    Raises:
        LookupError: No version goes by that name.
        TypeError: It is no text.
    """
    given: Any = identifier
    if not isinstance(given, str):
        raise TypeError(f"the number of an OCPP version is needed, such as '1.6'; got {passed(given)}")
    # Only the standard's own names are looked up, and each version is kept once: peers may write what they like.
    version = _identifiers().get(identifier)
    if version is None:
        raise LookupError(f"No OCPP version is called {shown(identifier)}; there are {', '.join(Version)}")
    return _specification(version)


@once
def _specification(version: Version) -> Specification:
    name = f"ocpp_core.v{version.replace('.', '')}"
    package = import_module(name)
    actions = import_module(f"{name}.actions").ACTIONS
    return Specification(
        version=version,
        actions={action.name: action for action in actions},
        load=lambda name: getattr(package, name),
        **_FACTS[version],
    )


@once
def _identifiers() -> dict[str, Version]:
    names: dict[str, Version] = {}
    for version, facts in _FACTS.items():
        names[version.value] = version
        if "subprotocol" in facts:
            names[facts["subprotocol"]] = version
        for namespace in facts.get("namespaces", {}).values():
            names[namespace] = names[namespace.removesuffix("/")] = version
    return names

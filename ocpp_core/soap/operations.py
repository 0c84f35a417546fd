"""What the elements of an envelope stand for: the operations of a version, by the names of their body elements.

Source: the WSDLs of OCPP 1.2, 1.5 and 1.6.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from attrs import frozen
from lxml import etree

from ocpp_core._lazy import once
from ocpp_core.model.messages import Payload
from ocpp_core.model.specifications import specification
from ocpp_core.model.versions import Action, Role, Specification, Version
from ocpp_core.soap.binding import ReadElement, element_reader
from ocpp_core.soap.envelopes import BLOCKS
from ocpp_core.soap.text import split_name
from ocpp_core.soap.validation import schema


@frozen(slots=False)  # slots would leave no place for what is worked out once
class Operation:
    """What a body element stands for. `service` is who receives the request."""

    specification: Specification
    action: Action
    is_request: bool
    service: Role

    @cached_property
    def cls(self) -> type[Payload]:
        """The class of its payload."""
        loaded = self.specification.request if self.is_request else self.specification.response
        cls: type[Payload] = loaded(self.action.name)
        return cls

    @property
    def name(self) -> str:
        """The name of its message: what Action has behind the slash."""
        return self.action.name if self.is_request else self.action.response_name or ""

    @cached_property
    def namespace(self) -> str:
        """Of its element, and of all that are in it."""
        return self.specification.namespaces[self.service]

    @cached_property
    def rules(self) -> etree.XMLSchema:
        """The XML Schema that judges its element."""
        return schema(self.specification.version, self.service)

    @cached_property
    def read(self) -> ReadElement:
        """Builds its payload from a valid element."""
        return element_reader(self.cls, self.namespace)


@frozen
class Vocabulary:
    """The names that envelopes of one version have for one side.

    Attributes:
        specification: The version.
        role: The side that reads.
        operations: What each body element stands for, by its full name.
        blocks: The field of `SoapHeaders` that each header block fills, by its full name, and whether it is an endpoint
            reference.
    """

    specification: Specification
    role: Role
    operations: Mapping[Any, Operation]
    blocks: Mapping[Any, tuple[str, bool]]

    @classmethod
    def of(cls, known: Specification, role: Role) -> "Vocabulary":
        """That of a version."""
        identities = {
            f"{{{namespace}}}chargeBoxIdentity": ("identity", False)
            for namespace in known.namespaces.values()
        }
        return cls(known, role, operations_of(known), {**BLOCKS, **identities})

    def meant(self, local: str) -> Mapping[Role, Operation]:
        """The operations whose elements have a local name, by the service that they are of."""
        names = {role: f"{{{namespace}}}{local}" for role, namespace in self.specification.namespaces.items()}
        return {role: self.operations[name] for role, name in names.items() if name in self.operations}


@once
def operations_of(known: Specification) -> Mapping[str, Operation]:
    """The operations of a version, by the qualified names of the elements in bodies."""
    operations: dict[str, Operation] = {}
    for action in known.actions.values():
        for service, namespace in known.namespaces.items():
            # The security extension of 1.6 has no SOAP form (whitepaper §1.4).
            if action.block != "Security" and receiver(action, service) is service:
                for name, is_request in ((action.request_name, True), (action.response_name or "", False)):
                    operation = Operation(known, action, is_request, service)
                    operations[f"{{{namespace}}}{element_name(name)}"] = operation
    return operations


def element_name(message: str) -> str:
    """The body element of a message: its name with a small first letter (WSDLs)."""
    return message[:1].lower() + message[1:]


def receiver(action: Action, otherwise: Role) -> Role:
    """Who receives the request of an action; `otherwise` if either side may send it."""
    return otherwise if action.sent_by is Role.EITHER else Role.EITHER ^ action.sent_by


def version_of(child: etree._Element) -> Version | None:
    """The version whose namespace a body element has."""
    namespace, _ = split_name(child.tag)
    if not namespace.startswith("urn:"):  # `specification` goes by other names too, such as "2.0.1"
        return None
    try:
        return Version(specification(namespace).version)
    except LookupError:
        return None

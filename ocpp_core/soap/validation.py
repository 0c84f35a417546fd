"""The verdict on an XML body: that of the XML Schema in the WSDL of the version, read by `lxml`."""

import re
import threading

from lxml import etree

from ocpp_core._lazy import once
from ocpp_core.facts.folders import folder
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.printing import LONG, printable
from ocpp_core.model.versions import SERVICES, Role
from ocpp_core.model.violations import Violation
from ocpp_core.soap.text import schema_fault

_SCHEMA = "{http://www.w3.org/2001/XMLSchema}schema"

#: A schema and its log of errors are shared by all threads.
_JUDGING = threading.Lock()
_NAMESPACE = re.compile(r"\{[^}]*\}")


@once
def schema(version: str, receiver: Role) -> etree.XMLSchema:
    """The XML Schema of one service.

    Args:
        version: Number of the OCPP version.
        receiver: Who serves it: `Role.CSMS` for CentralSystemService.
    """
    wsdl = etree.parse(folder("wsdl") / version / f"{SERVICES[receiver]}.wsdl")
    found = wsdl.find(f".//{_SCHEMA}")
    assert found is not None
    # Written and read again, so that the prefixes of the WSDL come along.
    return etree.XMLSchema(etree.fromstring(etree.tostring(found)))


def broken_rule(
    element: etree._Element, rules: etree.XMLSchema, *, is_wide: bool = False
) -> Violation | None:
    """What libxml2 says is wrong with a body element, the first of it; None if its schema accepts it.

    That is the verdict. Where and why in our terms, `ocpp_core.soap.tolerance` finds out; if it finds nothing, this is
    what there is to be said.

    Args:
        element: The child of the SOAP body.
        rules: The schema.
        is_wide: Whether some element in it has very many in it.
    """
    line = None
    if is_wide:
        said = schema_fault(element, rules)
        if said is None:
            return None
    else:
        with _JUDGING:
            if rules.validate(element):
                return None
            said, line = rules.error_log[0].message, rules.error_log[0].line
    said = printable(_NAMESPACE.sub("", said.strip()), LONG)
    return Violation("$", "schema", said, ErrorCode.FORMAT, line=line)

"""Envelopes of the SOAP wire, as either side may send them: every operation of a version, and faults."""

from collections.abc import Collection

from hypothesis import strategies as st

from ocpp_core.model.codes import FrameKind
from ocpp_core.model.errors import LocalProtocolError, PayloadError
from ocpp_core.model.messages import Call, CallError, CallResult, Frame
from ocpp_core.model.specifications import specification
from ocpp_core.model.versions import Role, Wire
from ocpp_core.soap.codec import SoapCodec
from ocpp_core.soap.envelopes import Prefixes
from ocpp_core.soap.operations import Operation, Vocabulary
from ocpp_core.testing.strategies import messages_in_xml

__all__ = ["envelopes"]

_KINDS = (FrameKind.CALL, FrameKind.CALLRESULT, FrameKind.CALLERROR)
_IDS = st.one_of(st.just("urn:example:1"), st.uuids().map(lambda id: id.urn))
_PREFIXES = st.sampled_from(
    [Prefixes(), Prefixes("soap", "a", "tns"), Prefixes("SOAP-ENV", "wsa5", "cs"), Prefixes("s", "addr", "o")]
)
_IDENTITIES = st.one_of(st.just("CP-1"), st.sampled_from(["Säule 7", "a<b&c", "CP/1|2"]))
_REASONS = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"), max_size=40
)


def envelopes(
    version: str,
    *,
    kinds: Collection[FrameKind] = _KINDS,
    action: str | None = None,
    receiver: Role = Role.EITHER,
) -> st.SearchStrategy[bytes]:
    """Valid envelopes of SOAP 1.2: requests (`FrameKind.CALL`), responses and faults.

    Prefixes of namespaces vary. Shrunk, an envelope is a request with the usual prefixes and a small payload.

    Args:
        version: One with SOAP: "1.2", "1.5" or "1.6".
        kinds: Of frames.
        action: Only envelopes of this operation; faults are of none.
        receiver: Only what this side reads: requests that it serves, answers to what it has asked.

    Raises:
        LocalProtocolError: The version has no SOAP, or no envelope is left.
    """
    known = specification(version)
    if Wire.SOAP not in known.error_names:
        raise LocalProtocolError(f"OCPP {known.version} has no SOAP wire")
    readers = [role for role in (Role.CSMS, Role.CHARGE_POINT) if role & receiver]
    drawn: list[st.SearchStrategy[bytes]] = []
    for kind in kinds:
        for reader in readers:
            # Who reads a request serves it; who reads a response has asked the other side, whose service it is of.
            service = reader if kind is FrameKind.CALL else Role.EITHER ^ reader
            operations = [
                each
                for each in Vocabulary.of(known, reader).operations.values()
                if each.service is service
                and each.is_request == (kind is FrameKind.CALL)
                and action in (None, each.action.name)
            ]
            if kind is FrameKind.CALLERROR:
                drawn += [] if action is not None else [_written(version, reader, _faults(version))]
            elif operations:
                drawn.append(_written(version, reader, _of_operations(operations)))
    if not drawn:
        raise LocalProtocolError(f"OCPP {known.version} has no such envelope")
    return st.one_of(drawn)


def _of_operations(operations: list[Operation]) -> st.SearchStrategy[Frame]:
    def of(operation: Operation) -> st.SearchStrategy[Frame]:
        made = Call if operation.is_request else CallResult
        return st.builds(made, _IDS, messages_in_xml(operation.cls))

    return st.sampled_from(operations).flatmap(of)


def _faults(version: str) -> st.SearchStrategy[Frame]:
    codes = list(specification(version).error_names[Wire.SOAP])
    return st.builds(CallError, _IDS, st.sampled_from(codes), _REASONS)


@st.composite
def _written(draw: st.DrawFn, version: str, reader: Role, drawn: st.SearchStrategy[Frame]) -> bytes:
    codec = SoapCodec(
        version,
        role=Role.EITHER ^ reader,
        identity=draw(_IDENTITIES),
        to="http://example/ocpp",
        prefixes=draw(_PREFIXES),
    )
    try:
        return codec.encode(draw(drawn))
    except PayloadError:
        # The WSDL of 1.6 asks for more items of some lists than its JSON Schema, and text of xs:anyURI is no any text.
        return draw(st.nothing())

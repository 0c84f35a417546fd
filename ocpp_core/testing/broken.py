"""Frames and envelopes that break exactly one rule, with what a receiver may answer to each.

The ids of rules are those of the conformance kit (`docs/conformance-rules.md`), where it has one for the same thing.
"""

from collections.abc import Callable, Collection, Iterable
from typing import Any, Literal, NamedTuple

from hypothesis import assume
from hypothesis import strategies as st
from lxml import etree

from ocpp_core.model.codes import ErrorCode, FrameKind
from ocpp_core.model.errors import LocalProtocolError
from ocpp_core.model.shapes import Enumeration, Field, ListOf, shape
from ocpp_core.model.specifications import specification
from ocpp_core.model.versions import ERROR_NAMES_SOAP, Role, Specification, Wire
from ocpp_core.soap.operations import Vocabulary
from ocpp_core.soap.text import split_name
from ocpp_core.testing.mutations import broken_payloads, is_breakable
from ocpp_core.testing.soap_envelopes import envelopes
from ocpp_core.testing.strategies import json_text, payloads

__all__ = ["HTTP_ERROR", "NO_ANSWER", "Broken", "broken_envelopes", "broken_frames"]

#: Stands among the answers for silence, with the connection still open.
NO_ANSWER = "no answer"
#: Stands among the answers for a status of 4xx or 5xx without an envelope.
HTTP_ERROR = "HTTP error"


class Broken(NamedTuple):
    """Something that breaks exactly one rule.

    Attributes:
        rule: Its id, which names no version: ``frame.unknown-action``.
        path: Where it is broken: in the array of a frame (``$[3].idTag``), or the name of an element of an envelope.
        text: What to send: text of a frame, bytes of an envelope.
        accepted: What a receiver may answer: codes of errors as the version spells them, in SOAP sub-codes or, where a
            fault has none, codes; `NO_ANSWER`; `HTTP_ERROR`. Never a result, and the connection stays open.
        level: "should" where the standard leaves a receiver free to serve it.
    """

    rule: str
    path: str
    text: Any
    accepted: frozenset[str]
    level: Literal["must", "should"] = "must"


# Frames

#: What may be said of any payload that breaks its schema, beside the code of the rule that it breaks.
_PAYLOAD = (
    ErrorCode.FORMAT,
    ErrorCode.STRUCTURE,
    ErrorCode.PROTOCOL,
    ErrorCode.PROPERTY_CONSTRAINT,
    ErrorCode.GENERIC,
)
#: What may be said of a frame whose elements are wrong (OCPP-J 1.6 §4.2.3 table 7; 2.0.1 part 4 §4.3).
_FRAME = (
    ErrorCode.FRAME,
    ErrorCode.MESSAGE_ID,
    ErrorCode.FORMAT,
    ErrorCode.PROTOCOL,
    ErrorCode.TYPE_CONSTRAINT,
    ErrorCode.OCCURRENCE_CONSTRAINT,
    ErrorCode.GENERIC,
)
_UNKNOWN = (ErrorCode.NOT_IMPLEMENTED, ErrorCode.NOT_SUPPORTED)
#: The rule of the kit for each keyword of JSON Schema.
PAYLOAD_RULES = {
    "required": "refuse.required",
    "additionalProperties": "refuse.unknown-member",
    "type": "refuse.type",
    "enum": "refuse.enum",
    "maxLength": "refuse.length",
    "format": "refuse.timestamp",
    "minItems": "refuse.items",
    "maxItems": "refuse.items",
    "minimum": "refuse.range",
    "maximum": "refuse.range",
    "multipleOf": "refuse.range",
}
#: Values of every JSON type but text.
_NO_TEXT: tuple[Any, ...] = (7, None, True, [], {}, 0.5)


class _Call(NamedTuple):
    """A valid call, to be broken."""

    known: Specification
    id: str
    action: str
    payload: dict[str, Any]

    def frame(self, **changed: Any) -> list[Any]:
        parts = {"type": 2, "id": self.id, "action": self.action, "payload": self.payload, **changed}
        return list(parts.values())

    def broken(
        self, rule: str, path: str, text: Any, codes: Iterable[ErrorCode], *others: str, level: Any = "must"
    ) -> Broken:
        names = self.known.error_names[Wire.JSON]
        accepted = frozenset({*(names[code] for code in codes if code in names), *others})
        return Broken(rule, path, text if isinstance(text, str) else json_text(text), accepted, level)


_Break = Callable[[st.DrawFn, _Call], Broken]


def broken_frames(
    version: str,
    *,
    rules: Collection[str] = (),
    receiver: Role = Role.CSMS,
    actions: Collection[str] = (),
) -> st.SearchStrategy[Broken]:
    """Frames that break one rule each: of frames, and by `broken_payloads` of payloads.

    Nothing else is wrong with them, so that an answer tells what is thought of that one rule. A rule is drawn first.

    Args:
        version: One with a JSON wire.
        rules: Only these; all, if none is given.
        receiver: Who is sent them: calls are such as this side serves.
        actions: Calls of these alone, for peers that a careless reading of another could change; all, if none is given.

    Raises:
        LocalProtocolError: The version has no JSON wire, or no rule is left.
    """
    known = specification(version)
    if Wire.JSON not in known.error_names:
        raise LocalProtocolError(f"OCPP {known.version} has no JSON wire")
    breaks = {**_FRAME_BREAKS, **({"frame.send-unanswered": _send} if _sends(known) else {})}
    served = [name for name in _served(known, receiver) if not actions or name in actions]
    breakable = [name for name in served if is_breakable(known.request(name))]
    of_frames = {rule: made for rule, made in breaks.items() if not rules or rule in rules}
    of_payloads = {rule for rule in PAYLOAD_RULES.values() if not rules or rule in rules}
    drawn = [_broken_frames(known, served, of_frames)] if served and of_frames else []
    drawn += [_broken_calls(known, breakable, of_payloads)] if breakable and of_payloads else []
    if not drawn:
        raise LocalProtocolError(f"OCPP {known.version} has no such rule")
    return st.one_of(drawn)


def _served(known: Specification, receiver: Role) -> list[str]:
    """The actions whose requests a side is sent."""
    rows = known.actions.values()
    return [row.name for row in rows if row.answered and row.sent_by & (Role.EITHER ^ receiver)]


@st.composite
def _broken_frames(
    draw: st.DrawFn, known: Specification, names: list[str], breaks: dict[str, _Break]
) -> Broken:
    made = breaks[draw(st.sampled_from(list(breaks)))]
    action = draw(st.sampled_from(names))
    return made(draw, _Call(known, draw(_IDS), action, draw(payloads(known.request(action)))))


@st.composite
def _broken_calls(draw: st.DrawFn, known: Specification, names: list[str], rules: set[str]) -> Broken:
    action = draw(st.sampled_from(names))
    broken = draw(broken_payloads(known.request(action)))
    rule = PAYLOAD_RULES[broken.keyword]
    assume(rule in rules)
    call = _Call(known, draw(_IDS), action, broken.payload)
    return call.broken(rule, f"$[3]{broken.path[1:]}", call.frame(), (broken.code, *_PAYLOAD))


_IDS = st.one_of(st.just("1"), st.uuids().map(str))


def _sends(known: Specification) -> list[str]:
    return [row.name for row in known.actions.values() if not row.answered]


def _no_json(draw: st.DrawFn, call: _Call) -> Broken:
    text = json_text(call.frame())
    cut = text[: draw(st.integers(1, len(text) - 1))]
    whole = draw(st.sampled_from([cut, f"{text}]", "{}", "[]", "null", '"text"', "7", f"{{{text}}}"]))
    return call.broken("frame.survives-no-json", "$", whole, (*_FRAME, *_PAYLOAD), NO_ANSWER)


def _type(draw: st.DrawFn, call: _Call) -> Broken:
    number: Any = draw(st.sampled_from(["2", None, True, 2.5, [], {}]))
    return call.broken("frame.type", "$[0]", call.frame(type=number), _FRAME, NO_ANSWER)


def _unknown_type(draw: st.DrawFn, call: _Call) -> Broken:
    number = draw(st.integers(-1, 99).filter(lambda number: number not in call.known.frame_kinds))
    codes = (ErrorCode.MESSAGE_TYPE,)
    return call.broken("frame.unknown-type", "$[0]", call.frame(type=number), codes, NO_ANSWER)


def _id(draw: st.DrawFn, call: _Call) -> Broken:
    frame = call.frame(id=draw(st.sampled_from(_NO_TEXT)))
    return call.broken("frame.id-text", "$[1]", frame, _FRAME, NO_ANSWER)


def _long_id(draw: st.DrawFn, call: _Call) -> Broken:
    frame = call.frame(id="1" * draw(st.integers(37, 80)))
    return call.broken("frame.long-id", "$[1]", frame, _FRAME, level="should")


def _empty_id(_: st.DrawFn, call: _Call) -> Broken:
    return call.broken("frame.id-length", "$[1]", call.frame(id=""), _FRAME, NO_ANSWER)


def _count(draw: st.DrawFn, call: _Call) -> Broken:
    frame = call.frame()
    wrong = draw(st.sampled_from([frame[:2], frame[:3], [*frame, {}], [*frame, None]]))
    return call.broken("frame.wrong-count", "$", wrong, _FRAME, NO_ANSWER)


def _action(draw: st.DrawFn, call: _Call) -> Broken:
    frame = call.frame(action=draw(st.sampled_from(_NO_TEXT)))
    return call.broken("frame.call-shape", "$[2]", frame, (*_FRAME, *_UNKNOWN), NO_ANSWER)


def _unknown_action(draw: st.DrawFn, call: _Call) -> Broken:
    known = call.known.actions
    names = st.one_of(
        st.sampled_from(["Dance", "", f"{call.action}Request", f" {call.action}"]),
        st.text(st.characters(codec="utf-8"), max_size=12),
    )
    name = draw(names.filter(lambda name: name not in known and name.lower() not in map(str.lower, known)))
    return call.broken("frame.unknown-action", "$[2]", call.frame(action=name), _UNKNOWN)


def _action_case(draw: st.DrawFn, call: _Call) -> Broken:
    name = draw(st.sampled_from([call.action.lower(), call.action.upper(), call.action.swapcase()]))
    return call.broken("frame.action-case", "$[2]", call.frame(action=name), _UNKNOWN)


def _no_object(draw: st.DrawFn, call: _Call) -> Broken:
    payload = draw(st.sampled_from([[], [call.payload], "", "{}", 0, True]))
    codes = (*_PAYLOAD, ErrorCode.TYPE_CONSTRAINT, ErrorCode.FRAME)
    return call.broken("frame.payload-no-object", "$[3]", call.frame(payload=payload), codes, NO_ANSWER)


def _answer_to_nothing(draw: st.DrawFn, call: _Call) -> Broken:
    frame = draw(st.sampled_from([[3, call.id, {}], [4, call.id, "InternalError", "", {}]]))
    return call.broken("frame.answers-unanswered", "$[1]", frame, (), NO_ANSWER)


def _short_result(_: st.DrawFn, call: _Call) -> Broken:
    return call.broken("frame.result-shape", "$", [3, call.id], (), NO_ANSWER)


def _error_shape(draw: st.DrawFn, call: _Call) -> Broken:
    wrong = [[4, call.id], [4, call.id, "InternalError"], [4, call.id, 7, "", {}], [4, call.id, "", "", None]]
    return call.broken("frame.error-shape", "$", draw(st.sampled_from(wrong)), (), NO_ANSWER)


def _send(draw: st.DrawFn, call: _Call) -> Broken:
    action = draw(st.sampled_from([*_sends(call.known), call.action, "Dance"]))
    frame = call.frame(type=FrameKind.SEND.value, action=action, payload={"extra": 1})
    return call.broken("frame.send-unanswered", "$[3]", frame, (), NO_ANSWER)


_FRAME_BREAKS: dict[str, _Break] = {
    "frame.unknown-action": _unknown_action,
    "frame.action-case": _action_case,
    "frame.survives-no-json": _no_json,
    "frame.type": _type,
    "frame.unknown-type": _unknown_type,
    "frame.id-text": _id,
    "frame.long-id": _long_id,
    "frame.id-length": _empty_id,
    "frame.wrong-count": _count,
    "frame.call-shape": _action,
    "frame.payload-no-object": _no_object,
    "frame.answers-unanswered": _answer_to_nothing,
    "frame.result-shape": _short_result,
    "frame.error-shape": _error_shape,
}


# Envelopes

_ENVELOPE = "http://www.w3.org/2003/05/soap-envelope"
_OLD_ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
#: The sub-codes (OCPP-S 1.6 §4 table 1).
_FAULTS = frozenset(ERROR_NAMES_SOAP.values())
_SENDERS = _FAULTS - {"NotSupported"}


def broken_envelopes(
    version: str, *, rules: Collection[str] = (), receiver: Role = Role.CSMS
) -> st.SearchStrategy[Broken]:
    """Requests in SOAP that break one rule each.

    Args:
        version: One with SOAP.
        rules: Only these; all, if none is given.
        receiver: Who is sent them.

    Raises:
        LocalProtocolError: The version has no SOAP, or no rule is left.
    """
    requests = envelopes(version, kinds=[FrameKind.CALL], receiver=receiver)
    left = {rule: made for rule, made in _ENVELOPE_BREAKS.items() if not rules or rule in rules}
    if not left:
        raise LocalProtocolError(f"OCPP {version} has no such rule")
    return _broken_envelopes(specification(version), receiver, requests, left)


class _Request(NamedTuple):
    """A valid request, to be broken."""

    known: Specification
    receiver: Role
    body: bytes
    root: etree._Element

    @property
    def content(self) -> etree._Element:
        """The element of the operation."""
        return self.root[1][0]

    @property
    def fields(self) -> tuple[Field, ...]:
        """What the operation has."""
        operation = Vocabulary.of(self.known, self.receiver).operations[self.content.tag]
        return shape(operation.cls).fields

    def header(self, name: str) -> etree._Element:
        (found,) = (block for block in self.root[0] if split_name(block.tag)[1] == name)
        return found

    def broken(self, rule: str, path: str, accepted: Iterable[str], text: bytes | None = None) -> Broken:
        written = etree.tostring(self.root, encoding="UTF-8", xml_declaration=True)
        return Broken(rule, path, written if text is None else text, frozenset(accepted))


@st.composite
def _broken_envelopes(
    draw: st.DrawFn,
    known: Specification,
    receiver: Role,
    requests: st.SearchStrategy[bytes],
    breaks: dict[str, Callable[[st.DrawFn, _Request], Broken]],
) -> Broken:
    made = breaks[draw(st.sampled_from(list(breaks)))]
    body = draw(requests)
    return made(draw, _Request(known, receiver, body, etree.fromstring(body)))


def _cut(draw: st.DrawFn, request: _Request) -> Broken:
    text = request.body[: draw(st.integers(1, len(request.body) - 2))]
    return request.broken("envelope.broken", "Envelope", {*_SENDERS, HTTP_ERROR}, text)


def _old(_: st.DrawFn, request: _Request) -> Broken:
    text = request.body.replace(_ENVELOPE.encode(), _OLD_ENVELOPE.encode())
    return request.broken("envelope.soap11", "Envelope", {"VersionMismatch", *_SENDERS, HTTP_ERROR}, text)


def _must_understand(draw: st.DrawFn, request: _Request) -> Broken:
    name = draw(st.sampled_from(["Security", "Transaction"]))
    block = etree.SubElement(request.root[0], f"{{urn:example:{name.lower()}}}{name}")
    block.set(f"{{{_ENVELOPE}}}mustUnderstand", draw(st.sampled_from(["true", "1"])))
    return request.broken("envelope.must-understand", name, {"MustUnderstand", *_SENDERS})


def _no_identity(_: st.DrawFn, request: _Request) -> Broken:
    request.root[0].remove(request.header("chargeBoxIdentity"))
    return request.broken("envelope.no-identity", "chargeBoxIdentity", _SENDERS)


def _unknown_operation(draw: st.DrawFn, request: _Request) -> Broken:
    name = draw(st.sampled_from(["Dance", "BootNotifications"]))
    namespace, _old_name = split_name(request.content.tag)
    request.content.tag = f"{{{namespace}}}{name[:1].lower()}{name[1:]}Request"
    request.header("Action").text = f"/{name}"
    return request.broken("envelope.unknown-action", "Body", _FAULTS)


def _unknown_element(draw: st.DrawFn, request: _Request) -> Broken:
    namespace, _name = split_name(request.content.tag)
    name = draw(st.sampled_from(["extra", "vendor", "customData"]))
    etree.SubElement(request.content, f"{{{namespace}}}{name}").text = "1"
    return request.broken("refuse.unknown-member", name, _SENDERS)


def _missing(draw: st.DrawFn, request: _Request) -> Broken:
    required = [field.wire for field in request.fields if field.is_required and not _is_list(field)]
    present = [child for child in request.content if split_name(child.tag)[1] in required]
    assume(present)
    child = draw(st.sampled_from(present))
    request.content.remove(child)
    return request.broken("refuse.required", split_name(child.tag)[1], _SENDERS)


def _token(draw: st.DrawFn, request: _Request) -> Broken:
    enums = [field.wire for field in request.fields if isinstance(field.kind, Enumeration)]
    present = [child for child in request.content if split_name(child.tag)[1] in enums]
    assume(present)
    child = draw(st.sampled_from(present))
    child.text = draw(st.sampled_from([f"{child.text}x", (child.text or "").swapcase(), "Dance", ""]))
    return request.broken("refuse.enum", split_name(child.tag)[1], _SENDERS)


def _is_list(field: Field) -> bool:
    return isinstance(field.kind, ListOf)


_ENVELOPE_BREAKS: dict[str, Callable[[st.DrawFn, _Request], Broken]] = {
    "envelope.unknown-action": _unknown_operation,
    "envelope.no-identity": _no_identity,
    "envelope.must-understand": _must_understand,
    "envelope.soap11": _old,
    "envelope.broken": _cut,
    "refuse.unknown-member": _unknown_element,
    "refuse.required": _missing,
    "refuse.enum": _token,
}

"""Checks of either role: envelopes of OCPP-S and their faults, whose requests are written here as text.

Needs the extra ``soap``.
"""

import re
from contextlib import suppress
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

from attrs import frozen
from lxml import etree

from ocpp_core.conformance.checks import check
from ocpp_core.conformance.checks.asking import ask, listen
from ocpp_core.conformance.checks.steering import coming
from ocpp_core.conformance.soap_texts import ADDRESSING, ANONYMOUS, ENVELOPE, Envelope, local, root_of, space
from ocpp_core.conformance.stages import Answer, AnswerKind, Json, PeerCall, Refused, Stage
from ocpp_core.conformance.traces import POSTED, Direction
from ocpp_core.conformance.verdicts import Inconclusive
from ocpp_core.model.messages import Payload
from ocpp_core.model.shapes import ListOf, Nested, shape
from ocpp_core.model.versions import SERVICES, Role

_OLD = "http://schemas.xmlsoap.org/soap/envelope/"
_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
#: The sub-codes, and the code of each (OCPP-S 1.6 §4 table 1).
_SUBCODES = {
    "SecurityError": "Sender",
    "IdentityMismatch": "Sender",
    "ProtocolError": "Sender",
    "InternalError": "Receiver",
    "NotSupported": "Receiver",
}
#: Codes that need no sub-code, since SOAP itself defines what they say.
_OF_SOAP = frozenset({"VersionMismatch", "MustUnderstand", "DataEncodingUnknown"})
#: Elements whose text may be empty.
_MAY_BE_EMPTY = frozenset({"data", "value", "info"})


#: What is asked where it does not matter what: of a station, the first that its version has. It needs no member.
_PLAIN = {Role.CSMS: ("Heartbeat",), Role.CHARGE_POINT: ("GetConfiguration", "ClearCache")}
#: What each is got to ask.
_OWN = {Role.CSMS: "ClearCache", Role.CHARGE_POINT: "Heartbeat"}
#: What is asked without the member that it needs.
_UNFIT = {Role.CSMS: "Authorize", Role.CHARGE_POINT: "UnlockConnector"}
#: Whose answers have more than one element, and what is asked for.
_LONG: dict[Role, tuple[tuple[str, Json], ...]] = {
    Role.CSMS: (("BootNotification", {}), ("Authorize", {}), ("DataTransfer", {})),
    Role.CHARGE_POINT: (("GetConfiguration", {}), ("DataTransfer", {})),
}


def _plain(stage: Stage) -> str:
    return next(action for action in _PLAIN[stage.role] if action in stage.specification.actions)


def _read(stage: Stage, mark: int) -> Envelope:
    """The envelope of an entry of the trace."""
    text = stage.trace[mark].text if mark >= 0 else ""
    root = root_of(text)
    if root is None:
        stage.cannot_tell("the answer is no XML, which another rule is about")
    return Envelope(root, text)


def _envelope(stage: Stage, mark: int) -> Envelope:
    """The same, for rules that are about parts of it."""
    read = _read(stage, mark)
    if not read.is_envelope:
        stage.cannot_tell("the answer is no envelope, which another rule is about")
    return read


async def _answered(stage: Stage, action: str = "", members: Json | None = None) -> Envelope:
    """The envelope that answers a right request."""
    action = action or _plain(stage)
    answer = await ask(stage, action, members)
    if answer.kind in (AnswerKind.SILENCE, AnswerKind.CLOSED, AnswerKind.ERROR):
        stage.needed(answer, f"the answer to {action}")
    return _envelope(stage, answer.mark)


def _namespace(stage: Stage, receiver: Role | None = None) -> str:
    return stage.specification.namespaces[stage.role if receiver is None else receiver]


# Requests as text


def _request(
    stage: Stage,
    id: str,
    *,
    operation: str = "",
    identity: str = "chargeBoxIdentity",
    who: str = "",
    envelope: str = ENVELOPE,
    sender: str = "http://127.0.0.1/",
    reply_to: str = ANONYMOUS,
    more: str = "",
) -> str:
    operation = operation or _plain(stage)
    name = f"{operation[0].lower()}{operation[1:]}Request"
    told = f"<c:{identity}>{escape(who or stage.identity)}</c:{identity}>" if identity else ""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<e:Envelope xmlns:e="{envelope}" xmlns:a="{ADDRESSING}" xmlns:c="{_namespace(stage)}"><e:Header>{told}'
        f"<a:Action>/{operation}</a:Action><a:MessageID>{id}</a:MessageID>"
        f"<a:From><a:Address>{escape(sender)}</a:Address></a:From>"
        f"<a:ReplyTo><a:Address>{reply_to}</a:Address></a:ReplyTo><a:To>http://127.0.0.1/</a:To>{more}"
        f"</e:Header><e:Body><c:{name}/></e:Body></e:Envelope>"
    )


async def _exchanged(stage: Stage, note: str, **parts: str) -> Answer:
    id = f"urn:uuid:{stage.new_id()}"
    return await stage.exchange(_request(stage, id, **parts), id, note=note)


async def _stands(stage: Stage) -> None:
    """A request as text that is right is served: what is odd in others is judged only where that is so."""
    stage.needed(await _exchanged(stage, "a plain request"), "the answer to a plain request")


# Answers


@check("envelope.answer")
async def answer(stage: Stage) -> None:
    """Asks, and looks at what comes."""
    came = await ask(stage, _plain(stage))
    if came.kind not in (AnswerKind.RESULT, AnswerKind.UNREADABLE):
        stage.needed(came)
    root = root_of(stage.trace[came.mark].text)
    if root is None or not Envelope(root).is_envelope:
        got = "no XML" if root is None else root.tag
        stage.deviates("an envelope of SOAP 1.2", got, marks=(came.mark,))
    if Envelope(root).content is None:
        stage.deviates("one element in the body", "none, or several", marks=(came.mark,))


@check("envelope.declaration")
async def declaration(stage: Stage) -> None:
    """Looks at the first line."""
    text = (await _answered(stage)).text
    if not re.match(r"<\?xml[^>]*\?>", text):
        stage.deviates("an XML declaration", "none")
    encoding = re.match(r"<\?xml[^>]*encoding=[\"']([^\"']+)", text)
    if encoding and encoding[1].lower() != "utf-8":
        stage.deviates("the encoding UTF-8", encoding[1])


@check("envelope.relates-to")
async def relates_to(stage: Stage) -> None:
    """Sends an id, and looks for it."""
    id = f"urn:uuid:{stage.new_id()}"
    came = await stage.exchange(_request(stage, id), id)
    if came.kind is not AnswerKind.UNREADABLE:
        stage.needed(came)
    related = _envelope(stage, came.mark).header("RelatesTo")
    if related != id:
        stage.deviates(f"RelatesTo {id}", related or "none", marks=(came.mark,))


@check("envelope.action")
async def action(stage: Stage) -> None:
    """Looks at the Action."""
    found = (await _answered(stage)).header("Action")
    short = f"/{_plain(stage)}Response"
    long = f"{_namespace(stage)}{SERVICES[stage.role]}{short}"
    # The WSDL of 1.2 names no action of outputs: the default of WS-Addressing is as right there.
    wanted = {short} | ({long} if stage.specification.version == "1.2" else set())
    if found not in wanted:
        stage.deviates(f"Action {short}", found or "none")


@check("envelope.namespace")
async def namespace(stage: Stage) -> None:
    """Looks at the namespaces."""
    read = await _answered(stage)
    content = read.content
    for element in ([] if content is None else [content]) + list(read.ocpp_headers()):
        found = space(element)
        if found.rstrip("/") != _namespace(stage).rstrip("/"):
            stage.deviates(f"{_namespace(stage)} for {local(element)}", found or "none", place=local(element))


@check("envelope.body-name")
async def body_name(stage: Stage) -> None:
    """Looks at the element in the body."""
    content = (await _answered(stage)).content
    if content is None:
        stage.cannot_tell("there is no such element")
    action = _plain(stage)
    wanted = f"{action[0].lower()}{action[1:]}Response"
    if local(content) != wanted:
        stage.deviates(wanted, local(content))


@check("envelope.order")
async def order(stage: Stage) -> None:
    """Looks at the answer that has the most elements."""
    action, members = _LONG[stage.role][0]
    content = (await _answered(stage, action, members)).content
    if content is None:
        stage.cannot_tell("there is no such element")
    _in_order(stage, content, stage.specification.response(action))


def _in_order(stage: Stage, element: etree._Element, cls: type[Payload]) -> None:
    """Whether the elements within are in the order of the schema, and those within them."""
    fields = shape(cls).by_wire
    children = [child for child in element if isinstance(child.tag, str) and local(child) in fields]
    found = [local(child) for child in children]
    wanted = sorted(found, key=list(fields).index)
    if found != wanted:
        stage.deviates(", ".join(dict.fromkeys(wanted)), ", ".join(found[:20]), place=local(element))
    for child in children:
        kind = fields[local(child)].kind
        kind = kind.item if isinstance(kind, ListOf) else kind
        if isinstance(kind, Nested):
            _in_order(stage, child, kind.cls)


@check("envelope.nil")
async def nil(stage: Stage) -> None:
    """Looks for nothing that is written."""
    said = [row for row in _LONG[stage.role] if row[0] in stage.specification.actions]
    if not said:
        stage.does_not_apply("what answers in this version may lack nothing")
    for action, members in said:
        content = (await _answered(stage, action, members)).content
        for element in () if content is None else content.iter():
            if not isinstance(element.tag, str) or element is content:
                continue
            is_empty = not len(element) and not (element.text or "").strip()
            if _NIL in element.attrib or (is_empty and local(element) not in _MAY_BE_EMPTY):
                stage.deviates(
                    f"no {local(element)} at all", "an empty one", place=f"{action} {local(element)}"
                )


# What is asked oddly


@check("envelope.coding")
async def coding(stage: Stage) -> None:
    """Packs what it asks in both ways that have to be understood."""
    await _stands(stage)
    for name in ("gzip", "deflate"):
        id = f"urn:uuid:{stage.new_id()}"
        came = await stage.exchange_packed(_request(stage, id), id, name)
        if came.kind is not AnswerKind.RESULT:
            marks = (came.mark,) if came.mark >= 0 else ()
            stage.deviates("a result", came, place=name, marks=marks)


@check("envelope.header-case")
async def header_case(stage: Stage) -> None:
    """Writes the header in other letters."""
    await _stands(stage)
    came = await _exchanged(stage, "other letters", identity="ChargeBoxIdentity")
    if came.kind is AnswerKind.ERROR:
        stage.deviates("a result", came, marks=(came.mark,))
    stage.needed(came)


@check("envelope.reply-to")
async def reply_to(stage: Stage) -> None:
    """Asks for an answer elsewhere."""
    await _stands(stage)
    came = await _exchanged(stage, "ReplyTo elsewhere", reply_to="http://127.0.0.1:9/elsewhere")
    if came.kind not in (AnswerKind.RESULT, AnswerKind.ERROR):
        stage.deviates("an answer in the HTTP response", came, marks=(came.mark,))


async def _draws_fault(stage: Stage, came: Answer) -> None:
    if came.kind is AnswerKind.RESULT:
        stage.deviates("a fault", came, marks=(came.mark,))
    if came.kind is not AnswerKind.ERROR:
        stage.deviates("a fault", came, marks=(came.mark,) if came.mark >= 0 else ())


@check("envelope.no-identity")
async def no_identity(stage: Stage) -> None:
    """Does not say who asks."""
    await _stands(stage)
    await _draws_fault(stage, await _exchanged(stage, "no identity", identity=""))


@check("envelope.identity-mismatch")
async def identity_mismatch(stage: Stage) -> None:
    """Asks another station than this one."""
    await _stands(stage)
    came = await _exchanged(stage, "another identity", who=f"NOBODY-{stage.new_id()[:8]}")
    await _draws_fault(stage, came)
    if came.code != "IdentityMismatch":
        stage.deviates("the sub-code IdentityMismatch", came.code or "none", marks=(came.mark,))


@check("envelope.must-understand")
async def must_understand(stage: Stage) -> None:
    """Sends a header that nobody understands."""
    await _stands(stage)
    block = '<x:unheardOf xmlns:x="urn:example:conformance" e:mustUnderstand="true">x</x:unheardOf>'
    await _draws_fault(stage, await _exchanged(stage, "a header that must be understood", more=block))


@check("envelope.unknown-action")
async def unknown_action(stage: Stage) -> None:
    """Asks for what there is not."""
    await _stands(stage)
    await _draws_fault(stage, await _exchanged(stage, "an unknown operation", operation="MakeCoffee"))


@check("envelope.soap11")
async def soap11(stage: Stage) -> None:
    """Sends an envelope of SOAP 1.1."""
    await _stands(stage)
    came = await _exchanged(stage, "SOAP 1.1", envelope=_OLD)
    if came.kind is AnswerKind.RESULT:
        stage.deviates("a fault VersionMismatch", came, marks=(came.mark,))


@check("envelope.broken")
async def broken(stage: Stage) -> None:
    """Cuts an envelope short."""
    await _stands(stage)
    id = f"urn:uuid:{stage.new_id()}"
    came = await stage.exchange(_request(stage, id)[:-20], id, note="broken: cut short")
    if came.kind is AnswerKind.RESULT:
        stage.deviates("a fault", came, marks=(came.mark,))


# Faults


@frozen
class _Fault:
    element: etree._Element
    read: Envelope
    mark: int

    def text(self, *path: str) -> str:
        """The text of an element in it."""
        found = self.element.find("/".join(f"{{{ENVELOPE}}}{name}" for name in path))
        return "" if found is None else (found.text or "").strip()


async def _faults(stage: Stage) -> list[_Fault]:
    """Faults that are drawn in different ways."""
    await _stands(stage)
    found = []
    for parts in ({"operation": "MakeCoffee"}, {"identity": ""}, {"operation": _UNFIT[stage.role]}):
        came = await _exchanged(stage, "broken on purpose", **parts)
        if came.mark < 0 or came.kind is AnswerKind.RESULT:
            continue
        read = _read(stage, came.mark)
        content = read.content
        if content is not None and local(content) == "Fault":
            found.append(_Fault(content, read, came.mark))
    if not found:
        stage.cannot_tell("no fault could be drawn")
    return found


@check("envelope.fault-shape")
async def fault_shape(stage: Stage) -> None:
    """Draws faults, and looks at their parts."""
    for fault in await _faults(stage):
        if fault.element.tag != f"{{{ENVELOPE}}}Fault":
            stage.deviates("a Fault of SOAP 1.2", fault.element.tag, marks=(fault.mark,))
        if not fault.text("Code", "Value"):
            stage.deviates("Code and its Value", "none", marks=(fault.mark,))
        if fault.element.find(f"{{{ENVELOPE}}}Reason/{{{ENVELOPE}}}Text") is None:
            stage.deviates("Reason and its Text", "none", marks=(fault.mark,))


@check("envelope.fault-code")
async def fault_code(stage: Stage) -> None:
    """Draws faults, and looks at their codes."""
    for fault in await _faults(stage):
        code = fault.text("Code", "Value").rpartition(":")[2]
        subcode = fault.text("Code", "Subcode", "Value").rpartition(":")[2]
        if not code:
            stage.cannot_tell("a fault has no code, which another rule is about")
        if code not in _OF_SOAP and _SUBCODES.get(subcode) != code:
            stage.deviates(
                "one of the five sub-codes, under its code",
                f"{code} and {subcode or 'none'}",
                marks=(fault.mark,),
            )


@check("envelope.fault-namespace")
async def fault_namespace(stage: Stage) -> None:
    """Draws faults, and looks where their sub-codes are."""
    spaces = {each.rstrip("/") for each in stage.specification.namespaces.values()}
    for fault in await _faults(stage):
        value = fault.element.find("/".join(f"{{{ENVELOPE}}}{name}" for name in ("Code", "Subcode", "Value")))
        if value is None:
            continue
        prefix = (value.text or "").strip().rpartition(":")[0]
        space = value.nsmap.get(prefix or None) or ""
        if space.rstrip("/") not in spaces:
            stage.deviates("a sub-code in a namespace of OCPP", space or "none", marks=(fault.mark,))


@check("envelope.fault-status")
async def fault_status(stage: Stage) -> None:
    """Draws faults, and looks at the HTTP status beside them."""
    for fault in await _faults(stage):
        status = re.search(r"HTTP (\d+)", stage.trace[fault.mark].note)
        if status and not 400 <= int(status[1]) < 600:
            stage.deviates("HTTP 4xx or 5xx", f"HTTP {status[1]}", marks=(fault.mark,))


# What it asks by itself


async def _called(stage: Stage) -> tuple[PeerCall, Envelope]:
    call = await stage.provoke(_OWN[stage.role])
    return call, _read(stage, call.mark)


async def _listens_at(stage: Stage) -> str:
    """Where we say that we listen; it was said last of all."""
    await _answered(stage)
    said = [root_of(entry.text) for entry in stage.trace if entry.direction is Direction.SENT]
    ours = [Envelope(root).header("From") for root in said if root is not None]
    if not ours or not ours[-1]:
        stage.cannot_tell("there is no From in what it was told")
    return ours[-1].rstrip("/")


@check("envelope.call-identity")
async def call_identity(stage: Stage) -> None:
    """Has it ask something, and looks whom."""
    call, read = await _called(stage)
    told = read.identities
    if told != [stage.identity]:
        stage.deviates(f"chargeBoxIdentity {stage.identity}", ", ".join(told) or "none", marks=(call.mark,))


@check("envelope.call-action")
async def call_action(stage: Stage) -> None:
    """Has it ask something, and looks at the Action."""
    call, read = await _called(stage)
    found = read.header("Action")
    if found != "/ClearCache":
        stage.deviates("Action /ClearCache", found or "none", marks=(call.mark,))


@check("envelope.call-id")
async def call_id(stage: Stage) -> None:
    """Has it ask something twice, and looks at the ids."""
    (first, one), (second, other) = await _called(stage), await _called(stage)
    ids = one.header("MessageID"), other.header("MessageID")
    if not all(ids):
        stage.deviates("a MessageID", "none", marks=(first.mark, second.mark))
    if ids[0] == ids[1]:
        stage.deviates("another MessageID", f"{ids[0]} again", marks=(first.mark, second.mark))


@check("envelope.call-namespace")
async def call_namespace(stage: Stage) -> None:
    """Has it ask something, and looks at the namespace. In a wrong one the kit does not take it for a call."""
    before = len(stage.trace)
    with suppress(Inconclusive):
        await stage.provoke("ClearCache")
    marks = [entry.number for entry in stage.trace.received() if entry.number >= before]
    if not marks:
        stage.cannot_tell("nothing has come")
    content = _envelope(stage, marks[0]).content
    found = "" if content is None else space(content)
    if found.rstrip("/") != _namespace(stage, Role.CHARGE_POINT).rstrip("/"):
        stage.deviates(_namespace(stage, Role.CHARGE_POINT), found or "none", marks=(marks[0],))


@check("envelope.call-reply-to")
async def call_reply_to(stage: Stage) -> None:
    """Has it ask something, and looks where it wants the answer."""
    call, read = await _called(stage)
    found = read.header("ReplyTo")
    if found is not None and found != ANONYMOUS:
        stage.deviates("no ReplyTo, or the anonymous address", found, marks=(call.mark,))


@check("envelope.call-to")
async def call_to(stage: Stage) -> None:
    """Has it ask something, and looks to whom. The station has said where it is."""
    ours = await _listens_at(stage)
    call, read = await _called(stage)
    found = read.header("To")
    if found is None:
        stage.cannot_tell("there is no To in the request")
    if found.rstrip("/") != ours:
        stage.deviates(f"To {ours}", found, marks=(call.mark,))


@check("envelope.call-latest")
async def call_latest(stage: Stage) -> None:
    """Says that the station listens at another path now, has it ask something, and looks where that comes."""
    before = await _listens_at(stage)
    now = f"{before}/moved-{stage.new_id()[:8]}"
    stage.needed(await _exchanged(stage, "another address", sender=now), "the answer to the new address")
    call, _ = await _called(stage)
    came = stage.trace[call.mark].note.removeprefix(f"{POSTED} to ").partition(" as ")[0].rstrip("/")
    if came == urlsplit(before).path:
        stage.deviates(f"a request to {now}", f"one to {before}", marks=(call.mark,))
    if came != urlsplit(now).path:
        stage.cannot_tell(f"what stands before the kit has changed the path to {came}")


@check("envelope.call-relates-to")
async def call_relates_to(stage: Stage) -> None:
    """Has it ask something, and looks whether it relates to anything."""
    call, read = await _called(stage)
    found = read.header("RelatesTo")
    if found is not None:
        stage.deviates("a request without RelatesTo", found, marks=(call.mark,))


@check("envelope.any-fault")
async def any_fault(stage: Stage) -> None:
    """Answers what it asks with a fault of no known sub-code, and goes on."""
    plain = _plain(stage)
    stage.responders[_OWN[stage.role]] = lambda call: Refused("SomethingElse", "no sub-code that OCPP has")
    stage.needed(await ask(stage, plain), f"the answer to {plain} before it")
    call, _ = await _called(stage)
    await listen(stage)
    came = await ask(stage, plain)
    if came.kind is not AnswerKind.RESULT:
        stage.deviates(f"an answer to {plain} after it", came, marks=(call.mark, came.mark))


@check("envelope.not-again")
async def not_again(stage: Stage) -> None:
    """Answers a status with a fault, and waits whether the same is said again."""
    action = "StatusNotification"
    stage.responders[action] = lambda call: Refused("InternalError", "not now")
    call = await stage.provoke(action)
    async for other in coming(stage, action):
        # What looks like it and has an id of its own may be another status, unless both are of one moment.
        is_same = other.payload == call.payload and "timestamp" in call.payload
        if other.id == call.id or is_same:
            stage.deviates("nothing of the kind", f"{action} again", marks=(call.mark, other.mark))

"""The first tier of envelopes: a valid request or response from text; the rest it leaves alone, unexplained.

A station sends the same head with every request but for the id. So the text of a head is kept beside what it said when
lxml had read it: nothing odd, nothing on which tolerance has a say. Where a later envelope has the same text around its
ids, in front of its payload and behind it, and `ocpp_core.soap.pieces` has found the payload valid, then it is well
formed and says the same, and lxml is not asked.
"""

from sys import getsizeof
from typing import NamedTuple

from lxml import etree

from ocpp_core.model.codes import FrameKind
from ocpp_core.model.messages import Call, CallResult, Frame, SoapHeaders
from ocpp_core.payloads.binding import REFUSALS
from ocpp_core.soap.envelopes import UNSPECIFIED, parts_of, stated
from ocpp_core.soap.heads import Head
from ocpp_core.soap.operations import Operation
from ocpp_core.soap.pieces import read_pieces
from ocpp_core.soap.texts import needs_care

#: Bytes that all the heads take which a codec keeps; when they take more, it begins anew.
MAX_KEPT = 4 * 1_048_576
#: Of these a head takes some beside its texts, which are kept twice: as they stand, and as what they say.
_BESIDE = 1_024
#: Characters of one of them, and of what stands behind its payload. Most have less than a thousand.
LONGEST_HEAD = 4_096
#: Those of body element, body and envelope.
_END_TAGS = 3


class _Sight(NamedTuple):
    """What a text shows if it is an envelope.

    Attributes:
        head: All before the content of the body element, less the ids.
        ids: The text of MessageID; of an answer that of RelatesTo too.
        content: All that follows.
    """

    head: tuple[str, ...]
    ids: tuple[str, ...]
    content: str


class _Known(NamedTuple):
    """What is known of all envelopes with one head.

    Attributes:
        operation: What the body element stands for.
        headers: All but the ids are the same in each.
        prefix: Of the body element, with its colon; "" if it has none.
        tail: The end tags of body element, body and envelope.
    """

    operation: Operation
    headers: SoapHeaders
    prefix: str
    tail: str


class KnownHeads:
    """The heads that a codec has read, by their texts. What strangers can put in has the bound `MAX_KEPT`."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, ...], _Known] = {}
        self._size = 0

    def read(self, body: bytes) -> Frame | None:
        """The frame of an envelope whose head is known, and that is valid; None if that cannot be seen at once."""
        try:
            sight = _sight_of(body.decode())
            known = self._known.get(sight.head) if sight else None
            if sight is None or known is None:
                return None
            return _frame(known, sight)
        except REFUSALS:  # one of them: it is not in UTF-8
            return None

    def learn(self, body: bytes, root: etree._Element, head: Head) -> None:
        """Keeps what lxml has read of a head, if its text alone says it."""
        if head.operation is None or head.remarks or not head.is_usual or not _is_plain(body):
            return
        sight = _sight_of(body.decode())
        if sight is None or not _is_certain(sight, root, head):
            return
        payload = sight.content.rsplit("<", _END_TAGS)[0]
        tail = sight.content[len(payload) :]
        if len(tail) > LONGEST_HEAD:
            return
        if self._size > MAX_KEPT:
            self._known, self._size = {}, 0
        self._size += 2 * sum(map(getsizeof, sight.head)) + getsizeof(tail) + _BESIDE
        element = sight.head[-1].rpartition("<")[2][:-1].split()[0]
        prefix, colon, _ = element.rpartition(":")
        self._known[sight.head] = _Known(head.operation, head.headers, prefix + colon, tail)


def _sight_of(text: str) -> _Sight | None:
    begin, until = _content_of("MessageID", text, 0)
    start = text.find("<", text.find("Body", until, LONGEST_HEAD))  # the body element
    end = text.find(">", start) + 1
    if not 0 < until < start < end <= LONGEST_HEAD:
        return None
    if "Response" not in text[start:end]:
        return _Sight((text[:begin], text[until:end]), (text[begin:until],), text[end:])
    first, last = _content_of("RelatesTo", text, until)
    if not until < last < start:
        return None
    head = (text[:begin], text[until:first], text[last:end])
    return _Sight(head, (text[begin:until], text[first:last]), text[end:])


def _content_of(name: str, text: str, start: int) -> tuple[int, int]:
    """Where the content of the first element with a name begins and ends."""
    begin = text.find(">", text.find(name, start, LONGEST_HEAD)) + 1
    return begin, text.find("<", begin)


def _frame(known: _Known, sight: _Sight) -> Frame | None:
    operation, said, prefix, tail = known
    if not sight.content.endswith(tail) or any(map(needs_care, sight.ids)):
        return None
    message_id, relates_to = stated(sight.ids[0]), said.relates_to
    if operation.is_request:
        id = message_id
    else:
        id = relates_to = stated(sight.ids[1])
        if id in (UNSPECIFIED, message_id):
            return None
    if id is None:
        return None
    payload = read_pieces(operation.cls, sight.content[: -len(tail)], prefix)
    headers = SoapHeaders(
        identity=said.identity,
        action=said.action,
        message_id=message_id,
        relates_to=relates_to,
        from_=said.from_,
        reply_to=said.reply_to,
        to=said.to,
        fault_to=said.fault_to,
    )
    made = Call if operation.is_request else CallResult
    return made(id, payload, headers=headers)


def _is_plain(body: bytes) -> bool:
    """Whether what looks like a tag of a document is one: not so in comments, CDATA sections, attributes and text."""
    return b"<!" not in body and body.count(b"<") == body.count(b">")


def _is_certain(sight: _Sight, root: etree._Element, head: Head) -> bool:
    """Whether the parts of a text are what they seem to be; then they are in each that differs in ids and payload only.

    Each tag has a ``<``, and in a plain text nothing else has: if there are as many as there must be tags, the order of
    what seems to be there is the order of what is.
    """
    # Other parts of the envelope are remarks, with which no head is learnt.
    header, _ = parts_of(root)
    elements = 0 if header is None else sum(1 for _ in header.iter())
    text = "".join(sight.head)
    names = ("MessageID", "RelatesTo")[: len(sight.ids)]
    said = (head.headers.message_id, head.headers.relates_to)[: len(sight.ids)]
    return (
        # The start tags of envelope, body and body element, and two tags of each element of the header.
        text.count("<") - text.count("<?") == 3 + 2 * elements
        and "/>" not in text
        # The names are in the tags of the blocks that are called so, and nowhere else.
        and all(text.count(name) == 2 for name in names)
        and said == tuple(map(stated, sight.ids))
        and (len(names) == 1) is (head.kind is FrameKind.CALL)
    )

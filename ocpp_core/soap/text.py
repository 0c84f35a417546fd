"""XML text to a tree, refusing what a SOAP message has no use for before it costs anything.

SOAP 1.2 part 1 §5 forbids document types and processing instructions; OCPP-S 1.6 §3.1 asks for UTF-8. Both are also
what attacks are made of: entities that multiply, references to files, encodings that hide either.
"""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from lxml import etree

from ocpp_core.model.printing import SHORT, printable

_BLANKS = b" \t\r\n"
#: It is cut off before libxml2 reads the rest, so nobody else looks at it. (XML 1.0 §2.8)
_DECLARATION = re.compile(
    rb"""<\?xml
    [ \t\r\n]+version[ \t\r\n]*=[ \t\r\n]*(?:'1\.[0-9]+'|"1\.[0-9]+")
    (?:[ \t\r\n]+encoding[ \t\r\n]*=[ \t\r\n]*(?:'(?P<single>[A-Za-z][\w.-]*)'|"(?P<double>[A-Za-z][\w.-]*)"))?
    (?:[ \t\r\n]+standalone[ \t\r\n]*=[ \t\r\n]*(?:'(?:yes|no)'|"(?:yes|no)"))?
    [ \t\r\n]*\?>""",
    re.VERBOSE,
)
_BEGINS_DECLARATION = re.compile(rb"<\?xml[ \t\r\n]")
#: What begins something else than an element, and where it ends if it is of no harm.
_MARKUP = re.compile(rb"<!--|<!\[CDATA\[|<!DOCTYPE|<\?")
_HARMLESS = {b"<!--": b"-->", b"<![CDATA[": b"]]>"}
#: Encodings that are UTF-8 for the bytes that may stand in them.
_ENCODINGS = (b"utf-8", b"utf8", b"us-ascii", b"ascii")
#: What nearly every envelope begins with, in small letters.
_USUAL = (b'<?xml version="1.0" encoding="utf-8"?>', b"<?xml version='1.0' encoding='utf-8'?>")
_NUL, _QUESTION_MARK, _EXCLAMATION_MARK = b"\0?!"
_EQUALS_SIGN = b"="
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
#: The first bytes of UTF-16: its mark, or the ``<?`` of a declaration, for which the mark may be forgotten.
_UTF_16 = {
    b"\xff\xfe": "utf-16-le",
    b"\xfe\xff": "utf-16-be",
    b"<\0?\0": "utf-16-le",
    b"\0<\0?": "utf-16-be",
}
_UTF_32_MARK = b"\xff\xfe\0\0"


#: Elements that one element may have in it.
MAX_CHILDREN = 10_000
#: Attributes that one element may have: looking at them takes time with the square of their number.
MAX_ATTRIBUTES = 250
#: Bytes of the shortest attribute, with a blank before it.
_ATTRIBUTE = len(' a=""')
#: Elements in one, from which on an XML Schema judges text and not the tree: for each fault in a tree, lxml asks
#: libxml2 for the place of its element, which counts all that stand before it.
_WIDE = 500


def utf_16_in(start: bytes) -> str | None:
    """Which UTF-16 a text is in, by its first four bytes; None if that is not beyond doubt.

    Source: XML 1.0, appendix F.1.
    """
    if start[:4] == _UTF_32_MARK:
        return None
    return _UTF_16.get(start[:2]) or _UTF_16.get(start[:4])


class BrokenXml(Exception):
    """The text is no XML, or more than a SOAP message may be; the message says why."""


#: Bytes of documents with names that are new to a thread, until the thread reads documents apart.
MAX_NAMES = 8 * 1_048_576


class _Reader(threading.local):
    """The parser of a thread: making one and warming it up takes almost as long as reading a short envelope.

    lxml keeps one dictionary of names for each thread, and never takes one out: names of elements, attributes, prefixes
    and namespaces, also those of documents that are refused. A stranger could fill the memory with them. So what may
    have gone in is counted, and when it is enough each document is read in a thread of its own, whose dictionary goes
    with the document. That takes some tenths of a millisecond more.
    """

    def __init__(self) -> None:
        self._parser = _new_parser()
        self._names = 0  # in the dictionary of this thread
        self._spent = 0  # bytes of documents that put some in

    def read(self, text: bytes, schema: etree.XMLSchema | None = None) -> etree._Element:
        """The root element; the schema, if there is one, judges it on the way.

        Raises:
            BrokenXml: Not well formed, or not valid.
        """
        if self._spent > MAX_NAMES:
            with ThreadPoolExecutor(1) as apart:
                return apart.submit(lambda: _parsed(text, _new_parser(schema))).result()
        try:
            return _parsed(text, self._parser if schema is None else _new_parser(schema))
        finally:
            names = etree.memory_debugger.dict_size()  # type: ignore[attr-defined]
            if names > self._names:
                self._names = names
                self._spent += len(text)


def _new_parser(schema: etree.XMLSchema | None = None) -> etree.XMLParser[etree._Element]:
    return etree.XMLParser(
        schema=schema,
        encoding="utf-8",
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
    )


#: Where libxml2 quotes the document: after a < or & that should have been escaped, that may be part of a password.
_QUOTED = re.compile(r" '[^']*'|(?<=tag mismatch):.*(?=, line)|(?<= in tag) .*(?=, line)")


def _parsed(text: bytes, parser: etree.XMLParser[etree._Element]) -> etree._Element:
    try:
        root = etree.fromstring(text, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise BrokenXml(printable(_QUOTED.sub(" ...", str(error)), 2 * SHORT)) from None
    # libxml2 goes on after an error of a namespace, and lxml looks at its last message only: a warning that comes later
    # hides the error. It would leave us names that are none, and two attributes of one name.
    for entry in parser.error_log:
        if entry.level > etree.ErrorLevels.WARNING:
            raise BrokenXml(f"{printable(entry.message.strip(), 2 * SHORT)}, line {entry.line}")
    return root


_READER = _Reader()


class Document(NamedTuple):
    """A document that was read.

    Attributes:
        root: Its outermost element. Comments are gone, and CDATA sections are text.
        is_wide: Whether some element has very many in it.
        is_late: Whether blanks stand before its declaration, where XML has none.
    """

    root: etree._Element
    is_wide: bool
    is_late: bool


def read_xml(body: bytes, max_size: int) -> Document:
    """Reads one XML document.

    Args:
        body: UTF-8, with or without a declaration or a byte order mark.
        max_size: Bytes that it may have.

    Raises:
        BrokenXml: Not well formed, with a name that breaks a rule of Namespaces in XML, too large, nested beyond 256
            levels, with more than `MAX_CHILDREN` elements or `MAX_ATTRIBUTES` attributes in one, in another encoding,
            or with a document type or a processing instruction.
    """
    if len(body) > max_size:
        raise BrokenXml(f"has {len(body)} bytes, at most {max_size} are allowed")
    whole = body.removeprefix(_BYTE_ORDER_MARK)
    text = whole.lstrip(_BLANKS)
    end = _declaration_end(text)
    is_late = end > 0 and len(text) < len(whole)
    text = text[end:]
    # Looking for one byte takes no time; most envelopes have none of them.
    if _NUL in text:
        what = "has a NUL byte" if utf_16_in(body) is None else "is in UTF-16"
        raise BrokenXml(f"{what}; only UTF-8 is read")
    if _QUESTION_MARK in text or _EXCLAMATION_MARK in text:
        _refuse_forbidden(text)
    try:
        root = _READER.read(text)
    except BrokenXml as error:
        raise BrokenXml(f"not XML: {error}") from None
    # Looking at each element takes longer than all else: a small document has not so many that it matters.
    widest = max(map(len, root.iter())) if len(text) > MAX_CHILDREN else 0
    if widest > MAX_CHILDREN:
        raise BrokenXml(f"has an element with more than {MAX_CHILDREN} elements in it")
    may_have = len(text) > _ATTRIBUTE * MAX_ATTRIBUTES and text.count(_EQUALS_SIGN) > MAX_ATTRIBUTES
    if may_have and any(len(element.attrib) > MAX_ATTRIBUTES for element in root.iter()):
        raise BrokenXml(f"has an element with more than {MAX_ATTRIBUTES} attributes")
    return Document(root, widest > _WIDE, is_late)


def schema_fault(element: etree._Element, schema: etree.XMLSchema) -> str | None:
    """What a schema says of an element, written and read again; None if it accepts it."""
    try:
        _READER.read(etree.tostring(element, encoding="utf-8", with_tail=False), schema)
    except BrokenXml as error:
        return str(error)
    return None


def _declaration_end(text: bytes) -> int:
    """Where the XML declaration ends, if there is one."""
    if text[: len(_USUAL[0])].lower() in _USUAL:
        return len(_USUAL[0])
    if _BEGINS_DECLARATION.match(text) is None:
        return 0
    declaration = _DECLARATION.match(text)
    if declaration is None:
        raise BrokenXml("not XML: its declaration is none")
    encoding = declaration["single"] or declaration["double"]
    if encoding is not None and encoding.lower() not in _ENCODINGS:
        raise BrokenXml(f"is declared to be in {encoding[:40]!r}; only UTF-8 is read")
    return declaration.end()


def _refuse_forbidden(text: bytes) -> None:
    """Refuses a document type or a processing instruction, unless it stands in a comment or a CDATA section.

    It goes through the text once, whatever stands there: a regular expression for whole comments would look for the end
    of each that has none.
    """
    position = 0
    while (found := _MARKUP.search(text, position)) is not None:
        end = _HARMLESS.get(found[0])
        if end is None:
            what = "a processing instruction" if found[0] == b"<?" else "a document type"
            raise BrokenXml(f"has {what}, which SOAP forbids")
        position = text.find(end, found.end())
        if position < 0:
            raise BrokenXml("not XML: a comment or a CDATA section has no end")


#: Characters that XML 1.0 cannot hold, not even escaped.
FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_SPECIAL = re.compile("[&<>\r]").search
_IN_TEXT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
_IN_ATTRIBUTE = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}
)


def text_xml(text: str) -> str:
    """Text as it stands between tags. `FORBIDDEN` characters are the caller's concern."""
    return text.translate(_IN_TEXT) if _SPECIAL(text) else text


def attribute_xml(text: str) -> str:
    """Text as it stands between double quotes."""
    return text.translate(_IN_ATTRIBUTE)


def split_name(name: object) -> tuple[str, str]:
    """Namespace and local name of ``{namespace}local``; the namespace is "" where there is none.

    Unlike `etree.QName` it asks nothing of the name, and costs a fraction.
    """
    assert isinstance(
        name, str
    )  # of all that was parsed; a program may set others, and the types of lxml say so
    namespace, _, local = name.rpartition("}")
    return namespace[1:], local

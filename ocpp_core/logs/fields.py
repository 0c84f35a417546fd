"""Frames that a log has taken apart into the members of an object.

``{"messageTypeId":2,"messageId":"17","action":"Heartbeat","payload":{}}``: as libraries and CSMSs keep them which log
what they have parsed. The names are those that were seen, whatever their case and the marks between them.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ocpp_core.logs.cutting import end_of_value, parsed
from ocpp_core.logs.origins import plain

#: What a member is for; of several for the same, the first in this order.
_NAMES: Mapping[str, tuple[str, ...]] = {
    "type": ("messagetypeid", "messagetype", "msgtype"),
    "id": ("uniqueid", "messageid", "uniquemessageid", "msgid", "id"),
    "action": ("action",),
    "payload": ("payload", "data"),
    "code": ("errorcode",),
    "description": ("errordescription",),
    "details": ("errordetails",),
}
#: Elements of a frame by its type, and what stands for those that need not be logged.
_ELEMENTS: Mapping[int, tuple[tuple[str, str | None], ...]] = {
    2: (("action", None), ("payload", None)),
    3: (("payload", None),),
    4: (("code", None), ("description", '""'), ("details", "{}")),
    5: (("code", None), ("description", '""'), ("details", "{}")),
    6: (("action", None), ("payload", None)),
}
_WORDS = {"call": 2, "callresult": 3, "callerror": 4, "callresulterror": 5, "send": 6}
_DIGITS = frozenset(map(str, _ELEMENTS))
_MEMBER = re.compile(r'[\s,{]*("(?:[^"\\]|\\.)*+")\s*:\s*')
#: How deep in an entry of a log a frame is looked for.
_MAX_DEPTH = 3


def frames_of_members(members: Mapping[str, Any], text: str) -> Iterator[str]:
    """The frames that an object, or one inside it, has as members; put together from the text of these.

    Args:
        members: The object.
        text: As it was written.
    """
    if _mentions_type(members, _MAX_DEPTH):
        yield from _frames(text, 0, _MAX_DEPTH)


def _mentions_type(members: Mapping[str, Any], depth: int) -> bool:
    """Whether it is worth the while to take the text apart."""
    for name, value in members.items():
        if type(value) is dict:
            if depth > 1 and _mentions_type(value, depth - 1):
                return True
        elif plain(name) in _NAMES["type"] and _type(value) is not None:
            return True
    return False


def _frames(text: str, start: int, depth: int) -> Iterator[str]:
    raw = {plain(name): text[begin:end] for name, begin, end in _members(text, start)}
    frame = _frame(raw)
    if frame is not None:
        yield frame
    elif depth > 1:
        for _, begin, _ in _members(text, start):
            if text.startswith("{", begin):
                yield from _frames(text, begin, depth - 1)


def _members(text: str, start: int) -> Iterator[tuple[str, int, int]]:
    """The members of the object that begins at `start`: the name, and where its value begins and ends."""
    place = start
    while (match := _MEMBER.match(text, place)) and (end := end_of_value(text, match.end())) is not None:
        yield json.loads(match[1]), match.end(), end
        place = end


def _frame(raw: Mapping[str, str]) -> str | None:
    """The frame of an object; None if it has not all that makes one."""
    elements = {role: _element(raw, role) for role in _NAMES}
    number = _type(parsed(elements["type"] or "null"))
    identifier = elements["id"]
    if number is None or identifier is None:
        return None
    written = [str(number), identifier]
    for role, otherwise in _ELEMENTS[number]:
        element = elements[role] or otherwise
        if element is None:
            return None
        written.append(element)
    return f"[{','.join(written)}]"


def _element(raw: Mapping[str, str], role: str) -> str | None:
    value = next((raw[name] for name in _NAMES[role] if name in raw), None)
    if role in ("payload", "details") and value is not None and value[:1] == '"':
        inner = json.loads(value)  # JSON in a string, as databases keep it
        return inner if type(parsed(inner)) is dict else value
    return value


def _type(value: Any) -> int | None:
    """The message type that a value names."""
    if type(value) is str:
        value = int(value) if value in _DIGITS else _WORDS.get(plain(value))
    return value if type(value) is int and value in _ELEMENTS else None

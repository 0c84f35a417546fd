"""Messages whose parts are taken away, doubled, moved, mixed and swapped; what is left is JSON or XML still.

For `fuzz.py`. Both kinds of tree are lists in lists here, those of XML as lxml has them.
"""

import json
import random
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

from lxml import etree

__all__ = ["reshaped_json", "reshaped_xml"]

#: How many changes: one breaks one rule, several hide each other.
_CHANGES = (1, 1, 1, 2, 4)
#: More parts than this are not made more.
_MOST = 500
#: A part, as a list and an index.
_Place = tuple[Any, int]


class _Object(list[Any]):
    """The members of a JSON object, in their order."""


class _Member(list[Any]):
    """The values of one name: one, until something is changed."""

    name = ""


def reshaped_json(chance: random.Random, written: bytes, other: bytes) -> bytes:
    """A frame with other parts than it had, some of them of `other`."""
    root = [json.loads(written, object_pairs_hook=_members)]
    _change(chance, root, [json.loads(other, object_pairs_hook=_members)])
    return " ".join(map(_text, root)).encode("utf-8", "surrogatepass")


def reshaped_xml(chance: random.Random, written: bytes, other: bytes) -> bytes:
    """An envelope with other elements than it had, some of them of `other`."""
    root = _held(written)
    _change(chance, root, _held(other))
    return b"".join(map(etree.tostring, root))


def _members(pairs: list[tuple[str, Any]]) -> _Object:
    return _Object(_member(name, value) for name, value in pairs)


def _member(name: str, value: Any) -> _Member:
    made = _Member([value])
    made.name = name
    return made


def _text(part: Any) -> str:
    """JSON; also of what has come where it does not belong."""
    match part:
        case _Object():
            named = (each if isinstance(each, _Member) else _member("extra", each) for each in part)
            pairs = [f"{json.dumps(member.name)}:{_text(value)}" for member in named for value in member]
            return f"{{{','.join(pairs)}}}"
        case _Member():
            return ",".join(map(_text, part)) or "null"
        case list():
            return f"[{','.join(map(_text, part))}]"
        case _:
            return json.dumps(part, ensure_ascii=False)


def _held(written: bytes) -> etree._Element:
    """An envelope inside of another element, so that it is a part as its own are."""
    holder = etree.Element("holder")
    holder.append(etree.fromstring(written))
    return holder


def _places(root: Any) -> Iterator[_Place]:
    for index, part in enumerate(root):
        yield root, index
        if isinstance(part, (list, etree._Element)):
            yield from _places(part)


def _lists(root: Any) -> list[Any]:
    """What has parts, or could have some."""
    parts = (whole[index] for whole, index in _places(root))
    return [root, *(part for part in parts if isinstance(part, (list, etree._Element)))]


def _change(chance: random.Random, root: Any, other: Any) -> None:
    for _ in range(chance.choice(_CHANGES)):
        places = list(_places(root))
        if not places:
            return
        whole, index = chance.choice(places)
        change = chance.choice(_FEWER if len(places) > _MOST else (*_FEWER, *_MORE))
        change(chance, whole, index, root, other)


def _remove(chance: random.Random, whole: Any, index: int, root: Any, other: Any) -> None:
    del whole[index]


def _remove_rest(chance: random.Random, whole: Any, index: int, root: Any, other: Any) -> None:
    del whole[index:]


def _empty(chance: random.Random, whole: Any, index: int, root: Any, other: Any) -> None:
    part = whole[index]
    if isinstance(part, etree._Element):
        part.text = None
    if isinstance(part, (list, etree._Element)):
        del part[:]


def _mix(chance: random.Random, whole: Any, index: int, root: Any, other: Any) -> None:
    parts = [deepcopy(part) for part in whole]
    chance.shuffle(parts)
    whole[:] = parts


def _swap(chance: random.Random, whole: Any, index: int, root: Any, other: Any) -> None:
    elsewhere, there = chance.choice(list(_places(root)))
    whole[index], elsewhere[there] = deepcopy(elsewhere[there]), deepcopy(whole[index])


def _move(chance: random.Random, whole: Any, index: int, root: Any, other: Any) -> None:
    part = deepcopy(whole[index])
    del whole[index]
    _put(chance, root, part)


def _replace(chance: random.Random, whole: Any, index: int, root: Any, other: Any) -> None:
    whole[index] = _part(chance, other)


def _double(chance: random.Random, whole: Any, index: int, root: Any, other: Any) -> None:
    part = whole[index]
    for _ in range(chance.choice((1, 1, 5))):
        whole.insert(chance.randrange(len(whole) + 1), deepcopy(part))


def _add(chance: random.Random, whole: Any, index: int, root: Any, other: Any) -> None:
    _put(chance, root, _part(chance, other))


def _put(chance: random.Random, root: Any, part: Any) -> None:
    whole = chance.choice(_lists(root))
    whole.insert(chance.randrange(len(whole) + 1), part)


def _part(chance: random.Random, other: Any) -> Any:
    whole, index = chance.choice(list(_places(other)))
    return deepcopy(whole[index])


_Change = Callable[[random.Random, Any, int, Any, Any], None]
_FEWER: tuple[_Change, ...] = (_remove, _remove, _remove_rest, _empty, _mix, _swap, _move)
_MORE: tuple[_Change, ...] = (_replace, _double, _double, _add)

"""Makes the function that turns an object of one class into one of another: straight-line code, as codecs have it.

A value that fits as it is costs one test, written into the code. All else is asked of its conversion, and a value that
has no place goes with the smallest optional object around it, or takes the whole command along.
"""

from collections.abc import Callable, Mapping
from typing import Any

from attrs import evolve, frozen

from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import PayloadError
from ocpp_core.model.messages import MISSING, NOTHING_EXTRA, Payload
from ocpp_core.model.shapes import (
    Enumeration,
    Field,
    Nested,
    Shape,
    Text,
    shape,
)
from ocpp_core.payloads.binding import plain, tokens
from ocpp_core.payloads.codegen import Source, compiled, indented
from ocpp_core.payloads.conversion import from_wire
from ocpp_core.translation.fitting import Direct, about
from ocpp_core.translation.losses import LossKind, LossReason, Place, quoted
from ocpp_core.translation.rules import Fill, Last, LeftOut
from ocpp_core.translation.runs import At, Convert, Run, Unfit

#: Attribute, path, what is written, the tokens that it may be, and what the target wants of it.
Filled = tuple[str, str, Fill, Mapping[str, Any], "Legal | None"]


@frozen
class Legal:
    """What the target wants of a value that was not made by its kind.

    Attributes:
        direct: How to tell that it fits as it is; None if that takes more than a test.
        convert: What becomes of it otherwise.
    """

    direct: Direct | None
    convert: Convert


@frozen
class Move:
    """One field on its way.

    Attributes:
        read: Attributes that lead to it.
        absent: What stands there if there is none.
        source: Its path in the source.
        target: Its path in the target.
        name: Its attribute in the target; empty if nothing arrives.
        node: Number of the object that it belongs to.
        convert: What it becomes.
        is_by_hand: Whether that was written by hand.
        is_vital: Whether the object goes with it.
        members: The tokens that it may be.
        direct: How to tell that it fits as it is.
        same: Of a token: what those become that are the same on both sides, None for the others; empty if it is none.
        homeless: Tokens that have no place.
        usual: Of a conversion written by hand: how to tell that the value is of its kind, which tolerated ones need
            not be.
        legal: Of a conversion written by hand: what else the target wants of the outcome.
    """

    read: tuple[str, ...]
    absent: Any
    source: str
    target: str
    name: str
    node: int
    convert: Any
    is_by_hand: bool
    is_vital: bool
    members: Mapping[str, Any]
    direct: Direct | None
    same: Mapping[Any, Any]
    homeless: frozenset[str]
    usual: Direct | None
    legal: "Legal | None"


@frozen
class Node:
    """An object of the target that is made of fields of this source: the root, or one that a dotted name leads to.

    Attributes:
        cls: Its class.
        parent: Number of the object around it.
        name: Its attribute there.
        path: Where it stands.
        is_required: Whether it has to be there.
        required: Attributes and paths of what it has to have.
        fills: What is written if the source has nothing for it.
    """

    cls: type[Payload]
    parent: int
    name: str
    path: str
    is_required: bool
    required: tuple[tuple[str, str], ...]
    fills: tuple[Filled, ...]


def same_tokens(source: Enumeration, target: Enumeration, other_meaning: Mapping[str, Any]) -> dict[Any, Any]:
    """What tokens become that mean the same on both sides; None for the others."""
    ours = tokens(target.enum)
    # By the members themselves: what is found as it is need not be compared.
    return {token: None if token in other_meaning else ours.get(token) for token in source.enum}


def text_of_token(source: Enumeration, target: Text) -> dict[Any, Any]:
    """What tokens become that are text in the target; None for those that are too long."""
    most = target.max_length
    return {token: str(token) if most is None or len(token) <= most else None for token in source.enum}


def made_of(function: Callable[[Any], Any], legal: Legal | None) -> Direct | None:
    """As `direct`, for what a function makes; it gives None for what has no place."""
    if legal is None or legal.direct is None:
        return None
    lawful = about(legal.direct.test, "w")
    names = {**legal.direct.names, "FUNCTION": function}
    return Direct(f"(w := FUNCTION(v)) is not None and {lawful}", names, "w")


#: Nothing is written.
_NOTHING = object()
_NAMES = {"MISSING": MISSING, "NOTHING": _NOTHING, "Unfit": Unfit, "EXTRA": NOTHING_EXTRA}


def assembled(
    source: Shape,
    target: Shape,
    moves: list[Move],
    nodes: list[Node],
    last: Last | None,
    *,
    is_command: bool,
    is_item: bool,
) -> Convert:
    """The function for two classes; ``last`` looks at the members of what was made."""
    made = Source("def translate(value, run, place):")
    made.names |= _NAMES
    variables: dict[tuple[int, str], str] = {}
    for number, node in enumerate(nodes):
        for one in shape(node.cls).fields:
            variables[number, one.name] = f"n{number}_{one.name}"
    written = {(move.node, move.name) for move in moves if move.name}
    written |= {(number, name) for number, node in enumerate(nodes) for name, *_ in node.fills}
    written |= {(node.parent, node.name) for node in nodes[1:]}
    if "customData" in target.by_wire:  # which an extra member may be
        written.add((0, target.by_wire["customData"].name))
    if any(_may_fail(node) for node in nodes[1:]):
        made.add(["start = len(run.losses)"])
    if any(_asks(move) for move in moves) or any(node.fills for node in nodes):
        # Made by the first who needs one: many messages have nothing that does.
        made.add(["at = None"])
        made.names |= {"At": At, "COMMAND": is_command}
    made.add(f"{variables[key]} = {_at_first(made, nodes, key)}" for key in sorted(written))
    outer = _outer(moves)
    made.add(line for read, name in outer.items() for line in _led(read, name, outer))
    for number, move in enumerate(moves):
        made.add(_moved(made, number, move, variables, outer, is_command=is_command, is_item=is_item))
    _add_extra(made, source, target, moves, outer)
    for number in reversed(range(1, len(nodes))):
        made.add(_node(made, number, nodes, moves, variables, written, is_command=is_command))
    made.add(_completed(made, 0, nodes[0], variables, written))
    made.add(_root(made, nodes, variables, written, last, is_command=is_command))
    if is_item:
        _as_item(made)
    translate: Convert = compiled(made, "translate", target.cls)
    return translate


def _at_first(made: Source, nodes: list[Node], key: tuple[int, str]) -> str:
    """What a variable holds as long as nothing is written: what absence is, if nobody asks whether something was."""
    number, name = key
    is_asked = number > 0 or any(filled[0] == name for filled in nodes[0].fills)
    one = next(one for one in shape(nodes[number].cls).fields if one.name == name)
    return "NOTHING" if is_asked or one.is_required else _default(made, one)


def _default(made: Source, one: Field) -> str:
    return "None" if one.default is None or one.is_required else made.name(one.default, "UNSET")


def _asks(move: Move) -> bool:
    """Whether a function written by hand is called for it."""
    return move.is_by_hand and not isinstance(move.convert, LeftOut)


def _is_ignored(move: Move) -> bool:
    return isinstance(move.convert, LeftOut) and move.convert.reason is None


def _outer(moves: list[Move]) -> dict[tuple[str, ...], str]:
    """The objects that dotted names lead through, each with its variable, outer ones first."""
    found = {move.read[:end]: "" for move in moves for end in range(1, len(move.read))}
    return {read: f"o_{'_'.join(read)}" for read in sorted(found, key=len)}


def _led(read: tuple[str, ...], name: str, outer: Mapping[tuple[str, ...], str]) -> list[str]:
    """Puts an object that dotted names lead through into its variable; None if it is not there."""
    around = outer.get(read[:-1])
    value = f"value.{read[-1]}" if around is None else f"None if {around} is None else {around}.{read[-1]}"
    return [f"{name} = {value}", f"if {name} is MISSING: {name} = None"]


def _moved(
    made: Source,
    number: int,
    move: Move,
    variables: Mapping[tuple[int, str], str],
    outer: Mapping[tuple[str, ...], str],
    *,
    is_command: bool,
    is_item: bool,
) -> list[str]:
    if _is_ignored(move) and move.usual is None:
        return []
    absent = "None" if move.absent is None else made.name(move.absent, "UNSET")
    around = outer.get(move.read[:-1])
    name = move.read[-1]
    lines = [
        f"v = value.{name}" if around is None else f"v = {absent} if {around} is None else {around}.{name}"
    ]
    variable = variables[move.node, move.name] if move.name else ""
    turned = _turned(made, number, move, variable, absent, must=is_command or move.is_vital)
    if is_item and move.is_vital and move.homeless:
        turned = [*_homeless_item(made, number, move), *turned]
    if move.same and variable:
        # To try costs nothing as long as it does not fail, which only a tolerated value does.
        return [
            *lines,
            f"if v is not {absent}:",
            f"    try: w = {made.name(move.same, f'SAME{number}')}[v]",
            "    except (KeyError, TypeError): w = None",
            f"    if w is not None: {variable} = w",
            "    elif v is not MISSING:",
            *indented(indented(turned)),
        ]
    if move.direct is not None and variable:
        return [
            *lines,
            f"if v is not {absent}:",
            f"    if {_test(made, number, move.direct)}:",
            f"        {variable} = {move.direct.result}",
            "    elif v is not MISSING:",
            *indented(indented(turned)),
        ]
    condition = f"v is not {absent} and v is not MISSING"
    if _is_ignored(move) and move.usual is not None:
        condition += f" and not ({_test(made, number, move.usual)})"
    return [*lines, f"if {condition}:", *indented(turned)]


def _test(made: Source, number: int, direct: Direct, variable: str = "v") -> str:
    """The test, of this variable, with its names in the compiled code."""
    test = about(direct.test, variable)
    for hint, thing in direct.names.items():
        test = test.replace(hint, made.name(thing, f"{hint}{number}" if hint.isupper() else hint))
    return test


def _turned(made: Source, number: int, move: Move, variable: str, absent: str, *, must: bool) -> list[str]:
    """The way of a value that does not fit as it is."""
    here = f"(place, {move.source!r}, {move.target!r})"
    if isinstance(move.convert, LeftOut) and move.convert.reason is not None:
        return [f"run.dropped({here}, v, {made.name(move.convert.reason, f'REASON{number}')})"]
    if move.is_by_hand:
        lines = _by_hand(made, number, move, here)
    else:
        lines = [f"w = {made.name(move.convert, f'turn{number}')}(v, run, {here})"]
    if not must:
        unplaced = made.name(_unplaced, "unplaced")
        lines = [
            "mark = len(run.losses)",
            "try:",
            *indented(lines),
            "except Unfit as unfit:",
            f"    w = {absent}",
            f"    {unplaced}(v, run, {here}, mark, unfit.reason)",
        ]
    if not variable:
        return lines
    return [*lines, f"if w is not {absent}: {variable} = w"]


_AT = "at = at or At(run, place, value, COMMAND)"


def _by_hand(made: Source, number: int, move: Move, here: str) -> list[str]:
    """A rule written by hand is given only what the schema has there, and what it gives is held to the target's."""
    unusual = made.name(_unusual, "unusual")
    if _is_ignored(move):
        return [f"{unusual}(v, {here})"]
    lines = [_AT, f"at.place = {here}"]
    if move.usual is not None:
        lines.append(f"if not ({_test(made, number, move.usual)}): {unusual}(v, at.place)")
    lines.append(f"w = {made.name(move.convert, f'turn{number}')}(v, at)")
    if move.legal is not None:
        fitting = made.name(_fitting(move.legal.convert), "fitting")
        test = (
            "" if move.legal.direct is None else f" and not ({_test(made, number, move.legal.direct, 'w')})"
        )
        lines.append(f"if w is not None{test}: w = {fitting}(v, w, at)")
    if move.name and move.members:
        members, foreign = made.name(move.members, f"members{number}"), made.name(_foreign, "foreign")
        lines.append(f"if w is not None: w = {members}.get(w) or {foreign}(v, at)")
    return lines


def _foreign(value: Any, at: At) -> None:
    """A token that the target does not have, as one that was tolerated."""
    raise at.unfit(value, error=ErrorCode.PROPERTY_CONSTRAINT)


def _unusual(value: Any, place: Place) -> None:
    raise Unfit(place, value, error=ErrorCode.TYPE_CONSTRAINT)


def _fitting(legal: Convert) -> Callable[[Any, Any, At], Any]:
    def fitting(value: Any, became: Any, at: At) -> Any:
        try:
            return legal(became, at.run, at.place)
        except Unfit as unfit:
            raise at.unfit(value, unfit.reason, code=unfit.code, error=unfit.error) from None

    return fitting


def _unplaced(value: Any, run: Run, here: Place, mark: int, reason: LossReason) -> None:
    """What has no place is left out, and with it what was noted of it."""
    del run.losses[mark:]
    run.dropped(here, value, reason)


def _homeless_item(made: Source, number: int, move: Move) -> list[str]:
    """An item goes with a token that has no place. Reports are full of such items, and to raise for each takes long."""
    homeless, unplaced = made.name(move.homeless, f"HOMELESS{number}"), made.name(_unplaced, "unplaced")
    reason = made.name(LossReason.NO_COUNTERPART, "NO_COUNTERPART")
    return [
        f"if isinstance(v, str) and v in {homeless}: return {unplaced}(value, run, place, begin, {reason})"
    ]


def _as_item(made: Source) -> None:
    """Leaves an item out that has no place, whatever it is that has none."""
    head, *body = made.lines
    unplaced = made.name(_unplaced, "unplaced")
    made.lines = [head]
    made.add(["begin = len(run.losses)", "try:", *body, "except Unfit as unfit:"])
    made.add([f"    return {unplaced}(value, run, place, begin, unfit.reason)"])


def _add_extra(
    made: Source, source: Shape, target: Shape, moves: list[Move], outer: Mapping[tuple[str, ...], str]
) -> None:
    """Members without a field, of the object itself and of those that dotted names lead through."""
    extra = made.name(_extra(source, target), "extra")
    keeps_custom = target.is_open and "customData" not in target.by_wire and "customData" in source.by_wire
    condition = "value.extra is not EXTRA and value.extra"
    condition += " or value.custom_data is not None" if keeps_custom else ""
    made.add(["kept = EXTRA", f"if {condition}:", f"    kept = {extra}(value, run, place)"])
    if "customData" in target.by_wire:
        made.add(["if kept.__class__ is tuple:", "    n0_custom_data, kept = kept"], depth=2)
    paths = {
        move.read[:end]: move.source.split(".")[:end] for move in moves for end in range(1, len(move.read))
    }
    for read, name in outer.items():
        note = made.name(_dropped_extra(".".join(paths[read])), "note")
        made.add([f"if getattr({name}, 'extra', EXTRA) is not EXTRA: {note}({name}.extra, run, place)"])


def _dropped_extra(path: str) -> Callable[[Mapping[str, Any], Run, Place], None]:
    def note(extra: Mapping[str, Any], run: Run, place: Place) -> None:
        for name, member in extra.items():
            run.dropped(((place, path, ""), quoted(name), ""), member, LossReason.EXTENSION)

    return note


def _extra(source: Shape, target: Shape) -> Callable[[Any, Run, Place], Any]:
    """What becomes of members without a field. An open target keeps them; a `CustomData` has them on purpose."""
    known = set(target.by_wire)
    custom = target.by_wire.get("customData")
    is_open = target.is_open
    keeps_custom = is_open and custom is None and "customData" in source.by_wire

    def convert(value: Any, run: Run, place: Place) -> Any:
        kept: dict[str, Any] = {}
        restored: Any = None
        if keeps_custom and value.custom_data is not None and value.custom_data is not MISSING:
            kept["customData"] = plain(value.custom_data)
        for name, member in value.extra.items():
            here = (place, quoted(name), quoted(name))
            if is_open and name not in known:
                kept[name] = member
            elif name == "customData" and custom is not None and isinstance(custom.kind, Nested):
                try:
                    restored = from_wire(custom.kind.cls, member)
                except PayloadError:
                    run.dropped(here, member, LossReason.EXTENSION)
            else:
                run.dropped(here, member, LossReason.EXTENSION)
        extra = kept or NOTHING_EXTRA
        return extra if restored is None else (restored, extra)

    return convert


def _node(
    made: Source,
    number: int,
    nodes: list[Node],
    moves: list[Move],
    variables: Mapping[tuple[int, str], str],
    written: set[tuple[int, str]],
    *,
    is_command: bool,
) -> list[str]:
    """An inner object, which is made if there is anything in it."""
    node = nodes[number]
    starting = [
        line for filled in node.fills if filled[2].starts for line in _filled(made, number, filled, variables)
    ]
    later = evolve(node, fills=_later(node))
    completing = _completed(made, number, later, variables, written)
    making = _new(made, nodes, number, variables, written, variables[node.parent, node.name])
    if node.is_required:
        return [*starting, *completing, *making]
    given = [variables[key] for key in sorted(written) if key[0] == number]
    condition = f"if {' or '.join(f'{one} is not NOTHING' for one in given)}:"
    if not _may_fail(node):
        return [*starting, condition, *indented(making)]
    lost = made.name(_lost([move for move in moves if move.node == number], is_command=is_command), "lost")
    return [
        *starting,
        condition,
        "    mark = len(run.losses)",
        "    try:",
        *indented(indented([*completing, *making])),
        "    except Unfit as unfit:",
        f"        {lost}(value, run, place, start, mark, unfit)",
    ]


def _later(node: Node) -> tuple[Filled, ...]:
    """The fills that come when it is clear that there is an object."""
    return tuple([filled for filled in node.fills if not filled[2].starts])


def _may_fail(node: Node) -> bool:
    """Whether an inner object may turn out to lack something, and be left out for it."""
    return not node.is_required and bool(_later(node) or node.required)


def _lost(moves: list[Move], *, is_command: bool) -> Callable[[Any, Run, Place, int, int, Unfit], None]:
    """An inner object that lacks what it has to have goes with all that was meant for it."""
    sources = {move.source for move in moves}

    def lost(value: Any, run: Run, place: Place, start: int, mark: int, unfit: Unfit) -> None:
        if is_command:
            raise unfit
        del run.losses[mark:]
        run.losses[start:] = [note for note in run.losses[start:] if _member(note[2], place) not in sources]
        for move in moves:
            one = value
            for name in move.read:
                one = None if one is None or one is MISSING else getattr(one, name)
            if one is not None and one is not MISSING:
                run.dropped((place, move.source, ""), one, unfit.reason)

    return lost


def _member(inner: Place, place: Place) -> str | int | None:
    """Which member of the object at `place` another place lies in."""
    while inner is not None and inner[0] is not place:
        inner = inner[0]
    return None if inner is None else inner[1]


def _completed(
    made: Source,
    number: int,
    node: Node,
    variables: Mapping[tuple[int, str], str],
    written: set[tuple[int, str]],
) -> list[str]:
    lines = [line for filled in node.fills for line in _filled(made, number, filled, variables)]
    for name, path in node.required:
        missing = made.name(_missing(path), "missing")
        if (number, name) in written:
            lines.append(f"if {variables[number, name]} is NOTHING: {missing}(place)")
        else:
            lines.append(f"{missing}(place)")
    return lines


def _filled(
    made: Source,
    number: int,
    filled: Filled,
    variables: Mapping[tuple[int, str], str],
) -> list[str]:
    name, path, fill, known, legal = filled
    variable = variables[number, name]
    lines = [_AT, f"at.place = (place, '', {path!r})"]
    lines.append(f"w = {made.name(fill.make, 'fill')}(at)")
    if known:
        lines.append(f"if w is not None: w = {made.name(known, 'members')}[w]")
    if legal is not None:
        lawful = made.name(_lawful(legal.convert), "lawful")
        test = "" if legal.direct is None else f" and not ({_test(made, number, legal.direct, 'w')})"
        lines.append(f"if w is not None{test}: w = {lawful}(w, at)")
    lines.append("if w is not None:")
    if fill.reason is not None:
        kind = made.name(fill.kind, "kind") + ("" if isinstance(fill.kind, LossKind) else "(w)")
        lines.append(f"    run.made(at.place, w, {made.name(fill.reason, 'REASON')}, {kind})")
    return [f"if {variable} is NOTHING:", *indented([*lines, f"    {variable} = w"])]


def _lawful(legal: Convert) -> Callable[[Any, At], Any]:
    """Made of the source or of a request, a value may be what was tolerated there: it is left out."""

    def lawful(made: Any, at: At) -> Any:
        try:
            return legal(made, at.run, at.place)
        except Unfit:
            return None

    return lawful


def _missing(path: str) -> Callable[[Place], None]:
    def missing(place: Place) -> None:
        raise Unfit((place, path, path), None, LossReason.REQUIRED, error=ErrorCode.OCCURRENCE_CONSTRAINT)

    return missing


def _new(
    made: Source,
    nodes: list[Node],
    number: int,
    variables: Mapping[tuple[int, str], str],
    written: set[tuple[int, str]],
    variable: str,
) -> list[str]:
    """A new object of the variables. What was not written has its default."""
    node = nodes[number]
    cls, new = made.name(node.cls, f"cls{number}"), made.name(node.cls.__new__, f"new{number}")
    lines = [f"made = {new}({cls})", f"made.extra = {'EXTRA' if number else 'kept'}"]
    for one in shape(node.cls).fields:
        default = _default(made, one)
        name = variables[number, one.name]
        is_asked = (number, one.name) in written and _at_first(made, nodes, (number, one.name)) == "NOTHING"
        if (number, one.name) not in written:
            lines.append(f"made.{one.name} = {default}")
        elif one.is_required or not is_asked:
            lines.append(f"made.{one.name} = {name}")
        else:
            lines.append(f"made.{one.name} = {default} if {name} is NOTHING else {name}")
    return [*lines, f"{variable} = made"]


def _root(
    made: Source,
    nodes: list[Node],
    variables: Mapping[tuple[int, str], str],
    written: set[tuple[int, str]],
    last: Last | None,
    *,
    is_command: bool,
) -> list[str]:
    lines = _new(made, nodes, 0, variables, written, "result")
    if last is not None:
        finish = made.name(_finish(last, is_command=is_command), "finish")
        lines.append(f"result = {finish}(result, value, run, place)")
    return [*lines, "return result"]


def _finish(last: Last, *, is_command: bool) -> Callable[[Any, Any, Run, Place], Any]:
    def finish(result: Any, value: Any, run: Run, place: Place) -> Any:
        fields = [one.name for one in shape(type(result)).fields]
        members = {name: one for name in fields if (one := getattr(result, name)) is not None}
        last(members, At(run, place, value, is_command))
        return type(result)(**members, extra=result.extra)

    return finish

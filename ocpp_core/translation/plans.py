"""Compiles two classes and the rows about them into the function that turns one into the other.

Every field of the source is either converted by a row, copied to its namesake, or named as lost; every field that the
target requires comes from a row, a namesake or a fill. What has none of these is a gap: it is listed in `Way.gaps`,
which a test wants to be empty, and in production it is a named loss.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from attrs import define, evolve, field, frozen

from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.messages import UNSET, Payload
from ocpp_core.model.shapes import (
    Boolean,
    Enumeration,
    Field,
    Integer,
    Kind,
    ListOf,
    Nested,
    Number,
    Shape,
    Text,
    Timestamp,
    shape,
)
from ocpp_core.model.specifications import specification
from ocpp_core.payloads.binding import tokens
from ocpp_core.translation.assembly import (
    Filled,
    Legal,
    Move,
    Node,
    assembled,
    made_of,
    same_tokens,
    text_of_token,
)
from ocpp_core.translation.fitting import Direct, direct, usual
from ocpp_core.translation.leaves import Manner, Table, leaf, unlisted
from ocpp_core.translation.losses import LossReason, Place
from ocpp_core.translation.rules import Conversion, Fill, Last, Pair, drop, ignore
from ocpp_core.translation.runs import Convert, Pure, Run, Unfit


@frozen
class Line:
    """A `Row` as one direction sees it."""

    source: str
    target: str
    convert: Conversion | None
    fill: Fill | None
    keep: bool = False
    lenient: bool = False
    whole: bool = False
    vital: bool = False
    alone: Callable[[Any], bool] | None = None


@define(eq=False)
class Way:
    """One direction of a step: from one version to its neighbour.

    Attributes:
        step: Its name, ``1.6->2.0.1``.
        is_up: Whether it leads to the newer version.
        pairs: Of classes, by the names in source and target.
        tables: Of tokens, by the names of the enums in source and target.
        silent: Fields that need no row to be dropped.
        integers: Bounds of integers in the target that no schema states.
        gaps: What no rule speaks of, found when plans are made.
        mentioned: Nested classes that plans will need, which are not made before they are.
        values: Plans of items of reports, by the name of the class that they become and their own class.
    """

    step: str
    is_up: bool
    pairs: Mapping[tuple[str, str], Pair]
    tables: Mapping[tuple[str, str], Table]
    silent: frozenset[str] = frozenset({"customData", "statusInfo"})
    integers: tuple[int, int] | None = None
    gaps: list[str] = field(factory=list)
    mentioned: list[tuple[type[Payload], type[Payload], bool]] = field(factory=list)
    _plans: dict[Any, Convert] = field(factory=dict)
    _classes: dict[str, Any] = field(factory=dict)
    values: "_Values" = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.values = _Values(self)

    def plan(
        self, source: type[Payload], target: type[Payload], is_command: bool = False, is_item: bool = False
    ) -> Convert:
        """The function that turns an object of one class into one of the other.

        Args:
            source: The class of the source.
            target: The class of the target.
            is_command: Whether the object is of a command, or a command.
            is_item: Whether it is an item of a report, which is left out if it has no place: then None is made of it.
        """
        key = (source, target, is_command, is_item)
        made = self._plans.get(key)
        if made is None:
            made = self._plans[key] = _compile(self, source, target, is_command, is_item)
        return made

    def value_class(self, name: str) -> Any:
        """A class of the target, for rules written by hand."""
        found = self._classes.get(name)
        if found is None:
            found = self._classes[name] = specification(self.step.partition("->")[2]).load(name)
        return found

    def complete(self) -> None:
        """Makes all plans that those made so far will need, so that `gaps` has everything."""
        while self.mentioned:
            self.plan(*self.mentioned.pop())

    def lines(self, source: type[Payload], target: type[Payload], is_command: bool) -> Iterator[Line]:
        """The rows about two classes, as this direction sees them."""
        pair = self.pairs.get((source.__name__, target.__name__))
        for row in pair.rows if pair else ():
            by_hand = row.up if self.is_up else row.down
            names = (row.older, row.newer) if self.is_up else (row.newer, row.older)
            fill = row.fill_up if self.is_up else row.fill_down
            if is_command:
                by_hand = (row.command_up if self.is_up else row.command_down) or by_hand
            lenient = ("up" if self.is_up else "down") in row.lenient
            alone = None if self.is_up else row.alone_down
            yield Line(*names, by_hand, fill, row.keep, lenient, row.whole, row.vital, alone)

    def last(self, source: type[Payload], target: type[Payload]) -> Last | None:
        """What looks at the made object last."""
        pair = self.pairs.get((source.__name__, target.__name__))
        return None if pair is None else pair.up if self.is_up else pair.down


class _Values(dict[str, "_Items"]):
    """Plans that are made when they are first looked up: there may be very many items, and a call takes time."""

    def __init__(self, way: Way) -> None:
        super().__init__()
        self._way = way

    def __missing__(self, name: str) -> "_Items":
        made = self[name] = _Items(self._way, name)
        return made


class _Items(dict[type[Payload], Convert]):
    def __init__(self, way: Way, name: str) -> None:
        super().__init__()
        self._way = way
        self._name = name

    def __missing__(self, source: type[Payload]) -> Convert:
        made = self[source] = self._way.plan(source, self._way.value_class(self._name), is_item=True)
        return made


def _members(one: Field | None) -> Mapping[str, Any]:
    """The tokens of a field: rules written by hand may say them as text."""
    return tokens(one.kind.enum) if one is not None and isinstance(one.kind, Enumeration) else {}


def _resolve(cls: type[Payload], path: str) -> tuple[Field, ...]:
    """The fields that a dotted name leads through."""
    found = []
    for part in path.split("."):
        one = shape(cls).by_wire[part]
        found.append(one)
        if isinstance(one.kind, Nested):
            cls = one.kind.cls
    return tuple(found)


def _all_lines(way: Way, source: Shape, target: Shape, is_command: bool) -> Iterator[Line]:
    """The rows, and one for each field that none of them speaks of."""
    lines = list(way.lines(source.cls, target.cls, is_command))
    yield from lines
    spoken = {line.source for line in lines}
    written = {line.target for line in lines}
    yield from _implicit(way, source.cls, target.cls, source, target, spoken, written, "")


def _implicit(
    way: Way,
    root: type[Payload],
    target_root: type[Payload],
    source: Shape,
    target: Shape,
    spoken: set[str],
    written: set[str],
    prefix: str,
) -> Iterator[Line]:
    for one in source.fields:
        path = f"{prefix}{one.wire}"
        if path in spoken:
            continue
        if isinstance(one.kind, Nested) and any(name.startswith(f"{path}.") for name in spoken):
            yield from _implicit(
                way, root, target_root, shape(one.kind.cls), target, spoken, written, f"{path}."
            )
        elif not prefix and one.wire in target.by_wire and one.wire not in written:
            yield Line(one.wire, one.wire, None, None)
        elif not prefix and one.wire == "customData" and target.is_open:
            yield Line(path, "", ignore, None)  # an extra member there
        else:
            if one.wire not in way.silent:
                way.gaps.append(f"{way.step} {root.__name__}.{path} has no place in {target_root.__name__}")
            yield Line(path, "", drop, None)


def _compile(
    way: Way, source: type[Payload], target: type[Payload], is_command: bool, is_item: bool
) -> Convert:
    """The function for two classes."""
    from_, to = shape(source), shape(target)
    nodes: list[Node] = []
    index: dict[str, int] = {}
    moves: list[Move] = []
    fills: dict[int, list[Filled]] = {}

    def node(path: str) -> int:
        if path in index:
            return index[path]
        if not path:
            number, one = -1, None
        else:
            outer, _, _ = path.rpartition(".")
            number = node(outer)
            one = _resolve(target, path)[-1]
        cls = target if one is None else one.kind.cls  # type: ignore[union-attr]
        required = tuple(
            (each.name, f"{path}.{each.wire}" if path else each.wire)
            for each in shape(cls).fields
            if each.is_required
        )
        index[path] = len(nodes)
        nodes.append(
            Node(cls, number, one.name if one else "", path, one is None or one.is_required, required, ())
        )
        return index[path]

    node("")
    for line in _all_lines(way, from_, to, is_command):
        at, last = 0, None
        if line.target and (line.source or line.fill):
            outer, _, _ = line.target.rpartition(".")
            at = node(outer)
            last = _resolve(target, line.target)[-1]
            if line.fill is not None:
                legal = _legal(way, last, is_command=is_command)
                fills.setdefault(at, []).append((last.name, line.target, line.fill, _members(last), legal))
        if not line.source:
            continue
        path = _resolve(source, line.source)
        convert = line.convert or _conversion(way, path[-1].kind, last, line, is_command, target)
        moves.append(
            Move(
                tuple(one.name for one in path),
                UNSET if path[-1].default is UNSET else None,
                line.source,
                line.target,
                last.name if last else "",
                at,
                convert,
                line.convert is not None,
                line.vital or bool(last and last.is_required and line.fill is None),
                _members(last),
                _direct(way, path[-1].kind, last, line),
                _same(way, path[-1].kind, last, line),
                _homeless(way, path[-1].kind, last, line),
                usual(path[-1].kind),
                _legal(way, last, is_command=is_command),
            )
        )
    for number, one in enumerate(nodes):
        given = {move.name for move in moves if move.node == number}
        given |= {name for name, *_ in fills.get(number, ())}
        given |= {each.name for each in nodes if each.parent == number}
        for name, path_ in one.required:
            if name not in given:
                way.gaps.append(
                    f"{way.step} {target.__name__}.{path_} comes from nowhere in {source.__name__}"
                )
    nodes = [evolve(one, fills=tuple(fills.get(number, ()))) for number, one in enumerate(nodes)]
    return assembled(
        from_, to, moves, nodes, way.last(source, target), is_command=is_command, is_item=is_item
    )


def _legal(way: Way, last: Field | None, *, is_command: bool) -> Legal | None:
    """What a value has to be that no conversion by kind has made. Objects and lists are made by those of theirs."""
    if last is None or not isinstance(last.kind, Text | Integer | Number | Boolean | Timestamp):
        return None
    manner = Manner(keep=True, is_command=is_command, integers=way.integers)
    convert = leaf(last.kind, last.kind, manner)
    assert convert is not None
    return Legal(direct(last.kind, last.kind, way.integers), convert)


def _direct(way: Way, kind: Kind, last: Field | None, line: Line) -> Direct | None:
    if last is None:
        return None
    if isinstance(line.convert, Pure):
        return made_of(line.convert.function, _legal(way, last, is_command=False))
    if line.convert is not None:
        return None
    return direct(kind, last.kind, way.integers)


def _same(way: Way, kind: Kind, last: Field | None, line: Line) -> Mapping[Any, Any]:
    """What tokens become that are the same on both sides, where the kind decides it."""
    match kind, None if line.convert is not None or last is None else last.kind:
        case Enumeration(), Text() as target:
            return text_of_token(kind, target)
        case Enumeration(), Enumeration() as target:
            return same_tokens(kind, target, _entries(way, kind, target))
        case _:
            return {}


def _homeless(way: Way, kind: Kind, last: Field | None, line: Line) -> frozenset[str]:
    """The tokens that have no place, where the kind decides it."""
    match kind, None if line.convert is not None or last is None else last.kind:
        case Enumeration(), Enumeration() as target:
            entries = _entries(way, kind, target)
            return frozenset([token for token, entry in entries.items() if entry is None])
        case _:
            return frozenset()


def _entries(way: Way, source: Enumeration, target: Enumeration) -> Mapping[str, Any]:
    table = way.tables.get((source.enum.__name__, target.enum.__name__))
    return {} if table is None else table.entries


def _conversion(
    way: Way, kind: Kind, last: Field | None, line: Line, is_command: bool, target: type[Payload]
) -> Convert:
    """The conversion of one field that its kind determines."""
    assert last is not None, f"{way.step} {line.source} says neither where to nor what becomes of it"
    manner = Manner(
        name=last.wire,
        keep=line.keep,
        is_command=is_command and not line.lenient,
        whole=line.whole,
        alone=line.alone,
        integers=way.integers,
    )
    convert = _between(way, kind, last.kind, manner)
    if convert is None:
        raise TypeError(f"{way.step} {target.__name__}.{last.wire}: {kind!r} is no {last.kind!r}")
    return convert


def _between(way: Way, source: Kind, target: Kind, manner: Manner) -> Convert | None:
    if isinstance(source, Nested) and isinstance(target, Nested):
        return _nested(way, source, target, manner)
    if isinstance(target, ListOf):
        item = _between(way, source.item if isinstance(source, ListOf) else source, target.item, manner)
        assert item is not None
        return _list(item, target, manner) if isinstance(source, ListOf) else _one(item)
    if isinstance(source, ListOf):
        item = _between(way, source.item, target, manner)
        assert item is not None
        return _first(item, manner)
    table = None
    if isinstance(target, Enumeration):
        name = source.enum.__name__ if isinstance(source, Enumeration) else ""
        table = way.tables.get((name or target.enum.__name__, target.enum.__name__))
        if isinstance(source, Enumeration):
            for token in unlisted(source.enum, target.enum, table):
                gap = f"{way.step} {source.enum.__name__}.{token} has no place in {target.enum.__name__}"
                if gap not in way.gaps:
                    way.gaps.append(gap)
        elif table is None and isinstance(source, Text):
            way.gaps.append(f"{way.step} text has no table into {target.enum.__name__}")
    return leaf(source, target, manner, table)


def _nested(way: Way, source: Nested, target: Nested, manner: Manner) -> Convert:
    # On first use: types may be large, and most messages have few of them.
    found: list[Convert] = []
    way.mentioned.append((source.cls, target.cls, manner.is_command))

    def convert(value: Any, run: Run, place: Place) -> Any:
        if not isinstance(value, source.cls):
            raise Unfit(place, value, error=ErrorCode.TYPE_CONSTRAINT)
        if not found:
            found.append(way.plan(source.cls, target.cls, manner.is_command))
        return found[0](value, run, place)

    return convert


def _list(item: Convert, target: ListOf, manner: Manner) -> Convert:
    fewest = target.min_items or 0
    most = float("inf") if target.max_items is None else target.max_items
    is_whole = manner.is_command or manner.whole

    def convert(values: Any, run: Run, place: Place) -> Any:
        if not isinstance(values, list):
            raise Unfit(place, values, error=ErrorCode.TYPE_CONSTRAINT)
        made: list[Any] = []
        for number, value in enumerate(values):
            here = (place, number, len(made))
            mark = len(run.losses)
            if len(made) >= most:
                if is_whole:
                    raise Unfit(here, value, LossReason.TOO_LONG, code="TooManyElements")
                run.dropped(here, value)
                continue
            try:
                made.append(item(value, run, here))
            except Unfit as unfit:
                if is_whole and not (manner.alone is not None and manner.alone(value)):
                    raise
                del run.losses[mark:]
                run.dropped(here, value, unfit.reason)
        if not made and values:
            raise Unfit(place, values)
        return None if len(made) < fewest else made

    return convert


def _one(item: Convert) -> Convert:
    return lambda value, run, place: [item(value, run, (place, "", 0))]


def _first(item: Convert, manner: Manner) -> Convert:
    def convert(values: Any, run: Run, place: Place) -> Any:
        if not isinstance(values, list):
            raise Unfit(place, values, error=ErrorCode.TYPE_CONSTRAINT)
        if not values:
            return None
        made = item(values[0], run, (place, 0, ""))
        for number, value in enumerate(values[1:], 1):
            reason = LossReason.EFFECT_CHANGED if manner.is_command else LossReason.NO_COUNTERPART
            run.dropped((place, number, ""), value, reason)
        return made

    return convert

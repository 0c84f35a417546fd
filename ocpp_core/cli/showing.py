"""What people see: frames, problems and tables, as rich text.

Whatever comes from a frame goes through `clean`, so that no input can move the cursor or hide text.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ocpp_core.cli.summary import PARTS, Counts, Deviation, Seen, Summary, message_name, spelled
from ocpp_core.logs.judging import Judged, Verdict
from ocpp_core.logs.origins import CSMS_TO_STATION, RECEIVED, SENT, STATION_TO_CSMS
from ocpp_core.model.codes import FrameKind
from ocpp_core.model.messages import MISSING, CallError, CallResultError, Payload, Token
from ocpp_core.model.printing import LONG, printable
from ocpp_core.model.shapes import shape
from ocpp_core.model.timestamps import WireTimestamp
from ocpp_core.model.versions import Action, Role, Specification, Version

_LONGEST = 2_000
_SHORT_LINE = 140

_VERDICT_STYLES = {
    Verdict.ACCEPTED: "green",
    Verdict.TOLERATED: "yellow",
    Verdict.REFUSED: "bold red",
    Verdict.UNPAIRED: "cyan",
    Verdict.AMBIGUOUS: "cyan",
    Verdict.NOT_JUDGED: "cyan",
}
#: Arrows have one meaning everywhere: the station is on the left, the CSMS on the right.
TO_CSMS, TO_STATION, EITHER, UNANSWERED = "→", "←", "↔", "⇢"
LEGEND = f"{TO_CSMS} the station calls   {TO_STATION} the CSMS calls   {UNANSWERED} the station sends, for no answer"
_DIRECTIONS = {
    STATION_TO_CSMS: f"station {TO_CSMS} csms",
    CSMS_TO_STATION: f"station {TO_STATION} csms",
    RECEIVED: RECEIVED,
    SENT: SENT,
}
_PATH, _DIM, _NAME = "bold", "dim", "blue"


def clean(text: str, limit: int = _LONGEST) -> str:
    """Text of an input, made harmless for a terminal and cut to a reasonable length."""
    return printable(text, limit)


# Frames


def headline(judged: Judged, verdict: str = "", style: str = "") -> Text:
    """One line about a frame: what it is, where it stands and what is known about it.

    Args:
        judged: The frame.
        verdict: What stands in place of the one on it.
        style: Of that.
    """
    found = judged.found
    word = judged.verdict.value.upper() if judged.verdict is Verdict.REFUSED else judged.verdict.value
    line = Text(verdict or word)
    line.stylize(style if verdict else _VERDICT_STYLES[judged.verdict])
    line.append(f"  {clean(found.source)}:{found.line}", _DIM)
    parts: list[tuple[str, str]] = []
    if judged.kind is not None:
        parts.append((_kind_name(judged), _NAME))
        parts.append((clean(judged.action, 100), "bold"))
    if judged.id is not None:
        parts.append((repr(clean(judged.id, 80)), ""))
    parts.append((f"OCPP {clean(found.version, 20)}" if found.version else "", ""))
    parts.append((_DIRECTIONS.get(found.direction, ""), ""))
    parts.append((clean(str(found.station or ""), 80), _DIM))
    for text, colour in parts:
        if text:
            line.append("  ").append(text, colour)
    return line


def _kind_name(judged: Judged) -> str:
    assert judged.kind is not None
    return judged.kind.name if judged.kind.value > 0 else judged.kind.name.replace("_", " ").lower()


def message(judged: Judged) -> Iterator[Text]:
    """A frame as a typed message, one line for each field that is set."""
    yield headline(judged)
    frame = judged.frame
    if frame is None:
        yield from problems(judged)
        yield Text(f"  {clean(judged.found.text, 500)}", _DIM)
    elif isinstance(frame, CallError | CallResultError):
        spelling = f"  (written {clean(frame.spelling, 80)!r})" if frame.spelling is not None else ""
        code = spelled(judged, frame.code) or str(frame.code)
        yield _field("code", Text(f"{code}{spelling}", "magenta"), 2)
        yield _field("description", _scalar(frame.description), 2)
        if frame.details:
            yield _field("details", _scalar(frame.details), 2)
        yield from problems(judged)
    else:
        yield Text(f"  {type(frame.payload).__name__}", "italic")
        yield from _fields(frame.payload, 4)
        yield from problems(judged)


def _fields(payload: Payload, indent: int) -> Iterator[Text]:
    for name, value in _given(payload):
        if isinstance(value, list):
            yield from _list(name, value, indent)
            continue
        short = _short(value) if isinstance(value, Payload) else _scalar(value)
        yield _field(name, short, indent)
        if short is None:
            yield from _fields(value, indent + 2)


def _list(name: str, items: list[Any], indent: int) -> Iterator[Text]:
    if not any(isinstance(item, Payload) for item in items):
        yield _field(name, Text(", ").join(map(_scalar, items)) if items else Text("(empty)", _DIM), indent)
        return
    yield _field(name, Text(), indent)
    for position, item in enumerate(items):
        line = Text(f"{' ' * indent}  [{position}]", _DIM)
        short = _short(item) if isinstance(item, Payload) else _scalar(item)
        yield line if short is None else Text.assemble(line, " ", short)
        if short is None:
            yield from _fields(item, indent + 6)


def _given(payload: Payload) -> Iterator[tuple[str, Any]]:
    """The fields that are set, by attribute name; what has no field, by wire name."""
    for field in shape(type(payload)).fields:
        value = getattr(payload, field.name)
        if value is not field.default:
            yield field.name, value
    for name, value in payload.extra.items():
        yield f"extra[{clean(name, 60)!r}]", value


def _short(payload: Payload) -> Text | None:
    """A structured value on one line; None if it has lists inside, or would be too long to read."""
    line = Text()
    for name, value in _given(payload):
        line.append("" if not line else "  ").append(name, _NAME)
        if isinstance(value, Payload):
            inner = _short(value)
            if inner is None:
                return None
            line.append("(").append_text(inner).append(")")
        elif isinstance(value, list) or len(line) > _SHORT_LINE:
            return None
        else:
            line.append("=").append_text(_scalar(value))
    return None if len(line) > _SHORT_LINE else line or Text("(empty)", _DIM)


def _field(name: str, value: Text | None, indent: int) -> Text:
    line = Text(" " * indent).append(name, _NAME)
    return line.append(" ").append_text(value) if value else line


def _scalar(value: Any) -> Text:
    match value:
        case Token():
            return (
                Text(clean(value), "magenta")
                if value.is_standard
                else Text(f"{clean(value)} (not standard)", "red")
            )
        case WireTimestamp() if value.text is not None:
            return Text(f"{_moment(value)} (written {clean(value.text, 80)!r})", "cyan")
        case datetime():
            return Text(_moment(value), "cyan")
        case str():
            return Text(clean(repr(value)), "green")
        case bool() | None:
            return Text({True: "true", False: "false", None: "null"}[value], "yellow")
        case int() | float() | Decimal():
            return Text(
                clean(format(value, "f") if isinstance(value, Decimal) else str(value), 400), "yellow"
            )
        case _ if value is MISSING:
            return Text("(missing)", "red")
        case _:
            return Text(clean(repr(value)), "green")


def _moment(value: datetime) -> str:
    text = value.replace(tzinfo=None).isoformat(" ")
    text = text.rstrip("0") if value.microsecond else text
    offset = value.strftime("%z")
    return f"{text} UTC" if offset in ("+0000", "-0000") else f"{text} {offset[:3]}:{offset[3:]}"


# Problems


def problems(judged: Judged) -> Iterator[Text]:
    """What is wrong with a frame: two lines for each violation."""
    if judged.verdict is Verdict.UNPAIRED:
        yield Text("  the call that this answers is not in the input: payload not judged", _DIM)
        return
    if judged.verdict is Verdict.AMBIGUOUS:
        yield Text(f"  {clean(judged.reason, 300)}: the input does not say which", _DIM)
        return
    if judged.verdict is Verdict.NOT_JUDGED:
        yield Text(f"  {clean(judged.reason, 300)}", _DIM)
        return
    if judged.code is not None and not judged.violations:
        name = spelled(judged, judged.code)
        yield Text(f"  {clean(judged.reason, 300)}").append(f"  {name or 'no answer is due'}", "red")
    for one in judged.violations:
        line = Text("  ").append(clean(one.path, 300), _PATH).append(f"  {one.keyword}")
        if name := spelled(judged, one.code):
            line.append(f"  {name}", "red" if judged.verdict is Verdict.REFUSED else _DIM)
        if one.rule and judged.verdict is Verdict.TOLERATED:
            line.append(f"  {one.rule.label}", "yellow")
        elif one.rule and judged.allow:
            line.append(f"  --allow {one.rule.label}", _DIM)
        yield line
        yield Text(f"      {clean(one.message, 300)}")


# Summaries


def new_table(title: str) -> Table:
    """An empty table as all of them look."""
    return Table(
        title=f"\n{title}",
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
    )


def counted(count: int, style: str = "") -> Text:
    """A count in a table, where nothing is less than 0."""
    return Text(str(count), style) if count else Text("-", _DIM)


def hanging(text: Text, console: Console) -> Text:
    """A line broken between words, as the console is wide; what comes behind a break stands under its line."""
    width = console.width
    if cell_len(text.plain) <= width:
        return text
    indent = len(text.plain) - len(text.plain.lstrip()) + 4
    lines = text.wrap(console, max(width - indent, 20))
    for number, line in enumerate(lines):
        line.rstrip()
        if number:
            line.pad_left(indent)
    return Text("\n").join(lines)


def fitted(text: Text, console: Console) -> Text:
    """A line as it is written: on a terminal its words are whole; for other programs it is one line."""
    return hanging(text, console) if console.is_terminal else text


def fits(table: Table, width: int) -> bool:
    """Whether a table needs no more columns than there are."""
    return Console(width=10_000).measure(table).maximum <= width


def summary_tables(summary: Summary, lines_skipped: int, width: int) -> Iterator[Table | Text]:
    """Everything that was counted, in tables that fit; what does not fit into one becomes lines.

    Args:
        summary: What was counted.
        lines_skipped: Lines in which no frame was found.
        width: Columns that there are.
    """
    if summary.actions.rows:
        tables = (_actions_table(summary, columns) for columns in (_columns_of(summary), _SUMS))
        yield next((table for table in tables if fits(table, width)), _actions_table(summary, _SUMS))
    if summary.stations.rows:
        table = _stations_table(summary)
        yield from [table] if fits(table, width) else _station_lines(summary)
    if summary.deviations:
        table = _deviations_table(summary)
        yield from [table] if fits(table, width) else _deviation_lines(summary)
    yield Text()
    yield from totals(summary, lines_skipped)


#: Columns of the table of actions: what is counted, and under which head.
_COLUMNS: tuple[tuple[str, Verdict, tuple[str, ...]], ...] = (
    ("Requests\naccepted", Verdict.ACCEPTED, ("requests",)),
    ("\nrefused", Verdict.REFUSED, ("requests",)),
    ("Responses\naccepted", Verdict.ACCEPTED, ("responses",)),
    ("\nrefused", Verdict.REFUSED, ("responses",)),
    ("Errors\naccepted", Verdict.ACCEPTED, ("errors",)),
    ("\nrefused", Verdict.REFUSED, ("errors",)),
    ("Other\nrefused", Verdict.REFUSED, ("others",)),
    ("\nTolerated", Verdict.TOLERATED, PARTS),
)
#: The same in few columns.
_SUMS = (
    ("\nAccepted", Verdict.ACCEPTED, PARTS),
    ("\nTolerated", Verdict.TOLERATED, PARTS),
    ("\nRefused", Verdict.REFUSED, PARTS),
)
_Columns = Sequence[tuple[str, Verdict, tuple[str, ...]]]


def _columns_of(summary: Summary) -> _Columns:
    return [
        (head, verdict, parts)
        for head, verdict, parts in _COLUMNS
        if parts in (("requests",), ("responses",))
        or any(_count(counts, verdict, parts) for _, counts in summary.actions)
    ]


def _actions_table(summary: Summary, columns: _Columns) -> Table:
    table = new_table("By action")
    table.add_column("\nOCPP")
    table.add_column("\nAction", no_wrap=True)
    for head, _, _ in columns:
        table.add_column(head, justify="right")
    order = {version.value: place for place, version in enumerate(Version)}
    rows = sorted(summary.actions, key=lambda row: (order.get(row[0][0], len(order)), row[0]))
    for (version, action), counts in rows:
        cells = [
            counted(_count(counts, verdict, parts), _VERDICT_STYLES[verdict]) for _, verdict, parts in columns
        ]
        table.add_row(clean(version, 20), clean(action, 60) or Text("(not known)", _DIM), *cells)
    return table


def _count(counts: Counts, verdict: Verdict, parts: tuple[str, ...]) -> int:
    return sum(counts.get((part, verdict), 0) for part in parts)


def _stations_table(summary: Summary) -> Table:
    verdicts = [v for v in Verdict if any(_by_verdict(counts, v) for _, counts in summary.stations)]
    names = [
        name
        for name in ("identity", "vendor", "model")
        if any(getattr(key[0], name) for key, _ in summary.stations)
    ]
    table = new_table("By station")
    for name in names:
        table.add_column("Station" if name == "identity" else name.capitalize())
    table.add_column("OCPP")
    table.add_column("Frames", justify="right")
    for verdict in verdicts:
        table.add_column(verdict.capitalize(), justify="right")
    for (station, version), counts in summary.stations:
        known = [clean(getattr(station, name), 60) for name in names]
        cells = [counted(_by_verdict(counts, verdict), _VERDICT_STYLES[verdict]) for verdict in verdicts]
        table.add_row(*known, clean(version, 20), str(sum(counts.values())), *cells)
    return table


def _station_lines(summary: Summary) -> Iterator[Text]:
    yield Text("\nBy station", "bold")
    for (station, version), counts in summary.stations:
        line = Text.assemble((clean(str(station), 180), "bold"), f"  OCPP {clean(version, 20)}")
        line.append(f"  {sum(counts.values())} frames")
        for verdict in Verdict:
            if count := _by_verdict(counts, verdict):
                line.append(", ").append(f"{count} {verdict}", _VERDICT_STYLES[verdict])
        yield line


def _deviation_lines(summary: Summary) -> Iterator[Text]:
    yield Text("\nDeviations by kind", "bold")
    for kind, seen in _sorted(summary.deviations):
        allow = f"  --allow {kind.rule}" if kind.rule else ""
        yield Text(f"{seen.count:>5}  {kind.keyword}").append(allow, _DIM).append(f"  OCPP {kind.version}")
        yield Text(f"       {clean(kind.message, 80)} ").append(clean(kind.path, 200), _PATH)


def _sorted(deviations: Mapping[Deviation, Seen]) -> list[tuple[Deviation, Seen]]:
    return sorted(deviations.items(), key=lambda row: -row[1].count)


def _by_verdict(counts: Counts, verdict: Verdict) -> int:
    return sum(count for (_, other), count in counts.items() if other is verdict)


def _deviations_table(summary: Summary) -> Table:
    table = new_table("Deviations by kind")
    table.add_column("Count", justify="right")
    table.add_column("Rule broken")
    table.add_column("--allow")
    table.add_column("OCPP")
    table.add_column("Where", overflow="fold")
    for kind, seen in _sorted(summary.deviations):
        where = Text(f"{clean(kind.message, 80)} ").append(clean(kind.path, 200), _PATH)
        table.add_row(str(seen.count), kind.keyword, kind.rule or Text("-", _DIM), kind.version, where)
    return table


def totals(summary: Summary, lines_skipped: int) -> Iterator[Text]:
    """The counts that matter most."""
    line = Text().append(f"{summary.frames} frame{'' if summary.frames == 1 else 's'}", "bold")
    for verdict, count in summary.verdicts.items():
        if count and verdict is not Verdict.NOT_JUDGED:
            line.append(", ").append(f"{count} {verdict}", _VERDICT_STYLES[verdict])
    yield line
    if summary.verdicts[Verdict.UNPAIRED]:
        yield Text(
            "unpaired: results whose calls are not in the input; the frame was judged, the payload not", _DIM
        )
    if summary.verdicts[Verdict.AMBIGUOUS]:
        yield Text("ambiguous: results that fit several calls; the input does not say whose they are", _DIM)
    for reason, count in summary.not_judged.items():
        yield Text(f"not judged: {clean(reason, 100)}, {count} frame{'' if count == 1 else 's'}", "cyan")
    if lines_skipped:
        yield Text(f"{lines_skipped} line{'' if lines_skipped == 1 else 's'} without a frame skipped", _DIM)


# Actions


_ARROWS = {Role.CHARGE_POINT: TO_CSMS, Role.CSMS: TO_STATION, Role.EITHER: EITHER}


def actions_matrix(specifications: Iterable[Specification], width: int) -> Iterator[Table | Text]:
    """All actions of all versions; the columns on the right are left out where they do not fit."""
    versions = list(specifications)
    tables = (_matrix(versions, extra) for extra in (("block", "purpose"), ("block",)))
    yield next((table for table in tables if fits(table, width)), _matrix(versions, ()))
    yield Text(f"\n{TO_CSMS} the station calls the CSMS   {TO_STATION} the CSMS calls the station", _DIM)
    yield Text(f"{EITHER} either calls   {UNANSWERED} the station sends, and wants no answer (SEND)", _DIM)
    yield Text("actions: " + ", ".join(f"{one.version}: {len(one.actions)}" for one in versions), _DIM)


_HEADS = {"block": "Profile or block", "purpose": "Purpose"}


def _matrix(versions: Sequence[Specification], extra: tuple[str, ...]) -> Table:
    table = new_table("Actions")
    table.add_column("Action", no_wrap=True)
    for one in versions:
        table.add_column(one.version, justify="center", no_wrap=True)
    for name in extra:
        table.add_column(_HEADS[name], no_wrap=True)
    for name in sorted({name for one in versions for name in one.actions}):
        newest = next(one.actions[name] for one in reversed(versions) if name in one.actions)
        cells = [_arrow(one.actions.get(name)) for one in versions]
        table.add_row(name, *cells, *(getattr(newest, each) for each in extra))
    return table


def _arrow(action: Action | None) -> str:
    if action is None:
        return ""
    return _ARROWS[action.sent_by] if action.answered else UNANSWERED


def actions_of(specification: Specification) -> Iterator[Table | Text]:
    """The actions of one version, in detail, below their profiles or functional blocks."""
    table = new_table(f"OCPP {specification.version}: {len(specification.actions)} actions")
    table.add_column("Action", no_wrap=True)
    table.add_column("Sent by", no_wrap=True)
    table.add_column("Purpose")
    for block in dict.fromkeys(action.block for action in specification.actions.values()):
        table.add_row(Text(block, "bold"))
        for action in sorted(specification.actions.values(), key=lambda one: one.name):
            if action.block == block:
                kind = "" if action.answered else " (SEND)"
                table.add_row(f"  {action.name}", f"{sender(action)}{kind}", action.purpose)
    yield table


def sender(action: Action) -> str:
    """Who sends the request of an action."""
    return {Role.CHARGE_POINT: "station", Role.CSMS: "csms"}.get(action.sent_by, "either")


# For programs


def as_json(judged: Judged, payload: Any = None, *, with_payload: bool = False) -> dict[str, Any]:
    """A judged frame for programs.

    Args:
        judged: The frame.
        payload: The payload in wire names, as it was sent.
        with_payload: Whether to give it.
    """
    found = judged.found
    frame = judged.frame
    name = message_name(judged)
    if isinstance(frame, CallError | CallResultError):
        name = type(frame).__name__
    return {
        "source": _cut(found.source),
        "line": found.line,
        "station": _cut(str(found.station)) if found.station else None,
        "direction": found.direction or None,
        "version": _cut(found.version) or None,
        "type": judged.kind.name if judged.kind else None,
        "id": None if judged.id is None else _cut(judged.id),
        "action": _cut(judged.action) or None,
        "class": name or None,
        **({"payload": payload} if with_payload else {}),
        "verdict": judged.verdict,
        "code": spelled(judged, judged.code),
        "violations": [
            {
                "path": _cut(one.path),
                "keyword": one.keyword,
                "rule": one.rule.label if one.rule else None,
                "message": one.message,
                "code": spelled(judged, one.code),
                "value": _plain(one.value),
            }
            for one in judged.violations
        ],
        "allow": [rule.label for rule in judged.allow],
        "reason": judged.reason or None,
    }


def _cut(text: str) -> str:
    """Text for programs, cut where nobody has a use for it. What is not printable is escaped when it is written."""
    return text if len(text) <= LONG else f"{text[:LONG]}..."


def _plain(value: Any) -> Any:
    """The value that broke a rule, if it is a scalar and no secret."""
    if isinstance(value, str):
        return _cut(str(value))
    return value if isinstance(value, int | float | Decimal) else None


def kind_has_payload(kind: FrameKind | None) -> bool:
    """Whether the last element of a frame of this kind is a payload."""
    return kind in (FrameKind.CALL, FrameKind.CALLRESULT, FrameKind.SEND)

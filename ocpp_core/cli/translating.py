"""What people and programs see of a translation: frames, losses, and the counts of both."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import orjson
from attrs import define, field, frozen
from rich.table import Table
from rich.text import Text

from ocpp_core.cli.showing import as_json as judged_as_json
from ocpp_core.cli.showing import clean, counted, fits, headline, new_table, problems
from ocpp_core.cli.summary import MAX_ROWS, Summary, message_name
from ocpp_core.logs.judging import Verdict
from ocpp_core.logs.translating import Outcome, Translated
from ocpp_core.model.errors import OcppError
from ocpp_core.model.messages import Response
from ocpp_core.model.printing import printable_json, printable_xml, shown
from ocpp_core.model.secrets import discreet_path, hide
from ocpp_core.model.timestamps import write_timestamp
from ocpp_core.model.versions import Wire
from ocpp_core.translation.engine import path as path_between
from ocpp_core.translation.losses import Loss, LossKind, in_json

_STYLES: Mapping[str, str] = {
    Outcome.EXACT: "green",
    Outcome.LOSSY: "yellow",
    Outcome.ANSWERED: "cyan",
    Outcome.DROPPED: "cyan",
    Outcome.SESSION: "bold magenta",
    Outcome.FAILED: "bold red",
    LossKind.DROPPED: "red",
    LossKind.APPROXIMATED: "yellow",
    LossKind.DEFAULTED: "cyan",
    LossKind.SYNTHESISED: "cyan",
}
_DIM = "dim"
#: A position in a list.
_POSITION = re.compile(r"(?<!\$)\[\d+\]")

# Frames


def message(translated: Translated) -> Iterator[Text]:
    """A frame, what it has become as it is written, and what was lost."""
    outcome = translated.outcome
    yield headline(translated.judged, outcome, _STYLES[outcome])
    escaped = printable_json if translated.wire is Wire.JSON else printable_xml
    for text in translated.texts:
        # Whole, as that is what was asked for.
        yield Text(f"  {escaped(text)}")
    if translated.answer is not None:
        answer = orjson.dumps(_answer(translated.answer), default=str).decode()
        yield Text("  its sender is told  ", _DIM).append(clean(answer), "")
    for loss in translated.losses:
        yield _loss(loss)
    for loss in translated.of_call:
        yield _loss(loss).append(f"  of {translated.called}", _DIM)
    for one in translated.missing:
        yield Text(f"  {clean(str(one), 300)}", "bold magenta")
    if translated.judged.verdict is not Verdict.ACCEPTED:
        yield from problems(translated.judged)
    elif translated.reason:
        yield Text(f"  {clean(translated.reason, 300)}", _DIM)


def _loss(loss: Loss) -> Text:
    line = Text("  ").append(loss.kind, _STYLES[loss.kind]).append(f"  {clean(loss.path, 300)}", "bold")
    if loss.target is not None and loss.target != loss.path:
        line.append(f" as {clean(loss.target, 300)}")
    line.append(f"  {shown(_plain(loss.value))}")
    if loss.became is not None:
        line.append(f" became {shown(_plain(loss.became))}")
    return line.append(f"  {loss.reason}", _DIM).append(f"  {loss.step}", _DIM)


def _plain(value: Any) -> Any:
    """A value of a loss as JSON has it."""
    if isinstance(value, datetime):
        return write_timestamp(value)
    return str(value) if isinstance(value, str) else value


def _answer(answer: Response | OcppError) -> dict[str, Any]:
    if isinstance(answer, OcppError):
        return {"code": str(answer.code), "description": answer.description}
    # Of an object that was hidden there is a text in its place.
    told: dict[str, Any] = in_json(answer)
    return told


def as_json(translated: Translated) -> dict[str, Any]:
    """A translated frame for programs."""
    answer = translated.answer
    texts = translated.texts
    judged = translated.judged
    return {
        **judged_as_json(judged),
        "to": translated.to,
        "outcome": translated.outcome,
        "wire": translated.wire.name.lower() if texts else None,
        "frames": [orjson.Fragment(text) for text in texts] if translated.wire is Wire.JSON else list(texts),
        "directions": [way or None for way in translated.ways],
        "answer": None if answer is None else _answer(answer),
        "losses": [_loss_as_json(loss) for loss in translated.losses],
        "missing": [
            {"transaction_id": one.transaction_id, "first": one.first, "last": one.last}
            for one in translated.missing
        ],
        "losses_of_call": [_loss_as_json(loss) for loss in translated.of_call],
        "reason": judged.reason or translated.reason or None,
    }


def _loss_as_json(loss: Loss) -> dict[str, Any]:
    return {
        "kind": loss.kind,
        "path": loss.path,
        "value": _plain(loss.value),
        "reason": loss.reason,
        "target": loss.target,
        "became": _plain(loss.became),
        "step": loss.step,
    }


# Counts


@frozen
class Kind:
    """A kind of loss.

    Attributes:
        step: Between which versions.
        kind: What has become of it.
        reason: Why.
        message: Class of the message that it was met in, as the version of the source calls it.
        path: Without the positions in lists.
    """

    step: str
    kind: str
    reason: str
    message: str
    path: str


@define
class Counts:
    """The counts of a translated stream, of bounded size whatever it holds.

    Attributes:
        judged: What the frames were found to be.
        outcomes: Frames by outcome.
        actions: The same by version and action.
        losses: By kind.
        refused: Frames that could be read and paired, and are not in the output; and those that could not be read.
    """

    judged: Summary = field(factory=Summary)
    outcomes: dict[Outcome, int] = field(factory=lambda: dict.fromkeys(Outcome, 0))
    actions: dict[tuple[str, str], dict[Outcome, int]] = field(factory=dict)
    losses: dict[Kind, int] = field(factory=dict)
    refused: int = 0

    def add(self, translated: Translated) -> None:
        """Counts one frame."""
        judged, outcome = translated.judged, translated.outcome
        self.judged.add(judged)
        self.outcomes[outcome] += 1
        self.refused += translated.is_refused
        if judged.action:
            key = (judged.found.version, hide(judged.action[:60]))
            key = key if key in self.actions or len(self.actions) < MAX_ROWS else ("", "")
            row = self.actions.setdefault(key, {})
            row[outcome] = row.get(outcome, 0) + 1
        found = [(loss, _message(translated, loss)) for loss in translated.losses]
        found += [(loss, translated.called) for loss in translated.of_call]
        for loss, message in found:
            path = _POSITION.sub("[]", discreet_path(loss.path))[:200]
            kind = Kind(loss.step, loss.kind, loss.reason, message, path)
            if kind not in self.losses and len(self.losses) >= MAX_ROWS:
                kind = Kind("", loss.kind, loss.reason, "", "")
            self.losses[kind] = self.losses.get(kind, 0) + 1


def _message(translated: Translated, loss: Loss) -> str:
    """Class of the message that a loss is of: the frame, or the answer to it that was made on the way."""
    judged = translated.judged
    name = message_name(judged)
    if translated.answer is None:
        return name
    forward = {one.step for one in path_between(judged.found.version, translated.to)}
    return name if loss.step in forward else f"{judged.action}Response"


#: Columns of the table of actions, each wider than its numbers.
_HEADS = {
    Outcome.EXACT: "\nExact",
    Outcome.LOSSY: "With\nlosses",
    Outcome.ANSWERED: "\nAnswered",
    Outcome.DROPPED: "\nDropped",
    Outcome.SESSION: "Needs a\nsession",
    Outcome.FAILED: "Not\ntranslated",
}
_MEANINGS = {
    Outcome.ANSWERED: "answered: requests that go no further, and what their sender is told",
    Outcome.DROPPED: "dropped: what wants no answer and goes no further; and what answers a call that went no further",
    Outcome.SESSION: "needs a session: depends on what went before, which is not known of this frame",
}


def tables(counts: Counts, lines_skipped: int, width: int) -> Iterator[Table | Text]:
    """Everything that was counted, in tables that fit; what does not fit into one becomes lines.

    Args:
        counts: What was counted.
        lines_skipped: Lines in which no frame was found.
        width: Columns that there are.
    """
    if counts.actions:
        there = [outcome for outcome in Outcome if counts.outcomes[outcome]]
        table = _actions(counts, there)
        yield from [table] if fits(table, width) else _action_lines(counts)
    if counts.losses:
        table = _losses(counts)
        yield from [table] if fits(table, width) else _loss_lines(counts)
    yield Text()
    yield from _totals(counts, lines_skipped)


def _actions(counts: Counts, there: list[Outcome]) -> Table:
    table = new_table("By action")
    table.add_column("\nOCPP")
    table.add_column("\nAction", no_wrap=True)
    for outcome in there:
        table.add_column(_HEADS[outcome], justify="right")
    for (version, action), row in sorted(counts.actions.items()):
        cells = [counted(row.get(outcome, 0), _STYLES[outcome]) for outcome in there]
        table.add_row(clean(version, 20), clean(action, 60) or "(others)", *cells)
    return table


def _action_lines(counts: Counts) -> Iterator[Text]:
    yield Text("\nBy action", "bold")
    for (version, action), row in sorted(counts.actions.items()):
        line = Text(clean(action, 60) or "(others)", "bold").append(f"  OCPP {clean(version, 20)}  ", "")
        parts = [Text(f"{row[one]} {one}", _STYLES[one]) for one in Outcome if one in row]
        yield line.append_text(Text(", ").join(parts))


def _losses(counts: Counts) -> Table:
    table = new_table("Losses")
    table.add_column("Count", justify="right")
    has_steps = len({kind.step for kind in counts.losses}) > 1
    if has_steps:
        table.add_column("Step", no_wrap=True)
    table.add_column("Kind and reason", no_wrap=True)
    table.add_column("Message and path", no_wrap=True)
    for kind, count in _sorted(counts):
        what = Text(kind.kind, _STYLES[kind.kind]).append(f"\n{kind.reason}", _DIM)
        where = Text(f"{kind.message or '(others)'}\n").append(clean(kind.path, 200), "bold")
        table.add_row(str(count), *([kind.step] if has_steps else []), what, where)
    return table


def _loss_lines(counts: Counts) -> Iterator[Text]:
    yield Text("\nLosses", "bold")
    for kind, count in _sorted(counts):
        line = Text(f"{count:>5}  ").append(kind.kind, _STYLES[kind.kind])
        yield line.append(f"  {kind.reason}  {kind.step}", _DIM).append(f"  {kind.message}")
        yield Text(f"       {clean(kind.path, 200)}", "bold")


def _sorted(counts: Counts) -> list[tuple[Kind, int]]:
    return sorted(counts.losses.items(), key=lambda row: -row[1])


def _totals(counts: Counts, lines_skipped: int) -> Iterator[Text]:
    frames = counts.judged.frames
    line = Text(f"{frames} frame{'' if frames == 1 else 's'}", "bold")
    for outcome, count in counts.outcomes.items():
        if count:
            line.append(f", {count} ", "").append(outcome, _STYLES[outcome])
    yield line
    for outcome, meaning in _MEANINGS.items():
        if counts.outcomes[outcome]:
            yield Text(meaning, _DIM)
    if lines_skipped:
        yield Text(f"{lines_skipped} line{'' if lines_skipped == 1 else 's'} without a frame skipped", _DIM)


def counts_as_json(counts: Counts, lines_skipped: int) -> dict[str, Any]:
    """The counts for programs."""
    return {
        "frames": counts.judged.frames,
        **{_name(outcome): count for outcome, count in counts.outcomes.items()},
        "lines_skipped": lines_skipped,
        "actions": [
            {
                "version": version,
                "action": action,
                **{_name(outcome): row.get(outcome, 0) for outcome in Outcome},
            }
            for (version, action), row in counts.actions.items()
        ],
        "losses": [
            {
                "step": kind.step,
                "kind": kind.kind,
                "reason": kind.reason,
                "class": kind.message,
                "path": kind.path,
                "count": count,
            }
            for kind, count in _sorted(counts)
        ],
    }


def _name(outcome: Outcome) -> str:
    return outcome.replace(" ", "_")

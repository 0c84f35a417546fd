"""What `gateway` shows: a line for whatever passes, and on a terminal a table of the stations below them."""

from collections import Counter
from collections.abc import Generator, Mapping
from contextlib import contextmanager

from attrs import define, field
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ocpp_core.cli.outlet import Picture
from ocpp_core.cli.showing import TO_CSMS, TO_STATION, clean
from ocpp_core.gateway import Passed
from ocpp_core.model.bounded import Bounded
from ocpp_core.model.errors import OcppError
from ocpp_core.model.specifications import specification
from ocpp_core.translation.losses import LossKind
from ocpp_core.translation.lost import worded
from ocpp_core.translation.sessions.effects import Side

#: Rows of the table, the stations heard of last; losses that a line names.
_MOST_ROWS, _MOST_NAMED = 10, 3
#: Characters of an identity in the table.
_NARROW = 16

_KINDS = {
    LossKind.DROPPED: "dropped",
    LossKind.APPROXIMATED: "changed",
    LossKind.DEFAULTED: "filled in",
    LossKind.SYNTHESISED: "made up",
}


@define
class _Row:
    calls: Counter[Side] = field(factory=Counter)
    refused: int = 0
    losses: Counter[LossKind] = field(factory=Counter)
    versions: str = ""


@define
class RelayBoard:
    """Counts what passes, of each station and back-end.

    Attributes:
        console: Where it is shown.
        mirrors: What the back-ends that look on are called here, by their name.
    """

    console: Console
    mirrors: Mapping[str, str] = field(factory=dict)
    _rows: Bounded[tuple[str, str], _Row] = field(factory=lambda: Bounded(1000), init=False)

    @contextmanager
    def shown(self) -> Generator[None, None, None]:
        """Shows the table below the lines, on a terminal; elsewhere there are only the lines."""
        if not self.console.is_terminal:
            yield
            return
        with Picture(get_renderable=self.table, console=self.console, refresh_per_second=4):
            yield

    def add(self, passed: Passed) -> None:
        """Counts what has passed."""
        key = (passed.identity, passed.backend.name)
        row = self._rows.setdefault(key, _Row())
        self._rows.move_to_end(key)
        row.calls[passed.side] += 1
        row.refused += isinstance(passed.answer, OcppError)
        row.losses.update(
            kind for _, kind, *_ in passed.notes
        )  # not in words, which takes time for very many
        row.versions = row.versions or _versions(passed)

    def line(self, passed: Passed) -> Text:
        """One line of what has passed, without its time."""
        arrow = TO_CSMS if passed.side is Side.STATION else TO_STATION
        asked = "(the gateway)" if passed.message is None else passed.message.__ocpp__.action or ""
        sent = ", ".join(one.__ocpp__.action or "" for one in passed.sent) or "(answered here)"
        name = asked if asked == sent else f"{asked} as {sent}"
        mirror = self.mirrors.get(passed.backend.name)
        text = Text.assemble(
            (f"{clean(passed.identity, 50):<10} ", "cyan"),
            (f"{arrow} {passed.backend.version:<5} ", "blue"),
            ("" if mirror is None else f"({mirror}) ", "dim"),
            (name, "bold"),
        )
        if isinstance(passed.answer, OcppError):
            text.append(f" | {clean(str(passed.answer))}", "bold red")
        text.append(f"  {passed.seconds * 1000:.0f} ms", "dim")
        for one in passed.missing:
            text.append(f" | {clean(str(one), 300)}", "bold magenta")
        losses, more = worded(passed.notes, _MOST_NAMED)
        if losses:
            named = [f"{_KINDS[loss.kind]} {loss.path}" for loss in losses]
            named += [f"and {more} more"] if more else []
            text.append(f" | {clean(', '.join(named))}", "yellow")
        return text

    def table(self) -> Table:
        """The stations that were heard of last. It fits into 80 columns: where numbers are long, names are cut."""
        table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=0)
        table.add_column("station", max_width=_NARROW)  # the one column that may become narrower
        table.add_column("speaks", no_wrap=True)
        table.add_column("at", no_wrap=True)
        for name in (TO_CSMS, TO_STATION, "refused", *_KINDS.values()):
            table.add_column(name, justify="right", no_wrap=True)
        for (identity, backend), row in list(self._rows.items())[-_MOST_ROWS:]:
            table.add_row(
                Text(clean(identity, _NARROW), no_wrap=True, overflow="ellipsis"),
                row.versions,
                self.mirrors.get(backend, "csms"),
                *(str(row.calls[side]) for side in (Side.STATION, Side.CSMS)),
                str(row.refused),
                *(str(row.losses[kind]) for kind in _KINDS),
            )
        return table


def _versions(passed: Passed) -> str:
    """Of the station and of the back-end; empty if the message does not tell."""
    of_station = [passed.message] if passed.side is Side.STATION else passed.sent
    for one in of_station:
        if one is not None:
            return f"{specification(one.__ocpp__.version).version} {TO_CSMS} {passed.backend.version}"
    return ""

"""What the demo shows: a table of stations and steps, and a summary."""

from collections import Counter
from collections.abc import Collection, Generator, Mapping, Sequence
from contextlib import contextmanager

from attrs import define, field
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ocpp_core.cli.demo_process import Loss
from ocpp_core.cli.outlet import Picture
from ocpp_core.cli.showing import TO_CSMS, TO_STATION, clean, fitted

DONE, FAILED, UNDER_WAY, NOT_HERE = "✓", "✗", "…", "-"
#: Sorts of losses that are named.
_MOST = 6
_STYLES = {DONE: "green", FAILED: "bold red", UNDER_WAY: "yellow", NOT_HERE: "dim"}


@define
class Board:
    """The table.

    Attributes:
        console: Where it is shown.
        stations: Their names.
        steps: What each of them goes through.
        calls: Those of the steps in which the CSMS calls the station.
        is_translated: Whether the CSMS speaks another version than some stations do.
        failures: By station, what went wrong.
    """

    console: Console
    stations: Sequence[str]
    steps: Sequence[str]
    calls: Collection[str]
    is_translated: bool = False
    failures: dict[str, str] = field(factory=dict)
    _signs: dict[tuple[str, str], Text] = field(factory=dict, init=False)
    _losses: list[Loss] = field(factory=list, init=False)

    @contextmanager
    def shown(self) -> Generator[None, None, None]:
        """Shows the table: as it changes on a terminal, and elsewhere in the end."""
        if self.console.is_terminal:
            with Picture(get_renderable=self.table, console=self.console, refresh_per_second=12):
                yield
        else:
            yield
            self.console.print(self.table())

    def mark(self, station: str, step: str, sign: str, losses: Sequence[Loss] = ()) -> None:
        """Notes how far a station is, and what was lost in a step."""
        text = Text(sign, _STYLES[sign])
        if losses:
            text.append(f" {len(losses)}", "yellow")
        self._signs[station, step] = text
        self._losses += losses

    def fail(self, station: str, step: str, why: str) -> None:
        """Notes that a station goes no further."""
        self.mark(station, step, FAILED)
        self.failures[station] = f"{step}: {why}"

    def table(self) -> Table:
        """How far everyone is."""
        table = Table(
            box=box.SIMPLE_HEAD,
            show_edge=False,
            padding=0,
            caption=f"{TO_CSMS} the station calls   {TO_STATION} the CSMS calls"
            + (f"   {DONE} 3 done, three things not exact" if self.is_translated else ""),
            caption_justify="left",
        )
        table.add_column("station", no_wrap=True, vertical="bottom")
        for step in self.steps:
            arrow, style = (TO_STATION, "magenta") if step in self.calls else (TO_CSMS, "blue")
            head = "\n".join((*step.split(), arrow))
            table.add_column(head, justify="center", vertical="bottom", header_style=style)
        for station in self.stations:
            table.add_row(station, *(self._signs.get((station, step), "") for step in self.steps))
        return table

    def sum_up(self, totals: Mapping[str, int], seconds: float) -> None:
        """Says what came of it.

        Args:
            totals: Calls that the CSMS has received and made, transactions that were started and ended.
            seconds: How long it took.
        """
        for station, failure in self.failures.items():
            self.complain(f"{station}, {failure}")
        style = "bold red" if self.failures else "bold green"
        good = len(self.stations) - len(self.failures)
        self.console.print(
            Text(f"{good} of {len(self.stations)} stations succeeded in {seconds:.1f} s.", style)
        )
        self.console.print(
            Text(
                f"The CSMS answered {totals['received']} calls and made {totals['made']}; "
                f"{totals['started']} transactions started, {totals['ended']} ended.",
                style,
            )
        )

        if self.is_translated:
            self._sum_up_losses()

    def _sum_up_losses(self) -> None:
        """Says what was lost, most often first."""
        self.console.print(Text(f"{len(self._losses)} things were not exact, of these most often:"))
        kinds = Counter((loss.kind, loss.reason) for loss in self._losses)
        for (kind, reason), number in kinds.most_common(_MOST):
            paths = Counter(loss.path for loss in self._losses if (loss.kind, loss.reason) == (kind, reason))
            ((path, _),) = paths.most_common(1)
            self._say(Text(f"{number:4} {kind}, {reason}, such as {clean(path)}"))

    def complain(self, why: str) -> None:
        """Says what went wrong."""
        self._say(Text(f"failed: {clean(why)}", "bold red"))

    def quote(self, line: str) -> None:
        """Says what the process of the CSMS has written."""
        self._say(Text(clean(line), "dim"))

    def _say(self, line: Text) -> None:
        self.console.print(fitted(line, self.console), soft_wrap=True)

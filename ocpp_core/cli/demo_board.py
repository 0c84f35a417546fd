"""What the demo shows: a table of stations and steps, and a summary."""

from collections.abc import Collection, Generator, Mapping, Sequence
from contextlib import contextmanager

from attrs import define, field
from rich import box
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from ocpp_core.cli.showing import TO_CSMS, TO_STATION, clean, fitted

DONE, FAILED, UNDER_WAY, NOT_HERE = "✓", "✗", "…", "-"
_STYLES = {DONE: "green", FAILED: "bold red", UNDER_WAY: "yellow", NOT_HERE: "dim"}


@define
class Board:
    """The table.

    Attributes:
        console: Where it is shown.
        stations: Their names.
        steps: What each of them goes through.
        calls: Those of the steps in which the CSMS calls the station.
        failures: By station, what went wrong.
    """

    console: Console
    stations: Sequence[str]
    steps: Sequence[str]
    calls: Collection[str]
    failures: dict[str, str] = field(factory=dict)
    _signs: dict[tuple[str, str], str] = field(factory=dict, init=False)

    @contextmanager
    def shown(self) -> Generator[None, None, None]:
        """Shows the table: as it changes on a terminal, and elsewhere in the end."""
        if self.console.is_terminal:
            with Live(get_renderable=self.table, console=self.console, refresh_per_second=12):
                yield
        else:
            yield
            self.console.print(self.table())

    def mark(self, station: str, step: str, sign: str) -> None:
        """Notes how far a station is."""
        self._signs[station, step] = sign

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
            caption=f"{TO_CSMS} the station calls   {TO_STATION} the CSMS calls",
            caption_justify="left",
        )
        table.add_column("station", no_wrap=True, vertical="bottom")
        for step in self.steps:
            arrow, style = (TO_STATION, "magenta") if step in self.calls else (TO_CSMS, "blue")
            head = "\n".join((*step.split(), arrow))
            table.add_column(head, justify="center", vertical="bottom", header_style=style)
        for station in self.stations:
            signs = [self._signs.get((station, step), "") for step in self.steps]
            table.add_row(station, *(Text(sign, _STYLES.get(sign, "")) for sign in signs))
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

    def complain(self, why: str) -> None:
        """Says what went wrong."""
        self._say(Text(f"failed: {clean(why)}", "bold red"))

    def quote(self, line: str) -> None:
        """Says what the process of the CSMS has written."""
        self._say(Text(clean(line), "dim"))

    def _say(self, line: Text) -> None:
        self.console.print(fitted(line, self.console), soft_wrap=True)

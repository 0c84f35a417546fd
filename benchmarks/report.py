"""What a benchmark measured, as values; and how it is shown."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import geometric_mean
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Effort:
    """How much is measured.

    Attributes:
        passes: Times that all pieces of work are gone over, each in a process of its own.
        values: Measurements in each of them.
        rounds: Fresh interpreters for each import.
        frames: Over one connection, to see what they leave behind.
        stations: That are at work at once.
        idle: That are connected beside them, and say nothing.
        seconds: For what is watched for a while.
    """

    passes: int
    values: int
    rounds: int
    frames: int
    stations: int
    idle: int
    seconds: float


QUICK = Effort(passes=2, values=3, rounds=3, frames=50_000, stations=200, idle=1_000, seconds=4)
FULL = Effort(passes=4, values=3, rounds=9, frames=1_000_000, stations=2_000, idle=10_000, seconds=6)


@dataclass(frozen=True)
class Measurement:
    """What was measured of one contender and one subject: the best of several runs.

    Attributes:
        value: In the unit.
        unit: "s" is shown in what reads best; others are shown as they are, "" is a number of things.
    """

    contender: str
    subject: str
    value: float
    unit: str = "s"


@dataclass(frozen=True)
class Suite:
    """All measurements of one table.

    Attributes:
        name: As it is called in the JSON file.
        title: Heading of the table.
        measurements: What was measured, in the order of the table.
        reference: The contender that the others are compared with; "" for no ratios.
        targets: Least ratio by contender, or by contender and subject: how many times as long as the reference it
            should take.
        mean_of: Subjects of whose ratios the geometric mean is what a target is for, in place of each.
        limits: The most that a value may be, by contender and subject.
    """

    name: str
    title: str
    measurements: tuple[Measurement, ...]
    reference: str = ""
    targets: Mapping[str | tuple[str, str], float] = field(default_factory=dict)
    mean_of: Sequence[str] = ()
    limits: Mapping[tuple[str, str], float] = field(default_factory=dict)

    def ratio(self, measurement: Measurement) -> float | None:
        """How many times as much as the reference this took; None if the reference has not done it."""
        for other in self.measurements:
            if (self.reference, measurement.subject) == (other.contender, other.subject):
                return measurement.value / other.value
        return None

    def verdicts(self) -> Iterator[str]:
        """One sentence on each ratio that there is a target for, and on each value that has a limit."""
        found = [(one.contender, one.subject, self.ratio(one)) for one in self.measurements]
        judged = [one for one in found if one[1] not in self.mean_of]
        for contender in dict.fromkeys(one[0] for one in found):
            ratios = [
                ratio
                for name, subject, ratio in found
                if (name, subject in self.mean_of) == (contender, True)
            ]
            if all_of := [ratio for ratio in ratios if ratio is not None]:
                judged.append((contender, "geometric mean", geometric_mean(all_of)))
        for contender, subject, ratio in judged:
            target = self.targets.get(contender) or self.targets.get((contender, subject))
            if target and ratio:
                verdict = "reached" if ratio >= target else "MISSED"
                yield f"{subject}, {contender}: {_times(ratio)} times, target {_times(target)}: {verdict}"
        for one in self.measurements:
            most = self.limits.get((one.contender, one.subject))
            if most is not None:
                verdict = "reached" if one.value <= most else "MISSED"
                said = f"{_quantity(one.value, one.unit)}, at most {_quantity(most, one.unit)}"
                yield f"{one.subject}, {one.contender}: {said}: {verdict}"

    def as_json(self) -> dict[str, Any]:
        """The suite for the JSON file, which `show` and `markdown` take."""
        return {
            "name": self.name,
            "title": self.title,
            "reference": self.reference,
            "verdicts": list(self.verdicts()),
            "results": [
                {
                    "contender": measurement.contender,
                    "subject": measurement.subject,
                    "value": measurement.value,
                    "unit": measurement.unit,
                    "ratio": self.ratio(measurement),
                }
                for measurement in self.measurements
            ],
        }


def rows(suite: Mapping[str, Any]) -> list[list[str]]:
    """The table of a suite: a row for each contender, a column for each subject; the head first."""
    results = suite["results"]
    subjects = list(dict.fromkeys(one["subject"] for one in results))
    contenders = dict.fromkeys(one["contender"] for one in results)
    cells = {(one["contender"], one["subject"]): _cell(one) for one in results}
    lines = ([name, *(cells.get((name, subject), "-") for subject in subjects)] for name in contenders)
    return [["", *subjects], *lines]


def _cell(result: Mapping[str, Any]) -> str:
    quantity, ratio = _quantity(result["value"], result["unit"]), result["ratio"]
    return quantity if ratio is None else f"{quantity}, {_times(ratio)}x"


def _quantity(value: float, unit: str) -> str:
    if unit != "s":
        number = f"{value:,.0f}" if value >= 1000 or not value % 1 else f"{value:.3g}"
        return f"{number} {unit}".rstrip()
    if value >= 0.002:
        return f"{value * 1e3:.3g} ms" if value < 1 else f"{value * 1e3:.0f} ms"
    return f"{value * 1e6:.0f} µs" if value >= 0.0001 else f"{value * 1e6:.1f} µs"


def _times(ratio: float) -> str:
    return f"{ratio:.0f}" if ratio >= 10 else f"{ratio:.2g}"


def show(suite: Mapping[str, Any], console: Console) -> None:
    """Prints a suite."""
    head, *lines = rows(suite)
    table = Table(title=suite["title"], title_justify="left", box=box.SIMPLE)
    for number, name in enumerate(head):
        table.add_column(name, justify="right" if number else "left")
    for line in lines:
        table.add_row(*line)
    console.print(table)
    for verdict in suite["verdicts"]:
        console.print(f"  {verdict}", highlight=False)
    console.print()


def markdown(suite: Mapping[str, Any]) -> str:
    """A suite as a table of a Markdown page."""
    head, *lines = rows(suite)
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [head, rule, *lines])

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
        processes: Processes for each piece of work.
        values: Measurements in each of them.
        rounds: Fresh interpreters for each import.
    """

    processes: int
    values: int
    rounds: int


QUICK = Effort(processes=2, values=3, rounds=3)
FULL = Effort(processes=4, values=4, rounds=9)


@dataclass(frozen=True)
class Measurement:
    """How long one contender took for one subject, in seconds: the best of many runs."""

    contender: str
    subject: str
    seconds: float


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
    """

    name: str
    title: str
    measurements: tuple[Measurement, ...]
    reference: str = ""
    targets: Mapping[str | tuple[str, str], float] = field(default_factory=dict)
    mean_of: Sequence[str] = ()

    def ratio(self, measurement: Measurement) -> float | None:
        """How many times as long as the reference this took; None if the reference has not done it."""
        for other in self.measurements:
            if (self.reference, measurement.subject) == (other.contender, other.subject):
                return measurement.seconds / other.seconds
        return None

    def verdicts(self) -> Iterator[str]:
        """One sentence on each ratio that there is a target for."""
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

    def as_json(self) -> dict[str, Any]:
        """The suite for the JSON file."""
        return {
            "name": self.name,
            "reference": self.reference,
            "results": [
                {
                    "contender": measurement.contender,
                    "subject": measurement.subject,
                    "seconds": measurement.seconds,
                    "ratio": self.ratio(measurement),
                }
                for measurement in self.measurements
            ],
        }


def rows(suite: Suite) -> list[list[str]]:
    """The table of a suite: a row for each contender, a column for each subject; the head first."""
    subjects = list(dict.fromkeys(measurement.subject for measurement in suite.measurements))
    contenders = dict.fromkeys(measurement.contender for measurement in suite.measurements)
    cells = {
        (measurement.contender, measurement.subject): _cell(measurement.seconds, suite.ratio(measurement))
        for measurement in suite.measurements
    }
    lines = ([name, *(cells.get((name, subject), "-") for subject in subjects)] for name in contenders)
    return [["", *subjects], *lines]


def _cell(seconds: float, ratio: float | None) -> str:
    if ratio is None:
        return f"{seconds * 1e3:.0f} ms"
    time = f"{seconds * 1e6:.0f} µs" if seconds >= 0.0001 else f"{seconds * 1e6:.1f} µs"
    return f"{time}, {_times(ratio)}x"


def _times(ratio: float) -> str:
    return f"{ratio:.0f}" if ratio >= 10 else f"{ratio:.2g}"


def show(suite: Suite, console: Console) -> None:
    """Prints a suite."""
    head, *lines = rows(suite)
    table = Table(title=suite.title, title_justify="left", box=box.SIMPLE)
    for number, name in enumerate(head):
        table.add_column(name, justify="right" if number else "left")
    for line in lines:
        table.add_row(*line)
    console.print(table)
    for verdict in suite.verdicts():
        console.print(f"  {verdict}", highlight=False)
    console.print()


def markdown(suite: Suite) -> str:
    """A suite as a table of a Markdown page."""
    head, *lines = rows(suite)
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [head, rule, *lines])

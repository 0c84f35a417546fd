"""Makes small changes to the engines and transports, one at a time, and asks the tests whether they notice.

    python tools/mutants.py --number 300 --seed 7 --modules "dispatch soap/codec"

A mutant that no test notices is a gap in the tests, or is no change of meaning at all: then it gets a row in
`tools/tables/equivalent_mutants.toml`, with the reason. Exits with 1 if too few are noticed, and with 2 if a row of the
table fits no mutant any more.

Why none of the tools that exist: mutmut 3 leaves out what stands outside a function or under a decorator, which here is
the half (limits, tables, properties, what is computed once), and has no seed. (Tried; of cosmic-ray and mutatest only
the help was read.)
"""

import argparse
import os
import random
import sys
import tempfile
import time
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

from attrs import define
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from mutation.operators import Mutant, mutants_of
from mutation.workshop import PACKAGE, Baseline, BaselineError, Bench, Choice, Outcome, copied

ROOT = Path(__file__).resolve().parents[1]
EQUIVALENTS = ROOT / "tools" / "tables" / "equivalent_mutants.toml"
#: What is tried if nothing else is said: the engines and transports, and what they stand on.
ENGINES = "model payloads jsonrpc soap dispatch transports"


class UsageError(Exception):
    """What was asked for cannot be done."""


@define
class Trial:
    """A mutant, and what became of it."""

    mutant: Mutant
    outcome: Outcome


def main(arguments: Sequence[str] | None = None) -> int:
    """Parses the command line; returns the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--number", type=int, default=300, help="mutants to try (%(default)s)")
    parser.add_argument("--seed", type=int, help="which of them; a new one every time by default")
    parser.add_argument(
        "--modules", default=ENGINES, help='below the package: "dispatch soap/codec" (%(default)s)'
    )
    parser.add_argument(
        "--tests", default="", help="files and folders to ask; those of the engines and modules by default"
    )
    parser.add_argument(
        "--at-least", type=float, default=95, metavar="PERCENT", help="to be noticed (%(default)s)"
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="at once (%(default)s)")
    parser.add_argument("--list", action="store_true", help="show the sample; try nothing")
    given = parser.parse_args(arguments)
    console = Console(highlight=False, soft_wrap=True)
    seed = random.SystemRandom().randrange(10**6) if given.seed is None else given.seed
    try:
        texts = modules(given.modules)
        candidates = without_equivalents(texts)
        chosen = sample(candidates, texts, given.number, seed)
    except UsageError as error:
        print(f"mutants: {error}", file=sys.stderr)
        return 2
    everything = sum(map(len, candidates.values()))
    console.print(f"{len(chosen)} of {everything:,} mutants of {len(texts)} modules, SEED={seed}")
    if given.list:
        for mutant in chosen:
            console.print(
                f"{place(mutant)} ({mutant.operator})\n{escape(mutant.difference(texts[mutant.module]))}"
            )
        return 0
    try:
        trials = try_all(chosen, given.tests.split() or tests_of(texts), given.jobs, console)
    except BaselineError as error:
        print(f"mutants: {error}", file=sys.stderr)
        return 2
    return report(trials, texts, given.at_least, console)


def modules(wanted: str) -> dict[str, str]:
    """The text of each module that one of the words means: a package, or a module with or without its suffix."""
    texts: dict[str, str] = {}
    for word in wanted.split():
        path = ROOT / PACKAGE / word.removesuffix(".py")
        found = sorted(path.rglob("*.py")) if path.is_dir() else [path.with_suffix(".py")]
        if not found[0].is_file():
            raise UsageError(f"no module {word!r} in {PACKAGE}")
        texts |= {
            each.relative_to(ROOT / PACKAGE).as_posix(): each.read_text(encoding="utf-8") for each in found
        }
    return texts


def tests_of(texts: Iterable[str]) -> list[str]:
    """The folders of tests that are asked about modules: those of their packages and of the engines.

    What stands above the engines drives them too, in most of all tests; but an engine is held by tests of its own.
    """
    packages = {*ENGINES.split(), *(module.partition("/")[0] for module in texts)}
    return sorted(f"tests/{name}" for name in packages if (ROOT / "tests" / name).is_dir())


def without_equivalents(texts: Mapping[str, str]) -> dict[str, list[Mutant]]:
    """All mutants of each module, less those of the table.

    Raises:
        UsageError: A row of the table fits no mutant of its module.
    """
    made = {module: mutants_of(module, text) for module, text in texts.items()}
    known = {key(**row) for row in equivalents()}
    unused = {row for row in known if row[0] in texts} - {
        key_of(each) for of_one in made.values() for each in of_one
    }
    if unused:
        rows = "".join(f"\n  {module}: {before} -> {after}" for module, before, after in sorted(unused))
        raise UsageError(f"rows of {EQUIVALENTS.name} that fit no mutant (has the line changed?):{rows}")
    return {module: [each for each in of_one if key_of(each) not in known] for module, of_one in made.items()}


def equivalents() -> list[dict[str, str]]:
    """The rows of the table."""
    rows: list[dict[str, str]] = tomllib.loads(EQUIVALENTS.read_text(encoding="utf-8"))["mutant"]
    return rows


def key(module: str, before: str, after: str, reason: str) -> tuple[str, str, str]:
    """What a row of the table and a mutant have in common; without a reason there is no row."""
    if not reason:
        raise UsageError(f"a row of {EQUIVALENTS.name} without a reason: {module}: {before}")
    return module, before, after


def key_of(mutant: Mutant) -> tuple[str, str, str]:
    """As `key`."""
    return mutant.module, mutant.before, mutant.after


def sample(
    candidates: Mapping[str, Sequence[Mutant]], texts: Mapping[str, str], number: int, seed: int
) -> list[Mutant]:
    """Of each module the share that its mutants have in all; the same for the same seed and the same text."""
    chance = random.Random(seed)
    everything = sum(map(len, candidates.values()))
    # A running total loses no fraction of a share, so that small modules have their turn.
    chosen: list[Mutant] = []
    passed = 0
    for module in sorted(candidates):
        before = passed
        passed += len(candidates[module])
        share = number * passed // everything - number * before // everything if everything else 0
        shuffled = chance.sample(list(candidates[module]), len(candidates[module]))
        can_run = (mutant for mutant in shuffled if mutant.can_run(texts[module]))
        chosen += [mutant for mutant, _ in zip(can_run, range(share), strict=False)]
    return chosen


def try_all(chosen: Sequence[Mutant], tests: Sequence[str], jobs: int, console: Console) -> list[Trial]:
    """Tries mutants on copies of the checkout, several at once."""
    with tempfile.TemporaryDirectory(prefix="mutants-") as directory:
        first = copied(ROOT, Path(directory, "0"))
        console.print("Running the tests without a mutant, to learn which test takes which line ...")
        began = time.monotonic()
        baseline = Baseline.of(first, ROOT / ".mutants", tests, jobs)
        console.print(f"{len(baseline.seconds):,} tests pass ({time.monotonic() - began:.0f} s)")
        choice = Choice(baseline)
        copies = [first, *(copied(first, Path(directory, str(index))) for index in range(1, jobs))]
        benches: SimpleQueue[Bench] = SimpleQueue()
        every = [Bench(each, choice) for each in copies]
        for bench in every:
            bench.check()
            benches.put(bench)

        def attempt(mutant: Mutant, avoided: Sequence[str] = ()) -> Trial:
            free = benches.get()
            try:
                return Trial(mutant, free.try_mutant(mutant, avoided))
            finally:
                benches.put(free)

        shuffled = random.Random(0).sample(list(chosen), len(chosen))  # an honest guess of what remains
        with ThreadPoolExecutor(jobs) as pool:
            trials = list(watched(pool.map(attempt, shuffled), len(chosen), console))
        # A test that fails without a mutant too has noticed nothing.
        unfit = every[0].failing(sorted({each.outcome.killer for each in trials} - {""}))
        if unfit:
            console.print(f"fails without a mutant too, and so is not asked: {', '.join(unfit)}")
            again = [each.mutant for each in trials if each.outcome.killer in unfit]
            kept = [each for each in trials if each.outcome.killer not in unfit]
            trials = kept + [attempt(mutant, unfit) for mutant in again]
    return sorted(trials, key=lambda trial: (trial.mutant.module, trial.mutant.start))


def watched(trials: Iterable[Trial], total: int, console: Console) -> Iterable[Trial]:
    """The trials as they come, with a bar on a terminal and some lines elsewhere."""
    columns = (
        TextColumn("{task.description}"),
        *(
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[survived]} survived"),
        ),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("mutants", total=total, survived=0)
        survived = 0
        for done, trial in enumerate(trials, 1):
            if trial.outcome.verdict == "survived":
                survived += 1
                console.print(f"{place(trial.mutant)} survived: {escape(trial.mutant.after)}")
            progress.update(task, advance=1, survived=survived)
            if progress.disable and done % 25 == 0:
                console.print(f"{done} of {total}, {survived} survived")
            yield trial


def report(trials: Sequence[Trial], texts: Mapping[str, str], at_least: float, console: Console) -> int:
    """Prints a row for each module and each survivor; returns the exit status."""
    counts = Counter((trial.mutant.module, trial.outcome.verdict) for trial in trials)
    table = Table("module", "mutants", "killed", "timeout", "survived", box=None)
    for column in table.columns[1:]:
        column.justify = "right"
    for module in [*sorted({module for module, _ in counts}), ""]:
        row = [
            sum(
                count
                for (name, verdict), count in counts.items()
                if module in ("", name) and verdict in verdicts
            )
            for verdicts in (("killed", "timeout", "survived"), ("killed",), ("timeout",), ("survived",))
        ]
        table.add_row(module or "all", *map(str, row))
    console.print(table)
    survivors = [trial.mutant for trial in trials if trial.outcome.verdict == "survived"]
    for mutant in survivors:
        console.print(f"\n{place(mutant)} survived ({mutant.operator})")
        console.print(escape(mutant.difference(texts[mutant.module])))
    percent = 100 * (len(trials) - len(survivors)) / len(trials) if trials else 100.0
    console.print(f"\n{len(trials) - len(survivors)} of {len(trials)} noticed: {percent:.1f} %")
    return 0 if percent >= at_least else 1


def place(mutant: Mutant) -> str:
    """Where a reader finds it."""
    return f"{PACKAGE}/{mutant.module}:{mutant.line}"


if __name__ == "__main__":
    sys.exit(main())

"""Contests: the same work done by several libraries, each piece measured by pyperf in processes of its own.

A suite runs its own file as a pyperf script (`results`), which there gives all pieces of work to pyperf (`compete`). It
goes over all of them several times, and the best time counts: what makes the machine slow for minutes shall not be
taken for a slow library.
"""

import subprocess
import sys
import tempfile
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from inspect import iscoroutinefunction
from pathlib import Path
from typing import Any

from report import Effort, Measurement
from traffic import Message, Mix, parts

#: By direction and contender: prepares one piece of work and returns it; only what is returned is timed.
Work = Mapping[tuple[str, str], Callable[[Message], Any]]

#: How many times as many and as short what takes microseconds is measured: where others use the machine too, the best
#: of many short times is one without them.
SHORT = 16


def results(
    script: str,
    effort: Effort,
    *,
    values: int,
    min_time: float,
    beside: Callable[[], Mapping[str, float]] = dict,
) -> dict[str, float]:
    """The best time of each piece of work in seconds, by its name.

    Args:
        script: Calls `compete`.
        effort: How many times all of it is gone over.
        values: Measurements of a piece each time.
        min_time: Seconds that one of them takes at least.
        beside: Measures what is no work of Python, each time.
    """
    best: dict[str, float] = {}
    for _ in range(effort.passes):
        for name, seconds in {**_gone_over(script, values, min_time), **beside()}.items():
            best[name] = min(seconds, best.get(name, seconds))
    return best


def _gone_over(script: str, values: int, min_time: float) -> dict[str, float]:
    import pyperf

    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "results.json"
        command = [sys.executable, script, "--quiet", "--output", str(output)]
        command += ["--processes", "1", "--values", str(values), "--warmups", "1"]
        command += ["--min-time", str(min_time), "--inherit-environ", "PYTHONPATH"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return {
            bench.get_name(): min(bench.get_values()) for bench in pyperf.BenchmarkSuite.load(str(output))
        }


def measurements(
    direction: str,
    pieces: Iterable[tuple[str, str]],
    messages: Iterable[Message | Mix],
    found: Mapping[str, float],
) -> tuple[Measurement, ...]:
    """The results of one direction, in the order of the pieces; those that could not be measured are left out."""
    return tuple(
        Measurement(contender, message.subject, found[name])
        for of, contender in pieces
        if of == direction
        for message in messages
        if (name := name_of(direction, contender, message)) in found
    )


def compete(work: Work, messages: Sequence[Message | Mix], *, coroutines: Collection[str] = ()) -> None:
    """Gives all work to pyperf. A worker of pyperf is told which piece is its own, and prepares no other.

    Args:
        work: The pieces.
        messages: What they are done with.
        coroutines: Contenders whose work is a coroutine function. One that does its work several times has their number
            as its attribute `times`.
    """
    import pyperf

    runner = pyperf.Runner()
    mine = runner.parse_args().worker_task
    # What is compared is measured close together, in case the machine gets busy.
    pieces = [(*key, message) for message in messages for key in work]
    for number, (direction, contender, message) in enumerate(pieces):
        piece = _prepared(work[direction, contender], message) if number == mine else None
        if number == mine and isinstance(message, Mix):  # it takes as long as many short ones
            runner.args.values = max(1, runner.args.values // SHORT)
        bench = runner.bench_async_func if contender in coroutines else runner.bench_func
        bench(name_of(direction, contender, message), piece, inner_loops=getattr(piece, "times", None))


def _prepared(prepare: Callable[[Message], Any], subject: Message | Mix) -> Any:
    """The work for a message; or for all of a mix, one after the other."""
    if isinstance(subject, Message):
        return prepare(subject)
    pieces = [piece for message, times in parts(subject) for piece in [prepare(message)] * times]

    def work() -> None:
        for piece in pieces:
            piece()

    async def work_of_coroutines() -> None:
        for piece in pieces:
            await piece()

    chosen: Any = work_of_coroutines if iscoroutinefunction(pieces[0]) else work
    chosen.times = len(pieces)
    return chosen


def name_of(direction: str, contender: str, message: Message | Mix) -> str:
    """A piece of work among the results."""
    return f"{direction} | {contender} | {message.subject}"

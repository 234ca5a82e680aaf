"""Time an evaluation beside Open Model Zoo's accuracy_checker and beside inference alone, on one IR and one set.

    mattekit evaluate --variants ir-fp16@f32 --out reports/speed
    mattekit export accuracy-check reports/speed --out reports/speed-check
    python -m tools.checker_speed models/mine/fp16/model.xml data/people-24 \\
        --evaluate "mattekit evaluate --variants ir-fp16@f32 --out reports/speed --force" \\
        --checker "accuracy_check -c reports/speed-check/accuracy-check.yml ..."

The two commands are run as they are given, whole processes, from start to end. Inference alone is OpenVINO's on the
same frames in this process, one after the other, with the latency hint and in f32; reading, preparing and compiling are
not counted. All three take turns, the other way round in every second round, and ratios are taken per round, so that
they hold on a machine whose speed drifts. CPU seconds are a process's own and its children's; what others do on the
machine hardly changes them.
"""

import argparse
import os
import shlex
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from statistics import median
from typing import NamedTuple

from configs.errors import DataError, UsageError
from configs.text import visible
from converter.forms.variant import FormFile
from converter.runners.base import Runner, encode_inputs
from converter.runners.opening import open_runner
from datasets.samples.layout import SampleSet, iterate_pairs, open_set
from datasets.samples.sample import Pair
from eval.presentation.formatting import markdown_table
from tools.command_line import run

EVALUATE, CHECKER, BARE = "mattekit evaluate", "accuracy_checker", "inference alone"
HEADER = ("", "wall, s", "CPU, s", "frames/s", f"wall / {BARE}", f"CPU / {BARE}", "largest memory, MiB")
_WARM_UPS = 2


class Spent(NamedTuple):
    """What one run took: seconds by the clock, seconds of CPU, and most memory in MiB; None where it has no process."""

    wall: float
    cpu: float
    memory: float | None = None


def main() -> None:
    """Read the command line, measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="the IR's .xml")
    parser.add_argument("dataset", type=Path, help="the set's folder")
    parser.add_argument("--evaluate", required=True, metavar="COMMAND", help="that evaluates the IR on the set")
    parser.add_argument("--checker", metavar="COMMAND", help="that checks the IR on the set with accuracy_checker")
    parser.add_argument("--limit", type=int, help="how many frames the commands take, where that is not the whole set")
    parser.add_argument("--rounds", type=int, default=5, help="how often each is run")
    given = parser.parse_args()
    if given.rounds < 1 or (given.limit is not None and given.limit < 1):
        raise UsageError("--rounds and --limit: expected 1 or more")
    frames = open_set(given.dataset)
    count = min(given.limit or len(frames.refs), len(frames.refs))
    with open_runner(FormFile(given.model)) as runner:
        contestants: dict[str, Callable[[], Spent]] = {
            BARE: lambda: infer(runner, frames, count),
            EVALUATE: lambda: run_command(shlex.split(given.evaluate)),
        }
        if given.checker:
            contestants[CHECKER] = lambda: run_command(shlex.split(given.checker))
        spent = take_turns(contestants, given.rounds)
    print(table(spent, count))


def take_turns(contestants: dict[str, Callable[[], Spent]], rounds: int) -> dict[str, list[Spent]]:
    """Run each once a round, in every second round the other way round; return by name what the runs took."""
    spent: dict[str, list[Spent]] = {name: [] for name in contestants}
    for number in range(rounds):
        for name in list(contestants) if number % 2 == 0 else reversed(contestants):
            spent[name].append(contestants[name]())
            wall, cpu, _ = spent[name][-1]
            print(f"round {number + 1}, {name}: {wall:.2f} s, {cpu:.2f} s of CPU", flush=True)
    return spent


def infer(runner: Runner, frames: SampleSet, count: int) -> Spent:
    """Infer on the first `count` frames, one after the other; return what the inferences alone took."""
    wall = cpu = 0.0
    for index, pair in enumerate(_with_warm_up(frames, count)):
        feed = encode_inputs(runner.contract, pair.images)
        begun, busy = time.perf_counter(), time.process_time()
        runner.run(feed)
        if index >= _WARM_UPS:
            cpu += time.process_time() - busy
            wall += time.perf_counter() - begun
    return Spent(wall, cpu)


def _with_warm_up(frames: SampleSet, count: int) -> Iterator[Pair]:
    first = next(iter(iterate_pairs(frames)))
    yield from [first] * _WARM_UPS
    yield from islice(iterate_pairs(frames), count)


def run_command(command: list[str]) -> Spent:
    """Run a command to its end; return what it and its children took.

    Raises:
        DataError: there is no such command, or it fails; with the end of what it said.
    """
    with tempfile.TemporaryFile() as said:
        begun = time.perf_counter()
        try:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT)
        except OSError as error:
            raise DataError(f"{command[0]}: cannot be run ({error.strerror})") from error
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()
            raise
        wall = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            said.seek(0)
            words = visible(said.read().decode(errors="replace")[-2000:], keep="\n\t")
            raise DataError(f"{shlex.join(command)}: ended with {process.returncode}:\n{words}")
    return Spent(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def table(spent: dict[str, list[Spent]], count: int) -> str:
    """Return medians and ratios as a markdown table, and what they come to in words."""
    rows, (bare_wall, bare_cpu) = [], _columns(spent[BARE])
    for name, runs in spent.items():
        wall, cpu = _columns(runs)
        memories = [each.memory for each in runs if each.memory is not None]
        rows.append(
            (
                name,
                f"{median(wall):.2f}",
                f"{median(cpu):.2f}",
                f"{count / median(wall):.2f}",
                f"{median(_ratios(wall, bare_wall)):.2f}",
                f"{median(_ratios(cpu, bare_cpu)):.2f}",
                f"{max(memories):.0f}" if memories else "",
            )
        )
    rounds = len(spent[BARE])
    said = [f"{count} frames, medians of {rounds} round{'s' * (rounds != 1)}", markdown_table(HEADER, rows)]
    evaluate_wall, _ = _columns(spent[EVALUATE])
    said.append(f"{EVALUATE} takes {median(_ratios(evaluate_wall, bare_wall)):.2f} times as long as {BARE}")
    if CHECKER in spent:
        checker_wall, _ = _columns(spent[CHECKER])
        faster = median(_ratios(checker_wall, evaluate_wall))
        said.append(f"{EVALUATE} does {faster:.2f} times as many frames a second as {CHECKER}")
    return "\n\n".join(said)


def _columns(runs: list[Spent]) -> tuple[list[float], list[float]]:
    return [each.wall for each in runs], [each.cpu for each in runs]


def _ratios(seconds: list[float], others: list[float]) -> list[float]:
    return [one / other for one, other in zip(seconds, others, strict=True)]


if __name__ == "__main__":
    run(main)

"""How the memory of an evaluation grows with its set: `python -m tools.memory_growth WORK SET --sizes 50,500,5000`.

The set's samples are repeated under other names by hard links, without a manifest, and evaluated from the first on in
a process of its own for each size; its largest resident memory is printed, and how long it took. Options after `--` go
to `mattekit evaluate`.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from itertools import cycle, islice
from pathlib import Path

from configs.errors import DataError
from configs.text import counted
from configs.unfinished import folder_of
from datasets.samples.layout import open_set
from tools.command_line import parse_with_rest, run

_IN_A_CLIP = 100


def main() -> None:
    """Read the command line, repeat the set, and print a line for each size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=Path, help="a folder for the set and the runs, on the file system of SET")
    parser.add_argument("dataset", type=Path, help="the set that is repeated")
    parser.add_argument("--sizes", default="50,500,5000", help="numbers of samples")
    arguments, options = parse_with_rest(parser)
    sizes = sorted(int(size) for size in arguments.sizes.split(","))
    repeated = arguments.work / "repeated"
    if not repeated.exists():
        repeat(arguments.dataset, repeated, sizes[-1])
    for size in sizes:
        megabytes, seconds = measure(arguments.work / f"run-{size}", repeated, size, options)
        print(f"{counted(size, 'sample')}: at most {megabytes:.0f} MB, {seconds:.0f} s", flush=True)


def repeat(dataset: Path, out: Path, number: int) -> None:
    """Make a set of so many samples out of the files of another one.

    Raises:
        DataError: the other one cannot be read.
    """
    for index, ref in enumerate(islice(cycle(open_set(dataset).refs), number)):
        clip, frame = divmod(index, _IN_A_CLIP)
        for role, path in ref.by_role.items():
            link = out / role / f"clip{clip:04d}" / f"{frame:04d}{path.suffix}"
            link.parent.mkdir(parents=True, exist_ok=True)
            os.link(path, link)


def measure(out: Path, dataset: Path, size: int, options: Sequence[str]) -> tuple[float, float]:
    """Evaluate the first `size` samples; return the largest resident memory in MB, and the seconds it took.

    Raises:
        DataError: the command fails.
    """
    shutil.rmtree(out, ignore_errors=True)
    shutil.rmtree(folder_of(out), ignore_errors=True)
    command = [sys.executable, "-m", "mattekit", "evaluate", "--dataset", str(dataset), "--limit", str(size)]
    begun = time.monotonic()
    process = subprocess.Popen([*command, "--out", str(out), *options], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise DataError(f"{' '.join(command)}: ended with {process.returncode}")
    return usage.ru_maxrss / 1e3, time.monotonic() - begun


if __name__ == "__main__":
    run(main)

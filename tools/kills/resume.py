"""Kill one evaluation with SIGKILL at random moments, start it again each time, and hold it against an unbroken one.

    python -m tools.kills.resume WORK --kills 20 [-- OPTIONS OF mattekit evaluate]

Prints how many samples each kill left finished, and what differs at the end: nothing, or it fails.
"""

import argparse
import random
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from configs.errors import DataError
from configs.unfinished import folder_of
from eval.pipeline.journal import Journal
from eval.run.alike import differences
from tools.command_line import parse_with_rest, run

_GOES_ON = re.compile(r"(\d+) of \d+ samples? (?:is|are) done")


def main() -> None:
    """Read the command line, kill, and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=Path, help="a folder for both runs; what lies there of them is removed")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    arguments, options = parse_with_rest(parser)
    print(kill_and_resume(arguments.work, arguments.kills, arguments.seed, options))


def kill_and_resume(work: Path, kills: int, seed: int, options: Sequence[str]) -> str:
    """Do it, and return the last line of what is printed.

    Raises:
        DataError: the command fails, or the run that was killed differs from the unbroken one.
    """
    whole, broken = work / "whole", work / "broken"
    for path in (whole, broken, folder_of(whole), folder_of(broken)):
        shutil.rmtree(path, ignore_errors=True)
    command = [sys.executable, "-m", "mattekit", "evaluate", *options, "--out"]
    begun = time.monotonic()
    _finish([*command, str(whole)])
    seconds = time.monotonic() - begun
    chance, done, finished = random.Random(seed), 0, []
    while done < kills:
        if broken.exists():  # it was whole before the signal came: another one begins
            if found := differences(whole, broken):
                raise DataError(f"{broken}: other than {whole}: {', '.join(found)}")
            shutil.rmtree(broken)
        process = subprocess.Popen([*command, str(broken)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(chance.uniform(0.05, 1.0) * seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            done += 1
            finished.append(_finished(broken))
            print(f"kill {done}: {finished[-1]} samples are finished", flush=True)
    said = "" if broken.exists() else _finish([*command, str(broken)])
    if found := differences(whole, broken):
        raise DataError(f"{broken}: other than {whole}: {', '.join(found)}")
    gone_on = _GOES_ON.search(said)
    last = f", the last start went on with {gone_on[1]} of them" if gone_on else ""
    return f"{kills} kills{last}: figures, scores and pictures are those of the unbroken run, to the last bit"


def _finished(run_dir: Path) -> int:
    """Return how many samples of a run are kept."""
    journal = Journal(folder_of(run_dir))
    return sum(len(part.outcomes) for part in journal.read())


def _finish(command: Sequence[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise DataError(f"{' '.join(command)}: ended with {done.returncode}: {done.stderr[-2000:]}")
    return done.stderr


if __name__ == "__main__":
    run(main)

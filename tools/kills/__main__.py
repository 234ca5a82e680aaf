"""Kill every verb that writes at random moments, and print what was left: `python -m tools.kills WORK`.

Signals of a terminal go to the whole job, SIGTERM and SIGKILL to the command alone. Half of the moments are drawn from
the whole length of the command, half from its last third, in which it writes. Kills follow each other, so that each
start finds what the one before has left; at last the command runs to its end and must leave nothing but its result.
"""

import argparse
import json
import random
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from eval.presentation.formatting import markdown_table
from tools.command_line import run
from tools.kills.job import SIGNALS, Job, Kill, kill, timed
from tools.kills.jobs import jobs, write_inputs

HEADER = ("Verb", "Seconds", "Kills", "In time", "Slowest end", "Left by SIGKILL", "After the next run", "Faults")


def main() -> None:
    """Read the command line, kill, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=Path, help="a folder for everything; one that is there is used again")
    parser.add_argument("--each", type=int, default=1, help="kills per verb and signal")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=60, help="begin no further verb after so many")
    parser.add_argument("--verbs", nargs="*", help="these alone")
    arguments = parser.parse_args()
    work = arguments.work.absolute()
    work.mkdir(parents=True, exist_ok=True)
    write_inputs(work)
    chance, until, rows = random.Random(arguments.seed), time.monotonic() + 60 * arguments.minutes, []
    for verb, job in jobs(work).items():
        if (arguments.verbs and verb not in arguments.verbs) or time.monotonic() > until:
            continue
        row, kills = kill_often(job, arguments.each, chance)
        rows.append(row)
        with (work / "kills.jsonl").open("a", encoding="utf-8") as stream:
            stream.writelines(json.dumps(asdict(each)) + "\n" for each in kills)
        print(" | ".join(row), flush=True)
    print(markdown_table(HEADER, rows))


def kill_often(job: Job, each: int, chance: random.Random) -> tuple[tuple[str, ...], list[Kill]]:
    """Run a job, kill it `each` times by every signal, run it again, and return its row of the table and the kills."""
    seconds = timed(job)
    names = [name for name in SIGNALS for _ in range(each)]
    chance.shuffle(names)
    kills = []
    for index, name in enumerate(names):
        share = chance.uniform(0.02, 0.8) if index % 2 else chance.uniform(0.6, 0.9)
        kills.append(kill(job, name, share * seconds))
        print(f"  {kills[-1]}", flush=True)
    try:
        timed(job)
        after = "nothing"
    except RuntimeError as error:
        after = str(error)
    return _row(job, seconds, kills, after), kills


def _row(job: Job, seconds: float, kills: Sequence[Kill], after: str) -> tuple[str, ...]:
    in_time = [each for each in kills if each.in_time]
    slowest = max((each.ended for each in in_time), default=0.0)
    left = sum(each.temporaries > 0 for each in in_time if each.name == "SIGKILL")
    faults = [f"{each.name} at {each.delay:.1f} s: {fault}" for each in kills for fault in each.faults]
    figures = f"{seconds:.0f}", str(len(kills)), str(len(in_time)), f"{slowest:.1f} s", str(left)
    return job.verb, *figures, after, "; ".join(faults) or "none"


if __name__ == "__main__":
    run(main)

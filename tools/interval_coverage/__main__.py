"""Measure by simulation how often intervals of a mean miss it, and what the gate's verdicts owe to them.

    python -m tools.interval_coverage
    python -m tools.interval_coverage --write

With --write the tables of docs/gate.md and docs/intervals.md are rewritten (a few minutes on one core; every draw is
seeded). The intervals: `methods.py`. What differences are drawn from: `patterns.py`. The rates: `tables.py`.
"""

import argparse
from pathlib import Path

from configs.files import write_atomically
from tools.command_line import run as run_tool
from tools.command_line import with_progress
from tools.interval_coverage.methods import BEFORE, METHODS, USED
from tools.interval_coverage.patterns import ROOT, patterns
from tools.interval_coverage.tables import (
    CHOSEN_AT,
    COUNTS,
    by_clip,
    candidates_table,
    full_table,
    simulated,
    used_table,
)

PAGES = {
    "candidates": ROOT / "docs/gate.md",
    "used": ROOT / "docs/gate.md",
    "all": ROOT / "docs/intervals.md",
}
"""Table to the page that holds it, between `<!-- intervals, TABLE: begin -->` and the same with `end`."""
BY_CLIP = ("normal", "exponential", "log-normal, sigma 1")


def main() -> None:
    """Simulate, and print or write the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=6000, help="how many sets of each kind are drawn")
    parser.add_argument("--write", action="store_true", help="put the tables into the pages below docs/")
    arguments = parser.parse_args()

    for name, table in tables(arguments.trials).items():
        if arguments.write:
            write_table(PAGES[name], name, table)
        else:
            print(f"{name}:\n\n{table}\n")


def tables(trials: int) -> dict[str, str]:
    """Return the tables by name; the candidates are measured on half of the sets."""
    found = patterns()
    jobs = [(pattern, samples) for pattern in found for samples in COUNTS]
    rates = {
        (pattern.name, samples): simulated(pattern, samples, trials, (BEFORE, USED))
        for pattern, samples in with_progress(jobs, "two intervals")
    }
    few = max(trials // 2, 1)
    candidates = {
        pattern.name: simulated(pattern, CHOSEN_AT, few, METHODS) for pattern in with_progress(found, "candidates")
    }
    clip_jobs = [(pattern, clips) for pattern in found if pattern.name in BY_CLIP for clips in COUNTS]
    clips = {
        (pattern.name, count): by_clip(pattern, count, few) for pattern, count in with_progress(clip_jobs, "by clip")
    }
    return {"candidates": candidates_table(candidates), "used": used_table(rates, clips), "all": full_table(rates)}


def write_table(page: Path, name: str, table: str) -> None:
    """Put a table between its two marks in a page."""
    begin, end = (f"<!-- intervals, {name}: {word} -->\n" for word in ("begin", "end"))
    text = page.read_text(encoding="utf-8")
    before, after = text.index(begin) + len(begin), text.index(end)
    write_atomically(page, f"{text[:before]}\n{table}\n{text[after:]}")


if __name__ == "__main__":
    run_tool(main)

"""Can the gate turn red? Faults are put into copies of a run, and the real gate must refuse or fail every one of them.

A copy holds the first samples of the run, and its baseline is made of the same stored scores, so that nothing but the
fault differs. Faults of the model are real inferences of a broken form (`eval.gate.selftest.broken_forms`); faults of
the data are edits of the copy's files.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pandas as pd
from rich.console import Console
from rich.markup import escape

from configs.errors import DataError
from configs.files import scratch_folder
from configs.schema import GateSection
from eval.gate.baseline import baseline_from
from eval.gate.run import judge_run
from eval.gate.selftest.broken_forms import HEALTHY, Report, score_broken_forms
from eval.gate.selftest.data_faults import DATA_FAULTS
from eval.gate.verdict import CHECK_TITLES, GateReport
from eval.presentation.formatting import markdown_table, plain
from eval.run.results import Results
from eval.run.stored import read_run, run_like, write_run
from eval.statistics.intervals import count_units

SAMPLES = 8
"""How many samples of the run are used, at most."""
_SHOWN = 3

Found = Literal["passed", "failed", "inconclusive", "refused"]
"""What became of a copy; `refused` is an error about its files, before any judgement."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One copy before the gate.

    Attributes:
        fault: what was done to it.
        expected: what must become of it.
        found: what became of it.
        details: the rows that failed, or the error.
    """

    fault: str
    expected: Found
    found: Found
    details: str

    @property
    def right(self) -> bool:
        """Whether it is as it must be."""
        return self.found == self.expected


def self_test(run_dir: Path, gate: GateSection, report: Report = lambda *_: None) -> tuple[Trial, ...]:
    """Put every fault into a copy of the run and let the gate judge it; the first trial is a copy without a fault.

    Args:
        run_dir: a stored run with its models and set still in place; it is only read.
        gate: the tolerances under test.
        report: called with (what is being done, done, total).

    Raises:
        DataError: the run, its models or its set are missing, corrupt, or not of one kind.
    """
    run = read_run(run_dir)
    kept = run.table.index.unique("sample")[:SAMPLES]
    if len(kept) < 2:
        raise DataError(f"{run_dir}: expected at least 2 samples, so that one can be dropped; found {len(kept)}")
    table = run.table[run.table.index.isin(kept, level="sample")]
    lenient = gate.replaced(
        minimum_samples=min(gate.minimum_samples, count_units(kept, run.results.dataset.consecutive)),
        require_baseline=True,
        allow_stretch=True,
    )
    trials: list[Trial] = []
    with scratch_folder() as work:
        bench = _Bench(work, run.results, lenient, table)
        broken = score_broken_forms(run.results, len(kept), work, report)
        for fault, scored in broken.items():
            copy = bench.copy(pd.concat([table[~table.index.isin(scored.index)], scored]))
            trials.append(bench.judge(copy, fault, "passed" if fault == HEALTHY else "failed"))
        for fault, (expected, inject) in DATA_FAULTS.items():
            copy = bench.copy(table)
            inject(copy)
            trials.append(bench.judge(copy, fault, expected))
    return tuple(trials)


class _Bench:
    """Makes copies of one run in a folder, and puts them before the gate."""

    def __init__(self, work: Path, results: Results, gate: GateSection, table: pd.DataFrame) -> None:
        self._work = work
        self._results = results
        self._gate = gate
        self._names = tuple(variant.name for variant in results.variants)
        self._baseline = work / "baseline.json"
        expected = run_like(results, table)
        baseline_from(expected, "the self-test's own", results.created, None).write(self._baseline)
        self._copies = 0

    def copy(self, table: pd.DataFrame) -> Path:
        """Return the folder of a new copy with these scores."""
        self._copies += 1
        folder = self._work / f"copy-{self._copies}"
        write_run(folder, run_like(self._results, table))
        return folder

    def judge(self, folder: Path, fault: str, expected: Found) -> Trial:
        """Return what the gate makes of a copy."""
        try:
            report = judge_run(folder, self._gate, self._names, self._baseline)
        except DataError as error:
            return Trial(fault, expected, "refused", str(error).replace(str(folder), "copy"))
        return Trial(fault, expected, report.verdict, _failed_rows(report))


def self_test_markdown(trials: Sequence[Trial]) -> str:
    """Return the trials as a GitHub-flavoured table."""
    rows = [(t.fault, t.expected, t.found if t.right else f"**{t.found}**", plain(t.details)) for t in trials]
    return markdown_table(("Fault", "Must be", "Was", "Rows that failed, or the error"), rows)


def print_self_test(trials: Sequence[Trial], console: Console) -> None:
    """Print the trials, one line each and its details below, and the conclusion."""
    for trial in trials:
        mark = "[green]right[/]" if trial.right else "[bold red]WRONG[/]"
        console.print(f"{mark} {escape(trial.fault)}: must be {trial.expected}, was {trial.found}")
        if trial.found != "passed":
            console.print(f"      {escape(trial.details)}")
    wrong = sum(not trial.right for trial in trials)
    if wrong:
        console.print(f"[bold red]self-test failed[/]: {wrong} of {len(trials)} copies were not judged as they must be")
    else:
        console.print(
            f"[bold green]self-test passed[/]: {len(trials) - 1} faults turned the gate red, the sound copy passed"
        )


def self_test_json(trials: Sequence[Trial]) -> str:
    """Return the trials as JSON."""
    fields = ("fault", "expected", "found", "details", "right")
    content = {
        "schema_version": 1,
        "passed": all(trial.right for trial in trials),
        "trials": [{name: getattr(trial, name) for name in fields} for trial in trials],
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _failed_rows(report: GateReport) -> str:
    rows = report.failures()
    named = [f"{row.variant} {row.metric} ({CHECK_TITLES[row.check]})" for row in rows[:_SHOWN]]
    more = [f"{len(rows) - _SHOWN} more"] if len(rows) > _SHOWN else []
    return f"{len(rows)} of {len(report.rows)}: {', '.join([*named, *more])}" if rows else "none"

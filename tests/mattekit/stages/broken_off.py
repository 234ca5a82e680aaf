"""Evaluations that are broken off, and runs held against each other but for their times."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from configs.errors import DataError
from eval.pipeline.evaluate import Emit, Execute, execute_here
from eval.pipeline.line import Task
from eval.pipeline.opening import Opened
from eval.run.results import Results
from eval.run.scores import LATENCY
from eval.run.stored import read_run
from eval.run.worst import Keeper


def after(samples: int) -> Execute:
    """Return what evaluates so many samples, each as a part of its own, and fails then."""

    def execute(
        opened: Opened, tasks: Sequence[Task], keeper: Keeper | None, tell: Callable[[int], None], emit: Emit
    ) -> None:
        counted = [task for task in tasks if task.counted]
        for task in counted[:samples]:
            execute_here()(opened, tasks[tasks.index(task) : tasks.index(task) + 1], keeper, tell, emit)
        raise DataError("broken off")

    return execute


def same_runs(one: Path, other: Path) -> None:
    """Assert that two runs' folders have the same figures and pictures to the last bit; times of day and work apart."""
    runs = read_run(one), read_run(other)
    tables = [run.table.drop(columns=LATENCY) for run in runs]
    pd.testing.assert_frame_equal(*tables, check_exact=True)
    facts = [_timeless(run.results) for run in runs]
    assert facts[0] == facts[1]
    pictures = [
        {path.relative_to(folder): path.read_bytes() for path in sorted((folder / "panels").rglob("*.*"))}
        for folder in (one, other)
    ]
    assert pictures[0] == pictures[1]
    assert pictures[0]


def _timeless(results: Results) -> Results:
    variants = tuple(variant.model_copy(update={"latency_ms": None}) for variant in results.variants)
    return results.model_copy(update={"created": "", "rerun": (), "variants": variants})

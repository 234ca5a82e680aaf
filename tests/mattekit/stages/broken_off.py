"""Evaluations that are broken off, and runs held against each other but for their times."""

from collections.abc import Callable, Sequence
from pathlib import Path

from configs.errors import DataError
from eval.pipeline.evaluate import Emit, Execute, execute_here
from eval.pipeline.line import Task
from eval.pipeline.opening import Opened
from eval.run.alike import differences
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
    assert differences(one, other) == []
    assert (one / "panels").is_dir()

"""Jobs in processes: results as they come, few in flight, and a clean end whatever happens to a worker."""

import os
import signal
import time
from functools import partial
from pathlib import Path

import pytest

from configs.errors import DataError, MattekitError
from datasets.making.parallel import in_parallel


def _job(folder: Path, number: int) -> int:
    (folder / str(number)).touch()
    return number


def _fails_at_three(number: int) -> int:
    if number == 3:
        raise DataError("three")
    return number


def _is_killed_at_three(number: int) -> int:
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


@pytest.mark.parametrize("workers", [1, 2])
def test_every_job_is_done_once(tmp_path: Path, workers: int) -> None:
    with in_parallel(partial(_job, tmp_path), range(30), workers, "numbers") as results:
        assert sorted(results) == list(range(30))


def test_a_slow_reader_of_results_keeps_jobs_waiting_and_leaving_early_cancels_them(tmp_path: Path) -> None:
    with in_parallel(partial(_job, tmp_path), range(1000), 2, "numbers") as results:
        next(results)
        time.sleep(0.5)
        assert len(list(tmp_path.iterdir())) <= 16
    assert len(list(tmp_path.iterdir())) <= 16


@pytest.mark.parametrize("workers", [1, 2])
def test_a_failing_job_ends_the_run(workers: int) -> None:
    with pytest.raises(DataError, match="three"), in_parallel(_fails_at_three, range(100), workers, "n") as results:
        list(results)


def test_a_killed_worker_is_an_error_that_says_so() -> None:
    expected = "numbers: one of 2 worker processes died, perhaps for lack of memory"
    with (
        pytest.raises(MattekitError, match=expected),
        in_parallel(_is_killed_at_three, range(100), 2, "numbers") as results,
    ):
        list(results)

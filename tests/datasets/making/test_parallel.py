"""Jobs in processes: results as they come, few in flight, and a clean end whatever happens to a worker."""

import os
import signal
import subprocess
import sys
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


_PROGRAM = """
import os, sys, time
from configs.interruption import run_interruptible
from datasets.making.parallel import in_parallel

def work(number):
    os.write(1, b"%d\\n" % os.getpid())  # in one piece, as two workers write at once
    time.sleep(60)

def main():
    print("up", flush=True)
    with in_parallel(work, range(9), 2, "numbers") as results:
        list(results)

if __name__ == "__main__":
    run_interruptible(main)
"""


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX")
@pytest.mark.parametrize(
    ("name", "to_all", "begun"),
    [("SIGKILL", False, True), ("SIGTERM", False, True), ("SIGINT", True, True), ("SIGINT", True, False)],
)
def test_workers_end_with_their_parent_and_without_a_word(tmp_path: Path, name: str, to_all: bool, begun: bool) -> None:
    (tmp_path / "program.py").write_text(_PROGRAM)
    root = Path(__file__).resolve().parents[3]
    parent = subprocess.Popen(
        [sys.executable, "program.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(root)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert parent.stdout is not None
    assert parent.stdout.readline() == "up\n"
    workers = [int(parent.stdout.readline()) for _ in range(2 if begun else 0)]
    if not begun:  # the workers are importing
        time.sleep(0.4)
    number = getattr(signal, name)
    os.killpg(parent.pid, number) if to_all else parent.send_signal(number)
    _, said = parent.communicate(timeout=20)
    lines = [line for line in said.splitlines() if "resource_tracker" not in line and "warnings.warn" not in line]
    if name == "SIGKILL":
        assert parent.returncode == -signal.SIGKILL
        assert lines == []
    elif begun:
        assert parent.returncode == 128 + number
        assert lines == ["interrupted; nothing was written"]
    else:
        assert "Traceback" not in said
    for _ in range(500):
        if not any(map(_lives, workers)):
            break
        time.sleep(0.02)
    assert not any(map(_lives, workers))


def _lives(pid: int) -> bool:
    """Tell whether a process is at work; one that has ended may wait long for somebody to take note of it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False

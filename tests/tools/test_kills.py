"""The tool that kills commands: it sees what is left, and what should not have been."""

import sys
from pathlib import Path

import pytest

from tools.kills.job import Job, kill, timed

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="it reads /proc")
_TIDY = """
import pathlib, sys, time
from configs.files import new_folder
from configs.interruption import run_interruptible
def work():
    with new_folder(pathlib.Path(sys.argv[1]) / "out", replace=True) as work:
        print("ready", flush=True)
        time.sleep(float(sys.argv[2]))
run_interruptible(work)
"""
_UNTIDY = """
import pathlib, subprocess, sys, time
from configs.temporaries import temporary_in
temporary_in(pathlib.Path(sys.argv[1])).mkdir()
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], stderr=subprocess.DEVNULL)
time.sleep(30)
"""


def _job(program: str, folder: Path, seconds: float = 30, wrong: str = "") -> Job:
    return Job("test", (sys.executable, "-c", program, str(folder), str(seconds)), (folder,), lambda: wrong)


@pytest.mark.parametrize(("name", "code", "left"), [("SIGTERM", 143, 0), ("SIGKILL", -9, 1)])
def test_a_tidy_command(tmp_path: Path, name: str, code: int, left: int) -> None:
    found = kill(_job(_TIDY, tmp_path), name, 0.7)
    assert (found.code, found.temporaries, found.faults, found.in_time) == (code, left, (), True)
    timed(_job(_TIDY, tmp_path, 0))
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_an_untidy_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tools.kills.job.GRACE", 0.2)
    found = kill(_job(_UNTIDY, tmp_path, wrong="half a result"), "SIGTERM", 0.7)
    orphan, wrong, left = found.faults
    assert "lives on" in orphan
    assert wrong == "half a result"
    assert left.startswith(f"left: {tmp_path}/.mattekit-")


def test_a_command_that_fails_is_no_measure(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="test: it ended with 1: "):
        timed(_job("raise SystemExit(1)", tmp_path))


def test_parts_of_unfinished_work_are_left_by_no_last_run(tmp_path: Path) -> None:
    (tmp_path / "out.unfinished").mkdir()
    with pytest.raises(RuntimeError, match=r"test: left: .*out\.unfinished"):
        timed(_job(_TIDY, tmp_path, 0))

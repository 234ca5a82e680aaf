"""The process as shells run it: streams that are closed, full, without reader or of ASCII; no folder, no memory."""

import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from configs.errors import DataError
from mattekit.terminal.endings import LEAST_MEMORY, end_with

ROOT = Path(__file__).parents[2]
PROGRAM = (sys.executable, "-m", "mattekit")
UNKNOWN = ("dataset", "people", "--config", "no-such-job")


@contextmanager
def _no_reader() -> Iterator[int]:
    reader, writer = os.pipe()
    os.close(reader)
    yield writer
    os.close(writer)


@contextmanager
def _full() -> Iterator[int]:
    with Path("/dev/full").open("wb") as stream:
        yield stream.fileno()


@pytest.fixture
def passing_run(tmp_path: Path) -> Path:
    """Return a copy of the committed run, which the gate passes."""
    return Path(shutil.copytree(ROOT / "reports/example", tmp_path / "run"))


def test_a_passing_gate_whose_reader_goes_ends_with_0(passing_run: Path) -> None:
    with _no_reader() as out:
        # Not in the clone, where models of the same name may have been converted since.
        command = [*PROGRAM, "gate", str(passing_run)]
        done = subprocess.run(command, stdout=out, stderr=subprocess.PIPE, cwd=passing_run.parent)
    assert (done.returncode, done.stderr) == (0, b"")
    assert (passing_run / "gate.json").is_file()


def test_output_on_a_full_disk_is_an_error_of_one_line() -> None:
    with _full() as out:
        done = subprocess.run([*PROGRAM, "--help"], stdout=out, stderr=subprocess.PIPE, cwd=ROOT, text=True)
    assert done.returncode == 2
    assert done.stderr == "error: standard output: cannot be written (No space left on device)\n"


def test_messages_on_a_full_disk_leave_the_exit_code() -> None:
    with _full() as err:
        done = subprocess.run([*PROGRAM, *UNKNOWN], stdout=subprocess.PIPE, stderr=err, cwd=ROOT)
    assert (done.returncode, done.stdout) == (2, b"")


@pytest.mark.parametrize("closed", [(1,), (0, 1, 2)])
def test_closed_streams_leave_the_exit_code(tmp_path: Path, closed: tuple[int, ...]) -> None:
    redirections = " ".join(f"{descriptor}>&-" for descriptor in closed)
    command = f"{sys.executable} -m mattekit {' '.join(UNKNOWN)} {redirections}"
    assert subprocess.run(command, shell=True, cwd=ROOT, stderr=subprocess.DEVNULL).returncode == 2


def test_what_a_terminal_of_ascii_cannot_show_is_escaped() -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    program = [*PROGRAM, *UNKNOWN[:-1], "no-s\u00fcch-job"]
    done = subprocess.run(program, capture_output=True, cwd=ROOT, env=environment, check=False)
    assert done.returncode == 2
    assert rb"no-s\xfcch-job" in done.stderr


def _in_a_folder_that_goes() -> None:
    gone = Path(os.environ["TMPDIR_OF_TEST"])
    os.chdir(gone)
    gone.rmdir()


def _with_little_memory() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (LEAST_MEMORY - 1, LEAST_MEMORY - 1))


@pytest.mark.parametrize(
    ("prepare", "expected"),
    [(_in_a_folder_that_goes, "the working folder is gone"), (_with_little_memory, "memory is limited to 1023 MiB")],
)
def test_surroundings_that_no_command_can_work_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, prepare: Callable[[], None], expected: str
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.setenv("TMPDIR_OF_TEST", str(tmp_path / "gone"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    done = subprocess.run([*PROGRAM, "gate"], capture_output=True, text=True, preexec_fn=prepare, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: {expected}")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (MemoryError(), 2, "not enough memory"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"), 2, "not enough"),
        (OSError(12, "Cannot allocate memory"), 2, "not enough memory"),
        (PermissionError(13, "Permission denied", "secret"), 3, "error: secret: cannot be used (Permission denied)"),
        (DataError(f"{'a' * 5000}: wrong"), 3, f"error: {'a' * 2000}...\n"),
        (ZeroDivisionError("division by zero"), 70, "internal error"),
    ],
)
def test_errors_of_the_machine_are_none_of_ours(
    capfd: pytest.CaptureFixture[str], error: Exception, code: int, text: str
) -> None:
    try:
        raise error
    except Exception as raised:
        assert end_with(raised) == code
    assert text in capfd.readouterr().err

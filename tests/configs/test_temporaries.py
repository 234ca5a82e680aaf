"""Temporary files and folders: those of processes that are gone are removed, and no others."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from configs import temporaries
from configs.processes import fate, machine, started
from configs.temporaries import FORSAKEN, OLD, READY, is_temporary, sweep, temporary_in


def _named(machine: str, pid: int, begun: str, end: str = "") -> str:
    return f".mattekit-{machine}-{pid}-{begun}-{'0' * 12}{end}"


@pytest.fixture
def gone() -> int:
    """The number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_names_tell_who_made_them(tmp_path: Path) -> None:
    path = temporary_in(tmp_path)
    assert is_temporary(path.name)
    assert path.name.startswith(f".mattekit-{machine()}-{os.getpid()}-{started(os.getpid())}-")
    assert path != temporary_in(tmp_path)
    assert not is_temporary(".mattekit-photos")


def test_what_dead_processes_left_is_removed_and_nothing_else(tmp_path: Path, gone: int) -> None:
    living, other = temporary_in(tmp_path).name, "deadbeef" if machine() != "deadbeef" else "beefdead"
    dead = [_named(machine(), gone, "1"), _named(machine(), os.getpid(), "1") if started(os.getpid()) != "0" else ""]
    kept = [living, _named(other, gone, "1"), ".mattekit-photos", "photo.jpg", ".hidden"]
    for name in filter(None, (*dead, *kept)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x").write_text("x")
    (tmp_path / _named(machine(), gone, "2")).write_text("a file")
    sweep(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == set(kept)
    sweep(tmp_path / "nowhere")


def test_another_machine_s_is_removed_once_nothing_has_touched_it_for_long(tmp_path: Path) -> None:
    old, fresh = (tmp_path / _named("deadbeef", number, "1") for number in (1, 2))
    long_ago = time.time() - FORSAKEN - 60
    for folder in (old, fresh):
        folder.mkdir()
        (folder / "x").write_text("x")
        os.utime(folder, (long_ago, long_ago))
    os.utime(old / "x", (long_ago, long_ago))
    sweep(tmp_path)
    assert [path for path in (old, fresh) if path.exists()] == [fresh]


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="users are POSIX")
def test_another_user_s_is_left(tmp_path: Path, gone: int, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / _named(machine(), gone, "1")
    path.mkdir()
    monkeypatch.setattr(temporaries.os, "getuid", lambda: path.stat().st_uid + 1)
    sweep(tmp_path)
    assert path.exists()


def test_a_replacement_that_was_killed_between_its_two_steps_is_undone(tmp_path: Path, gone: int) -> None:
    aside = tmp_path / _named(machine(), gone, "1", OLD)
    (aside / "out").mkdir(parents=True)
    (aside / "out/x").write_text("old")
    sweep(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert (tmp_path / "out/x").read_text() == "old"


def test_after_the_second_step_the_old_folder_is_removed(tmp_path: Path, gone: int) -> None:
    for place in (_named(machine(), gone, "1", f"{OLD}/out"), "out"):
        (tmp_path / place).mkdir(parents=True)
    (tmp_path / "out/x").write_text("new")
    sweep(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert (tmp_path / "out/x").read_text() == "new"


def test_additions_that_were_killed_on_their_way_come_to_their_end(tmp_path: Path, gone: int) -> None:
    ready = tmp_path / _named(machine(), gone, "1", READY)
    (ready / "deep").mkdir(parents=True)
    (ready / "deep/b").write_text("new")
    (tmp_path / "a").write_text("new")
    sweep(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "deep"]
    assert (tmp_path / "deep/b").read_text() == "new"


@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells")
def test_a_killed_process_that_nobody_has_waited_for_is_gone() -> None:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    begun = started(process.pid)
    assert fate(process.pid, begun) == "lives"
    process.kill()
    for _ in range(100):
        if fate(process.pid, begun) == "gone":
            break
        time.sleep(0.02)
    assert fate(process.pid, begun) == "gone"
    assert process.stdin is not None
    process.stdin.close()
    process.wait()

"""Signals: work ends as after an error, in one line; what belongs together is not torn apart."""

import os
import signal
from pathlib import Path

import pytest

from configs.files import new_folder
from configs.interruption import (
    Interrupted,
    interruptible,
    note_kept,
    run_interruptible,
    shielded,
    starting_processes,
)

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals are POSIX")


@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_a_signal_removes_what_is_half_made(
    name: str, code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def work() -> None:
        with new_folder(tmp_path / "out"):
            os.kill(os.getpid(), getattr(signal, name))

    with pytest.raises(SystemExit) as ended:
        run_interruptible(work)
    assert ended.value.code == code
    assert capsys.readouterr().err == "interrupted; nothing was written\n"
    assert [*tmp_path.iterdir()] == []


def test_what_is_kept_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def work() -> None:
        with new_folder(tmp_path / "out"):
            pass
        (tmp_path / "more").mkdir()
        (tmp_path / "more/part").write_text("")
        for kept in ("more/part", "no longer there", "more"):
            note_kept(tmp_path / kept)
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        except Interrupted as interrupted:
            interrupted.add_note("in step onnx")
            raise ImportError("half imported") from interrupted  # as a library may

    with pytest.raises(SystemExit) as ended:
        run_interruptible(work)
    assert ended.value.code == 143
    said = f"interrupted; what was finished is kept: {tmp_path / 'more'} and 1 more (in step onnx)\n"
    assert capsys.readouterr().err == said


@pytest.mark.parametrize("block", [shielded, starting_processes])
def test_a_shielded_block_comes_to_its_end(block) -> None:  # type: ignore[no-untyped-def]
    done = False
    with interruptible(), pytest.raises(Interrupted), block():
        os.kill(os.getpid(), signal.SIGTERM)
        with shielded():
            pass
        done = True
    assert done
    assert not signal.pthread_sigmask(signal.SIG_BLOCK, ())


def test_several_signals_at_once_are_one_interruption() -> None:
    with interruptible():
        with pytest.raises(Interrupted):
            os.kill(os.getpid(), signal.SIGHUP)
        os.kill(os.getpid(), signal.SIGTERM)  # while what was half made is being removed


def test_ignored_signals_stay_ignored_and_handlers_come_back() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    terminate = signal.getsignal(signal.SIGTERM)
    try:
        with interruptible():
            os.kill(os.getpid(), signal.SIGHUP)
        assert signal.getsignal(signal.SIGTERM) == terminate
    finally:
        signal.signal(signal.SIGHUP, before)

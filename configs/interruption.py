"""Ctrl-C, SIGTERM and SIGHUP: work ends as after an error, so that what is half made is removed, and in one line.

A signal raises `Interrupted` in the main thread. It is no `Exception`, so that nothing takes it for its own error.
"""

import _signal  # type: ignore[import-not-found]  # built in: nothing is loaded before Ctrl-C prints no traceback

try:
    _untouched = _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler
    if _untouched:
        _signal.signal(_signal.SIGINT, _signal.SIG_DFL)
except ValueError:  # imported in a thread, where signals cannot be set
    _untouched = False

import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:  # what is imported before signals are caught must be little
    from pathlib import Path
    from types import FrameType

SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
BURST = 2.0
"""Seconds in which further signals are taken for the same interruption: a terminal that closes sends several."""


class Interrupted(BaseException):
    """A signal asks the process to end."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number

    @property
    def exit_code(self) -> int:
        """What shells expect of a process that a signal ended: 130, 143, 129."""
        return 128 + self.number


class _State:
    """What has happened in this process; `shields` counts the blocks that put an interruption off."""

    def __init__(self) -> None:
        self.received: Interrupted | None = None
        self.at = 0.0
        self.shields = 0
        self.pending = False
        self.kept: list[Path] = []


_state = _State()


@contextmanager
def interruptible() -> Iterator[None]:
    """Let signals raise `Interrupted` in the block, but for those that are ignored, as below `nohup`."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    global _state
    _state = _State()
    before = {number: signal.getsignal(number) for number in SIGNALS}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, _interrupt)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)


def run_interruptible(main: Callable[[], None]) -> None:
    """Call `main`; end the process where a signal interrupts it, whatever error a library may make of that."""
    with interruptible():
        try:
            main()
        except Interrupted as interrupted:
            _end(interrupted)
        except Exception:
            if _state.received is not None:
                _end(_state.received)
            raise


@contextmanager
def shielded() -> Iterator[None]:
    """Put an interruption off to the end of the block, for steps that belong together and take a moment."""
    if threading.current_thread() is not threading.main_thread():
        yield  # signals are handled in the main thread alone
        return
    _state.shields += 1
    try:
        yield
    finally:
        _state.shields -= 1
        if _state.pending and not _state.shields and _state.received is not None:
            _state.pending = False
            raise _state.received


@contextmanager
def starting_processes() -> Iterator[None]:
    """Start processes in the block that no signal of `SIGNALS` reaches before they call `follow_parent`.

    Ctrl-C goes to every process of a terminal's job; one that was just importing would end with a traceback.
    """
    with shielded():
        if not hasattr(signal, "pthread_sigmask"):
            yield
            return
        before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def note_kept(path: "Path") -> None:
    """Remember that `path` is whole and stays, for what is said after an interruption."""
    _state.kept.append(path)


def _end(interrupted: Interrupted) -> NoReturn:
    """Say in one line what an interrupted process leaves behind, and end it with the signal's exit code."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)  # nothing is left to be undone
    noted = dict.fromkeys(path for path in _state.kept if path.exists())
    kept = [path for path in noted if noted.keys().isdisjoint(path.parents)]
    more = f" and {len(kept) - 1} more" if len(kept) > 1 else ""
    left = f"what was finished is kept: {kept[-1]}{more}" if kept else "nothing was written"
    notes = "".join(f" ({note})" for note in getattr(interrupted, "__notes__", []))
    try:
        sys.stderr.write(f"interrupted; {left}{notes}\n")
        sys.stderr.flush()
    except OSError:
        pass  # a terminal that has closed
    sys.exit(interrupted.exit_code)


def _interrupt(number: int, frame: "FrameType | None") -> None:
    now = time.monotonic()
    if _state.received is not None and now - _state.at < BURST:
        return
    _state.received, _state.at = Interrupted(number), now
    if _state.shields:
        _state.pending = True
        return
    raise _state.received


if _untouched:
    signal.signal(signal.SIGINT, signal.default_int_handler)

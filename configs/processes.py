"""Processes: whether one that left something behind still lives, and workers that end with the one they work for."""

import hashlib
import multiprocessing
import os
import signal
import socket
import sys
import threading
from functools import cache
from multiprocessing.connection import wait
from pathlib import Path
from typing import Literal


@cache
def machine() -> str:
    """Return 8 hex digits that stand for this host and its table of processes; containers have tables of their own."""
    try:
        table = str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        table = ""
    return hashlib.sha256(f"{socket.gethostname()} {table}".encode()).hexdigest()[:8]


def started(pid: int) -> str:
    """Return when a process began, in the kernel's ticks; `0` where it is gone or the platform does not tell."""
    fields = _status(pid)
    return fields[19] if len(fields) > 19 else "0"


def fate(pid: int, begun: str) -> Literal["lives", "gone", "unknown"]:
    """Tell what became of a process of this machine; `begun` is its `started`, since numbers are given again."""
    if os.name != "posix":
        return "unknown"
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return "gone"
    except (OSError, OverflowError):
        return "unknown"
    fields = _status(pid)
    if len(fields) <= 19:
        return "lives"
    return "gone" if fields[0] in "ZX" or fields[19] != begun else "lives"


def follow_parent(*_: object) -> None:
    """Begin a worker process: it leaves the terminal's signals to its parent, and ends as soon as that one has ended.

    For `initializer` and `worker_init_fn`, whatever these pass. The parent's end is seen by a pipe that closes with it,
    on every platform and however it ends.
    """
    for name in ("SIGINT", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)


def _status(pid: int) -> list[str]:
    """Return the fields of /proc/PID/stat from the state on; empty where there is none."""
    if sys.platform != "linux":
        return []
    try:
        # The name before may hold spaces and brackets.
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return []

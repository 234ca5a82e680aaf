"""A command that is started, killed at a moment, and looked at: its end, its words, its processes, its files."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from configs.temporaries import is_temporary
from configs.unfinished import SUFFIX

SIGNALS = {name: getattr(signal, name) for name in ("SIGTERM", "SIGHUP", "SIGINT", "SIGKILL")}
OF_A_TERMINAL = ("SIGINT", "SIGHUP")
"""Signals that a terminal sends to every process of a job."""
PATIENCE = 60.0
"""Seconds that a command may take to end once it was told to."""
GRACE = 10.0
"""Seconds that its processes may live longer."""


@dataclass(frozen=True, slots=True)
class Job:
    """A command and the folders that it writes to.

    Attributes:
        verb: what it is called in the table.
        command: with its arguments.
        places: folders in which it may leave temporary files, at any depth.
        whole: returns what is wrong with the result that lies there; empty for a whole one, or none.
        prepare: called before each start.
        codes: exit codes with which it may end by itself.
    """

    verb: str
    command: tuple[str, ...]
    places: tuple[Path, ...]
    whole: Callable[[], str]
    prepare: Callable[[], None] = lambda: None
    codes: tuple[int, ...] = (0,)


@dataclass(frozen=True, slots=True)
class Kill:
    """One kill and what was left.

    Attributes:
        verb, name: the job and the signal.
        delay: seconds from the start of the command to the signal.
        ended: seconds from the signal to the end of the command.
        code: its exit code; negative where the signal itself ended it.
        said: its last line of standard error.
        faults: what is not as it should be.
        temporaries: how many temporary files and folders are left.
        in_time: whether it was still at work when the signal came.
    """

    verb: str
    name: str
    delay: float
    ended: float
    code: int
    said: str
    faults: tuple[str, ...] = field(default=())
    temporaries: int = 0
    in_time: bool = True


def timed(job: Job) -> float:
    """Run a job to its end and return the seconds it took.

    Raises:
        RuntimeError: it failed, left a temporary file, or its result is not whole.
    """
    job.prepare()
    begun = time.monotonic()
    done = subprocess.run(job.command, capture_output=True, text=True, check=False)
    seconds = time.monotonic() - begun
    faults = [f"it ended with {done.returncode}: {done.stderr[-2000:]}"] if done.returncode not in job.codes else []
    faults += [f"left: {path}" for path in temporaries(job.places)]
    faults += [f"left: {path}" for place in job.places for path in place.glob(f"*{SUFFIX}")]
    if wrong := job.whole():
        faults.append(wrong)
    if faults:
        raise RuntimeError(f"{job.verb}: {'; '.join(faults)}")
    return seconds


def kill(job: Job, name: str, delay: float) -> Kill:
    """Start a job, send it a signal after a delay, and see what is left."""
    job.prepare()
    before = set(temporaries(job.places))
    process = subprocess.Popen(
        job.command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=_usual_signals,
    )
    try:
        return _watched(job, process, name, delay, before)
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        raise


def _watched(job: Job, process: subprocess.Popen[str], name: str, delay: float, before: set[Path]) -> Kill:
    time.sleep(delay)
    in_time = process.poll() is None
    sent = time.monotonic()
    if in_time and name in OF_A_TERMINAL:
        os.killpg(process.pid, SIGNALS[name])
    elif in_time:
        process.send_signal(SIGNALS[name])
    try:
        said = process.communicate(timeout=PATIENCE)[1]
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        said = process.communicate()[1]
        return Kill(job.verb, name, delay, PATIENCE, 0, "", ("it did not end",))
    ended = time.monotonic() - sent
    orphans = _wait_for(process.pid)
    left = set(temporaries(job.places))
    faults = [f"process {pid} lives on" for pid in orphans]
    if wrong := job.whole():
        faults.append(wrong)
    if in_time and name != "SIGKILL":
        faults += [f"left: {path}" for path in sorted(left - before)]
        faults += _wrong_end(process.returncode, job.codes, name, said)
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    last = lines[-1] if lines else ""
    return Kill(job.verb, name, delay, ended, process.returncode, last, tuple(faults), len(left), in_time)


def temporaries(places: tuple[Path, ...]) -> Iterator[Path]:
    """Yield every temporary file and folder below some folders that is not in another one."""
    for place in places:
        for folder, folders, files in os.walk(place):
            yield from (Path(folder) / name for name in (*folders, *files) if is_temporary(name))
            folders[:] = [name for name in folders if not is_temporary(name)]


def _usual_signals() -> None:
    """Undo that signals are ignored, which below `nohup` or in the background they are."""
    for number in SIGNALS.values():
        if number != signal.SIGKILL:
            signal.signal(number, signal.SIG_DFL)


def _wrong_end(code: int, codes: tuple[int, ...], name: str, said: str) -> list[str]:
    """Return what is wrong with the end of an interrupted command; one whose work was just done may end well."""
    faults = ["it printed a traceback"] if "Traceback" in said else []
    number = int(SIGNALS[name])
    if code == 128 + number:
        if said.count("interrupted; ") != 1:
            faults.append("it did not say once that it was interrupted")
    elif code not in (*codes, -number):
        faults.append(f"exit code {code}, expected {128 + number}")
    return faults


def _wait_for(session: int) -> list[int]:
    """Wait until no process of a session lives, as long as `GRACE`, and return those that still do."""
    until = time.monotonic() + GRACE
    while (living := list(_living(session))) and time.monotonic() < until:
        time.sleep(0.05)
    for pid in living:
        os.kill(pid, signal.SIGKILL)
    return living


def _living(session: int) -> Iterator[int]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[3]) == session and fields[0] not in "ZX":
                yield int(entry.name)

"""The other end of a worker: it starts one in an environment, sends commands, and brings its inner tensors here."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from multiprocessing import Pipe
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from configs.errors import DataError, shortened
from configs.places import INSTALLED
from configs.schema import Config
from converter.taps.base import Array, Cut, Feed, Taps
from datasets.samples import sample as samples
from eval.versions import worker
from eval.versions.commands import (
    Command,
    CutPart,
    Introduce,
    OpenTaps,
    ReadTensors,
    Report,
    RunPart,
    StatesAfter,
)
from eval.versions.environments import PACKAGES
from eval.versions.pins import Pin

Answer = TypeVar("Answer")
PATIENCE = 10.0
"""Seconds that a worker has to end by itself."""


class Worker:
    """A process in an environment; a context manager that ends it.

    Args:
        pin: the package that it must run.
        environment: its folder; None for the environment that runs here.
        report: called with (what is being done, done, total).

    Raises:
        DataError: the package cannot be imported there, or another version is.
    """

    def __init__(self, pin: Pin, environment: Path | None, report: Report = lambda *_: None) -> None:
        self.pin, self._report = pin, report
        packages = None if environment is None else environment.absolute() / PACKAGES
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the worker
        self._connection, theirs = Pipe()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", worker.__name__, str(theirs.fileno())],
                pass_fds=(theirs.fileno(),),
                env={**os.environ, "PYTHONPATH": _path(packages)},
                stdin=subprocess.DEVNULL,
                stdout=self._said,
                stderr=self._said,
                start_new_session=True,  # Ctrl-C is for the process that it works for
            )
        try:
            self.version = self.do(Introduce(pin, packages))
        except BaseException:
            self.close()
            raise

    def do(self, command: Command[Answer]) -> Answer:
        """Send a command and return its answer.

        Raises:
            MattekitError: what the command raises.
            DataError: the release raises something else, or ends the process.
        """
        try:
            self._connection.send(command)
            while (reply := self._connection.recv())[0] == "report":
                self._report(*reply[1])
        except (EOFError, OSError) as error:
            code = self._process.wait(PATIENCE)
            raise DataError(f"{self.pin}: its process ended ({_ending(code)}){self._last_words()}") from error
        kind, content = reply
        if kind == "error":
            content.args = (f"{self.pin}: {content}", *content.args[1:])
            raise content
        if kind == "fault":
            raise DataError(f"{self.pin}: {shortened(content, 500)}")
        answer: Answer = content
        return answer

    def close(self) -> None:
        """End the process."""
        self._connection.close()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        finally:
            self._said.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _last_words(self) -> str:
        self._said.seek(0)
        lines = [line for line in self._said.read().decode(errors="replace").splitlines() if line.strip()]
        return "".join(f"\n  {shortened(line, 300)}" for line in lines[-4:])


Job = tuple[Worker, Config]
"""A worker, and the job that it does: with forms converted anew each has a model folder of its own."""


class RemoteTaps(Taps):
    """The inner tensors of a variant that a worker runs."""

    def __init__(self, worker: Worker, config: Config, variant: str) -> None:
        self._worker = worker
        form = worker.do(OpenTaps(config, variant))
        self.label = f"{form.label}, {worker.pin}"
        self.framework, self.precision = form.framework, form.precision
        self.contract, self.taps = form.contract, form.taps
        self.cuttable = form.cuttable  # type: ignore[misc]  # of the form there, not of this class

    def states_after(self, frames: Iterable[samples.Pair]) -> Feed:
        """See `Taps.states_after`."""
        return self._worker.do(StatesAfter(tuple(frames))) if self.contract.states else {}

    def read(self, names: Sequence[str], feed: Feed) -> dict[str, Array]:
        """See `Taps.read`."""
        return self._worker.do(ReadTensors(tuple(names), feed))

    def cut(self, target: str, known: Iterable[str], file: Path | None) -> Cut:
        """See `Taps.cut`."""
        return self._worker.do(CutPart(target, tuple(known), file))

    def run_cut(self, cut: Cut, inputs: Mapping[str, Array]) -> Array:
        """See `Taps.run_cut`."""
        return self._worker.do(RunPart(cut, dict(inputs)))


def _path(packages: Path | None) -> str:
    """Return the worker's PYTHONPATH: the replaced package before all else, then the toolkit where it is no package."""
    places = [] if packages is None else [str(packages)]
    if INSTALLED.name not in ("site-packages", "dist-packages"):
        places.append(str(INSTALLED))
    return os.pathsep.join([*places, *filter(None, [os.environ.get("PYTHONPATH")])])


def _ending(code: int) -> Any:
    return f"signal {-code}" if code < 0 else f"exit code {code}"

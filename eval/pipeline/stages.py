"""Where the time of an evaluation goes, stage by stage."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter, thread_time
from typing import NamedTuple

STAGES = ("read", "check", "prepare", "infer", "wait", "score", "write")
"""Reading files and decoding them; holding them against what is refused; plates and tensors; waiting for a network;
waiting for a sample to be read or scored; metrics and coverage; keeping what was found."""

TIMED = 3
"""Samples at the start of a line whose inferences are timed, with nothing beside them."""


class Span(NamedTuple):
    """A stage at work: who did it, from when to when, in seconds since the clock was made."""

    stage: str
    thread: str
    begin: float
    end: float


class Clock:
    """Adds up the seconds of stages, in whatever threads they run.

    Args:
        spans: how many of the first spans of work are kept each by itself, in `self.spans`.
    """

    def __init__(self, spans: int = 0) -> None:
        self.wall: dict[str, float] = dict.fromkeys(STAGES, 0.0)
        self.cpu: dict[str, float] = dict.fromkeys(STAGES, 0.0)
        self.spans: list[Span] = []
        self._most = spans
        self._begin = perf_counter()
        self._lock = threading.Lock()

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        """Count the block's time to a stage."""
        begin, cpu = perf_counter(), thread_time()
        try:
            yield
        finally:
            end, cpu = perf_counter(), thread_time() - cpu
            with self._lock:
                self.wall[stage] += end - begin
                self.cpu[stage] += cpu
                if len(self.spans) < self._most:
                    name = threading.current_thread().name
                    self.spans.append(Span(stage, name, begin - self._begin, end - self._begin))

"""Where the time of an evaluation goes, stage by stage."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter, thread_time

STAGES = ("read", "check", "prepare", "infer", "wait", "score", "write")
"""Reading files and decoding them; holding them against what is refused; plates and tensors; waiting for a network;
waiting for a sample to be read or scored; metrics and coverage; keeping what was found."""


class Clock:
    """Adds up the seconds of stages, in whatever threads they run."""

    def __init__(self) -> None:
        self.wall: dict[str, float] = dict.fromkeys(STAGES, 0.0)
        self.cpu: dict[str, float] = dict.fromkeys(STAGES, 0.0)
        self._lock = threading.Lock()

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        """Count the block's time to a stage."""
        wall, cpu = perf_counter(), thread_time()
        try:
            yield
        finally:
            wall, cpu = perf_counter() - wall, thread_time() - cpu
            with self._lock:
                self.wall[stage] += wall
                self.cpu[stage] += cpu

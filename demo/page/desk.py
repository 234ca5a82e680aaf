"""The one worker behind the page, and the bounded queue before it."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from configs.errors import MattekitError

Result = TypeVar("Result")


class BusyError(MattekitError):
    """Too much waits already; what is asked for can be asked for again."""


class Stop:
    """Asks a job to end early."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked = False
        self._calls: list[Callable[[], None]] = []

    @property
    def asked(self) -> bool:
        """Whether the job is to end."""
        return self._asked

    def ask(self) -> None:
        """Ask it to."""
        with self._lock:
            self._asked = True
            calls = list(self._calls)
        for call in calls:
            call()

    @contextmanager
    def calling(self, stop: Callable[[], None]) -> Iterator[None]:
        """Call `stop` when asked within the block, or at once where it was asked before."""
        with self._lock:
            self._calls.append(stop)
            asked = self._asked
        if asked:
            stop()
        try:
            yield
        finally:
            with self._lock:
                self._calls.remove(stop)


class Desk:
    """Runs jobs one after another in a thread of its own: a network takes all cores, so two at once would gain nothing.

    Args:
        waiting: how many jobs may wait while one runs.
    """

    def __init__(self, waiting: int) -> None:
        self._waiting = waiting
        self._places = threading.BoundedSemaphore(waiting + 1)
        self._worker = ThreadPoolExecutor(1, "desk")
        self._stops: set[Stop] = set()
        self._lock = threading.Lock()
        self._closed = False

    def submit(self, job: Callable[[Stop], Result], stop: Stop | None = None) -> "Future[Result]":
        """Queue a job.

        Args:
            job: called with `stop`.
            stop: asks the job to end; one of its own by default.

        Raises:
            BusyError: too many wait, or the page is ending.
        """
        mine = stop or Stop()
        with self._lock:
            if self._closed:
                raise BusyError("the page is ending")
            if not self._places.acquire(blocking=False):
                raise BusyError(f"busy: {self._waiting} jobs are waiting; try again in a moment")
            self._stops.add(mine)
            future = self._worker.submit(job, mine)
        future.add_done_callback(lambda _: self._leave(mine))
        return future

    def close(self) -> None:
        """Drop what waits, ask what runs to end, and wait until it has."""
        with self._lock:
            self._closed = True
            stops = list(self._stops)
        for stop in stops:
            stop.ask()
        self._worker.shutdown(wait=True, cancel_futures=True)

    def _leave(self, stop: Stop) -> None:
        with self._lock:
            self._stops.discard(stop)
        self._places.release()

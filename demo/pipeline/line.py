"""A line of stages, each in a thread of its own, with short queues between them: frames leave in the order they came.

What a stage raises ends the whole line, and is raised once by `run`. `stop` lets no further frame in; those inside are
finished.
"""

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from queue import Empty, Full, Queue
from time import perf_counter
from typing import Any, Generic, TypeVar

DEPTH = 2
"""Items that may wait before a stage: enough to even out, few enough that memory and delay stay small."""
_POLL = 0.1
_REFRESH = 1 / 30

Item = TypeVar("Item")


@dataclass(slots=True)
class StageTimes:
    """Where a stage's thread spent its time, in seconds: per item at work, and waiting for others.

    Attributes:
        work: of every item.
        starved: in all, waiting for an item, or for what the stage needs besides.
        blocked: in all, waiting until the next stage took one.
    """

    name: str
    work: list[float] = field(default_factory=list)
    starved: float = 0.0
    blocked: float = 0.0


@dataclass(frozen=True, slots=True)
class Stage(Generic[Item]):
    """One step.

    Attributes:
        name: for the table of times.
        function: does the step on an item, in place.
        ready: waits for what the step needs besides the item and tells whether it is there, within a moment; its time
            is waiting, not work.
    """

    name: str
    function: Callable[[Item], None]
    ready: Callable[[], bool] | None = None


class Line(Generic[Item]):
    """Runs items from a source through stages.

    Args:
        source: what comes in; iterated in a thread of its own, whose stage is named `decode`.
        stages: in order.
    """

    def __init__(self, source: Iterable[Item], stages: Sequence[Stage[Item]]) -> None:
        self._source, self._stages = source, stages
        self.times = [StageTimes("decode"), *(StageTimes(stage.name) for stage in stages)]
        self._queues: list[Queue[Any]] = [Queue(DEPTH) for _ in stages]
        self._stop, self._failed = threading.Event(), threading.Event()
        self._error: BaseException | None = None
        self._lock = threading.Lock()

    def stop(self) -> None:
        """Let no further item in."""
        self._stop.set()

    @property
    def stopped(self) -> bool:
        """Whether `stop` was called."""
        return self._stop.is_set()

    def run(self, meanwhile: Callable[[], None] = lambda: None) -> None:
        """Run until every item is through; `meanwhile` is called in this thread now and then.

        Raises:
            BaseException: what a stage, the source or `meanwhile` raised first; all threads have ended by then.
        """
        threads = [threading.Thread(target=self._guarded, args=(self._feed,), daemon=True)]
        threads += [
            threading.Thread(target=self._guarded, args=(self._work, number), daemon=True)
            for number in range(len(self._stages))
        ]
        for thread in threads:
            thread.start()
        try:
            while threads[-1].is_alive():
                threads[-1].join(_REFRESH)
                meanwhile()
        except BaseException as error:
            self._fail(error)
        for thread in threads:
            thread.join()
        if self._error is not None:
            raise self._error

    def _guarded(self, function: Callable[..., None], *arguments: int) -> None:
        try:
            function(*arguments)
        except BaseException as error:
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        with self._lock:
            self._error = self._error or error
        self._failed.set()

    def _feed(self) -> None:
        times, items = self.times[0], iter(self._source)
        try:
            while not self._stop.is_set() and not self._failed.is_set():
                started = perf_counter()
                item = next(items, None)
                if item is None:
                    break
                times.work.append(perf_counter() - started)
                self._put(0, item, times)
        finally:
            if close := getattr(items, "close", None):
                close()
        self._put(0, None, times)

    def _work(self, number: int) -> None:
        stage, times = self._stages[number], self.times[number + 1]
        while not self._failed.is_set():
            started = perf_counter()
            item = self._get(number)
            while item is not None and stage.ready is not None and not stage.ready() and not self._failed.is_set():
                pass
            begun = perf_counter()
            times.starved += begun - started
            if self._failed.is_set():
                return
            if item is not None:
                stage.function(item)
                times.work.append(perf_counter() - begun)
            if number + 1 < len(self._stages):
                self._put(number + 1, item, times)
            if item is None:
                return

    def _put(self, number: int, item: Item | None, times: StageTimes) -> None:
        started = perf_counter()
        while not self._failed.is_set():
            try:
                self._queues[number].put(item, timeout=_POLL)
                break
            except Full:
                continue
        times.blocked += perf_counter() - started

    def _get(self, number: int) -> Item | None:
        while not self._failed.is_set():
            try:
                found: Item | None = self._queues[number].get(timeout=_POLL)
            except Empty:
                continue
            return found
        return None

"""Many jobs over all CPUs, in processes of their own.

Only a few jobs are in flight, however slowly the results are taken, so that memory does not grow with their number.
joblib's generators dispatch without that limit, and warn when they are left early; hence this pool.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import islice
from multiprocessing import active_children, get_context
from typing import TypeVar

import cv2

from configs.errors import MattekitError
from configs.interruption import starting_processes
from configs.processes import follow_parent

_AHEAD = 4
"""Jobs handed to the pool per process, so that no process waits for its next one."""

Job = TypeVar("Job")
Result = TypeVar("Result")


@contextmanager
def in_parallel(
    function: Callable[[Job], Result], jobs: Iterable[Job], workers: int, what: str
) -> Iterator[Iterator[Result]]:
    """Yield an iterator over what `function` returns for each job, as they finish; leaving early cancels the others.

    Args:
        function: picklable, such as a module's function.
        jobs: what it is called with; picklable.
        workers: processes; 1 works in this one, in the jobs' order.
        what: what is being made, for the error.

    Raises:
        MattekitError: a process died; and whatever `function` raises.
    """
    if workers == 1:
        yield map(function, jobs)
        return
    # Spawned, not forked: a fork would copy the locks of threads that OpenCV or torch may have started.
    others = set(active_children())
    with starting_processes():  # the pool's locks start a process that tracks them
        pool = ProcessPoolExecutor(workers, get_context("spawn"), _begin)
    try:
        try:
            yield _as_finished(pool, function, iter(jobs), workers * _AHEAD)
        except BaseException:
            for process in set(active_children()) - others:
                process.terminate()  # what they are making is of no use any more
            raise
    except BrokenProcessPool as error:
        raise MattekitError(
            f"{what}: one of {workers} worker processes died, perhaps for lack of memory; "
            "free some and run again (a script that calls this needs an `if __name__ == '__main__'` guard)"
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def cpus() -> int:
    """Return how many CPUs this process may use, which in a container can be fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _begin() -> None:
    follow_parent()
    cv2.setNumThreads(1)


def _as_finished(
    pool: ProcessPoolExecutor, function: Callable[[Job], Result], jobs: Iterator[Job], in_flight: int
) -> Iterator[Result]:
    with starting_processes():
        running: set[Future[Result]] = {pool.submit(function, job) for job in islice(jobs, in_flight)}
    while running:
        finished, running = wait(running, return_when=FIRST_COMPLETED)
        with starting_processes():
            running |= {pool.submit(function, job) for job in islice(jobs, len(finished))}
        for future in finished:
            yield future.result()

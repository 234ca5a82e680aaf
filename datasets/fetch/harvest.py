"""The first so many files of a list that can be fetched, many at once; which these are does not depend on timing."""

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import islice
from typing import Generic, TypeVar

from configs.errors import DataError

HOPELESS = 10
"""This many failures before the first success end a run: the fault is the server's or the network's."""

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Harvest(Generic[Item, Result]):
    """What `fetch_first` returns: results in the candidates' order, and the candidates that failed, with the reason."""

    results: tuple[Result, ...]
    failures: tuple[tuple[Item, str], ...]


def fetch_first(
    candidates: Sequence[Item],
    count: int,
    fetch: Callable[[Item], Result],
    *,
    workers: int,
    replace: bool,
    stop: Callable[[], None] = lambda: None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Harvest[Item, Result]:
    """Fetch the first `count` of `candidates` that can be fetched; which these are does not depend on timing.

    `fetch` runs in `workers` threads and raises `DataError` for a candidate that cannot be fetched. `stop` is called
    when the run ends early, to make the threads end soon.

    Raises:
        DataError: a candidate failed and `replace` is False; no candidate is left; or nothing at all succeeds.
    """
    results: dict[int, Result] = {}
    failures: dict[int, str] = {}
    upcoming = iter(range(len(candidates)))
    with ThreadPoolExecutor(workers) as pool:

        def submit(index: int) -> None:
            running[pool.submit(fetch, candidates[index])] = index

        running: dict[Future[Result], int] = {}
        try:
            for index in islice(upcoming, count):
                submit(index)
            while running:
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    index = running.pop(future)
                    try:
                        results[index] = future.result()
                    except DataError as error:
                        failures[index] = str(error)
                        substitute = next(upcoming, None)
                        if not replace or substitute is None or (len(failures) >= HOPELESS and not results):
                            raise _gave_up(list(failures.values()), len(results), count, replace) from error
                        submit(substitute)
                    progress(len(results), count)
        except BaseException:
            stop()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return Harvest(
        tuple(results[index] for index in sorted(results)),
        tuple((candidates[index], failures[index]) for index in sorted(failures)),
    )


def _gave_up(reasons: list[str], done: int, count: int, replace: bool) -> DataError:
    shown = "".join(f"\n  {reason}" for reason in reasons[-5:])
    hint = "" if replace else ", or allow replacements (--on-failure replace)"
    return DataError(
        f"stopped at {done} of {count} files, because {len(reasons)} failed; the last ones:{shown}\n"
        f"what is whole is kept: mend the cause and run the same command again{hint}"
    )

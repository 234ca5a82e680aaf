"""Past runs of one configuration, read from their folders."""

from dataclasses import dataclass
from pathlib import Path

from configs.errors import DataError
from datasets.samples.litter import entries
from eval.run.results import Results
from eval.run.stored import read_run

MOST_RUNS = 60


@dataclass(frozen=True, slots=True)
class PastRun:
    """A run on disk: the name of its folder, and its results."""

    name: str
    results: Results


@dataclass(frozen=True, slots=True)
class History:
    """Past runs in the order they were made, and what could not be read.

    Attributes:
        runs: at most the newest `MOST_RUNS`.
        unreadable: one sentence per folder whose results are broken.
    """

    runs: tuple[PastRun, ...] = ()
    unreadable: tuple[str, ...] = ()


NO_HISTORY = History()


def past_runs(reports: Path, results: Results, name: str) -> History:
    """Return the runs beside the run `name` that have its configuration's name and were made no later.

    Args:
        reports: the folder that holds runs, each in a folder of its own; one that is not there holds none.
        results: the run itself; a folder called `name` is left out.
        name: its folder's name.
    """
    wanted = config_name(results)
    found: list[tuple[str, str]] = []
    unreadable: list[str] = []
    for path in (place / Results.FILE for place in (entries(reports) if reports.is_dir() else ())):
        folder = path.parent.name
        if folder == name or not path.exists():
            continue
        try:
            past = Results.read(path)
        except DataError as error:
            unreadable.append(f"{folder}: {error}")
            continue
        if config_name(past) == wanted and past.created <= results.created:
            found.append((past.created, folder))
    runs: list[PastRun] = []
    for _, folder in sorted(found)[-MOST_RUNS:]:
        try:
            runs.append(PastRun(folder, read_run(reports / folder).results))
        except DataError as error:
            unreadable.append(f"{folder}: {error}")
    return History(tuple(runs), tuple(unreadable))


def config_name(results: Results) -> str:
    """Return the name of the configuration that a run was made with, empty where it has none."""
    return str(results.settings.get("name") or "")


def same_samples(one: Results, other: Results) -> bool:
    """Say whether two runs evaluated the same samples of the same set, so that their metrics can be compared."""
    first, second = one.dataset, other.dataset
    known = first.pixels_sha256 is not None and second.pixels_sha256 is not None
    return (first.truth, first.samples_sha256, first.manifest_sha256) == (
        second.truth,
        second.samples_sha256,
        second.manifest_sha256,
    ) and (not known or first.pixels_sha256 == second.pixels_sha256)

"""An evaluation as a folder: figures, scores, pictures, and the two pages of the report."""

import shlex
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, get_args

from pydantic import ValidationError

from configs.errors import DataError, MattekitError, UsageError, shortened
from configs.files import new_folder, target_of
from configs.folders import find_made
from configs.interruption import Interrupted
from configs.schema import Config, Executor
from configs.text import counted
from configs.unfinished import Unfinished, final_of, folder_of, left_behind, recorded_notes, unfinished
from eval.gate.judge import judge_original
from eval.pipeline.evaluate import Execute, run_opened
from eval.pipeline.journal import Journal
from eval.pipeline.opening import open_evaluation
from eval.provenance.sbom import write_sbom
from eval.report.content import Judgement, report_content
from eval.report.history import past_runs
from eval.report.panels import WorstPictures
from eval.run.results import Results
from eval.run.stored import write_run
from mattekit.stages.pages import write_pages
from mattekit.stages.run_folder import run_holds

Say = Callable[[str], None]
_RERUN, _CONFIG = "rerun", "config"


class Evaluated(NamedTuple):
    """A run that was made."""

    folder: Path
    results: Results
    judgement: Judgement


def evaluate_into(
    run_dir: Path,
    config: Config,
    *,
    any_name: bool = False,
    force: bool = False,
    execute: Execute | None = None,
    rerun: Sequence[str] = (),
    say: Say = lambda _: None,
    report: Callable[[str, int, int], None] = lambda *_: None,
) -> Evaluated:
    """Evaluate, judge against the original, and write the run's folder.

    The folder gets `results.json`, `per_sample.csv`, `report.md`, `report.html`, `speed.png`, `panels/` and
    `sbom.cdx.json`; it appears only when whole. Until then `<run_dir>.unfinished` keeps what is finished: the same job
    goes on from there.

    Args:
        run_dir: where the run goes.
        config: the job; `config.convert.out` is the converted model folder.
        any_name: whether `run_dir` is a name made up for a new run, so that one of the same job which was left
            unfinished beside it, under a name of its own, is finished instead.
        force: replace an earlier run that is there, and throw away what was left unfinished of it.
        execute: does the work; see `eval.pipeline.evaluate.run_opened`.
        rerun: shell commands that repeat the run, for the report.
        say: called with what a user should know.
        report: called with (what is being done, done, total).

    Raises:
        DataError: as `eval.pipeline.evaluate.evaluate`.
        UsageError: as there, tolerances of a metric that does not exist, a folder that holds a run already or
            something else, or what was left unfinished there is of another job.
    """
    _require_free(run_dir, force)
    pictures = WorstPictures(config.evaluate.worst)
    notes = {_CONFIG: config.model_dump(mode="json"), _RERUN: list(rerun)}
    with open_evaluation(config, report) as opened:
        work = opened.work()
        left = left_behind(target_of(run_dir).parent, work) if any_name and not force else None
        run_dir = run_dir if left is None else run_dir.with_name(left.name)
        with unfinished(run_dir, work, notes=notes, fresh=force) as kept:
            journal = Journal(kept.folder, pictures)
            with _told(kept, run_dir, journal, opened.total, say):
                run = run_opened(
                    opened, pictures, journal=journal, execute=execute, rerun=rerun, say=say, report=report
                )
            judgement = Judgement(config.gate, judge_original(run, config.gate))
            final = target_of(run_dir)
            with new_folder(run_dir, replace=force) as folder:
                history = past_runs(final.parent, run.results, final.name)
                pictures.write(folder)
                run.results = write_sbom(folder, run.results)
                write_run(folder, run)
                write_pages(folder, report_content(run, judgement, history=history, name=final.name))
    return Evaluated(run_dir, run.results, judgement)


def executing(executor: Executor, address: str | None = None, say: Say = lambda _: None) -> Execute | None:
    """Return what does the work of an evaluation; None for this process.

    Args:
        executor: `local`, or `ray`.
        address: of the cluster; see `eval.cluster.execute.execute_on_ray`.
        say: called with what a user should know.

    Raises:
        UsageError: an address without a cluster, no such executor, Ray is not installed, or nothing answers there.
    """
    if executor not in get_args(Executor):
        raise UsageError(f"executor: expected {' or '.join(get_args(Executor))}, found {shortened(repr(executor))}")
    if executor == "local":
        if address is not None:
            raise UsageError("--address: is of a Ray cluster; give --executor ray with it")
        return None
    from eval.cluster.execute import execute_on_ray

    return execute_on_ray(address, say)


def resumed(place: Path) -> tuple[Path, Config, tuple[str, ...]]:
    """Return the run that was left unfinished at a place, its job, and the commands that repeat it.

    Args:
        place: the run's folder, or the one that keeps its parts.

    Raises:
        DataError: nothing unfinished is there, or it is not readable.
        UsageError: the run is finished.
    """
    run_dir = final_of(place)
    if Results.read_if_there(run_dir) is not None:
        raise UsageError(f"{run_dir}: finished, there is nothing to resume")
    notes = recorded_notes(run_dir)
    try:
        return run_dir, Config.model_validate(notes[_CONFIG]), tuple(map(str, notes[_RERUN]))
    except (ValidationError, KeyError, TypeError) as error:
        raise DataError(f"{folder_of(run_dir)}: its job is not readable; run the command of it again") from error


def _require_free(run_dir: Path, force: bool) -> None:
    find_made(
        run_dir,
        Results.read_if_there,
        foreign="not empty, and not an evaluation run; choose another --out",
        holds=run_holds,
        fault=lambda results: f"{run_dir}: holds a run, of {results.created}; choose another --out, or give --force",
        replace=force,
    )


@contextmanager
def _told(kept: Unfinished, run_dir: Path, journal: Journal, total: int, say: Say) -> Iterator[None]:
    """Say, where the block is broken off, how to go on with what is finished."""
    try:
        yield
    except (MattekitError, Interrupted):
        if journal.finished:
            say(
                f"{kept.folder}: keeps {journal.finished} of {counted(total, 'sample')}; the same command goes on from "
                f"there, or mattekit evaluate --resume {shlex.quote(str(run_dir))}"
            )
        raise

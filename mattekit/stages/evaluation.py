"""An evaluation as a folder: figures, scores, pictures, and the two pages of the report."""

from collections.abc import Callable, Sequence
from pathlib import Path

from configs.files import new_folder, target_of
from configs.folders import find_made
from configs.schema import Config
from eval.gate.judge import judge_original
from eval.provenance.sbom import write_sbom
from eval.report.content import Judgement, report_content
from eval.report.history import past_runs
from eval.report.panels import WorstPictures
from eval.run.evaluate import evaluate
from eval.run.results import Results
from eval.run.stored import write_run
from mattekit.stages.pages import write_pages
from mattekit.stages.run_folder import run_holds


def evaluate_into(
    run_dir: Path,
    config: Config,
    *,
    force: bool = False,
    rerun: Sequence[str] = (),
    report: Callable[[str, int, int], None] = lambda *_: None,
) -> tuple[Results, Judgement]:
    """Evaluate, judge against the original, and write the run's folder.

    The folder gets `results.json`, `per_sample.csv`, `report.md`, `report.html`, `speed.png`, `panels/` and
    `sbom.cdx.json`; it appears only when whole.

    Args:
        run_dir: where the run goes.
        config: the job; `config.convert.out` is the converted model folder.
        force: replace an earlier run that is there.
        rerun: shell commands that repeat the run, for the report.
        report: called with (what is being done, done, total).

    Raises:
        DataError: as `eval.run.evaluate.evaluate`.
        UsageError: as there, tolerances of a metric that does not exist, or a folder that holds a run already or
            something else.
    """
    find_made(
        run_dir,
        Results.read_if_there,
        foreign="not empty, and not an evaluation run; choose another --out",
        holds=run_holds,
        fault=lambda results: f"{run_dir}: holds a run, of {results.created}; choose another --out, or give --force",
        replace=force,
    )
    pictures = WorstPictures(config.evaluate.worst)
    final = target_of(run_dir)
    with new_folder(run_dir, replace=force) as work:
        run = evaluate(config, pictures, rerun=rerun, report=report)
        judgement = Judgement(config.gate, judge_original(run, config.gate))
        history = past_runs(final.parent, run.results, final.name)
        pictures.write(work)
        run.results = write_sbom(work, run.results)
        write_run(work, run)
        write_pages(work, report_content(run, judgement, history=history, name=final.name))
    return run.results, judgement

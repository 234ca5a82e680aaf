"""The attribution of a stored run, written into its folder and shown in its pages."""

from collections.abc import Callable
from pathlib import Path

from configs.files import additions, write_atomically
from eval.attribution.record import PAGE_FILE, Attribution
from eval.attribution.run import attribute
from eval.attribution.text import attribution_page
from eval.report.stored import stored_content
from eval.run.stored import read_run
from mattekit.stages.pages import write_pages
from mattekit.stages.stored import stored_judgement


def attribute_run(
    run_dir: Path, *, limit: int | None = None, report: Callable[[str, int, int], None] = lambda *_: None
) -> Attribution:
    """Attribute a run's drift; write `attribution.json`, `attribution.md`, `report.md` and `report.html`.

    Args:
        run_dir: of an evaluation.
        limit: use only the first `limit` samples of the run.
        report: called with (what is being done, done, total).

    Raises:
        DataError: the run, its models or its set are missing, or not what they were when it ran.
        UsageError: the run's folder cannot be written.
    """
    run = read_run(run_dir)
    with additions(run_dir) as work:
        attribution = attribute(run.results, limit=limit, report=report)
        attribution.write(work)
        write_atomically(work / PAGE_FILE, attribution_page(attribution))
        judgement = stored_judgement(run_dir, run, run.results.configuration().gate)
        write_pages(work, stored_content(run_dir, run, judgement, attribution=attribution), run_dir)
    return attribution

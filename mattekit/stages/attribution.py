"""The attribution of a stored run, written into its folder and shown in its pages."""

from collections.abc import Callable
from pathlib import Path

from configs.files import write_atomically
from eval.attribution.record import Attribution
from eval.attribution.run import attribute
from eval.attribution.text import attribution_page
from eval.run.stored import read_run
from mattekit.stages.stored import rewrite_pages

PAGE_FILE = "attribution.md"


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
    """
    run = read_run(run_dir)
    attribution = attribute(run.results, limit=limit, report=report)
    attribution.write(run_dir)
    write_atomically(run_dir / PAGE_FILE, attribution_page(attribution))
    rewrite_pages(run_dir, run, run.results.configuration().gate)
    return attribution

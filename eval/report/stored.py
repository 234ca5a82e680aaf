"""The report's content of a stored run, made of what its folder holds."""

from pathlib import Path

from eval.attribution.record import Attribution
from eval.bench.record import BenchRecord
from eval.report.content import Content, Judgement, report_content
from eval.report.history import past_runs
from eval.run.stored import Run


def stored_content(
    run_dir: Path,
    run: Run,
    judgement: Judgement | None,
    *,
    attribution: Attribution | None = None,
    bench: BenchRecord | None = None,
) -> Content:
    """Return the content of a run's report, with the benchmark, the attribution and the past runs found on disk.

    Args:
        run_dir: the run's folder, beside its past runs.
        run: what was read of it.
        judgement: the gate's tolerances and verdicts.
        attribution, bench: those that are about to be written; None: those on disk.

    Raises:
        DataError: the attribution or the benchmark is not readable.
    """
    folder = run_dir.absolute()
    return report_content(
        run,
        judgement,
        attribution=attribution or Attribution.read_if_there(folder),
        bench=bench or BenchRecord.read_if_there(folder),
        history=past_runs(folder.parent, run.results, folder.name),
        name=folder.name,
    )

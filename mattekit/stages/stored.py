"""What is done with a stored run: its folder is read once, and a verdict added. Imports no framework."""

from collections.abc import Sequence
from pathlib import Path

from configs.files import additions
from configs.schema import GateSection
from eval.gate.ci_output import append_outputs
from eval.gate.judge import judge_original, without_baseline
from eval.gate.output import GateRecord, append_step_summary
from eval.gate.run import clear_verdict, judge_stored, write_verdict
from eval.gate.verdict import GateReport
from eval.report.content import Judgement
from eval.report.html.page import write_html_report
from eval.report.stored import stored_content
from eval.run.stored import Run, read_run


def gate_run(
    run_dir: Path, gate: GateSection, required_variants: Sequence[str] = (), baseline_path: Path | None = None
) -> GateReport:
    """Judge a stored run; write `gate.json`, `junit.xml`, `badge.json` and `report.html` into its folder.

    Where CI asks for them, the job's summary and the step's outputs are appended to their files as well.

    Args:
        run_dir: folder that holds `results.json` and `per_sample.csv`.
        gate: tolerances, and the baseline's path.
        required_variants: variants that must have run, besides those of the baseline.
        baseline_path: another baseline than the configured one.

    Raises:
        DataError: results, scores or baseline are missing or corrupt, the figures are not those of the scores, or the
            run's models are there and not what they were.
        UsageError: the tolerances name an unknown metric, or an output cannot be written.
    """
    try:
        run = read_run(run_dir)
        with additions(run_dir) as work:
            report = judge_stored(run_dir, run, gate, required_variants, baseline_path)
            write_verdict(work, report)
            judgement = Judgement(gate, without_baseline(report, run.results), report)
            page = run_dir / write_html_report(work, stored_content(run_dir, run, judgement), run_dir).name
    except Exception:
        clear_verdict(run_dir)
        raise
    append_step_summary(report)
    append_outputs(report, run.results, page)
    return report


def stored_judgement(run_dir: Path, run: Run, gate: GateSection) -> Judgement:
    """Return what the pages of a stored run say of its differences: judged anew, and as the gate has judged it.

    Raises:
        DataError: the gate's verdict is not readable.
    """
    stored = GateRecord.read_if_there(run_dir)
    return Judgement(gate, judge_original(run, gate), None if stored is None else stored.report)

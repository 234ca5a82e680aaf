"""Both pages of a run's report, written again once a measurement has added to its folder."""

from pathlib import Path

from configs.schema import GateSection
from eval.gate.output import read_gate_json
from eval.gate.run import GATE_FILE
from eval.report.html.page import write_html_report
from eval.report.markdown import write_report
from eval.run.stored import Run


def rewrite_pages(run_dir: Path, run: Run, gate: GateSection) -> None:
    """Write `report.md` and `report.html` of a stored run, with what the gate has said of it, if it has.

    Raises:
        DataError: something that the pages show is not readable.
        UsageError: the folder cannot be written.
    """
    write_report(run_dir, run, gate)
    judged = run_dir / GATE_FILE
    write_html_report(run_dir, run, gate, read_gate_json(judged) if judged.is_file() else None)

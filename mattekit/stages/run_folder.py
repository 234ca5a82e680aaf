"""What the folder of a run may hold: what `evaluate` writes, and what other verbs add."""

from eval.attribution.record import Attribution
from eval.bench.record import BenchRecord
from eval.card.language import CARD_FILES
from eval.gate.output import GateRecord
from eval.report.charts import SPEED_FILE
from eval.report.html.page import HTML_REPORT_FILE
from eval.report.markdown import REPORT_FILE
from eval.run.results import Results

COMPARISON_FILE = "compare.md"


def run_holds(results: Results) -> frozenset[str]:
    """Return the paths, below a run's folder, of all that may be there."""
    pages = {REPORT_FILE, HTML_REPORT_FILE, SPEED_FILE, COMPARISON_FILE, *CARD_FILES.values()}
    return results.holds().union(pages, *(record.names() for record in (GateRecord, BenchRecord, Attribution)))

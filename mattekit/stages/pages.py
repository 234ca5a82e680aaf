"""Both pages of a run, written of one content."""

from pathlib import Path

from eval.report.content import Content
from eval.report.html.page import write_html_report
from eval.report.markdown import write_report


def write_pages(folder: Path, content: Content) -> None:
    """Write `report.md`, its chart, and `report.html` into a folder that holds the run's pictures.

    Raises:
        UsageError: the folder cannot be written.
    """
    write_report(folder, content)
    write_html_report(folder, content)

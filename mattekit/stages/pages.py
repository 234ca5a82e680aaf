"""Both pages of a run, written of one content."""

from pathlib import Path

from eval.report.content import Content
from eval.report.html.page import write_html_report
from eval.report.markdown import write_report


def write_pages(folder: Path, content: Content, pictures: Path | None = None) -> None:
    """Write `report.md`, its chart, and `report.html` into a folder; the run's pictures lie there, or in `pictures`.

    Raises:
        UsageError: the folder cannot be written.
    """
    write_report(folder, content)
    write_html_report(folder, content, pictures)

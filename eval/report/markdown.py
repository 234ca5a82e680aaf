"""`report.md`: the content of a report as GitHub-flavoured markdown; links are relative to the run's folder."""

from pathlib import Path
from urllib.parse import quote

from configs.files import write_atomically
from eval.presentation.blocks import Block, Items, Note, Picture, Section, markdown_page
from eval.report.charts import SPEED_FILE, draw_speed, has_speed
from eval.report.content import Content

REPORT_FILE = "report.md"


def write_report(folder: Path, content: Content) -> Path:
    """Write `report.md`, and the chart that it shows, into the run's folder and return its path.

    Raises:
        UsageError: the folder cannot be written.
    """
    path = folder / REPORT_FILE
    if has_speed(content.run.results):
        write_atomically(folder / SPEED_FILE, draw_speed(content.run.results))
    write_atomically(path, render_markdown(content))
    return path


def render_markdown(content: Content) -> str:
    """Return the report as markdown."""
    speed = Picture(content.wording.speed, SPEED_FILE)
    blocks: list[Block] = [
        content.headline,
        *([Note(content.warning)] if content.warning else []),
        Items(_head(content)),
        *([Items(content.failures)] if content.failures else []),
        *content.figures.blocks,
    ]
    sections = [
        content.variants,
        Section(content.latency.title, [*content.latency.blocks, *([speed] if has_speed(content.run.results) else [])]),
        *content.added,
        *([_worst(content)] if content.worst else []),
        *([content.tags] if content.tags else []),
        content.environment,
        content.rerun,
    ]
    end = "Every score behind these means is in `per_sample.csv`, every figure of this page in `results.json`."
    return markdown_page([Section(content.title, [*blocks, *sections, end])])


def _head(content: Content) -> list[str]:
    speed = [f"Speed: {content.speed}."] if content.speed else []
    largest = f"Largest {content.wording.drift}: {content.largest.text}."
    return [largest, *speed, f"Ran with: {content.ran}.", f"Set: {content.shown}."]


def _worst(content: Content) -> Section:
    blocks: list[Block] = [
        "Those whose Alpha MAD a converted variant moved most. The label above each picture says what it shows; the "
        "difference\nof the two mattes comes last, multiplied as its label says."
    ]
    for place, sample in enumerate(content.worst, start=1):
        title = f"Sample {place}: {content.wording.panel}"
        blocks.append(f"{place}. {sample.line}\n\n   ![{title}]({quote(sample.record.panel)})")
    return Section("Worst samples", blocks)

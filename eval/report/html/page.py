"""`report.html`: one file with everything in it, to be opened from disk, mailed or kept, without network."""

import base64
import gzip
from collections.abc import Sequence
from functools import cache
from importlib import metadata
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment as TemplateEnvironment
from jinja2 import FileSystemLoader, StrictUndefined
from markupsafe import Markup

from configs.files import write_atomically
from eval.gate.output import headline
from eval.presentation.formatting import number
from eval.report.content import SHOWN_FAILURES, Content
from eval.report.html.data import MOST_SAMPLES, plot_data, sample_lines
from eval.report.html.pictures import WorstView, scale_stops, worst_views
from eval.report.html.sealing import policy, without_addresses
from eval.report.html.text import blocks, line, section
from eval.report.layers import ERROR_GAIN
from eval.report.tables import metrics_of

HTML_REPORT_FILE = "report.html"
TEMPLATES = Path(__file__).parent.parent / "templates"
PLOT_LIBRARY = "plotly"
_PLOT_SCRIPT = "plotly/package_data/plotly.min.js"


def write_html_report(folder: Path, content: Content, pictures: Path | None = None) -> Path:
    """Write `report.html` into a folder and return its path; the run's pictures lie there, or in `pictures`.

    Raises:
        UsageError: the folder cannot be written.
    """
    path = folder / HTML_REPORT_FILE
    page = render_html(content, worst_views(pictures or folder, content.run.results))
    write_atomically(path, page.encode(errors="backslashreplace"))  # half of a surrogate pair cannot be encoded
    return path


def render_html(content: Content, worst: Sequence[WorstView] = ()) -> str:
    """Return the page: the content of `report.md`, and plots, pictures, single samples and past runs.

    Args:
        content: of the report.
        worst: the worst samples with their pictures.
    """
    script = _asset("report.js")
    results, judgement = content.run.results, content.judgement
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            content=content,
            results=results,
            status="unjudged" if judgement is None or not results.converted() else judgement.shown.verdict,
            gated=None if judgement is None else judgement.gated,
            gate_headline=headline,
            shown_failures=SHOWN_FAILURES,
            metrics=metrics_of(results),
            samples=sample_lines(content),
            most_samples=MOST_SAMPLES,
            worst=list(zip(worst, (sample.line for sample in content.worst), strict=True)) if worst else [],
            views={view.record.sample: view for view in worst},
            stops=", ".join(scale_stops()),
            gain=ERROR_GAIN,
            past=[(run, quote(f"../{run.name}/{HTML_REPORT_FILE}")) for run in reversed(content.history.runs)],
            data=plot_data(content),
            plotly=plot_library(),
            plotly_version=metadata.version(PLOT_LIBRARY),
            style=_asset("report.css"),
            script=script,
            policy=policy((script.encode(), plot_script())),
        )
    )


@cache  # with the templates it has compiled
def _environment() -> TemplateEnvironment:
    environment = TemplateEnvironment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=True,
    )
    environment.policies["json.dumps_kwargs"] = {"sort_keys": False, "allow_nan": False, "separators": (",", ":")}
    environment.filters |= {"blocks": blocks, "line": line, "number": number, "section": section}
    return environment


@cache
def plot_script() -> bytes:
    """Return plotly.js without its addresses of servers.

    Read from the installed distribution without importing it: the gate writes this page too.
    """
    file = Path(str(metadata.distribution(PLOT_LIBRARY).locate_file(_PLOT_SCRIPT)))
    return without_addresses(file.read_bytes())


@cache
def plot_library() -> str:
    """Return `plot_script`, gzip-compressed, as base64; the page unpacks it, which makes it 2 MB instead of 4.8."""
    return base64.b64encode(gzip.compress(plot_script(), compresslevel=6, mtime=0)).decode()


def _asset(name: str) -> Markup:
    """Return a file of ours as it is, to stand inside the page."""
    return Markup((TEMPLATES / name).read_text(encoding="utf-8"))

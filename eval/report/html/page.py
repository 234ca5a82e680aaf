"""`report.html`: one file with everything in it, to be opened from disk, mailed or kept, without network."""

import base64
import gzip
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import metadata
from pathlib import Path
from urllib.parse import quote

import yaml
from jinja2 import Environment as TemplateEnvironment
from jinja2 import FileSystemLoader, StrictUndefined
from markupsafe import Markup

from configs.files import write_atomically
from configs.schema import GateSection
from eval.gate.judge import judge_original
from eval.gate.output import gate_markdown
from eval.gate.output import headline as gate_headline
from eval.gate.verdict import GateReport
from eval.presentation.formatting import number, signed
from eval.report.history import History, past_runs
from eval.report.html.data import MOST_SAMPLES, defined, drifts_of, plot_data, shown_samples
from eval.report.html.pictures import WorstView, scale_stops, worst_views
from eval.report.html.text import block, line, sections
from eval.report.layers import DIFFERENCE_GAIN
from eval.report.markdown import REPORT_FILE, TEMPLATES, describe, opening, rerun_commands, worst_line
from eval.report.tables import (
    condition_table,
    latency_table,
    metrics_of,
    model_table,
    original_table,
    overview_table,
    tag_table,
    variant_table,
)
from eval.run.stored import Run

HTML_REPORT_FILE = "report.html"
OWN_SECTIONS = frozenset(
    {
        *("Each converted variant", "Against the published figures", "Latency", "Worst samples", "By tag"),
        *("Environment", "Rerun"),
    }
)
"""Sections of `report.md` that the page shows in a form of its own; what others add to it is shown as it is."""
PLOT_LIBRARY = "plotly"
_PLOT_SCRIPT = "plotly/package_data/plotly.min.js"


@dataclass(frozen=True, slots=True)
class PageParts:
    """What a page shows besides the results.

    Attributes:
        verdict: the gate's judgement with the baseline; None before the gate ran.
        worst: the worst samples with their pictures.
        history: past runs of the configuration.
        name: the run's name among them.
        more: title and markdown of what other measurements have added to the run's `report.md`.
    """

    verdict: GateReport | None = None
    worst: Sequence[WorstView] = ()
    history: History = field(default_factory=History)
    name: str = "this run"
    more: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class SampleLine:
    """A line of the table of samples: one metric of one sample, the original's value and the variants' drifts."""

    sample: str
    tags: str
    view: WorstView | None
    original: float | None
    drifts: Sequence[float | None]
    largest: float | None


def write_html_report(
    folder: Path,
    run: Run,
    gate: GateSection | None = None,
    verdict: GateReport | None = None,
    run_dir: Path | None = None,
) -> Path:
    """Write `report.html` into the run's folder and return its path.

    Args:
        folder: where the run's files lie.
        run: the run.
        gate: tolerances, as for `report.md`.
        verdict: what the gate said of the run; None before it ran.
        run_dir: the folder the run will have, when `folder` is a temporary one; past runs are looked for beside it.

    Raises:
        UsageError: the folder cannot be written.
    """
    final = (run_dir or folder).absolute()
    parts = PageParts(
        verdict=verdict,
        worst=worst_views(folder, run.results),
        history=past_runs(final.parent, run.results, final.name),
        name=final.name,
        more=_added(folder / REPORT_FILE),
    )
    path = folder / HTML_REPORT_FILE
    write_atomically(path, render_html(run, gate, parts))
    return path


def render_html(run: Run, gate: GateSection | None, parts: PageParts) -> str:
    """Return the page: the same figures as `report.md` from the same tables, and plots, pictures and past runs.

    Raises:
        UsageError: the tolerances name a metric that does not exist.
    """
    environment = TemplateEnvironment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=True,
    )
    environment.policies["json.dumps_kwargs"] = {"sort_keys": False, "allow_nan": False, "separators": (",", ":")}
    environment.filters |= {"block": block, "line": line, "number": number, "signed": signed}
    results = run.results
    opened = opening(run, gate)
    judged = parts.verdict  # a failed one counts as false, so not `or`
    if judged is None and gate is not None:
        judged = judge_original(run, gate)
    return environment.get_template("report.html.j2").render(
        results=results,
        opened=opened,
        status="unjudged" if judged is None or not results.converted() else judged.verdict,
        gate=None if parts.verdict is None else (parts.verdict, gate_headline(parts.verdict)),
        judgements=None if judged is None else _without_heading(gate_markdown(judged)),
        overview=overview_table(results),
        variants=[(describe(variant), variant_table(results, variant, gate)) for variant in results.converted()],
        reference="" if results.converted() else original_table(results),
        metrics=metrics_of(results),
        samples=_sample_rows(run, parts),
        most_samples=MOST_SAMPLES,
        worst=[(view, worst_line(view.record)) for view in parts.worst],
        stops=", ".join(scale_stops()),
        gain=DIFFERENCE_GAIN,
        tags=tag_table(results),
        latency=latency_table(results),
        models=model_table(results),
        conditions=condition_table(results),
        settings=yaml.safe_dump(dict(results.settings), sort_keys=False, allow_unicode=True),
        rerun=rerun_commands(results),
        parts=parts,
        past=[(run, quote(f"../{run.name}/{HTML_REPORT_FILE}")) for run in reversed(parts.history.runs)],
        data=plot_data(run, gate, parts.history.runs, parts.name),
        plotly=plot_library(),
        plotly_version=metadata.version(PLOT_LIBRARY),
        style=_asset("report.css"),
        script=_asset("report.js"),
    )


@cache
def plot_library() -> str:
    """Return plotly.js, gzip-compressed, as base64; the page unpacks it, which makes it 2 MB instead of 4.8.

    Read from the installed distribution without importing it: the gate writes this page too.
    """
    file = Path(str(metadata.distribution(PLOT_LIBRARY).locate_file(_PLOT_SCRIPT)))
    return base64.b64encode(gzip.compress(file.read_bytes(), compresslevel=9, mtime=0)).decode()


def _added(report: Path) -> list[tuple[str, str]]:
    """Return the sections of `report.md` that are not the page's own; none where there is no such file."""
    try:
        text = report.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return []
    return [(title, markdown) for title, markdown in sections(text).items() if title not in OWN_SECTIONS]


def _sample_rows(run: Run, parts: PageParts) -> list[SampleLine]:
    """Return the lines of the table of samples for its first metric; the page's script changes the metric."""
    metrics = metrics_of(run.results)
    if not metrics:
        return []
    metric = metrics[0].name
    views = {view.record.sample: view for view in parts.worst}
    own, drifts = run.table.loc[run.results.original], drifts_of(run, metric)
    largest = drifts.abs().max(axis="columns")
    return [
        SampleLine(
            sample=sample,
            tags=" ".join(own.at[sample, "tags"]),
            view=views.get(sample),
            original=defined(own.at[sample, metric]),
            drifts=[defined(drift) for drift in drifts.loc[sample]],
            largest=defined(largest[sample]),
        )
        for sample in shown_samples(run, metric)
    ]


def _without_heading(markdown: str) -> str:
    """Return the gate's text without its own heading: the page has one."""
    return markdown.partition("\n")[2]


def _asset(name: str) -> Markup:
    """Return a file of ours as it is, to stand inside the page."""
    return Markup((TEMPLATES / name).read_text(encoding="utf-8"))

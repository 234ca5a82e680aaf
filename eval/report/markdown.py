"""The report of a run: a pure function from results to markdown, and a writer."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import yaml
from jinja2 import Environment as TemplateEnvironment
from jinja2 import FileSystemLoader, StrictUndefined

from configs.files import write_atomically
from configs.schema import GateSection
from eval.attribution.record import Attribution, read_attribution
from eval.attribution.text import explain, stage_table
from eval.bench.output import bench_section
from eval.gate.judge import judge_original
from eval.gate.verdict import GateReport
from eval.presentation.formatting import code, number, signed
from eval.report.charts import SPEED_FILE, draw_speed, has_speed
from eval.report.tables import (
    condition_table,
    latency_table,
    limit_for,
    metrics_of,
    model_table,
    original_record,
    original_table,
    overview_table,
    tag_table,
    title_of,
    variant_table,
)
from eval.run.results import Results, VariantRecord, WorstRecord
from eval.run.stored import Run

REPORT_FILE = "report.md"
TEMPLATES = Path(__file__).parent / "templates"
SHOWN_FAILURES = 8


def write_report(run_dir: Path, run: Run, gate: GateSection | None = None) -> Path:
    """Write `report.md`, and the chart that it shows, into the run's folder and return its path.

    Where the folder holds an attribution or a benchmark, the report shows it.

    Raises:
        DataError: the attribution or the benchmark is not readable.
        UsageError: the folder cannot be written.
    """
    path = run_dir / REPORT_FILE
    if has_speed(run.results):
        write_atomically(run_dir / SPEED_FILE, draw_speed(run.results))
    text = render_report(run, gate, read_attribution(run_dir), bench_section(run_dir))
    write_atomically(path, text)
    return path


def render_report(
    run: Run, gate: GateSection | None = None, attribution: Attribution | None = None, bench: str = ""
) -> str:
    """Return the report as GitHub-flavoured markdown; links are relative to the run's folder.

    Args:
        run: the run.
        gate: tolerances, so that drift can be judged and limits shown; without them the report shows figures alone.
        attribution: which hop added how much, where that was measured.
        bench: what a benchmark of the same models says, as markdown; see `bench_section`.

    Raises:
        UsageError: the tolerances name a metric that does not exist.
    """
    environment = TemplateEnvironment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # markdown, not HTML
    )
    results = run.results
    opened = opening(run, gate)
    text = environment.get_template("report.md.j2").render(
        results=results,
        headline=opened.headline,
        failures=opened.failures,
        largest=opened.largest,
        overview=overview_table(results),
        notes=opened.notes,
        variants=[(describe(v), variant_table(results, v, gate)) for v in results.converted()],
        reference="" if results.converted() else original_table(results),
        worst=[(worst_line(record), quote(record.panel)) for record in results.worst],
        tags=tag_table(results),
        latency=latency_table(results),
        bench=bench,
        speed_chart=SPEED_FILE if has_speed(results) else "",
        attribution=None if attribution is None else (explain(attribution), stage_table(attribution)),
        models=model_table(results),
        conditions=condition_table(results),
        settings=yaml.safe_dump(dict(results.settings), sort_keys=False, allow_unicode=True),
        rerun="\n".join(rerun_commands(results)),
    )
    return text.rstrip("\n") + "\n"


@dataclass(frozen=True, slots=True)
class Opening:
    """The first lines of a report, as markdown: the verdict, the largest drift, what failed, what must be said."""

    headline: str
    largest: str
    failures: list[str]
    notes: list[str]


def opening(run: Run, gate: GateSection | None) -> Opening:
    """Return the first lines of a run's report; arguments and errors as `render_report`."""
    results = run.results
    verdict = None if gate is None else judge_original(run, gate)
    return Opening(
        headline=_headline(results, verdict),
        largest=_largest_drift(results, gate),
        failures=[] if verdict is None else _failures(verdict),
        notes=_notes(results, results.variant(results.original)),
    )


def _headline(results: Results, verdict: GateReport | None) -> str:
    original, samples = code(results.original), results.dataset.samples
    if not results.converted():
        return f"**Nothing to compare**: only the original {original} ran, on {samples} samples."
    if verdict is None:
        return f"**Not judged**: no tolerances were given. Drift from {original} over {samples} samples is shown below."
    if verdict:
        return (
            f"**Nothing was lost**: every converted variant stays within its limits of the original {original}, "
            f"on {samples} samples."
        )
    if verdict.verdict == "inconclusive":
        return f"**Not settled**: nothing failed against {original}, but the evidence does not suffice."
    return (
        f"**Something was lost**: {verdict.count('fail')} of {len(verdict.rows)} judgements against the original "
        f"{original} failed, on {samples} samples."
    )


def _failures(verdict: GateReport) -> list[str]:
    rows = verdict.failures()
    lines = [
        f"{row.verdict}: {code(row.variant)}, {title_of(row.metric)}: {row.reason}" for row in rows[:SHOWN_FAILURES]
    ]
    if len(rows) > SHOWN_FAILURES:
        lines.append(f"and {len(rows) - SHOWN_FAILURES} more: see the tables below")
    return lines


def _largest_drift(results: Results, gate: GateSection | None) -> str:
    """Name the drift that takes the largest share of its limit, or of the original's value where there is no limit."""
    found: tuple[float, str] | None = None
    for variant in results.converted():
        for metric in metrics_of(results):
            drift, record = results.drift_of(variant.name, metric.name), original_record(results, metric.name)
            if drift is None or drift.mean is None or record is None or record.mean is None:
                continue
            limit = limit_for(gate, variant, metric.name, record.mean)
            if gate is not None and limit is None:
                continue
            share = _share(abs(drift.mean), abs(record.mean) if limit is None else limit)
            whole = "the original's value" if limit is None else f"its limit of {number(limit)}"
            text = (
                f"{metric.title} {signed(drift.mean)} with {code(variant.name)} (ran in {variant.ran_in}), "
                f"{share:.3g} % of {whole}"
            )
            if found is None or share > found[0] * (1 + 1e-9):  # equal but for rounding: the first
                found = share, text
    if found is None:
        return "none could be measured"
    return "none: every judged metric equals the original's" if found[0] == 0 else found[1]


def _share(part: float, whole: float) -> float:
    if part == 0:
        return 0.0
    return 100 * part / whole if whole else float("inf")


def _notes(results: Results, original: VariantRecord | None) -> list[str]:
    """Return what must be said beside the table of metrics."""
    estimated = results.dataset.foreground_note
    undefined = [] if original is None else _undefined(original, results.dataset.samples)
    return undefined if estimated is None else [estimated, *undefined]


def _undefined(original: VariantRecord, samples: int) -> list[str]:
    return [
        f"{title_of(name)} is undefined for {record.undefined} of {samples} samples; "
        f"its mean is over the other {record.samples}."
        for name, record in original.metrics.items()
        if record.undefined
    ]


def rerun_commands(results: Results) -> tuple[str, ...]:
    """Return the commands that repeat a run; with RUN_DIR for its folder where it did not record them."""
    if results.rerun:
        return results.rerun
    names = ",".join(variant.name for variant in results.variants)
    where = "synthetic" if results.dataset.name == "synthetic" else (results.dataset.path or results.dataset.name)
    return f"mattekit evaluate --dataset {where} --variants {names}", "mattekit gate RUN_DIR"


def describe(variant: VariantRecord) -> str:
    """Return a variant's name, framework and precisions as a line of markdown."""
    weights = f"{variant.weights} weights, " if variant.weights else ""
    return f"{code(variant.name)}: {variant.framework}, {weights}ran in {variant.ran_in}"


def worst_line(record: WorstRecord) -> str:
    """Return what moved on a worst sample as a line of markdown."""
    text = f"{code(record.sample)}: Alpha MAD {number(record.original)} with the original"
    return text if record.variant is None else f"{text}, {signed(record.drift)} with {code(record.variant)}"

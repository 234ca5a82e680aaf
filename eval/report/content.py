"""The content of a report, as data: built once from a run, rendered as markdown and as HTML."""

from dataclasses import dataclass

import yaml

from configs.schema import GateSection
from configs.text import counted
from eval.attribution.record import Attribution
from eval.attribution.text import explain, stage_tables
from eval.bench.output import bench_blocks
from eval.bench.record import BenchRecord
from eval.gate.output import judgement_blocks
from eval.gate.verdict import GateReport
from eval.metrics.measures import title_of
from eval.pipeline.stages import TIMED
from eval.presentation.blocks import Block, Details, Fence, Note, Section
from eval.presentation.formatting import code, minus, number, plain, signed
from eval.report.head import LargestDrift, aspect_warning, largest_drift, speed_up, what_ran_where, what_was_shown
from eval.report.history import NO_HISTORY, History
from eval.report.tables import (
    condition_table,
    latency_table,
    model_table,
    original_table,
    overview_table,
    published_table,
    tag_table,
    variant_table,
)
from eval.report.wording import Wording, wording_of
from eval.run.results import Results, VariantRecord, WorstRecord
from eval.run.stored import Run

SHOWN_FAILURES = 8
ALL_SEEN = (
    "The set shows everything: each part of the frame opaque, half-transparent, with hair-like edges and empty, and "
    "dark,\nbright and saturated colours of every channel."
)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a gate found of a run.

    Attributes:
        gate: the tolerances, for the limits beside every drift.
        original: the run by itself, and every converted variant against the original.
        gated: the whole verdict, with the baseline; None before `mattekit gate`.
    """

    gate: GateSection
    original: GateReport
    gated: GateReport | None = None

    @property
    def shown(self) -> GateReport:
        """The whole verdict where there is one, else that against the original."""
        return self.original if self.gated is None else self.gated


@dataclass(frozen=True, slots=True)
class WorstSample:
    """A sample with pictures, and one line of markdown that says what moved on it."""

    record: WorstRecord
    line: str


@dataclass(frozen=True, slots=True)
class Content:
    """What both pages of a report show; all text is markdown.

    Attributes:
        run: the figures and the scores of single samples, for plots and for the table of samples.
        judgement: None where no tolerances were given.
        history: past runs of the configuration.
        name: the run's name among them.
        title: of the report.
        wording: what the figures are called.
        headline: the verdict against the original in one sentence.
        largest: the drift that takes the largest share of its limit.
        speed: how much faster the fastest converted variant is; None where nothing was timed.
        ran: devices and frameworks.
        shown: the set, and the sizes of its samples and of the model.
        warning: that the set's aspect is not the model's; None where it is.
        failures: the first judgements that failed or settled nothing.
        figures: every metric of every variant, and how to read them.
        variants: a table per converted variant, beside the published figures.
        latency: the time of one inference.
        added: what a benchmark and an attribution of the same models found.
        worst: the samples with pictures, worst first.
        tags: None where no sample carries a tag.
        judgements: every judgement, one by one; None where no tolerances were given.
        environment: machine, set, versions, models and settings.
        rerun: the commands that repeat the run.
    """

    run: Run
    judgement: Judgement | None
    history: History
    name: str
    title: str
    wording: Wording
    headline: str
    largest: LargestDrift
    speed: str | None
    ran: str
    shown: str
    warning: str | None
    failures: tuple[str, ...]
    figures: Section
    variants: Section
    latency: Section
    added: tuple[Section, ...]
    worst: tuple[WorstSample, ...]
    tags: Section | None
    judgements: Section | None
    environment: Section
    rerun: Section


def report_content(
    run: Run,
    judgement: Judgement | None = None,
    *,
    attribution: Attribution | None = None,
    bench: BenchRecord | None = None,
    history: History = NO_HISTORY,
    name: str = "this run",
) -> Content:
    """Return the content of a run's report.

    Args:
        run: the run.
        judgement: the gate's tolerances and verdicts; without them the report shows figures alone.
        attribution: which hop added how much, where that was measured.
        bench: how fast the same models are, where that was measured.
        history: past runs of the configuration.
        name: the run's name among them.
    """
    results = run.results
    wording = wording_of(results)
    gate = None if judgement is None else judgement.gate
    original = None if judgement is None else judgement.original
    shown = None if judgement is None else judgement.shown
    return Content(
        run=run,
        judgement=judgement,
        history=history,
        name=name,
        title=wording.title.format(set=plain(results.dataset.name), samples=counted(results.dataset.samples, "sample")),
        wording=wording,
        headline=_headline(results, original),
        largest=largest_drift(results, gate),
        speed=speed_up(results),
        ran=what_ran_where(results),
        shown=what_was_shown(results),
        warning=aspect_warning(results),
        failures=() if original is None else _failures(original),
        figures=Section("Figures", [overview_table(results), wording.how_to_read, *_notes(results)]),
        variants=_variants(results, gate),
        latency=Section(
            "Latency",
            [
                latency_table(results),
                f"One inference, timed on the first {TIMED} samples with nothing else at work (earlier versions timed "
                "all). A benchmark (`mattekit bench`) tells small differences apart.",
            ],
        ),
        added=_added(attribution, bench),
        worst=tuple(WorstSample(record, _worst_line(results, record)) for record in results.worst),
        tags=Section("By tag", [tag_table(results)]) if results.tags else None,
        judgements=None if shown is None else Section("Judgements", judgement_blocks(shown)),
        environment=_environment(results),
        rerun=Section("Rerun", [Fence("sh", "\n".join(_rerun_commands(results)))]),
    )


def _variants(results: Results, gate: GateSection | None) -> Section:
    tables: list[Block] = [
        Section(_describe(variant), [variant_table(results, variant, gate)]) for variant in results.converted()
    ]
    return Section(
        "Each converted variant", [*(tables or ["None ran.", original_table(results)]), *_published(results)]
    )


def _published(results: Results) -> list[Block]:
    note = wording_of(results).published
    table = published_table(results)
    return [Section("Published figures", [table, note])] if note and table.rows else []


def _added(attribution: Attribution | None, bench: BenchRecord | None) -> tuple[Section, ...]:
    sections = []
    if bench is not None:
        sections.append(Section("Speed", bench_blocks(bench)))
    if attribution is not None:
        how_to_read = (
            "In brackets: drift from the original; drift from the stage before. "
            "More in [attribution.md](attribution.md)."
        )
        blocks: list[Block] = [explain(attribution), *stage_tables(attribution), how_to_read]
        sections.append(Section("Where the drift entered", blocks))
    return tuple(sections)


def _environment(results: Results) -> Section:
    settings = yaml.safe_dump(dict(results.settings), sort_keys=False, allow_unicode=True)
    models = Section("Models", [model_table(results)])
    return Section("Environment", [condition_table(results), models, Details("Settings", Fence("yaml", settings))])


def _headline(results: Results, report: GateReport | None) -> str:
    original, samples = code(results.original), results.dataset.samples
    if not results.converted():
        return f"**Nothing to compare**: only the original {original} ran, on {counted(samples, 'sample')}."
    wording = wording_of(results)
    if report is None:
        return wording.unjudged.format(original=original, samples=counted(samples, "sample"))
    if report:
        return wording.nothing_lost.format(original=original, samples=counted(samples, "sample"))
    if report.verdict == "inconclusive":
        return wording.unsettled.format(original=original)
    return wording.something_lost.format(
        failed=report.count("fail"), rows=len(report.rows), original=original, samples=counted(samples, "sample")
    )


def _failures(report: GateReport) -> tuple[str, ...]:
    rows = report.failures()
    lines = [
        f"{row.verdict}: {code(row.variant)}, {plain(title_of(row.metric))}: {plain(row.reason)}"
        for row in rows[:SHOWN_FAILURES]
    ]
    if len(rows) > SHOWN_FAILURES:
        lines.append(f"and {len(rows) - SHOWN_FAILURES} more: see the tables below")
    return tuple(lines)


def _notes(results: Results) -> list[Block]:
    """Return what a reader of the metrics must know besides."""
    original, dataset = results.variant(results.original), results.dataset
    undefined = [] if original is None else _undefined(original, dataset.samples)
    notes: list[Block] = [
        Note(plain(text))
        for text in (dataset.agreement_note, dataset.foreground_note, *undefined, dataset.coverage_note)
        if text
    ]
    if dataset.coverage is not None and dataset.coverage_note is None:
        notes.append(ALL_SEEN)
    return notes


def _undefined(original: VariantRecord, samples: int) -> list[str]:
    return [
        f"{title_of(name)} is undefined for {record.undefined} of {counted(samples, 'sample')}; "
        f"its mean is over the other {record.samples}."
        for name, record in original.metrics.items()
        if record.undefined
    ]


def _rerun_commands(results: Results) -> tuple[str, ...]:
    """Return the commands that repeat a run; with RUN_DIR for its folder where it did not record them."""
    if results.rerun:
        return results.rerun
    names = ",".join(variant.name for variant in results.variants if variant.contract is None)
    where = "synthetic" if results.dataset.name == "synthetic" else (results.dataset.path or results.dataset.name)
    return f"mattekit evaluate --dataset {where} --variants {names}", "mattekit gate RUN_DIR"


def _describe(variant: VariantRecord) -> str:
    """Return a variant's name, framework and precisions as a line of markdown."""
    weights = f"{plain(variant.weights)} weights, " if variant.weights else ""
    known = "" if variant.contract is None else f"; {plain(variant.contract.text)}"
    return f"{code(variant.name)}: {plain(variant.framework)}, {weights}ran in {plain(variant.ran_in)}{known}"


def _worst_line(results: Results, record: WorstRecord) -> str:
    """Return what moved on a worst sample as a line of markdown."""
    if results.dataset.agreement and record.variant is not None:
        return f"{code(record.sample)}: Alpha MAD {number(record.drift)} from the original with {code(record.variant)}"
    text = f"{code(record.sample)}: Alpha MAD {number(record.original)} with the original"
    return text if record.variant is None else f"{text}, {minus(signed(record.drift))} with {code(record.variant)}"

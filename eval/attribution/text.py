"""Attribution as text: the tables, and the sentences that say what they mean. Pure functions from the record."""

from configs.sizes import size_text
from configs.text import counted
from converter.architectures import architecture_named
from eval.attribution.record import Attribution, Drifts, StageRecord
from eval.attribution.split import moved_away, share_added, taken_back
from eval.metrics.measures import METRICS, PUBLISHED_METRICS, Metric, title_of
from eval.presentation.blocks import Block, Section, Table, markdown_page
from eval.presentation.formatting import NOTHING, code, number, plain, signed

CHANGES = {
    "original": "nothing: the original",
    "graph": "the graph",
    "weights": "precision of the weights",
    "inference": "precision of inference",
    "model": "another model",
}
REASONS = {
    "graph": "the same arithmetic is done in another order and by other kernels, so sums round otherwise",
    "weights": "the stored weights are rounded, so every layer computes with slightly other numbers",
    "inference": "values between layers are rounded while inferring, so errors enter at every layer",
}
HIDDEN = 0.5
"""From this share of a drift on, a hop that takes it back is named beside the one that brought it in."""
FLIPPED = 0.5
"""From this share of the alpha difference on, a hop moves mostly the cells that are refined otherwise."""


def attribution_page(attribution: Attribution) -> str:
    """Return `attribution.md`: GitHub-flavoured markdown."""
    size = size_text(attribution.input_size)
    samples = f"{attribution.samples} sample{'s' if attribution.samples > 1 else ''}"
    architecture, foreground = architecture_named(attribution.architecture), _foreground(attribution)
    cells = "" if architecture.cell is None else f" of {architecture.cell}x{architecture.cell} pixels"
    blocks: list[Block] = [
        explain(attribution),
        *stage_tables(attribution),
        f"In brackets: drift from the original; drift from the stage before. |alpha| and |{foreground}| are "
        "differences of the outputs from those of the stage before, 0..1; "
        f"a cell{cells} counts as refined otherwise where alpha differs by more than 0.01.",
        Section("Drift from the original, split", [split_table(attribution), resize_note(attribution)]),
        Section(
            "Outputs against the original's",
            [
                error_table(attribution),
                f"Measured at {size} on {plain(attribution.environment.cpu_name)} "
                f"({plain(attribution.environment.cpu_class)}), where OpenVINO by itself infers in "
                f"{plain(attribution.default_precision)}. Every figure is in `{attribution.FILE}`.",
            ],
        ),
    ]
    return markdown_page([Section(f"Attribution of drift: {plain(attribution.dataset)}, {samples}", blocks)])


def explain(attribution: Attribution) -> str:
    """Return the sentence that names the hop that added most, and why."""
    if attribution.most is None:
        return "**No hop moved any published metric.**"
    stage, original = attribution.stage(attribution.most), attribution.stages[0]
    share, name = share_added(stage, original, PUBLISHED_METRICS)
    of_original = f"{100 * share:.2g} % of the original's" if share != float("inf") else "where the original has 0"
    text = (
        f"**{code(stage.name)} added most**: {title_of(name)} {signed(moved_away(stage, name))} ({of_original}) after "
        f"{code(stage.before or '')}; {REASONS[stage.part]}"
    )
    returned = [
        f"{code(later.name)} takes {number(taken_back(later, name))} of it back, and hides it"
        for later in attribution.stages
        if later.before == stage.name and taken_back(later, name) > HIDDEN * abs(stage.drift[name] or 0.0)
    ]
    text = "; ".join([text, *returned])
    error = stage.added_error
    if error is None:
        return f"{text}."
    flipped = error.parity.differing_cells
    if flipped is None or error.parity.cells is None:
        return f"{text}."
    if not flipped:
        return f"{text}; no cell was refined otherwise, so it is spread thin."
    where = f"{flipped} cells ({100 * error.parity.cells:.2g} %) came out otherwise"
    share_text = f"{100 * error.in_differing_cells:.0f} % of the whole alpha difference"
    if error.in_differing_cells >= FLIPPED:
        return f"{text}; {where} and hold {share_text}: it is mostly another choice, or result, in a few cells."
    return f"{text}; {where} but hold only {share_text}: it is mostly spread thin."


def stage_tables(attribution: Attribution) -> tuple[Table, Table]:
    """Return two tables of all stages, hop by hop: what each changes and moves in the outputs, and the metrics."""
    header = ["Stage", "After", "What changes", "Ran in", "mean |alpha|", "99.9 %", "max"]
    header += [f"max |{_foreground(attribution)}|", "Cells"]
    outputs = []
    for stage in attribution.stages:
        row = [code(stage.name), code(stage.before) if stage.before else NOTHING, CHANGES[stage.part]]
        if stage.ran:
            outputs.append([*row, plain(stage.precision) if stage.precision else NOTHING, *_errors(stage)])
        else:
            outputs.append([*row, plain(f"not run: {stage.refused}"), *[NOTHING] * 5])
    metrics = _metrics(attribution)
    figures = [
        [code(stage.name), *(_metric(stage, metric.name) if stage.ran else NOTHING for metric in metrics)]
        for stage in attribution.stages
    ]
    titles = ["Stage", *(f"{metric.title}, {metric.unit}" for metric in metrics)]
    return (
        Table(header, outputs, right=range(4, len(header)), label="What each stage moved in the outputs"),
        Table(titles, figures, right=range(1, len(titles)), label="Metrics of every stage"),
    )


def split_table(attribution: Attribution) -> Table:
    """Return the split of each stage's drift from the original."""
    titles = {metric.name: f"{metric.title}, {metric.unit}" for metric in METRICS}
    rows = [
        [
            code(split.stage),
            titles[split.metric],
            signed(split.total),
            signed(split.graph),
            signed(split.weights),
            signed(split.inference),
            signed(split.resize),
        ]
        for split in attribution.splits
    ]
    header = ("Stage", "Metric", "Drift", "Graph", "Precision of weights", "Precision of inference", "Resize")
    return Table(header, rows, right=range(2, 7))


def error_table(attribution: Attribution) -> Table:
    """Return the differences of every stage's outputs from the original's."""
    header = ("Stage", "Output", "Mean", "99.9 %", "Max", "Cells refined otherwise", "Alpha difference in them")
    rows = []
    for stage in attribution.stages:
        if stage.error is None:
            continue
        parity = stage.error.parity
        cells = (NOTHING, NOTHING)
        if parity.cells is not None:
            cells = (
                f"{parity.differing_cells} ({100 * parity.cells:.2g} %)",
                f"{100 * stage.error.in_differing_cells:.0f} %",
            )
        outputs = (("alpha", parity.alpha, cells), (_foreground(attribution), parity.foreground, (NOTHING, NOTHING)))
        for name, output, extra in outputs:
            if output is None:
                continue
            figures = (number(output.mean), number(output.quantile), number(output.max))
            rows.append((code(stage.name), name, *figures, *extra))
    return Table(header, rows, right=range(2, 7))


def resize_note(attribution: Attribution) -> str:
    """Return how much of the drift resizing adds, in a sentence or two."""
    if not attribution.resized:
        return "Resize is zero: every sample has the network's size, and nothing was resized."
    own = ", ".join(f"{title_of(name)} {signed(value)}" for name, value in attribution.resize_error.items())
    return (
        f"{attribution.resized} of {counted(attribution.samples, 'sample')} have another size than the network. Graph "
        "and precisions are scored at the network's size there, resize is what scoring at the samples' size adds to a "
        f"drift. Resizing changes the original's own scores by: {own}. Metrics that sum over pixels have no such part."
    )


def _foreground(attribution: Attribution) -> str:
    """Return what the network calls its foreground."""
    outputs = architecture_named(attribution.architecture).outputs
    return next((port.name for port in outputs if port.role == "foreground"), "foreground")


def _metrics(attribution: Attribution) -> list[Metric]:
    known = attribution.stages[0].metrics
    return [metric for metric in METRICS if metric.name in PUBLISHED_METRICS and metric.name in known]


def _errors(stage: StageRecord) -> list[str]:
    if stage.added_error is None:
        return [NOTHING] * 5
    parity = stage.added_error.parity
    values = (parity.alpha.mean, parity.alpha.quantile, parity.alpha.max)
    foreground = NOTHING if parity.foreground is None else number(parity.foreground.max)
    cells = NOTHING if parity.differing_cells is None else str(parity.differing_cells)
    return [*map(number, values), foreground, cells]


def _metric(stage: StageRecord, name: str) -> str:
    record = stage.metrics.get(name)
    value = "undefined" if record is None or record.mean is None else number(record.mean)
    if stage.before is None:
        return value
    return f"{value} ({_signed(stage.drift, name)}; {_signed(stage.added, name)})"


def _signed(drifts: Drifts, name: str) -> str:
    return signed(drifts.get(name))

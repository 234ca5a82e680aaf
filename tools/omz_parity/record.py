"""The result of the comparison, `parity.json`, and the page `parity.md`."""

from typing import ClassVar

from configs.environment import Environment
from configs.records import Frozen, Record
from configs.sizes import size_text
from converter.forms.proofs import ContractProof, Parity
from eval.bench.record import Ratio
from eval.metrics.measures import METRICS, PUBLISHED_METRICS
from eval.presentation.blocks import Block, Fence, Section, Table, markdown_page
from eval.presentation.formatting import NOTHING, code, number, plain, signed, span
from eval.run.results import DriftRecord

PAGE_FILE = "parity.md"


class Side(Frozen):
    """One IR of a pair.

    Attributes:
        variant: its name.
        size_bytes: of XML and weights.
        median_ms: latency.
        metrics: metric to mean.
        drift: metric to its drift from the original.
    """

    variant: str
    size_bytes: int
    median_ms: float
    metrics: dict[str, float]
    drift: dict[str, DriftRecord]


class Pair(Frozen):
    """One of our IRs beside Open Model Zoo's of the same weights' precision, run in the same way.

    Attributes:
        ours, theirs: the two.
        ran_in: inference precision that really ran.
        parity: how far the outputs are apart.
        contract: how theirs is known.
        speed: how many times as fast as theirs ours is.
    """

    ours: Side
    theirs: Side
    ran_in: str
    parity: Parity
    contract: ContractProof
    speed: Ratio


class ParityRecord(Record):
    """The whole comparison.

    Attributes:
        created: UTC time in ISO 8601.
        environment: what it was measured on.
        omz: version of openvino-dev.
        dataset: name of the set.
        samples: how many the metrics are of.
        size: height and width that the models take.
        rounds: how many inferences of each model were timed.
        pairs: the comparison.
        commands: that repeat it.
    """

    FILE: ClassVar[str] = "parity.json"
    REMEDY: ClassVar[str] = "run `make omz-parity`"
    BESIDE: ClassVar[tuple[str, ...]] = (PAGE_FILE,)

    created: str
    environment: Environment
    omz: str
    dataset: str
    samples: int
    size: tuple[int, int]
    rounds: int
    pairs: tuple[Pair, ...]
    commands: tuple[str, ...]


def parity_page(record: ParityRecord) -> str:
    """Return the comparison as GitHub-flavoured markdown."""
    conditions, size = record.environment, size_text(record.size)
    blocks: list[Block] = [
        f"One ONNX through `omz_converter` of openvino-dev {plain(record.omz)} and through `mattekit convert`, both "
        f"run by OpenVINO {plain(conditions.versions.get('openvino') or 'unknown')} on {plain(conditions.cpu_name)}, "
        f"CPU feature class {plain(conditions.cpu_class)}, at {size}; {record.samples} samples of "
        f"{plain(record.dataset)}; {plain(record.created)}.",
        Section("Outputs, ours against theirs", [_outputs(record), _OUTPUTS.format(record.pairs[0].parity.samples)]),
        Section("Metrics, and drift from the original", [_metrics(record)]),
        Section("Latency and size", [_costs(record), _LATENCY.format(record.rounds)]),
        Section(
            "How theirs take images",
            [f"{code(pair.theirs.variant)}: {plain(pair.contract.text)}." for pair in record.pairs],
        ),
        Section("Rerun", [Fence("sh", "\n".join(record.commands))]),
    ]
    return markdown_page([Section("Parity with Open Model Zoo's converter", blocks)])


_OUTPUTS = "|Difference| of the outputs, 0..1, over all pixels of {} samples; cells are those refined otherwise."
_LATENCY = (
    "{} rounds, every model in each, in an order drawn anew; the ratio is the median over the rounds, in brackets its "
    "95 % interval."
)


def _outputs(record: ParityRecord) -> Table:
    header = ("Ours", "Theirs", "Ran in", "max alpha", "mean alpha", "max foreground", "mean foreground", "Cells")
    rows = []
    for pair in record.pairs:
        alpha, foreground, cells = pair.parity.alpha, pair.parity.foreground, pair.parity.differing_cells
        figures = [number(alpha.max), number(alpha.mean)]
        figures += [NOTHING] * 2 if foreground is None else [number(foreground.max), number(foreground.mean)]
        row = (code(pair.ours.variant), code(pair.theirs.variant), plain(pair.ran_in), *figures)
        rows.append((*row, NOTHING if cells is None else str(cells)))
    return Table(header, rows, right=range(3, 8))


def _metrics(record: ParityRecord) -> Table:
    rows = []
    for side in (side for pair in record.pairs for side in (pair.ours, pair.theirs)):
        for metric in METRICS:
            if metric.name in PUBLISHED_METRICS and metric.name in side.metrics and metric.name in side.drift:
                drift = side.drift[metric.name]
                interval = NOTHING if drift.interval is None else span(drift.interval.low, drift.interval.high)
                value = number(side.metrics[metric.name])
                rows.append((code(side.variant), metric.title, metric.unit, value, signed(drift.mean), interval))
    return Table(("Variant", "Metric", "Unit", "Value", "Drift", "95 % interval"), rows, right=(3, 4, 5))


def _costs(record: ParityRecord) -> Table:
    header = ("Ours", "Theirs", "Ours, ms", "Theirs, ms", "Times as fast as theirs", "Ours, MB", "Theirs, MB")
    rows = []
    for pair in record.pairs:
        interval = pair.speed.interval
        sure = "" if interval is None else f" ({interval.low:.2f} to {interval.high:.2f})"
        sides = (pair.ours, pair.theirs)
        rows.append(
            (
                *(code(side.variant) for side in sides),
                *(number(side.median_ms) for side in sides),
                f"{pair.speed.median:.2f}{sure}",
                *(f"{side.size_bytes / 1e6:.2f}" for side in sides),
            )
        )
    return Table(header, rows, right=range(2, 7))

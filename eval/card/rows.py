"""The tables of a card as rows of text; the words around them are the templates'."""

from collections.abc import Callable
from dataclasses import dataclass

from converter.forms.contract import Contract, Port
from eval.card.content import Card
from eval.metrics.measures import METRICS
from eval.presentation.formatting import NOTHING, number, signed
from eval.run.results import MetricRecord, VariantRecord
from eval.statistics.intervals import Interval


@dataclass(frozen=True, slots=True)
class AccuracyRow:
    """A metric of the original and of the converted model, each with its 95 % interval; None where undefined."""

    title: str
    unit: str
    original: str | None
    converted: str | None
    drift: str


@dataclass(frozen=True, slots=True)
class PortRow:
    """A tensor of a form; `role` is a key of the templates' words, `range` is that of an image, and the value
    of a ratio."""

    name: str
    role: str
    shape: str
    layout: str
    kind: str
    range: str | None
    colours: str | None


def accuracy_rows(card: Card) -> list[AccuracyRow]:
    """Return every metric that the run has, in the order of `METRICS`."""
    original, converted = card.original, card.converted
    rows = []
    for metric in METRICS:
        if not any(metric.name in variant.metrics for variant in card.results.variants):
            continue
        drift = None if converted is None else card.results.drift_of(converted.name, metric.name)
        moved = NOTHING
        if drift is not None and drift.mean is not None:
            moved = signed(drift.mean) + _interval(drift.interval, signed)
        rows.append(
            AccuracyRow(
                title=metric.title,
                unit=metric.unit,
                original=_value(original.metrics.get(metric.name)),
                converted=None if converted is None else _value(converted.metrics.get(metric.name)),
                drift=moved,
            )
        )
    return rows


def variant_cells(card: Card, variant: VariantRecord) -> list[str]:
    """Return a variant's means of the metrics of `accuracy_rows`, in that order."""
    names = [metric.name for metric in METRICS if any(metric.name in each.metrics for each in card.results.variants)]
    records = [variant.metrics.get(name) for name in names]
    return [NOTHING if record is None else number(record.mean) for record in records]


def port_rows(contract: Contract, direction: str) -> list[PortRow]:
    """Return the inputs (`in`) or outputs (`out`) of a form, in the network's order."""
    return [_port(port) for port in (contract.inputs if direction == "in" else contract.outputs)]


def _port(port: Port) -> PortRow:
    axes = port.layout if port.is_image or len(port.shape) == 4 else ""
    return PortRow(
        name=port.name,
        role=port.role,
        shape=",".join("*" if side is None else str(side) for side in port.shape),
        layout=",".join(axes),
        kind=port.element_type,
        range=port.span if port.is_image else (None if port.value is None else f"{port.value:g}"),
        colours=port.colour_order,
    )


def _value(record: MetricRecord | None) -> str | None:
    if record is None or record.mean is None:
        return None
    return number(record.mean) + _interval(record.interval)


def _interval(interval: Interval | None, show: Callable[[float | None], str] = number) -> str:
    if interval is None:
        return ""
    return f" [{show(interval.low)}, {show(interval.high)}]"

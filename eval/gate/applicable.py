"""Which metrics a run's network can have at all: one that gives no foreground has no foreground's."""

from converter.architectures import known_architectures
from eval.gate.verdict import mean_of
from eval.metrics.measures import METRICS
from eval.run.results import Results


def applicable(results: Results) -> tuple[str, ...]:
    """Return the metrics that the run's network can have: all, unless its family gives no foreground.

    What a run has is judged whatever its family is said to be, and one of an unknown family is to have every metric.
    """
    family = None if results.model is None else known_architectures().get(results.model.architecture)
    if family is None or any(port.role == "foreground" for port in family.outputs):
        return tuple(metric.name for metric in METRICS)
    return tuple(
        metric.name
        for metric in METRICS
        if not metric.of_foreground
        or any(mean_of(variant.metrics.get(metric.name)) is not None for variant in results.variants)
    )

"""The arithmetic of attribution: drift split by what changed, and the stage that moved the result farthest away."""

from collections.abc import Iterator, Mapping, Sequence

from eval.attribution.record import Part, SplitRecord, StageRecord

MEANS_OVER_PIXELS = frozenset({"alpha_mad", "alpha_mse", "foreground_mse"})
"""Metrics whose values at two sizes can be subtracted; the others are sums, which grow with the image."""

Values = Mapping[str, Mapping[str, float | None]]
"""Stage to metric to mean."""


def split_drift(
    stages: Sequence[StageRecord], metrics: Sequence[str], at_sample_size: Values, at_network_size: Values
) -> Iterator[SplitRecord]:
    """Yield, for every hop's stage that ran and every metric, its drift from the original in parts that add up to it.

    The parts are drifts from stage to stage, scored at the network's size; what scoring at the samples' size adds to
    their sum is the part of resizing. With equal sizes both scores are the same, and that part is exactly zero.

    Args:
        stages: in order; the first is the original.
        metrics: names of metrics; one that is undefined for a stage is left out.
        at_sample_size: means with predictions brought to the samples' size.
        at_network_size: means with the ground truth brought to the network's size; the same object as
            `at_sample_size` where the sizes agree.
    """
    by_name = {stage.name: stage for stage in stages}
    original = stages[0].name
    for stage in hops(stages):
        for metric in metrics:
            inner = at_network_size if metric in MEANS_OVER_PIXELS else at_sample_size
            comparable = metric in MEANS_OVER_PIXELS or at_network_size is at_sample_size
            if not stage.ran or (total := _difference(at_sample_size, stage.name, original, metric)) is None:
                continue
            parts: dict[Part, float] = {"graph": 0.0, "weights": 0.0, "inference": 0.0}
            current = stage
            while current.before is not None:
                parts[current.part] += _difference(inner, current.name, current.before, metric) or 0.0
                current = by_name[current.before]
            resize = 0.0 if inner is at_sample_size else total - sum(parts.values())
            yield SplitRecord(
                stage=stage.name,
                metric=metric,
                total=total,
                graph=parts["graph"],
                weights=parts["weights"],
                inference=parts["inference"],
                resize=resize if comparable else None,
            )


def hops(stages: Sequence[StageRecord]) -> list[StageRecord]:
    """Return the stages that the conversion's hops made, in order: neither the original nor models of anybody's."""
    return [stage for stage in stages if stage.part not in ("original", "model")]


def moved_away(stage: StageRecord, metric: str) -> float:
    """Return how much farther from the original a stage brought a metric, signed; 0 where it brought it nearer.

    A drift that goes through zero to the other side has left all of its new distance to this stage.
    """
    drift, added = stage.drift.get(metric) or 0.0, stage.added.get(metric) or 0.0
    before = drift - added
    if before * drift <= 0:
        return drift
    return added if abs(drift) > abs(before) else 0.0


def taken_back(stage: StageRecord, metric: str) -> float:
    """Return how much of the drift before it a stage removed, unsigned."""
    drift, added = stage.drift.get(metric) or 0.0, stage.added.get(metric) or 0.0
    before = drift - added
    return abs(before) if before * drift <= 0 else max(0.0, abs(before) - abs(drift))


def share_added(stage: StageRecord, original: StageRecord, metrics: Sequence[str]) -> tuple[float, str]:
    """Return how far a stage moved a metric away from the original, at most, as a share of its value; and the metric.

    What brings the result back to the original, as a second fault that hides a first one does, is not blamed.
    """
    shares = [(_share(moved_away(stage, name), original, name), name) for name in metrics]
    return max(shares, key=lambda entry: entry[0], default=(0.0, ""))


def most_added(stages: Sequence[StageRecord], metrics: Sequence[str]) -> str | None:
    """Return the stage that moved any metric farthest away, as `share_added` counts; None when none moved one."""
    best = max(
        (stage for stage in hops(stages) if stage.ran),
        key=lambda stage: share_added(stage, stages[0], metrics)[0],
        default=None,
    )
    if best is None or share_added(best, stages[0], metrics)[0] == 0:
        return None
    return best.name


def _difference(values: Values, stage: str, other: str, metric: str) -> float | None:
    after, before = values[stage].get(metric), values[other].get(metric)
    return None if after is None or before is None else after - before


def _share(added: float | None, original: StageRecord, metric: str) -> float:
    if not added:
        return 0.0
    record = original.metrics.get(metric)
    whole = record.mean if record is not None else None
    return abs(added) / abs(whole) if whole else float("inf")

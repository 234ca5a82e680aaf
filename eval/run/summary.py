"""From per-sample scores to the figures of `results.json`: means, drift, latency, tags.

Every comparison is made over the same samples; a difference between two variants' samples is an error, and an undefined
score is counted, never averaged.
"""

import math
import statistics
from collections.abc import Mapping, Sequence

import numpy as np
from pydantic import JsonValue

from configs.environment import Environment
from configs.errors import DataError
from eval.metrics.measures import METRICS, PUBLISHED_METRICS
from eval.run.results import (
    TAG_METRIC,
    DatasetRecord,
    DriftRecord,
    LatencyRecord,
    MetricRecord,
    Results,
    TagRecord,
    VariantRecord,
    WorstRecord,
    samples_sha256,
)
from eval.run.scores import ScoreRow, require_same_metrics
from eval.statistics.intervals import mean_intervals


def assemble_results(
    *,
    created: str,
    environment: Environment,
    dataset: DatasetRecord,
    settings: dict[str, JsonValue],
    original: str,
    variants: Sequence[VariantRecord],
    rows: Sequence[ScoreRow],
    worst: Sequence[WorstRecord] = (),
    rerun: Sequence[str] = (),
) -> Results:
    """Return the result of a run: what was run, and every figure that follows from the per-sample scores.

    Args:
        created: UTC time in ISO 8601.
        environment: the conditions of the run.
        dataset: the set; its count and hash must be those of the rows' samples.
        settings: the configuration, as JSON.
        original: the name of the variant that drift is counted from.
        variants: the forms that ran, in table order, without metrics and latency: those are filled in here.
        rows: the scores of all variants.
        worst: the samples that have a picture.
        rerun: shell commands that repeat the run.

    Raises:
        DataError: the scores do not cover every variant, every sample of the set and the same metrics, each once.
    """
    by_variant: dict[str, list[ScoreRow]] = {variant.name: [] for variant in variants}
    for row in rows:
        if row.variant not in by_variant:
            raise DataError(f"per-sample scores: found variant {row.variant}, expected only {', '.join(by_variant)}")
        by_variant[row.variant].append(row)
    if original not in by_variant:
        raise DataError(f"the original {original} did not run; found {', '.join(by_variant) or 'no variant'}")
    found = samples_sha256(_by_sample(by_variant[original]))
    if (len(by_variant[original]), found) != (dataset.samples, dataset.samples_sha256):
        raise DataError(
            f"variant {original}: expected scores for the {dataset.samples} samples of the set, "
            f"found {len(by_variant[original])} or others"
        )
    return Results(
        created=created,
        environment=environment,
        dataset=dataset,
        settings=settings,
        original=original,
        variants=tuple(
            variant.model_copy(
                update={
                    "metrics": summarise(by_variant[variant.name], dataset.consecutive),
                    "latency_ms": latency_of(by_variant[variant.name]),
                }
            )
            for variant in variants
        ),
        drift=tuple(
            record
            for variant in variants
            if variant.name != original
            for record in drift_of(by_variant[original], by_variant[variant.name], dataset.consecutive)
        ),
        tags=tag_breakdown(by_variant, original, dataset.consecutive),
        worst=tuple(worst),
        rerun=tuple(rerun),
    )


def reassemble(like: Results, rows: Sequence[ScoreRow]) -> Results:
    """Return what an evaluation that scored these rows would have found, all else as in the run `like`."""
    ids = list(dict.fromkeys(row.sample for row in rows))
    estimated = min(like.dataset.estimated_foregrounds, len(ids))
    return assemble_results(
        created=like.created,
        environment=like.environment,
        dataset=like.dataset.model_copy(
            update={"samples": len(ids), "samples_sha256": samples_sha256(ids), "estimated_foregrounds": estimated}
        ),
        settings=like.settings,
        original=like.original,
        variants=[variant.model_copy(update={"metrics": {}, "latency_ms": None}) for variant in like.variants],
        rows=rows,
    )


def summarise(rows: Sequence[ScoreRow], consecutive: bool = False) -> dict[str, MetricRecord]:
    """Return each metric's mean over one variant's samples, its interval, and how many are defined and undefined.

    dtSSD is left out when no clip has two frames. With `consecutive` frames, intervals are by clip.

    Raises:
        DataError: there are no rows, a sample occurs twice, or rows carry different metrics.
    """
    _by_sample(rows)
    columns = {name: [row.scores[name] for row in rows] for name in require_same_metrics(rows)}
    intervals = mean_intervals([row.sample for row in rows], columns, consecutive)
    summary: dict[str, MetricRecord] = {}
    for name, column in columns.items():
        values = [value for value in column if value is not None]
        if not _counts(rows, name):
            continue
        summary[name] = MetricRecord(
            mean=_mean(values),
            samples=len(values),
            undefined=len(rows) - len(values),
            interval=intervals[name],
        )
    return summary


def drift_of(
    original: Sequence[ScoreRow], converted: Sequence[ScoreRow], consecutive: bool = False
) -> tuple[DriftRecord, ...]:
    """Return, for each metric, how far one converted variant is from the original over the same samples.

    Intervals are those of the paired differences, by clip with `consecutive` frames.

    Raises:
        DataError: the two do not cover the same samples, metrics or defined values.
    """
    expected = _by_sample(original)
    obtained = _by_sample(converted)
    variant = converted[0].variant
    if expected.keys() != obtained.keys():
        odd = sorted(expected.keys() ^ obtained.keys())
        raise DataError(
            f"variant {variant}: expected the {len(expected)} samples of {original[0].variant}, found {len(obtained)}; "
            f"only one of the two has {odd[0]}"
        )
    metrics = [name for name in require_same_metrics([*original, *converted]) if _counts(original, name)]
    columns = {
        metric: [_difference(row, obtained[sample], metric) for sample, row in expected.items()] for metric in metrics
    }
    intervals = mean_intervals(list(expected), columns, consecutive)
    records: list[DriftRecord] = []
    for metric, column in columns.items():
        differences = {
            sample: difference for sample, difference in zip(expected, column, strict=True) if difference is not None
        }
        worst = max(differences, key=lambda sample: (abs(differences[sample]), sample), default=None)
        records.append(
            DriftRecord(
                variant=variant,
                metric=metric,
                mean=_mean(list(differences.values())),
                max_abs=None if worst is None else abs(differences[worst]),
                worst_sample=worst,
                samples=len(differences),
                interval=intervals[metric],
            )
        )
    return tuple(records)


def latency_of(rows: Sequence[ScoreRow]) -> LatencyRecord | None:
    """Return median and 90 % quantile of the measured inference times; None when none was measured."""
    times = [row.latency_ms for row in rows if row.latency_ms is not None]
    if not times:
        return None
    return LatencyRecord(median=statistics.median(times), p90=float(np.percentile(times, 90)))


def tag_breakdown(
    rows: Mapping[str, Sequence[ScoreRow]], original: str, consecutive: bool = False
) -> tuple[TagRecord, ...]:
    """Return, per tag in alphabetical order, the original's metrics and the variant whose Alpha MAD moved most.

    Args:
        rows: variant name to its rows.
        original: the name of the original.
        consecutive: whether the frames of a clip follow each other in time, so that intervals are by clip.
    """
    means = {variant: _tag_means(own) for variant, own in rows.items()}
    tagged: dict[str, list[ScoreRow]] = {}
    for row in rows[original]:
        for tag in set(row.tags):
            tagged.setdefault(tag, []).append(row)
    records: list[TagRecord] = []
    for tag in sorted(tagged):
        expected = means[original][tag]
        drifts = {variant: own[tag] - expected for variant, own in means.items() if variant != original}
        worst = max(drifts, key=lambda variant: abs(drifts[variant]), default=None)
        records.append(
            TagRecord(
                tag=tag,
                samples=len(tagged[tag]),
                original=expected,
                metrics={
                    name: record
                    for name, record in summarise(tagged[tag], consecutive).items()
                    if name in PUBLISHED_METRICS
                },
                variant=worst,
                drift=None if worst is None else drifts[worst],
            )
        )
    return tuple(records)


_TEMPORAL = frozenset(metric.name for metric in METRICS if metric.function is None)


def _counts(rows: Sequence[ScoreRow], metric: str) -> bool:
    """Tell whether a metric is to be listed: one over time is not where no clip has two frames."""
    return metric not in _TEMPORAL or any(row.scores[metric] is not None for row in rows)


def _by_sample(rows: Sequence[ScoreRow]) -> dict[str, ScoreRow]:
    if not rows:
        raise DataError("per-sample scores: expected at least one row for a variant, found none")
    found: dict[str, ScoreRow] = {}
    for row in rows:
        if row.variant != rows[0].variant:
            raise DataError(f"per-sample scores: expected rows of {rows[0].variant} alone, found one of {row.variant}")
        if row.sample in found:
            raise DataError(f"variant {row.variant}: sample {row.sample} was scored twice")
        found[row.sample] = row
    return found


def _difference(expected: ScoreRow, obtained: ScoreRow, metric: str) -> float | None:
    before, after = expected.scores[metric], obtained.scores[metric]
    if before is None and after is None:
        return None
    if before is None or after is None:
        raise DataError(
            f"sample {expected.sample}, {metric}: defined for only one of {expected.variant} and {obtained.variant}"
        )
    return after - before


def _mean(values: Sequence[float]) -> float | None:
    return math.fsum(values) / len(values) if values else None


def _tag_means(rows: Sequence[ScoreRow]) -> dict[str, float]:
    groups: dict[str, list[float]] = {}
    for row in rows:
        value = row.scores.get(TAG_METRIC)
        if value is None:
            raise DataError(f"sample {row.sample}, variant {row.variant}: {TAG_METRIC} is missing")
        for tag in set(row.tags):
            groups.setdefault(tag, []).append(value)
    return {tag: math.fsum(values) / len(values) for tag, values in groups.items()}

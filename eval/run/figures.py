"""From the table of scores to the figures of `results.json`: means, drift, latency, tags.

Every comparison is made over the same samples; a difference between two variants' samples is an error, and an undefined
score is counted, never averaged.
"""

import hashlib
import statistics
from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from configs.errors import DataError
from eval.metrics.measures import METRICS, PUBLISHED_METRICS
from eval.run.results import (
    TAG_METRIC,
    DriftRecord,
    LatencyRecord,
    MetricRecord,
    Results,
    TagRecord,
    VariantRecord,
    WorstRecord,
    samples_sha256,
)
from eval.run.scores import LATENCY, scores_of
from eval.statistics.intervals import METHOD, mean, mean_intervals
from eval.statistics.paired import compare_pairs

_TEMPORAL = frozenset(metric.name for metric in METRICS if metric.function is None)


def with_figures(facts: Results, table: pd.DataFrame) -> Results:
    """Return a run's results with the figures that follow from its scores, whatever figures `facts` has.

    Raises:
        DataError: the scores are not of the variants and the samples that `facts` names, each of each.
    """
    _require_coverage(facts, table)
    by_clip = facts.dataset.consecutive
    scores = {variant.name: scores_of(table, variant.name) for variant in facts.variants}
    variants = tuple(
        variant.model_copy(
            update={
                "metrics": summarise(scores[variant.name], by_clip),
                "latency_ms": latency_of(table.loc[variant.name, LATENCY]),
                "scores_sha256": scores_sha256(variant, scores[variant.name]),
            }
        )
        for variant in facts.variants
    )
    drift = tuple(
        record
        for variant in facts.converted()
        for record in drift_of(scores[facts.original], scores[variant.name], variant.name, by_clip)
    )
    tags = tuple(_tag_records(facts, table, by_clip))
    worst = tuple(_worst(record, scores, facts.original) for record in facts.worst)
    figures = {"variants": variants, "drift": drift, "tags": tags, "worst": worst, "interval_method": METHOD}
    return facts.model_copy(update=figures)


def summarise(scores: pd.DataFrame, by_clip: bool = False) -> dict[str, MetricRecord]:
    """Return each metric's mean over one variant's samples, its interval, and how many are defined and undefined.

    dtSSD is left out when no clip has two frames.

    Args:
        scores: a row per sample, a column per metric (`scores_of`).
        by_clip: whether intervals are by clip, because frames follow each other in time.
    """
    scores = scores[_listed(scores)]
    intervals = mean_intervals(scores, by_clip)
    columns = {name: column.to_numpy(dtype=np.float64) for name, column in scores.items()}
    undefined = {name: int(np.isnan(column).sum()) for name, column in columns.items()}
    return {
        metric: MetricRecord(
            mean=mean(column),
            samples=len(column) - undefined[metric],
            undefined=undefined[metric],
            interval=intervals[metric],
        )
        for metric, column in columns.items()
    }


def drift_of(
    original: pd.DataFrame, converted: pd.DataFrame, variant: str, by_clip: bool = False
) -> tuple[DriftRecord, ...]:
    """Return, for each metric, how far a converted variant is from the original over the same samples.

    Args:
        original, converted: their scores, as for `summarise`.
        variant: the converted variant's name.
        by_clip: likewise.

    Raises:
        DataError: the two do not cover the same samples or defined values.
    """
    if odd := sorted(set(original.index) ^ set(converted.index)):
        raise DataError(
            f"variant {variant}: expected the {len(original)} samples of the original, found {len(converted)}; only "
            f"one of the two has {odd[0]}"
        )
    pairs = compare_pairs(original[_listed(original)], converted, by_clip)
    for metric, found in pairs.items():
        if found.odd:
            raise DataError(f"sample {found.odd[0]}, {metric}: defined for only one of the original and {variant}")
    return tuple(
        DriftRecord(
            variant=variant,
            metric=metric,
            mean=found.difference,
            max_abs=None if found.largest is None else found.largest[1],
            worst_sample=None if found.largest is None else found.largest[0],
            samples=found.samples,
            interval=found.interval,
        )
        for metric, found in pairs.items()
    )


def latency_of(times: pd.Series) -> LatencyRecord | None:
    """Return median and 90 % quantile of the measured inference times; None when none was measured."""
    measured = times.dropna().tolist()
    if not measured:
        return None
    return LatencyRecord(median=statistics.median(measured), p90=float(np.percentile(measured, 90)))


def scores_sha256(variant: VariantRecord, scores: pd.DataFrame) -> str:
    """Return a hash of scores, bound to the variant and the files that they are of."""
    cells = scores.to_csv(lineterminator="\n")
    files = "".join(f"{sha256}  {file}\n" for file, sha256 in sorted(variant.files.items()))
    return hashlib.sha256(f"{variant.name} {variant.ran_in}\n{files}{cells}".encode()).hexdigest()


def _tag_records(facts: Results, table: pd.DataFrame, by_clip: bool) -> Iterator[TagRecord]:
    """Yield, per tag in alphabetical order, the original's metrics and the variant whose Alpha MAD moved most."""
    tagged = table.assign(tags=table["tags"].map(set)).explode("tags")
    means = tagged.groupby(["tags", "variant"])[TAG_METRIC].agg(mean).unstack("variant")
    means = means.reindex(columns=[variant.name for variant in facts.variants])
    drifts = means.sub(means[facts.original], axis="index").drop(columns=facts.original)
    published = [name for name in PUBLISHED_METRICS if name in table]
    for tag, own in tagged.loc[[facts.original]].droplevel("variant").groupby("tags"):
        worst = None if drifts.empty else str(drifts.loc[tag].abs().idxmax())
        yield TagRecord(
            tag=tag,
            samples=len(own),
            original=float(means.at[tag, facts.original]),
            metrics=summarise(own[published], by_clip),
            variant=worst,
            drift=None if worst is None else float(drifts.at[tag, worst]),
        )


def _worst(record: WorstRecord, scores: Mapping[str, pd.DataFrame], original: str) -> WorstRecord:
    """Return the record with the two figures of the sample that its picture shows."""
    try:
        before = float(scores[original].at[record.sample, TAG_METRIC])
        after = None if record.variant is None else float(scores[record.variant].at[record.sample, TAG_METRIC])
    except KeyError as error:
        raise DataError(f"worst sample {record.sample}: there are no scores of {error}") from error
    return record.model_copy(update={"original": before, "drift": None if after is None else after - before})


def _listed(scores: pd.DataFrame) -> list[str]:
    """Return the metrics to list: one over time is not where no clip has two frames."""
    return [name for name in scores if name not in _TEMPORAL or scores[name].notna().any()]


def _require_coverage(facts: Results, table: pd.DataFrame) -> None:
    names = [variant.name for variant in facts.variants]
    for variant in table.index.unique("variant"):
        if variant not in names:
            raise DataError(f"scores of variant {variant}, expected only {', '.join(names)}")
    for variant in names:
        ids = table.index[table.index.get_level_values("variant") == variant].get_level_values("sample")
        expected, others = facts.dataset.samples, len(ids) == facts.dataset.samples
        if not others or samples_sha256(ids) != facts.dataset.samples_sha256:
            found = "others" if others else str(len(ids))
            raise DataError(f"variant {variant}: expected scores of the {expected} samples of the set, found {found}")
    if TAG_METRIC not in table or table[TAG_METRIC].isna().any():
        raise DataError(f"{TAG_METRIC}: expected a score of every variant on every sample, found one missing")
    tags = table["tags"].groupby(level="sample").nunique()
    for sample in tags.index[tags > 1]:
        raise DataError(f"sample {sample}: expected the same tags with every variant, found {tags[sample]} kinds")

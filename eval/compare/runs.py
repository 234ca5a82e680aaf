"""Two runs side by side: what differs in the figures, over the samples they share, and in what they ran on. No verdict.

Differences are the second run's value minus the first's.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from configs.errors import DataError
from configs.text import counted
from eval.metrics.measures import METRIC_NAMES, METRICS, Metric
from eval.run.results import LatencyRecord, Results, VariantRecord
from eval.run.scores import scores_of
from eval.run.stored import Run, read_run
from eval.statistics.paired import Paired, compare_pairs

ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class MetricDifference:
    """One metric of one variant in both runs.

    Attributes:
        variant: the variant.
        metric: the metric.
        pair: the first run's scores before, the second's after, over the shared samples.
    """

    variant: str
    metric: Metric
    pair: Paired

    @property
    def difference(self) -> float | None:
        """The second mean minus the first."""
        first, second = self.pair.before, self.pair.after
        return None if first is None or second is None else second - first


@dataclass(frozen=True, slots=True)
class Change:
    """What stands in one place in each run, as text."""

    key: str
    first: str
    second: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything that `mattekit compare` says.

    Attributes:
        names: of the two runs.
        samples: ids that both runs evaluated.
        warnings: what keeps the figures from being plainly comparable.
        metrics: in the order of variants and metrics.
        latency: variant to the times of each run.
        environment: machine, versions and revision, where they differ.
        models: what ran under a variant's name, where it differs.
        settings: the configuration, where it differs, by dotted key.
    """

    names: tuple[str, str]
    samples: tuple[str, ...]
    warnings: tuple[str, ...]
    metrics: tuple[MetricDifference, ...]
    latency: Mapping[str, tuple[LatencyRecord | None, LatencyRecord | None]]
    environment: tuple[Change, ...]
    models: tuple[Change, ...]
    settings: tuple[Change, ...]

    def content(self) -> dict[str, object]:
        """Return it as `mattekit compare --json` prints it: metrics by name, each with its two means and interval."""
        metrics = [
            {
                "variant": each.variant,
                "metric": each.metric.name,
                "first": each.pair.before,
                "second": each.pair.after,
                "difference": each.difference,
                "interval": each.pair.interval,
                "samples": each.pair.samples,
            }
            for each in self.metrics
        ]
        return {**{name: getattr(self, name) for name in self.__slots__}, "metrics": metrics}


def compare_folders(first: Path, second: Path) -> Comparison:
    """Read two runs' folders and compare them.

    Raises:
        DataError: a run is missing or corrupt, or the two share no sample.
    """
    return compare_runs(read_run(first), read_run(second), (str(first), str(second)))


def compare_runs(first: Run, second: Run, names: tuple[str, str]) -> Comparison:
    """Compare two runs.

    Raises:
        DataError: they share no sample, or no variant.
    """
    ids, others = (list(run.table.index.unique("sample")) for run in (first, second))
    evaluated = set(others)
    shared = [sample for sample in ids if sample in evaluated]
    if not shared:
        raise DataError(
            f"{names[0]} and {names[1]}: no sample in common (such as {ids[0]} and {others[0]}), so there is "
            "nothing to compare; evaluate one set in both"
        )
    variants = [v.name for v in first.results.variants if second.results.variant(v.name) is not None]
    if not variants:
        raise DataError(f"{names[0]} and {names[1]}: no variant in common, so there is nothing to compare")
    one, other = first.results, second.results
    return Comparison(
        names=names,
        samples=tuple(shared),
        warnings=tuple(_warnings(one, other, names, shared)),
        metrics=tuple(_metrics(first, second, variants, shared)),
        latency={name: (_latency(one, name), _latency(other, name)) for name in variants},
        environment=tuple(_changes(_conditions(one), _conditions(other))),
        models=tuple(_changes(_models(one), _models(other))),
        settings=tuple(_changes(flat(one.settings), flat(other.settings))),
    )


def flat(settings: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Return nested settings as dotted key to value."""
    found: dict[str, str] = {}
    for key, value in settings.items():
        if isinstance(value, Mapping) and value:
            found |= flat(value, f"{prefix}{key}.")
        else:
            found[f"{prefix}{key}"] = "none" if value is None else str(value)
    return found


def _warnings(first: Results, second: Results, names: tuple[str, str], shared: Sequence[str]) -> Iterator[str]:
    for results, name in ((first, names[0]), (second, names[1])):
        if left := results.dataset.samples - len(shared):
            whole = counted(results.dataset.samples, "sample")
            yield f"{left} of the {whole} of {name} are not in the other run and left out"
    if first.dataset.truth != second.dataset.truth:
        agreement, accuracy = names if first.dataset.agreement else names[::-1]
        yield (
            f"the figures are of two kinds and no difference of theirs says anything: those of {agreement} are "
            f"agreement with its original, those of {accuracy} errors against ground truth"
        )
    elif first.dataset.agreement:
        yield "no ground truth: every figure is agreement with the run's own original, not accuracy"
    if first.dataset.manifest_sha256 != second.dataset.manifest_sha256:
        yield (
            f"the sets' manifests differ ({first.dataset.name} and {second.dataset.name}): a sample of one id may show "
            "another picture in each"
        )
    elif None not in (first.dataset.pixels_sha256, second.dataset.pixels_sha256) and (
        first.dataset.samples == second.dataset.samples and first.dataset.pixels_sha256 != second.dataset.pixels_sha256
    ):
        yield "other pixels were scored in each run, though the sets' manifests are the same"
    for results, other, name in ((first, second, names[0]), (second, first, names[1])):
        if only := [v.name for v in results.variants if other.variant(v.name) is None]:
            yield f"only {name} ran {', '.join(only)}"
    if first.original != second.original:
        yield f"the originals differ: {first.original} and {second.original}"
    if first.environment.cpu_class != second.environment.cpu_class:
        classes = f"{first.environment.cpu_class} and {second.environment.cpu_class}"
        yield f"the CPU classes differ ({classes}): each infers by other kernels, and may pick another precision"


def _metrics(first: Run, second: Run, variants: Sequence[str], shared: Sequence[str]) -> Iterator[MetricDifference]:
    by_clip = first.results.dataset.consecutive or second.results.dataset.consecutive
    for variant in variants:
        before, after = (
            scores_of(run.table, variant).reindex(index=shared, columns=METRIC_NAMES) for run in (first, second)
        )
        pairs = compare_pairs(before, after, by_clip)
        for metric in METRICS:
            if pairs[metric.name].samples or pairs[metric.name].odd:
                yield MetricDifference(variant, metric, pairs[metric.name])


def _latency(results: Results, variant: str) -> LatencyRecord | None:
    found = results.variant(variant)
    return None if found is None else found.latency_ms


def _conditions(results: Results) -> dict[str, str]:
    environment = results.environment
    return {
        "Created": results.created,
        "Set": f"{results.dataset.name}, {counted(results.dataset.samples, 'sample')}",
        "CPU": environment.cpu_name,
        "CPU feature class": environment.cpu_class,
        "System": environment.os,
        "Python": environment.python,
        "Toolkit revision": environment.git_commit or "not a git checkout",
        **{package: version or "not installed" for package, version in environment.versions.items()},
    }


def _models(results: Results) -> dict[str, str]:
    found: dict[str, str] = {}
    for variant in results.variants:
        found |= {f"{variant.name}, {what}": value for what, value in _form(variant).items()}
    return found


def _form(variant: VariantRecord) -> dict[str, str]:
    return {
        "ran in": variant.precision,
        "weights": variant.weights or "unknown",
        "model's SHA-256": variant.model_sha256 or "unknown",
        **{
            f"SHA-256 of {Path(file).name}": sha256
            for file, sha256 in variant.files.items()
            if sha256 != variant.model_sha256
        },
    }


def _changes(first: Mapping[str, str], second: Mapping[str, str]) -> Iterator[Change]:
    for key in dict.fromkeys([*first, *second]):
        change = Change(key, first.get(key, ABSENT), second.get(key, ABSENT))
        if change.first != change.second:
            yield change

"""Gate baselines: what a run is expected to score, sample by sample, committed with the reason for every change.

A baseline belongs to one sample set and one CPU feature class. It is rewritten only on request (`eval.gate.run`).
"""

import math
from typing import Annotated, Self

import numpy as np
import pandas as pd
from pydantic import Field, model_validator

from configs.errors import UsageError
from configs.records import Frozen, Record
from configs.sizes import size_text
from eval.run.dataset_record import DatasetRecord
from eval.run.results import ModelRecord, ran_in, samples_sha256
from eval.run.scores import scores_of
from eval.run.stored import Run
from eval.statistics.intervals import mean, same

UPDATE_COMMAND = 'mattekit gate RUN_DIR --update-baseline --reason "..."'


class BaselineVariant(Frozen):
    """What one variant scored: every metric that has a mean.

    Attributes:
        precision, rest_precision, device, executed_on: of the run's `VariantRecord`.
        metrics: metric name to mean.
    """

    precision: str
    rest_precision: str | None = None
    device: str = "CPU"
    executed_on: tuple[str, ...] = ()
    metrics: dict[str, float]

    @property
    def ran_in(self) -> str:
        """The precision in words, as `VariantRecord.ran_in`."""
        return ran_in(self.precision, self.rest_precision)


class Expectation(Frozen):
    """The figures of one run, with the reason why they are taken as right.

    Attributes:
        reason: why they were taken.
        created: UTC time in ISO 8601.
        versions: package versions of that run.
        cpu_class: CPU feature class of that run.
        cpu_name: its processor.
        dataset: the set it ran on, without its path.
        model: the network that it is of; None in baselines of earlier versions.
        original: the variant that was its original.
        variants: the figures.
    """

    reason: Annotated[str, Field(min_length=1)]
    created: str
    versions: dict[str, str | None]
    cpu_class: str
    cpu_name: str
    dataset: DatasetRecord
    model: ModelRecord | None = None
    original: str
    variants: dict[str, BaselineVariant]


class Baseline(Expectation, Record):
    """The expectation in force.

    Attributes:
        samples: ids of its samples; empty in baselines of earlier versions.
        scores: variant to metric to one score per sample in the order of `samples`, None where undefined: a run is
            compared with them sample by sample. Empty in baselines of earlier versions.
        history: the expectations before it, oldest first, without single scores.
    """

    FILE = "baseline.json"
    REMEDY = f"make one from a run you trust: {UPDATE_COMMAND}"
    SORT_KEYS = True

    samples: tuple[str, ...] = ()
    scores: dict[str, dict[str, tuple[float | None, ...]]] = Field(default_factory=dict)
    history: tuple[Expectation, ...] = ()

    @model_validator(mode="after")
    def _scores_fit(self) -> Self:
        if not self.scores and not self.samples:
            return self
        if samples_sha256(self.samples) != self.dataset.samples_sha256:
            raise ValueError("`samples` are not those of `dataset`")
        if self.scores.keys() != self.variants.keys():
            raise ValueError("`scores` and `variants` name different variants")
        for name, metrics in self.scores.items():
            for metric, scores in metrics.items():
                if len(scores) != len(self.samples):
                    raise ValueError(f"scores.{name}.{metric}: expected {len(self.samples)}, found {len(scores)}")
                stored, expected = self.variants[name].metrics.get(metric), mean(self.scores_of(name)[metric])
                if not same(stored, expected):
                    raise ValueError(f"{name}, {metric}: the mean is {stored}, that of its scores {expected}")
        return self

    def scores_of(self, variant: str) -> pd.DataFrame:
        """Return one variant's expected scores, as those of a run; no column where the baseline holds none."""
        return pd.DataFrame(self.scores.get(variant, {}), index=list(self.samples), dtype=np.float64)


def baseline_from(run: Run, reason: str, created: str, previous: Baseline | None) -> Baseline:
    """Return a baseline of this run's figures and single scores that keeps the previous one in its history.

    Raises:
        UsageError: the reason is empty.
    """
    if not reason.strip():
        raise UsageError(f"--reason: expected why the baseline changes, found nothing: {UPDATE_COMMAND}")
    results = run.results
    history: tuple[Expectation, ...] = ()
    if previous is not None:
        replaced = Expectation.model_validate({name: getattr(previous, name) for name in Expectation.model_fields})
        history = (*previous.history, replaced)
    samples = sorted(run.table.index.unique("sample"))
    return Baseline(
        reason=reason.strip(),
        created=created,
        versions=results.environment.versions,
        cpu_class=results.environment.cpu_class,
        cpu_name=results.environment.cpu_name,
        dataset=results.dataset.model_copy(update={"path": None, "coverage": None, "sizes": ()}),
        model=results.model,
        original=results.original,
        variants={
            variant.name: BaselineVariant(
                precision=variant.precision,
                rest_precision=variant.rest_precision,
                device=variant.device,
                executed_on=variant.executed_on,
                metrics={name: record.mean for name, record in variant.metrics.items() if record.mean is not None},
            )
            for variant in results.variants
        },
        samples=tuple(samples),
        scores={
            variant.name: {
                metric: tuple(None if math.isnan(score) else score for score in column.tolist())
                for metric, column in scores_of(run.table, variant.name).loc[samples].items()
            }
            for variant in results.variants
        },
        history=history,
    )


def described(baseline: Baseline) -> str:
    """Return what a baseline holds, in one line: the model, the set, the variants and where they ran."""
    model = baseline.model
    of_model = "a model that is not named"
    if model is not None:
        size = "x".join(map(str, model.input_size))
        of_model = f"model {_short(model.source_sha256)} ({model.architecture}, {size})"
    names = ", ".join(baseline.variants)
    return (
        f"{of_model} on {baseline.dataset.samples} samples of {baseline.dataset.name}: {names}, on {baseline.cpu_class}"
    )


def model_difference(expected: ModelRecord | None, found: ModelRecord | None) -> str | None:
    """Return how two runs' networks differ, or None when they are the same, or one of them is not known."""
    if expected is None or found is None:
        return None
    facts = {
        "source (SHA-256)": (_short(expected.source_sha256), _short(found.source_sha256)),
        "architecture": (expected.architecture, found.architecture),
        "input size": (size_text(expected.input_size), size_text(found.input_size)),
    }
    # A setting that only one has came with another version of the toolkit.
    shared = sorted(expected.settings.keys() & found.settings.keys())
    facts |= {name: (str(expected.settings[name]), str(found.settings[name])) for name in shared}
    differing = [f"{name} {here}, the baseline's {there}" for name, (there, here) in facts.items() if there != here]
    return ", ".join(differing) or None


def sample_set_difference(expected: DatasetRecord, found: DatasetRecord) -> str | None:
    """Return how two runs' sample sets differ, or None when they are the same samples."""
    if expected.samples != found.samples:
        return (
            f"{expected.samples} samples in the baseline (of {expected.name}), {found.samples} in this run (of "
            f"{found.name})"
        )
    if expected.samples_sha256 != found.samples_sha256:
        return "other sample ids than the baseline's"
    if expected.manifest_sha256 != found.manifest_sha256:
        return (
            f"another manifest than the baseline's (SHA-256 {_short(expected.manifest_sha256)} expected, "
            f"{_short(found.manifest_sha256)} found), so other images under the same ids"
        )
    if None not in (expected.pixels_sha256, found.pixels_sha256) and expected.pixels_sha256 != found.pixels_sha256:
        return (
            f"other pixels than the baseline's (SHA-256 {_short(expected.pixels_sha256)} expected, "
            f"{_short(found.pixels_sha256)} found) under the same ids"
        )
    return None


def _short(digest: str | None) -> str:
    return "none" if digest is None else digest[:12]

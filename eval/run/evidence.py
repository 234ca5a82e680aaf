"""What speaks against a run's scores being those of the forms it names: no figure of one row shows it, several do.

Limits go by the precision that ran, so a precision must fit the variant's name and the form's quantization. The
original's own scores are 0 where its own matte is the truth, and only there. And scores must be as far from the
original as the forms' proofs make them: forms whose outputs were proved to differ cannot score alike to the last bit,
and of two forms the one that was proved to be much nearer cannot be much farther.
"""

import math
from collections.abc import Iterator
from itertools import combinations

import numpy as np
import pandas as pd

from configs.errors import DataError, UsageError
from converter.forms.proofs import Parity
from converter.forms.variant import parse_variant
from eval.metrics.constant import ALPHA_CONSTANT
from eval.run.results import Results, VariantRecord
from eval.run.scores import scores_of

LEAST_DIFFERENCE = 1e-6
"""Largest difference of two forms' outputs, 0..1, below which their scores may be the same."""
FAR = 10
"""How many times as far from the original one of two forms must be before their order says anything."""
LEAST_SAMPLES = 6


def require_evidence(results: Results, table: pd.DataFrame) -> None:
    """Raise `DataError` where scores or precisions cannot be those of the variants they stand under.

    Args:
        results: what ran, with the figures of `table`.
        table: the scores.
    """
    for fault in (*_precision_faults(results), *_truth_faults(results, table), *_score_faults(results, table)):
        raise DataError(f"{fault}; run `mattekit evaluate` again")


def _precision_faults(results: Results) -> Iterator[str]:
    for record in results.variants:
        try:
            variant = parse_variant(record.name)
        except UsageError:
            continue
        quantized = record.precision == "int8"
        if quantized != (record.rest_precision is not None) or quantized != (variant.weights == "int8"):
            yield f"{record.name}: ran in {record.ran_in}, which does not fit weights in {variant.weights}"
        elif quantized and record.files and record.quantized is None:
            yield f"{record.name}: ran in {record.ran_in}, which does not fit what its graph has in 8 bits"
        if variant.precision not in ("default", record.inference):
            yield f"{record.name}: ran in {record.ran_in}, where its name asks for {variant.precision}"


def _truth_faults(results: Results, table: pd.DataFrame) -> Iterator[str]:
    """Hold the original's rows against what the run says of its truth: only against its own matte all are 0."""
    zero = bool(scores_of(table, results.original).fillna(0.0).eq(0).all(axis=None))
    seen = ALPHA_CONSTANT in table and bool(table[ALPHA_CONSTANT].gt(0).any())
    if results.dataset.agreement and not zero:
        yield (
            f"{results.original}: dataset.truth says that figures are agreement with its own matte, but its own scores "
            "are not 0"
        )
    if not results.dataset.agreement and zero and seen:
        yield (
            f"{results.original}: every score of its own is exactly 0, as against its own matte, where dataset.truth "
            "says that figures are against ground truth"
        )


def _score_faults(results: Results, table: pd.DataFrame) -> Iterator[str]:
    original = next(variant for variant in results.variants if variant.name == results.original)
    scores = {variant.name: scores_of(table, variant.name) for variant in results.variants}
    drift = {name: _typical_drift(results.original, name, scores) for name in scores}
    for one, other in combinations(results.variants, 2):
        if _proved_apart(one, other) and scores[one.name].equals(scores[other.name]):
            yield (
                f"{one.name} and {other.name}: every score of the one is that of the other to the last bit, though "
                "their outputs were proved to differ"
            )
        if results.dataset.samples < LEAST_SAMPLES or original in (one, other):
            continue
        for near, far in ((one, other), (other, one)):
            proved = _error(original) <= _error(near) < math.inf and FAR * _error(near) < _error(far) < math.inf
            comparable = proved and near.inference == far.inference == "f32"
            if comparable and FAR * drift[far.name] < drift[near.name] and drift[far.name] <= _error(near):
                yield (
                    f"{near.name} and {far.name}: exchanged, as it seems. {far.name} was proved to be the farther one "
                    f"from the original, and scores as near to it as {near.name} was proved to be: Alpha MAD moves by "
                    f"{drift[far.name]:.2g} on its typical sample, by {drift[near.name]:.2g} on that of {near.name}"
                )


def _typical_drift(original: str, variant: str, scores: dict[str, pd.DataFrame]) -> float:
    """Return the median over the samples of |Alpha MAD - the original's|: a cell chosen otherwise moves few of them."""
    return float(np.median((scores[variant]["alpha_mad"] - scores[original]["alpha_mad"]).abs()))


def _proved_apart(one: VariantRecord, other: VariantRecord) -> bool:
    if one.inference != other.inference:
        return bool(one.files) and one.files == other.files
    if one.files == other.files:
        return False
    first, second = _distance(one), _distance(other)
    if first is None or second is None:
        return False
    return max(first, second) > LEAST_DIFFERENCE and abs(first - second) > 0.01 * max(first, second)


def _error(variant: VariantRecord) -> float:
    """Return the mean |difference| of a form's alpha from the original's (x 1e-3), of its proof; infinite without."""
    if variant.framework == "torch":
        return 0.0
    return math.inf if variant.parity is None else 1e3 * variant.parity.alpha.mean


def _distance(variant: VariantRecord) -> float | None:
    """Return the largest difference of a form's outputs from the original's, of its proof; None where there is none."""
    if variant.framework == "torch":
        return 0.0
    return None if variant.parity is None else _largest(variant.parity)


def _largest(parity: Parity) -> float:
    return max(parity.alpha.max, 0.0 if parity.foreground is None else parity.foreground.max)

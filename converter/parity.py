"""Parity of a hop: how far a converted form's predictions on real composites are from the original's."""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from configs.errors import DataError, ParityError
from configs.records import Frozen
from configs.schema import BUNDLED, DatasetSection, HopTolerance
from converter.runners.base import Runner
from datasets.bundled import bundled_samples
from datasets.layout import iterate, open_set
from datasets.sample import Prediction, Sample

QUANTILE = 0.999
CELL = 4
CELL_DIFFERS = 1e-2


class Difference(Frozen):
    """|difference| of one output over all samples, in 0..1 units."""

    max: float
    mean: float
    quantile: float


class Parity(Frozen):
    """How far a form is from the original: alpha, foreground, and the share of 4x4 cells that were refined otherwise.

    `cells` counts cells in which any alpha differs by more than 1e-2: near-ties of the predicted error make forms
    choose other cells to refine, which is a large difference in a few places.
    """

    alpha: Difference
    foreground: Difference
    cells: float
    differing_cells: int
    samples: int


def parity_samples(dataset: DatasetSection, size: tuple[int, int], count: int) -> list[Sample]:
    """Return the first composites of the configured set; a bundled one is made in memory, the synthetic one at `size`.

    Raises:
        DataError: the set is not readable or has no sample.
        UsageError: the bundled set cannot be made as configured.
    """
    if dataset.path in BUNDLED:
        return bundled_samples(dataset, size, count)
    return list(islice(iterate(open_set(Path(dataset.path))), count))


def predict_all(runner: Runner, samples: Sequence[Sample]) -> list[Prediction]:
    """Run a form over samples, in order."""
    return [runner.predict(sample.source, sample.background) for sample in samples]


def measure_parity(original: Sequence[Prediction], converted: Sequence[Prediction]) -> Parity:
    """Compare predictions of two forms for the same samples.

    Raises:
        DataError: different numbers of predictions, or of different sizes.
    """
    if len(original) != len(converted) or not original:
        raise DataError(f"parity needs the same samples, found {len(original)} and {len(converted)} predictions")
    differing, cells = 0, 0
    for ours, theirs in zip(original, converted, strict=True):
        if ours.alpha.shape != theirs.alpha.shape:
            raise DataError(f"parity needs one size, found {ours.alpha.shape} and {theirs.alpha.shape}")
        largest = _cell_maximum(np.abs(ours.alpha - theirs.alpha))
        differing += int((largest > CELL_DIFFERS).sum())
        cells += largest.size
    pairs = list(zip(original, converted, strict=True))
    return Parity(
        alpha=_difference([(ours.alpha, theirs.alpha) for ours, theirs in pairs]),
        foreground=_difference([(ours.foreground, theirs.foreground) for ours, theirs in pairs]),
        cells=differing / cells,
        differing_cells=differing,
        samples=len(pairs),
    )


def check_parity(hop: str, parity: Parity, tolerance: HopTolerance) -> None:
    """Raise `ParityError`, naming the hop and every limit passed, unless `parity` is within `tolerance`."""
    problems = list(_violations(parity, tolerance))
    if problems:
        raise ParityError(f"hop {hop}: the converted form differs from the original: {'; '.join(problems)}")


def _violations(parity: Parity, tolerance: HopTolerance) -> Iterator[str]:
    for name, difference in (("alpha", parity.alpha), ("foreground", parity.foreground)):
        if difference.mean > tolerance.mean:
            yield f"mean |{name} difference| {difference.mean:.3g} > {tolerance.mean:.3g}"
        if difference.quantile > tolerance.quantile:
            yield f"99.9 % quantile of |{name} difference| {difference.quantile:.3g} > {tolerance.quantile:.3g}"
    if parity.cells > tolerance.cells:
        yield f"share of cells refined otherwise {parity.cells:.3g} > {tolerance.cells:.3g}"


def _difference(pairs: Sequence[tuple[NDArray[np.float32], NDArray[np.float32]]]) -> Difference:
    values = np.concatenate([np.abs(ours - theirs).ravel() for ours, theirs in pairs])
    return Difference(
        max=float(values.max()),
        mean=float(values.mean(dtype=np.float64)),
        quantile=float(np.quantile(values, QUANTILE)),
    )


def _cell_maximum(image: NDArray[np.float32]) -> NDArray[np.float32]:
    height, width = image.shape
    cells = image[: height // CELL * CELL, : width // CELL * CELL].reshape(height // CELL, CELL, width // CELL, CELL)
    largest: NDArray[np.float32] = cells.max(axis=(1, 3))
    return largest

"""Parity of a hop: how far a converted form's predictions on real composites are from the original's."""

import math
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from configs.errors import DataError, ParityError
from configs.schema import BUNDLED, DatasetSection, HopTolerance
from converter.forms.proofs import Difference, Parity
from converter.runners.base import Runner
from datasets.bundled.sets import bundled_samples
from datasets.samples.layout import iterate, open_set
from datasets.samples.sample import Prediction, Sample

QUANTILE = 0.999
CELL = 4
CELL_DIFFERS = 1e-2


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
    meter = ParityMeter(len(original))
    for ours, theirs in zip(original, converted, strict=True):
        meter.add(ours, theirs)
    return meter.parity()


class ParityMeter:
    """Measures parity sample by sample, holding no prediction; every figure is exact.

    Args:
        samples: how many will be added.
    """

    def __init__(self, samples: int) -> None:
        self._samples = samples
        self._alpha, self._foreground = _DifferenceMeter(samples), _DifferenceMeter(samples)
        self._added = self._cells = self._differing = 0
        self._within = 0.0

    def add(self, original: Prediction, converted: Prediction) -> None:
        """Take the two predictions for one sample.

        Raises:
            DataError: they are of different sizes.
        """
        if original.alpha.shape != converted.alpha.shape:
            raise DataError(f"parity needs one size, found {original.alpha.shape} and {converted.alpha.shape}")
        difference = np.abs(original.alpha - converted.alpha)
        cells = _cells(difference)
        differing = cells.max(axis=(1, 3)) > CELL_DIFFERS
        self._differing += int(differing.sum())
        self._cells += differing.size
        self._within += float(cells.sum(axis=(1, 3), dtype=np.float64)[differing].sum())
        self._alpha.add(difference)
        self._foreground.add(np.abs(original.foreground - converted.foreground))
        self._added += 1

    def parity(self) -> Parity:
        """Return the result.

        Raises:
            ValueError: fewer or more samples were added than announced.
        """
        if self._added != self._samples:
            raise ValueError(f"expected {self._samples} samples, found {self._added}")
        return Parity(
            alpha=self._alpha.difference(),
            foreground=self._foreground.difference(),
            cells=self._differing / self._cells,
            differing_cells=self._differing,
            samples=self._samples,
        )

    @property
    def share_in_differing_cells(self) -> float:
        """The share, 0..1, of the summed |alpha difference| that lies in differing cells; 0 where there is none."""
        return self._within / self._alpha.total if self._alpha.total else 0.0


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


class _DifferenceMeter:
    """|difference| of one output: of all values only those from the quantile up are kept."""

    def __init__(self, samples: int) -> None:
        self._samples = samples
        self._largest = np.empty(0, np.float32)
        self._values = 0
        self.total = 0.0

    def add(self, difference: NDArray[np.float32]) -> None:
        values = difference.size * self._samples  # in the end: every sample has one size
        kept = values - math.floor(QUANTILE * (values - 1))
        largest = np.concatenate([self._largest, difference.ravel()])
        self._largest = np.partition(largest, -kept)[-kept:] if kept < largest.size else largest
        self._values += difference.size
        self.total += float(difference.sum(dtype=np.float64))

    def difference(self) -> Difference:
        ordered = np.sort(self._largest).astype(np.float64)
        place = QUANTILE * (self._values - 1) - (self._values - ordered.size)
        return Difference(
            max=float(ordered[-1]),
            mean=self.total / self._values,
            quantile=float(np.interp(place, np.arange(ordered.size), ordered)),
        )


def _cells(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """View an image as (rows, CELL, columns, CELL), without what is left over at the right and below."""
    height, width = image.shape
    return image[: height // CELL * CELL, : width // CELL * CELL].reshape(height // CELL, CELL, width // CELL, CELL)

"""Parity of a hop: how far a converted form's predictions on real composites are from the original's."""

import math
from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from configs.errors import DataError, ParityError
from configs.schema import BUNDLED, DatasetSection, HopTolerance
from converter.forms.proofs import Difference, Parity
from converter.runners.base import Runner
from datasets.bundled.sets import bundled_samples
from datasets.plates.needed import require_plates
from datasets.remote.sets import open_place
from datasets.samples.layout import iterate_pairs
from datasets.samples.sample import Pair, Prediction

QUANTILE = 0.999
CELL_DIFFERS = 1e-2


def parity_samples(
    dataset: DatasetSection, size: tuple[int, int], count: int, *, takes_plate: bool = False
) -> Sequence[Pair]:
    """Return the first composites of the configured set; a bundled one is made in memory, the synthetic one at `size`.

    Raises:
        DataError: the set is not readable or has no sample, or no plates for a network that `takes_plate`.
        UsageError: the bundled set cannot be made as configured.
    """
    if dataset.path in BUNDLED:
        return bundled_samples(dataset, size, count)
    sample_set = open_place(dataset.path)
    require_plates(sample_set, takes_plate)
    return list(islice(iterate_pairs(sample_set), count))


def predict_all(runner: Runner, samples: Sequence[Pair]) -> list[Prediction]:
    """Run a form over samples, in order, from the first frame of each clip."""
    runner.start_clip()
    predictions = []
    for sample in samples:
        runner.enter_clip(sample.clip)
        predictions.append(runner.predict(sample.images))
    return predictions


def measure_parity(original: Sequence[Prediction], converted: Sequence[Prediction], cell: int | None) -> Parity:
    """Compare predictions of two forms for the same samples.

    Args:
        original, converted: the predictions, in the samples' order.
        cell: side of the cells that the network chooses to refine; None for one that chooses none.

    Raises:
        DataError: different numbers of predictions, or of different sizes.
    """
    if len(original) != len(converted) or not original:
        raise DataError(f"parity needs the same samples, found {len(original)} and {len(converted)} predictions")
    meter = ParityMeter(len(original), cell)
    for ours, theirs in zip(original, converted, strict=True):
        meter.add(ours, theirs)
    return meter.parity()


class ParityMeter:
    """Measures parity sample by sample, holding no prediction; every figure is exact.

    Args:
        samples: how many will be added.
        cell: side of the cells that the network chooses to refine; None for one that chooses none.
    """

    def __init__(self, samples: int, cell: int | None) -> None:
        self._samples, self._cell = samples, cell
        self._alpha, self._foreground = _DifferenceMeter(samples), _DifferenceMeter(samples)
        self._added = self._cells = self._differing = 0
        self._within = 0.0

    def add(self, original: Prediction, converted: Prediction) -> None:
        """Take the two predictions for one sample.

        Raises:
            DataError: they are of different sizes, or one alone has a foreground.
        """
        if (original.foreground is None) != (converted.foreground is None):
            raise DataError("parity needs the same outputs, found a foreground of one form alone")
        if original.alpha.shape != converted.alpha.shape:
            raise DataError(f"parity needs one size, found {original.alpha.shape} and {converted.alpha.shape}")
        difference = np.abs(original.alpha - converted.alpha)
        if self._cell is not None:
            cells = cells_of(difference, self._cell)
            differing = cells.max(axis=(1, 3)) > CELL_DIFFERS
            self._differing += int(differing.sum())
            self._cells += differing.size
            self._within += float(cells.sum(axis=(1, 3), dtype=np.float64)[differing].sum())
        self._alpha.add(difference)
        if original.foreground is not None and converted.foreground is not None:
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
            foreground=self._foreground.difference() if self._foreground.added else None,
            cells=None if self._cell is None else self._differing / self._cells,
            differing_cells=None if self._cell is None else self._differing,
            samples=self._samples,
        )

    @property
    def share_in_differing_cells(self) -> float:
        """The share, 0..1, of the summed |alpha difference| that lies in differing cells; 0 where there is none."""
        return self._within / self._alpha.total if self._alpha.total else 0.0


def check_parity(hop: str, parity: Parity, tolerance: HopTolerance) -> None:
    """Raise `ParityError`, naming the hop and every limit passed, unless `parity` is within `tolerance`."""
    problems = list(violations(parity, tolerance))
    if problems:
        raise ParityError(f"hop {hop}: the converted form differs from the original: {'; '.join(problems)}")


def violations(parity: Parity, tolerance: HopTolerance) -> Iterator[str]:
    """Yield what is beyond a tolerance, in words."""
    for name, difference in (("alpha", parity.alpha), ("foreground", parity.foreground)):
        if difference is None:
            continue
        if difference.mean > tolerance.mean:
            yield f"mean |{name} difference| {difference.mean:.3g} > {tolerance.mean:.3g}"
        if difference.quantile > tolerance.quantile:
            yield f"99.9 % quantile of |{name} difference| {difference.quantile:.3g} > {tolerance.quantile:.3g}"
    if parity.cells is not None and tolerance.cells is not None and parity.cells > tolerance.cells:
        yield f"share of cells refined otherwise {parity.cells:.3g} > {tolerance.cells:.3g}"


def widest(tolerance: HopTolerance, other: HopTolerance | None) -> HopTolerance:
    """Return the wider of two tolerances, figure by figure."""
    if other is None:
        return tolerance
    cells = None if tolerance.cells is None or other.cells is None else max(tolerance.cells, other.cells)
    return HopTolerance(
        mean=max(tolerance.mean, other.mean), quantile=max(tolerance.quantile, other.quantile), cells=cells
    )


class _DifferenceMeter:
    """|difference| of one output: of all values only those from the quantile up are kept."""

    def __init__(self, samples: int) -> None:
        self._samples = samples
        self._largest = np.empty(0, np.float32)
        self._values = 0
        self.total = 0.0

    @property
    def added(self) -> bool:
        """Whether anything was."""
        return self._values > 0

    def add(self, difference: NDArray[np.float32]) -> None:
        values = difference.size * self._samples  # in the end: every sample has one size
        kept = values - math.floor(QUANTILE * (values - 1))
        found = difference.ravel()
        if self._largest.size == kept:
            # What is below all that is kept is not kept either; few values are above.
            found = found[found > self._largest.min()]
        largest = np.concatenate([self._largest, found])
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


def cells_of(image: NDArray[np.float32], cell: int) -> NDArray[np.float32]:
    """View an image (H, W) as (rows, cell, columns, cell), without what is left over at the right and below."""
    rows, columns = (side // cell for side in image.shape)
    return image[: rows * cell, : columns * cell].reshape(rows, cell, columns, cell)

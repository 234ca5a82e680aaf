"""Two scores of the same samples, such as a variant's and the original's: how far one mean is from the other."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from eval.statistics.intervals import Interval, mean, mean_intervals


@dataclass(frozen=True, slots=True)
class Paired:
    """One metric of the same samples before and after, over the samples for which both are defined.

    Attributes:
        before, after: the two means; None where no sample counts.
        difference: the mean of the differences (after minus before); None likewise.
        interval: 95 % interval of that mean; None of too few samples.
        samples: how many samples count.
        odd: the samples for which only one of the two is defined.
        largest: the sample that moved most, and by how much; of equals the last id. None where no sample counts.
    """

    before: float | None
    after: float | None
    difference: float | None
    interval: Interval | None
    samples: int
    odd: tuple[str, ...]
    largest: tuple[str, float] | None


def compare_pairs(before: pd.DataFrame, after: pd.DataFrame, by_clip: bool = False) -> dict[str, Paired]:
    """Return, for each column of `before`, how far `after` is from it.

    Args:
        before: one row per sample id, one column per metric, NaN where undefined.
        after: the same; a sample or metric that it lacks counts as undefined.
        by_clip: whether intervals are by clip (`mean_intervals`).
    """
    after = after.reindex(index=before.index, columns=before.columns)
    moves = after - before
    intervals = mean_intervals(moves, by_clip)
    samples = before.index.to_numpy()
    # Column by column in NumPy: pandas takes longer over each of these few numbers than all of them need.
    columns = (frame.to_numpy(dtype=np.float64).T for frame in (before, after, moves))
    return {
        metric: _paired(samples, own, other, move, intervals[metric])
        for metric, own, other, move in zip(before.columns, *columns, strict=True)
    }


def _paired(
    samples: NDArray[np.object_],
    before: NDArray[np.float64],
    after: NDArray[np.float64],
    moves: NDArray[np.float64],
    interval: Interval | None,
) -> Paired:
    both = ~np.isnan(moves)
    return Paired(
        before=mean(before[both]),
        after=mean(after[both]),
        difference=mean(moves),
        interval=interval,
        samples=int(both.sum()),
        odd=tuple(samples[np.isnan(before) != np.isnan(after)]),
        largest=_largest(samples[both], np.abs(moves[both])),
    )


def _largest(samples: NDArray[np.object_], sizes: NDArray[np.float64]) -> tuple[str, float] | None:
    if not len(sizes):
        return None
    most = float(sizes.max())
    return max(samples[sizes == most]), most

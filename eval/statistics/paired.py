"""Two scores of the same samples, such as a variant's and the original's: how far one mean is from the other."""

from dataclasses import dataclass

import pandas as pd

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
    both = moves.notna()
    odd = before.notna() != after.notna()
    intervals = mean_intervals(moves, by_clip)
    return {
        metric: Paired(
            before=mean(before.loc[both[metric], metric]),
            after=mean(after.loc[both[metric], metric]),
            difference=mean(moves[metric]),
            interval=intervals[metric],
            samples=int(both[metric].sum()),
            odd=tuple(before.index[odd[metric]]),
            largest=_largest(moves[metric].dropna().abs()),
        )
        for metric in before
    }


def _largest(sizes: pd.Series) -> tuple[str, float] | None:
    if sizes.empty:
        return None
    most = float(sizes.max())
    return max(sizes.index[sizes == most]), most

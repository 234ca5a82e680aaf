"""Rates of intervals on simulated sets, and their tables."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import pandas as pd

from eval.presentation.formatting import markdown_table
from eval.statistics.intervals import mean_intervals
from tools.interval_coverage.methods import BEFORE, METHODS, USED, Ends, Floats, Sets
from tools.interval_coverage.patterns import Pattern

Kind = TypeVar("Kind")

SEED = 7
COUNTS = (6, 8, 12, 24, 48, 96)
CHOSEN_AT = 24
CLIP_LENGTHS = (5, 60)


@dataclass(frozen=True, slots=True)
class Rates:
    """What an interval does, in shares of the sets: the limit is one standard deviation of the differences.

    Attributes:
        below, above: the true mean lies below its low end; above its high end, so that the interval says less drift
            than there is.
        width: the median, in standard deviations over sqrt(n).
        failed: shares that fail where the true drift is 1.5 and 2 times the limit: the interval is wholly beyond it.
        passed: shares that pass there: wholly within.
        alarms: shares that do not pass where the true drift is 0.
    """

    below: float
    above: float
    width: float
    failed: tuple[float, float]
    passed: tuple[float, float]
    alarms: float


def rates_of(ends: Ends, units: int) -> Rates:
    """Return the rates of intervals of sets whose true mean is 0 and whose standard deviation is 1."""
    low, high = ends
    return Rates(
        below=float((low > 0).mean()),
        above=float((high < 0).mean()),
        width=float(np.median(high - low) * np.sqrt(units)),
        failed=(float((low + 1.5 > 1).mean()), float((low + 2 > 1).mean())),
        passed=(float((high + 1.5 <= 1).mean()), float((high + 2 <= 1).mean())),
        alarms=float((high > 1).mean()),
    )


def simulated(pattern: Pattern, samples: int, trials: int, methods: Iterable[str]) -> dict[str, Rates]:
    """Return the rates of some methods on the same `trials` sets of `samples` differences."""
    sets = Sets(pattern.draw(np.random.default_rng(SEED), (samples, trials)))
    return {name: rates_of(METHODS[name](sets), samples) for name in methods}


def by_clip(pattern: Pattern, clips: int, trials: int) -> Rates:
    """Return the rates of this toolkit's interval by clip: clips differ by the pattern, frames within by a third of it.

    Clips have from 5 to 60 frames each; the mean is that over frames.
    """
    random = np.random.default_rng(SEED)
    ends: list[tuple[float, float]] = []
    for _ in range(trials):
        lengths = random.integers(CLIP_LENGTHS[0], CLIP_LENGTHS[1] + 1, clips)
        values = np.repeat(pattern.draw(random, (clips,)), lengths) + random.normal(size=lengths.sum()) / 3
        ids = [f"{clip}/{frame}" for clip, length in enumerate(lengths) for frame in range(length)]
        found = mean_intervals(pd.DataFrame({"m": values}, index=ids), by_clip=True)["m"]
        assert found is not None
        ends.append((found.low, found.high))
    both: Floats = np.array(ends)
    return rates_of((both[:, 0], both[:, 1]), clips)


def candidates_table(rates: dict[str, dict[str, Rates]]) -> str:
    """Return a table of all methods at `CHOSEN_AT` samples, from pattern to method to rates."""
    header = ("Interval", *rates, "width, normal", "width, log-normal")
    normal, skewed = rates["normal"], rates["log-normal, sigma 1"]
    rows = [
        (
            name,
            *(_misses(own[name]) for own in rates.values()),
            f"{normal[name].width:.1f}",
            f"{skewed[name].width:.1f}",
        )
        for name in METHODS
    ]
    return markdown_table(header, rows, right=range(1, len(header)))


def full_table(rates: dict[tuple[str, int], dict[str, Rates]]) -> str:
    """Return a row for each pattern, number of samples and interval, from pattern and number to method to rates."""
    header = (
        "Differences", "n", "Interval", "Mean below", "Mean above", "Width",
        "Fails at 1.5 x", "Fails at 2 x", "Passes at 1.5 x", "Passes at 2 x", "False alarms",
    )  # fmt: skip
    rows = [
        (
            pattern, str(samples), name, _share(own.below), _share(own.above), f"{own.width:.1f}",
            *map(_share, own.failed), *map(_share, own.passed), _share(own.alarms),
        )
        for (pattern, samples), found in rates.items()
        for name, own in found.items()
    ]  # fmt: skip
    return markdown_table(header, rows, right=(1, *range(3, len(header))))


def used_table(rates: dict[tuple[str, int], dict[str, Rates]], clips: dict[tuple[str, int], Rates]) -> str:
    """Return how often the mean is above the interval, before and now, for each pattern and number of samples."""
    names = list(dict.fromkeys(pattern for pattern, _ in rates))
    rows = [
        (name, *(f"{_share(own[BEFORE].above)} -> {_share(own[USED].above)}" for own in _of(rates, name)))
        for name in names
    ]
    rows += [
        (f"{name}, by clip", *(_share(own.above) for own in _of(clips, name)))
        for name in dict.fromkeys(pattern for pattern, _ in clips)
    ]
    return markdown_table(("Differences", *(f"n = {n}" for n in COUNTS)), rows, right=range(1, len(COUNTS) + 1))


def _of(rates: Mapping[tuple[str, int], Kind], pattern: str) -> list[Kind]:
    return [own for (name, _), own in rates.items() if name == pattern]


def _misses(rates: Rates) -> str:
    return f"{100 * rates.below:.1f} / {100 * rates.above:.1f}"


def _share(share: float) -> str:
    return f"{100 * share:.1f} %"

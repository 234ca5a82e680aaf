"""From single times to the figures of a benchmark: medians, and ratios with their confidence intervals."""

import statistics
from collections.abc import Mapping, Sequence
from math import comb

import numpy as np
import pandas as pd

from eval.bench.record import LatencyBench, Phase, Ratio, ThroughputBench, Timing
from eval.statistics.intervals import Interval

CONFIDENCE = 0.95


def rounds_of(timings: Sequence[Timing], phase: Phase) -> pd.DataFrame:
    """Return the milliseconds of a phase as a table: a row per round, a column per model."""
    rows = [(each.round, each.model, each.milliseconds) for each in timings if each.phase == phase]
    return pd.DataFrame(rows, columns=["round", "model", "ms"]).pivot(index="round", columns="model", values="ms")


def latency_bench(rounds: pd.DataFrame, model: str, base: str | None, threads: int | None) -> LatencyBench:
    """Return the latency of a model from its `rounds_of`, and its ratio to `base` where that is another one."""
    times = rounds[model].tolist()
    median = statistics.median(times)
    return LatencyBench(
        median_ms=median,
        p90_ms=float(np.percentile(times, 90)),
        fps=1e3 / median,
        rounds=len(times),
        threads=threads,
        ratio=_ratio(rounds, model, base),
    )


def throughput_bench(
    rounds: pd.DataFrame,
    model: str,
    base: str | None,
    *,
    frames: int,
    streams: int,
    requests: int,
    threads: int | None,
) -> ThroughputBench:
    """Return the throughput of a model from its `rounds_of`, and its ratio to `base` where that is another one."""
    times = rounds[model].tolist()
    return ThroughputBench(
        fps=1e3 / statistics.median(times),
        rounds=len(times),
        frames=frames,
        streams=streams,
        requests=requests,
        threads=threads,
        ratio=_ratio(rounds, model, base),
    )


def base_of(model: str, models: Sequence[str], references: Sequence[str], precisions: Mapping[str, str]) -> str | None:
    """Return the model that `model` is measured against; None where that would be itself.

    That is the first reference that ran at the same inference precision, else the first one, else the first model.
    """
    candidates = [other for other in references if precisions[other] == precisions[model]]
    first = [*candidates, *references, *models][0]
    return None if first == model else first


def median_interval(values: Sequence[float]) -> Interval | None:
    """Return a 95 % confidence interval of the median; None with fewer than six values.

    Between the k-th smallest and the k-th largest value, k as large as the binomial distribution allows: the chance
    that the true median lies below the k-th smallest of n is P(Binomial(n, 1/2) < k), whatever the values' own
    distribution (David and Nagaraja, "Order Statistics", 7.1).
    """
    ordered, n = sorted(values), len(values)
    outside, tail = 0, 0
    while 2 * (tail + comb(n, outside)) <= (1 - CONFIDENCE) * 2**n:
        tail += comb(n, outside)
        outside += 1
    return Interval(low=ordered[outside - 1], high=ordered[n - outside]) if outside else None


def _ratio(rounds: pd.DataFrame, model: str, base: str | None) -> Ratio | None:
    if base is None or base not in rounds:
        return None
    ratios = (rounds[base] / rounds[model]).tolist()
    return Ratio(against=base, median=statistics.median(ratios), interval=median_interval(ratios))

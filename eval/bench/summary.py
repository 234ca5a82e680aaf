"""From single times to the figures of a benchmark: medians, and ratios with their confidence intervals."""

import statistics
from collections.abc import Mapping, Sequence
from math import comb

import numpy as np

from eval.bench.record import LatencyBench, Phase, Ratio, ThroughputBench, Timing
from eval.run.results import Interval

CONFIDENCE = 0.95


def latency_bench(rows: Sequence[Timing], model: str, base: str | None, threads: int | None) -> LatencyBench:
    """Return the latency of a model, and its ratio to `base` where that is another one."""
    times = _by_round(rows, "latency", model)
    median = statistics.median(times.values())
    return LatencyBench(
        median_ms=median,
        p90_ms=float(np.percentile(list(times.values()), 90)),
        fps=1e3 / median,
        rounds=len(times),
        threads=threads,
        ratio=_ratio(rows, "latency", model, base),
    )


def throughput_bench(
    rows: Sequence[Timing],
    model: str,
    base: str | None,
    *,
    frames: int,
    streams: int,
    requests: int,
    threads: int | None,
) -> ThroughputBench:
    """Return the throughput of a model, and its ratio to `base` where that is another one."""
    times = _by_round(rows, "throughput", model)
    return ThroughputBench(
        fps=1e3 / statistics.median(times.values()),
        rounds=len(times),
        frames=frames,
        streams=streams,
        requests=requests,
        threads=threads,
        ratio=_ratio(rows, "throughput", model, base),
    )


def base_of(model: str, models: Sequence[str], rivals: Sequence[str], precisions: Mapping[str, str]) -> str | None:
    """Return the model that `model` is measured against; None where that would be itself.

    That is the first rival that ran at the same inference precision, else the first rival, else the first model.
    """
    candidates = [rival for rival in rivals if precisions[rival] == precisions[model]] or list(rivals) or list(models)
    return None if candidates[0] == model else candidates[0]


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


def _ratio(rows: Sequence[Timing], phase: Phase, model: str, base: str | None) -> Ratio | None:
    if base is None:
        return None
    ours, theirs = _by_round(rows, phase, model), _by_round(rows, phase, base)
    if not theirs:
        return None
    ratios = [theirs[number] / milliseconds for number, milliseconds in ours.items()]
    return Ratio(against=base, median=statistics.median(ratios), interval=median_interval(ratios))


def _by_round(rows: Sequence[Timing], phase: Phase, model: str) -> dict[int, float]:
    return {row.round: row.milliseconds for row in rows if (row.phase, row.model) == (phase, model)}

"""Speed under several versions: a process each, and every inference in turn, so that ratios hold on a busy machine."""

from collections.abc import Mapping, Sequence

from configs.errors import MattekitError
from eval.bench.record import LatencyBench, Timing
from eval.bench.summary import latency_bench, rounds_of
from eval.bench.timing import drawn_order
from eval.versions.client import Job
from eval.versions.commands import CloseVariant, Infer, OpenVariant, Report

WARMUP = 3
DIFFERENT_FRAMES = 6


def time_variant(
    jobs: Mapping[str, Job], base: str, variant: str, rounds: int, report: Report
) -> tuple[dict[str, LatencyBench], dict[str, MattekitError]]:
    """Time one variant in every environment, one inference at a time, in an order drawn anew for each round.

    Args:
        jobs: by the name of their version.
        base: the one that ratios are against.
        variant: of the converted model.
        rounds: how many inferences of each are timed; `WARMUP` more come before.
        report: called with (what is being done, done, total).

    Returns:
        the latency by version, and what kept others from opening the variant.

    Raises:
        MattekitError: the base cannot open it.
        DataError: a version fails while it runs.
    """
    failed: dict[str, MattekitError] = {}
    for name, (worker, config) in jobs.items():
        try:
            worker.do(OpenVariant(config, variant, DIFFERENT_FRAMES))
        except MattekitError as error:
            if name == base:
                raise
            failed[name] = error
    names = [name for name in jobs if name not in failed]
    timings: list[Timing] = []
    for number in range(-WARMUP, rounds):
        report(f"timing {variant}", max(0, number), rounds)
        for name in drawn_order(list(names), number):
            elapsed = jobs[name][0].do(Infer(number))
            if number >= 0:
                timings.append(Timing("latency", number, str(number % DIFFERENT_FRAMES), name, elapsed))
    report(f"timing {variant}", rounds, rounds)
    for name in names:
        jobs[name][0].do(CloseVariant())
    return _latencies(timings, names, base), failed


def _latencies(timings: Sequence[Timing], names: Sequence[str], base: str) -> dict[str, LatencyBench]:
    table = rounds_of(timings, "latency")
    return {name: latency_bench(table, name, None if name == base else base, threads=None) for name in names}

"""Ratios that survive a drifting machine, and the interval of a median."""

import random

import pytest

from eval.bench.record import Timing
from eval.bench.summary import base_of, latency_bench, median_interval, rounds_of, throughput_bench
from eval.statistics.intervals import Interval


def _rows(ours: list[float], theirs: list[float], phase: str = "latency") -> list[Timing]:
    pairs = zip(ours, theirs, strict=True)
    return [
        Timing(phase, number, "a/1", name, milliseconds)  # type: ignore[arg-type]
        for number, pair in enumerate(pairs)
        for name, milliseconds in zip(("ours", "theirs"), pair, strict=True)
    ]


def test_the_ratio_holds_where_the_machine_slows_down() -> None:
    drift = [1.0, 1.2, 1.5, 2.0, 3.0, 4.0, 4.0, 5.0]
    rows = _rows([10 * d for d in drift], [25 * d for d in drift])

    found = latency_bench(rounds_of(rows, "latency"), "ours", "theirs", threads=2)

    assert found.median_ms == pytest.approx(25)
    assert found.p90_ms == pytest.approx(43)
    assert found.fps == pytest.approx(40)
    assert (found.rounds, found.threads) == (8, 2)
    assert found.ratio is not None
    assert found.ratio.median == pytest.approx(2.5)
    assert found.ratio.interval is not None
    assert (found.ratio.interval.low, found.ratio.interval.high) == (pytest.approx(2.5), pytest.approx(2.5))


def test_one_disturbed_round_does_not_move_the_ratio() -> None:
    rows = _rows([10.0] * 8 + [900.0], [20.0] * 9)
    ratio = latency_bench(rounds_of(rows, "latency"), "ours", "theirs", None).ratio
    assert ratio is not None
    assert (ratio.against, ratio.median) == ("theirs", 2.0)


def test_without_another_model_there_is_no_ratio() -> None:
    rows = _rows([10.0], [20.0])
    assert latency_bench(rounds_of(rows, "latency"), "theirs", None, None).ratio is None
    throughput = _rows([10.0], [20.0], "throughput")[:1]
    options = {"frames": 4, "streams": 2, "requests": 2, "threads": 2}
    # The base may be a model that has no streams.
    assert throughput_bench(rounds_of(throughput, "throughput"), "ours", "theirs", **options).ratio is None


def test_throughput_is_frames_per_second() -> None:
    rows = _rows([10.0, 20.0, 40.0], [40.0, 40.0, 40.0], "throughput")
    found = throughput_bench(
        rounds_of(rows, "throughput"), "ours", "theirs", frames=4, streams=2, requests=3, threads=2
    )
    assert found.fps == pytest.approx(50)
    assert found.ratio is not None
    assert found.ratio.median == pytest.approx(2.0)
    assert found.ratio.interval is None


@pytest.mark.parametrize(("n", "low", "high"), [(6, 1, 6), (8, 1, 8), (9, 2, 8), (10, 2, 9), (20, 6, 15), (30, 10, 21)])
def test_the_interval_takes_the_tabulated_order_statistics(n: int, low: int, high: int) -> None:
    values = [float(value) for value in range(1, n + 1)]
    random.Random(1).shuffle(values)
    assert median_interval(values) == Interval(low=low, high=high)


def test_five_values_allow_no_interval() -> None:
    assert median_interval([1.0, 2.0, 3.0, 4.0, 5.0]) is None


def test_the_interval_covers_the_true_median_as_often_as_it_says() -> None:
    draw = random.Random(3)
    hits = 0
    for _ in range(1000):
        interval = median_interval([draw.expovariate(1) for _ in range(15)])
        assert interval is not None
        hits += interval.low <= 0.6931 <= interval.high
    assert 940 <= hits <= 985  # 15 values: 96.5 %


def test_a_model_is_measured_against_the_rival_of_its_precision() -> None:
    precisions = {"torch": "f32", "ir@bf16": "bf16", "omz@f32": "f32", "omz@bf16": "bf16"}
    models, rivals = list(precisions), ["omz@f32", "omz@bf16"]
    assert [base_of(name, models, rivals, precisions) for name in models] == ["omz@f32", "omz@bf16", None, None]
    assert base_of("ir@bf16", models, ["omz@f32"], precisions) == "omz@f32"
    assert [base_of(name, models, [], precisions) for name in models] == [None, "torch", "torch", "torch"]

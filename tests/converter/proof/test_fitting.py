import math

import numpy as np
import pytest

from converter.proof.fitting import estimates, gram, student_interval


def line(slope: float, noise: float = 0.0, seed: int = 1) -> np.ndarray:
    """Return the products of a direction, a constant one and `slope` times the first, with noise."""
    draw = np.random.default_rng(seed)
    x = draw.random(500, np.float32)
    difference = slope * x + noise * draw.standard_normal(500).astype(np.float32)
    return gram([x, np.ones_like(x), difference.astype(np.float32)])


def test_the_interval_by_student_is_the_tables() -> None:
    interval = student_interval([1.0, 2.0, 3.0])

    # t for 2 degrees of freedom and 95 % is 4.303; the standard error is 1 / sqrt(3).
    assert interval == pytest.approx((2 - 4.303 / math.sqrt(3), 2 + 4.303 / math.sqrt(3)), abs=1e-3)
    assert student_interval([1.0]) is None


def test_a_gram_is_the_matrix_of_scalar_products_however_long_the_rows() -> None:
    rows = np.random.default_rng(2).random((3, 100_000), np.float32)

    assert gram(list(rows)) == pytest.approx(rows.astype(np.float64) @ rows.astype(np.float64).T, rel=1e-12)


def test_unknowns_and_sums_of_them_are_estimated() -> None:
    slope, constant, both = estimates([line(0.5)], np.array([[1, 0], [0, 1], [1, 1]], np.float64))

    assert slope is not None and slope.value == pytest.approx(0.5, abs=1e-6)
    assert constant is not None and constant.value == pytest.approx(0, abs=1e-6)
    assert both is not None and both.value == pytest.approx(0.5, abs=1e-6)
    assert (slope.interval, slope.samples) == (None, 1)


def test_what_no_sample_tells_apart_is_not_estimated_and_the_sum_is() -> None:
    x = np.random.default_rng(3).random(500, np.float32)

    first, second, both = estimates([gram([x, x, 3 * x])], np.array([[1, 0], [0, 1], [1, 1]], np.float64))

    assert (first, second) == (None, None)
    assert both is not None and both.value == pytest.approx(3, abs=1e-6)


def test_a_direction_that_is_nowhere_is_not_estimated() -> None:
    x = np.random.default_rng(3).random(500, np.float32)

    first, second = estimates([gram([x, 0 * x, x])], np.eye(2))

    assert first is not None and first.value == pytest.approx(1, abs=1e-6)
    assert second is None


def test_two_samples_tell_apart_what_each_alone_does_not() -> None:
    x = np.random.default_rng(3).random(500, np.float32)

    slope, constant = estimates([gram([0 * x, x, 0 * x]), gram([x, x, 2 * x])], np.eye(2))

    assert slope is not None and slope.value == pytest.approx(2, abs=1e-5)
    assert constant is not None and constant.value == pytest.approx(0, abs=1e-5)
    # Left out one of the two, the slope is open: there is no interval.
    assert (slope.interval, slope.samples) == (None, 0)


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    covered = 0
    for trial in range(200):
        found = estimates([line(0.5, 0.2, 1000 * trial + sample) for sample in range(12)], np.eye(2))[0]
        assert found is not None and found.interval is not None
        covered += found.interval[0] <= 0.5 <= found.interval[1]

    assert 0.9 <= covered / 200 <= 0.99


def test_the_interval_lies_about_the_estimate() -> None:
    found = estimates([line(0.5, 0.2, seed) for seed in range(5)], np.eye(2), lambda values: (-1.0, 1.0))[0]
    centred = estimates([line(0.5, 0.2, seed) for seed in range(5)], np.eye(2))[0]

    assert found is not None and found.interval is not None
    assert found.interval[1] - found.interval[0] == pytest.approx(2)
    assert centred is not None and centred.interval is not None
    assert sum(centred.interval) / 2 == pytest.approx(centred.value, abs=1e-12)

"""What the best constant answer scores: values by hand, and none better among all constants."""

from dataclasses import replace

import numpy as np
import pytest

from datasets.samples.sample import Sample
from eval.metrics.constant import ALPHA_CONSTANT, FOREGROUND_CONSTANT, constant_scores
from eval.metrics.measures import alpha_mad, foreground_mse


def test_values_by_hand(sample: Sample) -> None:
    # Half the picture is opaque, all of it red.
    assert constant_scores(sample) == {ALPHA_CONSTANT: pytest.approx(500.0), FOREGROUND_CONSTANT: pytest.approx(0.0)}
    alpha = np.zeros((8, 8), np.uint8)
    alpha[0] = 255
    assert constant_scores(replace(sample, alpha=alpha))[ALPHA_CONSTANT] == pytest.approx(125.0)
    assert constant_scores(replace(sample, alpha=255 - alpha))[ALPHA_CONSTANT] == pytest.approx(125.0)
    assert constant_scores(replace(sample, alpha=alpha * 0)) == {ALPHA_CONSTANT: 0.0, FOREGROUND_CONSTANT: None}


def test_no_constant_is_better(sample: Sample) -> None:
    rng = np.random.default_rng(1)
    alpha = rng.integers(0, 256, (8, 8), dtype=np.uint8)
    colours = rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)
    found = constant_scores(replace(sample, alpha=alpha, foreground=colours))
    mattes = [alpha_mad(np.full((8, 8), level / 255, np.float32), alpha) for level in range(256)]
    assert found[ALPHA_CONSTANT] == pytest.approx(min(mattes))
    mean = colours[alpha >= 3].mean(axis=0) / 255
    whole = [np.broadcast_to((mean + by).astype(np.float32), (8, 8, 3)) for by in (0.0, 0.01, -0.01)]
    errors = [foreground_mse(np.ascontiguousarray(one), colours, alpha) for one in whole]
    assert found[FOREGROUND_CONSTANT] == pytest.approx(errors[0], rel=1e-5)
    assert errors[0] < min(errors[1:])  # type: ignore[type-var, operator]


def test_colours_too_faint_to_count_are_counted_out(sample: Sample) -> None:
    rng = np.random.default_rng(2)
    alpha = rng.integers(0, 5, (8, 8), dtype=np.uint8)
    colours = rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)
    variance = (colours[alpha >= 3] / 255).var(axis=0).mean()
    assert constant_scores(replace(sample, alpha=alpha, foreground=colours))[FOREGROUND_CONSTANT] == pytest.approx(
        1e3 * variance, rel=1e-12
    )

"""Scores of a variant along a set: sizes, clips, errors that say where."""

from dataclasses import replace

import numpy as np
import pytest

from configs.errors import DataError
from datasets.samples.sample import Pair, Prediction, Sample
from eval.metrics.constant import constant_scores
from eval.metrics.scoring import Scorer, TemporalScorer, match_prediction, original_matte


def perfect(sample: Sample) -> Prediction:
    return Prediction(sample.alpha / np.float32(255), sample.foreground / np.float32(255))


def test_a_perfect_prediction_scores_zero_everywhere(sample: Sample) -> None:
    scores = Scorer("torch").score(sample, perfect(sample))
    assert scores == dict.fromkeys(
        ("alpha_mad", "alpha_mse", "alpha_grad", "foreground_mse", "alpha_sad", "alpha_conn"), 0.0
    )


def test_foreground_is_undefined_without_a_person(sample: Sample) -> None:
    empty = replace(sample, alpha=np.zeros_like(sample.alpha))
    assert Scorer("torch").score(empty, perfect(empty))["foreground_mse"] is None


def test_a_smaller_prediction_is_brought_to_size(sample: Sample) -> None:
    small = Prediction(np.ones((4, 4), np.float32), np.zeros((4, 4, 3), np.float32))
    assert match_prediction(sample, small).foreground.shape == (8, 8, 3)
    assert Scorer("torch").score(sample, small)["alpha_mad"] == 500
    fitting = perfect(sample)
    assert match_prediction(sample, fitting) is fitting


def test_an_original_that_gives_the_ground_truth_measures_as_that_does(sample: Sample) -> None:
    rng = np.random.default_rng(1)
    scorers = Scorer("accuracy", consecutive=True), Scorer("agreement", consecutive=True)
    for name in ("a/1", "a/2"):
        alpha, colours = rng.integers(0, 8, (8, 8), np.uint8), rng.integers(0, 256, (8, 8, 3), np.uint8)
        known = replace(sample, id=name, alpha=alpha, foreground=colours)
        truth = original_matte(Pair(name, sample.source, sample.background), perfect(known))
        prediction = Prediction(rng.random((8, 8), np.float32), rng.random((8, 8, 3), np.float32))
        accuracy, agreement = (one.score(each, prediction) for one, each in zip(scorers, (known, truth), strict=True))
        assert accuracy == agreement
        assert constant_scores(truth) == pytest.approx(constant_scores(known), rel=1e-6)
    assert accuracy["dtssd"] is not None


def test_dtssd_stays_within_clips(sample: Sample) -> None:
    scorer = Scorer("torch", consecutive=True)
    wrong = Prediction(perfect(sample).alpha * np.float32(0.5), perfect(sample).foreground)
    obtained = [
        scorer.score(replace(sample, id=name), prediction)["dtssd"]
        for name, prediction in [
            ("a/1", perfect(sample)),
            ("a/2", wrong),
            ("a/3", wrong),
            ("b/1", perfect(sample)),
            ("b/2", perfect(sample)),
        ]
    ]
    assert obtained == [None, pytest.approx(100 * np.sqrt(0.5 * 0.25)), 0.0, None, 0.0]


def test_dtssd_is_left_out_when_frames_are_not_consecutive(sample: Sample) -> None:
    assert "dtssd" not in Scorer("torch").score(sample, perfect(sample))


def test_frames_out_of_order_are_refused(sample: Sample) -> None:
    scorer = TemporalScorer()
    scorer.score(replace(sample, id="a/2"), perfect(sample))
    with pytest.raises(DataError, match="sample a/1: dtSSD needs a clip's frames in order, found it after a/2"):
        scorer.score(replace(sample, id="a/1"), perfect(sample))


def test_errors_name_variant_and_sample(sample: Sample) -> None:
    broken = perfect(sample)
    broken.alpha[0, 0] = np.nan
    with pytest.raises(DataError, match="variant ir-fp32@f32, sample a/0001: predicted alpha: expected finite"):
        Scorer("ir-fp32@f32").score(sample, broken)

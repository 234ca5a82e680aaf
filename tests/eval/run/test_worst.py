"""The worst samples: which are kept, in which order, and with what."""

from dataclasses import replace

import numpy as np
import pytest

from configs.errors import DataError
from datasets.samples.sample import Prediction, Sample
from eval.run.worst import Movement, WorstSamples

Kept = tuple[str, str | None]


def _keep(sample: Sample, original: Prediction, variant: str | None, converted: Prediction | None) -> Kept:
    assert (variant is None) == (converted is None)
    return sample.id, variant


def _offer(samples: WorstSamples[Kept], sample: Sample, name: str, original: float, **converted: float) -> None:
    scores = {"torch": original, **converted}
    matte = Prediction(np.zeros(sample.size, np.float32), np.zeros((*sample.size, 3), np.float32))
    samples.offer(replace(sample, id=name), "torch", dict.fromkeys(scores, matte), scores)


def test_the_largest_drift_comes_first_then_the_larger_score_then_the_later_id(sample: Sample) -> None:
    samples = WorstSamples(4, _keep)
    _offer(samples, sample, "c/1", 1.0, onnx=1.0)
    _offer(samples, sample, "c/2", 1.0, onnx=1.25, ir=0.5)
    _offer(samples, sample, "c/3", 9.0, onnx=9.0)
    _offer(samples, sample, "c/4", 9.0, onnx=9.0)
    _offer(samples, sample, "c/5", 1.0, onnx=2.0)
    assert samples.ranked() == [
        (Movement("c/5", "onnx", 1.0, 1.0), ("c/5", "onnx")),
        (Movement("c/2", "ir", 1.0, -0.5), ("c/2", "ir")),
        (Movement("c/4", "onnx", 9.0, 0.0), ("c/4", "onnx")),
        (Movement("c/3", "onnx", 9.0, 0.0), ("c/3", "onnx")),
    ]


def test_nothing_is_made_of_a_sample_that_is_not_kept(sample: Sample) -> None:
    made: list[str] = []

    def keep(sample: Sample, *_: object) -> None:
        made.append(sample.id)

    samples: WorstSamples[None] = WorstSamples(1, keep)
    scores = {"torch": 1.0}
    matte = Prediction(np.zeros(sample.size, np.float32), np.zeros((*sample.size, 3), np.float32))
    for name, value in (("c/2", 2.0), ("c/1", 1.0)):
        samples.offer(replace(sample, id=name), "torch", {"torch": matte}, {**scores, "torch": value})
    assert made == ["c/2"]
    with pytest.raises(DataError, match="sample a/0001: expected predictions and Alpha MAD of torch"):
        samples.offer(sample, "torch", {}, scores)

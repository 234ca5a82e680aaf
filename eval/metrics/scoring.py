"""Scores of one variant, sample by sample, in the order of the set."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from configs.errors import DataError
from datasets.samples.names import natural_key
from datasets.samples.sample import Pair, Prediction, clip_of
from eval.metrics.mattes import Comparison
from eval.metrics.measures import METRICS, dtssd, match_size
from eval.metrics.truth import Truth, TruthImage, UnitTruth

Scores = dict[str, float | None]


def original_matte(sample: Pair, original: Prediction) -> UnitTruth:
    """Return what the original gives for a sample as the truth of agreement, at the sample's size.

    Raises:
        DataError: the prediction is of a wrong shape or type.
    """
    matched = match_prediction(sample, original)
    return UnitTruth(sample.id, matched.alpha, matched.foreground)


def match_prediction(sample: Pair | Truth, prediction: Prediction) -> Prediction:
    """Return the prediction at the sample's size (see `match_size`); the same object when it already fits."""
    alpha = match_size(prediction.alpha, sample.size)
    foreground = None if prediction.foreground is None else match_size(prediction.foreground, sample.size)
    if alpha is prediction.alpha and foreground is prediction.foreground:
        return prediction
    return Prediction(alpha=alpha, foreground=foreground)


@dataclass(frozen=True, slots=True)
class _Frame:
    id: str
    alpha: NDArray[np.float32]
    truth: TruthImage


class TemporalScorer:
    """dtSSD along the frames of each clip, holding one frame, which is `clip_of` its id."""

    def __init__(self) -> None:
        self._previous: _Frame | None = None

    def follow(self, sample: Truth, prediction: Prediction) -> _Frame:
        """Take a frame for the one before the next."""
        self._previous = _Frame(sample.id, prediction.alpha, sample.alpha)
        return self._previous

    def score(self, sample: Truth, prediction: Prediction) -> float | None:
        """Return dtSSD against the frame given before, or None for the first frame of a clip.

        Raises:
            DataError: the frame does not come after the previous one of its clip in the order of ids.
        """
        previous = self._previous
        frame = self.follow(sample, prediction)
        if previous is None or clip_of(previous.id) != clip_of(frame.id):
            return None
        if natural_key(frame.id) <= natural_key(previous.id):
            raise DataError(f"sample {frame.id}: dtSSD needs a clip's frames in order, found it after {previous.id}")
        return dtssd(frame.alpha, previous.alpha, frame.truth, previous.truth)


class Scorer:
    """Every metric of `METRICS` for the predictions of one variant.

    Args:
        variant: its name, for errors.
        consecutive: whether the frames of a clip follow each other in time; without it dtSSD is left out.
    """

    def __init__(self, variant: str, consecutive: bool = False) -> None:
        self._variant = variant
        self._temporal = TemporalScorer() if consecutive else None

    def follow(self, sample: Truth, prediction: Prediction) -> None:
        """Take a frame for the one before the next, without scoring it.

        Raises:
            DataError: as `score`.
        """
        if self._temporal is not None:
            self._temporal.follow(sample, match_prediction(sample, prediction))

    def score(self, sample: Truth, prediction: Prediction) -> Scores:
        """Return metric name to score, None where undefined; the prediction is brought to the sample's size first.

        Raises:
            DataError: the prediction has a wrong shape or type, or holds values that are not finite.
        """
        try:
            matched = match_prediction(sample, prediction)
            comparison = Comparison(sample, matched)
            scores: Scores = {m.name: m.function(comparison) for m in METRICS if m.function is not None}
            if self._temporal is not None:
                scores["dtssd"] = self._temporal.score(sample, matched)
        except DataError as error:
            raise DataError(f"variant {self._variant}, sample {sample.id}: {error}") from error
        return scores

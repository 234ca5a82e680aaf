"""A predicted matte beside the true one: checked once, and where they differ found once, for every metric of alpha."""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from datasets.samples.histograms import Window, window_of
from datasets.samples.sample import Prediction
from eval.metrics.arrays import float_image, require_float, unit_truth
from eval.metrics.truth import Truth, TruthImage


class Mattes:
    """Two mattes of one picture, which mostly are the same: exactly 0 outside the person, exactly 1 inside.

    Where they are the same no metric of alpha counts anything, so what a metric sums it sums over `places`.

    Args:
        alpha: (H, W) float32, 0..1: the prediction.
        truth: (H, W) uint8, or float32 0..1.

    Attributes:
        obtained: the prediction, (H, W) float32.
        expected: the truth, (H, W) float32.
        places: where they differ, as indices of the flattened (H, W), ascending.
        differences: by how much there, obtained less expected, float32.

    Raises:
        DataError: shapes or types differ from these, or `alpha` is not finite.
    """

    def __init__(self, alpha: NDArray[np.float32], truth: TruthImage) -> None:
        self.expected = np.ascontiguousarray(unit_truth("ground truth alpha", truth))
        require_float("predicted alpha", alpha, self.expected.shape)
        self.obtained = np.ascontiguousarray(alpha)
        self._differs = self.obtained != self.expected
        self.places = np.flatnonzero(self._differs)
        self.differences = self.at_places(self.obtained) - self.at_places(self.expected)
        # A NaN or an infinity differs from any truth: the others need not be looked at.
        if not np.isfinite(self.differences).all():
            float_image("predicted alpha", alpha, self.expected.shape)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.expected.shape[0], self.expected.shape[1]

    def at_places(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return an image's values where the mattes differ."""
        return image.ravel()[self.places]

    @cached_property
    def window(self) -> Window:
        """The rows and columns of the smallest rectangle around where they differ."""
        return window_of(self._differs)

    @cached_property
    def absolute(self) -> float:
        """The sum of the absolute differences."""
        return float(np.abs(self.differences).sum(dtype=np.float64))

    @cached_property
    def squared(self) -> float:
        """The sum of the squared differences."""
        return float(np.square(self.differences).sum(dtype=np.float64))


class Comparison:
    """A prediction beside what it is measured against, both of one size: what a metric of one sample is given.

    Args:
        truth: what it is measured against.
        prediction: at the truth's size.
    """

    def __init__(self, truth: Truth, prediction: Prediction) -> None:
        self.truth, self.prediction = truth, prediction

    @cached_property
    def mattes(self) -> Mattes:
        """The two alphas; errors as `Mattes`."""
        return Mattes(self.prediction.alpha, self.truth.alpha)

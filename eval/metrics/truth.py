"""What a matte is measured against: a sample's ground truth, or where there is none the original's own matte."""

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from datasets.samples.sample import Pair, Sample

TruthKind = Literal["ground truth", "original"]
"""`ground truth`: figures are errors, of accuracy. `original`: figures are agreement with what the original gives."""

AGREEMENT_NOTE = (
    "This set has no ground truth: every figure is agreement with the original's own matte, not accuracy, and what "
    "both get wrong counts as agreement."
)

TruthImage = NDArray[np.uint8] | NDArray[np.float32]
"""uint8 0..255, as ground truth lies on disk, or float32 0..1, as a network gave it."""


class Truth(Protocol):
    """What predictions of one sample are measured against; a `Sample` is one by its ground truth.

    Attributes:
        id: the sample's.
        alpha: (H, W).
        foreground: (H, W, 3) RGB, straight colours; None from a network that gives alpha alone.
        size: H, W.
    """

    @property
    def id(self) -> str: ...
    @property
    def alpha(self) -> TruthImage: ...
    @property
    def foreground(self) -> TruthImage | None: ...
    @property
    def size(self) -> tuple[int, int]: ...


@dataclass(frozen=True, slots=True, eq=False)
class UnitTruth:
    """A truth of float32 0..1: what the original gives for a sample.

    Attributes:
        id: the sample's.
        alpha: (H, W), neither rounded nor clipped.
        foreground: (H, W, 3) RGB; None from a network that gives alpha alone.
    """

    id: str
    alpha: NDArray[np.float32]
    foreground: NDArray[np.float32] | None

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.alpha.shape[0], self.alpha.shape[1]


def as_sample(pair: Pair, original: UnitTruth) -> Sample:
    """Return a pair as a sample whose ground truth is the original's matte, rounded to 8 bits: for pictures and maps.

    Args:
        pair: the sample.
        original: what the original gives for it. The source stands in for colours that it does not give.
    """
    foreground = pair.source if original.foreground is None else _bytes(original.foreground)
    return Sample(pair.id, pair.source, pair.background, _bytes(original.alpha), foreground, tags=pair.tags)


def _bytes(image: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.asarray(np.rint(image.clip(0, 1) * 255), np.uint8)

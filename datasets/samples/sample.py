"""The values that travel through the toolkit: a pair or a sample from a data set, and a prediction from a runner."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from configs.errors import DataError


def clip_of(sample_id: str) -> str:
    """Return the clip of a sample: its id's part before the last `/`."""
    return sample_id.rpartition("/")[0]


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """One frame to matte: source and, for networks that take one, background plate of the same height and width.

    Attributes:
        id: unique within its set and stable, `<clip>/<frame>` in OMZ's layout.
        source: (H, W, 3) uint8 RGB, the composite, or a picture as it was taken.
        background: (H, W, 3) uint8 RGB, the background plate: the scene without the person; None in a set without any.
        tags: by which reports group samples, such as `motion-blur`.
    """

    id: str
    source: NDArray[np.uint8]
    background: NDArray[np.uint8] | None
    tags: tuple[str, ...] = field(default=(), kw_only=True)

    @property
    def images(self) -> dict[str, NDArray[np.uint8]]:
        """What a network may be given of it: the images by role, `source` and `background`."""
        plate = {} if self.background is None else {"background": self.background}
        return {"source": self.source, **plate}

    @property
    def plate(self) -> NDArray[np.uint8]:
        """The background plate, for what cannot do without.

        Raises:
            DataError: there is none.
        """
        if self.background is None:
            raise DataError(f"sample {self.id}: has no background plate (no bgr/ in its set), and this needs one")
        return self.background

    @property
    def clip(self) -> str:
        """The clip that it is a frame of."""
        return clip_of(self.id)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.source.shape[0], self.source.shape[1]


@dataclass(frozen=True, slots=True, eq=False)
class Sample(Pair):
    """A pair with its ground truth, of the same height and width.

    Attributes:
        alpha: (H, W) uint8, 0 transparent to 255 opaque.
        foreground: (H, W, 3) uint8 RGB, straight (not premultiplied) colours; without meaning where alpha is 0.
    """

    alpha: NDArray[np.uint8]
    foreground: NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """What a runner returns for a sample, at the network's size.

    Attributes:
        alpha: (H, W) float32, 0..1; neither rounded nor clipped again.
        foreground: (H, W, 3) float32 RGB, 0..1; None from a network that gives alpha alone.
    """

    alpha: NDArray[np.float32]
    foreground: NDArray[np.float32] | None = None

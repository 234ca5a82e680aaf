"""Bring a frame of any size to the network's with its aspect kept, and what the network gives back to the frame's."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from configs.errors import DataError
from configs.sizes import size_text

Size = tuple[int, int]
"""Height and width in pixels."""


@dataclass(frozen=True, slots=True)
class Fit:
    """Where a frame lies in the network's: as large as fits, in the middle, its outermost pixels repeated around it.

    Attributes:
        frame: size of the frame.
        network: size that the network takes.
        inner: size of the frame there.
        top, left: first row and column of the frame there.
    """

    frame: Size
    network: Size
    inner: Size
    top: int
    left: int

    @classmethod
    def of(cls, frame: Size, network: Size) -> "Fit":
        """Fit a frame of one size into a network of another.

        Raises:
            DataError: the frame has no pixels, or is so narrow that nothing of it would be left.
        """
        if min(frame) < 1:
            raise DataError(f"expected a frame with pixels, found {size_text(frame)}")
        scale = min(network[0] / frame[0], network[1] / frame[1])
        inner = (min(network[0], round(frame[0] * scale)), min(network[1], round(frame[1] * scale)))
        if min(inner) < 1:
            raise DataError(f"a frame of {size_text(frame)} is too narrow for a network of {size_text(network)}")
        return cls(frame, network, inner, (network[0] - inner[0]) // 2, (network[1] - inner[1]) // 2)

    @property
    def padded(self) -> float:
        """The share of the network's pixels that show nothing of the frame, 0..1."""
        return 1 - self.inner[0] * self.inner[1] / (self.network[0] * self.network[1])

    def enter(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return an image of the frame's size at the network's: (H, W, 3) uint8.

        Raises:
            DataError: the image is of another size or kind.
        """
        if image.dtype != np.uint8 or image.shape != (*self.frame, 3):
            raise DataError(
                f"expected an image of {size_text(self.frame)} in uint8 RGB, found {image.shape} {image.dtype}"
            )
        height, width = self.inner
        if self.frame != self.inner:
            # As runners resize, and accuracy_checker: it averages when it shrinks.
            image = np.asarray(Image.fromarray(image).resize((width, height), Image.Resampling.BILINEAR))
        if self.inner == self.network:
            return np.ascontiguousarray(image)
        bottom, right = self.network[0] - height - self.top, self.network[1] - width - self.left
        return np.pad(image, ((self.top, bottom), (self.left, right), (0, 0)), mode="edge")

    def leave(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return what the network gave, (H, W) or (H, W, C) float32, for the frame's own pixels at the frame's size."""
        height, width = self.inner
        inside = values[self.top : self.top + height, self.left : self.left + width]
        if self.frame == self.inner:
            return np.ascontiguousarray(inside)
        grows = self.frame[0] >= height
        back: NDArray[np.float32] = cv2.resize(
            inside, self.frame[::-1], interpolation=cv2.INTER_LINEAR if grows else cv2.INTER_AREA
        )
        return back

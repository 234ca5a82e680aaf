"""Targets that show what a composite hides: the matte itself, and the person's colours; and previews for a screen."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from configs.errors import UsageError
from datasets.plates.pictures import shrunk
from demo.composing.blend import as_bytes, colours_of
from demo.composing.targets import Target
from demo.matting.matter import Frame, Matte

VIEWS = ("composite", "alpha", "foreground")
LONGEST = 1600
"""Pixels of a preview's longest side; downloads have the frame's own size."""
_QUALITY = 88


class Alpha(Target):
    """The matte in grey."""

    def background(self, source: Frame, plate: Frame | None) -> Frame:
        """Return black: a matte has none."""
        return np.zeros_like(source)

    def compose(self, matte: Matte, source: Frame, plate: Frame | None) -> NDArray[np.uint8]:
        """Return alpha as (H, W, 3) uint8."""
        return np.repeat(as_bytes(matte.alpha)[..., None], 3, axis=2)


class Foreground(Target):
    """The person's colours as the network gives them, over the whole frame."""

    def background(self, source: Frame, plate: Frame | None) -> Frame:
        """Return black: colours have none."""
        return np.zeros_like(source)

    def compose(self, matte: Matte, source: Frame, plate: Frame | None) -> NDArray[np.uint8]:
        """Return the colours as (H, W, 3) uint8."""
        return colours_of(matte, source)


def seen_as(view: str, target: Target) -> Target:
    """Return the target that makes a view: `composite` is the target itself.

    Raises:
        UsageError: there is no such view.
    """
    if view not in VIEWS:
        raise UsageError(f"view {view!r}: expected {', '.join(VIEWS)}")
    return {"composite": target, "alpha": Alpha(), "foreground": Foreground()}[view]


def difference(first: NDArray[np.float32], second: NDArray[np.float32], times: int) -> NDArray[np.uint8]:
    """Return |first - second| of two mattes, amplified, (H, W, 3) uint8: black where they are equal."""
    apart = as_bytes(np.asarray(np.minimum(np.abs(first - second) * times, 1), np.float32))
    return np.asarray(cv2.cvtColor(cv2.applyColorMap(apart, cv2.COLORMAP_INFERNO), cv2.COLOR_BGR2RGB), np.uint8)


def write_preview(path: Path, image: NDArray[np.uint8]) -> Path:
    """Write (H, W, 3) or (H, W, 4) uint8, shrunk to what a screen shows, as WebP."""
    # Not the slowest method, as for files that are kept: somebody waits.
    Image.fromarray(shrunk(np.ascontiguousarray(image), LONGEST)).save(path, "WEBP", quality=_QUALITY, method=2)
    return path

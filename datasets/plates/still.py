"""A plate where none was taken: the temporal median of a video whose camera does not move."""

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from configs.errors import DataError
from configs.sizes import Size, size_text
from datasets.plates import following
from datasets.plates.homographies import MINIMUM_INLIERS, shifts
from datasets.plates.pictures import Image, Mask, evened, grey, shrunk, size_of

FEWEST_FRAMES: Final = 5
LARGEST_MOVE: Final = 0.75
"""Pixels of a frame 1280 across by which a camera that stands still seems to move."""
_LONGEST: Final = 480
_LOOKED_AT: Final = 9
_AGREE: Final = 14
"""Levels within which a frame shows what the median does."""
_FREE: Final = 0.6
"""Share of the frames that must agree with the median at a pixel."""
_STILL: Final = 0.003
"""Share of the frame that moves at least, where somebody moves."""
_COVERED: Final = 0.002
"""Share of the frame that may never be free."""
_BYTES: Final = 1 << 26
_REMEDY: Final = "take a plate, the scene without the person, and give it with --background"


def still_plate(frames: Sequence[Image]) -> Image:
    """Return the scene without whoever moves before it: the median of a static video's frames, pixel by pixel.

    A pixel comes out right if more than half of the frames show the background there, so spread the frames over the
    video. What cannot be told from pixels: somebody who keeps still while others move becomes part of the plate.

    Args:
        frames: (H, W, 3) uint8 RGB each, of one size, five or more; some tens are enough.

    Returns:
        (H, W, 3) uint8 RGB.

    Raises:
        DataError: too few frames or of several sizes, the camera moves, nothing moves, or a part of the scene is hidden
            in most of the frames.
    """
    if len(frames) < FEWEST_FRAMES:
        raise DataError(
            f"a plate is estimated from {FEWEST_FRAMES} frames or more, found {len(frames)}: give more, or {_REMEDY}"
        )
    size = size_of(frames[0])
    for index, frame in enumerate(frames):
        if size_of(frame) != size:
            raise DataError(
                f"frame {index} is {size_text(size_of(frame))}, the first {size_text(size)}; expected one size"
            )
    _require_still_camera(frames)
    _require_free(np.stack([shrunk(frame, _LONGEST) for frame in frames]), size)
    return _median(frames)


def _require_still_camera(frames: Sequence[Image]) -> None:
    """Follow the first frame's corners into others; where there are too few, as before a plain wall, none moves."""
    first, *others = (evened(grey(frames[index], following.LONGEST)) for index in _spread(len(frames), _LOOKED_AT))
    points = following.corners(first)
    size = size_of(frames[0])
    scale = max(1.0, max(size) / following.LONGEST)
    lost = 0
    for other in others:
        found = following.follow(first, points, other, np.eye(3), MINIMUM_INLIERS, levels=3)
        lost += found is None
        moved = 0.0 if found is None else float(np.median(shifts(found.homography, first.shape)))
        if moved > LARGEST_MOVE:
            raise DataError(
                f"the camera moves, by {moved * scale:.1f} pixels, so that no plate can be estimated from the video: "
                f"{_REMEDY}"
            )
    if len(points) >= 2 * MINIMUM_INLIERS and lost > len(others) / 2:
        raise DataError(f"the camera moves, or the frames show several scenes: {_REMEDY}")


def _require_free(frames: NDArray[np.uint8], size: Size) -> None:
    """Look at how many of the shrunk frames, (N, h, w, 3), agree with their median, pixel by pixel."""
    median = np.median(frames, axis=0).astype(np.int16)
    agree = (np.abs(frames - median).max(axis=3) <= _AGREE).mean(axis=0)
    if float((agree < 1 - 1 / len(frames) / 2).mean()) < _STILL:
        raise DataError(
            f"nothing moves in the video, so whoever stands in it would become part of the plate: {_REMEDY}, or give a "
            "video that the person walks through"
        )
    covered = _with_enclosed(agree < _FREE)
    share = float(covered.mean())
    if share > _COVERED:
        rows, columns = np.nonzero(covered)
        factor = size[1] / covered.shape[1]
        left, right, top, bottom = (
            round(side * factor) for side in (columns.min(), columns.max() + 1, rows.min(), rows.max() + 1)
        )
        raise DataError(
            f"{share:.0%} of the scene, within x {left} to {right} and y {top} to {bottom}, is hidden in most of the "
            f"frames, or never rests: give frames in which all of it is free most of the time, or {_REMEDY}"
        )


def _with_enclosed(hidden: Mask) -> Mask:
    """Return what is hidden and what lies within: of somebody who sways, only the outline changes."""
    closed = cv2.morphologyEx(hidden.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    # What changes at single pixels is noise.
    closed = cv2.morphologyEx(closed, cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    _, labels, found, _ = cv2.connectedComponentsWithStats(1 - closed, connectivity=4)
    areas = found[1:, cv2.CC_STAT_AREA]
    return labels != 1 + int(np.argmax(areas)) if len(areas) else np.ones_like(hidden)


def _median(frames: Sequence[Image]) -> Image:
    """Return the median of the frames, in bands of rows, so that memory stays bounded."""
    height, width = size_of(frames[0])
    rows = max(1, _BYTES // (len(frames) * width * 3))
    plate = np.empty_like(frames[0])
    for top in range(0, height, rows):
        band = np.stack([frame[top : top + rows] for frame in frames])
        band.partition((len(frames) - 1) // 2, axis=0)
        plate[top : top + rows] = band[(len(frames) - 1) // 2]
    return plate


def _spread(count: int, most: int) -> list[int]:
    """Return up to `most` places of `count`, from the first to the last, evenly."""
    return sorted({round(place) for place in np.linspace(0, count - 1, min(count, most))})

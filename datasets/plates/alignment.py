"""Bring a plate to the frame's place: a robust homography of the background alone, and the plate seen through it."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from configs.sizes import Size
from datasets.plates import features, following
from datasets.plates.filling import filled
from datasets.plates.homographies import (
    MINIMUM_INLIERS,
    Homography,
    between_originals,
    between_shrunk,
    corners_of,
    fit_homography,
    fitting,
    moved_points,
    rotation,
    shift_of,
)
from datasets.plates.pictures import Grey, Image, evened, fitted, grey, grey_pair, size_of, stretched

COARSE_TOLERANCE: Final = 3.0
"""Pixels, of pictures at most 800 across, within which matched features agree."""
LEAST_SHIFT: Final = 0.25
"""Pixels at 1280 across below which a plate is left as it is; docs/plates.md says how it was chosen."""
LEAST_GAIN: Final = 0.05
"""Share by which the best part of the frame must come nearer to the plate for the alignment to count as a help."""
_TILE: Final = 16
_BEST: Final = 0.4
"""Share of the frame that may be taken for background: a person covers up to 60 %."""


@dataclass(frozen=True, eq=False)
class Alignment:
    """Where a plate lies in a frame.

    Attributes:
        homography: (3, 3), from pixels of the plate as it is to pixels of the frame.
        inliers: matches that agree with it.
        plate_size, frame_size: height and width of the two.
        source: (H, W, 3) uint8, the frame, which fills what the plate does not show.
    """

    homography: Homography
    inliers: int
    plate_size: Size
    frame_size: Size
    source: Image = field(repr=False)

    @cached_property
    def shift(self) -> float:
        """How far the plate lies from the frame, in pixels of the frame: the root mean square over the frame.

        A plate of another size counts as brought to the frame's size first.
        """
        return shift_of(self._from_fitted, self.frame_size)

    @cached_property
    def rotation(self) -> float:
        """How far the plate must be turned clockwise, in degrees."""
        return rotation(self._from_fitted, self.frame_size)

    @property
    def _from_fitted(self) -> Homography:
        return np.asarray(self.homography @ np.linalg.inv(fitting(self.plate_size, self.frame_size)))

    def warp(self, plate: Image) -> Image:
        """Return the plate in the frame's place, (H, W, 3) uint8 of the frame's size.

        What the plate does not show is filled as `datasets.plates.filling.filled` says.
        """
        warped, shown = self.warped(plate)
        return filled(warped, shown, self.source)

    def warped(self, plate: Image) -> tuple[Image, NDArray[np.bool_]]:
        """Return the plate in the frame's place, its outermost pixels repeated, and what of it the plate shows."""
        size = self.frame_size[::-1]
        shown = np.zeros(self.frame_size, np.uint8)
        outline = moved_points(self.homography, corners_of(self.plate_size))
        cv2.fillConvexPoly(shown, np.rint(outline * 256).astype(np.int32), 1, shift=8)
        # The outline's own pixels are shown in part only.
        shown = cv2.erode(shown, np.ones((3, 3), np.uint8), borderValue=1)
        warped = cv2.warpPerspective(
            plate, self.homography, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
        )
        return np.asarray(warped, np.uint8), shown > 0


def align_plate(source: Image, plate: Image, *, minimum_inliers: int = MINIMUM_INLIERS) -> Alignment | None:
    """Find where a plate lies in a frame, by features of the background; those on the person are voted out.

    Features match the two coarsely (SIFT, MAGSAC++), whatever lies between them; corners followed from the plate so
    moved into the frame give the homography to a part of a pixel. Both work at a bounded size.

    Args:
        source: (H, W, 3) uint8 RGB, the frame.
        plate: (H, W, 3) uint8 RGB, of any size.
        minimum_inliers: matches that must agree, in the coarse and in the fine estimate.

    Returns:
        None, refused: too few agree, or in too small a part of the frame, as before a plain wall.
    """
    frame_size, plate_size = size_of(source), size_of(plate)
    coarse = _coarse(source, plate, minimum_inliers)
    if coarse is None:
        return None
    fine_plate, fine_frame = map(evened, grey_pair(plate, source, following.LONGEST))
    pairs = (plate_size, fine_plate.shape), (frame_size, fine_frame.shape)
    points, guess = following.corners(fine_plate), between_shrunk(coarse, *pairs)
    near = following.follow(fine_plate, points, fine_frame, guess, minimum_inliers, levels=2)
    fine = near and following.follow(fine_plate, points, fine_frame, near.homography, minimum_inliers, levels=0)
    if fine is None:
        return None
    return Alignment(between_originals(fine.homography, *pairs), fine.inliers, plate_size, frame_size, source)


def helps(source: Image, plate: Image, aligned: Image) -> bool:
    """Return whether an aligned plate fits the frame measurably better than the plate as it was.

    Both are compared with the frame, exposure taken out, tile by tile. The 40 % of the tiles that fit best with one or
    the other are taken for background, and must differ by 5 % less with the aligned plate.

    Args:
        source: (H, W, 3) uint8 RGB, the frame.
        plate: of any size, brought to the frame's where it is another.
        aligned: (H, W, 3) uint8, of the frame's size.
    """
    frame, *plates = (_smooth(image) for image in (source, fitted(plate, size_of(source)), aligned))
    before, after = (_tiles(cv2.absdiff(frame, other)) for other in plates)
    best = np.minimum(before, after)
    chosen = best <= np.quantile(best, _BEST)
    return float(after[chosen].sum()) < (1 - LEAST_GAIN) * float(before[chosen].sum())


def _smooth(image: Image) -> Grey:
    # Interpolation smooths noise away, which is no better fit; so noise is smoothed away first.
    return evened(np.asarray(cv2.GaussianBlur(grey(image, following.LONGEST), (0, 0), 1.2), np.uint8))


def _tiles(difference: Grey) -> NDArray[np.float32]:
    height, width = (max(1, side // _TILE) for side in difference.shape)
    return np.asarray(cv2.resize(difference.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA))


def _coarse(source: Image, plate: Image, minimum: int) -> Homography | None:
    small_plate, small_frame = map(stretched, grey_pair(plate, source, features.LONGEST))
    from_plate, from_frame = features.matched(features.features_of(small_plate), features.features_of(small_frame))
    fitted_ = fit_homography(from_plate, from_frame, small_frame.shape, COARSE_TOLERANCE, minimum)
    if fitted_ is None:
        return None
    sizes = (size_of(plate), small_plate.shape), (size_of(source), small_frame.shape)
    return between_originals(fitted_.homography, *sizes)

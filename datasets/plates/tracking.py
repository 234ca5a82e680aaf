"""A plate for every frame of a video: aligned while the camera moves, its colours evened, without trembling."""

from typing import Final

import cv2
import numpy as np

from configs.schema import Align
from configs.sizes import Size
from datasets.plates import following
from datasets.plates.agreement import agreement
from datasets.plates.alignment import LEAST_SHIFT, Alignment, align_plate, helps
from datasets.plates.colour import Colours, fit_colours, recoloured
from datasets.plates.filling import filled
from datasets.plates.homographies import (
    MINIMUM_INLIERS,
    Homography,
    between_originals,
    between_shrunk,
    corners_of,
    moved_points,
)
from datasets.plates.pictures import Image, evened, fitted, grey, grey_pair, size_of

_TREMBLE: Final = 0.25
"""Pixels, of a frame 1280 across, by which two estimates of one place differ."""
_COLOUR_SHARE: Final = 0.15
"""How much of the newest frame's colours enters those in use."""
_LONGEST_WAIT: Final = 32
_PER_CELL: Final = 6


class PlateTracker:
    """Gives each frame its plate, of the frame's own size; frames come in order.

    Args:
        plate: (H, W, 3) uint8 RGB, of any size.
        align: `auto` aligns from the first frame on where it measurably helps, and from then on always.
        match: whether exposure and white balance are evened as well.
        minimum_inliers: as `align_plate`.
    """

    def __init__(
        self, plate: Image, align: Align = "auto", match: bool = False, *, minimum_inliers: int = MINIMUM_INLIERS
    ) -> None:
        self.plate = plate
        self._plate_size = size_of(plate)
        self._align: Align = align
        self._match = match
        self._minimum = minimum_inliers
        self._frame_size: Size | None = None
        self._small = np.empty((0, 0), np.uint8)
        self._points = np.empty((0, 2), np.float32)
        self._last: Alignment | None = None
        self._colours: Colours | None = None
        self._on = align == "always"
        self._wait = self._next = 1
        self._frames = self._lost = self._never = self._uneven = self._aligned = 0
        self._first_lost: int | None = None

    @property
    def lines(self) -> tuple[str, ...]:
        """What went wrong so far, one line a kind, each with what to do."""
        lines = []
        if self._never:
            lines.append(
                f"{_of(self._never, self._frames)}: the plate could not be aligned (fewer than {self._minimum} places "
                "of the background agree) and was used as it is: take plate and frames from one place, or choose "
                "--align off"
            )
        if self._lost:
            lines.append(
                f"{_of(self._lost, self._frames)}, from frame {self._first_lost} on: the plate could not be followed, "
                "and the last good alignment was used: hold the camera so that more of the background is in view"
            )
        if self._uneven:
            lines.append(
                f"{_of(self._uneven, self._frames)}: too little of the background shows in frame and plate to even "
                "colours: lock the camera's exposure and white balance"
            )
        return tuple(lines)

    @property
    def aligned_frames(self) -> int:
        """How many frames got an aligned plate."""
        return self._aligned

    @property
    def evened_frames(self) -> int:
        """How many frames got a plate in their own colours."""
        return self._frames - self._uneven if self._match else 0

    def plate_for(self, frame: Image) -> Image:
        """Return the plate for the next frame, (H, W, 3) uint8 of its size.

        Args:
            frame: (H, W, 3) uint8 RGB; where its size changes, tracking starts anew.
        """
        self._enter(frame)
        alignment = None if self._align == "off" else self._located(frame)
        if alignment is None:
            return self._evened(fitted(self.plate, size_of(frame)), frame)
        warped, shown = alignment.warped(self.plate)
        if not self._on:
            self._on = self._needed(alignment) and helps(frame, self.plate, filled(warped, shown, frame))
        if not self._on:
            return self._evened(fitted(self.plate, size_of(frame)), frame)
        self._aligned += 1
        return filled(self._evened(warped, frame), shown, frame)

    def _enter(self, frame: Image) -> None:
        self._frames += 1
        if (size := size_of(frame)) != self._frame_size:
            self._small = evened(grey_pair(self.plate, frame, following.LONGEST)[0])
            self._points = following.corners(self._small, _PER_CELL)
            self._frame_size, self._last, self._colours = size, None, None
            self._wait, self._next = 1, self._frames

    @staticmethod
    def _needed(alignment: Alignment) -> bool:
        return alignment.shift > LEAST_SHIFT * max(alignment.frame_size) / following.LONGEST

    def _located(self, frame: Image) -> Alignment | None:
        """Return where the plate lies in a frame, or lay in the last that it was found in."""
        found = self._followed(frame) if self._last is not None else None
        # Looking for the plate anew takes long; where it is not to be found, do it ever more rarely.
        if found is None and self._frames >= self._next:
            found = align_plate(frame, self.plate, minimum_inliers=self._minimum)
            if found is None:
                self._next, self._wait = self._frames + self._wait, min(_LONGEST_WAIT, 2 * self._wait)
        if found is not None:
            self._wait, self._next = 1, self._frames
            self._last = self._steadied(found)
        elif self._last is None:
            self._never += 1
        else:
            self._lost += 1
            self._first_lost = self._first_lost or self._frames
            self._last = _at(self._last, self._last.homography, frame)
        return self._last

    def _followed(self, frame: Image) -> Alignment | None:
        assert self._last is not None
        small = evened(grey(frame, following.LONGEST))
        pairs = (self._plate_size, _size(self._small)), (size_of(frame), _size(small))
        guess = between_shrunk(self._last.homography, *pairs)
        found = following.follow(self._small, self._points, small, guess, self._minimum, levels=2)
        if found is None:
            return None
        homography = between_originals(found.homography, *pairs)
        return Alignment(homography, found.inliers, self._plate_size, size_of(frame), frame)

    def _steadied(self, found: Alignment) -> Alignment:
        """Return an alignment that keeps still where it differs from the last by no more than estimates do."""
        if self._last is None:
            return found
        corners = corners_of(self._plate_size)
        before, now = (moved_points(each.homography, corners) for each in (self._last, found))
        moved = float(((now - before) ** 2).sum(axis=1).mean())
        tremble = (_TREMBLE * max(found.frame_size) / following.LONGEST) ** 2
        share = moved / (moved + tremble)
        return _at(found, _through(corners, before + share * (now - before)), found.source)

    def _evened(self, plate: Image, frame: Image) -> Image:
        if not self._match:
            return plate
        found = fit_colours(agreement(frame, plate))
        if found is not None:
            self._colours = found if self._colours is None else self._colours.mixed(found, _COLOUR_SHARE)
        else:
            self._uneven += 1
        return plate if self._colours is None else recoloured(plate, self._colours, frame)


def _through(corners: np.ndarray, places: np.ndarray) -> Homography:
    found = cv2.getPerspectiveTransform(corners.astype(np.float32), places.astype(np.float32))
    return np.asarray(found / found[2, 2], np.float64)


def _at(alignment: Alignment, homography: Homography, frame: Image) -> Alignment:
    return Alignment(homography, alignment.inliers, alignment.plate_size, alignment.frame_size, frame)


def _size(picture: np.ndarray) -> Size:
    return picture.shape[0], picture.shape[1]


def _of(count: int, total: int) -> str:
    return f"{count} of {total} frames" if total > 1 else "the frame"

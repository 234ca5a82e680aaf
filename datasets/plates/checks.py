"""What is wrong with a plate, measured before a run: one line a finding, each with what to do."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from configs.sizes import Size, size_text
from datasets.plates import following
from datasets.plates.agreement import agreement
from datasets.plates.alignment import Alignment, align_plate
from datasets.plates.colour import Colours, fit_colours
from datasets.plates.homographies import MINIMUM_INLIERS
from datasets.plates.pictures import Image, Mask, fitted, shrunk, size_of

NOTABLE_SHIFT: Final = 1.0
"""Pixels of a frame 1280 across from which a shift is said; docs/plates.md says how it was chosen."""
NOTABLE_EXPOSURE: Final = 0.05
"""Share by which brightness differs from which it is said."""
NOTABLE_BALANCE: Final = 0.03
"""Share by which red or blue differ against green from which it is said."""
_SAME_LONGEST: Final = 96
_SAME_LEVELS: Final = 6
_SAME_SHARE: Final = 0.01


@dataclass(frozen=True, slots=True)
class PlateFindings:
    """What was measured of a plate against a frame.

    Attributes:
        same: the two are one picture, so that nobody would be left in the matte.
        plate_size, source_size: height and width.
        shift: how far the plate lies from the frame, in pixels of the frame (root mean square over it); None where it
            could not be measured.
        inliers: places of the background that agree on that; 0 where it could not be measured.
        rotation: how far the plate would have to be turned clockwise, in degrees; None as `shift`.
        exposure: the frame's brightness over the plate's; None where too little background shows in both.
        white_balance: the same of each channel, against green's, RGB; None as `exposure`.
        lines: one line a finding, each with what to do; none for a plate without a fault.
    """

    same: bool
    plate_size: Size
    source_size: Size
    shift: float | None
    inliers: int
    rotation: float | None
    exposure: float | None
    white_balance: tuple[float, float, float] | None
    lines: tuple[str, ...]


def check_plate(source: Image, plate: Image) -> PlateFindings:
    """Measure what is wrong with a plate.

    Args:
        source: (H, W, 3) uint8 RGB, a frame with a person.
        plate: (H, W, 3) uint8 RGB, of any size.
    """
    source_size, plate_size = size_of(source), size_of(plate)
    brought = fitted(plate, source_size)
    same = _same(source, brought, None)
    alignment = None if same else align_plate(source, plate)
    if alignment is not None:
        warped, shown = alignment.warped(plate)
        same = _same(source, warped, shown)
    colours = None if same else fit_colours(agreement(source, brought if alignment is None else warped))
    return PlateFindings(
        same=same,
        plate_size=plate_size,
        source_size=source_size,
        shift=None if alignment is None else alignment.shift,
        inliers=0 if alignment is None else alignment.inliers,
        rotation=None if alignment is None else alignment.rotation,
        exposure=None if colours is None else colours.exposure,
        white_balance=None if colours is None else colours.white_balance,
        lines=tuple(_lines(same, plate_size, source_size, alignment, colours)),
    )


def _lines(
    same: bool, plate_size: Size, source_size: Size, alignment: Alignment | None, colours: Colours | None
) -> list[str]:
    lines = []
    if plate_size != source_size:
        lines.append(
            f"the plate is {size_text(plate_size)}, the frame {size_text(source_size)}: it is brought to the frame's "
            "size; better take both with the same camera and settings"
        )
    if same:
        return [
            *lines,
            "plate and frame show the same picture, so nothing would be left in the matte: give the scene without the "
            "person as the plate",
        ]
    if alignment is None:
        lines.append(
            f"where the plate lies could not be measured: fewer than {MINIMUM_INLIERS} places of the background agree. "
            "Before a plain wall, keep the camera on a tripod; else see that the plate shows the same scene"
        )
    elif alignment.shift > NOTABLE_SHIFT * max(source_size) / following.LONGEST:
        turned = f" and is turned by {abs(alignment.rotation):.1f} degrees" if abs(alignment.rotation) >= 0.1 else ""
        lines.append(
            f"the plate lies {_pixels(alignment.shift)} away from the frame{turned}: align it with --align always "
            "(auto does where it helps), or take both from a tripod"
        )
    lines += [] if colours is None else _colour_lines(colours)
    return lines


def _colour_lines(colours: Colours) -> list[str]:
    lines = []
    red, _, blue = colours.white_balance
    if abs(colours.exposure - 1) > NOTABLE_EXPOSURE:
        word, factor = ("darker", 1 / colours.exposure) if colours.exposure < 1 else ("brighter", colours.exposure)
        lines.append(
            f"the frame is {word} than the plate by a factor of {factor:.2f}: even it with --match-plate, or lock the "
            "camera's exposure"
        )
    if max(abs(red - 1), abs(blue - 1)) > NOTABLE_BALANCE:
        lines.append(
            f"the frame's white balance differs from the plate's (red {red - 1:+.0%}, blue {blue - 1:+.0%} against "
            "green): even it with --match-plate, or lock the camera's white balance"
        )
    return lines


def _pixels(shift: float) -> str:
    return f"{shift:.1f} pixels" if shift < 10 else f"{shift:.0f} pixels"


def _same(source: Image, plate: Image, shown: Mask | None) -> bool:
    """Return whether two pictures of one size are the same one, but for exposure, compression and noise."""
    one, other = (shrunk(image, _SAME_LONGEST) for image in (source, plate))
    inside = np.ones(one.shape[:2], bool)
    if shown is not None:
        part = cv2.resize(shown.astype(np.uint8) * 255, one.shape[1::-1], interpolation=cv2.INTER_AREA) == 255
        inside = cv2.erode(part.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    colours = fit_colours(agreement(one, other))
    if colours is not None:
        other = colours.apply(other)
    # In a dark picture fewer levels are as much.
    reach = float(np.quantile(one, 0.99)) / 255
    apart = cv2.absdiff(one, other).mean(axis=2) > max(4.0, _SAME_LEVELS * min(1.0, reach))
    return bool(inside.any()) and float(apart[inside].mean()) < _SAME_SHARE

"""The faults that are planted at the border of a sound form: each stands for a fault inside that does the same."""

from collections.abc import Callable, Mapping

import cv2
import numpy as np

from converter.architectures.background_matting_v2 import ARCHITECTURE
from converter.architectures.base import Role
from converter.proof.faults.runner import ChangeInputs, ChangeResult, Floats, Images, Result

_MIXING = np.array([[0.98, 0.02, 0], [0, 0.98, 0.02], [0.02, 0, 0.98]], np.float32)
Change = Callable[[Floats], Floats]


def _of(role: Role, change: Change) -> ChangeInputs:
    return lambda images: {**images, role: change(images[role])}


def _of_both(change: Change) -> ChangeInputs:
    return lambda images: {role: change(image) for role, image in images.items()}


def _alpha(change: Change) -> ChangeResult:
    return lambda result: (np.clip(change(result.alpha), 0, 1), result.foreground)


def _foreground(change: Change) -> ChangeResult:
    return lambda result: (result.alpha, np.clip(change(result.foreground), 0, 1))


def _exchanged(images: Images) -> Images:
    return {"source": images["background"], "background": images["source"]}


def _reversed(image: Floats) -> Floats:
    return image[..., ::-1]


def _bytes(image: Floats) -> Floats:
    return np.asarray(np.floor(image * 255) / 255, np.float32)


def moved(image: Floats, right: float, down: float) -> Floats:
    """Return an image moved by parts of pixels, its border repeated."""
    height, width = image.shape[:2]
    matrix = np.array([[1, 0, right], [0, 1, down]], np.float32)
    return np.asarray(cv2.warpAffine(image, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE), np.float32)


def patch(side: int, value: float, relative: bool = False) -> Change:
    """Return what sets a square near the upper right corner to a value, or moves it by one."""

    def change(alpha: Floats) -> Floats:
        changed = alpha.copy()
        place = changed[17 : 17 + side, -40 : -40 + side]
        place[...] = place + np.float32(value) if relative else value
        return changed

    return change


def right_columns_cleared(alpha: Floats) -> Floats:
    """Return alpha without the rightmost part of the frame: 150 of 1280 columns, or as many of another width."""
    cleared = alpha.copy()
    cleared[:, -round(alpha.shape[1] * 150 / 1280) :] = 0
    return cleared


def _last_row_repeated(alpha: Floats) -> Floats:
    changed = alpha.copy()
    changed[-4:] = changed[-5]
    return changed


def _left_coarse(share: float) -> ChangeResult:
    """Return what writes refined alpha at the left alone; `share` of the width, at the right, is left coarse."""

    def change(result: Result) -> tuple[Floats, Floats]:
        alpha, coarse = result.alpha.copy(), result.coarse().alpha
        first = alpha.shape[1] - round(alpha.shape[1] * share)
        alpha[:, first:] = coarse[:, first:]
        return alpha, result.foreground

    return change


def _foreground_left_coarse(result: Result) -> tuple[Floats, Floats]:
    foreground = result.coarse().foreground
    assert foreground is not None
    return result.alpha, foreground


def _every_other_cell_coarse(result: Result) -> tuple[Floats, Floats]:
    height, width = result.alpha.shape
    cell = ARCHITECTURE.cell
    assert cell is not None
    chosen = (np.arange(height)[:, None] // cell + np.arange(width) // cell) % 2 == 0
    return np.where(chosen, result.coarse().alpha, result.alpha), result.foreground


INPUT_FAULTS: Mapping[str, tuple[str, ChangeInputs]] = {
    "scale 256 for 255": ("scale", _of_both(lambda image: image * np.float32(255 / 256))),
    "scale 256 for 255 of the source": ("scale", _of("source", lambda image: image * np.float32(255 / 256))),
    "scale 256 for 255 of the background": ("scale", _of("background", lambda image: image * np.float32(255 / 256))),
    "scale 254 for 255": ("scale", _of_both(lambda image: image * np.float32(255 / 254))),
    "mean of 2/255 subtracted": ("scale", _of_both(lambda image: image - np.float32(2 / 255))),
    "mean of 2/255 subtracted from the source": ("scale", _of("source", lambda image: image - np.float32(2 / 255))),
    "mean of 2/255 subtracted from the background": (
        "scale",
        _of("background", lambda image: image - np.float32(2 / 255)),
    ),
    "source in RGB for BGR": ("colour", _of("source", _reversed)),
    "background in RGB for BGR": ("colour", _of("background", _reversed)),
    "both in RGB for BGR": ("colour", _of_both(_reversed)),
    "source and background exchanged": ("ports", _exchanged),
    "background moved by a pixel": ("ports", _of("background", lambda image: moved(image, 1, 0))),
    "source gamma 1.02": ("colour", _of("source", lambda image: image.clip(0, 1) ** np.float32(1.02))),
}
"""Name to kind and change of the images."""

RESULT_FAULTS: Mapping[str, tuple[str, ChangeResult]] = {
    "alpha 0 in the 150 rightmost of 1280 columns": ("tiles", _alpha(right_columns_cleared)),
    "alpha of the last four rows repeated": ("tiles", _alpha(_last_row_repeated)),
    "alpha 0.15 in 12x12": ("tiles", _alpha(patch(12, 0.15))),
    "alpha 0.3 in 8x8": ("tiles", _alpha(patch(8, 0.3))),
    "alpha 0.4 in 16x16": ("tiles", _alpha(patch(16, 0.4))),
    "alpha + 2.2/255 in 8x8": ("tiles", _alpha(patch(8, 2.2 / 255, relative=True))),
    "alpha + 1/255": ("scale", _alpha(lambda alpha: alpha + np.float32(1 / 255))),
    "alpha times 0.98": ("scale", _alpha(lambda alpha: alpha * np.float32(0.98))),
    "alpha gamma 1.1": ("colour", _alpha(lambda alpha: alpha ** np.float32(1.1))),
    "alpha half a pixel right": ("attributes", _alpha(lambda alpha: moved(alpha, 0.5, 0))),
    "alpha a pixel down": ("attributes", _alpha(lambda alpha: moved(alpha, 0, 1))),
    "alpha inverted": ("ports", _alpha(lambda alpha: 1 - alpha)),
    "alpha cut to bytes": ("scale", _alpha(_bytes)),
    "foreground - 1/255": ("scale", _foreground(lambda image: image - np.float32(1 / 255))),
    "foreground + 2/255": ("scale", _foreground(lambda image: image + np.float32(2 / 255))),
    "foreground times 255/256": ("scale", _foreground(lambda image: image * np.float32(255 / 256))),
    "foreground clipped at 0.9": ("constants", _foreground(lambda image: np.minimum(image, np.float32(0.9)))),
    "foreground not below 0.05": ("constants", _foreground(lambda image: np.maximum(image, np.float32(0.05)))),
    "foreground gamma 1.1": ("colour", _foreground(lambda image: image ** np.float32(1.1))),
    "foreground channels exchanged": ("colour", _foreground(_reversed)),
    "2 % of a channel in another": ("colour", _foreground(lambda image: image @ _MIXING.T)),
    "foreground half a pixel right": ("attributes", _foreground(lambda image: moved(image, 0.5, 0))),
    "foreground premultiplied": (
        "colour",
        lambda result: (result.alpha, result.foreground * result.alpha[..., None]),
    ),
    "refined alpha never written": ("cells", _left_coarse(1)),
    "refined alpha not written in the right half": ("cells", _left_coarse(0.5)),
    "refined alpha not written in every other cell": ("cells", _every_other_cell_coarse),
    "refined foreground never written": ("cells", _foreground_left_coarse),
}
"""Name to kind and change of the results."""

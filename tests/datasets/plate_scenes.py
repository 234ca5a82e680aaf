"""Scenes for the tests of plates: texture, a person with a texture of their own, and cameras that stand elsewhere."""

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
SIZE = (270, 480)


def scene(seed: int = 0, size: tuple[int, int] = SIZE) -> Image:
    """Return patches of colour of several sizes, (H, W, 3) uint8."""
    rng = np.random.default_rng(seed)
    whole = np.zeros((*size, 3), np.float32)
    for cell in (5, 12, 40):
        patches = rng.random((size[0] // cell + 1, size[1] // cell + 1, 3), dtype=np.float32)
        whole += cv2.resize(patches, size[::-1], interpolation=cv2.INTER_CUBIC)
    return (30 + 60 * whole).clip(0, 255).astype(np.uint8)


def person(background: Image, share: float, seed: int = 1) -> tuple[Image, NDArray[np.bool_]]:
    """Return a frame with a person over `share` of it, and where they stand."""
    height, width = background.shape[:2]
    if share == 0:
        return background, np.zeros((height, width), bool)
    half_width, half_height = 0.5 * width * share**0.5, 0.5 * height * share**0.5 * 4 / np.pi
    down, across = np.ogrid[:height, :width]
    mask = ((across - width / 2) / half_width) ** 2 + ((down - 0.55 * height) / half_height) ** 2 < 1
    body = scene(seed, (height, width)) // 2
    return np.where(mask[..., np.newaxis], body, background), mask


def camera(shift: tuple[float, float] = (0, 0), turn: float = 0.0, size: tuple[int, int] = SIZE) -> NDArray[np.float64]:
    """Return the homography of a camera turned about its middle, then moved."""
    matrix = cv2.getRotationMatrix2D((size[1] / 2, size[0] / 2), -turn, 1.0)
    matrix[:, 2] += shift
    return np.vstack((matrix, (0, 0, 1)))


def taken(image: Image, homography: NDArray[np.float64]) -> Image:
    """Return the image as another camera sees it; the scene beyond it is the scene mirrored."""
    size = image.shape[1::-1]
    how = {"flags": cv2.INTER_CUBIC, "borderMode": cv2.BORDER_REFLECT_101}
    return np.asarray(cv2.warpPerspective(image, homography, size, **how), np.uint8)

"""Drawing with exact coverage: supersampled masks, and a canvas that lays them over one another.

Results are the same bytes on every CPU and for any number of threads: shapes are filled in integers on a grid four
times finer, the coverage is a count of those cells, and blending is elementwise float32 without reductions.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

FloatArray = NDArray[np.float32]
Points = NDArray[np.float64]
Size = tuple[int, int]

SUPERSAMPLING = 4
_CELLS = SUPERSAMPLING * SUPERSAMPLING
# cells covered (0..16) to coverage (0..255), to nearest; the average of 16 cells holding 0 or 16 is their count.
_COVERAGE = np.array([(255 * cells + _CELLS // 2) // _CELLS for cells in range(_CELLS + 1)], dtype=np.uint8)
_OPACITY = (np.arange(256) / 255.0).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Mask:
    """The coverage of a shape inside its bounding box: `coverage` is (h, w) uint8, its corner at `top`, `left`."""

    top: int
    left: int
    coverage: NDArray[np.uint8]

    @property
    def shape(self) -> Size:
        """Height and width of the bounding box in pixels."""
        return self.coverage.shape[0], self.coverage.shape[1]

    @property
    def empty(self) -> bool:
        """Whether the shape lies outside the image."""
        return self.coverage.size == 0

    def times(self, factor: FloatArray) -> "Mask":
        """The mask with its coverage multiplied by `factor`, (h, w) in 0..1."""
        scaled = self.coverage * factor + np.float32(0.5)
        return Mask(self.top, self.left, scaled.astype(np.uint8))


def fill(size: Size, polygons: Iterable[Points], soften: float = 0.0) -> Mask:
    """The union of filled polygons.

    Args:
        size: the image's height and width in pixels.
        polygons: each (N, 2), x and y in pixels; pixel (0, 0) spans 0..1. A polygon that crosses itself is filled by
            the even-odd rule.
        soften: standard deviation in pixels of a Gaussian that softens the edge, 0 for none.
    """
    shapes = [np.asarray(polygon, dtype=np.float64) for polygon in polygons]
    box = _box(size, shapes, 1.0 + 3.0 * soften)
    fine = _fine_grid(box)
    if fine.size:
        for shape in shapes:
            cv2.fillPoly(fine, [_on_fine_grid(shape, box)], _CELLS, cv2.LINE_8)
    return _soften(_downsample(fine, box), soften)


def strokes(size: Size, lines: Sequence[Points], width: float, soften: float = 0.0) -> Mask:
    """The union of polylines, each (N, 2) in pixels, `width` pixels wide and at least a quarter of a pixel."""
    box = _box(size, lines, 1.0 + width + 3.0 * soften)
    fine = _fine_grid(box)
    if fine.size:
        _draw(fine, [_on_fine_grid(line, box) for line in lines], width, _CELLS)
    return _soften(_downsample(fine, box), soften)


def toned_strokes(size: Size, groups: Sequence[Points], tones: Sequence[int], width: float) -> tuple[Mask, FloatArray]:
    """Groups of polylines, each group in a tone of its own, later ones over earlier ones.

    Args:
        size: the image's height and width in pixels.
        groups: each (count, N, 2), in pixels.
        tones: one for each group, 1..15.
        width: of the lines, in pixels; at least a quarter of one is drawn.

    Returns:
        The union's mask, and (h, w) float32 with the mean tone of what is covered, 0 where nothing is.
    """
    box = _box(size, groups, 1.0 + width)
    fine = _fine_grid(box)
    if fine.size:
        for group, tone in zip(groups, tones, strict=True):
            _draw(fine, list(_on_fine_grid(group, box)), width, tone * _CELLS)
    # A tone is drawn as 16 times itself, so that the average of 16 cells is the sum of their tones, without rounding.
    total: FloatArray = _area_mean(fine).astype(np.float32)
    cells = _area_mean(np.minimum(fine, np.uint8(_CELLS)))
    covered: FloatArray = np.maximum(cells, np.uint8(1)).astype(np.float32)
    return Mask(box[0], box[1], _COVERAGE[cells]), total / covered


def _draw(fine: NDArray[np.uint8], lines: Sequence[NDArray[np.int32]], width: float, value: int) -> None:
    thickness = max(1, int(width * SUPERSAMPLING + 0.5))
    cv2.polylines(fine, lines, False, value, thickness, cv2.LINE_8)


class Canvas:
    """An image under construction: premultiplied float32 RGBA, all four channels in 0..255."""

    def __init__(self, size: Size) -> None:
        self.size = size
        self.pixels: FloatArray = np.zeros((*size, 4), dtype=np.float32)

    def paint(self, mask: Mask, colour: FloatArray | Sequence[float], opacity: float = 1.0) -> None:
        """Lay a colour, one RGB triple or (h, w, 3) in 0..255, over the canvas where the mask covers it."""
        if mask.empty:
            return
        height, width = mask.shape
        region = self.pixels[mask.top : mask.top + height, mask.left : mask.left + width]
        weight = _OPACITY[mask.coverage][..., np.newaxis]
        if opacity != 1.0:
            weight = weight * np.float32(opacity)
        region *= np.float32(1.0) - weight
        region[..., :3] += np.clip(np.asarray(colour, dtype=np.float32), 0, 255) * weight
        region[..., 3:] += np.float32(255.0) * weight

    def shade(self, mask: Mask, factor: float) -> None:
        """Multiply the colours under the mask by `factor`, leaving alpha as it is (contact shadows, blushes)."""
        if mask.empty:
            return
        height, width = mask.shape
        region = self.pixels[mask.top : mask.top + height, mask.left : mask.left + width]
        weight = _OPACITY[mask.coverage][..., np.newaxis]
        region[..., :3] *= np.float32(1.0) + weight * np.float32(factor - 1.0)
        np.minimum(region[..., :3], region[..., 3:], out=region[..., :3])

    def over(self, layer: "Canvas") -> None:
        """Lay another canvas of the same size over this one."""
        box = layer._occupied()
        if box is None:
            return
        self.pixels[box] *= np.float32(1.0) - layer.pixels[box][..., 3:] / np.float32(255.0)
        self.pixels[box] += layer.pixels[box]

    def motion_blur(self, dx: float, dy: float) -> None:
        """Smear the canvas along (dx, dy) pixels: the average of shifted copies around where it was, a pixel apart."""
        box = self._occupied(int(max(abs(dx), abs(dy))) + 2)
        if box is None:
            return
        doublings = max(1, min(7, int(max(abs(dx), abs(dy))).bit_length()))
        pixels = self.pixels[box]
        for level in range(doublings):
            share = 2.0**level / 2.0**doublings
            step_x, step_y = round(dx * share), round(dy * share)
            if step_x or step_y:
                back = _shifted(pixels, -(step_x // 2), -(step_y // 2))
                ahead = _shifted(pixels, step_x - step_x // 2, step_y - step_y // 2)
                pixels = (back + ahead) * np.float32(0.5)
        self.pixels[box] = pixels

    def straight(self) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Straight colours (H, W, 3) and alpha (H, W), uint8, rounded to nearest; colour 0 where alpha is 0."""
        foreground = np.zeros((*self.size, 3), dtype=np.uint8)
        alpha = (np.minimum(self.pixels[..., 3], np.float32(255.0)) + np.float32(0.5)).astype(np.uint8)
        visible = alpha > 0
        pixels = self.pixels[visible]
        colours = pixels[:, :3] * (np.float32(255.0) / pixels[:, 3:])
        foreground[visible] = (np.clip(colours, 0, 255) + np.float32(0.5)).astype(np.uint8)
        return foreground, alpha

    def _occupied(self, margin: int = 0) -> tuple[slice, slice] | None:
        alpha = self.pixels[..., 3] > 0
        rows, columns = np.flatnonzero(alpha.any(axis=1)), np.flatnonzero(alpha.any(axis=0))
        if not rows.size:
            return None
        return (
            slice(max(0, int(rows[0]) - margin), int(rows[-1]) + 1 + margin),
            slice(max(0, int(columns[0]) - margin), int(columns[-1]) + 1 + margin),
        )


def _shifted(pixels: FloatArray, dx: int, dy: int) -> FloatArray:
    height, width = pixels.shape[:2]
    dx, dy = max(-width, min(width, dx)), max(-height, min(height, dy))
    rows, columns = np.arange(height) - dy, np.arange(width) - dx
    # The border is repeated: what the frame cuts off goes on beyond it.
    return pixels[np.clip(rows, 0, height - 1)][:, np.clip(columns, 0, width - 1)]


def _box(size: Size, shapes: Sequence[Points], margin: float) -> tuple[int, int, int, int]:
    height, width = size
    points = np.concatenate([np.asarray(shape).reshape(-1, 2) for shape in shapes]) if len(shapes) else np.zeros((1, 2))
    low, high = np.floor(points.min(axis=0) - margin), np.ceil(points.max(axis=0) + margin)
    left, top = max(0, int(low[0])), max(0, int(low[1]))
    return top, left, max(top, min(height, int(high[1]))), max(left, min(width, int(high[0])))


def _fine_grid(box: tuple[int, int, int, int]) -> NDArray[np.uint8]:
    top, left, bottom, right = box
    return np.zeros(((bottom - top) * SUPERSAMPLING, (right - left) * SUPERSAMPLING), dtype=np.uint8)


def _on_fine_grid(points: Points, box: tuple[int, int, int, int]) -> NDArray[np.int32]:
    # The small constant keeps coordinates that are meant to be whole away from the step of the floor function.
    cells: NDArray[np.int32] = np.floor((points - np.array([box[1], box[0]])) * SUPERSAMPLING + 2.0**-10).astype(
        np.int32
    )
    return cells


def _area_mean(fine: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = fine.shape[0] // SUPERSAMPLING, fine.shape[1] // SUPERSAMPLING
    if not fine.size:
        return np.zeros((height, width), dtype=np.uint8)
    mean: NDArray[np.uint8] = cv2.resize(fine, (width, height), interpolation=cv2.INTER_AREA)
    return mean


def _downsample(fine: NDArray[np.uint8], box: tuple[int, int, int, int]) -> Mask:
    return Mask(box[0], box[1], _COVERAGE[_area_mean(fine)])


def _soften(mask: Mask, deviation: float) -> Mask:
    if mask.empty or deviation <= 0.05:
        return mask
    # Pillow's blur of 8-bit images is fixed-point.
    blurred = Image.fromarray(mask.coverage).filter(ImageFilter.GaussianBlur(deviation))
    return Mask(mask.top, mask.left, np.asarray(blurred))

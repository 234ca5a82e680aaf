"""Coverage: where in the frame, and at what values, a set of samples lets a model be seen at work.

A fault in a part of the frame that no person ever touches, or at a brightness that no foreground has, moves no score.
So a meter is fed every sample that is judged, and what it has not seen is said beside the verdict.

A tile of 16x16 pixels counts as seen
    opaque, empty   when each of its pixels was (alpha >= 0.95; <= 0.05), each in any of the samples
    partial         when a sixteenth of its pixels, or of a neighbouring tile's, was in between
    edges           when it, or a neighbouring tile, held a hair-like edge: a cell of 4x4 pixels with a partial pixel,
                    across which alpha varies by at least 0.2
The outline of a person is thin, and few sets draw it through every tile; but none should leave more than that out.
"""

import base64
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Literal, Self, get_args

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydantic import Field, model_validator

from configs.records import Frozen
from datasets.samples.histograms import Histograms, histogram, window_of
from datasets.samples.sample import Sample

TILE, CELL = 16, 4
OPAQUE, EMPTY = 243, 12
"""Alpha of 255 from which a pixel is opaque (0.95), and up to which it is empty (0.05)."""
EDGE_RANGE = 51
"""What alpha varies by across a hair-like cell, of 255 (0.2)."""
PARTIAL_SHARE = 1 / 16
DARK, BRIGHT, SATURATED = 25, 230, 102
"""Of 255: at most 0.1, at least 0.9, and 0.4 more than either of the other two channels."""
BINS = 10

Kind = Literal["opaque", "partial", "edges", "empty"]
KINDS: tuple[Kind, ...] = get_args(Kind)
Share = Annotated[float, Field(ge=0, le=1)]
Shares = tuple[Share, ...]

_OPAQUE, _PARTIAL, _EMPTY = 1, 2, 4
_FOREGROUND, _BACKGROUND = 0, 1
_STRIP = 90
"""Rows of a plate measured at once: their channels fit into a cache."""
_CLASSES = np.full(256, _PARTIAL, np.uint8)
_CLASSES[: EMPTY + 1] = _EMPTY
_CLASSES[OPAQUE:] = _OPAQUE
_BIN_OF = np.arange(256) * BINS // 256


class TileMap(Frozen):
    """Which tiles of the frame were seen, row by row.

    Attributes:
        share: of the frame's tiles that were seen.
        runs: how many tiles in turn were seen, not seen, seen, and so on, `0` first where the first one was not.
    """

    share: Share
    runs: Annotated[str, Field(pattern=r"^[0-9]+( [0-9]+)*$")]


class ChannelCoverage(Frozen):
    """Shares of the pixels in question at which a channel was dark, bright, or above both others by 0.4; its tenths."""

    dark: Share
    bright: Share
    saturated: Share
    tenths: Annotated[Shares, Field(min_length=BINS, max_length=BINS)]


class Coverage(Frozen):
    """What a set of samples has shown.

    Attributes:
        samples: how many were measured.
        size: height and width of the frame in pixels.
        opaque, partial, edges, empty: the tiles seen so.
        alpha: share of all pixels in each tenth of alpha's range.
        foreground: red, green and blue where alpha is above 0.
        background: red, green and blue of the plates; nothing but zeros in a set without any.
    """

    samples: Annotated[int, Field(ge=0)]
    size: tuple[Annotated[int, Field(gt=0)], Annotated[int, Field(gt=0)]]
    opaque: TileMap
    partial: TileMap
    edges: TileMap
    empty: TileMap
    alpha: Annotated[Shares, Field(min_length=BINS, max_length=BINS)]
    foreground: tuple[ChannelCoverage, ChannelCoverage, ChannelCoverage]
    background: tuple[ChannelCoverage, ChannelCoverage, ChannelCoverage]

    @model_validator(mode="after")
    def _runs_fill_the_frame(self) -> Self:
        tiles = tiles_of(self.size)
        for kind in KINDS:
            if (found := sum(_runs(self.tiles(kind)))) != tiles[0] * tiles[1]:
                raise ValueError(f"`{kind}.runs` describes {found} tiles, but a frame of {self.size} has {tiles}")
        return self

    def tiles(self, kind: Kind) -> TileMap:
        """Return the map of a kind."""
        return {"opaque": self.opaque, "partial": self.partial, "edges": self.edges, "empty": self.empty}[kind]

    def seen(self, kind: Kind) -> NDArray[np.bool_]:
        """Return which tiles were seen, (rows, columns)."""
        runs = _runs(self.tiles(kind))
        return np.repeat(np.arange(len(runs)) % 2 == 0, runs).reshape(tiles_of(self.size))


class CoverageMeter:
    """Measures samples one by one; keeps 1.1 bytes a pixel of the frame, whatever their number.

    Args:
        size: height and width of the model's frame in pixels. Alpha of another size is brought to it as a runner
            brings the images.
    """

    def __init__(self, size: tuple[int, int]) -> None:
        self.size = size
        self.samples = 0
        self._classes = np.zeros(size, np.uint8)
        self._edges = np.zeros((-(-size[0] // CELL), -(-size[1] // CELL)), bool)
        self._alpha = np.zeros(256, np.int64)
        self._values = np.zeros((2, 3, 256), np.int64)
        self._saturated = np.zeros((2, 3), np.int64)

    def add(self, sample: Sample, counts: Histograms | None = None) -> None:
        """Measure a sample; `counts` are those of its alpha and foreground, where others need them too."""
        alpha, counts = sample.alpha, counts or Histograms(sample.alpha, sample.foreground)
        if alpha.shape == self.size:
            self._alpha += counts.alpha
        else:
            height, width = self.size
            alpha = np.asarray(Image.fromarray(alpha).resize((width, height), Image.Resampling.BILINEAR))
            self._alpha += histogram(alpha)
        self.samples += 1
        classes = _classes_of(alpha)
        self._classes |= classes
        self._edges |= _hair_like(alpha, classes, CELL)
        self._values[_FOREGROUND] += counts.foreground
        self._saturated[_FOREGROUND] += _saturated(counts.planes, counts.covered)
        if sample.background is not None:
            for top in range(0, sample.background.shape[0], _STRIP):
                planes = cv2.split(sample.background[top : top + _STRIP])
                self._values[_BACKGROUND] += [histogram(plane) for plane in planes]
                self._saturated[_BACKGROUND] += _saturated(planes)

    def merge(self, other: "CoverageMeter") -> None:
        """Take over what another meter of the same frame has seen.

        Raises:
            ValueError: its frame is of another size.
        """
        if other.size != self.size:
            raise ValueError(f"a meter of {other.size} cannot be merged into one of {self.size}")
        self.samples += other.samples
        self._classes |= other._classes
        self._edges |= other._edges
        self._alpha += other._alpha
        self._values += other._values
        self._saturated += other._saturated

    def packed(self) -> dict[str, str]:
        """Return what was seen as short texts, from which `unpacked` makes the meter again."""
        return {name: _packed(values) for name, values in self._state.items()}

    @classmethod
    def unpacked(cls, size: tuple[int, int], samples: int, packed: Mapping[str, str]) -> Self:
        """Return the meter of a frame and of so many samples whose `packed` is given.

        Raises:
            ValueError: that is not what such a meter gives.
        """
        meter = cls(size)
        meter.samples = samples
        if packed.keys() != meter._state.keys():
            raise ValueError(f"expected {', '.join(meter._state)}, found {', '.join(packed)}")
        for name, values in meter._state.items():
            values[...] = _unpacked(packed[name], values)
        return meter

    @property
    def _state(self) -> dict[str, NDArray[Any]]:
        return {
            "classes": self._classes,
            "edges": self._edges,
            "alpha": self._alpha,
            "values": self._values,
            "saturated": self._saturated,
        }

    def coverage(self) -> Coverage:
        """Return what was seen so far."""
        seen: dict[Kind, NDArray[np.bool_]] = {
            "opaque": _tiled(self._classes & _OPAQUE > 0, TILE) == 1,
            "partial": _grown(_tiled(self._classes & _PARTIAL > 0, TILE) >= PARTIAL_SHARE),
            "edges": _grown(_tiled(self._edges, TILE // CELL, beyond=False) > 0),
            "empty": _tiled(self._classes & _EMPTY > 0, TILE) == 1,
        }
        foreground, background = (
            tuple(_channel(self._values[role, channel], self._saturated[role, channel]) for channel in range(3))
            for role in range(2)
        )
        return Coverage.model_validate(
            {
                "samples": self.samples,
                "size": self.size,
                **{kind: _tile_map(tiles) for kind, tiles in seen.items()},
                "alpha": _tenths(self._alpha),
                "foreground": foreground,
                "background": background,
            }
        )


def hair_like(alpha: NDArray[np.uint8], cell: int = CELL) -> NDArray[np.bool_]:
    """Return which cells hold a hair-like edge, (ceil(H / cell), ceil(W / cell)), from alpha, (H, W) uint8."""
    return _hair_like(alpha, _classes_of(alpha), cell)


def _hair_like(alpha: NDArray[np.uint8], classes: NDArray[np.uint8], cell: int) -> NDArray[np.bool_]:
    """Return the same, the pixels' classes being known."""
    height, width = alpha.shape
    found = np.zeros((-(-height // cell), -(-width // cell)), bool)
    # A hard edge between opaque and empty is none: some pixel must be in between. So nothing is looked for elsewhere.
    partial: NDArray[np.uint8] = classes & np.uint8(_PARTIAL)
    cells = tuple(slice(side.start // cell, -(-side.stop // cell)) for side in window_of(partial))
    if found[cells].size:
        pixels = tuple(slice(side.start * cell, side.stop * cell) for side in cells)
        highest, lowest, between = (
            _reduced(image[pixels], cell, of)
            for image, of in ((alpha, cv2.dilate), (alpha, cv2.erode), (partial, cv2.dilate))
        )
        found[cells] = (highest - lowest >= EDGE_RANGE) & (between > 0)
    return found


def _classes_of(alpha: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(cv2.LUT(alpha, _CLASSES), np.uint8)


def tiles_of(size: tuple[int, int]) -> tuple[int, int]:
    """Return the rows and columns of tiles of a frame, those that its edge cuts included."""
    return -(-size[0] // TILE), -(-size[1] // TILE)


def _packed(values: NDArray[Any]) -> str:
    return base64.b64encode(zlib.compress(values.tobytes(), 1)).decode()


def _unpacked(text: str, like: NDArray[Any]) -> NDArray[Any]:
    try:
        found = zlib.decompressobj().decompress(base64.b64decode(text, validate=True), like.nbytes + 1)
    except zlib.error as error:
        raise ValueError(str(error)) from error
    if len(found) != like.nbytes:
        raise ValueError(f"expected {like.nbytes} bytes, found {len(found)} or more")
    return np.frombuffer(found, like.dtype).reshape(like.shape)


def _reduced(image: NDArray[np.uint8], cell: int, of: Callable[..., Any]) -> NDArray[np.uint8]:
    """Return the highest (`of` dilate) or lowest (`of` erode) value of each cell, of its pixels inside the image."""
    reduced = of(image, np.ones((cell, cell), np.uint8), anchor=(0, 0))
    return np.asarray(reduced[::cell, ::cell], np.uint8)


def _saturated(planes: Sequence[NDArray[np.uint8]], mask: NDArray[np.uint8] | None = None) -> list[int]:
    """Return in how many pixels each of three channels is saturated, where `mask` is not 0."""
    numbers = []
    for channel, plane in enumerate(planes):
        first, second = (planes[other] for other in range(3) if other != channel)
        above = cv2.compare(cv2.subtract(plane, cv2.max(first, second)), SATURATED, cv2.CMP_GE)
        numbers.append(cv2.countNonZero(above if mask is None else cv2.bitwise_and(above, mask)))
    return numbers or [0, 0, 0]


def _tiled(seen: NDArray[np.bool_], side: int, beyond: bool = True) -> NDArray[np.float64]:
    """Return the share of each tile that was seen, what lies beyond the frame's edge counted as `beyond`."""
    height, width = seen.shape
    whole = np.pad(seen, ((0, -height % side), (0, -width % side)), constant_values=beyond)
    shares: NDArray[np.float64] = whole.reshape(whole.shape[0] // side, side, -1, side).mean(axis=(1, 3))
    return shares


def _grown(tiles: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the tiles and their eight neighbours."""
    return np.asarray(cv2.dilate(tiles.astype(np.uint8), np.ones((3, 3), np.uint8))) > 0


def _tile_map(seen: NDArray[np.bool_]) -> TileMap:
    flat = np.concatenate(([True], seen.ravel(), [not seen.ravel()[-1]]))
    turns = np.flatnonzero(np.diff(flat.astype(np.int8)))
    runs = np.diff(turns, prepend=0)
    return TileMap(share=_share(int(seen.sum()), seen.size), runs=" ".join(map(str, runs)))


def _runs(tile_map: TileMap) -> list[int]:
    return [int(run) for run in tile_map.runs.split()]


def _channel(values: NDArray[np.int64], saturated: int) -> ChannelCoverage:
    total = int(values.sum())
    return ChannelCoverage(
        dark=_share(int(values[: DARK + 1].sum()), total),
        bright=_share(int(values[BRIGHT:].sum()), total),
        saturated=_share(int(saturated), total),
        tenths=_tenths(values),
    )


def _tenths(values: NDArray[np.int64]) -> Shares:
    total = int(values.sum())
    return tuple(_share(int(count), total) for count in np.bincount(_BIN_OF, values, BINS))


def _share(count: int, total: int) -> float:
    """Return a share with six places, above 0 where anything was counted, below 1 where anything was not."""
    if count in (0, total):
        return float(count == total and total > 0)
    return min(max(round(count / total, 6), 1e-6), 1 - 1e-6)

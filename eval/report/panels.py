"""Pictures of the samples on which a converted form moved most, kept small while the set goes by."""

import heapq
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from configs.errors import DataError
from configs.files import write_atomically
from datasets.samples.images import write_png
from datasets.samples.sample import Prediction, Sample
from eval.metrics.scoring import match_prediction
from eval.report.layers import DIFFERENCE_GAIN, LAYER_SUFFIX, Layers, encode_layer, grey, make_layers, shrunk, to_bytes
from eval.run.results import WorstRecord

TILE_SIDE = 320
PANEL_FOLDER = "panels"

_GAP = 6
_LABEL_HEIGHT = 22
_TITLE_HEIGHT = 26
_BACKGROUND = (255, 255, 255)
_INK = (20, 20, 20)


@dataclass(frozen=True, slots=True)
class Tile:
    """One labelled picture of a panel: (h, w, 3) uint8 RGB."""

    label: str
    image: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class _Candidate:
    sample: str
    variant: str | None
    original: float
    drift: float | None
    tiles: tuple[Tile, ...]
    layers: Layers


class WorstKeeper:
    """The worst samples of a run with their tiles; holds at most `limit` of them, already scaled down.

    Worst is the largest |drift in Alpha MAD| of any converted variant; of equals, the larger Alpha MAD of the original,
    then the later id.

    Args:
        limit: how many to keep.
        original: the name of the original among the variants.
    """

    def __init__(self, limit: int, original: str) -> None:
        self._limit = limit
        self._original = original
        self._heap: list[tuple[tuple[float, float, str], _Candidate]] = []

    def offer(self, sample: Sample, predictions: Mapping[str, Prediction], alpha_mad: Mapping[str, float]) -> None:
        """Look at a sample; each id at most once.

        Args:
            sample: the sample.
            predictions: variant name to its prediction, the original's among them.
            alpha_mad: variant name to Alpha MAD on this sample.

        Raises:
            DataError: the original, or a variant's score, is missing.
        """
        missing = {self._original, *predictions} - set(alpha_mad) | {self._original} - set(predictions)
        if missing:
            raise DataError(f"sample {sample.id}: expected predictions and Alpha MAD of {', '.join(sorted(missing))}")
        if self._limit == 0:
            return
        original = alpha_mad[self._original]
        drifts = {name: alpha_mad[name] - original for name in predictions if name != self._original}
        variant = max(drifts, key=lambda name: abs(drifts[name]), default=None)
        drift = None if variant is None else drifts[variant]
        rank = (abs(drift or 0.0), original, sample.id)
        if len(self._heap) == self._limit and rank <= self._heap[0][0]:
            return
        expected, obtained = predictions[self._original], None if variant is None else predictions[variant]
        tiles = _tiles(sample, expected, variant, obtained)
        candidate = _Candidate(sample.id, variant, original, drift, tiles, make_layers(sample, expected, obtained))
        if len(self._heap) < self._limit:
            heapq.heappush(self._heap, (rank, candidate))
        else:
            heapq.heapreplace(self._heap, (rank, candidate))

    def write(self, run_dir: Path) -> tuple[WorstRecord, ...]:
        """Write each kept sample's pictures under `panels/` in the run's folder; return their records, worst first.

        One PNG with everything side by side, and a folder of the same name with the layers of the before/after view.

        Raises:
            UsageError: the folder cannot be written.
        """
        records: list[WorstRecord] = []
        for place, (_, candidate) in enumerate(sorted(self._heap, key=lambda entry: entry[0], reverse=True), start=1):
            folder = f"{PANEL_FOLDER}/{place:02d}-{_slug(candidate.sample)}"
            name = f"{folder}.png"
            write_png(run_dir / name, panel(candidate.tiles, _title(candidate)))
            layers = {layer: f"{folder}/{layer}{LAYER_SUFFIX}" for layer in candidate.layers}
            for layer, path in layers.items():
                write_atomically(run_dir / path, encode_layer(layer, candidate.layers[layer]))
            records.append(
                WorstRecord(
                    sample=candidate.sample,
                    variant=candidate.variant,
                    original=candidate.original,
                    drift=candidate.drift,
                    panel=name,
                    layers=layers,
                )
            )
        return tuple(records)


def panel(tiles: tuple[Tile, ...], title: str) -> NDArray[np.uint8]:
    """Return the tiles side by side under their labels and a title, as (H, W, 3) uint8 RGB."""
    width = sum(tile.image.shape[1] + _GAP for tile in tiles) + _GAP
    height = _TITLE_HEIGHT + _LABEL_HEIGHT + max(tile.image.shape[0] for tile in tiles) + _GAP
    canvas = Image.new("RGB", (width, height), _BACKGROUND)
    draw = ImageDraw.Draw(canvas)
    draw.text((_GAP, 5), title, fill=_INK, font=ImageFont.load_default(size=14))
    left = _GAP
    for tile in tiles:
        draw.text((left, _TITLE_HEIGHT + 3), tile.label, fill=_INK, font=ImageFont.load_default(size=13))
        canvas.paste(Image.fromarray(tile.image), (left, _TITLE_HEIGHT + _LABEL_HEIGHT))
        left += tile.image.shape[1] + _GAP
    return np.asarray(canvas)


def _tiles(sample: Sample, original: Prediction, variant: str | None, converted: Prediction | None) -> tuple[Tile, ...]:
    expected = match_prediction(sample, original).alpha
    tiles = [
        Tile("source", shrunk(sample.source, TILE_SIDE)),
        Tile("ground truth alpha", shrunk(grey(sample.alpha), TILE_SIDE)),
        Tile("original alpha", shrunk(grey(to_bytes(expected)), TILE_SIDE)),
    ]
    if variant is not None and converted is not None:
        obtained = match_prediction(sample, converted).alpha
        difference = np.abs(obtained - expected) * np.float32(DIFFERENCE_GAIN)
        tiles.append(Tile(f"{variant} alpha", shrunk(grey(to_bytes(obtained)), TILE_SIDE)))
        tiles.append(Tile(f"|difference| x{DIFFERENCE_GAIN}", shrunk(grey(to_bytes(difference)), TILE_SIDE)))
    return tuple(tiles)


def _title(candidate: _Candidate) -> str:
    if candidate.drift is None:
        return f"{candidate.sample}   Alpha MAD {candidate.original:.3f}"
    return (
        f"{candidate.sample}   Alpha MAD {candidate.original:.3f} (original), "
        f"{candidate.drift:+.3f} with {candidate.variant}"
    )


def _slug(sample_id: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", sample_id).strip("-.") or "sample"

"""Pictures of the samples on which a converted variant moved most, drawn small while the set goes by."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from configs.files import write_atomically
from datasets.samples.images import write_png
from datasets.samples.sample import Pair, Prediction, Sample
from eval.metrics.scoring import match_prediction
from eval.report.layers import DIFFERENCE_GAIN, LAYER_SUFFIX, Layers, encode_layer, grey, make_layers, shrunk, to_bytes
from eval.run.results import WorstRecord
from eval.run.worst import Movement, WorstSamples

TILE_SIDE = 320
PANEL_FOLDER = "panels"

_GAP = 6
_LABEL_HEIGHT = 22
_TITLE_HEIGHT = 26
_BACKGROUND = (255, 255, 255)
_INK = (20, 20, 20)
_LONGEST_SLUG = 120


@dataclass(frozen=True, slots=True)
class Tile:
    """One labelled picture of a panel: (h, w, 3) uint8 RGB."""

    label: str
    image: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class _Pictures:
    tiles: tuple[Tile, ...]
    layers: Layers
    has_truth: bool


class WorstPictures:
    """Small pictures of the worst samples of a run, at most `limit` of them; a `Keeper` for the evaluation."""

    def __init__(self, limit: int) -> None:
        self._samples = WorstSamples(limit, _draw)

    def offer(
        self, sample: Pair, original: str, predictions: Mapping[str, Prediction], alpha_mad: Mapping[str, float]
    ) -> None:
        """Look at a sample; arguments and errors as `WorstSamples.offer`."""
        self._samples.offer(sample, original, predictions, alpha_mad)

    def records(self) -> tuple[WorstRecord, ...]:
        """Return the samples that have pictures, worst first, with the paths that `write` gives these."""
        return tuple(
            WorstRecord(
                sample=movement.sample,
                variant=movement.variant,
                original=movement.original,
                drift=movement.drift,
                panel=f"{_folder(place, movement.sample)}.png",
                layers={layer: f"{_folder(place, movement.sample)}/{layer}{LAYER_SUFFIX}" for layer in drawn.layers},
            )
            for place, (movement, drawn) in enumerate(self._samples.ranked(), start=1)
        )

    def write(self, run_dir: Path) -> None:
        """Write each kept sample's pictures under `panels/` in the run's folder.

        One PNG with everything side by side, and a folder of the same name with the layers of the before/after view.

        Raises:
            UsageError: the folder cannot be written.
        """
        for record, (movement, drawn) in zip(self.records(), self._samples.ranked(), strict=True):
            write_png(run_dir / record.panel, panel(drawn.tiles, _title(movement, drawn.has_truth)))
            for layer, path in record.layers.items():
                write_atomically(run_dir / path, encode_layer(layer, drawn.layers[layer]))


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


def _draw(sample: Pair, original: Prediction, variant: str | None, converted: Prediction | None) -> _Pictures:
    tiles, layers = _tiles(sample, original, variant, converted), make_layers(sample, original, converted)
    return _Pictures(tiles, layers, isinstance(sample, Sample))


def _tiles(sample: Pair, original: Prediction, variant: str | None, converted: Prediction | None) -> tuple[Tile, ...]:
    expected = match_prediction(sample, original).alpha
    tiles = [Tile("source", shrunk(sample.source, TILE_SIDE))]
    if isinstance(sample, Sample):
        tiles.append(Tile("ground truth alpha", shrunk(grey(sample.alpha), TILE_SIDE)))
    tiles.append(Tile("original alpha", shrunk(grey(to_bytes(expected)), TILE_SIDE)))
    if variant is not None and converted is not None:
        obtained = match_prediction(sample, converted).alpha
        difference = np.abs(obtained - expected) * np.float32(DIFFERENCE_GAIN)
        tiles.append(Tile(f"{variant} alpha", shrunk(grey(to_bytes(obtained)), TILE_SIDE)))
        tiles.append(Tile(f"|difference| x{DIFFERENCE_GAIN}", shrunk(grey(to_bytes(difference)), TILE_SIDE)))
    return tuple(tiles)


def _folder(place: int, sample_id: str) -> str:
    """Return the folder of a sample's layers, relative to the run's."""
    return f"{PANEL_FOLDER}/{place:02d}-{_slug(sample_id)}"


def _title(movement: Movement, has_truth: bool) -> str:
    if not has_truth:
        drift = "" if movement.drift is None else f"   Alpha MAD {movement.drift:.3f}, {movement.variant} from original"
        return f"{movement.sample}{drift}"
    if movement.drift is None:
        return f"{movement.sample}   Alpha MAD {movement.original:.3f}"
    return (
        f"{movement.sample}   Alpha MAD {movement.original:.3f} (original), "
        f"{movement.drift:+.3f} with {movement.variant}"
    )


def _slug(sample_id: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", sample_id).strip("-.")[:_LONGEST_SLUG] or "sample"

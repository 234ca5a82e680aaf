"""Pictures of the samples on which a converted variant moved most, drawn small while the set goes by."""

import io
import json
import re
import zipfile
from collections.abc import Container, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from configs.errors import DataError
from configs.files import write_atomically
from datasets.making.parallel import cpus
from datasets.samples.images import write_png
from datasets.samples.sample import Pair, Prediction, Sample
from eval.report.layers import LAYER_SUFFIX, Layers, encode_layer, gain_of, layer_titles, make_layers, shrunk
from eval.run.results import WorstRecord
from eval.run.worst import Movement, WorstSamples

TILE_SIDE = 320
COLUMNS = 4
PANEL_FOLDER = "panels"

_GAP = 6
_LABEL_HEIGHT = 22
_TITLE_HEIGHT = 26
_BACKGROUND = (255, 255, 255)
_INK = (20, 20, 20)
_LONGEST_SLUG = 120
_SHORTEST_LABEL = 12
_FACTS = "_facts"
"""What is no layer in the file of a sample's pictures."""
_IN_THE_VIEW_ALONE = frozenset({"original_error", "converted_error"})

Font: TypeAlias = ImageFont.FreeTypeFont | ImageFont.ImageFont


@dataclass(frozen=True, slots=True)
class Tile:
    """One labelled picture of a panel: (h, w, 3) uint8 RGB."""

    label: str
    image: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class _Pictures:
    layers: Layers
    gain: int | None
    has_truth: bool


class WorstPictures:
    """Small pictures of the worst samples of a run, at most `limit` of them; a `Keeper` for the evaluation."""

    def __init__(self, limit: int) -> None:
        self._samples = WorstSamples(limit, _draw)
        self._original = ""

    def offer(
        self, sample: Pair, original: str, predictions: Mapping[str, Prediction], alpha_mad: Mapping[str, float]
    ) -> None:
        """Look at a sample; arguments and errors as `WorstSamples.offer`."""
        self._original = original
        self._samples.offer(sample, original, predictions, alpha_mad)

    def kept(self) -> tuple[str, ...]:
        """Return the ids of the samples that have pictures so far, worst first."""
        return tuple(movement.sample for movement, _ in self._samples.ranked())

    def encoded(self, sample: str) -> bytes:
        """Return what is kept of a sample; see `Keeper.encoded`."""
        movement, drawn = next(each for each in self._samples.ranked() if each[0].sample == sample)
        facts = {**asdict(movement), "gain": drawn.gain, "has_truth": drawn.has_truth, "by": self._original}
        stream = io.BytesIO()
        arrays: dict[str, Any] = dict(drawn.layers)
        np.savez(stream, allow_pickle=False, **{_FACTS: np.array(json.dumps(facts)), **arrays})
        return stream.getvalue()

    def take(self, encoded: bytes, finished: Container[str] | None = None) -> str | None:
        """Keep what another process kept of a sample; see `Keeper.take`."""
        try:
            with np.load(io.BytesIO(encoded), allow_pickle=False) as stored:
                facts = json.loads(str(stored[_FACTS]))
                layers = {name: stored[name] for name in stored.files if name != _FACTS}
            movement = Movement(**{name: facts.pop(name) for name in Movement.__slots__})
            self._original = facts.pop("by")
            drawn = _Pictures(layers, **facts)
        except (ValueError, KeyError, TypeError, OSError, EOFError, zipfile.BadZipFile) as error:
            raise DataError(f"not the pictures of a worst sample ({error})") from error
        if finished is not None and movement.sample not in finished:
            return None
        return movement.sample if self._samples.add(movement, drawn) else None

    def records(self) -> tuple[WorstRecord, ...]:
        """Return the samples that have pictures, worst first, with the paths that `write` gives these.

        Layers that are the same picture, such as the mattes of two equal forms, share one file.
        """
        paths: dict[tuple[tuple[int, ...], bytes], str] = {}
        return tuple(
            WorstRecord(
                sample=movement.sample,
                variant=movement.variant,
                original=movement.original,
                drift=movement.drift,
                panel=f"{_folder(place, movement.sample)}.png",
                layers={
                    name: paths.setdefault(
                        (image.shape, image.tobytes()), f"{_folder(place, movement.sample)}/{name}{LAYER_SUFFIX}"
                    )
                    for name, image in drawn.layers.items()
                },
                gain=drawn.gain,
            )
            for place, (movement, drawn) in enumerate(self._samples.ranked(), start=1)
        )

    def write(self, run_dir: Path) -> None:
        """Write each kept sample's pictures under `panels/` in the run's folder.

        One PNG with everything small, and a folder of the same name with the layers of the before/after view.

        Raises:
            UsageError: the folder cannot be written.
        """
        layers: dict[str, tuple[str, NDArray[np.uint8]]] = {}
        for record, (movement, drawn) in zip(self.records(), self._samples.ranked(), strict=True):
            tiles = _tiles(drawn.layers, layer_titles(record.variant, self._original, record.gain))
            write_png(run_dir / record.panel, panel(tiles, _title(movement, drawn.has_truth)))
            for layer, path in record.layers.items():
                layers.setdefault(path, (layer, drawn.layers[layer]))
        with ThreadPoolExecutor(cpus()) as pool:  # the encoder works without Python's lock
            encoded = pool.map(lambda named: encode_layer(*named), layers.values())
            for path, content in zip(layers, encoded, strict=True):
                write_atomically(run_dir / path, content)


def panel(tiles: tuple[Tile, ...], title: str) -> NDArray[np.uint8]:
    """Return the tiles under a title, `COLUMNS` in a row, each under its label, as (H, W, 3) uint8 RGB."""
    wide = max(tile.image.shape[1] for tile in tiles) + _GAP
    high = max(tile.image.shape[0] for tile in tiles) + _LABEL_HEIGHT
    columns = min(COLUMNS, len(tiles))
    size = columns * wide + _GAP, _TITLE_HEIGHT + -(-len(tiles) // columns) * high + _GAP
    canvas = Image.new("RGB", size, _BACKGROUND)
    draw = ImageDraw.Draw(canvas)
    draw.text((_GAP, 5), title, fill=_INK, font=ImageFont.load_default(size=14))
    font = ImageFont.load_default(size=13)
    for place, tile in enumerate(tiles):
        row, column = divmod(place, columns)
        left, top = _GAP + column * wide, _TITLE_HEIGHT + row * high
        draw.text((left, top + 3), _cut(tile.label, draw, font, tile.image.shape[1]), fill=_INK, font=font)
        canvas.paste(Image.fromarray(tile.image), (left, top + _LABEL_HEIGHT))
    return np.asarray(canvas)


def _cut(label: str, draw: ImageDraw.ImageDraw, font: Font, width: int) -> str:
    """Return as much of a label as fits over its picture, so that it does not run into the next one."""
    fits = label
    while len(fits) > _SHORTEST_LABEL and draw.textlength(fits, font) > width:
        fits = f"{fits.rstrip('.')[:-1]}..."
    return fits


def _draw(sample: Pair, original: Prediction, variant: str | None, converted: Prediction | None) -> _Pictures:
    gain = gain_of(sample, original, converted)
    return _Pictures(make_layers(sample, original, converted, gain or 1), gain, isinstance(sample, Sample))


def _tiles(layers: Layers, titles: dict[str, str]) -> tuple[Tile, ...]:
    """Return the panel's pictures in the order of the titles, the difference last."""
    return tuple(
        Tile(title, shrunk(layers[name], TILE_SIDE))
        for name, title in titles.items()
        if name in layers and name not in _IN_THE_VIEW_ALONE
    )


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

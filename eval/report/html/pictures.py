"""The worst samples' pictures, put into the page itself as data URIs."""

import base64
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import numpy as np

from configs.errors import DataError
from configs.reading import inside, read_bytes
from eval.report.layers import LAYER_SUFFIX, colour_map, layer_titles
from eval.report.wording import wording_of
from eval.run.results import Results, WorstRecord

LARGEST_PICTURES = 6_000_000
"""Bytes of pictures that the page takes in; of the samples after that it only links the picture."""
_STOPS = 9
_KINDS = {LAYER_SUFFIX: "image/webp", ".png": "image/png"}


@dataclass(frozen=True, slots=True)
class Picture:
    """One embedded picture: the layer's name, what it shows, and its data URI."""

    layer: str
    title: str
    uri: str


@dataclass(frozen=True, slots=True)
class WorstView:
    """A worst sample as the page shows it.

    Attributes:
        record: the sample.
        anchor: the id of its section.
        link: where its picture lies beside the page, as a URL.
        pictures: its layers, or the one picture of an older run; empty when they are gone or too large to embed.
        comparable: whether the pictures are layers of one size, for the before/after view.
    """

    record: WorstRecord
    anchor: str
    link: str
    pictures: tuple[Picture, ...]
    comparable: bool


def worst_views(run_dir: Path, results: Results) -> list[WorstView]:
    """Return the worst samples with their pictures, as far as the files are there and `LARGEST_PICTURES` allows."""
    views: list[WorstView] = []
    left = LARGEST_PICTURES
    panel = wording_of(results).panel
    for place, record in enumerate(results.worst, start=1):
        titles = layer_titles(record.variant, results.original, record.gain)
        layers = {name: record.layers[name] for name in titles if name in record.layers}
        files = layers or {"panel": record.panel}
        contents = {name: _read(run_dir, path) for name, path in files.items()}
        if None in contents.values() or (size := sum(len(data or b"") for data in contents.values())) > left:
            pictures: tuple[Picture, ...] = ()
        else:
            left -= size
            pictures = tuple(
                Picture(name, titles.get(name, panel), _uri(path, data))
                for name, path in files.items()
                if (data := contents[name])
            )
        views.append(WorstView(record, f"worst-{place}", quote(record.panel), pictures, bool(layers and pictures)))
    return views


def scale_stops() -> list[str]:
    """Return the colours of the scale from no error to the largest one shown, as CSS colours."""
    ramp = np.linspace(0, 255, _STOPS).round().astype(np.uint8)[np.newaxis]
    return [f"rgb({red}, {green}, {blue})" for red, green, blue in colour_map(ramp)[0].tolist()]


def _read(run_dir: Path, path: str) -> bytes | None:
    """Return a picture below the run's folder; None where it is missing, and for a path that leads elsewhere."""
    try:
        file = inside(run_dir, path)
        return read_bytes(file, LARGEST_PICTURES) if file.suffix in _KINDS else None
    except (FileNotFoundError, DataError):
        return None


def _uri(path: str, data: bytes) -> str:
    return f"data:{_KINDS[Path(path).suffix]};base64,{base64.b64encode(data).decode()}"

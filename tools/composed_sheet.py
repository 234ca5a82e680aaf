"""Draw docs/contact-composed.jpg anew: `python -m tools.composed_sheet docs/contact-composed.jpg`.

Composes drawn figures, some whole and one cut to a portrait, over photographs that installed packages carry: one set
with exact plates, one with hand-held ones. Prints the credits that the page must give.
"""

import argparse
import csv
import io
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from configs.files import write_atomically
from datasets.compose.placing import Size
from datasets.compose.run import compose_set
from datasets.samples.contact_sheet import contact_sheet
from datasets.samples.images import write_png
from datasets.samples.layout import iterate
from datasets.samples.manifest import ATTRIBUTION_NAME
from datasets.samples.sample import Sample
from datasets.synthetic.generate import synthetic_sample
from datasets.synthetic.photographs import PHOTOGRAPHS, load_photograph
from tools.command_line import run

SEED = 3
RENDERED: Size = (1000, 1400)
PORTRAIT: Size = (800, 600)
FIGURES = {"portrait": 6, "long-hair": 14, "veil": 15}
CORNER = 200, 313
"""Upper left of what `portrait` keeps of its picture; the other figures are whole."""
PLACES = ("china", "flower", "rocket")


def write_inputs(people: Path, places: Path) -> None:
    """Write the figures and the photographs, each folder with its ATTRIBUTION.csv."""
    for name, index in FIGURES.items():
        sample = synthetic_sample(SEED, index, RENDERED)
        pixels = np.dstack((sample.foreground, sample.alpha))
        if name == "portrait":
            pixels = pixels[CORNER[0] : CORNER[0] + PORTRAIT[0], CORNER[1] : CORNER[1] + PORTRAIT[1]]
        write_png(people / f"{name}.png", pixels)
    whole = ("MIT, textures: CC BY 2.0, CC0 1.0, public domain", "drawn by mattekit")
    _credit(people, ((name, *whole) for name in FIGURES))
    for name in PLACES:
        write_png(places / f"{name}.png", np.array(load_photograph(name)))
    _credit(places, ((name, PHOTOGRAPHS[name].licence, PHOTOGRAPHS[name].credit) for name in PLACES))


def _credit(folder: Path, rows: Iterator[tuple[str, str, str]]) -> None:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows([("id", "licence", "author"), *rows])
    write_atomically(folder / ATTRIBUTION_NAME, stream.getvalue())


def composed(work: Path) -> Iterator[Sample]:
    """Compose both sets in `work` and yield their samples, those with exact plates first."""
    people, places = work / "people", work / "places"
    write_inputs(people, places)
    for plate in ("exact", "handheld"):
        made = compose_set(people, places, work / plate, size=(720, 1280), per_foreground=1, seed=SEED, plate=plate)
        for sample in iterate(made):
            yield replace(sample, id=f"{plate}: {sample.id}  {' '.join(sample.tags)}")
    print((work / "exact" / ATTRIBUTION_NAME).read_text(encoding="utf-8"))


def main() -> None:
    """Write the sheet as a JPEG."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, help="the JPEG")
    out: Path = parser.parse_args().out
    with tempfile.TemporaryDirectory() as work:
        sheet = contact_sheet(composed(Path(work)))
    stream = io.BytesIO()
    Image.fromarray(sheet).save(stream, "JPEG", quality=85)
    write_atomically(out, stream.getvalue())


if __name__ == "__main__":
    run(main)

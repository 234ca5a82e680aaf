"""Draw the README's picture: `python -m tools.readme_picture docs/at-a-glance.jpg`.

A bundled person, the plate, the cut-out by the bundled checkpoint, and three numbers of the example report. The
numbers are written into the JPEG's comment as well, so that a test can hold the committed picture to the report.
"""

import argparse
import io
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from configs.files import write_atomically
from configs.load import DEFAULT_CONFIG, load_config
from configs.schema import GateSection, ModelSection
from converter.runners.opening import open_runner
from converter.runners.original import open_original
from datasets.people.pack import load_background, load_foreground, open_pack
from datasets.samples.composite import composite
from demo.composing.blend import cut_out
from demo.footage.scene import sample_named
from demo.matting.matter import Frame, Matter
from eval.metrics.measures import METRICS
from eval.presentation.formatting import number
from eval.run.results import Results
from tools.command_line import run

EXAMPLE = Path("reports/example")
PERSON = "people/0001"
CONVERTED, METRIC = "ir-fp16@f32", "alpha_mad"
QUALITY = 85
_TALL, _WIDE, _GAP, _INDENT, _PANEL, _MARGIN, _TITLE = 315, 380, 56, 14, 372, 20, 46
_INK, _GREY, _GREEN = "#1b1f24", "#59636e", "#1a7f37"


class Line(NamedTuple):
    """One of the three numbers: what is printed large, what below it, and in which colour."""

    figure: str
    meaning: str
    colour: str = _INK


def numbers_of(results: Results, gate: GateSection) -> tuple[Line, Line, Line]:
    """Return error of the original, error of the converted form, and drift with its limit, from a run's results."""
    original, converted = (_mean(results, variant) for variant in (results.original, CONVERTED))
    [drift] = [entry for entry in results.drift if (entry.variant, entry.metric) == (CONVERTED, METRIC)]
    limit = gate.against_original["f32"][METRIC].absolute
    assert drift.mean is not None
    within = drift.mean <= limit
    return (
        Line(number(original), "error of PyTorch"),
        Line(number(converted), "error of OpenVINO, FP16"),
        Line(
            f"{drift.mean:+.4f}",
            f"difference; {limit:g} is allowed" if within else f"difference; more than {limit:g}",
            _GREEN if within else "#cf222e",
        ),
    )


def _mean(results: Results, variant: str) -> float | None:
    [found] = [entry for entry in results.variants if entry.name == variant]
    return found.metrics[METRIC].mean


def title_of(results: Results) -> str:
    """Return what the numbers measure, in which unit, and over how many samples."""
    [metric] = [each for each in METRICS if each.name == METRIC]
    return f"{metric.title}, {metric.unit}, {results.dataset.samples} people"


def comment_of(title: str, lines: tuple[Line, ...]) -> str:
    """Return title and numbers as the JPEG's comment has them."""
    return f"{title}: " + "; ".join(f"{line.figure} {line.meaning}" for line in lines)


def pictures() -> tuple[Frame, Frame, Frame]:
    """Return photograph, plate and cut-out over a chequerboard, (H, W, 3) uint8 RGB."""
    pack = open_pack()
    sample = sample_named(pack, PERSON)
    foreground, alpha = load_foreground(pack, sample)
    plate = load_background(pack, sample)
    photo = composite(foreground, alpha, plate)
    with Matter(open_runner(open_original(ModelSection(), (photo.shape[0], photo.shape[1])))) as matter:
        rgba = cut_out(matter(photo, plate), photo)
    rows, columns = np.indices(rgba.shape[:2]) // 40
    checks = np.where((rows + columns) % 2, 214, 240).astype(np.uint8)
    return photo, plate, composite(rgba[..., :3].copy(), rgba[..., 3].copy(), np.dstack([checks] * 3))


def draw(shown: tuple[Frame, Frame, Frame], title: str, lines: tuple[Line, Line, Line]) -> Image.Image:
    """Return the three pictures in a row, with signs between them and the numbers at the end."""
    width = 2 * _MARGIN + 3 * (_WIDE + _GAP) + _INDENT + _PANEL
    image = Image.new("RGB", (width, _TALL + _TITLE + _MARGIN), "white")
    pen = ImageDraw.Draw(image)
    middle = _TITLE + _TALL // 2
    for place, (name, frame) in enumerate(zip(("a photo", "its plate", "the cut-out"), shown, strict=True)):
        left = _MARGIN + place * (_WIDE + _GAP)
        pen.text((left, 8), name, fill=_INK, font_size=27)
        image.paste(Image.fromarray(_cropped(frame)), (left, _TITLE))
        _sign(pen, left + _WIDE + _GAP // 2, middle, plus=place == 0)
    left = _MARGIN + 3 * (_WIDE + _GAP) + _INDENT
    pen.text((left, 8), title, fill=_INK, font_size=27)
    for place, line in enumerate(lines):
        top = _TITLE + place * _TALL // 3
        pen.text((left, top), line.figure, fill=line.colour, font_size=56)
        pen.text((left, top + 66), line.meaning, fill=_GREY, font_size=24)
    return image


def _cropped(frame: Frame) -> NDArray[np.uint8]:
    height, width = frame.shape[:2]
    wide = round(height * _WIDE / _TALL)
    left = (width - wide) // 2
    return np.asarray(cv2.resize(frame[:, left : left + wide], (_WIDE, _TALL), interpolation=cv2.INTER_AREA), np.uint8)


def _sign(pen: ImageDraw.ImageDraw, x: int, y: int, plus: bool) -> None:
    """Draw a plus or an arrow about (x, y)."""
    pen.line((x - 16, y, x + 14, y), fill=_INK, width=5)
    if plus:
        pen.line((x - 1, y - 15, x - 1, y + 15), fill=_INK, width=5)
    else:
        pen.polygon(((x + 6, y - 11), (x + 20, y), (x + 6, y + 11)), fill=_INK)


def main() -> None:
    """Write the picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, help="the JPEG")
    out: Path = parser.parse_args().out
    results = Results.read(EXAMPLE)
    lines = numbers_of(results, load_config(DEFAULT_CONFIG).gate)
    stream = io.BytesIO()
    title = title_of(results)
    draw(pictures(), title, lines).save(stream, "JPEG", quality=QUALITY, comment=comment_of(title, lines))
    write_atomically(out, stream.getvalue())
    print(f"{out}: {comment_of(title, lines)}")


if __name__ == "__main__":
    run(main)

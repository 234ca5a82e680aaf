"""Tiny stand-ins for the published sets, in their layouts, and for the estimator, which is slow to load."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIZE = (24, 18)
WHOLE = {
    "aisegment": ["1803151818/00000000/1803151818-00000003", "1803151818/00600000/1803151818-00000009"],
    "photomatte85": ["0001", "0002"],
    "videomatte240k": ["test/0000/00000", "train/0001/00009", "train/0001/00010"],
    "aim500": ["o_1", "o_2"],
    "p3m": ["P3M-500-NP/p_1", "P3M-500-P/p_1"],
    "ppm100": ["1", "10"],
}
"""Kind to the ids of the whole set that `write_set` writes."""

# An installed distribution as far as Python can tell; its estimate is the picture with its colours reversed.
_STUB = """
def estimate_foreground_ml(image, alpha):
    assert image.dtype == alpha.dtype == "float32"
    assert image.shape == (*alpha.shape, 3)
    assert 0 <= image.min() <= image.max() <= 1
    assert 0 <= alpha.min() <= alpha.max() <= 1
    return 1 - image
"""


def write_stub(folder: Path) -> Path:
    """Write the stand-in for PyMatting into a folder that is to go on the path."""
    folder.mkdir(parents=True)
    (folder / "pymatting.py").write_text(_STUB, encoding="utf-8")
    for name in ("pymatting", "numba"):
        (folder / f"{name}-0.1.dist-info").mkdir()
        (folder / f"{name}-0.1.dist-info" / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.1\n", encoding="utf-8"
        )
    return folder


def picture(seed: int) -> NDArray[np.uint8]:
    """Return an RGB picture."""
    return np.random.default_rng(seed).integers(1, 255, (*SIZE, 3), dtype=np.uint8)


def matte() -> NDArray[np.uint8]:
    """Return a matte whose left column is 0 and right column 255."""
    return np.tile(np.linspace(0, 255, SIZE[1]).astype(np.uint8), (SIZE[0], 1))


def save(path: Path, image: NDArray[np.uint8]) -> Path:
    """Write an image; the ending says how."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image).save(path, quality=95)
    return path


def write_set(kind: str, root: Path) -> Path:
    """Write the set of a kind, with the litter that such sets are known to carry."""
    for seed, id_ in enumerate(WHOLE[kind]):
        part, _, name = id_.rpartition("/")
        if kind == "aisegment":
            group, clip = part.split("/")
            save(root / f"clip_img/{group}/clip_{clip}/{name}.jpg", picture(seed))
            save(root / f"matting/{group}/matting_{clip}/{name}.png", np.dstack((picture(seed), matte())))
            (root / f"matting/{group}/matting_{clip}/._{name}.png").write_bytes(b"\0\5\x16\7")
            (root / f"matting/{group}/._matting_{clip}").write_bytes(b"\0\5\x16\7")
        elif kind == "photomatte85":
            save(root / f"{name}.png", np.dstack((picture(seed), matte())))
        elif kind == "videomatte240k":
            part, clip = part.split("/")
            save(root / f"{part}/fgr/{clip}/{name}.jpg", picture(seed))
            save(root / f"{part}/pha/{clip}/{name}.jpg", matte())
        elif kind == "aim500":
            save(root / f"original/{name}.jpg", picture(seed))
            save(root / f"mask/{name}.png", matte())
            save(root / f"trimap/{name}.png", matte())
        elif kind == "p3m":
            folder = "original_image" if part == "P3M-500-NP" else "blurred_image"
            save(root / part / folder / f"{name}.jpg", picture(seed))
            save(root / part / "mask" / f"{name}.png", matte())
        else:
            save(root / f"image/{name}.jpg", picture(seed))
            save(root / f"matte/{name}.png", np.dstack([matte()] * 3))
    (root / ".DS_Store").write_bytes(b"\0")
    (root / "Thumbs.db").write_bytes(b"\0")
    (root / "readme.txt").write_text("please read", encoding="utf-8")
    return root

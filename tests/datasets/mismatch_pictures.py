"""A drawn person before a drawn wall, and changes to plant into its pictures, for the tests of what does not fit."""

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np

from datasets.mismatch.pixels import Bytes, Floats, Parts
from datasets.samples.composite import composite

SIZE = (192, 256)


def pictures(seed: int = 0, plate: int | None = None) -> Parts:
    """Return a sample with a soft-edged person of textured, coloured cloth before a textured wall, composed exactly."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[0 : SIZE[0], 0 : SIZE[1]].astype(np.float32)
    middle = columns - 120 - 6 * seed
    reach = np.hypot(middle / 50, (rows - 120) / 85) + 0.06 * np.sin(rows / 3) * np.sin(columns / 4)
    alpha = np.rint(255 * np.clip((1.08 - reach) / 0.16, 0, 1)).astype(np.uint8)
    person = _textured(rng, (200, 120, 70), middle, rows)
    wall = _textured(rng if plate is None else np.random.default_rng(plate), (60, 110, 150), columns - rows, rows)
    return Parts(composite(person, alpha, wall), wall, person, alpha)


def _textured(rng: np.random.Generator, colour: tuple[int, int, int], across: Floats, down: Floats) -> Bytes:
    """Return a colour with shapes of all sizes, each channel its own."""
    layers = []
    for channel, level in enumerate(colour):
        coarse, fine = rng.normal(0, 1, (6, 8)), rng.normal(0, 1, (48, 64))
        shapes = sum(
            strength * cv2.resize(grid, SIZE[::-1], interpolation=cv2.INTER_CUBIC)
            for strength, grid in ((22, coarse), (9, fine))
        )
        layers.append(level + shapes + 8 * np.sin(across / (7 + channel)) + 6 * np.sin(down / 5))
    return byte(np.dstack(layers))


def byte(values: Floats) -> Bytes:
    """Round and clip to levels."""
    return np.asarray(np.clip(np.rint(values), 0, 255), np.uint8)


def saved(picture: Bytes, ending: str, quality: int) -> Bytes:
    """Return the picture as a lossy file of this kind gives it back."""
    flag = cv2.IMWRITE_JPEG_QUALITY if ending == ".jpg" else cv2.IMWRITE_WEBP_QUALITY
    return np.asarray(cv2.imdecode(cv2.imencode(ending, picture[..., ::-1], [flag, quality])[1], 1), np.uint8)[
        ..., ::-1
    ]


def linear(levels: Floats) -> Floats:
    """Return sRGB levels in linear light, 0..255."""
    share = levels / 255
    return 255 * np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def srgb(levels: Floats) -> Floats:
    """Return linear light as sRGB levels, 0..255."""
    share = levels / 255
    return 255 * np.where(share <= 0.0031308, 12.92 * share, 1.055 * share ** (1 / 2.4) - 0.055)


def share(parts: Parts) -> Floats:
    """Return alpha as (H, W, 1), 0..1."""
    return parts.alpha[..., np.newaxis] / np.float32(255)


def moved(picture: Bytes, down: int, right: int) -> Bytes:
    """Return the picture moved, what leaves it coming in at the other side."""
    return np.roll(picture, (down, right), (0, 1))


def turned_red(picture: Bytes) -> Bytes:
    """Return the picture with red inverted."""
    return np.dstack((255 - picture[..., :1], picture[..., 1:]))


def _grown(parts: Parts, pixels: int) -> Parts:
    shape = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * pixels + 1, 2 * pixels + 1))
    return replace(parts, alpha=np.asarray(cv2.dilate(parts.alpha, shape), np.uint8))


def _video(picture: Bytes) -> Bytes:
    return byte(16 + picture * np.float32(219 / 255))


Plant = Callable[[Parts], Parts]
ERRORS: dict[str, tuple[Plant, str]] = {
    "composites in another colour order": (
        lambda p: replace(p, source=p.source[..., ::-1]),
        "red and blue are swapped in the composite, or in foreground and plate alike",
    ),
    "composites and plates in another colour order": (
        lambda p: replace(p, source=p.source[..., ::-1], background=p.background[..., ::-1]),
        "red and blue are swapped in the foreground, or in composite and plate alike",
    ),
    "plates in another colour order": (
        lambda p: replace(p, background=p.background[..., ::-1]),
        "red and blue are swapped in the plate, or in composite and foreground alike",
    ),
    "foregrounds with rotated channels": (
        lambda p: replace(p, foreground=p.foreground[..., [1, 2, 0]]),
        r"the channels are rotated \(green, blue, red\) in the foreground",
    ),
    "alpha with a gamma of 1.3": (
        lambda p: replace(p, alpha=byte(255 * share(p)[..., 0] ** 1.3)),
        r"alpha has a gamma of 1\.(29|30|31)$",
    ),
    "alpha with a gamma of 0.77": (
        lambda p: replace(p, alpha=byte(255 * share(p)[..., 0] ** 0.77)),
        r"alpha has a gamma of 0\.7[678]$",
    ),
    "alpha scaled by 0.9": (lambda p: replace(p, alpha=byte(p.alpha * np.float32(0.9))), r"alpha is scaled by 0\.90$"),
    "alpha in the range of video": (
        lambda p: replace(p, alpha=_video(p.alpha)),
        "alpha is in the range 16 to 235|lowest alpha 16",
    ),
    "inverted alpha": (lambda p: replace(p, alpha=255 - p.alpha), "alpha is inverted"),
    "hard alpha": (lambda p: replace(p, alpha=byte((p.alpha > 127) * np.float32(255))), "alpha is hard"),
    "alpha grown by 1 pixel": (lambda p: _grown(p, 1), r"alpha is grown \(dilated\) by about 1 pixel$"),
    "alpha grown by 2 pixels": (lambda p: _grown(p, 2), r"alpha is grown \(dilated\) by about 2 pixels$"),
    "premultiplied foregrounds": (
        lambda p: replace(p, foreground=byte(p.foreground * share(p))),
        "the foreground is premultiplied with alpha",
    ),
    "composites with dark edges": (
        lambda p: replace(p, source=composite(byte(p.foreground * share(p)), p.alpha, p.background)),
        "premultiplied once more",
    ),
    "composites made in linear light": (
        lambda p: replace(
            p, source=byte(srgb(share(p) * linear(p.foreground) + (1 - share(p)) * linear(p.background)))
        ),
        "the composite was made in linear light",
    ),
    "foregrounds in linear light": (
        lambda p: replace(p, foreground=byte(linear(p.foreground))),
        "the foreground is in linear light, not sRGB",
    ),
    "foregrounds in the range of video": (
        lambda p: replace(p, foreground=_video(p.foreground)),
        "the foreground is in the range 16 to 235 of video",
    ),
    "plates in the range of video": (
        lambda p: replace(p, background=_video(p.background)),
        "the plate is in the range 16 to 235 of video",
    ),
    "foregrounds black for white": (
        lambda p: replace(p, foreground=255 - p.foreground),
        "the foreground has inverted colours",
    ),
    "one channel of the foreground inverted": (
        lambda p: replace(p, foreground=turned_red(p.foreground)),
        "red is inverted in the foreground",
    ),
    "composites with a gamma of 0.8": (
        lambda p: replace(p, source=byte(255 * (p.source / np.float32(255)) ** 0.8)),
        r"the composite has a gamma of 0\.(79|80|81)$",
    ),
    "foregrounds and alpha shifted": (
        lambda p: replace(p, foreground=moved(p.foreground, 3, -2), alpha=moved(p.alpha, 3, -2)),
        r"foreground and alpha are shifted by -2 pixels across and \+3 down",
    ),
    "alpha shifted": (
        lambda p: replace(p, alpha=moved(p.alpha, 0, 5)),
        r"alpha is shifted by \+5 pixels across and \+0 down",
    ),
    "composites mirrored": (lambda p: replace(p, source=p.source[:, ::-1]), "the composite is mirrored"),
    "the composite's own colours as foreground": (
        lambda p: replace(p, foreground=p.source),
        "the foreground's colours are the composite's own",
    ),
}
WARNINGS: dict[str, tuple[Plant, str]] = {
    "alpha blurred": (
        lambda p: replace(p, alpha=np.asarray(cv2.GaussianBlur(p.alpha, (0, 0), 4), np.uint8)),
        "alpha, or the foreground's colours where it is low, are not those of the composite",
    ),
    "composites saved as JPEG": (
        lambda p: replace(p, source=saved(p.source, ".jpg", 75)),
        "the composite was saved with loss, about as JPEG 4:2:0 of quality 75",
    ),
    "composites saved as WebP": (
        lambda p: replace(p, source=saved(p.source, ".webp", 40)),
        "saved with loss",
    ),
    "blurred plates": (
        lambda p: replace(p, background=np.asarray(cv2.GaussianBlur(p.background, (0, 0), 3), np.uint8)),
        "the plate is blurred",
    ),
    "blurred composites": (
        lambda p: replace(p, source=np.asarray(cv2.GaussianBlur(p.source, (0, 0), 2), np.uint8)),
        r"the composite is blurred \(sigma about 2 pixels\)",
    ),
    "plates shifted": (
        lambda p: replace(p, background=moved(p.background, 4, 7)),
        r"the plate is shifted by \+7 pixels across and \+4 down",
    ),
    "plates exposed otherwise": (
        lambda p: replace(p, background=byte(p.background * np.float32(1.15))),
        r"the plate is 1\.1[456] times as bright",
    ),
}
"""What real pictures have as well, what leaves alpha true, and what may be no more than an estimate."""


def _noisy(parts: Parts) -> Parts:
    rng = np.random.default_rng(7)
    source, plate = (byte(picture + rng.normal(0, 5, picture.shape)) for picture in (parts.source, parts.background))
    return replace(parts, source=source, background=plate)


SOUND: dict[str, Plant] = {
    "as composed": lambda p: p,
    "rounded down": lambda p: replace(
        p, source=np.floor(share(p) * p.foreground + (1 - share(p)) * p.background).astype(np.uint8)
    ),
    "one level off": lambda p: replace(p, source=byte(p.source + np.float32(1))),
    "a sensor's noise in composite and plate": _noisy,
}

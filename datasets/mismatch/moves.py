"""Changes of where things are and how sharp they are: shifted, mirrored, grown, blurred, or saved with loss."""

from collections.abc import Iterator
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from datasets.mismatch.changes import Change, Severity
from datasets.mismatch.pixels import Bytes, Parts, Places, Values

FARTHEST = 24
"""Shifts of up to so many pixels are tried."""
_STEP = 3
LARGEST_LOSS = 12.0
"""Levels by which a picture that was saved with loss is off at most, on average."""
_SAMPLINGS = {"4:2:0": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420, "4:4:4": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444}
_QUALITIES = (98, 95, 92, 90, 87, 85, 80, 75, 70, 60, 50, 40, 30, 20)


def place_changes(parts: Parts, places: Places) -> Iterator[Change]:
    """Yield every change that moves or mixes pixels, shifts fitted to the pictures."""
    yield from _shifted(parts, places)
    yield from grown(parts, places)
    yield from _blurred(parts, places)
    yield from _lossy(parts, places)


def _shifted(parts: Parts, places: Places) -> Iterator[Change]:
    for clause, roles in (
        ("foreground and alpha are", ("foreground", "alpha")),
        ("alpha is", ("alpha",)),
        ("the foreground's colours are", ("foreground",)),
        ("the plate is", ("background",)),
        ("the composite is", ("source",)),
    ):
        down, right = _best_shift(parts, places, roles)
        if (down, right) != (0, 0):
            clause = f"{clause} shifted by {right:+d} pixels across and {down:+d} down"
            # A plate is taken from another place, too, where nothing else is wrong.
            severity: Severity = "warning" if roles == ("background",) else "error"
            yield Change(clause, _at(parts, places, roles, down, right), severity)


def _best_shift(parts: Parts, places: Places, roles: tuple[str, ...]) -> tuple[int, int]:
    """Return the shift, down and to the right, that leaves least: first in steps, then pixel by pixel."""
    few = Places(places.rows[::9], places.columns[::9], *(slice(0, 0) for _ in range(4)))
    fixed = few.values(parts)

    def left(shift: tuple[int, int]) -> float:
        return float(np.minimum(np.abs(_at(parts, few, roles, *shift, fixed).off()), 64).mean())

    coarse = range(-FARTHEST, FARTHEST + 1, _STEP)
    best = min(((down, right) for down in coarse for right in coarse), key=left)
    near = range(-_STEP + 1, _STEP)
    return min(((best[0] + down, best[1] + right) for down in near for right in near), key=left)


def _at(
    parts: Parts, places: Places, roles: tuple[str, ...], down: int, right: int, fixed: Values | None = None
) -> Values:
    """Return the values with some pictures read further down and to the right."""
    values = fixed or places.values(parts)
    height, width = parts.alpha.shape
    where = (places.rows + down).clip(0, height - 1), (places.columns + right).clip(0, width - 1)
    return replace(values, **{role: _read(getattr(parts, role), where) for role in roles})


def _read(picture: Bytes, where: tuple[NDArray[np.intp], NDArray[np.intp]]) -> NDArray[np.float32]:
    found = picture[where].astype(np.float32)
    return found if found.ndim > 1 else np.asarray(found[:, np.newaxis] / 255, np.float32)


def mirrored(parts: Parts) -> Iterator[tuple[str, Parts]]:
    """Yield the whole pictures with some of them mirrored back, and the clause for it."""
    for clause, roles in (
        ("foreground and alpha are", ("foreground", "alpha")),
        ("the plate is", ("background",)),
        ("the composite is", ("source",)),
    ):
        for how, axes in (
            ("mirrored", (slice(None), slice(None, None, -1))),
            ("upside down", (slice(None, None, -1),)),
            ("turned by 180 degrees", (slice(None, None, -1), slice(None, None, -1))),
        ):
            yield f"{clause} {how}", replace(parts, **{role: getattr(parts, role)[axes] for role in roles})


def grown(parts: Parts, places: Places) -> Iterator[Change]:
    """Yield the matte grown and shrunk by some pixels."""
    for pixels in (1, 2, 3):
        shape = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * pixels + 1, 2 * pixels + 1))
        counted = f"{pixels} pixel{'s' if pixels > 1 else ''}"
        for clause, undo in (("grown (dilated)", cv2.erode), ("shrunk (eroded)", cv2.dilate)):
            other = replace(parts, alpha=np.asarray(undo(parts.alpha, shape), np.uint8))
            yield Change(f"alpha is {clause} by about {counted}", places.values(other), least=0.45)


def _blurred(parts: Parts, places: Places) -> Iterator[Change]:
    """A blurred picture cannot be sharpened: the others are blurred as well, and everything should fit then."""
    values = places.values(parts)
    sharp = values.source - values.off()
    whole = _composed(parts)
    for sigma in (1.0, 1.5, 2.0, 3.0, 5.0, 8.0):

        def blur(picture: Bytes, sigma: float = sigma) -> Bytes:
            return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), np.uint8)

        blurred_source = places.values(replace(parts, source=blur(parts.source))).source
        # Where alpha is 0, the composite is the sharp plate.
        yield Change(
            f"the plate is blurred (sigma about {sigma:g} pixels)",
            replace(values, source=np.where(values.alpha > 0, values.source, blurred_source)),
            "warning",
            0.45,
        )
        blurred = blur(whole)[places.rows, places.columns].astype(np.float32)
        yield Change(
            f"the composite is blurred (sigma about {sigma:g} pixels)",
            replace(values, source=values.source - blurred + sharp),
            "warning",
            0.45,
        )


def _lossy(parts: Parts, places: Places) -> Iterator[Change]:
    """Save the composition as the composite may have been saved, and see whether it comes near."""
    values = places.values(parts)
    sharp = values.source - values.off()
    whole = _composed(parts)
    for name, flag in _SAMPLINGS.items():
        for quality in _QUALITIES:
            saved = _saved(whole, quality, flag)[places.rows, places.columns].astype(np.float32)
            yield Change(
                f"the composite was saved with loss, about as JPEG {name} of quality {quality}",
                replace(values, source=values.source - saved + sharp),
                "warning",
                0.3,
            )
    whole_off = parts.source.astype(np.float32) - whole
    if np.abs(whole_off).mean() > LARGEST_LOSS:
        return
    smooth = np.asarray(cv2.GaussianBlur(whole_off, (0, 0), 3))[places.rows, places.columns]
    clause = "what is off averages out within a few pixels: saved with loss (as video, WebP), or noise in one picture"
    yield Change(clause, replace(values, source=sharp + smooth), "warning", 0.6, general=True)


def _saved(picture: Bytes, quality: int, sampling: int) -> Bytes:
    flags = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, sampling]
    _, file = cv2.imencode(".jpg", picture[..., ::-1], flags)
    return np.asarray(cv2.imdecode(file, cv2.IMREAD_COLOR), np.uint8)[..., ::-1]


def _composed(parts: Parts) -> Bytes:
    alpha = parts.alpha[..., np.newaxis].astype(np.float32) / 255
    plate = parts.background.astype(np.float32)
    return np.asarray(np.rint(plate + alpha * (parts.foreground - plate)), np.uint8)

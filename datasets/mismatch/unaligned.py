"""What can be told of alpha where the plate was taken by hand: not of one sample, but of a set of them.

The plate's colours are fitted to the composite's first. What is left is off one way in one sample and the other way in
the next, so that over some samples a change of alpha shows all the same.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from statistics import median_low

import cv2
import numpy as np

from datasets.mismatch.changes import alpha_changes
from datasets.mismatch.explain import Finding
from datasets.mismatch.moves import grown
from datasets.mismatch.pixels import Bytes, Floats, Parts, Places, Values, draw, mean_off

SCENE = 0.6
"""Correlation of plate and composite, where alpha is 0, below which the two show different scenes."""
FEWEST_SAMPLES = 4
LARGEST_POWER = 0.12
"""Logarithm of a gamma of alpha, in the median of a set, beyond which alpha is not that of the composites."""
AGREED = 0.8
"""Share of the samples that must be off in the same direction."""
_FLAT = 4.0
_ROWS = 36
_BLOCK = 8
_SHAPES = 0.4  # of the contrast; noise has 1 / _BLOCK


def scene(parts: Parts) -> float | None:
    """Return how alike plate and composite are where alpha is 0, at low resolution: 1 for one scene, about 0 for two.

    None where too little is seen, or one of the two has no shapes that large.
    """
    step = max(_BLOCK, parts.alpha.shape[0] // _ROWS)
    height, width = (side // step * step for side in parts.alpha.shape)

    def small(picture: Bytes) -> Floats:
        size = (width // step, height // step)
        blocks = cv2.resize(picture[:height, :width], size, interpolation=cv2.INTER_AREA)
        return np.asarray(blocks, np.float32).reshape(size[1], size[0], -1)

    empty = small(parts.alpha)[..., 0] < 3
    if empty.sum() < _ROWS:
        return None
    coarse, contrast = [], []
    for picture in (parts.source, parts.background):
        seen = small(picture)[empty]
        coarse.append((seen - seen.mean(axis=0)).ravel())
        contrast.append(float(picture[::3, ::3][parts.alpha[::3, ::3] == 0].std(axis=0).mean()))
    shapes = [float(one.std()) / max(fine, _FLAT) for one, fine in zip(coarse, contrast, strict=True)]
    return None if min(shapes) < _SHAPES else float(np.corrcoef(*coarse)[0, 1])


def fitted_plate(parts: Parts, places: Places) -> Values:
    """Return the values with each channel of the plate at the contrast and brightness of the composite's."""
    values = places.values(parts)
    empty = places.zones.get("empty")
    if empty is None:
        return values
    plate = values.background.copy()
    for channel in range(3):
        gain, offset = np.polyfit(plate[empty, channel], values.source[empty, channel], 1)
        plate[:, channel] = plate[:, channel] * gain + offset
    return replace(values, background=plate)


def alpha_power(parts: Parts, places: Places) -> float | None:
    """Return the logarithm of the power of alpha that fits the soft edges best; None without soft edges."""
    soft = places.zones.get("soft")
    if soft is None:
        return None
    values = fitted_plate(parts, places)
    apart = (values.foreground - values.background)[soft]
    seen, alpha = (values.source - values.background)[soft], values.alpha[soft]

    def left(logarithm: float) -> float:
        return float(np.abs(seen - alpha ** np.exp(logarithm) * apart).sum())

    from scipy.optimize import minimize_scalar  # takes longer to load than a sound sample to check

    return float(minimize_scalar(left, bounds=(-1.2, 1.2), method="bounded", options={"maxiter": 14}).x)


def is_off(powers: Sequence[float]) -> bool:
    """Return whether the samples of a set agree that alpha is another than that of their composites."""
    if len(powers) < FEWEST_SAMPLES:
        return False
    middle = float(np.median(powers))
    agreed = np.mean([power * np.sign(middle) > LARGEST_POWER / 3 for power in powers])
    return abs(middle) > LARGEST_POWER and bool(agreed >= AGREED)


def best_alpha_change(pictures: Sequence[Parts]) -> Finding | None:
    """Return the change that leaves least of the soft edges of some samples together; None without soft edges."""
    before: list[float] = []
    left: dict[str, list[float]] = defaultdict(list)
    clause: dict[str, list[str]] = defaultdict(list)
    for parts in pictures:
        places = draw(parts.alpha)
        if "soft" not in places.zones:
            continue
        values = fitted_plate(parts, places)
        before.append(mean_off(values, places)["soft"])
        for change in (*alpha_changes(values), *grown(parts, places)):
            undone = replace(values, alpha=change.undone.alpha, foreground=change.undone.foreground)
            if not change.general:
                left[change.kind].append(mean_off(undone, places)["soft"])
                clause[change.kind].append(change.clause)
    if not left:
        return None
    best = min(left, key=lambda kind: float(np.mean(left[kind])))
    return Finding(median_low(clause[best]), "error", float(np.mean(before)), float(np.mean(left[best])))

# SPDX-License-Identifier: GPL-3.0-or-later
"""From the passes to straight 8-bit RGBA."""

from typing import Any

import cv2
import numpy as np


def finish(colour: np.ndarray, raw: np.ndarray, alpha: np.ndarray, view: dict[str, Any]) -> np.ndarray:
    """Divide out alpha, carry colours outward to where alpha is faint, tone-map, round."""
    own = np.clip(colour[..., 3:], 0, 1)
    straight = colour[..., :3] / np.maximum(own, 1e-4)
    plain = raw[..., :3] / np.maximum(np.clip(raw[..., 3:], 0, 1), 1e-4)
    # The denoiser darkens faint hair: there the raw colour is nearer the truth.
    faint = np.clip((0.6 - own) / 0.4, 0, 1)
    straight = straight * (1 - faint) + plain * faint
    weight = np.clip(own, 0, 1) ** 2 * (own > 0.02)
    straight = np.clip(_carried(straight, weight[..., 0]), 0, None)
    mapped = _toned(straight * view["exposure"])
    eight = np.round(alpha * 255).astype(np.uint8)
    picture = np.dstack([np.round(mapped * 255).astype(np.uint8), eight])
    picture[eight == 0] = 0
    return picture


def _carried(image: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Fill where weight is small with the colours around, from fine to coarse."""
    filled, sure = image * weight[..., None], weight.copy()
    out = image.copy()
    trust = np.clip(weight * 3, 0, 1)[..., None]
    levels = []
    for sigma in (1.0, 2.5, 6, 16, 48):
        total = cv2.GaussianBlur(filled.astype(np.float32), (0, 0), sigma)
        count = cv2.GaussianBlur(sure.astype(np.float32), (0, 0), sigma)
        levels.append((total / np.maximum(count, 1e-6)[..., None], np.clip(count * 20, 0, 1)[..., None]))
    around = levels[-1][0]
    for mean, share in reversed(levels[:-1]):
        around = mean * share + around * (1 - share)
    return np.asarray(out * trust + around * (1 - trust))


def _toned(linear: np.ndarray) -> np.ndarray:
    """A soft shoulder (Narkowicz's fit of ACES), then the sRGB curve."""
    x = np.clip(linear, 0, None) * 0.8
    film = np.clip(x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14), 0, 1)
    return np.asarray(np.where(film <= 0.0031308, film * 12.92, 1.055 * film ** (1 / 2.4) - 0.055))

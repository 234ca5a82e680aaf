"""What a fault does: how far it moves blocks of alpha, and the means of metrics."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from converter.proof.tiles import BlockLimit, block_means, block_softness
from eval.gate.verdict import GateRow

EXACT_BLOCK = 2 / 255
"""What no fault in FP32 or FP16 may move an 8x8 block of alpha by, unseen."""
TIMES_SOUND = 3.0
"""In bf16 and int8: what no fault may move such a block by, in terms of what the sound form moves one as soft."""

Floats = NDArray[np.float32]
Rows = Mapping[tuple[str, str], GateRow]
"""Of one variant: check and metric to what the gate says."""


class Moved(NamedTuple):
    """A block of alpha: how far it is moved and how far it may be, 0..1."""

    block: float
    allowed: float


def exactly_allowed(original: Sequence[Floats]) -> list[Floats]:
    """Return how far each 8x8 block of alpha may move, unseen, in FP32 and FP16: like `block_means` of each alpha."""
    return [np.full_like(block_softness(alpha), EXACT_BLOCK) for alpha in original]


def allowed_by_sound(original: Sequence[Floats], sound: Sequence[Floats], limit: BlockLimit) -> list[Floats]:
    """Return how far each 8x8 block of alpha may move, unseen, where the sound form moves blocks itself.

    Args:
        original, sound: their alphas for the same images, (H, W) float32.
        limit: by whose shape, not size, blocks of other softness move further.
    """
    shapes = [block_softness(alpha) * np.float32(limit.slope) + np.float32(limit.base) for alpha in original]
    moved = (block_means(after - before) for before, after in zip(original, sound, strict=True))
    share = max(float((means / shape).max()) for means, shape in zip(moved, shapes, strict=True))
    return [shape * np.float32(TIMES_SOUND * share) for shape in shapes]


def furthest(sound: Sequence[Floats], faulty: Sequence[Floats], allowed: Sequence[Floats]) -> Moved:
    """Return the block that a fault moves furthest in terms of what is allowed there."""
    found = Moved(-1.0, 1.0)
    for before, after, bound in zip(sound, faulty, allowed, strict=True):
        means = block_means(after - before)
        place = np.unravel_index(int((means / bound).argmax()), means.shape)
        here = Moved(float(means[place]), float(bound[place]))
        if here.block / here.allowed > found.block / found.allowed:
            found = here
    return found


def share_of_limit(rows: Rows, sound: Rows) -> float:
    """Return how much further than the sound form's a metric's mean is from the original's, in terms of its limit."""
    shares = [
        abs(row.difference - (sound[key].difference or 0.0)) / row.limit
        for key, row in rows.items()
        if row.check == "original" and row.difference is not None and row.limit
    ]
    return max(shares, default=0.0)

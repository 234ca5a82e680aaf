"""When two tensors are the same: the largest difference against the tensor's own scale."""

from collections.abc import Iterator
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from configs.records import Frozen

CHUNK = 1 << 20
Array = NDArray[Any]
NonNegative = Annotated[float, Field(ge=0)]


class Tolerance(Frozen):
    """Two tensors part where max |a - b| > `absolute` + `relative` x max |a|.

    Relative to the largest element rather than to each one: rounding of a sum is as large as the terms that cancel in
    it, so that an element near zero may be off by many times itself without any fault.
    """

    relative: NonNegative = 1e-4
    absolute: NonNegative = 1e-7


DEFAULT_RELATIVE = {"f32": 1e-4, "f16": 1e-2, "bf16": 5e-2}
"""By the coarser inference precision of two forms: above what rounding adds up to along the bundled network in f32."""


class Difference(Frozen):
    """How far two tensors are apart.

    Attributes:
        largest: max |a - b| over the finite values; None where shapes differ, or one cannot be computed.
        mean: mean |a - b|; None likewise.
        scale: max |a|.
        beyond: how many elements differ by more than the tolerance.
        parted: whether any does, or shapes differ, or one side alone is not finite somewhere.
        note: what else there is to say.
        computed: whether both forms can compute the tensor at all.
    """

    largest: NonNegative | None
    mean: NonNegative | None
    scale: NonNegative
    beyond: Annotated[int, Field(ge=0)]
    parted: bool
    note: str = ""
    computed: bool = True

    @property
    def relative(self) -> float | None:
        """`largest` as a share of `scale`; 0 for two tensors of zeros."""
        if self.largest is None:
            return None
        return self.largest / self.scale if self.scale else float(self.largest > 0)


def compare_tensors(a: Array, b: Array, tolerance: Tolerance) -> Difference:
    """Compare two tensors of any type, element by element, in little memory."""
    scale = max((_finite_maximum(np.abs(part.astype(np.float64))) for part in _chunks(a)), default=0.0)
    if a.shape != b.shape:
        note = f"shape {a.shape} against {b.shape}"
        return Difference(largest=None, mean=None, scale=scale, beyond=b.size, parted=True, note=note)
    limit = tolerance.absolute + tolerance.relative * scale
    largest, total, beyond, unlike = 0.0, 0.0, 0, 0
    for ours, theirs in zip(_chunks(a), _chunks(b), strict=True):
        x, y = ours.astype(np.float64), theirs.astype(np.float64)
        finite = np.isfinite(x) & np.isfinite(y)
        unlike += int(((x != y) & ~finite & ~(np.isnan(x) & np.isnan(y))).sum())
        difference = np.abs(np.subtract(x, y, where=finite, out=np.zeros_like(x)))
        largest = max(largest, float(difference.max()))
        total += float(difference.sum())
        beyond += int((difference > limit).sum())
    note = f"{unlike} values that are not finite on one side alone" if unlike else ""
    return Difference(
        largest=largest,
        mean=total / a.size if a.size else 0.0,
        scale=scale,
        beyond=beyond + unlike,
        parted=beyond + unlike > 0,
        note=note,
    )


def _chunks(array: Array) -> Iterator[Array]:
    flat = array.reshape(-1)
    return (flat[start : start + CHUNK] for start in range(0, flat.size, CHUNK))


def _finite_maximum(values: NDArray[np.float64]) -> float:
    return float(values.max(initial=0.0, where=np.isfinite(values)))

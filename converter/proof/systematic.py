"""The systematic part of the difference between a form and the original, measured by itself.

A limit on |difference| that admits a precision's noise admits a small change of everything as well: a scale of 256
for 255, a gamma, a shift by half a pixel. But noise is random and such a change is not. So the difference d = converted
- original is fitted, over all pixels of a sample at once and by least squares, by what each change would do first:

    alpha a:       d   = (gain - 1) a + offset + (gamma - 1) a ln a - shift . grad a
    foreground F:  d_c = sum_j (M_cj - [c = j]) F_j + offset_c + (gamma - 1) F_c ln F_c - shift . grad F_c

where a ln a is the derivative of a ** gamma at gamma 1, grad is the central difference per pixel, and the foreground's
gamma and shift are one for its three channels. Of M the report gives the sums of its rows, by which greys are
multiplied (gain), and what stands beside the diagonal (cross-talk); so parted, both are determined on greyish images.
Values are exact for gain, offset and cross-talk, and to first order for gamma and shift: large ones are found as
large, but not to the digit. Where a change is clipped (alpha above 1), it is found smaller than planted.

All samples are fitted together, see `fitting`, with an interval that says how well each component is known.

Two more things are told by the same means. Of an original whose coarse result is known, how much of what refinement
changes the form does not write: 0 for a sound form, 1 if it never refines. And of what a wrong input would do to the
original's own prediction, how much is in the form's: see `signatures`.
"""

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from configs.errors import DataError
from converter.forms.proofs import Component, Kind, Systematic
from converter.proof.fitting import Floats, IntervalOf, estimates, gram, student_interval
from datasets.samples.sample import Prediction

CHANNELS = ("red", "green", "blue")
OPAQUE_FROM = 0.98
"""The foreground is fitted where the original's alpha is above this: where there is less of it, lower precisions err in
the foreground by more than a small fault changes, and it shows less."""
_SMALLEST = np.float32(1e-6)


class SystematicMeter:
    """Measures the systematic part sample by sample, holding no prediction."""

    def __init__(self) -> None:
        self._alpha: list[Floats] = []
        self._foreground: list[Floats] = []
        self._coarse: list[Floats] = []

    def add(
        self,
        original: Prediction,
        converted: Prediction,
        left_out: NDArray[np.bool_] | None = None,
        coarse: NDArray[np.float32] | None = None,
    ) -> None:
        """Take the two predictions for one sample.

        Args:
            original, converted: of one size, at least 3x3.
            left_out: (H, W), the pixels not to be fitted: those of cells refined otherwise.
            coarse: the original's alpha without refinement, (H, W), where it can tell.

        Raises:
            DataError: they are of different sizes.
        """
        if original.alpha.shape != converted.alpha.shape:
            raise DataError(f"a comparison needs one size, found {original.alpha.shape} and {converted.alpha.shape}")
        fitted = np.ones(original.alpha.shape, np.bool_) if left_out is None else ~left_out
        self._alpha.append(alpha_products(original.alpha, converted.alpha, fitted))
        if original.foreground is not None and converted.foreground is not None:
            opaque = fitted & (original.alpha > OPAQUE_FROM)
            self._foreground.append(foreground_products(original.foreground, converted.foreground, opaque))
        if coarse is not None:
            unrefined = (coarse - original.alpha).ravel()
            self._coarse.append(gram([unrefined, (converted.alpha - original.alpha).ravel()]))

    def result(self, interval_of: IntervalOf = student_interval) -> Systematic:
        """Return every component that the samples determine.

        Raises:
            DataError: no sample was added.
        """
        if not self._alpha:
            raise DataError("the systematic part needs a sample, none was compared")
        contrasts = _foreground_contrasts()
        fits = [
            *estimates(self._alpha, np.eye(5), interval_of),
            *(estimates(self._coarse, np.eye(1), interval_of) if self._coarse else [None]),
            *(estimates(self._foreground, contrasts, interval_of) if self._foreground else [None] * len(contrasts)),
        ]
        return Systematic(
            components=tuple(
                Component(
                    name=name,
                    kind=kind,
                    value=neutral + fit.value,
                    low=None if fit.interval is None else neutral + fit.interval[0],
                    high=None if fit.interval is None else neutral + fit.interval[1],
                    neutral=neutral,
                    samples=fit.samples,
                )
                for (name, (kind, neutral)), fit in zip(COMPONENTS.items(), fits, strict=True)
                if fit is not None
            )
        )


def alpha_products(original: NDArray[np.float32], converted: NDArray[np.float32], fitted: NDArray[np.bool_]) -> Floats:
    """Return the scalar products of alpha's five directions and its difference, (6, 6).

    Args:
        original, converted: (H, W) float32, 0..1.
        fitted: (H, W), the pixels that count; the image's outermost ones never do.
    """
    inner = fitted[1:-1, 1:-1]
    rows = _directions(original, inner)
    difference = (converted - original)[1:-1, 1:-1][inner]
    return gram([rows[0], np.ones_like(difference), *rows[1:], difference])


def foreground_products(
    original: NDArray[np.float32], converted: NDArray[np.float32], fitted: NDArray[np.bool_]
) -> Floats:
    """Return the scalar products of the foreground's fifteen directions and its difference, (16, 16).

    The directions are, per channel, its row of M (3) and its offset, then gamma and the shift, common to all.

    Args:
        original, converted: (H, W, 3) float32 RGB, 0..1.
        fitted: (H, W), the pixels that count; the image's outermost ones never do.
    """
    inner = fitted[1:-1, 1:-1]
    channels = [_directions(original[..., c], inner) for c in range(3)]
    differences = [(converted[..., c] - original[..., c])[1:-1, 1:-1][inner] for c in range(3)]
    linear = [channel[0] for channel in channels] + [np.ones_like(differences[0])]
    curved = [row for channel in channels for row in channel[1:]]
    products = gram([*linear, *curved, *differences])
    joint = np.zeros((16, 16))
    for c in range(3):
        own = [0, 1, 2, 3, 4 + 3 * c, 5 + 3 * c, 6 + 3 * c, 13 + c]
        place = [4 * c, 4 * c + 1, 4 * c + 2, 4 * c + 3, 12, 13, 14, 15]
        joint[np.ix_(place, place)] += products[np.ix_(own, own)]
    return joint


def check_systematic(result: Systematic, limits: Mapping[Kind, float]) -> list[str]:
    """Return what is beyond its limit, in plain words; nothing where all is within.

    The estimate itself is judged, not its interval: of two samples that is wide, and a fault would hide in it.
    """
    problems = []
    for component in result.components:
        limit = limits[component.kind]
        if abs(component.value - component.neutral) > limit:
            hint = _looks_like(component)
            digits = max(4, 1 - math.floor(math.log10(limit))) if limit else 9
            problems.append(
                f"{component.name} {component.value:.{digits}f}, limit {component.neutral:g} +/- {limit:g}"
                + (f": as if {hint}" if hint else "")
            )
    return problems


def _looks_like(component: Component) -> str:
    away = component.value - component.neutral
    match component.kind:
        case "foreground gain" if abs(component.value - 255 / 256) < 1e-3:
            return "the scale were 256 for 255"
        case "alpha offset" | "foreground offset":
            return f"{abs(255 * away):.2g}/255 were {'added' if away > 0 else 'subtracted'}"
        case "alpha shift" | "foreground shift":
            along = ("left", "right") if component.name.endswith("x") else ("up", "down")
            return f"it were moved {abs(away):.2g} pixels {along[away > 0]}"
        case "alpha left coarse":
            return f"{away:.0%} of the refinement were not written"
        case "foreground cross-talk":
            return "channels were mixed or exchanged"
    return ""


def _components() -> dict[str, tuple[Kind, float]]:
    found: dict[str, tuple[Kind, float]] = {
        "alpha gain": ("alpha gain", 1),
        "alpha offset": ("alpha offset", 0),
        "alpha gamma": ("alpha gamma", 1),
        "alpha shift along x": ("alpha shift", 0),
        "alpha shift along y": ("alpha shift", 0),
        "alpha left coarse": ("alpha left coarse", 0),
    }
    found |= {f"foreground gain of {channel}": ("foreground gain", 1.0) for channel in CHANNELS}
    found |= {f"foreground offset of {channel}": ("foreground offset", 0.0) for channel in CHANNELS}
    found["foreground gamma"] = ("foreground gamma", 1)
    found["foreground shift along x"] = ("foreground shift", 0)
    found["foreground shift along y"] = ("foreground shift", 0)
    for to in CHANNELS:
        for of in CHANNELS:
            if of != to:
                found[f"foreground {to} from {of}"] = ("foreground cross-talk", 0)
    return found


COMPONENTS = _components()
"""Name to kind and neutral value, in the order of reports."""


def _foreground_contrasts() -> Floats:
    """Return, per component of the foreground, the sum of unknowns that it is, (15, 15)."""
    rows = [[4 * c, 4 * c + 1, 4 * c + 2] for c in range(3)]
    rows += [[4 * c + 3] for c in range(3)]
    rows += [[12], [13], [14]]
    rows += [[4 * c + other] for c in range(3) for other in range(3) if other != c]
    contrasts = np.zeros((15, 15))
    for contrast, unknowns in zip(contrasts, rows, strict=True):
        contrast[unknowns] = 1
    return contrasts


def _directions(image: NDArray[np.float32], inner: NDArray[np.bool_]) -> list[NDArray[np.float32]]:
    """Return x, x ln x, -dx/d(column) and -dx/d(row) at the pixels of `inner`, (H - 2, W - 2)."""
    value = image[1:-1, 1:-1][inner]
    half = np.float32(0.5)
    along_x = (image[1:-1, :-2] - image[1:-1, 2:])[inner] * half
    along_y = (image[:-2, 1:-1] - image[2:, 1:-1])[inner] * half
    return [value, value * np.log(np.maximum(value, _SMALLEST)), along_x, along_y]

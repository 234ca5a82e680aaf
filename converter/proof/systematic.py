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

Each component is fitted per sample; its value is the mean over samples, with an interval that says how well it is
known.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from configs.errors import DataError
from configs.records import Frozen
from datasets.samples.sample import Prediction

Kind = Literal[
    "alpha gain",
    "alpha offset",
    "alpha gamma",
    "alpha shift",
    "foreground gain",
    "foreground offset",
    "foreground gamma",
    "foreground shift",
    "foreground cross-talk",
]
Interval = tuple[float, float]
IntervalOf = Callable[[Sequence[float]], Interval | None]
Floats = NDArray[np.float64]

CHANNELS = ("red", "green", "blue")
SEEN_FROM = 0.01
"""The foreground is fitted where the original's alpha is above this, as Foreground MSE is: elsewhere it means nothing."""
INFORMATION = 1.0
"""A sample's sum of squares along a component, apart from the others, from which on that component is fitted."""
_PIXELS_AT_ONCE = 1 << 15
_SMALLEST = np.float32(1e-6)


class Component(Frozen):
    """One component of the systematic part.

    Attributes:
        name: such as `foreground gain of red`; alpha's have no "of", a shift has "along x".
        kind: what limits are named by.
        value: the mean over samples. Gains, cross-talk and gammas are factors and exponents; offsets are in 0..1 units;
            shifts in pixels, to the right and down.
        low, high: the interval of that mean; None where the samples are too few for one.
        neutral: the value of a form that equals the original.
        samples: of how many the component could be fitted.
    """

    name: str
    kind: Kind
    value: float
    low: float | None
    high: float | None
    neutral: float
    samples: int


class Systematic(Frozen):
    """All components that some sample determines."""

    components: tuple[Component, ...]

    def component(self, name: str) -> Component | None:
        """Return the component of this name; None where no sample determines it."""
        return next((component for component in self.components if component.name == name), None)


class Limit(Frozen):
    """How far from neutral a kind of component may be."""

    kind: Kind
    limit: float


def student_interval(values: Sequence[float], confidence: float = 0.95) -> Interval | None:
    """Return the interval of the mean by Student's t; None for fewer than two values."""
    count = len(values)
    if count < 2:
        return None
    mean = math.fsum(values) / count
    spread = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (count - 1) / count)
    half = -float(stdtrit(count - 1, (1 - confidence) / 2)) * spread
    return mean - half, mean + half


class SystematicMeter:
    """Measures the systematic part sample by sample, holding no prediction."""

    def __init__(self) -> None:
        self.per_sample: list[dict[str, float]] = []

    def add(self, original: Prediction, converted: Prediction, left_out: NDArray[np.bool_] | None = None) -> None:
        """Take the two predictions for one sample.

        Args:
            original, converted: of one size, at least 3x3.
            left_out: (H, W), the pixels not to be fitted: those of cells refined otherwise.

        Raises:
            DataError: they are of different sizes.
        """
        if original.alpha.shape != converted.alpha.shape:
            raise DataError(f"a comparison needs one size, found {original.alpha.shape} and {converted.alpha.shape}")
        fitted = np.ones(original.alpha.shape, np.bool_) if left_out is None else ~left_out
        found = fit_alpha(original.alpha, converted.alpha, fitted)
        fitted &= original.alpha > SEEN_FROM
        found |= fit_foreground(original.foreground, converted.foreground, fitted)
        self.per_sample.append(found)

    def result(self, interval_of: IntervalOf = student_interval) -> Systematic:
        """Return the mean of every component over the samples that determine it."""
        components = []
        for name, (kind, neutral) in COMPONENTS.items():
            values = [found[name] for found in self.per_sample if name in found]
            if not values:
                continue
            interval = interval_of(values) or (None, None)
            components.append(
                Component(
                    name=name,
                    kind=kind,
                    value=math.fsum(values) / len(values),
                    low=interval[0],
                    high=interval[1],
                    neutral=neutral,
                    samples=len(values),
                )
            )
        return Systematic(components=tuple(components))


def fit_alpha(
    original: NDArray[np.float32], converted: NDArray[np.float32], fitted: NDArray[np.bool_]
) -> dict[str, float]:
    """Return the components of alpha that this sample determines, by name.

    Args:
        original, converted: (H, W) float32, 0..1.
        fitted: (H, W), the pixels that count; the image's outermost ones never do.
    """
    inner = fitted[1:-1, 1:-1]
    rows = _directions(original, inner)
    difference = (converted - original)[1:-1, 1:-1][inner]
    gram = _gram([rows[0], np.ones_like(difference), *rows[1:], difference])
    return _solve(gram, np.eye(5), _names("alpha"))


def fit_foreground(
    original: NDArray[np.float32], converted: NDArray[np.float32], fitted: NDArray[np.bool_]
) -> dict[str, float]:
    """Return the components of the foreground that this sample determines, by name.

    Args:
        original, converted: (H, W, 3) float32 RGB, 0..1.
        fitted: (H, W), the pixels that count; the image's outermost ones never do.
    """
    inner = fitted[1:-1, 1:-1]
    channels = [_directions(original[..., c], inner) for c in range(3)]
    differences = [(converted[..., c] - original[..., c])[1:-1, 1:-1][inner] for c in range(3)]
    linear = [channel[0] for channel in channels] + [np.ones_like(differences[0])]
    curved = [row for channel in channels for row in channel[1:]]
    gram = _gram([*linear, *curved, *differences])
    # Unknowns: per channel the row of M and the offset (4), then gamma and the shift, common to all.
    joint = np.zeros((16, 16))
    for c in range(3):
        own = [0, 1, 2, 3, 4 + 3 * c, 5 + 3 * c, 6 + 3 * c, 13 + c]
        place = [4 * c, 4 * c + 1, 4 * c + 2, 4 * c + 3, 12, 13, 14, 15]
        joint[np.ix_(place, place)] += gram[np.ix_(own, own)]
    return _solve(joint, _foreground_contrasts(), _names("foreground"))


def check_systematic(hop: str, result: Systematic, limits: Mapping[Kind, float]) -> list[str]:
    """Return what is beyond its limit, in plain words; nothing where all is within.

    The mean itself is judged, not its interval: of two samples an interval is wide, and a fault would hide in it.
    """
    problems = []
    for component in result.components:
        limit = limits[component.kind]
        if abs(component.value - component.neutral) > limit:
            hint = _looks_like(component)
            problems.append(
                f"{component.name} {component.value:.4f}, limit {component.neutral:g} +/- {limit:g}"
                + (f": as if {hint}" if hint else "")
            )
    return [f"hop {hop}: {problem}" for problem in problems]


def _looks_like(component: Component) -> str:
    away = component.value - component.neutral
    match component.kind:
        case "foreground gain" if abs(component.value - 255 / 256) < 1e-3:
            return "the scale were 256 for 255"
        case "alpha offset" | "foreground offset":
            return f"{abs(255 * away):.2g}/255 were {'added' if away > 0 else 'subtracted'}"
        case "alpha shift" | "foreground shift":
            along = (
                ("right" if away > 0 else "left") if component.name.endswith("x") else ("down" if away > 0 else "up")
            )
            return f"it were moved {abs(away):.2g} pixels {along}"
        case "foreground cross-talk":
            return "channels were mixed or exchanged"
    return ""


def _names(output: Literal["alpha", "foreground"]) -> list[str]:
    return [name for name in COMPONENTS if name.startswith(output)]


def _components() -> dict[str, tuple[Kind, float]]:
    found: dict[str, tuple[Kind, float]] = {
        "alpha gain": ("alpha gain", 1),
        "alpha offset": ("alpha offset", 0),
        "alpha gamma": ("alpha gamma", 1),
        "alpha shift along x": ("alpha shift", 0),
        "alpha shift along y": ("alpha shift", 0),
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
    rows = []
    for c in range(3):
        rows.append([4 * c, 4 * c + 1, 4 * c + 2])
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


def _gram(rows: Sequence[NDArray[np.float32]]) -> Floats:
    """Return the matrix of the rows' scalar products, summed in float64."""
    total = np.zeros((len(rows), len(rows)))
    for start in range(0, rows[0].size, _PIXELS_AT_ONCE):
        block = np.array([row[start : start + _PIXELS_AT_ONCE] for row in rows], np.float64)
        total += block @ block.T
    return total


def _solve(gram: Floats, contrasts: Floats, names: Sequence[str]) -> dict[str, float]:
    """Solve the normal equations; return the contrasts that they determine, each added to its neutral value.

    Args:
        gram: scalar products of the directions and, last, the difference.
        contrasts: (components, unknowns).
    """
    normal, right = gram[:-1, :-1], gram[:-1, -1]
    scale = np.sqrt(np.diag(normal))
    scale[scale == 0] = 1
    values, vectors = np.linalg.eigh(normal / np.outer(scale, scale))
    kept = values > 1e-10
    turned = contrasts / scale @ vectors
    solution = turned[:, kept] @ ((vectors[:, kept].T @ (right / scale)) / values[kept])
    with np.errstate(divide="ignore"):
        information = 1 / (turned[:, kept] ** 2 @ (1 / values[kept]))
    # A contrast with a part in the directions that the sample leaves open is not determined, whatever the rest says.
    open_part = np.abs(turned[:, ~kept]).max(axis=1, initial=0) * np.sqrt(scale.max())
    found = {}
    for name, value, known, loose in zip(names, solution, information, open_part, strict=True):
        if known >= INFORMATION and loose < 1e-3:
            found[name] = COMPONENTS[name][1] + float(value)
    return found

"""Simple changes that people and programs make to a set's pictures, each undone pixel by pixel."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from datasets.mismatch.pixels import Floats, Values

Severity = Literal["error", "warning"]
PICTURES = {"foreground": "the foreground", "background": "the plate", "source": "the composite"}
"""A picture that a change is undone in; the same change of the two others looks the same."""
_OTHERS = {
    "foreground": "or in composite and plate alike",
    "background": "or in composite and foreground alike",
    "source": "or in foreground and plate alike",
}
_ORDERS = {
    (2, 1, 0): "red and blue are swapped",
    (0, 2, 1): "green and blue are swapped",
    (1, 0, 2): "red and green are swapped",
    (1, 2, 0): "the channels are rotated (blue, red, green)",
    (2, 0, 1): "the channels are rotated (green, blue, red)",
}
_CHANNELS = ("red", "green", "blue")


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """A change that would explain a mismatch.

    Attributes:
        clause: what was done, as a clause.
        undone: the values without it.
        severity: `warning` for what real pictures have as well, and what leaves the matte true.
        least: the share of the mismatch that has to go, for the change to explain it.
        general: fits so much that it counts only where no other change does.
    """

    clause: str
    undone: Values
    severity: Severity = "error"
    least: float = 0.55
    general: bool = False

    @property
    def kind(self) -> str:
        """The clause without their numbers."""
        return re.sub(r"[-+]?[0-9.]*[0-9]", "N", self.clause)


def value_changes(values: Values) -> Iterator[Change]:
    """Yield every change that is made pixel by pixel, those with a number fitted to `values`; the simpler first."""
    for name, word in PICTURES.items():
        yield from _of_colours(values, name, word)
    yield from alpha_changes(values)
    yield from _of_composition(values)


def _of_colours(values: Values, name: str, word: str) -> Iterator[Change]:
    for order, clause in _ORDERS.items():
        yield Change(f"{clause} in {word}, {_OTHERS[name]}", _edited(values, name, partial(_reordered, order)))
    for channel, colour in enumerate(_CHANNELS):
        yield Change(f"{colour} is inverted in {word}", _edited(values, name, partial(_inverted, channel)))
    for clause, edit in (
        ("has inverted colours (black for white)", lambda x: 255 - x),
        ("is in the range 16 to 235 of video, not 0 to 255", lambda x: (x - 16) * (255 / 219)),
        ("was stretched from the range 16 to 235 of video, though it had 0 to 255", lambda x: 16 + x * (219 / 255)),
        ("is in linear light, not sRGB", _to_srgb),
        ("was brightened from linear light to sRGB, though it was sRGB", _from_srgb),
    ):
        yield Change(f"{word} {clause}", _edited(values, name, edit))
    severity: Severity = "warning" if name == "background" else "error"  # as a camera exposes a plate
    power = _best(values, 0.4, 2.5, lambda few, number: _edited(few, name, partial(_powered, number)))
    yield Change(f"{word} has a gamma of {1 / power:.2f}", _edited(values, name, partial(_powered, power)), severity)
    gain = _best(values, 0.4, 2.5, lambda few, number: _edited(few, name, lambda x: x * number))
    yield Change(f"{word} is {1 / gain:.2f} times as bright", _edited(values, name, lambda x: x * gain), severity)


def alpha_changes(values: Values) -> Iterator[Change]:
    """Yield the changes of alpha, or of the foreground by alpha."""

    def other(alpha: NDArray[np.floating]) -> Values:
        return replace(values, alpha=np.clip(alpha, 0, 1).astype(np.float32))

    yield Change("alpha is inverted, or foreground and plate are exchanged", other(1 - values.alpha))
    power = _best(values, 0.3, 3.3, lambda few, number: replace(few, alpha=few.alpha**number))
    yield Change(f"alpha has a gamma of {1 / power:.2f}", other(values.alpha**power), least=0.5)
    gain = _best(values, 0.45, 2.2, lambda few, number: replace(few, alpha=np.minimum(few.alpha * number, 1)))
    yield Change(f"alpha is scaled by {1 / gain:.2f}", other(values.alpha * gain), least=0.5)
    yield Change("alpha is in the range 16 to 235 of video", other((values.alpha * 255 - 16) / 219))
    fitting = other(_between(values))
    low, high = (values.alpha < 2 / 255).mean(), (values.alpha > 253 / 255).mean()
    if low and high and low + high > 0.995:
        yield Change("alpha is hard: only 0 and 255 where the composite has soft edges", fitting, least=0.5)
    clause = "alpha, or the foreground's colours where it is low, are not those of the composite: blurred, or estimated"
    yield Change(clause, fitting, "warning", least=0.7, general=True)

    straight = np.minimum(values.foreground / np.maximum(values.alpha, 1 / 255), 255)
    yield Change("the foreground is premultiplied with alpha", replace(values, foreground=straight))
    darker = replace(values, foreground=values.foreground * values.alpha)
    yield Change("the composite was made with a foreground premultiplied once more (dark edges)", darker)


def _of_composition(values: Values) -> Iterator[Change]:
    mixed = _to_srgb(values.alpha * _from_srgb(values.foreground) + (1 - values.alpha) * _from_srgb(values.background))
    plain = values.source - values.off()
    yield Change("the composite was made in linear light", replace(values, source=values.source - mixed + plain))


def _edited(values: Values, name: str, edit: Callable[[Floats], Floats]) -> Values:
    edited: Floats = np.clip(edit(getattr(values, name)), 0, 255).astype(np.float32)
    return replace(values, **{name: edited})


def _powered(power: float, colours: Floats) -> Floats:
    return np.asarray(255 * (colours / 255) ** power, np.float32)


def _reordered(order: tuple[int, ...], colours: Floats) -> Floats:
    return colours[:, order]


def _inverted(channel: int, colours: Floats) -> Floats:
    other = colours.copy()
    other[:, channel] = 255 - other[:, channel]
    return other


def _best(values: Values, low: float, high: float, undo: Callable[[Values, float], Values]) -> float:
    """Return the number between `low` and `high` with which `undo` leaves least."""
    few = Values(*(getattr(values, name)[::4] for name in ("source", "background", "foreground", "alpha")))

    def left(logarithm: float) -> float:
        return float(np.abs(undo(few, float(np.exp(logarithm))).off()).mean())

    bounds = (float(np.log(low)), float(np.log(high)))
    from scipy.optimize import minimize_scalar  # takes longer to load than a sound sample to check

    found = minimize_scalar(left, bounds=bounds, method="bounded", options={"maxiter": 14})
    return float(np.exp(found.x))


def _to_srgb(colours: Floats) -> Floats:
    share = colours / 255
    return np.asarray(255 * np.where(share <= 0.0031308, 12.92 * share, 1.055 * share ** (1 / 2.4) - 0.055), np.float32)


def _from_srgb(colours: Floats) -> Floats:
    share = colours / 255
    return np.asarray(255 * np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4), np.float32)


def _between(values: Values) -> Floats:
    """Return the alpha with which each composite pixel lies nearest to its foreground over its plate."""
    apart = values.foreground - values.background
    size = np.square(apart).sum(axis=1, keepdims=True)
    share = ((values.source - values.background) * apart).sum(axis=1, keepdims=True) / np.maximum(size, 1)
    return np.asarray(np.where(size > 100, share, values.alpha), np.float32)

"""Judge one sample's composition, and find the simple change that explains what does not fit."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from datasets.mismatch.changes import Change, Severity, value_changes
from datasets.mismatch.moves import mirrored, place_changes
from datasets.mismatch.pixels import CAP, FEWEST, Bytes, Floats, Parts, Places, draw, draw_body, mean_off

LIMIT = 1.5
"""Levels by which a zone may be off on average: rounding in another way, or colours of one level more."""
LOOSE = 8.0
"""Levels beyond which a zone that no simple change explains is worth a warning; estimated foregrounds stay below."""
NOISE_LIKE = 0.2
"""What is off no more alike than that from pixel to pixel, on the plate as well, is a sensor's noise."""
EXACT = 0.7
"""Levels that are left in any zone, at most, once what was done is undone; nothing else is tried then."""
SAME = 2.0
"""Levels by which two pictures that are the same one differ at most, on average."""
ALIKE = 0.9
"""Correlation beyond which two pictures of one place are the same picture, though colours or noise differ."""
_SIDE = 512
_GRID = 16  # of JPEG's blocks, which a cut must not move
_TIE = 0.3
_UNTOUCHED = 0.8
FEWEST_TO_EXPLAIN = 64
"""Fewer pixels explain nothing: some change always fits them."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with a sample's composition.

    Attributes:
        clause: the change that explains it, as a clause.
        severity: how bad that is.
        before: how far the zones that it is about are off, in levels of their worst channel.
        after: what is left of that once the change is undone.
    """

    clause: str
    severity: Severity
    before: float
    after: float


def wrong_zones(parts: Parts, places: Places, *, exact_plate: bool = True) -> dict[str, float]:
    """Return the zones that do not fit, with how far they are off in levels, apart from the noise of a sensor.

    Args:
        parts: the sample's pictures.
        places: `draw(parts.alpha)`.
        exact_plate: whether the plate is what the person stands before; else only the body is judged.
    """
    values = places.values(parts)
    found = mean_off(values, places)
    wrong = {zone: level for zone, level in found.items() if level > LIMIT and (exact_plate or zone == "body")}
    if not wrong:
        return {}
    off = values.off()
    beside = replace(places, columns=(places.columns + 1).clip(0, parts.alpha.shape[1] - 1)).values(parts).off()
    noise = found.get("empty", CAP)
    return {
        zone: level
        for zone, level in wrong.items()
        if level > 2 * noise or _alike(off[places.zones[zone]], beside[places.zones[zone]]) > NOISE_LIKE
    }


def explain(parts: Parts, wrong: Mapping[str, float], others: Iterable[tuple[str, Parts]] = ()) -> tuple[Finding, ...]:
    """Find what explains the zones that are off, or at least the person's or the plate's part of them.

    Args:
        parts: the sample's pictures.
        wrong: `wrong_zones` of them.
        others: pictures to try in their place, with the clause for it.

    Returns:
        One finding, or two where the person and the plate were changed in different ways; none where nothing fits.
    """
    window = _window(parts)
    cut = _cut(parts, window)
    places = draw(cut.alpha)
    if cut.alpha.size < FEWEST_TO_EXPLAIN:
        return ()
    before = mean_off(places.values(cut), places)
    tried = [(change, mean_off(change.undone, places)) for change in _value_changes(cut, places)]
    if min(max(after.values()) for change, after in tried if not change.general) > EXACT:
        pictures = chain(mirrored(parts), others)
        moved = (Change(clause, places.values(_cut(other, window)), least=0.7) for clause, other in pictures)
        tried += [(change, mean_off(change.undone, places)) for change in chain(place_changes(cut, places), moved)]
    for group in _groups(wrong):
        if found := _best(group, before, tried):
            finding, after = found
            if "empty" in wrong and after["empty"] > _UNTOUCHED * before["empty"]:
                plate = _best(("empty",), before, tried)
                return (finding,) if plate is None else (finding, plate[0])
            return (finding,)
    return ()


def _groups(wrong: Mapping[str, float]) -> Iterator[tuple[str, ...]]:
    """Yield the zones that one change should explain: all that are off, else the person's, else the plate's."""
    yield tuple(wrong)
    if "empty" in wrong:
        # Where the plate is another one, the rim does not fit either.
        yield ("body",) if "body" in wrong else ("empty",)
    if "body" in wrong and "empty" in wrong:
        yield ("empty",)


def same_pictures(parts: Parts, places: Places | None = None) -> Finding | None:
    """Return a finding where plate and composite are one picture, though there is a person in the matte.

    Args:
        parts: the sample's pictures.
        places: `draw(parts.alpha)`, where it is needed for other judgements too; else most samples need no more of it
            than the body.
    """
    if places is None:
        body = draw_body(parts.alpha)
        if body.size >= FEWEST and not _same(*(_at(picture, body) for picture in (parts.source, parts.background))):
            return None
        places = draw(parts.alpha)
    person = places.zones.get("body")
    if person is None:
        if parts.alpha.any() and np.array_equal(parts.source, parts.background):
            return Finding("plate and composite are the same picture", "error", 0.0, 0.0)
        return None
    values = places.values(parts)
    if not _same(values.source[person], values.background[person]):
        return None
    empty = places.zones.get("empty", person)
    if not _same(values.source[empty], values.background[empty]):
        return None
    off, colours, expected = (
        float(np.abs(one[person] - other[person]).mean())
        for one, other in (
            (values.source, values.background),
            (values.source, values.foreground),
            (values.foreground, values.background),
        )
    )
    if colours < 2 * SAME + off:
        return Finding("the plate shows the person: it is the composite", "error", expected, off)
    return Finding("the composite shows no person: it is the plate", "error", expected, off)


def _at(picture: Bytes, pixels: NDArray[np.intp]) -> Floats:
    """Return what a picture, (H, W, 3), holds at N pixels of the flattened one: (N, 3) float32."""
    return picture.reshape(-1, 3)[pixels].astype(np.float32)


def _same(one: Floats, other: Floats) -> bool:
    """Return whether two pictures, (N, 3), are the same one but for colours and noise."""
    off = float(np.abs(one - other).mean())
    if off < SAME:
        return True
    if off > 12 * SAME or min(one.std(axis=0).min(), other.std(axis=0).min()) < 2 * SAME:
        return False
    return min(float(np.corrcoef(one[:, channel], other[:, channel])[0, 1]) for channel in range(3)) > ALIKE


def _value_changes(parts: Parts, places: Places) -> Iterator[Change]:
    values = places.values(parts)
    mixed = ((values.alpha > 0.02) & (values.alpha < 0.98))[:, 0]
    if mixed.any() and np.abs(values.source - values.foreground)[mixed].mean() < SAME:
        clause = "the foreground's colours are the composite's own, with the plate in them where alpha is low"
        yield Change(clause, replace(values, source=values.source - values.off()))
    yield from value_changes(values)


def _best(
    group: tuple[str, ...], before: Mapping[str, float], tried: Iterable[tuple[Change, Mapping[str, float]]]
) -> tuple[Finding, Mapping[str, float]] | None:
    """Return the change that leaves least of the zones of `group` and makes no other worse, with what it leaves."""
    total = sum(before.get(zone, 0) for zone in group)
    fitting = []
    for change, after in tried:
        left = sum(after.get(zone, 0) for zone in group)
        worse = any(level > before.get(zone, 0) + LIMIT for zone, level in after.items() if zone not in group)
        if left <= (1 - change.least) * total and not worse:
            fitting.append((left, change, after))
    simple = [found for found in fitting if not found[1].general]
    # What fits nearly everything fits estimated foregrounds, off by little, and plates that were moved, as well.
    fitting = simple or ([] if "empty" in group or ("body" not in group and total < LOOSE * len(group)) else fitting)
    if not fitting:
        return None
    least = min(left for left, _, _ in fitting)
    left, change, after = next(found for found in fitting if found[0] <= least * 1.1 + _TIE * len(group))
    return Finding(change.clause, change.severity, total / len(group), left / len(group)), after


def _window(parts: Parts) -> tuple[slice, ...]:
    """Return a window about the matte's rim, of at most 512x512, on the grid of JPEG's blocks."""
    places = draw(parts.alpha)
    rim = places.zones.get("rim", slice(None))
    window = []
    for at, side in zip((places.rows[rim], places.columns[rim]), parts.alpha.shape, strict=True):
        middle = int(np.median(at)) if at.size else side // 2
        first = max(0, min(middle - _SIDE // 2, side - _SIDE)) // _GRID * _GRID
        window.append(slice(first, first + _SIDE))
    return tuple(window)


def _cut(parts: Parts, window: tuple[slice, ...]) -> Parts:
    pictures = (parts.source, parts.background, parts.foreground, parts.alpha)
    return Parts(*(np.ascontiguousarray(picture[window]) for picture in pictures))


def _alike(off: Floats, beside: Floats) -> float:
    """Return how alike what is off is at neighbouring pixels, of the channel where it is most: 0 for noise, 1."""
    return float(((off * beside).mean(axis=0) / np.maximum(np.square(off).mean(axis=0), 1e-6)).max())

"""Whether the composites of a set are made of what lies beside them, and if not, which simple change explains it."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from configs.text import counted
from datasets.mismatch.changes import Severity
from datasets.mismatch.explain import LOOSE, Finding, explain, same_pictures, wrong_zones
from datasets.mismatch.pixels import Parts, draw
from datasets.mismatch.unaligned import SCENE, alpha_power, best_alpha_change, is_off, scene
from datasets.samples.images import read_rgb, read_rgba
from datasets.samples.layout import SampleRef, listing

EXPLAINED = 4
"""So many of the samples that are off are looked into, evenly chosen."""
_ZONES = {
    "body": "inside the matte",
    "rim": "along its edges",
    "soft": "where alpha is between 0 and 255",
    "empty": "where alpha is 0",
}
_THUMB = 36


@dataclass(frozen=True, slots=True, eq=False)
class _Judged:
    """What is kept of a sample: the zones that are off, and a thumbnail by which samples are told apart."""

    ref: SampleRef
    wrong: dict[str, float]
    same: Finding | None
    scene: float | None
    power: float | None
    thumb: Parts

    @property
    def other_scene(self) -> bool:
        return self.scene is not None and self.scene < SCENE


class CompositionCheck:
    """Looks at the samples of one set, one after the other, and says at the end what is wrong with them.

    Args:
        exact_plate: whether the plates are meant to be what the person stands before; else only what does not depend
            on the plate is judged.
    """

    def __init__(self, exact_plate: bool = True) -> None:
        self._exact_plate = exact_plate
        self._samples: list[_Judged] = []

    def add(self, ref: SampleRef, parts: Parts) -> None:
        """Judge a sample."""
        places = draw(parts.alpha)
        same = same_pictures(parts, places)
        wrong = {} if same else wrong_zones(parts, places, exact_plate=self._exact_plate)
        loose_plate = not same and (not self._exact_plate or "empty" in wrong)
        self._samples.append(
            _Judged(
                ref,
                wrong,
                same,
                scene(parts) if loose_plate else None,
                alpha_power(parts, places) if loose_plate and "body" not in wrong else None,
                _thumb(parts),
            )
        )

    def problems(self) -> Iterator[tuple[Severity, str]]:
        """Yield severity and message for every way in which samples are off, each with the samples it was found in."""
        found: dict[tuple[Severity, str], list[tuple[_Judged, Finding]]] = defaultdict(list)
        unexplained: list[_Judged] = []
        off = [sample for sample in self._samples if sample.wrong or sample.other_scene]
        for sample in self._samples:
            if sample.same:
                found[sample.same.severity, sample.same.clause].append((sample, sample.same))
        looked_into = _evenly(off)
        explained: list[_Judged] = []
        for sample in looked_into:
            findings = explain(parts_of(sample.ref), sample.wrong, self._others(sample)) if sample.wrong else ()
            for finding in findings:
                found[finding.severity, re.sub("[0-9.]+", "N", finding.clause)].append((sample, finding))
            if findings:
                explained.append(sample)
            elif not sample.other_scene and max(sample.wrong.values()) > LOOSE:
                unexplained.append(sample)
        # Of those not looked into, a plate of another scene is told only where nothing else explains such a sample.
        scenes = [sample for sample in off if sample.other_scene and sample not in explained]
        if any(sample.other_scene for sample in explained):
            scenes = [sample for sample in scenes if sample in looked_into]
        unexplained += [sample for sample in scenes if sample in looked_into or "body" not in sample.wrong]
        for (severity, _), group in found.items():
            yield severity, self._message(group, len(looked_into), len(off))
        yield from self._unexplained(unexplained)
        yield from self._alpha()

    def _message(self, group: Sequence[tuple[_Judged, Finding]], looked_into: int, off: int) -> str:
        sample, finding = group[0]
        left = f"off by {finding.before:.1f} of 255, and by {finding.after:.1f} without it"
        if sample.same:
            left = f"inside the matte they differ by {finding.after:.1f} of 255"
        where = _where(sample.wrong)
        message = f"{sample.ref.source}: {finding.clause} ({left}{where})"
        if len(group) > 1:
            message += f"; so {_others([judged for judged, _ in group[1:]])}"
        if not sample.same and off > looked_into:
            message += f"; {off} samples are off, {looked_into} of them were looked into"
        return message

    def _unexplained(self, samples: Sequence[_Judged]) -> Iterator[tuple[Severity, str]]:
        scenes = [sample for sample in samples if sample.other_scene]
        if scenes:
            ref = scenes[0].ref
            also = f"; so {_others(scenes[1:])}" if scenes[1:] else ""
            yield "error", f"{ref.background}: shows another scene than {ref.source} where alpha is 0{also}"
        rest = [sample for sample in samples if not sample.other_scene]
        plate = [sample for sample in rest if "body" not in sample.wrong and "empty" in sample.wrong]
        for group, question in (
            ([sample for sample in rest if sample not in plate], "are the three of the same frame?"),
            (plate, "was the plate taken by hand?"),
        ):
            if group:
                ref, off = group[0].ref, max(group[0].wrong.values())
                also = f"; so {_others(group[1:])}" if group[1:] else ""
                message = f"{ref.source}: differs from {ref.foreground} over {ref.background} by {off:.1f} of 255"
                message += f"{_where(group[0].wrong)}, and no simple change explains it; {question}{also}"
                yield "warning", message

    def _alpha(self) -> Iterator[tuple[Severity, str]]:
        """Judge alpha where plates do not fit, over the samples together."""
        samples = [sample for sample in self._samples if sample.power is not None and not sample.other_scene]
        if not is_off([sample.power for sample in samples if sample.power is not None]):
            return
        finding = best_alpha_change([parts_of(sample.ref) for sample in _evenly(samples)])
        if finding is not None:
            power = np.exp(-np.median([sample.power for sample in samples if sample.power is not None]))
            yield (
                "error",
                f"{samples[0].ref.foreground}: over {counted(len(samples), 'sample')}, alpha is not that of the "
                f"composites: as if it had a gamma of {power:.2f}; {finding.clause} fits best (soft edges are off by "
                f"{finding.before:.1f} of 255, and by {finding.after:.1f} without it; the plates do not fit exactly)",
            )

    def _others(self, sample: _Judged) -> Iterator[tuple[str, Parts]]:
        """Yield the sample's pictures with one from another sample, the likeliest of each kind."""
        parts = parts_of(sample.ref)
        for clause, roles in (
            ("the composite is that of {}", ("source",)),
            ("the plate is that of {}", ("background",)),
            ("foreground and alpha are those of {}", ("foreground", "alpha")),
        ):
            near = [
                (distance, other)
                for other in self._samples
                if other is not sample
                and (distance := _distance(sample.thumb, other.thumb, roles)) < 0.7 * _distance(sample.thumb)
            ]
            if near:
                _, other = min(near, key=lambda pair: pair[0])
                theirs = parts_of(other.ref)
                if theirs.alpha.shape == parts.alpha.shape:
                    pictures = {role: getattr(theirs if role in roles else parts, role) for role in _ROLES}
                    yield clause.format(other.ref.id), Parts(**pictures)


_ROLES = ("source", "background", "foreground", "alpha")


def parts_of(ref: SampleRef) -> Parts:
    """Read a sample's pictures."""
    assert ref.foreground is not None and ref.background is not None, "only whole samples are compositions"
    return Parts(read_rgb(ref.source), read_rgb(ref.background), *read_rgba(ref.foreground))


def _thumb(parts: Parts) -> Parts:
    step = max(1, parts.alpha.shape[0] // _THUMB)
    return Parts(*(np.ascontiguousarray(getattr(parts, role)[::step, ::step]) for role in _ROLES))


def _distance(thumb: Parts, other: Parts | None = None, roles: Sequence[str] = ()) -> float:
    """Return how far a composite is from its composition, with some pictures of another sample; infinite where not."""
    if other is not None and other.alpha.shape != thumb.alpha.shape:
        return float("inf")
    source, background, foreground, alpha = (
        getattr(other if other is not None and role in roles else thumb, role).astype(np.float32) for role in _ROLES
    )
    return float(np.abs(source - background - alpha[..., np.newaxis] / 255 * (foreground - background)).mean())


def _evenly(samples: Sequence[_Judged]) -> list[_Judged]:
    chosen = np.linspace(0, len(samples) - 1, min(EXPLAINED, len(samples)))
    return [samples[int(index)] for index in chosen]


def _others(samples: Sequence[_Judged]) -> str:
    return f"{'is' if len(samples) == 1 else 'are'} {listing(sample.ref.id for sample in samples)}"


def _where(wrong: dict[str, float]) -> str:
    if not wrong:
        return ""
    return f"; {', '.join(f'{level:.1f} {_ZONES[zone]}' for zone, level in wrong.items())}"

"""Plates as the variants get them: as they are on disk, or aligned to their composites and evened in colour.

Every sample is prepared by itself, so that it is the same whichever samples are run; all variants see the same plate.
"""

from dataclasses import replace
from typing import NamedTuple, TypeVar

from configs.schema import DatasetSection
from datasets.plates.tracking import PlateTracker
from datasets.samples.sample import Pair

AnyPair = TypeVar("AnyPair", bound=Pair)


class Prepared(NamedTuple):
    """What was done to plates: of one sample, or of several together."""

    samples: int = 0
    aligned: int = 0
    evened: int = 0


class Plates:
    """Prepares samples as a configuration says. May be used by several threads at once.

    Args:
        dataset: `align` and `match_plate` say how.
        needed: whether any variant takes a plate; else samples stay as they are.
    """

    def __init__(self, dataset: DatasetSection, needed: bool = True) -> None:
        self._align, self._match = dataset.align, dataset.match_plate
        self._active = needed and (dataset.align != "off" or dataset.match_plate)

    def __call__(self, sample: AnyPair) -> AnyPair:
        """Return a sample with the plate that the variants get."""
        return self.prepare(sample)[0]

    def prepare(self, sample: AnyPair) -> tuple[AnyPair, Prepared]:
        """Return a sample with the plate that the variants get, and what was done to it."""
        if not self._active:
            return sample, Prepared()
        tracker = PlateTracker(sample.plate, self._align, self._match)
        plate = tracker.plate_for(sample.source)
        done = Prepared(1, tracker.aligned_frames, tracker.evened_frames)
        return replace(sample, background=plate), done

    @property
    def settings(self) -> tuple[tuple[str, str], ...]:
        """What makes the plates others than those on disk, as `content_sha256` takes it; nothing where they are not."""
        return (("plates", f"align={self._align} match={self._match}"),) if self._active else ()

    def note(self, done: Prepared) -> str | None:
        """Say in words what was done to the plates of all samples; None where nothing was."""
        if not self._active:
            return None
        aligned = [f"aligned ({self._align}): {done.aligned} of {done.samples}"] if self._align != "off" else []
        evened = [f"colours evened: {done.evened} of {done.samples}"] if self._match else []
        return ", ".join(aligned + evened)

"""Plates as the variants get them: as they are on disk, or aligned to their composites and evened in colour.

Every sample is prepared by itself, so that it is the same whichever samples are run; all variants see the same plate.
"""

from dataclasses import replace
from typing import TypeVar

from configs.schema import DatasetSection
from datasets.plates.tracking import PlateTracker
from datasets.samples.sample import Pair

AnyPair = TypeVar("AnyPair", bound=Pair)


class Plates:
    """Prepares samples as a configuration says, and counts.

    Args:
        dataset: `align` and `match_plate` say how.
        needed: whether any variant takes a plate; else samples stay as they are.
    """

    def __init__(self, dataset: DatasetSection, needed: bool = True) -> None:
        self._align, self._match = dataset.align, dataset.match_plate
        self._active = needed and (dataset.align != "off" or dataset.match_plate)
        self._samples = self._aligned = self._evened = 0

    def __call__(self, sample: AnyPair) -> AnyPair:
        """Return a sample with the plate that the variants get."""
        if not self._active:
            return sample
        tracker = PlateTracker(sample.plate, self._align, self._match)
        plate = tracker.plate_for(sample.source)
        self._samples += 1
        self._aligned += tracker.aligned_frames
        self._evened += tracker.evened_frames
        return replace(sample, background=plate)

    @property
    def settings(self) -> tuple[tuple[str, str], ...]:
        """What makes the plates others than those on disk, as `content_sha256` takes it; nothing where they are not."""
        return (("plates", f"align={self._align} match={self._match}"),) if self._active else ()

    @property
    def note(self) -> str | None:
        """What was done, in words; None where nothing was."""
        if not self._active:
            return None
        aligned = [f"aligned ({self._align}): {self._aligned} of {self._samples}"] if self._align != "off" else []
        evened = [f"colours evened: {self._evened} of {self._samples}"] if self._match else []
        return ", ".join(aligned + evened)

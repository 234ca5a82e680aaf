"""The set that was evaluated, as `results.json` and baselines name it."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from configs.records import Frozen
from datasets.samples.coverage import Coverage
from datasets.samples.gaps import gaps
from eval.metrics.truth import AGREEMENT_NOTE, TruthKind

Count = Annotated[int, Field(ge=0)]
Pixels = Annotated[int, Field(gt=0)]


class DatasetRecord(Frozen):
    """The set that was evaluated.

    Attributes:
        name: such as `synthetic`.
        path: where it lay; None in baselines, which are committed.
        manifest_sha256: identity of the whole set, by its manifest; of a set without one `pixels_sha256`.
        pixels_sha256: identity of the images that were scored, as they were decoded, and of how their plates were
            prepared; None in results of earlier versions.
        plates: how plates were prepared, in words; None where they were taken as they are.
        samples: how many samples were evaluated.
        samples_sha256: `samples_sha256` of their ids.
        consecutive: whether the frames of a clip follow each other in time, so that dtSSD has a meaning.
        estimated_foregrounds: how many of the samples have foreground colours that are an estimate.
        truth: what figures are measured against (`eval.metrics.truth.TruthKind`).
        coverage: what the evaluated samples show, without ground truth by the original's mattes; None in baselines, and
            in results of earlier versions.
        sizes: (height, width) of the samples, each size once; empty in results of earlier versions.
    """

    name: str
    path: str | None = None
    manifest_sha256: str | None = None
    pixels_sha256: str | None = None
    samples: Annotated[int, Field(gt=0)]
    samples_sha256: str
    consecutive: bool = False
    estimated_foregrounds: Count = 0
    truth: TruthKind = "ground truth"
    coverage: Annotated[Coverage | None, Field(exclude_if=lambda coverage: coverage is None)] = None
    sizes: Annotated[tuple[tuple[Pixels, Pixels], ...], Field(exclude_if=lambda sizes: not sizes)] = ()
    plates: Annotated[str | None, Field(exclude_if=lambda plates: plates is None)] = None

    @model_validator(mode="after")
    def _coverage_is_of_the_samples(self) -> Self:
        if self.coverage is not None and self.coverage.samples != self.samples:
            raise ValueError(f"`coverage` is of {self.coverage.samples} samples, {self.samples} were evaluated")
        return self

    @property
    def agreement(self) -> bool:
        """Whether figures are agreement with the original, because the set has no ground truth."""
        return self.truth == "original"

    @property
    def agreement_note(self) -> str | None:
        """What must be said beside figures of agreement, else None."""
        return AGREEMENT_NOTE if self.agreement else None

    @property
    def foreground_note(self) -> str | None:
        """What must be said beside Foreground MSE where foreground colours were estimated, else None."""
        if not self.estimated_foregrounds:
            return None
        return (
            f"Foreground colours of {self.estimated_foregrounds} of {self.samples} samples were estimated, so "
            "Foreground MSE measures agreement with an estimate there, not with true colours."
        )

    @property
    def coverage_note(self) -> str | None:
        """What the samples never show, in words; None where they show everything, or it was not measured."""
        unseen = [] if self.coverage is None else gaps(self.coverage)
        if not unseen:
            return None
        return f"This set does not show everything, and what differs only there moves no figure: {'; '.join(unseen)}."

"""The samples on which a converted variant moved most, kept while the set goes by."""

import heapq
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from configs.errors import DataError
from datasets.samples.sample import Pair, Prediction
from eval.run.results import WorstRecord

Kept = TypeVar("Kept")


class Keeper(Protocol):
    """Who is shown every sample with its predictions, and keeps pictures of a few."""

    def offer(
        self, sample: Pair, original: str, predictions: Mapping[str, Prediction], alpha_mad: Mapping[str, float]
    ) -> None:
        """Look at a sample; arguments as `WorstSamples.offer`."""

    def records(self) -> tuple[WorstRecord, ...]:
        """Return the samples that have pictures, for the results."""

    def kept(self) -> tuple[str, ...]:
        """Return the ids of the samples that have pictures so far."""

    def encoded(self, sample: str) -> bytes:
        """Return what is kept of a sample, as `take` takes it: of a process that goes on, or of another machine."""

    def take(self, encoded: bytes, finished: Container[str] | None = None) -> str | None:
        """Keep what another process kept of a sample, if it is among the worst; return the sample's id.

        Args:
            encoded: what `encoded` gave there.
            finished: only the pictures of these samples count; None for all.

        Returns:
            None where the sample is none of the finished, or not among the worst.

        Raises:
            DataError: it is not what `encoded` gives.
        """


@dataclass(frozen=True, slots=True)
class Movement:
    """How far a sample moved.

    Attributes:
        sample: its id.
        variant: the converted variant that moved most there; None when only the original ran.
        original: the original's Alpha MAD.
        drift: Alpha MAD of `variant` minus the original's; None without a variant.
    """

    sample: str
    variant: str | None
    original: float
    drift: float | None

    @property
    def rank(self) -> tuple[float, float, str]:
        """What samples are sorted by: |drift|, then the original's Alpha MAD, then the id."""
        return abs(self.drift or 0.0), self.original, self.sample


class WorstSamples(Generic[Kept]):
    """The samples of the largest `Movement.rank`, at most `limit` of them, each with what `keep` makes of it.

    Args:
        limit: how many to keep.
        keep: called with a sample, the original's prediction, the name of the variant that moved most and its
            prediction; both None when only the original ran.
    """

    def __init__(self, limit: int, keep: Callable[[Pair, Prediction, str | None, Prediction | None], Kept]) -> None:
        self._limit = limit
        self._keep = keep
        self._heap: list[tuple[tuple[float, float, str], Movement, Kept]] = []

    def offer(
        self, sample: Pair, original: str, predictions: Mapping[str, Prediction], alpha_mad: Mapping[str, float]
    ) -> None:
        """Look at a sample; each id at most once.

        Args:
            sample: the sample.
            original: the name of the original variant.
            predictions: variant name to its prediction, the original's among them.
            alpha_mad: variant name to Alpha MAD on this sample.

        Raises:
            DataError: the original, or a variant's score, is missing.
        """
        missing = {original, *predictions} - set(alpha_mad) | {original} - set(predictions)
        if missing:
            raise DataError(f"sample {sample.id}: expected predictions and Alpha MAD of {', '.join(sorted(missing))}")
        drifts = {name: alpha_mad[name] - alpha_mad[original] for name in predictions if name != original}
        variant = max(drifts, key=lambda name: abs(drifts[name]), default=None)
        drift = None if variant is None else drifts[variant]
        movement = Movement(sample.id, variant, alpha_mad[original], drift)
        if not self._wanted(movement):
            return
        converted = None if variant is None else predictions[variant]
        self.add(movement, self._keep(sample, predictions[original], variant, converted))

    def add(self, movement: Movement, kept: Kept) -> bool:
        """Keep a sample with what was made of it, if it is among the worst; tell whether it is."""
        if not self._wanted(movement):
            return False
        heapq.heappush(self._heap, (movement.rank, movement, kept))
        if len(self._heap) > self._limit:
            heapq.heappop(self._heap)
        return True

    def _wanted(self, movement: Movement) -> bool:
        return self._limit > 0 and (len(self._heap) < self._limit or movement.rank > self._heap[0][0])

    def ranked(self) -> list[tuple[Movement, Kept]]:
        """Return the kept samples, worst first."""
        ordered = sorted(self._heap, key=lambda entry: entry[0], reverse=True)
        return [(movement, kept) for _, movement, kept in ordered]

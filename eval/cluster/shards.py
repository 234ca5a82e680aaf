"""Shards: the pieces of a set that one worker evaluates at a time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from datasets.samples.sample import clip_of
from eval.pipeline.line import Task

A_WORKER = 6
"""Shards that each worker gets, at least, where the set is large enough: the last ones even out how fast nodes are."""
LONGEST = 64
"""Most samples of a shard, clips apart: what is lost with a node, and how seldom progress shows."""


@dataclass(frozen=True, slots=True)
class Shard:
    """Consecutive samples of a set.

    Attributes:
        number: its place among the shards, which are in the set's order.
        tasks: its samples.
    """

    number: int
    tasks: tuple[Task, ...]

    @property
    def counted(self) -> int:
        """How many samples are asked for; the others only precede them in their clips."""
        return sum(task.counted for task in self.tasks)

    def __str__(self) -> str:
        ids = [task.ref.id for task in self.tasks]
        return ids[0] if len(ids) == 1 else f"{ids[0]} to {ids[-1]}"


def shards_of(tasks: Sequence[Task], sequential: bool, workers: int) -> list[Shard]:
    """Cut a set into shards, in its order.

    Args:
        tasks: the samples.
        sequential: whether frames of a clip follow each other in time, so that a clip is never cut.
        workers: how many are at work.
    """
    most = min(LONGEST, max(1, len(tasks) // (A_WORKER * max(1, workers))))
    pieces: Iterable[list[Task]]
    if sequential:
        pieces = (list(clip) for _, clip in groupby(tasks, lambda task: clip_of(task.ref.id)))
    else:
        pieces = ([task] for task in tasks)
    shards: list[list[Task]] = []
    for piece in pieces:
        if shards and len(shards[-1]) + len(piece) <= most:
            shards[-1] += piece
        else:
            shards.append(piece)
    return [Shard(number, tuple(shard)) for number, shard in enumerate(shards)]

"""Shards: consecutive, whole clips, and many enough for every worker."""

from pathlib import Path

import pytest

from datasets.samples.layout import SampleRef
from eval.cluster.shards import A_WORKER, LONGEST, shards_of
from eval.pipeline.line import Task


def _tasks(*ids: str) -> list[Task]:
    return [Task(index, SampleRef(name, Path(name), None, None)) for index, name in enumerate(ids)]


@pytest.mark.parametrize(
    ("samples", "workers", "longest"), [(1, 3, 1), (5, 3, 1), (36, 2, 3), (36, 1, 6), (10_000, 3, LONGEST)]
)
def test_shards_are_the_set_in_its_order_and_short_enough(samples: int, workers: int, longest: int) -> None:
    tasks = _tasks(*(f"a/{number:06d}" for number in range(samples)))

    shards = shards_of(tasks, False, workers)

    assert [task for shard in shards for task in shard.tasks] == tasks
    assert max(shard.counted for shard in shards) == longest
    assert len(shards) >= min(samples, A_WORKER * workers)
    assert [shard.number for shard in shards] == list(range(len(shards)))


def test_a_clip_stays_whole_and_short_ones_share_a_shard() -> None:
    tasks = _tasks(*(f"{clip}/{frame}" for clip, frames in (("a", 9), ("b", 1), ("c", 1)) for frame in range(frames)))

    shards = shards_of(tasks, True, 1)

    assert [str(shard) for shard in shards] == ["a/0 to a/8", "b/0", "c/0"]
    assert [len(shard.tasks) for shard in shards_of(tasks * 6, True, 1)][:2] == [11, 11]


def test_what_only_precedes_a_sample_does_not_count() -> None:
    first, second = _tasks("a/0", "a/1")
    [shard] = shards_of([Task(first.index, first.ref, counted=False), second], True, 4)
    assert (len(shard.tasks), shard.counted) == (2, 1)

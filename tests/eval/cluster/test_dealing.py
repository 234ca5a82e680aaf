"""Dealing shards: what is lost goes to another node, errors are those of one machine, and nothing counts twice."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from configs.errors import DataError, UsageError
from datasets.samples.layout import SampleRef
from eval.cluster.dealing import TRIES, Done, Lost, deal
from eval.cluster.reply import Reply, failure_of
from eval.cluster.shards import Shard
from eval.pipeline.line import Task

LOST = "lost"


class FakeCrew:
    """Workers that answer at once, the last one given first, as `answers` says: (node, shard) to an error or `LOST`."""

    def __init__(self, nodes: str, answers: dict[tuple[str, int], Exception | str]) -> None:
        self._nodes = list(nodes)
        self._answers = answers
        self.given: list[tuple[str, int]] = []
        self._working: list[tuple[str, Shard]] = []

    def idle(self) -> Sequence[str]:
        return [node for node in self._nodes if node not in {node for node, _ in self._working}]

    def nodes(self) -> Sequence[str]:
        return self._nodes

    def hope(self) -> bool:
        return bool(self._nodes)

    def give(self, node: str, shard: Shard) -> None:
        self.given.append((node, shard.number))
        self._working.append((node, shard))

    def wait(self) -> Sequence[Done | Lost]:
        node, shard = self._working.pop()
        answer = self._answers.get((node, shard.number), self._answers.get(("*", shard.number)))
        if answer == LOST:
            return [Lost(shard, node, "it was killed")]
        if answer == "gone":
            self._nodes.remove(node)
            return [Lost(shard, node, "the node died")]
        if isinstance(answer, DataError | UsageError | OSError):
            return [Done(shard, Reply(None, failure=failure_of(answer)))]
        return [Done(shard, Reply(str(shard.number)))]


def _deal(crew: FakeCrew, count: int = 6) -> tuple[list[str], list[str]]:
    """Deal so many shards; return what was taken, and what was said."""
    taken: list[str] = []
    said: list[str] = []
    shards = [Shard(number, (Task(number, SampleRef(f"a/{number}", Path(), None, None)),)) for number in range(count)]

    def take(reply: Reply) -> None:
        if reply.part is not None:
            taken.append(reply.part)

    try:
        deal(shards, crew, take, said.append)
    finally:
        taken.sort()
    return taken, said


def test_every_shard_is_taken_once() -> None:
    taken, said = _deal(FakeCrew("AB", {}))
    assert (taken, said) == (list("012345"), [])


def test_what_was_lost_is_evaluated_on_another_node() -> None:
    crew = FakeCrew("AB", {("B", 1): "gone"})

    taken, said = _deal(crew)

    assert taken == list("012345")
    assert [node for node, shard in crew.given if shard == 1] == ["B", "A"]
    assert said == ["node B: its worker was lost (the node died); 1 sample is evaluated again"]


def test_a_lost_shard_waits_for_another_node_while_there_is_one() -> None:
    crew = FakeCrew("AB", {("A", 0): LOST})
    assert _deal(crew)[0] == list("012345")
    assert [node for node, shard in crew.given if shard == 0] == ["A", "B"]


def test_a_shard_that_ends_every_worker_is_named() -> None:
    crew = FakeCrew("ABC", {("*", 2): LOST})
    with pytest.raises(DataError, match=rf"samples a/2: the worker was lost {TRIES} times \(.*it was killed") as found:
        _deal(crew)
    assert {node for node, shard in crew.given if shard == 2} == set("ABC")
    assert all(node in str(found.value) for node in "ABC")


def test_without_any_node_left_the_work_ends() -> None:
    crew = FakeCrew("AB", {("A", 0): "gone", ("B", 1): "gone"})
    with pytest.raises(DataError, match=r"no node of the cluster is left \(node .: the node died\)"):
        _deal(crew)


@pytest.mark.parametrize(
    "error", [DataError("a/3: broken"), UsageError("a/3: calibrated on it"), OSError(28, "no space", "a/3")]
)
def test_an_error_of_a_sample_is_raised_as_here_and_never_tried_again(error: Exception) -> None:
    crew = FakeCrew("AB", {("*", 3): error})
    with pytest.raises(type(error)) as found:
        _deal(crew)
    assert str(found.value) == str(error)
    assert [shard for _, shard in crew.given].count(3) == 1


def test_of_several_errors_the_first_in_the_set_is_raised_whichever_came_first() -> None:
    # the last shard given answers first: B's error of shard 1 is known before A's of shard 0
    crew = FakeCrew("AB", {("A", 0): DataError("first"), ("B", 1): DataError("second")})
    with pytest.raises(DataError, match="first"):
        _deal(crew)
    assert [shard for _, shard in crew.given] == [0, 1]


def test_what_comes_before_an_error_is_taken_though_it_was_lost_at_first() -> None:
    crew = FakeCrew("AB", {("A", 0): LOST, ("B", 1): DataError("second")})
    taken: list[str] = []
    with pytest.raises(DataError, match="second"):
        shards = [Shard(number, (Task(number, SampleRef(f"a/{number}", Path(), None, None)),)) for number in range(4)]
        deal(shards, crew, lambda reply: taken.append(str(reply.part)), lambda _: None)
    assert "0" in taken

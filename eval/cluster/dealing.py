"""Dealing shards to workers: each goes to one of them, again to another where a worker is lost, and once counts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from configs.errors import DataError
from configs.text import counted
from eval.cluster.reply import Failure, Reply
from eval.cluster.shards import Shard

TRIES = 3
"""How often a shard is begun, at most: one that ends every worker would end them all."""


@dataclass(frozen=True, slots=True)
class Done:
    """A worker has finished a shard."""

    shard: Shard
    reply: Reply


@dataclass(frozen=True, slots=True)
class Lost:
    """A worker is gone, and with it what it found on a shard.

    Attributes:
        shard: that it was at.
        node: on which it ran.
        why: it is gone.
    """

    shard: Shard
    node: str
    why: str


class Crew(Protocol):
    """The workers."""

    def idle(self) -> Sequence[str]:
        """Return the nodes whose workers wait for a shard."""

    def give(self, node: str, shard: Shard) -> None:
        """Let the worker of a node begin a shard."""

    def wait(self) -> Sequence[Done | Lost]:
        """Return what has happened, after a second at most.

        Raises:
            DataError, UsageError: a node cannot take part.
        """

    def nodes(self) -> Sequence[str]:
        """Return the nodes whose workers are ready, idle or not."""

    def hope(self) -> bool:
        """Tell whether there is any worker, or one is getting ready."""


@dataclass(slots=True)
class _State:
    waiting: list[Shard]
    running: set[int] = field(default_factory=set)
    lost: dict[int, list[Lost]] = field(default_factory=dict)
    failed: tuple[int, Failure] | None = None


def deal(shards: Sequence[Shard], crew: Crew, take: Callable[[Reply], None], say: Callable[[str], None]) -> None:
    """Have every shard evaluated, in the set's order as far as workers are free.

    Args:
        shards: the set.
        crew: the workers.
        take: is given what comes of each shard, once.
        say: is told of workers that are lost.

    Raises:
        MattekitError, OSError: of the first sample, in the set's order, that is broken or refused; everything before it
            was taken by then, as on one machine.
        DataError: a shard was lost with each of its workers, or no worker is left.
    """
    state = _State(list(shards))
    while state.waiting or state.running:
        for node in crew.idle():
            if shard := _next_for(node, state, crew.nodes()):
                state.waiting.remove(shard)
                state.running.add(shard.number)
                crew.give(node, shard)
        if not state.running and not crew.hope():
            raise DataError(
                f"no node of the cluster is left{_because(state)}; start it again, and run the same command"
            )
        for event in crew.wait():
            state.running.discard(event.shard.number)
            if isinstance(event, Lost):
                _note_loss(event, state, say)
                continue
            take(event.reply)
            if event.reply.failure is not None:
                _note_failure(event.shard.number, event.reply.failure, state)
        if state.failed is not None and not state.waiting and all(number > state.failed[0] for number in state.running):
            raise state.failed[1].error()


def _next_for(node: str, state: _State, nodes: Sequence[str]) -> Shard | None:
    """Return the first shard that waits, but for one that was lost on this very node while there are others."""
    for shard in state.waiting:
        tried = {lost.node for lost in state.lost.get(shard.number, ())}
        if node not in tried or tried.issuperset(nodes):
            return shard
    return None


def _note_loss(lost: Lost, state: _State, say: Callable[[str], None]) -> None:
    losses = state.lost.setdefault(lost.shard.number, [])
    losses.append(lost)
    if state.failed is not None and lost.shard.number > state.failed[0]:
        return
    if len(losses) == TRIES:
        nodes = ", ".join(dict.fromkeys(loss.node for loss in losses))
        raise DataError(
            f"samples {lost.shard}: the worker was lost {TRIES} times ({nodes}), the last time because {lost.why}; is "
            "there enough memory on the nodes?"
        )
    are = "is" if lost.shard.counted == 1 else "are"
    samples = counted(lost.shard.counted, "sample")
    say(f"node {lost.node}: its worker was lost ({lost.why}); {samples} {are} evaluated again")
    state.waiting.append(lost.shard)
    state.waiting.sort(key=lambda shard: shard.number)


def _note_failure(number: int, failure: Failure, state: _State) -> None:
    """Remember the first error in the set's order; what comes after it is not begun any more."""
    if state.failed is None or number < state.failed[0]:
        state.failed = number, failure
    state.waiting = [shard for shard in state.waiting if shard.number < state.failed[0]]


def _because(state: _State) -> str:
    last = [losses[-1] for losses in state.lost.values()]
    return f" (node {last[-1].node}: {last[-1].why})" if last else ""

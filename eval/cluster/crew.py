"""The workers of a Ray cluster: one a node, since an inference uses all processors of one."""

import os
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import ray
from ray.exceptions import (
    ActorUnschedulableError,
    ObjectLostError,
    OutOfMemoryError,
    RayActorError,
    RayTaskError,
    WorkerCrashedError,
)
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from configs.errors import DataError, UsageError, shortened
from converter.architectures import FOLDER_VARIABLE
from converter.runners.pytorch import torch_threads
from eval.cluster.connection import require_head
from eval.cluster.dealing import Done, Lost
from eval.cluster.identity import require_same
from eval.cluster.parcel import Parcel
from eval.cluster.reply import Failure
from eval.cluster.shards import Shard
from eval.cluster.worker import THREADS, Worker

POLL_SECONDS = 0.05
LOOK_SECONDS = 5.0
"""How often nodes are looked for that have come, and the head is asked whether it is there."""
START_SECONDS = 60.0
"""How long processors of some node may take to be free."""
WORKERS_A_NODE = 3
"""How many workers a node may lose before it is given up."""
_LOSSES = (RayActorError, ActorUnschedulableError, WorkerCrashedError, OutOfMemoryError, ObjectLostError)
_ACTOR = re.compile(r"[Tt]he actor [0-9a-f]{8,}")


@dataclass(slots=True)
class _Hand:
    """A worker: `ref` is what it is at; opening while it is not `ready`, a shard, or nothing."""

    node: str
    actor: Any
    ref: Any
    begun: bool = False
    ready: bool = False
    shard: Shard | None = None


class RayCrew:
    """Workers on the nodes of the cluster that the process is connected to; see `eval.cluster.dealing.Crew`.

    Args:
        parcel: the job.
        keeps: whether pictures of the worst samples are wanted.
        identity: what must be the same on every node.
        say: is told which nodes take part.
    """

    def __init__(self, parcel: Parcel, keeps: bool, identity: Mapping[str, Any], say: Callable[[str], None]) -> None:
        self._parcel = ray.put(parcel)
        self._head: str = ray.get_runtime_context().gcs_address
        self._keeps = keeps
        self._identity = identity
        self._say = say
        self._hands: dict[str, _Hand] = {}
        self._names: dict[str, str] = {}
        self._losses: dict[str, int] = {}
        self._begun = monotonic()
        self._looked = 0.0
        self._some_began = False
        self._look()

    @property
    def size(self) -> int:
        """How many workers there are, ready or not."""
        return len(self._hands)

    def idle(self) -> Sequence[str]:
        """Return the nodes whose workers wait for a shard."""
        return [hand.node for hand in self._hands.values() if hand.ready and hand.shard is None]

    def nodes(self) -> Sequence[str]:
        """Return the nodes whose workers are ready."""
        return [hand.node for hand in self._hands.values() if hand.ready]

    def hope(self) -> bool:
        """Tell whether there is any worker, or one is getting ready."""
        if not self._hands:
            self._look()
        return bool(self._hands)

    def give(self, node: str, shard: Shard) -> None:
        """Let the worker of a node begin a shard."""
        hand = next(hand for hand in self._hands.values() if hand.node == node)
        hand.shard = shard
        hand.ref = hand.actor.run.remote([(task.index, task.counted) for task in shard.tasks])

    def wait(self) -> Sequence[Done | Lost]:
        """Return what has happened, after a second at most.

        Raises:
            DataError: a node has another set, other code, or cannot open the job.
            UsageError: no node's processors are free, or the cluster's head is gone.
        """
        if monotonic() - self._looked > LOOK_SECONDS:
            require_head(self._head)
            self._look()
        if not self._some_began and monotonic() - self._begun > START_SECONDS:
            raise UsageError(
                "--executor ray: no node of the cluster had its processors free within "
                f"{START_SECONDS:.0f} s; other work has them: try again later"
            )
        refs = {hand.ref: key for key, hand in self._hands.items() if hand.ref is not None}
        ready: list[Any] = []
        until = monotonic() + 1.0
        while not ready and monotonic() < until:
            sleep(POLL_SECONDS)  # here, since of a signal that comes while Ray waits it makes another error
            ready, _ = ray.wait(list(refs), num_returns=len(refs), timeout=0) if refs else ([], [])
        events = (self._event(refs[ref]) for ref in ready)
        return [event for event in events if event is not None]

    def close(self) -> None:
        """End the workers."""
        for hand in self._hands.values():
            ray.kill(hand.actor)
        self._hands.clear()

    def _event(self, key: str) -> Done | Lost | None:
        hand = self._hands[key]
        ref, hand.ref = hand.ref, None
        try:
            found = ray.get(ref)
        except RayTaskError:
            raise  # a defect: the worker returns what it foresees
        except _LOSSES as error:
            return self._lost(key, error)
        if not hand.begun:
            hand.begun = self._some_began = True
            hand.ref = hand.actor.open.remote(self._parcel, self._keeps)
            return None
        if not hand.ready:
            self._require_fit(hand, found)
            hand.ready = True
            self._say(f"node {hand.node}: ready")
            return None
        shard, hand.shard = hand.shard, None
        assert shard is not None
        return Done(shard, found)

    def _require_fit(self, hand: _Hand, found: Mapping[str, Any] | Failure) -> None:
        if isinstance(found, Failure):
            error = found.error(f"node {hand.node}: ")
            error.add_note(f"every node must see the set under the same path: {self._set_path()}")
            raise error
        require_same(hand.node, self._identity, found)

    def _set_path(self) -> str:
        return str(self._identity["set"]["path"])

    def _lost(self, key: str, error: Exception) -> Lost | None:
        hand = self._hands.pop(key)
        self._losses[key] = self._losses.get(key, 0) + 1
        why = _reason(error)
        with suppress(Exception):
            ray.kill(hand.actor)  # one that only cannot be reached keeps its processors
        if hand.shard is not None:
            return Lost(hand.shard, hand.node, why)
        if not hand.begun and "import" in why:
            raise DataError(f"node {hand.node}: no worker can begin there ({why}); install the toolkit on every node")
        self._say(f"node {hand.node}: its worker was lost before it was ready ({why})")
        return None

    def _look(self) -> None:
        """Hire a worker on every node that has none and was not given up."""
        self._looked = monotonic()
        for node in ray.nodes():
            key, processors = node["NodeID"], node["Resources"].get("CPU", 0.0)
            if not node["Alive"] or not processors or key in self._hands:
                continue
            if self._losses.get(key, 0) < WORKERS_A_NODE:
                self._hands[key] = self._hire(key, f"{node['NodeName']} ({key[:8]})", processors)

    def _hire(self, key: str, name: str, processors: float) -> _Hand:
        strategy = NodeAffinitySchedulingStrategy(key, soft=False)
        hire = ray.remote(Worker).options(num_cpus=processors, scheduling_strategy=strategy, max_restarts=0)
        actor = hire.remote(_variables())
        return _Hand(name, actor, actor.begin.remote())


def _variables() -> dict[str, str | None]:
    """Return what workers have as this process has it: PyTorch's number of threads, and the user's architectures.

    With another number of threads, such as Ray sets or a node has processors, the last bits would be others.
    """
    architectures = os.environ.get(FOLDER_VARIABLE)
    return {
        THREADS: str(torch_threads()),
        FOLDER_VARIABLE: str(Path(architectures).expanduser().absolute()) if architectures else None,
    }


def _reason(error: Exception) -> str:
    """Return in a line what Ray says of a worker that is gone."""
    if isinstance(error, OutOfMemoryError):
        return "out of memory"
    text = _ACTOR.sub("the worker", " ".join(str(error).split()))
    return shortened(text, 160) if text else type(error).__name__

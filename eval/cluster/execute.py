"""The evaluation on a Ray cluster, in the place of `eval.pipeline.evaluate.execute_here`."""

from collections.abc import Callable, Sequence

from eval.cluster.connection import address_of, connected, require_ray, require_reachable
from eval.cluster.dealing import deal
from eval.cluster.identity import identity_of
from eval.cluster.parcel import pack
from eval.cluster.reply import Reply
from eval.cluster.shards import shards_of
from eval.pipeline.evaluate import Emit, Execute
from eval.pipeline.line import Task
from eval.pipeline.opening import Opened
from eval.pipeline.outcome import part_of
from eval.run.worst import Keeper


def execute_on_ray(address: str | None = None, say: Callable[[str], None] = lambda _: None) -> Execute:
    """Return what evaluates tasks on the nodes of a Ray cluster, a part a shard.

    What `Execute` raises is what one machine would raise: the error of the first sample, in the set's order, that is
    broken or refused. Besides, `DataError` where a node differs from this machine in what scores follow from, where a
    shard was lost with several workers or no node is left; `UsageError` where the cluster cannot be had.

    Args:
        address: of the cluster's head, `HOST:PORT`, or `auto` for the one that this machine is a node of; None starts
            one of this machine alone.
        say: called with what a user should know.

    Raises:
        UsageError: Ray is not installed, or nothing answers at the address.
    """
    address = address_of(address)
    require_ray()
    require_reachable(address)

    def execute(
        opened: Opened, tasks: Sequence[Task], keeper: Keeper | None, tell: Callable[[int], None], emit: Emit
    ) -> None:
        done = 0

        def take(reply: Reply) -> None:
            nonlocal done
            for picture in reply.pictures:
                if keeper is not None:
                    keeper.take(picture)
            if reply.part is not None:
                part = part_of(reply.part)
                emit(part)
                done += len(part.outcomes)
                tell(done)

        with connected(address):
            import ray

            from eval.cluster.crew import RayCrew

            crew = RayCrew(pack(opened, ray.put), keeper is not None, identity_of(opened), say)
            try:
                deal(shards_of(tasks, opened.sample_set.sequential, crew.size), crew, take, say)
            finally:
                crew.close()

    return execute

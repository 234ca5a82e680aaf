"""A worker: opens the job on its node, and evaluates shards of it.

It imports little at the top, since it sets variables of the environment before libraries read them.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from configs.errors import MattekitError
from eval.cluster.reply import Failure, Reply, failure_of

if TYPE_CHECKING:
    from eval.cluster.parcel import Fetch, Parcel
    from eval.pipeline.opening import Opened
    from eval.report.panels import WorstPictures

THREADS = "OMP_NUM_THREADS"


class Worker:
    """Evaluates shards, one after the other.

    Args:
        variables: of the environment, with their values; None for none. They are set before any library is loaded.
    """

    def __init__(self, variables: Mapping[str, str | None]) -> None:
        for name, value in variables.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        self._stack = ExitStack()
        self._opened: Opened
        self._keeper: WorstPictures | None = None
        self._sent: set[str] = set()

    def begin(self) -> int:
        """Return the worker's process, to tell that it has begun."""
        return os.getpid()

    def open(self, parcel: "Parcel", keeps: bool, fetch: "Fetch | None" = None) -> "dict[str, Any] | Failure":
        """Open the job, and return what must be the same on every machine; see `eval.cluster.identity`.

        Args:
            parcel: the job.
            keeps: whether pictures of the worst samples are wanted.
            fetch: gives the content of the parcel's files; by default Ray does.
        """
        from eval.cluster.identity import identity_of
        from eval.pipeline.opening import open_evaluation
        from eval.report.panels import WorstPictures

        try:
            config = parcel.unpack(fetch or _fetch)
            self._opened = self._stack.enter_context(open_evaluation(config))
            self._keeper = WorstPictures(config.evaluate.worst) if keeps else None
            return identity_of(self._opened)
        except (MattekitError, OSError) as error:
            return failure_of(error)

    def run(self, tasks: Sequence[tuple[int, bool]]) -> Reply:
        """Evaluate a shard.

        Args:
            tasks: each sample's place in the set, and whether it is asked for.
        """
        from datasets.samples.coverage import CoverageMeter
        from eval.pipeline.evaluate import offer
        from eval.pipeline.line import Line, Task
        from eval.pipeline.outcome import Outcome, Part

        refs = self._opened.refs
        outcomes: list[Outcome] = []
        meter = CoverageMeter(self._opened.size)
        failure = None
        try:
            for finished in Line(self._opened, timed=0).run(Task(index, refs[index], asked) for index, asked in tasks):
                if self._keeper is not None:
                    offer(self._keeper, self._opened, finished)
                outcomes.append(finished.outcome)
                meter.merge(finished.meter)
        except (MattekitError, OSError) as error:
            failure = failure_of(error)
        part = Part(tuple(outcomes), meter).text() if outcomes else None
        return Reply(part, tuple(self._pictures()), failure)

    def _pictures(self) -> Iterator[bytes]:
        """Yield those of the worst samples that are new among them."""
        if self._keeper is None:
            return
        new = [sample for sample in self._keeper.kept() if sample not in self._sent]
        self._sent.update(new)
        yield from map(self._keeper.encoded, new)


def _fetch(content: Any) -> bytes:
    import ray

    found: bytes = ray.get(content)
    return found

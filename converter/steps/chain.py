"""Steps in a row: each is timed and named, and shown while it runs; a failure says which ran before it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import TypeVar

from configs.errors import ConversionError, MattekitError, ParityError
from configs.interruption import Interrupted
from converter.forms.made import Made
from converter.steps.step import Step

Say = Callable[[str], None]
Report = Callable[[str, int, int], None]
Postcondition = Callable[[Path], None]
Finished = TypeVar("Finished")


class Chain:
    """Steps that are run in order, the next one only after the one before has succeeded.

    Args:
        steps: in order.
        postconditions: what must hold of every file that is made, beside the steps' own; each raises unless it does.
        say: called with a line when a step is done.
        report: called with the name of the step that begins, how many are done, and how many there are.
        ways: called with the hop that fails its proof; returns what can be done about it.
    """

    def __init__(
        self,
        steps: Sequence[Step],
        postconditions: Sequence[Postcondition] = (),
        say: Say = lambda _: None,
        report: Report = lambda *_: None,
        ways: Callable[[str], str] | None = None,
    ) -> None:
        self._ways = ways
        self._steps, self._postconditions = steps, postconditions
        self._say, self._report = say, report

    def run(
        self, finish: Callable[[Made], Finished], take: Callable[[str], Finished | None] = lambda _: None
    ) -> tuple[Finished, ...]:
        """Run all steps; return what `finish`, part of each step, makes of their results.

        Args:
            finish: called with what a step has made.
            take: called with a step's hop first; returns what was finished before, and the step is not run; or None.

        Raises:
            MattekitError: a step's own error, with a note that names the step and those done before it.
            ConversionError: a step failed in a way that nobody foresaw.
        """
        finished = []
        for index, step in enumerate(self._steps):
            if (taken := take(step.hop)) is not None:
                finished.append(taken)
                continue
            with self._named(index):
                made = step.run()
                for postcondition in self._postconditions:
                    postcondition(made.path)
                finished.append(finish(made))
        return tuple(finished)

    @contextmanager
    def _named(self, index: int) -> Iterator[None]:
        hop, before = self._steps[index].hop, ", ".join(step.hop for step in self._steps[:index]) or "none"
        self._report(hop, index, len(self._steps))
        started = perf_counter()
        try:
            yield
        except (MattekitError, Interrupted, KeyboardInterrupt) as error:
            error.add_note(f"in step {hop} (steps done before it: {before})")
            if isinstance(error, ParityError) and self._ways is not None:
                error.add_note(self._ways(hop))
            raise
        except Exception as error:
            raise ConversionError(f"step {hop} failed: {error} (steps done before it: {before})") from error
        self._say(f"  {hop}: {perf_counter() - started:.1f} s")
        self._report(hop, index + 1, len(self._steps))

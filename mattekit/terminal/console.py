"""Where output goes: results to standard output, progress and errors to standard error."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

output = Console(highlight=False, soft_wrap=True)
errors = Console(stderr=True, highlight=False, soft_wrap=True)


def say(line: str) -> None:
    """Print a line as it is."""
    output.print(line, markup=False)


@contextmanager
def step_bar() -> Iterator[tuple[Callable[[str], None], Callable[[str, int, int], None]]]:
    """Yield `say`, and `report(step, done, total)`, which names the step at work in one bar below what is said."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as progress:
        task = progress.add_task("", total=None)

        def say_above(line: str) -> None:
            progress.stop()  # a line goes to another stream, which may be the same screen
            say(line)
            progress.start()

        def report(step: str, done: int, total: int) -> None:
            progress.update(task, description=step, completed=done, total=total)

        yield say_above, report


@contextmanager
def progress_bars() -> Iterator[Callable[[str, int, int], None]]:
    """Yield `report(work, done, total)`, which shows a bar for each kind of work."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=errors) as progress:
        tasks = {}

        def report(work: str, done: int, total: int) -> None:
            if work not in tasks:
                tasks[work] = progress.add_task(work, total=total)
            progress.update(tasks[work], completed=done, total=total)

        yield report

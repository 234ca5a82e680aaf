"""Where output goes: results to standard output, progress and errors to standard error.

Whatever is printed may hold what others wrote: names of files and samples, what a server answered, a checkpoint's keys.
No character of it moves the cursor, changes colours or turns the direction of writing, and in a workflow on GitHub no
line of it is a command.
"""

import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from time import monotonic
from typing import TYPE_CHECKING

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from configs.text import visible

if TYPE_CHECKING:
    from rich.progress import TaskID

HEARTBEAT_SECONDS = 30.0
"""How often a log without bars hears what is at work."""
_COMMAND = re.compile(r"^(\s*)(::|##\[)", re.MULTILINE)
"""What begins a line that GitHub's runner obeys."""


class SafeConsole(Console):
    """A console on which unseen characters of the text are written out; its own control of the screen is untouched."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """See `Console.render`."""
        for segment in super().render(renderable, options):
            if segment.control:
                yield segment
            else:
                yield Segment(visible(segment.text, keep="\n\t"), segment.style)


output = SafeConsole(highlight=False, soft_wrap=True)
errors = SafeConsole(stderr=True, highlight=False, soft_wrap=True)


def tables() -> Console:
    """Return the console for tables, which are folded to the width of a terminal where there is one."""
    if not output.is_terminal:
        return output
    return SafeConsole(highlight=False, stderr=output.stderr, quiet=output.quiet)


def say(line: str) -> None:
    """Print text as it is."""
    output.print(_seen(line), markup=False)


def say_aside(line: str) -> None:
    """Print text as it is to standard error, so that what a verb gives stays alone on the other."""
    if not output.quiet:
        errors.print(_seen(line), markup=False)


def say_error(text: str) -> None:
    """Print an error."""
    errors.print(_seen(text), style="bold red", markup=False, highlight=False)


def say_warning(text: str) -> None:
    """Print a warning, which `--quiet` does not keep back."""
    errors.print(_seen(f"warning: {text}"), style="yellow", markup=False, highlight=False)


def say_to_workflow(command: str) -> None:
    """Print one of GitHub's workflow commands, already escaped."""
    output.print(command, markup=False)


def _seen(text: str) -> str:
    """Return text that shows all of its characters, of which rich drops some, and commands nobody."""
    shown = visible(text, keep="\n\t")
    return _COMMAND.sub(r"\1\\\2", shown) if os.environ.get("GITHUB_ACTIONS") == "true" else shown


@contextmanager
def _heartbeat() -> Iterator[Callable[[str, int, int], None]]:
    """Yield `note(work, done, total)`. Where no terminal shows a bar, a line now and then says what is at work."""
    if errors.is_terminal or output.quiet:
        yield lambda *_: None
        return
    started, ended = monotonic(), Event()
    noted = ["starting"]

    def beat() -> None:
        while not ended.wait(HEARTBEAT_SECONDS):
            errors.print(_seen(f"{noted[0]}, {monotonic() - started:.0f} s"), markup=False, style="dim")

    def note(work: str, done: int, total: int) -> None:
        noted[0] = f"{work} ({done}/{total} done)"

    thread = Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield note
    finally:
        ended.set()
        thread.join()


@contextmanager
def step_bar() -> Iterator[tuple[Callable[[str], None], Callable[[str, int, int], None]]]:
    """Yield `say`, and `report(step, done, total)`, which names the step at work in one bar below what is said."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    hidden = not errors.is_terminal or output.quiet
    with _heartbeat() as note, Progress(*columns, console=errors, transient=True, disable=hidden) as progress:
        task = progress.add_task("", total=None)

        def say_above(line: str) -> None:
            progress.stop()  # a line goes to another stream, which may be the same screen
            say(line)
            progress.start()

        def report(step: str, done: int, total: int) -> None:
            note(step, done, total)
            progress.update(task, description=step, completed=done, total=total)

        yield say_above, report


@contextmanager
def progress_bars() -> Iterator[Callable[[str, int, int], None]]:
    """Yield `report(work, done, total)`, which shows a bar for each kind of work."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with _heartbeat() as note, Progress(*columns, console=errors, disable=output.quiet) as progress:
        tasks = {}

        def report(work: str, done: int, total: int) -> None:
            note(work, done, total)
            if work not in tasks:
                tasks[work] = progress.add_task(work, total=total)
            progress.update(tasks[work], completed=done, total=total)

        yield report


@contextmanager
def byte_bar() -> Iterator[tuple[Callable[[str], None], Callable[[str, int, int | None], None]]]:
    """Yield `say`, and `report(name, done, total)`, which shows how many bytes of a file have come.

    The bar is there from a report to the next line that is said, so that a question can be asked after that.
    """
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    progress = Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal or output.quiet)
    tasks: dict[str, TaskID] = {}

    def hide() -> None:
        if progress.live.is_started:
            progress.stop()

    def say_alone(line: str) -> None:
        hide()
        say(line)

    def report(name: str, done: int, total: int | None) -> None:
        if name not in tasks:
            tasks[name] = progress.add_task(name, total=total)
        progress.update(tasks[name], completed=done, total=total)
        progress.start()

    try:
        yield say_alone, report
    finally:
        hide()

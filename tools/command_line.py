"""What the tools share as commands: how they end after an error, and their progress bar."""

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from rich.console import Console
from rich.progress import track

from configs.errors import MattekitError
from configs.interruption import run_interruptible

Thing = TypeVar("Thing")


def run(main: Callable[[], None]) -> None:
    """Call `main`; end the process with the exit code of an error that it raises."""
    try:
        run_interruptible(main)
    except MattekitError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)


def with_progress(things: Sequence[Thing], what: str) -> Iterable[Thing]:
    """Yield the things one by one, with a bar on standard error that says how many are done."""
    return track(things, what, console=Console(stderr=True))


def parse_with_rest(parser: argparse.ArgumentParser) -> tuple[argparse.Namespace, list[str]]:
    """Return what a tool's own arguments say, and what stands after `--`, which is for a command that it starts."""
    given = sys.argv[1:]
    end = given.index("--") if "--" in given else len(given)
    return parser.parse_args(given[:end]), given[end + 1 :]

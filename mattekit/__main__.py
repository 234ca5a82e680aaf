"""The process: run a verb, turn every foreseen error into its message and exit code."""

import sys

from mattekit.app import app
from mattekit.terminal.endings import INTERNAL_ERROR, end_with, require_surroundings
from mattekit.terminal.streams import guard_streams

__all__ = ["INTERNAL_ERROR", "app", "main"]


def main() -> None:
    """Run the command line and end the process with the exit code that the README lists."""
    guard_streams()
    try:
        require_surroundings()
        try:
            app(prog_name="mattekit")
        finally:
            sys.stdout.flush()
    except Exception as error:
        sys.exit(end_with(error))


if __name__ == "__main__":
    main()

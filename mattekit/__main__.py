"""The process: run a verb, turn every foreseen error into its message and exit code.

What is imported up here must be little: a signal that comes while it loads is not caught yet.
"""

import os
import sys

from configs.interruption import Interrupted, end_interrupted, interruptible, interruption

INTERNAL_ERROR = 70


def main() -> None:
    """Run the command line and end the process with the exit code that the README lists."""
    with interruptible():
        try:
            _run()
        except Interrupted as interrupted:
            end_interrupted(interrupted)


def _run() -> None:
    from configs.errors import MattekitError
    from mattekit.app import app
    from mattekit.terminal.console import errors

    try:
        app(prog_name="mattekit")
    except MattekitError as error:
        _end_if_interrupted()
        text = "\n".join([f"error: {error}", *getattr(error, "__notes__", [])])
        errors.print(text, style="bold red", markup=False, highlight=False)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # The reader of our output has gone; there is nobody left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception:
        _end_if_interrupted()
        errors.print_exception()
        errors.print("internal error: please report it with the lines above", style="bold red")
        sys.exit(INTERNAL_ERROR)


def _end_if_interrupted() -> None:
    """End as interrupted where a signal came before an error: a library made it one of its own."""
    if (interrupted := interruption()) is not None:
        end_interrupted(interrupted)


if __name__ == "__main__":
    main()

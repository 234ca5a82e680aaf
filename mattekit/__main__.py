"""The process: run a verb, turn every foreseen error into its message and exit code.

What is imported up here must be little: a signal that comes while it loads is not caught yet.
"""

import os
import sys

from configs.interruption import run_interruptible

INTERNAL_ERROR = 70


def main() -> None:
    """Run the command line and end the process with the exit code that the README lists."""
    try:
        run_interruptible(_run)
    except BrokenPipeError:
        # The reader of our output has gone; there is nobody left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        from configs.errors import MattekitError
        from mattekit.terminal.console import errors, say_error

        if isinstance(error, MattekitError):
            say_error("\n".join([f"error: {error}", *getattr(error, "__notes__", [])]))
            sys.exit(error.exit_code)
        errors.print_exception()
        say_error("internal error: please report it with the lines above")
        sys.exit(INTERNAL_ERROR)


def _run() -> None:
    from mattekit.app import app
    from mattekit.terminal.libraries import quiet_libraries

    quiet_libraries()
    app(prog_name="mattekit")


if __name__ == "__main__":
    main()

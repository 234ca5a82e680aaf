"""The process: run a verb, turn every foreseen error into its message and exit code."""

import os
import sys

from mattekit.app import app
from mattekit.terminal.console import errors, say_error
from mattekit.terminal.libraries import quiet_libraries

INTERNAL_ERROR = 70


def main() -> None:
    """Run the command line and end the process with the exit code that the README lists."""
    from configs.errors import MattekitError

    quiet_libraries()
    try:
        app(prog_name="mattekit")
    except MattekitError as error:
        text = "\n".join([f"error: {error}", *getattr(error, "__notes__", [])])
        say_error(text)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # The reader of our output has gone; there is nobody left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception:
        errors.print_exception()
        say_error("internal error: please report it with the lines above")
        sys.exit(INTERNAL_ERROR)


if __name__ == "__main__":
    main()

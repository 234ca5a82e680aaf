"""The process: run a verb, turn every foreseen error into its message and exit code.

What is imported up here must be little: a signal that comes while it loads is not caught yet.
"""

import sys

from configs.interruption import run_interruptible


def main() -> None:
    """Run the command line and end the process with the exit code that the README lists."""
    try:
        run_interruptible(_run)
    except Exception as error:
        from mattekit.terminal.endings import end_with

        sys.exit(end_with(error))


def _run() -> None:
    from mattekit.terminal.streams import guard_streams

    guard_streams()
    from mattekit.app import app
    from mattekit.terminal.endings import require_surroundings
    from mattekit.terminal.libraries import quiet_libraries

    require_surroundings()
    quiet_libraries()
    try:
        app(prog_name="mattekit")
    finally:
        sys.stdout.flush()


if __name__ == "__main__":
    main()

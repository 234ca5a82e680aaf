"""How every tool ends: a foreseen error is a message and the exit code that the README lists, not a traceback."""

import sys
from collections.abc import Callable

from configs.errors import MattekitError


def run(main: Callable[[], None]) -> None:
    """Call `main`; end the process with the exit code of an error that it raises."""
    try:
        main()
    except MattekitError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)

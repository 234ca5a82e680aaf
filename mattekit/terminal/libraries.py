"""What libraries say by themselves, kept off the terminal: it is about their code, and no user can act on it.

A user who wants to see it asks Python for its warnings, as for any program: `PYTHONWARNINGS=default mattekit ...`.
"""

import logging
import os
import sys
import warnings

from configs.errors import OldForm
from mattekit.terminal.console import say_warning

_OF_OTHERS = {
    "PYTHONWARNINGS": "ignore",  # of worker processes, which start anew
    "OPENCV_LOG_LEVEL": "ERROR",
    "KMP_WARNINGS": "0",
}
"""Variables that worker processes and libraries of other languages read, where the user has not set them."""


def quiet_libraries() -> None:
    """Show no warnings and no log of libraries, unless the user asked Python for warnings.

    Warnings that are to be errors still are.
    """
    if sys.warnoptions:
        return
    warnings.showwarning = _show_ours
    logging.disable(logging.CRITICAL)
    for name, value in _OF_OTHERS.items():
        os.environ.setdefault(name, value)


def _show_ours(message: Warning | str, *_: object, **__: object) -> None:
    """Take the place of `warnings.showwarning`: show what is written as of old, and nothing else."""
    if isinstance(message, OldForm):
        say_warning(str(message))

"""The published sets that foregrounds can be imported from, one a file.

A file's name is the set's kind on the command line and in configurations; its `LAYOUT` describes the set. To add a set,
add a file: nothing else lists them.
"""

import importlib
import pkgutil
from functools import cache

from configs.errors import UsageError
from datasets.importing.layout import Layout


def kinds() -> list[str]:
    """Return the names of all published sets that are known, sorted."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


@cache
def layout_of(kind: str) -> Layout:
    """Return the layout of a published set.

    Raises:
        UsageError: no set of this name is known.
    """
    if kind not in kinds():
        raise UsageError(f"{kind}: no published set of this name is known; choose {', '.join(kinds())}")
    layout: Layout = importlib.import_module(f"{__name__}.{kind}").LAYOUT
    return layout

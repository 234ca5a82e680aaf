"""The command line, `mattekit <verb>` (also `python -m mattekit`), and the same from Python.

    from mattekit import convert, evaluate, load

    matter = load()                              # the converted model, else the bundled checkpoint
    alpha, foreground = matter(image, plate)     # NumPy arrays, uint8 RGB in
    run = evaluate(models=convert(), limit=8)
    run.scores, run.drift, run.gate()

Nothing heavy is imported before one of these names is used.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from configs.errors import (
        ConversionError,
        DataError,
        InconclusiveError,
        MattekitError,
        ParityError,
        UsageError,
    )
    from mattekit.api import ConvertedModel, Run, convert, evaluate, load, open_run

__all__ = [
    "ConversionError",
    "ConvertedModel",
    "DataError",
    "InconclusiveError",
    "MattekitError",
    "ParityError",
    "Run",
    "UsageError",
    "convert",
    "evaluate",
    "load",
    "open_run",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module("configs.errors" if name.endswith("Error") else "mattekit.api"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

"""How much a command says: everything, errors alone (`--quiet`), or one JSON document on standard output (`--json`).

Every verb takes `--quiet`; those that report take `--json` as well. docs/json.md says what the document holds.
"""

import functools
import inspect
import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer

from configs.errors import UsageError
from mattekit.terminal.console import output
from mattekit.terminal.endings import exit_code_and_message

SCHEMA_VERSION = 1


def _hush(quiet: bool) -> bool:
    """Be quiet from now on: what other options say when they are read is to be kept back as well."""
    output.quiet = quiet
    return quiet


_Quiet = Annotated[
    bool,
    typer.Option(
        "--quiet", "-q", is_eager=True, callback=_hush, help="Say nothing but errors; the exit code and files tell."
    ),
]
_Json = Annotated[
    bool, typer.Option("--json", help="Print the outcome as one JSON document, and all else to standard error.")
]
_OPTIONS = {"quiet": _Quiet, "as_json": _Json}
_answers: list[dict[str, object]] = []


def answer(**result: object) -> None:
    """Give what `--json` prints under `result`: records, dataclasses, paths and numbers; a later answer replaces it."""
    _answers[:] = [result]


def verb(name: str, function: Callable[..., None], *, reports: bool = False) -> Callable[..., None]:
    """Return a verb's function with the option `--quiet`, and `--json` where it `reports`.

    What the function gives to `answer` is printed however it ends, with its exit code, and its error where it failed.
    """

    @functools.wraps(function)
    def run(*arguments: Any, quiet: bool = False, as_json: bool = False, **options: Any) -> None:
        # What is said besides must not stand in the document.
        output.quiet, output.stderr = quiet, as_json
        if quiet and as_json:
            raise UsageError("give --quiet or --json, not both")
        _answers.clear()
        try:
            function(*arguments, **options)
        except BaseException as error:
            if as_json:
                _print(name, error)
            raise
        if as_json:
            _print(name)

    added = {key: kind for key, kind in _OPTIONS.items() if reports or key == "quiet"}
    own = inspect.signature(function)
    further = [
        inspect.Parameter(key, inspect.Parameter.KEYWORD_ONLY, default=False, annotation=kind)
        for key, kind in added.items()
    ]
    run.__signature__ = own.replace(parameters=[*own.parameters.values(), *further])  # type: ignore[attr-defined]
    run.__annotations__ = {**function.__annotations__, **added}
    return run


def _print(verb_name: str, ended: BaseException | None = None) -> None:
    """Print the document; an interrupted command gets none."""
    if ended is not None and not isinstance(ended, Exception):
        return
    from pydantic_core import to_json

    code, error = (0, None) if ended is None else exit_code_and_message(ended)
    document = {
        "schema_version": SCHEMA_VERSION,
        "verb": verb_name,
        "exit_code": code,
        "error": error,
        "result": _answers[0] if _answers else None,
    }
    sys.stdout.write(to_json(document, indent=2, inf_nan_mode="null").decode() + "\n")

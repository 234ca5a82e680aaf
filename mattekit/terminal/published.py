"""Published models at the command line: where the cache is, whose licence is accepted, and a job's original."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from configs.catalogue import Published, find_published, read_catalogue
from configs.errors import UsageError
from configs.places import cache_folder
from configs.schema import Config
from mattekit.terminal.console import byte_bar, errors

if TYPE_CHECKING:
    from converter.catalogue.store import Store

OFFLINE = "MATTEKIT_OFFLINE"
ATTEMPTS = 5


def environments_folder() -> Path:
    """Return the folder, in the cache, of environments with another version of a package; errors as `cache_folder`."""
    return cache_folder() / "environments"


@contextmanager
def open_store(
    cache: Path | None = None, *, attempts: int = ATTEMPTS, offline: bool = False, accept: bool = False
) -> Iterator["tuple[Store, Callable[[str], None]]"]:
    """Yield the store of models and `say`; a bar shows what comes.

    Args:
        cache: its folder, by default `cache_folder`.
        attempts: tries per place of a file.
        offline: whether nothing may be fetched, as with MATTEKIT_OFFLINE set.
        accept: whether every licence is accepted.
    """
    from converter.catalogue.store import Store
    from datasets.fetch.patience import Policy

    with byte_bar() as (say_above, report):

        def confirm(name: str, published: Published) -> None:
            say_above(f"{name}: licence {published.licence}, {published.licence_url}")
            if not published.permissive and not accept:
                _ask(name, published)

        store = Store(
            cache=cache or cache_folder(),
            project=Path(),
            policy=Policy(attempts=attempts),
            offline=offline or os.environ.get(OFFLINE, "") not in ("", "0"),
            confirm=confirm,
            say=say_above,
            progress=report,
        )
        yield store, say_above


def provide_original(config: Config) -> None:
    """Put the published model that a job names where the job expects it, or verify what lies there.

    Raises:
        DataError: it cannot be fetched, or another file lies there.
        UsageError: the job names no such model, or one of another kind.
    """
    model = config.model
    path = model.checkpoint or model.onnx
    if model.download is None or path is None:
        return
    published = find_published(model.download, read_catalogue(), "model.download")
    if published.is_onnx != (model.onnx is not None):
        key, other = ("onnx", "checkpoint") if published.is_onnx else ("checkpoint", "onnx")
        raise UsageError(f"model.download: {published.file} belongs to model.{key}, found model.{other}; set that one")
    if published.architecture != model.architecture:
        raise UsageError(
            f"model.download: {model.download} is of the architecture {published.architecture}, found "
            f"{model.architecture}; set model.architecture"
        )
    with open_store() as (store, say_above):
        if store.place(model.download, published, path):
            say_above(f"{path}: {model.download}, verified")


def _ask(name: str, published: Published) -> None:
    """Have a licence that asks for more than credit accepted.

    Raises:
        UsageError: nobody can be asked, or it is refused.
    """
    import typer

    hint = f"read it at {published.licence_url}, and accept it with `mattekit download {name} --accept-licence`"
    if not (sys.stdin.isatty() and errors.is_terminal):
        raise UsageError(f"{name}: its licence, {published.licence}, asks for more than credit; {hint}")
    if not typer.confirm(f"{published.licence} asks for more than credit. Accept it?", err=True):
        raise UsageError(f"{name}: the licence {published.licence} was not accepted, and nothing is fetched; {hint}")

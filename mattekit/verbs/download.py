"""`mattekit download`."""

from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated

import typer

from configs.catalogue import CATALOGUE, Published, find_published, read_catalogue
from configs.errors import MattekitError, UsageError
from mattekit.terminal.console import say
from mattekit.terminal.modes import answer
from mattekit.terminal.options import names_from
from mattekit.terminal.published import ATTEMPTS, open_store

_PRECISIONS = frozenset({"FP32", "FP16", "FP16-INT8", "FP32-INT8", "INT8"})


def download(
    names: Annotated[list[str] | None, typer.Argument(metavar="NAME...", help="Models, as --list names them.")] = None,
    name: Annotated[
        str | None, typer.Option("--name", metavar="PAT[,PAT...]", help="Models by shell patterns, as in OMZ.")
    ] = None,
    all_models: Annotated[bool, typer.Option("--all", help="Every model of the catalogue.")] = False,
    list_models: Annotated[bool, typer.Option("--list", help="Show the catalogue, and fetch nothing.")] = False,
    print_all: Annotated[
        bool, typer.Option("--print-all", "--print_all", help="Show the names alone, and fetch nothing.")
    ] = False,
    output_dir: Annotated[
        Path | None,
        typer.Option("--output-dir", "--output_dir", "-o", help="Put them into DIR/public/NAME/ too, as OMZ does."),
    ] = None,
    cache_dir: Annotated[
        Path | None,
        typer.Option(
            "--cache-dir", "--cache_dir", help="The cache; by default MATTEKIT_CACHE, else ~/.cache/mattekit."
        ),
    ] = None,
    num_attempts: Annotated[
        int, typer.Option("--num-attempts", "--num_attempts", min=1, help="Tries for each place of a file.")
    ] = ATTEMPTS,
    precisions: Annotated[
        str | None, typer.Option(help="Read for OMZ's sake: a published model is one file, whatever the precision.")
    ] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Fetch nothing; take what the cache has.")] = False,
    local_file: Annotated[
        Path | None, typer.Option("--local-file", "--local_file", help="Take this file, verified like a download.")
    ] = None,
    accept_licence: Annotated[
        bool,
        typer.Option("--accept-licence", "--accept-license", help="Accept licences that ask for more than credit."),
    ] = False,
    catalogue: Annotated[Path, typer.Option(help="Another catalogue.")] = CATALOGUE,
) -> None:
    """Fetch published models, verified by size and checksum, into a cache.

    A download that breaks off goes on where it was, in this run or the next. A model whose checksum nobody publishes is
    pinned in mattekit-lock.json at its first download; commit that file, and any other file is an error from then on.
    Proxies are taken from the environment (https_proxy, no_proxy). MATTEKIT_OFFLINE=1 forbids every download.

    Examples:

        mattekit download --list

        mattekit download background-matting-mobilenetv2

        mattekit download --name 'background-matting-*' --output_dir . --num_attempts 3

        mattekit download rvm-mobilenetv3 --accept-licence

        mattekit download background-matting-v2-mobilenetv2 --local-file pytorch_mobilenetv2.pth
    """
    known = read_catalogue(catalogue)
    if list_models or print_all:
        answer(catalogue=known)
        _show(known) if list_models else say("\n".join(known))
        return
    chosen = _chosen(known, tuple(names or ()), names_from(name) or (), all_models)
    if local_file is not None and len(chosen) > 1:
        raise UsageError(f"--local-file: one file is one model, found {len(chosen)}: {', '.join(chosen)}")
    _check_precisions(names_from(precisions) or ())
    failures: list[MattekitError] = []
    files: dict[str, Path] = {}
    with open_store(cache_dir, attempts=num_attempts, offline=offline, accept=accept_licence) as (store, say_above):
        for each, published in chosen.items():
            try:
                path = store.obtain(each, published) if local_file is None else store.adopt(each, published, local_file)
                if output_dir is not None:
                    path = output_dir / "public" / each / published.file
                    store.place(each, published, path)
            except MattekitError as error:
                failures.append(error)
            else:
                files[each] = path
                say_above(f"{each}: {path}, verified")
    answer(files=files)
    if failures:
        summary = f"\n{len(failures)} of {len(chosen)} models could not be had" if len(chosen) > 1 else ""
        raise type(failures[0])("\n".join(map(str, failures)) + summary) from failures[0]


def _chosen(
    known: dict[str, Published], names: tuple[str, ...], patterns: tuple[str, ...], all_models: bool
) -> dict[str, Published]:
    """Return the models that are asked for, in the catalogue's order."""
    if not (names or patterns or all_models):
        raise UsageError("name a model, or give --all; `mattekit download --list` shows them")
    for each in names:
        find_published(each, known, "NAME")
    for pattern in patterns:
        if not any(fnmatchcase(each, pattern) for each in known):
            raise UsageError(f"--name: {pattern} matches no published model; `mattekit download --list` shows them")
    return {
        each: published
        for each, published in known.items()
        if all_models or each in names or any(fnmatchcase(each, pattern) for pattern in patterns)
    }


def _check_precisions(precisions: tuple[str, ...]) -> None:
    """Refuse what OMZ would, and say that the rest chooses nothing."""
    if unknown := sorted({each.upper() for each in precisions} - _PRECISIONS):
        raise UsageError(f"--precisions: expected {', '.join(sorted(_PRECISIONS))}, found {', '.join(unknown)}")
    if precisions:
        say("--precisions: published models are one file each; `mattekit convert --precisions` makes the IRs")


def _show(known: dict[str, Published]) -> None:
    from converter.catalogue.wanted import algorithm_title

    for name, published in known.items():
        size = "size not published" if published.size is None else f"{published.size:,} bytes"
        stated = "no checksum published, pinned when fetched"
        if published.checksum is not None:
            algorithm = algorithm_title(published.checksum.partition(":")[0])
            stated = f"{algorithm} stated by {published.stated_by}"
        say(f"{name}: {published.about}")
        say(f"  {published.file}, {size}, {stated}")
        say(f"  {published.architecture}; {published.licence}, {published.licence_url}")
        say(f"  {published.url}")

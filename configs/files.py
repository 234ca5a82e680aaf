"""Writing files and folders so that a final name never holds half a result, and hashing them.

Where a name is a link, what it points to is written, and the link stays.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from configs.errors import DataError, UsageError
from configs.exchange import exchange
from configs.interruption import note_kept, shielded
from configs.reading import digest_of, followed
from configs.temporaries import (
    OLD,
    READY,
    files_below,
    is_temporary,
    move_into,
    remove,
    sweep,
    sweep_once,
    temporary_in,
)

_LITTER = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
"""What file managers leave in any folder that they show, and make anew."""


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, as lower-case hex.

    Raises:
        DataError: the file is missing, unreadable, or no regular file.
    """
    try:
        return digest_of(path)
    except FileNotFoundError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error


def write_atomically(path: Path, content: bytes | str) -> None:
    """Write `content` (text as UTF-8) to `path` by way of a temporary file in the same folder.

    Raises:
        UsageError: the folder cannot be written, or `path` is something else than a file.
    """
    data = content.encode() if isinstance(content, str) else content
    with new_file(path) as work, work.open("xb") as stream:
        stream.write(data)


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """Yield the name of a temporary file in the same folder that takes the name `path` only on success, if it was made.

    Raises:
        UsageError: the folder cannot be written, or `path` is something else than a file.
    """
    try:
        place = target_of(path)
        if place.exists() and not place.is_file():
            raise UsageError(f"{path}: cannot be written (it is no file); choose another name")
        place.parent.mkdir(parents=True, exist_ok=True)
        sweep_once(place.parent)
        work = temporary_in(place.parent)
        try:
            yield work
            if work.exists():
                with shielded():
                    work.replace(place)
                    _note_kept(place, path)
        except BaseException:
            work.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({error.strerror}); choose another output folder") from error


@contextmanager
def new_folder(path: Path, *, replace: bool = False) -> Iterator[Path]:
    """Yield a temporary folder beside `path` that takes its name only on success.

    On any exception the temporary folder is removed and `path` stays as it was. What was there is replaced in one step;
    what has come there in the meantime never is, the new folder then gets another name.

    Args:
        path: the folder to make.
        replace: whether a folder that is not empty may be replaced; `configs.folders.find_made` tells.

    Raises:
        UsageError: the parent folder cannot be written; `path` is a file, or not empty and not to be replaced; or
            something has come there in the meantime.
    """
    place = target_of(path)
    if place.exists() and not place.is_dir():
        raise UsageError(f"{path}: a file, where a folder is to be made; choose another output folder")
    if place.is_mount():
        raise UsageError(f"{path}: where a disk is mounted, which cannot be replaced; choose a folder in it")
    before = contents(place)
    if before and not replace:
        raise UsageError(f"{path}: not empty, it holds {min(before)}; choose another output folder")
    work = temporary_in(place.parent)
    with parents_of(path):
        try:
            sweep(place.parent)
            work.mkdir()
        except OSError as error:
            raise _cannot_create(path, error) from error
        try:
            yield work
            try:
                with shielded():
                    _put(work, place, path, before)
            except OSError as error:
                raise _cannot_create(path, error) from error
        finally:
            remove(work)


@contextmanager
def parents_of(path: Path) -> Iterator[None]:
    """Make the folders above `path`; those of them that are empty in the end are removed again.

    Raises:
        UsageError: one cannot be made.
    """
    place = target_of(path)
    missing = [parent for parent in place.parents if not parent.exists()]
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _cannot_create(path, error) from error
    try:
        yield
    finally:
        with suppress(OSError):
            for parent in missing:
                parent.rmdir()


@contextmanager
def additions(folder: Path) -> Iterator[Path]:
    """Yield a temporary folder in `folder`, whose files move into that together, and only on success.

    Raises:
        UsageError: the folder cannot be written, or holds a folder of the name of such a file.
    """
    sweep(folder)
    work = temporary_in(folder)
    try:
        work.mkdir()
    except OSError as error:
        raise UsageError(f"{folder}: cannot be written ({error.strerror}); make it writable, or copy it") from error
    try:
        yield work
        names = sorted(path.relative_to(work) for path in files_below(work))
        require_no_folder(folder / name for name in names)
        try:
            with shielded():
                ready = work.rename(work.with_name(f"{work.name}{READY}"))
                move_into(folder, ready)
                for name in names:
                    _note_kept(folder, folder / name)
        except OSError as error:
            raise UsageError(f"{error.filename}: cannot be written ({error.strerror})") from error
    finally:
        remove(work)


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Yield a temporary folder where the system keeps such, readable by this user alone, and remove it."""
    parent = Path(tempfile.gettempdir())
    sweep_once(parent)
    work = temporary_in(parent)
    try:
        work.mkdir(mode=0o700)
    except OSError as error:
        raise _cannot_create(work, error) from error
    try:
        yield work
    finally:
        remove(work)


def require_no_folder(files: Iterator[Path]) -> None:
    """Raise `UsageError` where one of the files to be written or removed is a folder."""
    for path in files:
        if path.is_dir():
            raise UsageError(f"{path}: expected a file or nothing, found a folder; move it away")


def contents(folder: Path) -> frozenset[str]:
    """Return what a folder holds, as paths below it with `/`: files, links, and empty folders with `/` at the end.

    Temporary files and what file managers leave are not among them. Empty where there is no folder.

    Raises:
        UsageError: a folder cannot be read.
    """
    found = {path.relative_to(folder) for path in files_below(folder)}
    empty = {path.relative_to(folder) for path in folder.rglob("*") if path.is_dir() and not path.is_symlink()}
    empty -= {parent for path in (*found, *empty) for parent in path.parents}
    names = [*((path, "") for path in found), *((path, "/") for path in empty)]
    return frozenset(
        f"{path.as_posix()}{end}"
        for path, end in names
        if path.name not in _LITTER and not any(is_temporary(part) for part in path.parts)
    )


def target_of(path: Path) -> Path:
    """Return the absolute path of what is meant: of a link, what it points to.

    Raises:
        UsageError: links lead in a circle.
    """
    path = path.absolute()
    try:
        return followed(path) if path.is_symlink() else path
    except OSError as error:
        raise UsageError(f"{path}: a link that leads back to itself; remove it") from error


def _put(work: Path, place: Path, path: Path, before: frozenset[str]) -> None:
    """Let the folder `work` take the name `place`, and what was there the name `work`."""
    if come := contents(place) - before:
        other = _free_name(place)
        work.rename(other)
        note_kept(other)
        raise UsageError(f"{path}: {min(come)} has come there meanwhile and is kept; the result lies in {other}")
    if not place.exists():
        work.rename(place)
    elif not exchange(work, place):
        _replace_in_two_steps(work, place)
    _note_kept(place, path)


def _replace_in_two_steps(work: Path, place: Path) -> None:
    """Move the old folder aside, where `configs.temporaries.sweep` finds it after a kill, and the new one in place."""
    aside = temporary_in(place.parent)
    aside = aside.with_name(f"{aside.name}{OLD}")
    aside.mkdir()
    try:
        place.rename(aside / place.name)
        try:
            work.rename(place)
        except BaseException:
            (aside / place.name).rename(place)
            raise
    except BaseException:
        with suppress(OSError):
            aside.rmdir()  # empty, unless the old folder could not go back
        raise
    remove(aside)


def _free_name(place: Path) -> Path:
    number = 1
    while (other := place.with_name(f"{place.name}-{number}")).exists():
        number += 1
    return other


def _note_kept(place: Path, path: Path) -> None:
    if not any(is_temporary(part) for part in place.parts):
        note_kept(path)


def _cannot_create(path: Path, error: OSError) -> UsageError:
    return UsageError(f"{path}: cannot be created ({error.strerror}: {error.filename}); choose another output folder")

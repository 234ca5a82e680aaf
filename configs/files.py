"""Writing files so that a final name never holds half a result, and hashing them."""

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from configs.errors import DataError, UsageError
from configs.reading import digest_of


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
        UsageError: the folder cannot be written.
    """
    data = content.encode() if isinstance(content, str) else content
    work = _hidden_beside(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with work.open("xb") as stream:
                stream.write(data)
            work.replace(path)
        except BaseException:
            work.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({error.strerror}); choose another output folder") from error


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Yield a temporary folder beside `path` that takes its name, replacing what was there, only on success.

    On any exception the temporary folder is removed and `path` stays as it was.

    Raises:
        UsageError: the parent folder cannot be written, or `path` is a file.
    """
    path = path.absolute()
    if path.exists() and not path.is_dir():
        raise UsageError(f"{path}: a file, where a folder is to be made; choose another output folder")
    work = _hidden_beside(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        work.mkdir()
    except OSError as error:
        raise _cannot_create(path, error) from error
    try:
        yield work
        try:
            _replace_folder(work, path)
        except OSError as error:
            raise _cannot_create(path, error) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _replace_folder(work: Path, path: Path) -> None:
    """Move `work` to `path`; a folder already there is moved aside first and removed last."""
    if not path.exists():
        work.rename(path)
        return
    aside = _hidden_beside(path)
    path.rename(aside)
    try:
        work.rename(path)
    except BaseException:
        aside.rename(path)
        raise
    shutil.rmtree(aside, ignore_errors=True)


def _cannot_create(path: Path, error: OSError) -> UsageError:
    return UsageError(f"{path}: cannot be created ({error.strerror}: {error.filename}); choose another output folder")


def _hidden_beside(path: Path) -> Path:
    """Return a fresh hidden name in the same folder, for plain `open` or `mkdir`, which give the usual permissions."""
    return path.with_name(f".{path.name}.{secrets.token_hex(6)}")

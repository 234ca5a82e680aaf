"""Work that a killed process left and the next one goes on with: a folder of finished parts beside the final name.

    reports/run                what is being made; it appears when it is whole
    reports/run.unfinished/    what is finished of it so far
        work.json              of which work: everything that the result follows from
        notes.json             what else whoever goes on with it should know
        lock                   held by the process that is at it

The final folder never depends on what a kill left behind: a part counts only where its own writer can prove it whole,
and the parts only where `work.json` says that they are of exactly the work at hand.
"""

import errno
import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from configs.errors import DataError, UsageError, shortened
from configs.files import parents_of, target_of, write_atomically
from configs.temporaries import is_temporary, remove

SUFFIX = ".unfinished"
WORK_FILE, NOTES_FILE, LOCK_FILE = "work.json", "notes.json", "lock"
_OWN = frozenset({WORK_FILE, NOTES_FILE, LOCK_FILE})
_SHOWN = 3
_ANEW = "remove the folder, or give --force to begin anew"
_UNLOCKABLE = (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS)
"""What file systems without locks answer: there two processes at one work are not told apart."""

Work = Mapping[str, Any]
"""What a result follows from, as JSON: keys to texts, numbers, lists and mappings."""


class BusyError(UsageError):
    """Another process is at the same work."""


class Unfinished:
    """The folder of the finished parts of something.

    Attributes:
        folder: where the parts lie.
        continued: whether an earlier process began it.
    """

    def __init__(self, folder: Path, continued: bool) -> None:
        self.folder = folder
        self.continued = continued

    @property
    def has_parts(self) -> bool:
        """Whether anything is finished."""
        return any(path.name not in _OWN for path in self.folder.iterdir())


@contextmanager
def unfinished(final: Path, work: Work, *, notes: Work | None = None, fresh: bool = False) -> Iterator[Unfinished]:
    """Yield the folder that keeps the finished parts of `final`; it goes when the block ends well.

    When the block fails, or the process is killed, it stays, unless nothing was finished.

    Args:
        final: the file or folder that is being made.
        work: what it follows from; parts of other work are never gone on with.
        notes: what else is kept of it for `recorded_notes`; it may be another when the work is gone on with.
        fresh: throw away what an earlier process left, whatever it was of.

    Raises:
        BusyError: another process is at it.
        UsageError: what an earlier process left is of other work: the message says what changed; the folder cannot be
            written, or is none of ours.
    """
    folder = folder_of(final)
    _require_own(folder)
    with parents_of(final), _locked(folder):
        continued = False
        if fresh:
            _clear(folder)
        elif (folder / WORK_FILE).exists():
            if changes := differences(_read(folder), work):
                raise UsageError(
                    f"{folder}: begun otherwise: {_listing(changes)}; make it as it was to go on, or give --force to "
                    "begin anew"
                )
            continued = True
        if not continued:
            _write(folder / NOTES_FILE, notes or {})
            _write(folder / WORK_FILE, work)
        kept = Unfinished(folder, continued)
        try:
            yield kept
        except BaseException:
            with suppress(OSError):
                if not kept.has_parts:
                    shutil.rmtree(folder, ignore_errors=True)
            raise
        shutil.rmtree(folder, ignore_errors=True)


def folder_of(final: Path) -> Path:
    """Return where the finished parts of something lie while it is being made."""
    place = target_of(final)
    return place.with_name(f"{place.name}{SUFFIX}")


def final_of(place: Path) -> Path:
    """Return what is being made, whether it or the folder of its parts is named."""
    return place.with_name(place.name.removesuffix(SUFFIX)) if place.name.endswith(SUFFIX) else place


def left_behind(parent: Path, work: Work) -> Path | None:
    """Return what a killed process began to make in a folder of exactly this work; None where there is nothing.

    What another process is at, and what is not readable, is passed over. What is whole under its final name was killed
    on its last step, and is removed.
    """
    for folder in sorted(parent.glob(f"*{SUFFIX}"), reverse=True):
        final = final_of(folder)
        with suppress(DataError, UsageError, OSError):
            if differences(_read(folder), work):
                continue
            with _locked(folder):
                if not final.exists():
                    return final
                shutil.rmtree(folder, ignore_errors=True)
    return None


def recorded_notes(final: Path) -> dict[str, Any]:
    """Return the `notes` that whoever began something left.

    Raises:
        DataError: nothing unfinished is there, or they are not readable.
    """
    return _read(folder_of(final), NOTES_FILE)


def recorded_work(final: Path) -> dict[str, Any]:
    """Return what the finished parts of something are of.

    Raises:
        DataError: there are none, or what they are of is not readable.
    """
    return _read(folder_of(final))


def differences(before: Any, now: Any, key: str = "") -> list[str]:
    """Return what differs between two works, one text for each value: `settings.limit: 8, now 24`."""
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        keys = [*before, *(name for name in now if name not in before)]
        return [
            text
            for name in keys
            for text in differences(before.get(name), now.get(name), f"{key}.{name}" if key else str(name))
        ]
    if isinstance(before, tuple | list) and isinstance(now, tuple | list):
        return [] if list(before) == list(now) else [f"{key}: {_shown(before)}, now {_shown(now)}"]
    return [] if before == now else [f"{key}: {_shown(before)}, now {_shown(now)}"]


def _shown(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, tuple | list):
        return shortened(", ".join(map(str, value)))
    return shortened(str(value), 24 if isinstance(value, str) and len(value) == 64 else 80)


def _require_own(folder: Path) -> None:
    """Raise `UsageError` where a folder of that name holds something, and no record of unfinished work."""
    try:
        names = {path.name for path in folder.iterdir() if not is_temporary(path.name)}
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise UsageError(f"{folder}: cannot be read ({error.strerror}); choose another output folder") from error
    if WORK_FILE not in names and (others := names - _OWN):
        raise UsageError(
            f"{folder}: where unfinished work would be kept, and holds {min(others)}, which is none of it; move it "
            "away, or choose another output folder"
        )


def _listing(changes: list[str]) -> str:
    more = len(changes) - _SHOWN
    return "; ".join(changes[:_SHOWN]) + (f"; and {more} more" if more > 0 else "")


def _write(path: Path, content: Work) -> None:
    write_atomically(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def _read(folder: Path, name: str = WORK_FILE) -> dict[str, Any]:
    path = folder / name
    try:
        found = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise DataError(f"{folder}: nothing unfinished is there to go on with") from error
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read ({error}); {_ANEW}") from error
    if not isinstance(found, dict):
        raise DataError(f"{path}: expected a mapping; {_ANEW}")
    return found


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold a folder's lock, making both where they are not there."""
    while True:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            lock = (folder / LOCK_FILE).open("a")
        except FileNotFoundError:  # another process has just finished and removed it
            continue
        except OSError as error:
            raise UsageError(f"{folder}: cannot be created ({error.strerror}); choose another output folder") from error
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise BusyError(
                    f"{final_of(folder)}: another process is making it; wait for it, or choose another output folder"
                ) from error
            except OSError as error:
                if error.errno not in _UNLOCKABLE:
                    raise
            if _same(lock.fileno(), folder / LOCK_FILE):
                yield
                return


def _same(descriptor: int, path: Path) -> bool:
    """Tell whether an open file is still the one of that name."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _clear(folder: Path) -> None:
    for path in list(folder.iterdir()):
        if path.name != LOCK_FILE:
            remove(path)

"""Where a run goes: a folder of this disk, or one in a store, which gets the run when it is whole."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from configs.errors import DataError, UsageError
from configs.files import contents
from configs.places import RUNS, home
from configs.reading import MAX_RECORD_BYTES, digest_of
from configs.urls import folder_of, is_url, require_place
from datasets.fetch.patience import AttemptFailedError
from datasets.remote.client import Client, RemoteObject, client
from datasets.remote.path import RemotePath, protocol_of, remote_path
from datasets.remote.store import BLOCK, held
from eval.run.results import Results
from mattekit.stages.run_folder import run_holds

Report = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""


@dataclass(frozen=True, slots=True)
class RunPlace:
    """Where a run is made, and where it goes.

    Attributes:
        folder: of this disk, in which the run is made and stays.
        address: as it was named: that folder, or a URL without a slash at its end.
    """

    folder: Path
    address: str

    def file(self, name: str) -> str:
        """Return where a file of the run is when all is done."""
        return str(self.folder / name) if self.address == str(self.folder) else f"{self.address}/{name}"


@contextmanager
def run_place(out: str | Path, *, force: bool = False, report: Report = lambda *_: None) -> Iterator[RunPlace]:
    """Yield where to make a run; of one that goes to a store every file is then put there, `results.json` last.

    A run in a store is made below `reports/`, in a folder of the same name, `reports/s3/bucket/runs/today`, and stays
    there, for `mattekit gate` and in case the upload fails. What was put there is compared with it, byte by byte or
    by the store's MD5.

    Args:
        out: a path or a URL.
        force: replace a finished run that is there.
        report: called while files are put there.

    Raises:
        DataError: the store does not answer, or refuses; a run that was made is kept, and the message says where.
        UsageError: a URL that cannot name a folder, what writes there is not installed, or a run is there already, or
            something else, and `force` is not given.
    """
    require_place(str(out), "--out")
    named = folder_of(str(out)) if is_url(str(out)) else Path(out)
    if named is not None:
        yield RunPlace(named, str(named))
        return
    root = remote_path(str(out))
    asked = client(root)
    earlier = _earlier(asked, root, force)
    folder = home().joinpath(RUNS, protocol_of(root), *root.parts[1:])
    yield RunPlace(folder, str(root))
    try:
        _upload(asked, folder, root, earlier, report)
    except DataError as error:
        raise DataError(f"{error}; the run is whole in {folder}, and can be copied from there") from error


def _earlier(asked: Client, root: RemotePath, force: bool) -> list[RemoteObject]:
    """Return the objects of a run that is to be replaced; refuse where that is not asked for, or there is no run."""
    there = {each.path.relative_to(root).as_posix(): each for each in asked.listing(root)}
    if not there:
        return []
    if (record := there.get(Results.FILE)) is None:
        if force:
            return []
        raise UsageError(
            f"{root}: not empty, it holds {min(there)}, and no finished run; choose another --out, or give --force to "
            "put the run beside what is there"
        )
    if not force:
        raise UsageError(f"{root}: holds a run; choose another --out, or give --force")
    with held(asked, record, None, MAX_RECORD_BYTES) as path:
        try:
            ours = run_holds(Results.read(path))
        except DataError as error:
            raise UsageError(f"{root}: not an evaluation run; choose another --out\n{error}") from error
    return [each for name, each in there.items() if name in ours]


def _upload(asked: Client, folder: Path, root: RemotePath, earlier: list[RemoteObject], report: Report) -> None:
    """Put a run's files into the store, its record last, and remove what is left of an earlier run."""
    names = sorted(contents(folder), key=lambda name: (name == Results.FILE, name))
    work = f"uploading to {root}"
    if any(each.path == root / Results.FILE for each in earlier):
        asked.remove(root / Results.FILE)  # so that nobody takes files of two runs for one
    for done, name in enumerate(names):
        report(work, done, len(names))
        _put(asked, folder / name, root / name)
    for each in earlier:
        if each.path.relative_to(root).as_posix() not in names:
            asked.remove(each.path)
    report(work, len(names), len(names))


def _put(asked: Client, file: Path, path: RemotePath) -> None:
    """Put a file into the store until what lies there is the file."""

    def attempt() -> None:
        asked.write(file, path)
        if fault := _difference(asked, file, path):
            raise AttemptFailedError(fault)

    asked.again(path, attempt)


def _difference(asked: Client, file: Path, path: RemotePath) -> str:
    """Say how an object differs from the file that was put there; empty where it does not."""
    there = asked.find(path)
    size = file.stat().st_size
    if there is None:
        return "is not there after it was put there"
    if there.size != size:
        return f"has {there.size} bytes after {size} were put there"
    if there.version == digest_of(file, "md5"):
        return ""
    # Not every store's version is the MD5, nor is it of what is encrypted or came in parts.
    digest = hashlib.sha256()
    for start in range(0, size, BLOCK):
        digest.update(asked.read(path, start, min(start + BLOCK, size)))
    return "" if digest.hexdigest() == digest_of(file) else "holds other bytes than were put there"

"""Sets wherever they lie: in a folder of this disk, or in a store, from which files come when they are decoded."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Thread

from configs.errors import DataError
from configs.reading import MAX_LISTING_BYTES
from configs.urls import folder_of, is_url, require_place
from datasets.remote.client import RemoteObject, client
from datasets.remote.path import RemotePath, remote_path
from datasets.remote.store import RemoteFiles, held
from datasets.samples.frames import frames
from datasets.samples.layout import EXPECTED, ROLES, SampleRef, SampleSet, described, open_set, paired
from datasets.samples.litter import is_litter
from datasets.samples.manifest import MANIFEST_NAME, Manifest

Report = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""


def open_place(place: str, report: Report = lambda *_: None) -> SampleSet:
    """Open the set at a path or a URL.

    Raises:
        DataError: as `datasets.samples.layout.open_set`, or the store does not answer, or refuses.
        UsageError: the URL cannot name a set, or what reads it is not installed.
    """
    require_place(place, "dataset")
    if not is_url(place):
        return open_set(Path(place))
    folder = folder_of(place)
    return _open_remote(remote_path(place), report) if folder is None else open_set(folder)


def manifest_at(place: str) -> Manifest | None:
    """Return the manifest of the set at a path or a URL; None where it has none.

    Raises:
        DataError: it is corrupt, or the store does not answer, or refuses.
        UsageError: as `open_place`.
    """
    require_place(place, "dataset")
    folder = folder_of(place) if is_url(place) else Path(place)
    return _manifest(remote_path(place)) if folder is None else Manifest.read_if_there(folder)


def _open_remote(root: RemotePath, report: Report) -> SampleSet:
    objects = _listed(root, report)
    if not objects["com"]:
        raise DataError(f"{root}: holds nothing below com/; {EXPECTED}")
    roles = [role for role in ROLES if objects[role]]
    problems: list[str] = []
    found = {role: frames(root / role, _placed(root / role, objects[role]), role, problems) for role in roles}
    scan = paired(root, found, problems)
    if scan.problems:
        raise DataError("\n".join(scan.problems))
    manifest = _manifest(root)
    refs = scan.refs if manifest is None else described(root, scan.refs, manifest)
    by_path = {each.path: each for listed in objects.values() for each in listed}
    name = root.name if manifest is None else manifest.name
    return SampleSet(name, root, tuple(_remote(root, ref, by_path) for ref in refs), manifest)


def _listed(root: RemotePath, report: Report) -> dict[str, list[RemoteObject]]:
    """Return what lies below each of the set's folders, listed at once."""
    work = f"listing {root}"
    report(work, 0, len(ROLES))
    asked = client(root)
    objects: dict[str, list[RemoteObject]] = {}
    errors: dict[str, BaseException] = {}

    def look(role: str) -> None:
        try:
            objects[role] = asked.listing(root / role)
        except BaseException as error:
            errors[role] = error

    # Of a kind that does not keep an interrupted command from ending: a long listing takes minutes.
    threads = [Thread(target=look, args=(role,), daemon=True) for role in ROLES]
    for thread in threads:
        thread.start()
    for done, thread in enumerate(threads, start=1):
        thread.join()
        report(work, done, len(ROLES))
    for role in filter(errors.get, ROLES):
        raise errors[role]
    return objects


def _placed(folder: RemotePath, objects: list[RemoteObject]) -> Iterator[tuple[Path, bool]]:
    """Yield the objects below a role's folder, without litter, and whether each is at a frame's place."""
    for each in objects:
        parts = each.path.relative_to(folder).parts
        if not any(map(is_litter, parts)):
            yield each.path, len(parts) == 2


def _remote(root: RemotePath, ref: SampleRef, objects: dict[RemotePath, RemoteObject]) -> SampleRef:
    return replace(ref, store=RemoteFiles(root, tuple(objects[RemotePath(path)] for path in ref.files)))


def _manifest(root: RemotePath) -> Manifest | None:
    asked = client(root)
    wanted = asked.find(root / MANIFEST_NAME)
    if wanted is None:
        return None
    with held(asked, wanted, None, MAX_LISTING_BYTES) as path:
        try:
            return Manifest.read(path)
        except DataError as error:
            raise DataError(str(error).replace(str(path), str(wanted.path))) from error

"""The cache of published models: what is in it is verified at every use, and what is not is fetched."""

import fcntl
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from configs.catalogue import Published
from configs.errors import DataError, UsageError
from configs.files import new_file, sha256_of
from configs.interruption import note_kept
from converter.catalogue.lock import Lock, Pin, pin, pinned
from converter.catalogue.wanted import Wanted
from datasets.fetch.download import Downloader, DownloadError, WrongFileError
from datasets.fetch.patience import Policy

LARGEST = 1 << 31
"""Most bytes of a model whose size nobody publishes."""


@dataclass(frozen=True, slots=True)
class Store:
    """A cache of models, `<cache>/<name>/<file>`, and the folder of the lock file.

    Attributes:
        cache: its folder.
        project: the folder whose lock file pins what nobody publishes a checksum of.
        policy: of downloads.
        offline: whether nothing may be fetched.
        confirm: called before a model is fetched or taken over; raises where its licence is not accepted.
        say: called with a line about what happens.
        progress: called with a model's name, the bytes that have come, and all of them, None where that is not known.
    """

    cache: Path
    project: Path
    policy: Policy = field(default_factory=Policy)
    offline: bool = False
    confirm: Callable[[str, Published], None] = lambda name, published: None
    say: Callable[[str], None] = print
    progress: Callable[[str, int, int | None], None] = lambda name, done, total: None

    def obtain(self, name: str, published: Published) -> Path:
        """Return the verified file of a model in the cache, fetched where it is not there or no longer intact.

        Raises:
            DataError: it cannot be fetched, or what comes is another file than stated or pinned.
            UsageError: the cache cannot be written, or the licence is not accepted.
        """
        file = self.cache / name / published.file
        with self._alone(name, file.parent):
            if file.is_file():
                wanted = self._wanted(name, published, file.parent)
                if not (fault := wanted.fault(file)):
                    self._pin(name, published, file)
                    return file
                if self.offline:
                    raise DataError(f"{file}: {fault}; fetch it anew, without --offline")
                self.say(f"{file}: {fault}; it is fetched anew")
            if self.offline:
                raise DataError(
                    f"{name}: not in the cache {self.cache}, and nothing is fetched offline; run `mattekit download "
                    f"{name}` where there is a network, {_by_hand(name)}"
                )
            self.confirm(name, published)
            url = self._fetch(name, published, file)
            note_kept(file)
            self._pin(name, published, file, url, came=True)
        return file

    def adopt(self, name: str, published: Published, given: Path) -> Path:
        """Take a file that the user has into the cache, verified as a download is, and return it there.

        Raises:
            DataError: it is missing, or another file than stated or pinned.
            UsageError: the cache cannot be written, or the licence is not accepted.
        """
        self.confirm(name, published)
        file = self.cache / name / published.file
        with self._alone(name, file.parent):
            self._copy(given, file, self._wanted(name, published))
            self._pin(name, published, file, came=True)
        return file

    def place(self, name: str, published: Published, path: Path) -> bool:
        """Make sure that a model's verified file lies at `path`; return whether it was put there now.

        Raises:
            DataError: as `obtain`, or another file lies there; that is never replaced.
            UsageError: as `obtain`, or the folder cannot be written.
        """
        if path.exists():
            wanted = self._wanted(name, published)
            if fault := wanted.fault(path):
                raise DataError(f"{path}: is not the file of {name}: {fault}; move it away, and it is fetched")
            self._pin(name, published, path)
            return False
        cached = self.obtain(name, published)
        self._copy(cached, path, self._wanted(name, published))
        return True

    def _wanted(self, name: str, published: Published, *further: Path) -> Wanted:
        """Return what a model must be: as stated, else as pinned in the project's folder or in further ones."""
        if published.checksum is not None:
            stated_by = f"stated by {published.stated_by}"
            return Wanted(published.is_onnx, published.size, published.checksum, stated_by)
        pins = (pinned(folder, name) for folder in (self.project, *further))
        return next((wanted for wanted in pins if wanted is not None), Wanted(published.is_onnx))

    def _pin(self, name: str, published: Published, file: Path, url: str | None = None, *, came: bool = False) -> None:
        """Pin a file whose checksum nobody publishes: in the project, and in the cache where it came there just now."""
        if published.checksum is not None:
            return
        what = Pin(file=published.file, bytes=file.stat().st_size, sha256=sha256_of(file), url=url)
        if came:
            pin(file.parent, name, what, renew=True)
        if pin(self.project, name, what):
            self.say(
                f"{name}: nobody publishes its checksum; SHA-256 {what.sha256} is pinned in "
                f"{self.project / Lock.FILE}, which can be committed"
            )

    def _fetch(self, name: str, published: Published, file: Path) -> str:
        """Download a model from the first of its places that gives it, and return that."""
        size = published.size
        downloader = Downloader(replace(self.policy, most_bytes=size or LARGEST))
        check = _Check(name, published, self._wanted(name, published))
        failures = []
        for url in (published.url, *published.mirrors):
            self.say(f"{name}: from {url}")
            try:
                downloader.download(
                    url,
                    file,
                    check,
                    size=size,
                    keep_part=True,
                    progress=lambda done, total: self.progress(name, done, total or size),
                )
            except DownloadError as error:
                failures.append(str(error))
            else:
                return url
        reasons = "\n  ".join(failures)
        raise DataError(f"{name}: could not be downloaded; try again, {_by_hand(name)}\n  {reasons}")

    def _copy(self, source: Path, target: Path, wanted: Wanted) -> None:
        with new_file(target) as work:
            try:
                shutil.copyfile(source, work)
            except FileNotFoundError as error:
                raise DataError(f"{source}: there is no such file") from error
            except (IsADirectoryError, shutil.SpecialFileError) as error:
                raise DataError(f"{source}: expected a file") from error
            if fault := wanted.fault(work):
                raise DataError(f"{source}: is not the file that is wanted: {fault}")

    @contextmanager
    def _alone(self, name: str, folder: Path) -> Iterator[None]:
        """Let one process at a time work on a model's folder in the cache."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
            lock = (folder / ".lock").open("w")
        except OSError as error:
            raise UsageError(
                f"{folder}: the cache cannot be written ({error.strerror}); choose another with --cache-dir, or set "
                "MATTEKIT_CACHE"
            ) from error
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                self.say(f"{name}: another process is at it; waiting for that")
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield


class _Check:
    """Refuses what is not wanted; the same wrong file twice is no accident of the way, and not asked for again."""

    def __init__(self, name: str, published: Published, wanted: Wanted) -> None:
        self._wanted, self._seen = wanted, ""
        self._hint = (
            f"if its publisher has changed it and you trust that, remove {name} from {Lock.FILE}"
            if published.checksum is None
            else "the file there is another one"
        )

    def __call__(self, path: Path) -> None:
        fault = self._wanted.fault(path)
        if fault and fault == self._seen:
            raise WrongFileError(f"{fault}, the same twice: {self._hint}")
        self._seen = fault
        if fault:
            raise DataError(fault)


def _by_hand(name: str) -> str:
    return f"or give a file that you have with `mattekit download {name} --local-file FILE`"

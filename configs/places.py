"""Where files are: from the working folder, below the folder of what is made, or where the toolkit is installed.

What is made (`data/`, `models/`, `reports/`) lies below `home`. What is read and named by a relative path is looked for
in the working folder, then below `home`, then beside the toolkit's own packages, where the bundled checkpoint, the
configurations and the baselines are.

A record that names files by relative paths keeps the working folder that they are of (`Origin`), so that whoever reads
it from another folder finds them. In memory paths are always those of the reader's working folder.
"""

import os
from collections.abc import Callable
from pathlib import Path

from configs.errors import UsageError
from configs.records import Frozen

HOME_VARIABLE, CACHE_VARIABLE = "MATTEKIT_HOME", "MATTEKIT_CACHE"
RUNS = Path("reports")
"""Where runs lie, below `home`."""
INSTALLED = Path(__file__).resolve().parent.parent
"""Where the toolkit's packages lie: the clone, or the environment's folder of packages."""


def home() -> Path:
    """Return the folder below which `data/`, `models/` and `reports/` lie: `MATTEKIT_HOME`, else the working folder.

    Raises:
        UsageError: `MATTEKIT_HOME` names something that is no folder.
    """
    named = Path(os.environ.get(HOME_VARIABLE, "")).expanduser()
    if is_there(named) and not named.is_dir():
        raise UsageError(f"{HOME_VARIABLE}: expected a folder, found {named}; name another, or unset it")
    return named


def cache_folder() -> Path:
    """Return the folder of what can be had again: that of `MATTEKIT_CACHE`, else one below the user's home.

    Raises:
        UsageError: the user has no home.
    """
    if given := os.environ.get(CACHE_VARIABLE):
        return Path(given)
    try:
        base = os.environ.get("XDG_CACHE_HOME")
        return (Path(base) if base else Path.home() / ".cache") / "mattekit"
    except RuntimeError as error:
        raise UsageError(f"there is no home folder for the cache; set {CACHE_VARIABLE}, or give --cache-dir") from error


def found(path: Path) -> Path:
    """Return where a path that is to be read leads: in the working folder, below `home`, or to a file of the toolkit's.

    A path that is nowhere is returned as it is, for whoever reads it to refuse.
    """
    if path.is_absolute():
        return path
    if is_there(path):
        return path
    if is_there(ours := home() / path):
        return ours
    return bundled if is_there(bundled := INSTALLED / path) and bundled.is_file() else path


def is_there(path: Path) -> bool:
    """Tell whether something is at a path; False too for a name that no file can have, where `Path.exists` raises."""
    try:
        return path.exists()
    except OSError:
        return False


class Origin(Frozen):
    """The working folder that a record's relative paths are of.

    Attributes:
        folder: its absolute path, when the record was written.
        from_record: its path from the record's own folder, which still leads there when both were moved together.
    """

    folder: str
    from_record: str

    @classmethod
    def here(cls, record_folder: Path) -> "Origin":
        """Return the working folder as a record that is written into `record_folder` keeps it."""
        here = Path.cwd()
        place = record_folder.absolute().parent.resolve() / record_folder.name
        return cls(folder=here.as_posix(), from_record=Path(os.path.relpath(here.resolve(), place)).as_posix())

    def base(self, record_folder: Path, path: str, there: Callable[[Path], bool] = Path.exists) -> Path | None:
        """Return the folder below which a path of the record is now; None where it is nowhere.

        Looked for as seen from the record's own folder, where it lay, in the reader's working folder, and, if it is a
        file, where the toolkit is installed.

        Args:
            record_folder: where the record lies now.
            path: as it is recorded.
            there: tells whether a path is what is looked for.
        """
        found_at = next((base for base in self._bases(record_folder) if there(self._at(base, path))), None)
        # Folders are made, so one beside the toolkit's packages is another's.
        return INSTALLED if found_at is None and self._at(INSTALLED, path).is_file() else found_at

    def tried(self, record_folder: Path, path: str) -> tuple[str, str]:
        """Return where a path would be: as seen from the record's folder, and where it lay when it was recorded."""
        own, then, *_ = self._bases(record_folder)
        return str(self._at(own, path)), str(self._at(then, path))

    def from_here(self, base: Path, path: str) -> str:
        """Return a path of the record as the reader's working folder sees it, where `base` took the old one's place."""
        here, at = Path.cwd(), self._at(base, path)
        if at == Path(os.path.normpath(here / path)):
            return path
        return (at.relative_to(here) if at.is_relative_to(here) else at).as_posix()

    def _bases(self, record_folder: Path) -> tuple[Path, ...]:
        own = Path(os.path.normpath(record_folder.resolve() / self.from_record))
        return own, Path(self.folder), Path.cwd()

    def _at(self, base: Path, path: str) -> Path:
        return Path(os.path.normpath(base / os.path.relpath(Path(self.folder, path), self.folder)))

"""The locks: of every package the version, and of every wheel that may be installed the SHA-256.

pip reads them as requirements (`pip install --require-hashes`); the wheels' names stand below in comments, in the order
of the hashes, so that a person sees, and a program tells, which hash is whose.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from packaging.utils import canonicalize_name, parse_wheel_filename

from configs.errors import DataError

LOCKS = Path(__file__).resolve().parents[2] / "locks"
RUNTIME, TORCH = "runtime", "torch"
"""The locks of what mattekit needs in any case; an extra's lock has the extra's name, and what it adds to them."""
AGAIN = "make it again with `make lock`"
_PIN = re.compile(r"([A-Za-z0-9][\w.-]*)==([\w.+!]+)(?: ; (.+?))?((?: --hash=sha256:[0-9a-f]{64})+)")


@dataclass(frozen=True, slots=True)
class Locked:
    """A package as a lock has it.

    Attributes:
        name: normalised, such as `opencv-python-headless`.
        version: as its wheels have it.
        wheels: file name of each wheel that may be installed to its SHA-256.
        marker: where it is needed, such as `python_version == "3.11"`; None for everywhere.
    """

    name: str
    version: str
    wheels: Mapping[str, str] = field(hash=False)
    marker: str | None = None

    def sha256_for(self, tags: Iterable[str]) -> str | None:
        """Return the SHA-256 of the wheel that has the tags of an installed one; None where none or several have.

        Args:
            tags: the `Tag` lines of the installed distribution's WHEEL file, such as `cp311-cp311-linux_x86_64`.
        """
        wanted = set(tags)
        found = {sha256 for name, sha256 in self.wheels.items() if wanted & _tags(name)}
        return found.pop() if len(found) == 1 else None


def read_lock(path: Path) -> dict[str, Locked]:
    """Return the packages of a lock by name.

    Raises:
        DataError: it is missing, a line is none of a lock, a package comes twice, or names and hashes do not pair.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read ({error}); {AGAIN}") from error
    packages: dict[str, Locked] = {}
    for entry in re.split(r"\n(?=\S)", re.sub(r"^#.*\n", "", text.strip() + "\n", flags=re.MULTILINE).rstrip()):
        if not entry:
            continue
        lines = [line.strip() for line in entry.replace("\\\n", "").splitlines()]
        match = _PIN.fullmatch(re.sub(r"\s+", " ", lines[0]))
        if match is None or not all(line.startswith("# ") for line in lines[1:]):
            raise DataError(f"{path}: expected a package, its hashes and its wheels, found {entry[:80]!r}; {AGAIN}")
        name, version, marker, hashes = match.groups()
        digests = [each.rpartition(":")[2] for each in hashes.split()]
        wheels = [line.removeprefix("# ") for line in lines[1:]]
        if len(digests) != len(wheels) or name in packages:
            fault = "comes twice" if name in packages else f"has {len(digests)} hashes of {len(wheels)} wheels"
            raise DataError(f"{path}: {name} {fault}; {AGAIN}")
        packages[name] = Locked(name, version, dict(zip(wheels, digests, strict=True)), marker)
    return packages


def read_locks(folder: Path = LOCKS) -> dict[str, Locked]:
    """Return the packages of all locks in a folder by name; none where there is no folder, as in an installed wheel.

    Raises:
        DataError: as `read_lock`, or two locks differ about a package.
    """
    packages: dict[str, Locked] = {}
    for path in sorted(folder.glob("*.txt")):
        for name, locked in read_lock(path).items():
            if packages.setdefault(name, locked) != locked:
                raise DataError(f"{path}: {name} is not as in another lock; {AGAIN}")
    return packages


def lock_text(packages: Iterable[Locked], head: str) -> str:
    """Return a lock as text, sorted by name; `head` is its first line, a comment."""
    entries = []
    for each in sorted(packages, key=lambda each: each.name):
        marker = f" ; {each.marker}" if each.marker else ""
        wheels = sorted(each.wheels.items())
        hashes = "".join(f" \\\n    --hash=sha256:{sha256}" for _, sha256 in wheels)
        names = "".join(f"\n    # {name}" for name, _ in wheels)
        entries.append(f"{each.name}=={each.version}{marker}{hashes}{names}\n")
    return f"# {head}\n{''.join(entries)}"


def normalised(name: str) -> str:
    """Return a package's name as locks have it: lower case, with single hyphens."""
    return str(canonicalize_name(name))


def _tags(wheel: str) -> set[str]:
    return {str(tag) for tag in parse_wheel_filename(wheel)[3]}

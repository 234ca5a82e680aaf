"""Environments: one package of another version, laid over the environment that runs, in a cache.

An environment holds the replaced package alone. Its folder stands before everything else on the path of the process
that runs in it, so that every other package is the very one that runs here, and nothing but the one pin differs. What
the release asks of others and does not get so is told (`unmet`).
"""

import hashlib
import importlib.metadata
import json
import platform
import re
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated, ClassVar

from packaging.requirements import Requirement
from pydantic import Field

from configs.errors import DataError, UsageError, shortened
from configs.files import new_folder, sha256_of
from configs.locking import alone_in
from configs.records import Record
from configs.temporaries import files_below
from eval.versions.pins import Pin

PACKAGES = "packages"
"""The folder, in an environment, that comes first on the path."""
_REPORT = "pip.json"
_LAST_LINES, _LONGEST_LINE = 6, 300
_AVAILABLE = re.compile(r"^Available versions: (.+)$", re.MULTILINE)


class PackageEnvironment(Record):
    """What an environment holds.

    Attributes:
        package: that is replaced.
        version: that was installed.
        wheel: its file's name.
        sha256: of the wheel; None where pip does not tell.
        python: that it was installed for.
        bytes: of its files.
    """

    FILE: ClassVar[str] = "environment.json"
    REMEDY: ClassVar[str] = "remove the folder, and it is made again"

    package: str
    version: str
    wheel: str
    sha256: str | None
    python: str
    bytes: Annotated[int, Field(ge=0)]


def environment_for(pin: Pin, root: Path, find_links: Path | None = None) -> tuple[Path, PackageEnvironment]:
    """Return the environment of a pin, made where the cache does not have it: a minute at most, for a release of 60 MB.

    Args:
        pin: the package and its version.
        root: the cache's folder of environments.
        find_links: a folder of wheels, in which pip looks as well as in its index.

    Raises:
        DataError: pip cannot install it; the message has pip's last lines.
        UsageError: the cache cannot be written, or pip is not installed here.
    """
    folder = root / f"{pin.package}-{pin.version}-{_key(pin, find_links)}"
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{root}: cannot be written ({error.strerror}); choose another with --environments") from error
    with alone_in(root):
        record = PackageEnvironment.read_if_there(folder)
        if record is None:
            with new_folder(folder, replace=True) as work:
                record = _install(pin, work, find_links)
                record.write(work)
    return folder, record


def bytes_in(root: Path) -> tuple[int, int]:
    """Return how many environments a cache's folder holds, and the bytes of all."""
    sizes = []
    for folder in root.iterdir() if root.is_dir() else ():
        with suppress(DataError):  # what is unreadable is made again when it is wanted
            record = PackageEnvironment.read_if_there(folder)
            sizes += [] if record is None else [record.bytes]
    return len(sizes), sum(sizes)


def unmet_requirements(folder: Path, package: str) -> tuple[str, ...]:
    """Return what an environment's package asks of others that are here in another version, each with that version."""
    unmet = []
    for found in importlib.metadata.distributions(name=package, path=[str(folder / PACKAGES)]):
        for requirement in map(Requirement, found.requires or ()):
            if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
                continue
            try:
                here = importlib.metadata.version(requirement.name)
            except importlib.metadata.PackageNotFoundError:
                unmet.append(f"{requirement.name}{requirement.specifier} (not installed)")
                continue
            if not requirement.specifier.contains(here, prereleases=True):
                unmet.append(f"{requirement.name}{requirement.specifier} (runs with {here})")
    return tuple(sorted(unmet))


def released_versions(package: str, find_links: Path | None = None) -> tuple[str, ...]:
    """Return the versions of a package that pip could install here, without pre-releases.

    Raises:
        DataError: pip cannot tell.
        UsageError: pip is not installed here.
    """
    done = _pip(["index", "versions", package, *_links(find_links)])
    match = _AVAILABLE.search(done.stdout)
    if done.returncode or match is None:
        raise DataError(f"{package}: pip cannot list its releases; name them with --versions\n{_last_lines(done)}")
    return tuple(version.strip() for version in match[1].split(","))


def _install(pin: Pin, work: Path, find_links: Path | None) -> PackageEnvironment:
    target, report = work / PACKAGES, work / _REPORT
    done = _pip(
        [
            "install",
            *("--target", str(target), "--report", str(report)),
            *("--no-deps", "--only-binary", ":all:", "--no-input", "--progress-bar", "off"),
            *_links(find_links),
            f"{pin.package}=={pin.version}",
        ]
    )
    if done.returncode:
        raise DataError(f"{pin}: pip cannot install it\n{_last_lines(done)}")
    [installed] = json.loads(report.read_text(encoding="utf-8"))["install"]
    report.unlink()
    download = installed["download_info"]
    return PackageEnvironment(
        package=pin.package,
        version=installed["metadata"]["version"],
        wheel=download["url"].rpartition("/")[2],
        sha256=download.get("archive_info", {}).get("hashes", {}).get("sha256"),
        python=platform.python_version(),
        bytes=sum(path.lstat().st_size for path in files_below(target)),
    )


def _key(pin: Pin, find_links: Path | None) -> str:
    """Return 12 hex digits of all that an environment depends on: the interpreter, the pin, and wheels of one's own."""
    normal = re.sub(r"[-_.]+", "_", pin.package)
    wheels = [] if find_links is None else sorted(find_links.glob(f"{normal}-{pin.version}-*.whl"))
    facts = {
        "python": sys.implementation.cache_tag,
        "machine": f"{platform.system()} {platform.machine()}",
        "pin": [pin.package, pin.version],
        "wheels": [sha256_of(wheel) for wheel in wheels],
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:12]


def _links(find_links: Path | None) -> Sequence[str]:
    if find_links is not None and not find_links.is_dir():
        raise UsageError(f"--find-links: expected a folder of wheels, found {find_links}")
    return () if find_links is None else ("--find-links", str(find_links.absolute()))


def _pip(arguments: Sequence[str]) -> "subprocess.CompletedProcess[str]":
    try:
        importlib.metadata.version("pip")
    except importlib.metadata.PackageNotFoundError as error:
        raise UsageError(f"pip is not installed for {sys.executable}; install it: python -m ensurepip") from error
    command = [sys.executable, "-m", "pip", *arguments, "--disable-pip-version-check"]
    return subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)


def _last_lines(done: "subprocess.CompletedProcess[str]") -> str:
    """Return the end of what pip said, its errors alone where it names any."""
    lines = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR:")]
    return "\n".join(f"  {shortened(line, _LONGEST_LINE)}" for line in (errors or lines)[-_LAST_LINES:])

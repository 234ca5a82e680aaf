"""Pins: a package, the version of it that is asked for, and which variants that package runs."""

import importlib.metadata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from packaging.version import InvalidVersion, Version

from configs.errors import UsageError, shortened

Package = Literal["openvino", "onnxruntime", "torch"]
"""What runs variants. Results name a variant's framework by the package's own name."""


@dataclass(frozen=True, slots=True, order=True)
class Pin:
    """A package and its version, such as openvino 2025.4.1."""

    package: str
    version: str

    def __str__(self) -> str:
        return f"{self.package} {self.version}"

    def is_met_by(self, found: str) -> bool:
        """Tell whether a version is the one asked for; `2.13.0+cpu` is, where 2.13.0 is asked for without a suffix."""
        asked, there = Version(self.version), Version(found)
        return asked == there or (asked.local is None and str(asked) == there.public)


def pin_of(package: str, version: str, option: str) -> Pin:
    """Return a pin of a version as people write it.

    Raises:
        UsageError: it is no version; the message names the option.
    """
    try:
        return Pin(package, str(Version(version.strip())))
    except InvalidVersion as error:
        text = shortened(repr(version.strip()))
        raise UsageError(f"{option}: expected versions such as 1.2.3,1.3.0, found {text}") from error


def pins_of(package: str, versions: str | None, option: str) -> tuple[Pin, ...]:
    """Read a comma-separated list of versions, each once, in its order; none of None.

    Raises:
        UsageError: one is no version.
    """
    given = [] if versions is None else [text for text in versions.split(",") if text.strip()]
    if versions is not None and not given:
        raise UsageError(f"{option}: expected versions such as 1.2.3,1.3.0, found nothing")
    return tuple(dict.fromkeys(pin_of(package, text, option) for text in given))


def installed(package: str) -> Pin:
    """Return what runs here.

    Raises:
        UsageError: the package is not installed.
    """
    try:
        return Pin(package, importlib.metadata.version(package))
    except importlib.metadata.PackageNotFoundError as error:
        raise UsageError(f"{package}: not installed here; see docs/install.md") from error


def between(first: str, last: str, released: Iterable[str]) -> tuple[str, ...]:
    """Return the releases from `first` to `last`, both included, in the order from the first to the last.

    Raises:
        UsageError: one of the two is not among the releases.
    """
    spelled = {Version(version): version for version in released}
    ordered = sorted(spelled)
    ends = Version(first), Version(last)
    for end in ends:
        if end not in spelled:
            known = _listed([spelled[version] for version in ordered])
            raise UsageError(f"{end}: not among the releases: {known}; name one of them, or others with --versions")
    low, high = sorted(map(ordered.index, ends))
    chosen = [spelled[version] for version in ordered[low : high + 1]]
    return tuple(chosen if ordered[low] == ends[0] else reversed(chosen))


def _listed(versions: Sequence[str]) -> str:
    return ", ".join(versions) if len(versions) <= 12 else f"{versions[0]} ... {', '.join(versions[-8:])}"

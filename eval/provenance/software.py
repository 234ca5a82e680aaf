"""The software of this process as components of a bill of materials: what is installed, Python, and mattekit itself."""

import hashlib
import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement

from configs.environment import Environment
from eval.provenance.licences import classifiers_of, licence_of
from eval.provenance.lock import Locked, normalised

TOOLKIT = "mattekit"
PACKAGES = ("configs", "converter", "datasets", "demo", "eval", "mattekit", "training")
_ROOT = Path(__file__).resolve().parents[2]

Component = dict[str, Any]
"""A component in CycloneDX's JSON."""


@dataclass(frozen=True, slots=True)
class Software:
    """What is installed beside mattekit.

    Attributes:
        libraries: every distribution as a component, by name.
        direct: the references of those that mattekit needs itself.
        dependencies: of each library, by reference, what it needs, as CycloneDX has it.
    """

    libraries: tuple[Component, ...]
    direct: tuple[str, ...]
    dependencies: tuple[dict[str, Any], ...]


def software_of(distributions: Mapping[str, metadata.Distribution], locks: Mapping[str, Locked]) -> Software:
    """Return the installed distributions as components, with their dependencies.

    Args:
        distributions: what is installed, by normalised name.
        locks: the packages of the locks by name, for the wheels' SHA-256; may be empty.
    """
    needs = {name: needs_of(name, distributions) for name in distributions}
    needed = reached_from(TOOLKIT, needs)
    libraries = {
        name: library(name, distribution, locks, name in needed)
        for name, distribution in sorted(distributions.items())
        if name != TOOLKIT
    }
    refs = {name: part["bom-ref"] for name, part in libraries.items()}
    return Software(
        libraries=tuple(libraries.values()),
        direct=tuple(refs[name] for name in needs.get(TOOLKIT, ())),
        dependencies=tuple(
            {"ref": ref, "dependsOn": [refs[each] for each in needs[name] if each in refs]}
            for name, ref in refs.items()
        ),
    )


def installed() -> dict[str, metadata.Distribution]:
    """Return every distribution that Python finds, by its normalised name; of two of one name the one it would take."""
    found: dict[str, metadata.Distribution] = {}
    for distribution in metadata.distributions():
        facts = distribution.metadata
        if "Name" in facts:
            found.setdefault(normalised(facts["Name"]), distribution)
    return found


def needs_of(name: str, distributions: Mapping[str, metadata.Distribution]) -> list[str]:
    """Return the names of the installed distributions that one needs in any case, sorted; extras do not count."""
    needed = set()
    for text in distributions[name].requires or []:
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            continue  # of an old package, which pip would not install today
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            needed.add(normalised(requirement.name))
    return sorted(needed & set(distributions))


def reached_from(name: str, needs: Mapping[str, Iterable[str]]) -> set[str]:
    """Return the names of all that one needs, itself among them; empty where it is not installed."""
    reached: set[str] = set()
    unread = {name} & set(needs)
    while unread:
        each = unread.pop()
        reached.add(each)
        unread |= set(needs[each]) - reached
    return reached


def library(name: str, distribution: metadata.Distribution, locks: Mapping[str, Locked], needed: bool) -> Component:
    """Return an installed distribution as a component.

    Args:
        name: normalised.
        distribution: the distribution.
        locks: of the wheel that fits it the lock's SHA-256 is named.
        needed: whether mattekit needs it to evaluate; CycloneDX's scope is `excluded` of what is there for other work.
    """
    version = distribution.version
    component: Component = {
        "type": "library",
        "bom-ref": f"{name}=={version}",
        "name": name,
        "version": version,
        "purl": f"pkg:pypi/{name}@{version.replace('+', '%2B')}",
        "scope": "required" if needed else "excluded",
    }
    locked = locks.get(name)
    if locked is not None and locked.version == version and (sha256 := locked.sha256_for(_tags(distribution))):
        component["hashes"] = [{"alg": "SHA-256", "content": sha256}]
    if spdx := licence_of(distribution):
        component["licenses"] = [{"expression": spdx, "acknowledgement": "declared"}]
    elif names := classifiers_of(distribution):
        component["licenses"] = [{"license": {"name": each, "acknowledgement": "declared"}} for each in names]
    return component


def interpreter(environment: Environment) -> Component:
    """Return Python as a component."""
    name, version = platform.python_implementation(), environment.python
    return {
        "type": "platform",
        "bom-ref": f"{name}=={version}",
        "name": name,
        "version": version,
        "purl": f"pkg:generic/python@{version}",
        "licenses": [{"expression": "PSF-2.0", "acknowledgement": "declared"}],
    }


def toolkit(environment: Environment) -> Component:
    """Return mattekit as a component: its version, the SHA-256 of its source, its revision where it is a checkout."""
    version = environment.versions.get(TOOLKIT) or "unknown"
    properties = [("source_sha256", source_sha256(_ROOT)), ("git_commit", environment.git_commit)]
    return {
        "type": "application",
        "bom-ref": f"{TOOLKIT}=={version}",
        "name": TOOLKIT,
        "version": version,
        "licenses": [{"expression": "MIT", "acknowledgement": "declared"}],
        "properties": properties_of(properties),
    }


@cache
def source_sha256(root: Path) -> str:
    """Return one SHA-256 of the path and the bytes of every Python file of mattekit's packages below `root`."""
    digest = hashlib.sha256()
    for path in sorted(path for package in PACKAGES for path in (root / package).rglob("*.py")):
        digest.update(f"{path.relative_to(root).as_posix()}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def properties_of(facts: Iterable[tuple[str, object]]) -> list[dict[str, str]]:
    """Return name and value of each fact that is known as CycloneDX has them, in a namespace of ours."""
    return [{"name": f"{TOOLKIT}:{name}", "value": str(value)} for name, value in facts if value is not None]


def _tags(distribution: metadata.Distribution) -> list[str]:
    text = distribution.read_text("WHEEL") or ""
    return [line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("Tag:")]

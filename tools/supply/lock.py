"""Resolve what pyproject.toml and constraints.txt ask for, and write the locks: `make lock`.

    python -m tools.supply.lock --uv .venv-lock/bin/uv            # every lock, anew
    python -m tools.supply.lock --uv .venv-lock/bin/uv --check    # write nothing; end with 3 where a lock would change

uv resolves the packages and their extras for each supported Python on Linux (x86-64), from wheels alone; versions are
those of constraints.txt. torch is apart: PyPI has it with CUDA alone, so its CPU wheels are asked of pip's own
configuration and then of PyTorch's index, and what neither has stays as the lock of the same version had it.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import Any

from configs.errors import DataError
from configs.files import write_atomically
from eval.provenance.lock import RUNTIME, TORCH, Locked, lock_text, normalised, read_lock
from tools.command_line import run, with_progress

ROOT = Path(__file__).resolve().parents[2]
PYTHONS = ("3.11", "3.12", "3.13")
PLATFORM = "manylinux_2_28_x86_64"
UV_PLATFORM = "x86_64-manylinux_2_28"
TORCH_INDEX = "https://download.pytorch.org/whl/cpu"
HEAD = (
    f"Linux x86-64, CPython {PYTHONS[0]} to {PYTHONS[-1]}. Made by `make lock`, see docs/supply-chain.md; do not edit."
)


def groups(project: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the requirements of each lock by its name, as a pyproject.toml gives them; torch's own is not among them.

    What builds mattekit is part of the first, so that nothing unlocked is fetched to install it.
    """
    runtime = [*project["build-system"]["requires"], *project["project"]["dependencies"]]
    extras: dict[str, list[str]] = project["project"].get("optional-dependencies", {})
    return {RUNTIME: runtime} | {extra: runtime + needed for extra, needed in extras.items()}


def torch_needs() -> list[str]:
    """Return what torch's CPU wheel needs, from the one that is installed here.

    Raises:
        DataError: none is installed.
    """
    try:
        found = metadata.version("torch")
    except metadata.PackageNotFoundError:
        found = "none"
    if not found.endswith("+cpu"):
        raise DataError(f"expected torch for the CPU in this environment, found {found}; run `make install`")
    return [each for each in metadata.requires("torch") or [] if "extra ==" not in each]


def resolve(uv: Path, requirements: Sequence[str], python: str, settings: Path, constraints: Path) -> list[Locked]:
    """Return the packages, with the wheels that fit, that requirements come to on one Python.

    Raises:
        DataError: uv cannot be run, or finds no such set of wheels; the message is uv's.
    """
    options = ["--constraints", str(constraints), "--config-file", str(settings), "--python-version", python]
    platform = ["--python-platform", UV_PLATFORM, "--only-binary", ":all:", "--format", "pylock.toml"]
    command = [str(uv), "pip", "compile", "-", "--quiet", "--no-header", *options, *platform]
    try:
        done = subprocess.run(command, input="\n".join(requirements), capture_output=True, text=True, check=False)
    except OSError as error:
        raise DataError(f"{uv}: cannot be run ({error.strerror}); `make lock` installs it") from error
    if done.returncode:
        raise DataError(f"no wheels for Python {python} on Linux (x86-64) fit:\n{done.stderr.strip()}")
    return [_locked(package) for package in tomllib.loads(done.stdout)["packages"]]


def _locked(package: Mapping[str, Any]) -> Locked:
    wheels = {
        wheel["url"].rpartition("/")[2].replace("%2B", "+"): wheel["hashes"]["sha256"] for wheel in package["wheels"]
    }
    return Locked(normalised(package["name"]), package["version"], wheels)


def merged(by_python: Mapping[str, Sequence[Locked]]) -> dict[str, Locked]:
    """Return one lock of those of each Python: all their wheels, and a marker on what not every Python needs.

    Raises:
        DataError: two Pythons want two versions of a package.
    """
    packages: dict[str, Locked] = {}
    pythons: dict[str, list[str]] = {}
    for python, found in by_python.items():
        for each in found:
            known = packages.setdefault(each.name, each)
            if known.version != each.version:
                versions = f"{known.version} for Python {pythons[each.name][0]}, {each.version} for {python}"
                raise DataError(f"{each.name}: {versions}; give one that fits all in constraints.txt")
            packages[each.name] = replace(known, wheels={**known.wheels, **each.wheels})
            pythons.setdefault(each.name, []).append(python)
    return {
        name: replace(each, marker=None if pythons[name] == list(by_python) else _marker(pythons[name]))
        for name, each in packages.items()
    }


def _marker(pythons: Sequence[str]) -> str:
    return " or ".join(f'python_version == "{python}"' for python in pythons)


def torch_wheels(version: str, before: Mapping[str, str]) -> dict[str, str]:
    """Return name and SHA-256 of torch's CPU wheels of a version, for each supported Python.

    Args:
        version: such as `2.13.0`.
        before: the wheels of the lock as it is; one of this version that cannot be asked for stays.

    Raises:
        DataError: a wheel cannot be had, and is not known.
    """
    wheels = {}
    for python in PYTHONS:
        tag = f"cp{python.replace('.', '')}"
        name = f"torch-{version}+cpu-{tag}-{tag}-{PLATFORM}.whl"
        asked = next(filter(None, (_asked(name, python, index) for index in (None, TORCH_INDEX))), None)
        sha256 = asked or before.get(name)
        if sha256 is None:
            raise DataError(f"{name}: neither pip's configuration nor {TORCH_INDEX} has it, and it is not known")
        if name in before and sha256 != before[name]:
            raise DataError(f"{name}: its SHA-256 was {before[name]}, now {sha256} is served; find out why")
        print(f"{name}: {'as served' if asked else 'kept, it was not to be had here'}", file=sys.stderr)
        wheels[name] = sha256
    return wheels


def _asked(name: str, python: str, index: str | None) -> str | None:
    """Return the SHA-256 of a wheel of torch as pip finds it, None where it does not."""
    version = name.split("-")[1]
    kind = ["--python-version", python, "--platform", PLATFORM, "--implementation", "cp", "--only-binary", ":all:"]
    place = ["--index-url", index, "--retries", "1", "--timeout", "20"] if index else []
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed", "--no-deps"]
        options = ["--target", folder, "--report", str(report)]
        done = subprocess.run(
            [*command, *kind, *place, *options, f"torch=={version}"], capture_output=True, check=False
        )
        if done.returncode:
            return None
        [found] = json.loads(report.read_text(encoding="utf-8"))["install"]
    download = found["download_info"]
    served = download["url"].rpartition("/")[2].replace("%2B", "+")
    return str(download["archive_info"]["hashes"]["sha256"]) if served == name else None


def locks(uv: Path, folder: Path) -> Iterator[tuple[Path, str]]:
    """Yield path and text of every lock as it should be now.

    Raises:
        DataError: as `resolve`, `merged` and `torch_wheels`.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = groups(project)
    [version] = [each.partition("==")[2] for each in wanted[RUNTIME] if each.startswith("torch==")]
    at = folder / f"{TORCH}.txt"
    before = read_lock(at)[TORCH].wheels if at.exists() else {}
    yield at, lock_text([Locked(TORCH, f"{version}+cpu", torch_wheels(version, before))], HEAD)
    with tempfile.TemporaryDirectory() as scratch:
        settings = Path(scratch, "uv.toml")
        settings.write_text(
            f'[[dependency-metadata]]\nname = "torch"\nversion = "{version}"\n'
            f"requires-dist = {json.dumps(torch_needs())}\n",
            encoding="utf-8",
        )
        found = {
            name: merged(
                {python: resolve(uv, needed, python, settings, ROOT / "constraints.txt") for python in PYTHONS}
            )
            for name, needed in with_progress(list(wanted.items()), "resolving")
        }
    for name, packages in found.items():
        own = [each for each in packages.values() if name == RUNTIME or each.name not in found[RUNTIME]]
        yield folder / f"{name}.txt", lock_text((each for each in own if each.name != TORCH), HEAD)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--uv", type=Path, required=True, help="uv, as `make lock` installs it")
    parser.add_argument("--folder", type=Path, default=ROOT / "locks", help="where the locks lie")
    parser.add_argument("--check", action="store_true", help="write nothing; end with 3 where a lock would change")
    arguments = parser.parse_args()
    made = dict(locks(arguments.uv, arguments.folder))
    stray = set(arguments.folder.glob("*.txt")) - set(made)
    changed = [path for path, text in made.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    if arguments.check and (changed or stray):
        raise DataError(f"not as they should be: {', '.join(sorted(map(str, {*changed, *stray})))}; run `make lock`")
    if not arguments.check:
        for path in changed:
            write_atomically(path, made[path])
        for path in stray:
            path.unlink()
    print(f"{len(made)} locks, {len(changed)} changed")


if __name__ == "__main__":
    run(main)

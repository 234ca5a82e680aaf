"""Install mattekit and the named extras into the environment of the Python that runs this: `make install` calls it.

    .venv/bin/python tools/supply/install.py dev demo serve

On Linux (x86-64) with a Python that the locks are for, every package is one of the locks, held to its SHA-256
(`pip install --require-hashes`); torch is its CPU wheel, from where pip is configured to look or else from PyTorch's
index (another one: TORCH_INDEX). Elsewhere, or where that wheel is not to be had, versions are those of
constraints.txt. A file that has not the SHA-256 of the lock ends it with 3: it never goes on without. This needs the
standard library alone.
"""

import argparse
import os
import platform
import re
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OLDEST, NEWEST = (3, 11), (3, 13)
TORCH_INDEX = "https://download.pytorch.org/whl/cpu"
MISMATCH = "DO NOT MATCH THE HASHES"
FAILED = 3


def unlocked(root: Path, extras: Sequence[str]) -> str | None:
    """Return why the locks in `root` cannot be used here for mattekit with these extras; None where they can."""
    system, machine = platform.system(), platform.machine()
    if (system, machine) != ("Linux", "x86_64"):
        return f"the locks are for Linux on x86-64, this is {system} on {machine}"
    if platform.libc_ver()[0] != "glibc":
        return "the locks are for a Linux with glibc"
    if platform.python_implementation() != "CPython" or not OLDEST <= sys.version_info[:2] <= NEWEST:
        found = f"{platform.python_implementation()} {platform.python_version()}"
        return f"the locks are for CPython 3.11 to 3.13, this is {found}"
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [*project["build-system"]["requires"], *project["project"]["dependencies"]]
    for extra in extras:
        wanted += project["project"]["optional-dependencies"][extra]
    files = [root / "locks" / f"{name}.txt" for name in ("torch", "runtime", *extras)]
    if missing := [path.name for path in files if not path.exists()]:
        return f"there is no lock {missing[0]}; `make lock` makes it"
    pins = {(_normal(name), version) for path in files for name, version in _pins(path.read_text(encoding="utf-8"))}
    behind = [each for each in wanted if (_normal(each.partition("==")[0]), each.partition("==")[2]) not in pins]
    return f"the locks lack {behind[0]} of pyproject.toml; `make lock` makes them anew" if behind else None


def _pins(lock: str) -> list[tuple[str, str]]:
    """Return name and version of each package of a lock; of a version such as 2.13.0+cpu what comes before the plus."""
    return re.findall(r"^([\w.-]+)==([\w.!]+)", lock, re.MULTILINE)


def _normal(name: str) -> str:
    """Return a name as indexes compare names, without the extras that are asked for with it."""
    return re.sub(r"[-_.]+", "-", name.partition("[")[0]).lower()


def install_locked(root: Path, extras: Sequence[str], torch_index: str) -> str | None:
    """Install from the locks; return why that cannot be done, None where it is done.

    Raises:
        SystemExit: a file has not the SHA-256 of its lock, or pip failed otherwise.
    """
    folder = root / "locks"
    torch = ["--require-hashes", "--only-binary", ":all:", "--no-deps", "--requirement", str(folder / "torch.txt")]
    for place in ([], ["--index-url", torch_index]):
        done = _pip([*torch, *place], quietly=True)
        if done.returncode == 0:
            break
        if MISMATCH in done.stderr:
            print(done.stderr, file=sys.stderr)
            sys.exit(FAILED)
    else:
        return f"torch's CPU wheel was to be had neither where pip looks nor from {torch_index}"
    files = [part for name in ("torch", "runtime", *extras) for part in ("--requirement", str(folder / f"{name}.txt"))]
    _pip(["--require-hashes", "--only-binary", ":all:", *files])
    # setuptools is of the lock: in an isolated build pip would fetch another one, without a hash.
    _pip(["--no-deps", "--no-build-isolation", "--editable", str(root)])
    return None


def install_pinned(root: Path, extras: Sequence[str]) -> None:
    """Install with the versions of constraints.txt.

    Raises:
        SystemExit: pip failed.
    """
    wanted = f"{root}[{','.join(extras)}]" if extras else str(root)
    _pip(["--constraint", str(root / "constraints.txt"), "--editable", wanted])


def _pip(arguments: Sequence[str], quietly: bool = False) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments]
    done = subprocess.run(command, stderr=subprocess.PIPE if quietly else None, text=True, check=False)
    if done.returncode and not quietly:
        sys.exit(FAILED)
    return done


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("extras", nargs="*", metavar="EXTRA", help="such as dev, demo, serve or import")
    parser.add_argument("--root", type=Path, default=ROOT, help="the checkout to install")
    arguments = parser.parse_args()
    root: Path = arguments.root.resolve()
    known = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    if unknown := sorted(set(arguments.extras) - set(known)):
        parser.error(f"no extra is called {unknown[0]}; there are {', '.join(sorted(known))}")
    if sys.prefix == sys.base_prefix:
        parser.error(f"{sys.executable} is in no virtual environment; make one: python3 -m venv .venv")
    why = unlocked(root, arguments.extras)
    if why is None:
        print("installing the locked dependencies, each held to its SHA-256 (a minute or more)", flush=True)
        why = install_locked(root, arguments.extras, os.environ.get("TORCH_INDEX") or TORCH_INDEX)
    if why is not None:
        print(f"installing the versions of constraints.txt, without hashes (a minute or more): {why}", flush=True)
        install_pinned(root, arguments.extras)


if __name__ == "__main__":
    main()

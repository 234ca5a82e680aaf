"""What a run ran on: package versions, processor and its feature class, operating system, source revision.

Every result and conversion records them, because each can move a metric. This module imports none of the packages that
it names.
"""

import platform
import subprocess
from importlib import metadata
from pathlib import Path

from configs.records import Frozen

PACKAGES = (
    "mattekit",
    "torch",
    "onnx",
    "onnxscript",
    "onnxsim",
    "onnxruntime",
    "openvino",
    "nncf",
    "numpy",
    "opencv-python-headless",
    "pillow",
)
CPUINFO = Path("/proc/cpuinfo")

# A processor is of the first class whose flags it has. OpenVINO uses other kernels on each.
_CLASSES: tuple[tuple[str, frozenset[str]], ...] = (
    ("amx", frozenset({"amx_tile", "amx_bf16"})),
    ("avx512_bf16", frozenset({"avx512f", "avx512_bf16"})),
    ("avx512_vnni", frozenset({"avx512f", "avx512_vnni"})),
    ("avx512", frozenset({"avx512f"})),
    ("avx2", frozenset({"avx2"})),
    ("sse", frozenset({"sse2"})),
)
_ARM_MACHINES = ("aarch64", "arm64", "armv7l", "armv8l")


class Environment(Frozen):
    """The conditions of a run.

    Attributes:
        versions: package name to installed version, None where it is not installed.
        python: version of the interpreter.
        os: operating system, its release and the machine type.
        cpu_class: `amx`, `avx512_bf16`, `avx512_vnni`, `avx512`, `avx2`, `sse`, `arm` or `unknown`.
        cpu_name: the processor's model name.
        git_commit: revision of the toolkit's checkout, with `-dirty` when tracked files differ from it; None when it is
            not a checkout.
    """

    versions: dict[str, str | None]
    python: str
    os: str
    cpu_class: str
    cpu_name: str
    git_commit: str | None = None


def describe_environment(root: Path | None = None) -> Environment:
    """Return the conditions of this process; `root` is the toolkit's checkout (the one this file is in by default)."""
    return Environment(
        versions=installed_versions(),
        python=platform.python_version(),
        os=f"{platform.system()} {platform.release()} {platform.machine()}",
        cpu_class=cpu_class(),
        cpu_name=cpu_name(),
        git_commit=git_commit(root or Path(__file__).resolve().parent.parent),
    )


def installed_versions(packages: tuple[str, ...] = PACKAGES) -> dict[str, str | None]:
    """Return the installed version of each distribution, None where it is not installed."""
    versions: dict[str, str | None] = {}
    for package in packages:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            versions[package] = None
    return versions


def cpu_class(cpuinfo: Path = CPUINFO, machine: str | None = None) -> str:
    """Return the processor's feature class, from the flags Linux lists; elsewhere `arm` or `unknown`.

    Args:
        cpuinfo: the file that lists the flags.
        machine: machine type, `platform.machine()` by default.
    """
    if (machine or platform.machine()).lower() in _ARM_MACHINES:
        return "arm"
    flags = frozenset(_field(cpuinfo, "flags").split())
    return next((name for name, needed in _CLASSES if needed <= flags), "unknown")


def cpu_name(cpuinfo: Path = CPUINFO) -> str:
    """Return the processor's model name, or what the platform calls it."""
    return _field(cpuinfo, "model name") or platform.processor() or platform.machine() or "unknown"


def git_commit(root: Path) -> str | None:
    """Return the revision checked out at `root`, `-dirty` when tracked files were changed; None when not a checkout."""
    top = _git(root, "rev-parse", "--show-toplevel")
    if not top or Path(top).resolve() != root.resolve():
        return None
    commit = _git(root, "rev-parse", "HEAD")
    if not commit:
        return None
    changes = _git(root, "status", "--porcelain", "--untracked-files=no")
    return commit if changes == "" else f"{commit}-dirty"


def _git(root: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "--no-optional-locks", "-C", str(root), *arguments],
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _field(cpuinfo: Path, name: str) -> str:
    """Return the first value of a `name : value` line, empty where there is none."""
    try:
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    for line in lines:
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return ""

"""`mattekit doctor`."""

import importlib.metadata
from pathlib import Path

from packaging.requirements import Requirement
from rich.markup import escape
from rich.table import Table

from configs.environment import describe_environment
from configs.errors import UsageError
from mattekit.terminal.console import output, say
from mattekit.terminal.modes import answer


def doctor() -> None:
    """Check the installation: versions against the pinned ones, the CPU, and the precision that OpenVINO will use.

    Ends with 2 where something is wrong, and says what to do.

    Example:

        mattekit doctor
    """
    from converter.runners.devices import default_inference_precision, openvino_core

    environment = describe_environment()
    problems = [*_version_problems(), *_shadowed_packages()]
    table = Table(box=None, show_header=False)
    table.add_row("python", environment.python)
    for name, version in environment.versions.items():
        table.add_row(name, version or "not installed")
    table.add_row("operating system", escape(environment.os))
    table.add_row("CPU", escape(f"{environment.cpu_name} (feature class {environment.cpu_class})"))
    devices = openvino_core().available_devices
    table.add_row("OpenVINO devices", ", ".join(devices))
    precision = default_inference_precision()
    answer(environment=environment, devices=devices, default_precision=precision, problems=problems)
    table.add_row("OpenVINO infers in", f"{precision} by default, f32 where asked (ir-...@f32)")
    output.print(table)
    if precision != "f32":
        say(f"note: without a hint OpenVINO runs {precision} here; results differ from f32, see the @default variants")
    if problems:
        raise UsageError("\n".join(["the installation is not sound", *(f"  {problem}" for problem in problems)]))
    say("all well")


def _version_problems() -> list[str]:
    problems = []
    for text in importlib.metadata.requires("mattekit") or []:
        requirement = Requirement(text)
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        try:
            found = importlib.metadata.version(requirement.name)
        except importlib.metadata.PackageNotFoundError:
            found = "nothing"
        if found == "nothing" or not requirement.specifier.contains(found, prereleases=True):
            problems.append(f"{requirement.name}: pinned {requirement.specifier}, found {found}; run `make install`")
    return problems


def _shadowed_packages() -> list[str]:
    """Name every other distribution that provides one of our top-level packages (`datasets` is a common name)."""
    providers = importlib.metadata.packages_distributions()
    problems = []
    for package in ("configs", "converter", "datasets", "eval", "mattekit", "training"):
        others = sorted(set(providers.get(package, [])) - {"mattekit"})
        if others:
            problems.append(
                f"package `{package}` is also provided by {', '.join(others)}; mattekit needs a virtual environment of "
                f"its own: uninstall {others[0]} there, or make a fresh one with `make clean install`"
            )
        module = __import__(package)
        if Path(module.__file__ or "").resolve().parents[1] != Path(__file__).resolve().parents[2]:
            problems.append(f"package `{package}` was imported from {module.__file__}, not from this clone")
    return problems

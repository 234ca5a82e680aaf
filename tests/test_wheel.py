"""The wheel: whatever the packages read beside their modules is in it, and it works without the clone."""

import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LEFT_OUT = {f"training/checkpoints/{name}" for name in ("example.jpg", "losses.csv", "losses.png", "photographs.jpg")}
"""What the checkpoint's card shows and no program reads."""


def _settings() -> dict[str, dict[str, list[str]]]:
    with (ROOT / "pyproject.toml").open("rb") as stream:
        settings: dict[str, dict[str, list[str]]] = tomllib.load(stream)["tool"]["setuptools"]
    return settings


def test_every_file_beside_the_modules_is_declared() -> None:
    settings = _settings()
    declared = {
        path.relative_to(ROOT).as_posix()
        for package, patterns in settings["package-data"].items()
        for pattern in patterns
        for path in ROOT.joinpath(*package.split(".")).glob(pattern)
    }
    tops = {package.partition(".")[0] for package in settings["packages"]}
    listed = subprocess.run(["git", "ls-files", *sorted(tops)], cwd=ROOT, capture_output=True, text=True, check=True)
    beside = {name for name in listed.stdout.splitlines() if not name.endswith(".py")}
    assert beside - declared == LEFT_OUT


@pytest.mark.slow
def test_the_wheel_works_without_the_clone(tmp_path: Path) -> None:
    pytest.importorskip("pip")
    source = tmp_path / "source"
    source.mkdir()
    archive = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, capture_output=True, check=True)
    subprocess.run(["tar", "x", "-C", str(source)], input=archive.stdout, check=True)
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(tmp_path), str(source)]
    subprocess.run(build, check=True)
    [wheel] = tmp_path.glob("*.whl")
    installed, elsewhere = tmp_path / "installed", tmp_path / "elsewhere"
    zipfile.ZipFile(wheel).extractall(installed)
    elsewhere.mkdir()
    surroundings = {**os.environ, "PYTHONPATH": str(installed)}
    code = "import mattekit; print(mattekit.__file__); print(mattekit.load().takes_plate)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], cwd=elsewhere, env=surroundings, capture_output=True, text=True, check=True
    )
    assert loaded.stdout.split() == [str(installed / "mattekit" / "__init__.py"), "True"]
    for arguments in (
        ("info", "training/checkpoints/mattekit-mobilenetv2.safetensors"),
        ("dataset", "people", "--count", "1"),
    ):
        subprocess.run([sys.executable, "-m", "mattekit", *arguments], cwd=elsewhere, env=surroundings, check=True)
    assert [path.name for path in elsewhere.iterdir()] == ["data"]

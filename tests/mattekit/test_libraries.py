"""Real commands in processes of their own: libraries that warn are not heard, unless the user asks for it."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
CORRUPT_EXIF = b"Exif\0\0MM\0*\0\0\0\x08\0\x03\x01\x12\0\x03\0\0\0\x01\0\x01\0\0\x87\x69\0\4\0\0\0\1\0\0\xff\0"


def errors_of(*arguments: object) -> str:
    """Return what a command writes to standard error."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONWARNINGS"}
    command = [sys.executable, "-m", "mattekit", *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    return done.stderr


def compose(folder: Path) -> tuple[object, ...]:
    """Return a command that reads a photograph of which Pillow alone would warn."""
    for name in ("people", "places"):
        (folder / name).mkdir(exist_ok=True)
    pixels = np.full((48, 32, 4), 200, np.uint8)
    pixels[:8, :, 3] = pixels[:, :4, 3] = pixels[:, -4:, 3] = 0
    Image.fromarray(pixels).save(folder / "people/a.png")
    Image.new("RGB", (64, 48), (9, 99, 200)).save(folder / "places/b.jpg", exif=CORRUPT_EXIF)
    options = ("--foregrounds", folder / "people", "--backgrounds", folder / "places", "--size", "64x48")
    return ("dataset", "compose", *options, "--out", folder / "set")


def read_odd_checkpoint(folder: Path) -> tuple[object, ...]:
    """Return a command that reads a checkpoint of a kind of which PyTorch warns."""
    torch.save({"weight": torch.eye(3).to_sparse_csr()}, folder / "odd.pth")
    return ("info", folder / "odd.pth")


@pytest.mark.filterwarnings("ignore:Sparse CSR")
@pytest.mark.parametrize("command", [compose, read_odd_checkpoint])
def test_no_warning_of_a_library_reaches_the_terminal(
    command: Callable[[Path], tuple[object, ...]], tmp_path: Path
) -> None:
    arguments = command(tmp_path)

    quiet = errors_of(*arguments)

    assert "Warning" not in quiet and "site-packages" not in quiet
    if command is compose:
        assert (tmp_path / "set/manifest.json").exists()
    else:
        assert quiet.startswith(f"error: {tmp_path}/odd.pth: weight: expected a plain tensor")


@pytest.mark.parametrize(("variables", "heard"), [({}, False), ({"PYTHONWARNINGS": "default"}, True)])
def test_neither_warnings_nor_logs_are_heard_unless_asked_for(variables: dict[str, str], heard: bool) -> None:
    script = (
        "import logging, sys, warnings, mattekit.app, mattekit.__main__ as process\n"
        "def app(**_):\n"
        "    warnings.warn('from a library'); logging.getLogger('library').warning('logged by it')\n"
        "mattekit.app.app = app\n"
        "process.main()\n"
    )
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONWARNINGS"} | variables
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0
    assert ("from a library" in done.stderr, "logged by it" in done.stderr) == (heard, heard)

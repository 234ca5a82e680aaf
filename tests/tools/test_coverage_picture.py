"""The coverage picture: it is drawn for a set on disk, and says what the meter says."""

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image

from datasets.samples.images import write_png

TOOL = Path(__file__).resolve().parents[2] / "tools/coverage_picture.py"


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("coverage_picture", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _write(root: Path, name: str, size: tuple[int, int]) -> None:
    grey = np.full((*size, 3), 90, np.uint8)
    alpha = np.zeros(size, np.uint8)
    alpha[:, : size[1] // 2] = 255
    write_png(root / "com/a" / name, grey)
    write_png(root / "bgr/a" / name, grey)
    write_png(root / "fgr/a" / name, np.dstack((grey, alpha)))


def test_a_folder_is_drawn(tool: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _write(tmp_path / "set", "1.png", (32, 64))
    tool.main([str(tmp_path / "set"), str(tmp_path / "out.png")])
    assert "right 50 % of the frame never opaque" in capsys.readouterr().out
    with Image.open(tmp_path / "out.png") as picture:
        assert picture.width > 500


def test_shares_are_means_over_the_samples(tool: ModuleType, tmp_path: Path) -> None:
    for name in ("1.png", "2.png"):
        _write(tmp_path / "set", name, (32, 64))
    coverage, shares = tool.measured(tool.samples_of(str(tmp_path / "set")))
    assert coverage.samples == 2
    assert shares["opaque"].tolist() == [[1, 1, 0, 0]] * 2
    assert shares["empty"].tolist() == [[0, 0, 1, 1]] * 2
    assert not shares["edges"].any()


def test_one_size_is_expected(tool: ModuleType, tmp_path: Path) -> None:
    _write(tmp_path / "set", "1.png", (32, 64))
    _write(tmp_path / "set", "2.png", (32, 80))
    with pytest.raises(SystemExit, match="expected one size"):
        tool.measured(tool.samples_of(str(tmp_path / "set")))


def test_bundled_sets_have_names(tool: ModuleType) -> None:
    assert next(tool.samples_of("people")).id == "people/0001"
    assert next(tool.samples_of("stimuli")).id == "stimuli/hair-01"

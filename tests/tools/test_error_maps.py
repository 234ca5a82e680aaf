"""Error maps: the right difference, under the right name, in the precision that really ran."""

import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from PIL import Image

from configs.errors import UsageError
from datasets.samples.sample import Sample
from tools import error_maps

mpl.use("Agg")
ROOT = Path(__file__).resolve().parents[2]


def test_the_title_counts_what_differs() -> None:
    difference = np.zeros((8, 12), np.float32)
    difference[0, 0] = difference[1, 1] = 0.5  # one cell
    difference[5, 9] = 0.02  # another
    difference[7, 0] = 0.005  # below the limit

    title = error_maps.ErrorMap("ours", "bf16", difference).title

    assert title.startswith("ours, ran in bf16\nmean 0.011,")
    assert title.endswith("max 0.5; 2 cells off by > 0.01")


@pytest.mark.parametrize("maps", [1, 2, 3])
def test_a_picture_is_drawn_for_any_number_of_models(tmp_path: Path, maps: int) -> None:
    grey = np.full((8, 12, 3), 90, np.uint8)
    sample = Sample("a/1", grey, grey, grey[..., 0], grey)
    entries = [error_maps.ErrorMap(f"model {n}", "f32", np.full((8, 12), 10.0**-n, np.float32)) for n in range(maps)]

    error_maps.draw(sample, np.zeros((8, 12), np.float32), entries, tmp_path / "maps.jpg")

    with Image.open(tmp_path / "maps.jpg") as picture:
        assert picture.format == "JPEG"
        assert picture.width > picture.height / 2


def test_models_may_have_a_label() -> None:
    assert error_maps.named_model("a/fp16/model.xml") == ("a/fp16/model.xml", Path("a/fp16/model.xml"))
    assert error_maps.named_model("ours=a/model.xml") == ("ours", Path("a/model.xml"))
    with pytest.raises(UsageError, match=r"expected a model such as model\.xml"):
        error_maps.named_model("ours=a/model.onnx")


def test_what_cannot_be_drawn_ends_with_its_reason_and_no_picture(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tools.error_maps", "missing/model.xml", "--out", str(tmp_path / "maps.jpg")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 3
    assert done.stderr.startswith("error: missing/model.xml: no such file of an IR")
    assert not (tmp_path / "maps.jpg").exists()

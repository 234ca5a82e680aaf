"""The tiny network as a conversion's first step leaves it, shared by the tests of the steps."""

from pathlib import Path

import pytest
from onnx_models import CONTRACT

from converter.steps.adopt_onnx import AdoptOnnx


@pytest.fixture
def adopted(tiny_onnx: Path, tmp_path: Path) -> Path:
    return AdoptOnnx(tiny_onnx, CONTRACT, tmp_path / "adopted.onnx").run().path

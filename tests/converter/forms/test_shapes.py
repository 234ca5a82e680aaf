"""A form's graph held against its contract and against a stated size, before anything is allocated."""

import shutil
from collections.abc import Callable
from pathlib import Path

import onnx
import pytest

from configs.errors import DataError
from converter.forms.external_data import read_graph
from converter.forms.shapes import MOST_VALUES, require_bearable
from converter.forms.variant import FormFile
from converter.runners.opening import open_runner


@pytest.mark.parametrize("shape", [(MOST_VALUES,), (1, 1 << 14, 1 << 15, 0), ()])
def test_a_tensor_up_to_the_limit_is_taken(shape: tuple[int, ...]) -> None:
    require_bearable([("a", shape)], "x")
    with pytest.raises(DataError, match=r"x: b has the shape .*at most 536870912 values"):
        require_bearable([("a", shape), ("b", (*shape, 2, MOST_VALUES))], "x")


def _larger(path: Path) -> None:
    path.write_text(path.read_text().replace("[1,3,64,96]", "[1,3,640,960]"))


def _named_otherwise(path: Path) -> None:
    path.write_text(
        path.read_text().replace("&quot;name&quot;:&quot;pha&quot;", "&quot;name&quot;:&quot;nowhere&quot;")
    )


@pytest.mark.parametrize(
    ("forge", "expected"),
    [
        (_larger, r"src: its contract says f32 \(1, 3, 640, 960\), its graph has f32 \(1, 3, 64, 96\)"),
        (_named_otherwise, "its contract names nowhere, which its graph lacks"),
    ],
)
def test_a_contract_of_another_graph_is_refused(
    tiny_models: Path, tmp_path: Path, forge: Callable[[Path], None], expected: str
) -> None:
    folder = Path(shutil.copytree(tiny_models / "fp32", tmp_path / "fp32"))
    before = (folder / "model.xml").read_text()
    forge(folder / "model.xml")
    assert (folder / "model.xml").read_text() != before
    with pytest.raises(DataError, match=rf"model\.xml: {expected}"):
        open_runner(FormFile(folder / "model.xml"))


def test_a_graph_of_huge_tensors_is_refused_unmade(tiny_models: Path, tmp_path: Path) -> None:
    model = onnx.load(tiny_models / "model.onnx")
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.shape.dim[2].dim_value = 1 << 20
        value.type.tensor_type.shape.dim[3].dim_value = 1 << 20
    onnx.save(model, tmp_path / "huge.onnx")
    with pytest.raises(DataError, match=r"huge\.onnx: .* has the shape \(1, \d, 1048576, 1048576\)"):
        open_runner(FormFile(tmp_path / "huge.onnx"))


@pytest.mark.parametrize("place", ["../weights", "/etc/hostname", "link"])
def test_weights_outside_the_folder_are_not_read(tiny_models: Path, tmp_path: Path, place: str) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (tmp_path / "weights").write_bytes(bytes(4096))
    (folder / "link").symlink_to(tmp_path / "weights")
    model = read_graph(tiny_models / "model.onnx")
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=place)
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(DataError, match="leads out of"):
        open_runner(FormFile(folder / "model.onnx"))

import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest
from model_folder import keep_weights_outside
from onnx_models import CONTRACT, Change, changed, replace_value, value
from tiny_model import SIZE

from configs.errors import ConversionError, DataError
from converter.architectures.background_matting_v2 import ARCHITECTURE
from converter.forms.contract import network_contract
from converter.steps.onnx_file import check_onnx, read_onnx, save_onnx


@pytest.mark.parametrize("content", [b"", b"garbage", b"\x08\x0a"], ids=["empty", "garbage", "no graph"])
def test_reading_what_is_no_onnx(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.onnx"
    path.write_bytes(content)

    with pytest.raises(DataError, match=r"broken\.onnx: not a"):
        read_onnx(path)


def test_reading_missing_and_truncated_files(tiny_onnx: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.onnx: not a readable ONNX model"):
        read_onnx(tmp_path / "none.onnx")
    (tmp_path / "half.onnx").write_bytes(tiny_onnx.read_bytes()[:-20])
    with pytest.raises(DataError, match=r"half\.onnx: not a readable ONNX model"):
        read_onnx(tmp_path / "half.onnx")


def test_reading_says_where_a_missing_file_of_weights_belongs(tiny_onnx: Path, tmp_path: Path) -> None:
    source = shutil.copy(tiny_onnx, tmp_path / "model.onnx")
    keep_weights_outside(source).unlink()

    with pytest.raises(DataError, match=r"model\.data: no such file; .*put it there under this very name, or save"):
        read_onnx(source)


def test_check_names_other_shapes(adopted: Path) -> None:
    with pytest.raises(ConversionError, match=r"expected the tensors .*\(1, 3, 64, 128\).*found .*\(1, 3, 64, 96\)"):
        check_onnx(adopted, network_contract(ARCHITECTURE, (64, 128), "0" * 64))


def test_check_finds_that_the_graph_gives_another_shape_than_it_declares(adopted: Path, tmp_path: Path) -> None:
    source = changed(
        adopted,
        tmp_path / "wrong.onnx",
        lambda model: replace_value(model.graph.output, "pha", value("pha", (1, 1, 32, 96))),
    )

    with pytest.raises(ConversionError, match=r"wrong\.onnx: onnx\.checker refuses it"):
        check_onnx(source, network_contract(ARCHITECTURE, SIZE, "0" * 64))


@pytest.mark.parametrize(
    "change",
    [
        lambda model: setattr(model.graph.node[2], "op_type", "Absolutely"),
        lambda model: model.graph.node[2].input.__setitem__(0, "nothing"),
        lambda model: model.graph.node.pop(),
    ],
    ids=["unknown operation", "undefined tensor", "output without node"],
)
def test_check_refuses_an_invalid_graph(adopted: Path, tmp_path: Path, change: Change) -> None:
    source = changed(adopted, tmp_path / "invalid.onnx", change)

    with pytest.raises(ConversionError, match=r"invalid\.onnx: onnx\.checker refuses it"):
        check_onnx(source, CONTRACT)


def test_check_refuses_other_element_types(tmp_path: Path) -> None:
    half = onnx.TensorProto.FLOAT16
    nodes = [
        onnx.helper.make_node("Sub", ["src", "bgr"], ["fgr"]),
        onnx.helper.make_node("ReduceMax", ["fgr", "axes"], ["pha"], keepdims=1),
    ]
    inputs = [value(name, (1, 3, *SIZE), half) for name in ("src", "bgr")]
    outputs = [value("pha", (1, 1, *SIZE), half), value("fgr", (1, 3, *SIZE), half)]
    axes = onnx.numpy_helper.from_array(np.array([1]), "axes")
    graph = onnx.helper.make_graph(nodes, "half", inputs, outputs, [axes])
    path = tmp_path / "half.onnx"
    onnx.save(onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 20)], ir_version=10), path)

    with pytest.raises(ConversionError, match="expected float32 tensors, src, bgr, pha, fgr are not"):
        check_onnx(path, CONTRACT)


def test_saving_removes_the_notes_of_an_exporter(tiny_onnx: Path, tmp_path: Path) -> None:
    secret = "/home/someone/clone/network.py"

    def annotate(model: onnx.ModelProto) -> None:
        graph = model.graph
        for owner in (model, graph, graph.node[0], graph.input[0], graph.output[0], graph.initializer[0]):
            owner.metadata_props.add(key="trace", value=secret)
        graph.value_info.append(value("distance", (1, 1, *SIZE)))
        graph.value_info[0].metadata_props.add(key="trace", value=secret)
        graph.node[1].doc_string = graph.input[1].doc_string = graph.initializer[1].doc_string = secret

    model = onnx.load(changed(tiny_onnx, tmp_path / "noted.onnx", annotate))
    assert model.SerializeToString().count(secret.encode()) == 10

    save_onnx(model, CONTRACT, tmp_path / "clean.onnx")

    assert secret.encode() not in (tmp_path / "clean.onnx").read_bytes()

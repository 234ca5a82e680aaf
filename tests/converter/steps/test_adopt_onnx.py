from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx_models import CONTRACT, Change, changed, replace_value, run, value

from configs.errors import DataError
from converter.forms.contract import ONNX_KEY, parse_contract
from converter.steps.adopt_onnx import AdoptOnnx
from converter.steps.onnx_file import check_onnx


def test_adopting_fixes_free_shapes_and_writes_the_contract(tiny_onnx: Path, tmp_path: Path) -> None:
    assert [side.dim_param for side in onnx.load(tiny_onnx).graph.input[0].type.tensor_type.shape.dim][2:] == [
        "height",
        "width",
    ]

    made = AdoptOnnx(tiny_onnx, CONTRACT, tmp_path / "adopted.onnx").run()

    assert (made.hop, made.path, made.contract) == ("onnx", tmp_path / "adopted.onnx", CONTRACT)
    assert made.details == {"opset": "20", "nodes": "7"}
    metadata = {entry.key: entry.value for entry in onnx.load(made.path).metadata_props}
    assert list(metadata) == [ONNX_KEY]
    assert parse_contract(metadata[ONNX_KEY], "adopted") == CONTRACT


def test_adopting_keeps_the_values(tiny_onnx: Path, adopted: Path) -> None:
    before, after = run(tiny_onnx), run(adopted)

    assert list(after) == ["pha", "fgr"]
    for name, expected in before.items():
        assert np.array_equal(after[name], expected)


def test_adopting_drops_other_outputs(tiny_onnx: Path, tmp_path: Path) -> None:
    def add_outputs(model: onnx.ModelProto) -> None:
        model.graph.output.insert(0, value("distance", (1, 1, "height", "width")))
        model.graph.output.append(value("lifted", (1, 3, "height", "width")))

    source = changed(tiny_onnx, tmp_path / "more.onnx", add_outputs)
    assert len(run(source)) == 4

    AdoptOnnx(source, CONTRACT, tmp_path / "adopted.onnx").run()

    assert list(run(tmp_path / "adopted.onnx")) == ["pha", "fgr"]
    check_onnx(tmp_path / "adopted.onnx", CONTRACT)


def test_adopting_orders_inputs_and_outputs(tiny_onnx: Path, tmp_path: Path) -> None:
    def reorder(model: onnx.ModelProto) -> None:
        for values in (model.graph.input, model.graph.output):
            turned = list(reversed(values))
            del values[:]
            values.extend(turned)

    AdoptOnnx(changed(tiny_onnx, tmp_path / "turned.onnx", reorder), CONTRACT, tmp_path / "adopted.onnx").run()

    graph = onnx.load(tmp_path / "adopted.onnx").graph
    assert [entry.name for entry in graph.input] == ["src", "bgr"]
    assert [entry.name for entry in graph.output] == ["pha", "fgr"]


def test_adopting_takes_initializers_among_the_inputs_for_constants(tiny_onnx: Path, tmp_path: Path) -> None:
    def list_constants(model: onnx.ModelProto) -> None:
        model.ir_version = 3
        model.graph.input.extend(value(tensor.name, tuple(tensor.dims)) for tensor in model.graph.initializer)

    source = changed(tiny_onnx, tmp_path / "old.onnx", list_constants)

    AdoptOnnx(source, CONTRACT, tmp_path / "adopted.onnx").run()

    assert [entry.name for entry in onnx.load(tmp_path / "adopted.onnx").graph.input] == ["src", "bgr"]
    assert np.array_equal(run(tmp_path / "adopted.onnx")["pha"], run(tiny_onnx)["pha"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda model: model.graph.input.append(value("state", (1, 3, "height", "width"))),
            "expected the inputs src and bgr, found src, bgr, state",
        ),
        (lambda model: model.graph.input.pop(), "expected the inputs src and bgr, found src"),
        (lambda model: model.graph.output.pop(), "expected the outputs pha and fgr, lacks fgr"),
        (
            lambda model: replace_value(model.graph.input, "src", value("src", (1, 3, 128, 96))),
            r"src has shape \(1, 3, 128, 96\), but the input shape asks for \(1, 3, 64, 96\); .*--size 96x128",
        ),
        (
            lambda model: replace_value(model.graph.input, "bgr", value("bgr", (2, 3, "h", "w"))),
            r"bgr has shape \(2, 3, 'h', 'w'\), .*its batch is 2: export it with a batch of 1, or with a free one",
        ),
        (
            lambda model: replace_value(model.graph.output, "pha", value("pha", (1, "height", "width"))),
            r"pha has shape \(1, 'height', 'width'\), but .*export it with images as NCHW planes",
        ),
        (
            lambda model: replace_value(
                model.graph.input, "src", value("src", (1, 3, "h", "w"), onnx.TensorProto.FLOAT16)
            ),
            r"src holds float16 values, .*export it with float32 inputs and outputs.*keep_io_types=True",
        ),
    ],
    ids=["input too many", "input too few", "output too few", "other size", "other batch", "other rank", "fp16"],
)
def test_adopting_refuses_what_is_not_this_network(
    tiny_onnx: Path, tmp_path: Path, change: Change, message: str
) -> None:
    source = changed(tiny_onnx, tmp_path / "foreign.onnx", change)

    with pytest.raises(DataError, match=rf"foreign\.onnx: {message}"):
        AdoptOnnx(source, CONTRACT, tmp_path / "adopted.onnx").run()

    assert not (tmp_path / "adopted.onnx").exists()

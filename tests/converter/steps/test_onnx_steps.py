from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from tiny_model import GAIN, OFFSET, SIZE

from configs.errors import ConversionError, DataError
from converter.architectures.background_matting_v2 import ARCHITECTURE
from converter.forms.contract import ONNX_KEY, network_contract, parse_contract
from converter.steps import onnx_steps
from converter.steps.onnx_steps import adopt_onnx, check_onnx, read_onnx, save_onnx, simplify_onnx

CONTRACT = network_contract(ARCHITECTURE, SIZE, "0" * 64)
Change = Callable[[onnx.ModelProto], object]


def value(name: str, shape: tuple[int | str, ...], kind: int = onnx.TensorProto.FLOAT) -> onnx.ValueInfoProto:
    return onnx.helper.make_tensor_value_info(name, kind, shape)


def changed(source: Path, target: Path, change: Change) -> Path:
    """Write the ONNX once more, changed, and without a check."""
    model = onnx.load(source)
    change(model)
    target.write_bytes(model.SerializeToString())
    return target


def replace_value(values: object, name: str, new: onnx.ValueInfoProto) -> None:
    next(entry for entry in values if entry.name == name).CopyFrom(new)  # type: ignore[attr-defined]


def run(path: Path) -> dict[str, np.ndarray]:
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    rng = np.random.default_rng(0)
    feed = {name: rng.random((1, 3, *SIZE), np.float32) for name in ("src", "bgr")}
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, feed), strict=True))


@pytest.fixture
def adopted(tiny_onnx: Path, tmp_path: Path) -> Path:
    adopt_onnx(tiny_onnx, CONTRACT, tmp_path / "adopted.onnx")
    return tmp_path / "adopted.onnx"


def test_adopting_fixes_free_shapes_and_writes_the_contract(tiny_onnx: Path, adopted: Path) -> None:
    assert [side.dim_param for side in onnx.load(tiny_onnx).graph.input[0].type.tensor_type.shape.dim][2:] == [
        "height",
        "width",
    ]

    details = check_onnx(adopted, CONTRACT)

    assert details == {"opset": "20", "nodes": "7"}
    metadata = {entry.key: entry.value for entry in onnx.load(adopted).metadata_props}
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

    adopt_onnx(source, CONTRACT, tmp_path / "adopted.onnx")

    assert list(run(tmp_path / "adopted.onnx")) == ["pha", "fgr"]
    check_onnx(tmp_path / "adopted.onnx", CONTRACT)


def test_adopting_orders_inputs_and_outputs(tiny_onnx: Path, tmp_path: Path) -> None:
    def reorder(model: onnx.ModelProto) -> None:
        for values in (model.graph.input, model.graph.output):
            turned = list(reversed(values))
            del values[:]
            values.extend(turned)

    adopt_onnx(changed(tiny_onnx, tmp_path / "turned.onnx", reorder), CONTRACT, tmp_path / "adopted.onnx")

    graph = onnx.load(tmp_path / "adopted.onnx").graph
    assert [entry.name for entry in graph.input] == ["src", "bgr"]
    assert [entry.name for entry in graph.output] == ["pha", "fgr"]


def test_adopting_allows_initializers_among_the_inputs(tiny_onnx: Path, tmp_path: Path) -> None:
    source = changed(tiny_onnx, tmp_path / "old.onnx", lambda model: model.graph.input.append(value("zero", ())))

    adopt_onnx(source, CONTRACT, tmp_path / "adopted.onnx")

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
            r"src has shape \(1, 3, 128, 96\), but the input shape asks for \(1, 3, 64, 96\)",
        ),
        (
            lambda model: replace_value(model.graph.input, "bgr", value("bgr", (2, 3, "h", "w"))),
            r"bgr has shape \(2, 3, 'h', 'w'\), but the input shape asks for \(1, 3, 64, 96\)",
        ),
        (
            lambda model: replace_value(model.graph.output, "pha", value("pha", (1, "height", "width"))),
            r"pha has shape \(1, 'height', 'width'\), but",
        ),
        (
            lambda model: replace_value(
                model.graph.input, "src", value("src", (1, 3, "h", "w"), onnx.TensorProto.FLOAT16)
            ),
            "src must hold float32 values",
        ),
    ],
    ids=["input too many", "input too few", "output too few", "other size", "other batch", "other rank", "fp16"],
)
def test_adopting_refuses_what_is_not_this_network(
    tiny_onnx: Path, tmp_path: Path, change: Change, message: str
) -> None:
    source = changed(tiny_onnx, tmp_path / "foreign.onnx", change)

    with pytest.raises(DataError, match=rf"foreign\.onnx: {message}"):
        adopt_onnx(source, CONTRACT, tmp_path / "adopted.onnx")

    assert not (tmp_path / "adopted.onnx").exists()


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


def test_simplifying_folds_constants_and_keeps_the_outputs(adopted: Path, tmp_path: Path) -> None:
    def unfold_gain(model: onnx.ModelProto) -> None:
        gain = next(tensor for tensor in model.graph.initializer if tensor.name == "gain")
        gain.CopyFrom(onnx.numpy_helper.from_array(np.full((1, 3, 1, 1), GAIN - OFFSET, np.float32), "less"))
        model.graph.node.insert(0, onnx.helper.make_node("Add", ["less", "offset"], ["gain"]))
        model.graph.node.insert(0, onnx.helper.make_node("Identity", ["src"], ["same"]))
        model.graph.node[2].input[0] = "same"

    source, target = changed(adopted, tmp_path / "long.onnx", unfold_gain), tmp_path / "simple.onnx"
    assert check_onnx(source, CONTRACT)["nodes"] == "9"

    simplify_onnx(source, CONTRACT, target)

    assert check_onnx(target, CONTRACT)["nodes"] == "7"
    for name, expected in run(source).items():
        np.testing.assert_allclose(run(target)[name], expected, rtol=0, atol=1e-6)
    model = onnx.load(target)
    assert parse_contract(model.metadata_props[0].value, "simple") == CONTRACT


@pytest.mark.parametrize("failure", ["raises", "reports"])
def test_simplifying_that_fails_is_a_conversion_error(
    adopted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: str
) -> None:
    def simplify(model: onnx.ModelProto, certify: bool) -> tuple[onnx.ModelProto, bool]:
        if failure == "raises":
            raise RuntimeError("no such operator")
        return model, False

    monkeypatch.setattr(onnx_steps.onnxsim, "simplify", simplify)

    with pytest.raises(
        ConversionError, match=r"onnx-simplified: onnxsim (failed: no such operator|could not simplify)"
    ):
        simplify_onnx(adopted, CONTRACT, tmp_path / "simple.onnx")

    assert not (tmp_path / "simple.onnx").exists()

import shutil
from pathlib import Path

import numpy as np
import onnx
import openvino
import pytest
import safetensors.torch
import torch
from golden_network import golden_state
from tiny_model import SIZE

from configs.errors import DataError
from configs.schema import ModelSection
from converter.architectures.background_matting_v2 import ARCHITECTURE
from converter.forms.contract import ir_contract, network_contract
from converter.forms.record import Conversion
from converter.info import describe_model
from converter.network import MattingNetwork
from converter.network.cost import network_gflops

MODEL = ModelSection()
GFLOPS = "GFLOPs, convolutions"


def write_convolution(path: Path, size: tuple[int | str, int | str], groups: int = 1) -> Path:
    """Write an ONNX of one 3x3 convolution, 4 channels to 8."""
    kernel = onnx.numpy_helper.from_array(np.ones((8, 4 // groups, 3, 3), np.float32), "kernel")
    node = onnx.helper.make_node("Conv", ["x", "kernel"], ["y"], pads=[1, 1, 1, 1], group=groups)
    x, y = (
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, (1, channels, *size))
        for name, channels in (("x", 4), ("y", 8))
    )
    graph = onnx.helper.make_graph([node], "one", [x], [y], [kernel])
    onnx.save(onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 20)], ir_version=10), path)
    return path


def as_ir(source: Path) -> Path:
    target = source.with_suffix(".xml")
    openvino.save_model(openvino.Core().read_model(source), target, compress_to_fp16=False)
    return target


def test_checkpoint(tmp_path: Path) -> None:
    path = tmp_path / "network.safetensors"
    safetensors.torch.save_file(golden_state("mobilenetv2"), path)

    info = describe_model(path, MODEL, (64, 96))

    assert info.kind == "PyTorch checkpoint of BackgroundMattingV2"
    assert info.facts["backbone"] == "mobilenetv2"
    assert info.facts["parameters"] == "5,006,839"
    assert info.facts["float values"].startswith("5,042,047 ")
    # Per cell, multiply-adds: 36 * 42*24*9 + 16 * 24*16*9 + 36 * 22*12*9 + 16 * 12*4*9 = 474,336.
    assert info.facts["GFLOPs, refiner with 5,000 cells"] == f"{2 * 474_336 * 5000 / 1e9:.4f}"
    assert "GFLOPs, base network at 96x64" in info.facts
    assert info.contract is None


def test_base_network_is_counted_as_its_convolutions_say() -> None:
    counts: list[int] = []

    def count(layer: torch.nn.Conv2d, _: object, output: torch.Tensor) -> None:
        counts.append(2 * output.numel() * layer.weight[0].numel())

    with torch.device("meta"):
        network = MattingNetwork().eval()
        for layer in network.modules():
            if isinstance(layer, torch.nn.Conv2d):
                layer.register_forward_hook(count)
        base, _ = network_gflops(network, (720, 1280))

    assert base == pytest.approx(sum(counts) / 1e9, rel=1e-9)
    assert base == pytest.approx(6.7419, rel=0.01)  # the published figure


@pytest.mark.parametrize(("groups", "gflops"), [(1, "0.0720"), (4, "0.0180")])
def test_one_convolution_is_counted_by_hand(tmp_path: Path, groups: int, gflops: str) -> None:
    # 2 * 8 outputs * 250x500 pixels * (4 / groups) inputs * 9
    path = write_convolution(tmp_path / "one.onnx", (250, 500), groups)

    from_onnx, from_ir = describe_model(path, MODEL, SIZE), describe_model(as_ir(path), MODEL, SIZE)

    assert (from_onnx.facts[GFLOPS], from_onnx.operations) == (gflops, {"Conv": 1})
    assert from_onnx.facts["parameters"] == f"{8 * 4 // groups * 9}"
    assert from_ir.facts[GFLOPS] == gflops
    assert from_ir.operations["GroupConvolution" if groups > 1 else "Convolution"] == 1


def test_free_shapes_leave_the_arithmetic_unknown(tmp_path: Path) -> None:
    path = write_convolution(tmp_path / "free.onnx", ("height", "width"))

    for form in (path, as_ir(path)):
        assert describe_model(form, MODEL, SIZE).facts[GFLOPS] == "unknown (the file leaves shapes free)"


def test_a_foreign_form_has_no_contract(tmp_path: Path) -> None:
    path = write_convolution(tmp_path / "one.onnx", (8, 8))

    assert describe_model(path, MODEL, SIZE).contract is None
    assert describe_model(as_ir(path), MODEL, SIZE).contract is None


def test_a_converted_form_shows_its_contract(tiny_models: Path) -> None:
    network = describe_model(tiny_models / "model.onnx", MODEL, SIZE)
    ir = describe_model(tiny_models / "fp16" / "model.xml", MODEL, SIZE)

    assert network.contract is not None
    digest = network.contract.source_sha256
    assert network.contract == network_contract(ARCHITECTURE, SIZE, digest)
    assert ir.contract == ir_contract(ARCHITECTURE, SIZE, digest)
    assert network.facts["opset"] == "ai.onnx 20"
    assert "f16" in ir.facts["weights stored as"]
    assert "f16" not in describe_model(tiny_models / "fp32" / "model.xml", MODEL, SIZE).facts["weights stored as"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("none.onnx", "no such model file"),
        ("text.onnx", "not a"),
        ("text.xml", "cannot read it"),
        ("text.pth", "not a readable checkpoint: expected a file of PyTorch or safetensors"),
        ("text.txt", r"expected a file of PyTorch or safetensors, found one that begins with"),
    ],
)
def test_files_that_are_no_models(tmp_path: Path, name: str, message: str) -> None:
    for text in ("text.onnx", "text.xml", "text.bin", "text.pth", "text.txt"):
        (tmp_path / text).write_text("hello")

    with pytest.raises(DataError, match=f"{name}: .*{message}"):
        describe_model(tmp_path / name, MODEL, SIZE)


@pytest.mark.parametrize("name", ["model.onnx", "fp16/model.xml"])
def test_shapes_and_arrangement(name: str, tiny_models: Path, tiny_onnx: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny_models, tmp_path / "models")
    taken = describe_model(folder / name, MODEL, SIZE)
    record = Conversion.read(folder)
    record.model_copy(update={"graph": "fast"}).write(folder)

    made = describe_model(folder / name, MODEL, SIZE)

    assert record.graph is None  # a ready ONNX was taken
    assert "graph" not in taken.facts
    assert made.facts["graph"] == "fast"
    assert made.facts["shapes"] == "all static"
    assert "are dynamic, first both" in describe_model(tiny_onnx, MODEL, SIZE).facts["shapes"]

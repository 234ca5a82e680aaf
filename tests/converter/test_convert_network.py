"""The whole story with the real network, its weights the golden ones, through PyTorch's exporter."""

import re
from pathlib import Path

import pytest
import safetensors.torch
from golden_network import golden_network, golden_state

from configs.load import config_from_dict
from configs.schema import Graph
from configs.sizes import size_text
from converter.architectures.background_matting_v2 import ARCHITECTURE
from converter.convert import convert
from converter.fast.refiner import FastRefiner
from converter.forms.contract import network_contract
from converter.runners.original import Original
from converter.steps.export_onnx import EXPORTER, ExportOnnx
from converter.steps.onnx_file import fixed_weights, read_onnx
from converter.steps.quantization import convolution_weights
from converter.verify import verify

ROOT = Path(__file__).resolve().parent.parent.parent
SIZE = (128, 192)


@pytest.mark.slow
@pytest.mark.parametrize("graph", ["fast", "reference"])
def test_checkpoint_to_proved_forms(graph: Graph, tmp_path: Path) -> None:
    checkpoint, out = tmp_path / "network.safetensors", tmp_path / "models"
    safetensors.torch.save_file(golden_state("mobilenetv2"), checkpoint)
    # Every cell is refined: with random weights, near-ties of the error would decide which cells are.
    settings = {"refine_sample_pixels": SIZE[0] * SIZE[1]} if graph == "fast" else {"refine_mode": "full"}
    config = config_from_dict(
        {
            "model": {"checkpoint": str(checkpoint), **settings},
            "convert": {"size": size_text(SIZE), "graph": graph, "out": str(out)},
            "dataset": {"path": "synthetic", "count": 2},
        },
        "test",
    )

    record = convert(config, say=lambda _: None)

    assert record.exporter == EXPORTER
    assert record.graph == graph
    assert record.source.kind == "checkpoint"
    assert [form.hop for form in record.forms] == ["onnx", "onnx-simplified", "ir-fp32", "ir-fp16"]
    for form in record.forms:
        assert form.parity.samples == 2
        assert (form.counterfactuals is not None) == form.hop.startswith("ir-")
    times = {path: path.stat().st_mtime_ns for path in out.rglob("*")}
    said: list[str] = []
    assert convert(config, say=said.append) == record
    assert len(said) == 1
    assert said[0].endswith("nothing to do")
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*")} == times
    verify(out, config, say=lambda _: None)

    exported = (out / "exported.onnx").read_bytes()
    again = tmp_path / "again.onnx"
    contract = network_contract(ARCHITECTURE, SIZE, record.source.sha256)
    original = Original(record.source, contract, golden_network(**settings))
    ExportOnnx(original, graph, config.convert.opset, again).run()
    assert again.read_bytes() == exported
    for name in ("exported.onnx", "model.onnx"):
        model = read_onnx(out / name)
        convolutions = convolution_weights(model).values()
        expected = ["first_channels", *(f"refiner.{weights}" for weights in FastRefiner.FIXED_WEIGHTS)]
        assert fixed_weights(model) == [f"network.{weights}" for weights in expected if graph == "fast"]
        assert set(fixed_weights(model)) <= set(convolutions)
    for path in ("exported.onnx", "model.onnx", "fp32/model.xml", "fp16/model.xml"):
        content = (out / path).read_bytes()
        assert str(ROOT).encode() not in content, path
        assert str(tmp_path).encode() not in content, path
        assert not re.search(rb"site-packages|matting\.py|File \"", content), path

"""Which steps a job takes, and what is asked of their results."""

from dataclasses import replace
from pathlib import Path

import pytest
from golden_network import golden_network
from tiny_model import SIZE, tiny_config

from configs.errors import UsageError
from configs.schema import Config
from converter.architectures.background_matting_v2 import ARCHITECTURE
from converter.forms.contract import ir_contract, network_contract
from converter.forms.record import SourceFile
from converter.runners.original import Original
from converter.steps.adopt_onnx import AdoptOnnx
from converter.steps.export_onnx import ExportOnnx
from converter.steps.int8_ir_from_onnx import Int8IrFromOnnx
from converter.steps.ir_from_onnx import IrFromOnnx
from converter.steps.plan import planned_postconditions, planned_steps
from converter.steps.simplify_onnx import SimplifyOnnx
from converter.steps.static_graph import check_static

HASH = "0" * 64
ONNX = Original(
    SourceFile(kind="onnx", path="ready.onnx", sha256=HASH), network_contract(ARCHITECTURE, SIZE, HASH), None
)


@pytest.fixture(scope="module")
def checkpoint() -> Original:
    source = SourceFile(kind="checkpoint", path="network.pth", sha256=HASH)
    return Original(source, network_contract(ARCHITECTURE, SIZE, HASH), golden_network(refine_sample_pixels=64))


def config(**convert: object) -> Config:
    return tiny_config(Path("ready.onnx"), Path("models"), convert=convert)


def test_a_ready_onnx_is_adopted_and_promises_nothing(tmp_path: Path) -> None:
    job = config(precisions=["fp16"], graph="fast", input_form="nhwc-u8")

    assert planned_steps(job, ONNX, tmp_path, print) == [
        AdoptOnnx(Path("ready.onnx"), ONNX.contract, tmp_path / "exported.onnx", ONNX.contract),
        SimplifyOnnx(tmp_path / "exported.onnx", ONNX.contract, tmp_path / "model.onnx"),
        IrFromOnnx(
            tmp_path / "model.onnx",
            ir_contract(ARCHITECTURE, SIZE, HASH, "nhwc-u8"),
            "fp16",
            tmp_path / "fp16" / "model.xml",
        ),
    ]
    assert planned_postconditions(job, ONNX) == ()


def test_a_checkpoint_is_exported(checkpoint: Original, tmp_path: Path) -> None:
    steps = planned_steps(config(precisions=["fp32", "int8"]), checkpoint, tmp_path, print)

    assert [step.hop for step in steps] == ["onnx", "onnx-simplified", "ir-fp32", "ir-int8"]
    assert isinstance(steps[0], ExportOnnx)
    assert isinstance(steps[-1], Int8IrFromOnnx)


def test_the_fast_graph_alone_promises_static_shapes(checkpoint: Original) -> None:
    assert planned_postconditions(config(graph="fast"), checkpoint) == (check_static,)
    assert planned_postconditions(config(graph="reference"), checkpoint) == ()


def test_exporting_at_a_size_that_the_network_cannot_take(checkpoint: Original, tmp_path: Path) -> None:
    original = replace(checkpoint, contract=network_contract(ARCHITECTURE, (66, 96), HASH))
    step = ExportOnnx(original, "reference", 20, tmp_path / "x.onnx")

    with pytest.raises(UsageError, match="66"):
        step.run()

    assert not (tmp_path / "x.onnx").exists()

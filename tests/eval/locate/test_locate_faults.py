"""Faults planted at known nodes are found at exactly these, in ONNX and in IR; rounding alone is not flagged."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from fault_graph import SIZE, write_fault_graph

from configs.load import config_from_dict
from configs.schema import Config
from datasets.samples.layout import open_set
from datasets.synthetic.make import synthesize
from eval.locate.record import Located
from eval.locate.run import locate
from tools import model_faults as faults

ONNX_FAULTS: dict[str, tuple[str, Any]] = {
    "weights perturbed": ("conv_dilated", faults.onnx_constant(1, faults.perturbed)),
    "bias shifted": ("conv_first", faults.onnx_constant(2, faults.shifted)),
    "one channel scaled": ("conv_last", faults.onnx_constant(1, faults.one_channel_scaled)),
    "kernel transposed": ("conv_dilated", faults.onnx_constant(1, faults.transposed)),
    "epsilon": ("norm", faults.onnx_attribute(epsilon=1e-3)),
    "ReLU dropped": ("relu", faults.onnx_passed_through),
    "inputs of a concat exchanged": ("join_images", faults.onnx_reversed_inputs),
    "padding moved": ("conv_first", faults.onnx_attribute(pads=[0, 0, 2, 2])),
    "dilation": ("conv_dilated", faults.onnx_attribute(dilations=[1, 1], pads=[1, 1, 1, 1])),
    "edge padding": ("pad", faults.onnx_attribute(mode="edge")),
    "clamp bound": ("limit", faults.onnx_constant(2, faults.nine_tenths)),
    "align corners": ("grow", faults.onnx_attribute(coordinate_transformation_mode="align_corners")),
    "skip dropped": ("skip", faults.onnx_passed_through),
    "smallest taken": ("take", faults.onnx_attribute(largest=0)),
    "threshold": ("choose", faults.onnx_constant(1, lambda zero: zero - 1)),
    "behind the choice": ("clip_alpha", faults.onnx_constant(2, lambda one: one / 4)),
}
IR_FAULTS: dict[str, tuple[str, Any]] = {
    "weights perturbed": ("conv_dilated/WithoutBiases", faults.ir_constant(1, faults.perturbed)),
    "bias shifted": ("conv_first", faults.ir_constant(1, faults.shifted)),
    "one channel scaled": ("conv_last/WithoutBiases", faults.ir_constant(1, faults.one_channel_scaled)),
    "kernel transposed": ("conv_dilated/WithoutBiases", faults.ir_constant(1, faults.transposed)),
    "inputs of a concat exchanged": ("join_images", faults.ir_reversed_inputs),
    "padding moved": ("conv_first/WithoutBiases", faults.ir_attribute(pads_begin="0,0", pads_end="2,2")),
    "dilation": ("conv_dilated/WithoutBiases", faults.ir_attribute(dilations="1,1", pads_begin="1,1", pads_end="1,1")),
    "edge padding": ("pad", faults.ir_attribute(pad_mode="edge")),
    "clamp bound": ("limit", faults.ir_constant(0, faults.nine_tenths)),
    "epsilon": ("norm", faults.ir_attribute(epsilon="0.001")),
    "align corners": ("grow", faults.ir_attribute(coordinate_transformation_mode="align_corners")),
    "smallest taken": ("take", faults.ir_attribute(mode="min")),
    # The converter names what gives an output after the output.
    "behind the choice": ("pha", faults.ir_constant(0, lambda one: one / 4)),
}
IN_ONNX = {"pha": "clip_alpha"}
FAST = ("bias shifted", "align corners", "behind the choice")
Locate = Callable[..., Located]


def _some_slow(names: Iterable[str]) -> list[Any]:
    return [name if name in FAST else pytest.param(name, marks=pytest.mark.slow) for name in names]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("faults")
    write_fault_graph(root)
    synthesize(root / "set", 1, 1, SIZE, workers=1)
    return root


@pytest.fixture
def job(folder: Path) -> Config:
    return config_from_dict({"name": "faults", "dataset": {"path": str(folder / "set")}}, "test")


@pytest.fixture
def located(folder: Path, job: Config, tmp_path: Path) -> Locate:
    [ref] = open_set(folder / "set").refs

    def run(a: Path, b: Path, **settings: Any) -> Located:
        return locate(a, b, ref.id, job, tmp_path / "out", **settings)

    return run


def test_ordinary_rounding_is_not_flagged(folder: Path, located: Locate) -> None:
    found = located(folder / "graph.onnx", folder / "graph.xml")
    assert found.first is None
    assert found.whole
    assert len(found.tensors) == 26
    assert max(tensor.difference.relative or 0 for tensor in found.tensors if not tensor.chosen) > 0


@pytest.mark.parametrize("name", _some_slow(ONNX_FAULTS))
def test_a_fault_in_an_onnx_is_found_at_its_node(name: str, folder: Path, located: Locate, tmp_path: Path) -> None:
    node, plant = ONNX_FAULTS[name]
    faulty = faults.faulty_onnx(folder / "graph.onnx", node, plant, tmp_path / "faulty.onnx")
    first = located(folder / "graph.xml", faulty, until_parted=True).first
    assert first is not None
    assert [found.name for found in first.nodes_b] == [node]
    assert first.local is not None
    assert first.local.parted


@pytest.mark.parametrize("name", _some_slow(IR_FAULTS))
def test_a_fault_in_an_ir_is_found_at_its_node(name: str, folder: Path, located: Locate, tmp_path: Path) -> None:
    node, plant = IR_FAULTS[name]
    faulty = faults.faulty_ir(folder / "graph.xml", node, plant, tmp_path / "faulty.xml")
    first = located(folder / "graph.onnx", faulty, until_parted=True).first
    assert first is not None
    assert node in [found.name for found in first.nodes_b]
    assert [found.name for found in first.nodes_a] == [IN_ONNX.get(node, node.removesuffix("/WithoutBiases"))]


def test_a_node_taken_out_is_among_those_of_the_other_form(folder: Path, located: Locate, tmp_path: Path) -> None:
    faulty = faults.faulty_onnx(folder / "graph.onnx", "relu", faults.onnx_removed, tmp_path / "faulty.onnx")
    first = located(folder / "graph.onnx", faulty).first
    assert first is not None
    assert [node.name for node in first.nodes_a] == ["relu", "shrink"]
    assert [node.name for node in first.nodes_b] == ["shrink"]


def test_a_reversal_lost_in_preprocessing_shows_at_the_first_tensor(
    folder: Path, located: Locate, tmp_path: Path
) -> None:
    faulty = faults.faulty_ir(folder / "graph.xml", "bgr", faults.ir_channels_not_reversed, tmp_path / "faulty.xml")
    first = located(folder / "graph.onnx", faulty).first
    assert first is not None
    assert first.tensor == "both"

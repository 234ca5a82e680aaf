"""The refiner's cropped form against its dense one, which is the definition and is what is exported."""

from typing import Literal

import pytest
import torch
from golden_network import golden_images, golden_network
from torch import Tensor, nn

from converter.architectures.background_matting_v2 import ARCHITECTURE
from converter.forms.contract import network_contract
from converter.network import refiner as refiner_module
from converter.network.patches import blocks, windows
from converter.network.refiner import CELL, Refiner
from converter.steps.export_onnx import export_program

ROWS, COLUMNS = 7, 10
EXACT = 1e-12  # float64

Inputs = tuple[Tensor, ...]


def random_refiner(mode: Literal["sampling", "thresholding", "full"] = "thresholding", cells: int = 20) -> Refiner:
    """Return a refiner in float64 with random weights and BatchNorm statistics."""
    torch.manual_seed(1)
    refiner = Refiner(mode, sample_pixels=cells * CELL**2, threshold=0.5)
    for norm in refiner.modules():
        if isinstance(norm, nn.BatchNorm2d):
            for values in (norm.weight, norm.bias, norm.running_mean, norm.running_var):
                assert values is not None
                nn.init.uniform_(values, 0.5, 1.5)
    return refiner.double().eval()


def random_inputs(error: Tensor) -> Inputs:
    """Return images and a coarse result around `error`, (B, 1, rows, columns), which has a value a cell."""
    torch.manual_seed(2)
    batch, _, rows, columns = error.shape
    source, background = torch.rand(2, batch, 3, CELL * rows, CELL * columns).double()
    alpha, residual, hidden = (torch.rand(batch, channels, rows, columns).double() for channels in (1, 3, 32))
    return source, background, alpha, residual - 0.5, error.double(), hidden


def largest_difference(refiner: Refiner, inputs: Inputs, cells: int) -> float:
    """Return the largest |difference| of the two forms, which must choose `cells` alike, and refine them."""
    with torch.inference_mode():
        dense, cropped = refiner(*inputs), refiner(*inputs, crop=True)
        coarse = Refiner("thresholding", 0, threshold=2.0).double()(*inputs)
    assert torch.equal(dense[2], cropped[2])
    assert int(cropped[2].sum()) == cells
    assert bool(cells) == any(not torch.equal(dense[i], coarse[i]) for i in (0, 1))
    return max(float((dense[i] - cropped[i]).abs().max()) for i in (0, 1))


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("share", [0.05, 0.5, 1.0])
def test_cropped_equals_dense_above_a_threshold(batch: int, share: float) -> None:
    torch.manual_seed(3)
    error = (torch.rand(batch, 1, ROWS, COLUMNS) < share).float()
    counts = error.sum(dim=(1, 2, 3))

    difference = largest_difference(random_refiner(), random_inputs(error), int(counts.sum()))

    assert difference <= EXACT
    assert batch == 1 or share == 1 or len(counts.unique()) > 1


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("cells", [1, 20, ROWS * COLUMNS])
def test_cropped_equals_dense_on_the_largest_errors(batch: int, cells: int) -> None:
    torch.manual_seed(4)
    error = torch.rand(batch, 1, ROWS, COLUMNS)

    assert largest_difference(random_refiner("sampling", cells), random_inputs(error), batch * cells) <= EXACT


def test_an_image_without_error_stays_coarse_beside_others() -> None:
    error = torch.rand(3, 1, ROWS, COLUMNS)
    error[1] = 0

    assert largest_difference(random_refiner("sampling", 20), random_inputs(error), 40) <= EXACT


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("mode", ["sampling", "thresholding"])
def test_no_cell_at_all(batch: int, mode: Literal["sampling", "thresholding"]) -> None:
    assert largest_difference(random_refiner(mode), random_inputs(torch.zeros(batch, 1, ROWS, COLUMNS)), 0) == 0


def test_cells_at_the_border() -> None:
    error = torch.ones(2, 1, ROWS, COLUMNS)
    error[:, :, 1:-1, 1:-1] = 0

    assert largest_difference(random_refiner(), random_inputs(error), 2 * 2 * (ROWS + COLUMNS - 2)) <= EXACT


@pytest.mark.parametrize("corner", [(0, 0), (0, -1), (-1, 0), (-1, -1)])
def test_one_corner(corner: tuple[int, int]) -> None:
    error = torch.zeros(1, 1, ROWS, COLUMNS)
    error[0, 0, corner[0], corner[1]] = 1

    assert largest_difference(random_refiner(), random_inputs(error), 1) <= EXACT


def test_more_cells_than_go_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refiner_module, "GROUP", 9)
    error = torch.ones(1, 1, ROWS, COLUMNS)

    assert largest_difference(random_refiner(), random_inputs(error), ROWS * COLUMNS) <= EXACT


@pytest.mark.parametrize("scale", [0.2, 0.25, 0.5])
@pytest.mark.parametrize("batch", [1, 3])
def test_whole_network_in_float32(scale: float, batch: int) -> None:
    network = golden_network(refine_sample_pixels=800, backbone_scale=scale)
    images = golden_images(64, 96, batch)
    before = [image.clone() for image in images]

    with torch.inference_mode():
        dense, cropped = network(*images), network(*images, crop=True)

    for name in ("pha", "fgr"):
        assert (getattr(dense, name) - getattr(cropped, name)).abs().max() <= 1e-6, name
    for name in ("pha_sm", "fgr_sm", "err_sm", "ref_sm"):
        assert torch.equal(getattr(dense, name), getattr(cropped, name)), name
    assert cropped.ref_sm.sum() == batch * 50
    assert all(torch.equal(image, old) for image, old in zip(images, before, strict=True))


def test_windows_are_cells_and_what_surrounds_them() -> None:
    first, second = torch.rand(2, 1, 4, 6), torch.rand(2, 2, 4, 6)

    found = windows([first, second], 2, 1)

    assert found.shape == (2, 2, 3, 4, 4, 3)
    assert torch.equal(found[1, 0, 1, 1:, :, 0], first[1, 0, :3, 1:5])
    assert torch.equal(found[1, 1, 2, :3, :3, 1:], second[1, :, 1:4, 3:6].permute(1, 2, 0))
    assert found[:, :, 2, :, 3].abs().max() == found[:, 0, :, 0].abs().max() == 0


def test_what_is_written_into_blocks_is_in_the_image() -> None:
    image = torch.zeros(2, 3, 4, 6)

    blocks(image, 2)[torch.tensor([1]), torch.tensor([0]), torch.tensor([2])] = 1.0

    assert image.sum() == 3 * 2 * 2
    assert image[1, :, :2, 4:].min() == 1


@pytest.mark.parametrize("mode", ["sampling", "thresholding"])
def test_the_exported_graph_is_the_dense_form(mode: Literal["sampling", "thresholding"]) -> None:
    network = golden_network(refine_mode=mode, refine_sample_pixels=800)

    graph = export_program(network, network_contract(ARCHITECTURE, (64, 96), "0" * 64), opset=20).model_proto.graph

    operations = {node.op_type for node in graph.node}
    assert operations.isdisjoint({"NonZero", "Gather", "GatherND", "GatherElements", "ScatterND", "Loop", "If"})
    assert {"Where", "Conv", "Pad"} <= operations
    # conv4 of the refiner is over the whole image, batch 1.
    [last] = [value for value in graph.value_info if value.name == _output_of_last_convolution(graph)]
    assert [side.dim_value for side in last.type.tensor_type.shape.dim] == [1, 4, 64, 96]


def _output_of_last_convolution(graph: object) -> str:
    nodes = [node for node in graph.node if node.op_type == "Conv"]  # type: ignore[attr-defined]
    return str(nodes[-1].output[0])

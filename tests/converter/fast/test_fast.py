"""The fast network against the plain one: equal in float64 but for rounding, and a fault in any rewrite shows."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from golden_network import golden_images, golden_network
from torch import Tensor, nn
from torch.nn import functional as F

from configs.errors import UsageError
from converter.fast import FastNetwork, batchnorm, fast_network, network, refiner
from converter.fast.cells import ChosenCells
from converter.network import MattingNetwork
from tools.exactness import Exactness, measure_exactness

SIZE = (48, 64)
CELLS = 12 * 16
EXACT = 1e-12  # float64
FAULTY = 1e-5  # ten times the limit in float32


def plain_network(cells: int = CELLS, error: str = "as golden", **settings: Any) -> MattingNetwork:
    """Return a golden network in float64 that samples `cells`; `error` may be `none` or `half` of the cells above 0."""
    plain = golden_network(refine_sample_pixels=16 * cells, **settings).double()
    with torch.no_grad():
        if error == "none":
            plain.decoder.conv4.bias[4] = -100
        if error == "half":
            plain.decoder.conv4.bias[4] -= 0.4
    return plain


def measured(plain: MattingNetwork, fast: FastNetwork, size: tuple[int, int] = SIZE) -> Exactness:
    source, background = golden_images(*size)
    return measure_exactness(plain, fast, source.double(), background.double())


def exact(result: Exactness, limit: float = EXACT) -> bool:
    return max(result.alpha, result.foreground) <= limit and not result.swapped


@pytest.mark.parametrize("size", [SIZE, (8, 8), (52, 60), (28, 100), (100, 8)])
@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_equal_at_every_size_and_number_of_cells(size: tuple[int, int], share: float) -> None:
    plain = plain_network(max(1, int(size[0] * size[1] // 16 * share)))

    result = measured(plain, fast_network(plain, size).double(), size)

    assert exact(result), result
    assert result.cells > 0


@pytest.mark.parametrize("error", ["half", "none"])
def test_equal_where_the_error_is_zero(error: str) -> None:
    plain = plain_network(error=error)

    result = measured(plain, fast_network(plain, SIZE).double())

    assert exact(result), result
    assert result.cells == 0 if error == "none" else 0 < result.cells < CELLS


def test_equal_for_a_resnet() -> None:
    plain = plain_network(40, backbone="resnet50")

    assert exact(measured(plain, fast_network(plain, SIZE).double()))


def test_equal_in_float32() -> None:
    plain = plain_network(60).float()
    source, background = golden_images(*SIZE)

    result = measure_exactness(plain, fast_network(plain, SIZE), source, background)

    assert exact(result, 1e-6), result


def test_plain_network_stays_as_it_is() -> None:
    plain = plain_network()
    before = {key: value.clone() for key, value in plain.state_dict().items()}

    fast = fast_network(plain, SIZE)

    assert all(torch.equal(value, before[key]) for key, value in plain.state_dict().items())
    assert not any(isinstance(module, nn.BatchNorm2d) for module in fast.refiner.modules())


def test_all_the_small_outputs_are_there() -> None:
    plain = plain_network(30)
    images = [image.double() for image in golden_images(*SIZE)]

    with torch.inference_mode():
        found, expected = fast_network(plain, SIZE).double()(*images), plain(*images)

    for name in ("pha_sm", "fgr_sm", "err_sm", "ref_sm"):
        torch.testing.assert_close(getattr(found, name), getattr(expected, name), rtol=0, atol=EXACT, check_dtype=False)


@pytest.mark.parametrize(
    ("settings", "size", "words"),
    [
        ({"backbone_scale": 0.5}, SIZE, "backbone_scale is 0.5.*--graph reference"),
        ({"refine_mode": "full"}, SIZE, "refine_mode is full.*--graph reference"),
        ({"refine_mode": "thresholding"}, SIZE, "refine_mode is thresholding.*--graph reference"),
        ({}, (48, 62), "62x48.*divisible by 4"),
        ({}, (4, 64), "64x4.*at least 8"),
        ({}, (40, 64), "refine_sample_pixels is 3072, but the image has 2560 pixels"),
    ],
)
def test_where_there_is_no_fast_form(settings: dict[str, Any], size: tuple[int, int], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        fast_network(plain_network(**settings), size)


def test_other_images_than_made_for_are_refused() -> None:
    fast = fast_network(plain_network(), SIZE).double()
    for shape in ((2, 3, *SIZE), (1, 3, 64, 48)):
        image = torch.zeros(shape, dtype=torch.float64)
        with pytest.raises(UsageError, match=r"for shape \(1, 3, 48, 64\), found"):
            fast(image, image)


Fault = Callable[[FastNetwork, pytest.MonkeyPatch], None]


def leave_out_the_ring(fast: FastNetwork, patch: pytest.MonkeyPatch) -> None:
    rows = fast.refiner.ring_rows
    patch.setattr(fast.refiner, "ring_rows", lambda *images: rows(*images)[:0])
    fast.refiner.ring = fast.refiner.ring[:0]


def leave_out_a_side_of_the_ring(fast: FastNetwork, patch: pytest.MonkeyPatch) -> None:
    rows, sides = fast.refiner.ring_rows, 2 * (SIZE[0] // 4 - 2)
    patch.setattr(fast.refiner, "ring_rows", lambda *images: rows(*images)[:-sides])
    fast.refiner.ring = fast.refiner.ring[:-sides]


def swap_phases(fast: FastNetwork, _: pytest.MonkeyPatch) -> None:
    weight = fast.refiner.coarse_weight
    weight.copy_(weight.unflatten(0, (2, 2, -1)).transpose(0, 1).flatten(0, 2))


def mirror_blocks(name: str) -> Fault:
    def plant(fast: FastNetwork, _: pytest.MonkeyPatch) -> None:
        weight = getattr(fast.refiner, name)
        weight.copy_(weight.flip(2))

    return plant


def forget_the_mean(convolution: nn.Conv2d, norm: nn.BatchNorm2d) -> nn.Conv2d:
    assert norm.running_mean is not None
    mean, norm.running_mean = norm.running_mean, torch.zeros_like(norm.running_mean)
    result = RIGHT_FOLD(convolution, norm)
    norm.running_mean = mean
    return result


RIGHT_FOLD = batchnorm.folded


def take_the_neighbour_cell(fast: FastNetwork, patch: pytest.MonkeyPatch) -> None:
    patches = fast.refiner.half_patches
    patch.setattr(
        fast.refiner,
        "half_patches",
        lambda table, chosen: patches(table, chosen._replace(column=(chosen.column + 1).clamp(max=15))),
    )


def keep_every_cell(error: Tensor, count: int, row_of_cell: Tensor) -> ChosenCells:
    cells = torch.topk(error.reshape(-1), count).indices
    row = row_of_cell[cells]
    return ChosenCells(row, cells - row * error.shape[1], error.max() > 0)


def refine_even_without_error(fast: FastNetwork, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(fast.refiner, "coarse_cell", lambda coarse, chosen: torch.zeros(2, 2, 1, 16).double())


def continue_the_image(fast: FastNetwork, patch: pytest.MonkeyPatch) -> None:
    """Repeat the border pixels where zeros belong."""

    def tiles(image: Tensor, weights: Tensor) -> Tensor:
        return F.conv2d(F.pad(image, (2, 2, 2, 2), mode="replicate"), weights, stride=4)

    patch.setattr(refiner, "tiles_of", tiles)


def shift_weights(name: str, axis: int, steps: int) -> Fault:
    def plant(fast: FastNetwork, _: pytest.MonkeyPatch) -> None:
        weight = fast.get_parameter(name)
        weight.copy_(weight.roll(steps, axis))

    return plant


def write_cells_turned(fast: FastNetwork, patch: pytest.MonkeyPatch) -> None:
    write = fast.refiner.write

    def turned(planes: Tensor, patches: Tensor, chosen: ChosenCells) -> Tensor:
        return write(planes, patches.unflatten(-1, (-1, 2, 2)).transpose(-1, -2).flatten(-3), chosen)

    patch.setattr(fast.refiner, "write", turned)


FAULTS: dict[str, Fault] = {
    "ring left out": leave_out_the_ring,
    "right side of the ring left out": leave_out_a_side_of_the_ring,
    "phases swapped": swap_phases,
    "blocks of the image mirrored": mirror_blocks("image_weight"),
    "blocks of conv3 mirrored": mirror_blocks("conv3_weight"),
    "blocks of conv4 mirrored": mirror_blocks("conv4_weight"),
    "neighbour cell taken": take_the_neighbour_cell,
    "image continued": continue_the_image,
    "tiles shifted": shift_weights("refiner.tile_weights", 2, 1),
    "another colour shrunk": shift_weights("refiner.half_weights", 1, 4),
    "another channel taken for the error": shift_weights("first_channels", 1, 1),
    "x4 shifted": shift_weights("refiner.columns_x4", 3, 1),
    "cells written turned": write_cells_turned,
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_a_rewrite_shows(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = plain_network(CELLS if "x4" not in fault else 20)
    fast = fast_network(plain, SIZE).double()

    with torch.no_grad():
        FAULTS[fault](fast, monkeypatch)

    assert not exact(measured(plain, fast), FAULTY)


def test_a_wrong_fold_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = plain_network()
    monkeypatch.setattr(batchnorm, "folded", forget_the_mean)

    assert not exact(measured(plain, fast_network(plain, SIZE).double()), FAULTY)


def test_a_cell_without_error_that_is_refined_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = plain_network(error="half")
    monkeypatch.setattr(network, "choose_cells", keep_every_cell)

    assert not exact(measured(plain, fast_network(plain, SIZE).double()), FAULTY)


def test_a_cell_written_where_none_is_chosen_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = plain_network(error="none")
    fast = fast_network(plain, SIZE).double()
    refine_even_without_error(fast, monkeypatch)

    assert not exact(measured(plain, fast), FAULTY)

from typing import Any

import pytest
import torch
from golden_network import CASES, KEYS, SETTINGS, golden_images, golden_network, golden_outputs
from torch.nn import functional as F

from configs.errors import UsageError
from converter.network import MattingNetwork
from converter.network.base import Backbone

TOLERANCE = 1e-5


@pytest.mark.parametrize("crop", [False, True], ids=["dense", "cropped"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_golden_case(case: dict[str, Any], crop: bool) -> None:
    network = golden_network(**{key: case[key] for key in SETTINGS if key in case})
    expected = golden_outputs(case["name"])

    with torch.inference_mode():
        found = network(*golden_images(case["height"], case["width"], case["batch"]), crop=crop)

    for name in ("pha", "fgr", "err_sm"):
        wanted = torch.from_numpy(expected[name])
        assert getattr(found, name).shape == wanted.shape
        assert (getattr(found, name) - wanted).abs().max() <= TOLERANCE, name
    assert torch.equal(found.ref_sm, torch.from_numpy(expected["ref_sm"]).float())


@pytest.mark.parametrize("backbone", list(KEYS))
def test_state_dict_is_the_published_one(backbone: Backbone) -> None:
    with torch.device("meta"):
        network = MattingNetwork(backbone)

    assert {key: list(value.shape) for key, value in network.state_dict().items()} == KEYS[backbone]


def test_batch_equals_single_runs() -> None:
    network = golden_network(refine_sample_pixels=2000)
    source, background = golden_images(64, 96, batch=2)

    with torch.inference_mode():
        both = network(source, background)
        each = [network(source[i : i + 1], background[i : i + 1]) for i in range(2)]

    assert not torch.equal(both.ref_sm[0], both.ref_sm[1])
    for name in ("pha", "fgr", "pha_sm", "fgr_sm", "err_sm", "ref_sm"):
        torch.testing.assert_close(
            getattr(both, name), torch.cat([getattr(one, name) for one in each]), rtol=0, atol=TOLERANCE
        )


def test_without_error_the_coarse_result_stays() -> None:
    network = golden_network(refine_sample_pixels=2000)
    with torch.no_grad():
        network.decoder.conv4.weight[4].zero_()
        network.decoder.conv4.bias[4] = -1.0
    source, background = golden_images(64, 96)

    with torch.inference_mode():
        output = network(source, background)

    assert output.err_sm.abs().max() == 0
    assert output.ref_sm.sum() == 0
    enlarged = F.interpolate(output.pha_sm, size=(64, 96), mode="bilinear", align_corners=False)
    torch.testing.assert_close(output.pha, enlarged, rtol=0, atol=1e-6)
    assert output.pha.std() > 0.01


def test_refinement_replaces_the_chosen_cells_only() -> None:
    sampling, full = golden_network(refine_sample_pixels=800), golden_network(refine_mode="full")
    none = golden_network(refine_mode="thresholding", refine_threshold=1.0)
    images = golden_images(64, 96)

    with torch.inference_mode():
        output, refined, coarse = sampling(*images), full(*images), none(*images)

    assert output.ref_sm.sum() == 800 // 16
    chosen = F.interpolate(output.ref_sm, scale_factor=4, mode="nearest") > 0
    torch.testing.assert_close(output.pha, torch.where(chosen, refined.pha, coarse.pha), rtol=0, atol=1e-6)
    assert (refined.pha - coarse.pha).abs().mean() > 0.01


def test_too_few_cells_to_sample() -> None:
    network = golden_network()

    with pytest.raises(UsageError, match=r"refine_sample_pixels is 80000, but the image has 6144 pixels \(96x64\)"):
        network(*golden_images(64, 96))


@pytest.mark.parametrize(
    ("source", "background", "message"),
    [
        ((1, 3, 66, 96), (1, 3, 66, 96), "must be divisible by 4, found 96x66"),
        ((1, 3, 64, 97), (1, 3, 64, 97), "must be divisible by 4, found 97x64"),
        ((1, 4, 64, 96), (1, 4, 64, 96), r"source: expected shape \(B, 3, H, W\), found \(1, 4, 64, 96\)"),
        ((3, 64, 96), (3, 64, 96), r"source: expected shape \(B, 3, H, W\), found \(3, 64, 96\)"),
        ((1, 3, 64, 96), (1, 3, 64, 64), r"background: expected the source's shape .* found \(1, 3, 64, 64\)"),
        ((2, 3, 64, 96), (1, 3, 64, 96), r"background: expected the source's shape"),
    ],
)
def test_shapes_it_cannot_take(source: tuple[int, ...], background: tuple[int, ...], message: str) -> None:
    with torch.device("meta"):
        network = MattingNetwork()

    with pytest.raises(UsageError, match=message):
        network(torch.zeros(source), torch.zeros(background))

"""The published recipe: the same network as the reference, in the published exporter's graph, and Model Optimizer."""

import collections
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from configs.errors import ConversionError, UsageError
from converter.architectures.background_matting_v2 import ARCHITECTURE
from converter.forms.contract import network_contract
from converter.network import MattingNetwork
from converter.runners.onnx_runtime import OnnxRunner
from tools.published_recipe import convert
from tools.published_recipe.recipe_network import RecipeNetwork, refine_by_patches
from tools.published_recipe.recipe_onnx import write_onnx

SIZE = (64, 96)
CELLS = 250


@pytest.fixture(scope="module")
def network() -> MattingNetwork:
    """Return a network of drawn weights that refines 250 of 384 cells."""
    torch.manual_seed(7)
    return MattingNetwork(refine_sample_pixels=16 * CELLS).eval()


@pytest.fixture(scope="module")
def images() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(3)
    source, background = torch.rand(2, 1, 3, *SIZE, generator=generator)
    return source, background


def test_patch_by_patch_gives_what_the_dense_network_gives(
    network: MattingNetwork, images: tuple[torch.Tensor, torch.Tensor]
) -> None:
    with torch.inference_mode():
        expected, found = network(*images), RecipeNetwork(network)(*images)

    cells = expected.ref_sm[0, 0]
    assert cells.sum() == CELLS
    border = torch.cat([cells[0], cells[-1], cells[:, 0], cells[:, -1]])
    assert border.any(), "the test needs cells at the image's border"
    for name, wanted, got in zip(expected._fields, expected, found, strict=True):
        torch.testing.assert_close(got, wanted, rtol=0, atol=1e-6, msg=name)
    coarse = torch.nn.functional.interpolate(expected.pha_sm, size=SIZE, mode="bilinear")
    assert (coarse - expected.pha).abs().max() > 1e-3, "refinement must show, or the test proves nothing"


def test_cells_without_predicted_error_stay_coarse(network: MattingNetwork) -> None:
    error = torch.zeros(1, 1, 16, 24)
    error[0, 0, 5, 7] = 0.5
    source, background, coarse = torch.rand(1, 3, *SIZE), torch.rand(1, 3, *SIZE), torch.rand(1, 36, 16, 24)
    with torch.inference_mode():
        refined, cells = refine_by_patches(network.refiner, source, background, coarse, error)
        whole = torch.nn.functional.interpolate(coarse[:, -4:], size=SIZE, mode="bilinear")

    assert torch.nonzero(cells).tolist() == [[0, 0, 5, 7]]
    changed = (refined != whole).any(dim=1)[0]
    assert changed[20:24, 28:32].all()
    assert changed.sum() == 16


def test_the_onnx_has_the_published_operations_and_the_network_s_answer(
    network: MattingNetwork, images: tuple[torch.Tensor, torch.Tensor], tmp_path: Path
) -> None:
    path = tmp_path / "recipe.onnx"
    write_onnx(RecipeNetwork(network), SIZE, path)

    model = onnx.load(path)
    operations = collections.Counter(node.op_type for node in model.graph.node)
    assert [entry.version for entry in model.opset_import] == [12]
    assert operations["RoiAlign"] == 3
    assert operations["TopK"] == operations["NonZero"] == 1
    assert operations["ScatterElements"] == 2  # the map of cells, and the refined pixels
    assert not operations.keys() & {"BatchNormalization", "If", "Loop"}
    with torch.inference_mode():
        expected = network(*images)
    feed = {name: image.numpy() for name, image in zip(("src", "bgr"), images, strict=True)}
    found = OnnxRunner(path, network_contract(ARCHITECTURE, SIZE, "0" * 64)).infer(feed)
    np.testing.assert_allclose(found["pha"], expected.pha.numpy(), rtol=0, atol=1e-5)
    np.testing.assert_allclose(found["fgr"], expected.fgr.numpy(), rtol=0, atol=1e-5)


def test_a_missing_environment_is_named_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"bin/mo: no Model Optimizer here; run `make omz-env`"):
        convert.model_optimizer(tmp_path)


def _fake_optimizer(path: Path, script: str) -> Path:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_model_optimizer_is_run_as_the_open_model_zoo_runs_it(tmp_path: Path) -> None:
    out = tmp_path / "fp16"
    optimizer = _fake_optimizer(
        tmp_path / "mo", f'mkdir {out}; touch {out}/model.xml; printf "%s\\n" "$@" > {out}/given'
    )

    convert.run_model_optimizer(optimizer, tmp_path / "recipe.onnx", out, compress=True)

    given = (out / "given").read_text().splitlines()
    assert given[0] == f"--input_model={tmp_path / 'recipe.onnx'}"
    assert {"--output=pha,fgr", "--scale=255", "--reverse_input_channels", "--compress_to_fp16=True"} <= set(given)


@pytest.mark.parametrize("script", ["echo no such layer; exit 3", "echo all well, but nothing written"])
def test_a_failure_of_model_optimizer_shows_what_it_said(tmp_path: Path, script: str) -> None:
    optimizer = _fake_optimizer(tmp_path / "mo", script)

    with pytest.raises(ConversionError, match=r"(?s)Model Optimizer failed.*(no such layer|nothing written)"):
        convert.run_model_optimizer(optimizer, tmp_path / "recipe.onnx", tmp_path / "out", compress=False)

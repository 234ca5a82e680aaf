"""The base network alone: of the whole network's checkpoint, through every hop, with what it gives besides."""

from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from golden_network import golden_images, golden_network, golden_state
from tiny_model import SIZE
from toy_models import toy_config

from configs.errors import DataError
from configs.schema import ModelSection
from converter.architectures import architecture_within
from converter.convert import convert
from converter.forms.variant import Variant, ir_variant
from converter.network.checkpoint import load_base_network
from converter.runners.opening import open_runner

NAME = "background-matting-v2-base"
IGNORED = "the 20 tensors of its refiner were ignored: this network has none"


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    path = tmp_path / "network.safetensors"
    safetensors.torch.save_file(golden_state("mobilenetv2"), path)
    return path


def test_it_is_the_whole_network_s_coarse_result(checkpoint: Path) -> None:
    whole, (source, background) = golden_network(), golden_images(*SIZE)

    base = load_base_network(ModelSection(checkpoint=checkpoint))
    with torch.inference_mode():
        found, coarse = base(source, background), whole.coarse(source, background)

    for ours, theirs in zip(
        (found.pha, found.err, found.hid), (coarse.alpha, coarse.error, coarse.hidden), strict=True
    ):
        assert torch.equal(ours, theirs)
    assert torch.equal(found.fgr, (coarse.residual + source).clamp(0, 1))


def test_the_ignored_refiner_is_said_and_nothing_else_is_ignored(checkpoint: Path, tmp_path: Path) -> None:
    assert load_base_network(ModelSection(checkpoint=checkpoint)).read_as == (IGNORED,)  # type: ignore[comparison-overlap]
    state = golden_state("mobilenetv2")
    alone = {key: value for key, value in state.items() if not key.startswith("refiner.")}
    safetensors.torch.save_file(alone, tmp_path / "base.safetensors")
    assert load_base_network(ModelSection(checkpoint=tmp_path / "base.safetensors")).read_as == ()  # type: ignore[comparison-overlap]
    safetensors.torch.save_file({**state, "refined.x": torch.zeros(1)}, tmp_path / "odd.safetensors")
    with pytest.raises(DataError, match=r"without its refiner\).*foreign keys refined\.x"):
        load_base_network(ModelSection(checkpoint=tmp_path / "odd.safetensors"))


def test_every_form_keeps_the_auxiliary_outputs(checkpoint: Path, tmp_path: Path) -> None:
    model = {"architecture": NAME, "checkpoint": str(checkpoint)}
    out = tmp_path / "models"
    said: list[str] = []

    record = convert(toy_config(model, out, convert={"precisions": ["fp32"]}), say=said.append)

    assert said[0] == f"{checkpoint}: {IGNORED}"
    assert [form.hop for form in record.forms] == ["onnx", "onnx-simplified", "ir-fp32"]
    assert all(form.parity.cells is None for form in record.forms)
    frame = np.random.default_rng(1).integers(0, 256, (2, 1, 3, *SIZE)).astype(np.float32)
    outputs = {}
    for variant, high in ((Variant("torch"), 1), (ir_variant("ir-fp32"), 255)):
        with open_runner(variant, out) as runner:
            images = frame if high == 255 else frame[:, :, ::-1] / np.float32(255)
            outputs[high] = runner.infer({"src": images[0].copy(), "bgr": images[1].copy()})
    assert {name: tensor.shape[1] for name, tensor in outputs[1].items()} == {"pha": 1, "fgr": 3, "err": 1, "hid": 32}
    for name, tensor in outputs[1].items():
        np.testing.assert_allclose(outputs[255][name], tensor, rtol=0, atol=1e-4, err_msg=name)


def test_foreign_forms_are_told_apart_by_their_outputs() -> None:
    inputs = [{"src"}, {"bgr"}]
    found = [architecture_within(inputs, outputs) for outputs in ({"pha", "fgr"}, {"pha", "fgr", "err", "hid"})]
    assert [each.name for each in found if each] == ["background-matting-v2", NAME]


@pytest.mark.slow
@pytest.mark.parametrize("backbone", ["mobilenetv2", "resnet50", "resnet101"])
def test_every_backbone_goes_from_checkpoint_to_proved_ir(tmp_path: Path, backbone: str) -> None:
    path = tmp_path / "network.safetensors"
    safetensors.torch.save_file(golden_state(backbone), path)
    model = {
        "architecture": "background-matting-v2",
        "checkpoint": str(path),
        "backbone": backbone,
        "refine_sample_pixels": 1600,
    }

    record = convert(toy_config(model, tmp_path / "models", convert={"precisions": ["fp32"]}), say=lambda _: None)

    assert [form.hop for form in record.forms] == ["onnx", "onnx-simplified", "ir-fp32"]
    assert all(form.counterfactuals for form in record.forms[2:])

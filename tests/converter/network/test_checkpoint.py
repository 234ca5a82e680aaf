import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
from golden_network import golden_images, golden_network, golden_state
from torch import Tensor

from configs.errors import DataError, MattekitError
from configs.schema import ModelSection
from converter.network import checkpoint
from converter.network.checkpoint import load_network, read_state_dict, save_half

State = dict[str, Tensor]


def write(path: Path, state: object) -> Path:
    if path.suffix == ".safetensors":
        safetensors.torch.save_file(state, path)
    else:
        torch.save(state, path)
    return path


def changed(key: str, value: Tensor) -> State:
    return {**golden_state("mobilenetv2"), key: value}


def load(path: Path, **settings: Any) -> Any:
    return load_network(ModelSection(checkpoint=path, **settings))


@pytest.mark.parametrize(
    "name", ["n.pth", "n.pt", "n.PTH", "n.ckpt", "n.pth.tar", "n.bin", "n", "n.safetensors", "n.SAFETENSORS"]
)
def test_a_checkpoint_loads_with_every_value_whatever_its_name(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if "safetensors" in name.lower():
        safetensors.torch.save_file(golden_state("mobilenetv2"), path)
    else:
        torch.save(golden_state("mobilenetv2"), path)

    network = load(path, refine_mode="full", backbone_scale=0.5)

    assert not network.training
    assert (network.refiner.mode, network.backbone_scale) == ("full", 0.5)
    for key, value in golden_state("mobilenetv2").items():
        assert torch.equal(network.state_dict()[key], value), key


class RunsCode:
    """Unpickled without care, makes a folder."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Callable[..., None], tuple[str]]:
        return os.mkdir, (str(self.target),)


@pytest.mark.parametrize("plain_pickle", [False, True])
def test_a_pickle_with_code_is_refused_and_not_run(tmp_path: Path, plain_pickle: bool) -> None:
    path, trace = tmp_path / "network.pth", tmp_path / "trace"
    content = {"weight": RunsCode(trace)}
    if plain_pickle:
        path.write_bytes(pickle.dumps(content))
    else:
        torch.save(content, path)

    with pytest.raises(DataError, match=r"network\.pth: .* or more than weights in it"):
        read_state_dict(path)

    assert not trace.exists()


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
@pytest.mark.parametrize("damage", ["empty", "half", "tail", "text", "page", "zeros"])
def test_broken_files_are_named(tmp_path: Path, suffix: str, damage: str) -> None:
    path = write(tmp_path / f"network{suffix}", {"weight": torch.arange(1000.0)})
    whole = path.read_bytes()
    path.write_bytes(
        {
            "empty": b"",
            "half": whole[: len(whole) // 2],
            "tail": whole[:-4],
            "text": b"hello world\n",
            "page": b"<!DOCTYPE html>\n<html></html>",
            "zeros": bytes(5000),
        }[damage]
    )

    with pytest.raises(DataError, match=f"network{suffix}: not a readable"):
        read_state_dict(path)


def test_truncated_file_of_the_old_format(tmp_path: Path) -> None:
    path = tmp_path / "network.pth"
    torch.save({"weight": torch.arange(1000.0)}, path, _use_new_zipfile_serialization=False)
    assert torch.equal(read_state_dict(path)["weight"], torch.arange(1000.0))
    path.write_bytes(path.read_bytes()[:-500])

    with pytest.raises(DataError, match="truncated"):
        read_state_dict(path)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.pth: no such checkpoint; give a \.pth or \.safetensors file"):
        read_state_dict(tmp_path / "none.pth")


@pytest.mark.parametrize(
    "content",
    [{"weight": 1.0}, {1: torch.zeros(1)}, torch.zeros(1), {"weight": torch.zeros(1), "epoch": 3}, {}],
    ids=["numbers", "unnamed", "tensor", "mixed", "empty"],
)
def test_something_else_than_named_tensors(tmp_path: Path, content: object) -> None:
    with pytest.raises(DataError, match="expected a state dict"):
        read_state_dict(write(tmp_path / "network.pth", content))


def test_what_is_mixed_among_tensors_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="such as int under 'epoch'"):
        read_state_dict(write(tmp_path / "network.pth", {"weight": torch.zeros(1), "epoch": 3}))


def test_foreign_checkpoint_names_the_first_differing_keys(tmp_path: Path) -> None:
    path = write(tmp_path / "other.safetensors", {f"layer{i}.weight": torch.zeros(2) for i in range(5)})

    with pytest.raises(DataError) as caught:
        load(path)

    text = str(caught.value)
    assert f"{path} (as mobilenetv2)" in text
    assert "lacks backbone.features.0.0.weight, backbone.features.0.1.weight," in text
    assert "and 379 more" in text
    assert "has foreign keys layer0.weight, layer1.weight, layer2.weight and 2 more" in text


def test_checkpoint_of_another_backbone(tmp_path: Path) -> None:
    path = write(tmp_path / "network.safetensors", golden_state("mobilenetv2"))

    with pytest.raises(DataError, match=r"\(as resnet50\).*lacks backbone\.conv1.*foreign keys backbone\.features"):
        load(path, backbone="resnet50")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (torch.zeros(3), r"wrong shapes: refiner\.conv4\.bias \(3,\) instead of \(4,\)"),
        (torch.tensor([0.0, float("nan"), 0.0, 0.0]), r"holds NaN or infinity in refiner\.conv4\.bias$"),
        (torch.tensor([0.0, float("inf"), 0.0, 0.0]), r"holds NaN or infinity in refiner\.conv4\.bias$"),
        (torch.zeros(4, dtype=torch.int64), r"wrong types: refiner\.conv4\.bias torch\.int64$"),
        (torch.zeros(4, dtype=torch.complex64), r"wrong types: refiner\.conv4\.bias torch\.complex64$"),
    ],
    ids=["shape", "nan", "infinity", "integers", "complex"],
)
def test_one_wrong_tensor_is_named(tmp_path: Path, value: Tensor, message: str) -> None:
    path = write(tmp_path / "network.pth", changed("refiner.conv4.bias", value))

    with pytest.raises(DataError, match=message):
        load(path)


def test_one_key_too_few(tmp_path: Path) -> None:
    state = {key: value for key, value in golden_state("mobilenetv2").items() if key != "aspp.project.0.weight"}

    with pytest.raises(DataError, match=r"it lacks aspp\.project\.0\.weight$"):
        load(write(tmp_path / "network.pth", state))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64, torch.float8_e4m3fn])
def test_any_floating_point_type_becomes_float32(tmp_path: Path, dtype: torch.dtype) -> None:
    bias = torch.tensor([0.5, -1.0, 0.25, 2.0])

    network = load(write(tmp_path / "network.pth", changed("refiner.conv4.bias", bias.to(dtype))))

    assert network.refiner.conv4.bias.dtype == torch.float32
    assert torch.equal(network.refiner.conv4.bias, bias)


def test_no_checkpoint_configured() -> None:
    with pytest.raises(DataError, match=r"set model\.checkpoint"):
        load_network(ModelSection(onnx=Path("model.onnx")))


def test_half_precision_round_trip(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "network.safetensors"
    save_half(golden_state("mobilenetv2"), path, {"made by": "test"})

    stored = read_state_dict(path)
    assert {value.dtype for value in stored.values()} == {torch.float16, torch.int64}
    with safetensors.safe_open(path, "pt") as opened:
        assert opened.metadata() == {"made by": "test"}
    network = load(path, refine_mode="full")
    assert {parameter.dtype for parameter in network.parameters()} == {torch.float32}
    images = golden_images(64, 96)
    with torch.inference_mode():
        found, expected = network(*images).pha, golden_network(refine_mode="full")(*images).pha
    torch.testing.assert_close(found, expected, rtol=0, atol=2e-3)


def test_saving_leaves_nothing_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "network.safetensors"
    save_half({"weight": torch.ones(3)}, path, {})
    before = path.read_bytes()

    def fail(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", fail)
        with pytest.raises(MattekitError, match="No space left"):
            save_half({"weight": torch.zeros(3)}, path, {})

    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_saving_refuses_values_beyond_half_precision(tmp_path: Path) -> None:
    path = tmp_path / "network.safetensors"

    with pytest.raises(DataError, match="running_var would hold NaN or infinity in fp16"):
        save_half({"running_var": torch.tensor([1e6])}, path, {})

    assert not path.exists()


def test_many_wrong_keys_are_counted_beyond_those_shown() -> None:
    expected = {f"k{i}": torch.zeros(1) for i in range(7)}

    with pytest.raises(DataError, match=rf"lacks k0, k1, k2 and {7 - checkpoint.SHOWN_KEYS} more"):
        checkpoint.check_state_dict({}, expected, "state")

"""Averaged checkpoints: the weights lie where the share says, and foreign ones are refused."""

from pathlib import Path

import pytest
import torch

from configs.errors import DataError
from converter.network import MattingNetwork
from converter.network.checkpoint import read_state_dict, save_half
from training.average import average


def _saved(path: Path, value: float) -> Path:
    state = {
        key: torch.full_like(tensor, value) if tensor.is_floating_point() else torch.full_like(tensor, int(value))
        for key, tensor in MattingNetwork().state_dict().items()
    }
    save_half(state, path, {})
    return path


def test_the_weights_lie_where_the_share_says(tmp_path: Path) -> None:
    first, second = _saved(tmp_path / "a.safetensors", 1.0), _saved(tmp_path / "b.safetensors", 3.0)
    average(first, second, 0.25, tmp_path / "c.safetensors")
    for key, value in read_state_dict(tmp_path / "c.safetensors").items():
        expected = 1.5 if value.is_floating_point() else 3
        assert (value == expected).all(), key


def test_a_checkpoint_of_another_network_is_refused(tmp_path: Path) -> None:
    first = _saved(tmp_path / "a.safetensors", 1.0)
    save_half({"weight": torch.ones(1)}, tmp_path / "b.safetensors", {})
    with pytest.raises(DataError, match=r"b\.safetensors.*lacks"):
        average(first, tmp_path / "b.safetensors", 0.5, tmp_path / "c.safetensors")
    assert not (tmp_path / "c.safetensors").exists()

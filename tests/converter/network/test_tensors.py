"""Tensors that a checkpoint may hold and no network takes: each is named, and none is unpacked."""

import zipfile
from pathlib import Path

import pytest
import torch

from configs.errors import DataError
from converter.network import tensors
from converter.network.checkpoint import check_state_dict, read_state_dict


@pytest.mark.parametrize(
    ("odd", "expected"),
    [
        (torch.ones(2, 3).to_sparse(), "layer.weight is a tensor of layout sparse_coo"),
        (torch.empty(2, 3, device="meta"), "layer.weight is a meta tensor, which has no values"),
        (torch.zeros(1, 1).expand(1 << 20, 1 << 20), "stands for 4398046511116 bytes of values"),
    ],
    ids=["sparse", "meta", "expanded"],
)
def test_an_odd_tensor_is_named(tmp_path: Path, odd: torch.Tensor, expected: str) -> None:
    path = tmp_path / "odd.pth"
    torch.save({"layer.weight": odd, "layer.bias": torch.zeros(3)}, path)
    with pytest.raises(DataError, match=rf"odd\.pth: {expected}"):
        read_state_dict(path)


class _Marked(torch.Tensor):
    """A tensor of a subclass."""


def test_a_subclass_is_named_and_a_parameter_is_taken() -> None:
    tensors.require_plain_tensors({"a": torch.nn.Parameter(torch.ones(2))}, "x.pth")
    with pytest.raises(DataError, match=r"x\.pth: a is a _Marked; expected a plain tensor"):
        tensors.require_plain_tensors({"a": torch.ones(2).as_subclass(_Marked)}, "x.pth")


def test_an_archive_that_unpacks_to_more_than_is_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tensors, "MOST_BYTES", 1 << 16)
    path = tmp_path / "bomb.pth"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data/0", bytes(1 << 17))
    assert path.stat().st_size < 1 << 12
    with pytest.raises(DataError, match=r"bomb\.pth: holds 131072 bytes; at most 65536"):
        read_state_dict(path)


def test_values_of_another_shape_are_not_looked_at() -> None:
    expanded = torch.zeros(1).expand(1 << 40)
    with pytest.raises(DataError, match="has wrong shapes: a"):
        check_state_dict({"a": expanded}, {"a": torch.zeros(2)}, "x.pth")

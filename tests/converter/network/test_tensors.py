"""What stands for more than any checkpoint that is read is refused before it is unpacked."""

import zipfile
from pathlib import Path

import pytest
import torch

from configs.errors import DataError
from converter.network import tensors
from converter.network.checkpoint import check_state_dict, read_state_dict


def test_values_beyond_what_is_read_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "odd.pth"
    torch.save({"layer.weight": torch.zeros(1, 1).expand(1 << 20, 1 << 20), "layer.bias": torch.zeros(3)}, path)
    with pytest.raises(DataError, match=r"odd\.pth: stands for 4398046511116 bytes of values"):
        read_state_dict(path)


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

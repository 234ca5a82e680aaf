"""Files that are given for checkpoints: known by what is in them, and what to get instead."""

import gzip
import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from configs.errors import DataError
from converter.network.checkpoint_file import read_stored


def _script(path: Path) -> None:
    torch.jit.save(torch.jit.trace(nn.Linear(2, 1), torch.zeros(1, 2)), path)


def _program(path: Path) -> None:
    written = io.BytesIO()
    torch.export.save(torch.export.export(nn.Linear(2, 1), (torch.zeros(1, 2),)), written)
    path.write_bytes(written.getvalue())


def _arrays(path: Path) -> None:
    with path.open("wb") as stream:
        np.savez(stream, weight=np.zeros(3))


def _tar(path: Path) -> None:
    with tarfile.open(path, "w") as archive:
        archive.add(Path(__file__), "weights/network.pth")


OTHERS: dict[str, tuple[Callable[[Path], object], str]] = {
    "TorchScript": (_script, r"a TorchScript archive.*pytorch_mobilenetv2\.pth.*torch\.save\(model\.state_dict\(\)"),
    "torch.export": (_program, r"an archive of torch\.export.*torch\.save\(model\.state_dict\(\)"),
    "NumPy": (_arrays, r"an archive that holds weight\.npy: unpack it"),
    "tar": (_tar, r"an archive that holds weights/network\.pth: unpack it"),
    "gzip": (lambda path: path.write_bytes(gzip.compress(b"weights")), "a gzip archive: unpack it"),
    "page": (lambda path: path.write_bytes(b"\n<!DOCTYPE html><html></html>"), "a web page: download the file itself"),
    "pointer": (lambda path: path.write_bytes(b"version https://git-lfs.github.com/spec/v1\n"), "run `git lfs pull`"),
    "Keras": (lambda path: path.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(99)), "HDF5 file of Keras"),
    "model": (lambda path: torch.save(nn.Linear(2, 1), path), r"more than weights in it \(torch\.nn\.modules\.linear"),
}


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
@pytest.mark.parametrize("kind", OTHERS)
def test_what_is_no_checkpoint_is_named_with_what_to_get_instead(tmp_path: Path, kind: str) -> None:
    make, message = OTHERS[kind]
    make(tmp_path / "network.pth")

    with pytest.raises(DataError, match=rf"network\.pth: .*{message}"):
        read_stored(tmp_path / "network.pth")


def test_an_onnx_is_sent_to_its_option(tmp_path: Path) -> None:
    (tmp_path / "network.onnx").write_bytes(b"\x08\x08")

    with pytest.raises(DataError, match="give it with --onnx"):
        read_stored(tmp_path / "network.onnx")

"""Tensors of a checkpoint that hold numbers of their own, in memory, one beside the other."""

import zipfile
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from configs.errors import DataError, shortened

MOST_BYTES = 1 << 31
"""Most bytes that a checkpoint unpacks to: 2 GiB."""


def require_bearable_archive(path: Path) -> None:
    """Raise `DataError` where a file, or what it unpacks to, is longer than any checkpoint that is read."""
    total = path.stat().st_size
    if zipfile.is_zipfile(path):
        try:
            with zipfile.ZipFile(path) as archive:
                total = max(total, sum(member.file_size for member in archive.infolist()))
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
            return  # torch says what is wrong with it
    if total > MOST_BYTES:
        raise DataError(f"{path}: holds {total} bytes; at most {MOST_BYTES} of a checkpoint are read")


def require_plain_tensors(tensors: Mapping[str, Tensor], origin: str) -> None:
    """Raise `DataError` naming the first tensor that is sparse, quantized, nested, of a subclass, or without values.

    A tensor that stands for more values than are stored, as `expand` makes one, counts with all of them.
    """
    total = 0
    for name, tensor in tensors.items():
        if fault := _fault(tensor):
            raise DataError(
                f"{origin}: {shortened(name)} is {fault}; expected a plain tensor: save the state dict of the whole "
                "network on the CPU, in float32"
            )
        total += tensor.numel() * tensor.element_size()
    if total > MOST_BYTES:
        raise DataError(f"{origin}: stands for {total} bytes of values; at most {MOST_BYTES} of a checkpoint are read")


def _fault(tensor: Tensor) -> str:
    if type(tensor) not in (Tensor, torch.nn.Parameter):
        return f"a {type(tensor).__name__}"
    if tensor.is_meta:
        return "a meta tensor, which has no values"
    if tensor.is_nested:
        return "a nested tensor"
    if tensor.layout is not torch.strided:
        return f"a tensor of layout {str(tensor.layout).removeprefix('torch.')}"
    if tensor.is_quantized:
        return f"a quantized tensor, {str(tensor.dtype).removeprefix('torch.')}"
    return ""

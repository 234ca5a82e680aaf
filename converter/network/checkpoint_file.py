"""Files of weights, told apart by their content whatever they are called, and read without running code in them."""

import pickle
import re
import tarfile
import warnings
import zipfile
from pathlib import Path

import safetensors
import safetensors.torch
import torch

from configs.errors import DataError
from configs.reading import open_regular
from converter.network.tensors import require_bearable_archive

_SAVE = "torch.save(model.state_dict(), 'weights.pth')"
_STARTS: tuple[tuple[bytes, str], ...] = (
    (b"version https://git-lfs", "a Git LFS pointer: run `git lfs pull` to get the file itself"),
    (b"<!doctype", "a web page: download the file itself, such as with the page's download button"),
    (b"<html", "a web page: download the file itself, such as with the page's download button"),
    (b"\x1f\x8b", "a gzip archive: unpack it, and give the weights in it"),
    (b"\x89hdf", "an HDF5 file of Keras: give weights saved by PyTorch"),
)
"""How other kinds of files start, in lower case, and what to do about them."""
_HEADER = 512


def read_stored(path: Path) -> object:
    """Return what a checkpoint holds: of safetensors the named tensors, else whatever was pickled, weights only.

    The name's ending says nothing: `.pth`, `.PTH`, `.pt`, `.ckpt`, `.bin` and `.pth.tar` are all in use.

    Raises:
        DataError: the file is missing, truncated, of another kind, or holds code.
    """
    if not path.exists() or path.is_dir():
        raise DataError(f"{path}: no such checkpoint; give a .pth or .safetensors file")
    if path.suffix.lower() == ".onnx":
        raise DataError(f"{path}: expected a checkpoint, found an ONNX; give it with --onnx (model.onnx)")
    with open_regular(path) as stream:
        start = stream.read(_HEADER)
    require_bearable_archive(path)
    if path.suffix.lower() == ".safetensors" or _is_safetensors(start, path.stat().st_size):
        return _read_safetensors(path)
    _refuse_other_kinds(path, start)
    return _unpickled(path)


def _is_safetensors(start: bytes, size: int) -> bool:
    return start[8:9] == b"{" and int.from_bytes(start[:8], "little") <= size - 8


def _read_safetensors(path: Path) -> object:
    try:
        return safetensors.torch.load_file(path)
    except (safetensors.SafetensorError, OSError, KeyError, ValueError, RuntimeError) as error:
        raise DataError(f"{path}: not a readable safetensors file, or truncated ({error})") from error


def _refuse_other_kinds(path: Path, start: bytes) -> None:
    """Raise `DataError`, which says what to get instead, for a file of a kind that is known not to be weights."""
    lowered = start.lstrip().lower()
    for known, remedy in _STARTS:
        if lowered.startswith(known):
            raise DataError(f"{path}: not a readable checkpoint but {remedy}")
    if start[257:262] == b"ustar":
        raise DataError(
            f"{path}: not a readable checkpoint but an archive{_held(path)}: unpack it, and give the weights in it"
        )
    if not start.startswith((b"PK", b"\x80")):  # as PyTorch writes: an archive, or a pickle of protocol 2
        found = f"one that begins with {start[:12]!r}" if start else "an empty one"
        raise DataError(f"{path}: not a readable checkpoint: expected a file of PyTorch or safetensors, found {found}")
    if not start.startswith(b"PK"):
        return
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError):
        return  # truncated, which its reader says
    entries = {name.partition("/")[2] for name in names}
    if "constants.pkl" in entries and any(entry.startswith("code/") for entry in entries):
        raise DataError(
            f"{path}: a TorchScript archive, which is a program; expected weights: give the checkpoint that it was "
            "made from (of BackgroundMattingV2 `pytorch_mobilenetv2.pth`, not `torchscript_mobilenetv2_fp32.pth`), or "
            f"what {_SAVE} writes"
        )
    if "archive_format" in entries or any(entry.startswith("models/") for entry in entries):
        raise DataError(f"{path}: an archive of torch.export, which is a program; give what {_SAVE} writes")
    if "data.pkl" not in entries:
        held = ", ".join(names[:3]) or "nothing"
        raise DataError(
            f"{path}: not a readable checkpoint but an archive that holds {held}: unpack it, and give the weights in it"
        )


def _held(path: Path) -> str:
    try:
        with tarfile.open(path) as archive:
            first = archive.next()
    except (tarfile.TarError, OSError, EOFError):
        return ""
    return "" if first is None else f" that holds {first.name}"


def _unpickled(path: Path) -> object:
    try:
        with warnings.catch_warnings():
            # Refused below anyway, unless it can be read.
            warnings.filterwarnings("ignore", "Detected pickle protocol", UserWarning)
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:  # torch's text advises to run the file's code
        named = re.search(r"GLOBAL ([\w.]+)", str(error))
        code = f" ({named[1]}, whose code is not run)" if named else ""
        raise DataError(
            f"{path}: not a readable PyTorch weights file, or more than weights in it{code}; give what {_SAVE} writes"
        ) from error
    except MemoryError as error:  # a broken file may ask for any amount
        raise DataError(
            f"{path}: not a readable PyTorch weights file, or too large for this machine's memory"
        ) from error
    except Exception as error:  # a broken file makes torch raise errors of many kinds
        reason = str(error).split(".")[0] or type(error).__name__
        raise DataError(f"{path}: not a readable PyTorch weights file, or truncated ({reason})") from error

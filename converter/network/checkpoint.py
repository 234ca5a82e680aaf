"""Checkpoints of the network, read strictly: every key, every shape, every value."""

import pickle
import warnings
from collections.abc import Mapping
from pathlib import Path

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from configs.errors import DataError, shortened
from configs.files import write_atomically
from configs.reading import require_regular
from configs.schema import ModelSection
from converter.network import MattingNetwork
from converter.network.tensors import require_bearable_archive, require_plain_tensors

SHOWN_KEYS = 3


def load_network(model: ModelSection) -> MattingNetwork:
    """Build the network that `model` describes and load its checkpoint, ready for inference (float32, eval mode).

    Raises:
        DataError: the checkpoint is missing, unreadable, or does not fit the network exactly.
    """
    if model.checkpoint is None:
        raise DataError("the configuration names no checkpoint; set model.checkpoint")
    network = MattingNetwork(
        model.backbone, model.backbone_scale, model.refine_mode, model.refine_sample_pixels, model.refine_threshold
    )
    state = read_state_dict(model.checkpoint)
    check_state_dict(state, network.state_dict(), f"{model.checkpoint} (as {model.backbone})")
    network.load_state_dict(state, strict=True)
    return network.float().eval()


def read_state_dict(path: Path) -> dict[str, Tensor]:
    """Read the tensors of a `.pth` (weights only: no code is run) or `.safetensors` file.

    Raises:
        DataError: the file is missing, truncated, of another kind, or holds something other than named tensors.
    """
    if not path.is_file():
        raise DataError(f"{path}: no such checkpoint; give a .pth or .safetensors file")
    require_regular(path)
    require_bearable_archive(path)
    if path.suffix == ".safetensors":
        try:
            return safetensors.torch.load_file(path)
        except (safetensors.SafetensorError, OSError, KeyError, ValueError, RuntimeError) as error:
            raise DataError(f"{path}: not a readable safetensors file, or truncated ({error})") from error
    if path.suffix not in (".pth", ".pt"):
        raise DataError(f"{path}: expected a checkpoint named .pth, .pt or .safetensors, found {path.suffix or 'none'}")
    content = _load_pickled_weights(path)
    if not isinstance(content, Mapping) or not all(
        isinstance(key, str) and isinstance(value, Tensor) for key, value in content.items()
    ):
        raise DataError(
            f"{path}: expected a state dict (names to tensors), found {type(content).__name__} of other values"
        )
    require_plain_tensors(content, str(path))
    return dict(content)


def check_state_dict(state: Mapping[str, Tensor], expected: Mapping[str, Tensor], origin: str) -> None:
    """Raise `DataError` naming the first differing keys unless `state` has exactly `expected`'s keys and shapes.

    Values must be finite floating-point numbers, but for BatchNorm's integer counters.
    """
    problems = []
    if missing := [key for key in expected if key not in state]:
        problems.append(f"lacks {_listed(missing)}")
    if foreign := [key for key in state if key not in expected]:
        problems.append(f"has foreign keys {_listed(foreign)}")
    shared = [key for key in expected if key in state]
    if wrong := [
        f"{key} {tuple(state[key].shape)} instead of {tuple(expected[key].shape)}"
        for key in shared
        if state[key].shape != expected[key].shape
    ]:
        problems.append(f"has wrong shapes: {_listed(wrong)}")
    if mistyped := [
        f"{key} {state[key].dtype}"
        for key in shared
        if state[key].is_floating_point() != expected[key].is_floating_point()
    ]:
        problems.append(f"has wrong types: {_listed(mistyped)}")
    # As float32, because not every type that a file may hold can be asked for NaN.
    if broken := [
        key
        for key in shared
        if state[key].is_floating_point()
        and state[key].shape == expected[key].shape
        and not torch.isfinite(state[key].float()).all()
    ]:
        problems.append(f"holds NaN or infinity in {_listed(broken)}")
    if problems:
        raise DataError(f"{origin}: not a checkpoint of this network: it " + "; it ".join(problems))


def save_half(state: Mapping[str, Tensor], path: Path, metadata: Mapping[str, str]) -> None:
    """Write a state dict as safetensors with its floating-point values in fp16, under its name only when whole.

    Raises:
        DataError: a value is NaN, or too large for fp16.
        UsageError: the folder cannot be written.
    """
    halves = {
        key: (value.half() if value.is_floating_point() else value).contiguous().cpu() for key, value in state.items()
    }
    if broken := [key for key, value in halves.items() if not torch.isfinite(value).all()]:
        raise DataError(f"{path}: not written, {_listed(broken)} would hold NaN or infinity in fp16")
    write_atomically(path, safetensors.torch.save(halves, dict(metadata)))


def _load_pickled_weights(path: Path) -> object:
    try:
        with warnings.catch_warnings():
            # Refused below anyway, unless it can be read.
            warnings.filterwarnings("ignore", "Detected pickle protocol", UserWarning)
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:  # torch's text advises to run the file's code
        raise DataError(f"{path}: not a readable PyTorch weights file, or more than weights in it") from error
    except MemoryError as error:  # a broken file may ask for any amount
        raise DataError(
            f"{path}: not a readable PyTorch weights file, or too large for this machine's memory"
        ) from error
    except Exception as error:  # a broken file makes torch raise errors of many kinds
        reason = str(error).split(".")[0] or type(error).__name__
        raise DataError(f"{path}: not a readable PyTorch weights file, or truncated ({reason})") from error


def _listed(keys: list[str]) -> str:
    more = f" and {len(keys) - SHOWN_KEYS} more" if len(keys) > SHOWN_KEYS else ""
    return ", ".join(shortened(key) for key in keys[:SHOWN_KEYS]) + more

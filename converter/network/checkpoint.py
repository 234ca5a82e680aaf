"""Checkpoints of the network, read strictly: every key, every shape, every value."""

from collections.abc import Mapping
from pathlib import Path

import safetensors.torch
import torch
from torch import Tensor, nn

from configs.errors import DataError, shortened
from configs.files import write_atomically
from configs.schema import ModelSection
from converter.network import BaseNetwork, MattingNetwork
from converter.network.checkpoint_file import read_stored
from converter.network.state_dicts import state_dict_in
from converter.network.tensors import require_bearable_tensors

SHOWN_KEYS = 3
NO_CHECKPOINT = "the configuration names no checkpoint; set model.checkpoint"


def load_network(model: ModelSection) -> MattingNetwork:
    """Build the network that `model` describes and load its checkpoint, ready for inference (float32, eval mode).

    Raises:
        DataError: the checkpoint is missing, unreadable, or does not fit the network exactly.
    """
    if model.checkpoint is None:
        raise DataError(NO_CHECKPOINT)
    network = MattingNetwork(
        model.backbone, model.backbone_scale, model.refine_mode, model.refine_sample_pixels, model.refine_threshold
    )
    load_weights(network, model.checkpoint, f"{model.checkpoint} (as {model.backbone})")
    return network.float().eval()


def load_base_network(model: ModelSection) -> BaseNetwork:
    """Build the base network that `model` describes and load its part of a checkpoint, as `load_network` does.

    The checkpoint is a whole network's, whose refiner is left out, or one of the base network alone.

    Raises:
        DataError: as `load_network`.
    """
    if model.checkpoint is None:
        raise DataError(NO_CHECKPOINT)
    network = BaseNetwork(model.backbone)
    origin = f"{model.checkpoint} (as {model.backbone}, without its refiner)"
    load_weights(network, model.checkpoint, origin, leave_out="refiner")
    return network.float().eval()


def load_weights(network: nn.Module, path: Path, origin: str = "", leave_out: str = "") -> None:
    """Load a checkpoint into a network, strictly.

    What was unwrapped or left off (`converter.network.state_dicts`) stays with the network as its `read_as`, a tuple of
    sentences, which records and the command line repeat.

    Args:
        network: takes the values.
        path: of the checkpoint.
        origin: what errors call it; by default its path.
        leave_out: the module of the checkpoint that this network is made without, if it has one.

    Raises:
        DataError: the checkpoint is missing, unreadable, or does not fit the network exactly.
    """
    expected = network.state_dict()
    found = state_dict_in(read_stored(path), path, expected)
    kept = {key: value for key, value in found.tensors.items() if not leave_out or not key.startswith(f"{leave_out}.")}
    check_state_dict(kept, expected, origin or str(path))
    network.load_state_dict(kept, strict=True)
    left = len(found.tensors) - len(kept)
    ignored = (f"the {left} tensors of its {leave_out} were ignored: this network has none",) if left else ()
    network.__dict__["read_as"] = (*found.read_as, *ignored)


def read_state_dict(path: Path) -> dict[str, Tensor]:
    """Read the tensors of a checkpoint of PyTorch (weights only: no code is run) or safetensors, told by its content.

    Raises:
        DataError: the file is missing, truncated, of another kind, or holds no named tensors.
    """
    tensors = state_dict_in(read_stored(path), path).tensors
    require_bearable_tensors(tensors, str(path))
    return tensors


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
        # One of another shape is wrong anyway, and may be any number of values that are one in the file.
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


def _listed(keys: list[str]) -> str:
    more = f" and {len(keys) - SHOWN_KEYS} more" if len(keys) > SHOWN_KEYS else ""
    return ", ".join(shortened(key) for key in keys[:SHOWN_KEYS]) + more

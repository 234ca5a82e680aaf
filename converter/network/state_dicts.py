"""A state dict, found in what training programs save around it and under the prefixes that wrappers give its keys."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from configs.errors import DataError

HOLDERS = (
    "state_dict",
    "model_state_dict",
    "model",
    "network",
    "net",
    "weights",
    "params",
    "ema",
    "ema_state_dict",
    "model_ema",
    "state_dict_ema",
    "params_ema",
)
"""Keys under which training programs keep the weights; those of a moving average come after the weights themselves."""
PREFIXES = ("module.", "model.", "_orig_mod.", "network.", "net.")
"""What DataParallel, Lightning, `torch.compile` and their like put before every key."""
_DEEPEST = 3
_PLAIN = (Tensor, torch.nn.Parameter, torch.nn.Buffer)


@dataclass(frozen=True, slots=True)
class StateDict:
    """Named tensors of a checkpoint.

    Attributes:
        tensors: by name, without what was put before every name.
        read_as: what was unwrapped and what was left off, a sentence each; empty where nothing was.
    """

    tensors: dict[str, Tensor]
    read_as: tuple[str, ...]


def state_dict_in(content: object, path: Path, expected: Collection[str] = ()) -> StateDict:
    """Return the state dict that a file's content is, or holds.

    Args:
        content: what the file holds.
        path: of the file, for errors.
        expected: the network's own keys. Of several state dicts that one is taken which has some of them, and what
            stands before every key is left off where the keys are the network's without it. Empty where not known.

    Raises:
        DataError: there is no state dict, or a tensor in it is no plain one with values.
    """
    found = list(_state_dicts(content, ""))
    if not found:
        raise DataError(f"{path}: expected a state dict (names to tensors), found {_described(content)}")
    prefixes = {holder: _common_prefix(tensors, expected) for holder, tensors in found}
    fitting = [holder for holder, tensors in found if _known(tensors, prefixes[holder], expected)]
    taken = fitting[0] if fitting else found[0][0]
    read_as = []
    if taken:
        others = [repr(holder) for holder in fitting if holder != taken]
        also = f"; {' and '.join(others)} would fit too: save it alone to take it" if others else ""
        read_as.append(f"the weights were taken from {taken!r}{also}")
    if prefix := prefixes[taken]:
        read_as.append(f"{prefix!r} was left off the start of every key")
    tensors = {key.removeprefix(prefix): _plain(value, key, path) for key, value in dict(found)[taken].items()}
    return StateDict(tensors, tuple(read_as))


def _state_dicts(content: object, holder: str) -> Iterator[tuple[str, Mapping[str, Tensor]]]:
    """Yield every state dict with the dotted key that holds it, the likeliest first; "" holds the whole."""
    if not isinstance(content, Mapping) or not content:
        return
    if all(isinstance(key, str) and isinstance(value, Tensor) for key, value in content.items()):
        yield holder, content
        return
    depth = holder.count(".") + bool(holder)
    known = [key for key in HOLDERS if key in content]
    others = [key for key in content if isinstance(key, str) and key not in HOLDERS] if depth == 0 else []
    for key in known if depth < _DEEPEST else ():
        yield from _state_dicts(content[key], f"{holder}.{key}".lstrip("."))
    for key in others:
        inner = content[key]
        if isinstance(inner, Mapping) and inner and all(isinstance(value, Tensor) for value in inner.values()):
            yield from _state_dicts(inner, key)


def _common_prefix(keys: Collection[str], expected: Collection[str]) -> str:
    """Return what stands before every key, nested or not; "" unless the keys are the network's without it."""
    prefix = ""
    while not _known(keys, prefix, expected):
        further = next((each for each in PREFIXES if all(key.startswith(prefix + each) for key in keys)), None)
        if further is None:
            return ""
        prefix += further
    return prefix


def _known(keys: Collection[str], prefix: str, expected: Collection[str]) -> bool:
    return any(key.removeprefix(prefix) in expected for key in keys)


def _plain(value: Tensor, key: str, path: Path) -> Tensor:
    """Return a tensor that lies in memory number by number.

    Raises:
        DataError: it does not.
    """
    fault = ""
    if type(value) not in _PLAIN:
        fault = f"is a {type(value).__name__}, a kind of tensor of its own"
    elif value.is_meta:
        fault = "is on the device `meta` and has no values"
    elif value.is_quantized:
        fault = "is quantized"
    elif value.is_nested or value.layout is not torch.strided:
        fault = "is nested" if value.is_nested else f"is sparse ({value.layout})"
    if fault:
        raise DataError(
            f"{path}: {key}: expected a plain tensor with all of its values, but it {fault}; save the weights of the "
            "float network, dense and on the CPU"
        )
    return value.detach()


def _described(content: object) -> str:
    """Say what a content is that is no state dict, by its first value that is no tensor."""
    if not isinstance(content, Mapping):
        return f"{type(content).__name__} of other values"
    if not content:
        return "an empty one"
    key, value = next(
        ((key, value) for key, value in content.items() if not (isinstance(key, str) and isinstance(value, Tensor)))
    )
    return f"{type(content).__name__} of other values, such as {type(value).__name__} under {key!r}"

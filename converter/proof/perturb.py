"""A deliberately damaged IR: every weight of its convolutions a little off, to see whether a gate notices."""

from pathlib import Path

import numpy as np
import openvino
from openvino import opset13

from configs.errors import DataError
from converter.runners.openvino_ir import read_ir

_CONVOLUTIONS = frozenset({"Convolution", "GroupConvolution"})


def perturb_weights(source: Path, target: Path, spread: float = 0.01, seed: int = 1) -> int:
    """Write a copy of an IR in which every weight w of a convolution is w * (1 + spread * g), g standard normal.

    Biases and the constants of preprocessing stay. Weights stay at the precision they are stored in.

    Args:
        source: the IR's XML.
        target: the copy's XML.
        spread: standard deviation of the relative change.
        seed: of the normal draws.

    Returns:
        How many weights were changed.

    Raises:
        DataError: the IR cannot be read, or has no convolution with constant weights.
    """
    model = read_ir(source)
    draws = np.random.Generator(np.random.PCG64(seed))
    changed = 0
    for node in model.get_ordered_ops():
        if node.get_type_name() not in _CONVOLUTIONS:
            continue
        weights = _constant_behind(node.input_value(1).get_node())
        if weights is None:
            continue
        values = np.array(weights.get_data())
        noisy = (values * (1 + spread * draws.standard_normal(values.shape))).astype(values.dtype)
        replacement = opset13.constant(noisy)
        replacement.set_friendly_name(weights.get_friendly_name())
        weights.output(0).replace(replacement.output(0))
        changed += values.size
    if not changed:
        raise DataError(f"{source}: expected an IR with convolutions of constant weights, found none to perturb")
    # Not compressed: an IR with FP32 weights stays one; constants already in FP16 stay in FP16.
    openvino.save_model(model, target, compress_to_fp16=False)
    return changed


def _constant_behind(node: openvino.Node) -> openvino.Node | None:
    """Return the constant that a convolution takes as weights, through the conversions and reshapes of compression."""
    while node.get_type_name() in ("Convert", "Reshape"):
        node = node.input_value(0).get_node()
    return node if node.get_type_name() == "Constant" else None

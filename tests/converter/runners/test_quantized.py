"""Which convolutions of a graph run in 8 bits, by graphs written by hand."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import openvino
import pytest
from openvino import opset13 as ops

from converter.runners.base import Quantized
from converter.runners.openvino_ir import read_ir
from converter.runners.quantized import quantized_convolutions

WEIGHTS = np.ones((2, 2, 1, 1), np.float32)
Wrap = Callable[[openvino.Node], openvino.Node]


def rounded(levels: int = 256, low: float = 0.0, high: float = 1.0) -> Wrap:
    return lambda node: ops.fake_quantize(node, *map(np.float32, (low, high, low, high)), levels=levels)


def moved(node: openvino.Node) -> openvino.Node:
    """Return a rounded image that is moved about, with zeros beside it."""
    image = rounded()(node)
    zeros = ops.broadcast(ops.constant(np.float32(0)), ops.constant([1, 2, 2, 2]))
    joined = ops.concat([image, zeros], axis=3)
    return ops.reshape(ops.unsqueeze(joined, ops.constant(0)), ops.constant([1, 2, 2, 4]), special_zero=False)


def as_bytes() -> openvino.Node:
    stored = ops.convert(ops.constant(WEIGHTS.astype(np.int8)), "f32")
    return ops.multiply(stored, ops.constant(np.float32(0.5)))


def plain(node: openvino.Node) -> openvino.Node:
    return node


def graph(image: Wrap, weights: openvino.Node, after: Wrap = plain) -> openvino.Model:
    parameter = ops.parameter([1, 2, 2, 2], np.float32)
    zeros = np.zeros(2, np.int64)
    convolution = ops.convolution(image(parameter), weights, np.ones(2, np.int64), zeros, zeros, np.ones(2, np.int64))
    return openvino.Model([after(convolution)], [parameter], "graph")


@pytest.mark.parametrize(
    ("image", "weights", "after", "counted"),
    [
        (rounded(), as_bytes(), plain, 1),
        (rounded(), rounded(255)(ops.constant(WEIGHTS)), plain, 1),
        (moved, as_bytes(), plain, 1),
        (plain, ops.constant(WEIGHTS), plain, 0),
        (rounded(), ops.constant(WEIGHTS), plain, 0),  # the image alone: the product is of floats
        (plain, as_bytes(), plain, 0),  # stored small, computed in float
        (rounded(1 << 20), as_bytes(), plain, 0),  # rounds nothing
        (rounded(), rounded(1 << 16)(ops.constant(WEIGHTS)), plain, 0),
        (rounded(low=1.0, high=1.0), as_bytes(), plain, 0),  # no range
        (lambda node: ops.relu(rounded()(node)), as_bytes(), plain, 0),
        (plain, ops.constant(WEIGHTS), rounded(), 0),  # behind the convolution
    ],
)
def test_both_inputs_must_be_rounded_to_few_levels(
    image: Wrap, weights: openvino.Node, after: Wrap, counted: int
) -> None:
    assert quantized_convolutions(graph(image, weights, after)) == Quantized(counted, 1)


def test_what_the_conversion_quantized_is_found(int8_models: Path) -> None:
    assert quantized_convolutions(read_ir(int8_models / "int8/model.xml")) == Quantized(1, 1)
    assert quantized_convolutions(read_ir(int8_models / "fp32/model.xml")) == Quantized(0, 1)

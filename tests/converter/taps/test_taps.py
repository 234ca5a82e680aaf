"""Tensors read inside a graph and fed to a part of another: what the frameworks give each other."""

import numpy as np
import openvino
import pytest

from converter.taps.openvino_taps import _plain


@pytest.mark.parametrize("kind", ["l", "q", "i", "f", "?"])
def test_openvino_takes_a_scalar_of_any_type_that_onnxruntime_gives(kind: str) -> None:
    scalar = np.array(1, dtype=kind)

    tensor = openvino.Tensor(_plain(scalar))

    assert tensor.data.item() == 1
    assert tensor.data.dtype == scalar.dtype


def test_other_arrays_are_not_copied() -> None:
    array = np.zeros((2, 3), np.float32)

    assert _plain(array) is array

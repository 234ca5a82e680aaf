"""bfloat16 emulated in an ONNX: rounded where OpenVINO would store bfloat16, and nowhere else."""

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from torch.nn import functional as F

from tools.bf16_onnx import emulate_bf16, rounded

RNG = np.random.default_rng(0)
IMAGE = RNG.random((1, 3, 6, 8), dtype=np.float32)
FIRST, SECOND = (RNG.normal(size=(4, 3, 3, 3)).astype(np.float32), RNG.normal(size=(2, 4, 1, 1)).astype(np.float32))
BIAS, GAIN = RNG.normal(size=4).astype(np.float32), np.float32(1.003)


def bf16(values: torch.Tensor) -> torch.Tensor:
    return values.bfloat16().float()


def graph() -> onnx.ModelProto:
    """Return gain * (clip(conv2(relu(conv1(image)))) + the image's first two channels)."""
    weights = {"w1": FIRST, "b1": BIAS, "w2": SECOND, "gain": np.array(GAIN), "c0": np.array([0]), "c2": np.array([2])}
    weights |= {"c1": np.array([1]), "low": np.float32(-1), "high": np.float32(1.003)}
    nodes = [
        helper.make_node("Conv", ["image", "w1", "b1"], ["first"], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["first"], ["active"]),
        helper.make_node("Conv", ["active", "w2"], ["second"]),
        helper.make_node("Clip", ["second", "low", "high"], ["limited"]),
        helper.make_node("Slice", ["image", "c0", "c2", "c1"], ["colours"]),
        helper.make_node("Add", ["limited", "colours"], ["sum"]),
        helper.make_node("Mul", ["sum", "gain"], ["result"]),
    ]
    ports = [
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)]
        for name, shape in (("image", [1, 3, 6, 8]), ("result", [1, 2, 6, 8]))
    ]
    constants = [numpy_helper.from_array(np.asarray(value), name) for name, value in weights.items()]
    return helper.make_model(
        helper.make_graph(nodes, "two", *ports, constants), opset_imports=[helper.make_opsetid("", 18)], ir_version=9
    )


def run(model: onnx.ModelProto) -> NDArray[np.float32]:
    onnx.checker.check_model(model)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return np.asarray(session.run(["result"], {"image": IMAGE})[0])


def test_rounding_is_bfloat16_s() -> None:
    values = np.concatenate([RNG.normal(scale=10.0**power, size=5000) for power in range(-6, 7)]).astype(np.float32)

    np.testing.assert_array_equal(rounded(values), bf16(torch.from_numpy(values)).numpy())


@pytest.mark.parametrize("value", [0.0, 1.0, 255.0, -256.0])
def test_what_bfloat16_holds_stays(value: float) -> None:
    assert rounded(np.array([value], np.float32)).item() == value


def test_tensors_are_rounded_up_to_the_last_convolution_and_the_tail_is_not() -> None:
    image = torch.from_numpy(IMAGE)
    first = bf16(F.conv2d(bf16(image), bf16(torch.from_numpy(FIRST)), torch.from_numpy(BIAS), padding=1))
    second = bf16(F.conv2d(F.relu(first), bf16(torch.from_numpy(SECOND))))
    expected = (second.clamp(-1, 1.003) + image[:, :2]) * float(GAIN)

    found = run(emulate_bf16(graph()))

    # A sum in another order may round to the neighbour.
    close = np.isclose(found, expected.numpy(), rtol=0, atol=1e-6)
    assert close.mean() > 0.97
    np.testing.assert_allclose(found, expected.numpy(), rtol=0, atol=0.05)
    assert np.abs(found - run(graph())).max() > 1e-3


def test_the_model_given_stays_as_it_is() -> None:
    model = graph()
    before = model.SerializeToString(deterministic=True)

    emulate_bf16(model)

    assert model.SerializeToString(deterministic=True) == before

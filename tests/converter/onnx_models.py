"""ONNX models for tests: changed, and run as they are."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from tiny_model import SIZE

from converter.architectures.background_matting_v2 import ARCHITECTURE
from converter.forms.contract import network_contract

CONTRACT = network_contract(ARCHITECTURE, SIZE, "0" * 64)
Change = Callable[[onnx.ModelProto], object]


def value(name: str, shape: tuple[int | str, ...], kind: int = onnx.TensorProto.FLOAT) -> onnx.ValueInfoProto:
    return onnx.helper.make_tensor_value_info(name, kind, shape)


def changed(source: Path, target: Path, change: Change) -> Path:
    """Write the ONNX once more, changed, and without a check."""
    model = onnx.load(source)
    change(model)
    target.write_bytes(model.SerializeToString())
    return target


def replace_value(values: object, name: str, new: onnx.ValueInfoProto) -> None:
    next(entry for entry in values if entry.name == name).CopyFrom(new)  # type: ignore[attr-defined]


def run(path: Path) -> dict[str, np.ndarray]:
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    rng = np.random.default_rng(0)
    feed = {name: rng.random((1, 3, *SIZE), np.float32) for name in ("src", "bgr")}
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, feed), strict=True))

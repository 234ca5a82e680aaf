"""What a converted model folder of the tiny network holds, and how tests change its original."""

from pathlib import Path

import onnx
from tiny_model import GAIN

FILES = [
    "conversion.json",
    "exported.onnx",
    "fp16/model.bin",
    "fp16/model.xml",
    "fp32/model.bin",
    "fp32/model.xml",
    "model.onnx",
]


def tree(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Return bytes and time of change of every file, by relative name."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


def beside(folder: Path) -> set[str]:
    return {path.name for path in folder.parent.iterdir()}


def lift_gain(path: Path, gain: float) -> None:
    """Write another network: its foreground is brighter or darker."""
    model = onnx.load(path)
    tensor = next(tensor for tensor in model.graph.initializer if tensor.name == "gain")
    array = onnx.numpy_helper.to_array(tensor) * gain / GAIN
    tensor.CopyFrom(onnx.numpy_helper.from_array(array.astype("float32"), "gain"))
    onnx.save(model, path)


def keep_weights_outside(path: Path) -> Path:
    """Move an ONNX's constants into a file of their own beside it, and return that file."""
    model, data = onnx.load(path), path.with_suffix(".data")
    onnx.save_model(model, path, save_as_external_data=True, location=data.name, size_threshold=0)
    return data

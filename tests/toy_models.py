"""Models of the toy families, of which each is one file in `tests/converter/architectures/families`."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tiny_model import SIZE, tiny_config

from configs.schema import Config

FAMILIES = Path(__file__).parent / "converter" / "architectures" / "families"
LUMA = (0.5, 0.3, 0.2)
GAIN = 0.5


def write_alpha_only(path: Path) -> Path:
    """Write a checkpoint of the family `alpha-only`."""
    import safetensors.torch
    import torch

    draw = torch.Generator().manual_seed(1)
    # Red, green and blue weigh differently, so that a wrong colour order shows.
    weight = torch.randn(1, 3, 3, 3, generator=draw) + torch.tensor([2.0, 0.0, -2.0])[:, None, None]
    path.write_bytes(safetensors.torch.save({"0.weight": weight, "0.bias": torch.zeros(1)}))
    return path


def write_recurrent(path: Path) -> Path:
    """Write an ONNX of the family `recurrent`, with free height and width."""
    from onnx import TensorProto, checker, helper, numpy_helper, save

    def value(name: str, *shape: int | str) -> Any:
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

    constants = {"luma": np.reshape(LUMA, (1, 3, 1, 1)), "half": np.array(0.5)}
    nodes = [
        helper.make_node("Conv", ["frame", "luma"], ["grey"]),
        helper.make_node("Mul", ["grey", "gain"], ["now"]),
        helper.make_node("Mul", ["before_in", "half"], ["faded"]),
        helper.make_node("Add", ["now", "faded"], ["matte"]),
        helper.make_node("Identity", ["matte"], ["before_out"]),
    ]
    size = ("height", "width")
    graph = helper.make_graph(
        nodes,
        "recurrent",
        [value("frame", 1, 3, *size), value("before_in", 1, 1, "h", "w"), value("gain", 1)],
        [value("matte", 1, 1, *size), value("before_out", 1, 1, *size)],
        [numpy_helper.from_array(array.astype(np.float32), name) for name, array in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    checker.check_model(model)
    save(model, path)
    return path


def recurrent_answers(frames: list[NDArray[np.uint8]]) -> list[NDArray[np.float64]]:
    """Return the mattes of a clip's frames, (H, W, 3) uint8 RGB, from the first frame on."""
    mattes: list[NDArray[np.float64]] = []
    for frame in frames:
        now = GAIN * (frame / 255.0) @ LUMA
        mattes.append(now + 0.5 * mattes[-1] if mattes else now)
    return mattes


def toy_config(model: dict[str, str], out: Path, dataset: Path | str = "synthetic", **sections: Any) -> Config:
    """Return a job on a toy model: `tiny_config`'s, with another original."""
    job = tiny_config(Path("unused.onnx"), out, dataset, **sections)
    content = {**job.model_dump(mode="json"), "model": model}
    return Config.model_validate(content)


__all__ = ["FAMILIES", "GAIN", "LUMA", "SIZE", "recurrent_answers", "toy_config", "write_alpha_only", "write_recurrent"]

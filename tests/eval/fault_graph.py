"""A graph of the network's kinds of nodes, small enough to be searched in a second, with the published tensor names."""

from pathlib import Path
from typing import Any

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper, save

from converter.architectures.background_matting_v2 import ARCHITECTURE
from converter.forms.contract import ONNX_KEY, ir_contract, network_contract
from converter.steps.ir_from_onnx import IrFromOnnx

SIZE = (64, 96)
HEIGHT, WIDTH = SIZE
TAKEN = 20


def write_fault_graph(folder: Path) -> tuple[Path, Path]:
    """Write the graph as ONNX and as IR, and return both paths."""
    draw = np.random.default_rng(7)

    def weights(*shape: int) -> Any:
        return draw.normal(0, (2 / np.prod(shape[1:])) ** 0.5, shape)

    floats = {
        "w1": weights(8, 6, 3, 3),
        "b1": draw.normal(0, 0.1, 8),
        "scale": draw.uniform(0.5, 1.5, 8),
        "shift": draw.normal(0, 0.2, 8),
        "mean": draw.normal(0, 0.1, 8),
        "variance": draw.uniform(0.01, 0.1, 8),
        "w2": weights(8, 8, 3, 3),
        "b2": draw.normal(0, 0.1, 8),
        "w3": weights(5, 16, 3, 3),
        "b3": draw.normal(0.1, 0.1, 5),
        "zero": 0.0,
        "one": 1.0,
        "bound": 0.8,
        "half": [1, 1, 0.5, 0.5],
        "twice": [1, 1, 2, 2],
        "nothing": np.zeros((1, HEIGHT * WIDTH)),
        "marks": np.ones((1, TAKEN)),
    }
    integers = {
        "ring": [0, 0, 1, 1, 0, 0, 1, 1],
        "k": [TAKEN],
        "flat": [1, HEIGHT * WIDTH],
        "image": [1, 1, HEIGHT, WIDTH],
        "c0": [0],
        "c1": [1],
        "c4": [4],
        "c5": [5],
    }
    node = helper.make_node
    linear = {"mode": "linear", "coordinate_transformation_mode": "half_pixel"}
    nodes = [
        node("Concat", ["src", "bgr"], ["both"], "join_images", axis=1),
        node("Conv", ["both", "w1", "b1"], ["first"], "conv_first", pads=[1, 1, 1, 1]),
        node("BatchNormalization", ["first", "scale", "shift", "mean", "variance"], ["normed"], "norm", epsilon=1e-5),
        node("Relu", ["normed"], ["active"], "relu"),
        node("Resize", ["active", "", "half"], ["small"], "shrink", **linear),
        node("Conv", ["small", "w2", "b2"], ["second"], "conv_dilated", pads=[2, 2, 2, 2], dilations=[2, 2]),
        node("Clip", ["second", "zero", "bound"], ["limited"], "limit"),
        node("Add", ["limited", "small"], ["summed"], "skip"),
        node("Resize", ["summed", "", "twice"], ["large"], "grow", **linear),
        node("Concat", ["large", "active"], ["joined"], "join", axis=1),
        node("Pad", ["joined", "ring"], ["padded"], "pad", mode="constant"),
        node("Conv", ["padded", "w3", "b3"], ["third"], "conv_last"),
        node("Slice", ["third", "c4", "c5", "c1"], ["error"], "error_slice"),
        node("Reshape", ["error", "flat"], ["errors"], "flatten"),
        node("TopK", ["errors", "k"], ["largest", "places"], "take", sorted=0),
        node("ScatterElements", ["nothing", "places", "marks"], ["marked"], "mark", axis=1),
        node("Reshape", ["marked", "image"], ["cells"], "unflatten"),
        node("Greater", ["cells", "zero"], ["chosen"], "choose"),
        node("Slice", ["third", "c0", "c1", "c1"], ["alpha"], "alpha_slice"),
        node("Mul", ["alpha", "alpha"], ["sharpened"], "sharpen"),
        node("Where", ["chosen", "sharpened", "alpha"], ["refined"], "refine"),
        node("Clip", ["refined", "zero", "one"], ["pha"], "clip_alpha"),
        node("Slice", ["third", "c1", "c4", "c1"], ["residual"], "residual_slice"),
        node("Add", ["residual", "src"], ["colours"], "add_source"),
        node("Clip", ["colours", "zero", "one"], ["fgr"], "clip_colours"),
    ]
    constants = {name: np.asarray(value, np.float32) for name, value in floats.items()}
    constants |= {name: np.asarray(value, np.int64) for name, value in integers.items()}

    def value(name: str, channels: int) -> Any:
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, channels, HEIGHT, WIDTH])

    graph = helper.make_graph(
        nodes,
        "faults",
        [value("src", 3), value("bgr", 3)],
        [value("pha", 1), value("fgr", 3)],
        [numpy_helper.from_array(array, name) for name, array in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    checker.check_model(model, full_check=True)
    model.metadata_props.add(key=ONNX_KEY, value=network_contract(ARCHITECTURE, SIZE, "0" * 64).model_dump_json())
    path, xml = folder / "graph.onnx", folder / "graph.xml"
    save(model, path)
    IrFromOnnx(path, ir_contract(ARCHITECTURE, SIZE, "0" * 64), "fp32", xml).run()
    return path, xml

"""A network of seven nodes with the published tensor names, so that a whole conversion takes a second.

    pha = clip(|3 d_red + 1.5 d_green + 0.5 d_blue|, 0, 1) with d = src - bgr
    fgr = clip(0.9 src + 0.05, 0, 1)

Red, green and blue weigh differently, so that a wrong colour order shows in every output.
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from configs.load import config_from_dict
from configs.schema import Config
from configs.sizes import size_text

WEIGHTS = (3.0, 1.5, 0.5)
GAIN, OFFSET = 0.9, 0.05
SIZE = (64, 96)
VARIANTS = ("onnx", "ir-fp32@f32", "ir-fp16@f32")
METRICS = ("alpha_mad", "alpha_mse", "alpha_grad", "foreground_mse")


def write_tiny_onnx(path: Path, gain: float = GAIN) -> Path:
    """Write the network, with free height and width."""
    from onnx import TensorProto, checker, helper, numpy_helper, save

    def value(name: str, channels: int) -> Any:
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, channels, "height", "width"])

    constants = {
        "weights": np.array([*WEIGHTS, *(-weight for weight in WEIGHTS)], np.float32).reshape(1, 6, 1, 1),
        "gain": np.full((1, 3, 1, 1), gain, np.float32),
        "offset": np.full((1, 3, 1, 1), OFFSET, np.float32),
        "zero": np.float32(0),
        "one": np.float32(1),
    }
    nodes = [
        # Joined first, as in the real network: OpenVINO goes wrong when it fuses two reversals into a subtraction.
        helper.make_node("Concat", ["src", "bgr"], ["both"], axis=1),
        helper.make_node("Conv", ["both", "weights"], ["difference"]),
        helper.make_node("Abs", ["difference"], ["distance"]),
        helper.make_node("Clip", ["distance", "zero", "one"], ["pha"]),
        helper.make_node("Mul", ["src", "gain"], ["dimmed"]),
        helper.make_node("Add", ["dimmed", "offset"], ["lifted"]),
        helper.make_node("Clip", ["lifted", "zero", "one"], ["fgr"]),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [value("src", 3), value("bgr", 3)],
        [value("pha", 1), value("fgr", 3)],
        [numpy_helper.from_array(np.asarray(array), name) for name, array in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    checker.check_model(model, full_check=True)
    save(model, path)
    return path


def tiny_answer(source: NDArray[np.uint8], background: NDArray[np.uint8]) -> tuple[NDArray[np.float64], ...]:
    """Return what the network gives for (H, W, 3) uint8 RGB images: alpha (H, W) and foreground (H, W, 3), 0..1."""
    src, bgr = source / 255.0, background / 255.0
    return np.abs((src - bgr) @ WEIGHTS).clip(0, 1), (GAIN * src + OFFSET).clip(0, 1)


def tiny_settings(onnx: Path, out: Path, dataset: Path | str = "synthetic") -> dict[str, Any]:
    """Return a job on the tiny network as a configuration file would hold it; paths as text."""
    limits = {name: {"absolute": 0.5} for name in METRICS}
    both_ways = {name: {"absolute": 0.001, "direction": "both"} for name in METRICS}
    return {
        "name": "tiny",
        "model": {"onnx": str(onnx)},
        "convert": {"size": size_text(SIZE), "out": str(out), "parity": {"samples": 1, "stimuli": False}},
        "dataset": {"path": str(dataset), "count": 1, "size": size_text(SIZE)},
        "evaluate": {"variants": list(VARIANTS), "worst": 1},
        "gate": {
            "baseline": str(out.parent / "baseline.json"),
            "minimum_samples": 1,
            "against_original": {"f32": limits},
            "against_baseline": {"f32": both_ways},
        },
    }


def tiny_config(onnx: Path, out: Path, dataset: Path | str = "synthetic", **sections: dict[str, Any]) -> Config:
    """Return `tiny_settings` as a configuration, with keys of sections replaced: `evaluate={"worst": 2}`."""
    settings = tiny_settings(onnx, out, dataset)
    return config_from_dict(
        {**settings, **{name: {**settings[name], **keys} for name, keys in sections.items()}}, "test"
    )


INT8 = {"seed": 3, "calibration_samples": 2, "validation_samples": 1, "candidates": [[]], "drift": 1.0}
"""Settings of `convert.int8` for the tiny network, which has one convolution and no drift to speak of."""
INT8_PARITY = {"samples": 1, "stimuli": False, "tolerances": {"ir-int8": {"mean": 0.1, "quantile": 0.5, "cells": 1.0}}}

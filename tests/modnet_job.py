"""The job of the small network with MODNet's interface; without what builds the network, which takes torch."""

from pathlib import Path
from typing import Any

from tiny_model import METRICS, SIZE, tiny_config

from configs.load import config_from_dict
from configs.schema import Config

VARIANTS = ("onnx", "ir-fp32@f32", "ir-fp16@f32", "ir-int8@f32")
INT8 = {"seed": 3, "calibration_samples": 2, "validation_samples": 1, "drift": 20.0}


def modnet_config(onnx: Path, out: Path, dataset: Path | str = "synthetic", **sections: dict[str, Any]) -> Config:
    """Return `tiny_config` for the network, with an int8 form; alpha alone is judged."""
    limits = {name: {"absolute": 0.5} for name in METRICS if name.startswith("alpha")}
    wide = {name: {"absolute": 50.0} for name in limits}
    gate = {
        "against_original": {"f32": limits, "int8": wide},
        "against_baseline": {"f32": limits, "int8": wide},
        "agreement": {"f32": limits, "int8": wide},
    }
    convert = {"precisions": ["fp32", "fp16", "int8"], "int8": INT8, **sections.pop("convert", {})}
    job = tiny_config(
        onnx, out, dataset, **{"convert": convert, "evaluate": {"variants": list(VARIANTS)}, "gate": gate, **sections}
    )
    content = job.model_dump(mode="json")
    content["model"] = {"architecture": "modnet", "onnx": str(onnx)}
    return config_from_dict(content, "test")


__all__ = ["SIZE", "VARIANTS", "modnet_config"]

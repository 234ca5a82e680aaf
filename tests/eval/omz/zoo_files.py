"""Files of the structure that the Open Model Zoo's have, for a model that is in no zoo."""

from pathlib import Path
from typing import Any

import yaml

CHECKSUM = "ab" * 48


def model_yml(**changes: Any) -> dict[str, Any]:
    """Return the content of a `model.yml` of a network with BackgroundMattingV2's tensors."""
    image = {"shape": [1, 3, 64, 96], "layout": "NCHW"}
    return {
        "description": "A toy.",
        "task_type": "background_matting",
        "files": [
            {"name": "toy.onnx", "size": 1234, "checksum": CHECKSUM, "source": "https://example.org/toy.onnx?a=1&b=2"}
        ],
        "input_info": [{"name": "src", **image}, {"name": "bgr", **image}],
        "model_optimizer_args": [
            *("--output=pha,fgr", "--scale=255", "--reverse_input_channels", "--input_model=$dl_dir/toy.onnx")
        ],
        "framework": "onnx",
        "license": "https://example.org/LICENSE",
        **changes,
    }


def accuracy_yml(**changes: Any) -> dict[str, Any]:
    """Return the content of an `accuracy-check.yml` for it; `changes` are those of its set."""
    fed = [{"name": name, "type": "INPUT", "value": f"{folder}*"} for name, folder in (("src", "com"), ("bgr", "bgr"))]
    alpha = {"prediction_source": "pha", "process_type": "alpha"}
    dataset = {
        "name": "Clips",
        "reader": "pillow_imread",
        "preprocessing": [
            {"type": "rgb_to_bgr"},
            {"type": "resize", "dst_width": 96, "dst_height": 64, "use_pillow": True},
        ],
        "metrics": [
            {"name": "alpha_MAD", "type": "mad", **alpha, "reference": 4.5},
            {"name": "alpha_MSE", "type": "mse_with_mask", **alpha, "use_mask": False, "reference": 1},
            {"name": "fgr", "type": "mse_with_mask", "process_type": "image", "use_mask": True, "reference": 2.5},
        ],
        **changes,
    }
    adapter = {"type": "background_matting_with_pha_and_fgr", "alpha_out": "pha", "foreground_out": "fgr"}
    launcher = {"framework": "openvino", "adapter": adapter, "inputs": fed}
    return {"models": [{"name": "toy", "launchers": [launcher], "datasets": [dataset]}]}


def write_zoo(root: Path, model: Any, accuracy: Any = None) -> tuple[Path, Path]:
    """Write both into the folder `toy`, and return their paths."""
    folder = root / "toy"
    folder.mkdir(exist_ok=True)
    paths = folder / "model.yml", folder / "accuracy-check.yml"
    paths[0].write_text(yaml.safe_dump(model))
    paths[1].write_text(yaml.safe_dump(accuracy_yml() if accuracy is None else accuracy))
    return paths

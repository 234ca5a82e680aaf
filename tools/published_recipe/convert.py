"""Make the published recipe's IR: `python -m tools.published_recipe.convert`, after `make omz-env`.

Writes the recipe's ONNX of the configured checkpoint (see recipe_onnx.py) and has the real Model Optimizer of
openvino-dev convert it as the Open Model Zoo does, weights in FP16, its default, and in FP32. Nothing is written unless
all of it works.
"""

import argparse
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from configs.errors import ConversionError, UsageError
from configs.files import new_folder
from configs.folders import find_made
from configs.load import DEFAULT_CONFIG, load_config, override
from tools.command_line import run
from tools.published_recipe.recipe_onnx import ONNX_FILE, OUT, SIZE, export_recipe

OMZ_ENVIRONMENT = Path(".venv-omz")
PRECISIONS = ("fp16", "fp32")


def main() -> None:
    """Write models/published-recipe: recipe.onnx, fp16/model.xml, fp32/model.xml."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--config", type=Path, default=DEFAULT_CONFIG, help="names the checkpoint and the set")
    parser.add_argument("--checkpoint", type=Path, help="start from this checkpoint instead")
    parser.add_argument("--environment", type=Path, default=OMZ_ENVIRONMENT, help="where openvino-dev is installed")
    parser.add_argument("--out", type=Path, default=OUT, help="the folder to write, replaced if it is there")
    arguments = parser.parse_args()
    config = load_config(arguments.config)
    if arguments.checkpoint is not None:
        changes = {"model.checkpoint": arguments.checkpoint, "model.onnx": None, "model.download": None}
        config = override(config, changes, "--checkpoint")
    optimizer = model_optimizer(arguments.environment)
    find_made(arguments.out, _made, foreign="not empty, and not what this makes", holds=frozenset)
    with new_folder(arguments.out, replace=True) as work:
        parity = export_recipe(config, work / ONNX_FILE)
        print(
            f"{ONNX_FILE}: against the reference network, on {parity.samples} composites in onnxruntime: max |alpha "
            f"difference| {parity.alpha.max:.3g}, mean {parity.alpha.mean:.3g}; {parity.differing_cells} cells refined "
            "otherwise",
            flush=True,
        )
        for precision in PRECISIONS:
            run_model_optimizer(optimizer, work / ONNX_FILE, work / precision, precision == "fp16")
    for precision in PRECISIONS:
        print(arguments.out / precision / "model.xml")


def _made(folder: Path) -> tuple[str, ...] | None:
    """Return what a folder of this command holds; None where a file of it is missing."""
    files = ONNX_FILE, *(f"{precision}/model{end}" for precision in PRECISIONS for end in (".xml", ".bin"))
    return files if all((folder / name).is_file() for name in files) else None


def model_optimizer(environment: Path) -> Path:
    """Return the path of `mo` in a virtual environment.

    Raises:
        UsageError: it is not there.
    """
    path = environment / "bin/mo"
    if not path.is_file():
        raise UsageError(f"{path}: no Model Optimizer here; run `make omz-env`, which installs openvino-dev 2024.6.0")
    return path


def run_model_optimizer(optimizer: Path, onnx: Path, out: Path, compress: bool) -> None:
    """Convert as the Open Model Zoo's `model.yml` says; `compress` stores the weights in FP16.

    Raises:
        ConversionError: Model Optimizer fails, or leaves no IR behind.
    """
    height, width = SIZE
    arguments = [
        f"--input_model={onnx}",
        "--input=src,bgr",
        f"--input_shape=[1,3,{height},{width}],[1,3,{height},{width}]",
        "--output=pha,fgr",
        "--scale=255",
        "--reverse_input_channels",
        f"--compress_to_fp16={compress}",
        "--model_name=model",
        f"--output_dir={out}",
    ]
    done = run_unasked([str(optimizer), *arguments])
    if done.returncode or not (out / "model.xml").is_file():
        raise ConversionError(f"{optimizer}: Model Optimizer failed (exit {done.returncode}):\n{done.stdout.strip()}")


def run_unasked(
    command: Sequence[str], environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a program without a terminal: then it neither asks whether it may send usage data, nor sends any."""
    return subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
        env=environment,
    )


if __name__ == "__main__":
    run(main)

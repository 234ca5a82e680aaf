"""`mattekit convert` and `mattekit verify`."""

from pathlib import Path
from typing import Annotated

import typer

from configs.errors import UsageError
from configs.load import load_config, override
from mattekit.terminal.console import say, step_bar
from mattekit.terminal.options import CONFIG, ConfigOption, GraphOption, names_from, size_from


def convert(
    config: ConfigOption = CONFIG,
    checkpoint: Annotated[
        Path | None, typer.Option(help="Start from this PyTorch checkpoint, .pth or .safetensors.")
    ] = None,
    onnx: Annotated[Path | None, typer.Option(help="Start from this ONNX instead; it then is the original.")] = None,
    input_shape: Annotated[
        str | None, typer.Option(metavar="HEIGHTxWIDTH", help="Size the forms are made for, divisible by 4.")
    ] = None,
    input_form: Annotated[
        str | None,
        typer.Option(
            metavar="nchw-f32|nhwc-u8",
            help="How the IR takes images: planes of float32, or frames as OpenCV and cameras give them.",
        ),
    ] = None,
    precisions: Annotated[
        str | None, typer.Option(help="Precisions of the IR's weights, from fp32,fp16,int8 (int8 takes longer).")
    ] = None,
    graph: Annotated[
        GraphOption | None,
        typer.Option(help="What a checkpoint is exported as: fast, or the network as it is written down."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The converted model's folder.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Convert even if it is already done.")] = False,
) -> None:
    """Convert a checkpoint to ONNX and OpenVINO IR, and prove every form on real composites.

    The IR takes BGR 0..255 and divides by 255 itself; its contract is written into it. A form that differs from the
    original, or whose contract is not what it says, stops the conversion with exit 1 and nothing is written.

    int8 is calibrated on drawn figures, or on a set of your own (convert.int8.calibration in the configuration), never
    on what is evaluated; what stays float in it is measured, and recorded in conversion.json.

    Examples:

        mattekit convert

        mattekit convert --checkpoint pytorch_mobilenetv2.pth --out models/published

        mattekit convert --input-form nhwc-u8 --out models/frames

        mattekit convert --precisions fp32,fp16,int8

        mattekit convert --graph reference --out models/reference

        mattekit convert --onnx bgm_mobilenetv2.onnx --precisions fp16 --out models/omz
    """
    from converter.convert import convert as run

    if checkpoint and onnx:
        raise UsageError("give --checkpoint or --onnx, not both")
    changes = {
        "convert.input_shape": size_from(input_shape, "--input-shape", "HEIGHTxWIDTH"),
        "convert.input_form": input_form,
        "convert.precisions": names_from(precisions),
        "convert.graph": graph,
        "convert.out": out,
    }
    job = override(load_config(config), changes)
    if checkpoint or onnx:
        model = job.model.model_copy(update={"checkpoint": checkpoint, "onnx": onnx})
        job = job.model_copy(update={"model": model})
    with step_bar() as (say_above, report):
        run(job, force=force, say=say_above, report=report)


def verify(
    models: Annotated[Path, typer.Argument(help="A converted model's folder.")],
    config: ConfigOption = CONFIG,
) -> None:
    """Prove a converted model again: its files' hashes, the parity of every hop, the contract of every IR.

    Samples and tolerances come from the configuration; original and size from the folder's `conversion.json`.

    Example:

        mattekit verify models/background-matting-mobilenetv2
    """
    from converter.verify import verify as run

    with step_bar() as (say_above, report):
        forms = run(models, load_config(config), say=say_above, report=report)
    say(f"{models}: all {len(forms)} forms proved")

"""`mattekit convert` and `mattekit verify`."""

from pathlib import Path
from typing import Annotated

import typer

from configs.errors import UsageError
from configs.load import load_config
from configs.schema import Graph, InputForm, Layout
from configs.sizes import WRITTEN
from mattekit.terminal.console import say, step_bar
from mattekit.terminal.jobs import changed
from mattekit.terminal.modes import answer
from mattekit.terminal.options import CONFIG, ConfigOption, OldShapeOption, chosen_size, names_from
from mattekit.terminal.published import provide_original


def convert(
    config: ConfigOption = CONFIG,
    checkpoint: Annotated[
        Path | None, typer.Option(help="Start from this checkpoint of PyTorch, or safetensors, whatever its name.")
    ] = None,
    onnx: Annotated[Path | None, typer.Option(help="Start from this ONNX instead; it then is the original.")] = None,
    architecture: Annotated[
        str | None,
        typer.Option(
            help="The original's family, such as background-matting-v2; one of yours lies in MATTEKIT_ARCHITECTURES."
        ),
    ] = None,
    size: Annotated[
        str | None,
        typer.Option(
            metavar=WRITTEN,
            help="Of the images, such as 1280x720; for BackgroundMattingV2 divisible by 4, for MODNet by 32.",
        ),
    ] = None,
    input_shape: OldShapeOption = None,
    input_form: Annotated[
        InputForm | None,
        typer.Option(help="How the IR takes images: planes of float32, or frames as OpenCV and cameras give them."),
    ] = None,
    precisions: Annotated[
        str | None, typer.Option(help="Precisions of the IR's weights, from fp32,fp16,int8 (int8 takes longer).")
    ] = None,
    graph: Annotated[
        Graph | None,
        typer.Option(help="What a checkpoint is exported as: fast, or the network as it is written down."),
    ] = None,
    device: Annotated[
        str | None,
        typer.Option(
            metavar="DEVICE[.PRECISION]",
            help="Prove every IR on this OpenVINO device as well, such as GPU, or GPU.f16 for another than its own.",
        ),
    ] = None,
    layout: Annotated[
        Layout | None,
        typer.Option(
            help="Where the IRs lie: fp16/model.xml, or where the Open Model Zoo's tools look, "
            "public/NAME/FP16/NAME.xml with the folder's name."
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The converted model's folder.")] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Convert from nothing, even where nothing has changed.")
    ] = False,
) -> None:
    """Convert a checkpoint to ONNX and OpenVINO IR, and prove every form on real composites.

    The IR takes BGR 0..255 and scales it itself; its contract is written into it. Where a form differs from the
    original by more than its tolerance, or breaks its contract, the conversion ends with 1 and writes no model.

    A conversion that was killed, interrupted or refused goes on where it was: hops that were proved are kept beside the
    folder, in one named like it with `.unfinished`, and taken if nothing that decides them has changed. --force makes
    all anew.

    int8 is calibrated on drawn figures, or on a set of your own (convert.int8.calibration in the configuration), never
    on samples that are evaluated. Measured drift decides what stays float, and conversion.json records it.

    Where the configuration names a published model (model.download), that is fetched if it is not there, and verified.

    Examples:

        mattekit convert

        mattekit convert --config configs/published.yaml

        mattekit convert --checkpoint mine.pth --out models/mine

        mattekit convert --input-form nhwc-u8 --out models/frames

        mattekit convert --precisions fp32,fp16,int8

        mattekit convert --graph reference --out models/reference

        mattekit convert --device GPU

        mattekit convert --onnx bgm_mobilenetv2.onnx --precisions fp16 --out models/omz

        mattekit convert --layout omz --out omz/background-matting-mobilenetv2

        mattekit convert --onnx modnet.onnx --architecture modnet --size 896x512 --out models/modnet
    """
    from converter.convert import convert as run

    if checkpoint and onnx:
        raise UsageError("give --checkpoint or --onnx, not both")
    options = {
        "--checkpoint": ("model.checkpoint", checkpoint),
        "--onnx": ("model.onnx", onnx),
        "--architecture": ("model.architecture", architecture),
        "--size": ("convert.size", chosen_size(size, input_shape)),
        "--input-form": ("convert.input_form", input_form),
        "--precisions": ("convert.precisions", names_from(precisions)),
        "--graph": ("convert.graph", graph),
        "--device": ("convert.device", device),
        "--layout": ("convert.layout", layout),
        "--out": ("convert.out", out),
    }
    other = "model.onnx" if checkpoint else "model.checkpoint"
    job = changed(config, options, {other: None, "model.download": None} if checkpoint or onnx else {})
    provide_original(job)
    with step_bar() as (say_above, report):
        record = run(job, force=force, say=say_above, report=report)
    answer(folder=job.convert.out, conversion=record)


def verify(
    models: Annotated[
        Path | None, typer.Argument(help="A converted model's folder; by default the configuration's.")
    ] = None,
    config: ConfigOption = CONFIG,
) -> None:
    """Check a converted model again: its files' hashes, the parity of every hop, the contract of every IR.

    Samples and tolerances come from the configuration; original and size from the folder's `conversion.json`.

    Examples:

        mattekit verify

        mattekit verify models/published
    """
    from converter.verify import verify as run

    job = load_config(config)
    folder = models or job.convert.out
    with step_bar() as (say_above, report):
        forms = run(folder, job, say=say_above, report=report)
    answer(folder=folder, forms=forms)
    say(f"{folder}: all {len(forms)} forms proved")

"""`mattekit info`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from configs.load import load_config
from configs.places import found
from configs.sizes import WRITTEN
from mattekit.terminal.console import output, say
from mattekit.terminal.modes import answer
from mattekit.terminal.options import CONFIG, ConfigOption, OldShapeOption, chosen_size


def info(
    model: Annotated[Path, typer.Argument(help="A checkpoint, an ONNX file, or an IR's .xml.")],
    config: ConfigOption = CONFIG,
    size: Annotated[
        str | None, typer.Option(metavar=WRITTEN, help="For which a checkpoint's GFLOPs are counted, such as 1280x720.")
    ] = None,
    input_shape: OldShapeOption = None,
) -> None:
    """Describe a model: parameters, GFLOPs, operations, and its I/O contract.

    Examples:

        mattekit info training/checkpoints/mattekit-mobilenetv2.safetensors

        mattekit info models/background-matting-mobilenetv2/fp16/model.xml
    """
    from converter.info import describe_model

    job = load_config(config)
    counted = chosen_size(size, input_shape) or job.convert.size
    described = describe_model(found(model), job.model, counted)
    answer(model=model, description=described)
    say(f"{model}: {described.kind}")
    facts = Table(box=None, show_header=False)
    for name, value in described.facts.items():
        facts.add_row(escape(name), escape(value))
    if described.operations:
        operations = ", ".join(f"{kind} {count}" for kind, count in described.operations.items())
        facts.add_row("operations", escape(operations))
    output.print(facts)
    say("GFLOPs: 2 x multiply-adds of convolutions, nothing else; docs/cost.md leads to the published figures")
    if described.contract is None:
        say("I/O contract: none carried")
        return
    ports = Table(title="I/O contract", title_justify="left")
    for heading in ("tensor", "direction", "shape", "layout", "type", "range", "colour order"):
        ports.add_column(heading)
    contract = described.contract
    for direction, group in (("in", contract.inputs), ("out", contract.outputs)):
        for port in group:
            shape = "x".join("*" if side is None else str(side) for side in port.shape)
            ports.add_row(
                escape(port.name),
                direction,
                shape,
                port.layout,
                port.element_type,
                port.span if port.is_image else "-",
                port.colour_order or "-",
            )
    output.print(ports)
    mean = f"{contract.mean:g} subtracted from inputs, then " if contract.mean else "inputs "
    say(
        f"{mean}divided by {contract.scale:g} inside; source SHA-256 {contract.source_sha256[:16]}; "
        f"mattekit {contract.toolkit_version}"
    )

"""`mattekit matte`."""

from pathlib import Path
from typing import Annotated

import typer

from configs.errors import UsageError
from mattekit.terminal.console import say
from mattekit.terminal.options import CONFIG, ConfigOption, DeviceOption

Align = Annotated[
    str,
    typer.Option(
        metavar="auto|off|always", help="Bring the plate to the frame's place: where it helps, never, always."
    ),
]
Match = Annotated[bool, typer.Option("--match-plate", "--match_plate", help="Even the plate's exposure and colour.")]
ModelOption = Annotated[
    Path | None,
    typer.Option("--model", "-m", help="A converted model's folder, an IR (.xml), an .onnx, or a checkpoint."),
]
VariantOption = Annotated[str | None, typer.Option(help="Of a converted model's folder, such as ir-int8@default.")]


def matte(
    image: Annotated[Path, typer.Argument(help="The picture to cut the person out of.")],
    plate: Annotated[
        Path | None, typer.Argument(help="The same scene without the person; not for a network that takes none.")
    ] = None,
    model: ModelOption = None,
    variant: VariantOption = None,
    device: DeviceOption = None,
    out: Annotated[Path | None, typer.Option(help="The cut-out, RGBA (.png or .webp); cut.png by default.")] = None,
    alpha: Annotated[Path | None, typer.Option(help="Also write the matte, grey.")] = None,
    foreground: Annotated[
        Path | None, typer.Option(help="Also write the person's colours as the network gives them.")
    ] = None,
    composite: Annotated[Path | None, typer.Option(help="Also write the person over --target.")] = None,
    target: Annotated[
        str, typer.Option(metavar="IMAGE|#RRGGBB|blur:K", help="What --composite lays the person over.")
    ] = "#78FF9B",
    align: Align = "auto",
    match_plate: Match = False,
    config: ConfigOption = CONFIG,
) -> None:
    """Cut the person out of one picture, given a plate of the same scene where the network takes one.

    The picture may be of any size: it is fitted into the network's with its aspect kept, and what comes out has the
    picture's size. Colours are the network's foreground, so no light of the old background is left in hair and edges.

    Examples:

        mattekit matte photo.jpg plate.jpg

        mattekit matte photo.jpg plate.jpg --alpha alpha.png --composite beach.png --target beach.jpg
    """
    from configs.load import load_config
    from demo.composing.blend import as_bytes, colours_of, cut_out
    from demo.matting.matter import Matter
    from demo.media.pictures import read_picture, require_picture_name, write_picture
    from demo.pipeline.plates import Plates, align_named, findings
    from demo.pipeline.targets import open_target
    from mattekit.terminal.models import open_chosen

    how = align_named(align)
    named = {"--out": out or Path("cut.png"), "--alpha": alpha, "--foreground": foreground, "--composite": composite}
    written = {option: path for option, path in named.items() if path is not None}
    for option, path in written.items():
        require_picture_name(option, path)
        if any(path.exists() and path.samefile(other) for other in (image, plate) if other and other.exists()):
            raise UsageError(f"{option} {path}: is one of the inputs; choose another name")
    source = read_picture(image)
    with Matter(open_chosen(model, variant, device, load_config(config))) as matter:
        if not matter.takes_plate and plate is not None:
            say(f"{plate}: the network takes no plate; it is passed over")
        given = read_picture(plate) if plate is not None and matter.takes_plate else None
        plates = Plates(given, how, match_plate)
        behind = plates.plate_for(source)
        for line in (*(findings(source, given) if given is not None else ()), *plates.notes):
            say(line)
        made = matter(source, behind)
    if made.foreground is None:
        say("the network gives no foreground colours: those of the source are used, old background in edges and all")
    pictures = {"--out": cut_out(made, source)}
    if alpha:
        pictures["--alpha"] = as_bytes(made.alpha)
    if foreground:
        pictures["--foreground"] = colours_of(made, source)
    if composite:
        with open_target(target) as over:
            pictures["--composite"] = over.compose(made, source, behind)
    for option, path in written.items():
        write_picture(path, pictures[option])
        say(f"{option.removeprefix('--')}: {path}")

"""`mattekit matrix`: the same converted job under several versions of a library."""

from pathlib import Path
from typing import Annotated

import typer

from configs.load import load_config
from mattekit.terminal.console import progress_bars, say
from mattekit.terminal.jobs import changed, command, model_folder, new_run
from mattekit.terminal.modes import answer
from mattekit.terminal.options import CONFIG, ConfigOption, EnvironmentsOption, FindLinksOption, variants_from
from mattekit.terminal.published import environments_folder


def matrix(
    openvino: Annotated[
        str | None, typer.Option(metavar="VERSIONS", help="Versions of OpenVINO, such as 2025.4.1,2026.3.0.")
    ] = None,
    onnxruntime: Annotated[str | None, typer.Option(metavar="VERSIONS", help="Versions of onnxruntime.")] = None,
    torch: Annotated[str | None, typer.Option(metavar="VERSIONS", help="Versions of PyTorch.")] = None,
    config: ConfigOption = CONFIG,
    models: Annotated[Path | None, typer.Option(help="The converted model's folder.")] = None,
    dataset: Annotated[
        str | None, typer.Option(metavar="people|synthetic|DIR", help="A bundled set, or a set in OMZ's layout.")
    ] = None,
    variants: Annotated[str | None, typer.Option(help="What to run; the first is the original.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first N samples.")] = None,
    frames: Annotated[
        int, typer.Option(min=0, help="Inferences that are timed of each variant and version; 0 times nothing.")
    ] = 20,
    locate: Annotated[bool, typer.Option(help="Look for the first node that parts, where a score moved.")] = True,
    convert: Annotated[
        bool, typer.Option("--convert", help="Let each version convert the original anew, and run what it made.")
    ] = False,
    find_links: FindLinksOption = None,
    environments: EnvironmentsOption = None,
    out: Annotated[Path | None, typer.Option(help="The folder to write; by default a new one under reports/.")] = None,
) -> None:
    """Run one converted job under several versions of OpenVINO, onnxruntime or PyTorch, and compare them.

    Each version gets an environment of its own, kept in a cache: the replaced package, laid over the packages that run
    here, so that nothing else differs. Every version runs the same converted files on the same samples; with --convert
    each makes its own, in a folder that goes afterwards. Its scores are held against the pinned version's by the limits
    of gate.against_baseline, sample by sample; its speed is measured in turn with the pinned version's; and where a
    score moved in any digit, the first inner tensor that parts is named.

    Writes matrix.md, matrix.json and runs/ (results and scores of every version). Ends with 0 where every version is
    within the limits, with 1 where one is beyond, with 5 where the samples cannot tell, and with 3 where a version
    cannot be installed or does not run the job; the others are compared all the same.

    Examples:

        mattekit matrix --openvino 2025.4.1,2026.3.0,2026.4.1

        mattekit matrix --onnxruntime 1.30.0 --variants torch,onnx --limit 12

        mattekit matrix --openvino 2026.3.0 --models models/mine --dataset footage --frames 0 --out reports/upgrade
    """
    from configs.errors import UsageError
    from eval.versions.environments import bytes_in
    from eval.versions.matrix import MatrixOptions
    from eval.versions.pins import pins_of
    from eval.versions.text import matrix_markdown, summary
    from mattekit.stages.versions import matrix_into

    given = {"openvino": openvino, "onnxruntime": onnxruntime, "torch": torch}
    pins = [pin for package, text in given.items() for pin in pins_of(package, text, f"--{package}")]
    if not pins:
        raise UsageError("name at least one version: --openvino 2026.3.0, --onnxruntime 1.30.0 or --torch 2.12.1")
    options = {
        "--models": ("convert.out", models),
        "--dataset": ("dataset.path", dataset),
        "--variants": ("evaluate.variants", variants_from(variants)),
        "--limit": ("dataset.limit", limit),
    }
    job = changed(load_config(config), options, model_folder(models))
    folder = out or new_run("matrix")
    how = MatrixOptions(environments or environments_folder(), find_links, frames, locate, convert)
    rerun = command(
        "matrix",
        {
            **{f"--{package}": text for package, text in given.items()},
            "--config": config,
            "--models": models,
            "--dataset": dataset,
            "--variants": variants,
            "--limit": limit,
            "--frames": frames,
            "--no-locate": not locate,
            "--convert": convert,
            "--find-links": find_links,
        },
    )
    with progress_bars() as report:
        record = matrix_into(folder, job, pins, how, rerun, report)
    answer(folder=folder, matrix=record)
    say(matrix_markdown(record))
    for version in record.versions:
        say(summary(version))
    count, size = bytes_in(how.environments)
    say(f"environments: {how.environments} ({count}, {size / 1e6:.0f} MB; remove what you do not need any more)")
    say(f"written: {folder}")
    if record.exit_code:
        raise typer.Exit(record.exit_code)

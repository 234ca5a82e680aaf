"""`mattekit evaluate`."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from configs.errors import UsageError
from configs.load import job_file, load_config
from configs.schema import Align, Executor, Plate
from mattekit.terminal.console import progress_bars, say, say_aside, say_warning, tables
from mattekit.terminal.jobs import changed, command, model_folder, new_run
from mattekit.terminal.modes import answer
from mattekit.terminal.options import (
    CONFIG,
    ConfigOption,
    ContractOption,
    DeviceOption,
    ModelOption,
    models_from,
    variants_from,
)


def evaluate(
    config: ConfigOption = CONFIG,
    models: Annotated[Path | None, typer.Option(help="The converted model's folder.")] = None,
    dataset: Annotated[
        str | None, typer.Option(metavar="people|synthetic|DIR|URL", help="A bundled set, or a set in OMZ's layout.")
    ] = None,
    plate: Annotated[
        Plate | None, typer.Option(help="The plate of the bundled people: exact, or taken by a hand-held camera.")
    ] = None,
    variants: Annotated[
        str | None, typer.Option(help="What to run; the first is the original that drift is counted from.")
    ] = None,
    model: ModelOption = None,
    contract: ContractOption = None,
    device: DeviceOption = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first N samples.")] = None,
    align: Annotated[
        Align | None, typer.Option(help="Align plates taken by hand: where it helps, never, or always.")
    ] = None,
    match_plate: Annotated[
        bool | None, typer.Option("--match-plate", help="Even the plates' exposure and white balance.")
    ] = None,
    out: Annotated[
        str | None,
        typer.Option(metavar="DIR|URL", help="The run's folder; by default a new one under reports/."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a finished run in the folder of --out.")] = False,
    resume: Annotated[
        Path | None, typer.Option(metavar="RUN", help="Finish a run that was broken off, with the job that it had.")
    ] = None,
    executor: Annotated[
        Executor, typer.Option(help="What does the work: this process, or the nodes of a Ray cluster.")
    ] = "local",
    address: Annotated[
        str | None,
        typer.Option(metavar="HOST:PORT|auto", help="The head of the Ray cluster; without it one is started here."),
    ] = None,
) -> None:
    """Run the original and every converted form on one set, and write a report.

    Writes report.md, report.html (one file, readable offline), results.json, per_sample.csv and pictures of the worst
    samples. A bundled set is made at first use, under data/; name a folder of your own called people `./people`. This
    verb only measures and does not fail on drift: `mattekit gate` judges. Plates that show the person are refused.

    A set without ground truth (no fgr/; see `mattekit dataset pairs` and `frames`) is evaluated for agreement: every
    variant against what the original gives.

    Variants: torch, onnx, and ir-WEIGHTS@PRECISION, where PRECISION is f32, bf16, f16 or default (what OpenVINO picks
    by itself). For ir-int8 it is the precision of what is not quantized. ir-fp16 is short for ir-fp16@f32. A device
    other than the CPU stands before the precision, ir-fp16@GPU.f16, or is given to all that name none by --device.

    A run that was broken off or killed loses little: RUN.unfinished keeps its finished samples, and the same command,
    or --resume RUN, goes on from there, to the same figures to the last bit. What changed meanwhile (models, set,
    settings, code, packages) is told and refused; --force begins anew.

    Set and run may lie in a store of objects, s3://, gs:// or hf:// (docs/scale.md): samples are fetched as they are
    decoded and kept in a bounded cache, and a run is put there when it is whole.

    With --executor ray the nodes of a cluster share the samples (docs/cluster.md), to the same figures to the last bit.
    Models are sent to them, the set must be readable on all under the same path or URL. Inferences are not timed there.

    An IR or ONNX of anybody's runs beside them by --model. Where it carries no contract, it is run in every plausible
    way (colour order, range, which input is which), and one must bring it near the original by a clear margin: the
    report says which. What --contract says is held against the other ways (docs/variants.md).

    Examples:

        mattekit evaluate

        mattekit evaluate --plate handheld

        mattekit evaluate --dataset HumanMattingClips120 --limit 10

        mattekit evaluate --dataset captured --align auto --match-plate

        mattekit evaluate --models models/published --variants torch,ir-fp16@default --out reports/published

        mattekit evaluate --resume reports/nightly

        mattekit evaluate --dataset s3://bucket/clips --out s3://bucket/runs/today

        mattekit evaluate --dataset /mnt/sets/VideoMatte240K --executor ray --address 10.0.0.4:6379

        mattekit evaluate --model theirs=public/FP16/model.xml --contract theirs=colour=BGR,range=0..255
    """
    from eval.gate.output import print_gate
    from eval.run.stretch import stretch_ahead
    from mattekit.stages.evaluation import evaluate_into, executing, resumed
    from mattekit.stages.upload import RunPlace, run_place

    execute = executing(executor, address, say_aside)
    base = load_config(config)
    options = {
        "--models": ("convert.out", models),
        "--dataset": ("dataset.path", dataset),
        "--plate": ("dataset.plate", plate),
        "--variants": ("evaluate.variants", variants_from(variants)),
        "--model, --contract": ("evaluate.models", models_from(model, contract, base)),
        "--device": ("evaluate.device", device),
        "--limit": ("dataset.limit", limit),
        "--align": ("dataset.align", align),
        "--match-plate": ("dataset.match_plate", match_plate),
    }
    job = changed(base, options, model_folder(models))
    given = {
        "--config": config,
        "--models": models,
        "--dataset": dataset,
        "--plate": plate,
        "--variants": variants,
        "--model": model,
        "--contract": contract,
        "--device": device,
        "--limit": limit,
        "--align": align,
        "--match-plate": match_plate,
    }
    converting = [command("convert", {"--config": config})] if models is None else []
    place: str | Path = out or new_run(job.name)
    rerun: Sequence[str] = [*converting, command("evaluate", given)]
    if resume is not None:
        own = None if config == job_file() else config
        _require_alone({**given, "--config": own, "--out": out, "--force": force or None})
        place, job, rerun = resumed(resume)
    if warning := stretch_ahead(job):
        say_warning(f"{warning}; convert for the set's aspect: mattekit convert --size WIDTHxHEIGHT")
    with progress_bars() as report, run_place(place, force=force, report=report) as run:
        folder, results, judgement = evaluate_into(
            run.folder,
            job,
            any_name=out is None and resume is None,
            force=force,
            execute=execute,
            rerun=rerun,
            say=say_aside,
            report=report,
        )
    where = run if folder == run.folder else RunPlace(folder, str(folder))
    answer(folder=where.address, results=results)
    print_gate(judgement.original, tables())
    say(f"report: {where.file('report.md')}")
    say(f"page: {where.file('report.html')}")


def _require_alone(options: Mapping[str, object]) -> None:
    """Raise `UsageError` where a job is described beside --resume."""
    if given := [option for option, value in options.items() if value is not None]:
        raise UsageError(
            f"--resume goes on with the job that the run had; leave out {', '.join(given)}, or run its command again"
        )

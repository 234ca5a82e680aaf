"""`mattekit bench`."""

from pathlib import Path
from typing import Annotated

import typer

from configs.errors import UsageError
from configs.load import load_config
from configs.schema import Config, Plate
from mattekit.terminal.console import progress_bars, say, tables
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

_PIPELINE = {"--pipeline": True, "--different": None, "--warmup": None, "--no-throughput": None}
"""What the command that repeats the timing of a pipeline has besides, and has not."""


def bench(
    config: ConfigOption = CONFIG,
    models: Annotated[Path | None, typer.Option(help="The converted model's folder.")] = None,
    variants: Annotated[str | None, typer.Option(help="What to time, such as torch,onnx,ir-fp16@default.")] = None,
    against: Annotated[
        list[str] | None,
        typer.Option(
            metavar="XML[@[DEVICE.]PRECISION]", help="An IR that the others are measured against, in f32 by default."
        ),
    ] = None,
    model: ModelOption = None,
    contract: ContractOption = None,
    device: DeviceOption = None,
    dataset: Annotated[
        str | None, typer.Option(metavar="people|synthetic|DIR|URL", help="Where the frames come from.")
    ] = None,
    plate: Annotated[Plate | None, typer.Option(help="The plate of the bundled people.")] = None,
    frames: Annotated[
        int | None, typer.Option(min=1, help="Inferences per model that are timed; 30 by default.")
    ] = None,
    seconds: Annotated[
        float | None, typer.Option(min=1, help="Seconds to time latency, and throughput, instead of --frames.")
    ] = None,
    different: Annotated[int, typer.Option(min=1, help="How many different frames are used, in turn.")] = 6,
    warmup: Annotated[int, typer.Option(min=0, help="Inferences per model before the clock counts.")] = 3,
    streams: Annotated[
        int | None, typer.Option(min=1, help="Streams of the throughput; by default OpenVINO picks.")
    ] = None,
    throughput: Annotated[bool, typer.Option(help="Also measure several inferences at once.")] = True,
    profile: Annotated[bool, typer.Option("--profile", help="Say which operations take an IR's time.")] = False,
    pipeline: Annotated[
        bool, typer.Option("--pipeline", help="Time the evaluation itself: read, check, prepare, infer, score, write.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="Where to write; by default a new folder under reports/.")] = None,
    run: Annotated[Path | None, typer.Option(help="Write into this run's folder, and into its reports.")] = None,
) -> None:
    """Time models on real frames, in turn in one process, so that ratios hold on a machine whose speed drifts.

    It measures the latency of one inference at a time, and for IRs the throughput of several at once. Frames are
    decoded and encoded before the clock starts. Writes bench.json, bench.csv (every single time) and bench.md. A ratio
    is against the first --against that ran in the same precision, else the first --against, else the first variant.

    An IR named with --against may come from elsewhere; one without a contract is run by the published one (BGR 0..255
    in). One named with --model is timed under that name, and its contract is proved against the first variant, as by
    `mattekit evaluate`. Every model's alphas are compared with the first model's, because a fast wrong model is no win.

    With --pipeline it says where the time of `mattekit evaluate` goes instead: the set's samples (or the first
    --frames) through its line one after the other, and all at once, beside bare inference; pipeline.md, .json and .png.

    Examples:

        mattekit bench

        mattekit bench --pipeline --variants ir-fp16@f32

        mattekit bench --variants ir-fp32@f32,ir-fp16@f32 --against models/published-recipe/fp16/model.xml --profile

        mattekit bench --variants ir-fp16@bf16 --against models/published-recipe/fp16/model.xml@bf16 --seconds 20

        mattekit bench --model theirs=public/FP16/model.xml@bf16 --variants ir-fp16@bf16

        mattekit bench --run reports/default-20260101-120000
    """
    from eval.bench.output import print_bench
    from eval.bench.run import BenchOptions
    from eval.bench.timing import Length
    from mattekit.stages.benchmark import bench_into, bench_run

    if frames is not None and seconds is not None:
        raise UsageError("give --frames or --seconds, not both")
    if run is not None and out is not None:
        raise UsageError("give --run or --out, not both")
    if streams is not None and not throughput:
        raise UsageError("--streams belongs to throughput; leave out --no-throughput")
    others = {"--against": against, "--seconds": seconds, "--streams": streams, "--run": run, "--profile": profile}
    if pipeline and (unfit := [name for name, value in others.items() if value]):
        raise UsageError(f"--pipeline times the evaluation; leave out {', '.join(unfit)}")
    base = load_config(config)
    changes = {
        "--models": ("convert.out", models),
        "--dataset": ("dataset.path", dataset),
        "--plate": ("dataset.plate", plate),
        "--variants": ("evaluate.variants", variants_from(variants)),
        "--model, --contract": ("evaluate.models", models_from(model, contract, base)),
        "--device": ("evaluate.device", device),
    }
    job = changed(base, changes, model_folder(models))
    options = BenchOptions(
        against=tuple(against or ()),
        length=Length(frames or 30, seconds),
        different=different,
        warmup=warmup,
        throughput=throughput,
        streams=streams,
        profile=profile,
    )
    given = {
        "--config": config,
        "--models": models,
        "--variants": variants,
        "--model": model,
        "--contract": contract,
        "--device": device,
        "--dataset": dataset,
        "--plate": plate,
        "--frames": frames,
        "--seconds": seconds,
        "--streams": streams,
        "--against": options.against,
        "--different": different,
        "--warmup": warmup,
        "--profile": profile,
        "--no-throughput": not throughput,
    }
    if pipeline:
        _pipeline(out or new_run(f"{job.name}-pipeline"), job, frames, command("bench", {**given, **_PIPELINE}))
        return
    folder = run or out or new_run(f"{job.name}-bench")
    rerun = command("bench", given)
    with progress_bars() as report:
        if run is not None:
            record = bench_run(run, job, options, rerun, report)
        else:
            record = bench_into(folder, job, options, rerun, report)
    answer(folder=folder, bench=record)
    print_bench(record, tables())
    say(f"benchmark: {folder / 'bench.md'}")


def _pipeline(folder: Path, job: Config, frames: int | None, rerun: str) -> None:
    from eval.bench.pipeline_page import print_pipeline
    from mattekit.stages.benchmark import pipeline_into

    with progress_bars() as report:
        record = pipeline_into(folder, job, frames, rerun, report)
    answer(folder=folder, pipeline=record)
    print_pipeline(record, tables())
    say(f"benchmark: {folder / 'pipeline.md'}")

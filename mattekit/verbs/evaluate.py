"""`mattekit evaluate`."""

import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from configs.errors import UsageError
from configs.load import load_config, override
from configs.schema import Config
from mattekit.terminal.console import output, progress_bars, say
from mattekit.terminal.options import CONFIG, ConfigOption, PlateOption, names_from


def evaluate(
    config: ConfigOption = CONFIG,
    models: Annotated[Path | None, typer.Option(help="The converted model's folder.")] = None,
    dataset: Annotated[
        str | None, typer.Option(metavar="people|synthetic|DIR", help="A bundled set, or a set in OMZ's layout.")
    ] = None,
    plate: Annotated[
        PlateOption | None, typer.Option(help="The plate of the bundled people: exact, or as held by hand.")
    ] = None,
    variants: Annotated[
        str | None, typer.Option(help="What to run; the first is the original that drift is counted from.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first N samples.")] = None,
    out: Annotated[Path | None, typer.Option(help="The run's folder; by default a new one under reports/.")] = None,
) -> None:
    """Run the original and every converted form on one set, and write a report.

    Writes report.md, report.html (one file, readable offline), results.json, per_sample.csv and pictures of the worst
    samples. A bundled set is made at first use, under data/ (a folder of such a name is `./people`). Measuring alone
    does not fail on drift: `mattekit gate` judges.

    Variants: torch, onnx, ir-WEIGHTS@PRECISION with precision f32, bf16, f16 or default (what OpenVINO picks by
    itself), in ir-int8 of what is not quantized; ir-fp16 is short for ir-fp16@f32.

    Examples:

        mattekit evaluate

        mattekit evaluate --plate handheld

        mattekit evaluate --dataset HumanMattingClips120 --limit 10

        mattekit evaluate --models models/published --variants torch,ir-fp16@default --out reports/published
    """
    from rich.console import Console

    from converter.forms.record import Conversion, recorded_model
    from eval.gate.judge import judge_original
    from eval.gate.output import print_gate
    from eval.run.evaluate import evaluate as run

    changes = {
        "convert.out": models,
        "dataset.path": dataset,
        "dataset.plate": None if plate is None else plate.value,
        "dataset.limit": limit,
        "evaluate.variants": names_from(variants),
    }
    job = override(load_config(config), changes)
    if models is not None:
        # A folder named by hand is taken as it is, whatever the configuration starts from.
        job = job.model_copy(update={"model": recorded_model(Conversion.read(models))})
    run_dir = out or _new_run(job)
    given = {"--models": models, "--dataset": dataset, "--plate": plate, "--variants": variants, "--limit": limit}
    arguments = [f"{name} {shlex.quote(str(value))}" for name, value in given.items() if value is not None]
    rerun = " ".join(["mattekit evaluate", f"--config {shlex.quote(config.as_posix())}", *arguments])
    steps = (f"mattekit convert --config {shlex.quote(config.as_posix())}", rerun) if models is None else (rerun,)
    with progress_bars() as report:
        results = run(job, run_dir, rerun=steps, report=report)
    print_gate(judge_original(results, job.gate), Console(highlight=False) if output.is_terminal else output)
    say(f"report: {run_dir / 'report.md'}")
    say(f"page: {run_dir / 'report.html'}")


def latest_run(config: Config) -> Path:
    """Return the newest run of this configuration under reports/.

    Raises:
        UsageError: there is none.
    """
    stamp = f"{'[0-9]' * 8}-{'[0-9]' * 6}"  # so that `ci` does not take the runs of `ci-large` for its own
    runs = sorted(path.parent for path in Path("reports").glob(f"{config.name}-{stamp}/results.json"))
    if not runs:
        raise UsageError(
            f"no run named {config.name}-* under reports/; run `mattekit evaluate`, or name a run's folder"
        )
    return runs[-1]


def _new_run(config: Config) -> Path:
    """Name a run after the configuration and the time, so that runs sort."""
    return Path("reports") / f"{config.name}-{datetime.now(UTC):%Y%m%d-%H%M%S}"

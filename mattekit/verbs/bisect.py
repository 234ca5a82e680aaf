"""`mattekit bisect`: which release of a library moved a metric, or the speed."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from configs.errors import InconclusiveError, UsageError
from configs.load import load_config
from configs.places import RUNS, home
from mattekit.terminal.console import say, step_bar
from mattekit.terminal.jobs import changed, command, model_folder
from mattekit.terminal.modes import answer
from mattekit.terminal.options import (
    CONFIG,
    ConfigOption,
    EnvironmentsOption,
    FindLinksOption,
    names_from,
    variants_from,
)
from mattekit.terminal.published import environments_folder

if TYPE_CHECKING:
    from eval.versions.bisect_record import Criterion


def bisect(
    package: Annotated[Literal["openvino", "onnxruntime", "torch"], typer.Argument(help="Whose releases.")],
    good: Annotated[str, typer.Option(metavar="VERSION", help="A release that is good.")],
    bad: Annotated[str, typer.Option(metavar="VERSION", help="A later or earlier release that is bad.")],
    metric: Annotated[
        str | None, typer.Option(help="Bad is where the mean of this metric moves, such as alpha_mad.")
    ] = None,
    beyond: Annotated[
        float | None, typer.Option(min=0, help="By how much --metric must move, in published units; 0 by default.")
    ] = None,
    speed: Annotated[
        float | None, typer.Option(help="Bad is where an inference takes more than this many times as long: 1.2.")
    ] = None,
    versions: Annotated[
        str | None, typer.Option(help="The releases from good to bad, in order; by default those that pip finds.")
    ] = None,
    config: ConfigOption = CONFIG,
    models: Annotated[Path | None, typer.Option(help="The converted model's folder.")] = None,
    dataset: Annotated[
        str | None, typer.Option(metavar="people|synthetic|DIR", help="A bundled set, or a set in OMZ's layout.")
    ] = None,
    variants: Annotated[str | None, typer.Option(help="What to run; the first is the original.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first N samples.")] = None,
    frames: Annotated[int, typer.Option(min=3, help="With --speed: inferences that are timed of each variant.")] = 30,
    find_links: FindLinksOption = None,
    environments: EnvironmentsOption = None,
    out: Annotated[
        Path | None, typer.Option(help="The folder to write; by default reports/bisect-PACKAGE-GOOD-BAD.")
    ] = None,
) -> None:
    """Name the release of OpenVINO, onnxruntime or PyTorch that moved a metric or the speed of a converted job.

    Every release is measured in an environment of its own (see `mattekit matrix`), against the good one: by default a
    release is bad where a judgement by the limits of gate.against_baseline does not pass, in any variant that the
    package runs. First the good release is measured twice, and must agree with itself, and the bad one, and must be
    bad. A release that cannot be installed or does not run the job is passed over.

    The folder holds bisect.json, with every step and its figures, and runs/. The same command goes on where it was
    interrupted. Ends with 0 where the release is found, and with 5 where nothing moved or several are left.

    Examples:

        mattekit bisect openvino --good 2025.4.1 --bad 2026.4.1

        mattekit bisect openvino --good 2025.4.1 --bad 2026.4.1 --metric alpha_mad --beyond 0.001 --limit 12

        mattekit bisect onnxruntime --good 1.30.0 --bad 1.32.0 --speed 1.2 --versions 1.30.0,1.31.0,1.32.0
    """
    from eval.versions.bisect import BisectOptions, question_of
    from eval.versions.environments import released_versions
    from eval.versions.pins import between, pin_of
    from mattekit.stages.versions import bisect_into

    first, last = pin_of(package, good, "--good"), pin_of(package, bad, "--bad")
    if first.is_met_by(last.version):
        raise UsageError(f"--good and --bad are both {last}; name two releases")
    criterion = _criterion(metric, beyond, speed)
    options = {
        "--models": ("convert.out", models),
        "--dataset": ("dataset.path", dataset),
        "--variants": ("evaluate.variants", variants_from(variants)),
        "--limit": ("dataset.limit", limit),
    }
    job = changed(load_config(config), options, model_folder(models))
    known = names_from(versions)
    if known is None:
        known = released_versions(package, find_links)
    known = tuple(pin_of(package, version, "--versions").version for version in known)
    question = question_of(job, package, between(first.version, last.version, known), criterion)
    how = BisectOptions(environments or environments_folder(), find_links, frames)
    folder = out or home() / RUNS / f"bisect-{package}-{first.version}-{last.version}"
    given = {
        "--good": good,
        "--bad": bad,
        "--metric": metric,
        "--beyond": beyond,
        "--speed": speed,
        "--versions": versions,
        "--config": config,
        "--models": models,
        "--dataset": dataset,
        "--variants": variants,
        "--limit": limit,
        "--frames": frames,
        "--find-links": find_links,
    }
    count = len(question.versions)
    say(f"{package}: {count} releases from {first.version} to {last.version}; bad is where {criterion}")
    with step_bar() as (say_above, report):
        record = bisect_into(folder, question, how, command(f"bisect {package}", given), report, say_above)
    answer(folder=folder, bisect=record)
    say(record.lines()[-1])
    say(f"written: {folder}")
    if len(record.suspects) != 1:
        raise typer.Exit(InconclusiveError.exit_code)


def _criterion(metric: str | None, beyond: float | None, speed: float | None) -> "Criterion":
    """Return when a release is bad, as the options say.

    Raises:
        UsageError: they do not go together, or a value is out of range.
    """
    from eval.versions.bisect_record import Criterion

    if speed is not None and (metric is not None or beyond is not None):
        raise UsageError("give --metric or --speed, not both")
    if beyond is not None and metric is None:
        raise UsageError("--beyond belongs to --metric; name the metric, such as --metric alpha_mad")
    if speed is not None and speed <= 1:
        raise UsageError(f"--speed: expected how many times as long is bad, above 1, found {speed:g}")
    return Criterion(metric=metric, beyond=beyond, speed=speed)

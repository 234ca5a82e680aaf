"""`mattekit export`: files that other programs read."""

import shlex
from pathlib import Path
from typing import Annotated

import typer

from configs.errors import DataError, UsageError
from configs.load import job_file
from mattekit.terminal.console import progress_bars, say
from mattekit.terminal.jobs import changed


def accuracy_check(
    source: Annotated[Path, typer.Argument(metavar="RUN|MODELS", help="A run's folder, or a converted model's.")],
    out: Annotated[Path, typer.Option(help="The folder for the configuration.")],
    dataset: Annotated[
        str | None,
        typer.Option(
            metavar="people|synthetic|DIR", help="With MODELS: a bundled set, or one in OMZ's layout; people."
        ),
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="With MODELS: only the first N samples.")] = None,
) -> None:
    """Write a configuration with which the Open Model Zoo's accuracy_checker checks the same IRs on the same set.

    Of a run it takes the IRs that ran on the CPU, its samples, and its figures as what is expected: accuracy_checker
    then prints PASSED where its own differ by less than 0.01. Of a converted model's folder it takes every IR, in f32.

    Writes accuracy-check.yml and dataset_definitions.yml, and prints the command. What accuracy_checker cannot do is
    refused, or said: a set without ground truth, prepared plates, IRs for frames (nhwc-u8), networks that do not take a
    plate and give foreground colours, what is no IR. A set is held against the names by which accuracy_checker finds
    samples, since it passes over others in silence.

    Examples:

        mattekit export accuracy-check reports/mine --out omz-check

        mattekit export accuracy-check models/mine --dataset HumanMattingClips120 --out omz-check
    """
    from converter.forms.record import Conversion
    from eval.omz.export import export_of_models, export_of_run, write_export
    from eval.run.results import Results

    if (source / Results.FILE).is_file():
        if dataset is not None or limit is not None:
            raise UsageError(f"--dataset and --limit: {source} is a run, and has a set of its own; leave them out")
        export = export_of_run(source)
    elif (source / Conversion.FILE).is_file():
        job = changed(job_file(), {"--dataset": ("dataset.path", dataset), "--limit": ("dataset.limit", limit)})
        with progress_bars() as report:
            export = export_of_models(source, job.dataset, report)
    else:
        raise DataError(
            f"{source}: expected a run's folder ({Results.FILE}) or a converted model's ({Conversion.FILE}); run "
            "`mattekit evaluate` or `mattekit convert`"
        )
    command = write_export(out, export)
    for model in export.checked:
        say(f"{model.file}: as {model.variant.name}")
    for note in export.notes:
        say(note)
    say(f"{out}: to check {export.count or len(export.samples.refs)} samples of {export.samples.root}, run\n")
    say(shlex.join(command))

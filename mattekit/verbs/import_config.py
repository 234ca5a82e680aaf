"""`mattekit import-config`."""

from pathlib import Path
from typing import Annotated

import typer

from configs.errors import UsageError
from mattekit.terminal.console import say


def import_config(
    model_yml: Annotated[
        Path, typer.Argument(help="The Open Model Zoo's model.yml, in the folder with the model's name.")
    ],
    accuracy_yml: Annotated[Path | None, typer.Argument(help="Its accuracy-check.yml.")] = None,
    out: Annotated[Path, typer.Option(help="The job's YAML.")] = Path("mattekit-job.yaml"),
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Turn the Open Model Zoo's description of a matting model into a job.

    Model, size, downloads and checksums, quantization, set and number of samples go into the job. Colour order, scale,
    mean, the pictures that each input is fed and the metrics' definitions are held against what mattekit does. Every
    other key is printed with why it does not matter, or with what to do by hand; the latter stands in the job as well.

    A file of another task, tensors of no known architecture, or a scale that the architecture does not take is refused.

    Examples:

        mattekit import-config public/background-matting-mobilenetv2/model.yml

        mattekit import-config mine/model.yml mine/accuracy-check.yml --out mine.yaml
    """
    from configs.files import write_atomically
    from eval.omz.job import import_job

    if out.exists() and not force:
        raise UsageError(f"{out}: is there already; choose another --out, or give --force")
    imported = import_job(model_yml, accuracy_yml)
    write_atomically(out, imported.text(" and ".join(path.name for path in (model_yml, accuracy_yml) if path)))
    for finding in imported.findings:
        say(str(finding))
    for hint in imported.hints:
        say(hint)
    say(f"{out}: written; next: mattekit convert --config {out}")

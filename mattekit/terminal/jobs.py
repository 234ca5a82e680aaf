"""The job that a verb works on: the configuration as its options change it, its runs, and its command."""

import shlex
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from configs.errors import UsageError
from configs.load import DEFAULT_CONFIG, load_config, override
from configs.places import HOME_VARIABLE, RUNS, home
from configs.schema import Config


def changed(
    config: Path | Config, options: Mapping[str, tuple[str, object]], implied: Mapping[str, object] | None = None
) -> Config:
    """Read a configuration and change it as a command's options say.

    Args:
        config: the YAML file, or what was read of it.
        options: an option's name to the dotted key that it sets and its value; None where it was not given.
        implied: further dotted keys to set, which follow from the options; None sets null.

    Raises:
        UsageError: the file is wrong, or the values do not go together; the message names the given options.
    """
    given = {option: change for option, change in options.items() if change[1] is not None}
    job = config if isinstance(config, Config) else load_config(config)
    return override(job, {**dict(given.values()), **(implied or {})}, ", ".join(given))


def model_folder(models: Path | None) -> dict[str, object]:
    """Return what `--models` implies: a folder named by hand is taken as it is, whatever the configuration starts from.

    Raises:
        DataError: it is no converted model's folder.
    """
    from converter.forms.record import Conversion, recorded_model

    return {} if models is None else {"model": recorded_model(Conversion.read(models))}


def command(verb: str, options: Mapping[str, object]) -> str:
    """Return the shell command `mattekit <verb>` with `options`.

    A list or tuple gives its option once for each item, True gives the option alone, None and False leave it out. So
    does the toolkit's own job, which is read without an option.
    """
    parts = ["mattekit", verb]
    for option, given in options.items():
        for value in given if isinstance(given, list | tuple) else (given,):
            if value is None or value is False or value == DEFAULT_CONFIG:
                continue
            parts.append(option if value is True else f"{option} {shlex.quote(str(value))}")
    return " ".join(parts)


def new_run(name: str) -> Path:
    """Return a new folder under `reports/` for a run that starts now; names sort by time."""
    now = datetime.now(UTC)
    while (folder := home() / RUNS / f"{name}-{now:%Y%m%d-%H%M%S}").exists():
        now += timedelta(seconds=1)
    return folder


def latest_run(config: Config) -> Path:
    """Return the newest run of this configuration under reports/.

    Raises:
        UsageError: there is none.
    """
    stamp = f"{'[0-9]' * 8}-{'[0-9]' * 6}"  # so that `ci` does not take the runs of `ci-large` for its own
    runs = sorted(path.parent for path in (home() / RUNS).glob(f"{config.name}-{stamp}/results.json"))
    if not runs:
        raise UsageError(
            f"no run named {config.name}-* under {(home() / RUNS).absolute()}; run `mattekit evaluate`, name a run's "
            f"folder, or let {HOME_VARIABLE} name the folder that has reports/"
        )
    return runs[-1]

"""The model that a verb runs where none is named."""

from collections.abc import Mapping
from pathlib import Path

from configs.places import found
from configs.schema import Config
from converter.runners.base import Runner
from mattekit.terminal.console import say
from mattekit.terminal.published import provide_original


def open_chosen(
    model: Path | None,
    variant: str | None,
    device: str | None,
    config: Config,
    properties: Mapping[str, str] | None = None,
) -> Runner:
    """Open the model that is named, else the configuration's converted one, else its checkpoint with PyTorch.

    Raises:
        DataError, UsageError: as `demo.matting.opening.open_model`.
    """
    from converter.runners.devices import LATENCY
    from demo.matting.opening import open_model

    return open_model(chosen_model(model, config), variant, device or "CPU", properties=properties or LATENCY)


def chosen_model(model: Path | None, config: Config) -> Path:
    """Return the model that is named, else the configuration's converted one, else its original, which is said.

    Raises:
        DataError, UsageError: as `default_model`.
    """
    if model is not None:
        return found(model)
    chosen, folder = default_model(config), config.convert.out
    if chosen != folder:
        say(f"{folder}: no converted model there, so {chosen} runs as it is; `mattekit convert` makes a faster form")
    return chosen


def default_model(config: Config) -> Path:
    """Return the configuration's converted model folder, or its original where nothing was converted yet.

    Raises:
        DataError, UsageError: the original is to be downloaded, and cannot be.
    """
    from converter.forms.record import Conversion

    folder = config.convert.out
    original = config.model.checkpoint or config.model.onnx
    if original is None or (folder / Conversion.FILE).is_file():
        return folder
    provide_original(config)
    return original

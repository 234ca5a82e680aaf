"""The model that a verb runs where none is named."""

from collections.abc import Mapping
from pathlib import Path

from configs.schema import Config
from converter.runners.base import Runner
from mattekit.terminal.console import say


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
    """Return the model that is named, else the configuration's converted one, else its original, which is said."""
    from converter.forms.record import Conversion

    folder = config.convert.out
    if model is None and (folder / Conversion.FILE).is_file():
        model = folder
    original = config.model.checkpoint or config.model.onnx
    if model is None and original is not None:
        say(f"{folder}: no converted model there, so {original} runs as it is; `mattekit convert` makes a faster form")
        model = original
    return model or folder

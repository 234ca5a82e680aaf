"""The model that a verb runs where none is named."""

from collections.abc import Mapping
from pathlib import Path

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
    from converter.forms.record import Conversion
    from converter.runners.devices import LATENCY
    from demo.matting.opening import open_model

    folder = config.convert.out
    if model is None and (folder / Conversion.FILE).is_file():
        model = folder
    original = config.model.checkpoint or config.model.onnx
    if model is None and original is not None:
        provide_original(config)
        say(f"{folder}: no converted model there, so {original} runs as it is; `mattekit convert` makes a faster form")
        model = original
    return open_model(model or folder, variant, device or "CPU", properties=properties or LATENCY)

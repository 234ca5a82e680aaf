"""What is said where frames of another aspect than the model's are stretched to it: before a run, and of one."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from configs.errors import DataError
from configs.schema import BUNDLED, Config
from configs.sizes import size_text
from configs.urls import is_url
from converter.forms.record import Conversion
from datasets.samples.images import image_size
from datasets.samples.layout import scan_layout
from eval.run.aspect import MOST_DISTORTION, distorted_sizes, distortion
from eval.run.results import Results

_SHOWN = 3
_LOOKED_AT = 32
"""How many of a set's first frames are looked at before it runs."""


def stretch_note(results: Results) -> str | None:
    """Return what is to be said of a run whose frames were stretched to the model's aspect; None where none were."""
    odd = distorted_sizes(results)
    return _stretched(results.model.input_size, odd) if odd and results.model else None


def stretch_ahead(config: Config) -> str | None:
    """Return what `stretch_note` will say of a job's run, as far as its first frames tell; None before a conversion.

    None too for a set in a store, which would have to be listed for it once more.

    Raises:
        DataError: the converted model's record is corrupt.
    """
    record = Conversion.read_if_there(config.convert.out)
    if record is None or is_url(config.dataset.path):
        return None
    model = record.forms[0].contract.size
    sizes = {config.dataset.size} if config.dataset.path in BUNDLED else _sizes(config)
    odd = sorted(size for size in sizes if distortion(model, size) > MOST_DISTORTION)
    return _stretched(model, odd) if odd else None


def _sizes(config: Config) -> set[tuple[int, int]]:
    """Return the sizes of a set's first composites; one that cannot be read is for the evaluation to name."""
    sizes = set()
    for ref in scan_layout(Path(config.dataset.path)).refs[: min(config.dataset.limit or _LOOKED_AT, _LOOKED_AT)]:
        with suppress(DataError):
            sizes.add(image_size(ref.source))
    return sizes


def _stretched(model: tuple[int, int], sizes: Sequence[tuple[int, int]]) -> str:
    named = ", ".join(map(size_text, sizes[:_SHOWN]))
    more = f" and {len(sizes) - _SHOWN} more sizes" if len(sizes) > _SHOWN else ""
    return (
        f"frames of {named}{more} are stretched to the model's {size_text(model)}, another aspect, "
        "so the figures are of distorted pictures"
    )

"""What every section of a configuration is made of."""

from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer

from configs.records import Frozen
from configs.sizes import WRITTEN, size_of_text, size_text

Positive = Annotated[int, Field(gt=0, le=1 << 31)]
NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]

MAX_PIXELS = 1 << 26
"""Most pixels of an image that is read or made: 8192x8192. More is taken for a mistake, or a decompression bomb."""


def _of_bearable_size(size: tuple[int, int]) -> tuple[int, int]:
    if size[0] * size[1] > MAX_PIXELS:
        raise ValueError(f"expected at most {MAX_PIXELS} pixels, such as 8192x8192")
    return size


def _from_text(size: object) -> object:
    if not isinstance(size, str):
        return size
    read = size_of_text(size)
    if read is None:
        raise ValueError(f"expected {WRITTEN} such as 1280x720")
    return read


ImageSize = Annotated[
    tuple[Positive, Positive],
    BeforeValidator(_from_text),
    AfterValidator(_of_bearable_size),
    PlainSerializer(size_text, return_type=str, when_used="json"),
]
"""Height and width of images; written `1280x720`, the width first."""


class Section(Frozen):
    """A part of the configuration: frozen, and without unknown keys."""

    def replaced(self, **changes: object) -> Self:
        """Return this section with keys replaced, checked as a whole, which pydantic's `model_copy` does not do."""
        return self.model_validate({**self.model_dump(), **changes})

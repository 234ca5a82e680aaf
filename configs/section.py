"""What every section of a configuration is made of."""

from typing import Annotated, Self

from pydantic import Field

from configs.records import Frozen

Positive = Annotated[int, Field(gt=0, le=1 << 31)]
NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Section(Frozen):
    """A part of the configuration: frozen, and without unknown keys."""

    def replaced(self, **changes: object) -> Self:
        """Return this section with keys replaced, checked as a whole, which pydantic's `model_copy` does not do."""
        return self.model_validate({**self.model_dump(), **changes})

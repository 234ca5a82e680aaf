"""The typed form of `training/recipe.yaml`: the bank of pictures, the stages, the seeds."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError, field_validator, model_validator

from configs.errors import UsageError
from configs.schema import Positive, Section
from configs.yaml_file import read_yaml
from converter.architectures.background_matting_v2 import ARCHITECTURE

Share = Annotated[float, Field(ge=0, le=1)]


class BankSection(Section):
    """The pictures that training composes: rendered once by the synthetic generator, at `size`."""

    seed: int
    foregrounds: Positive
    backgrounds: Positive
    size: tuple[Positive, Positive]

    @field_validator("size")
    @classmethod
    def _taken(cls, size: tuple[int, int]) -> tuple[int, int]:
        if not ARCHITECTURE.takes(size):
            raise ValueError(f"height and width must be divisible by {ARCHITECTURE.divisible_by}")
        return size


class RenderedSection(Section):
    """Pictures that are made once, outside the toolkit: see `training/checkpoints/README.md`.

    Attributes:
        people: folder of what `tools/people/bank.py` renders; the first `count` of them are used.
        photographs: folder of photographs (JPEG) that `crops` backgrounds are cut from by `seed`.
    """

    people: Path
    count: Positive
    photographs: Path
    crops: Positive
    seed: int


class Stage(Section):
    """A part of the training.

    Attributes:
        train: `base` trains encoder, ASPP and decoder on frames at the backbone's resolution; `whole` all, end to end.
        zoom: pixels of the frame per pixel of the bank, so 0.25 shows whole pictures at the backbone's resolution.
        frame: height and width of the frames the network is given.
        learning_rate: of the base network, at the start of the stage.
        refiner_learning_rate: of the refiner, likewise (stages that train the whole).
        rendered_share: share of figures that are rendered people; half of the backgrounds are photographs then.
        handheld_share: share of plates as a hand-held camera takes them: moved, turned and exposed differently.
        final_share: the share of the learning rate at which the cosine decay ends.
    """

    name: str
    train: Literal["base", "whole"]
    iterations: Positive
    batch: Positive
    frame: tuple[Positive, Positive]
    zoom: Annotated[float, Field(gt=0, le=2)]
    learning_rate: Annotated[float, Field(gt=0)]
    refiner_learning_rate: Annotated[float, Field(gt=0)] | None = None
    rendered_share: Share = 0.0
    handheld_share: Share = 0.0
    warmup: Annotated[int, Field(ge=0)] = 0
    final_share: Share = 0.05


class Recipe(Section):
    """Everything that decides the checkpoint."""

    seed: int
    weight_decay: Annotated[float, Field(ge=0)]
    average_decay: Share
    bank: BankSection
    rendered: RenderedSection | None = None
    stages: Annotated[tuple[Stage, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _rendered_given(self) -> Self:
        if self.rendered is None and (needy := [stage.name for stage in self.stages if stage.rendered_share]):
            raise ValueError(f"stage `{needy[0]}` has a `rendered_share`, but there is no section `rendered`")
        return self


def load_recipe(path: Path) -> Recipe:
    """Read and check a recipe.

    Raises:
        UsageError: the file cannot be read or is not a valid recipe.
    """
    try:
        return Recipe.model_validate(read_yaml(path))
    except ValidationError as error:
        raise UsageError(f"{path}: not a valid training recipe: {error}") from error

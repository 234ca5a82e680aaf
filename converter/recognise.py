"""What a file is as an original: its family, the network's settings, and the size of its images where it has one."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from configs.errors import DataError, UsageError
from configs.schema import ModelSection
from converter.architectures import architecture_named, architecture_within, known_architectures
from converter.architectures.base import Architecture, Size

_BACKBONES = get_args(ModelSection.model_fields["backbone"].annotation)


@dataclass(frozen=True, slots=True)
class Recognised:
    """An original that can be converted.

    Attributes:
        architecture: its family.
        model: the model section that describes it.
        size: (height, width) that it is fixed to; None where it takes any.
    """

    architecture: Architecture
    model: ModelSection
    size: Size | None = None


def recognise_checkpoint(path: Path, architecture: str | None = None) -> Recognised:
    """Tell which family and backbone a checkpoint is of: those as which it loads, every key and shape in place.

    Args:
        path: of the checkpoint.
        architecture: the family, where it is known; else every one is tried.

    Raises:
        DataError: the file is missing or no checkpoint, or one of no such network.
        UsageError: there is no such family.
    """
    from converter.network.checkpoint import read_state_dict

    families = [architecture_named(architecture)] if architecture else list(known_architectures().values())
    read_state_dict(path)
    refused: DataError | None = None
    for family, model in _trials(path, families):
        try:
            family.network(model)
        except DataError as error:
            refused = refused or error
        else:
            return Recognised(family, model)
    names = ", ".join(family.name for family in families if family.load is not None)
    if refused is None:
        raise UsageError(f"--architecture: {families[0].title} is converted from a ready ONNX alone; give --onnx")
    raise DataError(
        f"{path}: a checkpoint, but not of {names} with any of the backbones {', '.join(_BACKBONES)}. {refused}"
    )


def recognise_onnx(path: Path, architecture: str | None = None) -> Recognised:
    """Tell which family an ONNX is of, by the names of its inputs and outputs, and its size where that is fixed.

    Arguments and errors as `recognise_checkpoint`.
    """
    from converter.steps.onnx_file import read_onnx, shape_of

    named = architecture_named(architecture) if architecture else None
    graph = read_onnx(path).graph
    constants = {tensor.name for tensor in graph.initializer}
    inputs = {value.name: value for value in graph.input if value.name not in constants}
    outputs = [value.name for value in graph.output]
    family = architecture_within([{name} for name in inputs], outputs)
    if family is None or (named is not None and family != named):
        families = [named] if named else list(known_architectures().values())
        expected = "; ".join(f"{one.name} takes and gives {', '.join(one.port_names)}" for one in families)
        raise DataError(
            f"{path}: takes {', '.join(inputs) or 'nothing'} and gives {', '.join(outputs)}; expected a model of a "
            f"known family ({expected}); rename its tensors, or add the family (docs/extending.md)"
        )
    source = next(port.name for port in family.inputs if port.role == "source")
    sides = shape_of(inputs[source])[2:4]
    fixed = tuple(side for side in sides if isinstance(side, int) and side > 0)
    size = (fixed[0], fixed[1]) if len(fixed) == len(sides) == 2 else None
    return Recognised(family, ModelSection(architecture=family.name, checkpoint=None, onnx=path), size)


def _trials(path: Path, families: list[Architecture]) -> Iterator[tuple[Architecture, ModelSection]]:
    for family in families:
        if family.load is not None:
            for backbone in _BACKBONES:
                yield family, ModelSection(architecture=family.name, checkpoint=path, backbone=backbone)

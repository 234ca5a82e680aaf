"""How large a form may be, judged by the shapes that it declares before anything is allocated for it."""

from collections.abc import Iterable, Mapping
from math import prod
from typing import NamedTuple

from configs.errors import DataError, shortened
from configs.section import MAX_PIXELS
from configs.sizes import size_text
from converter.forms.contract import Contract, Port

MOST_VALUES = 1 << 29
"""Most values of one tensor: 2 GiB as float32, which the network of the largest image read does not reach."""

Sides = tuple[int, ...]
"""A tensor's sides; 0 for one that is not fixed."""
Found = tuple[Sides, str]
"""A tensor's sides, and its element type."""


class GraphPorts(NamedTuple):
    """The inputs and the outputs of a form's graph, by name, in its order."""

    inputs: Mapping[str, Found]
    outputs: Mapping[str, Found]


def require_bearable(tensors: Iterable[tuple[str, Sides]], origin: str) -> None:
    """Raise `DataError` where a tensor, given as name and sides, would hold more than `MOST_VALUES` values."""
    for name, shape in tensors:
        # Free sides are at least 1, and a negative one is a fault that whoever loads the graph names.
        if prod(max(side, 1) for side in shape) > MOST_VALUES:
            raise DataError(
                f"{origin}: {shortened(name)} has the shape {shortened(str(shape))}; at most {MOST_VALUES} values of "
                "one tensor are taken"
            )


def require_ports(contract: Contract, found: dict[str, Found], origin: str) -> None:
    """Hold the tensors of a form's graph against the contract that it carries.

    Args:
        contract: what the form says of itself.
        found: the graph's inputs and outputs by name.
        origin: names the form in errors.

    Raises:
        DataError: a tensor of the contract is not there, an input is there that it does not know, one has another
            shape or element type, or images are larger than any that is read.
    """
    inputs, outputs = contract.inputs, contract.outputs
    for port in (*inputs, *outputs):
        if port.name not in found:
            raise DataError(
                f"{origin}: its contract names {shortened(port.name)}, which its graph lacks; convert again"
            )
        _require_port(port, *found[port.name], origin)
    if contract.size[0] * contract.size[1] > MAX_PIXELS:
        raise DataError(f"{origin}: takes images of {size_text(contract.size)}; at most {MAX_PIXELS} pixels")


def _require_port(port: Port, shape: Sides, kind: str, origin: str) -> None:
    # A side that the graph leaves free takes what the contract asks for.
    agrees = len(shape) == len(port.shape) and all(
        wanted is None or side in (wanted, 0) for wanted, side in zip(port.shape, shape, strict=True)
    )
    if not agrees or kind != port.element_type:
        raise DataError(
            f"{origin}: {shortened(port.name)}: its contract says {port.element_type} {port.shape}, its graph has "
            f"{kind} {shortened(str(shape))}; convert again"
        )

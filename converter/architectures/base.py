"""What an architecture declares: its ports and their roles, its sizes, and how a checkpoint becomes the network."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from configs.errors import DataError, UsageError
from configs.schema import Graph, HopTolerance, ModelSection
from configs.sizes import size_text

Role = Literal["source", "background", "state", "ratio", "alpha", "foreground", "auxiliary"]
"""What a tensor is: the frame, the plate, what is carried from frame to frame, a constant number; the results, and what
a network gives besides: every form keeps an auxiliary output, and nothing is proved of it or scored."""
IMAGES: Mapping[Role, int] = {"source": 3, "background": 3, "alpha": 1, "foreground": 3}
"""Roles of images, and how many channels each has."""
Size = tuple[int, int]
"""Height and width of an image."""
Shape = tuple[int | None, ...]
"""Sides of a tensor; None for one that is free."""

EXACT = HopTolerance(mean=1e-5, quantile=1e-4)
TOLERANCES: Mapping[str, HopTolerance] = {
    "onnx": EXACT,
    "onnx-simplified": EXACT,
    "ir-fp32": EXACT,
    "ir-fp16": HopTolerance(mean=1e-3, quantile=2e-2),
    "ir-int8": HopTolerance(mean=3e-2, quantile=0.5),
    "f16": HopTolerance(mean=2e-3, quantile=4e-2),
    "bf16": HopTolerance(mean=5e-3, quantile=0.1),
}
"""Of a family that states no others: for every hop, and for a proof on a device that infers in f16 or bf16."""


def weight_facts(network: Any, model: ModelSection, size: Size) -> dict[str, str]:
    """Return what there is to say of any PyTorch network: how many parameters, and numbers in its checkpoint."""
    return {
        "parameters": f"{sum(parameter.numel() for parameter in network.parameters()):,}",
        "float values": f"{sum(v.numel() for v in network.state_dict().values() if v.is_floating_point()):,} "
        "(with BatchNorm statistics)",
    }


def _call(network: Any, *tensors: Any) -> Any:
    return network(*tensors)


@dataclass(frozen=True, slots=True)
class PortSpec:
    """A tensor that the network takes or gives, whatever the size of the images.

    Attributes:
        name: of the tensor, in every form.
        role: what it is. An image is (1, C, H, W), RGB where it has colours.
        low, high: of an image, the values that stand for black or transparent, and for white or opaque. All input
            images of a network have the same.
        shape: of a state, ratio or auxiliary output; a free side of a state starts as 1 in the original. Converted
            forms have the sides that the original's states take for images of their size.
        state: of a state, the name that an output and the input it feeds at the next frame share.
        value: of a ratio, the number that it is given: for images of any size, or by their size. A job may give another
            (`model.downsample_ratio`).
    """

    name: str
    role: Role
    low: float = 0
    high: float = 1
    shape: Shape | None = None
    state: str | None = None
    value: float | Callable[[Size], float] | None = None


@dataclass(frozen=True, slots=True)
class Architecture:
    """A family of networks.

    Attributes:
        name: in configurations and contracts.
        title: as its paper prints it.
        paper: where that is, a URL; None where there is none to name.
        inputs, outputs: its tensors, in the order that the network takes and gives them.
        divisible_by: what height and width must be divisible by.
        load: how a model section's checkpoint becomes the network, ready for inference: a module that takes the
            inputs' tensors in order, and gives one tensor, or an object with an attribute of each output's name.
            None for a family that comes as ONNX alone. The module's `read_as`, where it has one, says what of the file
            was unwrapped; `converter.network.checkpoint.load_weights` sets it.
        run: how PyTorch runs the network on the inputs' tensors, where that is not as it is exported.
        fast: how a network is arranged for speed for images of one size, in a graph of static shapes; None where it
            is exported as it is. The module's `fixed_weights` names those of its convolutions' weights that hold
            nothing learnt, which int8 leaves float.
        cell: side in pixels of the square cells that the network chooses to refine, which forms may choose otherwise;
            None for a network that chooses nothing.
        tolerances: of every hop, and of a proof on a device by the precision that ran there, unless the configuration
            gives others.
        stimuli_factors: by the precision of a form's limits, by how much those on the stimuli are wider than what
            `converter.proof.limits` gives.
        int8_candidates: what int8 may leave float, from the boldest on, unless the configuration says.
        telling_names: whether a model with this family's tensors may be taken to be of it; False where they have names
            that any network's might have.
        facts: what `mattekit info` says of a checkpoint; given the network, its model section and the size of images.
    """

    name: str
    title: str
    inputs: tuple[PortSpec, ...]
    outputs: tuple[PortSpec, ...]
    divisible_by: int = 1
    load: Callable[[ModelSection], Any] | None = None
    run: Callable[..., Any] = _call
    fast: Callable[[Any, Size], Any] | None = None
    cell: int | None = None
    tolerances: Mapping[str, HopTolerance] = field(default_factory=lambda: TOLERANCES)
    stimuli_factors: Mapping[str, float] = field(default_factory=dict)
    int8_candidates: tuple[tuple[str, ...], ...] = ((),)
    facts: Callable[[Any, ModelSection, Size], dict[str, str]] = weight_facts
    paper: str | None = None
    telling_names: bool = True

    @property
    def port_names(self) -> tuple[str, ...]:
        """Names of inputs and outputs, in order."""
        return tuple(port.name for port in (*self.inputs, *self.outputs))

    def takes(self, size: Size) -> bool:
        """Tell whether the network takes images of `size`."""
        return not any(side % self.divisible_by for side in size)

    def check_size(self, size: Size) -> None:
        """Raise `UsageError` unless the network takes images of `size`."""
        if not self.takes(size):
            raise UsageError(
                f"convert.size: height and width must be divisible by {self.divisible_by} for {self.title}, "
                f"not {size_text(size)}"
            )

    def network(self, model: ModelSection) -> Any:
        """Return the network of a checkpoint, ready for inference.

        Raises:
            DataError: this family comes as ONNX alone, or the checkpoint is missing or does not fit.
        """
        if self.load is None:
            raise DataError(f"{model.checkpoint}: {self.title} is converted from a ready ONNX alone; set model.onnx")
        return self.load(model)

    def arranged(self, network: Any, size: Size, graph: Graph) -> Any:
        """Return what is exported of a network: itself, or its fast arrangement.

        Raises:
            UsageError: there is no fast arrangement of such a network or size.
        """
        return network if self.graph(graph) == "reference" else self._fast(network, size)

    def graph(self, asked: Graph) -> Graph:
        """Return the arrangement that is exported where `asked` is configured."""
        return "reference" if self.fast is None else asked

    def _fast(self, network: Any, size: Size) -> Any:
        assert self.fast is not None
        return self.fast(network, size)

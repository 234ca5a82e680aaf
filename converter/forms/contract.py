"""The I/O contract of a form: what its inputs and outputs mean. Written into the form, read back by whoever runs it.

A runner never gets a colour order or a range by hand: it reads this. The contract stands in an IR's `rt_info` (path
`mattekit/contract`), in an ONNX file's metadata (key `mattekit.contract`) and in `conversion.json`.
"""

import importlib.metadata
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from configs.errors import DataError, shortened
from configs.records import Frozen
from configs.schema import InputForm, Positive
from converter.architectures import architecture_with_ports
from converter.architectures.base import IMAGES, Architecture, PortSpec, Role

ColourOrder = Literal["RGB", "BGR"]

ONNX_KEY = "mattekit.contract"
RT_INFO_PATH = ("mattekit", "contract")


class Port(Frozen):
    """An input or output tensor.

    Attributes:
        name: of the tensor.
        role: what it is: an image (source, background, alpha, foreground), a state, a ratio or an auxiliary output.
        shape: in the order of `layout`; a state's or auxiliary output's may have free sides, None.
        layout: order of an image's axes: batch N, channels C, height H, width W.
        element_type: of the values.
        low, high: of an image, the values that stand for black, transparent, and for white, opaque: 0 and 1, 0 and
            255, or -1 and 1.
        colour_order: of an image's channels; None for a single channel.
        state: of a state, the name that an output and the input it feeds at the next frame share.
        value: of a ratio, the number that it is given.
    """

    name: str
    role: Role
    shape: Annotated[tuple[Positive | None, ...], Field(min_length=1)]
    layout: Literal["NCHW", "NHWC"] = "NCHW"
    element_type: Literal["f32", "u8"] = "f32"
    # Left out where it is 0, so that forms of a range from 0 keep their bytes.
    low: Annotated[float, Field(exclude_if=lambda low: low == 0)] = 0
    high: float = 1
    colour_order: ColourOrder | None = None
    state: str | None = None
    value: float | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.is_image and (len(self.shape) != 4 or None in self.shape):
            raise ValueError(f"{self.name}: an image has four fixed sides, found {self.shape}")
        if (self.role == "state") != (self.state is not None) or (self.role == "ratio") != (self.value is not None):
            raise ValueError(f"{self.name}: a state has a `state`, a ratio a `value`, and nothing else has")
        if not self.low < self.high:
            raise ValueError(f"{self.name}: `low` must be below `high`, found {self.span}")
        return self

    @property
    def is_image(self) -> bool:
        """Whether it is an image, which has a size, a layout and a range."""
        return self.role in IMAGES

    @property
    def span(self) -> str:
        """The range of an image's values, such as `0..255` or `-1..1`."""
        return f"{self.low:g}..{self.high:g}"

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of an image."""
        height = self.layout.index("H")
        sides = self.shape[height : height + 2]
        return sides[0] or 0, sides[1] or 0

    def fits(self, shape: Sequence[object]) -> bool:
        """Tell whether a tensor of this shape is one of this port's; a free side takes any."""
        return len(shape) == len(self.shape) and all(
            wanted in (None, found) for wanted, found in zip(self.shape, shape, strict=True)
        )


class Contract(Frozen):
    """What a form takes and gives.

    Attributes:
        architecture: name of the family that the network is of.
        inputs: its inputs, in the network's order; one is the source.
        outputs: its outputs, in the network's order; one is alpha.
        mean: what the form subtracts from its input images itself, before it divides; 0 when it does not.
        scale: what the form divides its input images by itself; 1 when it does not.
        source_sha256: hash of the file the conversion started from.
        toolkit_version: of the mattekit that made the form.
        constants: of a converted form, the numbers built into it that its original takes as inputs, by name. Left out
            of the file where there are none.
    """

    architecture: str
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    mean: Annotated[float, Field(exclude_if=lambda mean: mean == 0)] = 0
    scale: Annotated[float, Field(gt=0)]
    source_sha256: str
    toolkit_version: str
    constants: Annotated[dict[str, float], Field(exclude_if=lambda constants: not constants)] = Field(
        default_factory=dict
    )

    @model_validator(mode="before")
    @classmethod
    def _with_roles(cls, content: Any) -> Any:
        """Give roles to the ports of a contract that an earlier version wrote: its architecture's, by their names."""
        if not isinstance(content, dict) or "architecture" in content:
            return content
        ports = [port for key in ("inputs", "outputs") for port in content.get(key, ()) if isinstance(port, dict)]
        architecture = architecture_with_ports([str(port.get("name")) for port in ports])
        if architecture is None:
            raise ValueError("it names no architecture, and none is known that has its tensors")
        roles = {spec.name: spec.role for spec in (*architecture.inputs, *architecture.outputs)}
        known = {key: [{"role": roles[port["name"]], **port} for port in content[key]] for key in ("inputs", "outputs")}
        return {**content, **known, "architecture": architecture.name}

    @model_validator(mode="after")
    def _complete(self) -> Self:
        roles = [port.role for port in self.inputs], [port.role for port in self.outputs]
        if roles[0].count("source") != 1 or roles[1].count("alpha") != 1:
            raise ValueError("a form has one source among its inputs, and one alpha among its outputs")
        if sorted(self._states(self.inputs)) != sorted(self._states(self.outputs)):
            raise ValueError("every state is both an input and an output")
        return self

    @staticmethod
    def _states(ports: tuple[Port, ...]) -> dict[str, Port]:
        return {port.state: port for port in ports if port.state is not None}

    def input(self, role: Role) -> Port | None:
        """Return the first input of this role, None where there is none."""
        return next((port for port in self.inputs if port.role == role), None)

    def output(self, role: Role) -> Port | None:
        """Return the first output of this role, None where there is none."""
        return next((port for port in self.outputs if port.role == role), None)

    @property
    def source(self) -> Port:
        """The input that takes the frame."""
        return next(port for port in self.inputs if port.role == "source")

    @property
    def takes_plate(self) -> bool:
        """Whether one of the inputs is a background plate."""
        return self.input("background") is not None

    @property
    def images(self) -> tuple[Port, ...]:
        """The inputs that take images."""
        return tuple(port for port in self.inputs if port.is_image)

    @property
    def states(self) -> tuple[tuple[Port, Port], ...]:
        """Every state as the input that takes it, and the output that gives it for the next frame."""
        outputs = self._states(self.outputs)
        return tuple((port, outputs[state]) for state, port in self._states(self.inputs).items())

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the images the form takes."""
        return self.source.size

    def with_images(self, **changes: object) -> "Contract":
        """Return the contract with fields of every input image changed."""
        inputs = tuple(port.model_copy(update=changes) if port.is_image else port for port in self.inputs)
        return self.model_copy(update={"inputs": inputs})

    def fitted_to(self, found: Mapping[str, Sequence[int]]) -> "Contract":
        """Return the contract as a graph keeps it: its states' fixed sides, and no ratio that the graph does not take.

        Args:
            found: the graph's inputs and outputs, name to sides, 0 for a free one. What does not fit is left as it is,
                for whoever holds the graph against the contract to name.
        """
        ratios = [port.name for port in self.inputs if port.role == "ratio"]
        built_in = {name for name in ratios if name not in found}
        if any(port.name not in found for port in self.inputs if port.name not in built_in):
            built_in = set()
        inputs = tuple(_with_sides(port, found) for port in self.inputs if port.name not in built_in)
        outputs = tuple(_with_sides(port, found) for port in self.outputs)
        return self.model_copy(update={"inputs": inputs, "outputs": outputs})

    def settled(self, states: Mapping[str, Sequence[int]]) -> "Contract":
        """Return the contract of a converted form: its states' sides fixed, its ratios built in.

        Args:
            states: the sides of every state, by the name that its input and output share.
        """
        ports = {
            key: tuple(
                port if port.state is None else port.model_copy(update={"shape": tuple(states[port.state])})
                for port in group
                if port.role != "ratio"
            )
            for key, group in (("inputs", self.inputs), ("outputs", self.outputs))
        }
        constants = {port.name: port.value for port in self.inputs if port.role == "ratio"}
        return self.model_copy(update={**ports, "constants": constants})


def network_contract(
    architecture: Architecture, size: tuple[int, int], source_sha256: str, ratio: float | None = None
) -> Contract:
    """Return the contract of the network itself, in PyTorch or ONNX: RGB, in the architecture's ranges.

    Args:
        architecture: of the network.
        size: height and width of images.
        source_sha256: of its file.
        ratio: of an architecture that takes one; None for the architecture's own.
    """
    return Contract(
        architecture=architecture.name,
        inputs=tuple(_port(spec, size, ratio) for spec in architecture.inputs),
        outputs=tuple(_port(spec, size, ratio) for spec in architecture.outputs),
        scale=1,
        source_sha256=source_sha256,
        toolkit_version=importlib.metadata.version("mattekit"),
    )


def ir_contract(
    architecture: Architecture, size: tuple[int, int], source_sha256: str, form: InputForm = "nchw-f32"
) -> Contract:
    """Return the contract of a converted IR: images BGR 0..255 in; out what the network gives, colours in RGB.

    Inputs are (1, 3, H, W) float32, or (1, H, W, 3) uint8 for `nhwc-u8`; outputs do not depend on it. A foreground
    stays RGB because the network makes it of the source, by then reversed to RGB.
    """
    return as_ir(network_contract(architecture, size, source_sha256), form)


def as_ir(network: Contract, form: InputForm = "nchw-f32") -> Contract:
    """Return the contract of the IR that is made of a network which keeps this one; see `ir_contract`."""
    frames = {} if form == "nchw-f32" else {"shape": (1, *network.size, 3), "layout": "NHWC", "element_type": "u8"}
    changed = network.with_images(low=0.0, high=255.0, colour_order="BGR", **frames)
    scale = 255 / (network.source.high - network.source.low)
    # Not -0.0 for a range from 0.
    mean = -network.source.low * scale if network.source.low else 0.0
    return changed.model_copy(update={"mean": mean, "scale": scale})


def parse_contract(text: str, origin: str) -> Contract:
    """Read a contract back from the JSON that a form carries; `origin` names the form in errors.

    Raises:
        DataError: the text is not a contract.
    """
    try:
        return Contract.model_validate_json(text)
    except ValidationError as error:
        raise DataError(
            f"{origin}: its I/O contract is not readable; convert the model again ({shortened(str(error), 500)})"
        ) from error


def _with_sides(port: Port, found: Mapping[str, Sequence[int]]) -> Port:
    sides = found.get(port.name, ())
    if port.role != "state" or len(sides) != len(port.shape):
        return port
    shape = tuple(side or known for side, known in zip(sides, port.shape, strict=True))
    return port.model_copy(update={"shape": shape}) if port.fits(shape) else port


def _port(spec: PortSpec, size: tuple[int, int], ratio: float | None) -> Port:
    channels = IMAGES.get(spec.role)
    value = spec.value(size) if callable(spec.value) else spec.value
    return Port(
        name=spec.name,
        role=spec.role,
        shape=(spec.shape or (1,)) if channels is None else (1, channels, *size),
        low=spec.low,
        high=spec.high,
        colour_order="RGB" if channels == 3 else None,
        state=spec.state,
        value=value if ratio is None or value is None else ratio,
    )

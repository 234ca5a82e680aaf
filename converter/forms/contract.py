"""The I/O contract of a form: what its inputs and outputs mean. Written into the form, read back by whoever runs it.

A runner never gets a colour order or a range by hand: it reads this. The contract stands in an IR's `rt_info` (path
`mattekit/contract`), in an ONNX file's metadata (key `mattekit.contract`) and in `conversion.json`.
"""

import importlib.metadata
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from configs.errors import DataError
from configs.records import Frozen
from configs.schema import InputForm, Positive

ColourOrder = Literal["RGB", "BGR"]

SOURCE = "src"
BACKGROUND = "bgr"  # the published name of the background plate; it says nothing about colour order
ALPHA = "pha"
FOREGROUND = "fgr"
ONNX_KEY = "mattekit.contract"
RT_INFO_PATH = ("mattekit", "contract")


class Port(Frozen):
    """An input or output tensor.

    Attributes:
        name: of the tensor.
        shape: in the order of `layout`.
        layout: order of the axes: batch N, channels C, height H, width W.
        element_type: of the values.
        high: the value that stands for white, opaque: 1 or 255; black, transparent is 0.
        colour_order: of the channels; None for a single channel.
    """

    name: str
    shape: tuple[Positive, Positive, Positive, Positive]
    layout: Literal["NCHW", "NHWC"] = "NCHW"
    element_type: Literal["f32", "u8"] = "f32"
    high: Annotated[float, Field(gt=0)]
    colour_order: ColourOrder | None

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        height = self.layout.index("H")
        return self.shape[height], self.shape[height + 1]


class Contract(Frozen):
    """What a form takes and gives.

    Attributes:
        inputs: source and background, in this order.
        outputs: alpha and foreground, in this order.
        scale: what the form divides its inputs by itself; 1 when it does not.
        source_sha256: hash of the file the conversion started from.
        toolkit_version: of the mattekit that made the form.
    """

    inputs: tuple[Port, Port]
    outputs: tuple[Port, Port]
    scale: Annotated[float, Field(gt=0)]
    source_sha256: str
    toolkit_version: str

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the images the form takes."""
        return self.inputs[0].size


def network_contract(size: tuple[int, int], source_sha256: str) -> Contract:
    """Return the contract of the network itself, in PyTorch or ONNX: RGB 0..1 in, alpha and RGB foreground 0..1 out."""
    return _contract(size, source_sha256, input_high=1, input_order="RGB", scale=1)


def ir_contract(size: tuple[int, int], source_sha256: str, form: InputForm = "nchw-f32") -> Contract:
    """Return the contract of a converted IR: BGR 0..255 in, alpha and *RGB* foreground 0..1 out.

    Inputs are (1, 3, H, W) float32 as published, or (1, H, W, 3) uint8 for `nhwc-u8`; outputs do not depend on it.
    The foreground stays RGB because the network adds the source, by then reversed to RGB, to its residual.
    """
    published = _contract(size, source_sha256, input_high=255, input_order="BGR", scale=255)
    if form == "nchw-f32":
        return published
    frames = {"shape": (1, *size, 3), "layout": "NHWC", "element_type": "u8"}
    source, background = (port.model_copy(update=frames) for port in published.inputs)
    return published.model_copy(update={"inputs": (source, background)})


def parse_contract(text: str, origin: str) -> Contract:
    """Read a contract back from the JSON that a form carries; `origin` names the form in errors.

    Raises:
        DataError: the text is not a contract.
    """
    try:
        return Contract.model_validate_json(text)
    except ValidationError as error:
        raise DataError(f"{origin}: its I/O contract is not readable; convert the model again ({error})") from error


def _contract(
    size: tuple[int, int], source_sha256: str, input_high: float, input_order: ColourOrder, scale: float
) -> Contract:
    images = (1, 3, *size)
    return Contract(
        inputs=(
            Port(name=SOURCE, shape=images, high=input_high, colour_order=input_order),
            Port(name=BACKGROUND, shape=images, high=input_high, colour_order=input_order),
        ),
        outputs=(
            Port(name=ALPHA, shape=(1, 1, *size), high=1, colour_order=None),
            Port(name=FOREGROUND, shape=images, high=1, colour_order="RGB"),
        ),
        scale=scale,
        source_sha256=source_sha256,
        toolkit_version=importlib.metadata.version("mattekit"),
    )

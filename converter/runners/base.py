"""The runner contract: images in, a prediction out, whatever runs beneath.

    with open_runner(Variant("onnx-simplified"), folder) as runner:
        prediction = runner.predict(sample.images)

A runner owns colour order, range, layout and size; it takes them from its form's I/O contract. What a form hands on
from frame to frame, its states, the runner carries as long as the frames are of one clip.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType, TracebackType
from typing import Any, ClassVar, NamedTuple, Self

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from configs.errors import DataError
from converter.forms.contract import Contract, Port
from converter.forms.variant import CPU
from converter.runners.requests import Request, ThreadRequest
from datasets.samples.sample import Prediction

Tensor = NDArray[np.float32]
InputTensor = NDArray[np.float32] | NDArray[np.uint8]
Images = Mapping[str, NDArray[np.uint8]]
"""Role, `source` or `background`, to (H, W, 3) uint8 RGB."""
Feed = Mapping[str, InputTensor]
"""Input's name to its tensor."""
Outputs = dict[str, Tensor]
"""Output's name to its tensor."""
_DTYPES: dict[str, np.dtype[Any]] = {"f32": np.dtype(np.float32), "u8": np.dtype(np.uint8)}


class Quantized(NamedTuple):
    """How many of a graph's convolutions run in 8 bits, and how many there are."""

    convolutions: int = 0
    all_convolutions: int = 0


class Runner(ABC):
    """One runnable form of the network.

    Attributes:
        framework: what runs it, `torch`, `onnxruntime` or `openvino`.
        precision: the inference precision that really runs: `f32`, `bf16` or `f16`, or `int8` for a quantized form.
        rest_precision: of a quantized form, the inference precision of what is not quantized; else None.
        quantized: how many of its convolutions run in 8 bits, of how many; counted in an IR alone.
        contract: what the form takes and gives.
        assumed: whether the contract is a guess, because the form carries none.
        threads: that one inference may use; None where the framework does not tell.
        device: where it was asked to run, in OpenVINO's words.
        executed_on: the devices that really run it.
        reuses_memory: whether the tensors that `run` returns are overwritten by the next one.
        states: input's name to what it is fed at the next frame; empty at the start of a clip.
    """

    framework: str
    precision: str
    rest_precision: str | None = None
    quantized: Quantized = Quantized()
    contract: Contract
    assumed: bool = False
    threads: int | None = None
    device: str = CPU
    executed_on: tuple[str, ...] = (CPU,)
    reuses_memory: ClassVar[bool] = False
    states: Feed = MappingProxyType({})
    _clip: str | None = None

    @property
    def inference_precision(self) -> str:
        """The precision that runs where nothing is quantized."""
        return self.rest_precision or self.precision

    def predict(self, images: Images) -> Prediction:
        """Matte one frame.

        Args:
            images: by role; those of another size than the network's are resized to it.

        Returns:
            The prediction at the network's size.

        Raises:
            DataError: images of another kind, one that the form needs is missing, or a result that is not finite.
        """
        return decode_outputs(self.contract, self.infer(encode_inputs(self.contract, images)))

    def infer(self, feed: Feed) -> Outputs:
        """Run the form on tensors as its contract asks for; return the outputs' tensors, which are the caller's.

        States and ratios need not be fed: the runner has them.

        Raises:
            DataError: an input is missing, or of another element type or shape.
        """
        check_inputs(self.contract, feed)
        outputs = self.run(feed)
        return {name: tensor.copy() for name, tensor in outputs.items()} if self.reuses_memory else outputs

    def run(self, feed: Feed) -> Outputs:
        """Infer, unchecked and without copies: the tensors returned may be overwritten by the next call."""
        outputs = self._run({**unfed_inputs(self.contract), **self.states, **feed})
        if states := self.contract.states:
            self.states = {taken.name: outputs[given.name].copy() for taken, given in states}
        return outputs

    @abstractmethod
    def _run(self, feed: Feed) -> Outputs:
        """Run the form on a tensor for each of its inputs."""

    def requests(self, count: int | None = None) -> Sequence[Request]:
        """Return requests that infer in the background, `count` of them, or as many as suit the form and its device.

        A form with states, or of a framework other than OpenVINO, has one: it runs one inference at a time.
        """
        return (ThreadRequest(self.run),)

    def enter_clip(self, clip: str) -> None:
        """Say which clip the next frame is of; a clip that is not the one before starts without states."""
        if clip != self._clip:
            self.start_clip()
            self._clip = clip

    def start_clip(self) -> None:
        """Forget the states: the next frame is the first of its clip."""
        self.states = MappingProxyType({})
        self._clip = None

    @contextmanager
    def with_float_inputs(self) -> Iterator["Runner"]:
        """Yield this form with inputs that take any value: of float32, whatever element type its contract asks for."""
        yield self

    def close(self) -> None:  # noqa: B027 - most runners hold nothing that must be given back
        """Give back what the runner holds."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def encode_inputs(contract: Contract, images: Images) -> dict[str, InputTensor]:
    """Return the tensors of the images that `contract` asks for, by input.

    Raises:
        DataError: an image is missing, or of another kind.
    """
    feed = {}
    for port in contract.images:
        if port.role not in images:
            raise DataError(f"{port.name}: the model takes a {port.role}, and there is none")
        feed[port.name] = encode_image(images[port.role], port)
    return feed


def unfed_inputs(contract: Contract) -> dict[str, InputTensor]:
    """Return what inputs take that are no images, at the first frame of a clip: zeros for a state, a ratio's value."""
    return {
        port.name: np.full([side or 1 for side in port.shape], port.value or 0, _DTYPES[port.element_type])
        for port in contract.inputs
        if not port.is_image
    }


def decode_outputs(contract: Contract, outputs: Mapping[str, Tensor]) -> Prediction:
    """Return the prediction that output tensors stand for under `contract`."""
    images = {port.role: decode_tensor(outputs[port.name], port) for port in contract.outputs if port.is_image}
    return Prediction(alpha=images["alpha"][..., 0], foreground=images.get("foreground"))


def encode_image(image: NDArray[np.uint8], port: Port) -> InputTensor:
    """Turn an (H, W, 3) uint8 RGB image into the tensor that `port` asks for: (1, 3, h, w) or (1, h, w, 3).

    Another size is brought to the port's with Pillow's BILINEAR, which averages when it shrinks (accuracy_checker's
    resize).

    Raises:
        DataError: the image is not (H, W, 3) uint8, or the port asks for bytes that are not 0..255.
    """
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        raise DataError(f"{port.name}: expected an (H, W, 3) uint8 RGB image, found {image.shape} {image.dtype}")
    if image.shape[:2] != port.size:
        height, width = port.size
        image = np.asarray(Image.fromarray(image).resize((width, height), Image.Resampling.BILINEAR))
    if port.colour_order == "BGR":
        image = image[..., ::-1]
    if port.layout == "NCHW":
        image = image.transpose(2, 0, 1)
    if port.element_type == "u8":
        if (port.low, port.high) != (0, 255):
            raise DataError(f"{port.name}: a contract of uint8 values is for 0..255, found {port.span}")
        return np.ascontiguousarray(image[None])
    tensor = np.ascontiguousarray(image[None], dtype=np.float32)
    if (port.low, port.high) == (0, 255):
        return tensor
    # Divide rather than multiply by 1/255: white must be exactly 1.
    scaled = tensor / np.float32(255 / (port.high - port.low))
    return scaled + np.float32(port.low) if port.low else scaled


def check_inputs(contract: Contract, feed: Feed) -> None:
    """Raise `DataError` unless the tensors have the element types and shapes that `contract` asks for, none missing."""
    ports = {port.name: port for port in contract.inputs}
    if unknown := sorted(set(feed) - set(ports)):
        raise DataError(f"{', '.join(unknown)}: no input of the model; it has {', '.join(ports)}")
    if missing := [port.name for port in contract.images if port.name not in feed]:
        raise DataError(f"{', '.join(missing)}: an input of the model that is not fed")
    for name, tensor in feed.items():
        port = ports[name]
        expected = _DTYPES[port.element_type]
        if tensor.dtype != expected:
            span = f" values {port.span}" if port.is_image else ""
            raise DataError(
                f"{name}: expected {expected}{span}, found {tensor.dtype}; `mattekit info MODEL` tells what a model "
                "takes"
            )
        if not port.fits(tensor.shape):
            same_sides = port.is_image and sorted(tensor.shape) == sorted(side or 0 for side in port.shape)
            hint = "the axes are in another order" if same_sides else "another size"
            raise DataError(
                f"{name}: expected shape {port.shape} ({port.layout}), found {tensor.shape}: {hint}; "
                "`encode_image` makes such a tensor of an image"
            )


def decode_tensor(tensor: InputTensor, port: Port) -> Tensor:
    """Turn the tensor of an image's `port` into (h, w, C) float32 in 0..1, RGB.

    Raises:
        DataError: another shape than the contract's, or values that are not finite.
    """
    if tensor.shape != port.shape:
        raise DataError(f"{port.name}: expected an output of shape {port.shape}, found {tensor.shape}")
    if not np.isfinite(tensor).all():
        raise DataError(f"{port.name}: the model returned NaN or infinity")
    # `merge` interleaves planes ten times as fast as a transposed copy.
    image = np.atleast_3d(cv2.merge(list(tensor[0]))) if port.layout == "NCHW" else tensor[0]
    if port.colour_order == "BGR":
        image = image[..., ::-1]
    raised = image - np.float32(port.low) if port.low else image
    scaled = raised if port.high - port.low == 1 else raised / np.float32(port.high - port.low)
    return np.ascontiguousarray(scaled, dtype=np.float32)

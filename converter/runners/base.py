"""The runner contract: a sample's two images in, a prediction out, whatever runs beneath.

    with TorchRunner(...) as runner:
        prediction = runner.predict(sample.source, sample.background)

A runner owns colour order, range, layout and size; it takes them from its form's I/O contract.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from configs.errors import DataError
from converter.forms.contract import Contract, Port
from datasets.samples.sample import Prediction

Tensor = NDArray[np.float32]
InputTensor = NDArray[np.float32] | NDArray[np.uint8]
_DTYPES: dict[str, np.dtype[Any]] = {"f32": np.dtype(np.float32), "u8": np.dtype(np.uint8)}


class Runner(ABC):
    """One runnable form of the network.

    Attributes:
        framework: what runs it, `torch`, `onnxruntime` or `openvino`.
        precision: the inference precision that really runs: `f32`, `bf16` or `f16`, or `int8` for a quantized form.
        rest_precision: of a quantized form, the inference precision of what is not quantized; else None.
        contract: what the form takes and gives.
        threads: that one inference may use; None where the framework does not tell.
    """

    framework: str
    precision: str
    rest_precision: str | None = None
    contract: Contract
    threads: int | None = None

    def predict(self, source: NDArray[np.uint8], background: NDArray[np.uint8]) -> Prediction:
        """Matte one frame.

        Args:
            source, background: (H, W, 3) uint8 RGB; resized to the network's size where they differ from it.

        Returns:
            The prediction at the network's size.

        Raises:
            DataError: images of another kind, or a result that is not finite numbers.
        """
        return decode_outputs(self.contract, *self.infer(*encode_inputs(self.contract, source, background)))

    @abstractmethod
    def infer(self, source: InputTensor, background: InputTensor) -> tuple[Tensor, Tensor]:
        """Run the form on tensors as its contract asks for; return alpha and foreground as it says.

        Raises:
            DataError: an input of another element type or shape.
        """

    @contextmanager
    def opened(self) -> Iterator["Runner"]:
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


def encode_inputs(
    contract: Contract, source: NDArray[np.uint8], background: NDArray[np.uint8]
) -> tuple[InputTensor, InputTensor]:
    """Return the two input tensors that `contract` asks for, from (H, W, 3) uint8 RGB images."""
    source_port, background_port = contract.inputs
    return encode_image(source, source_port), encode_image(background, background_port)


def decode_outputs(contract: Contract, alpha: Tensor, foreground: Tensor) -> Prediction:
    """Return the prediction that two output tensors stand for under `contract`."""
    alpha_port, foreground_port = contract.outputs
    return Prediction(
        alpha=decode_tensor(alpha, alpha_port)[..., 0], foreground=decode_tensor(foreground, foreground_port)
    )


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
        if port.high != 255:
            raise DataError(f"{port.name}: a contract of uint8 values is for 0..255, found 0..{port.high:g}")
        return np.ascontiguousarray(image[None])
    tensor = np.ascontiguousarray(image[None], dtype=np.float32)
    # Divide rather than multiply by 1/255: white must be exactly 1.
    return tensor if port.high == 255 else tensor / np.float32(255 / port.high)


def check_inputs(contract: Contract, source: InputTensor, background: InputTensor) -> None:
    """Raise `DataError` unless both tensors have the element type and shape that `contract` asks for."""
    for port, tensor in zip(contract.inputs, (source, background), strict=True):
        expected = _DTYPES[port.element_type]
        if tensor.dtype != expected:
            raise DataError(
                f"{port.name}: expected {expected} values 0..{port.high:g}, found {tensor.dtype}; "
                "`mattekit info MODEL` tells what a model takes"
            )
        if tensor.shape != port.shape:
            hint = "the axes are in another order" if sorted(tensor.shape) == sorted(port.shape) else "another size"
            raise DataError(
                f"{port.name}: expected shape {port.shape} ({port.layout}), found {tensor.shape}: {hint}; "
                "`encode_image` makes such a tensor of an image"
            )


def decode_tensor(tensor: InputTensor, port: Port) -> Tensor:
    """Turn the tensor of `port` into (h, w, C) float32 in 0..1, RGB.

    Raises:
        DataError: another shape than the contract's, or values that are not finite.
    """
    if tensor.shape != port.shape:
        raise DataError(f"{port.name}: expected an output of shape {port.shape}, found {tensor.shape}")
    if not np.isfinite(tensor).all():
        raise DataError(f"{port.name}: the model returned NaN or infinity")
    image = tensor[0].transpose(1, 2, 0) if port.layout == "NCHW" else tensor[0]
    if port.colour_order == "BGR":
        image = image[..., ::-1]
    scaled = image if port.high == 1 else image / np.float32(port.high)
    return np.ascontiguousarray(scaled, dtype=np.float32)

"""Matte one frame with any form: the story that pictures, videos, the page and the Python API share."""

from collections.abc import Mapping
from types import TracebackType
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from configs.errors import DataError
from configs.sizes import size_text
from converter.runners.base import Feed, Outputs, Runner, decode_outputs, encode_inputs
from demo.matting.fitting import Fit, Size

Frame = NDArray[np.uint8]
"""(H, W, 3) uint8 RGB."""


class Matte(NamedTuple):
    """A frame's matte, at the frame's own size: `alpha, foreground = matter(image, plate)`.

    Attributes:
        alpha: (H, W) float32, 0 transparent to 1 opaque.
        foreground: (H, W, 3) float32 RGB, 0..1, straight colours without the old background's; None from a network that
            gives alpha alone.
    """

    alpha: NDArray[np.float32]
    foreground: NDArray[np.float32] | None


class Matter:
    """Mattes frames of any size with one form; closes its runner when left, or by `close`.

    Args:
        runner: the form, open (`demo.matting.opening.open_model` opens one by its name).
    """

    def __init__(self, runner: Runner) -> None:
        self.runner = runner

    @property
    def size(self) -> Size:
        """Height and width that the network takes."""
        return self.runner.contract.size

    @property
    def takes_plate(self) -> bool:
        """Whether the network wants a background plate."""
        return self.runner.contract.takes_plate

    def __call__(self, image: Frame, plate: Frame | None = None) -> Matte:
        """Matte a frame.

        Args:
            image: (H, W, 3) uint8 RGB, of any size.
            plate: the same scene without the person, of the same size and kind; passed over by a network without one.

        Raises:
            DataError: an image is of another kind, the plate is missing or of another size, or the network's result is
                not finite.
        """
        fit = self.fit(image)
        return self.decode(self.runner.infer(self.encode(fit, image, plate)), fit)

    def fit(self, image: Frame) -> Fit:
        """Return where a frame comes to lie in the network's."""
        if not isinstance(image, np.ndarray) or image.ndim != 3:
            found = f"{image.shape} {image.dtype}" if isinstance(image, np.ndarray) else f"a {type(image).__name__}"
            raise DataError(f"expected an (H, W, 3) uint8 RGB image as a NumPy array, found {found}")
        return Fit.of((image.shape[0], image.shape[1]), self.size)

    def encode(self, fit: Fit, image: Frame, plate: Frame | None) -> Feed:
        """Return the tensors that the form takes for a frame."""
        images = {"source": fit.enter(image)}
        if self.takes_plate:
            images["background"] = fit.enter(checked_plate(image, plate))
        return encode_inputs(self.runner.contract, images)

    def decode(self, outputs: Mapping[str, NDArray[np.float32]] | Outputs, fit: Fit) -> Matte:
        """Return the matte that the form's outputs are, at the frame's size."""
        prediction = decode_outputs(self.runner.contract, outputs)
        foreground = prediction.foreground
        return Matte(fit.leave(prediction.alpha), None if foreground is None else fit.leave(foreground))

    def close(self) -> None:
        """Free the model's memory and threads; the matter is of no use afterwards."""
        self.runner.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def checked_plate(image: Frame, plate: Frame | None) -> Frame:
    """Return a frame's plate.

    Raises:
        DataError: there is none, or it is no image or of another size.
    """
    if plate is None:
        raise DataError("the network takes a background plate, the scene without the person, and there is none")
    if not isinstance(plate, np.ndarray):
        raise DataError(f"expected the plate as a NumPy array like the frame, found a {type(plate).__name__}")
    if plate.shape != image.shape:
        raise DataError(
            f"the plate is {size_text(plate.shape)}, the frame {size_text(image.shape)}; "
            "bring the plate to the frame's size"
        )
    return plate

"""Matte one frame with any form: the story that pictures, videos, the page and the Python API share."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from configs.errors import DataError
from converter.runners.base import Feed, Outputs, Runner, decode_outputs, encode_inputs
from demo.matting.fitting import Fit, Size

Frame = NDArray[np.uint8]
"""(H, W, 3) uint8 RGB."""


@dataclass(frozen=True, slots=True, eq=False)
class Matte:
    """A frame's matte, at the frame's own size.

    Attributes:
        alpha: (H, W) float32, 0 transparent to 1 opaque.
        foreground: (H, W, 3) float32 RGB, 0..1, straight colours without the old background's; None from a network that
            gives alpha alone.
    """

    alpha: NDArray[np.float32]
    foreground: NDArray[np.float32] | None


class Matter:
    """Mattes frames of any size with one form; closes its runner when left.

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
        return self.runner.contract.input("background") is not None

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
        if image.ndim != 3:
            raise DataError(f"expected an (H, W, 3) uint8 RGB image, found {image.shape} {image.dtype}")
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

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.runner.close()


def checked_plate(image: Frame, plate: Frame | None) -> Frame:
    """Return a frame's plate.

    Raises:
        DataError: there is none, or it is of another size.
    """
    if plate is None:
        raise DataError("the network takes a background plate, the scene without the person, and there is none")
    if plate.shape != image.shape:
        raise DataError(
            f"the plate is {plate.shape[1]}x{plate.shape[0]}, the frame {image.shape[1]}x{image.shape[0]}; "
            "bring the plate to the frame's size"
        )
    return plate

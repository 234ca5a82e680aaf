"""A sound form with a fault planted at its border: other images go in, or other results come out."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from converter.architectures.base import Role
from converter.forms.contract import Port
from converter.network import MattingNetwork
from converter.proof.alternatives import Matted
from converter.runners.around import RunnerAround
from converter.runners.base import Feed, Outputs, Runner, decode_outputs, decode_tensor
from datasets.samples.sample import Prediction

Floats = NDArray[np.float32]
Images = dict[Role, Floats]
"""Role to (H, W, C) float32, RGB where it has colours, 0..1."""
ChangeInputs = Callable[[Images], Images]


@dataclass(frozen=True, slots=True)
class Result:
    """What a fault of results may look at.

    Attributes:
        alpha: (H, W) float32, 0..1.
        foreground: (H, W, 3) float32 RGB, 0..1.
        coarse: what the original gives for the same images with no cell refined.
    """

    alpha: Floats
    foreground: Floats
    coarse: Callable[[], Prediction]


ChangeResult = Callable[[Result], tuple[Floats, Floats]]


_PAIR: tuple[Role, Role] = ("source", "background")


class FaultyRunner(RunnerAround):
    """Runs a sound form with a fault at its border; the sound form stays the caller's.

    Args:
        sound: the form.
        inputs: changes the images before they go in.
        result: changes what comes out, or None.
        network: the original's, for faults that need its coarse result.
    """

    def __init__(
        self,
        sound: Runner,
        inputs: ChangeInputs | None = None,
        result: ChangeResult | None = None,
        network: MattingNetwork | None = None,
    ) -> None:
        super().__init__(sound)
        self._inputs, self._result, self._network = inputs, result, network

    @contextmanager
    def with_float_inputs(self) -> Iterator[Runner]:
        """See `Runner.with_float_inputs`."""
        with self._inner.with_float_inputs() as changed:
            yield FaultyRunner(changed, self._inputs, self._result, self._network)

    def _run(self, feed: Feed) -> Outputs:
        images = {port.role: decode_tensor(feed[port.name], port) for port in self.contract.images}
        if self._inputs is not None:
            changed = self._inputs(dict(images))
            ports = {port.role: port for port in self.contract.images}
            feed = {**feed, **{ports[role].name: _encode(image, ports[role]) for role, image in changed.items()}}
        outputs = self._inner.run(feed)
        if self._result is None:
            return outputs
        prediction = decode_outputs(self.contract, outputs)
        assert prediction.foreground is not None, "faults are planted in networks that give a foreground"
        result = Result(prediction.alpha, prediction.foreground, lambda: self._coarse(images))
        alpha, foreground = self._result(result)
        results: Images = {"alpha": alpha[..., None], "foreground": foreground}
        return {
            port.name: _encode(results[port.role], port) if port.is_image else outputs[port.name]
            for port in self.contract.outputs
        }

    def _coarse(self, images: Images) -> Prediction:
        assert self._network is not None, "a fault of cells needs the original"
        source, background = (np.round(255 * images[role].clip(0, 1)).astype(np.uint8) for role in _PAIR)
        return Matted.of(self._network, source, background).coarse()


def _encode(image: Floats, port: Port) -> Floats:
    """Turn an (H, W, C) float32 image of 0..1 into the float32 tensor of a port, in its order and range."""
    if port.colour_order == "BGR":
        image = image[..., ::-1]
    tensor = image[None] if port.layout == "NHWC" else image.transpose(2, 0, 1)[None]
    scaled = np.ascontiguousarray(tensor, np.float32) * np.float32(port.high - port.low) + np.float32(port.low)
    return scaled if port.element_type == "f32" else np.round(scaled).clip(0, 255).astype(np.uint8)

"""What the original gives for wrong inputs: the signatures by which a form's preprocessing is proved.

Two faults are looked for in every form: a scale of 256 for 255 (128 for 127.5 where the range is -1..1), at each image
that it takes, and values of the source that are 2/255 too low; of a plate the two do nearly the same. Both move a
picture by less than a lower precision's noise. Reversed channels move it by more; they are looked for only where a form
has failed already, to say which input has them, and on which path of the network behind it.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from converter.architectures.base import Role
from converter.forms.contract import Contract, Port
from converter.forms.proofs import Output
from converter.network import MattingNetwork
from converter.proof.alternatives import Matted, PathImages
from converter.proof.signatures import Signature
from converter.runners.base import Runner, decode_outputs, encode_inputs
from datasets.samples.sample import Pair, Prediction

Change = Callable[[NDArray[np.float32], Port], NDArray[np.float32]]


def _scaled(tensor: NDArray[np.float32], _: Port) -> NDArray[np.float32]:
    return tensor * np.float32(255 / 256)


def _lowered(tensor: NDArray[np.float32], port: Port) -> NDArray[np.float32]:
    return tensor - np.float32(2 / 255 * (port.high - port.low))


def _reversed(tensor: NDArray[np.float32], port: Port) -> NDArray[np.float32]:
    return np.ascontiguousarray(np.flip(tensor, 1 if port.layout == "NCHW" else 3))


SMALL: Mapping[str, Change] = {
    "the scale of {port} were {wrong:g} for {scale:g}": _scaled,
    "2/255 were subtracted from {port}": _lowered,
}
REVERSED = "the channels of {port} were in the other order"


def small_faults(runner: Runner, sample: Pair) -> dict[str, Signature]:
    """Return the signatures of a slightly wrong scale, at each image, and of slightly wrong values of the source.

    Args:
        runner: of the original; it takes float32.
        sample: for which.
    """
    return {
        _told(text, port): Signature(_predict(runner, sample, {port: change}), _shown_by(port, runner))
        for text, change in SMALL.items()
        for port in runner.contract.images
        if port.role == "source" or change is _scaled
    }


def reversals(runner: Runner, network: object, sample: Pair) -> dict[str, Prediction]:
    """Return the predictions for reversed channels: of each image, and on each path of a network whose paths are known.

    Args:
        runner: of the original; it takes float32.
        network: the original's; one that is no `MattingNetwork` is asked as a whole.
        sample: for which.

    Returns:
        What completes "as if ..." to the prediction.
    """
    found = {
        REVERSED.format(port=_named(port)): _predict(runner, sample, {port: _reversed})
        for port in runner.contract.images
    }
    if len(found) > 1:
        found[REVERSED.format(port="every input")] = _predict(
            runner, sample, dict.fromkeys(runner.contract.images, _reversed)
        )
    if isinstance(network, MattingNetwork) and sample.size == runner.contract.size:
        found |= _reversed_paths(network, runner.contract, sample)
    return found


_PATHS: Mapping[str, tuple[Role, str]] = {
    "base_source": ("source", "in the base network"),
    "refiner_source": ("source", "in the refiner"),
    "added_source": ("source", "in the sum that makes the foreground"),
    "base_background": ("background", "in the base network"),
    "refiner_background": ("background", "in the refiner"),
}


def _reversed_paths(network: MattingNetwork, contract: Contract, sample: Pair) -> dict[str, Prediction]:
    """Return the predictions with one path reversed, and with all but one."""
    source, background = sample.source, sample.plate
    right = PathImages(source, background, source, background, source)
    wrong = PathImages(*(np.ascontiguousarray(image[..., ::-1]) for image in right))
    found = {}
    for path, (role, where) in _PATHS.items():
        port = contract.input(role)
        assert port is not None, "this network takes both"
        alone = right._replace(**{path: getattr(wrong, path)})
        others = wrong._replace(**{path: getattr(right, path)})
        found[f"{REVERSED.format(port=_named(port))} {where} alone"] = Matted(network, alone).prediction()
        found[f"{REVERSED.format(port='every input')}, except for {_named(port)} {where}"] = Matted(
            network, others
        ).prediction()
    return found


def _predict(runner: Runner, sample: Pair, changes: Mapping[Port, Change]) -> Prediction:
    feed = encode_inputs(runner.contract, sample.images)
    changed = {port.name: change(feed[port.name].astype(np.float32), port) for port, change in changes.items()}
    runner.start_clip()
    return decode_outputs(runner.contract, runner.infer({**feed, **changed}))


def _shown_by(port: Port, runner: Runner) -> Output:
    return "foreground" if port.role == "source" and runner.contract.output("foreground") is not None else "alpha"


def _told(text: str, port: Port) -> str:
    scale = 255 / (port.high - port.low)
    # What is multiplied is the network's own range: of -1..1 grey stays grey, as with a right mean.
    return text.format(port=_named(port), scale=scale, wrong=scale * 256 / 255)


def _named(port: Port) -> str:
    return f"input {port.name}"

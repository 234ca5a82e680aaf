"""What the forms of an original keep: its contract with the sides of its states fixed, and its ratios built in.

An original may take frames and states of any size, and a number that decides how large its states are. Forms are made
for one size, so that all of their shapes are static. No shape is known beforehand: the original is asked.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from configs.errors import ConversionError
from converter.forms.contract import Contract
from converter.runners.base import Runner, encode_inputs
from converter.runners.opening import open_runner
from converter.runners.original import Original
from converter.steps.adopt_onnx import AdoptOnnx


def settled_contract(original: Original) -> Contract:
    """Return the contract that the forms of an original keep; the original's own where nothing of it is open.

    Raises:
        DataError: a ready ONNX has other inputs or outputs than its family, or cannot be run at this size and ratio.
        ConversionError: its states change their shapes from frame to frame.
    """
    contract = original.contract
    ports = (*contract.inputs, *contract.outputs)
    if not any(port.role == "ratio" or None in port.shape for port in ports):
        return contract
    if original.network is None:
        path = Path(original.source.path)
        AdoptOnnx(path, contract, path).require()
    with open_runner(original) as runner:
        first, second = _states_of_next_frame(runner), _states_of_next_frame(runner)
    if first != second:
        name = next(name for name in first if first[name] != second[name])
        raise ConversionError(
            f"{original.source.path}: its state {name} has the shape {first[name]} after one frame and {second[name]} "
            "after two; expected one shape, so that a form of static shapes can take it"
        )
    return contract.settled(first)


def _states_of_next_frame(runner: Runner) -> dict[str, tuple[int, ...]]:
    """Run a form on a black frame; return the shape of each state that it gives for the next."""
    black: dict[str, NDArray[np.uint8]] = {
        port.role: np.zeros((*port.size, 3), np.uint8) for port in runner.contract.images
    }
    outputs = runner.infer(encode_inputs(runner.contract, black))
    return {str(taken.state): outputs[given.name].shape for taken, given in runner.contract.states}

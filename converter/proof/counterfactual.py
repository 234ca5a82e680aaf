"""Proof of an IR's contract: run as declared it must be nearest to the original, by far, of all the ways to run it.

A wrong colour order or scale changes a matte less than one would think; a parity limit alone might let it pass. So
the IR is also run in every wrong way that is known from practice, and the declared way has to win clearly.
"""

from collections.abc import Sequence

import numpy as np

from configs.errors import ParityError
from converter.forms.contract import ColourOrder, Contract, Port
from converter.forms.proofs import Counterfactuals
from converter.runners.base import Runner, decode_outputs, encode_inputs
from datasets.samples.sample import Prediction, Sample

DECLARED = "as declared"
# What the form looks like when running it in another way brings it nearest to the original.
LOOKS_LIKE = {
    "src swapped": "input src looks {swapped_input}",
    "background swapped": "input bgr (the background) looks {swapped_input}",
    "both swapped": "inputs look {swapped_input}",
    "not scaled": "inputs look 0..1: the scale of {scale:g} is not in the model",
    "scaled twice": "inputs look 0..{twice:g}: the scale of {scale:g} is in the model twice",
    "fgr flipped": "output fgr looks {swapped_output}",
}


def measure_counterfactuals(
    runner: Runner, samples: Sequence[Sample], original: Sequence[Prediction]
) -> Counterfactuals:
    """Run a form as declared and in the six wrong ways on the same samples.

    A form that takes bytes is run in the wrong ways with its inputs opened to float32, the rest of it untouched: bytes
    cannot hold the images as they must be where a form does not divide, or divides twice.

    Args:
        runner: the form.
        samples: composites with colours; on grey ones a swap cannot show.
        original: the original's predictions for them.
    """
    distances = {DECLARED: _mean_distance(runner, runner.contract, samples, original)}
    with runner.opened() as opened:
        for name, contract in wrong_ways(opened.contract).items():
            distances[name] = _mean_distance(opened, contract, samples, original)
    return Counterfactuals(distances=distances)


def check_counterfactuals(hop: str, result: Counterfactuals, contract: Contract, margin: float) -> None:
    """Raise `ParityError` saying what the form looks like unless the declared way is nearest by the factor `margin`."""
    declared = result.distances[DECLARED]
    others = {name: distance for name, distance in result.distances.items() if name != DECLARED}
    nearest = min(others, key=lambda name: others[name])
    if declared * margin < others[nearest]:
        return
    figures = f"distance as declared {declared:.3g}, {nearest} {others[nearest]:.3g}, margin asked {margin:g}"
    if declared <= others[nearest]:
        raise ParityError(
            f"hop {hop}: the contract cannot be proved, the declared way is not nearest by a clear margin ({figures}); "
            "use samples with more colour"
        )
    looks = LOOKS_LIKE[nearest].format(
        swapped_input=_swapped(contract.inputs[0].colour_order),
        swapped_output=_swapped(contract.outputs[1].colour_order),
        scale=contract.scale,
        twice=contract.inputs[0].high * contract.scale,
    )
    raise ParityError(f"hop {hop}: the contract is wrong: {looks} ({figures})")


def wrong_ways(contract: Contract) -> dict[str, Contract]:
    """Return the six wrong contracts that stand beside a right one, by the names of `LOOKS_LIKE`."""
    source, background = contract.inputs
    alpha, foreground = contract.outputs

    def with_ports(source: Port = source, background: Port = background, foreground: Port = foreground) -> Contract:
        return contract.model_copy(update={"inputs": (source, background), "outputs": (alpha, foreground)})

    def scaled(factor: float) -> Contract:
        return with_ports(*(port.model_copy(update={"high": port.high * factor}) for port in contract.inputs))

    return {
        "src swapped": with_ports(source=_with_swap(source)),
        "background swapped": with_ports(background=_with_swap(background)),
        "both swapped": with_ports(source=_with_swap(source), background=_with_swap(background)),
        # The images as they must be if the model did not divide, and if it divided twice.
        "not scaled": scaled(1 / contract.scale),
        "scaled twice": scaled(contract.scale),
        "fgr flipped": with_ports(foreground=_with_swap(foreground)),
    }


def _with_swap(port: Port) -> Port:
    return port.model_copy(update={"colour_order": _swapped(port.colour_order)})


def _swapped(order: ColourOrder | None) -> ColourOrder:
    return "RGB" if order == "BGR" else "BGR"


def _mean_distance(
    runner: Runner, contract: Contract, samples: Sequence[Sample], original: Sequence[Prediction]
) -> float:
    total = 0.0
    for sample, reference in zip(samples, original, strict=True):
        outputs = runner.infer(*encode_inputs(contract, sample.source, sample.background))
        total += _distance(decode_outputs(contract, *outputs), reference)
    return total / len(samples)


def _distance(prediction: Prediction, reference: Prediction) -> float:
    return float(
        np.abs(prediction.alpha - reference.alpha).mean(dtype=np.float64)
        + np.abs(prediction.foreground - reference.foreground).mean(dtype=np.float64)
    )

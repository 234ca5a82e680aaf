"""Proof of an IR's contract: run as declared it must be nearest to the original, by far, of all the ways to run it.

A wrong colour order or scale changes a matte less than one would think; a parity limit alone might let it pass. So
the IR is also run in every wrong way that is known from practice, and the declared way has to win clearly.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from configs.errors import ParityError
from converter.forms.contract import ColourOrder, Contract, Port
from converter.forms.proofs import Counterfactuals
from converter.runners.base import Runner, decode_outputs, encode_inputs
from datasets.samples.sample import Pair, Prediction

DECLARED = "as declared"
Fault = Literal[
    "source swapped",
    "background swapped",
    "inputs swapped",
    "not scaled",
    "scaled twice",
    "mean missed",
    "mean twice",
    "scale missed",
    "taken for 0..1",
    "foreground swapped",
]


@dataclass(frozen=True, slots=True)
class WrongWay:
    """A wrong way to run a form.

    Attributes:
        name: of the way.
        contract: by which the form is run.
        looks: what the form looks like when running it so brings it nearest to the original.
    """

    name: str
    contract: Contract
    looks: str


def measure_counterfactuals(runner: Runner, samples: Sequence[Pair], original: Sequence[Prediction]) -> Counterfactuals:
    """Run a form as declared and in every wrong way on the same samples.

    A form that takes bytes is run in the wrong ways with its inputs changed to float32, the rest of it untouched: bytes
    cannot hold the images as they must be where a form does not divide, or divides twice.

    Args:
        runner: the form.
        samples: composites with colours; on grey ones a swap cannot show.
        original: the original's predictions for them.
    """
    distances = {DECLARED: _mean_distance(runner, runner.contract, samples, original)}
    with runner.with_float_inputs() as changed:
        for way in wrong_ways(changed.contract).values():
            distances[way.name] = _mean_distance(changed, way.contract, samples, original)
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
    looks = next(way.looks for way in wrong_ways(contract).values() if way.name == nearest)
    raise ParityError(f"hop {hop}: the contract is wrong: {looks} ({figures})")


def wrong_ways(contract: Contract) -> Mapping[Fault, WrongWay]:
    """Return the wrong contracts that stand beside a right one, as far as its ports allow them."""
    return dict(_wrong_ways(contract))


def _wrong_ways(contract: Contract) -> Iterator[tuple[Fault, WrongWay]]:
    source, background = contract.source, contract.input("background")
    order = _swapped(source.colour_order)
    yield (
        "source swapped",
        WrongWay(f"{source.name} swapped", _with_swap(contract, source), f"input {source.name} looks {order}"),
    )
    if background is not None:
        yield (
            "background swapped",
            WrongWay(
                # Not by its name: the published one is `bgr`.
                "background swapped",
                _with_swap(contract, background),
                f"input {background.name} (the background) looks {_swapped(background.colour_order)}",
            ),
        )
        yield (
            "inputs swapped",
            WrongWay("both swapped", _with_swap(contract, source, background), f"inputs look {order}"),
        )
    inputs = "inputs look" if background is not None else f"input {source.name} looks"
    for fault, (mean, scale, missed) in _wrong_ranges(contract).items():
        # The images as they must be for a form that does this to them.
        low, high = (mean + scale * (end - contract.mean) / contract.scale for end in (source.low, source.high))
        changed = contract.with_images(low=low, high=high)
        yield fault, WrongWay(fault, changed, f"{inputs} {low:g}..{high:g}: {missed}")
    foreground = contract.output("foreground")
    if foreground is not None:
        yield (
            "foreground swapped",
            WrongWay(
                f"{foreground.name} flipped",
                _with_swap(contract, foreground),
                f"output {foreground.name} looks {_swapped(foreground.colour_order)}",
            ),
        )


def _wrong_ranges(contract: Contract) -> dict[Fault, tuple[float, float, str]]:
    """Return what a form may do to its images instead: the mean it subtracts, what it divides by, and in words."""
    mean, scale = contract.mean, contract.scale
    if mean == 0:
        return (
            {}
            if scale == 1
            else {
                "not scaled": (0, 1, f"the scale of {scale:g} is not in the model"),
                "scaled twice": (0, scale * scale, f"the scale of {scale:g} is in the model twice"),
            }
        )
    both = f"the mean of {mean:g} and the scale of {scale:g}"
    return {
        "not scaled": (0, 1, f"{both} are not in the model"),
        "scaled twice": (mean + mean * scale, scale * scale, f"{both} are in the model twice"),
        "mean missed": (0, scale, f"the mean of {mean:g} is not in the model, its scale of {scale:g} is"),
        "mean twice": (2 * mean, scale, f"the mean of {mean:g} is in the model twice"),
        "scale missed": (mean, 1, f"the scale of {scale:g} is not in the model, its mean of {mean:g} is"),
        "taken for 0..1": (0, 255, f"the model divides by 255 instead of {both}"),
    }


def _with_swap(contract: Contract, *swapped: Port) -> Contract:
    """Return the contract with the other colour order at these ports."""
    names = {port.name for port in swapped}

    def changed(ports: tuple[Port, ...]) -> tuple[Port, ...]:
        return tuple(
            port.model_copy(update={"colour_order": _swapped(port.colour_order)}) if port.name in names else port
            for port in ports
        )

    return contract.model_copy(update={"inputs": changed(contract.inputs), "outputs": changed(contract.outputs)})


def _swapped(order: ColourOrder | None) -> ColourOrder:
    return "RGB" if order == "BGR" else "BGR"


def _mean_distance(
    runner: Runner, contract: Contract, samples: Sequence[Pair], original: Sequence[Prediction]
) -> float:
    total = 0.0
    runner.start_clip()
    for sample, reference in zip(samples, original, strict=True):
        runner.enter_clip(sample.clip)
        outputs = runner.infer(encode_inputs(contract, sample.images))
        total += distance_between(decode_outputs(contract, outputs), reference)
    return total / len(samples)


def distance_between(prediction: Prediction, reference: Prediction) -> float:
    """Return the mean |difference| of alpha plus that of the foreground."""
    distance = np.abs(prediction.alpha - reference.alpha).mean(dtype=np.float64)
    if prediction.foreground is not None and reference.foreground is not None:
        distance += np.abs(prediction.foreground - reference.foreground).mean(dtype=np.float64)
    return float(distance)

"""Measure tiles, the systematic part and signatures of converted forms, sound and with planted faults.

    python -m tools.proof_figures ir-fp32@f32,ir-fp16@f32,ir-fp16@bf16 --models models/background-matting-mobilenetv2

Prints a table per form: what the sound form shows on the set and what every fault makes of it, against the limits of
`converter.proof.limits`, which were chosen by these figures.
"""

import argparse
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from configs.load import DEFAULT_CONFIG, load_config
from converter.forms.record import read_record
from converter.proof.alternatives import alternatives
from converter.proof.limits import LIMITS, Precision
from converter.proof.parity import parity_samples
from converter.proof.signatures import Output, Share, Signature, SignatureMeter, check_signatures
from converter.proof.systematic import Systematic, SystematicMeter, check_systematic
from converter.proof.tiles import Alternatives, TileMeter, Tiles, check_tiles
from converter.runners.base import Runner, decode_outputs, encode_inputs
from converter.runners.original import original_of
from datasets.samples.sample import Prediction, Sample
from eval.presentation.formatting import markdown_table
from eval.run.variants import Variant, open_variant, parse_variants
from tools.command_line import run, with_progress

Floats = NDArray[np.float32]
SOUND = "sound"
# Of input tensors whose values go up to the given one, (1, 3, H, W).
INPUT_FAULTS: Mapping[str, Callable[[Floats, Floats, float], tuple[Floats, Floats]]] = {
    "the scale were 256 for 255": lambda source, background, _: (source * (255 / 256), background * (255 / 256)),
    "2/255 were subtracted": lambda source, background, high: (
        source - high * 2 / 255,
        background - high * 2 / 255,
    ),
    "the source alone were in the other colour order": lambda source, background, _: (source[:, ::-1], background),
    "the background alone were in the other colour order": lambda source, background, _: (source, background[:, ::-1]),
}
SHOWS_IN: Mapping[str, Output] = dict(
    zip(INPUT_FAULTS, ("foreground", "foreground", "foreground", "alpha"), strict=True)
)


def _alpha(change: Callable[[Floats], Floats]) -> Callable[[Prediction], Prediction]:
    return lambda made: Prediction(np.clip(change(made.alpha), 0, 1).astype(np.float32), made.foreground)


def _foreground(change: Callable[[Floats], Floats]) -> Callable[[Prediction], Prediction]:
    return lambda made: Prediction(made.alpha, np.clip(change(made.foreground), 0, 1).astype(np.float32))


def _moved(image: Floats, right: float, down: float) -> Floats:
    height, width = image.shape[:2]
    matrix = np.array([[1, 0, right], [0, 1, down]], np.float32)
    return np.asarray(cv2.warpAffine(image, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE), np.float32)


def _patched(size: int, value: float) -> Callable[[Floats], Floats]:
    def change(alpha: Floats) -> Floats:
        patched = alpha.copy()
        patched[33 : 33 + size, -80 : -80 + size] = value
        return patched

    return change


_MIXING = np.array([[0.98, 0.02, 0], [0, 0.98, 0.02], [0.02, 0, 0.98]], np.float32)
OUTPUT_FAULTS: Mapping[str, Callable[[Prediction], Prediction]] = {
    SOUND: lambda made: made,
    "alpha gain 0.98": _alpha(lambda alpha: alpha * 0.98),
    "alpha -1/255": _alpha(lambda alpha: alpha - 1 / 255),
    "alpha gamma 1.1": _alpha(lambda alpha: alpha**1.1),
    "alpha half a pixel right": _alpha(lambda alpha: _moved(alpha, 0.5, 0)),
    "alpha one pixel down": _alpha(lambda alpha: _moved(alpha, 0, 1)),
    "foreground gain 255/256": _foreground(lambda foreground: foreground * (255 / 256)),
    "foreground gain 0.98": _foreground(lambda foreground: foreground * 0.98),
    "foreground -1/255": _foreground(lambda foreground: foreground - 1 / 255),
    "foreground +2/255": _foreground(lambda foreground: foreground + 2 / 255),
    "foreground gamma 1.1": _foreground(lambda foreground: foreground**1.1),
    "foreground half a pixel right": _foreground(lambda foreground: _moved(foreground, 0.5, 0)),
    "2 % of a channel in another": _foreground(lambda foreground: foreground @ _MIXING.T),
    "foreground clipped at 0.9": _foreground(lambda foreground: np.minimum(foreground, 0.9)),
    "12x12 of alpha 0.15": _alpha(_patched(12, 0.15)),
    "8x8 of alpha 0.3": _alpha(_patched(8, 0.3)),
    "8x8 of alpha 3/255": _alpha(_patched(8, 3 / 255)),
}


@dataclass
class _Meters:
    """What one form, sound or faulty, is measured by."""

    tiles: TileMeter
    systematic: SystematicMeter = field(default_factory=SystematicMeter)
    signatures: SignatureMeter = field(default_factory=SignatureMeter)

    def add(
        self, original: Prediction, made: Prediction, states: Alternatives, signatures: Mapping[str, Signature]
    ) -> None:
        left_out = self.tiles.add(original, made, lambda: states)
        self.systematic.add(original, made, left_out, states.coarse)
        self.signatures.add(original, made, signatures, left_out)


def measure(variant: Variant, models: Path, samples: list[Sample]) -> str:
    """Return the tables of one form."""
    record = read_record(models)
    original = original_of(record)
    assert original.network is not None, "the figures need a checkpoint"
    opened, _ = open_variant(variant, record, models)
    with opened as runner, original.torch_runner() as reference:
        precision = precision_of(variant, runner)
        meters: dict[str, _Meters] = {}
        for sample in with_progress(samples, variant.name):
            expected = reference.predict(sample.source, sample.background)
            states = alternatives(original.network, sample.source, sample.background)
            signatures = {name: Signature(made, SHOWS_IN[name]) for name, made in _with_wrong_inputs(reference, sample)}
            made = runner.predict(sample.source, sample.background)
            forms = {name: fault(made) for name, fault in OUTPUT_FAULTS.items()}
            with runner.opened() as free:
                forms |= {f"as if {name}": made for name, made in _with_wrong_inputs(free, sample)}
            for name, form in forms.items():
                meter = meters.setdefault(name, _Meters(TileMeter(LIMITS[precision].tiles)))
                meter.add(expected, form, states, signatures)
    return _tables(variant.name, precision, meters)


def precision_of(variant: Variant, runner: Runner) -> Precision:
    """Return by which limits a form is judged."""
    if variant.weights == "int8":
        return "int8-bf16" if runner.rest_precision == "bf16" else "int8"
    if runner.precision == "bf16":
        return "bf16"
    return "fp16" if variant.weights == "fp16" else "fp32"


def _with_wrong_inputs(runner: Runner, sample: Sample) -> Iterator[tuple[str, Prediction]]:
    source, background = encode_inputs(runner.contract, sample.source, sample.background)
    high = runner.contract.inputs[0].high
    for name, fault in INPUT_FAULTS.items():
        wrong = fault(source.astype(np.float32), background.astype(np.float32), high)
        feed = [np.ascontiguousarray(tensor, dtype=np.float32) for tensor in wrong]
        yield name, decode_outputs(runner.contract, *runner.infer(feed[0], feed[1]))


def _tables(form: str, precision: Precision, meters: Mapping[str, _Meters]) -> str:
    limits = LIMITS[precision]
    sound = meters[SOUND].systematic.result()
    components = [
        (
            component.name,
            f"{component.value:.6f}",
            "-" if component.low is None else f"{component.low:.6f} to {component.high:.6f}",
            f"{component.neutral:g} +/- {limits.systematic[component.kind]:g}",
        )
        for component in sound.components
    ]
    faults = [_row(name, meter, precision) for name, meter in meters.items()]
    header = ("Fault", "Alpha of a block", "Foreground", "Refined otherwise", "Tiles", "Systematic", "Signatures")
    return "\n\n".join(
        (
            f"## {form}, by the limits of {precision}",
            markdown_table(("Component", "Sound", "95 %", "Limit"), components, right=(1,)),
            markdown_table(header, faults),
        )
    )


def _row(name: str, meter: _Meters, precision: Precision) -> tuple[str, ...]:
    limits = LIMITS[precision]
    tiles: Tiles = meter.tiles.result()
    systematic: Systematic = meter.systematic.result()
    shares: tuple[Share, ...] = meter.signatures.result()
    beyond = [
        f"{component.name} {component.value:.4f}"
        for component in systematic.components
        if abs(component.value - component.neutral) > limits.systematic[component.kind]
    ]
    assert len(beyond) == len(check_systematic(systematic, limits.systematic))
    return (
        name,
        f"{255 * tiles.alpha.moved:.2f} of {255 * tiles.alpha.limit:.2f}/255",
        f"{255 * tiles.foreground.moved:.2f} of {255 * tiles.foreground.limit:.2f}/255",
        f"{tiles.excused / tiles.cells:.3%}",
        "fails" if check_tiles(tiles, limits.tiles) else "passes",
        "; ".join(beyond) or "passes",
        ", ".join("-" if share.value is None else f"{share.value:.2f}" for share in shares)
        + (" fails" if check_signatures(shares) else " passes"),
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("variants", help="such as ir-fp16@f32,ir-fp16@bf16")
    parser.add_argument("--models", type=Path, help="a converted folder; by default the configured one")
    parser.add_argument("--samples", type=int, default=24)
    parser.add_argument("--config", type=Path, default=DEFAULT_CONFIG)
    arguments = parser.parse_args()
    config = load_config(arguments.config)
    samples = parity_samples(config.dataset, config.convert.input_shape, arguments.samples)
    for variant in parse_variants(arguments.variants.split(",")):
        print(measure(variant, arguments.models or config.convert.out, samples), end="\n\n")


if __name__ == "__main__":
    run(main)

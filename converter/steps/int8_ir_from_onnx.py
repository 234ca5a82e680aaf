"""The step `ir-int8`: several ways to quantize are tried and measured on held-out samples, the first good one is taken.

What a quantization costs cannot be read from the graph, so nothing is left out of it on a guess: the configured
candidates are quantized from the boldest on, and Alpha MAD against ground truth and the hop's parity decide.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from configs.errors import ParityError
from configs.schema import Config, ConvertSection, HopTolerance
from converter.architectures import with_defaults
from converter.forms.contract import Contract
from converter.forms.made import Made
from converter.forms.record import Candidate, Quantization, ir_hop
from converter.forms.variant import FormFile
from converter.proof.parity import check_parity, measure_parity, predict_all
from converter.runners.base import encode_inputs, unfed_inputs
from converter.runners.opening import open_runner
from converter.runners.original import Original
from converter.steps.ir_file import check_ir, model_from_onnx, save_ir
from converter.steps.onnx_file import fixed_weights, read_onnx
from converter.steps.quantization import convolution_weights, kept_float, quantize
from converter.steps.step import Step
from datasets.bundled.calibration import CalibrationSplit, calibration_split
from datasets.samples.images import array_sha256
from datasets.samples.sample import Prediction, Sample

HOP = ir_hop("int8")


@dataclass(frozen=True, slots=True, eq=False)
class Int8IrFromOnnx(Step):
    """Quantize an ONNX of the network to an IR that keeps `contract`, leaving float what the measurement asks for.

    Attributes:
        source: the ONNX.
        contract: of the IR.
        original: what the candidates are measured against.
        config: the job; its `convert.int8` says how.
        target: the IR's XML.
        say: called with a line about each candidate.

    Raises, when it runs:
        UsageError: a pattern fits nothing, or the samples are also evaluated.
        ConversionError: OpenVINO refuses the model, or the written IR is not what the contract says.
        ParityError: no candidate is within the limits; the message tells what each was off by.
    """

    source: Path
    contract: Contract
    original: Original
    config: Config
    target: Path
    say: Callable[[str], None]

    @property
    def hop(self) -> str:
        """See `Step.hop`."""
        return HOP

    def require(self) -> None:
        """See `Step.require`: every candidate's patterns name convolutions, and leave some to quantize."""
        self._kept()

    def make(self) -> Made:
        """See `Step.make`."""
        settings, tolerance = self._settings.int8, self._settings.parity.tolerances[HOP]
        split = calibration_split(settings, self.config.dataset, self.contract.size)
        feeds = [_feed(self.contract, sample) for sample in split.calibration]
        with open_runner(self.original) as runner:
            reference = predict_all(runner, split.validation)
        original_mad = alpha_mad(reference, split.validation)
        tried: list[Candidate] = []
        lines: list[str] = []
        for patterns, names in zip(settings.candidates or (), self._kept(), strict=True):
            quantized, share = quantize(model_from_onnx(self.source, self.contract, "int8"), feeds, names)
            save_ir(quantized, self.contract, "int8", self.source, self.target)
            with open_runner(FormFile(self.target)) as runner:
                predictions = predict_all(runner, split.validation)
            candidate = Candidate(
                kept_float=patterns,
                convolutions=share.convolutions,
                all_convolutions=share.all_convolutions,
                multiply_adds=share.multiply_adds,
                alpha_mad_drift=alpha_mad(predictions, split.validation) - original_mad,
                parity=measure_parity(reference, predictions, self.original.architecture.cell),
            )
            tried.append(candidate)
            problem = _problem(candidate, settings.drift, tolerance)
            lines.append(f"{_line(candidate)}: {problem or 'taken'}")
            self.say(f"    {lines[-1]}")
            if not problem:
                quantization = _quantization(split, original_mad, settings.drift, tried)
                return Made(HOP, self.target, self.contract, quantization=quantization)
        table = "\n".join(f"  {line}" for line in lines)
        raise ParityError(
            f"hop {HOP}: no candidate of convert.int8.candidates is within the limits; the original's Alpha MAD on the "
            f"held-out samples is {original_mad:.4g} x 1e-3\n{table}\n"
            "leave more float (add a candidate), calibrate on footage of your own (convert.int8.calibration), or leave "
            "int8 out of convert.precisions"
        )

    def ensure(self, made: Made) -> None:
        """See `Step.ensure`."""
        check_ir(made.path, self.contract)

    @property
    def _settings(self) -> ConvertSection:
        return with_defaults(self.config, self.original.architecture).convert

    def _kept(self) -> list[frozenset[str]]:
        model = read_onnx(self.source)
        weights, fixed = convolution_weights(model), fixed_weights(model)
        return [kept_float(weights, patterns, fixed) for patterns in self._settings.int8.candidates or ()]


def alpha_mad(predictions: Sequence[Prediction], samples: Sequence[Sample]) -> float:
    """Return Alpha MAD, 1e3 * the mean over samples of mean |a - a*|; predictions are resized to the ground truth.

    It is the evaluation's metric, needed here before there is anything to evaluate.
    """
    values = []
    for prediction, sample in zip(predictions, samples, strict=True):
        height, width = sample.size
        alpha = prediction.alpha
        if alpha.shape != sample.size:
            alpha = np.asarray(cv2.resize(alpha, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
        values.append(np.abs(alpha - sample.alpha / np.float32(255)).mean(dtype=np.float64))
    return float(1e3 * np.mean(values))


def _feed(contract: Contract, sample: Sample) -> dict[str, object]:
    return {**unfed_inputs(contract), **encode_inputs(contract, sample.images)}


def _problem(candidate: Candidate, limit: float, tolerance: HopTolerance) -> str:
    """Say what keeps a candidate from being taken; empty when nothing does."""
    if abs(candidate.alpha_mad_drift) > limit:
        return f"more than {limit:g} (convert.int8.drift)"
    try:
        check_parity(HOP, candidate.parity, tolerance)
    except ParityError as error:
        return str(error).removeprefix(f"hop {HOP}: ")
    return ""


def _quantization(
    split: CalibrationSplit, original_mad: float, limit: float, tried: Sequence[Candidate]
) -> Quantization:
    return Quantization(
        calibration=split.name,
        calibration_sha256=split.sha256,
        sources=tuple(array_sha256(sample.source) for sample in (*split.calibration, *split.validation)),
        calibration_samples=len(split.calibration),
        validation_samples=len(split.validation),
        original_alpha_mad=original_mad,
        drift_limit=limit,
        candidates=tuple(tried),
    )


def _line(candidate: Candidate) -> str:
    kept = ", ".join(candidate.kept_float) or "nothing"
    return (
        f"float {kept}: {candidate.convolutions} of {candidate.all_convolutions} convolutions in int8 "
        f"({candidate.multiply_adds:.1%} of the multiply-adds), Alpha MAD {candidate.alpha_mad_drift:+.3f}, "
        f"mean |alpha difference| {candidate.parity.alpha.mean:.2g}, its 99.9 % quantile "
        f"{candidate.parity.alpha.quantile:.2g}"
    )

"""The int8 IR: several ways to quantize are tried, each is measured on held-out samples, the first good one is taken.

What a quantization costs cannot be read from the graph, so nothing is left out of it on a guess: the configured
candidates are quantized from the boldest on, and Alpha MAD against ground truth and the hop's parity decide.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np

from configs.errors import ParityError
from configs.schema import Config, HopTolerance
from converter.forms.contract import Contract
from converter.forms.record import Candidate, Quantization
from converter.forms.variant import FormFile
from converter.proof.parity import check_parity, measure_parity, predict_all
from converter.runners.base import encode_inputs, unfed_inputs
from converter.runners.opening import open_runner
from converter.runners.original import Original
from converter.steps.ir_steps import model_from_onnx, save_ir
from converter.steps.onnx_steps import fixed_weights, read_onnx
from converter.steps.quantization import convolution_weights, kept_float, quantize
from datasets.bundled.calibration import CalibrationSplit, calibration_split
from datasets.samples.images import array_sha256
from datasets.samples.sample import Prediction, Sample

HOP = "ir-int8"


def int8_ir_from_onnx(
    source: Path, contract: Contract, original: Original, config: Config, target: Path, say: Callable[[str], None]
) -> Quantization:
    """Quantize an ONNX of the network to an IR that keeps `contract`, leaving float what the measurement asks for.

    Args:
        source: the ONNX.
        contract: of the IR.
        original: what the candidates are measured against.
        config: the job; its `convert.int8` says how.
        target: the IR's XML.
        say: called with a line about each candidate.

    Raises:
        UsageError: a pattern fits nothing, or the samples are also evaluated.
        ConversionError: a step failed.
        ParityError: no candidate is within the limits; the message tells what each was off by.
    """
    settings = config.convert.int8
    model = read_onnx(source)
    weights, fixed = convolution_weights(model), fixed_weights(model)
    candidates = settings.candidates or original.architecture.int8_candidates
    kept = [kept_float(weights, patterns, fixed) for patterns in candidates]
    split = calibration_split(settings, config.dataset, contract.size)
    feeds = [_feed(contract, sample) for sample in split.calibration]
    with open_runner(original) as runner:
        reference = predict_all(runner, split.validation)
    original_mad = alpha_mad(reference, split.validation)
    tried: list[Candidate] = []
    lines: list[str] = []
    for patterns, names in zip(candidates, kept, strict=True):
        quantized, share = quantize(model_from_onnx(source, contract, "int8"), feeds, names)
        save_ir(quantized, contract, "int8", target)
        with open_runner(FormFile(target)) as runner:
            predictions = predict_all(runner, split.validation)
        parity = measure_parity(reference, predictions, original.architecture.cell)
        drift = alpha_mad(predictions, split.validation) - original_mad
        candidate = Candidate(
            kept_float=patterns,
            convolutions=share.convolutions,
            of=share.of,
            multiply_adds=share.multiply_adds,
            alpha_mad_drift=drift,
            parity=parity,
        )
        tried.append(candidate)
        problem = _problem(candidate, settings.drift, config.convert.parity.tolerances[HOP])
        lines.append(f"{_line(candidate)}: {problem or 'taken'}")
        say(f"    {lines[-1]}")
        if not problem:
            return _quantization(split, original_mad, settings.drift, tried)
    table = "\n".join(f"  {line}" for line in lines)
    raise ParityError(
        f"hop {HOP}: no candidate of convert.int8.candidates is within the limits; the original's Alpha MAD on the "
        f"held-out samples is {original_mad:.4g} x 1e-3\n{table}\n"
        "leave more float (add a candidate), calibrate on footage of your own (convert.int8.calibration), or leave "
        "int8 out of convert.precisions"
    )


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
        f"float {kept}: {candidate.convolutions} of {candidate.of} convolutions in int8 "
        f"({candidate.multiply_adds:.1%} of the multiply-adds), Alpha MAD {candidate.alpha_mad_drift:+.3f}, "
        f"mean |alpha difference| {candidate.parity.alpha.mean:.2g}, its 99.9 % quantile "
        f"{candidate.parity.alpha.quantile:.2g}"
    )

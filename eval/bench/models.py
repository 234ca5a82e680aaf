"""What a benchmark runs: variants of a converted model folder, and IRs named by their path."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast, get_args

from configs.errors import DataError, UsageError
from configs.files import sha256_of
from configs.schema import InferencePrecision
from converter.forms.record import Conversion, is_ir
from converter.runners.timing import TimedForm, TimedIr, TimedRunner
from eval.run.variants import Variant, open_variant, variant_file


@dataclass(frozen=True, slots=True)
class Contender:
    """A model to be timed.

    Attributes:
        name: printed.
        path: the file that runs.
        sha256: of the file that tells forms apart: an IR's weights.
        weights: the precision the weights are stored in; None when unknown.
        ir: the inference precision asked for; None where PyTorch or onnxruntime runs it.
        rival: whether it was named with --against, so that others are measured against it.
        variant: None for a rival.
    """

    name: str
    path: Path
    sha256: str
    weights: str | None
    ir: InferencePrecision | None
    rival: bool = False
    variant: Variant | None = None


def variant_contenders(variants: Sequence[Variant], record: Conversion, folder: Path) -> list[Contender]:
    """Return the variants of a converted model folder as contenders.

    Raises:
        DataError: the folder does not hold one of them.
    """
    contenders = []
    for variant in variants:
        path, sha256 = variant_file(variant, record, folder)
        ir = variant.inference if variant.hop is not None and is_ir(variant.hop) else None
        contenders.append(Contender(variant.name, path, sha256, variant.weights, ir, variant=variant))
    return contenders


def rivals(given: Sequence[str]) -> list[Contender]:
    """Return the IRs named as `path/to/model.xml` or `path/to/model.xml@bf16`; the precision is f32 unless given.

    Raises:
        UsageError: a path is no XML, or a precision is unknown.
        DataError: its files are missing.
    """
    return [_rival(text) for text in given]


def open_contender(contender: Contender, record: Conversion, folder: Path) -> TimedForm:
    """Open a contender for one inference at a time.

    Raises:
        DataError: it cannot be read, or is not what it was at its conversion.
        UsageError: OpenVINO cannot infer at the precision asked for.
    """
    if contender.ir is not None:
        return TimedIr(contender.path, contender.ir)
    assert contender.variant is not None
    return TimedRunner(open_variant(contender.variant, record, folder)[0])


def _rival(text: str) -> Contender:
    place, at, precision = text.partition(".xml@")
    path = Path(f"{place}.xml" if at else text)
    known = get_args(InferencePrecision)
    if path.suffix != ".xml" or (at and precision not in known):
        raise UsageError(
            f"--against: expected an IR's path such as model.xml, or model.xml@PRECISION with one of "
            f"{', '.join(known)}; found {text!r}"
        )
    inference = cast(InferencePrecision, precision or "f32")
    for file in (path, path.with_suffix(".bin")):
        if not file.is_file():
            raise DataError(f"{file}: no such file of an IR; check the path given with --against")
    # `models/published-recipe/fp16/model.xml` is `published-recipe/fp16`.
    parts = [part for part in path.with_suffix("").parts if part != "model"][-2:]
    return Contender(f"{'/'.join(parts)}@{inference}", path, sha256_of(path.with_suffix(".bin")), None, inference, True)

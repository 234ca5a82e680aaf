"""A variant at work, and what results say of it."""

from pathlib import Path

from converter.forms.record import Conversion
from converter.forms.variant import Variant, recorded_file
from converter.runners.base import Runner
from converter.runners.opening import open_runner
from eval.run.results import VariantRecord


def open_variant(variant: Variant, record: Conversion, folder: Path) -> tuple[Runner, VariantRecord]:
    """Open a variant of the converted model in `folder`; return its runner and what results say of it.

    Raises:
        DataError: the folder does not hold this form, or the original is not what it was.
        UsageError: OpenVINO has no such device here, or cannot infer there at the precision asked for.
    """
    path, digest = recorded_file(variant, record, folder)
    runner = open_runner(variant, folder)
    return runner, VariantRecord(
        name=variant.name,
        framework=runner.framework,
        precision=runner.precision,
        rest_precision=runner.rest_precision,
        weights=variant.weights,
        model_path=path.as_posix(),
        model_sha256=digest,
        device=runner.device,
        executed_on=runner.executed_on,
    )

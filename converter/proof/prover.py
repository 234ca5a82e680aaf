"""The prover: every form, whoever made it, is compared with the original's predictions for the same samples."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from configs.files import sha256_of
from configs.schema import Config
from converter.forms.made import Made
from converter.forms.proofs import Counterfactuals, Parity
from converter.forms.record import Form, form_files, form_path, is_ir
from converter.proof.counterfactual import check_counterfactuals, measure_counterfactuals
from converter.proof.parity import check_parity, measure_parity, parity_samples, predict_all
from converter.runners.base import Runner
from converter.runners.onnx_runtime import OnnxRunner
from converter.runners.openvino_ir import OpenVinoRunner
from converter.runners.original import Original
from datasets.samples.sample import Prediction, Sample


class Prover:
    """Proves forms against the original's predictions for the first composites of the configured set.

    Args:
        config: the job; its `convert.parity` holds tolerances and how many samples.
        original: what the forms are compared with.

    Raises:
        DataError: the set is not readable or has no sample.
        UsageError: the bundled set cannot be made as configured.
    """

    def __init__(self, config: Config, original: Original) -> None:
        self._settings = config.convert.parity
        self._samples: Sequence[Sample] = parity_samples(config.dataset, original.contract.size, self._settings.samples)
        self._original = original

    @cached_property
    def _reference(self) -> list[Prediction]:
        # Not before the first form is made: only then is a ready ONNX known to have the right inputs and outputs.
        with self._original.runner() as runner:
            return predict_all(runner, self._samples)

    def prove(self, hop: str, folder: Path) -> tuple[Parity, Counterfactuals | None]:
        """Measure and judge the form that `hop` made in `folder`.

        Raises:
            ParityError: it is out of tolerance or breaks its contract.
        """
        with _runner_of(hop, folder) as runner:
            predictions = predict_all(runner, self._samples)
            parity = measure_parity(self._reference, predictions)
            check_parity(hop, parity, self._settings.tolerances[hop])
            if not is_ir(hop):
                return parity, None
            counterfactuals = measure_counterfactuals(runner, self._samples, self._reference)
            check_counterfactuals(hop, counterfactuals, runner.contract, self._settings.counterfactual_margin)
            return parity, counterfactuals

    def form(self, made: Made, folder: Path) -> Form:
        """Prove what a step has made in `folder`; return it for the record.

        Raises:
            ParityError: it is out of tolerance or breaks its contract.
        """
        parity, counterfactuals = self.prove(made.hop, folder)
        return Form(
            hop=made.hop,
            files={name.as_posix(): sha256_of(folder / name) for name in form_files(made.hop)},
            contract=made.contract,
            parity=parity,
            counterfactuals=counterfactuals,
            details=dict(made.details),
            quantization=made.quantization,
        )


def proof_line(form: Form) -> str:
    """Return a line that says how far a form is from the original."""
    worst = max(form.parity.alpha.max, form.parity.foreground.max)
    proof = "" if form.counterfactuals is None else "; contract proved"
    return (
        f"  {form.hop}: mean |alpha difference| {form.parity.alpha.mean:.2g}, largest of any output {worst:.2g}, "
        f"{form.parity.differing_cells} cells refined otherwise{proof}"
    )


def _runner_of(hop: str, folder: Path) -> Runner:
    path = folder / form_path(hop)
    return OpenVinoRunner(path, "f32") if is_ir(hop) else OnnxRunner(path)

"""The prover: every form, whoever made it, is compared with the original's predictions for the same samples."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from configs.files import sha256_of
from configs.schema import Config, InferencePrecision
from converter.architectures import with_defaults
from converter.forms.made import Made
from converter.forms.proofs import Counterfactuals, Parity
from converter.forms.record import DeviceProof, Form, form_files, is_ir
from converter.forms.variant import Variant, device_place, ir_variant
from converter.proof.counterfactual import check_counterfactuals, measure_counterfactuals
from converter.proof.parity import check_parity, measure_parity, parity_samples, predict_all, widest
from converter.runners.base import Runner
from converter.runners.devices import require_device
from converter.runners.opening import open_runner
from converter.runners.original import Original
from datasets.samples.sample import Prediction, Sample


class Prover:
    """Proves forms against the original's predictions for the first composites of the configured set.

    Args:
        config: the job; its `convert.parity` holds tolerances and how many samples, its `convert.device` is where IRs
            are proved beside the CPU.
        original: what the forms are compared with.

    Raises:
        DataError: the set is not readable or has no sample.
        UsageError: the bundled set cannot be made as configured, or OpenVINO has no such device here.
    """

    def __init__(self, config: Config, original: Original) -> None:
        self._settings = with_defaults(config, original.architecture).convert.parity
        self._place = None if config.convert.device is None else device_place(config.convert.device)
        if self._place is not None:
            require_device(self._place[0])
        self._samples: Sequence[Sample] = parity_samples(config.dataset, original.contract.size, self._settings.samples)
        self._original = original

    @cached_property
    def _reference(self) -> list[Prediction]:
        # Not before the first form is made: only then is a ready ONNX known to have the right inputs and outputs.
        with open_runner(self._original) as runner:
            return predict_all(runner, self._samples)

    def prove(self, hop: str, folder: Path) -> dict[str, object]:
        """Measure and judge the form that `hop` made in `folder`; return the fields of `Form` that hold its proofs.

        Raises:
            ParityError: it is out of tolerance or breaks its contract.
        """
        if not is_ir(hop):
            with open_runner(Variant(hop), folder) as runner:
                return {"parity": self._parity(hop, hop, runner)}
        with open_runner(ir_variant(hop), folder) as runner:
            proofs: dict[str, object] = {
                "parity": self._parity(hop, hop, runner),
                "counterfactuals": self._counterfactuals(hop, runner),
            }
        return proofs if self._place is None else {**proofs, "device_proof": self._on_device(hop, folder, *self._place)}

    def form(self, made: Made, folder: Path) -> Form:
        """Prove what a step has made in `folder`; return it for the record.

        Raises:
            ParityError: it is out of tolerance or breaks its contract.
        """
        return Form.model_validate(
            {
                "hop": made.hop,
                "files": {name.as_posix(): sha256_of(folder / name) for name in form_files(made.hop)},
                "contract": made.contract,
                **self.prove(made.hop, folder),
                "details": dict(made.details),
                "quantization": made.quantization,
            }
        )

    def _on_device(self, hop: str, folder: Path, device: str, precision: InferencePrecision) -> DeviceProof:
        title = f"{hop} on {device}"
        with open_runner(ir_variant(hop, device, precision), folder) as runner:
            return DeviceProof(
                device=device,
                executed_on=runner.executed_on,
                precision=runner.inference_precision,
                parity=self._parity(title, hop, runner),
                counterfactuals=self._counterfactuals(title, runner),
            )

    def _parity(self, title: str, hop: str, runner: Runner) -> Parity:
        predictions = predict_all(runner, self._samples)
        parity = measure_parity(self._reference, predictions, self._original.architecture.cell)
        tolerances = self._settings.tolerances
        check_parity(title, parity, widest(tolerances[hop], tolerances.get(runner.inference_precision)))
        return parity

    def _counterfactuals(self, title: str, runner: Runner) -> Counterfactuals:
        counterfactuals = measure_counterfactuals(runner, self._samples, self._reference)
        check_counterfactuals(title, counterfactuals, runner.contract, self._settings.counterfactual_margin)
        return counterfactuals


def proof_line(form: Form) -> str:
    """Return what says how far a form is from the original: a line, and another where a device proved it too."""
    proof = "" if form.counterfactuals is None else "; contract proved"
    line = f"  {form.hop}: {_figures(form.parity)}{proof}"
    if (there := form.device_proof) is None:
        return line
    ran = f"{there.device} (ran on {', '.join(there.executed_on)} in {there.precision})"
    return f"{line}\n  {form.hop} on {ran}: {_figures(there.parity)}; contract proved"


def _figures(parity: Parity) -> str:
    worst = max(parity.alpha.max, 0.0 if parity.foreground is None else parity.foreground.max)
    cells = "" if parity.differing_cells is None else f", {parity.differing_cells} cells refined otherwise"
    return f"mean |alpha difference| {parity.alpha.mean:.2g}, largest of any output {worst:.2g}{cells}"

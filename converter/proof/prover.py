"""The prover: every form, whoever made it, is compared with the original's predictions for the same samples."""

import hashlib
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path

from configs.errors import ParityError
from configs.files import sha256_of
from configs.schema import Config, HopTolerance, InferencePrecision
from configs.sizes import size_text
from converter.architectures import with_defaults
from converter.forms.made import Made
from converter.forms.placement import Placement
from converter.forms.proofs import Counterfactuals, Parity, Recurrence, StimuliProof
from converter.forms.record import DeviceProof, Form, is_ir
from converter.forms.variant import Variant, device_place, ir_variant
from converter.proof.counterfactual import DECLARED, check_counterfactuals, measure_counterfactuals
from converter.proof.parity import check_parity, measure_parity, parity_samples, predict_all, widest
from converter.proof.recurrence import Matted, check_recurrence, clips_of, matted, measure_recurrence
from converter.proof.recurrence import looks_like as carried_like
from converter.proof.stimuli import Stimuli, limits_for
from converter.proof.ways import ways_to_accept
from converter.runners.base import Runner
from converter.runners.devices import require_device
from converter.runners.opening import open_runner
from converter.runners.original import Original
from datasets.samples.coverage import Coverage
from datasets.samples.gaps import gaps
from datasets.samples.images import array_sha256
from datasets.samples.sample import Pair, Prediction
from datasets.stimuli.battery import SMALLEST


class Prover:
    """Proves forms against the original's predictions for the first composites of the configured set.

    Args:
        config: the job; its `convert.parity` holds tolerances and how many samples, its `convert.device` is where IRs
            are proved beside the CPU.
        original: what the forms are compared with.
        placement: where their folder keeps them.

    Raises:
        DataError: the set is not readable or has no sample.
        UsageError: the bundled set cannot be made as configured, or OpenVINO has no such device here.
    """

    def __init__(self, config: Config, original: Original, placement: Placement) -> None:
        self._settings = with_defaults(config, original.architecture).convert.parity
        self._place = None if config.convert.device is None else device_place(config.convert.device)
        if self._place is not None:
            require_device(self._place[0])
        contract = original.contract
        self._samples: Sequence[Pair] = parity_samples(
            config.dataset, contract.size, self._settings.samples, takes_plate=contract.takes_plate
        )
        self._original, self._placement = original, placement
        self.stimuli = self._stimuli()

    def _stimuli(self) -> Stimuli | None:
        if not self._settings.stimuli or min(self._original.contract.size) < SMALLEST:
            return None
        return Stimuli(self._original, self._settings.stimuli_factor)

    @cached_property
    def samples_sha256(self) -> str:
        """Hash of the pixels of all samples and stimuli on which forms are proved, in order."""
        stimuli = () if self.stimuli is None else self.stimuli.samples
        images = (array_sha256(image) for sample in (*self._samples, *stimuli) for image in sample.images.values())
        return hashlib.sha256("\n".join(images).encode()).hexdigest()

    @property
    def coverage(self) -> Coverage | None:
        """What the stimuli show; None where there are none."""
        return None if self.stimuli is None else self.stimuli.coverage

    def seen_line(self) -> str:
        """Return what says on what forms are proved, and what that leaves unseen."""
        if self.coverage is None:
            reason = f"not made below {SMALLEST} pixels" if self._settings.stimuli else "switched off"
            size = size_text(self._original.contract.size)
            return f"stimuli: {reason} ({size}); the configured samples alone prove the forms"
        unseen = gaps(self.coverage)
        said = f"not seen: {'; '.join(unseen)}" if unseen else "nothing of the frame or of the values is left unseen"
        return f"stimuli: {self.coverage.samples}; {said}"

    @cached_property
    def _reference(self) -> list[Prediction]:
        # Not before the first form is made: only then is a ready ONNX known to have the right inputs and outputs.
        with open_runner(self._original) as runner:
            return predict_all(runner, self._samples)

    @cached_property
    def _clips(self) -> Matted:
        with open_runner(self._original) as runner:
            return matted(runner, clips_of(self._samples))

    def prove(self, hop: str, folder: Path) -> dict[str, object]:
        """Measure and judge the form that `hop` made in `folder`; return the fields of `Form` that hold its proofs.

        Raises:
            ParityError: it is out of tolerance or breaks its contract.
        """
        with open_runner(ir_variant(hop) if is_ir(hop) else Variant(hop), folder, placement=self._placement) as runner:
            proofs = self._proofs(hop, hop, runner)
        if self._place is None or not is_ir(hop):
            return proofs
        return {**proofs, "device_proof": self._on_device(hop, folder, *self._place)}

    def form(self, made: Made, folder: Path) -> Form:
        """Prove what a step has made in `folder`; return it for the record.

        Raises:
            ParityError: it is out of tolerance or breaks its contract.
        """
        return Form.model_validate(
            {
                "hop": made.hop,
                "files": {name.as_posix(): sha256_of(folder / name) for name in self._placement.files(made.hop)},
                "contract": made.contract,
                **self.prove(made.hop, folder),
                "details": dict(made.details),
                "quantization": made.quantization,
            }
        )

    def _on_device(self, hop: str, folder: Path, device: str, precision: InferencePrecision) -> DeviceProof:
        title = f"{hop} on {device}"
        with open_runner(ir_variant(hop, device, precision), folder, placement=self._placement) as runner:
            return DeviceProof.model_validate(
                {
                    "device": device,
                    "executed_on": runner.executed_on,
                    "precision": runner.inference_precision,
                    **self._proofs(title, hop, runner),
                }
            )

    def _proofs(self, title: str, hop: str, runner: Runner) -> dict[str, object]:
        """Measure all that is proved of a running form, then judge, so that a failure says all that is wrong."""
        proofs, problems = self.examine(title, hop, runner)
        if problems:
            failed = {name: proofs[name] for name in problems}
            stimuli = proofs.get("stimuli")
            factor = None
            if self.stimuli is not None and isinstance(stimuli, StimuliProof):
                factor = self.stimuli.accepting_factor(stimuli, limits_for(hop, runner))
            ways = ways_to_accept(self._settings, *self._tolerance(hop, runner), failed, factor)
            raise ParityError("\n".join([*problems.values(), *self._looks_like(title, runner), *ways]))
        return proofs

    def examine(self, title: str, hop: str, runner: Runner) -> tuple[dict[str, object], dict[str, str]]:
        """Measure all that is proved of a running form; return the proofs, and by proof what is wrong."""
        _, tolerance = self._tolerance(hop, runner)
        predictions = predict_all(runner, self._samples)
        parity = measure_parity(self._reference, predictions, self._original.architecture.cell)
        proofs: dict[str, object] = {"parity": parity}
        problems = {"parity": _problem(check_parity, title, parity, tolerance)}
        if is_ir(hop):
            counterfactuals = measure_counterfactuals(runner, self._samples, self._reference)
            margin = self._settings.counterfactual_margin
            proofs["counterfactuals"] = counterfactuals
            problems["counterfactuals"] = _problem(
                check_counterfactuals, title, counterfactuals, runner.contract, margin
            )
        if runner.contract.states:
            recurrence = measure_recurrence(runner, clips_of(self._samples), self._clips)
            margin = self._settings.counterfactual_margin
            proofs["recurrence"] = recurrence
            problems["recurrence"] = _problem(check_recurrence, title, recurrence, tolerance, margin)
        if self.stimuli is not None:
            proofs["stimuli"], problems["stimuli"] = self._on_stimuli(title, hop, runner, tolerance)
        return proofs, {name: problem for name, problem in problems.items() if problem}

    def _tolerance(self, hop: str, runner: Runner) -> tuple[str, HopTolerance]:
        """Return the key of the tolerance that a running form is judged by, and the tolerance."""
        tolerances = self._settings.tolerances
        reduced = tolerances.get(runner.inference_precision)
        return hop if reduced is None else runner.inference_precision, widest(tolerances[hop], reduced)

    def _on_stimuli(
        self, title: str, hop: str, runner: Runner, tolerance: HopTolerance
    ) -> tuple[StimuliProof, str | None]:
        assert self.stimuli is not None
        precision = limits_for(hop, runner)
        proof = self.stimuli.measure(runner, precision)
        problems = list(self.stimuli.problems(proof, precision, tolerance))
        return proof, f"hop {title}: on the stimuli {'; '.join(problems)}" if problems else None

    def _looks_like(self, title: str, runner: Runner) -> list[str]:
        looks = None if self.stimuli is None else self.stimuli.looks_like(runner)
        lines = [] if looks is None else [f"hop {title}: it looks as if {looks}"]
        if runner.contract.states:
            with open_runner(self._original) as original:
                way = carried_like(runner, original, clips_of(self._samples))
            lines += [] if way is None else [f"hop {title}: along a clip it looks like the original with {way}"]
        return lines


def _problem(check: Callable[..., None], *arguments: object) -> str | None:
    try:
        check(*arguments)
    except ParityError as error:
        return str(error)
    return None


def proof_line(form: Form) -> str:
    """Return what says how far a form is from the original: a line, and another where a device proved it too."""
    line = f"  {form.hop}: {_proved(form)}"
    if (there := form.device_proof) is None:
        return line
    ran = f"{there.device} (ran on {', '.join(there.executed_on)} in {there.precision})"
    return f"{line}\n  {form.hop} on {ran}: {_proved(there)}"


def _proved(proofs: Form | DeviceProof) -> str:
    told = _of_clip(proofs.recurrence), _of_stimuli(proofs.stimuli), _contract(proofs.counterfactuals)
    return f"{_figures(proofs.parity)}{''.join(told)}"


def _contract(counterfactuals: Counterfactuals | None) -> str:
    return "" if counterfactuals is None else "; contract proved"


def _of_clip(proof: Recurrence | None) -> str:
    if proof is None:
        return ""
    nearest = min((name for name in proof.distances if name != DECLARED), key=lambda name: proof.distances[name])
    return (
        f"; with states carried {proof.later.alpha.mean:.2g}, distance of a frame {proof.distances[DECLARED]:.2g}, "
        f"with {nearest} {proof.distances[nearest]:.2g}"
    )


def _of_stimuli(proof: StimuliProof | None) -> str:
    if proof is None:
        return ""
    untold = [share.fault for share in proof.shares if share.value is None]
    told = f"; not told by any stimulus: whether it is as if {', or '.join(untold)}" if untold else ""
    return f"; on the stimuli the worst block moved {255 * proof.tiles.alpha.moved:.2g}/255 of alpha{told}"


def _figures(parity: Parity) -> str:
    worst = max(parity.alpha.max, 0.0 if parity.foreground is None else parity.foreground.max)
    cells = "" if parity.differing_cells is None else f", {parity.differing_cells} cells refined otherwise"
    return f"mean |alpha difference| {parity.alpha.mean:.2g}, largest of any output {worst:.2g}{cells}"

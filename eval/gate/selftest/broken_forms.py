"""Real scores of deliberately broken forms: one IR of a run, run again as it is and in every way a gate must notice."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import pandas as pd

from configs.errors import DataError
from converter.forms.contract import Contract, Port
from converter.forms.record import Conversion, check_files
from converter.forms.variant import FormFile, parse_variant
from converter.proof.counterfactual import Fault, wrong_ways
from converter.proof.perturb import perturb_weights
from converter.runners.base import Feed, Outputs, Runner, decode_outputs, encode_inputs
from converter.runners.opening import open_runner
from datasets.plates.needed import require_plates
from datasets.samples.layout import iterate_pairs
from datasets.samples.sample import Pair, Sample
from eval.metrics.scoring import Scorer, original_matte
from eval.metrics.truth import Truth
from eval.run.identity import require_run_models, require_run_set
from eval.run.opening import open_dataset
from eval.run.plates import Plates
from eval.run.results import Results, VariantRecord
from eval.run.scores import ScoreRow, score_table
from eval.run.variants import open_variant

HEALTHY = "none: the form run again as it is"
SWAPPED = "channel swap on one input: the source in RGB for BGR"
UNSCALED = "scale missed: the network gets 0..255 for 0..1"
UNCENTRED = "mean missed: the network gets 0..2 for -1..1"
FLIPPED = "foreground flipped: its colours read in the other order"
PERTURBED = "weights perturbed by 1 %: each times 1 + 0.01 * standard normal noise"
# An IR fed 255 times too much gives what one without the division by 255 gives for right images.
_WRONG_WAYS: Mapping[str, Fault] = {
    SWAPPED: "source swapped",
    UNSCALED: "scaled twice",
    # So does one that is fed the mean too much, and one without the subtraction of it.
    UNCENTRED: "mean twice",
    FLIPPED: "foreground swapped",
}

Report = Callable[[str, int, int], None]


def ir_to_break(results: Results) -> VariantRecord:
    """Return the IR that is broken: the first one at an inference precision of f32, else the first.

    Raises:
        DataError: the run has none.
    """
    ours = [variant for variant in results.converted() if variant.contract is None]
    candidates = [variant for variant in ours if variant.framework == "openvino"]
    if not candidates:
        raise DataError("the self-test breaks an OpenVINO IR, and the run has none; evaluate with ir-fp32@f32")
    return next((variant for variant in candidates if variant.precision == "f32"), candidates[0])


def score_broken_forms(results: Results, count: int, work: Path, report: Report) -> dict[str, pd.DataFrame]:
    """Run one IR on the first samples of its set, whole and broken; return the table of what each form scored.

    Args:
        results: the run that the IR is of; its settings say where models and set are.
        count: how many samples.
        work: an empty folder for the IR with perturbed weights.
        report: called with (what is being done, done, total).

    Raises:
        DataError: models or set are missing, or are not those of the run.
    """
    broken = ir_to_break(results)
    config = results.configuration()
    models = config.convert.out
    record = Conversion.read(models)
    check_files(models, record)
    require_run_models(results)
    variant = parse_variant(broken.name)
    runner, found = open_variant(variant, record, models)
    if found.ran_in != broken.ran_in:
        raise DataError(
            f"{found.model_path}: infers at another precision here ({found.ran_in}, {broken.ran_in} in the run); run "
            "`mattekit evaluate` again"
        )
    samples = open_dataset(config.dataset, report)
    require_run_set(samples, results.dataset)
    takes_plate = record.forms[0].contract.takes_plate
    require_plates(samples, takes_plate, config.dataset)
    perturbed = work / "perturbed.xml"
    file = variant.file(models, record.placement)
    perturb_weights(file.path, perturbed)
    with ExitStack() as stack:
        whole = stack.enter_context(runner)
        damaged = stack.enter_context(open_runner(FormFile(perturbed, file.device, file.precision)))
        changed = stack.enter_context(whole.with_float_inputs())
        ways = wrong_ways(changed.contract)
        forms = [_Form(HEALTHY, whole, whole.contract, samples.sequential)]
        forms += [
            _Form(fault, changed, ways[way].contract, samples.sequential)
            for fault, way in _WRONG_WAYS.items()
            if way in ways
        ]
        forms.append(_Form(PERTURBED, damaged, damaged.contract, samples.sequential))
        own: _Form | None = None
        if not samples.has_truth:
            original, _ = open_variant(parse_variant(results.original), record, models)
            original = stack.enter_context(original)
            own = _Form(results.original, original, original.contract, samples.sequential)
        rows: dict[str, list[ScoreRow]] = {form.fault: [] for form in forms}
        for index, sample in enumerate(map(Plates(config.dataset, takes_plate), iterate_pairs(samples, count))):
            report("running broken forms", index, count)
            truth = _truth(sample, own)
            for form, outputs in _infer(sample, forms):
                scores = form.scorer.score(truth, decode_outputs(form.contract, outputs))
                rows[form.fault].append(ScoreRow(sample.id, broken.name, scores, tags=sample.tags))
        report("running broken forms", count, count)
    return {fault: score_table(scored) for fault, scored in rows.items()}


class _Form:
    """A model, the contract it is run by, its scorer, and the states it has handed on: several share one runner."""

    def __init__(self, fault: str, runner: Runner, contract: Contract, sequential: bool) -> None:
        self.fault = fault
        self.runner = runner
        self.contract = contract
        self.scorer = Scorer(fault, sequential)
        self.clip: str | None = None
        self.states: Feed = {}
        self._sequential = sequential

    def infer(self, sample: Pair) -> Outputs:
        """Run the model on a sample, the frame after the one before where both are of one clip."""
        clip = sample.clip if self._sequential else sample.id
        self.runner.states = self.states if clip == self.clip else {}
        outputs = self.runner.infer(encode_inputs(self.contract, sample.images))
        self.clip, self.states = clip, self.runner.states
        return outputs


def _truth(sample: Pair, original: _Form | None) -> Truth:
    """Return what forms are measured against on a sample: its ground truth, or what the original gives for it."""
    if isinstance(sample, Sample):
        return sample
    assert original is not None, "opened for a set without ground truth"
    return original_matte(sample, decode_outputs(original.contract, original.infer(sample)))


def _infer(sample: Pair, forms: Sequence[_Form]) -> Iterator[tuple[_Form, Outputs]]:
    """Yield each form's raw outputs; forms that differ in how outputs are read alone share one inference."""
    done: dict[tuple[int, tuple[Port, ...]], Outputs] = {}
    for form in forms:
        key = id(form.runner), form.contract.inputs
        if key not in done:
            done[key] = form.infer(sample)
        yield form, done[key]

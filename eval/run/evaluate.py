"""The evaluation: every variant on every sample, then the figures."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from time import perf_counter

import numpy as np

from configs.environment import describe_environment
from configs.errors import DataError, UsageError
from configs.schema import BUNDLED, Config, DatasetSection
from configs.text import counted
from converter.forms.named import named_forms
from converter.forms.record import Conversion, check_files, recorded_model
from converter.forms.variant import parse_variants
from converter.runners.base import Runner, decode_outputs, encode_inputs
from converter.runners.original import is_original
from datasets.bundled.sets import make_bundled
from datasets.mismatch.explain import same_pictures
from datasets.mismatch.pixels import Parts, draw
from datasets.plates.needed import require_plates
from datasets.remote.sets import open_place
from datasets.samples.coverage import CoverageMeter
from datasets.samples.images import array_sha256
from datasets.samples.layout import SampleSet, iterate_pairs, listing
from datasets.samples.manifest import content_sha256
from datasets.samples.sample import Pair, Prediction, Sample
from eval.metrics.constant import constant_scores
from eval.metrics.scoring import Scorer, as_unit, original_matte
from eval.metrics.truth import Truth, as_sample
from eval.run.dataset_record import DatasetRecord
from eval.run.evidence import require_evidence
from eval.run.plates import Plates
from eval.run.results import Results, VariantRecord, samples_sha256
from eval.run.scores import ScoreRow, score_table
from eval.run.stored import Run
from eval.run.variants import model_of, open_model, open_variant, reference_of
from eval.run.worst import Keeper

Report = Callable[[str, int, int], None]


def evaluate(
    config: Config, keeper: Keeper | None = None, *, rerun: Sequence[str] = (), report: Report = lambda *_: None
) -> Run:
    """Run every configured variant and model on the configured set and return the table of scores and its figures.

    The first variant is the original that drift is counted from; of a set without ground truth, what it gives is the
    truth that every variant is measured against. Each sample is decoded once and given to every
    variant; of past samples only scores and coverage are kept, and what `keeper` keeps.

    Args:
        config: the job; `config.convert.out` is the converted model folder.
        keeper: is shown every sample with its predictions; None where no pictures are wanted.
        rerun: shell commands that repeat the run, for the report.
        report: called with (what is being done, done, total).

    Raises:
        DataError: models or samples are missing or broken, the models are not the configured ones, the set lacks the
            plates that they take, plate and composite of a sample with a person are the same picture, a variant returns
            something that is not a matte, or scores cannot be those of their forms.
        UsageError: an unknown variant, a model whose contract cannot be told, or a sample that a quantized form was
            fitted to.
    """
    variants = parse_variants(config.evaluate.variants, config.evaluate.device)
    others = named_forms(config.evaluate.models, config.evaluate.device)
    models = config.convert.out
    record = open_models(config)
    takes_plate = record.forms[0].contract.takes_plate
    sample_set = open_dataset(config.dataset, report)
    require_plates(sample_set, takes_plate, config.dataset)
    total = min(len(sample_set.refs), config.dataset.limit or len(sample_set.refs))
    rows: list[ScoreRow] = []
    images: list[tuple[str, str]] = []
    sizes: set[tuple[int, int]] = set()
    with ExitStack() as stack:
        opened = [open_variant(variant, record, models) for variant in variants]
        reference = reference_of(config, opened[0][0])
        for index, form in enumerate(others):
            report("proving contracts", index, len(others))
            opened.append(open_model(form, reference))
        scored = [
            _ScoredRunner(stack.enter_context(runner), description, sample_set.sequential)
            for runner, description in opened
        ]
        calibrated = record.calibrated_sources([variant.hop for variant in variants])
        meter = CoverageMeter(scored[0].runner.contract.size)
        plates = Plates(config.dataset, takes_plate)
        for index, sample in enumerate(iterate_pairs(sample_set, total)):
            report("evaluating", index, total)
            images += sample_set.decoded_sha256(sample_set.refs[index], sample)
            sizes.add(sample.size)
            _refuse_calibrated(sample, calibrated, models)
            if takes_plate:
                _refuse_same_pictures(sample, sample_set, index, total)
            rows.extend(_run_sample(plates(sample), scored, meter, keeper))
        report("evaluating", total, total)
    table = score_table(rows)
    ids = list(table.index.unique("sample"))
    pixels = content_sha256(images)
    facts = Results(
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        environment=describe_environment(),
        dataset=DatasetRecord(
            name=sample_set.name,
            path=sample_set.root.as_posix(),
            manifest_sha256=pixels if sample_set.manifest is None else sample_set.manifest_sha256,
            pixels_sha256=content_sha256([*images, *plates.settings]),
            plates=plates.note,
            samples=len(ids),
            samples_sha256=samples_sha256(ids),
            consecutive=sample_set.sequential,
            estimated_foregrounds=len(sample_set.estimated_foregrounds.intersection(ids)),
            truth="ground truth" if sample_set.has_truth else "original",
            coverage=meter.coverage(),
            sizes=tuple(sorted(sizes)),
        ),
        settings=config.replaced(model=recorded_model(record)).model_dump(mode="json"),
        model=model_of(record),
        original=variants[0].name,
        variants=tuple(description for _, description in opened),
        worst=() if keeper is None else keeper.records(),
        rerun=tuple(rerun),
    )
    run = Run(facts, table)
    require_evidence(run.results, run.table)
    return run


def open_models(config: Config) -> Conversion:
    """Return the record of the configured model folder, its files checked.

    Raises:
        DataError: it is missing or broken, or was converted from another original than the configured one.
    """
    models = config.convert.out
    record = Conversion.read(models)
    check_files(models, record)
    if not is_original(config.model, record):
        raise DataError(
            f"{models}: converted from {record.source.path}, or with other settings of the network than the "
            "configuration's; run `mattekit convert`, or name the folder with --models to take it as it is"
        )
    return record


def open_dataset(dataset: DatasetSection, report: Report = lambda *_: None) -> SampleSet:
    """Open the configured set; a bundled one is made first where it is not there yet.

    Raises:
        DataError: the set is missing or breaks its layout.
        UsageError: the bundled set cannot be made as configured.
    """
    if dataset.path not in BUNDLED:
        return open_place(dataset.path, report)
    making = f"making the {dataset.path} set"
    return make_bundled(dataset, progress=lambda done, total: report(making, done, total))


class _ScoredRunner:
    """A variant at work: its runner, its scorer, and whether it has been warmed up."""

    def __init__(self, runner: Runner, description: VariantRecord, sequential: bool) -> None:
        self.runner = runner
        self.name = description.name
        self.scorer = Scorer(description.name, sequential)
        self._sequential = sequential
        self._warm = False

    def predict(self, sample: Pair) -> tuple[Prediction, float]:
        """Return the prediction and the milliseconds of inference alone; the very first inference is not timed.

        Raises:
            DataError: the variant returned something that is not a matte.
        """
        contract = self.runner.contract
        feed = encode_inputs(contract, sample.images)
        if not self._warm:
            self.runner.infer(feed)
            self._warm = True
            self.runner.start_clip()
        # Frames that do not follow each other have nothing to hand on.
        self.runner.enter_clip(sample.clip if self._sequential else sample.id)
        started = perf_counter()
        outputs = self.runner.infer(feed)
        elapsed = (perf_counter() - started) * 1e3
        try:
            return decode_outputs(contract, outputs), elapsed
        except DataError as error:
            raise DataError(f"variant {self.name}, sample {sample.id}: {error}") from error


def _run_sample(
    sample: Pair, scored: Sequence[_ScoredRunner], meter: CoverageMeter, keeper: Keeper | None
) -> list[ScoreRow]:
    rows = []
    predicted = {runner.name: runner.predict(sample) for runner in scored}
    predictions = {name: prediction for name, (prediction, _) in predicted.items()}
    truth: Truth
    if isinstance(sample, Sample):
        truth = sample
        meter.add(sample)
    else:
        truth = original_matte(sample, predictions[scored[0].name])
        meter.add(as_sample(sample, truth))
    constants = constant_scores(truth)
    truth = as_unit(truth)
    for runner in scored:
        prediction, elapsed = predicted[runner.name]
        scores = runner.scorer.score(truth, prediction)
        rows.append(ScoreRow(sample.id, runner.name, scores, elapsed, sample.tags, constants))
    if keeper is not None:
        alpha_mad = {row.variant: value for row in rows if (value := row.scores["alpha_mad"]) is not None}
        keeper.offer(sample, scored[0].name, predictions, alpha_mad)
    return rows


def _refuse_calibrated(sample: Pair, calibrated: frozenset[str], models: Path) -> None:
    if calibrated and array_sha256(sample.source) in calibrated:
        raise UsageError(
            f"sample {sample.id}: the int8 form in {models} was calibrated or chosen on it, so its figures would say "
            "nothing; evaluate on another set, or convert again with another convert.int8.calibration"
        )


def _refuse_same_pictures(sample: Pair, sample_set: SampleSet, index: int, total: int) -> None:
    """Refuse a set whose plates are its composites: every matte would be empty, and no drift could show.

    All samples of that kind are named once the first is found. Without ground truth nobody knows whether a sample has
    a person, and a plate may be a frame of its video: such a set is refused where every sample is of that kind.
    """
    found = _same_pictures(sample)
    if found is None or (not sample_set.has_truth and index > 0):
        return
    later = islice(iterate_pairs(sample_set, total), index + 1, None)
    ids = [sample.id, *(other.id for other in later if _same_pictures(other))]
    if not sample_set.has_truth and len(ids) < total:
        return
    raise DataError(
        f"{sample_set.root}: {counted(len(ids), 'sample')} of {total} ({listing(ids)}): {found}, so no figure "
        "of theirs would say anything; put the scene without the person into bgr/, and see `mattekit dataset verify`"
    )


def _same_pictures(sample: Pair) -> str | None:
    """Say that plate and composite are one picture; None where they are not, or are with nobody in it."""
    if not isinstance(sample, Sample):
        same = np.array_equal(sample.source, sample.plate)
        return "plate and source are the same picture" if same else None
    parts = Parts(sample.source, sample.plate, sample.foreground, sample.alpha)
    found = same_pictures(parts, draw(sample.alpha))
    return None if found is None else found.clause

"""The evaluation: every variant on every sample, then the figures."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from itertools import groupby

from configs.environment import describe_environment
from configs.schema import Config
from configs.text import counted
from converter.forms.record import recorded_model
from datasets.samples.coverage import CoverageMeter
from datasets.samples.layout import SampleSet
from datasets.samples.manifest import content_sha256
from datasets.samples.sample import clip_of
from eval.pipeline.journal import Journal, require_unchanged
from eval.pipeline.line import Finished, Line, Task
from eval.pipeline.opening import Opened, open_evaluation
from eval.pipeline.outcome import Outcome, Part
from eval.run.dataset_record import DatasetRecord
from eval.run.evidence import require_evidence
from eval.run.opening import Report
from eval.run.plates import Prepared
from eval.run.results import Results, samples_sha256
from eval.run.scores import score_table
from eval.run.stored import Run
from eval.run.variants import model_of
from eval.run.worst import Keeper

Emit = Callable[[Part], None]
Execute = Callable[[Opened, Sequence[Task], Keeper | None, Callable[[int], None], Emit], None]
"""Evaluates tasks: is given the evaluation, the tasks, the keeper, what to call with the number of further samples that
are done, and what takes each part when it is finished."""


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
    with open_evaluation(config, report) as opened:
        return run_opened(opened, keeper, rerun=rerun, report=report)


def run_opened(
    opened: Opened,
    keeper: Keeper | None = None,
    *,
    journal: Journal | None = None,
    execute: Execute | None = None,
    rerun: Sequence[str] = (),
    say: Callable[[str], None] = lambda _: None,
    report: Report = lambda *_: None,
) -> Run:
    """Do what is missing of an evaluation, and return the whole of it.

    Args:
        opened: the evaluation.
        keeper: as for `evaluate`.
        journal: keeps the parts that are finished, and has those of an earlier process; None keeps nothing.
        execute: does the work; by default this process, `execute_here`.
        rerun, report: as for `evaluate`.
        say: called with what a user should know.

    Raises:
        DataError, UsageError: as `evaluate`; or a sample that an earlier process finished was changed since.
    """
    outcomes: list[Outcome] = []
    meter = CoverageMeter(opened.size)
    for part in () if journal is None else journal.read():
        outcomes += part.outcomes
        meter.merge(part.meter)
    require_unchanged(opened.sample_set, outcomes)
    done = {outcome.sample for outcome in outcomes}
    if done:
        say(f"going on with a run that was broken off: {len(done)} of {counted(opened.total, 'sample')} are done")

    def tell(further: int) -> None:
        report("evaluating", len(done) + further, opened.total)

    def emit(part: Part) -> None:
        outcomes.extend(part.outcomes)
        meter.merge(part.meter)
        if journal is not None:
            journal.write(part)

    tell(0)
    tasks = missing(opened, done)
    if tasks:
        (execute or execute_here(journal))(opened, tasks, keeper, tell, emit)
    return assemble(opened, Part(tuple(outcomes), meter), keeper, rerun)


def execute_here(journal: Journal | None = None) -> Execute:
    """Return what evaluates tasks in this process, a part whenever `journal` finds one due, or one for all."""

    def execute(
        opened: Opened, tasks: Sequence[Task], keeper: Keeper | None, tell: Callable[[int], None], emit: Emit
    ) -> None:
        collected: list[Outcome] = []
        meter = CoverageMeter(opened.size)
        number = 0
        try:
            for finished in Line(opened).run(tasks):
                if keeper is not None:
                    offer(keeper, opened, finished)
                collected.append(finished.outcome)
                meter.merge(finished.meter)
                number += 1
                if journal is not None and journal.due:
                    emit(Part(tuple(collected), meter))
                    collected, meter = [], CoverageMeter(opened.size)
                tell(number)
        finally:
            # also after an error or an interruption: what is finished is kept
            if collected:
                emit(Part(tuple(collected), meter))

    return execute


def offer(keeper: Keeper, opened: Opened, finished: Finished) -> None:
    """Show a keeper a sample that is finished."""
    scores = finished.outcome.scores
    alpha_mad = {name: value for name in scores if (value := scores[name]["alpha_mad"]) is not None}
    keeper.offer(finished.sample, opened.variants[0][1].name, finished.predictions, alpha_mad)


def missing(opened: Opened, done: Iterable[str]) -> list[Task]:
    """Return the samples that are not done yet, and before them in their clips what variants must have seen for them.

    Where frames follow each other in time, that is the frame before, and where forms hand on states, all frames before.
    """
    finished = set(done)
    tasks = [Task(index, ref) for index, ref in enumerate(opened.refs)]
    if not opened.sample_set.sequential:
        return [task for task in tasks if task.ref.id not in finished]
    found: list[Task] = []
    for _, frames in groupby(tasks, lambda task: clip_of(task.ref.id)):
        clip = list(frames)
        first = next((place for place, task in enumerate(clip) if task.ref.id not in finished), len(clip))
        if first < len(clip):
            begin = 0 if opened.has_states else max(0, first - 1)
            found += [Task(task.index, task.ref, task.ref.id not in finished) for task in clip[begin:]]
    return found


def assemble(opened: Opened, whole: Part, keeper: Keeper | None, rerun: Sequence[str]) -> Run:
    """Return the run that the outcomes of all samples make, in whatever order they came.

    Raises:
        DataError: scores cannot be those of their forms.
    """
    by_sample = {outcome.sample: outcome for outcome in whole.outcomes}
    outcomes = [by_sample[ref.id] for ref in opened.refs]
    facts = Results(
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        environment=describe_environment(),
        dataset=_dataset_record(opened, outcomes, whole.meter),
        settings=opened.config.replaced(model=recorded_model(opened.record)).model_dump(mode="json"),
        model=model_of(opened.record),
        original=opened.variants[0][1].name,
        variants=tuple(description for _, description in opened.variants),
        worst=() if keeper is None else keeper.records(),
        rerun=tuple(rerun),
    )
    run = Run(facts, score_table(row for outcome in outcomes for row in outcome.rows()))
    require_evidence(run.results, run.table)
    return run


def _dataset_record(opened: Opened, outcomes: Sequence[Outcome], meter: CoverageMeter) -> DatasetRecord:
    sample_set: SampleSet = opened.sample_set
    ids = [outcome.sample for outcome in outcomes]
    images = [image for outcome in outcomes for image in outcome.images]
    plates = Prepared(*(sum(counts) for counts in zip(*(outcome.plates for outcome in outcomes), strict=True)))
    return DatasetRecord(
        name=sample_set.name,
        path=sample_set.root.as_posix(),
        manifest_sha256=content_sha256(images) if sample_set.manifest is None else sample_set.manifest_sha256,
        pixels_sha256=content_sha256([*images, *opened.plates.settings]),
        plates=opened.plates.note(plates),
        samples=len(ids),
        samples_sha256=samples_sha256(ids),
        consecutive=sample_set.sequential,
        estimated_foregrounds=len(sample_set.estimated_foregrounds.intersection(ids)),
        truth="ground truth" if sample_set.has_truth else "original",
        coverage=meter.coverage(),
        sizes=tuple(sorted({outcome.size for outcome in outcomes})),
    )

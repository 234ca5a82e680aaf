"""The attribution of a run's drift: every form of its models runs on its samples again, hop after hop."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime

import pandas as pd

from configs.environment import describe_environment
from configs.errors import DataError, UsageError
from converter.architectures import architecture_named
from converter.forms.named import named_forms
from converter.forms.record import Conversion, check_files
from converter.runners.base import Runner
from converter.runners.devices import default_inference_precision
from datasets.plates.needed import require_plates
from datasets.remote.sets import open_place
from datasets.samples.layout import SampleSet, iterate
from eval.attribution.measure import Measured, Report, measure
from eval.attribution.record import Attribution, StageRecord
from eval.attribution.split import MEANS_OVER_PIXELS, most_added, split_drift
from eval.attribution.stages import Stage, model_stages, open_stage, reduced_precision, stages_of
from eval.metrics.measures import PUBLISHED_METRICS
from eval.run.figures import drift_of, summarise
from eval.run.identity import require_run_models, require_run_set
from eval.run.plates import Plates
from eval.run.results import Results
from eval.run.scores import scores_of
from eval.run.variants import reference_of


def attribute(results: Results, *, limit: int | None = None, report: Report = lambda *_: None) -> Attribution:
    """Run every form of a run's models on its samples again, and say which hop added how much.

    Args:
        results: the run.
        limit: use only the first `limit` samples of the run.
        report: called with (what is being done, done, total).

    Raises:
        DataError: the run's models or its set are missing, or not what they were when it ran.
        UsageError: the run's figures are agreement with its original.
    """
    if results.dataset.agreement:
        raise UsageError(
            "attribution splits a drift of errors against ground truth, and this run's set has none: its figures are "
            "distances from the original already, which do not add up hop by hop; `mattekit info` shows how far the "
            "conversion proved each form to be from the original, `mattekit locate` where two forms part"
        )
    models = results.configuration().convert.out
    record = Conversion.read(models)
    check_files(models, record)
    require_run_models(results)
    sample_set = open_run_set(results)
    total = min(results.dataset.samples, limit or results.dataset.samples)
    config = results.configuration()
    hops = tuple(stages_of(record, reduced_precision()))
    others = named_forms(config.evaluate.models, config.evaluate.device)
    stages = (*hops, *model_stages(others, hops[0].name))
    contract = record.forms[0].contract
    dataset = config.dataset
    require_plates(sample_set, contract.takes_plate, dataset)
    size, cell = contract.size, architecture_named(contract.architecture).cell
    with ExitStack() as stack:
        opened: dict[str, Runner | str] = {}
        for stage in stages:
            original = opened.get(hops[0].name)
            reference = reference_of(config, original) if isinstance(original, Runner) else None
            opened[stage.name] = open_stage(stage, models, reference)
        runners = {name: stack.enter_context(runner) for name, runner in opened.items() if isinstance(runner, Runner)}
        able = [stage for stage in stages if stage.name in runners]
        samples = map(Plates(dataset, contract.takes_plate), iterate(sample_set, total))
        measured = measure(able, runners, samples, total, size, cell, results.dataset.consecutive, report)
    refused = {name: reason for name, reason in opened.items() if isinstance(reason, str)}
    precisions = {name: runner.precision for name, runner in runners.items()}
    return assemble(stages, measured, precisions, refused, results, size)


def assemble(
    stages: Sequence[Stage],
    measured: Measured,
    precisions: Mapping[str, str],
    refused: Mapping[str, str],
    results: Results,
    size: tuple[int, int],
) -> Attribution:
    """Turn scores and errors into the record.

    Args:
        stages: all of them, in order.
        measured: of those that ran.
        precisions: stage name to the precision that really ran.
        refused: stage name to why it could not run.
        results: the run.
        size: of the network's input, (height, width).

    Raises:
        DataError: stages do not cover the same samples or metrics.
    """
    original = stages[0].name
    records = []
    for stage in stages:
        record = StageRecord(name=stage.name, before=stage.before, part=stage.part)
        if stage.name in refused:
            records.append(record.model_copy(update={"refused": refused[stage.name]}))
            continue
        found: dict[str, object] = {
            "precision": precisions[stage.name],
            "metrics": summarise(scores_of(measured.scores, stage.name)),
        }
        if stage.before is not None:
            found |= {
                "drift": _drifts(measured.scores, original, stage.name),
                "added": _drifts(measured.scores, stage.before, stage.name),
                "error": measured.errors[stage.name],
                "added_error": measured.added_errors[stage.name],
            }
        records.append(record.model_copy(update=found))
    outer = _means(measured.scores)
    inner = outer if measured.inner_scores is measured.scores else _means(measured.inner_scores)
    metrics = [name for name in PUBLISHED_METRICS if outer[original].get(name) is not None]
    return Attribution(
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        environment=describe_environment(),
        run=results.created,
        dataset=results.dataset.name,
        samples=len(scores_of(measured.scores, original)),
        architecture=results.configuration().model.architecture,
        input_size=size,
        resized=measured.resized,
        resize_error={
            name: (outer[original][name] or 0.0) - (inner[original][name] or 0.0)
            for name in metrics
            if name in MEANS_OVER_PIXELS
        },
        default_precision=default_inference_precision(),
        stages=tuple(records),
        splits=tuple(split_drift(records, metrics, outer, inner)),
        most=most_added(records, metrics),
    )


def open_run_set(results: Results) -> SampleSet:
    """Open the set that a run was made on.

    Raises:
        DataError: it is gone, or not what it was.
    """
    recorded = results.dataset
    if recorded.path is None:
        raise DataError("the run does not say where its set lay; run `mattekit evaluate` again")
    sample_set = open_place(recorded.path)
    require_run_set(sample_set, recorded)
    return sample_set


def _drifts(table: pd.DataFrame, before: str, after: str) -> dict[str, float | None]:
    return {record.metric: record.mean for record in drift_of(scores_of(table, before), scores_of(table, after), after)}


def _means(table: pd.DataFrame) -> dict[str, dict[str, float | None]]:
    return {
        stage: {name: record.mean for name, record in summarise(scores_of(table, stage)).items()}
        for stage in table.index.unique("variant")
    }

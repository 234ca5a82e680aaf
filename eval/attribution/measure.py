"""The measurement: every stage on every sample, scored at both sizes, its outputs compared with two other stages'."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from PIL import Image

from configs.errors import DataError
from converter.proof.parity import ParityMeter
from converter.runners.base import Runner
from datasets.samples.sample import Prediction, Sample
from eval.attribution.record import ErrorRecord
from eval.attribution.stages import Stage
from eval.metrics.scoring import Scorer
from eval.run.scores import ScoreRow, score_table

Report = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured.

    Attributes:
        scores: the table of scores at the samples' size, with stages for variants.
        inner_scores: likewise at the network's size; `scores` itself where no sample has another size.
        errors: stage to its outputs' error from the original.
        added_errors: stage to its outputs' error from the stage before.
        resized: how many samples have another size than the network's.
    """

    scores: pd.DataFrame
    inner_scores: pd.DataFrame
    errors: Mapping[str, ErrorRecord]
    added_errors: Mapping[str, ErrorRecord]
    resized: int


def measure(
    stages: Sequence[Stage],
    runners: Mapping[str, Runner],
    samples: Iterable[Sample],
    total: int,
    size: tuple[int, int],
    cell: int | None,
    sequential: bool,
    report: Report,
) -> Measured:
    """Run every stage on every sample, holding one sample at a time.

    Args:
        stages: those that can run, each after its `before`; the first is the original.
        runners: by stage name.
        samples: `total` of them.
        size: the network's.
        cell: side of the cells that the network chooses to refine; None for one that chooses none.
        sequential: whether frames of a clip follow each other in time.
        report: called with (what is being done, done, total).

    Raises:
        DataError: a sample is broken, or a stage returned something that is not a matte.
    """
    original = stages[0].name
    outer: list[ScoreRow] = []
    inner: list[ScoreRow] = []
    resized = 0
    scorers = {stage.name: (Scorer(stage.name, sequential), Scorer(stage.name, sequential)) for stage in stages}
    meters = {stage.name: (ParityMeter(total, cell), ParityMeter(total, cell)) for stage in stages[1:]}
    for index, sample in enumerate(samples):
        report("attributing", index, total)
        reduced = sample_at(sample, size)
        resized += reduced is not sample
        predictions = {}
        for stage in stages:
            runners[stage.name].enter_clip(sample.clip if sequential else sample.id)
            prediction = predictions[stage.name] = _predict(runners[stage.name], sample, stage.name)
            outer_scorer, inner_scorer = scorers[stage.name]
            row = ScoreRow(sample.id, stage.name, outer_scorer.score(sample, prediction), None, sample.tags)
            outer.append(row)
            if reduced is not sample:
                row = ScoreRow(sample.id, stage.name, inner_scorer.score(reduced, prediction), None, sample.tags)
            inner.append(row)
            if stage.before is not None:
                from_original, from_before = meters[stage.name]
                from_original.add(predictions[original], prediction)
                from_before.add(predictions[stage.before], prediction)
    report("attributing", total, total)
    scores = score_table(outer)
    return Measured(
        scores=scores,
        inner_scores=score_table(inner) if resized else scores,
        errors={name: _error(pair[0]) for name, pair in meters.items()},
        added_errors={name: _error(pair[1]) for name, pair in meters.items()},
        resized=resized,
    )


def sample_at(sample: Sample, size: tuple[int, int]) -> Sample:
    """Return a sample at `size` (height, width); itself where it has it.

    Images are averaged as the runner averages them (Pillow's BILINEAR); foreground colours are weighted by alpha, for
    where that is zero they mean nothing.
    """
    if sample.size == size:
        return sample
    height, width = size

    def resized(image: Image.Image) -> Image.Image:
        return image.resize((width, height), Image.Resampling.BILINEAR)

    cut_out = Image.fromarray(np.dstack([sample.foreground, sample.alpha]), "RGBA").convert("RGBa")
    foreground = np.asarray(resized(cut_out).convert("RGBA"))
    return Sample(
        sample.id,
        np.asarray(resized(Image.fromarray(sample.source))),
        None if sample.background is None else np.asarray(resized(Image.fromarray(sample.background))),
        np.ascontiguousarray(foreground[..., 3]),
        np.ascontiguousarray(foreground[..., :3]),
        tags=sample.tags,
    )


def _predict(runner: Runner, sample: Sample, stage: str) -> Prediction:
    try:
        return runner.predict(sample.images)
    except DataError as error:
        raise DataError(f"stage {stage}, sample {sample.id}: {error}") from error


def _error(meter: ParityMeter) -> ErrorRecord:
    return ErrorRecord(parity=meter.parity(), in_differing_cells=min(1.0, meter.share_in_differing_cells))

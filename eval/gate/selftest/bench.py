"""The bench of the deep self-test: a run's original, converted once more, and its set, both at the size of the test."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from configs.errors import UsageError
from configs.schema import Config, GateSection, ModelSection
from converter.architectures import architecture_named
from converter.convert import convert
from converter.forms.variant import parse_variant
from converter.network import MattingNetwork
from converter.proof.faults.registry import Where
from converter.proof.prover import Prover
from converter.proof.stimuli import Stimuli
from converter.runners.base import Runner
from converter.runners.original import open_original
from datasets.samples.layout import iterate
from datasets.samples.sample import Sample
from eval.metrics.scoring import Scorer
from eval.run.opening import open_dataset
from eval.run.results import Results, VariantRecord
from eval.run.scores import ScoreRow, score_table
from eval.run.variants import open_variant

Size = tuple[int, int]

SHORTER_SIDE = 288
"""Of the forms that are made faulty, in pixels, unless the run's are smaller still."""
SAMPLES = 6
"""Before the gate: as few as have an interval."""
VARIANTS: Mapping[Where, str] = {
    "fp32": "ir-fp32@f32",
    "fp16": "ir-fp16@f32",
    "bf16": "ir-fp16@bf16",
    "int8": "ir-int8@f32",
}


class Bench:
    """The sound forms, what they are proved by, and the samples that the gate judges them on.

    Args:
        results: the run whose original and set are taken.
        gate: the tolerances under test.
        size: height and width to convert at; None for the run's own, shrunk to `SHORTER_SIDE`.
        wanted: precisions that faults are planted in.
        work: a folder for the forms.

    Raises:
        UsageError: the original is none that faults are known for, or the size is too small for the stimuli.
        DataError: the original or the set is not there.
    """

    def __init__(
        self, results: Results, gate: GateSection, size: Size | None, wanted: Sequence[Where], work: Path
    ) -> None:
        self.work, self._results, self._wanted = work, results, [one for one in VARIANTS if one in wanted]
        weights = dict.fromkeys(parse_variant(VARIANTS[one]).weights for one in self._wanted)
        self._job = _sized(results.configuration(), size, tuple(weights), work / "models")
        self.models, self.size = self._job.convert.out, self._job.convert.size
        original = open_original(self._job.model, self.size)
        if not isinstance(original.network, MattingNetwork):
            raise UsageError("the deep self-test plants faults into forms of a BackgroundMattingV2 checkpoint alone")
        self.network = original.network
        parity = self._job.convert.parity.replaced(stimuli=False)
        # The sound forms are put before the stimuli later on, as the faulty ones are.
        unproved = self._job.replaced(convert=self._job.convert.replaced(parity=parity))
        self.record = convert(unproved, say=lambda _: None)
        self.prover = Prover(self._job, original, self.record.placement)
        if self.prover.stimuli is None:
            raise UsageError(f"the deep self-test plants its faults before the battery; {self.prover.seen_line()}")
        self.stimuli: Stimuli = self.prover.stimuli
        self.samples = [_resized(sample, self.size) for sample in iterate(open_dataset(self._job.dataset), SAMPLES)]
        self.gate = gate.replaced(minimum_samples=min(gate.minimum_samples, len(self.samples)))
        self._torch, self._torch_scores = self._scored_original()

    @cached_property
    def precisions(self) -> tuple[Where, ...]:
        """Those of the wanted ones that run here."""
        return tuple(precision for precision in self._wanted if self._runs(VARIANTS[precision]))

    @property
    def not_tried(self) -> tuple[Where, ...]:
        """Those that do not."""
        return tuple(precision for precision in self._wanted if precision not in self.precisions)

    def open(self, variant: str) -> tuple[Runner, VariantRecord]:
        """Open a sound form; return it with what results say of it."""
        return open_variant(parse_variant(variant), self.record, self.models)

    def facts(self, described: VariantRecord) -> Results:
        """Return what a run of the original and one form says of itself."""
        changes = {
            "variants": (self._torch, described),
            "original": self._torch.name,
            "settings": self._job.model_dump(mode="json"),
            "worst": (),
        }
        return self._results.model_copy(update=changes)

    def table(self, name: str, runner: Runner) -> pd.DataFrame:
        """Return the scores of the original and of a form that stands under a variant's name."""
        return pd.concat([self._torch_scores, self._scores(name, runner)])

    def _scored_original(self) -> tuple[VariantRecord, pd.DataFrame]:
        runner, described = self.open("torch")
        with runner:
            return described, self._scores(described.name, runner)

    def _scores(self, name: str, runner: Runner) -> pd.DataFrame:
        scorer = Scorer(name, consecutive=False)
        return score_table(
            ScoreRow(sample.id, name, scorer.score(sample, runner.predict(sample.images)), tags=sample.tags)
            for sample in self.samples
        )

    def _runs(self, variant: str) -> bool:
        try:
            runner, _ = self.open(variant)
        except UsageError:
            return False  # such as bf16 on a CPU that does not infer in it
        runner.close()
        return True


def _sized(job: Config, size: Size | None, weights: tuple[str, ...], models: Path) -> Config:
    own = job.convert.size
    chosen = size or _shrunk(own, architecture_named(job.model.architecture).divisible_by)
    section = job.convert.replaced(
        size=chosen,
        out=models,
        precisions=weights,
        device=None,
        input_form="nchw-f32",
        parity=job.convert.parity.replaced(stimuli=True),
    )
    return job.replaced(convert=section, model=_refined_alike(job.model, own, chosen))


def _shrunk(size: Size, divisible_by: int) -> Size:
    factor = min(1.0, SHORTER_SIDE / min(size))
    height, width = (max(1, round(side * factor / divisible_by)) * divisible_by for side in size)
    return height, width


def _refined_alike(model: ModelSection, before: Size, after: Size) -> ModelSection:
    """Return the settings by which as large a share of the frame is refined as before."""
    share = (after[0] * after[1]) / (before[0] * before[1])
    return model.replaced(refine_sample_pixels=max(1, round(model.refine_sample_pixels * share)))


def _resized(sample: Sample, size: Size) -> Sample:
    def small(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return np.asarray(Image.fromarray(image).resize((size[1], size[0]), Image.Resampling.BILINEAR))

    images = (sample.source, sample.plate, sample.alpha, sample.foreground)
    source, background, alpha, foreground = (small(image) for image in images)
    return Sample(sample.id, source, background, alpha, foreground, tags=sample.tags)

"""What an evaluation works with, opened once in a process: set, variants at work, and what is refused."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from configs.environment import describe_environment
from configs.errors import DataError, UsageError
from configs.schema import Config
from configs.source import source_sha256
from configs.text import counted
from converter.forms.named import named_forms
from converter.forms.record import Conversion, recorded_model
from converter.forms.variant import parse_variants
from converter.runners.base import Runner
from datasets.mismatch.explain import same_pictures
from datasets.mismatch.pixels import Parts
from datasets.plates.needed import require_plates
from datasets.samples.images import array_sha256
from datasets.samples.layout import SampleRef, SampleSet, iterate_pairs, listing
from datasets.samples.manifest import content_sha256
from datasets.samples.sample import Pair, Sample
from eval.run.opening import Report, open_dataset, open_models
from eval.run.plates import Plates
from eval.run.results import VariantRecord, samples_sha256
from eval.run.variants import open_model, open_variant, reference_of


@dataclass(frozen=True, slots=True)
class Opened:
    """An evaluation that is ready to begin.

    Attributes:
        config: the job.
        record: of the converted model folder.
        sample_set: the set; its first `total` samples are evaluated.
        variants: every variant and model at work with what results say of it, the original first.
        plates: prepares the samples' plates.
        takes_plate: whether the networks take a plate.
        calibrated: hashes of the pictures that a quantized form was fitted to.
    """

    config: Config
    record: Conversion
    sample_set: SampleSet
    total: int
    variants: tuple[tuple[Runner, VariantRecord], ...]
    plates: Plates
    takes_plate: bool
    calibrated: frozenset[str]

    @property
    def refs(self) -> tuple[SampleRef, ...]:
        """The samples to evaluate."""
        return self.sample_set.refs[: self.total]

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the original's frame."""
        return self.variants[0][0].contract.size

    @property
    def has_states(self) -> bool:
        """Whether any variant hands something on from frame to frame."""
        return any(runner.contract.states for runner, _ in self.variants)

    def work(self) -> dict[str, Any]:
        """Return everything that the scores follow from; where it is the same, so are they, to the last bit."""
        settings = self.config.replaced(model=recorded_model(self.record)).model_dump(mode="json")
        environment = describe_environment()
        sample_set = self.sample_set
        return {
            "settings": {name: settings[name] for name in ("model", "dataset", "evaluate")},
            "models": {record.name: record.files for _, record in self.variants},
            "set": {
                "path": sample_set.root.absolute().as_posix(),
                "samples": self.total,
                "samples_sha256": samples_sha256(ref.id for ref in self.refs),
                # of a set without a manifest nothing but the names is known before its files are read
                "manifest_sha256": None if sample_set.manifest is None else sample_set.manifest_sha256,
                "files_sha256": content_sha256(_files(sample_set, self.refs)),
            },
            # the last bits of its sums depend on how many threads share them; OpenVINO's do not
            "torch_threads": {record.name: runner.threads for runner, record in self.variants if _is_torch(record)},
            "source_sha256": source_sha256(),
            "versions": environment.versions,
            "python": environment.python,
            "cpu_class": environment.cpu_class,
        }

    def require_fit(self, sample: Pair, index: int) -> None:
        """Refuse a sample whose scores would say nothing.

        Args:
            sample: as it is on disk.
            index: its place in the set.

        Raises:
            DataError: plate and composite of a sample with a person are the same picture.
            UsageError: a quantized form was fitted to it.
        """
        if self.calibrated and array_sha256(sample.source) in self.calibrated:
            raise UsageError(
                f"sample {sample.id}: the int8 form in {self.config.convert.out} was calibrated or chosen on it, so "
                "its figures would say nothing; evaluate on another set, or convert again with another "
                "convert.int8.calibration"
            )
        if self.takes_plate:
            _refuse_same_pictures(sample, self.sample_set, index, self.total)


@contextmanager
def open_evaluation(config: Config, report: Report = lambda *_: None) -> Iterator[Opened]:
    """Open models and set of a job.

    Args:
        config: the job; `config.convert.out` is the converted model folder.
        report: called with (what is being done, done, total).

    Raises:
        DataError: models or set are missing or broken, the models are not the configured ones, or the set lacks the
            plates that they take.
        UsageError: an unknown variant, or a model whose contract cannot be told.
    """
    variants = parse_variants(config.evaluate.variants, config.evaluate.device)
    others = named_forms(config.evaluate.models, config.evaluate.device)
    models = config.convert.out
    record = open_models(config)
    takes_plate = record.forms[0].contract.takes_plate
    sample_set = open_dataset(config.dataset, report)
    require_plates(sample_set, takes_plate, config.dataset)
    with ExitStack() as stack:
        opened: list[tuple[Runner, VariantRecord]] = []
        for variant in variants:
            runner, description = open_variant(variant, record, models)
            opened.append((stack.enter_context(runner), description))
        reference = reference_of(config, opened[0][0])
        for index, form in enumerate(others):
            report("proving contracts", index, len(others))
            runner, description = open_model(form, reference)
            opened.append((stack.enter_context(runner), description))
        yield Opened(
            config=config,
            record=record,
            sample_set=sample_set,
            total=min(len(sample_set.refs), config.dataset.limit or len(sample_set.refs)),
            variants=tuple(opened),
            plates=Plates(config.dataset, takes_plate),
            takes_plate=takes_plate,
            calibrated=record.calibrated_sources([variant.hop for variant in variants]),
        )


def _is_torch(record: VariantRecord) -> bool:
    return record.framework == "torch"


def _files(sample_set: SampleSet, refs: tuple[SampleRef, ...]) -> Iterator[tuple[str, str]]:
    """Yield the path below the root of every file, with what the manifest says of it."""
    for ref in refs:
        hashes = ref.sha256 or ("",) * len(ref.files)
        for path, digest in zip(ref.files, hashes, strict=True):
            yield path.relative_to(sample_set.root).as_posix(), digest


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
    found = same_pictures(parts)
    return None if found is None else found.clause

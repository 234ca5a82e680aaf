"""Samples to calibrate a quantization on, and others to judge it by: never a sample of the set that is evaluated.

By default they are figures that the synthetic generator draws with a seed of their own, since bundled sets have no
samples to spare. A folder of the user's own footage calibrates better for that footage; it must not share a sample with
the evaluated set.
"""

import hashlib
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from configs.errors import DataError, UsageError
from configs.schema import BUNDLED, SYNTHETIC, DatasetSection, Int8Section
from datasets.bundled.sets import bundled_samples
from datasets.remote.sets import open_place
from datasets.samples.images import array_sha256, pixels_sha256
from datasets.samples.layout import SampleRef, SampleSet, load_sample
from datasets.samples.sample import Sample
from datasets.synthetic.generate import GENERATOR_VERSION, synthetic_sample


class CalibrationSplit(NamedTuple):
    """Samples whose activations set the ranges, and held-out ones to judge the quantization by.

    Attributes:
        name: the set or generator that they come from.
        sha256: hash of the pixels of all sources and backgrounds, in order, on which a quantization depends.
    """

    name: str
    sha256: str
    calibration: tuple[Sample, ...]
    validation: tuple[Sample, ...]


def calibration_split(settings: Int8Section, dataset: DatasetSection, size: tuple[int, int]) -> CalibrationSplit:
    """Return the samples to calibrate on and those to judge by, always in the same order.

    Args:
        settings: where they come from, and how many.
        dataset: the set that is evaluated.
        size: height and width of drawn samples.

    Raises:
        UsageError: they share a sample with the evaluated set.
        DataError: the folder is no set, or has too few samples.
    """
    counts = settings.calibration_samples, settings.validation_samples
    if settings.calibration == SYNTHETIC:
        _require_other_seed(settings, dataset)
        name = f"{SYNTHETIC}, seed {settings.seed}"
        samples = [synthetic_sample(settings.seed, index, size) for index in range(sum(counts))]
    else:
        calibration_set = open_place(settings.calibration)
        refs = _spread(calibration_set, sum(counts))
        _require_nothing_shared(settings.calibration, refs, dataset)
        name, samples = calibration_set.name, [load_sample(ref) for ref in refs]
    return CalibrationSplit(name, _digest(samples), tuple(samples[: counts[0]]), tuple(samples[counts[0] :]))


def calibration_identity(settings: Int8Section) -> str:
    """Return the identity of the calibration samples without decoding them: the generator's, or a set's.

    Raises:
        DataError: the folder is no set.
    """
    if settings.calibration == SYNTHETIC:
        return f"{SYNTHETIC} v{GENERATOR_VERSION}"
    return open_place(settings.calibration).manifest_sha256


def _require_other_seed(settings: Int8Section, dataset: DatasetSection) -> None:
    if dataset.path == SYNTHETIC and dataset.seed == settings.seed:
        raise UsageError(
            f"convert.int8.seed: {settings.seed} is also dataset.seed, so the calibration would see the samples that "
            "are evaluated; choose another"
        )


def _spread(calibration_set: SampleSet, count: int) -> list[SampleRef]:
    """Pick samples evenly over the sorted set, so that the last, which judge, are mostly of other clips."""
    refs = calibration_set.refs
    if len(refs) < count:
        raise DataError(
            f"{calibration_set.root}: {count} samples are asked for (convert.int8.calibration_samples and "
            f"validation_samples), found {len(refs)}; ask for fewer, or give a larger set"
        )
    return [refs[index] for index in np.linspace(0, len(refs) - 1, count).round().astype(int)]


def _require_nothing_shared(folder: str, refs: Sequence[SampleRef], dataset: DatasetSection) -> None:
    evaluated = _evaluated_pixels(dataset)
    for ref in refs:
        for role, digest in _pixels(ref).items():
            if digest in evaluated:
                raise UsageError(
                    f"convert.int8.calibration: {ref.by_role[role]} is also in the set that is evaluated "
                    f"({dataset.path}): a quantization must not be fitted to the samples it is judged by; give another "
                    f"set than {folder}, or leave the key out for drawn figures"
                )


def _evaluated_pixels(dataset: DatasetSection) -> frozenset[str]:
    """Return the hashes of all composites and foregrounds of the evaluated set. Many samples may share a background."""
    if dataset.path in BUNDLED:
        samples = bundled_samples(dataset, dataset.size, dataset.count)
        foregrounds = (np.dstack((sample.foreground, sample.alpha)) for sample in samples)
        return frozenset(map(array_sha256, (*(sample.source for sample in samples), *foregrounds)))
    evaluated = open_place(dataset.path)
    if evaluated.manifest is not None:
        return frozenset(file.pixels_sha256 for file in evaluated.manifest.files if not file.path.startswith("bgr/"))
    return frozenset(digest for ref in evaluated.refs for digest in _pixels(ref).values())


def _pixels(ref: SampleRef) -> dict[str, str]:
    """Return the hashes of a sample's composite and foreground, by role."""
    with ref.at_hand() as here:
        return {role: pixels_sha256(path) for role, path in here.by_role.items() if role != "bgr"}


def _digest(samples: Iterable[Sample]) -> str:
    images = (array_sha256(image) for sample in samples for image in sample.images.values())
    return hashlib.sha256("\n".join(images).encode()).hexdigest()

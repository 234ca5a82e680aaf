"""What a quantization is fitted to: always the same samples, and never one of those that are evaluated."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from configs.errors import DataError, UsageError
from configs.schema import DatasetSection, Int8Section
from datasets.bundled.calibration import CalibrationSplit, calibration_identity, calibration_split
from datasets.bundled.sets import bundled_samples
from datasets.samples.images import array_sha256
from datasets.samples.sample import Sample
from datasets.synthetic.make import synthesize

SIZE = (64, 96)
PEOPLE = DatasetSection()


def section(**keys: object) -> Int8Section:
    return Int8Section.model_validate({"calibration_samples": 2, "validation_samples": 1, **keys})


@pytest.fixture(scope="module")
def footage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a set of five samples, as a user may have one."""
    root = tmp_path_factory.mktemp("footage") / "set"
    synthesize(root, 5, 7, SIZE, workers=1)
    return root


def sources(samples: tuple[Sample, ...] | list[Sample]) -> set[str]:
    return {array_sha256(sample.source) for sample in samples}


def everything(split: CalibrationSplit) -> tuple[Sample, ...]:
    return (*split.calibration, *split.validation)


def test_drawn_samples_are_the_same_every_time_and_held_apart() -> None:
    first, second = (calibration_split(section(), PEOPLE, SIZE) for _ in range(2))

    assert [sample.id for sample in first.calibration] == ["synthetic/0000", "synthetic/0001"]
    assert [sample.id for sample in first.validation] == ["synthetic/0002"]
    assert {sample.size for sample in everything(first)} == {SIZE}
    assert first.sha256 == second.sha256
    for ours, theirs in zip(everything(first), everything(second), strict=True):
        assert np.array_equal(ours.source, theirs.source)
    assert not sources(first.calibration) & sources(first.validation)


def test_another_seed_gives_other_samples() -> None:
    first, second = (calibration_split(section(seed=seed), PEOPLE, SIZE) for seed in (5, 6))

    assert first.sha256 != second.sha256
    assert not sources(everything(first)) & sources(everything(second))


@pytest.mark.parametrize(
    ("dataset", "count"),
    [(DatasetSection(path="people"), 1), (DatasetSection(path="synthetic", size=SIZE), 3)],
    ids=["people", "synthetic"],
)
def test_drawn_samples_are_none_of_a_bundled_set(dataset: DatasetSection, count: int) -> None:
    """The pixels decide, not the names; all are of the set's size."""
    evaluated = bundled_samples(dataset, dataset.size, count)

    split = calibration_split(section(calibration_samples=count), dataset, dataset.size)

    assert not sources(everything(split)) & sources(evaluated)
    for sample in everything(split):
        assert not any(np.array_equal(sample.foreground, other.foreground) for other in evaluated)


def test_the_evaluated_synthetic_set_s_seed_is_refused() -> None:
    with pytest.raises(UsageError, match=r"convert\.int8\.seed: 9 is also dataset\.seed.*choose another"):
        calibration_split(section(seed=9), DatasetSection(path="synthetic", seed=9), SIZE)


def test_a_folder_is_taken_evenly_and_its_last_samples_judge(footage: Path) -> None:
    split = calibration_split(section(calibration=str(footage)), PEOPLE.model_copy(update={"count": 1}), SIZE)

    assert [sample.id for sample in split.calibration] == ["synthetic/0000", "synthetic/0002"]
    assert [sample.id for sample in split.validation] == ["synthetic/0004"]


@pytest.mark.parametrize("manifest", [True, False], ids=["manifest", "no manifest"])
def test_a_folder_that_shares_a_sample_with_the_evaluated_set_is_refused(
    footage: Path, tmp_path: Path, manifest: bool
) -> None:
    copy = Path(shutil.copytree(footage, tmp_path / "copy"))
    if not manifest:
        (copy / "manifest.json").unlink()

    with pytest.raises(UsageError, match=r"com/synthetic/0000\.png is also in the set that is evaluated \(.*copy\)"):
        calibration_split(section(calibration=str(footage)), DatasetSection(path=str(copy)), SIZE)


def test_the_same_person_over_another_background_is_refused_too(footage: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    synthesize(other, 5, 8, SIZE, workers=1)
    (other / "manifest.json").unlink()
    shutil.copy(footage / "fgr/synthetic/0002.png", other / "fgr/synthetic/0003.png")

    with pytest.raises(UsageError, match=r"fgr/synthetic/0002\.png is also in the set that is evaluated"):
        calibration_split(section(calibration=str(footage)), DatasetSection(path=str(other)), SIZE)


def test_a_folder_that_shares_only_a_background_is_taken(footage: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    synthesize(other, 5, 8, SIZE, workers=1)
    (other / "manifest.json").unlink()
    shutil.copy(footage / "bgr/synthetic/0002.png", other / "bgr/synthetic/0003.png")

    calibration_split(section(calibration=str(footage)), DatasetSection(path=str(other)), SIZE)


def test_a_folder_that_is_a_copy_of_the_bundled_set_is_refused(footage: Path) -> None:
    evaluated = DatasetSection(path="synthetic", seed=7, count=5, size=SIZE)

    with pytest.raises(UsageError, match=r"is also in the set that is evaluated \(synthetic\)"):
        calibration_split(section(calibration=str(footage)), evaluated, SIZE)


def test_too_few_samples_are_an_error(footage: Path) -> None:
    with pytest.raises(DataError, match=r"set: 6 samples are asked for .* found 5; ask for fewer, or give a larger"):
        calibration_split(section(calibration=str(footage), calibration_samples=5), PEOPLE, SIZE)


def test_the_identity_follows_the_folder_s_pixels(footage: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(footage, tmp_path / "copy"))
    same = calibration_identity(section(calibration=str(copy)))
    (copy / "manifest.json").unlink()
    shutil.copy(copy / "com/synthetic/0001.png", copy / "com/synthetic/0000.png")

    assert same == calibration_identity(section(calibration=str(footage)))
    assert calibration_identity(section(calibration=str(copy))) != same
    assert calibration_identity(section()).startswith("synthetic")

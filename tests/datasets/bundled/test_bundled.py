"""The sets that a configuration names: each recipe a folder of its own, and an error for what cannot be made."""

from pathlib import Path

import pytest

from configs.errors import UsageError
from configs.schema import DatasetSection
from datasets.bundled.sets import bundled_samples, default_set_path, make_bundled
from datasets.people.pack import open_pack
from datasets.samples.layout import load_sample
from datasets.synthetic.generate import GENERATOR_VERSION

SIZE = (64, 96)
VERSION = open_pack().record.version


def test_every_recipe_has_a_folder_of_its_own() -> None:
    assert default_set_path(DatasetSection()) == Path(f"data/people-36-exact-seed1-v{VERSION}")
    other = DatasetSection(count=3, seed=9, plate="handheld")
    assert default_set_path(other) == Path(f"data/people-3-handheld-seed9-v{VERSION}")
    synthetic = DatasetSection(path="synthetic", count=3, seed=9, size=SIZE)
    assert default_set_path(synthetic) == Path(f"data/synthetic-3x64x96-seed9-v{GENERATOR_VERSION}")


def test_the_people_are_made_where_they_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    dataset = DatasetSection(count=1)
    made = make_bundled(dataset, workers=1)
    assert made.root == default_set_path(dataset)
    assert [ref.id for ref in made.refs] == ["people/0001"]
    assert made.refs[0].tags == open_pack().record.samples[0].tags


def test_drawn_figures_are_made_elsewhere_on_request(tmp_path: Path) -> None:
    made = make_bundled(DatasetSection(path="synthetic", count=1, size=SIZE), tmp_path / "here", workers=1)
    assert made.root == tmp_path / "here"
    assert [ref.id for ref in made.refs] == ["synthetic/0000"]


def test_samples_in_memory_are_those_on_disk(tmp_path: Path) -> None:
    dataset = DatasetSection(count=1, plate="handheld", seed=3)
    [sample] = bundled_samples(dataset, SIZE, 2)
    stored = load_sample(make_bundled(dataset, tmp_path / "set", workers=1).refs[0])
    assert (sample.id, sample.tags, sample.size) == (stored.id, stored.tags, (720, 1280))
    assert (sample.source == stored.source).all()
    assert (sample.background == stored.background).all()


def test_drawn_figures_come_at_the_size_that_is_asked_for() -> None:
    [one, two] = bundled_samples(DatasetSection(path="synthetic"), SIZE, 2)
    assert (one.id, two.id, one.size) == ("synthetic/0000", "synthetic/0001", SIZE)


@pytest.mark.parametrize(
    ("dataset", "message"),
    [
        (
            DatasetSection(count=37),
            r"dataset\.count: there are 36 bundled people \(12 of them copies\), found 37; choose 1 to 36, or `path",
        ),
        (
            DatasetSection(size=(360, 640)),
            r"dataset\.size: the bundled people are 1280x720, found 640x360; .* `path: synthetic`",
        ),
        (DatasetSection(path="some/folder"), r"expected people or synthetic, found the folder some/folder"),
    ],
)
def test_what_cannot_be_made_is_named(tmp_path: Path, dataset: DatasetSection, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        make_bundled(dataset, tmp_path / "set", workers=1)
    with pytest.raises(UsageError, match=message):
        bundled_samples(dataset, (720, 1280), 1)
    assert not list(tmp_path.iterdir())

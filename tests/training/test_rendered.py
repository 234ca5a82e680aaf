"""The rendered bank, from a folder of flat people and one photograph."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from configs.errors import DataError, UsageError
from training.bank import LEVELS, Bank
from training.composites import Pictures, compose_example
from training.recipe import RenderedSection, load_recipe
from training.rendered import PEOPLE_LEVELS, open_rendered

BLUE, GREEN = (0, 0, 255), (0, 200, 0)


@pytest.fixture
def section(tmp_path: Path) -> RenderedSection:
    """Return a section with two blue people, half transparent to their left, and a green photograph."""
    people, photographs = tmp_path / "people", tmp_path / "photographs"
    for folder in (people, photographs):
        folder.mkdir()
    person = np.zeros((360, 640, 4), np.uint8)
    person[100:, 200:440] = (*BLUE, 255)
    person[100:, 200:320, 3] = 128
    for number in range(2):
        Image.fromarray(person).save(people / f"{number:04d}.png")
    Image.new("RGB", (1600, 1000), GREEN).save(photographs / "wall.jpg", quality=100)
    return RenderedSection(people=people, count=2, photographs=photographs, crops=3, seed=1)


def test_people_fill_the_smaller_levels_premultiplied(section: RenderedSection, tmp_path: Path) -> None:
    bank = open_rendered(tmp_path / "rendered", section)
    assert {level: array.shape for level, array in bank.people.items()} == {2: (2, 360, 640, 4), 4: (2, 180, 320, 4)}
    for level in PEOPLE_LEVELS:
        half, whole = (bank.people[level][0, 300 // (level // 2), x // (level // 2)] for x in (250, 400))
        assert half.tolist() == [0, 0, 128, 128]
        assert whole.tolist() == [0, 0, 255, 255]


def test_photographs_are_cropped_to_every_level(section: RenderedSection, tmp_path: Path) -> None:
    bank = open_rendered(tmp_path / "rendered", section)
    for level in LEVELS:
        assert bank.photographs[level].shape == (3, 720 // level, 1280 // level, 3)
        assert np.abs(bank.photographs[level].astype(int) - GREEN).max() <= 2


def test_another_person_gives_another_bank(section: RenderedSection, tmp_path: Path) -> None:
    first = np.array(open_rendered(tmp_path / "rendered", section).people[2])
    person = np.zeros((360, 640, 4), np.uint8)
    person[:, 300:] = 255
    Image.fromarray(person).save(section.people / "0001.png")
    second = open_rendered(tmp_path / "rendered", section).people[2]
    np.testing.assert_array_equal(first[0], second[0])
    assert (first[1] != second[1]).any()


def test_too_few_people_or_wrong_ones_are_refused(section: RenderedSection, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"5 or more .*, found 2"):
        open_rendered(tmp_path / "rendered", section.model_copy(update={"count": 5}))
    Image.new("RGB", (640, 360)).save(section.people / "0000.png")
    with pytest.raises(DataError, match=r"0000\.png: has no alpha channel"):
        open_rendered(tmp_path / "rendered", section)
    assert not (tmp_path / "rendered").exists()


def test_the_share_decides_who_is_shown(section: RenderedSection, tmp_path: Path) -> None:
    rendered = open_rendered(tmp_path / "rendered", section)
    red = np.zeros((1, 720, 1280, 4), np.uint8)
    red[:, 200:, 400:900] = (255, 0, 0, 255)
    wall = np.full((1, 720, 1280, 3), 128, np.uint8)
    drawn = Bank(*({level: array[:, ::level, ::level] for level in LEVELS} for array in (red, wall)))

    def blue_share(share: float) -> float:
        pictures = Pictures(drawn, rendered, share)
        seen = []
        for seed in range(30):
            example = compose_example(pictures, np.random.default_rng(seed), (90, 160), 0.125)
            body = example.foreground[example.alpha > 0.95]
            if len(body):
                seen.append(float(body[:, 2].mean() > body[:, 0].mean()))
        return float(np.mean(seen))

    assert blue_share(0.0) == 0
    assert 0.2 < blue_share(0.5) < 0.8
    assert blue_share(1.0) == 1


def test_a_share_without_rendered_pictures_is_refused(tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(
        "seed: 1\nweight_decay: 0\naverage_decay: 0.9\n"
        "bank: {seed: 1, foregrounds: 1, backgrounds: 1, size: [720, 1280]}\n"
        "stages: [{name: a, train: base, iterations: 1, batch: 1, frame: [8, 8], zoom: 1, learning_rate: 1,"
        " rendered_share: 0.5}]\n"
    )
    with pytest.raises(UsageError, match="stage `a` has a `rendered_share`"):
        load_recipe(recipe)

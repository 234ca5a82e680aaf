"""The recipe: the committed one is valid, and mistakes in one are found."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from configs.catalogue import CATALOGUE
from configs.errors import UsageError
from configs.load import load_config
from training.recipe import load_recipe

COMMITTED = Path(__file__).resolve().parents[2] / "training" / "recipe.yaml"


def _written(path: Path, **changes: Any) -> Path:
    content = {**yaml.safe_load(COMMITTED.read_text(encoding="utf-8")), **changes}
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


def test_the_committed_recipe_trains_the_base_first_and_the_whole_last() -> None:
    recipe = load_recipe(COMMITTED)
    kinds = [stage.train for stage in recipe.stages]
    assert kinds[0] == "base"
    assert kinds[-1] == "whole"
    # Rendered people come last, and the last stage sees them.
    shares = [stage.rendered_share for stage in recipe.stages]
    assert shares == sorted(shares)
    assert shares[-1] > 0.5
    names = [stage.name for stage in recipe.stages]
    assert len(set(names)) == len(names)


def test_it_trains_on_other_pictures_than_the_evaluation_has() -> None:
    root = COMMITTED.parents[1]
    jobs = set((root / "configs").glob("*.yaml")) - {root / CATALOGUE}
    evaluated = {load_config(path).dataset.seed for path in jobs}
    assert evaluated
    assert load_recipe(COMMITTED).bank.seed not in evaluated


def test_every_size_suits_the_network_and_the_bank() -> None:
    recipe = load_recipe(COMMITTED)
    assert all(side % 4 == 0 for side in recipe.bank.size)  # for the bank's quarter-size pictures
    assert all(side % 4 == 0 for stage in recipe.stages if stage.train == "whole" for side in stage.frame)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"sead": 3}, "sead"),
        ({"bank": {"seed": 1, "foregrounds": 0, "backgrounds": 1, "size": [64, 64]}}, "bank.foregrounds"),
        ({"average_decay": 1.5}, "average_decay"),
        ({"stages": []}, "stages"),
        ({"stages": [{"name": "a", "train": "half"}]}, "stages.0.train"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, changes: dict[str, Any], named: str) -> None:
    path = _written(tmp_path / "recipe.yaml", **changes)
    with pytest.raises(UsageError) as caught:
        load_recipe(path)
    assert str(path) in str(caught.value)
    assert named in str(caught.value)


@pytest.mark.parametrize(
    ("content", "expected"),
    [(b"", "not a valid training recipe"), (b"stages: [", "not valid YAML"), (b"\xff\xfe\x00", "not text in UTF-8")],
)
def test_what_is_no_recipe_is_refused(tmp_path: Path, content: bytes, expected: str) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=expected):
        load_recipe(path)


def test_a_missing_recipe_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nowhere\.yaml"):
        load_recipe(tmp_path / "nowhere.yaml")

"""`mattekit dataset people`, and how an evaluation names a bundled set."""

from collections.abc import Callable
from pathlib import Path

import pytest
from outcome import Run

from datasets.people import pack as people_pack
from datasets.people.pack import open_pack

PEOPLE = {"path": "people", "size": "1280x720"}


def test_the_people_are_made_verified_and_kept(run: Run, job: Callable[..., Path], tmp_path: Path) -> None:
    arguments = ("dataset", "people", "--config", job(dataset=PEOPLE), "--count", 1)
    made = run(*arguments)
    version = open_pack().record.version
    assert made.code == 0
    assert f"data/people-1-exact-seed1-v{version}: 1 sample, content SHA-256" in made.text
    picture = tmp_path / f"data/people-1-exact-seed1-v{version}/com/people/0001.png"
    before = picture.stat().st_mtime_ns
    assert run(*arguments).code == 0
    assert picture.stat().st_mtime_ns == before
    assert run("dataset", "verify", picture.parents[2]).code == 0
    other = run(*arguments, "--plate", "handheld", "--out", picture.parents[2])
    assert other.code == 2
    assert "holds another set of the bundled people" in other.text
    assert run(*arguments, "--plate", "handheld", "--out", picture.parents[2], "--force").code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--count", 37), "there are 36 bundled people (12 of them copies), found 37"),
        (("--plate", "crooked"), "crooked"),
        (("--seed", -1), "greater than or equal to 0"),
    ],
)
def test_wrong_usage_ends_with_2(run: Run, arguments: tuple[object, ...], message: str) -> None:
    root = Path(__file__).parents[2]
    outcome = run("dataset", "people", "--config", root / "configs/default.yaml", *arguments)
    assert outcome.code == 2
    assert message in outcome.text


def test_a_size_of_the_configuration_that_the_people_do_not_have_is_named(run: Run, job: Callable[..., Path]) -> None:
    outcome = run("dataset", "people", "--config", job())
    assert outcome.code == 2
    assert "dataset.size: the bundled people are 1280x720" in outcome.text


def test_a_damaged_pack_ends_with_3(
    run: Run, job: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people_pack.open_pack, "__defaults__", (tmp_path / "nowhere",))
    outcome = run("dataset", "people", "--config", job(dataset=PEOPLE))
    assert outcome.code == 3
    assert "pack.json: there is no such file; the bundled people are not whole" in outcome.text


def test_an_evaluation_takes_the_people_by_name_and_their_plate(
    run: Run, job: Callable[..., Path], tmp_path: Path
) -> None:
    config = job(dataset={"size": "1280x720"})
    outcome = run("evaluate", "--config", config, "--dataset", "people", "--plate", "handheld", "--out", "run")
    assert outcome.code == 0
    version = open_pack().record.version
    report = (tmp_path / "run/report.md").read_text(encoding="utf-8")
    assert f"# Evaluation of people-1-handheld-seed1-v{version}, 1 sample" in report
    assert f"mattekit evaluate --config {config.as_posix()} --dataset people --plate handheld" in report
    assert "| `handheld` | 1 |" in report


def test_a_hand_held_plate_of_another_set_is_refused(run: Run, job: Callable[..., Path]) -> None:
    outcome = run("evaluate", "--config", job(), "--plate", "handheld")
    assert outcome.code == 2
    assert "`plate: handheld` is made for `path: people` alone" in outcome.text

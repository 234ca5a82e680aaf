"""Writing the synthetic set: the same bytes every time, whole or not at all, and never over anything else."""

from pathlib import Path

import numpy as np
import pytest

from configs.errors import DataError, UsageError
from configs.files import sha256_of
from datasets.samples.composite import composite
from datasets.samples.layout import SampleSet, iterate
from datasets.samples.sample import Sample
from datasets.samples.verify import verify_set
from datasets.synthetic import generate
from datasets.synthetic.make import synthesize
from datasets.synthetic.photographs import PHOTOGRAPHS

SIZE = (64, 96)


def _plain_sample(seed: int, index: int, size: tuple[int, int]) -> Sample:
    """A sample at no cost: flat colours that tell seed and index apart, alpha rising from left to right."""
    foreground = np.full((*size, 3), 100 + seed, np.uint8)
    background = np.full((*size, 3), index, np.uint8)
    alpha = np.tile(np.linspace(0, 255, size[1]).astype(np.uint8), (size[0], 1))
    source = composite(foreground, alpha, background)
    return Sample(f"synthetic/{index:04d}", source, background, alpha, foreground, tags=(f"tag-{index}",))


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generate, "synthetic_sample", _plain_sample)


def _make(out: Path, count: int = 2, seed: int = 1, *, force: bool = False) -> SampleSet:
    return synthesize(out, count, seed, SIZE, force=force, workers=1)


def _contents(root: Path) -> dict[str, str]:
    return {path.relative_to(root).as_posix(): sha256_of(path) for path in sorted(root.rglob("*")) if path.is_file()}


@pytest.mark.usefixtures("plain")
def test_samples_on_disk_are_those_rendered(tmp_path: Path) -> None:
    sample_set = _make(tmp_path / "set", count=3, seed=7)
    samples = list(iterate(sample_set))
    assert [sample.id for sample in samples] == ["synthetic/0000", "synthetic/0001", "synthetic/0002"]
    for index, sample in enumerate(samples):
        rendered = _plain_sample(7, index, SIZE)
        assert sample.tags == rendered.tags
        for name in ("source", "background", "alpha", "foreground"):
            np.testing.assert_array_equal(getattr(sample, name), getattr(rendered, name), err_msg=name)


@pytest.mark.usefixtures("plain")
def test_the_manifest_says_how_the_set_was_made_and_whom_to_credit(tmp_path: Path) -> None:
    manifest = _make(tmp_path / "set").manifest
    assert manifest is not None
    assert manifest.generator is not None
    assert manifest.generator.model_dump() == {
        "name": "mattekit-synthetic",
        "version": generate.GENERATOR_VERSION,
        "seed": 1,
        "count": 2,
        "size": (64, 96),
    }
    assert manifest.exact_composites
    assert not manifest.sequential
    assert {photograph.name for photograph in manifest.photographs} == set(PHOTOGRAPHS)
    assert all(photograph.licence and photograph.credit for photograph in manifest.photographs)
    assert manifest.name == f"synthetic-2x64x96-seed1-v{generate.GENERATOR_VERSION}"
    assert {(file.height, file.width) for file in manifest.files} == {SIZE}


def test_the_real_generator_gives_the_same_bytes_in_one_process_and_in_two(tmp_path: Path) -> None:
    one = synthesize(tmp_path / "one", 3, 5, SIZE, workers=1)
    two = synthesize(tmp_path / "two", 3, 5, SIZE, workers=2)
    assert len(one.refs) == 3
    assert _contents(tmp_path / "one") == _contents(tmp_path / "two")
    assert one.manifest_sha256 == two.manifest_sha256
    report = verify_set(tmp_path / "one")
    assert report, str(report)


@pytest.mark.usefixtures("plain")
def test_another_seed_is_another_set(tmp_path: Path) -> None:
    assert _make(tmp_path / "a", seed=1).manifest_sha256 != _make(tmp_path / "b", seed=2).manifest_sha256


@pytest.mark.usefixtures("plain")
def test_progress_counts_to_the_end(tmp_path: Path) -> None:
    calls: list[tuple[int, int]] = []
    synthesize(tmp_path / "set", 3, 1, SIZE, workers=1, progress=lambda *numbers: calls.append(numbers))
    assert calls == [(1, 3), (2, 3), (3, 3)]


def _must_not_render(*_: object) -> Sample:
    raise AssertionError("rendered again")


@pytest.mark.usefixtures("plain")
def test_a_second_run_does_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = _make(tmp_path / "set")
    monkeypatch.setattr(generate, "synthetic_sample", _must_not_render)
    assert _make(tmp_path / "set").manifest_sha256 == first.manifest_sha256


@pytest.mark.usefixtures("plain")
def test_force_makes_an_intact_set_again_with_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _make(tmp_path / "set")
    before = _contents(tmp_path / "set")
    _make(tmp_path / "set", force=True)
    assert _contents(tmp_path / "set") == before
    monkeypatch.setattr(generate, "synthetic_sample", _must_not_render)
    with pytest.raises(AssertionError, match="rendered again"):
        _make(tmp_path / "set", force=True)


@pytest.mark.usefixtures("plain")
def test_another_recipe_needs_force(tmp_path: Path) -> None:
    out = tmp_path / "set"
    _make(out, seed=1)
    expected = r"set: holds another synthetic set, synthetic-2x64x96-seed1-v\d+, where synthetic-2x64x96-seed2-v\d+ is"
    with pytest.raises(UsageError, match=rf"{expected} to go; use --force .* or choose another folder with --out"):
        _make(out, seed=2)
    replaced = _make(out, seed=2, force=True)
    assert replaced.manifest_sha256 == _make(tmp_path / "fresh", seed=2).manifest_sha256


@pytest.mark.usefixtures("plain")
def test_a_newer_generator_needs_force(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _make(tmp_path / "set")
    monkeypatch.setattr(generate, "GENERATOR_VERSION", generate.GENERATOR_VERSION + 1)
    with pytest.raises(UsageError, match="holds another synthetic set"):
        _make(tmp_path / "set")


@pytest.mark.usefixtures("plain")
@pytest.mark.parametrize("damage", ["changed", "missing", "extra"])
def test_a_damaged_set_is_told_and_mended_by_force(tmp_path: Path, damage: str) -> None:
    out = tmp_path / "set"
    intact = _make(out).manifest_sha256
    picture = out / "com/synthetic/0001.png"
    if damage == "changed":
        picture.write_bytes(picture.read_bytes() + b"x")
    elif damage == "missing":
        picture.unlink()
    else:
        (out / "com/synthetic/0002.png").write_bytes(picture.read_bytes())
    named = "no background for synthetic/0002" if damage == "extra" else f"{damage}: com/synthetic/0001.png"
    with pytest.raises(DataError, match=rf"(?s)set was changed since it was made \(.*{named}.*use --force"):
        _make(out)
    if damage == "extra":
        with pytest.raises(UsageError, match=r"set: not replaced, because it also holds com/synthetic/0002\.png"):
            _make(out, force=True)
        return
    assert _make(out, force=True).manifest_sha256 == intact
    assert verify_set(out)


@pytest.mark.usefixtures("plain")
@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("content", ["notes.txt", "manifest.json", "file"])
def test_nothing_else_is_ever_replaced(tmp_path: Path, content: str, force: bool) -> None:
    out = tmp_path / "set"
    if content == "file":
        out.write_text("precious")
    else:
        out.mkdir()
        (out / content).write_text("{}")
    before = _contents(tmp_path)
    with pytest.raises(UsageError, match="set: holds something that is not a synthetic set; choose another folder"):
        _make(out, force=force)
    assert _contents(tmp_path) == before


@pytest.mark.usefixtures("plain")
def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    assert len(_make(tmp_path / "set").refs) == 2


def test_a_failure_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails_late(seed: int, index: int, size: tuple[int, int]) -> Sample:
        if index == 1:
            raise DataError("a photograph is missing")
        return _plain_sample(seed, index, size)

    monkeypatch.setattr(generate, "synthetic_sample", fails_late)
    with pytest.raises(DataError, match="a photograph is missing"):
        _make(tmp_path / "set")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("count", "seed", "size"), [(0, 1, SIZE), (1, -1, SIZE), (1, 1, (0, 64))])
def test_a_recipe_out_of_range_is_a_usage_error(tmp_path: Path, count: int, seed: int, size: tuple[int, int]) -> None:
    with pytest.raises(UsageError, match="synthetic"):
        synthesize(tmp_path / "set", count, seed, size, workers=1)
    assert not list(tmp_path.iterdir())

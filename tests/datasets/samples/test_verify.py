"""Verification: a sound set passes, and of each kind of fault, planted alone, exactly that is found and named."""

import json
import re
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from numpy.typing import NDArray
from planted_faults import BEGIN, END, FAULTS, PAGE, Fault, find_all, make_sound_set, table

from configs.files import sha256_of
from datasets.samples.composite import composite
from datasets.samples.images import write_png
from datasets.samples.manifest import PhotographEntry, SampleEntry, file_entry, make_manifest
from datasets.samples.plate import largest_noise
from datasets.samples.verify import Kind, Problem, verify_set

Found = dict[str, tuple[Path, tuple[Problem, ...]]]

RNG = np.random.default_rng(0)
FOREGROUND = RNG.integers(0, 256, (4, 5, 3), dtype=np.uint8)
BACKGROUND = RNG.integers(0, 256, (4, 5, 3), dtype=np.uint8)
ALPHA = np.tile(np.array([0, 1, 128, 254, 255], np.uint8), (4, 1))


def _frame(root: Path, id_: str, alpha: NDArray[np.uint8] = ALPHA) -> None:
    write_png(root / f"com/{id_}.png", composite(FOREGROUND, alpha, BACKGROUND))
    write_png(root / f"bgr/{id_}.png", BACKGROUND)
    write_png(root / f"fgr/{id_}.png", np.dstack((FOREGROUND, alpha)))


def _describe(root: Path, exact: bool = True) -> None:
    """(Re)write the manifest of what is there now."""
    paths = [path for path in root.glob("*/*/*") if path.suffix == ".png"]
    ids = {f"{path.parent.name}/{path.stem}" for path in paths}
    entries = [file_entry(root, path) for path in paths]
    credited = [PhotographEntry(name="x", package="p", file="x.jpg", licence="CC0 1.0", credit="Xi")]
    samples = [SampleEntry(id=id_) for id_ in ids]
    make_manifest("x", entries, samples, photographs=credited, exact_composites=exact).write(root)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for id_ in ("a/1", "a/2"):
        _frame(tmp_path / "set", id_)
    _describe(tmp_path / "set")
    return tmp_path / "set"


def test_a_sound_set_passes_without_a_word(root: Path) -> None:
    calls: list[tuple[int, int]] = []
    report = verify_set(root, lambda *numbers: calls.append(numbers))
    assert report
    assert report.problems == ()
    assert report.samples == 2
    assert str(report) == f"{root}: ok: 2 samples, 0 errors, 0 warnings"
    assert calls == [(1, 2), (2, 2)]


def test_a_set_without_a_manifest_passes_unless_licences_are_required(root: Path) -> None:
    (root / "manifest.json").unlink()
    assert verify_set(root)
    report = verify_set(root, require_licences=True)
    assert not report
    assert str(report).splitlines() == [
        f"error: licence: {root}: no sample's licence is known, since there is no manifest.json",
        f"{root}: not ok: 2 samples, 1 error, 0 warnings",
    ]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Found:
    return find_all(tmp_path_factory.mktemp("faults"))


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.words)
def test_a_planted_fault_is_found_and_nothing_else(found: Found, fault: Fault) -> None:
    _, problems = found[fault.words]
    assert problems
    assert [problem.message for problem in problems if not re.search(fault.named, problem.message)] == []


def test_a_sound_set_has_none_of_them(tmp_path: Path) -> None:
    report = verify_set(make_sound_set(tmp_path), require_licences=True)
    assert report.samples == 2
    assert report.problems == ()


def test_every_kind_of_problem_is_planted(found: Found) -> None:
    kinds = {problem.kind for _, problems in found.values() for problem in problems}
    assert kinds == set(get_args(Kind))


def test_the_page_shows_what_is_found(found: Found) -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page[page.index(BEGIN) + len(BEGIN) : page.index(END)] == table(found)


def test_a_missing_folder_is_a_problem_not_an_exception(tmp_path: Path) -> None:
    report = verify_set(tmp_path / "nowhere")
    assert not report
    assert [problem.kind for problem in report.problems] == ["layout"]


def test_composites_that_need_not_be_exact_may_be_off_a_little(root: Path) -> None:
    exact = composite(FOREGROUND, ALPHA, BACKGROUND).astype(np.int16)
    write_png(root / "com/a/1.png", np.clip(exact + 4, 0, 255).astype(np.uint8))
    _describe(root, exact=False)
    assert verify_set(root).problems == ()
    write_png(root / "com/a/1.png", (255 - exact).astype(np.uint8))
    _describe(root, exact=False)
    report = verify_set(root)
    assert report
    assert [problem.kind for problem in report.warnings] == ["composite"]
    assert "are the three of the same frame?" in report.warnings[0].message


def _noisy_set(root: Path, noise: float, moved: int) -> Path:
    """Make a set of one sample that says it has noise, whose composite is off by `moved` levels everywhere."""
    _frame(root, "a/1")
    exact = composite(FOREGROUND, ALPHA, BACKGROUND).astype(np.int64)
    write_png(root / "com/a/1.png", np.where(exact < 128, exact + moved, exact - moved).astype(np.uint8))
    entries = [file_entry(root, path) for path in root.glob("*/*/*.png")]
    samples = [SampleEntry(id="a/1", noise=noise)]
    make_manifest("x", entries, samples, exact_composites=True).write(root)
    return root


def test_a_noisy_composite_may_be_off_as_far_as_its_noise_goes(tmp_path: Path) -> None:
    allowed = 2 * largest_noise(4)
    assert verify_set(_noisy_set(tmp_path / "within", 4, allowed)).errors == ()
    report = verify_set(_noisy_set(tmp_path / "beyond", 4, allowed + 1))
    assert [problem.kind for problem in report.errors] == ["composite"]
    assert f"in 20 pixels, by up to {allowed + 1} of 255; expected at most {allowed}, for its noise" in str(report)
    assert not verify_set(_noisy_set(tmp_path / "exact", 0, 1))


def test_a_truncated_picture_is_named_although_its_hash_is_the_manifest_s(root: Path) -> None:
    _describe(root)
    path = root / "com/a/1.png"
    path.write_bytes(path.read_bytes()[:60])
    manifest = json.loads((root / "manifest.json").read_text(encoding="utf-8"))
    for entry in manifest["files"]:
        if entry["path"] == "com/a/1.png":
            entry |= {"sha256": sha256_of(path), "bytes": 60}
    (root / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    report = verify_set(root)
    assert [(problem.kind, problem.severity) for problem in report.problems] == [("image", "error")]
    assert f"{path}: is truncated" in report.problems[0].message

"""Verification: a sound set passes, and each kind of damage is found and named."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from datasets.compose import composite
from datasets.images import write_png
from datasets.manifest import SampleEntry, file_entry, make_manifest, write_manifest
from datasets.plate import largest_noise
from datasets.verify import verify_set

RNG = np.random.default_rng(0)
FOREGROUND = RNG.integers(0, 256, (4, 5, 3), dtype=np.uint8)
BACKGROUND = RNG.integers(0, 256, (4, 5, 3), dtype=np.uint8)
ALPHA = np.tile(np.array([0, 1, 128, 254, 255], np.uint8), (4, 1))


def _frame(root: Path, id_: str, alpha: NDArray[np.uint8] = ALPHA) -> None:
    write_png(root / f"com/{id_}.png", composite(FOREGROUND, alpha, BACKGROUND))
    write_png(root / f"bgr/{id_}.png", BACKGROUND)
    write_png(root / f"fgr/{id_}.png", np.dstack((FOREGROUND, alpha)))


def _describe(root: Path) -> None:
    """(Re)write the manifest of what is there now, promising exact composites."""
    paths = [path for path in root.glob("*/*/*") if path.suffix == ".png"]
    ids = {f"{path.parent.name}/{path.stem}" for path in paths}
    entries = [file_entry(root, path) for path in paths]
    write_manifest(root, make_manifest("x", entries, [SampleEntry(id=id_) for id_ in ids], exact_composites=True))


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


def test_a_set_without_a_manifest_passes_too(root: Path) -> None:
    (root / "manifest.json").unlink()
    assert verify_set(root)


def _shift(root: Path) -> None:
    """Make one composite wrong by one level, with a manifest that was written after it."""
    path = root / "com/a/1.png"
    write_png(path, composite(FOREGROUND, ALPHA, BACKGROUND) ^ np.uint8(1))
    _describe(root)


def _lose_alpha(root: Path) -> None:
    Image.fromarray(FOREGROUND).save(root / "fgr/a/1.png")


def _deepen(root: Path) -> None:
    Image.fromarray(np.zeros((4, 5), np.uint16)).save(root / "bgr/a/1.png")


def _resize(root: Path) -> None:
    write_png(root / "bgr/a/1.png", np.zeros((5, 4, 3), np.uint8))


def _binary(root: Path) -> None:
    _frame(root, "a/1", (ALPHA > 127).astype(np.uint8))


DAMAGE: dict[str, tuple[Callable[[Path], object], str, str]] = {
    "changed": (lambda root: _frame(root, "a/1", 255 - ALPHA), "hash", r"com/a/1\.png: has SHA-256 .*manifest\.json"),
    "missing": (lambda root: (root / "com/a/1.png").unlink(), "missing", r"com/a/1\.png: missing, though manifest"),
    "counterpart": (lambda root: (root / "com/a/1.png").unlink(), "layout", "no composite for a/1"),
    "extra": (lambda root: _frame(root, "a/3"), "extra", r"com/a/3\.png: manifest\.json does not list it"),
    "samples": (lambda root: _frame(root, "a/3"), "manifest", "`samples` and the files disagree about a/3"),
    "manifest": (lambda root: (root / "manifest.json").write_text("{"), "manifest", "not valid JSON"),
    "stray": (lambda root: (root / "com/x.txt").write_text(""), "layout", "out of place"),
    "unreadable": (lambda root: (root / "com/a/1.png").write_bytes(b""), "image", r"com/a/1\.png: is empty"),
    "16 bits": (_deepen, "image", r"bgr/a/1\.png: has 16 bits per channel"),
    "no alpha": (_lose_alpha, "image", r"fgr/a/1\.png: has no alpha channel"),
    "sizes": (_resize, "size", r"com/a/1\.png is 4x5, \S+bgr/a/1\.png is 5x4, .*must have one size"),
    "scale": (_binary, "alpha", r"fgr/a/1\.png: the matte only holds 0 and 1; expected 0 to 255"),
    "composite": (
        _shift,
        "composite",
        r"com/a/1\.png: differs from .* in 20 pixels, by up to 1 of 255; expected an exact",
    ),
}


def _noisy_set(root: Path, noise: float, moved: int) -> Path:
    """Make a set of one sample that says it has noise, whose composite is off by `moved` levels everywhere."""
    _frame(root, "a/1")
    exact = composite(FOREGROUND, ALPHA, BACKGROUND).astype(np.int64)
    write_png(root / "com/a/1.png", np.where(exact < 128, exact + moved, exact - moved).astype(np.uint8))
    entries = [file_entry(root, path) for path in root.glob("*/*/*.png")]
    samples = [SampleEntry(id="a/1", noise=noise)]
    write_manifest(root, make_manifest("x", entries, samples, exact_composites=True))
    return root


def test_a_noisy_composite_may_be_off_as_far_as_its_noise_goes(tmp_path: Path) -> None:
    allowed = 2 * largest_noise(4)
    assert verify_set(_noisy_set(tmp_path / "within", 4, allowed)).problems == ()
    report = verify_set(_noisy_set(tmp_path / "beyond", 4, allowed + 1))
    assert [problem.kind for problem in report.errors] == ["composite"]
    assert f"in 20 pixels, by up to {allowed + 1} of 255; expected at most {allowed}, for its noise" in str(report)
    assert not verify_set(_noisy_set(tmp_path / "exact", 0, 1))


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_found_and_named(root: Path, name: str) -> None:
    damage, kind, expected = DAMAGE[name]
    damage(root)
    report = verify_set(root)
    assert not report
    found = [problem.message for problem in report.errors if problem.kind == kind]
    assert re.search(expected, "\n".join(found)), str(report)
    assert "not ok" in str(report)


def test_a_missing_folder_is_a_problem_not_an_exception(tmp_path: Path) -> None:
    report = verify_set(tmp_path / "nowhere")
    assert not report
    assert [problem.kind for problem in report.problems] == ["layout"]


@pytest.mark.parametrize(
    ("alpha", "expected"),
    [
        (np.zeros((4, 5), np.uint8), "the matte is empty"),
        (np.full((4, 5), 255, np.uint8), "the matte is fully opaque"),
        (np.maximum(ALPHA, 3), r"the matte has no transparent pixel \(lowest alpha 3\)"),
    ],
    ids=["empty", "opaque", "never transparent"],
)
def test_an_odd_matte_is_a_warning(root: Path, alpha: NDArray[np.uint8], expected: str) -> None:
    _frame(root, "a/2", alpha)
    _describe(root)
    report = verify_set(root)
    assert report
    assert len(report.warnings) == len(report.problems) == 1
    assert report.warnings[0].kind == "alpha"
    assert report.warnings[0].message.startswith(f"{root}/fgr/a/2.png: ")
    assert re.search(expected, report.warnings[0].message)


def test_mattes_that_are_all_opaque_are_an_error(root: Path) -> None:
    for id_ in ("a/1", "a/2"):
        _frame(root, id_, np.full((4, 5), 255, np.uint8))
    _describe(root)
    report = verify_set(root)
    assert [problem.message for problem in report.errors] == [
        f"{root / 'fgr'}: every matte is fully opaque; the alpha channel was probably lost on the way"
    ]


def test_composites_that_need_not_be_exact_may_be_off_a_little(root: Path) -> None:
    (root / "manifest.json").unlink()
    exact = composite(FOREGROUND, ALPHA, BACKGROUND).astype(np.int16)
    write_png(root / "com/a/1.png", np.clip(exact + 4, 0, 255).astype(np.uint8))
    assert verify_set(root).problems == ()
    write_png(root / "com/a/1.png", (255 - exact).astype(np.uint8))
    report = verify_set(root)
    assert report
    assert [problem.kind for problem in report.warnings] == ["composite"]
    assert "are the three of the same frame?" in report.warnings[0].message

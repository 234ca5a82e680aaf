"""A set without bgr/: found, verified and measured for what it has; a plate by another name is not overlooked."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from configs.errors import DataError
from datasets.plates.needed import require_plates
from datasets.samples.coverage import CoverageMeter
from datasets.samples.gaps import gaps
from datasets.samples.images import read_rgb, write_png
from datasets.samples.layout import iterate, iterate_pairs, open_set
from datasets.samples.manifest import SampleEntry, file_entry, make_manifest
from datasets.samples.verify import verify_set

IDS = ("a/0001", "a/0002")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a set whose person, a bright half, is opaque over a dark room."""
    root = tmp_path / "set"
    for number, id_ in enumerate(IDS):
        source = np.full((32, 48, 3), 40 + number, np.uint8)
        source[:, 24:] = (200, 150, 100)
        alpha = np.zeros((32, 48), np.uint8)
        alpha[:, 24:] = 255
        write_png(root / "com" / f"{id_}.png", source)
        write_png(root / "fgr" / f"{id_}.png", np.dstack((source, alpha)))
    return root


def with_manifest(root: Path, *, exact: bool = False) -> None:
    files = [file_entry(root, path) for path in root.glob("*/*/*.png")]
    make_manifest("bare", files, [SampleEntry(id=id_) for id_ in IDS], exact_composites=exact).write(root)


def test_its_samples_come_without_a_plate(root: Path) -> None:
    with_manifest(root)
    found = open_set(root)

    first = next(iterate(found))

    assert (found.has_truth, found.has_plates) == (True, False)
    assert (first.background, set(first.images)) == (None, {"source"})
    assert [path for path, _ in found.decoded_sha256(found.refs[0], first)] == ["com/a/0001.png", "fgr/a/0001.png"]
    with pytest.raises(DataError, match=r"sample a/0001: has no background plate \(no bgr/ in its set\)"):
        _ = first.plate


def test_pictures_alone_are_a_set(root: Path) -> None:
    shutil.rmtree(root / "fgr")
    found = open_set(root)

    assert (found.has_truth, found.has_plates) == (False, False)
    assert [set(pair.images) for pair in iterate_pairs(found)] == [{"source"}] * 2


@pytest.mark.parametrize("name", ["background", "plates", "BG"])
def test_a_folder_that_may_hold_the_plates_is_asked_about(root: Path, name: str) -> None:
    (root / name).mkdir()

    with pytest.raises(DataError, match=rf"has no folder `bgr`; .*are the background plates in .*{name}\? Rename it"):
        open_set(root)


def test_a_plate_for_some_frames_alone_is_an_error(root: Path) -> None:
    write_png(root / "bgr/a/0001.png", np.zeros((32, 48, 3), np.uint8))

    with pytest.raises(DataError, match=r"bgr: no background for a/0002"):
        open_set(root)


def test_verify_passes_it_and_says_what_it_is_for(root: Path) -> None:
    with_manifest(root, exact=True)
    report = verify_set(root)

    assert not report.errors
    assert str(report).splitlines()[-1] == (
        f"{root}: no background plates (no bgr/): for networks that take none, such as MODNet; that composites are "
        "made of them is not checked"
    )


def brighter(root: Path) -> None:
    path = root / "com/a/0001.png"
    write_png(path, read_rgb(path) + np.uint8(20))


def smaller(root: Path) -> None:
    write_png(root / "com/a/0001.png", np.zeros((16, 24, 3), np.uint8))


@pytest.mark.parametrize(
    ("change", "exact", "severity", "message"),
    [
        (brighter, False, "warning", "com/a/0001.png: differs from .*fgr/a/0001.png by 20.0 of 255 where that is opaq"),
        (brighter, True, "error", "differs from .* by up to 20 of 255 where that is opaque; expected 0"),
        (smaller, False, "error", "0001.png is 24x16, .*0001.png is 48x32"),
    ],
)
def test_verify_compares_what_there_is(
    root: Path, change: Callable[[Path], None], exact: bool, severity: str, message: str
) -> None:
    change(root)
    with_manifest(root, exact=exact)

    problems = [problem for problem in verify_set(root).problems if problem.kind in ("composite", "size")]

    assert [problem.severity for problem in problems] == [severity]
    assert re.search(message, problems[0].message)


def test_its_coverage_says_nothing_of_plates(root: Path) -> None:
    meter = CoverageMeter((32, 48))
    for sample in iterate(open_set(root)):
        meter.add(sample)

    found = gaps(meter.coverage())

    assert any(line.startswith("foregrounds") for line in found)
    assert not any(line.startswith("backgrounds") for line in found)


def test_it_serves_who_takes_none(root: Path) -> None:
    require_plates(open_set(root), taken=False)
    with pytest.raises(DataError, match="or take a model without plates, such as MODNet"):
        require_plates(open_set(root), taken=True)

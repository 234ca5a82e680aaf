"""A set in OMZ's layout: copied to the bit with a manifest, and damage named or recorded."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from configs.errors import DataError, UsageError
from datasets.importing.finding import recognise
from datasets.importing.layouts import ReadyLayout, layout_of
from datasets.importing.ready import import_ready
from datasets.samples.composite import composite
from datasets.samples.images import read_alpha, read_rgb, read_rgba, write_png
from datasets.samples.layout import SampleSet
from datasets.samples.verify import verify_set

RNG = np.random.default_rng(5)
IDS = ["0001/0009", "0001/0010", "0002/0001"]


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    root = tmp_path / "clips"
    for id_ in IDS:
        foreground, background = RNG.integers(0, 256, (2, 8, 12, 3), dtype=np.uint8)
        alpha = RNG.integers(0, 256, (8, 12), dtype=np.uint8)
        alpha[0] = 0
        write_png(root / f"com/{id_}.png", composite(foreground, alpha, background))
        write_png(root / f"bgr/{id_}.png", background)
        write_png(root / f"fgr/{id_}.png", np.dstack((foreground, alpha)))
    (root / "com/.DS_Store").write_bytes(b"\0")
    (root / "fgr/0001/._0009.png").write_bytes(b"\0")
    return root


def _import(root: Path, **changes: Any) -> SampleSet:
    return import_ready(root, root.parent / "out", **{"workers": 1, **changes})


def test_the_files_are_copied_and_described(clips: Path) -> None:
    made = _import(clips, sequential=True)
    assert [ref.id for ref in made.refs] == IDS
    assert made.name == "clips"
    assert made.sequential
    assert made.manifest is not None
    assert made.manifest.exact_composites
    assert verify_set(made.root).errors == ()
    assert [problem.kind for problem in verify_set(made.root).warnings] == ["licence"]
    for ref in made.refs:
        for path in ref.files:
            assert path.read_bytes() == (clips / path.relative_to(made.root)).read_bytes()
    before = (made.root / "manifest.json").stat().st_mtime_ns
    _import(clips, sequential=True)
    assert (made.root / "manifest.json").stat().st_mtime_ns == before


def test_a_limit_draws_and_breaks_the_sequence(clips: Path) -> None:
    made = _import(clips, limit=2, seed=3, sequential=True)
    assert len(made.refs) == 2
    assert not made.sequential
    with pytest.raises(UsageError, match="holds another set"):
        _import(clips)
    with pytest.raises(DataError, match="holds 3 whole samples, fewer than --limit 4"):
        _import(clips, limit=4)


def test_a_composite_that_is_not_exact_is_described_so(clips: Path) -> None:
    path = clips / "com/0001/0009.png"
    write_png(path, np.bitwise_xor(read_rgb(path), 1))
    made = _import(clips)
    assert made.manifest is not None
    assert not made.manifest.exact_composites


def _missing(root: Path) -> None:
    (root / "bgr/0001/0009.png").unlink()


def _broken(root: Path) -> None:
    path = root / "com/0001/0009.png"
    path.write_bytes(path.read_bytes()[:60])


def _smaller(root: Path) -> None:
    write_png(root / "bgr/0001/0009.png", np.zeros((7, 12, 3), np.uint8))


@pytest.mark.parametrize(
    ("damage", "named", "recorded"),
    [
        (_missing, "no background for 0001/0009", "no background"),
        (_broken, "com/0001/0009.png: is truncated", "com/0001/0009.png: is truncated"),
        (_smaller, "the images of a sample must have one size", "bgr/0001/0009.png: is 12x7"),
    ],
)
def test_damage_ends_an_import_or_is_recorded(clips: Path, damage: Any, named: str, recorded: str) -> None:
    damage(clips)
    with pytest.raises(DataError, match=named):
        _import(clips)
    assert not (clips.parent / "out").exists()
    made = _import(clips, skip_damaged=True, sequential=True)
    assert made.manifest is not None
    [skipped] = made.manifest.skipped
    assert skipped.id == IDS[0]
    assert skipped.reason.startswith(recorded)
    assert not made.sequential
    assert [ref.id for ref in made.refs] == IDS[1:]
    assert verify_set(made.root)
    assert _import(clips, skip_damaged=True).refs == made.refs


def test_what_is_no_such_set_is_refused(clips: Path) -> None:
    with pytest.raises(DataError, match=r"has no folder `com` and `bgr` and `fgr`; .*did you mean .*clips\?"):
        import_ready(clips.parent, clips.parent.with_name("elsewhere"), workers=1)
    (clips / "com/0001/notes.txt").write_text("!", encoding="utf-8")
    with pytest.raises(DataError, match="out of place"):
        _import(clips, skip_damaged=True)
    (clips / "com/0001/notes.txt").unlink()
    shutil.copytree(_import(clips).root, clips.parent / "described")
    with pytest.raises(UsageError, match="has a manifest already"):
        _import(clips.parent / "described")


def test_a_set_without_one_sound_matte_is_refused(clips: Path) -> None:
    for path in (clips / "fgr").rglob("[0-9]*.png"):
        write_png(path, np.full((8, 12, 4), 255, np.uint8))
    with pytest.raises(DataError, match="opaque"):
        _import(clips)
    assert not (clips.parent / "out").exists()


IN_LAYOUT = {
    "rvm": ("{clip}/{role}/{frame}", True),
    "omz_pha": ("{role}/{clip}/{frame}", False),
}


def _relaid(clips: Path, kind: str, above: str = "") -> Path:
    """Write the set in another layout, its mattes in files of their own."""
    root = clips.parent / kind
    for id_ in IDS:
        clip, frame = id_.split("/")
        colours, alpha = read_rgba(clips / f"fgr/{id_}.png")
        images = {"com": read_rgb(clips / f"com/{id_}.png"), "bgr": read_rgb(clips / f"bgr/{id_}.png")}
        for role, image in {**images, "fgr": colours, "pha": alpha}.items():
            write_png(root / above / f"{IN_LAYOUT[kind][0].format(clip=clip, role=role, frame=frame)}.png", image)
    return root


@pytest.mark.parametrize("kind", IN_LAYOUT)
def test_mattes_apart_are_joined_to_the_same_set(clips: Path, kind: str) -> None:
    expected = import_ready(clips, clips.parent / "expected", workers=1)
    root = _relaid(clips, kind)
    (root / "__MACOSX/com").mkdir(parents=True)
    (root / "__MACOSX/com/._1.png").write_bytes(b"")
    assert recognise(root) == kind
    layout = layout_of(kind)
    assert isinstance(layout, ReadyLayout)
    made = _import(root, layout=layout)
    assert made.manifest_sha256 == expected.manifest_sha256
    assert made.sequential == IN_LAYOUT[kind][1]
    before = (made.root / "manifest.json").stat().st_mtime_ns
    assert _import(root, layout=layout).refs == made.refs
    assert (made.root / "manifest.json").stat().st_mtime_ns == before
    matte = next(path for path in root.rglob("0009.png") if "pha" in path.parts)
    write_png(matte, 255 - read_alpha(matte))
    with pytest.raises(UsageError, match="holds another set"):
        _import(root, layout=layout)


def test_rvm_s_sets_may_lie_below_a_folder_with_plates_that_are_links(clips: Path) -> None:
    root = _relaid(clips, "rvm", "videomatte_static")
    plates = root / "videomatte_static/0001/bgr"
    (plates / "0010.png").unlink()
    (plates / "0010.png").symlink_to("0009.png")
    composites = root / "videomatte_static/0001/com"
    shutil.copy(composites / "0009.png", composites / "0010.png")
    for role in ("fgr", "pha"):
        shutil.copy(composites.parent / role / "0009.png", composites.parent / role / "0010.png")
    made = _import(root, layout=layout_of("rvm"))
    assert [ref.id for ref in made.refs] == [f"videomatte_static-{id_}" for id_ in IDS]
    assert made.refs[1].background.read_bytes() == made.refs[0].background.read_bytes()
    assert not made.refs[1].background.is_symlink()


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda root: (root / "0001/pha/0009.png").unlink(), "0001/0009: has no matte"),
        (lambda root: (root / "0001/com/0009.png").write_bytes(b""), "0001/com/0009.png: is empty"),
        (lambda root: (root / "0001/fgr/0009.jpg").write_bytes(b""), "0001/fgr/0009.jpg and .*0009.png: there twice"),
        (
            lambda root: write_png(root / "0001/pha/0009.png", np.zeros((3, 3), np.uint8)),
            "0001/pha/0009.png: is 3x3, .*one size",
        ),
    ],
    ids=["lost", "empty", "twice", "size"],
)
def test_damage_of_a_set_with_mattes_apart_is_named_or_recorded(clips: Path, damage: Any, reason: str) -> None:
    root = _relaid(clips, "rvm")
    damage(root)
    with pytest.raises(DataError, match=reason):
        _import(root, layout=layout_of("rvm"))
    made = _import(root, layout=layout_of("rvm"), skip_damaged=True)
    assert made.manifest is not None
    assert [skipped.id for skipped in made.manifest.skipped] == [IDS[0]]
    assert not made.sequential


def test_an_output_in_a_linked_folder_of_the_set_is_refused(clips: Path) -> None:
    (clips / "com/0001").rename(clips.parent / "disk")
    (clips / "com/0001").symlink_to(clips.parent / "disk")
    assert len(_import(clips).refs) == 3
    with pytest.raises(UsageError, match=r"lies in the set's own folder .*com/0001"):
        import_ready(clips, clips.parent / "disk/out", workers=1)


def test_another_layout_than_the_named_one_is_refused(clips: Path) -> None:
    with pytest.raises(DataError, match="not recognised as an evaluation set of RobustVideoMatting"):
        _import(clips, layout=layout_of("rvm"))

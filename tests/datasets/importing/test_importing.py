"""Published sets: each told by its files, imported to the same bytes every time, no damage passed over in silence."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from published_sets import SIZE, WHOLE, matte, picture, save, write_set, write_stub

from configs.errors import DataError, UsageError
from datasets.compose.run import compose_set
from datasets.importing import layouts
from datasets.importing.finding import find_pairs, recognise
from datasets.importing.foregrounds import import_foregrounds
from datasets.importing.layouts import kinds
from datasets.importing.record import ForegroundSet, Settings, estimated_sha256s
from datasets.samples.images import read_rgb, read_rgba, write_png
from datasets.samples.layout import open_set
from datasets.samples.verify import verify_set

KINDS = sorted(WHOLE)
READY = ["omz_pha", "rvm"]
TRUE = ("photomatte85", "videomatte240k")
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def _estimator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Put the stand-in before a real one, if there is one."""
    monkeypatch.syspath_prepend(str(write_stub(tmp_path / "stub")))
    sys.modules.pop("pymatting", None)
    yield
    sys.modules.pop("pymatting", None)


def _import(root: Path, kind: Any, out: Path, **changes: Any) -> ForegroundSet:
    return import_foregrounds(root, out, Settings(kind=kind, **changes), workers=1)


def _bytes(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("kind", KINDS)
def test_a_set_is_recognised_and_imported_whole(tmp_path: Path, kind: Any) -> None:
    root = write_set(kind, tmp_path / "raw")
    assert recognise(root) == kind
    record = _import(root, kind, tmp_path / "out")
    assert record == ForegroundSet.read(tmp_path / "out")
    assert [image.id for image in record.images] == WHOLE[kind]
    assert record.skipped == ()
    assert record.colours == ("true" if kind in TRUE else "estimated")
    assert record.estimator == ({} if kind in TRUE else {"pymatting": "0.1", "numba": "0.1"})
    assert record.sequential == (kind == "videomatte240k")
    assert set(_bytes(tmp_path / "out")) == {f"{id_}.png" for id_ in WHOLE[kind]} | {"foregrounds.json"}


@pytest.mark.parametrize("kind", KINDS)
def test_colours_are_the_published_or_the_estimated_ones(tmp_path: Path, kind: Any) -> None:
    root = write_set(kind, tmp_path / "raw")
    _import(root, kind, tmp_path / "out")
    pair = find_pairs(root, kind).pairs[0]
    published = read_rgba(pair.picture)[0] if pair.matte is None else read_rgb(pair.picture)
    colours, alpha = read_rgba(tmp_path / "out" / f"{pair.id}.png")
    if kind != "videomatte240k":  # whose mattes are JPEGs
        np.testing.assert_array_equal(alpha, matte())
    within = (alpha > 0) & (alpha < 255)
    expected = published if kind in TRUE else 255 - published
    np.testing.assert_array_equal(colours[within], expected[within])
    np.testing.assert_array_equal(colours[alpha == 255], published[alpha == 255])
    assert not colours[alpha == 0].any()
    assert within.any()


def test_every_kind_has_a_stand_in_here() -> None:
    assert sorted((*KINDS, *READY)) == kinds()


TOY = """
from datasets.importing.layouts import FLAT, Layout

LAYOUT = Layout(
    title="Toy",
    expected="toys/<name>.png and shapes/<name>.png",
    parts=(("", "toys", "shapes"),),
    picture=FLAT,
    matte=FLAT,
    true_colours=True,
    source="https://example.org",
    rights="CC0 1.0",
)
"""


def test_another_layout_is_one_more_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "more/toy.py").write_text(TOY, encoding="utf-8")
    monkeypatch.setattr(layouts, "__path__", [*layouts.__path__, str(tmp_path / "more")])
    root = tmp_path / "raw"
    save(root / "toys/bear.png", picture(1))
    save(root / "shapes/bear.png", matte())
    assert "toy" in kinds()
    assert recognise(root) == "toy"
    record = _import(root, "toy", tmp_path / "out")
    assert (record.settings.kind, record.rights) == ("toy", "CC0 1.0")
    assert [image.id for image in record.images] == ["bear"]
    with pytest.raises(DataError, match=r"toy: toys/<name>\.png and shapes"):
        recognise(tmp_path / "more")


def test_an_unknown_kind_is_named_with_the_known_ones(tmp_path: Path) -> None:
    root = write_set("aim500", tmp_path / "raw")
    with pytest.raises(UsageError, match=r"coco: no published set of this name is known; choose aim500, aisegment"):
        _import(root, "coco", tmp_path / "out")


@pytest.mark.parametrize("litter", ["__MACOSX", "@eaDir", "$RECYCLE.BIN"])
def test_litter_is_not_imported(tmp_path: Path, litter: str) -> None:
    root = write_set("aim500", tmp_path / "raw")
    pairs = find_pairs(root, "aim500")
    save(root / "original" / litter / "o_9.jpg", picture(9))
    (root / "mask/._o_1.png").write_bytes(b"")
    assert find_pairs(root, "aim500") == pairs


def test_parts_may_be_imported_alone_and_deeper(tmp_path: Path) -> None:
    whole = write_set("p3m", tmp_path / "raw")
    assert [pair.id for pair in find_pairs(whole / "P3M-500-P", "p3m").pairs] == ["p_1"]
    (tmp_path / "deep").mkdir()
    whole.rename(tmp_path / "deep/validation")
    assert [pair.id for pair in find_pairs(tmp_path / "deep", "p3m").pairs] == WHOLE["p3m"]
    video = write_set("videomatte240k", tmp_path / "video")
    assert [pair.id for pair in find_pairs(video / "test", "videomatte240k").pairs] == ["0000/00000"]


def test_what_is_not_recognised_is_told_from_what_was_looked_for(tmp_path: Path) -> None:
    root = write_set("ppm100", tmp_path / "raw")
    with pytest.raises(DataError) as caught:
        find_pairs(root, "aisegment")
    for word in ("raw: not recognised as AISegment", "clip_img/<group>", "found image/, matte/, readme.txt"):
        assert word in str(caught.value)
    assert "it is laid out as ppm100" in str(caught.value)
    with pytest.raises(DataError, match=rf"did you mean {re.escape(str(root))}\?"):
        find_pairs(tmp_path, "ppm100")
    for folder, found in (
        (tmp_path / "none", "there is no such folder"),
        (root / "readme.txt", "it is a file"),
        (tmp_path / "empty", "the folder is empty"),
    ):
        (tmp_path / "empty").mkdir(exist_ok=True)
        with pytest.raises(DataError, match=found):
            find_pairs(folder, "p3m")
        with pytest.raises(DataError, match=rf"{found}(.|\n)*videomatte240k: train/"):
            recognise(folder)
    for role in ("com", "bgr", "fgr"):
        (tmp_path / "omz" / role).mkdir(parents=True)
    with pytest.raises(DataError, match=r"found bgr/, com/, fgr/; it is laid out as omz"):
        recognise(tmp_path / "omz")
    save(root / "cover.png", np.dstack((picture(0), matte())))
    with pytest.raises(DataError, match="could be photomatte85 or ppm100; name the kind"):
        recognise(root)


def test_the_same_import_is_the_same_bytes_in_any_number_of_processes(tmp_path: Path) -> None:
    root = write_set("videomatte240k", tmp_path / "raw")
    _import(root, "videomatte240k", tmp_path / "one")
    import_foregrounds(root, tmp_path / "two", Settings(kind="videomatte240k"), workers=2)
    assert _bytes(tmp_path / "one") == _bytes(tmp_path / "two")


def test_a_limit_draws_by_the_seed(tmp_path: Path) -> None:
    root = tmp_path / "raw"
    for number in range(12):
        save(root / f"{number}.png", np.dstack((picture(number), matte())))
    chosen = {
        seed: [image.id for image in _import(root, "photomatte85", tmp_path / f"{seed}", limit=4, seed=seed).images]
        for seed in (1, 2)
    }
    assert all(len(ids) == 4 for ids in chosen.values())
    assert chosen[1] != chosen[2]
    save(root / "later.png", np.dstack((picture(99), matte())))
    again = [image.id for image in _import(root, "photomatte85", tmp_path / "again", limit=4, seed=1).images]
    assert len(set(again) - set(chosen[1])) <= 1
    assert not _import(
        write_set("videomatte240k", tmp_path / "v"), "videomatte240k", tmp_path / "w", limit=2
    ).sequential
    with pytest.raises(DataError, match="holds 13 pictures with a matte, fewer than --limit 14"):
        _import(root, "photomatte85", tmp_path / "many", limit=14)


@pytest.mark.parametrize("kind", ["photomatte85", "aim500"])
def test_a_large_picture_is_shrunk_without_fringes(tmp_path: Path, kind: Any) -> None:
    alpha = np.zeros((64, 32), np.uint8)
    alpha[1::2] = 255
    red = np.where(alpha[..., np.newaxis] == 255, (200, 0, 0), (0, 0, 99)).astype(np.uint8)
    if kind == "photomatte85":
        save(tmp_path / "raw/a.png", np.dstack((red, alpha)))
    else:
        save(tmp_path / "raw/original/a.png", red)
        save(tmp_path / "raw/mask/a.png", alpha)
    [image] = _import(tmp_path / "raw", kind, tmp_path / "out", max_side=33).images
    assert (image.height, image.width) == (33, 17)  # 16.5 rounded up
    colours, alpha = read_rgba(tmp_path / "out/a.png")
    if kind == "photomatte85":
        assert colours[alpha > 8].reshape(-1, 3).min(axis=0).tolist()[0] > 190
        assert colours[..., 1:].max() <= 2


def _unpaired(root: Path) -> None:
    (root / "mask/o_1.png").unlink()


def _truncated(root: Path) -> None:
    path = root / "original/o_1.jpg"
    path.write_bytes(path.read_bytes()[:-200])


def _other_size(root: Path) -> None:
    save(root / "mask/o_1.png", matte()[:-1])


def _turned(root: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(picture(0)).save(root / "original/o_1.jpg", exif=exif)


def _transparent(root: Path) -> None:
    save(root / "mask/o_1.png", np.zeros_like(matte()))


def _opaque(root: Path) -> None:
    save(root / "mask/o_1.png", np.full_like(matte(), 255))


def _binary(root: Path) -> None:
    save(root / "mask/o_1.png", matte() // 128)


def _coloured(root: Path) -> None:
    save(root / "mask/o_1.png", picture(0))


def _twice(root: Path) -> None:
    shutil.copy(root / "mask/o_1.png", root / "mask/o_1.jpg")


def _video(root: Path) -> None:
    (root / "original/clip.mp4").write_bytes(b"")


def _named_on_windows(root: Path) -> None:
    (root / "original/o_1.jpg").rename(root / "original/a\\o_1.jpg")


def _misplaced(root: Path) -> None:
    (root / "original/o_1.jpg").rename(root / "original/o_1.webp")


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (_unpaired, "original/o_1.jpg: has no matte"),
        (_truncated, "original/o_1.jpg: is truncated or corrupt"),
        (_other_size, "original/o_1.jpg: is 18x24, but its matte mask/o_1.png is 18x23"),
        (_turned, "is 24x18, but its matte mask/o_1.png is 18x24; is its EXIF orientation, which is applied, wrong?"),
        (_transparent, "mask/o_1.png: the matte is transparent everywhere"),
        (_opaque, "mask/o_1.png: the matte is opaque everywhere"),
        (_binary, "mask/o_1.png: the matte only holds 0 and 1"),
        (_coloured, "mask/o_1.png: is coloured"),
        (_twice, "mask/o_1.jpg and mask/o_1.png: there twice"),
        (_named_on_windows, "original/a\\o_1.jpg: its name holds a backslash"),
        (_misplaced, "original/o_1.webp: is no part of the layout"),
    ],
)
def test_damage_ends_an_import_or_is_recorded(tmp_path: Path, damage: Callable[[Path], None], reason: str) -> None:
    root = write_set("aim500", tmp_path / "raw")
    damage(root)
    with pytest.raises(DataError) as caught:
        _import(root, "aim500", tmp_path / "out")
    assert reason in str(caught.value).replace(f"{root}/", "")
    assert "--skip-damaged" in str(caught.value)
    assert not (tmp_path / "out").exists()
    record = _import(root, "aim500", tmp_path / "out", skip_damaged=True)
    assert [image.id for image in record.images] == ["o_2"]
    assert any(reason in skipped.reason for skipped in record.skipped)
    assert str(tmp_path) not in (tmp_path / "out/foregrounds.json").read_text()


def test_videos_are_named_with_what_to_do(tmp_path: Path) -> None:
    _video(write_set("aim500", tmp_path / "raw"))
    hint = rf"{tmp_path}/raw/original/clip.mp4 is a video: take its frames out first .*ffmpeg -i "
    with pytest.raises(DataError, match=rf"original/clip.mp4: is no part of the layout; {hint}"):
        _import(tmp_path / "raw", "aim500", tmp_path / "out")
    for part in ("fgr", "pha"):
        (tmp_path / f"videos/train/{part}").mkdir(parents=True)
        (tmp_path / f"videos/train/{part}/0000.mp4").write_bytes(b"")
    with pytest.raises(DataError, match=r"found train/; \S+/train/fgr/0000\.mp4 is a video: .*/train/fgr/0000/%05d"):
        recognise(tmp_path / "videos")
    with pytest.raises(DataError, match=r"it is a file, not a folder; .*clip\.mp4 is a video"):
        recognise(tmp_path / "raw/original/clip.mp4")


def test_two_spellings_of_a_name_are_one_picture(tmp_path: Path) -> None:
    save(tmp_path / "raw/original/Jos\u00e9.jpg", picture(1))
    save(tmp_path / "raw/mask/Jose\u0301.png", matte())
    [image] = _import(tmp_path / "raw", "aim500", tmp_path / "out").images
    assert image.id == "Jos\u00e9"
    save(tmp_path / "raw/original/Jose\u0301.jpg", picture(2))
    with pytest.raises(DataError, match="there twice"):
        _import(tmp_path / "raw", "aim500", tmp_path / "again")


def test_a_set_that_is_ready_is_no_folder_of_foregrounds(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"rvm: is a set with composites.*`mattekit dataset import rvm`"):
        _import(tmp_path, "rvm", tmp_path / "out")


def test_a_matte_of_16_bits_and_an_upright_photograph_are_taken(tmp_path: Path) -> None:
    root = write_set("aim500", tmp_path / "raw")
    Image.fromarray(matte().astype(np.uint16) * 257).save(root / "mask/o_1.png")
    exif = Image.Exif()
    exif[0x0112] = 6
    sideways = np.ascontiguousarray(np.rot90(picture(0)))
    Image.fromarray(sideways).save(root / "original/o_1.jpg", exif=exif, quality=95)
    _import(root, "aim500", tmp_path / "out")
    colours, alpha = read_rgba(tmp_path / "out/o_1.png")
    np.testing.assert_array_equal(alpha, matte())
    np.testing.assert_array_equal(colours[:, -1], read_rgb(root / "original/o_1.jpg")[:, -1])
    assert colours.shape[:2] == SIZE


def test_an_import_stops_at_a_few_damaged_pictures_and_names_them(tmp_path: Path) -> None:
    for number in range(9):
        save(tmp_path / f"raw/{number}.png", picture(number))
    with pytest.raises(DataError) as caught:
        _import(tmp_path / "raw", "photomatte85", tmp_path / "out")
    assert "raw: at least 5 damaged:\n  0.png: has no alpha channel" in str(caught.value)
    for number in range(1, 9):
        save(tmp_path / f"aim/original/{number}.png", picture(number))
    save(tmp_path / "aim/mask/8.png", matte())
    with pytest.raises(DataError, match=r"aim: 7 damaged:\n  original/1(.|\n)*\n  and 2 more\n"):
        _import(tmp_path / "aim", "aim500", tmp_path / "out")


def test_nothing_left_is_an_error_even_when_skipping(tmp_path: Path) -> None:
    root = write_set("aim500", tmp_path / "raw")
    for path in (root / "mask").iterdir():
        path.write_bytes(b"")
    with pytest.raises(DataError, match=r"no picture could be imported:\n  .*mask/o_1\.png: is empty"):
        _import(root, "aim500", tmp_path / "out", skip_damaged=True)


def test_an_import_that_is_there_is_kept_and_anything_else_refused(tmp_path: Path) -> None:
    root, out = write_set("aim500", tmp_path / "raw"), tmp_path / "out"
    first = _import(root, "aim500", out)
    before = (out / "foregrounds.json").stat().st_mtime_ns
    assert _import(root, "aim500", out) == first
    assert (out / "foregrounds.json").stat().st_mtime_ns == before
    with pytest.raises(UsageError, match="holds another import"):
        _import(root, "aim500", out, seed=3)
    with pytest.raises(UsageError, match="lies in the set's own folder"):
        _import(root, "aim500", root / "out")
    with pytest.raises(UsageError, match="holds something that is not an import"):
        _import(root, "aim500", tmp_path / "stub")
    save(root / "original/o_2.jpg", picture(5))
    with pytest.raises(UsageError, match=r"original/o_2\.jpg: is not the file that was imported"):
        _import(root, "aim500", out)
    (out / "o_1.png").write_bytes(b"")
    with pytest.raises(DataError, match=r"o_1\.png: was changed since it was imported"):
        _import(root, "aim500", out)


def test_without_the_estimator_the_error_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pymatting", None)
    with pytest.raises(UsageError, match=r"needs PyMatting.*make install-import"):
        _import(write_set("ppm100", tmp_path / "raw"), "ppm100", tmp_path / "out")
    assert _import(write_set("photomatte85", tmp_path / "true"), "photomatte85", tmp_path / "out").colours == "true"


def test_the_mark_of_estimated_colours_goes_into_a_composed_set(tmp_path: Path) -> None:
    people = tmp_path / "people"
    _import(write_set("ppm100", tmp_path / "raw"), "ppm100", people / "ppm")
    _import(write_set("photomatte85", tmp_path / "true"), "photomatte85", people / "true")
    write_png(tmp_path / "places/x.png", picture(7))
    made = compose_set(people, tmp_path / "places", tmp_path / "set", size=(32, 48), per_foreground=1, seed=1)
    assert made.estimated_foregrounds == {"ppm-1/x", "ppm-10/x"}
    assert verify_set(made.root).errors == ()
    (people / "ppm/foregrounds.json").unlink()
    with pytest.raises(UsageError, match="composed otherwise"):
        compose_set(people, tmp_path / "places", tmp_path / "set", size=(32, 48), per_foreground=1, seed=1)
    assert open_set(tmp_path / "set").estimated_foregrounds == made.estimated_foregrounds


def test_the_mark_is_found_from_a_folder_within_the_import(tmp_path: Path) -> None:
    _import(write_set("p3m", tmp_path / "raw"), "p3m", tmp_path / "out")
    assert len(estimated_sha256s(tmp_path / "out/P3M-500-P")) == 2
    assert estimated_sha256s(tmp_path / "raw") == frozenset()


@pytest.mark.slow
def test_the_real_estimate_is_nearer_to_the_truth_and_the_same_in_any_number_of_threads(tmp_path: Path) -> None:
    pytest.importorskip("pymatting", reason="`make install-import` installs it")
    script = """
import sys, hashlib
import numpy as np
from datasets.importing.estimate import estimate_foreground
from datasets.synthetic.generate import synthetic_sample
sample = synthetic_sample(1, 0, (180, 320))
estimate = estimate_foreground(sample.source, sample.alpha)
within = (sample.alpha > 25) & (sample.alpha < 230)
def error(colours):
    return np.abs(colours[within].astype(float) - sample.foreground[within]).mean()
assert within.sum() > 100
assert error(estimate) < 0.6 * error(sample.source), (error(estimate), error(sample.source))
print(hashlib.sha256(estimate.tobytes()).hexdigest())
"""
    outputs = set()
    for threads in ("1", "2"):
        environment = {**os.environ, "NUMBA_NUM_THREADS": threads}
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
        command = [sys.executable, "-W", "error", "-c", script]
        done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        outputs.add(done.stdout)
    assert len(outputs) == 1

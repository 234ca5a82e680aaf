"""`mattekit dataset import` and `build`: their words and exit codes, and the published experiment in small."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import yaml
from bucket import GONE
from outcome import Run
from published_sets import WHOLE, save, write_set, write_stub
from tiny_model import SIZE, VARIANTS

from configs.sizes import size_text
from datasets.importing.layouts import kinds
from datasets.samples.images import read_rgb, read_rgba
from datasets.synthetic.generate import synthetic_sample

ROOT = Path(__file__).resolve().parents[2]
HEADER = "ImageID,Subset,OriginalLandingURL,License,AuthorProfileURL,Author,Title,Rotation\n"


@pytest.fixture
def stub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.syspath_prepend(str(write_stub(tmp_path / "stub")))
    sys.modules.pop("pymatting", None)
    yield
    sys.modules.pop("pymatting", None)


@pytest.mark.usefixtures("stub")
@pytest.mark.parametrize("kind", ["auto", "aisegment"])
def test_an_import_says_what_it_made(run: Run, tmp_path: Path, kind: str) -> None:
    write_set("aisegment", tmp_path / "raw")
    outcome = run("dataset", "import", kind, "raw", "--out", "out", "--workers", 1)
    assert outcome.code == 0
    colours = "estimated colours (pymatting 0.1 and numba 0.1)"
    assert f"out: 2 foregrounds of aisegment, {colours}, 0 skipped" in outcome.out


@pytest.mark.usefixtures("stub")
def test_what_is_skipped_is_said_and_what_is_not_ends_with_3(run: Run, tmp_path: Path) -> None:
    write_set("aisegment", tmp_path / "raw")
    lost = WHOLE["aisegment"][0]
    name = lost.rpartition("/")[2]
    (tmp_path / f"raw/matting/1803151818/matting_00000000/{name}.png").unlink()
    arguments = ("dataset", "import", "aisegment", "raw", "--out", "out", "--workers", 1)
    outcome = run(*arguments)
    assert outcome.code == 3
    assert f"{name}.jpg: has no matte" in outcome.text
    assert not (tmp_path / "out").exists()
    outcome = run(*arguments, "--skip-damaged")
    assert outcome.code == 0
    assert f"skipped {lost}: clip_img/" in outcome.out
    assert "1 foreground of aisegment" in outcome.out


def test_another_layout_ends_with_3(run: Run, tmp_path: Path) -> None:
    write_set("p3m", tmp_path / "raw")
    outcome = run("dataset", "import", "aim500", "raw", "--out", "out")
    assert outcome.code == 3
    assert "it is laid out as p3m" in outcome.text


def test_a_set_in_omz_s_layout_is_copied(run: Run, tmp_path: Path, tiny_set: Path) -> None:
    for role in ("com", "bgr", "fgr"):
        (tmp_path / "clips").mkdir(exist_ok=True)
        (tmp_path / "clips" / role).symlink_to(tiny_set / role)
    outcome = run("dataset", "import", "omz", "clips", "--out", "out", "--workers", 1)
    assert outcome.code == 0
    assert "out: 3 samples, 0 skipped" in outcome.out
    assert run("dataset", "verify", "out").code == 0


@pytest.mark.parametrize("kind", ["auto", "rvm"])
def test_a_set_with_composites_is_made_ready(run: Run, tmp_path: Path, tiny_set: Path, kind: str) -> None:
    for source in (tiny_set / "com").glob("*/*.png"):
        clip, frame = source.parent.name, source.name
        rgba = read_rgba(tiny_set / f"fgr/{clip}/{frame}")
        for role, image in (("com", read_rgb(source)), ("bgr", read_rgb(tiny_set / f"bgr/{clip}/{frame}"))):
            save(tmp_path / f"raw/motion/{clip}/{role}/{frame}", image)
        save(tmp_path / f"raw/motion/{clip}/fgr/{frame}", rgba[0])
        save(tmp_path / f"raw/motion/{clip}/pha/{frame}", rgba[1])
    outcome = run("dataset", "import", kind, "raw", "--out", "out", "--workers", 1)
    assert outcome.code == 0
    assert "out: 3 samples, 0 skipped" in outcome.out
    assert run("dataset", "verify", "out").code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("import", "coco", "raw", "--out", "out"),
        ("import", "p3m", "raw"),
        ("import", "p3m", "raw", "--out", "out", "--limit", "0"),
        ("import", "p3m", "raw", "--out", "out", "--sequential"),
        ("import", "omz", "raw", "--out", "out", "--max-side", "512"),
        ("import", "rvm", "raw", "--out", "out", "--max-side", "512"),
        ("build", "--foregrounds", "raw"),
    ],
    ids=" ".join,
)
def test_wrong_usage_ends_with_2(run: Run, arguments: tuple[str, ...]) -> None:
    assert run("dataset", *arguments).code == 2


def test_the_help_lists_every_kind(run: Run) -> None:
    assert "|".join(("auto", *kinds(), "omz")) in "".join(run("dataset", "import", "--help").text.split())


def test_a_configuration_without_a_recipe_ends_with_2(run: Run, job: Callable[..., Path]) -> None:
    outcome = run("dataset", "build", "--config", job(), "--foregrounds", "raw")
    assert outcome.code == 2
    assert "expected a `recipe`" in outcome.text


def _write_portraits(root: Path) -> None:
    """Write three portraits as AISegment lays them out, and one without its matte."""
    for index in range(4):
        sample = synthetic_sample(7, index, SIZE)
        name = f"1803-{index:08d}"
        save(root / f"clip_img/1803/clip_00000000/{name}.jpg", sample.source)
        if index:
            rgba = np.dstack((sample.source, sample.alpha))
            save(root / f"matting/1803/matting_00000000/{name}.png", rgba)
        else:
            (root / f"matting/1803/matting_00000000/._{name}.png").parent.mkdir(parents=True)
            (root / f"matting/1803/matting_00000000/._{name}.png").write_bytes(b"\0\5\x16\7")


def _small_job(path: Path, onnx: Path, url: str) -> Path:
    """Write the published experiment's configuration in small: a tiny network, small pictures, few of them."""
    recipe = {"foregrounds": 2, "backgrounds": 3, "per_foreground": 2, "table": "table.csv", "base_url": url}
    changes = {
        "extends": str(ROOT / "configs/humanmatting-openimages.yaml"),
        "model": {"checkpoint": None, "onnx": str(onnx), "download": None},
        "convert": {"size": size_text(SIZE), "parity": {"samples": 1}},
        "dataset": {"size": size_text(SIZE), "recipe": recipe},
        "evaluate": {"variants": list(VARIANTS), "worst": 1},
    }
    path.write_text(yaml.safe_dump(changes), encoding="utf-8")
    return path


@pytest.mark.parametrize("estimator", ["stub", pytest.param("real", marks=pytest.mark.slow)])
def test_the_published_experiment_in_small(
    run: Run, tmp_path: Path, tiny_onnx: Path, url: str, estimator: str, request: pytest.FixtureRequest
) -> None:
    if estimator == "stub":
        request.getfixturevalue("stub")
    else:
        pytest.importorskip("pymatting", reason="`make install-import` installs it")
    _write_portraits(tmp_path / "raw")
    ids = [GONE, *(f"{number:016x}" for number in range(1, 20))]
    (tmp_path / "table.csv").write_text(HEADER + "".join(f"{id},validation,l,c,p,a,t,\n" for id in ids))
    config = _small_job(tmp_path / "job.yaml", tiny_onnx, url)

    for _ in range(2):
        built = run("dataset", "build", "--config", config, "--foregrounds", "raw")
        assert built.code == 0
        assert "skipped 1803/00000000/1803-00000000: clip_img/1803/clip_00000000/1803-00000000.jpg" in built.out
        assert "data/humanmatting-openimages: 4 samples" in built.out
    assert run("dataset", "verify", "data/humanmatting-openimages").code == 0
    assert run("convert", "--config", config).code == 0
    evaluated = run("evaluate", "--config", config)
    assert evaluated.code == 0
    note = "Foreground colours of 4 of 4 samples were estimated"
    assert note in evaluated.text
    [run_dir] = (tmp_path / "reports").iterdir()
    assert run_dir.name.startswith("humanmatting-openimages-")
    assert f"> {note}" in (run_dir / "report.md").read_text(encoding="utf-8")
    results = json.loads((run_dir / "results.json").read_text(encoding="utf-8"))
    assert (results["dataset"]["samples"], results["dataset"]["estimated_foregrounds"]) == (4, 4)

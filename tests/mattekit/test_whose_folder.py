"""Folders named on the command line: what is not ours stays as it is, what cannot be written is told at once."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from outcome import Run


@pytest.fixture
def made(run: Run, job: Callable[..., Path]) -> Path:
    """A run in `run/`, and its configuration."""
    config = job()
    assert run("evaluate", "--config", config, "--variants", "onnx,ir-fp32@f32", "--out", "run").code == 0
    return config


def _tree(folder: Path) -> dict[str, bytes | None]:
    return {str(path): path.read_bytes() if path.is_file() else None for path in sorted(folder.rglob("*"))}


@pytest.mark.parametrize("name", ["results.json", "conversion.json", "manifest.json", "bench.json", "located.json"])
@pytest.mark.parametrize(
    "verb",
    [
        ("convert", "--force"),
        ("evaluate", "--force"),
        ("bench",),
        ("locate", "a.onnx", "b.onnx", "--sample", "a/1"),
        ("dataset", "synthesize", "--count", "1", "--size", "64x64", "--force"),
    ],
    ids=lambda verb: " ".join(verb[:2]),
)
def test_photos_beside_a_file_of_a_record_s_name_are_never_deleted(
    run: Run, job: Callable[..., Path], verb: tuple[str, ...], name: str
) -> None:
    Path("album").mkdir()
    Path("album", name).write_text("{}")
    Path("album/beach.jpg").write_text("dear")
    before = _tree(Path("album"))
    done = run(*verb, "--out", "album", "--config", job())
    assert done.code == 2, done.text
    assert "album" in done.err
    assert "beach.jpg" in done.err or name in done.err
    assert _tree(Path("album")) == before


def test_a_finished_run_is_replaced_by_force_alone(run: Run, made: Path) -> None:
    again = "evaluate", "--config", made, "--variants", "onnx,ir-fp32@f32", "--out", "run"
    before = _tree(Path("run"))
    done = run(*again)
    assert done.code == 2
    assert "choose another --out, or give --force" in done.text
    assert _tree(Path("run")) == before
    assert run(*again, "--force").code == 0


@pytest.mark.parametrize(
    ("verb", "said"),
    [
        (("gate",), "run/results.json: a file; expected a run's folder, "),
        (("attribute",), "run/results.json: a file; expected a run's folder, "),
        (("bench", "--run"), "run/results.json: a file; expected a run's folder, "),
        (("compare", "run"), "run/results.json: a file; expected a run's folder, "),
        (("verify", "job.yaml"), "job.yaml: a file; expected a folder with conversion.json"),
        (("evaluate", "--models", "job.yaml"), "job.yaml: a file; expected a folder with conversion.json"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_a_file_where_a_folder_is_expected(run: Run, made: Path, verb: tuple[str, ...], said: str) -> None:
    run_file = () if "job.yaml" in verb else ("run/results.json",)
    done = run(*verb, *run_file, *(() if verb[0] == "compare" else ("--config", made)))
    assert done.code in (2, 3)
    assert said in done.text


@pytest.mark.parametrize("verb", [("gate",), ("attribute",), ("bench", "--frames", "1", "--run")], ids=lambda v: v[0])
@pytest.mark.parametrize("state", ["read-only", "occupied"])
def test_a_run_that_cannot_be_added_to_is_told_and_stays(
    run: Run, made: Path, verb: tuple[str, ...], state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if state == "occupied":
        taken = {"gate": "gate.json", "attribute": "attribution.md", "bench": "bench.csv"}[verb[0]]
        Path("run", taken, "inside").mkdir(parents=True)
    else:
        mkdir = Path.mkdir

        def refuse(self: Path, *arguments: object, **named: object) -> None:
            if self.parent.name == "run":
                raise PermissionError(13, "Permission denied", str(self))
            mkdir(self, *arguments, **named)  # type: ignore[arg-type]

        monkeypatch.setattr(Path, "mkdir", refuse)
    before = _tree(Path("run"))
    done = run(*verb, "run", "--config", made)
    assert done.code == 2, done.text
    said = "run: cannot be written (Permission denied)" if state == "read-only" else f"run/{taken}: expected a file"
    assert said in done.err
    assert _tree(Path("run")) == before


def test_a_judgement_that_fails_leaves_no_earlier_verdict(run: Run, made: Path) -> None:
    Path("run/gate.json").write_text("{}")
    shutil.move("run/per_sample.csv", "aside")
    assert run("gate", "run", "--config", made).code == 3
    assert not Path("run/gate.json").exists()


def test_photographs_are_not_fetched_into_a_folder_of_others(run: Run) -> None:
    Path("album").mkdir()
    Path("album/ATTRIBUTION.csv").write_text("dear")
    done = run("dataset", "fetch", "openimages", "--count", 1, "--table", "none.csv", "--out", "album")
    assert done.code == 2
    assert "album: holds ATTRIBUTION.csv, and no backgrounds.json" in done.text
    assert Path("album/ATTRIBUTION.csv").read_text() == "dear"

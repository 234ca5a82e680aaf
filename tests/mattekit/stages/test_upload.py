"""A run whose folder is in a store: put there whole, its record last, compared, and never over another's."""

import json
import re
from pathlib import Path

import pytest
from object_store import Faults, Store
from tiny_model import tiny_config

from configs.errors import DataError, UsageError
from configs.schema import Config
from eval.run.stored import read_run
from mattekit.stages.evaluation import evaluate_into
from mattekit.stages.upload import RunPlace, run_place

OUT = "s3://bucket/runs/a"


@pytest.fixture(scope="module")
def run_folder(tiny_onnx: Path, tiny_models: Path, tiny_set: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a small run."""
    folder = tmp_path_factory.mktemp("runs") / "run"
    evaluate_into(folder, tiny_config(tiny_onnx, tiny_models, tiny_set, evaluate={"variants": ["onnx"]}))
    return folder


def make(place: RunPlace, run_folder: Path) -> None:
    """Put a copy of a run where one is to be made."""
    for path in run_folder.rglob("*"):
        if path.is_file():
            copy = place.folder / path.relative_to(run_folder)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MATTEKIT_HOME", str(tmp_path))


def test_a_run_is_put_there_whole_its_record_last(store: Store, run_folder: Path, tmp_path: Path) -> None:
    with run_place(f"{OUT}/") as place:
        assert (place.address, place.folder) == (OUT, tmp_path / "reports/s3/bucket/runs/a")
        assert place.file("report.md") == f"{OUT}/report.md"
        make(place, run_folder)
    assert store.keys("runs/a") == files(run_folder) == files(place.folder)
    put = [each.path for each in store.asked if each.method == "PUT"]
    assert put[-1] == "/bucket/runs/a/results.json" and len(put) == len(files(run_folder))


def test_a_store_that_throttles_and_fails_gets_it_all_the_same(store: Store, run_folder: Path) -> None:
    with run_place(OUT) as place:
        store.faults = Faults(slow=3, fail=7)
        make(place, run_folder)
    assert store.keys("runs/a") == files(run_folder)


def test_a_run_that_cannot_be_put_there_is_kept_and_named(store: Store, run_folder: Path, tmp_path: Path) -> None:
    kept = tmp_path / "reports/s3/bucket/runs/a"
    said = rf"report\.md: permission denied.*the run is whole in {re.escape(str(kept))}"
    with pytest.raises(DataError, match=said), run_place(OUT) as place:
        make(place, run_folder)
        store.faults = Faults(deny="report.md")
    assert files(kept) == files(run_folder)
    assert "results.json" not in store.keys("runs/a"), "nobody takes it for whole"


def test_what_is_not_what_was_put_there_is_put_again(
    store: Store, run_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datasets.remote.client import Client

    honest, spoilt = Client.write, []

    def write(self: Client, file: Path, path: object) -> None:
        honest(self, file, path)  # type: ignore[arg-type]
        if file.name == "per_sample.csv" and not spoilt:
            spoilt.append(file)
            store.put("runs/a/per_sample.csv", bytes(file.stat().st_size))

    monkeypatch.setattr(Client, "write", write)
    with run_place(OUT) as place:
        make(place, run_folder)
    assert spoilt and store.keys("runs/a") == files(run_folder)


def test_a_run_that_is_there_is_replaced_by_force_alone_and_only_what_is_its_own(
    store: Store, run_folder: Path
) -> None:
    store.upload(run_folder, "runs/a")
    store.put("runs/a/gate.json", b"{}")
    store.put("runs/a/letter.txt", b"keep me")
    said = rf"^{OUT}: holds a run; choose another --out, or give --force"
    with pytest.raises(UsageError, match=said), run_place(OUT):
        raise AssertionError("not begun")
    with run_place(OUT, force=True) as place:
        make(place, run_folder)
        (place.folder / "speed.png").unlink(missing_ok=True)
    left = store.keys("runs/a")
    assert left == {**files(place.folder), "letter.txt": b"keep me"}
    assert "speed.png" not in left and "gate.json" not in left


def test_what_is_no_run_is_not_written_over(store: Store) -> None:
    store.put("runs/a/letter.txt", b"keep me")
    with pytest.raises(UsageError, match=r"holds letter\.txt, and no finished run"), run_place(OUT):
        raise AssertionError("not begun")
    store.put("runs/a/results.json", json.dumps({"schema_version": 1, "scores": []}).encode())
    with pytest.raises(UsageError, match="not an evaluation run"), run_place(OUT, force=True):
        raise AssertionError("not begun")


def test_nothing_is_put_there_of_a_run_that_failed(store: Store) -> None:
    with pytest.raises(DataError, match="no such set"), run_place(OUT) as place:
        place.folder.mkdir(parents=True)
        (place.folder / "half.txt").write_bytes(b"half")
        raise DataError("no such set")
    assert store.keys("runs/a") == {}


def test_a_folder_is_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for out in (tmp_path / "run", str(tmp_path / "run"), (tmp_path / "run").as_uri()):
        with run_place(out) as place:
            assert place.folder == tmp_path / "run"
            assert place.file("report.md") == str(tmp_path / "run/report.md")
    with pytest.raises(UsageError, match=r"--out: .* password"), run_place("s3://a:b@bucket/runs"):
        raise AssertionError("not begun")


def test_a_run_on_a_set_in_a_store_has_the_folder_s_scores_and_keeps_the_url(
    store: Store, tiny_onnx: Path, tiny_models: Path, tiny_set: Path, run_folder: Path
) -> None:
    store.faults = Faults(slow=5)
    url = store.upload(tiny_set, "sets/three")
    job: Config = tiny_config(tiny_onnx, tiny_models, url, evaluate={"variants": ["onnx"]})
    with run_place(OUT) as place:
        evaluate_into(place.folder, job)
    there, here = read_run(place.folder), read_run(run_folder)
    scores = [run.table.drop(columns="latency_ms") for run in (there, here)]
    assert scores[0].equals(scores[1])
    assert there.results.dataset.path == url
    assert there.results.configuration().dataset.path == url
    assert there.results.dataset.pixels_sha256 == here.results.dataset.pixels_sha256
    assert not [data for data in store.keys("runs/a").values() if b"hunter2" in data or b"AKIAWHOEVER" in data]

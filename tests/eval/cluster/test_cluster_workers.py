"""Workers without Ray, in this process: to whoever shards go, the run is that of one machine."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from tiny_model import SIZE, tiny_config

from configs.errors import DataError
from configs.schema import Config
from datasets.samples.layout import SampleSet, open_set
from datasets.synthetic.make import synthesize
from eval.cluster.dealing import Done, Lost, deal
from eval.cluster.identity import identity_of, require_same
from eval.cluster.parcel import pack
from eval.cluster.reply import Failure, Reply
from eval.cluster.shards import Shard, shards_of
from eval.cluster.worker import Worker
from eval.pipeline.evaluate import Emit, run_opened
from eval.pipeline.line import Task
from eval.pipeline.opening import Opened, open_evaluation
from eval.pipeline.outcome import part_of
from eval.report.panels import WorstPictures
from eval.run.scores import LATENCY
from eval.run.stored import Run
from eval.run.worst import Keeper


class _CrewHere:
    """Workers of this process, which take turns; the last one given answers first."""

    def __init__(self, opened: Opened, count: int, keeps: bool) -> None:
        self.workers = {f"node {number}": Worker({}) for number in range(count)}
        self._working: list[tuple[str, Shard]] = []
        parcel = pack(opened, lambda content: content)
        for name, worker in self.workers.items():
            identity = worker.open(parcel, keeps, lambda content: content)
            if isinstance(identity, Failure):
                raise identity.error()
            require_same(name, identity_of(opened), identity)

    def idle(self) -> Sequence[str]:
        return [name for name in self.workers if name not in dict(self._working)]

    def nodes(self) -> Sequence[str]:
        return list(self.workers)

    def hope(self) -> bool:
        return True

    def give(self, node: str, shard: Shard) -> None:
        self._working.append((node, shard))

    def wait(self) -> Sequence[Done | Lost]:
        node, shard = self._working.pop()
        return [Done(shard, self.workers[node].run([(task.index, task.counted) for task in shard.tasks]))]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep what a node is sent below the test's folder."""
    monkeypatch.setenv("MATTEKIT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a set of eight samples, in clips of 3, 1 and 4 frames, without a manifest."""
    root = tmp_path_factory.mktemp("clips") / "set"
    synthesize(root, 8, 3, SIZE, workers=1)
    (root / "manifest.json").unlink()
    names = [f"{clip}/{frame:04d}.png" for clip, frames in (("a", 3), ("b", 1), ("c", 4)) for frame in range(frames)]
    for folder in [path for path in root.iterdir() if path.is_dir()]:
        for path, name in zip(sorted(folder.rglob("*.png")), names, strict=True):
            (folder / name).parent.mkdir(exist_ok=True)
            path.rename(folder / name)
        for empty in [path for path in folder.iterdir() if not any(path.iterdir())]:
            empty.rmdir()
    return root


@pytest.fixture
def job(tiny_onnx: Path, tiny_models: Path, clips: Path) -> Config:
    return tiny_config(tiny_onnx, tiny_models, clips, evaluate={"variants": ["onnx", "ir-fp16@f32"], "worst": 2})


def _run(job: Config, workers: int = 0) -> tuple[Run, list[Task]]:
    """Return the run of one process, or of so many workers, and the pictures' records in it."""
    keeper = WorstPictures(job.evaluate.worst)
    shards: list[Shard] = []

    def execute(
        opened: Opened, tasks: Sequence[Task], keeper: Keeper | None, tell: Callable[[int], None], emit: Emit
    ) -> None:
        assert keeper is not None

        def take(reply: Reply) -> None:
            for picture in reply.pictures:
                keeper.take(picture)
            if reply.part is not None:
                emit(part_of(reply.part))

        shards.extend(shards_of(tasks, opened.sample_set.sequential, workers))
        deal(shards, _CrewHere(opened, workers, keeps=True), take, lambda _: None)

    with open_evaluation(job) as opened:
        run = run_opened(opened, keeper, execute=execute if workers else None)
    return run, [task for shard in shards for task in shard.tasks]


def _assert_same(one: Run, other: Run) -> None:
    tables = [run.table.drop(columns=LATENCY) for run in (one, other)]
    pd.testing.assert_frame_equal(*tables, check_exact=True)
    assert one.results.dataset == other.results.dataset
    assert one.results.worst == other.results.worst
    assert one.results.worst


@pytest.mark.parametrize("sequential", [False, True], ids=["pictures", "clips"])
@pytest.mark.parametrize("workers", [1, 3])
def test_the_run_of_any_number_of_workers_is_that_of_one_process(
    job: Config, monkeypatch: pytest.MonkeyPatch, workers: int, sequential: bool
) -> None:
    monkeypatch.setattr(SampleSet, "sequential", property(lambda _: sequential))
    here, _ = _run(job)
    shared, tasks = _run(job, workers)
    _assert_same(here, shared)
    assert len(tasks) == 8
    if sequential:
        assert "dtssd" in here.table
        assert here.table["dtssd"].notna().sum() == 2 * (8 - 3)
    assert shared.results.variants[0].latency_ms is None


def test_a_node_keeps_its_own_copy_of_the_models(job: Config, tmp_path: Path, cache: Path) -> None:
    with open_evaluation(job) as opened:
        parcel = pack(opened, lambda content: content)
    placed = parcel.unpack(lambda content: content)
    assert placed.convert.out.is_relative_to(cache / "cluster")
    with open_evaluation(placed) as elsewhere:
        assert identity_of(elsewhere)["models"] == identity_of(opened)["models"]

    def never(_: Any) -> bytes:
        raise AssertionError("fetched again")

    assert parcel.unpack(never) == placed  # it is all there
    (placed.convert.out / "model.onnx").write_bytes(b"broken")
    with pytest.raises(AssertionError, match="fetched again"):
        parcel.unpack(never)
    with pytest.raises(DataError, match="came as another file"):
        parcel.unpack(lambda _: b"something else")
    parcel.unpack(lambda content: content)
    assert (placed.convert.out / "model.onnx").read_bytes() == (job.convert.out / "model.onnx").read_bytes()


def test_models_of_anybody_s_and_their_contracts_are_sent_too(job: Config, tiny_onnx: Path, tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "net.onnx").write_bytes(tiny_onnx.read_bytes())
    (theirs / "net.yaml").write_text("colour: RGB\nrange: 0..1\n")
    model = {"path": str(theirs / "net.onnx"), "contract": str(theirs / "net.yaml")}
    job = job.replaced(evaluate=job.evaluate.replaced(models={"theirs": model}))
    with open_evaluation(job) as opened:
        parcel = pack(opened, lambda content: content)
        here = identity_of(opened)
    for path in theirs.iterdir():
        path.unlink()
    with open_evaluation(parcel.unpack(lambda content: content)) as elsewhere:
        require_same("here", here, identity_of(elsewhere))
    assert "theirs" in here["models"]


def test_a_broken_sample_is_told_as_by_one_process(job: Config, clips: Path) -> None:
    path = clips / "com/c/0001.png"
    whole = path.read_bytes()
    path.write_bytes(whole[:200])
    try:
        errors = []
        for workers in (0, 3):
            with pytest.raises(DataError) as found:
                _run(job, workers)
            errors.append(str(found.value))
    finally:
        path.write_bytes(whole)
    assert errors[0] == errors[1]
    assert "0001.png" in errors[0]


def test_a_node_that_differs_is_refused_with_what_differs(job: Config, clips: Path) -> None:
    with open_evaluation(job) as opened:
        here = identity_of(opened)
    require_same("B", here, here)
    other = {**here, "source_sha256": "0" * 64, "versions": {**here["versions"], "openvino": "1.0"}}
    with pytest.raises(
        DataError, match=r"node B: .*source_sha256: .*, there 0000.*; versions\.openvino: .*, there 1\.0"
    ):
        require_same("B", here, other)


def test_a_set_without_a_manifest_is_told_by_the_lengths_of_its_files(job: Config, clips: Path) -> None:
    with open_evaluation(job) as opened:
        here = identity_of(opened)
        path = open_set(clips).refs[0].files[0]
        whole = path.read_bytes()
        path.write_bytes(whole + b"more")
        there = identity_of(opened)
        path.write_bytes(whole)
    with pytest.raises(DataError, match=r"set\.sizes_sha256"):
        require_same("B", here, there)

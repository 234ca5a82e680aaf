"""The benchmark on the tiny network: what is recorded, compared and refused."""

import csv
import json
import shutil
from pathlib import Path

import openvino
import pytest
from tiny_model import SIZE, tiny_config

from configs.errors import DataError, UsageError
from configs.schema import Config
from eval.bench.output import bench_markdown, write_bench_files
from eval.bench.record import BenchRecord, Timing
from eval.bench.run import BenchOptions, bench
from eval.bench.timing import Length
from eval.pipeline.evaluate import evaluate
from eval.report.html.page import render_html
from eval.report.markdown import render_markdown
from eval.report.stored import stored_content
from eval.run.stored import write_run

SHORT = Length(7)


@pytest.fixture(scope="module")
def config(tiny_onnx: Path, tiny_models: Path, tiny_set: Path) -> Config:
    return tiny_config(tiny_onnx, tiny_models, tiny_set)


@pytest.fixture(scope="module")
def rival(tiny_models: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the tiny IR at another place."""
    return (
        Path(shutil.copytree(tiny_models / "fp16", tmp_path_factory.mktemp("other") / "recipe" / "fp16")) / "model.xml"
    )


@pytest.fixture(scope="module")
def measured(config: Config, rival: Path) -> tuple[BenchRecord, list[Timing]]:
    options = BenchOptions(against=(str(rival),), length=SHORT, different=2, warmup=1, profile=True)
    return bench(config, options, rerun="mattekit bench --frames 7")


def test_the_record_says_what_ran_and_how_fast(measured: tuple[BenchRecord, list[Timing]], rival: Path) -> None:
    record, rows = measured

    assert [model.name for model in record.models] == ["onnx", "ir-fp32@f32", "ir-fp16@f32", "recipe/fp16@f32"]
    assert [model.framework for model in record.models] == ["onnxruntime", "openvino", "openvino", "openvino"]
    assert {model.precision for model in record.models} == {"f32"}
    assert record.models[0].inputs == "NCHW f32 RGB 0..1"
    assert {model.inputs for model in record.models[1:]} == {"NCHW f32 BGR 0..255"}
    assert record.models[3].model_path == rival.as_posix()
    assert record.models[3].model_sha256 == record.models[2].model_sha256
    assert (record.size, len(record.frames), record.warmup) == (SIZE, 2, 1)
    for model in record.models:
        times = [row.milliseconds for row in rows if (row.phase, row.model) == ("latency", model.name)]
        assert len(times) == model.latency.rounds == 7
        assert model.latency.median_ms == sorted(times)[3]
        assert model.latency.p90_ms >= model.latency.median_ms
        ratio = model.latency.ratio
        if model.name == "recipe/fp16@f32":
            assert ratio is None
        else:
            assert ratio is not None
            assert ratio.against == "recipe/fp16@f32"
            assert ratio.interval is not None
            assert ratio.interval.low <= ratio.median <= ratio.interval.high
        assert (model.throughput is None) == (model.framework != "openvino")
        assert bool(model.operations) == (model.framework == "openvino")


def test_right_models_differ_little_from_the_first(measured: tuple[BenchRecord, list[Timing]]) -> None:
    first, *others = measured[0].models
    assert first.difference is None
    for model in others:
        assert model.difference is not None
        assert model.difference.mean < 1e-3
        assert model.difference.cells == 0


def test_the_shares_of_operations_make_a_whole(measured: tuple[BenchRecord, list[Timing]]) -> None:
    operations = measured[0].models[1].operations
    assert sum(entry.share for entry in operations) == pytest.approx(1)
    assert "Convolution" in {entry.operation for entry in operations}


def test_a_wrong_model_shows_in_its_difference(config: Config, tiny_onnx: Path, tmp_path: Path) -> None:
    # Made without scale and reversal: not what an IR without a contract is taken for.
    model = openvino.Core().read_model(tiny_onnx)
    model.reshape({name: [1, 3, *SIZE] for name in ("src", "bgr")})
    path = tmp_path / "unscaled.xml"
    openvino.save_model(model, path)

    record, _ = bench(config, BenchOptions(against=(str(path),), length=Length(1), different=1, throughput=False))

    wrong = record.models[-1]
    assert wrong.contract_assumed
    assert wrong.difference is not None
    assert wrong.difference.mean > 0.1
    assert wrong.throughput is None
    assert f"> {wrong.name} carries no contract" in bench_markdown(record)


def test_further_outputs_of_another_model_are_left_off(config: Config, tiny_onnx: Path, tmp_path: Path) -> None:
    model = openvino.Core().read_model(tiny_onnx)
    model.reshape({name: [1, 3, *SIZE] for name in ("src", "bgr")})
    path, more = tmp_path / "plain/model.xml", tmp_path / "more/model.xml"
    openvino.save_model(model, path)
    inner = {name: node for node in model.get_ops() for name in node.output(0).get_names()}
    model.add_outputs([inner["distance"].output(0), inner["dimmed"].output(0)])
    openvino.save_model(model, more)
    assert len(openvino.Core().read_model(more).outputs) == 4
    given = BenchOptions(against=(str(path), str(more)), length=Length(1), different=1, profile=True)

    record, _ = bench(config, given)

    plain, reduced = record.models[-2:]
    assert reduced.contract_assumed
    assert reduced.difference == plain.difference
    assert reduced.throughput is not None
    assert {entry.operation: entry.nodes for entry in reduced.operations} == {
        entry.operation: entry.nodes for entry in plain.operations
    }


def test_the_files_hold_every_time_and_the_tables(measured: tuple[BenchRecord, list[Timing]], tmp_path: Path) -> None:
    record, rows = measured
    write_bench_files(tmp_path / "out", record, rows)

    assert BenchRecord.read(tmp_path / "out") == record
    with (tmp_path / "out/bench.csv").open(newline="") as stream:
        written = list(csv.DictReader(stream))
    assert [float(row["ms"]) for row in written] == [pytest.approx(row.milliseconds, abs=1e-4) for row in rows]
    assert {row["phase"] for row in written} == {"latency", "throughput"}
    text = (tmp_path / "out/bench.md").read_text(encoding="utf-8")
    for model in record.models:
        assert f"| `{model.name}` | {model.framework} f32 |" in text
    assert f"CPU feature class {record.environment.cpu_class}" in text
    assert "| `Convolution` | 1 |" in text
    assert "mattekit bench --frames 7" in text
    for line in text.splitlines():
        assert not line.startswith("|") or line.endswith("|")


def test_a_broken_record_is_refused(measured: tuple[BenchRecord, list[Timing]], tmp_path: Path) -> None:
    write_bench_files(tmp_path, *measured)
    content = json.loads((tmp_path / "bench.json").read_text())
    content["models"][0]["latency"]["median_ms"] = -1
    (tmp_path / "bench.json").write_text(json.dumps(content))
    with pytest.raises(DataError, match=r"bench\.json: models\.0\.latency\.median_ms"):
        BenchRecord.read(tmp_path)


def test_a_run_s_report_shows_the_benchmark_that_lies_beside_it(
    config: Config, measured: tuple[BenchRecord, list[Timing]], tmp_path: Path
) -> None:
    run_dir = tmp_path / "run"
    run = evaluate(config)
    write_run(run_dir, run)
    assert "## Speed" not in render_markdown(stored_content(run_dir, run, None))

    write_bench_files(run_dir, *measured)
    content = stored_content(run_dir, run, None)

    assert "One inference at a time" in render_html(content)
    report = render_markdown(content)
    assert "\n## Speed\n\n### One inference at a time\n\n| Model |" in report
    assert report.index("## Latency") < report.index("## Speed") < report.index("## Environment")


@pytest.mark.parametrize(
    ("against", "error", "message"),
    [
        ("model.onnx", UsageError, r"expected an IR's path such as model\.xml"),
        ("model.xml@int8", UsageError, r"with one of f32, bf16, f16, default; found 'model\.xml@int8'"),
        ("nowhere/model.xml", DataError, r"nowhere/model\.xml: no such file of an IR"),
    ],
)
def test_a_rival_that_cannot_be_is_refused(config: Config, against: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        bench(config, BenchOptions(against=(against,)))


def test_one_name_for_two_models_is_refused(config: Config, rival: Path) -> None:
    with pytest.raises(UsageError, match="two models are called recipe/fp16@f32"):
        bench(config, BenchOptions(against=(str(rival), str(rival))))


def test_models_of_two_sizes_are_refused(config: Config, tiny_onnx: Path, tmp_path: Path) -> None:
    model = openvino.Core().read_model(tiny_onnx)
    model.reshape({name: [1, 3, 32, 32] for name in ("src", "bgr")})
    openvino.save_model(model, tmp_path / "small.xml")
    with pytest.raises(UsageError, match="models of one size are compared, found onnx 96x64"):
        bench(config, BenchOptions(against=(str(tmp_path / "small.xml"),)))


def test_a_benchmark_of_other_models_does_not_go_into_a_run(config: Config) -> None:
    results = evaluate(config).results
    other = results.model_copy(
        update={"variants": tuple(v.model_copy(update={"model_sha256": "1" * 64}) for v in results.variants)}
    )
    with pytest.raises(DataError, match=r"not the onnx that was evaluated .*, evaluated 111111111111\)"):
        bench(config, BenchOptions(length=Length(1)), evaluated=other)


def test_a_benchmark_goes_into_no_run_whose_models_were_changed(config: Config) -> None:
    results = evaluate(config).results
    *others, last = results.variants
    files = {file: "1" * 64 if file.endswith(".xml") else sha256 for file, sha256 in last.files.items()}
    other = results.model_copy(update={"variants": (*others, last.model_copy(update={"files": files}))})
    with pytest.raises(DataError, match=r"model\.xml is not the file that ran"):
        bench(config, BenchOptions(length=Length(1)), evaluated=other)


def test_models_of_another_original_are_refused(config: Config) -> None:
    other = config.model_copy(update={"model": config.model.model_copy(update={"refine_threshold": 0.5})})
    with pytest.raises(DataError, match=r"or with other settings of the network than the configuration's"):
        bench(other, BenchOptions(length=Length(1)))

"""Models of anybody's as variants: in the table, the gate, the attribution, the benchmark, and the files."""

import shutil
from pathlib import Path

import openvino
import pytest
from tiny_model import SIZE, tiny_config

from configs.errors import DataError, UsageError
from configs.schema import Config
from eval.attribution.run import attribute
from eval.attribution.text import attribution_page
from eval.bench.output import bench_markdown
from eval.bench.run import BenchOptions, bench
from eval.bench.timing import Length
from eval.gate.judge import judge_original
from eval.gate.selftest.broken_forms import ir_to_break
from eval.pipeline.evaluate import evaluate
from eval.report.content import Judgement, report_content
from eval.report.markdown import render_markdown
from eval.run.identity import run_models
from eval.run.stored import Run, read_run, write_run


def foreign_ir(models: Path, folder: Path) -> Path:
    """Write the tiny network's IR as it would be without a contract: RGB 0..1."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "theirs.xml"
    openvino.save_model(openvino.Core().read_model(models / "model.onnx"), path, compress_to_fp16=False)
    return path


@pytest.fixture(scope="module")
def config(tiny_onnx: Path, tiny_models: Path, tiny_set: Path, tmp_path_factory: pytest.TempPathFactory) -> Config:
    path = foreign_ir(tiny_models, tmp_path_factory.mktemp("theirs"))
    models = {
        "theirs": f"{path}@f32",
        "again": {"path": str(path), "contract": "colour=RGB"},
        "theirs-onnx": str(tiny_onnx),
    }
    variants = ["onnx", "ir-fp32@f32"]
    return tiny_config(tiny_onnx, tiny_models, tiny_set, evaluate={"variants": variants, "models": models})


@pytest.fixture(scope="module")
def run(config: Config) -> Run:
    return evaluate(config)


def test_they_are_variants_in_every_figure(run: Run, config: Config) -> None:
    results = run.results
    assert [each.name for each in results.variants] == ["onnx", "ir-fp32@f32", "theirs", "again", "theirs-onnx"]
    theirs, again = results.variant("theirs"), results.variant("again")
    assert theirs is not None and theirs.contract is not None and again is not None and again.contract is not None
    assert (theirs.contract.how, again.contract.how, theirs.precision) == ("proved", "given", "f32")
    assert {Path(file).name for file in theirs.files} == {"theirs.xml", "theirs.bin"}
    assert theirs.model_sha256 == next(sha for file, sha in theirs.files.items() if file.endswith(".bin"))
    drift = results.drift_of("theirs", "alpha_mad")
    assert drift is not None and drift.max_abs == pytest.approx(0, abs=1e-3) and drift.samples == 3
    assert set(run.table.index.unique("variant")) >= {"theirs", "theirs-onnx"}
    judged = judge_original(run, config.gate)
    assert {row.variant for row in judged.rows if row.check != "run"} >= {"theirs", "again", "theirs-onnx"}
    assert not judged.failures()
    page = render_markdown(report_content(run, Judgement(config.gate, judged), name="run"))
    assert "`theirs`: openvino, ran in f32; contract proved: src (source) RGB, bgr (background) RGB" in page
    assert ir_to_break(results).name == "ir-fp32@f32"


def test_a_stored_run_holds_their_files_to_their_hashes_wherever_it_lies(
    tiny_onnx: Path, tiny_models: Path, tiny_set: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    foreign_ir(tiny_models, Path("given"))
    job = tiny_config(
        tiny_onnx,
        tiny_models,
        tiny_set,
        evaluate={"variants": ["onnx"], "models": {"theirs": "given/theirs.xml@f32"}},
    )
    write_run(Path("run"), evaluate(job))
    monkeypatch.chdir(tmp_path)
    moved = read_run(Path("here/run")).results
    assert moved.configuration().evaluate.models["theirs"].path == "here/given/theirs.xml@f32"
    assert set(moved.variants[1].files) == {"here/given/theirs.xml", "here/given/theirs.bin"}
    assert run_models(moved).gone == ()
    weights = Path("here/given/theirs.bin")
    weights.write_bytes(weights.read_bytes() + b"\0")
    with pytest.raises(DataError, match=r"here/given/theirs\.bin is not the file that ran"):
        run_models(moved)
    shutil.rmtree("here/given")
    assert run_models(read_run(Path("here/run")).results).gone != ()


def test_no_file_is_theirs_that_the_job_does_not_name(run: Run, tmp_path: Path) -> None:
    first, *others = run.results.variants
    forged = others[1].model_copy(update={"files": {str(tmp_path / "secret.bin"): "1" * 64}, "model_sha256": "1" * 64})
    with pytest.raises(DataError, match=r"expected the hashes of an IR's|or of a model that it was to run"):
        run_models(run.results.model_copy(update={"variants": (first, forged)}))


def test_their_drift_is_attributed_to_no_hop(run: Run) -> None:
    attribution = attribute(run.results)
    theirs = attribution.stage("theirs")
    assert (theirs.before, theirs.part, theirs.refused) == ("original", "model", "")
    assert theirs.error is not None and theirs.error.parity.alpha.max < 1e-5
    assert "theirs" not in {split.stage for split in attribution.splits} and attribution.most != "theirs"
    assert "| `theirs` | `original` | another model | f32 |" in attribution_page(attribution)


def test_they_are_timed_under_their_names(config: Config) -> None:
    record, _ = bench(config, BenchOptions(length=Length(2), different=1, warmup=0, throughput=False))
    models = {model.name: model for model in record.models}
    assert list(models) == ["onnx", "ir-fp32@f32", "theirs", "again", "theirs-onnx"]
    assert models["theirs"].inputs == "NCHW f32 RGB 0..1" and not models["theirs"].contract_assumed
    assert models["theirs"].difference is not None and models["theirs"].difference.max < 1e-5
    assert "theirs: contract proved: src (source) RGB" in bench_markdown(record)


def test_one_that_takes_another_network_s_images_ends_the_run(config: Config, tmp_path: Path) -> None:
    path = tmp_path / "mask.xml"
    mask = openvino.opset13.parameter([1, 1, *SIZE], name="mask")
    mask.output(0).set_names({"mask"})
    result = openvino.opset13.relu(mask)
    result.output(0).set_names({"out"})
    openvino.save_model(openvino.Model([result], [mask], "mask"), path)
    job = config.replaced(evaluate=config.evaluate.replaced(models={"mask": str(path)}))
    with pytest.raises(DataError, match=r"model mask, .*mask\.xml: the input mask of shape .* is no image"):
        evaluate(job)
    with pytest.raises(UsageError, match="cannot be called 'onnx'"):
        evaluate(config.replaced(evaluate=config.evaluate.replaced(models={"onnx": str(path)})))

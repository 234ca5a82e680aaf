"""A run's models and set held against what lies there now."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from eval_runs import MakeRun
from tiny_model import SIZE, tiny_config

from configs.errors import DataError
from configs.files import sha256_of
from configs.schema import Config
from datasets.samples.images import write_png
from datasets.samples.layout import SampleRef, load_pair, open_set
from datasets.samples.sample import Pair
from datasets.synthetic.make import synthesize
from eval.pipeline import line
from eval.pipeline.evaluate import evaluate
from eval.run.identity import require_run_models, require_run_set, run_models
from eval.run.results import Results
from eval.run.stored import read_run, write_run


@pytest.fixture
def config(tiny_onnx: Path, tiny_models: Path, tiny_set: Path, tmp_path: Path) -> Config:
    return tiny_config(tiny_onnx, Path(shutil.copytree(tiny_models, tmp_path / "models")), tiny_set)


@pytest.fixture
def results(config: Config) -> Results:
    return evaluate(config).results


def test_a_run_names_every_file_of_its_forms_and_its_network(results: Results, tiny_onnx: Path, config: Config) -> None:
    for variant in results.variants:
        assert variant.files == {file: sha256_of(Path(file)) for file in variant.files}
    irs = [[Path(file).name for file in variant.files] for variant in results.variants[1:]]
    assert irs == [["model.xml", "model.bin"]] * 2
    assert results.model is not None
    assert results.model.source_sha256 == sha256_of(tiny_onnx)
    assert (results.model.architecture, results.model.input_size) == ("background-matting-v2", SIZE)
    assert str(run_models(results)) == f"its models, {config.convert.out}, are present and unchanged"
    require_run_models(results)


@pytest.mark.parametrize("name", ["model.onnx", "fp32/model.xml", "fp32/model.bin", "fp16/model.xml", "fp16/model.bin"])
@pytest.mark.parametrize("gone", [False, True])
def test_every_file_that_is_there_must_be_the_one_that_ran(
    results: Results, config: Config, name: str, gone: bool
) -> None:
    file = config.convert.out / name
    if gone:
        file.unlink()
    else:
        file.write_bytes(bytes(reversed(file.read_bytes())))
    fault = "is gone, though" if gone else "is not the file that ran"
    with pytest.raises(DataError, match=rf"^reports/x: .*{name} {fault}"):
        run_models(results, "reports/x")


def test_models_that_are_gone_are_said_to_be(results: Results, config: Config) -> None:
    shutil.rmtree(config.convert.out)
    models = run_models(results)
    assert models.gone == (config.convert.out.as_posix(),)
    assert "are gone" in str(models)
    with pytest.raises(DataError, match="are gone"):
        require_run_models(results)


def _zeroed(variant: dict[str, Any]) -> None:
    variant.update(files=dict.fromkeys(variant["files"], "0" * 64), model_sha256="0" * 64)


FORGED: dict[str, Callable[[dict[str, Any]], object]] = {
    "model_sha256 is not among the hashes of its files": lambda variant: variant.update(model_sha256="0" * 64),
    "is 000000000000..., which is none": _zeroed,
    "expected the hashes of an IR's .xml and .bin": lambda variant: variant["files"].pop(
        next(file for file in variant["files"] if file.endswith("xml"))
    ),
    "the hashes of its files are not there": lambda variant: variant.update(files={}),
}


@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize("fault", FORGED)
def test_what_is_no_hash_is_refused_wherever_the_models_are(
    results: Results, config: Config, fault: str, there: bool
) -> None:
    if not there:
        shutil.rmtree(config.convert.out)
    content = results.model_dump(mode="json")
    FORGED[fault](content["variants"][1])
    with pytest.raises(DataError, match=f"ir-fp32@f32: .*{fault}"):
        run_models(Results.model_validate(content))


def _earlier(results: Results, **changes: object) -> Results:
    """Return results as earlier versions wrote them: one hash for each form."""
    before = {"files": {}, "parity": None, "scores_sha256": None, **changes}
    variants = tuple(variant.model_copy(update=before) for variant in results.variants)
    return results.model_copy(update={"variants": variants, "model": None})


def test_a_run_of_an_earlier_version_is_held_to_the_hashes_it_has(results: Results, config: Config) -> None:
    earlier = _earlier(results)
    assert "as far as the run, of an earlier version, has their hashes" in str(run_models(earlier))
    file = config.convert.out / "fp16/model.bin"
    file.write_bytes(file.read_bytes()[:-1] + b"\x01")
    with pytest.raises(DataError, match=r"fp16/model\.bin is not the file that ran"):
        run_models(earlier)


def test_a_run_without_hashes_is_of_unknown_models(results: Results) -> None:
    nameless = _earlier(results, model_sha256=None)
    assert run_models(nameless).unknown == ("onnx", "ir-fp32@f32", "ir-fp16@f32")
    with pytest.raises(DataError, match="does not say which files ran as onnx, ir-fp32@f32, ir-fp16@f32"):
        require_run_models(nameless)


def test_scores_are_bound_to_the_files_they_are_of(config: Config, tmp_path: Path) -> None:
    write_run(tmp_path / "run", evaluate(config))
    path = tmp_path / "run/results.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    files = content["variants"][1]["files"]
    files[next(iter(files))] = "1" * 64
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(DataError, match=r"variant ir-fp32@f32, scores_sha256: results\.json has"):
        read_run(tmp_path / "run")


@pytest.mark.parametrize("manifest", [True, False])
def test_a_set_s_identity_is_of_the_pixels_that_were_scored(
    config: Config, tmp_path: Path, manifest: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "own"
    synthesize(root, 3, 1, SIZE, workers=1)
    whole = open_set(root).manifest_sha256
    if not manifest:
        (root / "manifest.json").unlink()
    job = config.model_copy(update={"dataset": config.dataset.model_copy(update={"path": str(root)})})

    def changed_behind(ref: SampleRef) -> Pair:
        """Decode a sample, and change its files then."""
        sample = load_pair(ref)
        assert ref.background is not None
        write_png(ref.background, sample.source)
        return sample

    monkeypatch.setattr(line, "load_pair", changed_behind)
    dataset = evaluate(job).results.dataset
    assert (dataset.manifest_sha256, dataset.pixels_sha256) == (whole, whole)
    if not manifest:
        with pytest.raises(DataError, match=r"own: changed since the run \(identity .*, so its images are others"):
            require_run_set(open_set(root), dataset)


def test_the_first_samples_of_a_set_without_manifest_have_an_identity(config: Config, tmp_path: Path) -> None:
    root = tmp_path / "own"
    synthesize(root, 3, 1, SIZE, workers=1)
    (root / "manifest.json").unlink()
    first = config.dataset.model_copy(update={"path": str(root), "limit": 2})
    dataset = evaluate(config.model_copy(update={"dataset": first})).results.dataset
    assert dataset.pixels_sha256 == open_set(root).first_sha256(2) != open_set(root).manifest_sha256
    require_run_set(open_set(root), dataset)


def test_the_made_up_runs_of_these_tests_have_no_models(make_run: MakeRun) -> None:
    assert run_models(make_run().results).gone == ("original/m.pth", "gone")


@pytest.mark.parametrize("name", ["/etc/hostname", "../secret", "models/../../secret", "models/fp32/secret.bin"])
def test_no_file_is_opened_that_the_run_has_no_business_with(
    results: Results, config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr("eval.run.identity.sha256_of", lambda path: pytest.fail(f"{path} was hashed"))
    file = name if name.startswith("/") else f"{tmp_path}/{name}"
    original, *others = results.variants
    forged = original.model_copy(update={"files": {file: original.model_sha256}})
    with pytest.raises(DataError, match="which is none of its model folder"):
        run_models(results.model_copy(update={"variants": (forged, *others)}))


def test_a_form_s_file_that_leads_out_is_not_opened(results: Results, config: Config, tmp_path: Path) -> None:
    file = config.convert.out / "fp32/model.bin"
    file.rename(tmp_path / "elsewhere.bin")
    file.symlink_to(tmp_path / "elsewhere.bin")
    with pytest.raises(DataError, match=r"fp32/model\.bin: leads out of"):
        run_models(results)

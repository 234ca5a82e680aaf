"""The evaluation, end to end on a network whose answers are known."""

import shutil
from collections.abc import Container, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from shown_samples import everything
from tiny_model import INT8, METRICS, SIZE, VARIANTS, tiny_answer, tiny_config

from configs.errors import DataError, UsageError
from configs.schema import Config
from converter.runners.base import Outputs
from converter.runners.openvino_ir import _OpenVinoRequest
from converter.runners.requests import ThreadRequest
from datasets.samples import layout
from datasets.samples.images import write_png
from datasets.samples.layout import SampleRef, iterate, open_set
from datasets.samples.sample import Pair, Prediction, Sample
from datasets.synthetic.make import synthesize
from eval.metrics.constant import constant_scores
from eval.metrics.scoring import Scorer
from eval.pipeline import line
from eval.pipeline.evaluate import evaluate
from eval.run.results import Results, WorstRecord, samples_sha256
from eval.run.scores import scores_of
from eval.run.stored import Run, read_run, write_run


@pytest.fixture
def config(tiny_onnx: Path, tiny_models: Path, tiny_set: Path) -> Config:
    return tiny_config(tiny_onnx, tiny_models, tiny_set)


@pytest.fixture(scope="module")
def whole_run(tiny_onnx: Path, tiny_models: Path, tiny_set: Path) -> Run:
    """Return a run of every variant on the three samples."""
    config = tiny_config(tiny_onnx, tiny_models, tiny_set)
    return evaluate(config, rerun=("mattekit evaluate --config tiny.yaml",))


def _only(config: Config, *variants: str, limit: int | None = 1) -> Config:
    return config.model_copy(
        update={
            "evaluate": config.evaluate.model_copy(update={"variants": variants}),
            "dataset": config.dataset.model_copy(update={"limit": limit}),
        }
    )


def _alpha_mad(results: Results, variant: str) -> float:
    record = results.variant(variant)
    assert record is not None
    mean = record.metrics["alpha_mad"].mean
    assert mean is not None
    return mean


def test_the_results_say_what_ran_and_on_what(whole_run: Run, tiny_set: Path, tiny_models: Path) -> None:
    results = whole_run.results
    sample_set = open_set(tiny_set)
    assert results.original == "onnx"
    assert tuple(variant.name for variant in results.variants) == VARIANTS
    assert [(variant.framework, variant.precision, variant.weights) for variant in results.variants] == [
        ("onnxruntime", "f32", "fp32"),
        ("openvino", "f32", "fp32"),
        ("openvino", "f32", "fp16"),
    ]
    assert results.variants[0].model_path == (tiny_models / "model.onnx").as_posix()
    assert results.dataset.path == tiny_set.as_posix()
    assert results.dataset.manifest_sha256 == sample_set.manifest_sha256
    assert results.dataset.samples_sha256 == samples_sha256(ref.id for ref in sample_set.refs)
    assert (results.dataset.samples, results.dataset.consecutive) == (3, False)
    assert results.settings["name"] == "tiny"
    assert results.rerun == ("mattekit evaluate --config tiny.yaml",)
    for variant in results.variants:
        assert variant.latency_ms is not None
        assert 0 < variant.latency_ms.median <= variant.latency_ms.p90


def test_every_score_is_that_of_the_network_s_own_formula(whole_run: Run, tiny_set: Path) -> None:
    scores = scores_of(whole_run.table, "onnx")
    for sample in iterate(open_set(tiny_set)):
        alpha, foreground = tiny_answer(sample.source, sample.background)
        expected = Scorer("expected").score(
            sample, Prediction(alpha=alpha.astype(np.float32), foreground=foreground.astype(np.float32))
        )
        # Connectivity jumps at its thresholds; the others follow rounding smoothly.
        assert {name: scores.at[sample.id, name] for name in METRICS} == pytest.approx(
            {name: expected[name] for name in METRICS}, rel=1e-4
        )


def test_there_is_one_row_per_sample_and_variant(whole_run: Run, tiny_set: Path) -> None:
    ids = [ref.id for ref in open_set(tiny_set).refs]
    assert list(whole_run.table.index) == [(variant, id_) for id_ in ids for variant in VARIANTS]


def test_the_ir_in_fp32_does_not_drift_and_fp16_weights_drift_a_little(whole_run: Run) -> None:
    results = whole_run.results
    for metric in METRICS:
        exact, rounded = results.drift_of("ir-fp32@f32", metric), results.drift_of("ir-fp16@f32", metric)
        assert exact is not None
        assert rounded is not None
        assert exact.mean == pytest.approx(0, abs=1e-4)
        assert rounded.mean == pytest.approx(0, abs=0.1)
        assert exact.samples == rounded.samples == 3
    foreground = results.drift_of("ir-fp16@f32", "foreground_mse")
    assert foreground is not None
    assert foreground.mean != 0  # 0.9 and 0.05 have no exact value in fp16


def test_the_first_variant_is_the_original(config: Config, tmp_path: Path) -> None:
    results = evaluate(_only(config, "ir-fp16", "onnx")).results
    assert results.original == "ir-fp16@f32"
    assert {record.variant for record in results.drift} == {"onnx"}


class Recorder:
    """A keeper that takes down what it is shown."""

    def __init__(self) -> None:
        self.shown: list[tuple[str, str, tuple[str, ...], set[str]]] = []

    def offer(
        self, sample: Sample, original: str, predictions: Mapping[str, Prediction], alpha_mad: Mapping[str, float]
    ) -> None:
        self.shown.append((sample.id, original, tuple(predictions), set(alpha_mad)))

    def records(self) -> tuple[WorstRecord, ...]:
        return (WorstRecord(sample=self.shown[0][0], variant=None, original=1.0, drift=None, panel="p.png"),)

    def kept(self) -> tuple[str, ...]:
        return ()

    def encoded(self, sample: str) -> bytes:
        raise AssertionError(sample)

    def take(self, encoded: bytes, finished: Container[str] | None = None) -> str | None:
        raise AssertionError(encoded)


def test_a_keeper_is_shown_every_sample_and_its_records_are_in_the_results(config: Config) -> None:
    keeper = Recorder()
    run = evaluate(_only(config, *VARIANTS, limit=2), keeper)
    assert keeper.shown == [(f"synthetic/000{n}", "onnx", VARIANTS, set(VARIANTS)) for n in range(2)]
    score = run.table.at[("onnx", "synthetic/0000"), "alpha_mad"]
    assert run.results.worst == tuple(each.model_copy(update={"original": score}) for each in keeper.records())


def test_a_limit_takes_the_first_samples(config: Config, tmp_path: Path, tiny_set: Path) -> None:
    run = evaluate(_only(config, "onnx", limit=2))
    ids = [ref.id for ref in open_set(tiny_set).refs]
    assert run.results.dataset.samples == 2
    assert list(run.table.index.unique("sample")) == ids[:2]


def test_a_limit_beyond_the_set_takes_all(config: Config, tmp_path: Path) -> None:
    assert evaluate(_only(config, "onnx", limit=99)).results.dataset.samples == 3


def test_each_sample_is_decoded_once_for_all_variants(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded: list[str] = []

    def counting(ref: SampleRef) -> Pair:
        decoded.append(ref.id)
        return load(ref)

    load = layout.load_pair
    monkeypatch.setattr(line, "load_pair", counting)
    evaluate(_only(config, *VARIANTS, limit=2))
    assert sorted(decoded) == ["synthetic/0000", "synthetic/0001"]


def _write_shown(root: Path, samples: list[Sample]) -> Path:
    for sample in samples:
        for role, image in (
            ("com", sample.source),
            ("bgr", sample.background),
            ("fgr", np.dstack((sample.foreground, sample.alpha))),
        ):
            write_png(root / role / f"{sample.id}.png", image)
    return root


def test_coverage_is_measured_over_the_samples_that_were_evaluated(
    tiny_onnx: Path, tiny_models: Path, tmp_path: Path
) -> None:
    samples = everything(SIZE)
    whole = tiny_config(tiny_onnx, tiny_models, _write_shown(tmp_path / "set", samples))
    dataset = evaluate(_only(whole, "onnx", limit=None)).results.dataset
    assert dataset.coverage is not None
    assert dataset.coverage.samples == 7
    assert dataset.coverage.size == SIZE
    assert dataset.coverage_note is None
    fewer = evaluate(_only(whole, "onnx", limit=2)).results.dataset
    assert fewer.coverage is not None
    assert fewer.coverage.samples == 2
    assert "no part of the frame ever empty" in (fewer.coverage_note or "")


def test_a_band_that_no_sample_shows_is_in_the_results(tiny_onnx: Path, tiny_models: Path, tmp_path: Path) -> None:
    samples = everything(SIZE)
    for sample in samples:
        sample.alpha[:, -24:][sample.alpha[:, -24:] == 255] = 0
    config = tiny_config(tiny_onnx, tiny_models, _write_shown(tmp_path / "set", samples))
    run = evaluate(_only(config, "onnx", limit=None))
    write_run(tmp_path / "run", run)
    assert read_run(tmp_path / "run").results.dataset.coverage_note == (
        "This set does not show everything, and what differs only there moves no figure: right 33 % of the frame never "
        "opaque."
    )


def test_progress_is_reported_from_start_to_end(config: Config, tmp_path: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    evaluate(_only(config, "onnx", limit=2), report=lambda *step: seen.append(step))
    assert seen == [("evaluating", 0, 2), ("evaluating", 1, 2), ("evaluating", 2, 2)]


def _write_own_set(root: Path, size: tuple[int, int]) -> None:
    """A red square, half seen through, before a blue wall; without a manifest."""
    alpha = np.zeros(size, np.uint8)
    alpha[size[0] // 4 : size[0] // 2, size[1] // 4 : size[1] // 2] = 128
    foreground = np.zeros((*size, 3), np.uint8)
    foreground[..., 0] = 255
    background = np.full((*size, 3), (20, 40, 200), np.uint8)
    share = alpha[..., None] / 255
    source = np.round(share * foreground + (1 - share) * background).astype(np.uint8)
    for role, image in (("com", source), ("bgr", background), ("fgr", np.dstack((foreground, alpha)))):
        write_png(root / role / "mine" / "frame9.png", image)


def test_a_set_of_one_s_own_without_a_manifest_is_evaluated(config: Config, tmp_path: Path) -> None:
    _write_own_set(tmp_path / "own", SIZE)
    dataset = config.dataset.model_copy(update={"path": str(tmp_path / "own")})
    results = evaluate(config.model_copy(update={"dataset": dataset})).results
    assert (results.dataset.name, results.dataset.samples) == ("own", 1)
    assert results.dataset.manifest_sha256 == open_set(tmp_path / "own").manifest_sha256
    # The network takes the square for opaque: wrong by 127/255 in a sixteenth of the image.
    assert _alpha_mad(results, "onnx") == pytest.approx(1e3 * (127 / 255) / 16, rel=0.02)


def test_a_set_of_another_size_than_the_network_is_resized_and_scored_at_its_own(
    config: Config, tmp_path: Path
) -> None:
    scores = []
    for name, size in (("same", SIZE), ("double", (2 * SIZE[0], 2 * SIZE[1]))):
        _write_own_set(tmp_path / name, size)
        dataset = config.dataset.model_copy(update={"path": str(tmp_path / name)})
        results = evaluate(_only(config.model_copy(update={"dataset": dataset}), "onnx")).results
        scores.append(_alpha_mad(results, "onnx"))
    assert scores[1] == pytest.approx(scores[0], rel=0.1)


def test_every_row_has_what_the_best_constant_answer_scores(whole_run: Run, tiny_set: Path) -> None:
    for sample in iterate(open_set(tiny_set)):
        for name, value in constant_scores(sample).items():
            assert whole_run.table.loc[(slice(None), sample.id), name].tolist() == [pytest.approx(value)] * len(
                VARIANTS
            )


def _copy_pictures(
    config: Config, tiny_set: Path, root: Path, source: str, target: str, frames: Sequence[int]
) -> Config:
    """Return the job on a copy of the set without a manifest, some pictures of one role put into another's place."""
    shutil.copytree(tiny_set, root)
    (root / "manifest.json").unlink()
    for number in frames:
        shutil.copy(root / source / f"synthetic/000{number}.png", root / target / f"synthetic/000{number}.png")
    return config.model_copy(update={"dataset": config.dataset.model_copy(update={"path": str(root), "limit": None})})


def test_plates_that_are_the_composites_are_refused_by_name(config: Config, tiny_set: Path, tmp_path: Path) -> None:
    job = _copy_pictures(config, tiny_set, tmp_path / "same", "com", "bgr", (0, 2))
    with pytest.raises(
        DataError, match=r"2 samples of 3 \(synthetic/0000, synthetic/0002\): the plate shows the person"
    ):
        evaluate(job)


def test_composites_without_a_person_are_refused(config: Config, tiny_set: Path, tmp_path: Path) -> None:
    job = _copy_pictures(config, tiny_set, tmp_path / "none", "bgr", "com", (1,))
    with pytest.raises(DataError, match=r"1 sample of 3 \(synthetic/0001\): the composite shows no person"):
        evaluate(job)


def test_models_changed_since_their_conversion_are_refused(config: Config, tmp_path: Path) -> None:
    models = tmp_path / "models"
    shutil.copytree(config.convert.out, models)
    with (models / "fp32" / "model.bin").open("ab") as stream:
        stream.write(b"x")
    convert = config.convert.model_copy(update={"out": models})
    with pytest.raises(DataError, match=r"model\.bin: changed since its conversion"):
        evaluate(config.model_copy(update={"convert": convert}))


@pytest.mark.parametrize(("request_kind", "variant"), [(ThreadRequest, "onnx"), (_OpenVinoRequest, "ir-fp32@f32")])
def test_nan_is_an_error_that_names_variant_and_sample(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request_kind: type[Any], variant: str
) -> None:
    take = request_kind.wait
    taken: dict[str, int] = {}

    def broken(self: Any) -> Outputs:
        outputs: Outputs = take(self)
        taken[type(self).__name__] = number = taken.get(type(self).__name__, 0) + 1
        return outputs if number == 1 else {**outputs, "fgr": np.full_like(outputs["fgr"], np.nan)}

    monkeypatch.setattr(request_kind, "wait", broken)
    with pytest.raises(DataError, match=f"variant {variant}, sample synthetic/0001: fgr: .*NaN"):
        evaluate(_only(config, "onnx", "ir-fp32@f32", limit=None))


INT8_VARIANTS = ("onnx", "ir-fp32@f32", "ir-int8@f32")


def test_an_int8_form_is_evaluated_as_such(int8_models: Path, tiny_onnx: Path, tiny_set: Path, tmp_path: Path) -> None:
    config = tiny_config(tiny_onnx, int8_models, tiny_set, evaluate={"variants": INT8_VARIANTS, "worst": 1})

    results = evaluate(config).results

    assert [variant.ran_in for variant in results.variants] == ["f32", "f32", "int8 (rest f32)"]
    assert results.variant("ir-int8@f32").weights == "int8"  # type: ignore[union-attr]
    drift = results.drift_of("ir-int8@f32", "alpha_mad")
    assert drift is not None
    assert drift.mean is not None
    assert 1e-4 < abs(drift.mean) < 1


def test_what_an_int8_form_was_fitted_to_is_never_evaluated(int8_models: Path, tiny_onnx: Path, tmp_path: Path) -> None:
    calibration = tmp_path / "calibration"
    synthesize(calibration, 3, int(INT8["seed"]), SIZE, workers=1)  # type: ignore[call-overload]
    shutil.copytree(calibration, tmp_path / "own")
    (tmp_path / "own/manifest.json").unlink()
    config = tiny_config(tiny_onnx, int8_models, tmp_path / "own", evaluate={"variants": INT8_VARIANTS, "worst": 1})

    with pytest.raises(UsageError, match=r"sample synthetic/0000: the int8 form in .* was calibrated or chosen on it"):
        evaluate(config)

    evaluate(_only(config, "onnx", "ir-fp32@f32"))

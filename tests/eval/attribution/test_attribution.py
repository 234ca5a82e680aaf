"""Attribution: the arithmetic on made-up numbers, and the whole of it on a run of the tiny network."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from tiny_model import SIZE, tiny_config

from configs.errors import DataError, UsageError
from configs.files import sha256_of
from converter.forms.proofs import Difference, Parity
from converter.forms.record import Conversion
from converter.forms.variant import Variant
from converter.runners.base import Runner
from converter.runners.devices import default_inference_precision
from converter.runners.opening import open_runner
from datasets.samples.sample import Sample
from datasets.synthetic.make import synthesize
from eval.attribution import stages as stages_module
from eval.attribution.measure import sample_at
from eval.attribution.record import Attribution, ErrorRecord, StageRecord
from eval.attribution.run import attribute
from eval.attribution.split import most_added, moved_away, split_drift, taken_back
from eval.attribution.stages import stages_of
from eval.attribution.text import attribution_page, explain, resize_note, split_table
from eval.pipeline.evaluate import evaluate
from eval.run.results import MetricRecord, Results
from eval.run.stored import write_run

NOTHING = Difference(max=0, mean=0, quantile=0)
CHAIN = (
    StageRecord(name="torch", before=None, part="original", precision="f32"),
    StageRecord(name="onnx", before="torch", part="graph", precision="f32"),
    StageRecord(name="ir-fp32@f32", before="onnx", part="graph", precision="f32"),
    StageRecord(name="ir-fp16@f32", before="ir-fp32@f32", part="weights", precision="f32"),
    StageRecord(name="ir-fp16@bf16", before="ir-fp16@f32", part="inference", precision="bf16"),
)


def _values(metric: str, *means: float) -> dict[str, dict[str, float | None]]:
    return {stage.name: {metric: mean} for stage, mean in zip(CHAIN, means, strict=True)}


def _with_added(added: dict[str, dict[str, float]]) -> list[StageRecord]:
    metrics = {"alpha_mad": MetricRecord(mean=4, samples=2), "alpha_grad": MetricRecord(mean=100, samples=2)}
    stages, drift = [], dict.fromkeys(metrics, 0.0)
    for stage in CHAIN:
        own = added.get(stage.name, {})
        drift = {name: value + own.get(name, 0.0) for name, value in drift.items()}
        stages.append(stage.model_copy(update={"metrics": metrics, "added": own, "drift": drift}))
    return stages


def test_the_parts_are_the_hops_of_their_kind_and_add_up() -> None:
    values = _values("alpha_mad", 4.0, 4.5, 4.25, 5.25, 3.25)
    *_, fp16, bf16 = split_drift(CHAIN, ["alpha_mad"], values, values)
    assert (fp16.graph, fp16.weights, fp16.inference, fp16.resize, fp16.total) == (0.25, 1.0, 0.0, 0.0, 1.25)
    assert (bf16.graph, bf16.weights, bf16.inference, bf16.resize, bf16.total) == (0.25, 1.0, -2.0, 0.0, -0.75)


def test_resize_is_what_the_other_size_adds_to_the_sum() -> None:
    outer = _values("alpha_mad", 4.0, 4.0, 4.0, 5.0, 5.0)
    inner = _values("alpha_mad", 3.0, 3.0, 3.0, 3.5, 3.5)
    split = next(split for split in split_drift(CHAIN, ["alpha_mad"], outer, inner) if split.stage == "ir-fp16@f32")
    assert (split.weights, split.resize, split.total) == (0.5, 0.5, 1.0)


def test_a_sum_over_pixels_has_no_part_of_resizing_and_is_split_at_the_samples_size() -> None:
    outer = _values("alpha_grad", 10.0, 10.0, 10.0, 12.0, 12.0)
    inner = _values("alpha_grad", 2.0, 2.0, 2.0, 2.5, 2.5)
    split = next(split for split in split_drift(CHAIN, ["alpha_grad"], outer, inner) if split.stage == "ir-fp16@f32")
    assert (split.weights, split.resize, split.total) == (2.0, None, 2.0)


def test_a_stage_that_did_not_run_has_no_split() -> None:
    refused = CHAIN[-1].model_copy(update={"refused": "no bf16 here", "precision": None})
    values = _values("alpha_mad", 4, 4, 4, 4, 4)
    del values["ir-fp16@bf16"]
    splits = list(split_drift([*CHAIN[:-1], refused], ["alpha_mad"], values, values))
    assert [split.stage for split in splits] == ["onnx", "ir-fp32@f32", "ir-fp16@f32"]


def test_the_stage_that_added_most_is_that_of_the_largest_share_whatever_its_sign() -> None:
    stages = _with_added({"ir-fp16@f32": {"alpha_grad": 10.0}, "ir-fp16@bf16": {"alpha_mad": -1.0}})
    assert most_added(stages, ["alpha_mad", "alpha_grad"]) == "ir-fp16@bf16"


def test_a_hop_that_brings_the_result_back_is_not_blamed_but_named() -> None:
    """The FP32 IR adds 4.631, the FP16 one takes 4.632 of it away: two faults, of which the first one counts."""
    stages = _with_added({"ir-fp32@f32": {"alpha_mad": 4.631}, "ir-fp16@f32": {"alpha_mad": -4.632}})
    assert most_added(stages, ["alpha_mad"]) == "ir-fp32@f32"
    assert moved_away(stages[2], "alpha_mad") == pytest.approx(4.631)
    assert moved_away(stages[3], "alpha_mad") == pytest.approx(-0.001)
    assert taken_back(stages[3], "alpha_mad") == pytest.approx(4.631)


@pytest.mark.parametrize(
    ("first", "second", "blamed"),
    [
        (1.0, -4.0, "ir-fp16@f32"),  # through zero: 3 beyond it are the second one's
        (4.0, -5.0, "ir-fp32@f32"),
        (1.0, 2.0, "ir-fp16@f32"),
        (-2.0, -1.0, "ir-fp32@f32"),
        (-2.0, 2.0, "ir-fp32@f32"),
    ],
)
def test_what_counts_is_the_way_from_the_original(first: float, second: float, blamed: str) -> None:
    stages = _with_added({"ir-fp32@f32": {"alpha_mad": first}, "ir-fp16@f32": {"alpha_mad": second}})
    assert most_added(stages, ["alpha_mad"]) == blamed


def test_no_stage_added_most_when_none_moved_anything() -> None:
    assert most_added(_with_added({}), ["alpha_mad"]) is None


def _error(cells: int, share: float) -> ErrorRecord:
    parity = Parity(alpha=NOTHING, foreground=NOTHING, cells=cells / 100, differing_cells=cells, samples=1)
    return ErrorRecord(parity=parity, in_differing_cells=share)


def _attribution(run: Attribution, cells: int, share: float) -> Attribution:
    stages = _with_added({"ir-fp16@bf16": {"alpha_mad": -1.0}})
    stages[-1] = stages[-1].model_copy(update={"added_error": _error(cells, share)})
    return run.model_copy(update={"stages": tuple(stages), "most": "ir-fp16@bf16"})


@pytest.mark.parametrize(
    ("cells", "share", "expected"),
    [(0, 0, "no cell was refined otherwise"), (7, 0.9, "hold 90 %"), (7, 0.2, "but hold only 20 %")],
)
def test_the_sentence_tells_a_few_cells_from_a_spread(run: Path, cells: int, share: float, expected: str) -> None:
    attribution = attribute(Results.read(run), limit=1)
    text = explain(_attribution(attribution, cells, share))
    assert text.startswith(
        "**`ir-fp16@bf16` added most**: Alpha MAD -1.000 (25 % of the original's) after `ir-fp16@f32`"
    )
    assert expected in text


def test_the_sentence_names_the_hop_that_hides_a_drift(run: Path) -> None:
    stages = _with_added({"ir-fp32@f32": {"alpha_mad": 4.631}, "ir-fp16@f32": {"alpha_mad": -4.632}})
    found = attribute(Results.read(run), limit=1).model_copy(update={"stages": tuple(stages), "most": "ir-fp32@f32"})
    text = explain(found)
    assert text.startswith("**`ir-fp32@f32` added most**: Alpha MAD +4.631 (1.2e+02 % of the original's) after `onnx`")
    assert "`ir-fp16@f32` takes 4.631 of it back" in text


@pytest.fixture(scope="module")
def whole_run(tiny_onnx: Path, tiny_models: Path, tiny_set: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    run_dir = tmp_path_factory.mktemp("attribution") / "run"
    models = run_dir.parent / "models"
    shutil.copytree(tiny_models, models)
    write_run(run_dir, evaluate(tiny_config(tiny_onnx, models, tiny_set)))
    return run_dir


@pytest.fixture
def run(whole_run: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole_run, tmp_path / "run"))


def test_stages_follow_the_hops(tiny_models: Path) -> None:
    record = Conversion.read(tiny_models)
    assert [(stage.name, stage.before, stage.part) for stage in stages_of(record, "bf16")] == [
        ("original", None, "original"),
        ("onnx", "original", "graph"),
        ("onnx-simplified", "onnx", "graph"),
        ("ir-fp32@f32", "onnx-simplified", "graph"),
        ("ir-fp16@f32", "ir-fp32@f32", "weights"),
        ("ir-fp32@bf16", "ir-fp32@f32", "inference"),
        ("ir-fp16@bf16", "ir-fp16@f32", "inference"),
    ]


def test_int8_weights_come_after_those_of_fp32(tiny_models: Path) -> None:
    record = Conversion.read(tiny_models)
    forms = tuple(form.model_copy(update={"hop": form.hop.replace("fp16", "int8")}) for form in record.forms)
    found = {stage.name: stage for stage in stages_of(record.model_copy(update={"forms": forms}), "bf16")}
    assert (found["ir-int8@f32"].before, found["ir-int8@f32"].part) == ("ir-fp32@f32", "weights")


def test_a_run_is_attributed(run: Path) -> None:
    before = Results.read(run)
    attribution = attribute(before)
    attribution.write(run)
    assert Attribution.read(run) == attribution
    assert attribution.samples == 3
    assert (attribution.resized, attribution.input_size) == (0, SIZE)
    for variant in before.variants:
        name = {"onnx": "onnx-simplified"}.get(variant.name, variant.name)
        for metric, record in variant.metrics.items():
            found = attribution.stage(name).metrics[metric].mean
            assert found == pytest.approx(record.mean, rel=1e-6, abs=1e-9)
    fp16 = attribution.stage("ir-fp16@f32")
    # Where OpenVINO infers in bf16 by itself, that moves the tiny network more than FP16 weights do.
    default = default_inference_precision()
    assert attribution.most == ("ir-fp16@f32" if default == "f32" else f"ir-fp32@{default}")
    assert fp16.added_error is not None
    assert fp16.added_error.parity.foreground.max > 0
    assert all(split.resize == 0 for split in attribution.splits)
    assert "Resize is zero" in attribution_page(attribution)


def test_a_precision_that_cannot_run_is_a_row_without_numbers(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(variant: Variant, folder: Path) -> Runner:
        if variant.precision == "bf16":
            raise UsageError(f"{folder}: asked OpenVINO for bf16, but this CPU runs f32")
        return open_runner(variant, folder)

    monkeypatch.setattr(stages_module, "open_runner", refuse)
    monkeypatch.setattr(stages_module, "default_inference_precision", lambda: "f32")
    attribution = attribute(Results.read(run), limit=1)
    stage = attribution.stage("ir-fp16@bf16")
    assert not stage.ran
    assert (stage.metrics, stage.added, stage.error, stage.precision) == ({}, {}, None, None)
    assert "ir-fp16@bf16" not in {split.stage for split in attribution.splits}
    row, figures = [line for line in attribution_page(attribution).splitlines() if line.startswith("| `ir-fp16@bf16`")]
    assert "not run: " in row
    assert "this CPU runs f32" in row
    assert set(figures.split("|")[2:-1]) == {" - "}


def test_models_converted_again_are_refused(run: Path) -> None:
    results = Results.read(run)
    changed = tuple(
        variant.model_copy(update={"files": dict.fromkeys(variant.files, "1" * 64), "model_sha256": "1" * 64})
        for variant in results.variants
    )
    results.model_copy(update={"variants": changed}).write(run)
    with pytest.raises(DataError, match=r"model\.onnx is not the file that ran .* changed or converted again since"):
        attribute(Results.read(run))


def test_a_changed_file_of_the_models_is_refused(run: Path, tmp_path: Path) -> None:
    results = Results.read(run)
    models = Path(shutil.copytree(str(results.settings["convert"]["out"]), tmp_path / "models"))  # type: ignore[index, call-overload]
    (models / "model.onnx").write_bytes(b"")
    settings = {**results.settings, "convert": {**results.settings["convert"], "out": str(models)}}  # type: ignore[dict-item]
    results.model_copy(update={"settings": settings}).write(run)
    with pytest.raises(DataError, match=r"model.onnx: changed since its conversion"):
        attribute(Results.read(run))


@pytest.mark.parametrize("name", ["fp32/model.xml", "fp16/model.bin"])
def test_a_form_made_anew_with_its_record_is_not_that_of_the_run(run: Path, tmp_path: Path, name: str) -> None:
    results = Results.read(run)
    models = Path(str(results.configuration().convert.out))
    kept = Path(shutil.copytree(models, tmp_path / "models"))
    try:
        (models / name).write_bytes((models / name).read_bytes() + b"\n")
        record = (models / "conversion.json").read_text()
        old, new = sha256_of(kept / name), sha256_of(models / name)
        (models / "conversion.json").write_text(record.replace(old, new))
        with pytest.raises(DataError, match=rf"{name} is not the file that ran"):
            attribute(results)
    finally:
        shutil.copytree(kept, models, dirs_exist_ok=True)


def test_another_set_is_refused(run: Path, tmp_path: Path) -> None:
    synthesize(tmp_path / "other", 3, 2, SIZE, workers=1)
    results = Results.read(run)
    moved = results.dataset.model_copy(update={"path": str(tmp_path / "other")})
    results.model_copy(update={"dataset": moved}).write(run)
    with pytest.raises(DataError, match="changed since the run"):
        attribute(Results.read(run))


def test_samples_of_another_size_have_a_part_of_resizing(tiny_onnx: Path, tiny_models: Path, tmp_path: Path) -> None:
    synthesize(tmp_path / "large", 2, 1, (2 * SIZE[0], 2 * SIZE[1]), workers=1)
    attribution = attribute(evaluate(tiny_config(tiny_onnx, tiny_models, tmp_path / "large")).results)
    assert attribution.resized == 2
    assert attribution.resize_error["alpha_mad"] != 0
    assert "2 of 2 samples have another size" in resize_note(attribution)
    for split in attribution.splits:
        if split.metric == "alpha_grad":
            assert split.resize is None
        else:
            assert split.resize is not None
            total = split.graph + split.weights + split.inference + split.resize
            assert total == pytest.approx(split.total, abs=1e-12)
    assert len(split_table(attribution).rows) == len(attribution.splits)


def test_a_sample_at_its_own_size_is_itself(sample: Sample) -> None:
    assert sample_at(sample, (8, 8)) is sample


def test_colours_are_weighted_by_alpha_when_a_sample_is_shrunk() -> None:
    alpha = np.zeros((8, 8), np.uint8)
    alpha[:, :3] = 255
    foreground = np.zeros((8, 8, 3), np.uint8)
    foreground[:, :3] = (200, 100, 50)
    foreground[:, 3:] = (0, 255, 0)  # means nothing: alpha is zero there
    black = np.zeros((8, 8, 3), np.uint8)
    small = sample_at(Sample("a/1", black, black, alpha, foreground), (4, 4))
    edge = small.alpha[0, 1]
    assert 0 < edge < 255
    assert np.abs(small.foreground[0, 1].astype(int) - (200, 100, 50)).max() <= 4

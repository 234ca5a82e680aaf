"""Results and their file: exact round trips, and nothing undefined turned into a number."""

import json
from pathlib import Path

import pytest
from eval_runs import IDS, MakeRun, measured, with_coverage
from pydantic import ValidationError
from shown_samples import everything

from configs.errors import DataError
from eval.run.dataset_record import DatasetRecord
from eval.run.results import MetricRecord, Results, samples_sha256


def test_round_trip(make_run: MakeRun, tmp_path: Path) -> None:
    results = make_run({"ir-fp32@f32": 0.1}).results
    results.write(tmp_path)
    assert Results.read(tmp_path) == results
    assert Results.read(tmp_path / "results.json") == results
    first = (tmp_path / "results.json").read_bytes()
    Results.read(tmp_path).write(tmp_path / "results.json")
    assert (tmp_path / "results.json").read_bytes() == first


def test_coverage_is_kept_and_left_out_where_it_was_not_measured(make_run: MakeRun, tmp_path: Path) -> None:
    results = make_run().results
    results.write(tmp_path)
    assert "coverage" not in json.loads((tmp_path / "results.json").read_text())["dataset"]
    covered = with_coverage(make_run(), everything((32, 48))[:4]).results
    covered.write(tmp_path)
    assert Results.read(tmp_path) == covered


def test_coverage_of_other_samples_is_refused(make_run: MakeRun) -> None:
    coverage = measured(everything((32, 48)))
    with pytest.raises(ValidationError, match="`coverage` is of 7 samples, 4 were evaluated"):
        DatasetRecord.model_validate({**make_run().results.dataset.model_dump(), "coverage": coverage})


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_reading_refuses_numbers_that_are_not_finite(value: str, make_run: MakeRun, tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    make_run().results.write(file)
    file.write_text(file.read_text().replace('"mean": 5.5', f'"mean": {value}', 1))
    with pytest.raises(DataError, match=r"results\.json: corrupt, expected JSON of finite numbers"):
        Results.read(file)


def test_writing_refuses_numbers_that_are_not_finite(make_run: MakeRun, tmp_path: Path) -> None:
    with pytest.raises(ValidationError):
        MetricRecord(mean=float("nan"), samples=1)
    bad = make_run().results.model_copy(update={"settings": {"limit": float("nan")}})
    with pytest.raises(DataError, match="not finite"):
        bad.write(tmp_path / "results.json")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"schema_version": 1', "corrupt"),
        ("[]", "expected a JSON object, found list"),
        ("{}", "schema_version: expected 1, found None"),
        ('{"schema_version": 2}', "schema_version: expected 1, found 2"),
        ('{"schema_version": 1}', "created: expected a value, found nothing"),
    ],
)
def test_corrupt_results_are_named(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "results.json").write_text(text)
    with pytest.raises(DataError, match=message):
        Results.read(tmp_path)


def test_missing_results_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"results\.json: there is no such file; run `mattekit evaluate`"):
        Results.read(tmp_path)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("original",), "onnx", "the original `onnx` is not among the variants"),
        (("variants", 1, "name"), "torch", "variant names must differ"),
        (("variants", 1, "name"), "onnx", "drift of variants that are not there"),
        (("variants", 0, "metrics", "alpha_mad", "mean"), None, "a mean is given exactly when"),
        (("surprise",), 1, "surprise: unknown key"),
    ],
)
def test_contradictions_are_refused(
    path: tuple[str | int, ...], value: object, message: str, make_run: MakeRun, tmp_path: Path
) -> None:
    file = tmp_path / "results.json"
    make_run().results.write(file)
    content = json.loads(file.read_text())
    target = content
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = value
    file.write_text(json.dumps(content))
    with pytest.raises(DataError, match=message):
        Results.read(file)


def test_sample_hash_ignores_order_and_refuses_repeats() -> None:
    assert samples_sha256(IDS) == samples_sha256(reversed(IDS)) != samples_sha256(IDS[:3])
    with pytest.raises(DataError, match="found `a` twice"):
        samples_sha256(["a", "b", "a"])
    with pytest.raises(DataError, match="nothing was evaluated"):
        samples_sha256([])

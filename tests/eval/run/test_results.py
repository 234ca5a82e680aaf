"""Results, per-sample rows and their summaries: exact round trips, and nothing undefined turned into a number."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from eval_runs import IDS, make_rows
from pydantic import ValidationError

from configs.errors import DataError
from eval.run.results import LatencyRecord, MetricRecord, Results, read_results, samples_sha256, write_results
from eval.run.scores import ScoreRow, read_per_sample, write_per_sample
from eval.run.summary import assemble_results, drift_of, latency_of, summarise, tag_breakdown

MakeResults = Callable[..., Results]


def rows_of(variant: str, shift: dict[str, float] | None = None) -> list[ScoreRow]:
    return [row for row in make_rows(shift) if row.variant == variant]


def test_round_trip(make_results: MakeResults, tmp_path: Path) -> None:
    results = make_results({"ir-fp32@f32": 0.1})
    write_results(tmp_path / "results.json", results)
    assert read_results(tmp_path) == results
    assert read_results(tmp_path / "results.json") == results
    first = (tmp_path / "results.json").read_bytes()
    write_results(tmp_path / "results.json", read_results(tmp_path))
    assert (tmp_path / "results.json").read_bytes() == first


def test_means_and_counts(make_results: MakeResults) -> None:
    results = make_results({"ir-fp16@default": 0.25})
    torch = results.variant("torch")
    assert torch is not None
    assert torch.metrics["alpha_mad"] == MetricRecord(mean=5.5, samples=4, undefined=0)
    assert torch.metrics["foreground_mse"] == MetricRecord(mean=5.0, samples=3, undefined=1)
    assert torch.latency_ms == LatencyRecord(median=25.0, p90=37.0)
    drift = results.drift_of("ir-fp16@default", "foreground_mse")
    assert drift is not None
    assert (drift.mean, drift.max_abs, drift.samples) == (0.25, 0.25, 3)
    assert results.drift_of("ir-fp32@f32", "alpha_mad").mean == 0  # type: ignore[union-attr]
    (tag,) = results.tags
    assert (tag.tag, tag.samples, tag.original, tag.variant, tag.drift) == (
        "motion-blur",
        2,
        4.5,
        "ir-fp16@default",
        0.25,
    )


def test_all_undefined_has_no_mean() -> None:
    rows = [ScoreRow("a", "torch", {"alpha_mad": 1.0, "foreground_mse": None, "dtssd": None})]
    assert summarise(rows) == {
        "alpha_mad": MetricRecord(mean=1.0, samples=1),
        "foreground_mse": MetricRecord(mean=None, samples=0, undefined=1),
    }
    (_, foreground) = drift_of(rows, [ScoreRow("a", "onnx", rows[0].scores)])
    assert (foreground.mean, foreground.max_abs, foreground.worst_sample, foreground.samples) == (None, None, None, 0)


def test_drift_names_the_worst_sample() -> None:
    original = [ScoreRow(name, "torch", {"alpha_mad": 1.0}) for name in "abc"]
    moved = [ScoreRow(name, "onnx", {"alpha_mad": value}) for name, value in zip("cba", (1.5, 0.25, 1.0), strict=True)]
    (record,) = drift_of(original, moved)
    assert (record.mean, record.max_abs, record.worst_sample) == (pytest.approx(-0.25 / 3), 0.75, "b")


@pytest.mark.parametrize(
    ("converted", "message"),
    [
        (rows_of("ir-fp32@f32")[1:], "expected the 4 samples of torch, found 3; only one of the two has a/0001"),
        (
            [*rows_of("ir-fp32@f32")[1:], ScoreRow("a/0001", "ir-fp32@f32", {"alpha_mad": 1.0})],
            "expected the metrics",
        ),
        (
            [
                *rows_of("ir-fp32@f32")[1:],
                ScoreRow("a/0001", "ir-fp32@f32", dict.fromkeys(rows_of("torch")[0].scores, 1.0)),
            ],
            "foreground_mse: defined for only one of torch and ir-fp32@f32",
        ),
        ([*rows_of("ir-fp32@f32"), rows_of("ir-fp32@f32")[0]], "sample a/0001 was scored twice"),
        ([], "expected at least one row"),
    ],
)
def test_drift_needs_the_same_samples(converted: list[ScoreRow], message: str) -> None:
    with pytest.raises(DataError, match=message):
        drift_of(rows_of("torch"), converted)


def test_a_tag_has_the_published_metrics_of_its_samples(make_results: MakeResults) -> None:
    (tag,) = make_results().tags
    assert {name: record.mean for name, record in tag.metrics.items()} == {
        "alpha_mad": 4.5,
        "alpha_mse": 1.5,
        "alpha_grad": 2.5,
        "foreground_mse": 4.0,
    }
    assert (tag.metrics["foreground_mse"].samples, tag.metrics["foreground_mse"].undefined) == (1, 1)


def test_tags_are_sorted_and_count_their_samples() -> None:
    tags = (("room", "hair-long"), ("room", "gap"), ())
    rows = [ScoreRow(str(number), "torch", {"alpha_mad": number}, tags=own) for number, own in enumerate(tags, start=1)]
    found = tag_breakdown({"torch": rows}, "torch")
    assert [(tag.tag, tag.samples, tag.original) for tag in found] == [
        ("gap", 1, 2),
        ("hair-long", 1, 1),
        ("room", 2, 1.5),
    ]


def test_a_score_must_be_finite() -> None:
    with pytest.raises(DataError, match="sample a, variant torch, alpha_mad: expected a finite number, found nan"):
        ScoreRow("a", "torch", {"alpha_mad": float("nan")})
    with pytest.raises(DataError, match="latency_ms: expected a finite number, found inf"):
        ScoreRow("a", "torch", {"alpha_mad": 1.0}, latency_ms=float("inf"))


def test_means_without_rows_are_refused() -> None:
    with pytest.raises(DataError, match="found none"):
        summarise([])
    assert latency_of([ScoreRow("a", "torch", {"alpha_mad": 1.0})]) is None


def test_no_variant_but_the_original() -> None:
    (tag,) = tag_breakdown({"torch": rows_of("torch")}, "torch")
    assert (tag.variant, tag.drift) == (None, None)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"original": "onnx"}, "the original onnx did not run"),
        ({"rows": rows_of("torch")[:3]}, "expected scores for the 4 samples of the set, found 3"),
        ({"rows": [*make_rows(), ScoreRow("a", "other", {})]}, "found variant other"),
    ],
)
def test_assembling_needs_every_score(make_results: MakeResults, change: dict[str, object], message: str) -> None:
    results = make_results()
    arguments: dict[str, object] = {
        "created": results.created,
        "environment": results.environment,
        "dataset": results.dataset,
        "settings": {},
        "original": "torch",
        "variants": results.variants,
        "rows": make_rows(),
    }
    with pytest.raises(DataError, match=message):
        assemble_results(**{**arguments, **change})  # type: ignore[arg-type]


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_reading_refuses_numbers_that_are_not_finite(value: str, make_results: MakeResults, tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    write_results(file, make_results())
    file.write_text(file.read_text().replace('"mean": 5.5', f'"mean": {value}', 1))
    with pytest.raises(DataError, match=r"results\.json: corrupt, expected JSON of finite numbers"):
        read_results(file)


def test_writing_refuses_numbers_that_are_not_finite(make_results: MakeResults, tmp_path: Path) -> None:
    with pytest.raises(ValidationError):
        MetricRecord(mean=float("nan"), samples=1)
    bad = make_results().model_copy(update={"settings": {"limit": float("nan")}})
    with pytest.raises(DataError, match="not finite"):
        write_results(tmp_path / "results.json", bad)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"schema_version": 1', "corrupt"),
        ("[]", "expected a JSON object, found list"),
        ("{}", "schema_version: expected 1, found None"),
        ('{"schema_version": 2}', "schema_version: expected 1, found 2"),
        ('{"schema_version": 1}', "created: Field required"),
    ],
)
def test_corrupt_results_are_named(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "results.json").write_text(text)
    with pytest.raises(DataError, match=message):
        read_results(tmp_path)


def test_missing_results_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"results\.json: there is no such file; run `mattekit evaluate`"):
        read_results(tmp_path)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("original",), "onnx", "the original `onnx` is not among the variants"),
        (("variants", 1, "name"), "torch", "variant names must differ"),
        (("variants", 1, "name"), "onnx", "drift of variants that are not there"),
        (("variants", 0, "metrics", "alpha_mad", "mean"), None, "a mean is given exactly when"),
        (("surprise",), 1, "surprise: Extra inputs"),
    ],
)
def test_contradictions_are_refused(
    path: tuple[str | int, ...], value: object, message: str, make_results: MakeResults, tmp_path: Path
) -> None:
    file = tmp_path / "results.json"
    write_results(file, make_results())
    content = json.loads(file.read_text())
    target = content
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = value
    file.write_text(json.dumps(content))
    with pytest.raises(DataError, match=message):
        read_results(file)


def test_sample_hash_ignores_order_and_refuses_repeats() -> None:
    assert samples_sha256(IDS) == samples_sha256(reversed(IDS)) != samples_sha256(IDS[:3])
    with pytest.raises(DataError, match="found `a` twice"):
        samples_sha256(["a", "b", "a"])
    with pytest.raises(DataError, match="nothing was evaluated"):
        samples_sha256([])


def test_per_sample_round_trip(tmp_path: Path) -> None:
    rows = [*make_rows({"ir-fp32@f32": 1 / 3})]
    write_per_sample(tmp_path / "per_sample.csv", rows)
    assert read_per_sample(tmp_path) == rows
    with (tmp_path / "per_sample.csv").open(newline="") as stream:
        table = list(csv.DictReader(stream))
    assert list(table[0]) == [
        *("sample", "variant", "tags", "alpha_mad", "alpha_mse", "alpha_grad", "foreground_mse", "latency_ms")
    ]
    assert (table[0]["foreground_mse"], table[0]["tags"], table[0]["latency_ms"]) == ("", "motion-blur", "10.0")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected the columns"),
        ("sample,variant,tags,unheard_of,latency_ms\n", "expected the columns"),
        ("sample,variant,tags,alpha_mad,latency_ms\na,torch,,1.0\n", "line 2: expected 5 cells, found 4"),
        ("sample,variant,tags,alpha_mad,latency_ms\na,torch,,one,1\n", "line 2: could not convert"),
        ("sample,variant,tags,alpha_mad,latency_ms\na,torch,,nan,1\n", "line 2: .*expected a finite number"),
    ],
)
def test_corrupt_per_sample_files_are_named(text: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "per_sample.csv"
    file.write_text(text)
    with pytest.raises(DataError, match=message):
        read_per_sample(file)


def test_per_sample_rows_must_agree(tmp_path: Path) -> None:
    file = tmp_path / "per_sample.csv"
    with pytest.raises(DataError, match="found none"):
        write_per_sample(file, [])
    with pytest.raises(DataError, match="unknown metrics mad"):
        write_per_sample(file, [ScoreRow("a", "torch", {"mad": 1.0})])
    with pytest.raises(DataError, match="tags without blanks"):
        ScoreRow("a", "torch", {"alpha_mad": 1.0}, tags=("motion blur",))
    with pytest.raises(DataError, match="cannot be read"):
        read_per_sample(file)

"""The figures of a table of scores: means, drift, tags, latency; over the same samples, and none made of nothing."""

import numpy as np
import pandas as pd
import pytest
from eval_runs import MakeRun, make_rows, shifted, with_facts

from configs.errors import DataError
from eval.run.figures import drift_of, latency_of, summarise
from eval.run.results import LatencyRecord, MetricRecord
from eval.run.scores import scores_of
from eval.run.stored import Run


def scores(variant: str) -> pd.DataFrame:
    rows = [row for row in make_rows() if row.variant == variant]
    return pd.DataFrame([row.scores for row in rows], index=[row.sample for row in rows], dtype=np.float64)


def test_means_and_counts(make_run: MakeRun) -> None:
    results = make_run({"ir-fp16@default": 0.25}).results
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
    own = pd.DataFrame({"alpha_mad": [1.0], "foreground_mse": [np.nan], "dtssd": [np.nan]}, index=["a"])
    assert summarise(own) == {
        "alpha_mad": MetricRecord(mean=1.0, samples=1),
        "foreground_mse": MetricRecord(mean=None, samples=0, undefined=1),
    }
    (_, foreground) = drift_of(own, own, "onnx")
    assert (foreground.mean, foreground.max_abs, foreground.worst_sample, foreground.samples) == (None, None, None, 0)


def test_drift_names_the_worst_sample_and_of_equals_the_last_id() -> None:
    original = pd.DataFrame({"alpha_mad": 1.0}, index=list("abcd"))
    moved = pd.DataFrame({"alpha_mad": [1.0, 1.75, 1.5, 0.25]}, index=list("adcb"))
    (record,) = drift_of(original, moved, "onnx")
    assert (record.variant, record.mean, record.max_abs, record.worst_sample) == ("onnx", 0.125, 0.75, "d")


def test_drift_needs_the_same_samples_and_the_same_defined_ones() -> None:
    original, converted = scores("torch"), scores("ir-fp32@f32")
    with pytest.raises(DataError, match=r"expected the 4 samples of the original, found 3; only one .* has a/0001"):
        drift_of(original, converted[1:], "ir-fp32@f32")
    with pytest.raises(DataError, match="a/0001, foreground_mse: defined for only one of the original and ir-fp32@f32"):
        drift_of(original, converted.fillna(1.0), "ir-fp32@f32")


def test_means_and_drifts_carry_intervals_and_drifts_are_paired() -> None:
    values = np.random.default_rng(4).exponential(5, size=10)
    original = pd.DataFrame({"alpha_mad": values}, index=[f"a/{number}" for number in range(10)])
    mean = summarise(original)["alpha_mad"].interval
    [drift] = drift_of(original, original + 0.01, "onnx")
    assert mean is not None
    assert drift.interval is not None
    assert mean.high - mean.low > 1
    assert (drift.interval.low, drift.interval.high) == (pytest.approx(0.01), pytest.approx(0.01))


def test_consecutive_frames_are_summarised_by_clip() -> None:
    ids = [f"clip{clip}/{frame}" for clip in range(7) for frame in range(10)]
    original = pd.DataFrame({"alpha_mad": np.repeat(np.arange(7.0), 10)}, index=ids)
    by_frame, by_clip = (summarise(original, clips)["alpha_mad"].interval for clips in (False, True))
    assert by_frame is not None
    assert by_clip is not None
    assert by_clip.high - by_clip.low > 2 * (by_frame.high - by_frame.low)
    [drift] = drift_of(original, 2 * original, "onnx", by_clip=True)
    assert drift.interval == by_clip  # the drift of each frame is its score


def test_a_tag_has_the_published_metrics_of_its_samples(make_run: MakeRun) -> None:
    (tag,) = make_run().results.tags
    assert {name: record.mean for name, record in tag.metrics.items()} == {
        "alpha_mad": 4.5,
        "alpha_mse": 1.5,
        "alpha_grad": 2.5,
        "foreground_mse": 4.0,
    }
    assert (tag.metrics["foreground_mse"].samples, tag.metrics["foreground_mse"].undefined) == (1, 1)


def test_tags_are_sorted_and_count_their_samples_once(make_run: MakeRun) -> None:
    run = make_run()
    tags = {"a/0001": ("room", "hair-long", "room"), "a/0002": ("room", "gap"), "b/0001": (), "b/0002": ()}
    own = [tags[sample] for _, sample in run.table.index]
    found = Run(run.results, run.table.assign(tags=own)).results.tags
    assert [(tag.tag, tag.samples, tag.original) for tag in found] == [
        ("gap", 1, 5.0),
        ("hair-long", 1, 4.0),
        ("room", 2, 4.5),
    ]


def test_of_a_tag_the_first_of_the_variants_that_moved_most_is_named(make_run: MakeRun) -> None:
    run = shifted(make_run(), {"ir-fp32@f32": {"a/0001": -0.5}, "ir-fp16@default": {"a/0002": 0.5}})
    (tag,) = run.results.tags
    assert (tag.variant, tag.drift) == ("ir-fp32@f32", -0.25)


def test_no_variant_but_the_original(make_run: MakeRun) -> None:
    run = make_run()
    alone = Run(run.results.model_copy(update={"variants": run.results.variants[:1]}), run.table.loc[["torch"]])
    (tag,) = alone.results.tags
    assert (tag.variant, tag.drift) == (None, None)
    assert alone.results.drift == ()


def test_times_that_were_not_measured_have_no_latency() -> None:
    assert latency_of(pd.Series([np.nan, np.nan])) is None
    assert latency_of(pd.Series([np.nan, 3.0])) == LatencyRecord(median=3.0, p90=3.0)


def test_every_variant_needs_a_score_on_every_sample(make_run: MakeRun) -> None:
    run = make_run()
    with pytest.raises(DataError, match="variant torch: expected scores of the 4 samples of the set, found 3"):
        Run(run.results, run.table.drop(index=("torch", "a/0001")))
    with pytest.raises(DataError, match="scores of variant ir-fp32@f32, expected only torch, ir-fp16@default"):
        with_facts(run, variants=run.results.variants[::2])
    assert list(scores_of(run.table, "torch").index) == ["a/0001", "a/0002", "b/0001", "b/0002"]

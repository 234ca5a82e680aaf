"""Two runs side by side: paired figures over shared samples, warnings, and what else changed."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from eval_runs import MakeRun, with_facts

from configs.errors import DataError
from eval.compare.runs import Comparison, compare_folders, compare_runs, flat
from eval.compare.text import comparison_markdown
from eval.run.stored import Run, write_run

EIGHT = tuple(f"a/{number:04}" for number in range(8))
NAMES = ("one", "two")


@pytest.fixture
def moved_run(make_run: MakeRun) -> MakeRun:
    def make(
        shift: float = 0.0, ids: tuple[str, ...] = EIGHT, noise: Sequence[float] = (), drop: str | None = None
    ) -> Run:
        run = make_run({"ir-fp32@f32": shift}, ids=ids, drop=drop)
        for sample, value in zip(ids, noise, strict=False):
            run.table.loc[("ir-fp32@f32", sample), "alpha_mad"] += value
        return with_facts(run)

    return make


def figure(comparison: Comparison, variant: str, metric: str) -> tuple[float | None, float | None, int]:
    [found] = [each for each in comparison.metrics if (each.variant, each.metric.name) == (variant, metric)]
    return found.pair.before, found.difference, found.pair.samples


def test_a_run_compared_with_itself_differs_in_nothing(moved_run: MakeRun) -> None:
    comparison = compare_runs(moved_run(), moved_run(), NAMES)
    assert {each.difference for each in comparison.metrics} == {0.0}
    assert len(comparison.metrics) == 3 * 4
    assert (comparison.warnings, comparison.environment, comparison.models, comparison.settings) == ((), (), (), ())
    text = comparison_markdown(comparison)
    assert text.count("No difference.") == 3
    assert "| yes" not in text


def test_the_difference_is_the_second_minus_the_first_over_pairs(moved_run: MakeRun) -> None:
    noise = [0.01, -0.01, 0.02, -0.02, 0.01, -0.01, 0.03, -0.03]
    comparison = compare_runs(moved_run(), moved_run(0.5, noise=noise), NAMES)
    assert figure(comparison, "torch", "alpha_mad") == (7.5, 0.0, 8)
    assert figure(comparison, "ir-fp32@f32", "alpha_mad") == (7.5, pytest.approx(0.5), 8)
    [found] = [e for e in comparison.metrics if (e.variant, e.metric.name) == ("ir-fp32@f32", "alpha_mad")]
    interval = found.pair.interval
    assert interval is not None
    assert 0.47 < interval.low < 0.5 < interval.high < 0.53  # of the pairs: scores themselves span 7
    section = comparison_markdown(comparison).split("### `ir-fp32@f32`")[1]
    assert "yes, more error" in section.split("###")[0]
    back = comparison_markdown(compare_runs(moved_run(0.5), moved_run(), NAMES))
    assert "yes, less error" in back


def test_noise_about_zero_is_not_shown_to_differ(moved_run: MakeRun) -> None:
    noise = [0.5, -0.5, 0.4, -0.4, 0.3, -0.3, 0.1, -0.09]
    text = comparison_markdown(compare_runs(moved_run(), moved_run(noise=noise), NAMES))
    [line] = [line for line in text.split("### `ir-fp32@f32`")[1].splitlines() if "Alpha MAD" in line][:1]
    assert line.endswith("| no |")


def test_only_shared_samples_count_and_the_rest_is_said(moved_run: MakeRun) -> None:
    comparison = compare_runs(moved_run(ids=EIGHT), moved_run(ids=(*EIGHT[:3], "z/1")), NAMES)
    assert comparison.samples == EIGHT[:3]
    assert figure(comparison, "torch", "alpha_mad") == (5.0, 0.0, 3)
    assert [warning for warning in comparison.warnings if "left out" in warning] == [
        "5 of the 8 samples of one are not in the other run and left out",
        "1 of the 4 samples of two are not in the other run and left out",
    ]
    text = comparison_markdown(comparison)
    assert "Over 3 shared samples." in text
    assert "| - | 3 | - |" in text  # too few for an interval


def test_runs_without_a_common_sample_or_variant_are_refused(moved_run: MakeRun) -> None:
    with pytest.raises(DataError, match=r"one and two: no sample in common \(such as a/0000 and z/1\)"):
        compare_runs(moved_run(), moved_run(ids=("z/1", "z/2")), NAMES)
    first, second = moved_run(), moved_run()
    variants = tuple(v.model_copy(update={"name": f"new-{v.name}"}) for v in second.results.variants)
    facts = second.results.model_copy(update={"variants": variants, "original": "new-torch"})
    renamed = Run(facts, second.table.rename(index="new-{}".format, level="variant"))
    with pytest.raises(DataError, match="no variant in common"):
        compare_runs(first, renamed, NAMES)


def test_a_score_that_one_run_leaves_undefined_is_counted(moved_run: MakeRun) -> None:
    first, second = moved_run(), moved_run()
    second.table.loc[(slice(None), EIGHT[3]), "foreground_mse"] = np.nan
    comparison = compare_runs(first, with_facts(second), NAMES)
    assert figure(comparison, "torch", "foreground_mse")[2] == 6  # the first sample is undefined in both
    assert "6 (1 in one run only)" in comparison_markdown(comparison)


def test_other_pixels_are_told_even_under_one_manifest(moved_run: MakeRun) -> None:
    first, second = (
        with_facts(run, dataset=run.results.dataset.model_copy(update={"pixels_sha256": pixels * 64}))
        for run, pixels in ((moved_run(), "1"), (moved_run(), "2"))
    )
    told = [each for each in compare_runs(first, second, NAMES).warnings if "other pixels" in each]
    assert len(told) == 1
    assert not compare_runs(first, first, NAMES).warnings


def test_what_changed_around_the_figures(moved_run: MakeRun) -> None:
    first, second = moved_run(), moved_run(drop="ir-fp16@default")
    results = second.results
    environment = results.environment.model_copy(
        update={"cpu_class": "amx", "versions": {"torch": "2.1", "openvino": None, "onnx": "1"}}
    )
    dataset = results.dataset.model_copy(update={"manifest_sha256": "1" * 64})
    variants = tuple(v.model_copy(update={"model_sha256": "ab"}) if v.name == "torch" else v for v in results.variants)
    settings = {**results.settings, "convert": {"precisions": ["fp32", "fp16"], "out": "gone"}, "new": {}}
    changed = with_facts(second, environment=environment, dataset=dataset, variants=variants, settings=settings)
    comparison = compare_runs(first, changed, NAMES)
    assert {(each.key, each.first, each.second) for each in comparison.environment} == {
        ("CPU feature class", "avx2", "amx"),
        ("torch", "2.0", "2.1"),
        ("onnx", "absent", "1"),
    }
    changes = {each.key: each.second for each in comparison.models}
    assert changes["torch, model's SHA-256"] == "ab"
    assert ("ir-fp16@default, ran in", "bf16", "absent") in [(e.key, e.first, e.second) for e in comparison.models]
    assert {(each.key, each.first, each.second) for each in comparison.settings} == {
        ("convert.precisions", "['fp32']", "['fp32', 'fp16']"),
        ("new", "absent", "{}"),
    }
    assert any("manifests differ" in warning for warning in comparison.warnings)
    assert any("the CPU classes differ (avx2 and amx)" in warning for warning in comparison.warnings)
    assert "only one ran ir-fp16@default" in comparison.warnings


def test_settings_are_flattened() -> None:
    assert flat({"a": {"b": {"c": 1}, "d": None}, "e": [1]}) == {"a.b.c": "1", "a.d": "none", "e": "[1]"}


def test_folders_need_the_scores_of_single_samples(moved_run: MakeRun, tmp_path: Path) -> None:
    write_run(tmp_path / "one", moved_run())
    write_run(tmp_path / "two", moved_run(0.5))
    comparison = compare_folders(tmp_path / "one", tmp_path / "two")
    assert comparison.names == (str(tmp_path / "one"), str(tmp_path / "two"))
    (tmp_path / "two" / "per_sample.csv").unlink()
    with pytest.raises(DataError, match=r"per_sample\.csv: cannot be read"):
        compare_folders(tmp_path / "one", tmp_path / "two")

"""Figures in documents are those of the files that they come from: runs, baselines, tables, limits, logs.

A figure that was measured once, without a file, stands with its command and is not held here.
"""

import json
import re
from math import sqrt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from configs.load import load_config
from configs.schema import GateSection, Int8Section
from converter.proof.faults.registry import FAULTS
from datasets.stimuli.battery import battery
from eval.metrics.measures import METRICS, PUBLISHED_METRICS
from eval.presentation.formatting import number
from eval.run.results import Results
from eval.statistics.intervals import RELIABLE_UNITS, mean_intervals
from training.recipe import load_recipe

ROOT = Path(__file__).resolve().parent.parent
RUN = Results.read(ROOT / "reports/example")
SCORES = pd.read_csv(ROOT / "reports/example/per_sample.csv").set_index(["variant", "sample"])[list(PUBLISHED_METRICS)]
DRIFT = pd.read_csv(ROOT / "tools/interval_coverage/drift.csv").set_index(["form", "sample"])
GATE = load_config(ROOT / "configs/default.yaml").gate
TITLES = {metric.title: metric.name for metric in METRICS}
COPIES = [f"people/{index:04}" for index in range(101, 125)]


def page(name: str) -> str:
    """Return a document with every run of blanks and line breaks as one blank."""
    return " ".join((ROOT / name).read_text(encoding="utf-8").split())


def found(name: str, pattern: str) -> tuple[str, ...]:
    """Return what the groups of a pattern matched, which must be in a document just once."""
    matches = [match.groups() for match in re.finditer(pattern, page(name))]
    assert len(matches) == 1, f"{name}: expected once, found {len(matches)} times: {pattern}"
    return matches[0]


def row(name: str, head: str, nth: int = 0) -> list[str]:
    """Return the cells of the nth row of a document's tables that begins with the cell `head`."""
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    rows = [line for line in lines if line.startswith(f"| {head} |")]
    assert len(rows) > nth, f"{name}: no row {nth} of {head}"
    return [cell.strip(" *") for cell in rows[nth].split("|")[2:-1]]


def rounds_to(shown: str, value: float) -> bool:
    """Tell whether a figure is a value rounded to the figure's own decimals."""
    plain = shown.strip().rstrip("%").strip()
    decimals = len(plain.partition(".")[2])
    return f"{value:.{decimals}f}" == plain.lstrip("+") if value >= 0 else f"{value:.{decimals}f}" == plain


def drift_of(variant: str, metric: str) -> float:
    """Return the example run's mean drift."""
    [entry] = [entry for entry in RUN.drift if (entry.variant, entry.metric) == (variant, metric)]
    assert entry.mean is not None
    return entry.mean


def test_a_wrong_figure_would_be_found() -> None:
    assert rounds_to("0.026", 0.02582) and rounds_to("-0.003", -0.0029) and rounds_to("+0.10", 0.1)
    assert not rounds_to("0.022", 0.02582) and not rounds_to("+0.003", -0.0029)
    with pytest.raises(AssertionError, match="expected once, found 0 times"):
        found("docs/gate.md", "no such sentence")


def test_the_readme_s_figures_are_those_of_the_example_run() -> None:
    assert found("README.md", r"the bundled set of rendered people, (\d+) composites of (\d+)x(\d+), made") == (
        str(RUN.dataset.samples),
        *map(str, reversed(load_config(ROOT / "configs/default.yaml").dataset.size)),
    )
    assert found("README.md", r"on \d cores of an [\w ]+ \((\w+)\)\.") == (RUN.environment.cpu_class,)
    [weights] = found("README.md", r"on the bundled people Alpha MAD moves by (-[\d.]+)\.")
    assert rounds_to(weights, drift_of("ir-fp16@f32", "alpha_mad"))
    chosen, pinned, drift = found(
        "README.md", r"In the example that is (\d+) ms for (\d+), at a drift of (\S+)\. To pin"
    )
    latency = {variant.name: variant.latency_ms.median for variant in RUN.variants}
    assert rounds_to(chosen, latency["ir-fp16@default"])
    assert rounds_to(pinned, latency["ir-fp16@f32"])
    assert rounds_to(drift, drift_of("ir-fp16@default", "alpha_mad"))


def test_the_readme_s_speed_is_that_of_the_page_on_performance() -> None:
    shown = found(
        "README.md", r"(\S+) times as fast as the IR of the published recipe in f32 and (\S+) times in bf16, on"
    )
    measured = [row("docs/performance.md", precision)[2].split(" ")[0] for precision in ("f32", "bf16")]
    assert [*shown] == measured


def test_the_published_figures_are_those_of_the_table_of_metrics() -> None:
    published = [metric.published_original for metric in METRICS if metric.published_original is not None]
    assert [*map(float, found("README.md", r"Zoo \(([\d.]+), ([\d.]+), ([\d.]+), ([\d.]+)\) were"))] == published
    [level] = found("training/checkpoints/README.md", r"The published level on its own set \(([\d., ]+)\)")
    assert [*map(float, level.split(", "))] == published[:2]


def test_every_metric_is_explained_in_a_line() -> None:
    [table] = re.findall(r"^## The metrics\n(.*?)^## ", (ROOT / "README.md").read_text(encoding="utf-8"), re.M | re.S)
    explained = re.findall(r"^\| ((?:Alpha|Foreground) \w+|dtSSD) \| \w.{20,} \|$", table, re.M)
    assert explained == [metric.title for metric in METRICS]


def test_the_gate_s_page_says_what_fp16_weights_move_one_sample_by() -> None:
    [entry] = [each for each in RUN.drift if (each.variant, each.metric) == ("ir-fp16@f32", "alpha_mad")]
    assert found("docs/gate.md", r"What FP16 weights move a sample by is at most ([\d.]+),") == (number(entry.max_abs),)


def test_the_gate_s_page_says_of_its_tables_what_stands_in_them() -> None:
    """The words below the table of intervals, and the comment on CI's number of samples in the default job."""
    counts = [int(cell.removeprefix("n = ")) for cell in row("docs/gate.md", "Differences")]
    lines = (ROOT / "docs/gate.md").read_text(encoding="utf-8").splitlines()

    def above(pattern: str, samples: int) -> float:
        [line] = [line for line in lines if line.startswith(f"| {pattern} |") and "->" in line]
        return float(line.split("|")[2:-1][counts.index(samples)].split("->")[1].strip(" %"))

    skewed, waiting, rare = "log-normal, sigma 1", "exponential", ("FP16 Alpha MAD, mirrored", "int8 Alpha MAD")
    eight = found(
        "docs/gate.md", r"Of 8 samples, which CI has, it is above in (\d+) % of log-normal and (\d+) % of exp"
    )
    six = found("docs/gate.md", r"exponential ones, of 6 in (\d+) % and (\d+) %\.")
    for shown, samples in ((eight, 8), (six, 6)):
        assert [*map(rounds_to, shown, (above(skewed, samples), above(waiting, samples)))] == [True, True]
    measured, mirrored = found("docs/gate.md", r"side is missed in ([\d.]+) %; mirrored, in (\d+) %\)")
    assert rounds_to(measured, above("FP16 Alpha MAD", 24)) and rounds_to(mirrored, above(rare[0], 24))
    one, other, most = found("docs/gate.md", r"With 48 samples it is (\d+) and (\d+) %, with 96 (\d+) %\.")
    assert rounds_to(one, above(rare[0], 48)) and rounds_to(other, above(rare[1], 48) + 1e-9)
    assert all(rounds_to(most, above(pattern, 96)) for pattern in rare)
    [five, three] = found("configs/default.yaml", r"log-normal differences in (\d+) %, of 24 in (\d+) %")
    assert rounds_to(five, above(skewed, GATE.minimum_samples)) and rounds_to(three, above(skewed, RELIABLE_UNITS))
    assert found("docs/gate.md", r"`gate\.minimum_samples` \((\d+) unless") == (str(GateSection().minimum_samples),)


def test_one_sample_holds_most_of_what_the_page_says_it_holds() -> None:
    centred = (DRIFT - DRIFT.groupby("form").transform("mean")) ** 2
    share = centred.groupby("form").max() / centred.groupby("form").sum()
    assert found("docs/gate.md", r"one sample of 24 holds (most) of the squared drift: Alpha MAD of int8, and of FP16")
    assert share.loc["int8", "alpha_mad"] > 0.5
    assert share.loc["fp16", "alpha_mad"] > 0.5


def test_the_simulation_s_page_compares_the_measured_spread_with_the_limits() -> None:
    [shown] = found(
        "docs/intervals.md", r"the measured drift of FP16 has a standard deviation of at most ([\d.]+) of its limit"
    )
    spread = DRIFT.loc["fp16"].std()
    assert rounds_to(
        shown, max(spread[name] / GATE.against_original["f32"][name].absolute for name in PUBLISHED_METRICS)
    )


def test_the_measured_drift_of_the_simulation_is_that_of_the_example_run() -> None:
    """Of an earlier run of the same models: another release's sums in f32, and another class's, move a score by 1e-5.

    In bf16 a CPU of another class chooses other cells, so that there the means alone are near.
    """
    for form, variant in (("fp16", "ir-fp16@f32"), ("bf16", "ir-fp16@default")):
        drift = (SCORES.loc[variant] - SCORES.loc["torch"]).loc[DRIFT.loc[form].index]
        simulated = DRIFT.loc[form][list(PUBLISHED_METRICS)]
        if form == "fp16":
            np.testing.assert_allclose(drift, simulated, rtol=0, atol=1e-5)
        np.testing.assert_allclose(drift.mean(), simulated.mean(), rtol=0, atol=5e-3)


@pytest.mark.parametrize("precision", ["f32", "bf16", "int8"])
def test_the_limits_of_agreement_are_the_job_s(precision: str) -> None:
    limits = GATE.agreement[precision]
    columns = [TITLES[title] for title in row("docs/agreement.md", "form")]
    for name, cell in zip(columns, row("docs/agreement.md", f"**limit, {precision}**"), strict=True):
        mean, largest = map(float, cell.split(" / "))
        assert (mean, largest) == (limits[name].absolute, limits[name].largest), name


def test_agreement_compares_itself_with_the_drift_of_the_example_run() -> None:
    [shown] = found("docs/agreement.md", r"the mean Alpha MAD of `ir-fp16@f32` moves by ([\d.]+) on the bundled people")
    assert rounds_to(shown, abs(drift_of("ir-fp16@f32", "alpha_mad")))


def test_the_limits_that_the_page_on_precisions_names_are_the_job_s() -> None:
    shown = found(
        "docs/precisions.md", r"within ([\d.]+) for f32, ([\d.]+) for f16, ([\d.]+) for bf16 and ([\d.]+) for int8"
    )
    precisions = ("f32", "f16", "bf16", "int8")
    assert [*map(float, shown)] == [GATE.against_original[each]["alpha_mad"].absolute for each in precisions]
    [own] = found(
        "docs/precisions.md", r"at most `convert\.int8\.drift` \(([\d.]+) x 1e-3, either way: half of what the gate"
    )
    [judged] = found("docs/precisions.md", r"so the limit is half of the gate's ([\d.]+)\.")
    assert float(own) == Int8Section().drift == float(judged) / 2 == float(shown[-1]) / 2
    assert found("docs/precisions.md", r"\(`convert\.int8\.seed`\): (\d+) set the ranges, (\d+) judge") == (
        str(Int8Section().calibration_samples),
        str(Int8Section().validation_samples),
    )


def test_the_drift_of_int8_is_that_of_the_committed_table() -> None:
    drift = DRIFT.loc["int8"]
    intervals = mean_intervals(drift[list(PUBLISHED_METRICS)])
    for title in ("Alpha MAD", "Alpha MSE", "Alpha GRAD", "Foreground MSE"):
        mean, interval, worst, _ = row("docs/precisions.md", title)
        name = TITLES[title]
        assert rounds_to(mean, drift[name].mean()), title
        assert rounds_to(worst, drift[name].abs().max()), title
        own = intervals[name]
        assert own is not None
        low, high = interval.split(" to ")
        assert rounds_to(low, own.low) and rounds_to(high, own.high), (title, own)


def test_the_page_on_performance_gives_the_example_run_s_drift_and_scores() -> None:
    names = ("alpha_mad", "alpha_mse", "alpha_grad", "foreground_mse")
    shown = found("docs/performance.md", r"report\.md\) has (\S+), (\S+), (\S+) and (\S+) for `ir-fp16@default`")
    assert all(map(rounds_to, shown, (drift_of("ir-fp16@default", each) for each in names)))
    people = SCORES.loc["torch"].drop(COPIES, errors="ignore").mean()
    for metric in METRICS:
        if metric.name in names:
            assert rounds_to(row("docs/performance.md", f"{metric.title}, {metric.unit}")[0], people[metric.name])


def test_the_largest_difference_of_the_fast_graph_is_the_table_s() -> None:
    lines = (ROOT / "docs/performance.md").read_text(encoding="utf-8").splitlines()
    rows = [line.split("|")[1:-1] for line in lines if re.match(r"\| \d+x\d+ \| (?:people|noise)", line)]
    assert len(rows) == 48
    [largest] = found("docs/performance.md", r"So the largest of all is ([\d.e-]+), below the 1e-6")
    assert float(largest) == max(float(cell) for cells in rows for cell in cells[-3:])
    assert {cells[4].strip() for cells in rows} == {"0"}


def test_the_page_on_the_people_gives_what_the_example_run_shows_of_them() -> None:
    drift = SCORES.loc["ir-fp16@f32"] - SCORES.loc["torch"]
    copies = [sample for sample in drift.index if sample in COPIES]
    originals = [sample.replace("/01", "/00") for sample in copies]
    shown = found("docs/people.md", r"correlates by (\S+) \(Alpha MAD\), (\S+) \(GRAD\) and (\S+) \(Foreground MSE\)")
    for figure, name in zip(shown, ("alpha_mad", "alpha_grad", "foreground_mse"), strict=True):
        assert rounds_to(figure, float(np.corrcoef(drift.loc[copies, name], drift.loc[originals, name])[0, 1]))
    correlation, samples, worth, narrow = map(
        float,
        found(
            "docs/people.md", r"correlation of ([\d.]+), (\d+) such samples tell as much as ([\d.]+) ind.* to (\d+) %;"
        ),
    )
    assert samples == RUN.dataset.samples
    independent = samples**2 / (samples + 2 * len(copies) * correlation)
    assert rounds_to(str(worth), independent)
    assert narrow >= 100 * (1 - sqrt(independent / samples)) > narrow - 1
    assert found("docs/people.md", r"They are (\d+) people, and (\d+) \[copies\]") == (
        str(len(drift) - len(copies)),
        str(len(copies)),
    )


def test_the_page_on_the_people_gives_the_coverage_that_the_example_run_measured() -> None:
    coverage = RUN.dataset.coverage
    assert coverage is not None
    kinds = {"opaque": "opaque", "half-transparent": "partial", "hair-like edges": "edges", "empty": "empty"}
    for title, kind in kinds.items():
        assert rounds_to(row("docs/people.md", title)[1], 100 * getattr(coverage, kind).share)


def test_every_tag_of_the_example_run_is_explained() -> None:
    text = page("docs/people.md")
    assert {tag.tag for tag in RUN.tags} <= set(re.findall(r"`([\w-]+)`", text))


def test_the_card_of_the_checkpoint_gives_the_scores_of_the_people_without_copies() -> None:
    people = SCORES.loc["torch"].drop(COPIES, errors="ignore").mean()
    cells = row("training/checkpoints/README.md", "the 24 people without their copies (`count: 24`)")
    assert [*map(rounds_to, cells, people[["alpha_mad", "alpha_mse", "alpha_grad", "foreground_mse"]])] == [True] * 4
    assert row("training/checkpoints/README.md", "their average, what ships")[0] == ", ".join(cells[:2])


def test_the_card_of_the_checkpoint_follows_its_log_and_its_recipe() -> None:
    log = pd.read_csv(ROOT / "training/checkpoints/losses.csv")
    last = log.groupby("stage", sort=False).last()
    recipe = load_recipe(ROOT / "training/recipe.yaml")
    stages = {stage.name: stage for stage in recipe.stages}
    assert list(last.index) == list(stages)
    card = "training/checkpoints/README.md"
    every, rendered = found(
        card, r"Compute: ([\d,]+) iterations in all, of which the last ([\d,]+) saw rendered people"
    )
    assert int(every.replace(",", "")) == last.iteration.sum() == sum(stage.iterations for stage in recipe.stages)
    assert int(rendered.replace(",", "")) == sum(stage.iterations for stage in recipe.stages if stage.rendered_share)
    # The log has the mean pace of a stage so far.
    [hours] = found(card, r"AVX-512 BF16\): ([\d.]+) hours by its log")
    assert rounds_to(hours, (last.iteration * last.seconds_per_iteration).sum() / 3600)
    assert recipe.rendered is not None
    figures, places, seed = found(
        card, r"\*\*Drawn figures\*\*: (\d+), and (\d+) backgrounds, at 1280x720 .*?, seed (\d+)\."
    )
    assert (int(figures), int(places), int(seed)) == (
        recipe.bank.foregrounds,
        recipe.bank.backgrounds,
        recipe.bank.seed,
    )
    people, crops = found(card, r"\*\*Rendered people\*\*: (\d+) at .*?, and (\d+) crops of nine photographs")
    assert (int(people), int(crops)) == (recipe.rendered.count, recipe.rendered.crops)
    low, high = found(card, r"in the last two stages (\d+) to (\d+) % of the plates as a hand-held camera")
    shares = sorted(round(100 * stage.handheld_share) for stage in recipe.stages[-2:])
    assert [int(low), int(high)] == shares
    megabytes = (ROOT / "training/checkpoints/mattekit-mobilenetv2.safetensors").stat().st_size / 1e6
    assert rounds_to(*found(card, r"fp16, ([\d.]+) MB, MIT"), megabytes)


def test_the_card_of_the_checkpoint_names_nine_photographs_with_author_and_licence() -> None:
    text = (ROOT / "training/checkpoints/README.md").read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| ([\w, ]+) \| .+, 20\d\d \| \[CC BY(?:-SA)? [34]\.0\]\((https://creativecommons\S+)\) \|$", text, re.M
    )
    assert len([name for names, _ in rows for name in names.split(", ")]) == 9
    licences = set(re.findall(r"\[(CC BY[^\]]+)\]", text))
    assert all(licence in page("README.md") for licence in licences)


def test_the_readme_credits_every_photograph_of_the_bundled_people() -> None:
    pack = json.loads((ROOT / "datasets/people/pack/pack.json").read_text(encoding="utf-8"))
    credits_ = page("README.md")
    for photograph in pack["photographs"]:
        assert photograph["credit"].partition(",")[0] in credits_


def test_the_planted_faults_are_counted_alike_everywhere() -> None:
    faults = [fault for fault in FAULTS if fault.name != "none"]
    [shown, seconds] = found("docs/power.md", r"before the gate, (\d+) s in all\. (\d+) faults;")[::-1]
    assert int(shown) == len(faults)
    assert found("docs/proof.md", r"\(avx512_bf16\), (\d+) faults take (\d+) s:") == (shown, seconds)
    assert found("docs/gate.md", r"# plant (\d+) faults into forms") == (shown,)


def test_the_battery_has_the_number_of_stimuli_that_the_page_names() -> None:
    [shown] = found("docs/proof.md", r"The battery has (\d+) stimuli at the model's size")
    assert int(shown) == len(battery((72, 128)))


def test_the_published_experiment_is_described_as_its_job_makes_it() -> None:
    recipe = load_config(ROOT / "configs/humanmatting-openimages.yaml").dataset.recipe
    assert recipe is not None
    people, places = found(
        "docs/real-sets.md", r"makes some in the same manner: (\d+) foregrounds and (\d+) photographs drawn"
    )
    assert (int(people), int(places), recipe.per_foreground) == (recipe.foregrounds, recipe.backgrounds, 5)


def test_the_page_on_plates_says_of_its_table_what_stands_in_it() -> None:
    def alpha_mad(fault: str, column: int = 3) -> float:
        return float(row("docs/plates.md", fault)[column])

    exact, everything = alpha_mad("shifted by 0 px"), "all: 20 px, 1 degree, darker, warmer"
    dearest = max(
        alpha_mad(fault) for fault in ("exposure x 0.7", "white balance: red x 1.1, blue x 0.9", "gamma 1.25")
    )
    [missing] = found("docs/plates.md", r"missing at the border costs ([\d.]+) where people are cut")
    [exposure] = found("docs/plates.md", r"Exposure and white balance cost up to (\d+), and")
    assert rounds_to(missing, alpha_mad("scaled by 1.1", 4) - exact)
    assert rounds_to(exposure, dearest - exact)
    assert found("docs/plates.md", r"\(([\d.]+) against ([\d.]+)\)\. - Noise") == tuple(
        row("docs/plates.md", everything)[4:6]
    )
    shown = found(
        "docs/plates.md", r"is (\d+) % higher, with a plate 5 % too dark (\d+) %, with 3 % of red and blue (\d+) %"
    )
    for share, fault in zip(
        shown, ("shifted by 2 px", "exposure x 0.95", "white balance: red x 1.03, blue x 0.97"), strict=True
    ):
        assert rounds_to(share, 100 * (alpha_mad(fault) / exact - 1)), fault


def test_the_pages_on_speed_agree_with_their_tables() -> None:
    emulated = row("docs/performance.md", "Alpha MAD, x 1e-3")
    assert found("docs/precisions.md", r"\[by emulation\]\(\S+\) it is (\S+)\. ##") == (emulated[3],)
    times = {
        precision: [float(cell) for cell in row("docs/performance.md", precision)[:2]] for precision in ("f32", "bf16")
    }
    gains = found(
        "docs/performance.md", r"bf16, gains ([\d.]+) times with mattekit's graph and ([\d.]+) with the recipe's"
    )
    for gain, slow, fast in zip(gains, times["f32"], times["bf16"], strict=True):
        assert rounds_to(gain, slow / fast)
    [ratio] = found("docs/performance.md", r"has the commands and tables\): \*\*([\d.]+) x\*\*")
    assert row("docs/bench.md", "`ir-fp32@f32`")[2].split(" ")[0] == ratio

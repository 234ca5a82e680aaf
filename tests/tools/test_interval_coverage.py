"""The simulation of intervals: its methods against scipy's, its patterns, its rates, and the pages that hold them."""

import re
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from eval.statistics.intervals import RELIABLE_UNITS
from tools.interval_coverage import methods, tables
from tools.interval_coverage.__main__ import PAGES, write_table
from tools.interval_coverage.methods import BEFORE, METHODS, USED, Sets
from tools.interval_coverage.patterns import patterns

SKEWED = np.random.default_rng(3).exponential(size=(30, 1))


@pytest.mark.parametrize(
    ("name", "theirs"), [("percentile bootstrap", "percentile"), ("BCa bootstrap", "BCa")], ids=lambda name: name
)
def test_a_bootstrap_is_scipys(name: str, theirs: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(methods, "RESAMPLES", 20_000)
    low, high = METHODS[name](Sets(SKEWED))
    found = stats.bootstrap(
        (SKEWED[:, 0],), np.mean, n_resamples=20_000, method=theirs, rng=np.random.default_rng(1)
    ).confidence_interval
    assert (low[0], high[0]) == (pytest.approx(found.low, abs=0.02), pytest.approx(found.high, abs=0.02))


def test_students_interval_is_scipys_and_the_likelihood_solves_its_equation() -> None:
    """A mean at either end has just the likelihood ratio of the quantile, its multiplier found by Newton's method."""
    found = stats.ttest_1samp(SKEWED[:, 0], 0).confidence_interval(0.95)
    low, high = METHODS["Student's t"](Sets(SKEWED))
    assert (low[0], high[0]) == (pytest.approx(found.low), pytest.approx(found.high))
    for end in METHODS["empirical likelihood"](Sets(SKEWED)):
        moved, root = SKEWED[:, 0] - end[0], 0.0
        for _ in range(100):
            parts = moved / (1 + root * moved)
            root += parts.sum() / (parts**2).sum()
        assert 2 * np.log1p(root * moved).sum() == pytest.approx(stats.f.ppf(0.95, 1, 29), rel=1e-4)


@pytest.mark.parametrize("name", METHODS)
def test_every_interval_covers_the_mean_of_normal_samples(name: str) -> None:
    sets = Sets(np.random.default_rng(1).normal(size=(40, 1500)))
    rates = tables.rates_of(METHODS[name](sets), 40)
    assert 0.005 < rates.below < 0.06
    assert 0.005 < rates.above < 0.06
    assert 3.5 < rates.width < 4.8


def test_every_pattern_has_mean_0_and_deviation_1() -> None:
    for pattern in patterns():
        values = pattern.draw(np.random.default_rng(1), (400_000,))
        assert values.mean() == pytest.approx(0, abs=0.015), pattern.name
        assert values.std() == pytest.approx(1, abs=0.1), pattern.name


def test_rates_are_counted_as_the_gate_judges() -> None:
    """Four intervals of a mean of 0, moved by 1.5 and 2 against a limit of 1."""
    low = np.array([-0.4, -0.6, -1.2, 0.1])
    rates = tables.rates_of((low, low + 0.3), 4)
    assert (rates.below, rates.above) == (0.25, 0.5)
    assert rates.width == pytest.approx(0.6)
    assert rates.failed == (0.5, 0.75)
    assert rates.passed == (0.25, 0.0)
    assert rates.alarms == 0


def test_the_used_interval_misses_less_than_the_former_on_the_side_that_matters() -> None:
    skewed = next(pattern for pattern in patterns() if pattern.name == "log-normal, sigma 1")
    found = tables.simulated(skewed, 24, 600, (BEFORE, USED))
    assert found[USED].above < 0.05 < found[BEFORE].above
    assert tables.by_clip(skewed, 24, 200).above < 0.08


def test_a_table_is_put_between_its_marks(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("a\n<!-- intervals, all: begin -->\nold\n<!-- intervals, all: end -->\nb\n", encoding="utf-8")
    for _ in range(2):
        write_table(page, "all", "| new |\n")
    marks = "<!-- intervals, all: begin -->\n\n| new |\n\n<!-- intervals, all: end -->"
    assert page.read_text(encoding="utf-8") == f"a\n{marks}\nb\n"


def test_the_pages_hold_the_tables_and_what_they_claim_holds_in_them() -> None:
    """From 24 samples on at most 5 % on either side, but for the patterns in which one sample has most of it all."""
    text = PAGES["all"].read_text(encoding="utf-8")
    rows = re.findall(rf"^\| (.+?) \| (\d+) \| {re.escape(USED)} \| ([\d.]+) % \| ([\d.]+) % \|", text, re.MULTILINE)
    known = {pattern.name: pattern.rare for pattern in patterns()}
    assert {(name, int(samples)) for name, samples, _, _ in rows} == {
        (name, samples) for name in known for samples in tables.COUNTS
    }
    beyond = {(name, int(samples)) for name, samples, *shares in rows if max(map(float, shares)) > 5}
    assert {name for name, samples in beyond if samples >= RELIABLE_UNITS} <= {name for name in known if known[name]}
    assert not {name for name, samples in beyond if samples >= 4 * RELIABLE_UNITS}
    gate = PAGES["used"].read_text(encoding="utf-8")
    for name, samples, _, above in rows:
        column = tables.COUNTS.index(int(samples))
        [line] = re.findall(rf"^\| {re.escape(name)} \| (.*) \|$", gate, re.MULTILINE)
        assert line.split(" | ")[column].endswith(f"-> {above} %"), (name, samples)

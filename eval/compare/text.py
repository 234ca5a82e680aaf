"""A comparison of two runs as markdown."""

from collections.abc import Sequence
from itertools import groupby

from configs.text import visible
from eval.compare.runs import Change, Comparison, MetricDifference
from eval.presentation.formatting import NOTHING, code, markdown_table, number, plain, signed, span
from eval.statistics.intervals import Interval

LONGEST = 72


def comparison_markdown(comparison: Comparison) -> str:
    """Return the comparison as GitHub-flavoured markdown: figures, latency, then what else differs."""
    first, second = (code(name) for name in comparison.names)
    parts = [
        f"# {first} and {second}",
        f"Over {len(comparison.samples)} shared samples. A difference is {second} minus {first}; every metric is an "
        "error, so more is worse. This compares and does not judge: `mattekit gate` does.",
        *(f"> {plain(warning)}" for warning in comparison.warnings),
        "## Metrics",
        *_metric_tables(comparison.metrics),
        "The 95 % interval is of the mean of the paired differences. `-`: too few samples for one.",
        "## Latency",
        _latency_table(comparison).rstrip("\n"),
        "Median of one sample's inference. Times of two runs differ with whatever else the machine did.",
        *_section("Environment", comparison.environment),
        *_section("Models", comparison.models),
        *_section("Configuration", comparison.settings),
    ]
    return visible("\n\n".join(parts), keep="\n\t") + "\n"


def _metric_tables(metrics: Sequence[MetricDifference]) -> list[str]:
    header = ("Metric", "Unit", "First", "Second", "Difference", "95 % interval", "Samples", "Shown to differ")
    tables: list[str] = []
    for variant, group in groupby(metrics, key=lambda each: each.variant):
        rows = [
            (
                each.metric.title,
                each.metric.unit,
                number(each.pair.before),
                number(each.pair.after),
                signed(each.difference),
                NOTHING if each.pair.interval is None else span(each.pair.interval.low, each.pair.interval.high),
                f"{each.pair.samples}{f' ({len(each.pair.odd)} in one run only)' if each.pair.odd else ''}",
                _reading(each.pair.interval),
            )
            for each in group
        ]
        tables += [f"### {code(variant)}", markdown_table(header, rows, right=range(2, 7)).rstrip("\n")]
    return tables


def _reading(interval: Interval | None) -> str:
    """Say whether the samples show a difference: whether its interval leaves out zero."""
    if interval is None:
        return NOTHING
    if interval.low > 0:
        return "yes, more error"
    if interval.high < 0:
        return "yes, less error"
    return "no"


def _latency_table(comparison: Comparison) -> str:
    rows = []
    for variant, (first, second) in comparison.latency.items():
        ratio = second.median / first.median if first and second and first.median else None
        before, after = (None if each is None else each.median for each in (first, second))
        rows.append((code(variant), number(before), number(after), NOTHING if ratio is None else f"x {ratio:.2f}"))
    return markdown_table(("Variant", "First, ms", "Second, ms", "Second to first"), rows, right=(1, 2, 3))


def _section(title: str, changes: Sequence[Change]) -> list[str]:
    if not changes:
        return [f"## {title}", "No difference."]
    rows = [(code(change.key), code(_cut(change.first)), code(_cut(change.second))) for change in changes]
    return [f"## {title}", markdown_table(("", "First", "Second"), rows).rstrip("\n")]


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."

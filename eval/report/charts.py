"""The chart of accuracy against speed: every variant's drift over its latency, from a run's results alone."""

from typing import TYPE_CHECKING

from eval.metrics.measures import PUBLISHED_METRICS, title_of
from eval.presentation.figures import new_figure, png_of, shown
from eval.run.results import Results, VariantRecord

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SPEED_FILE = "speed.png"
NEAR = 1.5
"""The original is drawn where its latency is at most so many times the slowest variant's; farther, it is named."""
MARGIN = 1.06
MARKERS = dict(zip(PUBLISHED_METRICS, "osD^", strict=True))


def has_speed(results: Results) -> bool:
    """Tell whether a run has what the chart shows: a converted variant with drift and latency."""
    return any(speed_points(results, variant) for variant in results.converted())


def speed_points(results: Results, variant: VariantRecord) -> list[tuple[str, float, float]]:
    """Return (metric, latency in ms, |drift| in % of the original's value) for each published metric of a variant.

    A metric whose original value is zero or undefined has no such share, and is left out.
    """
    original = results.variant(results.original)
    if variant.latency_ms is None or original is None:
        return []
    points = []
    for name in PUBLISHED_METRICS:
        drift, value = results.drift_of(variant.name, name), original.metrics.get(name)
        if drift is not None and drift.mean is not None and value is not None and value.mean:
            points.append((name, variant.latency_ms.median, 100 * abs(drift.mean / value.mean)))
    return points


def latency_reach(results: Results) -> float:
    """Return how far the axis of latency goes, in ms: over the converted variants, and the original if it is near."""
    medians = [v.latency_ms.median for v in results.converted() if v.latency_ms is not None]
    original = results.variant(results.original)
    own = original.latency_ms.median if original is not None and original.latency_ms is not None else 0.0
    reach = max(medians, default=own)
    return MARGIN * (own if own <= NEAR * reach else reach)


def draw_speed(results: Results) -> bytes:
    """Return a PNG: latency from left to right, drift upwards, one colour a variant, one mark a metric.

    Marks are hollow, and those of variants of nearly one latency stand beside each other. The drift's axis is
    logarithmic where the drifts span decades; a drift of exactly zero then stands at the bottom.
    """
    points = {variant.name: speed_points(results, variant) for variant in results.converted()}
    shares = [share for own in points.values() for _, _, share in own if share > 0]
    decades = bool(shares) and max(shares) > 20 * min(shares)
    floor = min(shares) / 3 if decades else 0.0
    reach = latency_reach(results)
    figure = new_figure(8.6, 4.0)
    axes = figure.add_subplot()
    for index, variant in enumerate(results.converted()):
        own = points[variant.name]
        if not own:
            continue
        colour = f"C{index % 10}"
        label = shown(f"{variant.name} (ran in {variant.precision}), {own[0][1]:.3g} ms")
        heights = [max(share, floor) for _, _, share in own]
        axes.plot([own[0][1]] * len(own), heights, color=colour, linewidth=0.8, alpha=0.6)
        for order, ((name, latency, _), height) in enumerate(zip(own, heights, strict=True)):
            beside = latency + (order - (len(own) - 1) / 2) * reach / 110
            axes.plot(
                beside,
                height,
                MARKERS[name],
                color=colour,
                markerfacecolor="none",
                markeredgewidth=1.6,
                markersize=7,
                label="" if order else label,
            )
    _mark_original(axes, results, reach)
    for name, marker in MARKERS.items():
        axes.plot(
            [], [], marker, color="0.5", markerfacecolor="none", markersize=6, linestyle="none", label=title_of(name)
        )
    if decades:
        axes.set_yscale("log")
    axes.set_xlim(0, reach or None)
    axes.set_xlabel("median latency of one sample, ms")
    axes.set_ylabel("|drift|, % of the original's value")
    axes.grid(color="0.93")
    axes.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return png_of(figure)


def _mark_original(axes: "Axes", results: Results, reach: float) -> None:
    """Draw the original's latency as a line, or where it is far beyond the variants', say so at the axis' end."""
    original = results.variant(results.original)
    if original is None or original.latency_ms is None:
        return
    latency = original.latency_ms.median
    label = shown(f"{original.name}, the original, {latency:.3g} ms")
    if latency <= reach:
        axes.axvline(latency, color="0.4", linewidth=1, linestyle="--", label=label)
        return
    axes.plot([], [], ">", color="0.4", label=f"{label}: beyond the axis")
    axes.plot(1, 0.5, ">", color="0.4", markersize=9, transform=axes.transAxes, clip_on=False)

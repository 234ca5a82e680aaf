"""The chart of accuracy against speed: every variant's drift over its latency, from a run's results alone."""

from eval.metrics.measures import PUBLISHED_METRICS, title_of
from eval.presentation.figures import new_figure, png_of, shown
from eval.run.results import Results, VariantRecord

SPEED_FILE = "speed.png"
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


def draw_speed(results: Results) -> bytes:
    """Return a PNG: latency from left to right, drift upwards, one colour a variant, one mark a metric.

    The drift's axis is logarithmic where the drifts span decades; a drift of exactly zero then stands at the bottom.
    """
    points = {variant.name: speed_points(results, variant) for variant in results.converted()}
    shares = [share for own in points.values() for _, _, share in own if share > 0]
    decades = bool(shares) and max(shares) > 20 * min(shares)
    floor = min(shares) / 3 if decades else 0.0
    figure = new_figure(7.6, 4.0)
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
            axes.plot(latency, height, MARKERS[name], color=colour, markersize=6, label="" if order else label)
    original = results.variant(results.original)
    if original is not None and original.latency_ms is not None:
        latency = original.latency_ms.median
        label = shown(f"{original.name}, the original, {latency:.3g} ms")
        axes.axvline(latency, color="0.4", linewidth=1, linestyle="--", label=label)
    for name, marker in MARKERS.items():
        axes.plot([], [], marker, color="0.5", markersize=5, linestyle="none", label=title_of(name))
    if decades:
        axes.set_yscale("log")
    axes.set_xlim(left=0)
    axes.set_xlabel("median latency of one sample, ms")
    axes.set_ylabel("|drift|, % of the original's value")
    axes.grid(color="0.93")
    axes.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return png_of(figure)

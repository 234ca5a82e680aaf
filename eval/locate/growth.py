"""The picture of the error's growth: every shared tensor's relative error, along the graph."""

from eval.locate.record import Located
from eval.locate.search import TensorRecord
from eval.presentation.figures import new_figure, png_of, shown

FLOOR = 1e-9
"""Where an error of zero, or of another shape, is drawn: the axis is logarithmic."""
LABELLED = 12


def draw_growth(located: Located) -> bytes:
    """Return a PNG: max |a - b| over max |a|, tensor by tensor in topological order, and the tolerance."""
    figure = new_figure(9.6, 4.2)
    axes = figure.add_subplot()
    points = [(index, tensor, _height(tensor)) for index, tensor in enumerate(located.tensors)]
    for chosen, marker, label in ((False, "o", "tensor"), (True, "D", "behind a choice (top-k, comparison)")):
        own = [(index, height) for index, tensor, height in points if tensor.chosen == chosen]
        if own:
            axes.plot(*zip(*own, strict=True), marker, markersize=3.2, alpha=0.8, label=label, linestyle="none")
    axes.plot([x for x, _, _ in points], [y for _, _, y in points], linewidth=0.7, color="0.6", zorder=0)
    axes.axhline(located.tolerance.relative, color="0.35", linewidth=0.9, linestyle="--", label="tolerance")
    if located.first is not None:
        index = next(index for index, tensor, _ in points if tensor.parted)
        axes.axvline(index, color="tab:red", linewidth=0.9, label=shown(f"parts: {located.first.tensor}"))
    step = max(1, len(points) // LABELLED)
    ticks = points[::step]
    axes.set_xticks(
        [index for index, _, _ in ticks], [tensor.tensor for _, tensor, _ in ticks], rotation=35, ha="right"
    )
    axes.tick_params(axis="x", labelsize=7)
    axes.set_yscale("log")
    axes.set_ylim(bottom=FLOOR / 2)
    axes.set_ylabel("max |a - b| / max |a|")
    axes.set_title(f"A: {shown(located.a.label)}\nB: {shown(located.b.label)}", fontsize=8, loc="left")
    axes.grid(axis="y", color="0.92")
    figure.legend(frameon=False, fontsize=7, loc="outside lower center", ncols=4)
    return png_of(figure)


def _height(tensor: TensorRecord) -> float:
    relative = tensor.difference.relative
    return max(FLOOR, 1.0 if relative is None else relative)

"""Pictures of numbers, drawn by matplotlib without a screen; the same numbers give the same bytes."""

import io
from typing import TYPE_CHECKING

from configs.text import visible

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DPI = 100


def new_figure(width: float, height: float) -> "Figure":
    """Return an empty figure of this size in inches; matplotlib is imported only here, when one is drawn."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def shown(text: str) -> str:
    """Return text as matplotlib shows it as it is: a dollar sign would begin a formula."""
    return visible(text).replace("$", r"\$")


def png_of(figure: "Figure") -> bytes:
    """Return a figure as a PNG of 64 colours at most, which is a third of the bytes and reads the same."""
    from PIL import Image

    drawn = io.BytesIO()
    figure.savefig(drawn, format="png", metadata={"Software": None})
    small = io.BytesIO()
    Image.open(drawn).convert("RGB").quantize(64).save(small, format="png", optimize=True)
    return small.getvalue()

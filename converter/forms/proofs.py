"""What is recorded of the proof of a form: how far it is from the original, run as declared and in wrong ways."""

from configs.records import Frozen


class Difference(Frozen):
    """|difference| of one output over all samples, in 0..1 units."""

    max: float
    mean: float
    quantile: float


class Parity(Frozen):
    """How far a form is from the original: alpha, foreground, and the share of cells that were refined otherwise.

    `foreground` is None of networks that give alpha alone, `cells` and `differing_cells` of those that choose no cells.
    `cells` counts cells in which any alpha differs by more than 1e-2: near-ties of the predicted error make forms
    choose other cells to refine, which is a large difference in a few places.
    """

    alpha: Difference
    foreground: Difference | None
    cells: float | None
    differing_cells: int | None
    samples: int


class Counterfactuals(Frozen):
    """Distance from the original (mean |difference| of alpha plus that of foreground) for every way to run the form."""

    distances: dict[str, float]

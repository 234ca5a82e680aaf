"""Whether a set's frames have the model's aspect: a runner brings each to the model's size, and distorts the others."""

from collections.abc import Sequence

from eval.run.results import Results

MOST_DISTORTION = 0.01
"""How far two aspects may be apart, as a share, before people and edges are taken to be distorted."""


def distortion(model: tuple[int, int], frame: tuple[int, int]) -> float:
    """Return how far two aspects are apart as a share of the model's; sizes are (height, width) in pixels."""
    return abs((frame[1] * model[0]) / (frame[0] * model[1]) - 1)


def distorted_sizes(results: Results) -> Sequence[tuple[int, int]]:
    """Return the sizes (height, width) of the set whose aspect differs from the model's by more than 1 %.

    Empty where a run, of an earlier version, does not say the sizes of its model or of its set.
    """
    if results.model is None:
        return ()
    model = results.model.input_size
    return [size for size in results.dataset.sizes if distortion(model, size) > MOST_DISTORTION]

"""What a report says in words, by what its figures are: errors against ground truth, or agreement with the original."""

from dataclasses import dataclass

from eval.run.results import Results


@dataclass(frozen=True, slots=True)
class Wording:
    """Texts that differ between the two kinds; `{original}`, `{set}` and `{samples}` stand for a run's own.

    Attributes:
        title: of the report.
        drift: what a variant's difference from the original is called.
        how_to_read: the figures.
        published: what must be said beside the published figures; empty where they have no place.
        nothing_lost, something_lost, unsettled, unjudged: the verdict against the original in one sentence;
            `{failed}` of `{rows}` judgements.
        speed: what the chart of drift over latency shows.
        panel: what a worst sample's picture shows from left to right.
    """

    title: str
    drift: str
    how_to_read: str
    published: str
    nothing_lost: str
    something_lost: str
    unsettled: str
    unjudged: str
    speed: str
    panel: str


ACCURACY = Wording(
    title="Evaluation of {set}, {samples}",
    drift="drift",
    how_to_read=(
        "Every metric is an error: lower is better. In brackets: drift, that is, converted minus original over the "
        "same samples.\nA value times its unit is the plain quantity (Alpha MAD 4 x 1e-3 is a mean difference of "
        "0.004).\nThe limits hold for the 95 % interval of a drift: within passes, beyond fails, across is "
        "inconclusive."
    ),
    published=(
        "\\* Not reproducible: set not public. Published by the Open Model Zoo for its own checkpoint on its own set; "
        "shown for\norientation, never as something this run reproduces or misses."
    ),
    nothing_lost=(
        "**Nothing was lost**: every converted variant stays within its limits of the original {original}, on "
        "{samples}."
    ),
    something_lost=(
        "**Something was lost**: {failed} of {rows} judgements against the original {original} failed, on {samples}."
    ),
    unsettled="**Not settled**: nothing failed against {original}, but the evidence does not suffice.",
    unjudged=("**Not judged**: no tolerances were given. Drift from {original} over {samples} is shown below."),
    speed="Accuracy against speed: drift of every variant over its latency",
    panel="source, plate, mattes, composite, cut-out, difference",
)
AGREEMENT = Wording(
    title="Agreement with the original on {set}, {samples} without ground truth",
    drift="distance from the original",
    how_to_read=(
        "Every figure is a variant's distance from the original's own matte and foreground: 0 is full agreement. None "
        "says how accurate\nthe original or a variant is. A value times its unit is the plain quantity (Alpha MAD "
        "4 x 1e-3 is a mean difference of 0.004).\nThe limits are those of `gate.agreement` and hold for the 95 % "
        "interval of the mean: within passes, beyond fails, across is\ninconclusive."
    ),
    published="",
    nothing_lost=(
        "**In agreement**: every converted variant gives what the original {original} gives, within the limits of "
        "agreement, on {samples} without ground truth."
    ),
    something_lost=(
        "**Not in agreement**: {failed} of {rows} judgements of agreement with the original {original} failed, on "
        "{samples} without ground truth."
    ),
    unsettled="**Not settled**: nothing failed in agreement with {original}, but the evidence does not suffice.",
    unjudged=("**Not judged**: no tolerances were given. Agreement with {original} over {samples} is shown below."),
    speed="Agreement against speed: every variant's distance from the original over its latency",
    panel="source, plate, mattes, composite, cut-out, difference",
)


def wording_of(results: Results) -> Wording:
    """Return the words for a run's kind of figures."""
    return AGREEMENT if results.dataset.agreement else ACCURACY

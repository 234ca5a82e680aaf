"""Whether a run's original responds to its samples: a set to which it does not cannot show drift."""

from collections.abc import Iterator

import pandas as pd

from eval.gate.verdict import ALL, GateRow
from eval.metrics.constant import ALPHA_CONSTANT, FOREGROUND_CONSTANT
from eval.metrics.measures import title_of
from eval.run.stored import Run

UNRESPONSIVE = 0.9
"""Share of the best constant answer's error, from which on an answer is no better."""
LEAST_CONSTANT = {ALPHA_CONSTANT: 1e-9, FOREGROUND_CONSTANT: 5.0}
"""The constant answer's error (x 1e-3) from which on a sample counts: there is a person, and of several colours."""
LEAST_MATTE = 1.0
"""Mean distance (x 1e-3) of the original's matte from the nearest constant one, from which on it shows something."""
_MOST = 0.5


def response_rows(run: Run) -> Iterator[GateRow]:
    """Yield an inconclusive row for each output of the original that is constant, or as good as, on half the samples.

    Judged from the stored rows. A run of an earlier version, or one that lost them, has no constant answers: that is
    inconclusive too. Where the original's own matte is the truth, it must give a matte on half the samples.
    """
    original = run.table.loc[run.results.original]
    agreement = run.results.dataset.agreement
    if ALPHA_CONSTANT not in original:
        reason = f"the run does not say whether its set can show drift ({ALPHA_CONSTANT} is missing); evaluate again"
        yield GateRow("run", ALL, "response", "inconclusive", reason=reason)
    if agreement and ALPHA_CONSTANT in original:
        yield from _matte_row(run.results.original, original[ALPHA_CONSTANT])
    if agreement:
        return
    for metric, constant in (("alpha_mad", ALPHA_CONSTANT), ("foreground_mse", FOREGROUND_CONSTANT)):
        if constant in original and metric in original:
            yield from _row(run.results.original, metric, original[[metric, constant]].dropna(), constant)


def _matte_row(name: str, constants: pd.Series) -> Iterator[GateRow]:
    dead = int((constants < LEAST_MATTE).sum())
    if dead > _MOST * len(constants):
        reason = (
            f"this set cannot show drift: on {dead} of {len(constants)} samples {name} gives a matte that is the same "
            f"everywhere, empty or opaque (it is {float(constants.mean()):.4g} x 1e-3 from the nearest constant one on "
            "average); do source and plate show one scene, aligned, and only the source the person?"
        )
        yield GateRow("run", ALL, "response", "inconclusive", reason=reason, limit=LEAST_MATTE)


def _row(name: str, metric: str, scores: pd.DataFrame, constant: str) -> Iterator[GateRow]:
    counted = scores[scores[constant] >= LEAST_CONSTANT[constant]]
    if counted.empty:
        if metric == "alpha_mad":
            reason = "this set cannot show drift: every matte is the same everywhere, empty or opaque"
            yield GateRow("run", ALL, "response", "inconclusive", reason=reason)
        return
    dead = int((counted[metric] >= UNRESPONSIVE * counted[constant]).sum())
    if dead > _MOST * len(counted):
        obtained, expected = float(counted[metric].mean()), float(counted[constant].mean())
        what = "alpha" if metric == "alpha_mad" else "foreground"
        reason = (
            f"this set cannot show drift: on {dead} of {len(counted)} samples the {what} of {name} is no nearer to the "
            f"truth than the best constant one ({title_of(metric)} {obtained:.4g} on average, the constant "
            f"{expected:.4g}); see `mattekit dataset verify`"
        )
        yield GateRow("run", ALL, "response", "inconclusive", obtained, limit=UNRESPONSIVE * expected, reason=reason)

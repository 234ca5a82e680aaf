"""The gate's limits that a job needs not give: how far a metric may move, per check, inference precision and metric.

Each is (absolute, relative, largest) in published units (MAD, MSE x 1e3; GRAD sum/1000) as `Tolerance` says;
docs/gate.md says how they were found. A job's YAML changes single numbers of them (`configs.load`).
"""

from collections.abc import Mapping
from typing import Literal

from configs.section import NonNegative, Section

Direction = Literal["increase", "decrease", "both"]
METRICS = ("alpha_mad", "alpha_mse", "alpha_grad", "foreground_mse")
Row = tuple[float, float, float]
Rows = tuple[Row, Row, Row, Row]
"""Of one precision, in the order of `METRICS`."""


class Tolerance(Section):
    """How far a metric's mean may move: by `absolute` (published units) or `relative` (share of the expected value),
    whichever is larger.

    `largest` limits how far any single sample may move, either way, in published units; None sets no such limit. Both
    sides score the same sample, so this needs no statistics; it catches a fault that moves some samples up and others
    down, and leaves the mean where it was.

    `direction` says which way is bad: with `increase` (every metric here is an error, so higher is worse) an
    improvement passes and is shown; with `both` any move beyond the limit fails.
    """

    absolute: NonNegative = 0.0
    relative: NonNegative = 0.0
    largest: NonNegative | None = None
    direction: Direction = "increase"


Limits = dict[str, dict[str, Tolerance]]
"""Inference precision to metric to how far it may move."""

# How far the mean may move from the original's. f16 keeps ten bits of a number where bf16 keeps seven.
_AGAINST_ORIGINAL: Mapping[str, Rows] = {
    "f32": ((0.05, 0.0, 0.2), (0.05, 0.0, 0.2), (0.05, 0.0, 0.2), (0.05, 0.0, 0.2)),
    "f16": ((0.1, 0.0, 0.4), (0.1, 0.0, 0.4), (0.1, 0.01, 0.5), (0.05, 0.03, 0.2)),
    "bf16": ((0.15, 0.0, 0.6), (0.15, 0.0, 0.6), (0.15, 0.01, 1.0), (0.05, 0.03, 0.2)),
    "int8": ((0.5, 0.0, 2.0), (0.5, 0.0, 2.0), (0.5, 0.05, 4.0), (0.1, 0.1, 1.0)),
}
# Sets without ground truth: how far a variant may be from what the original gives (docs/agreement.md has the measured
# distances of sound and of broken forms). FP16 weights at f32 set the first, bf16 and int8 the others.
_AGREEMENT: Mapping[str, Rows] = {
    "f32": ((0.06, 0.0, 0.15), (0.0003, 0.0, 0.001), (0.0006, 0.0, 0.002), (0.0012, 0.0, 0.0045)),
    "f16": ((0.1, 0.0, 0.3), (0.003, 0.0, 0.015), (0.01, 0.0, 0.03), (0.002, 0.0, 0.006)),
    "bf16": ((0.4, 0.0, 1.0), (0.01, 0.0, 0.05), (0.03, 0.0, 0.1), (0.005, 0.0, 0.012)),
    "int8": ((3.0, 0.0, 8.0), (0.4, 0.0, 1.2), (0.8, 0.0, 2.5), (0.06, 0.0, 0.15)),
}
# The same samples on the same CPU class: beyond rounding, any move is a change.
_AGAINST_BASELINE: Mapping[str, Rows] = {
    "f32": ((0.02, 0.005, 0.05), (0.02, 0.005, 0.05), (0.02, 0.005, 0.05), (0.02, 0.005, 0.05)),
    "f16": ((0.03, 0.01, 0.15), (0.03, 0.01, 0.15), (0.03, 0.01, 0.25), (0.03, 0.01, 0.15)),
    "bf16": ((0.05, 0.02, 0.3), (0.05, 0.02, 0.3), (0.05, 0.02, 0.5), (0.05, 0.02, 0.2)),
    "int8": ((0.1, 0.02, 0.5), (0.1, 0.02, 0.5), (0.1, 0.02, 1.0), (0.1, 0.02, 0.5)),
}
# Against a baseline of another CPU class, whose kernels round otherwise. int8 has none, so that a move beyond its usual
# limits is inconclusive there.
_OTHER_CLASS: Mapping[str, Rows] = {
    "f32": ((0.05, 0.01, 0.2), (0.05, 0.01, 0.2), (0.05, 0.01, 0.2), (0.05, 0.01, 0.2)),
    "f16": ((0.1, 0.02, 0.4), (0.1, 0.02, 0.4), (0.1, 0.02, 0.5), (0.05, 0.03, 0.2)),
    "bf16": ((0.15, 0.03, 0.6), (0.15, 0.03, 0.6), (0.15, 0.03, 1.0), (0.05, 0.03, 0.2)),
}


_TABLES: Mapping[str, tuple[Mapping[str, Rows], Direction]] = {
    "against_original": (_AGAINST_ORIGINAL, "increase"),
    "agreement": (_AGREEMENT, "increase"),
    "against_baseline": (_AGAINST_BASELINE, "both"),
    "other_class": (_OTHER_CLASS, "both"),
}
LIMIT_KEYS = tuple(_TABLES)
"""The tables of limits in a job's `gate`."""


def default_limits(key: str) -> Limits:
    """Return the limits that a job has in one of the `LIMIT_KEYS`, unless it gives others."""
    table, direction = _TABLES[key]
    return {
        precision: {
            metric: Tolerance(absolute=absolute, relative=relative, largest=largest, direction=direction)
            for metric, (absolute, relative, largest) in zip(METRICS, rows, strict=True)
        }
        for precision, rows in table.items()
    }

"""What differences are drawn from: distributions, and measured drift of converted models, resampled."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from eval.gate.baseline import Baseline
from eval.run.stored import read_run
from tools.gate_power.rates import difference_pattern

Floats = NDArray[np.float64]
ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "reports/example"
INT8 = ROOT / "configs/baselines/int8.json"
BF16 = Path(__file__).with_name("bf16.csv")
"""Drift of `ir-fp16@default` from `torch` on the bundled set of 24, in bf16 on a CPU of class avx512_bf16."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A distribution of differences with mean 0 and standard deviation 1.

    Attributes:
        name: for tables.
        draw: from a generator and a shape to values.
        rare: whether one sample of 24 holds most of the squared differences, so that many sets lack it.
    """

    name: str
    draw: Callable[[np.random.Generator, tuple[int, ...]], Floats]
    rare: bool = False


def patterns() -> tuple[Pattern, ...]:
    """Return the patterns; measured ones as they are (upwards is worse) and, where `mirrored`, the other way round.

    Raises:
        DataError: the committed example or baseline is missing or corrupt.
    """
    run, int8 = read_run(EXAMPLE), Baseline.read(INT8)
    fp16 = difference_pattern(run, "ir-fp16@f32")
    bf16 = pd.read_csv(BF16, index_col="sample")
    int8_drift = int8.scores_of("ir-int8@f32") - int8.scores_of("torch")
    spread = np.sqrt((np.e - 1) * np.e)
    return (
        Pattern("normal", lambda random, shape: random.normal(size=shape)),
        Pattern("exponential", lambda random, shape: random.exponential(size=shape) - 1),
        Pattern("log-normal, sigma 1", lambda random, shape: (random.lognormal(size=shape) - np.exp(0.5)) / spread),
        _measured("FP16 Alpha GRAD", fp16["alpha_grad"]),
        _measured("FP16 Foreground MSE", fp16["foreground_mse"]),
        _measured("bf16 Alpha MAD", bf16["alpha_mad"]),
        _measured("bf16 Alpha MSE", bf16["alpha_mse"]),
        _measured("int8 Alpha GRAD", int8_drift["alpha_grad"]),
        _measured("FP16 Alpha MAD", fp16["alpha_mad"], rare=True),
        _measured("FP16 Alpha MAD, mirrored", -fp16["alpha_mad"], rare=True),
        _measured("int8 Alpha MAD", int8_drift["alpha_mad"], rare=True),
    )


def _measured(name: str, drift: pd.Series, rare: bool = False) -> Pattern:
    values = drift.to_numpy(dtype=np.float64)
    values = (values - values.mean()) / values.std()
    return Pattern(name, lambda random, shape: values[random.integers(0, len(values), shape)], rare)

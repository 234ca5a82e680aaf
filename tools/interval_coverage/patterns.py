"""What differences are drawn from: distributions, and measured drift of converted models, resampled."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[2]
Floats = NDArray[np.float64]
DRIFT = Path(__file__).with_name("drift.csv")
"""Drift from `torch` on the 24 bundled people: FP16 inferred in f32, FP16 in bf16 (class avx512_bf16), int8 in f32."""


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
        OSError: the measured drift is not there.
    """
    drift = pd.read_csv(DRIFT, index_col=["form", "sample"])
    fp16, bf16, int8 = (drift.loc[form] for form in ("fp16", "bf16", "int8"))
    spread = np.sqrt((np.e - 1) * np.e)
    return (
        Pattern("normal", lambda random, shape: random.normal(size=shape)),
        Pattern("exponential", lambda random, shape: random.exponential(size=shape) - 1),
        Pattern("log-normal, sigma 1", lambda random, shape: (random.lognormal(size=shape) - np.exp(0.5)) / spread),
        _measured("FP16 Alpha GRAD", fp16["alpha_grad"]),
        _measured("FP16 Foreground MSE", fp16["foreground_mse"]),
        _measured("bf16 Alpha MAD", bf16["alpha_mad"]),
        _measured("bf16 Alpha MSE", bf16["alpha_mse"]),
        _measured("int8 Alpha GRAD", int8["alpha_grad"]),
        _measured("FP16 Alpha MAD", fp16["alpha_mad"], rare=True),
        _measured("FP16 Alpha MAD, mirrored", -fp16["alpha_mad"], rare=True),
        _measured("int8 Alpha MAD", int8["alpha_mad"], rare=True),
    )


def _measured(name: str, drift: pd.Series, rare: bool = False) -> Pattern:
    values = drift.to_numpy(dtype=np.float64)
    values = (values - values.mean()) / values.std()
    return Pattern(name, lambda random, shape: values[random.integers(0, len(values), shape)], rare)

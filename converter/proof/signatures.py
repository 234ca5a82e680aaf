"""Signatures of wrong inputs: how much of what a fault would do to the original is in a form's difference.

A scale of 256 for 255 moves a picture by less than int8's noise. But what it would do is known to the pixel: the
original itself, given such inputs, tells. The form's difference from the original is fitted with these signatures, by
least squares over all pixels: a form without the fault has none of it, one with the fault has all of it, and the noise
of a precision has nothing to do with either. A few samples, or one, tell the two apart.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from configs.errors import DataError
from converter.forms.proofs import Output, Share
from converter.proof.fitting import Floats, IntervalOf, estimates, gram, student_interval
from converter.proof.systematic import OPAQUE_FROM
from datasets.samples.sample import Prediction

HALF = 0.5
"""A share from here on, either way, is a fault: it is nearer to the whole fault than to none."""
INFORMATION = 0.02
"""A fault's own sum of squares over all samples from which on its share is told: noise of 0.03 moves it by 0.2."""


class Signature(NamedTuple):
    """A fault of inputs, by what the original gives with it.

    Attributes:
        prediction: of the original for the wrong inputs.
        output: where the fault shows: `foreground` for the source's values, `alpha` for the background's.
    """

    prediction: Prediction
    output: Output


class SignatureMeter:
    """Measures shares of faults sample by sample, holding no prediction; each sample with the same faults."""

    def __init__(self) -> None:
        self._grams: dict[Output, list[Floats]] = {"alpha": [], "foreground": []}
        self._faults: dict[Output, tuple[str, ...]] = {"alpha": (), "foreground": ()}

    def add(
        self,
        original: Prediction,
        converted: Prediction,
        signatures: Mapping[str, Signature],
        left_out: NDArray[np.bool_] | None = None,
    ) -> None:
        """Take the predictions for one sample.

        Args:
            original, converted: for the right inputs, of one size.
            signatures: by a name that completes "as if ...".
            left_out: (H, W), the pixels that do not count: those of cells refined otherwise.

        Raises:
            DataError: other faults than of the samples before.
        """
        counted = np.ones(original.alpha.shape, np.bool_) if left_out is None else ~left_out
        opaque = counted & (original.alpha > OPAQUE_FROM)
        for output in self._grams:
            faults = tuple(name for name, signature in signatures.items() if signature.output == output)
            if self._grams[output] and faults != self._faults[output]:
                raise DataError(f"signatures need the same faults for every sample, found {', '.join(faults)}")
            self._faults[output] = faults
            if not faults:
                continue
            mask = opaque if output == "foreground" else counted
            predictions = [*(signatures[name].prediction for name in faults), converted]
            rows = [(getattr(one, output) - getattr(original, output))[mask].ravel() for one in predictions]
            self._grams[output].append(gram(rows))

    def result(self, interval_of: IntervalOf = student_interval) -> tuple[Share, ...]:
        """Return the share of every fault, those of one output fitted together."""
        shares = []
        for output, faults in self._faults.items():
            if not faults:
                continue
            fits = estimates(self._grams[output], np.eye(len(faults)), interval_of, INFORMATION)
            for fault, fit in zip(faults, fits, strict=True):
                low, high = (None, None) if fit is None or fit.interval is None else fit.interval
                value = None if fit is None else fit.value
                shares.append(Share(fault=fault, output=output, value=value, low=low, high=high))
        return tuple(shares)


def check_signatures(shares: tuple[Share, ...], limit: float = HALF) -> list[str]:
    """Return the faults that the form has, in plain words; a fault that no sample can show is named too."""
    problems = []
    for share in shares:
        if share.value is None:
            problems.append(f"no sample can show whether it is as if {share.fault}")
        elif abs(share.value) >= limit:
            reverse = "" if share.value > 0 else "the reverse of this had been done: "
            problems.append(
                f"it is as if {reverse}{share.fault} ({share.value:.2f} of what that does to the original's "
                f"{share.output}, limit {limit:g})"
            )
    return problems

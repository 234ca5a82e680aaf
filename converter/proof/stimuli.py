"""Proof on the stimuli: every form is compared with the original on a battery that leaves nothing unseen.

The configured composites show what people look like; they leave parts of the frame and ranges of values out, and two
of them tell little. The battery of `datasets.stimuli` does not. On it a form is judged by its pixels as on composites
(`parity`), by every 8x8 block (`tiles`), and by what is systematic in its difference (`systematic`, `signatures`).
"""

from collections.abc import Iterator, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from configs.schema import HopTolerance
from converter.forms.proofs import StimuliProof
from converter.network import MattingNetwork
from converter.proof.alternatives import Matted
from converter.proof.counterfactual import distance_between
from converter.proof.limits import LIMITS, Precision, ProofLimits
from converter.proof.parity import ParityMeter, violations
from converter.proof.signatures import HALF, Signature, SignatureMeter, check_signatures
from converter.proof.systematic import SystematicMeter, check_systematic
from converter.proof.tiles import TileMeter, check_tiles, with_wider_limits
from converter.proof.wrong_inputs import reversals, small_faults
from converter.runners.base import Runner
from converter.runners.opening import open_runner
from converter.runners.original import Original
from datasets.samples.coverage import Coverage, CoverageMeter
from datasets.samples.sample import Prediction, Sample
from datasets.stimuli.battery import battery

ASKED = ("stimuli/hair-04", "stimuli/veil")
"""The stimuli for which the original is asked what wrong inputs would do: a figure that is bright in one channel and
dark in the others tells a scale from a mean; what is half-transparent tells of the plate."""
PLATE_TOLD: frozenset[Precision] = frozenset({"fp32", "fp16"})
"""Where a slightly wrong plate is told: at lower precisions it moves alpha by less than they do."""
MOST_DOUBLINGS = 14
"""So often the limits are doubled in search of those that a form would keep."""
NEARER = 0.5
"""A form looks like the original with wrong inputs if it is at most this share as far from that as from the original"""


class Stimuli:
    """The battery at a model's size, and what the original gives for it, each prediction made once.

    Args:
        original: what forms are compared with; not run before the first of them is.
        factor: by which every limit is widened.

    Raises:
        DataError: a file of the bundled people is missing or changed.
        UsageError: the size is too small for the battery.
    """

    def __init__(self, original: Original, factor: float = 1.0) -> None:
        self._original, self._factor = original, factor
        self._cell = original.architecture.cell
        size = original.contract.size
        self.samples: Sequence[Sample] = battery(size) if self._cell is None else battery(size, cell=self._cell)

    @cached_property
    def coverage(self) -> Coverage:
        """What the battery shows."""
        meter = CoverageMeter(self._original.contract.size)
        for sample in self.samples:
            meter.add(sample)
        return meter.coverage()

    @property
    def original_alphas(self) -> list[NDArray[np.float32]]:
        """The original's alpha for each stimulus, (H, W) float32, 0..1."""
        return [prediction.alpha for prediction in self._reference]

    def measure(self, runner: Runner, precision: Precision) -> StimuliProof:
        """Run a form over the battery.

        Args:
            runner: of the form.
            precision: by whose limits it is judged.
        """
        tiles = TileMeter(self.limits(precision).tiles, self._cell)
        parity, systematic, signatures = ParityMeter(len(self.samples), self._cell), SystematicMeter(), SignatureMeter()
        for sample, known, original in zip(self.samples, self._matted, self._reference, strict=True):
            converted = _predict(runner, sample)
            left_out = tiles.add(original, converted, known.states if known else None)
            parity.add(original, converted)
            systematic.add(original, converted, left_out, known.coarse_alpha if known else None)
            if sample.id in ASKED:
                faults = self._small_faults[sample.id]
                told = {text: fault for text, fault in faults.items() if self._tells(fault, precision)}
                signatures.add(original, converted, told, left_out)
        return StimuliProof(
            limits=precision,
            parity=parity.parity(),
            tiles=tiles.result(),
            systematic=systematic.result(),
            shares=signatures.result(),
        )

    def problems(self, proof: StimuliProof, precision: Precision, tolerance: HopTolerance) -> Iterator[str]:
        """Yield in words what is beyond a limit: tiles with their place first."""
        yield from self._beyond(proof, precision, self._factor)
        yield from violations(proof.parity, tolerance)

    def accepting_factor(self, proof: StimuliProof, precision: Precision) -> float | None:
        """Return a factor by which the limits must be widened for a form to pass; None where none is sensible."""
        factors = (self._factor * 2**doublings for doublings in range(MOST_DOUBLINGS + 1))
        return next((factor for factor in factors if not [*self._beyond(proof, precision, factor)]), None)

    def _beyond(self, proof: StimuliProof, precision: Precision, factor: float) -> Iterator[str]:
        family = self._family_factor(precision)
        limits = LIMITS[precision].widened(factor * family)
        # The worst block is the worst in terms of its limit, and stays it where every limit is widened alike.
        tiles = with_wider_limits(proof.tiles, factor / self._factor)
        yield from check_tiles(tiles, limits.tiles, [sample.id for sample in self.samples])
        yield from check_systematic(proof.systematic, limits.systematic)
        # What no stimulus can show of a network, such as one that ignores its plate, is no fault of a form.
        told = tuple(share for share in proof.shares if share.value is not None)
        yield from check_signatures(told, HALF * max(1.0, factor * family) ** 0.5)

    def looks_like(self, runner: Runner) -> str | None:
        """Say as what a form that has failed looks: as if channels were reversed somewhere; None where not."""
        sample = self._asked[0]
        with open_runner(self._original) as original:
            right = _predict(original, sample)
            wrong = reversals(original, self._original.network, sample)
        converted = _predict(runner, sample)
        distances = {name: distance_between(converted, prediction) for name, prediction in wrong.items()}
        nearest = min(distances, key=lambda name: distances[name])
        return nearest if distances[nearest] <= NEARER * distance_between(converted, right) else None

    def _tells(self, fault: Signature, precision: Precision) -> bool:
        plates = self._original.contract.output("foreground") is not None and fault.output == "alpha"
        return not plates or precision in PLATE_TOLD

    @property
    def _asked(self) -> list[Sample]:
        return [sample for sample in self.samples if sample.id in ASKED]

    def limits(self, precision: Precision) -> ProofLimits:
        """Return the limits of a precision, widened by the factor."""
        return LIMITS[precision].widened(self._factor * self._family_factor(precision))

    def _family_factor(self, precision: Precision) -> float:
        return self._original.architecture.stimuli_factors.get(precision, 1.0)

    @cached_property
    def _matted(self) -> list[Matted | None]:
        network = self._original.network
        if not isinstance(network, MattingNetwork):
            return [None] * len(self.samples)
        return [Matted.of(network, sample.source, sample.plate) for sample in self.samples]

    @cached_property
    def _reference(self) -> list[Prediction]:
        with open_runner(self._original) as runner:
            pairs = zip(self.samples, self._matted, strict=True)
            return [_predict(runner, sample) if known is None else known.prediction() for sample, known in pairs]

    @cached_property
    def _small_faults(self) -> dict[str, dict[str, Signature]]:
        with open_runner(self._original) as runner:
            return {sample.id: small_faults(runner, sample) for sample in self._asked}


def limits_for(hop: str, runner: Runner) -> Precision:
    """Return the precision by whose limits the form made by `hop` is judged where `runner` runs it."""
    reduced = runner.inference_precision in ("bf16", "f16")
    if runner.precision == "int8":
        return "int8-bf16" if reduced else "int8"
    if reduced:
        return "bf16"
    return "fp16" if hop == "ir-fp16" else "fp32"


def _predict(runner: Runner, sample: Sample) -> Prediction:
    # Each stimulus is a clip of its own: none follows another.
    runner.start_clip()
    return runner.predict(sample.images)

"""The ways on after a form has failed its proof: which key accepts it, and which precisions keep the rest."""

import math
from collections.abc import Iterator, Mapping, Sequence

from configs.schema import HopTolerance, ParitySection
from converter.forms.proofs import Counterfactuals, Parity, Recurrence, StimuliProof
from converter.forms.record import ir_hop, is_ir
from converter.proof.counterfactual import DECLARED

_KEY = "convert.parity"


def ways_to_accept(
    settings: ParitySection,
    key: str,
    tolerance: HopTolerance,
    proofs: Mapping[str, object],
    factor: float | None = None,
) -> Iterator[str]:
    """Yield what would accept a form that has failed, a sentence each, with the full keys of the configuration.

    Args:
        settings: by which the form was judged.
        key: of `convert.parity.tolerances` that is in force where the form ran.
        tolerance: its figures.
        proofs: by name, of those that have failed; a contract that is wrong can be accepted by no key.
        factor: by which the limits of the stimuli must be widened, where it is known.
    """
    parities = [proof for proof in proofs.values() if isinstance(proof, Parity)]
    parities += [proof.parity for proof in proofs.values() if isinstance(proof, StimuliProof)]
    clips = [proof for proof in proofs.values() if isinstance(proof, Recurrence)]
    parities += [parity for proof in clips for parity in (proof.first, proof.later)]
    needed = _needed(parities, tolerance)
    if needed != tolerance:
        figures = ", ".join(f"{name}: {value:g}" for name, value in needed.model_dump(exclude_none=True).items())
        yield f"to accept this difference set `{_KEY}.tolerances.{key}` to {{{figures}}} in the configuration"
    now = settings.stimuli_factor
    if any(isinstance(proof, StimuliProof) for proof in proofs.values()) and factor != now:
        wider = f"above {now:g}" if factor is None else f"to {factor:g}, from {now:g}"
        yield (
            f"to widen all limits of the stimuli set `{_KEY}.stimuli_factor` {wider}; "
            f"`{_KEY}.stimuli: false` leaves them out"
        )
    for proof in proofs.values():
        if isinstance(proof, Counterfactuals) and proof.distances[DECLARED] == min(proof.distances.values()):
            yield (
                f"to ask for a smaller margin of the contract lower `{_KEY}.counterfactual_margin` from "
                f"{settings.counterfactual_margin:g}"
            )


def ways_to_keep(precisions: Sequence[str], hop: str) -> str:
    """Return which precisions keep what was proved, and which leave out only the hop that has failed its proof."""
    if not is_ir(hop):
        return "no model was written: every IR is made of this form"
    hops = [ir_hop(precision) for precision in precisions]
    place = hops.index(hop)
    before, after = precisions[:place], precisions[place + 1 :]
    if not (before or after):
        other = next(precision for precision in ("fp32", "fp16") if ir_hop(precision) != hop)
        return f"no model was written: {hop} is the only IR asked for; `--precisions {other}` makes another"
    told = []
    if before:
        proved = ", ".join(("onnx", "onnx-simplified", *hops[:place]))
        told.append(f"{proved} were proved: `--precisions {','.join(before)}` (convert.precisions) keeps them")
    if after:
        rest = ",".join((*before, *after))
        told.append(f"`--precisions {rest}` leaves out {hop} alone, and tries {', '.join(hops[place + 1 :])} too")
    return f"no model was written; {'; '.join(told)}"


def _needed(parities: Sequence[Parity], tolerance: HopTolerance) -> HopTolerance:
    """Return the tolerance with each figure that is exceeded raised to what was found."""
    differences = [each for parity in parities for each in (parity.alpha, parity.foreground) if each is not None]
    cells = [parity.cells for parity in parities if parity.cells is not None]
    return HopTolerance(
        mean=_raised(tolerance.mean, [difference.mean for difference in differences]),
        quantile=_raised(tolerance.quantile, [difference.quantile for difference in differences]),
        cells=None if tolerance.cells is None else min(1.0, _raised(tolerance.cells, cells)),
    )


def _raised(limit: float, found: Sequence[float]) -> float:
    largest = max(found, default=0.0)
    if largest <= limit:
        return limit
    step = 10.0 ** (math.floor(math.log10(largest)) - 1)
    return float(f"{math.ceil(largest / step * (1 + 1e-9)) * step:.2g}")

"""How exactly the fast graph is the reference: both run by PyTorch, on the same images.

Rounding differs between them, so that a cell whose predicted error nearly ties with the last one chosen may be chosen
by one and not by the other, which is a large difference in one place and says nothing of the rewrites. The outputs are
therefore compared with the reference refining the cells that the fast graph has chosen, and cells chosen otherwise
are counted beside it.
"""

import copy
from typing import NamedTuple

import torch
from torch import Tensor

from converter.fast import FastNetwork
from converter.network import MattingNetwork


class Exactness(NamedTuple):
    """Largest |difference| of the outputs, and of the predicted error, in 0..1 units; cells chosen, and otherwise.

    `alpha` and `foreground` are compared where both refine the same cells. `swapped` counts cells that only one of the
    two chooses by itself.
    """

    alpha: float
    foreground: float
    error: float
    cells: int
    swapped: int


def measure_exactness(network: MattingNetwork, fast: FastNetwork, source: Tensor, background: Tensor) -> Exactness:
    """Compare both forms on images (1, 3, H, W), RGB 0..1, of the networks' element type."""
    with torch.inference_mode():
        found, alone = fast(source, background), network(source, background)
        swapped = int((found.ref_sm != alone.ref_sm).sum())
        expected = _with_cells(network, found.ref_sm)(source, background) if swapped else alone
    return Exactness(
        alpha=float((found.pha - expected.pha).abs().max()),
        foreground=float((found.fgr - expected.fgr).abs().max()),
        error=float((found.err_sm - expected.err_sm).abs().max()),
        cells=int(alone.ref_sm.sum()),
        swapped=swapped,
    )


def _with_cells(network: MattingNetwork, cells: Tensor) -> MattingNetwork:
    """Return the network refining `cells` whatever the error."""
    result = copy.deepcopy(network)
    result.refiner.choose_cells = lambda error: cells.to(error.dtype)  # type: ignore[method-assign]
    return result

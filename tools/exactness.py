"""Print how exactly the fast graph is the reference, by size, images and cells, as a table.

    python -m tools.exactness                      # everything, some minutes
    python -m tools.exactness --sizes 640x480 --seeds 1

Both forms of the bundled checkpoint are run by PyTorch in float32, on composites of the bundled people and on random
noise of several seeds, which is nearer to a worst case. `mattekit convert` proves the converted forms by itself.

Both round differently. A cell whose predicted error nearly ties with the last one chosen may be chosen by one form and
not by the other, which is a large difference in one place and says nothing of the rewrites. So the reference refines
the cells that the fast graph has chosen when outputs are compared, and cells chosen otherwise are counted.
"""

import argparse
import copy
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from configs.schema import DatasetSection, ModelSection
from configs.sizes import WRITTEN, read_size
from converter.fast import FastNetwork, fast_network
from converter.network import MattingNetwork
from converter.network.checkpoint import load_network
from datasets.bundled.sets import bundled_samples
from tools.command_line import run

SIZES = "640x480,1280x720,1920x1080,1028x288"
COMPOSITES = 2


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default=SIZES, help=f"{WRITTEN}, comma-separated")
    parser.add_argument("--seeds", type=int, default=2, help="how many seeds of noise")
    parser.add_argument("--composites", type=int, default=COMPOSITES, help="how many composites")
    options = parser.parse_args()
    print("| Size | Images | Cells asked for | chosen | chosen otherwise | alpha | foreground | error |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for text in options.sizes.split(","):
        size = height, width = read_size(text)
        network = load_network(ModelSection())
        for name, source, background in images(size, options.composites, options.seeds):
            for asked in (1, 5000, height * width // 16):
                network.refiner.sample_pixels = 16 * asked
                result = measure_exactness(network, fast_network(network, size), source, background)
                print(
                    f"| {text} | {name} | {asked:,} | {result.cells:,} | {result.swapped} | {result.alpha:.1e} "
                    f"| {result.foreground:.1e} | {result.error:.1e} |",
                    flush=True,
                )


def images(size: tuple[int, int], composites: int, seeds: int) -> Iterator[tuple[str, Tensor, Tensor]]:
    """Yield a name, source and background, (1, 3, H, W), RGB 0..1."""
    for sample in bundled_samples(DatasetSection(), size, composites):
        yield sample.id, fitted(sample.source, size), fitted(sample.plate, size)
    for seed in range(1, seeds + 1):
        generator = torch.Generator().manual_seed(seed)
        background = torch.rand(1, 3, *size, generator=generator)
        source = background.clone()
        rows, columns = slice(size[0] // 4, None), slice(size[1] // 3, 2 * size[1] // 3)
        source[:, :, rows, columns] = torch.rand(source[:, :, rows, columns].shape, generator=generator)
        yield f"noise {seed}", source, background


def fitted(image: NDArray[np.uint8], size: tuple[int, int]) -> Tensor:
    """Return (H, W, 3) uint8 as (1, 3, *size), 0..1."""
    tensor = torch.from_numpy(image.astype(np.float32) / 255).permute(2, 0, 1)[None]
    return torch.nn.functional.interpolate(tensor, size=size, mode="bilinear", align_corners=False)


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


if __name__ == "__main__":
    run(main)

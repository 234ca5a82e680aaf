"""Draw where a set shows a model something: `python -m tools.coverage_picture people OUT.png`.

The set is `people` (the 24 that are bundled), `people+copies`, `synthetic`, `stimuli`, or the folder of a set. Each map
tells how much of each 16x16 tile was opaque, half-transparent, hair-like or empty, on average over the samples; red
tiles count as never seen so. Below stands what `datasets.samples.gaps` says. Needs matplotlib.
"""

import argparse
import itertools
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.colors import LogNorm
from numpy.typing import NDArray

from configs.load import DEFAULT_CONFIG, load_config
from datasets.people.copies import copied_people
from datasets.people.pack import open_pack
from datasets.people.person import people_sample
from datasets.samples.coverage import CELL, EMPTY, KINDS, OPAQUE, TILE, Coverage, CoverageMeter, hair_like
from datasets.samples.gaps import gaps
from datasets.samples.layout import iterate, open_set
from datasets.samples.sample import Sample
from datasets.stimuli.battery import stimuli
from datasets.synthetic.generate import synthetic_sample

TITLES = {"opaque": "opaque", "partial": "half-transparent", "edges": "hair-like edges", "empty": "empty"}
LEAST = 1e-3
"""The share at which a map's colours begin; less is drawn as that, unless it counts as never seen."""
NEVER = "#d62728"
Shares = NDArray[np.float64]


def samples_of(name: str) -> Iterator[Sample]:
    """Return the samples of a set that is named, or lies in a folder."""
    dataset = load_config(DEFAULT_CONFIG).dataset
    if name == "stimuli":
        return stimuli(dataset.size)
    if name == "synthetic":
        return (synthetic_sample(dataset.seed, index, dataset.size) for index in range(dataset.count))
    if name in ("people", "people+copies"):
        pack = open_pack()
        people = (people_sample(pack, sample, "exact", dataset.seed) for sample in pack.record.samples)
        return itertools.chain(people, copied_people(pack, "exact", dataset.seed) if name == "people+copies" else ())
    return iterate(open_set(Path(name)))


def measured(samples: Iterable[Sample]) -> tuple[Coverage, dict[str, Shares]]:
    """Return the coverage in the frame of the first sample, and each kind's share of each tile, over the samples."""
    samples = iter(samples)
    first = next(samples)
    meter, sums = CoverageMeter(first.size), dict[str, Shares]()
    for sample in itertools.chain([first], samples):
        meter.add(sample)
        alpha = sample.alpha
        if sample.size != first.size:
            raise SystemExit(f"{sample.id}: is {sample.size}, {first.id} is {first.size}; expected one size")
        opaque, empty = alpha >= OPAQUE, alpha <= EMPTY
        for kind, seen in (("opaque", opaque), ("partial", ~opaque & ~empty), ("empty", empty)):
            sums[kind] = sums.get(kind, np.float64(0)) + _tiled(seen, TILE)
        sums["edges"] = sums.get("edges", np.float64(0)) + _tiled(hair_like(alpha), TILE // CELL)
    return meter.coverage(), {kind: total / meter.samples for kind, total in sums.items()}


def _tiled(seen: NDArray[np.bool_], side: int) -> Shares:
    height, width = seen.shape
    padded = np.pad(seen, ((0, -height % side), (0, -width % side)), mode="edge")
    tiles = padded.reshape(padded.shape[0] // side, side, -1, side)
    return np.asarray(tiles.mean(axis=(1, 3)), np.float64)


def draw(name: str, coverage: Coverage, shares: dict[str, Shares], out: Path) -> None:
    """Write the picture."""
    height, width = coverage.size
    lines = textwrap.wrap("not seen: " + "; ".join(gaps(coverage) or ["nothing"]), 115)
    figure_height = 8.6 * height / width + 1.2 + 0.2 * len(lines)
    figure, axes = plt.subplots(2, 2, figsize=(10, figure_height), layout="constrained")
    colours = mpl.colormaps["viridis"].with_extremes(bad=NEVER)
    for axis, kind in zip(axes.flat, KINDS, strict=True):
        seen = coverage.seen(kind)
        drawn = np.ma.masked_array(np.maximum(shares[kind], LEAST), ~seen)
        image = axis.imshow(drawn, cmap=colours, norm=LogNorm(LEAST, 1), extent=(0, width, height, 0))
        axis.set_title(f"{TITLES[kind]}: {100 * seen.mean():.1f} % of the tiles seen", fontsize=10)
        axis.tick_params(labelsize=7)
    figure.colorbar(image, ax=axes, shrink=0.6, label="share of the tile, mean over the samples; red: never")
    figure.suptitle("\n".join([f"{name}, {coverage.samples} samples", *lines]), fontsize=9)
    figure.savefig(out, dpi=100)
    plt.close(figure)


def main(arguments: list[str] | None = None) -> None:
    """Measure and draw a set."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("set", help="people, people+copies, synthetic, stimuli, or a folder")
    parser.add_argument("out", type=Path, help="the picture, such as coverage.png")
    options = parser.parse_args(arguments)
    mpl.use("Agg")
    coverage, shares = measured(samples_of(options.set))
    draw(options.set, coverage, shares, options.out)
    print("\n".join(gaps(coverage) or ["no gap"]))


if __name__ == "__main__":
    main()

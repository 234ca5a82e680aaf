"""Draw where IRs differ from the network in PyTorch: `python -m tools.error_maps LABEL=model.xml ... --out maps.jpg`.

For bf16, where OpenVINO infers in it (`mattekit doctor` says), with `make published-recipe` done before:

    python -m tools.error_maps --precision bf16 "published recipe=models/published-recipe/fp16/model.xml" \\
        "mattekit=models/background-matting-mobilenetv2/fp16/model.xml" --out docs/error-maps-bf16.jpg

On other CPUs --precision bf16 is an error. Needs matplotlib (`make install`).
"""

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.colors import LogNorm
from numpy.typing import NDArray

from configs.errors import UsageError
from configs.load import DEFAULT_CONFIG, load_config
from configs.schema import Config, InferencePrecision
from converter.architectures.background_matting_v2 import CELL
from converter.forms.variant import FormFile
from converter.proof.parity import CELL_DIFFERS, cells_of, parity_samples
from converter.runners.opening import open_runner
from converter.runners.original import open_original
from datasets.samples.sample import Pair
from tools.command_line import run

LOWEST, HIGHEST = 1e-6, 1.0
QUALITY = 85


@dataclass(frozen=True, slots=True, eq=False)
class ErrorMap:
    """|alpha difference| of one IR from the network in PyTorch, (H, W), and the precision that ran."""

    label: str
    precision: str
    difference: NDArray[np.float32]

    @property
    def title(self) -> str:
        """Return what the map shows, in figures."""
        cells = count_cells(self.difference, CELL_DIFFERS)
        return (
            f"{self.label}, ran in {self.precision}\n"
            f"mean {self.difference.mean(dtype=np.float64):.2g}, 99.9 % {np.quantile(self.difference, 0.999):.2g}, "
            f"max {self.difference.max():.2g}; {cells} cells off by > {CELL_DIFFERS:g}"
        )


def count_cells(difference: NDArray[np.float32], limit: float) -> int:
    """Return the number of 4x4 cells in which any of (H, W) is more than `limit`."""
    return int((cells_of(difference, CELL).max(axis=(1, 3)) > limit).sum())


def measure(
    config: Config, models: list[tuple[str, Path]], precision: InferencePrecision, index: int
) -> tuple[Pair, NDArray[np.float32], list[ErrorMap]]:
    """Run the network in PyTorch and every IR on one sample; return the sample, PyTorch's alpha, and the maps.

    Raises:
        UsageError: OpenVINO cannot run this precision here, or the set has no such sample.
    """
    forms = [(label, open_runner(FormFile(path, precision=precision))) for label, path in models]
    size = forms[0][1].contract.size
    samples = parity_samples(config.dataset, size, index + 1)
    if len(samples) <= index:
        raise UsageError(f"--sample: the set has {len(samples)} samples, found {index}")
    sample = samples[index]
    with open_runner(open_original(config.model, size)) as reference:
        alpha = reference.predict(sample.images).alpha
    maps = []
    for label, form in forms:
        difference = np.abs(form.predict(sample.images).alpha - alpha)
        maps.append(ErrorMap(label, form.inference_precision, difference))
    return sample, alpha, maps


def draw(sample: Pair, alpha: NDArray[np.float32], maps: list[ErrorMap], out: Path) -> None:
    """Draw source, PyTorch's alpha and the maps, two in a row, on one logarithmic scale."""
    rows = 1 + (len(maps) + 1) // 2
    figure, axes = plt.subplots(rows, 2, figsize=(10.4, 3.25 * rows), layout="constrained", squeeze=False)
    for axis in axes.flat:
        axis.axis("off")
    axes[0, 0].imshow(sample.source)
    axes[0, 0].set_title(f"source, {sample.id}", fontsize=9)
    axes[0, 1].imshow(alpha, cmap="gray", vmin=0, vmax=1)
    axes[0, 1].set_title("alpha in PyTorch, f32", fontsize=9)
    colours = mpl.colormaps["inferno"].with_extremes(under="black")
    for axis, entry in zip(axes[1:].flat, maps, strict=False):
        # A logarithm leaves zeros out: they are drawn as less than the scale's lowest.
        shown = axis.imshow(np.maximum(entry.difference, LOWEST / 2), cmap=colours, norm=LogNorm(LOWEST, HIGHEST))
        axis.set_title(entry.title, fontsize=9)
    bar = figure.colorbar(shown, ax=axes[1:].ravel().tolist(), fraction=0.03, pad=0.01, extend="min")
    bar.set_label("|alpha difference| from PyTorch", fontsize=9)
    figure.savefig(out, dpi=100, pil_kwargs={"quality": QUALITY} if out.suffix == ".jpg" else {})
    plt.close(figure)


def named_model(text: str, example: str = "model.xml") -> tuple[str, Path]:
    """Read `LABEL=PATH`, or a path alone, which is its own label; it has the suffix of `example`.

    Raises:
        UsageError: it has another one.
    """
    label, equals, place = text.rpartition("=")
    path = Path(place)
    if path.suffix != Path(example).suffix:
        raise UsageError(f"expected a model such as {example} or LABEL={example}, found {text!r}")
    return (label if equals else path.as_posix()), path


def require_picture(option: str, path: Path) -> None:
    """Raise `UsageError` unless a picture of this name can be drawn."""
    if path.suffix not in (".jpg", ".png"):
        raise UsageError(f"{option}: expected a .jpg or .png, found {path}")


def main() -> None:
    """Draw the maps."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="+", metavar="LABEL=XML", help="IRs of the configured checkpoint")
    parser.add_argument("--precision", choices=get_args(InferencePrecision), default="f32", help="to infer at")
    parser.add_argument("--config", type=Path, default=DEFAULT_CONFIG, help="names the checkpoint and the set")
    parser.add_argument("--sample", type=int, default=0, help="which sample of the set, from 0")
    parser.add_argument("--out", type=Path, required=True, help="the picture, .jpg or .png")
    arguments = parser.parse_args()
    require_picture("--out", arguments.out)
    models = [named_model(text) for text in arguments.models]
    sample, alpha, maps = measure(load_config(arguments.config), models, arguments.precision, arguments.sample)
    draw(sample, alpha, maps, arguments.out)
    for entry in maps:
        print(entry.title.replace("\n", ": "))
    print(arguments.out)


if __name__ == "__main__":
    mpl.use("Agg")
    run(main)

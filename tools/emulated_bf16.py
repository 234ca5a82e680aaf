"""Measure what bf16 inference does to converted forms on a CPU without bfloat16, by emulation (see `bf16_onnx.py`).

    make published-recipe convert
    python -m tools.emulated_bf16 "published recipe=models/published-recipe/recipe.onnx" \\
        "mattekit=models/background-matting-mobilenetv2/model.onnx" --picture docs/error-maps-bf16.jpg

Prints the drift of every metric from the network in PyTorch on the configured set, with its 95 % interval, and how many
refined cells are off. Where OpenVINO infers in bf16 itself (`mattekit doctor` says), measure the IRs instead:
`mattekit evaluate --variants torch,ir-fp16@bf16`, and `python -m tools.error_maps --precision bf16` for the picture.
"""

import argparse
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import matplotlib as mpl
import numpy as np
from numpy.typing import NDArray

from configs.errors import DataError
from configs.load import DEFAULT_CONFIG, load_config
from configs.schema import Config
from converter.forms.contract import Contract
from converter.proof.parity import parity_samples
from converter.runners.base import Runner
from converter.runners.onnx_runtime import OnnxRunner
from converter.runners.opening import open_runner
from converter.runners.original import open_original
from converter.steps.onnx_file import read_onnx
from datasets.samples.sample import Sample
from eval.metrics.scoring import Scorer
from eval.presentation.formatting import markdown_table, signed, span
from eval.run.figures import drift_of, summarise
from eval.run.scores import ScoreRow, score_table, scores_of
from tools.bf16_onnx import emulate_bf16
from tools.command_line import run, with_progress
from tools.error_maps import ErrorMap, count_cells, draw, named_model, require_picture

ORIGINAL = "torch"
PRECISION = "bf16, emulated"
OFF = 0.02


class EmulatedRunner(OnnxRunner):
    """An ONNX of the network, run as if in bf16.

    Args:
        path: the ONNX.
        contract: of the network, for a file that carries none.
        emulated: where the file goes that emulates.
    """

    precision = PRECISION

    def __init__(self, path: Path, contract: Contract, emulated: Path) -> None:
        emulated.write_bytes(emulate_bf16(read_onnx(path)).SerializeToString())
        super().__init__(emulated, contract)


def measure(config: Config, models: Sequence[tuple[str, Path]], picture: Path | None) -> str:
    """Run PyTorch and the emulated forms on the configured set; return the table; draw the first sample's errors."""
    size = config.convert.size
    original = open_original(config.model, size)
    pairs = parity_samples(config.dataset, size, config.dataset.count)
    samples = [pair for pair in pairs if isinstance(pair, Sample)]
    if len(samples) < len(pairs):
        raise DataError(f"{config.dataset.path}: has no ground truth, which this table is measured against")
    rows: list[ScoreRow] = []
    cells: dict[str, int] = {}
    with ExitStack() as stack:
        work = Path(stack.enter_context(TemporaryDirectory()))
        runners: dict[str, Runner] = {ORIGINAL: stack.enter_context(open_runner(original))}
        for index, (label, path) in enumerate(models):
            emulated = work / f"{index}.onnx"
            runners[label] = stack.enter_context(EmulatedRunner(path, original.contract, emulated))
        for sample in with_progress(samples, "inferring"):
            alpha, maps = _run(sample, runners, rows)
            for entry in maps:
                cells[entry.label] = cells.get(entry.label, 0) + count_cells(entry.difference, OFF)
            if picture is not None and sample is samples[0]:
                draw(sample, alpha, maps, picture)
    return _table(rows, cells, len(samples))


def _run(
    sample: Sample, runners: dict[str, Runner], rows: list[ScoreRow]
) -> tuple[NDArray[np.float32], list[ErrorMap]]:
    """Score every form on one sample; return the original's alpha and the others' difference from it."""
    predictions = {name: runner.predict(sample.images) for name, runner in runners.items()}
    for name, prediction in predictions.items():
        rows.append(ScoreRow(sample.id, name, Scorer(name).score(sample, prediction)))
    alpha = predictions[ORIGINAL].alpha
    return alpha, [
        ErrorMap(name, PRECISION, np.abs(prediction.alpha - alpha))
        for name, prediction in predictions.items()
        if name != ORIGINAL
    ]


def _table(rows: list[ScoreRow], cells: dict[str, int], samples: int) -> str:
    table = score_table(rows)
    original = scores_of(table, ORIGINAL)
    before = summarise(original)
    lines = []
    for name in cells:
        for record in drift_of(original, scores_of(table, name), name):
            interval = "-" if record.interval is None else span(record.interval.low, record.interval.high)
            off = f"{cells[name] / samples:,.0f}"
            value = f"{before[record.metric].mean:.3f}"
            lines.append((name, record.metric, value, signed(record.mean), interval, off))
    header = ("Form", "Metric", "PyTorch, f32", "Drift", "95 %", f"Cells of a sample off by > {OFF:g}")
    return markdown_table(header, lines, right=(2, 3, 5))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", metavar="LABEL=ONNX", help="forms of the configured checkpoint")
    parser.add_argument("--config", type=Path, default=DEFAULT_CONFIG, help="names the checkpoint and the set")
    parser.add_argument("--picture", type=Path, help="draw the errors on the set's first sample, .jpg or .png")
    arguments = parser.parse_args()
    if arguments.picture is not None:
        require_picture("--picture", arguments.picture)
    models = [named_model(text, "model.onnx") for text in arguments.models]
    print(measure(load_config(arguments.config), models, arguments.picture))


if __name__ == "__main__":
    mpl.use("Agg")
    run(main)

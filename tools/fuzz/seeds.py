"""Valid files of every kind that a reader takes, small and made anew: what the fuzzing breaks."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from PIL import Image
from safetensors.torch import save_file

from configs.load import config_from_dict
from configs.sizes import size_text
from converter.convert import convert
from datasets.synthetic.make import synthesize
from eval.gate.baseline import baseline_from
from eval.run.stored import read_run, run_like, write_run

SIZE = (64, 96)
SAMPLES = 3
RUN = Path("reports/example")
PICTURES = ("rgb.png", "rgba.png", "palette.png", "deep.png", "oriented.jpg")
CHECKPOINTS = ("state.pth", "state.safetensors", "legacy.pth")


@dataclass(frozen=True, slots=True)
class Seeds:
    """Where the valid files lie: a stored run, a set, a converted model folder, pictures, checkpoints."""

    work: Path
    run: Path
    sample_set: Path
    models: Path
    pictures: tuple[Path, ...]
    checkpoints: tuple[Path, ...]


def make_seeds(work: Path) -> Seeds:
    """Write them all into the folder `work`, which is there and empty."""
    _write_run(work)
    (work / "credits").mkdir()
    synthesize(work / "set", 2, 1, SIZE, workers=1)
    _write_models(work)
    _write_pictures(work)
    _write_checkpoints(work)
    return seeds_in(work)


def seeds_in(work: Path) -> Seeds:
    """Return what `make_seeds` wrote into a folder, which may have been copied since."""
    pictures, checkpoints = (tuple(work / name for name in names) for names in (PICTURES, CHECKPOINTS))
    return Seeds(work, work / "run", work / "set", work / "models", pictures, checkpoints)


def state_dict() -> dict[str, torch.Tensor]:
    """Return what the checkpoints hold."""
    return {"weight": torch.ones(2, 3), "bias": torch.zeros(2), "count": torch.tensor(3)}


def _write_run(work: Path) -> None:
    """Write what the committed run would have been on its first samples, and the baseline that would be made of it."""
    whole = read_run(RUN)
    few = set(whole.table.index.unique("sample")[:SAMPLES])
    run = run_like(whole.results, whole.table[[sample in few for _, sample in whole.table.index]])
    write_run(work / "run", run)
    for name in ("gate.json", "attribution.json"):
        shutil.copyfile(RUN / name, work / "run" / name)
    baseline_from(run, "seed", "2026-01-01T00:00:00+00:00", None).write(work / "baseline.json")


def _write_pictures(work: Path) -> None:
    rng = np.random.default_rng(1)
    rgba = rng.integers(0, 256, (9, 7, 4), dtype=np.uint8)
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "taken"
    paths = [work / name for name in PICTURES]
    Image.fromarray(rgba[..., :3]).save(paths[0])
    Image.fromarray(rgba).save(paths[1])
    Image.fromarray(rgba[..., :3]).quantize(8).save(paths[2], transparency=0)
    Image.fromarray(rng.integers(0, 1 << 16, (9, 7), dtype=np.uint16)).save(paths[3])
    Image.fromarray(rgba[..., :3]).save(paths[4], exif=exif)


def _write_checkpoints(work: Path) -> None:
    paths, state = [work / name for name in CHECKPOINTS], state_dict()
    torch.save(state, paths[0])
    save_file(state, paths[1])
    torch.save(state, paths[2], _use_new_zipfile_serialization=False)


def _write_models(work: Path) -> None:
    """Convert a network of a few nodes, with the published tensors' names and free sides."""

    def value(name: str, channels: int) -> Any:
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, channels, "height", "width"])

    weights = np.array([3.0, 1.5, 0.5, -3.0, -1.5, -0.5], np.float32).reshape(1, 6, 1, 1)
    constants = {"weights": weights, "gain": np.float32(0.9), "zero": np.float32(0), "one": np.float32(1)}
    nodes = [
        helper.make_node("Concat", ["src", "bgr"], ["both"], axis=1),
        helper.make_node("Conv", ["both", "weights"], ["difference"]),
        helper.make_node("Abs", ["difference"], ["distance"]),
        helper.make_node("Clip", ["distance", "zero", "one"], ["pha"]),
        helper.make_node("Mul", ["src", "gain"], ["dimmed"]),
        helper.make_node("Clip", ["dimmed", "zero", "one"], ["fgr"]),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [value("src", 3), value("bgr", 3)],
        [value("pha", 1), value("fgr", 3)],
        [numpy_helper.from_array(np.asarray(array), name) for name, array in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    source, out = work / "tiny.onnx", work / "models"
    onnx.save(model, source)
    sections = {
        "model": {"onnx": str(source)},
        "convert": {"size": size_text(SIZE), "out": str(out), "parity": {"samples": 1, "stimuli": False}},
        "dataset": {"path": "synthetic", "count": 1, "size": size_text(SIZE)},
    }
    convert(config_from_dict(sections, "fuzzing"), say=lambda _: None)

"""The jobs that are killed: every verb that writes, as small as it can be, and how to tell that its result is whole."""

import filecmp
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import yaml

from configs.errors import MattekitError
from configs.files import sha256_of
from configs.sizes import size_text
from configs.temporaries import is_temporary
from converter.forms.record import Conversion, check_files
from datasets.making.sets import damage
from datasets.samples.images import write_png
from datasets.samples.layout import open_set
from eval.attribution.record import Attribution
from eval.bench.record import BenchRecord
from eval.gate.output import GateRecord
from eval.run.stored import read_run
from tools.kills.job import Job
from training.bank import map_bank

ROOT = Path(__file__).resolve().parents[2]
SIZE = (96, 160)
SMALL = {"size": size_text(SIZE), "precisions": ["fp32"], "parity": {"samples": 1, "stimuli": False}}


def write_inputs(work: Path) -> Path:
    """Write what the jobs start from: a configuration, a recipe, pictures. Return the configuration's path."""
    write_original(work)
    job = {
        "extends": str(ROOT / "configs/ci.yaml"),
        "model": {"checkpoint": None, "onnx": str(work / "original.onnx")},
        "convert": {"out": str(work / "models/small"), **SMALL},
        "dataset": {"path": str(work / "data/set")},
        "evaluate": {"variants": ["onnx", "ir-fp32@f32"], "worst": 1},
    }
    (work / "job.yaml").write_text(yaml.safe_dump(job), encoding="utf-8")
    stage = {"batch": 2, "learning_rate": 1e-3, "warmup": 1, "frame": [32, 32], "zoom": 0.4, "train": "base"}
    recipe = {
        "seed": 3,
        "weight_decay": 0.01,
        "average_decay": 0.5,
        "bank": {"seed": 1000, "foregrounds": 4, "backgrounds": 2, "size": list(SIZE)},
        "stages": [{**stage, "name": "coarse", "iterations": 6}],
    }
    (work / "recipe.yaml").write_text(yaml.safe_dump(recipe), encoding="utf-8")
    random = np.random.default_rng(1)
    for index in range(12):
        picture = random.integers(0, 256, (*SIZE, 4), np.uint8)
        picture[..., 3] = 0
        picture[20:80, 40:120, 3] = 255
        write_png(work / f"raw/people/{index}.png", picture)
        write_png(work / f"raw/places/{index}.png", random.integers(0, 256, (*SIZE, 3), np.uint8))
    return work / "job.yaml"


def write_original(work: Path) -> None:
    """Write the bundled network as a small ONNX, from which a conversion takes seconds; once."""
    if (work / "original.onnx").exists():
        return
    checkpoint = ROOT / "training/checkpoints/mattekit-mobilenetv2.safetensors"
    settings = {
        "extends": str(ROOT / "configs/ci.yaml"),
        "model": {"checkpoint": str(checkpoint), "refine_sample_pixels": 2000},
        "convert": {"out": str(work / "original"), **SMALL},
    }
    (work / "original.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    command = sys.executable, "-m", "mattekit", "convert", "--config", str(work / "original.yaml")
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    shutil.copyfile(work / "original/model.onnx", work / "original.onnx")


def jobs(work: Path) -> dict[str, Job]:
    """Return every job by its verb, in an order in which each finds what it needs."""
    config = str(work / "job.yaml")
    models, data, runs = work / "models", work / "data", work / "runs"

    def mattekit(*arguments: object) -> tuple[str, ...]:
        return sys.executable, "-m", "mattekit", *map(str, arguments)

    people, imported, composed = data / "people", data / "imported", data / "composed"
    run, bench = runs / "run", runs / "bench"
    size = size_text(SIZE)
    made = [
        Job(
            "dataset synthesize",
            mattekit("dataset", "synthesize", "--count", 8, "--size", size, "--out", data / "set", "--force"),
            (data,),
            lambda: _set_fault(data / "set"),
        ),
        Job(
            "dataset people",
            mattekit("dataset", "people", "--count", 4, "--out", people, "--force"),
            (data,),
            lambda: _set_fault(people),
        ),
        Job(
            "dataset import",
            mattekit("dataset", "import", "omz", data / "plain", "--out", imported),
            (data,),
            lambda: _set_fault(imported),
            lambda: _plain(data / "set", data / "plain", imported),
        ),
        Job(
            "dataset compose",
            mattekit(
                *("dataset", "compose", "--foregrounds", work / "raw/people", "--backgrounds", work / "raw/places"),
                *("--per-foreground", 12, "--size", size, "--out", composed),
            ),
            (data,),
            lambda: _set_fault(composed),
            lambda: shutil.rmtree(composed, ignore_errors=True),
        ),
        Job(
            "convert",
            mattekit("convert", "--config", config),
            (models,),
            lambda: _models_fault(models),
            lambda: _set_aside(models),
        ),
        Job(
            "evaluate",
            mattekit("evaluate", "--config", config, "--limit", 2, "--out", run, "--force"),
            (runs,),
            lambda: _run_fault(run),
        ),
        Job("gate", mattekit("gate", run, "--config", config), (runs,), lambda: _run_fault(run), codes=(0, 1, 5)),
        Job("attribute", mattekit("attribute", run, "--limit", 1), (runs,), lambda: _run_fault(run)),
        Job(
            "bench",
            mattekit("bench", "--config", config, "--frames", 2, "--out", bench, "--no-throughput"),
            (runs,),
            lambda: _fault(lambda: BenchRecord.read_if_there(bench)),
        ),
        Job(
            "training",
            (sys.executable, "-m", "training", "--recipe", str(work / "recipe.yaml"), "--out", str(work / "training")),
            (work / "training",),
            lambda: _training_fault(work / "training"),
            lambda: _clear(work / "training"),
        ),
    ]
    return {job.verb: job for job in made}


def _fault(check: Callable[[], object]) -> str:
    """Return the error that a check ends with, empty where it does not."""
    try:
        check()
    except (MattekitError, OSError, ValueError) as error:
        return str(error)
    return ""


def _set_fault(folder: Path) -> str:
    def check() -> str:
        if not folder.exists():
            return ""
        manifest = open_set(folder).manifest
        return "no manifest" if manifest is None else damage(folder, manifest)

    found: list[str] = []
    return _fault(lambda: found.append(check())) or found[0]


def _plain(source: Path, copy: Path, out: Path) -> None:
    """Make a copy of a set without its manifest, as an import takes it, and remove what it was imported to."""
    shutil.rmtree(out, ignore_errors=True)
    if not copy.exists():
        shutil.copytree(source, copy, ignore=shutil.ignore_patterns("manifest.json"))


def _clear(folder: Path) -> None:
    """Remove what a folder holds, but for temporary files that a kill left."""
    for path in folder.iterdir() if folder.exists() else ():
        if path.is_dir() and not is_temporary(path.name):
            shutil.rmtree(path)
        elif not is_temporary(path.name):
            path.unlink()


def _set_aside(models: Path) -> None:
    """Remove a whole conversion, but for the first, so that each start goes on with what the one before has proved."""
    if not (models / "first").exists() and (models / "small").exists():
        (models / "small").rename(models / "first")
    shutil.rmtree(models / "small", ignore_errors=True)


def _models_fault(models: Path) -> str:
    """Return what is wrong with a conversion; it must be the same to the bit as the first, which nothing cut off."""
    folder, first = models / "small", models / "first"
    if not folder.exists():
        return ""
    if fault := _fault(lambda: check_files(folder, Conversion.read(folder))):
        return fault
    names = sorted({path.relative_to(place) for place in (folder, first) for path in place.rglob("*.*")})
    odd = filecmp.cmpfiles(first, folder, names, shallow=False)[1:] if first.exists() else ()
    return "".join(f"{name} is not what an unbroken conversion gives; " for found in odd for name in found)


def _run_fault(run: Path) -> str:
    """Return what is wrong with a run and all that was added to it; parts that belong together must be of one time."""

    def check() -> None:
        if not run.exists():
            return
        read_run(run)
        gate, attribution = GateRecord.read_if_there(run), Attribution.read_if_there(run)
        for record, kind in ((gate, GateRecord), (attribution, Attribution)):
            beside = {name for name in kind.BESIDE if (run / name).exists()}
            if len(beside) != (0 if record is None else len(kind.BESIDE)):
                raise ValueError(f"{kind.FILE} and what belongs to it are not there together: {sorted(beside)}")

    return _fault(check)


def _training_fault(folder: Path) -> str:
    def check() -> None:
        if (folder / "bank").exists():
            map_bank(folder / "bank")
        if (folder / "state.pt").exists():
            import torch

            torch.load(folder / "state.pt", weights_only=True)
        for path in folder.glob("*.safetensors"):
            sha256_of(path)

    return _fault(check)

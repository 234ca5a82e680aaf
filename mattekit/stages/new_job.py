"""A job's file for a model of one's own: every key that matters, its value found where it can be, and what it means."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

import yaml
from jinja2 import Environment, PackageLoader, StrictUndefined

from configs.errors import UsageError
from configs.files import write_atomically
from configs.load import config_of
from configs.places import found
from configs.schema import BUNDLED, PEOPLE, SYNTHETIC, Config, ModelSection
from configs.sizes import size_text
from configs.urls import is_url
from converter.architectures.base import Architecture, Size
from converter.recognise import Recognised, recognise_checkpoint, recognise_onnx
from datasets.remote.sets import open_place
from datasets.samples.images import image_size
from eval.run.aspect import MOST_DISTORTION, distortion

_BUNDLED = Path("training/checkpoints/mattekit-mobilenetv2.safetensors")
_FRAME: Size = (720, 1280)
"""The size of images where neither the model nor the set says one."""
_LARGEST_SIDE = 1280
_CELL = 16
"""Pixels that are refined together."""


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job's file that was written.

    Attributes:
        config: what it says.
        about: the model, the size and the set, in a line.
        warnings: what keeps its gate from passing as it is.
    """

    config: Config
    about: str
    warnings: tuple[str, ...] = ()


def write_job(
    out: Path,
    *,
    checkpoint: Path | None = None,
    onnx: Path | None = None,
    architecture: str | None = None,
    dataset: str | None = None,
    force: bool = False,
) -> NewJob:
    """Write a commented job for a model and a set; relative paths in it are of its own folder.

    Args:
        out: the file.
        checkpoint, onnx: the original; without one it is the bundled checkpoint.
        architecture: its family, where it is not to be told from the file.
        dataset: `people`, `synthetic` or a set's folder; by default the people, or figures of the model's aspect.
        force: whether a file that is there is replaced.

    Raises:
        DataError: the original is no such model, or the folder is no set.
        UsageError: the file is there, an unknown family, or the folder cannot be written.
    """
    if out.exists() and not force:
        raise UsageError(f"{out}: is there already; choose another --out, or give --force to replace it")
    original = _original(checkpoint, onnx, architecture)
    samples, frame = (None, None) if dataset is None or dataset in BUNDLED else _set_of(dataset)
    size = original.size or _size_for(original.architecture, frame)
    path = dataset or (PEOPLE if distortion(size, _FRAME) <= MOST_DISTORTION else SYNTHETIC)
    name = _name(checkpoint or onnx)
    text = _text(out.parent, name, original, size, path)
    config = config_of(yaml.safe_load(text), str(out))
    write_atomically(out, text)
    backbone = f" with {config.model.backbone}" if _has_backbone(original) else ""
    source = checkpoint or onnx or "the bundled checkpoint"
    on = path if samples is None else f"{path} ({samples} samples)"
    return NewJob(
        config,
        f"{source} ({original.architecture.title}{backbone}) at {size_text(size)} on {on}",
        tuple(_warnings(size, frame if frame else config.dataset.size, samples, config.gate.minimum_samples))
        + (() if architecture or original.architecture.telling_names else (_guessed(original.architecture),)),
    )


def _guessed(architecture: Architecture) -> str:
    return (
        f"its tensors, {' and '.join(architecture.port_names)}, may be any network's: it is taken for "
        f"{architecture.title}; if it is another, add its family (docs/extending.md)"
    )


def _original(checkpoint: Path | None, onnx: Path | None, architecture: str | None) -> Recognised:
    if onnx is not None:
        return recognise_onnx(found(onnx), architecture)
    return recognise_checkpoint(found(checkpoint or _BUNDLED), architecture)


def _set_of(place: str) -> tuple[int, Size]:
    """Return how many samples a set has, and the size of its first."""
    refs = open_place(place if is_url(place) else str(found(Path(place)))).refs
    with refs[0].at_hand() as first:
        return len(refs), image_size(first.source)


def _size_for(architecture: Architecture, frame: Size | None) -> Size:
    """Return the size to convert for: the set's, at most as long as HD, in steps that the family takes."""
    if frame is None:
        frame = _FRAME
    scale = min(1.0, _LARGEST_SIDE / max(frame))
    step = architecture.divisible_by
    height, width = (max(step, round(side * scale / step) * step) for side in frame)
    return height, width


def _warnings(size: Size, frame: Size, samples: int | None, minimum: int) -> list[str]:
    said = []
    if distortion(size, frame) > MOST_DISTORTION:
        said.append(
            f"frames of {size_text(frame)} are stretched to the model's {size_text(size)}, another aspect: the "
            "gate is inconclusive unless gate.allow_stretch is true"
        )
    if samples is not None and samples < minimum:
        said.append(f"{samples} samples are fewer than the {minimum} of gate.minimum_samples: the gate cannot pass")
    return said


def _name(original: Path | None) -> str:
    if original is None:
        return "mattekit"
    return re.sub(r"[^A-Za-z0-9_-]+", "-", original.stem).strip("-") or "mine"


def _has_backbone(original: Recognised) -> bool:
    """Tell whether the settings of BackgroundMattingV2's network say something of this original."""
    return original.architecture.name == ModelSection().architecture and original.model.checkpoint is not None


def _text(folder: Path, name: str, original: Recognised, size: Size, dataset: str) -> str:
    model = original.model
    bundled = model.checkpoint == found(_BUNDLED)
    checkpoint = _BUNDLED.as_posix() if bundled else model.checkpoint and _from(folder, model.checkpoint)
    environment = Environment(
        loader=PackageLoader("mattekit.stages"), undefined=StrictUndefined, trim_blocks=True, keep_trailing_newline=True
    )
    environment.filters["scalar"] = _scalar
    step = original.architecture.divisible_by
    return environment.get_template("mattekit.yaml.j2").render(
        name=name,
        architecture=original.architecture,
        checkpoint=checkpoint,
        bundled=bundled,
        onnx=model.onnx and _from(folder, model.onnx),
        backbone=model.backbone if _has_backbone(original) else None,
        refined=_refined(model, size),
        size=size,
        size_note=", to which the model is fixed" if original.size else f", divisible by {step}" if step > 1 else "",
        dataset=dataset if dataset in BUNDLED or is_url(dataset) else _from(folder, found(Path(dataset))),
    )


def _refined(model: ModelSection, size: Size) -> int | None:
    """Return how many pixels to refine of frames that have fewer than usual: the same share as of HD; else None."""
    pixels = size[0] * size[1]
    if pixels >= model.refine_sample_pixels:
        return None
    return max(1, model.refine_sample_pixels * pixels // (_FRAME[0] * _FRAME[1]) // _CELL) * _CELL


def _from(folder: Path, path: Path) -> str:
    """Return a path as it is seen from the job's folder; an absolute one that lies elsewhere stays."""
    absolute, base = path.absolute(), folder.absolute()
    if path.is_absolute() and not absolute.is_relative_to(base):
        return path.as_posix()
    text = Path(os.path.relpath(absolute, base)).as_posix()
    return f"./{text}" if text in BUNDLED else text


def _scalar(value: str) -> str:
    """Return a text as YAML in one line, quoted where it must be."""
    return yaml.safe_dump(value, allow_unicode=True, width=1 << 16).removesuffix("...\n").strip()

"""The commands of a card: how to get the original, convert it, run it, and make the run again."""

import shlex

import yaml

from configs.schema import ConvertSection, ModelSection
from configs.sizes import size_text
from eval.card.content import Card

_OPTIONS = {"size", "graph", "input_form", "precisions", "out"}
"""Keys of a job's `convert` that `mattekit convert` has options for."""


def download_commands(card: Card) -> str:
    """Return what fetches the original; empty where it is no published model."""
    published = card.rights.published
    return "" if published is None else f"mattekit download {published[0]} --output-dir ."


def conversion_job(card: Card) -> str:
    """Return the job as YAML where options alone cannot say it, else an empty text."""
    model, convert = card.config.model, card.config.convert
    given = _changed(model, ModelSection(), {"architecture", "checkpoint", "onnx", "download"})
    further = _changed(convert, ConvertSection(), {*_OPTIONS, "device", "int8"})
    job = {name: keys for name, keys in (("model", given), ("convert", further)) if keys}
    return yaml.safe_dump({"extends": "default.yaml", **job}, sort_keys=False) if job else ""


def conversion_command(card: Card) -> str:
    """Return the command that converts the original as the run's models were."""
    model, convert = card.config.model, card.config.convert
    usual, source = ConvertSection(), model.onnx or model.checkpoint
    parts = ["mattekit convert"]
    if conversion_job(card):
        parts.append("--config job.yaml")
    parts.append(f"--{'onnx' if model.onnx else 'checkpoint'} {shlex.quote(str(source))}")
    if card.model.architecture != ModelSection().architecture:
        parts.append(f"--architecture {shlex.quote(card.model.architecture)}")
    parts.append(f"--size {size_text(card.model.input_size)} --precisions {','.join(convert.precisions)}")
    if convert.graph != usual.graph:
        parts.append(f"--graph {convert.graph}")
    if convert.input_form != usual.input_form:
        parts.append(f"--input-form {convert.input_form}")
    parts.append(f"--out {shlex.quote(str(convert.out))}")
    return " ".join(parts)


def demo_commands(card: Card) -> str:
    """Return what mattes a picture and a video with the converted model."""
    folder = shlex.quote(str(card.config.convert.out))
    takes_plate = card.original_contract.input("background") is not None
    plate, background = (" plate.jpg", " --background plate.jpg") if takes_plate else ("", "")
    return (
        f"mattekit matte photo.jpg{plate} --model {folder} --out cut.png\n"
        f"mattekit demo -i talk.mp4{background} --model {folder} -o out.mp4"
    )


def rerun_commands(card: Card) -> str:
    """Return the commands that make the run again: those it recorded, else those its settings give."""
    if card.results.rerun:
        return "\n".join(card.results.rerun)
    names = ",".join(variant.name for variant in card.results.variants)
    folder = shlex.quote(str(card.config.convert.out))
    dataset = shlex.quote(card.config.dataset.path)
    return f"mattekit evaluate --models {folder} --dataset {dataset} --variants {names}"


def _changed(
    section: ModelSection | ConvertSection, usual: ModelSection | ConvertSection, but: set[str]
) -> dict[str, object]:
    values, defaults = section.model_dump(mode="json"), usual.model_dump(mode="json")
    return {key: value for key, value in values.items() if key not in but and value != defaults[key]}

"""A job of mattekit's made of the Open Model Zoo's files for a matting model."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from configs.catalogue import Published, read_catalogue
from configs.errors import UsageError
from configs.load import config_of
from configs.sizes import size_text
from configs.yaml_file import read_yaml
from converter.architectures import architecture_within, known_architectures
from converter.architectures.base import IMAGES, Architecture, PortSpec
from datasets.samples.layout import ROLES
from eval.omz.accuracy_yml import Measured, read_accuracy_yml
from eval.omz.findings import Findings
from eval.omz.model_yml import Normalisation, ZooFile, ZooModel, read_model_yml

_FED = dict(zip(("source", "background"), ROLES, strict=False))
"""Role of an input to the folder whose pictures it is fed."""


class _Dumper(yaml.SafeDumper):
    """Writes lists in a line, as the toolkit's own configurations have them."""


_Dumper.add_representer(list, lambda dumper, items: dumper.represent_sequence("tag:yaml.org,2002:seq", items, True))


@dataclass(frozen=True, slots=True)
class ImportedJob:
    """A job, and what became of the files that it was made of.

    Attributes:
        content: of the job's YAML.
        findings: of every key that was read, in the files' order.
        hints: shell commands that fetch and verify the ONNX, where `model.download` does not.
        published: our metrics to the published figures.
    """

    content: dict[str, Any]
    findings: Findings
    hints: tuple[str, ...]
    published: Mapping[str, float]

    def text(self, files: str) -> str:
        """Return the job's YAML; `files` names what it was made of."""
        lines = [f"# Made by `mattekit import-config` of {files}."]
        lines += [f"# {hint}" for hint in self.hints]
        if self.published:
            figures = ", ".join(f"{name} {value:g}" for name, value in self.published.items())
            lines.append(f"# Published figures, on the published set: {figures}")
        lines += [f"# {finding}" for finding in self.findings if finding.outcome == "by hand"]
        # What the files say may hold line breaks, after which it would be no comment.
        comments = "".join(f"{' '.join(line.split())}\n" for line in lines)
        return comments + yaml.dump(self.content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)


def import_job(model_yml: Path, accuracy_yml: Path | None = None) -> ImportedJob:
    """Return the job that OMZ's `model.yml`, and `accuracy-check.yml` where it is given, describe.

    Raises:
        UsageError: a file is missing, no YAML, of another task than matting, or says what mattekit cannot do; or the
            two do not go together.
    """
    findings = Findings()
    name = model_yml.absolute().parent.name
    file = model_yml.name
    zoo = read_model_yml(read_yaml(model_yml), file, findings)
    published = read_catalogue().get(name)
    architecture = architecture_within([[tensor] for tensor in zoo.shapes], zoo.outputs)
    family = _family(file, zoo, architecture, published, findings)
    size = _size(file, zoo, architecture, findings)
    _check_normalisation(file, zoo, architecture, findings)
    _note_colours(file, zoo, findings)
    onnx = f"data/public/{name}/{zoo.onnx}"
    model: dict[str, Any] = {"architecture": family, "checkpoint": None, "onnx": onnx}
    hints = _download(file, zoo, name, published, family, model, findings)
    content: dict[str, Any] = {
        "extends": "default.yaml",
        "name": name,
        "model": model,
        "convert": {"size": size_text(size), "out": f"models/{name}"},
        "evaluate": {"variants": ["onnx", "ir-fp32@f32", "ir-fp16@f32", "ir-fp16@default"]},
        "gate": {"baseline": f"configs/baselines/{name}.json"},
    }
    _quantize(file, zoo, content, findings)
    if zoo.licence:
        findings.by_hand(f"{file}: license", f"read it: {zoo.licence}")
    figures: Mapping[str, float] = {}
    if accuracy_yml is not None:
        measured = _measured(accuracy_yml, name, findings)
        _check_measured(accuracy_yml.name, measured, size, architecture, findings)
        figures = measured.published
        limit = {} if measured.limit is None else {"limit": measured.limit}
        content["dataset"] = {"path": f"data/{measured.dataset}", **limit}
        findings.taken(
            f"{accuracy_yml.name}: datasets", f"dataset.path: data/{measured.dataset}, where the set must lie"
        )
    config_of(content, f"the job of {model_yml}")
    return ImportedJob(content, findings, hints, figures)


def _family(
    file: str, zoo: ZooModel, architecture: Architecture | None, published: Published | None, findings: Findings
) -> str:
    ports = f"inputs {', '.join(zoo.shapes)}; outputs {', '.join(zoo.outputs) or 'not said'}"
    if architecture is not None:
        findings.taken(f"{file}: input_info", f"{ports}: model.architecture: {architecture.name}")
        return architecture.name
    if published is None:
        known = "; ".join(f"{one.name}: {', '.join(one.port_names)}" for one in known_architectures().values())
        raise UsageError(
            f"{file}: input_info: expected the tensors of an architecture ({known}), found {ports}; docs/extending.md "
            "says how to add one"
        )
    named = published.architecture
    lacks = (
        "there is none of this name yet" if named not in known_architectures() else "its tensors are named otherwise"
    )
    findings.by_hand(
        f"{file}: input_info",
        f"{ports}: model.architecture: {named}, by the catalogue; {lacks}, so `mattekit convert` refuses it until an "
        "architecture declares these (docs/extending.md)",
    )
    return named


def _size(file: str, zoo: ZooModel, architecture: Architecture | None, findings: Findings) -> tuple[int, int]:
    """Return height and width of the images, which every input for images must have."""
    roles = {} if architecture is None else {port.name: port for port in architecture.inputs}
    sizes: dict[str, tuple[int, int]] = {}
    for name, shape in zoo.shapes.items():
        port = roles.get(name)
        channels = 3 if port is None else IMAGES.get(port.role)
        if channels is None or (port is None and (len(shape) != 4 or shape[1] != 3)):
            findings.agrees(
                f"{file}: input_info", f"{name} is no image; its shape {list(shape)} follows from the network"
            )
            continue
        if len(shape) != 4 or shape[:2] != (1, channels):
            raise UsageError(
                f"{file}: input_info: {name}: expected an image's shape [1, {channels}, height, width], found "
                f"{list(shape)}"
            )
        sizes[name] = shape[2], shape[3]
    if len(set(sizes.values())) != 1:
        found = ", ".join(f"{name} {size_text(size)}" for name, size in sizes.items())
        raise UsageError(f"{file}: input_info: expected images of one size, found {found or 'no image'}")
    [size] = set(sizes.values())
    if architecture is not None:
        architecture.check_size(size)
    findings.taken(f"{file}: input_info", f"convert.size: {size_text(size)}")
    return size


def _check_normalisation(file: str, zoo: ZooModel, architecture: Architecture | None, findings: Findings) -> None:
    """Hold --scale and its like against what the IR does by itself; a wrong one would go unseen, as ONNX has none."""
    place = f"{file}: model_optimizer_args"
    if architecture is None:
        for name, given in {"": zoo.common, **zoo.inputs}.items():
            if given != Normalisation():
                values = f"mean {_shown(given.mean)}, scale {_shown(given.scale)}"
                findings.by_hand(
                    f"{place} --scale, --mean_values",
                    f"{name or 'every input'}: {values}; an architecture of these tensors must declare it",
                )
        return
    for port in architecture.inputs:
        if port.role not in _FED:
            continue
        found = zoo.inputs.get(port.name) or zoo.inputs.get("") or zoo.common
        expected = _own_normalisation(port)
        if set(found.mean) != set(expected.mean) or set(found.scale) != set(expected.scale):
            raise UsageError(
                f"{place}: {port.name}: expected mean {_shown(expected.mean)} and scale {_shown(expected.scale)}, as "
                f"{architecture.title} takes it, found mean {_shown(found.mean)} and scale {_shown(found.scale)}; such "
                "a network is of another architecture (docs/extending.md)"
            )
        findings.agrees(
            f"{place} --scale, --mean_values",
            f"{port.name}: mean {_shown(expected.mean)}, scale {_shown(expected.scale)}, which the IR has built in",
        )


def _own_normalisation(port: PortSpec) -> Normalisation:
    """Return what mattekit's IR takes off 0..255, and divides the rest by, for an input of an architecture."""
    low = port.low
    scale = 255 / (port.high - low)
    return Normalisation(mean=(-low * scale + 0.0,), scale=(scale,))


def _shown(values: tuple[float, ...]) -> str:
    return ",".join(f"{value:g}" for value in dict.fromkeys(values))


def _note_colours(file: str, zoo: ZooModel, findings: Findings) -> None:
    key = f"{file}: model_optimizer_args --reverse_input_channels"
    if zoo.reversed:
        findings.agrees(key, "mattekit's IRs take BGR and reverse it themselves")
    else:
        findings.by_hand(key, "not given, so the zoo's IR takes RGB; mattekit's takes BGR, as its contract says")


def _download(
    file: str,
    zoo: ZooModel,
    name: str,
    published: Published | None,
    family: str,
    model: dict[str, Any],
    findings: Findings,
) -> tuple[str, ...]:
    """Say where the ONNX comes from: by `model.download` where the catalogue has this very file, else by hand."""
    described = zoo.file
    if described is None:
        findings.by_hand(f"{file}: files", f"put the ONNX that is made of them at {model['onnx']}")
        return ()
    checksum = f"{described.algorithm}:{described.checksum}"
    if published is not None and published.checksum == checksum and published.architecture == family:
        model["download"] = name
        findings.taken(f"{file}: files", f"model.download: {name}, of this size and {described.algorithm}")
        return ()
    findings.taken(f"{file}: files", f"model.onnx: {model['onnx']}; no published model of the catalogue, so fetch it")
    return _commands(described, str(model["onnx"]))


def _commands(described: ZooFile, path: str) -> tuple[str, ...]:
    size = "" if described.size is None else f" ({described.size:,} bytes)"
    fetched = f"fetch {described.name} yourself, to {path}"
    if described.url:
        fetched = shlex.join(("curl", "-fL", "--create-dirs", "-o", path, described.url))
    if described.checksum is None:
        return (f"the ONNX{size}, whose checksum is not said: {fetched}",)
    return (
        f"the ONNX{size}: {fetched}",
        f"verified with: echo {shlex.quote(f'{described.checksum}  {path}')} | {described.algorithm}sum -c",
    )


def _quantize(file: str, zoo: ZooModel, content: dict[str, Any], findings: Findings) -> None:
    if zoo.quantizable:
        content["convert"]["precisions"] = ["fp32", "fp16", "int8"]
        content["evaluate"]["variants"].append("ir-int8@f32")
        findings.taken(f"{file}: quantizable", "convert.precisions with int8, calibrated on drawn figures")


def _measured(file: Path, name: str, findings: Findings) -> Measured:
    content = read_yaml(file)
    given = content.get("global_definitions") if isinstance(content, dict) else None
    place = file.parent / given if isinstance(given, str) else None
    definitions = read_yaml(place) if place is not None and place.is_file() else None
    return read_accuracy_yml(content, definitions, name, file.name, findings)


def _check_measured(
    file: str, measured: Measured, size: tuple[int, int], architecture: Architecture | None, findings: Findings
) -> None:
    """Hold what is measured against what is converted."""
    if measured.size not in (None, size):
        raise UsageError(
            f"{file}: preprocessing: expected a resize to the model's {size[1]}x{size[0]} (width x height), found "
            f"{measured.size[1]}x{measured.size[0]}"
        )
    if measured.size is not None:
        findings.agrees(f"{file}: preprocessing", f"resized to {size[1]}x{size[0]}, the size of convert.size")
    if architecture is None:
        return
    roles = {port.name: port.role for port in (*architecture.inputs, *architecture.outputs)}
    for name, pattern in measured.fed.items():
        folder = _FED.get(roles.get(name, ""))
        if folder is None or not pattern.startswith(folder):
            raise UsageError(
                f"{file}: inputs: {name}: {architecture.title} takes {_of(folder)} there, found the pattern {pattern}"
            )
        findings.agrees(f"{file}: inputs", f"{name} is fed {pattern}, as mattekit feeds the {roles[name]}")
    for role, output in (("alpha", measured.alpha), ("foreground", measured.foreground)):
        if output is not None and roles.get(output) != role:
            raise UsageError(f"{file}: adapter: {output} is no {role} of {architecture.title}")


def _of(folder: str | None) -> str:
    return "no picture" if folder is None else f"pictures of {folder}/"

"""What the Open Model Zoo's `model.yml` says of a matting model."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from configs.errors import UsageError, shortened
from eval.omz.findings import Findings, Keys

TASK = "background_matting"
_FRAMEWORKS = ("onnx", "pytorch")
_VALUES = re.compile(r"([^\[\],]*)\[([^\]]*)\]")


@dataclass(frozen=True, slots=True)
class ZooFile:
    """A file of the model: its name, and where it is, of what size and checksum, as far as that is stated."""

    name: str
    size: int | None
    checksum: str | None
    url: str | None

    @property
    def algorithm(self) -> str | None:
        """The checksum's: the zoo has SHA-384, and SHA-256 in older files."""
        return None if self.checksum is None else {96: "sha384", 64: "sha256"}.get(len(self.checksum))


@dataclass(frozen=True, slots=True)
class Normalisation:
    """What is taken off an input's values and what they are divided by, per channel or for all."""

    mean: tuple[float, ...] = (0.0,)
    scale: tuple[float, ...] = (1.0,)


@dataclass(frozen=True, slots=True)
class ZooModel:
    """What a `model.yml` says.

    Attributes:
        files: all of them.
        onnx: the name of the ONNX that is converted.
        made: whether that ONNX is made of a checkpoint first, rather than downloaded.
        shapes: input's name to its shape.
        outputs: names.
        common: how every input without a normalisation of its own is normalised.
        inputs: input's name to its own normalisation.
        reversed: whether the IR takes BGR and reverses it.
        quantizable: whether the zoo quantizes it.
        licence: where its text is.
    """

    files: tuple[ZooFile, ...]
    onnx: str
    made: bool
    shapes: Mapping[str, tuple[int, ...]]
    outputs: tuple[str, ...]
    common: Normalisation
    inputs: Mapping[str, Normalisation]
    reversed: bool
    quantizable: bool
    licence: str | None

    @property
    def file(self) -> ZooFile | None:
        """The file of the ONNX, None where it is made."""
        return next((file for file in self.files if file.name == self.onnx and not self.made), None)


def read_model_yml(content: Any, file: str, findings: Findings) -> ZooModel:
    """Read the content of a `model.yml`.

    Args:
        content: as YAML gives it.
        file: its name, for errors.
        findings: gets what becomes of each key.

    Raises:
        UsageError: it is none, it is of another task than matting, or a value is of another kind than the zoo's.
    """
    keys = Keys(content, file, findings)
    task = keys.text("task_type")
    if task != TASK:
        raise UsageError(
            f"{keys.at('task_type')}: expected {TASK}, found {task or 'nothing'}; mattekit converts "
            "matting networks alone"
        )
    framework = keys.text("framework")
    if framework not in _FRAMEWORKS:
        raise UsageError(f"{keys.at('framework')}: expected {' or '.join(_FRAMEWORKS)}, found {framework}")
    findings.agrees(keys.at("framework"), f"{framework}: what mattekit converts from, as ONNX")
    if keys.text("description") is not None:
        findings.passed_over(keys.at("description"), "prose")
    files = tuple(_file(each, findings) for each in keys.each("files"))
    shapes = dict(_input(each, findings) for each in keys.each("input_info"))
    if not shapes:
        raise UsageError(f"{keys.at('input_info')}: expected the inputs with their shapes, found none")
    arguments = _arguments(keys)
    onnx, made = _onnx(keys, arguments, files, findings)
    if to_onnx := keys.items("conversion_to_onnx_args"):
        findings.by_hand(
            keys.at("conversion_to_onnx_args"),
            f"make {onnx} of the checkpoint with omz_converter or its project's exporter ({len(to_onnx)} arguments)",
        )
    if keys.items("postprocessing"):
        findings.by_hand(keys.at("postprocessing"), "omz_downloader changes files after the download; use its copies")
    quantizable, licence = keys.take("quantizable"), keys.text("license")
    if quantizable not in (None, True, False):
        raise UsageError(f"{keys.at('quantizable')}: expected true or false, found {shortened(repr(quantizable))}")
    model = ZooModel(
        files=files,
        onnx=onnx,
        made=made,
        shapes=shapes,
        outputs=_names(arguments.pop("output", "")),
        common=Normalisation(scale=_numbers(keys, "scale", arguments.pop("scale", "1"))),
        inputs=_normalisations(keys, arguments),
        reversed=arguments.pop("reverse_input_channels", None) is not None,
        quantizable=bool(quantizable),
        licence=licence,
    )
    _note_arguments(keys, arguments, model, findings)
    keys.note_rest()
    return model


def _file(keys: Keys, findings: Findings) -> ZooFile:
    name, size, checksum, source = (keys.take(key) for key in ("name", "size", "checksum", "source"))
    if not isinstance(name, str) or not name or PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
        raise UsageError(f"{keys.at('name')}: expected a file's name, found {shortened(repr(name))}")
    if size is not None and (not isinstance(size, int) or isinstance(size, bool) or size <= 0):
        raise UsageError(f"{keys.at('size')}: expected a number of bytes, found {shortened(repr(size))}")
    if checksum is not None and not re.fullmatch(r"[0-9a-f]{64}|[0-9a-f]{96}", str(checksum)):
        raise UsageError(f"{keys.at('checksum')}: expected SHA-384 in hexadecimal, found {shortened(repr(checksum))}")
    url = source if isinstance(source, str) else None
    if isinstance(source, dict):
        kind, place = source.get("$type"), source.get("id") or source.get("url")
        url = place if kind == "http" and isinstance(place, str) else None
        if url is None:
            findings.by_hand(keys.at("source"), f"fetch it yourself: {kind} {place}")
    elif url is None:
        findings.by_hand(keys.at("source"), f"expected a URL, found {shortened(repr(source))}; fetch {name} yourself")
    if keys.take("original_source") is not None:
        findings.passed_over(keys.at("original_source"), "where the zoo's own copy came from")
    keys.note_rest()
    return ZooFile(name, size, checksum, url)


def _input(keys: Keys, findings: Findings) -> tuple[str, tuple[int, ...]]:
    name, shape, layout = keys.text("name"), keys.items("shape"), keys.text("layout")
    if not name:
        raise UsageError(f"{keys.at('name')}: expected the input's name, found nothing")
    if not shape or any(not isinstance(side, int) or isinstance(side, bool) or side <= 0 for side in shape):
        raise UsageError(f"{keys.at('shape')}: expected fixed sides such as [1, 3, 720, 1280], found {shape}")
    if layout not in (None, "NCHW"):
        raise UsageError(f"{keys.at('layout')}: expected NCHW, which mattekit's networks take, found {layout}")
    if layout is not None:
        findings.agrees(keys.at("layout"), f"{name}: NCHW, as mattekit's networks take images")
    keys.note_rest()
    return name, tuple(shape)


def _arguments(keys: Keys) -> dict[str, str]:
    """Return Model Optimizer's arguments by name, without hyphens; a flag's value is an empty text."""
    arguments: dict[str, str] = {}
    for argument in keys.items("model_optimizer_args"):
        match = re.fullmatch(r"--([A-Za-z_]+)(?:=(.*))?", str(argument))
        if match is None:
            raise UsageError(
                f"{keys.at('model_optimizer_args')}: expected arguments such as --scale=255, found "
                f"{shortened(repr(argument))}"
            )
        arguments[match[1]] = match[2] or ""
    return arguments


def _onnx(keys: Keys, arguments: dict[str, str], files: tuple[ZooFile, ...], findings: Findings) -> tuple[str, bool]:
    given = arguments.pop("input_model", "")
    place, _, name = given.partition("/")
    if not name.endswith(".onnx") or place not in ("$dl_dir", "$conv_dir"):
        raise UsageError(
            f"{keys.at('model_optimizer_args')}: expected --input_model=$dl_dir/NAME.onnx or $conv_dir/NAME.onnx, "
            f"found {shortened(given) or 'none'}; mattekit converts from ONNX"
        )
    made = place == "$conv_dir"
    if not made and name not in {file.name for file in files}:
        raise UsageError(f"{keys.at('files')}: {name}, which is converted, is not among them")
    findings.taken(keys.at("model_optimizer_args --input_model"), f"{name} -> model.onnx")
    for file in files:
        if made or file.name != name:
            findings.by_hand(
                keys.at("files"), f"{file.name}: mattekit does not read it{' (made into the ONNX)' * made}"
            )
    return name, made


def _normalisations(keys: Keys, arguments: dict[str, str]) -> dict[str, Normalisation]:
    means, scales = (_by_input(keys, name, arguments.pop(name, "")) for name in ("mean_values", "scale_values"))
    return {name: Normalisation(means.get(name, (0.0,)), scales.get(name, (1.0,))) for name in {**means, **scales}}


def _by_input(keys: Keys, name: str, text: str) -> dict[str, tuple[float, ...]]:
    """Read `src[255,255,255],bgr[255]`; a list without a name is that of every input, under an empty name."""
    if text and _VALUES.sub("", text).strip(", "):
        raise UsageError(
            f"{keys.at('model_optimizer_args')}: --{name}: expected such as src[255,255,255], found {shortened(text)}"
        )
    return {match[1]: _numbers(keys, name, match[2]) for match in _VALUES.finditer(text)}


def _numbers(keys: Keys, name: str, text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError as error:
        raise UsageError(
            f"{keys.at('model_optimizer_args')}: --{name}: expected numbers, found {shortened(repr(text))}"
        ) from error


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


_NOT_NEEDED = {
    "input_shape": "input_info has the shapes",
    "model_name": "the job has a name of its own",
    "data_type": "convert.precisions says which weights are made",
    "compress_to_fp16": "convert.precisions says which weights are made",
    "output_dir": "convert.out says where the model goes",
    "framework": "the key `framework` says it",
}


def _note_arguments(keys: Keys, arguments: dict[str, str], model: ZooModel, findings: Findings) -> None:
    place = keys.at("model_optimizer_args")
    for name, value in arguments.items():
        if name == "input" and set(_names(value)) == set(model.shapes):
            findings.agrees(f"{place} --input", "the inputs of input_info")
        elif name == "layout" and "NHWC" not in value.upper():
            findings.agrees(f"{place} --layout", "NCHW, as mattekit's networks take images")
        elif name in _NOT_NEEDED:
            findings.passed_over(f"{place} --{name}", _NOT_NEEDED[name])
        else:
            findings.by_hand(
                f"{place} --{name}", f"not understood; look whether it matters to you ({shortened(value)})"
            )

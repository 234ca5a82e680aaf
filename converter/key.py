"""The key of a conversion: equal keys need no second one. It hashes what decides the result, and nothing else."""

import ast
import functools
import hashlib
import json
import platform
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from configs.environment import cpu_class, installed_versions
from configs.files import sha256_of
from configs.schema import REDUCED, Config
from configs.source import source_sha256
from converter.architectures import declaring_module
from converter.forms.record import SourceFile, ir_hop, is_ir
from datasets.bundled.calibration import calibration_identity

LIBRARIES = ("mattekit", "torch", "onnx", "onnxscript", "onnxsim", "onnxruntime", "openvino", "nncf")
_ROOT = Path(__file__).parent.parent
_START = "converter.convert"
_PLACES = {"checkpoint", "onnx", "download"}


def conversion_key(config: Config, source: SourceFile, versions: Mapping[str, str | None]) -> str:
    """Hash the source, the settings, the versions of `LIBRARIES`, the calibration samples and the converter's code.

    The code of the configured architecture is part of it, of others not.

    Raises:
        DataError: the folder of calibration samples is no set.
    """
    calibration = calibration_identity(config.convert.int8) if "int8" in config.convert.precisions else None
    family, file = declaring_module(config.model.architecture)
    code = code_digests(_ROOT, _START) | code_digests(_ROOT, family, file)
    facts = [source.sha256, recorded_settings(config), dict(versions), code, calibration]
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def hop_facts(config: Config, source: SourceFile, samples_sha256: str, hop: str) -> dict[str, Any]:
    """Return what decides a hop and its proof besides the form that it is made of, as JSON.

    It is more than what decides a conversion: the samples and the kind of processor on which forms are proved, and all
    of the toolkit's code.

    Args:
        config: the job, with the architecture's defaults.
        source: the original.
        samples_sha256: of all samples on which forms are proved.
        hop: its name.

    Raises:
        DataError: the folder of calibration samples is no set.
    """
    _, family = declaring_module(config.model.architecture)
    return {
        "original": source.sha256,
        **_settings_of_hop(config, hop),
        "versions": {"Python": platform.python_version(), **installed_versions()},
        "CPU class": cpu_class(),
        "code": {"toolkit": source_sha256(), "architecture": sha256_of(family)},
        "proof": {"samples": samples_sha256},
    }


def _settings_of_hop(config: Config, hop: str) -> dict[str, Any]:
    """Return the settings that decide a hop, as a job names them; not where files are, whose hashes stand for them."""
    settings = config.convert.model_dump(mode="json")
    convert = {key: settings[key] for key in ("size", "graph", "opset", "parity")}
    tolerances = settings["parity"]["tolerances"]
    convert["parity"]["tolerances"] = {name: tolerances.get(name) for name in (hop, *REDUCED)}
    decided: dict[str, Any] = {"model": config.model.model_dump(mode="json", exclude=_PLACES), "convert": convert}
    if is_ir(hop):
        convert |= {key: settings[key] for key in ("input_form", "device", "layout")}
    if hop == ir_hop("int8"):
        convert["int8"] = settings["int8"]
        decided["calibration"] = calibration_identity(config.convert.int8)
        decided["dataset"] = config.dataset.model_dump(mode="json")  # whose samples are not to be calibrated on
    return decided


def recorded_settings(config: Config) -> dict[str, object]:
    """Return the settings that decide a conversion, as its record holds them."""
    return {
        "model": config.model.model_dump(mode="json", exclude={"download"}),
        "convert": config.convert.model_dump(mode="json", exclude={"out"}),
    }


def code_digests(root: Path, start: str, file: Path | None = None) -> dict[str, str]:
    """Return a hash of the code, without comments and docstrings, of a module and all that it imports of its package.

    Args:
        root: the folder that holds the package.
        start: the full name of the module to begin with.
        file: of that module; None for the one below `root`.
    """
    digests: dict[str, str] = {}
    unread = {start}
    while unread:
        name = unread.pop()
        path = file if file and name == start else _file_of(root, name)
        if path is None or name in digests:
            continue
        digests[name], imported = _digest(path.read_text(encoding="utf-8"))
        unread |= {module for module in imported if module.partition(".")[0] == start.partition(".")[0]}
    return digests


@functools.cache  # by the text, so that a file that changes is read anew; a process that converts often parses once
def _digest(text: str) -> tuple[str, frozenset[str]]:
    """Return a hash of a module's code, without comments and docstrings, and what it imports."""
    tree = _WithoutTexts().visit(ast.parse(text))
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest(), frozenset(_imported(tree))


class _WithoutTexts(ast.NodeTransformer):
    """Drops statements that are only a text, as docstrings are."""

    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        value = node.value
        return None if isinstance(value, ast.Constant) and isinstance(value.value, str) else node


def _imported(tree: ast.Module) -> Iterator[str]:
    """Yield the full names of modules that a module imports, and of the packages they lie in; some are no modules."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            parts = name.split(".")
            yield from (".".join(parts[:length]) for length in range(1, len(parts) + 1))


def _file_of(root: Path, module: str) -> Path | None:
    path = root.joinpath(*module.split("."))
    files = (path.with_name(f"{path.name}.py"), path / "__init__.py")
    return next((file for file in files if file.is_file()), None)

"""Read a job's YAML into `configs.schema.Config`; an error names the key, and the nearest known one."""

import difflib
import types
import typing
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from configs.errors import OldForm, UsageError, shortened
from configs.limits import LIMIT_KEYS, Tolerance, default_limits
from configs.places import INSTALLED, found, home, is_there
from configs.reading import followed
from configs.schema import BUNDLED, SYNTHETIC, Config
from configs.sizes import size_text
from configs.urls import is_url
from configs.wording import explained
from configs.yaml_file import read_yaml

JOB_FILE = Path("mattekit.yaml")
"""The job of a folder, which is read where no other is named."""
DEFAULT_CONFIG = INSTALLED / "configs" / "default.yaml"
"""The toolkit's own job, which is read where the working folder has none."""
_EXTENDS = "extends"


def job_file() -> Path:
    """Return the job that is read where none is named: that of the working folder, else the toolkit's own."""
    return JOB_FILE if is_there(JOB_FILE) else DEFAULT_CONFIG


def load_config(path: Path | None = None) -> Config:
    """Read and check a configuration file; keys that it leaves out take the schema's defaults.

    Limits are merged with the defaults by precision and metric: `alpha_mad: {absolute: 0.1}` keeps that metric's
    `largest` and `direction`, not its `relative`, and every other metric's limit; null takes away a metric's limit, or
    a precision's. Without `path` it is `job_file`.

    With `extends: other.yaml` (relative to the file, else one of the toolkit's) the other file gives the values that
    this one leaves out. Paths are as `placed` says; so is `path`, and without a file the toolkit's own is read.

    Raises:
        UsageError: the file is missing, is not YAML, extends itself, or holds an unknown key, a key twice or a value
            out of range.
    """
    path = job_file() if path is None else path
    return placed(config_from_dict(_with_limits(_read_extended(found(path), ())), str(path)))


def config_of(content: Mapping[str, Any], origin: str) -> Config:
    """Check a configuration given as a mapping of what its file would hold, `extends` and relative paths as there.

    Raises:
        UsageError: as `load_config`.
    """
    return placed(config_from_dict(_with_limits(_extended(dict(content), Path(origin), ())), origin))


def placed(config: Config) -> Config:
    """Return a configuration whose relative paths lead to what they name.

    The converted model, and a set that is not in the working folder, lie below `configs.places.home`. Checkpoint and
    ONNX are where `configs.places.found` finds them. The baseline stays as it is named, since it is
    written as well as read.
    """
    model, convert, dataset = config.model, config.convert, config.dataset
    originals = {key: found(path) for key in ("checkpoint", "onnx") if (path := getattr(model, key)) is not None}
    int8 = convert.int8
    if int8.calibration != SYNTHETIC:
        int8 = int8.replaced(calibration=_found_set(int8.calibration))
    if dataset.path not in BUNDLED:
        dataset = dataset.replaced(path=_found_set(dataset.path))
    return config.replaced(
        model=model.replaced(**originals),
        convert=convert.replaced(out=home() / convert.out, int8=int8),
        dataset=dataset,
    )


def _found_set(path: str) -> str:
    if is_url(path):
        return path
    root = home()
    return path if root == Path() or is_there(Path(path)) else str(root / path)


def _read_extended(path: Path, extending: tuple[Path, ...]) -> dict[str, Any]:
    try:
        resolved = followed(path)
    except (OSError, ValueError) as error:
        raise UsageError(f"{str(path)!r}: the configuration cannot be read ({error})") from error
    if resolved in extending:
        raise UsageError(f"{path}: the configuration extends itself; remove one `{_EXTENDS}`")
    return _extended(_read_mapping(path), path, (*extending, resolved))


def _extended(content: dict[str, Any], path: Path, extending: tuple[Path, ...]) -> dict[str, Any]:
    """Return the content of a configuration at `path` with what it leaves out of the one that it extends."""
    content = _renewed(content, path)
    if _EXTENDS not in content:
        return content
    other = content.pop(_EXTENDS)
    if not isinstance(other, str):
        raise UsageError(
            f"{path}: {_EXTENDS}: expected the name of a configuration file, found {shortened(repr(other))}"
        )
    beside, ours = path.parent / other, INSTALLED / "configs" / other
    base = ours if is_there(ours) and not is_there(beside) else beside
    return _merged(_read_extended(base, extending), content)


def _renewed(content: dict[str, Any], path: Path) -> dict[str, Any]:
    """Return content with its sizes as they are written now. Of old they were lists, whose height came first."""
    result = dict(content)
    for section, old in (("convert", "input_shape"), ("dataset", "size")):
        keys = result.get(section)
        if not isinstance(keys, dict) or not isinstance(size := keys.get(old), list | tuple) or len(size) != 2:
            continue
        text = size_text(size)
        warnings.warn(f"{path}: {section}.{old}: {list(size)} has the height first; write size: {text}", OldForm, 2)
        result[section] = {**{key: value for key, value in keys.items() if key != old}, "size": text}
    return result


def _merged(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    result = dict(base)
    for key, value in changes.items():
        both = isinstance(value, dict) and isinstance(base.get(key), dict)
        result[key] = _merged(base[key], value) if both else value
    return result


def _with_limits(content: dict[str, Any]) -> dict[str, Any]:
    """Return a job's content whose tables of limits have all that it does not change, and nothing that it sets to null.

    What is no table is left for the schema to refuse.
    """
    gate = content.get("gate")
    if not isinstance(gate, dict):
        return content
    tables = {key: gate[key] for key in LIMIT_KEYS if isinstance(gate.get(key), dict)}
    return {**content, "gate": {**gate, **{key: _over_default_limits(key, table) for key, table in tables.items()}}}


def _over_default_limits(key: str, table: dict[str, Any]) -> dict[str, Any]:
    limits: dict[str, Any] = {precision: dict(metrics) for precision, metrics in default_limits(key).items()}
    for precision, metrics in table.items():
        usual = limits.get(precision, {})
        if metrics is None:
            limits.pop(precision, None)
        elif not isinstance(metrics, dict):
            limits[precision] = metrics
        else:
            for metric, given in metrics.items():
                usual[metric] = _over_tolerance(usual.get(metric), given)
            limits[precision] = {metric: limit for metric, limit in usual.items() if limit is not None}
    return limits


def _over_tolerance(usual: Tolerance | None, given: Any) -> Any:
    """Return the limit that a job gives, with what it leaves out of the usual one.

    `absolute` and `relative` are one limit, the larger of the two: giving one drops the other.
    """
    if usual is None or not isinstance(given, dict):
        return given
    kept = usual.model_dump(exclude={"absolute", "relative"} if {"absolute", "relative"} & given.keys() else set())
    return {**kept, **given}


def _read_mapping(path: Path) -> dict[str, Any]:
    content = read_yaml(path)
    if content is None:
        content = {}
    if not isinstance(content, dict):
        raise UsageError(f"{path}: expected a mapping of sections at the top, found {type(content).__name__}")
    return content


def config_from_dict(content: dict[str, Any], origin: str) -> Config:
    """Check a configuration given as nested dictionaries; `origin` names it in errors.

    Raises:
        UsageError: as `load_config`.
    """
    try:
        return Config.model_validate(content)
    except ValidationError as error:
        problems = "\n".join(f"  {_explain(problem)}" for problem in error.errors())
        raise UsageError(f"{origin}: wrong configuration\n{problems}") from error


def override(config: Config, changes: Mapping[str, object], origin: str) -> Config:
    """Return `config` with values or whole sections replaced, checked as a whole again.

    Args:
        config: the configuration to start from.
        changes: dotted key to value, such as `{"convert.out": Path("models/mine")}`; None sets null.
        origin: names the changes in errors, such as the option that makes them.

    Raises:
        UsageError: an unknown key, a value out of range, or values that do not go together.
    """
    content = config.model_dump()
    for dotted, value in changes.items():
        section = content
        *sections, key = dotted.split(".")
        for name in sections:
            section[name] = section.get(name) or {}
            section = section[name]
        section[key] = value.model_dump() if isinstance(value, BaseModel) else value
    return config_from_dict(content, origin)


def _explain(problem: Any) -> str:
    location = [part for part in problem["loc"] if isinstance(part, str)]
    dotted = ".".join(str(part) for part in problem["loc"]) or "(top level)"
    if problem["type"] != "extra_forbidden":
        return f"{dotted}: {explained(problem)}"
    known = _known_keys(location[:-1])
    nearest = difflib.get_close_matches(location[-1], known, n=1, cutoff=0.0)
    hint = f"; did you mean `{nearest[0]}`?" if nearest else ""
    return f"{dotted}: unknown key{hint} (known here: {', '.join(known)})"


def _known_keys(location: list[str]) -> list[str]:
    """Return the keys of the section at `location`, walking through sections and mappings of sections."""
    model: type[BaseModel] | None = Config
    for part in location:
        if model is None:
            return []
        if part in model.model_fields:
            model = _section_in(model.model_fields[part].annotation)
    return list(model.model_fields) if model else []


def _section_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and not isinstance(annotation, types.GenericAlias):
        return annotation if issubclass(annotation, BaseModel) else None
    for argument in typing.get_args(annotation):
        if found := _section_in(argument):
            return found
    return None

"""What a run was of, held against what lies there now: the files of its models, and its set. Runs nothing."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from configs.errors import DataError, shortened
from configs.files import sha256_of
from configs.reading import inside
from converter.forms.variant import split_place
from datasets.samples.layout import SampleSet
from eval.run.dataset_record import DatasetRecord
from eval.run.results import Results, VariantRecord, samples_sha256

AGAIN = "run `mattekit evaluate` again"
_FORM_FILE = re.compile(r"[^/]+\.onnx|([^/]+/model|public/([^/]+)/[^/]+/\2)\.(xml|bin)")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class RunModels:
    """What became of the models of a run; those that are there have the run's hashes.

    Attributes:
        folder: the converted model folder.
        gone: paths that the run had and that are not there any more, the folder among them.
        unknown: variants of which the run does not say which files ran.
        partly: whether the run, of an earlier version, gives one hash of each form alone.
    """

    folder: str
    gone: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    partly: bool = False

    def __str__(self) -> str:
        if self.unknown:
            return f"the run does not say which files ran as {', '.join(self.unknown)}"
        if self.folder in self.gone:
            return f"its models, {self.folder}, are gone, so that nothing but its files speaks for it"
        known = ", as far as the run, of an earlier version, has their hashes" if self.partly else ""
        lost = f"; {', '.join(self.gone)} is gone" if self.gone else ""
        return f"its models, {self.folder}, are present and unchanged{known}{lost}"


def run_models(results: Results, name: str = "the run") -> RunModels:
    """Hold the models of a run against its hashes, where they are still there.

    Args:
        results: the run.
        name: of the run, for errors.

    Raises:
        DataError: a file is not the one that ran, or lacks beside others that are there; or the run has something in
            the place of a hash that is none. The message names the file.
    """
    folder = _folder(results)
    gone: list[str] = []
    unknown: list[str] = []
    checked: dict[str, str] = {}
    for variant in results.variants:
        if results.model is not None and not variant.files:
            raise DataError(f"{name}: {variant.name}: the hashes of its files are not there; {AGAIN}")
        files = _files(variant, name)
        if not files:
            unknown.append(variant.name)
        for file, expected in files.items():
            if checked.setdefault(file, expected) != expected:
                raise DataError(f"{name}: gives {file} two hashes; {AGAIN}")
    there = Path(folder).is_dir()
    original = _original(results)
    named = [Path(path) for path, _ in named_models(results.settings).values()]
    for file, expected in checked.items():
        _require_own(file, folder, (original, *named), name)
        if not Path(file).is_file():
            inside = Path(file).is_relative_to(folder)
            if inside and there:
                raise DataError(f"{name}: {file} is gone, though {folder} is there: other models; {AGAIN}")
            gone.append(folder if inside else file)
        elif (found := sha256_of(Path(file))) != expected:
            raise DataError(
                f"{name}: {file} is not the file that ran (SHA-256 {found[:12]}, the run's had {expected[:12]}): "
                f"changed or converted again since; {AGAIN}"
            )
    partly = any(not variant.files for variant in results.variants)
    return RunModels(folder, tuple(dict.fromkeys(gone)), tuple(unknown), partly)


def require_run_models(results: Results, name: str = "the run") -> None:
    """Raise `DataError` unless every file of a run's models is there, as it was."""
    models = run_models(results, name)
    if models.gone or models.unknown:
        raise DataError(f"{name}: {models}; {AGAIN}")


def require_run_set(sample_set: SampleSet, recorded: DatasetRecord) -> None:
    """Raise `DataError` unless a set begins with the very samples of a run."""
    ids = [ref.id for ref in sample_set.refs[: recorded.samples]]
    if len(ids) < recorded.samples or samples_sha256(ids) != recorded.samples_sha256:
        raise DataError(f"{sample_set.root}: its first {recorded.samples} samples are not the run's; {AGAIN}")
    expected = recorded.manifest_sha256
    whole = sample_set.manifest is not None or recorded.pixels_sha256 is None
    found = sample_set.manifest_sha256 if whole else sample_set.first_sha256(recorded.samples)
    if expected is not None and found != expected:
        raise DataError(
            f"{sample_set.root}: changed since the run (identity {found[:12]}, then {expected[:12]}), so its images "
            f"are others; {AGAIN}"
        )


def named_models(settings: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """Return path and place, such as `bf16`, of every model of anybody's that a run was to evaluate, by its name."""
    evaluating = settings.get("evaluate")
    models = evaluating.get("models") if isinstance(evaluating, dict) else None
    found = {}
    for name, model in models.items() if isinstance(models, dict) else ():
        if isinstance(model, dict) and isinstance(text := model.get("path"), str):
            path, place = split_place(text)
            found[name] = path.as_posix(), place
    return found


def _require_own(file: str, folder: str, others: Iterable[Path | None], name: str) -> None:
    """Raise `DataError` unless a file is a form's in the run's model folder, its original's, or a named model's.

    Nothing else is opened on the word of a run's record.
    """
    form = _below(file, Path(folder))
    if form is not None and _FORM_FILE.fullmatch(form):
        inside(Path(folder), form)
        return
    path = Path(file)
    for other in others:
        if other is None:
            continue
        if path == other or (other.suffix == ".xml" and path == other.with_suffix(".bin")):
            return
        # An ONNX may keep weights in files of any name beside it.
        if other.suffix == ".onnx" and _below(file, other.parent) is not None:
            return
    raise DataError(
        f"{name}: names the file {shortened(file)}, which is none of its model folder {shortened(folder)}, of its "
        f"original or of a model that it was to run; {AGAIN}"
    )


def _below(file: str, folder: Path) -> str | None:
    """Return a file's path below a folder, by their names alone; None where it does not lie there."""
    path = Path(file)
    below = path.relative_to(folder) if path.is_relative_to(folder) else None
    return None if below is None or ".." in below.parts else below.as_posix()


def _original(results: Results) -> Path | None:
    model = results.settings.get("model")
    given = [model.get(key) for key in ("onnx", "checkpoint")] if isinstance(model, dict) else []
    return next((Path(path) for path in given if isinstance(path, str) and path), None)


def _folder(results: Results) -> str:
    convert = results.settings.get("convert")
    out = convert.get("out") if isinstance(convert, dict) else None
    return str(out) if out else "of an unnamed folder"


def _files(variant: VariantRecord, name: str) -> dict[str, str]:
    """Return path and hash of the files that ran as a variant; of an earlier run's IR its weights' alone."""
    files = variant.files
    if files and variant.model_sha256 not in files.values():
        raise DataError(f"{name}: {variant.name}: model_sha256 is not among the hashes of its files; {AGAIN}")
    if files and variant.framework == "openvino" and {Path(file).suffix for file in files} != {".xml", ".bin"}:
        raise DataError(f"{name}: {variant.name}: expected the hashes of an IR's .xml and .bin, found others; {AGAIN}")
    if not files and variant.model_path and variant.model_sha256:
        path = Path(variant.model_path)
        files = {path.with_suffix({".xml": ".bin"}.get(path.suffix, path.suffix)).as_posix(): variant.model_sha256}
    for file, sha256 in files.items():
        if not _SHA256.fullmatch(sha256) or sha256 == "0" * 64:
            raise DataError(
                f"{name}: {variant.name}: the SHA-256 of {file} is {sha256[:12]}..., which is none; {AGAIN}"
            )
    return files

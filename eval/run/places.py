"""Where the models and the set of a stored run are, as seen from the reader's working folder."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from configs.places import Origin
from configs.urls import is_url
from eval.run.identity import named_models
from eval.run.results import Results, VariantRecord


def seen_from_here(results: Results, run_dir: Path) -> Results:
    """Return the results of a run's folder with paths of the reader's working folder.

    The converted model folder and all in it are taken to lie together, and so are the original and what it reads, and
    each model of anybody's. What is nowhere keeps the path that it had.
    """
    origin = results.origin
    if origin is None:
        return results
    settings: dict[str, Any] = dict(results.settings)
    convert, model = settings.get("convert"), settings.get("model")
    in_models = as_is = _turned(origin, None)
    if isinstance(convert, dict) and isinstance(out := convert.get("out"), str):
        in_models = _turned(origin, origin.base(run_dir, out, Path.is_dir))
        settings["convert"] = {**convert, "out": in_models(out)}
        models = Path(out)
    else:
        models = None
    of_original = as_is
    if isinstance(model, dict):
        keys = [key for key in ("checkpoint", "onnx") if isinstance(model.get(key), str)]
        if keys:
            of_original = _turned(origin, origin.base(run_dir, str(model[keys[0]]), Path.is_file))
        settings["model"] = {**model, **{key: of_original(str(model[key])) for key in keys}}

    of_named = {}
    for name, (path, place) in named_models(settings).items():
        of_named[name] = _turned(origin, origin.base(run_dir, path, Path.is_file))
        evaluating = settings["evaluate"]
        now = f"{of_named[name](path)}{'@' if place else ''}{place}"
        changed = {**evaluating["models"][name], "path": now}
        settings["evaluate"] = {**evaluating, "models": {**evaluating["models"], name: changed}}

    def turned(path: str) -> str:
        return (in_models if models is not None and Path(path).is_relative_to(models) else of_original)(path)

    def of_variant(variant: VariantRecord) -> VariantRecord:
        turn = of_named.get(variant.name, turned)
        files = {turn(file): sha256 for file, sha256 in variant.files.items()}
        path = None if variant.model_path is None else turn(variant.model_path)
        return variant.model_copy(update={"model_path": path, "files": files})

    dataset = results.dataset
    if dataset.path is not None and not is_url(dataset.path):
        in_set = _turned(origin, origin.base(run_dir, dataset.path, Path.is_dir))
        asked = settings.get("dataset")
        if isinstance(asked, dict) and asked.get("path") == dataset.path:
            settings["dataset"] = {**asked, "path": in_set(dataset.path)}
        dataset = dataset.model_copy(update={"path": in_set(dataset.path)})
    changes = {"settings": settings, "variants": tuple(map(of_variant, results.variants)), "dataset": dataset}
    return results.model_copy(update={**changes, "origin": None})


def _turned(origin: Origin, base: Path | None) -> Callable[[str], str]:
    return (lambda path: path) if base is None else (lambda path: origin.from_here(base, path))

"""What the Open Model Zoo's `accuracy-check.yml` says of how a matting model is measured."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from configs.errors import UsageError, shortened
from converter.forms.variant import CPU
from eval.omz.accuracy_check import ADAPTER, CONVERTER, METRICS
from eval.omz.findings import Findings, Keys

_ALPHA_ADAPTER = "background_matting"
_EVALUATOR = "SequentialBackgroundMatting"
_PREFIXES = {"image_prefix": "com/", "mask_prefix": "fgr/", "background_prefix": "bgr/"}
_DIRECTORIES = ("images_dir", "masks_dir", "backgrounds_dir", "foregrounds_dir")
_COLOURS = ("rgb_to_bgr", "bgr_to_rgb")


@dataclass(frozen=True, slots=True)
class Measured:
    """What an `accuracy-check.yml` says.

    Attributes:
        dataset: the folder of the set, as far as it is said, else the set's name.
        limit: how many of its samples, from the first on; None: all.
        size: height and width that pictures are brought to; None where that is not said.
        published: our metrics to the published figures.
        fed: input's name to the pattern of the pictures that it is fed.
        alpha, foreground: the outputs' names, None where they are not said.
    """

    dataset: str
    limit: int | None
    size: tuple[int, int] | None
    published: Mapping[str, float]
    fed: Mapping[str, str]
    alpha: str | None
    foreground: str | None


def read_accuracy_yml(content: Any, definitions: Any, name: str, file: str, findings: Findings) -> Measured:
    """Read the content of an `accuracy-check.yml`.

    Args:
        content: as YAML gives it.
        definitions: that of the definitions of sets that it names; None without.
        name: of the model; the only entry is taken whatever its name.
        file: its name, for errors.
        findings: gets what becomes of each key.

    Raises:
        UsageError: it is none, it has no entry of the model, its adapter is none of matting, or a value is of another
            kind than accuracy_checker's.
    """
    keys = Keys(content, file, findings)
    entry = _entry(keys, name, findings)
    [launcher, *others] = entry.each("launchers") or _missing(entry, "launchers")
    for other in others:
        other.note_rest("one launcher is read, the first")
    fed, alpha, foreground = _launcher(launcher, findings)
    [dataset, *more] = entry.each("datasets") or _missing(entry, "datasets")
    for other in more:
        other.note_rest("one set is read, the first; a job has one")
    entry.note_rest()
    keys.note_rest()
    size, published = _processing(dataset, findings)
    place, limit = _dataset(dataset, definitions, file, findings)
    return Measured(place, limit, size, published, fed, alpha, foreground)


def _entry(keys: Keys, name: str, findings: Findings) -> Keys:
    if keys.take("global_definitions") is not None:
        findings.agrees(keys.at("global_definitions"), "read for the set's folder, where the file is there")
    evaluations = keys.each("evaluations")
    entries = keys.each("models") or evaluations
    names = [entry.text("name") for entry in entries]
    chosen = [entry for entry, found in zip(entries, names, strict=True) if found == name or len(entries) == 1]
    if not chosen:
        raise UsageError(
            f"{keys.at('models')}: expected one called {name}, found {', '.join(map(str, names)) or 'none'}; the "
            "model's name is that of the folder of model.yml"
        )
    if len(entries) > 1:
        findings.passed_over(keys.at("models"), f"{len(entries) - 1} of other names than {name}")
    entry = chosen[0]
    if not evaluations:
        return entry
    module = entry.text("module") or ""
    if not module.endswith(_EVALUATOR):
        raise UsageError(
            f"{entry.at('module')}: expected {_EVALUATOR}, found {module or 'none'}; it is none of matting"
        )
    findings.agrees(entry.at("module"), "states are handed from frame to frame, as mattekit does")
    config = entry.mapping("module_config")
    if config is None:
        _missing(entry, "module_config")
    assert config is not None
    if config.take("network_info") is not None:
        findings.passed_over(config.at("network_info"), "names the networks of a chain, which is one here")
    entry.note_rest()
    return config


def _missing(keys: Keys, key: str) -> list[Keys]:
    raise UsageError(f"{keys.at(key)}: expected at least one, found none")


def _launcher(keys: Keys, findings: Findings) -> tuple[dict[str, str], str | None, str | None]:
    framework, adapter = keys.text("framework"), keys.take("adapter")
    if framework not in ("openvino", "dlsdk"):
        findings.by_hand(keys.at("framework"), f"{framework}: mattekit runs PyTorch, ONNX Runtime and OpenVINO")
    for key in ("model", "weights", "model_type"):
        if keys.take(key) is not None:
            findings.passed_over(keys.at(key), "mattekit converts the IRs itself")
    for key in ("device", "device_config"):
        if (value := keys.take(key)) == CPU:
            findings.agrees(keys.at(key), f"{CPU}, where variants run that name no device")
        elif value is not None:
            findings.by_hand(keys.at(key), f"name device and precision in evaluate.variants ({shortened(repr(value))})")
    settings = keys.below({"type": adapter} if isinstance(adapter, str) else adapter, "adapter")
    kind, alpha, foreground = (settings.text(key) for key in ("type", "alpha_out", "foreground_out"))
    if kind not in (ADAPTER, _ALPHA_ADAPTER):
        raise UsageError(
            f"{keys.at('adapter')}: expected {ADAPTER} or {_ALPHA_ADAPTER}, found {kind}; it is none of matting"
        )
    findings.agrees(keys.at("adapter"), f"{kind}: mattekit knows the outputs by their roles")
    settings.note_rest()
    fed = {}
    for each in keys.each("inputs"):
        name, type_, value = each.text("name"), each.text("type"), each.take("value")
        if type_ == "INPUT":
            fed[str(name)] = str(value)
        elif type_ == "LSTM_INPUT":
            findings.agrees(each.at("type"), f"{name} is fed what {value} gave, as mattekit does with states")
        else:
            findings.by_hand(each.at("type"), f"{name}: {type_} of {shortened(repr(value))}; look what it is fed")
        each.note_rest()
    keys.note_rest()
    return fed, alpha, foreground


def _processing(keys: Keys, findings: Findings) -> tuple[tuple[int, int] | None, dict[str, float]]:
    if (reader := keys.take("reader")) is not None:
        findings.agrees(keys.at("reader"), f"{shortened(str(reader))}: mattekit reads PNG and JPEG as 8-bit RGB")
    size = None
    for step in keys.each("preprocessing"):
        kind = step.text("type")
        if kind in _COLOURS:
            findings.agrees(step.at("type"), f"{kind}: mattekit feeds the order that the form's contract says")
        elif kind == "resize":
            size = _size(step)
            if step.take("use_pillow") is True:
                findings.agrees(step.at("use_pillow"), "mattekit resizes with Pillow's BILINEAR too")
            else:
                findings.by_hand(step.at("type"), "another resize than Pillow's, which mattekit uses: figures differ")
        else:
            findings.by_hand(step.at("type"), f"{kind}: mattekit does no such thing to pictures")
            step.note_rest("of a step that mattekit does not do")
        step.note_rest()
    for step in keys.each("postprocessing"):
        kind = step.text("type")
        findings.by_hand(step.at("type"), f"{kind}: mattekit scores at the pictures' size, without such a step")
        step.note_rest("of a step that mattekit does not do")
    return size, _published(keys, findings)


def _size(step: Keys) -> tuple[int, int] | None:
    size, height, width = (step.take(key) for key in ("size", "dst_height", "dst_width"))
    sides = (size, size) if size is not None else (height, width)
    for side in sides:
        if not isinstance(side, int) or isinstance(side, bool) or side <= 0:
            raise UsageError(
                f"{step.at('size')}: expected a size, or dst_height and dst_width, in pixels, found "
                f"{shortened(repr(side))}"
            )
    return sides


def _published(keys: Keys, findings: Findings) -> dict[str, float]:
    published = {}
    for metric in keys.each("metrics"):
        name, kind, process = (metric.text(key) for key in ("name", "type", "process_type"))
        masked, reference = bool(metric.take("use_mask")), metric.take("reference")
        for key, why in (("prediction_source", "its definition says which output"), ("presenter", "how it is printed")):
            if metric.take(key) is not None:
                findings.passed_over(metric.at(key), why)
        ours = next(
            (
                each.ours
                for each in METRICS
                if each.kind == kind
                and each.options.get("use_mask", False) == masked
                and (each.role == "alpha") == (process == "alpha")
            ),
            None,
        )
        if ours is None:
            findings.by_hand(metric.at("type"), f"{name or kind}: mattekit has no metric of this definition")
            metric.note_rest("of a metric that mattekit does not have")
            continue
        findings.agrees(metric.at("type"), f"{name or kind} is `{ours}`, in the same unit")
        if isinstance(reference, int | float) and not isinstance(reference, bool):
            published[ours] = float(reference)
            findings.taken(
                metric.at("reference"),
                f"{reference:g} was published for `{ours}`: a comment of the job, whose gate judges against the "
                "original and a baseline",
            )
        elif reference is not None:
            findings.by_hand(metric.at("reference"), f"not a number: {shortened(repr(reference))}")
        metric.note_rest()
    return published


def _dataset(keys: Keys, definitions: Any, file: str, findings: Findings) -> tuple[str, int | None]:
    name = keys.text("name") or ""
    own = keys.mapping("annotation_conversion")
    source, size, shuffle = (keys.take(key) for key in ("data_source", "subsample_size", "shuffle"))
    if own is None and (defined := _defined(definitions, name)) is not None:
        more = Keys(defined, f"{file}, definition of {name}", findings)
        more.take("name")
        own = more.mapping("annotation_conversion")
        source = source or more.take("data_source")
        size, shuffle = (
            found if found is not None else more.take(key)
            for key, found in (("subsample_size", size), ("shuffle", shuffle))
        )
        _note_annotations(more, findings)
        more.note_rest()
    _note_annotations(keys, findings)
    if own is not None:
        _conversion(own, findings)
    keys.note_rest()
    folder = str(source) if source not in (None, ".") else name
    if not folder:
        raise UsageError(f"{keys.at('name')}: expected the set's name, found nothing")
    limit = None
    if size is not None and shuffle is False and isinstance(size, int):
        limit = size
        findings.taken(keys.at("subsample_size"), f"dataset.limit: {size}")
    elif size is not None:
        findings.by_hand(
            keys.at("subsample_size"), f"{size} drawn samples; mattekit takes the first ones (dataset.limit)"
        )
    return folder, limit


def _defined(definitions: Any, name: str) -> Any:
    sets = definitions.get("datasets") if isinstance(definitions, dict) else None
    return next((each for each in sets or () if isinstance(each, dict) and each.get("name") == name), None)


def _note_annotations(keys: Keys, findings: Findings) -> None:
    for key in ("annotation", "dataset_meta"):
        if keys.take(key) is not None:
            findings.passed_over(keys.at(key), "accuracy_checker's own copy of what it found in the set")


def _conversion(keys: Keys, findings: Findings) -> None:
    converter = keys.text("converter")
    if converter != CONVERTER:
        findings.by_hand(
            keys.at("converter"),
            f"{converter}: bring the set into com/, bgr/ and fgr/ (`mattekit dataset import --help`)",
        )
        keys.note_rest("of a layout that mattekit does not read")
        return
    findings.agrees(keys.at("converter"), "the layout that mattekit reads")
    for key in _DIRECTORIES:
        if keys.take(key) is not None:
            findings.passed_over(keys.at(key), "com/, bgr/ and fgr/ lie in one folder, dataset.path")
    for key, expected in _PREFIXES.items():
        if (found := keys.take(key)) not in (None, expected):
            findings.by_hand(keys.at(key), f"expected {expected}, found {found}; rename the folder")
    for key in ("image_postfix", "mask_postfix", "background_postfix"):
        if (found := keys.take(key)) is not None:
            findings.agrees(keys.at(key), f"{found}: mattekit finds PNG and JPEG by themselves")
    for key in ("with_background", "with_alpha"):
        if keys.take(key) is not None:
            findings.agrees(keys.at(key), "mattekit always reads it")
    keys.note_rest()

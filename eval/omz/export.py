"""A folder of configuration for accuracy_checker, made of a run, or of converted models and a set."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from configs.errors import DataError, UsageError
from configs.files import new_folder, write_atomically
from configs.folders import find_made
from configs.schema import DatasetSection
from converter.forms.record import Conversion, check_files, is_ir
from converter.forms.variant import CPU, Variant, ir_variant, parse_variant, recorded_file, recorded_form
from datasets.remote.sets import open_place
from datasets.samples.layout import SampleSet
from eval.omz.accuracy_check import CheckedModel, accuracy_check, dataset_definitions
from eval.omz.pairing import checker_endings
from eval.run.identity import require_run_models, require_run_set
from eval.run.opening import open_dataset
from eval.run.results import Results
from eval.run.stored import read_run

CONFIG_FILE, DEFINITIONS_FILE = "accuracy-check.yml", "dataset_definitions.yml"
_HEADER = "# Written by `mattekit export accuracy-check`.\n"


@dataclass(frozen=True, slots=True)
class Export:
    """What is to be checked, and on what.

    Attributes:
        models: the folder that the models' files are below.
        checked: the IRs.
        samples: the set.
        count: how many of its samples, from the first on; None: all.
        notes: what accuracy_checker does otherwise than mattekit, or does not do at all.
    """

    models: Path
    checked: tuple[CheckedModel, ...]
    samples: SampleSet
    count: int | None
    notes: tuple[str, ...]


def export_of_run(run_dir: Path) -> Export:
    """Return the export of a run: its IRs on the CPU, its samples, its figures as what is expected.

    Raises:
        DataError: run, models or set are missing, broken, or not what they were when it ran; or no such set can be
            read by accuracy_checker.
        UsageError: the run prepared its plates, or ran no IR on the CPU.
    """
    results = read_run(run_dir).results
    if results.dataset.plates is not None:
        raise UsageError(
            f"{run_dir}: its plates were prepared ({results.dataset.plates}), and accuracy_checker takes them as they "
            "are; evaluate without --align and --match-plate, and export that run"
        )
    if results.dataset.path is None or results.dataset.agreement:
        raise DataError(
            f"{run_dir}: its set has no ground truth, and accuracy_checker scores against nothing else; evaluate a set "
            "that has fgr/"
        )
    require_run_models(results, str(run_dir))
    models = results.configuration().convert.out
    record = Conversion.read(models)
    samples = _on_this_disk(open_place(results.dataset.path))
    require_run_set(samples, results.dataset)
    count = None if results.dataset.samples == len(samples.refs) else results.dataset.samples
    checked = []
    notes = []
    for described in results.variants:
        variant = parse_variant(described.name)
        if variant.is_ir and variant.device == CPU:
            means = {name: metric.mean for name, metric in described.metrics.items()}
            figures = {name: mean for name, mean in means.items() if mean is not None}
            checked.append(_checked(variant, record, models, figures))
        else:
            notes.append(f"{described.name}: left out, for it is no IR on the CPU")
    if not checked:
        raise UsageError(f"{run_dir}: ran no IR on the CPU, and accuracy_checker is to check nothing else")
    return Export(models, tuple(checked), samples, count, (*notes, *_notes(results, checked, samples)))


def export_of_models(
    models: Path, dataset: DatasetSection, report: Callable[[str, int, int], None] = lambda *_: None
) -> Export:
    """Return the export of every IR of a converted model folder, inferred in f32, on a set.

    Raises:
        DataError: models or set are missing or broken, or no such set can be read by accuracy_checker.
        UsageError: the bundled set cannot be made as configured.
    """
    record = Conversion.read(models)
    check_files(models, record)
    samples = _on_this_disk(open_dataset(dataset, report))
    checked = [_checked(ir_variant(form.hop), record, models) for form in record.forms if is_ir(form.hop)]
    left = ["onnx: left out, for accuracy_checker is given IRs alone"]
    count = None if dataset.limit is None or dataset.limit >= len(samples.refs) else dataset.limit
    return Export(models, tuple(checked), samples, count, (*left, *_notes(None, checked, samples)))


def write_export(out: Path, export: Export) -> tuple[str, ...]:
    """Write `accuracy-check.yml` and `dataset_definitions.yml` into a folder, and return the command that uses them.

    Returns:
        The words of the command; its paths are absolute, so that it works from any folder.

    Raises:
        DataError: accuracy_checker would find other samples in the set.
        UsageError: it cannot run such a network, or `out` holds something else.
    """
    endings = checker_endings(export.samples, export.count or len(export.samples.refs))
    name = export.samples.name
    content = accuracy_check(export.models.absolute().name, export.checked, name, DEFINITIONS_FILE)
    definitions = dataset_definitions(name, endings, export.count)
    find_made(
        out,
        _exported,
        foreign="not empty, and no configuration for accuracy_checker that mattekit wrote; choose another --out",
        holds=lambda _: {CONFIG_FILE, DEFINITIONS_FILE},
        replace=True,
    )
    with new_folder(out, replace=True) as work:
        write_atomically(work / CONFIG_FILE, _HEADER + _comment(export.notes) + _yaml(content))
        write_atomically(work / DEFINITIONS_FILE, _HEADER + _yaml(definitions))
    folder = out.absolute()
    return (
        *("accuracy_check", "-c", str(folder / CONFIG_FILE), "-d", str(folder / DEFINITIONS_FILE)),
        *("-m", str(export.models.absolute()), "-s", str(export.samples.root.absolute())),
    )


def _on_this_disk(samples: SampleSet) -> SampleSet:
    if samples.refs[0].store is not None:
        raise UsageError(f"{samples.root}: accuracy_checker reads folders of this disk alone; copy the set here first")
    return samples


def _checked(
    variant: Variant, record: Conversion, models: Path, figures: dict[str, float] | None = None
) -> CheckedModel:
    path, _ = recorded_file(variant, record, models)
    contract = recorded_form(variant, record, models).contract
    return CheckedModel(variant, path.relative_to(models).as_posix(), contract, figures or {})


def _notes(results: Results | None, checked: list[CheckedModel], samples: SampleSet) -> list[str]:
    notes = [
        "means alone: accuracy_checker has no intervals, no drift from the original, and no verdict",
        f"pictures of another size than {'x'.join(map(str, reversed(checked[0].contract.size)))} are resized "
        "alike, but its mattes are brought back to their size with OpenCV",
    ]
    undefined = [] if results is None else [variant.name for variant in results.variants if _undefined(variant.metrics)]
    if undefined:
        notes.append(
            f"Foreground MSE is undefined for samples without a person ({', '.join(undefined)}); mattekit leaves them "
            "out of the mean, accuracy_checker's mean becomes nan"
        )
    if estimated := len(samples.estimated_foregrounds):
        notes.append(f"foreground colours of {estimated} samples are estimates, which its figures do not say")
    return notes


def _undefined(metrics: dict[str, Any]) -> bool:
    metric = metrics.get("foreground_mse")
    return metric is not None and metric.undefined > 0


def _exported(folder: Path) -> bool | None:
    try:
        return (folder / CONFIG_FILE).read_text(encoding="utf-8").startswith(_HEADER) or None
    except (OSError, UnicodeDecodeError):
        return None


def _comment(lines: tuple[str, ...]) -> str:
    return "".join(f"# {line}\n" for line in lines)


def _yaml(content: dict[str, Any]) -> str:
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=120)

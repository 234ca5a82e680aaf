"""The configuration of accuracy_checker for converted IRs and a set, as plain values: pure functions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from configs.errors import UsageError
from converter.forms.contract import Contract, Port
from converter.forms.variant import CPU, Variant
from datasets.samples.layout import ROLES
from eval.omz.pairing import Endings

ADAPTER = "background_matting_with_pha_and_fgr"
CONVERTER = "background_matting_sequential"
TOLERANCE = 0.01
"""How far a figure may be from the one that is expected, in published units: half a step of the published decimals."""


@dataclass(frozen=True, slots=True)
class CheckedMetric:
    """A metric of accuracy_checker, and ours of the same definition.

    Attributes:
        name: as the Open Model Zoo calls it.
        ours: its name in `eval.metrics.measures`.
        kind: accuracy_checker's type of metric.
        role: of the output that it judges.
        options: further keys.
    """

    name: str
    ours: str
    kind: str
    role: str
    options: Mapping[str, object] = field(default_factory=dict)


METRICS = (
    CheckedMetric("alpha_MAD", "alpha_mad", "mad", "alpha"),
    CheckedMetric("alpha_GRAD", "alpha_grad", "spatial_gradient", "alpha"),
    CheckedMetric("alpha_MSE", "alpha_mse", "mse_with_mask", "alpha", {"use_mask": False}),
    CheckedMetric("foreground_MSE", "foreground_mse", "mse_with_mask", "foreground", {"use_mask": True}),
)


@dataclass(frozen=True, slots=True)
class CheckedModel:
    """An IR to check.

    Attributes:
        variant: how it runs.
        file: its XML, below the folder of models.
        contract: what it takes and gives.
        figures: our metrics to what they are expected to be, in published units; empty where nothing is expected.
    """

    variant: Variant
    file: str
    contract: Contract
    figures: Mapping[str, float] = field(default_factory=dict)


def accuracy_check(name: str, models: Sequence[CheckedModel], dataset: str, definitions: str) -> dict[str, Any]:
    """Return the content of `accuracy-check.yml`.

    Args:
        name: of the network; each model's is this with its variant.
        models: what is checked.
        dataset: the set's name in the definitions.
        definitions: the file of `dataset_definitions`, beside this one.

    Raises:
        UsageError: accuracy_checker has no adapter for such a network, or cannot feed it.
    """
    return {
        "models": [_model(f"{name}-{model.variant.name}", model, dataset) for model in models],
        "global_definitions": definitions,
    }


def dataset_definitions(dataset: str, endings: Endings, count: int | None) -> dict[str, Any]:
    """Return the content of `dataset_definitions.yml` for a set that `accuracy_check -s` names.

    Args:
        dataset: the set's name.
        endings: of its files, by role.
        count: take the first so many samples; None: all.
    """
    images, plates, truth = (endings[role] for role in ROLES)
    subset = {} if count is None else {"subsample_size": count, "shuffle": False}
    conversion = {
        "converter": CONVERTER,
        "images_dir": ".",
        "masks_dir": ".",
        "backgrounds_dir": ".",
        "image_prefix": "com/",
        "mask_prefix": "fgr/",
        "background_prefix": "bgr/",
        "image_postfix": images,
        "mask_postfix": truth,
        "background_postfix": plates,
        "with_background": True,
        "with_alpha": True,
    }
    # No `annotation`: accuracy_checker would take what an earlier run left there for another set of the same name.
    return {"datasets": [{"name": dataset, "data_source": ".", "annotation_conversion": conversion, **subset}]}


def _model(name: str, model: CheckedModel, dataset: str) -> dict[str, Any]:
    source, plate, alpha, foreground = _ports(name, model.contract)
    height, width = model.contract.size
    launcher: dict[str, Any] = {
        "framework": "openvino",
        "device": CPU,
        "model": model.file,
        "weights": f"{model.file.removesuffix('.xml')}.bin",
        "adapter": {"type": ADAPTER, "alpha_out": alpha.name, "foreground_out": foreground.name},
        "inputs": [
            {"name": source.name, "type": "INPUT", "value": "com*"},
            {"name": plate.name, "type": "INPUT", "value": "bgr*"},
        ],
    }
    if model.variant.precision != "default":
        launcher["device_config"] = {"INFERENCE_PRECISION_HINT": model.variant.precision}
    outputs = {"alpha": alpha.name, "foreground": foreground.name}
    return {
        "name": name,
        "launchers": [launcher],
        "datasets": [
            {
                "name": dataset,
                "reader": "pillow_imread",
                "preprocessing": [
                    {"type": "rgb_to_bgr"},
                    {"type": "resize", "dst_width": width, "dst_height": height, "use_pillow": True},
                ],
                "metrics": [_metric(metric, outputs, model.figures) for metric in METRICS],
            }
        ],
    }


def _metric(metric: CheckedMetric, outputs: Mapping[str, str], figures: Mapping[str, float]) -> dict[str, Any]:
    expected = figures.get(metric.ours)
    judged = {} if expected is None else {"reference": round(expected, 6), "abs_threshold": TOLERANCE}
    return {
        "name": metric.name,
        "type": metric.kind,
        "prediction_source": outputs[metric.role],
        "process_type": "alpha" if metric.role == "alpha" else "image",
        **metric.options,
        **judged,
    }


def _ports(name: str, contract: Contract) -> tuple[Port, Port, Port, Port]:
    """Return source, background, alpha and foreground of a network that has these alone, in planes of float32.

    Raises:
        UsageError: it has others; the message says which.
    """
    source, plate = contract.input("source"), contract.input("background")
    alpha, foreground = contract.output("alpha"), contract.output("foreground")
    if None in (source, plate, alpha, foreground) or len(contract.inputs) != 2 or len(contract.outputs) != 2:
        takes = ", ".join(f"{port.name} ({port.role})" for port in contract.inputs)
        gives = ", ".join(f"{port.name} ({port.role})" for port in contract.outputs)
        raise UsageError(
            f"{name}: expected a network that takes source and background and gives alpha and foreground, which "
            f"is what accuracy_checker's adapter {ADAPTER} is for; found one that takes {takes} and gives {gives}"
        )
    if any(port.layout != "NCHW" or port.element_type != "f32" for port in contract.inputs):
        raise UsageError(
            f"{name}: its IR takes frames (nhwc-u8), and accuracy_checker feeds planes of float32; convert with "
            "`--input-form nchw-f32` and check that folder"
        )
    assert source and plate and alpha and foreground
    return source, plate, alpha, foreground

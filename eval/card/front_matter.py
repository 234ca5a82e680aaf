"""The head of a card: Hugging Face's metadata, with the run's values as its `model-index`."""

from typing import Any

import yaml

from configs.text import visible
from eval.card.content import Card
from eval.card.rights import HUGGING_FACE
from eval.metrics.measures import METRICS
from eval.run.results import VariantRecord

TASK = "image-segmentation"
"""The nearest of Hugging Face's tasks; it has none of matting."""
FRAMEWORKS = {"openvino": "openvino", "onnxruntime": "onnx", "torch": "pytorch"}


def front_matter(card: Card, language: str) -> str:
    """Return the YAML between its two lines of dashes; it has no key of what is not known."""
    shown = card.converted or card.original
    fields = {
        **_licence(card),
        "language": [language],
        "library_name": FRAMEWORKS[shown.framework],
        "pipeline_tag": TASK,
        "tags": _tags(card),
        "model-index": [{"name": visible(card.name), "results": [_result(card)]}],
    }
    text = yaml.safe_dump(fields, sort_keys=False, allow_unicode=True, width=120)
    return f"---\n{text}---\n"


def _licence(card: Card) -> dict[str, str]:
    licence, url = card.rights.weights, card.rights.weights_url
    if licence is None:
        return {}
    if licence in HUGGING_FACE:
        return {"license": HUGGING_FACE[licence]}
    return {"license": "other", "license_name": licence, **({"license_link": url} if url else {})}


def _tags(card: Card) -> list[str]:
    frameworks = dict.fromkeys(FRAMEWORKS[variant.framework] for variant in card.results.variants)
    plates = ["background-matting"] if card.original_contract.input("background") is not None else []
    return ["image-matting", *plates, card.model.architecture, *frameworks]


def _result(card: Card) -> dict[str, Any]:
    """Return the run as one result: a set, and every metric of the original and of the converted model."""
    results = card.results
    name = visible(results.dataset.name)
    dataset = {"name": name, "type": name}
    if results.dataset.manifest_sha256 is not None:
        dataset["revision"] = results.dataset.manifest_sha256
    # Without ground truth the original is what others are measured against, and has no figures of its own.
    shown = [None if results.dataset.agreement else card.original, card.converted]
    return {
        "task": {"type": TASK, "name": "image matting"},
        "dataset": dataset,
        "metrics": [metric for variant in shown if variant is not None for metric in _metrics(card, variant)],
    }


def _metrics(card: Card, variant: VariantRecord) -> list[dict[str, Any]]:
    title = "distance from the original, " if card.results.dataset.agreement else ""
    return [
        {
            "type": metric.name,
            "value": record.mean,
            "name": f"{metric.title} ({metric.unit}), {title}{variant.name}",
            "args": {"variant": variant.name, "precision": variant.ran_in, "samples": record.samples},
        }
        for metric in METRICS
        if (record := variant.metrics.get(metric.name)) is not None and record.mean is not None
    ]

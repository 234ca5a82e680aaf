"""The bill of materials of a run, as CycloneDX 1.6 in JSON: the software, the models and the set that made it.

The same run on the same installation gives the same bytes: its time is the run's, and its serial number follows from
what it holds.
"""

import json
import uuid
from collections.abc import Mapping
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

from configs.files import sha256_of, write_atomically
from eval.provenance.lock import read_locks
from eval.provenance.software import (
    TOOLKIT,
    Component,
    Software,
    installed,
    interpreter,
    properties_of,
    software_of,
    toolkit,
)
from eval.run.results import SBOM_FILE, Results, VariantRecord

SCHEMA = "http://cyclonedx.org/schema/bom-1.6.schema.json"


def write_sbom(run_dir: Path, results: Results) -> Results:
    """Write the bill of materials of a run into its folder; return the results with its SHA-256.

    Raises:
        DataError: a lock is not readable.
        UsageError: the folder cannot be written.
    """
    bill = sbom_of(results, _software())
    write_atomically(run_dir / SBOM_FILE, json.dumps(bill, indent=2, ensure_ascii=False) + "\n")
    return results.model_copy(update={"sbom_sha256": sha256_of(run_dir / SBOM_FILE)})


@cache
def _software() -> Software:
    """Return what is installed, read once a process."""
    return software_of(installed(), read_locks())


def sbom_of(results: Results, software: Software) -> dict[str, Any]:
    """Return the bill of materials of a run that was made with this software."""
    environment = results.environment
    own, python = toolkit(environment), interpreter(environment)
    models, data = _models(results), _set(results)
    used = [*software.direct, *(part["bom-ref"] for part in (python, *models, data))]
    content = {
        "metadata": {
            "timestamp": results.created,
            "tools": {"components": [{"type": "application", "name": TOOLKIT, "version": own["version"]}]},
            "component": own,
            "properties": properties_of([("os", environment.os), ("cpu_class", environment.cpu_class)]),
        },
        "components": [python, *software.libraries, *models, data],
        "dependencies": [{"ref": own["bom-ref"], "dependsOn": used}, *software.dependencies],
    }
    serial = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(content, sort_keys=True))
    head = {"$schema": SCHEMA, "bomFormat": "CycloneDX", "specVersion": "1.6", "serialNumber": f"urn:uuid:{serial}"}
    return {**head, "version": 1, **content}


def _models(results: Results) -> list[Component]:
    """Return one component for each set of files that ran, with the variants that ran it."""
    by_files: dict[tuple[tuple[str, str], ...], list[VariantRecord]] = {}
    for variant in results.variants:
        by_files.setdefault(tuple(sorted(variant.files.items())), []).append(variant)
    return [_model(results, dict(files), variants) for files, variants in by_files.items()]


def _model(results: Results, files: Mapping[str, str], variants: list[VariantRecord]) -> Component:
    first = variants[0]
    component: Component = {
        "type": "machine-learning-model",
        "bom-ref": f"model:{first.name}",
        "name": first.name,
        "description": f"what ran as {', '.join(variant.name for variant in variants)}",
        "properties": properties_of(
            [
                *(("variant", f"{variant.name} in {variant.ran_in} on {variant.device}") for variant in variants),
                ("framework", first.framework),
                ("weights", first.weights),
            ]
        ),
        "components": [
            {
                "type": "file",
                "bom-ref": f"model:{first.name}:{number}",
                "name": PurePosixPath(path).name,
                "hashes": [{"alg": "SHA-256", "content": sha256}],
            }
            for number, (path, sha256) in enumerate(files.items(), start=1)
        ],
    }
    if results.model is not None:
        component["modelCard"] = {
            "modelParameters": {"task": "image matting", "modelArchitecture": results.model.architecture}
        }
    return component


def _set(results: Results) -> Component:
    dataset = results.dataset
    component: Component = {
        "type": "data",
        "bom-ref": f"set:{dataset.name}",
        "name": dataset.name,
        "data": [{"type": "dataset", "name": dataset.name}],
        "properties": properties_of(
            [
                ("samples", dataset.samples),
                ("samples_sha256", dataset.samples_sha256),
                ("pixels_sha256", dataset.pixels_sha256),
                ("truth", dataset.truth),
            ]
        ),
    }
    if dataset.manifest_sha256 is not None:
        component["hashes"] = [{"alg": "SHA-256", "content": dataset.manifest_sha256}]
    return component

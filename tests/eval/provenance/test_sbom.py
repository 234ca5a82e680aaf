"""A run's bill of materials: valid by the official schema, the same for the same run, and held to its hash."""

import json
from importlib import metadata
from pathlib import Path
from typing import Any

import cyclonedx.schema
import pytest
from eval_runs import MakeRun, with_facts
from jsonschema import Draft7Validator
from referencing import Registry, Resource

from configs.errors import DataError
from eval.provenance.lock import Locked
from eval.provenance.sbom import sbom_of, write_sbom
from eval.provenance.software import installed, software_of
from eval.run.results import SBOM_FILE, Results
from eval.run.stored import read_run, write_run

SCHEMAS = Path(cyclonedx.schema.__file__).parent / "_res"
RAN = "cp311-cp311-manylinux_2_28_x86_64"


def validator() -> Draft7Validator:
    """Return the validator of CycloneDX 1.6 with the schemas that it refers to, all of the library's own files."""
    read = [
        json.loads((SCHEMAS / f"{name}.SNAPSHOT.schema.json").read_text(encoding="utf-8"))
        for name in ("bom-1.6", "spdx", "jsf-0.82")
    ]
    registry: Registry[Any] = Registry().with_resources((each["$id"], Resource.from_contents(each)) for each in read)
    return Draft7Validator(read[0], registry=registry)


def distribution(folder: Path, name: str, version: str, facts: str = "") -> metadata.Distribution:
    """Return a distribution, made in `folder`, that was installed from a wheel with the tag `RAN`."""
    place = folder / f"{name}-{version}.dist-info"
    place.mkdir(parents=True)
    (place / "METADATA").write_text(
        f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\n{facts}", encoding="utf-8"
    )
    (place / "WHEEL").write_text(f"Wheel-Version: 1.0\nTag: {RAN}\n", encoding="utf-8")
    return metadata.Distribution.at(place)


def test_the_bill_of_this_installation_is_valid_cyclonedx(make_run: MakeRun, tmp_path: Path) -> None:
    written = write_sbom(tmp_path, make_run().results)
    bill = json.loads((tmp_path / SBOM_FILE).read_text(encoding="utf-8"))
    assert [error.message for error in validator().iter_errors(bill)] == []
    refs = [part["bom-ref"] for part in (bill["metadata"]["component"], *bill["components"])]
    refs += [file["bom-ref"] for part in bill["components"] for file in part.get("components", ())]
    assert len(set(refs)) == len(refs)
    assert {ref for each in bill["dependencies"] for ref in (each["ref"], *each["dependsOn"])} <= set(refs)
    by_name = {part["name"]: part for part in bill["components"]}
    assert by_name["numpy"]["version"] == metadata.version("numpy")
    assert (by_name["numpy"]["scope"], by_name["pytest"]["scope"]) == ("required", "excluded")
    assert written.sbom_sha256 is not None

    del bill["components"][0]["name"]
    assert [error.message for error in validator().iter_errors(bill)] == ["'name' is a required property"]


def test_the_same_run_gives_the_same_bytes_and_another_one_another_serial_number(make_run: MakeRun) -> None:
    software = software_of(installed(), {})
    run = make_run()
    one, again = sbom_of(run.results, software), sbom_of(make_run().results, software)
    assert json.dumps(one) == json.dumps(again)
    assert one["metadata"]["timestamp"] == run.results.created
    later = sbom_of(with_facts(run, created="2025-01-03T03:04:05+00:00").results, software)
    assert later["serialNumber"] != one["serialNumber"]


def test_models_and_set_are_named_by_their_hashes(make_run: MakeRun) -> None:
    results: Results = make_run().results
    parts = {part["name"]: part for part in sbom_of(results, software_of({}, {}))["components"]}
    variant = results.variants[1]
    assert {file["hashes"][0]["content"] for file in parts[variant.name]["components"]} == set(variant.files.values())
    assert "/" not in "".join(file["name"] for file in parts[variant.name]["components"])
    assert parts["synthetic"]["type"] == "data"
    assert parts["synthetic"]["hashes"] == [{"alg": "SHA-256", "content": results.dataset.manifest_sha256}]


def test_a_library_has_the_hash_of_the_wheel_that_fits_it(tmp_path: Path) -> None:
    wheels = {
        f"thing-1.0-{RAN}.whl": "a" * 64,
        "thing-1.0-cp312-cp312-manylinux_2_28_x86_64.whl": "b" * 64,
    }
    found = {
        "mattekit": distribution(
            tmp_path, "mattekit", "0.1.0", "Requires-Dist: thing\nRequires-Dist: tool; extra == 'dev'\n"
        ),
        "thing": distribution(
            tmp_path, "thing", "1.0", "License: BSD 3\nClassifier: License :: OSI Approved :: BSD License\n"
        ),
        "tool": distribution(tmp_path, "tool", "2.0+local", "License-Expression: MIT\n"),
    }
    software = software_of(found, {"thing": Locked("thing", "1.0", wheels), "tool": Locked("tool", "2.0", wheels)})
    thing, tool = software.libraries
    assert thing["hashes"] == [{"alg": "SHA-256", "content": "a" * 64}]
    assert thing["licenses"] == [{"license": {"name": "BSD License", "acknowledgement": "declared"}}]
    assert "hashes" not in tool  # another version than the lock's
    assert (tool["purl"], tool["licenses"][0]["expression"]) == ("pkg:pypi/tool@2.0%2Blocal", "MIT")
    assert (thing["scope"], tool["scope"], software.direct) == ("required", "excluded", ("thing==1.0",))


def test_a_bill_that_was_changed_is_refused_and_a_missing_one_is_not(make_run: MakeRun, tmp_path: Path) -> None:
    run = make_run()
    run.results = write_sbom(tmp_path, run.results)
    write_run(tmp_path, run)
    bill = tmp_path / SBOM_FILE
    assert read_run(tmp_path).results.sbom_sha256 == run.results.sbom_sha256
    assert SBOM_FILE in run.results.holds()
    bill.write_text(bill.read_text(encoding="utf-8").replace("CycloneDX", "cycloneDX"), encoding="utf-8")
    with pytest.raises(DataError, match=r"sbom\.cdx\.json: not the run's bill of materials"):
        read_run(tmp_path)
    bill.unlink()
    assert read_run(tmp_path).results.sbom_sha256 == run.results.sbom_sha256

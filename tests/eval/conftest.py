"""Small runs with obvious figures, shared by the tests of results, gate and report."""

from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from eval_runs import IDS, METRIC_BASE, MakeRun, make_rows

from configs.environment import Environment
from configs.load import load_config
from configs.schema import Config, GateSection
from datasets.samples.sample import Sample
from eval.run.dataset_record import DatasetRecord
from eval.run.results import ModelRecord, Results, VariantRecord, samples_sha256
from eval.run.scores import score_table
from eval.run.stored import Run

SETTINGS = {
    "name": "test",
    "model": {"checkpoint": "original/m.pth"},
    "convert": {"precisions": ["fp32"], "out": "gone"},
}
MODEL = ModelRecord(source_sha256="5" * 64, architecture="background-matting-v2", input_size=(64, 96))


def _variant(name: str, framework: str, precision: str, weights: str, *files: str) -> VariantRecord:
    """Return a variant whose files, which are not there, have made-up hashes."""
    hashes = {file: sha256(file.encode()).hexdigest() for file in files}
    return VariantRecord(
        name=name,
        framework=framework,
        precision=precision,
        weights=weights,
        model_path=files[0],
        model_sha256=hashes[files[-1]],
        files=hashes,
    )


@pytest.fixture(scope="session")
def bundled_job(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """Return a job on the bundled checkpoint at 160x96 and on six drawn samples, both made: the export is slow."""
    from converter.convert import convert
    from datasets.synthetic.make import synthesize

    folder, size = tmp_path_factory.mktemp("bundled"), (96, 160)
    synthesize(folder / "set", 6, 3, size, workers=1)
    default = load_config(Path("configs/default.yaml"))
    job = default.replaced(
        model=default.model.replaced(refine_sample_pixels=3200),
        convert=default.convert.replaced(size=size, precisions=("fp32",), out=folder / "models"),
        dataset=default.dataset.replaced(path=str(folder / "set")),
        evaluate=default.evaluate.replaced(variants=("torch", "ir-fp32@f32")),
    )
    convert(job, say=lambda _: None)
    return job


@pytest.fixture(scope="session")
def make_run() -> MakeRun:
    def make(
        shift: dict[str, float] | None = None,
        cpu_class: str = "avx2",
        ids: tuple[str, ...] = IDS,
        manifest: str | None = "0" * 64,
        default_precision: str = "bf16",
        drop: str | None = None,
        consecutive: bool = False,
    ) -> Run:
        rows = [row for row in make_rows(shift, ids) if row.variant != drop]
        variants = [
            _variant("torch", "torch", "f32", "fp32", "original/m.pth"),
            _variant("ir-fp32@f32", "openvino", "f32", "fp32", "gone/fp32/model.xml", "gone/fp32/model.bin"),
            _variant(
                "ir-fp16@default", "openvino", default_precision, "fp16", "gone/fp16/model.xml", "gone/fp16/model.bin"
            ),
        ]
        facts = Results(
            created="2025-01-02T03:04:05+00:00",
            environment=Environment(
                versions={"torch": "2.0", "openvino": None},
                python="3.11.0",
                os="Linux",
                cpu_class=cpu_class,
                cpu_name="A CPU",
                git_commit=None,
            ),
            dataset=DatasetRecord(
                name="synthetic",
                path="data/synthetic",
                manifest_sha256=manifest,
                samples=len(ids),
                samples_sha256=samples_sha256(ids),
                consecutive=consecutive,
            ),
            settings=SETTINGS,
            model=MODEL,
            original="torch",
            variants=tuple(variant for variant in variants if variant.name != drop),
        )
        return Run(facts, score_table(rows))

    return make


@pytest.fixture(scope="session")
def gate() -> GateSection:
    """Return tolerances of 0.1 against the original for any precision, of 0.05 both ways against the baseline."""
    original = {name: {"absolute": 0.1} for name in METRIC_BASE}
    baseline = {name: {"absolute": 0.05, "direction": "both"} for name in METRIC_BASE}
    return GateSection.model_validate(
        {
            "minimum_samples": 1,
            "against_original": {"f32": original, "bf16": original},
            "against_baseline": {"f32": baseline, "bf16": baseline},
            "other_class": {},
        }
    )


@pytest.fixture(scope="session")
def sample() -> Sample:
    """Return an 8x8 sample whose left half is opaque red, on a black scene."""
    alpha = np.zeros((8, 8), np.uint8)
    alpha[:, :4] = 255
    foreground = np.zeros((8, 8, 3), np.uint8)
    foreground[..., 0] = 255
    source = np.where(alpha[..., np.newaxis] > 0, foreground, 0).astype(np.uint8)
    return Sample("a/0001", source, np.zeros((8, 8, 3), np.uint8), alpha, foreground)

"""A small run on disk with scores, pictures and past runs, for the tests of `report.html`."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from eval_runs import IDS, make_rows

from datasets.samples.sample import Prediction, Sample
from eval.report.panels import WorstKeeper
from eval.run.results import RESULTS_FILE, Results, WorstRecord, write_results
from eval.run.scores import PER_SAMPLE_FILE, write_per_sample

SHIFT = {"ir-fp32@f32": 0.05, "ir-fp16@default": -0.02}
CREATED = "2025-01-0{}T03:04:05+00:00"


def write_run(folder: Path, results: Results, shift: dict[str, float], sample: Sample | None = None) -> Results:
    """Write a run's files; with a sample, also pictures of two worst samples made of it. Return the results written."""
    folder.mkdir(parents=True)
    if sample is not None:
        results = results.model_copy(update={"worst": pictures(folder, sample)})
    write_results(folder / RESULTS_FILE, results)
    write_per_sample(folder / PER_SAMPLE_FILE, make_rows(shift))
    return results


def pictures(folder: Path, sample: Sample) -> tuple[WorstRecord, ...]:
    """Write the pictures of two worst samples; the second drifts less."""
    keeper = WorstKeeper(2, "torch")
    for name, value in ((IDS[1], 0.6), (IDS[2], 0.55)):
        scores = {"torch": 500.0, "ir-fp32@f32": 1000 * value}
        made = {"torch": prediction(sample, 0.5), "ir-fp32@f32": prediction(sample, value)}
        keeper.offer(replace(sample, id=name), made, scores)
    return keeper.write(folder)


def prediction(sample: Sample, value: float) -> Prediction:
    return Prediction(np.full(sample.size, value, np.float32), np.zeros((*sample.size, 3), np.float32))

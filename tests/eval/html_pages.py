"""A small run on disk with scores, pictures and past runs, for the tests of `report.html`."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from eval_runs import IDS, make_rows

from configs.schema import GateSection
from datasets.samples.sample import Prediction, Sample
from eval.gate.judge import judge_original
from eval.report.content import Content, Judgement, report_content
from eval.report.html.page import write_html_report
from eval.report.pages import stored_content
from eval.report.panels import WorstPictures
from eval.run.results import RESULTS_FILE, Results, WorstRecord, write_results
from eval.run.scores import PER_SAMPLE_FILE, write_per_sample
from eval.run.stored import StoredRun, read_run

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
    keeper = WorstPictures(2)
    for name, value in ((IDS[1], 0.6), (IDS[2], 0.55)):
        scores = {"torch": 500.0, "ir-fp32@f32": 1000 * value}
        made = {"torch": prediction(sample, 0.5), "ir-fp32@f32": prediction(sample, value)}
        keeper.offer(replace(sample, id=name), "torch", made, scores)
    keeper.write(folder)
    return keeper.records()


def prediction(sample: Sample, value: float) -> Prediction:
    return Prediction(np.full(sample.size, value, np.float32), np.zeros((*sample.size, 3), np.float32))


def content_of(results: Results, gate: GateSection | None = None) -> Content:
    """Return the content of the report of results without single samples, judged where there are tolerances."""
    return report_content(StoredRun(results, ()), judgement_of(results, gate))


def judgement_of(results: Results, gate: GateSection | None) -> Judgement | None:
    return None if gate is None else Judgement(gate, judge_original(results, gate))


def write_page(folder: Path, gate: GateSection) -> Path:
    """Write the page of a stored run, without a baseline, and return its path."""
    run = read_run(folder)
    return write_html_report(folder, stored_content(folder, run, judgement_of(run.results, gate)))

"""A small run on disk with scores, pictures and past runs, for the tests of `report.html`."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from eval_runs import IDS, with_facts

from configs.schema import GateSection
from datasets.samples.sample import Prediction, Sample
from eval.gate.judge import judge_original
from eval.report.content import Content, Judgement, report_content
from eval.report.html.page import write_html_report
from eval.report.panels import WorstPictures
from eval.report.stored import stored_content
from eval.run.results import Results, WorstRecord
from eval.run.stored import Run, read_run, write_run

SHIFT = {"ir-fp32@f32": 0.05, "ir-fp16@default": -0.02}
CREATED = "2025-01-0{}T03:04:05+00:00"


def write_pictured(folder: Path, run: Run, sample: Sample) -> Results:
    """Write a run's files, and pictures of two worst samples made of `sample`; return the results written."""
    folder.mkdir(parents=True)
    pictured = with_facts(run, worst=pictures(folder, sample))
    write_run(folder, pictured)
    return pictured.results


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


def content_of(run: Run, gate: GateSection | None = None) -> Content:
    """Return the content of a run's report, judged where there are tolerances."""
    return report_content(run, judgement_of(run, gate))


def judgement_of(run: Run, gate: GateSection | None) -> Judgement | None:
    return None if gate is None else Judgement(gate, judge_original(run, gate))


def write_page(folder: Path, gate: GateSection) -> Path:
    """Write the page of a stored run, without a baseline, and return its path."""
    run = read_run(folder)
    return write_html_report(folder, stored_content(folder, run, judgement_of(run, gate)))

"""Frames of another aspect than the model's are found; those of another size alone are not."""

import pytest
from eval_runs import MakeRun, with_facts

from eval.run.aspect import distorted_sizes, distortion
from eval.run.results import ModelRecord

MODEL = (720, 1280)


@pytest.mark.parametrize(
    ("frame", "share"),
    [((1080, 1920), 0.0), ((1080, 1440), 0.25), ((1280, 720), 0.68359375), ((360, 641), 1 / 640)],
)
def test_distortion_is_a_share_of_the_model_s_aspect(frame: tuple[int, int], share: float) -> None:
    assert distortion(MODEL, frame) == pytest.approx(share)


def test_a_size_counts_from_one_percent_on(make_run: MakeRun) -> None:
    run = make_run()
    model = ModelRecord(source_sha256="0" * 64, architecture="background-matting-v2", input_size=MODEL)
    sizes = (MODEL, (1080, 1920), (720, 1292), (720, 1294), (480, 640))
    dataset = run.results.dataset.model_copy(update={"sizes": sizes})
    assert distorted_sizes(with_facts(run, model=model, dataset=dataset).results) == [(720, 1294), (480, 640)]
    assert distorted_sizes(with_facts(run, model=model).results) == []  # an earlier version's
    assert distorted_sizes(with_facts(run, model=None, dataset=dataset).results) == ()

"""`mattekit bench` as a user runs it."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from outcome import Run

Job = Callable[..., Path]


def test_a_benchmark_is_written_and_printed(run: Run, job: Job, tmp_path: Path) -> None:
    outcome = run("bench", "--config", job(), "--variants", "onnx,ir-fp32@f32", "--frames", 2, "--different", 1)

    assert outcome.code == 0, outcome.text
    [folder] = (tmp_path / "reports").iterdir()
    assert re.fullmatch(r"tiny-bench-\d{8}-\d{6}", folder.name)
    assert sorted(path.name for path in folder.iterdir()) == ["bench.csv", "bench.json", "bench.md"]
    assert f"benchmark: reports/{folder.name}/bench.md" in outcome.out
    assert "times as fast: one inference at a time, against onnx" in outcome.out
    text = (folder / "bench.md").read_text(encoding="utf-8")
    assert "--variants onnx,ir-fp32@f32 --frames 2 --different 1 --warmup 3" in text


def test_a_benchmark_goes_into_a_run_and_its_report(run: Run, job: Job, tmp_path: Path) -> None:
    assert run("evaluate", "--config", job(), "--out", "reports/mine").code == 0
    outcome = run("bench", "--config", job(), "--run", "reports/mine", "--frames", 1, "--no-throughput")

    assert outcome.code == 0, outcome.text
    assert (tmp_path / "reports/mine/bench.json").is_file()
    assert "## Speed" in (tmp_path / "reports/mine/report.md").read_text(encoding="utf-8")
    # The gate still takes the folder for a run.
    assert run("gate", "reports/mine", "--config", job(), "--update-baseline", "--reason", "a start").code == 0


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (("--frames", "3", "--seconds", "3"), 2, "give --frames or --seconds, not both"),
        (("--run", "a", "--out", "b"), 2, "give --run or --out, not both"),
        (("--streams", "2", "--no-throughput"), 2, "--streams belongs to throughput"),
        (("--run", "nowhere"), 3, "nowhere/results.json: there is no such file; run `mattekit evaluate`"),
        (("--variants", "ir-fp16@int4"), 2, "variant 'ir-fp16@int4' is unknown"),
        (("--against", "missing/model.xml"), 3, "missing/model.xml: no such file of an IR"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_written(
    run: Run, job: Job, tmp_path: Path, options: tuple[str, ...], code: int, message: str
) -> None:
    outcome = run("bench", "--config", job(), *options)
    assert (outcome.code, message in outcome.text) == (code, True), outcome.text
    assert not (tmp_path / "reports").exists()


def test_the_evaluation_itself_is_timed(run: Run, job: Job, tmp_path: Path) -> None:
    outcome = run("bench", "--config", job(), "--pipeline", "--variants", "onnx", "--frames", 2, "--out", "pipe")
    assert outcome.code == 0, outcome.text
    assert "times bare inference" in outcome.out
    assert sorted(path.name for path in (tmp_path / "pipe").iterdir()) == [
        "pipeline.json",
        "pipeline.md",
        "pipeline.png",
    ]
    assert "mattekit bench --config" in (tmp_path / "pipe/pipeline.md").read_text(encoding="utf-8")
    refused = run("bench", "--config", job(), "--pipeline", "--seconds", 3, "--profile")
    assert refused.code == 2
    assert "leave out --seconds, --profile" in refused.text

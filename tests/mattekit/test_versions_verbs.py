"""`mattekit matrix` and `mattekit bisect`: what they refuse, and a change planted in a release of OpenVINO, found."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from outcome import Run

from eval.versions.bisect_record import BisectRecord
from eval.versions.record import MatrixRecord
from tools.planted_release import plant

CLEAN, PLANTED = ("9001.1.0", "9001.2.0"), ("9001.3.0", "9001.4.0")


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder of four releases of OpenVINO, the last two of them changed; pip sees nothing else."""
    for name in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_CONSTRAINT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("MATTEKIT_CACHE", str(tmp_path / "cache"))
    for version in CLEAN:
        plant(tmp_path / "wheels", version)
    for version in PLANTED:
        plant(tmp_path / "wheels", version, 1.01, "Abs")
    return tmp_path / "wheels"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("matrix",), "name at least one version"),
        (("matrix", "--openvino", "newest"), "--openvino: expected versions such as"),
        (("bisect", "numpy", "--good", "1", "--bad", "2"), "numpy"),
        (
            ("bisect", "openvino", "--good", "1.0", "--bad", "1"),
            "--good and --bad are both openvino 1",
        ),
        (("bisect", "openvino", "--good", "1", "--bad", "2", "--beyond", "1"), "--beyond belongs to --metric"),
        (("bisect", "openvino", "--good", "1", "--bad", "2", "--speed", "0.5"), "--speed: expected how many times"),
        (
            ("bisect", "openvino", "--good", "1", "--bad", "2", "--speed", "2", "--metric", "alpha_mad"),
            "give --metric or --speed, not both",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_cannot_be_meant_is_a_usage_error(run: Run, arguments: tuple[str, ...], said: str) -> None:
    outcome = run(*arguments)
    assert outcome.code == 2
    assert said in outcome.text


def test_a_question_that_the_job_cannot_answer_is_a_usage_error(run: Run, job: Callable[..., Path]) -> None:
    ends = ("--good", "1.0", "--bad", "3.0", "--versions", "1.0,2.0,3.0", "--config", job())
    outcome = run("bisect", "torch", *ends)
    assert outcome.code == 2
    assert "torch runs none of the variants onnx, ir-fp32@f32, ir-fp16@f32" in outcome.text
    assert "no metric 'alpha'" in run("bisect", "openvino", *ends, "--metric", "alpha").text
    assert "4.0: not among the releases: 1.0, 2.0, 3.0" in run("bisect", "openvino", *ends, "--bad", "4.0").text


def test_a_matrix_of_what_runs_here_alone_is_a_usage_error(run: Run, job: Callable[..., Path]) -> None:
    from importlib.metadata import version

    outcome = run("matrix", "--openvino", version("openvino"), "--config", job())
    assert outcome.code == 2
    assert "is what runs here; name another version" in outcome.text


@pytest.mark.parametrize(
    "verb", [("matrix", "--openvino", "1.0"), ("bisect", "openvino", "--good", "1", "--bad", "2", "--versions", "1,2")]
)
def test_a_model_that_was_not_converted_is_a_data_error_before_anything_is_installed(
    run: Run, job: Callable[..., Path], verb: tuple[str, ...]
) -> None:
    outcome = run(*verb, "--config", job(convert={"out": "nowhere"}), "--environments", "environments")
    assert outcome.code == 3
    assert "nowhere/conversion.json: there is no such file; run `mattekit convert`" in outcome.text
    assert not Path("environments").exists()


@pytest.mark.slow
def test_a_planted_change_is_seen_located_and_a_release_that_is_not_there_is_said(
    run: Run, job: Callable[..., Path], wheels: Path
) -> None:
    asked = ",".join((CLEAN[0], PLANTED[0], "9009.0"))
    given = ("--config", job(), "--find-links", wheels, "--frames", 3, "--out", "out")
    outcome = run("matrix", "--openvino", asked, *given, "--json")
    assert outcome.code == 1
    record = MatrixRecord.read(Path("out"))
    assert json.loads(outcome.out)["result"]["matrix"]["samples"] == record.samples == 3
    _, clean, planted, missing = record.versions
    assert clean.verdict == "identical"
    assert clean.parting is None
    assert planted.verdict == "beyond the limits"
    assert planted.controls == ()
    assert set(planted.latency) == {"ir-fp32@f32", "ir-fp16@f32"}
    assert planted.parting is not None
    assert planted.parting.first is not None
    assert planted.parting.first.tensor == "distance"
    assert planted.parting.first.nodes_b[-1].operation == "Abs"
    assert planted.parting.first.difference.relative == pytest.approx(0.01, rel=1e-3)
    assert planted.parting.first.local is not None
    assert planted.parting.first.local.parted
    assert (missing.verdict, missing.exit_code) == ("did not run", 3)
    assert "pip cannot install it" in missing.failure
    assert {path.name for path in Path("out/runs").iterdir()} == {
        "pinned",
        *(f"openvino-{v}" for v in (CLEAN[0], PLANTED[0])),
    }


@pytest.mark.slow
def test_a_version_that_converts_anew_is_held_by_its_own_proofs(
    run: Run, job: Callable[..., Path], wheels: Path
) -> None:
    given = ("--config", job(), "--find-links", wheels, "--frames", 0, "--convert", "--out", "out")
    outcome = run("matrix", "--openvino", f"{CLEAN[0]},{PLANTED[0]}", *given)
    assert outcome.code == 1
    _, clean, planted = MatrixRecord.read(Path("out")).versions
    assert (clean.verdict, clean.latency) == ("identical", {})
    assert (planted.verdict, planted.exit_code) == ("did not run", 1)
    assert "ir-fp32" in planted.failure


@pytest.mark.slow
def test_a_bisection_names_the_release_with_the_planted_change_and_goes_on_where_it_was(
    run: Run, job: Callable[..., Path], wheels: Path
) -> None:
    given = ("bisect", "openvino", "--good", CLEAN[0], "--find-links", wheels, "--config", job(), "--out", "out")
    asked = (*given, "--bad", PLANTED[-1], "--metric", "alpha_mad", "--beyond", "0.001")
    outcome = run(*asked)
    assert outcome.code == 0
    assert f"first bad release: openvino {PLANTED[0]}; the last good one is {CLEAN[-1]}" in outcome.text
    record = BisectRecord.read(Path("out"))
    last = record.steps[-1]
    record.model_copy(update={"steps": record.steps[:-1], "suspects": (), "last_good": None}).write(Path("out"))
    again = run(*asked)
    assert again.code == 0
    assert BisectRecord.read(Path("out")) == record
    assert f"{last.version} ({last.role}): {last.verdict}" in again.text
    assert again.text.count("(measured earlier)") == len(record.steps) - 1
    other = run(*asked, "--limit", 2)
    assert other.code == 2
    assert "out: holds a search with another settings" in other.text
    nothing = run(*given[:-1], "other", "--bad", CLEAN[-1])
    assert nothing.code == 5
    assert "is not bad against 9001.1.0: no metric moves beyond its limit" in nothing.text


@pytest.mark.slow
def test_a_bisection_by_speed_names_the_release_that_waits(run: Run, job: Callable[..., Path], wheels: Path) -> None:
    plant(wheels, "9001.5.0", wait=0.05)
    releases = ("--good", CLEAN[0], "--bad", "9001.5.0", "--versions", ",".join((*CLEAN, "9001.5.0")))
    given = ("--find-links", wheels, "--config", job(), "--variants", "onnx,ir-fp32@f32", "--frames", 5, "--out", "out")
    outcome = run("bisect", "openvino", *releases, "--speed", 8, *given)
    assert outcome.code == 0
    assert f"first bad release: openvino 9001.5.0; the last good one is {CLEAN[-1]}" in outcome.text
    record = BisectRecord.read(Path("out"))
    assert [step.role for step in record.steps][:2] == ["good again", "bad"]
    assert not Path("out/runs").exists()

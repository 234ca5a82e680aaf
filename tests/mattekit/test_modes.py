"""How much a command says: `--quiet`, `--json`, `--version`, completion, and life signs in a log."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from outcome import Run

from eval.bench.record import BenchRecord
from eval.gate.output import GateRecord
from eval.run.results import Results
from mattekit.app import REPORTING
from mattekit.terminal import console

KEYS = {"schema_version", "verb", "exit_code", "error", "result"}


def test_the_version_is_the_installed_one(run: Run) -> None:
    from importlib.metadata import version

    assert run("--version").out == f"mattekit {version('mattekit')}\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_completion_script_is_there_for_every_shell(run: Run, shell: str) -> None:
    outcome = run("--show-completion", shell)

    assert outcome.code == 0
    assert "_MATTEKIT_COMPLETE" in outcome.out


def test_the_road_in_json_is_records_that_read_back(run: Run, job: Callable[..., Path]) -> None:
    config = job()

    def asked(*arguments: object) -> dict:
        outcome = run(*arguments, "--config", config, "--json")
        document = json.loads(outcome.out)
        assert document.keys() == KEYS
        assert (document["verb"], document["exit_code"]) == (arguments[0], outcome.code)
        return document

    evaluated = asked("evaluate", "--out", "run")
    results = Results.model_validate(evaluated["result"]["results"])
    written = Results.read(Path("run")).model_copy(update={"origin": None})  # that is of the file
    assert (evaluated["error"], results) == (None, written)
    asked("gate", "run", "--update-baseline", "--reason", "the first")
    gated = asked("gate", "run")
    record = GateRecord.model_validate(gated["result"]["gate"])
    assert (record, record.exit_code) == (GateRecord.read(Path("run")), gated["exit_code"])
    bench = asked("bench", "--frames", 1, "--different", 1, "--no-throughput", "--out", "bench")
    assert BenchRecord.model_validate(bench["result"]["bench"]) == BenchRecord.read(Path("bench"))
    proved = asked("verify")
    assert [form["hop"] for form in proved["result"]["forms"]][:2] == ["onnx", "onnx-simplified"]
    compared = json.loads(run("compare", "run", "run", "--json").out)
    assert {row["difference"] for row in compared["result"]["comparison"]["metrics"]} <= {0.0, None}


def test_an_error_is_in_the_document_and_on_standard_error(run: Run) -> None:
    outcome = run("gate", "nowhere", "--json")

    document = json.loads(outcome.out)
    assert (outcome.code, document["exit_code"], document["result"]) == (3, 3, None)
    assert document["error"].startswith("nowhere/results.json: there is no such file")
    assert document["error"] in outcome.err


def test_quiet_says_errors_alone(run: Run, tmp_path: Path) -> None:
    made = run("dataset", "synthesize", "--count", 1, "--size", "64x96", "--out", "set", "--quiet")
    assert (made.code, made.out, made.err) == (0, "", "")

    refused = run("dataset", "verify", "nowhere", "-q")
    assert (refused.code, refused.out) == (3, "")
    assert "nowhere" in refused.err
    assert run("dataset", "verify", "set", "--quiet", "--json").code == 2


def test_what_was_quiet_or_json_before_is_not_so_now(run: Run) -> None:
    run("doctor", "--json")
    run("doctor", "--quiet")

    assert "all well" in run("doctor").out


def test_the_documented_verbs_are_those_that_report() -> None:
    text = (Path(__file__).parents[2] / "docs/json.md").read_text(encoding="utf-8")
    documented = [line.split("`")[1] for line in text.splitlines() if line.startswith("| `")]

    assert documented == list(REPORTING)


def test_a_log_hears_what_is_at_work(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(console, "HEARTBEAT_SECONDS", 0.02)
    with console.step_bar() as (_, report):
        report("ir-fp16", 3, 5)
        time.sleep(0.2)

    assert "ir-fp16 (3/5 done), 0 s" in capsys.readouterr().err

"""The action and the example workflow: every reference exists, nothing is pasted into scripts, and the steps do."""

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from command_lines import parse_mattekit

from configs.load import config_of
from configs.schema import Config

ROOT = Path(__file__).resolve().parent.parent
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
WORKFLOW_TEXT = (ROOT / "docs/example-workflow.yml").read_text(encoding="utf-8")
WORKFLOW: dict[Any, Any] = yaml.safe_load(WORKFLOW_TEXT)
STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]
SCRIPTS = [step for step in STEPS if "run" in step]
EXPRESSION = re.compile(r"\$\{\{ *(.*?) *\}\}")
FAKE = r"""#!/usr/bin/env bash
# Stands for mattekit: notes its arguments one a line, and does what the test asks for.
printf '%s\n' "$@" -- >> "$RUNNER_TEMP/calls"
if [ "$1" = "$FAKE_BROKEN" ]; then exit 4; fi
if [ "$1" = gate ]; then
  if [ -n "$FAKE_STATUS" ]; then echo "status=$FAKE_STATUS" >> "$GITHUB_OUTPUT"; fi
  exit "$FAKE_CODE"
fi
"""


def references(node: Any) -> list[str]:
    """Return every expression in a YAML tree; a bare `if` is one."""
    if isinstance(node, dict):
        return [
            found
            for key, value in node.items()
            for found in ([value, *references(value)] if key == "if" else references(value))
        ]
    if isinstance(node, list):
        return [found for value in node for found in references(value)]
    return EXPRESSION.findall(node) if isinstance(node, str) else []


def script_outputs(step: dict[str, Any]) -> set[str]:
    """Return the outputs that a script writes itself, and those of the gate."""
    found = set(re.findall(r'echo "([\w-]+)=', step.get("run", "")))
    return found | {"status"} if step.get("id") == "gate" else found


def test_every_input_is_used_and_every_used_one_exists() -> None:
    used = {name for text in references(ACTION) for name in re.findall(r"inputs\.([\w-]+)", text)}
    assert used == set(ACTION["inputs"])
    assert all(each["description"] for each in ACTION["inputs"].values())
    assert [name for name, each in ACTION["inputs"].items() if "default" not in each] == ["config"]


def test_every_output_of_a_step_is_written_by_it() -> None:
    ids = {step["id"]: step for step in STEPS if "id" in step}
    used = [pair for text in references(ACTION) for pair in re.findall(r"steps\.([\w-]+)\.outputs\.([\w-]+)", text)]
    assert used
    for step, output in used:
        known = {"python-path"} if ids[step].get("uses", "").startswith("actions/setup-python@") else set()
        assert output in known | script_outputs(ids[step]), (step, output)


def test_no_script_has_an_expression_pasted_in() -> None:
    jobs = [step for job in WORKFLOW["jobs"].values() for step in job["steps"]]
    for step in [*STEPS, *jobs]:
        assert EXPRESSION.findall(step.get("run", "")) == []


def test_every_variable_of_a_script_is_given_to_it() -> None:
    given_anyway = {"RUNNER_TEMP", "GITHUB_OUTPUT"}
    jobs = [step for job in WORKFLOW["jobs"].values() for step in job["steps"]]
    for step in [*STEPS, *jobs]:
        script = step.get("run", "")
        own = set(re.findall(r"^\s*(\w+)=", script, re.MULTILINE))
        used = set(re.findall(r"\$\{?(\w+)", re.sub(r"'[^']*'", "", script)))
        assert used <= own | set(step.get("env", {})) | given_anyway, step["name"]


@pytest.mark.parametrize("step", SCRIPTS, ids=lambda step: step["name"])
def test_every_script_parses_and_names_its_shell(step: dict[str, Any]) -> None:
    assert step["shell"] == "bash"
    subprocess.run(["bash", "-n", "-c", step["run"]], check=True)


def test_the_workflow_gives_inputs_and_reads_outputs_that_exist() -> None:
    [use] = [s for job in WORKFLOW["jobs"].values() for s in job["steps"] if "/mattekit@" in s.get("uses", "")]
    assert set(use["with"]) <= set(ACTION["inputs"])
    used = re.findall(rf"steps\.{use['id']}\.outputs\.([\w-]+)", WORKFLOW_TEXT)
    assert used
    assert set(used) <= set(ACTION["outputs"])


def test_the_job_and_the_workflow_of_the_page_are_whole() -> None:
    page = (ROOT / "docs/ci.md").read_text(encoding="utf-8")
    job, workflow, *_ = [yaml.safe_load(block) for block in re.findall(r"^```yaml\n(.*?)^```", page, re.M | re.S)]
    gate = config_of(job, "docs/ci.md").gate
    assert gate == Config().gate.replaced(baseline=gate.baseline)  # what it states is the default
    [use] = [step for step in workflow["jobs"]["gate"]["steps"] if "/mattekit@" in step["uses"]]
    assert set(use["with"]) <= set(ACTION["inputs"])
    assert (use["with"]["config"], use["with"]["require-baseline"]) == ("mattekit.yaml", "true")
    assert workflow["permissions"] == {"contents": "read"}


def test_the_workflow_asks_for_no_more_than_it_needs() -> None:
    assert WORKFLOW["permissions"] == {"contents": "read", "pull-requests": "write"}
    assert "secrets." not in WORKFLOW_TEXT
    assert "pull_request_target" not in WORKFLOW_TEXT
    [comment] = [s for job in WORKFLOW["jobs"].values() for s in job["steps"] if "gh pr comment" in s.get("run", "")]
    assert "github.event.pull_request.head.repo.full_name == github.repository" in comment["if"]
    subprocess.run(["bash", "-n", "-c", comment["run"]], check=True)


class Job:
    """The action's scripts, run one after the other as GitHub would, with a stand-in for mattekit."""

    def __init__(self, folder: Path, inputs: dict[str, str]) -> None:
        self.folder = folder
        self.inputs = {name: each.get("default", "") for name, each in ACTION["inputs"].items()} | inputs
        self.outputs: dict[str, dict[str, str]] = {}
        self.codes: dict[str, int] = {}
        self.text = ""
        program = folder / "temp/mattekit/bin/mattekit"
        program.parent.mkdir(parents=True)
        program.write_text(FAKE, encoding="utf-8")
        program.chmod(0o755)

    def run(self, **fake: str) -> "Job":
        for step in SCRIPTS:
            if step["name"] == "Install mattekit" or (any(self.codes.values()) and step.get("if") != "always()"):
                continue
            written = self.folder / "output"
            written.write_text("", encoding="utf-8")
            given = {name: self._value(value) for name, value in step.get("env", {}).items()}
            surroundings = {
                "PATH": os.environ["PATH"],
                "RUNNER_TEMP": str(self.folder / "temp"),
                "GITHUB_OUTPUT": str(written),
            }
            done = subprocess.run(
                ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
                env={**surroundings, **given, **fake},
                cwd=self.folder,
                capture_output=True,
                text=True,
            )
            self.text += done.stdout + done.stderr
            self.codes[step["name"]] = done.returncode
            lines = written.read_text(encoding="utf-8").splitlines()
            self.outputs[step.get("id", step["name"])] = dict(line.split("=", 1) for line in lines)
        return self

    @property
    def calls(self) -> list[tuple[str, ...]]:
        text = (self.folder / "temp/calls").read_text(encoding="utf-8")
        return [tuple(call.splitlines()) for call in text.split("--\n") if call]

    def _value(self, text: str) -> str:
        def look_up(match: re.Match[str]) -> str:
            kind, _, rest = match[1].partition(".")
            if kind == "inputs":
                return self.inputs[rest]
            step, _, output = rest.partition(".outputs.")
            return self.outputs.get(step, {}).get(output, "")

        return EXPRESSION.sub(look_up, text)


@pytest.mark.parametrize(
    ("code", "status", "strict", "ends"),
    [
        ("0", "passed", "false", 0),
        ("1", "failed", "false", 1),
        ("5", "inconclusive", "false", 0),
        ("5", "inconclusive", "true", 5),
        ("3", "", "false", 3),
    ],
)
def test_the_job_ends_as_the_gate_did(tmp_path: Path, code: str, status: str, strict: str, ends: int) -> None:
    job = Job(tmp_path, {"config": "my job.yaml", "fail-on-inconclusive": strict}).run(
        FAKE_CODE=code, FAKE_STATUS=status, FAKE_BROKEN="none"
    )
    assert job.codes == {"Convert": 0, "Evaluate": 0, "Judge": 0, "Verdict": ends}
    verdict = job.outputs["verdict"]
    assert verdict["status"] == (status or "error")
    assert re.fullmatch(r"\./reports/action-\d{8}-\d{6}/report\.html", verdict["report-path"])
    assert verdict["run-dir"] + "/report.html" == verdict["report-path"]
    assert ("::warning" in job.text) == (code == "5" and strict == "false")
    assert [call[0] for call in job.calls] == ["convert", "evaluate", "gate"]
    for call in job.calls:
        parse_mattekit(call)
        assert (call[call.index("--config")], call[call.index("--config") + 1]) == ("--config", "my job.yaml")


@pytest.mark.parametrize("required", ["true", "false"])
def test_a_baseline_is_required_where_the_workflow_says_so(tmp_path: Path, required: str) -> None:
    job = Job(tmp_path, {"config": "a.yaml", "require-baseline": required})
    job.run(FAKE_CODE="0", FAKE_STATUS="passed", FAKE_BROKEN="none")
    assert ("--require-baseline" in job.calls[-1]) == (required == "true")
    parse_mattekit(job.calls[-1])


def test_options_that_are_given_are_passed_on(tmp_path: Path) -> None:
    given = {
        "config": "a.yaml",
        "checkpoint": "my weights.pth",
        "dataset": "a set",
        "variants": "torch,ir-fp16@f32",
        "limit": "3",
        "baseline": "b.json",
    }
    job = Job(tmp_path, given).run(FAKE_CODE="0", FAKE_STATUS="passed", FAKE_BROKEN="none")
    passed = [argument for call in job.calls for argument in call]
    for option, value in given.items():
        assert passed[passed.index(f"--{option}") + 1] == value
    for call in job.calls:
        parse_mattekit(call)


@pytest.mark.parametrize("broken", ["convert", "evaluate"])
def test_a_step_before_the_gate_that_fails_is_an_error(tmp_path: Path, broken: str) -> None:
    job = Job(tmp_path, {"config": "a.yaml"}).run(FAKE_CODE="0", FAKE_STATUS="passed", FAKE_BROKEN=broken)
    assert job.codes["Verdict"] == 1
    assert job.outputs["verdict"] == {"status": "error", "run-dir": "", "report-path": ""}
    assert "::error title=mattekit::no verdict was reached" in job.text

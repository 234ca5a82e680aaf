"""The command line in an empty folder, and configurations on the tiny network."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from bucket import bucket
from outcome import Outcome, Run
from tiny_model import tiny_settings

import mattekit.__main__ as process
from mattekit.terminal import libraries


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Return `run(*arguments)`, the command line in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(libraries, "quiet_libraries", lambda: None)  # a warning is an error in tests
    for name in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT", "GITHUB_ACTIONS"):
        monkeypatch.delenv(name, raising=False)

    def mattekit(*arguments: object) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["mattekit", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            process.main()
        out, err = capsys.readouterr()
        code = ended.value.code
        return Outcome(code if isinstance(code, int) else 0, out, err)

    return mattekit


@pytest.fixture
def url(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Yield where photographs can be fetched from."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with bucket() as served:
        yield served


@pytest.fixture
def job(tmp_path: Path, tiny_onnx: Path, tiny_models: Path, tiny_set: Path) -> Callable[..., Path]:
    """Return `job(section={key: value})`, which writes a configuration on the tiny model and returns its path."""

    def write(**sections: dict[str, Any]) -> Path:
        settings = tiny_settings(tiny_onnx, tiny_models, tiny_set)
        settings["gate"]["baseline"] = str(tmp_path / "baseline.json")
        for name, keys in sections.items():
            settings[name] = {**settings[name], **keys}
        path = tmp_path / "job.yaml"
        path.write_text(yaml.safe_dump(settings), encoding="utf-8")
        return path

    return write

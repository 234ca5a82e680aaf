"""`mattekit serve` as a user starts it."""

import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from outcome import Run

from demo.page import library

ROOT = Path(__file__).resolve().parents[2]
Job = Callable[..., Path]


def test_without_the_extra_the_line_that_installs_it_is_said(
    run: Run, tiny_models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library, "find_spec", lambda name: None)
    outcome = run("serve", tiny_models)
    assert outcome.code == 2
    assert outcome.text.strip() == (
        "error: serve: the page needs NiceGUI, which is not installed; run: pip install --constraint constraints.txt "
        "--editable '.[serve]'"
    )


def test_what_cannot_be_served_is_said(run: Run, tiny_models: Path, tmp_path: Path) -> None:
    pytest.importorskip("nicegui", reason="the extra `serve` is not installed")
    outcome = run("serve", tmp_path / "none")
    assert (outcome.code, "none: no model there; give a folder" in outcome.text) == (3, True), outcome.text
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        outcome = run("serve", tiny_models, "--port", port)
    assert (outcome.code, f"--port {port}: cannot be listened on" in outcome.text) == (2, True), outcome.text
    outcome = run("serve", tiny_models, "--host", "no-such-host.invalid")
    assert (outcome.code, "choose another --port" in outcome.text) == (2, True), outcome.text
    assert not list(tmp_path.glob(".mattekit-*"))


def test_the_host_s_reach_is_told() -> None:
    pytest.importorskip("nicegui", reason="the extra `serve` is not installed")
    from demo.page.server import is_loopback

    assert [is_loopback(host) for host in ("127.0.0.1", "localhost", "::1", "127.8.8.8")] == [True] * 4
    assert [is_loopback(host) for host in ("0.0.0.0", "192.168.1.2", "example.org", "::")] == [False] * 4


def test_help_needs_no_web_framework() -> None:
    script = (
        "import sys, mattekit.__main__ as cli; sys.argv = ['mattekit', *{}]\ntry: cli.main()\nexcept SystemExit: pass\n"
        "print([name for name in ('nicegui', 'fastapi', 'uvicorn', 'cv2') if name in sys.modules])"
    )
    for arguments in (["--help"], ["serve", "--help"]):
        program = [sys.executable, "-c", script.format(arguments)]
        done = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, check=True)
        assert done.stdout.splitlines()[-1] == "[]"

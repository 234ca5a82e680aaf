"""`mattekit download`, and jobs that start from a published model: words, exit codes, and what lies where."""

import hashlib
import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from bad_server import Reply, Server
from command_lines import parse_mattekit
from outcome import Run

from configs.errors import DataError
from configs.load import load_config
from mattekit.terminal.models import open_chosen

ROOT = Path(__file__).parents[2]
NAME = "tiny-matting"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MATTEKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("MATTEKIT_OFFLINE", raising=False)
    return tmp_path / "cache"


@pytest.fixture
def catalogue(tmp_path: Path, tiny_onnx: Path, server: Server, cache: Path) -> Callable[..., None]:
    """Return `catalogue(key=value)`, which writes a catalogue of the tiny network, served by `server`."""
    server.replies["/tiny.onnx"] = [Reply(body=tiny_onnx.read_bytes(), headers={"ETag": '"a"'})]

    def write(**changes: Any) -> None:
        entry = {
            "about": "the tiny network",
            "architecture": "background-matting-v2",
            "file": "tiny.onnx",
            "url": f"{server.url}/tiny.onnx",
            "licence": "MIT",
            "licence_url": "https://example.org/LICENSE",
        }
        (tmp_path / "configs").mkdir(exist_ok=True)
        content = yaml.safe_dump({NAME: entry | changes, "other": entry | {"licence": "GPL-3.0-only"}})
        (tmp_path / "configs/catalogue.yaml").write_text(content, encoding="utf-8")

    write()
    return write


@pytest.mark.usefixtures("catalogue")
def test_a_model_is_fetched_with_its_licence_and_put_where_omz_puts_it(
    run: Run, tmp_path: Path, cache: Path, tiny_onnx: Path, server: Server
) -> None:
    done = run("download", "--name", "tiny-*", "--output_dir", "omz", "--num_attempts", 2, "--precisions", "FP16,FP32")
    assert done.code == 0, done.text
    assert f"{NAME}: licence MIT, https://example.org/LICENSE" in done.out
    path = Path("omz/public") / NAME / "tiny.onnx"
    assert f"{NAME}: {path}, verified" in done.out
    assert path.read_bytes() == (cache / NAME / "tiny.onnx").read_bytes() == tiny_onnx.read_bytes()
    again = run("download", NAME, "--offline")
    assert (again.code, again.out) == (0, f"{NAME}: {cache / NAME / 'tiny.onnx'}, verified\n")
    assert server.asked["/tiny.onnx"] == 1
    lock = json.loads((tmp_path / "mattekit-lock.json").read_text(encoding="utf-8"))
    assert lock["models"][NAME]["sha256"] == hashlib.sha256(tiny_onnx.read_bytes()).hexdigest()


@pytest.mark.usefixtures("catalogue")
def test_the_catalogue_is_shown(run: Run) -> None:
    assert run("download", "--print_all").out == f"other\n{NAME}\n"
    shown = run("download", "--list").text
    assert "tiny.onnx, size not published, no checksum published, pinned when fetched" in shown
    assert "GPL-3.0-only, https://example.org/LICENSE" in shown


@pytest.mark.usefixtures("catalogue")
@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ((), 2, "name a model, or give --all"),
        (("moodnet",), 2, "NAME: no published model is called 'moodnet'; known are other, tiny-matting"),
        (("--name", "mood*"), 2, "--name: mood* matches no published model"),
        ((NAME, "--precisions", "FP8"), 2, "--precisions: expected FP16, "),
        (("--all", "--local-file", "a"), 2, "--local-file: one file is one model, found 2"),
        ((NAME, "--local-file", "a"), 3, "a: there is no such file"),
        ((NAME, "--offline"), 3, "not in the cache"),
        ((NAME, "--catalogue", "none.yaml"), 2, "none.yaml: "),
        (("other",), 2, "other: its licence, GPL-3.0-only, asks for more than credit; read it at"),
    ],
)
def test_a_call_that_cannot_be_met_says_why(run: Run, arguments: tuple[str, ...], code: int, said: str) -> None:
    done = run("download", *arguments)
    assert done.code == code, done.text
    assert said in done.text


@pytest.mark.usefixtures("catalogue")
def test_of_several_models_those_that_can_be_had_come(run: Run, cache: Path) -> None:
    done = run("download", "--all")
    assert done.code == 2
    assert "other: its licence, GPL-3.0-only" in done.err
    assert "1 of 2 models could not be had" in done.err
    assert (cache / NAME / "tiny.onnx").is_file()


@pytest.mark.usefixtures("catalogue")
def test_a_licence_that_asks_for_more_can_be_accepted(run: Run, cache: Path) -> None:
    assert run("download", "other", "--accept-licence").code == 0
    assert run("download", "other").code == 0  # what is in the cache was accepted
    assert (cache / "other/tiny.onnx").is_file()


@pytest.mark.usefixtures("catalogue")
@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("n", 2)])
def test_on_a_terminal_the_licence_is_asked_about(tmp_path: Path, answer: str, code: int) -> None:
    here, there = pty.openpty()
    command = [sys.executable, "-m", "mattekit", "download", "other"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm"}
    with subprocess.Popen(command, cwd=tmp_path, stdin=there, stdout=there, stderr=there, env=environment) as process:
        os.close(there)
        os.write(here, f"{answer}\n".encode())
        text = _read(here)
    assert "asks for more than credit. Accept it?" in text
    assert process.returncode == code, text


def test_an_interruption_keeps_what_has_come_and_the_next_run_goes_on(
    tmp_path: Path, catalogue: Callable[..., None], tiny_onnx: Path, cache: Path, server: Server
) -> None:
    body = tiny_onnx.read_bytes()
    cut = len(body) // 2
    headers = {"ETag": '"a"'}
    rest = Reply(206, body[cut:], headers=headers | {"Content-Range": f"bytes {cut}-{len(body) - 1}/{len(body)}"})
    server.replies["/tiny.onnx"] = [Reply(body=body[:cut], claimed=len(body), hold=9, headers=headers), rest]
    command = [sys.executable, "-m", "mattekit", "download", NAME]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True, env=environment) as process:
        part = cache / NAME / ".tiny.onnx.part"
        while not (part.exists() and part.stat().st_size == cut) and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate()
    assert (process.returncode, "Traceback" in said) == (130, False), said
    assert f"tiny.onnx: {cut} of {len(body)} bytes are kept, and the same command goes on there" in said
    done = subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True, text=True)
    assert "verified" in done.stdout
    assert server.ranges == [(None, None), (f"bytes={cut}-", '"a"')]


def _read(terminal: int) -> str:
    parts = []
    try:
        while part := os.read(terminal, 1 << 16):
            parts.append(part)
    except OSError:  # the process has ended
        pass
    os.close(terminal)
    return b"".join(parts).decode()


def _job(job: Callable[..., Path], **model: Any) -> Path:
    return job(model={"onnx": "data/public/tiny/tiny.onnx", "download": NAME, **model}, convert={"out": "made"})


@pytest.mark.usefixtures("catalogue")
def test_a_job_fetches_its_original_and_the_next_one_verifies_it(
    run: Run, job: Callable[..., Path], server: Server
) -> None:
    config = _job(job)
    for _ in range(2):
        done = run("convert", "--config", config)
        assert done.code == 0, done.text
    assert server.asked["/tiny.onnx"] == 1
    assert "nothing to do" in done.out
    assert run("evaluate", "--config", config, "--out", "report").code == 0
    Path("data/public/tiny/tiny.onnx").write_bytes(b"\x08" * 99)
    changed = run("convert", "--config", config)
    assert changed.code == 3
    assert f"tiny.onnx: is not the file of {NAME}: expected" in changed.text


def test_a_job_says_what_to_do_where_its_original_cannot_be_had(
    run: Run, job: Callable[..., Path], catalogue: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MATTEKIT_OFFLINE", "1")
    done = run("convert", "--config", _job(job))
    assert done.code == 3
    assert f"run `mattekit download {NAME}` where there is a network, or give a file that you have" in done.text
    assert f"`mattekit download {NAME} --local-file FILE`" in done.text
    catalogue(licence="GPL-3.0-only")
    monkeypatch.delenv("MATTEKIT_OFFLINE")
    refused = run("convert", "--config", _job(job))
    assert (refused.code, f"`mattekit download {NAME} --accept-licence`" in refused.text) == (2, True)


def test_a_file_given_by_hand_does_without_network(
    run: Run, job: Callable[..., Path], catalogue: Callable[..., None], tiny_onnx: Path, server: Server
) -> None:
    assert run("download", NAME, "--local-file", tiny_onnx).code == 0
    done = run("convert", "--config", _job(job))
    assert done.code == 0, done.text
    assert not server.asked


@pytest.mark.usefixtures("catalogue")
def test_a_demo_without_a_converted_model_fetches_the_original_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, job: Callable[..., Path]
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match="carries no I/O contract; convert it"):
        open_chosen(None, None, None, load_config(_job(job)))
    assert Path("data/public/tiny/tiny.onnx").is_file()


@pytest.mark.usefixtures("catalogue")
@pytest.mark.parametrize(
    ("model", "said"),
    [
        ({"download": "moodnet"}, "model.download: no published model is called 'moodnet'"),
        ({"onnx": None, "checkpoint": "a.pth"}, "tiny.onnx belongs to model.onnx, found model.checkpoint"),
        ({"architecture": "modnet"}, "is of the architecture background-matting-v2, found modnet"),
    ],
)
def test_a_job_that_names_another_kind_of_model_ends_with_2(
    run: Run, job: Callable[..., Path], model: dict[str, Any], said: str
) -> None:
    done = run("convert", "--config", _job(job, **model))
    assert (done.code, said in done.text) == (2, True), done.text


@pytest.mark.usefixtures("catalogue")
def test_an_original_given_on_the_command_line_is_nobody_s_published_one(
    run: Run, job: Callable[..., Path], tiny_onnx: Path, server: Server
) -> None:
    assert run("convert", "--config", _job(job), "--onnx", tiny_onnx).code == 0
    assert not server.asked


@pytest.mark.parametrize("option", ["output", "cache"])
def test_open_model_zoo_s_spellings_are_read(option: str) -> None:
    for spelling in (f"--{option}_dir", f"--{option}-dir"):
        parse_mattekit(("download", NAME, spelling, "x"))

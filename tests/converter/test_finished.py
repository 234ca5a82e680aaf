"""A conversion that goes on: which hops of one that ended early are taken, and which are made anew."""

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from model_folder import FILES, beside, lift_gain, tree
from tiny_model import tiny_config

from configs.environment import installed_versions
from configs.errors import ConversionError, ParityError, UsageError
from configs.interruption import run_interruptible
from configs.schema import Config
from configs.unfinished import WORK_FILE, folder_of, unfinished
from converter import key as keys
from converter.convert import WORK, convert
from converter.finished import put_in_place
from converter.forms.record import Conversion
from converter.steps.chain import Chain
from converter.steps.ir_from_onnx import IrFromOnnx
from converter.steps.step import Step

Job = Callable[..., Config]
HOPS = ("onnx", "onnx-simplified", "ir-fp32", "ir-fp16")
STRICT = {"mean": 1e-9, "quantile": 1.0, "cells": 1.0}
LAX = {"mean": 1e-2, "quantile": 1.0, "cells": 1.0}


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the hops whose step is really run, as they are."""
    ran: list[str] = []
    run = Step.run
    monkeypatch.setattr(Step, "run", lambda step: ran.append(step.hop) or run(step))  # type: ignore[func-returns-value]
    return ran


@pytest.fixture
def stopped(job: Job, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the unfinished folder of a conversion that ended in the step of its last hop."""
    with monkeypatch.context() as patch:
        make = IrFromOnnx.make

        def fail(step: IrFromOnnx) -> Any:
            made = make(step)
            if step.precision == "fp16":
                raise RuntimeError("out of luck")
            return made

        patch.setattr(IrFromOnnx, "make", fail)
        with pytest.raises(ConversionError, match="step ir-fp16 failed: out of luck"):
            convert(job(), say=lambda _: None)
    return folder_of(job().convert.out)


def contents(folder: Path) -> dict[str, bytes]:
    return {name: content for name, (content, _) in tree(folder).items()}


def test_what_was_proved_is_taken_and_the_folder_is_what_it_would_have_been(
    job: Job, stopped: Path, made: list[str]
) -> None:
    assert beside(job().convert.out) == {stopped.name}
    assert not list(stopped.rglob("fp16/*"))
    said: list[str] = []

    record = convert(job(), say=said.append)

    assert made == ["ir-fp16"]
    assert said[:3] == [f"  {hop}: taken as it was made and proved before" for hop in HOPS[:3]]
    assert beside(job().convert.out) == {"models"}
    resumed = contents(job().convert.out)
    convert(job(), force=True, say=lambda _: None)
    assert contents(job().convert.out) == resumed
    assert list(resumed) == FILES
    assert Conversion.read(job().convert.out) == record


@pytest.mark.parametrize(
    ("changes", "expected", "why"),
    [
        ({"parity": {"samples": 2, "stimuli": False}}, HOPS, "convert.parity.samples: 1, now 2"),
        ({"size": "64x64"}, HOPS, "convert.size: 96x64, now 64x64"),
        ({"input_form": "nhwc-u8"}, HOPS[2:], "convert.input_form: nchw-f32, now nhwc-u8"),
        (
            {"parity": {"samples": 1, "stimuli": False, "tolerances": {"ir-fp32": LAX}}},
            HOPS[2:],
            "convert.parity.tolerances.ir-fp32.mean: ",
        ),
        ({"precisions": ["fp16"]}, HOPS[3:], ""),
    ],
    ids=["samples", "size", "input form", "tolerance", "precisions"],
)
def test_a_setting_makes_anew_what_it_decides(
    job: Job, stopped: Path, made: list[str], changes: dict[str, Any], expected: tuple[str, ...], why: str
) -> None:
    said: list[str] = []

    convert(job(**changes), say=said.append)

    assert made == list(expected)
    assert [line for line in said if ": made anew: " in line and why in line] or not why


@pytest.mark.parametrize("what", ["version", "CPU class", "code"])
def test_other_circumstances_make_all_anew(
    job: Job, stopped: Path, made: list[str], what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = {
        "version": ("installed_versions", {**installed_versions(), "openvino": "1.0"}, "versions.openvino: "),
        "CPU class": ("cpu_class", "sse", "CPU class: "),
        "code": ("source_sha256", "0" * 64, "code.toolkit: "),
    }
    name, value, why = told[what]
    monkeypatch.setattr(keys, name, lambda: value)
    said: list[str] = []

    convert(job(), say=said.append)

    assert made == list(HOPS)
    assert f"  onnx: made anew: {why}" in "\n".join(said)


def test_another_original_makes_all_anew(own_job: Config, own_onnx: Path, made: list[str]) -> None:
    strict = {"precisions": ["fp32"], "parity": {"samples": 1, "stimuli": False, "tolerances": {"ir-fp32": STRICT}}}
    with pytest.raises(ParityError):
        convert(tiny_config(own_onnx, own_job.convert.out, convert=strict), say=lambda _: None)
    lift_gain(own_onnx, 0.8)
    said: list[str] = []
    made.clear()

    convert(own_job, say=said.append)

    assert made == list(HOPS[:3])
    assert said[0].startswith("  onnx: made anew: original: ")


@pytest.mark.parametrize(
    ("name", "content", "anew"),
    [
        ("forms/model.onnx", None, HOPS[1:2]),
        ("forms/fp32/model.bin", b"", HOPS[2:3]),
        ("forms/fp32/model.xml", b"<net/>", HOPS[2:3]),
        ("onnx.json", b'{"schema_version": 1, "facts": {', HOPS[:1]),
        ("ir-fp32.json", b"{}", HOPS[2:3]),
    ],
    ids=["a file is gone", "truncated", "changed", "half a record", "no record"],
)
def test_a_damaged_leftover_is_never_trusted(
    job: Job,
    stopped: Path,
    made: list[str],
    tiny_models: Path,
    name: str,
    content: bytes | None,
    anew: tuple[str, ...],
) -> None:
    (stopped / name).unlink()
    if content is not None:
        (stopped / name).write_bytes(content)
    said: list[str] = []

    convert(job(), say=said.append)

    assert made == [*anew, "ir-fp16"]
    assert [line.split(":")[0].strip() for line in said if ": made anew: " in line] == list(anew)
    found, unbroken = contents(job().convert.out), contents(tiny_models)
    assert [name for name in FILES if found[name] != unbroken[name]] in ([], [Conversion.FILE])  # of another folder


def test_nothing_is_taken_where_it_cannot_be_read_what_it_is_of(job: Job, stopped: Path, made: list[str]) -> None:
    (stopped / WORK_FILE).write_text("{")

    convert(job(), say=lambda _: None)

    assert made == list(HOPS)
    assert beside(job().convert.out) == {"models"}


def test_a_record_under_another_hops_name_is_not_taken(job: Job, stopped: Path, made: list[str]) -> None:
    record = json.loads((stopped / "ir-fp32.json").read_text(encoding="utf-8"))
    facts = json.loads((stopped / "onnx-simplified.json").read_text(encoding="utf-8"))["facts"]
    (stopped / "onnx-simplified.json").write_text(json.dumps({**record, "facts": facts}), encoding="utf-8")

    convert(job(), say=lambda _: None)

    assert made == ["onnx-simplified", "ir-fp16"]


def test_parts_beside_a_whole_conversion_are_removed(job: Job, models: Path, made: list[str]) -> None:
    with pytest.raises(RuntimeError), unfinished(models, WORK) as kept:
        (kept.folder / "onnx.json").write_text("{}")
        raise RuntimeError

    convert(job(), say=lambda _: None)

    assert made == []
    assert beside(models) == {"models"}


def test_a_conversion_that_another_process_is_at_is_left_alone(job: Job, models: Path) -> None:
    (models / "fp16/model.bin").unlink()
    with unfinished(models, WORK), pytest.raises(UsageError, match="models: another process is making it"):
        convert(job(), say=lambda _: None)

    assert not (models / "fp16/model.bin").exists()


def test_force_starts_from_nothing(job: Job, stopped: Path, made: list[str]) -> None:
    convert(job(), force=True, say=lambda _: None)

    assert made == list(HOPS)
    assert beside(job().convert.out) == {"models"}


def test_a_failed_proof_leaves_nothing_of_its_hop(job: Job, made: list[str]) -> None:
    strict = {"samples": 1, "stimuli": False, "tolerances": {"ir-fp32": STRICT}}
    with pytest.raises(ParityError, match="hop ir-fp32") as caught:
        convert(job(parity=strict), say=lambda _: None)

    folder = folder_of(job().convert.out)
    assert sorted(path.name for path in folder.glob("onnx*.json")) == ["onnx-simplified.json", "onnx.json"]
    assert not (folder / "ir-fp32.json").exists()
    assert not list(folder.rglob("fp32/*"))
    assert any(folder.name in note for note in caught.value.__notes__)
    made.clear()
    convert(job(), say=lambda _: None)
    assert made == list(HOPS[2:])


def test_nothing_is_left_where_no_hop_was_finished(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Chain, "run", lambda *_: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        convert(job(), say=lambda _: None)

    assert not job().convert.out.parent.exists()


def test_an_interruption_says_how_to_go_on(
    job: Job, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = Step.run

    def interrupted(step: Step) -> Any:
        if step.hop == "ir-fp16":
            os.kill(os.getpid(), signal.SIGINT)
        return run(step)

    monkeypatch.setattr(Step, "run", interrupted)

    with pytest.raises(SystemExit) as ended:
        run_interruptible(lambda: convert(job(), say=lambda _: None))

    assert ended.value.code == 130
    assert capsys.readouterr().err == (
        f"interrupted; what was finished is kept: {folder_of(job().convert.out)} (in step ir-fp16 (steps done before "
        "it: onnx, onnx-simplified, ir-fp32)) (the next conversion to the same folder goes on from there, with --force "
        "from nothing)\n"
    )


def test_a_file_system_without_links_gets_copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "link", refuse)
    (tmp_path / "forms").mkdir()
    (tmp_path / "forms/model.onnx").write_bytes(b"graph")

    put_in_place(tmp_path / "forms/model.onnx", tmp_path / "work/model.onnx")

    assert (tmp_path / "work/model.onnx").read_bytes() == b"graph"
    assert (tmp_path / "forms/model.onnx").exists()

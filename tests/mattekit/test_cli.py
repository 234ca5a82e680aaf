"""The command line: every verb's help, what is refused and with which exit code."""

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer.main
from command_lines import parse_mattekit
from outcome import Run
from typer.exceptions import TyperException

import mattekit.app as verbs
from configs.errors import ConversionError, DataError, MattekitError, ParityError, UsageError
from datasets.samples.images import read_rgb
from mattekit.verbs import doctor

VERBS = (
    ("init",),
    ("convert",),
    ("verify",),
    ("evaluate",),
    ("gate",),
    ("bench",),
    ("attribute",),
    ("locate",),
    ("compare",),
    ("matrix",),
    ("bisect",),
    ("card",),
    ("info",),
    ("doctor",),
    ("download",),
    ("matte",),
    ("demo",),
    ("serve",),
    ("dataset", "people"),
    ("dataset", "synthesize"),
    ("dataset", "footage"),
    ("dataset", "fetch"),
    ("dataset", "verify"),
    ("dataset", "show"),
    ("dataset", "compose"),
    ("dataset", "import"),
    ("dataset", "build"),
    ("dataset", "pairs"),
    ("dataset", "frames"),
    ("export", "accuracy-check"),
    ("import-config",),
)


@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
def test_every_verb_explains_itself_by_example(run: Run, verb: tuple[str, ...]) -> None:
    outcome = run(*verb, "--help")
    assert outcome.code == 0
    shown = outcome.text.partition("Example")[2]
    assert f"mattekit {' '.join(verb)}" in shown


def test_the_help_lists_every_verb_and_the_exit_codes(run: Run) -> None:
    outcome = run("--help")
    assert outcome.code == 0
    for verb, *_ in VERBS:
        assert f" {verb} " in outcome.text
    assert "5 inconclusive" in outcome.text


def test_the_listed_verbs_are_all_there_are() -> None:
    commands = typer.main.get_command(verbs.app).commands  # type: ignore[attr-defined]
    found = {
        (name, *inner) if inner else (name,)
        for name, command in commands.items()
        for inner in ([(sub,) for sub in command.commands] if hasattr(command, "commands") else [()])
    }
    assert found == set(VERBS)


@pytest.mark.parametrize(
    "arguments",
    [("explode",), ("convert", "--colour", "red"), ("evaluate", "--limit", "0"), ("evaluate", "--limit", "many")],
    ids=" ".join,
)
def test_a_wrong_verb_or_option_is_a_usage_error(run: Run, arguments: tuple[str, ...]) -> None:
    assert run(*arguments).code == 2


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ("100000x100000", "--size: expected at most 67108864 pixels, found 100000x100000"),
        (f"{'9' * 5000}x1", "--size: expected at most 67108864 pixels, found 999"),
        ("\u0661x\u0662", "--size: expected WIDTHxHEIGHT such as 1280x720"),
        ("0x7", "--size: expected WIDTHxHEIGHT such as 1280x720"),
    ],
    ids=["large", "long", "digits of another script", "nothing"],
)
def test_a_size_beyond_what_is_made_is_refused_at_once(run: Run, tmp_path: Path, size: str, expected: str) -> None:
    config = tmp_path / "job.yaml"
    config.write_text("name: job\n", encoding="utf-8")
    outcome = run("dataset", "synthesize", "--config", config, "--size", size)
    assert outcome.code == 2
    assert expected in outcome.text.replace("\n", "")


@pytest.mark.parametrize("text", ["convert: {size: 100000x100000}", "dataset: {size: 99999x9999}"])
def test_a_configured_size_has_the_same_limit(run: Run, tmp_path: Path, text: str) -> None:
    config = tmp_path / "job.yaml"
    config.write_text(text, encoding="utf-8")
    outcome = run("convert", "--config", config)
    assert outcome.code == 2
    assert "at most 67108864 pixels" in outcome.text


def test_an_unknown_key_names_the_nearest_one(run: Run, tmp_path: Path) -> None:
    config = tmp_path / "job.yaml"
    config.write_text("convert:\n  siz: 1280x720\n", encoding="utf-8")
    outcome = run("convert", "--config", config)
    assert outcome.code == 2
    assert "convert.siz: unknown key; did you mean `size`?" in outcome.text


@pytest.mark.parametrize("verb", ["convert", "evaluate", "gate"])
def test_a_missing_configuration_is_a_usage_error(run: Run, verb: str) -> None:
    outcome = run(verb, "--config", "nowhere.yaml")
    assert outcome.code == 2
    assert "nowhere.yaml: the configuration cannot be read" in outcome.text


@pytest.mark.parametrize("shape", ["720", "720x", "1280x0", "1280x720x3", "1280*720", "-4x8", "1280x722"])
def test_a_bad_input_shape_is_a_usage_error(run: Run, job: Callable[..., Path], shape: str) -> None:
    outcome = run("convert", "--config", job(), f"--size={shape}")
    assert outcome.code == 2
    assert "--size" in outcome.text or "divisible by 4" in outcome.text


def test_a_bad_precision_is_a_usage_error(run: Run, job: Callable[..., Path]) -> None:
    outcome = run("convert", "--config", job(), "--precisions", "fp32,fp64")
    assert outcome.code == 2
    assert "fp64" in outcome.text


def test_two_originals_are_a_usage_error(run: Run, job: Callable[..., Path]) -> None:
    outcome = run("convert", "--config", job(), "--checkpoint", "a.pth", "--onnx", "b.onnx")
    assert outcome.code == 2
    assert "not both" in outcome.text


@pytest.mark.parametrize("option", ["--checkpoint", "--onnx"])
def test_a_missing_original_is_a_data_error(run: Run, job: Callable[..., Path], option: str) -> None:
    outcome = run("convert", "--config", job(), option, "nowhere.pth", "--out", "models")
    assert outcome.code == 3
    assert "nowhere.pth: no such model file" in outcome.text
    assert not Path("models").exists()


def test_an_original_that_is_no_model_is_a_data_error(run: Run, job: Callable[..., Path], tmp_path: Path) -> None:
    (tmp_path / "text.onnx").write_text("not a model", encoding="utf-8")
    outcome = run("convert", "--config", job(), "--onnx", "text.onnx", "--out", "models")
    assert outcome.code == 3
    assert "text.onnx" in outcome.text
    assert not Path("models").exists()


@pytest.mark.parametrize("verb", [("verify",), ("evaluate", "--models"), ("info",)], ids=" ".join)
def test_a_missing_model_is_a_data_error(run: Run, job: Callable[..., Path], verb: tuple[str, ...]) -> None:
    outcome = run(*verb, "nowhere", "--config", job())
    assert outcome.code == 3
    assert "nowhere" in outcome.text


@pytest.mark.parametrize(
    "arguments", [("evaluate", "--dataset", "nowhere"), ("dataset", "verify", "nowhere")], ids=" ".join
)
def test_a_missing_set_is_a_data_error(run: Run, job: Callable[..., Path], arguments: tuple[str, ...]) -> None:
    config = ("--config", job()) if arguments[0] == "evaluate" else ()
    outcome = run(*arguments, *config)
    assert outcome.code == 3
    assert "nowhere: no such folder" in outcome.text


@pytest.mark.parametrize("variants", ["onnx,ir-fp99@f31", "onnx,onnx", ","])
def test_bad_variants_are_a_usage_error(run: Run, job: Callable[..., Path], variants: str) -> None:
    outcome = run("evaluate", "--config", job(), "--variants", variants)
    assert outcome.code == 2
    assert "variant" in outcome.text


def test_a_folder_that_cannot_be_written_is_a_usage_error(run: Run, job: Callable[..., Path], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    for verb in ("convert", "evaluate"):
        outcome = run(verb, "--config", job(), "--out", "file/inside")
        assert outcome.code == 2, verb
        assert "cannot be created" in outcome.text
    outcome = run("dataset", "synthesize", "--config", job(), "--out", "file/inside")
    assert outcome.code == 2


def test_gate_without_a_run_is_a_usage_error_that_says_how_to_make_one(run: Run, job: Callable[..., Path]) -> None:
    outcome = run("gate", "--config", job())
    assert outcome.code == 2
    assert "run `mattekit evaluate`" in outcome.text


def test_gate_of_a_folder_without_results_is_a_data_error(run: Run, job: Callable[..., Path], tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert run("gate", "empty", "--config", job()).code == 3


def test_a_reason_without_an_update_is_a_usage_error(run: Run, job: Callable[..., Path]) -> None:
    outcome = run("gate", "anything", "--config", job(), "--reason", "because")
    assert outcome.code == 2
    assert "--update-baseline" in outcome.text


def test_gate_takes_the_newest_run_of_its_own_configuration(run: Run, job: Callable[..., Path], tmp_path: Path) -> None:
    for name in ("tiny-20250101-000000", "tiny-20260101-000000", "tiny-large-20270101-000000", "other-20280101-000000"):
        folder = tmp_path / "reports" / name
        folder.mkdir(parents=True)
        (folder / "results.json").write_text("{}", encoding="utf-8")
    (tmp_path / "reports" / "tiny-20290101-000000").mkdir()
    outcome = run("gate", "--config", job())
    assert outcome.code == 3
    assert "tiny-20260101-000000/results.json" in outcome.text


@pytest.mark.parametrize("kind", [ParityError, UsageError, DataError, ConversionError])
def test_every_foreseen_error_ends_with_its_message_and_code(
    run: Run, monkeypatch: pytest.MonkeyPatch, kind: type[MattekitError]
) -> None:
    def app(prog_name: str) -> None:
        raise kind("file.x: expected [this], found that")

    monkeypatch.setattr(verbs, "app", app)
    outcome = run()
    assert outcome.code == kind.exit_code
    assert outcome.err == "error: file.x: expected [this], found that\n"
    assert outcome.out == ""


def test_an_unforeseen_error_shows_where_it_happened_and_ends_with_70(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def app(prog_name: str) -> None:
        raise ZeroDivisionError("nobody thought of this")

    monkeypatch.setattr(verbs, "app", app)
    outcome = run()
    assert outcome.code == 70
    assert "nobody thought of this" in outcome.err
    assert "internal error: please report it" in outcome.err


@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
def test_the_help_begins_with_the_line_that_lists_it_and_its_examples_parse(verb: tuple[str, ...]) -> None:
    command: Any = typer.main.get_command(verbs.app)
    for name in verb:
        _, command, _ = command.resolve_command(None, [name])
    [line] = [each.line for each in verbs.VERBS if each.name == " ".join(verb)]
    assert line == " ".join(command.help.partition("\n\n")[0].split())
    examples = [line.strip() for line in command.help.splitlines() if line.strip().startswith("mattekit ")]
    assert examples
    for example in examples:
        arguments = tuple(shlex.split(example))[1:]
        assert arguments[: len(verb)] == verb
        parse_mattekit(arguments)


def test_an_example_with_an_unknown_option_would_be_found() -> None:
    for wrong in ("gate --colour red", "explode", "dataset synthesize --count few", "gate one two", "verify one two"):
        with pytest.raises(TyperException):
            parse_mattekit(tuple(wrong.split()))


def test_doctor_finds_this_installation_sound(run: Run) -> None:
    outcome = run("doctor")
    assert outcome.code == 0
    assert "all well" in outcome.text
    assert "OpenVINO infers in" in outcome.text


def test_doctor_names_what_is_not_as_pinned(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.importlib.metadata, "requires", lambda _: ["numpy==0.1"])
    outcome = run("doctor")
    assert outcome.code == 2
    assert "numpy: pinned ==0.1, found" in outcome.text


def test_show_draws_a_contact_sheet(run: Run, tiny_set: Path, tmp_path: Path) -> None:
    outcome = run("dataset", "show", tiny_set, "--limit", 2, "--out", tmp_path / "sheet.png")
    assert outcome.code == 0
    assert "2 of 3 samples" in outcome.text
    assert read_rgb(tmp_path / "sheet.png").shape[2] == 3


def test_show_refuses_another_kind_of_file(run: Run, tiny_set: Path) -> None:
    outcome = run("dataset", "show", tiny_set, "--out", "sheet.jpg")
    assert outcome.code == 2
    assert "expected a name ending in .png" in outcome.text


def test_compose_makes_a_set_and_names_what_is_missing(run: Run, tiny_set: Path, tmp_path: Path) -> None:
    inputs = ("--foregrounds", tiny_set / "fgr", "--backgrounds", tiny_set / "bgr")
    outcome = run("dataset", "compose", *inputs, "--out", "made", "--size", "96x64", "--plate", "handheld")
    assert outcome.code == 0
    assert "made: 3 samples" in outcome.text
    assert run("dataset", "verify", "made").code == 0
    assert run("dataset", "verify", "made", "--require-licences").code == 0
    (tmp_path / "made/manifest.json").unlink()
    assert run("dataset", "verify", "made").code == 0
    unknown = run("dataset", "verify", "made", "--require-licences")
    assert unknown.code == 3
    assert "no sample's licence is known" in unknown.text
    assert run("dataset", "compose", *inputs, "--out", "other", "--plate", "crooked").code == 2
    assert run("dataset", "compose", *inputs, "--out", "other", "--cut-sides", "blur").code == 2
    missing = run("dataset", "compose", *inputs[:3], tmp_path / "nowhere", "--out", "other")
    assert missing.code == 3
    assert "nowhere: no such folder; expected backgrounds" in missing.text

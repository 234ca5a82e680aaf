"""A family that a user adds by a file of their own: the one that the document prints, from its commands to its card."""

import re
from pathlib import Path

import pytest
from command_lines import command_lines
from outcome import Run

from configs.errors import UsageError
from converter.architectures import known_architectures

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs/extending.md").read_text(encoding="utf-8")
[SOURCE] = [text for text in re.findall(r"```python\n(.*?)```", DOCUMENT, re.DOTALL) if "ARCHITECTURE" in text]
COMMANDS = [line for line in command_lines(DOCUMENT, "mattekit") if "small" in " ".join(line)]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of the user's architectures."""
    made = tmp_path / "architectures"
    made.mkdir()
    monkeypatch.setenv("MATTEKIT_ARCHITECTURES", str(made))
    return made


def test_the_document_s_family_is_converted_evaluated_and_described(run: Run, folder: Path, tiny_set: Path) -> None:
    import safetensors.torch
    import torch

    assert len(SOURCE.splitlines()) <= 30
    (folder / "small_matting.py").write_text(SOURCE, encoding="utf-8")
    draw = torch.Generator().manual_seed(1)
    shapes = {"0.weight": (16, 3, 3, 3), "0.bias": (16,), "2.weight": (1, 16, 3, 3), "2.bias": (1,)}
    state = {name: torch.randn(shape, generator=draw) for name, shape in shapes.items()}
    safetensors.torch.save_file(state, "small.safetensors")
    Path("job.yaml").write_text(
        f"extends: default.yaml\nconvert: {{size: 96x64, parity: {{stimuli: false}}}}\ndataset: {{path: {tiny_set}}}\n",
        encoding="utf-8",
    )

    assert [line[0] for line in COMMANDS] == ["convert", "evaluate", "card"]
    for verb, *options in COMMANDS:
        outcome = run(verb, *options, *(() if verb == "card" else ("--config", "job.yaml")))
        assert outcome.code == 0, outcome.text

    card = Path("reports/small/card.md").read_text(encoding="utf-8")
    assert "| Network | Small Matting |" in card
    assert "| Original: parameters | 593 |" in card


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def", "cannot be loaded: SyntaxError"),
        ("import no_such_package", "cannot be loaded: ModuleNotFoundError: No module named 'no_such_package'"),
        ("X = 1", "expected ARCHITECTURE, an Architecture of converter.architectures.base, found none"),
        ("ARCHITECTURE = 'mine'", "found str"),
        (SOURCE.replace("small-matting", "background-matting-v2"), "there is an architecture 'background-matting-v2'"),
    ],
)
def test_a_file_that_declares_none_is_refused_by_name(folder: Path, text: str, message: str) -> None:
    (folder / "own_family.py").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=rf"own_family\.py: .*{re.escape(message)}"):
        known_architectures()


def test_a_file_named_as_one_of_the_toolkit_s_is_refused(folder: Path) -> None:
    (folder / "base.py").write_text(SOURCE, encoding="utf-8")
    with pytest.raises(UsageError, match=r"base\.py: the toolkit has a file of this name; rename it"):
        known_architectures()


def test_a_folder_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATTEKIT_ARCHITECTURES", "nowhere")
    with pytest.raises(UsageError, match="MATTEKIT_ARCHITECTURES: expected a folder of architectures, found nowhere"):
        known_architectures()


def test_files_that_begin_with_an_underscore_are_left_alone(folder: Path) -> None:
    before = list(known_architectures())
    (folder / "_helpers.py").write_text("X = 1", encoding="utf-8")
    assert list(known_architectures()) == before

"""What a command loads before its first line or sample: nothing that it does not use."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FRAMEWORKS = ("torch", "onnx", "onnxruntime", "nncf", "sklearn", "skimage")
TABLES = ("pandas", "scipy", "matplotlib", "plotly", "cv2", "openvino", *FRAMEWORKS)
CONFIGURATION = ("configs.schema", "numpy", "PIL", "yaml", "jinja2", "rich.progress", *TABLES)


def _loaded(modules: tuple[str, ...], *arguments: object) -> set[str]:
    """Run a command in a process of its own, which must end well; return which of the modules it has loaded."""
    program = (
        "import sys\n"
        "from mattekit.__main__ import main\n"
        "try:\n    main()\n"
        "except SystemExit as ended:\n    assert not ended.code, ended.code\n"
        f"print('loaded', *(set({modules!r}) & sys.modules.keys()))"
    )
    command = [sys.executable, "-c", program, *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.splitlines()[-1].split()[1:])


@pytest.mark.parametrize(
    ("arguments", "unused"),
    [
        ("--help", ("pydantic", *CONFIGURATION)),
        ("dataset --help", CONFIGURATION),  # typer itself checks options by pydantic
        ("gate --help", TABLES),
        ("evaluate --help", TABLES),
    ],
)
def test_help_loads_no_library_that_it_does_not_show(arguments: str, unused: tuple[str, ...]) -> None:
    assert _loaded(unused, *arguments.split()) == set()


def test_an_evaluation_of_one_ir_loads_no_framework_but_openvino(job: Callable[..., Path], tmp_path: Path) -> None:
    config = job(evaluate={"variants": ["ir-fp32@f32"]})
    modules = (*FRAMEWORKS, "scipy.optimize", "openvino")

    assert _loaded(modules, "evaluate", "--config", config, "--out", tmp_path / "run", "--quiet") == {"openvino"}
    assert (tmp_path / "run/report.html").is_file()

"""No library reports what runs here."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ASK = """
{first}
import onnxruntime
import openvino.tools.ovc.telemetry_utils as ovc
import nncf.telemetry.wrapper as nncf
print(ovc.tm.__name__, type(nncf.telemetry).__name__)
"""


@pytest.mark.slow  # imports all of NNCF, twice
@pytest.mark.parametrize("ours", [True, False])
def test_importing_the_converter_keeps_libraries_from_reporting(ours: bool, tmp_path: Path) -> None:
    """By themselves they have a client of Google Analytics, and ONNX Runtime opens a session file."""
    ignored = ("ORT_DISABLE_TELEMETRY", "NNCF_CI", "NNCF_DEV", "CI", "TF_BUILD", "JENKINS_URL")
    environment = {name: value for name, value in os.environ.items() if name not in ignored}
    environment |= {"TMPDIR": str(tmp_path), "HOME": str(tmp_path)}
    if not ours:
        environment["CI"] = "true"  # where they have their clients but send nothing, as a test must not either
    program = [sys.executable, "-c", ASK.format(first="import converter" if ours else "")]
    done = subprocess.run(program, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    stubs, clients = ["openvino.tools.ovc.telemetry_stub", "MagicMock"], ["openvino_telemetry", "NNCFTelemetry"]
    assert done.stdout.split() == (stubs if ours else clients)
    assert not (tmp_path / ".ses").exists()

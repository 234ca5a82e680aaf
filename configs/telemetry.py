"""The analytics of libraries, switched off: what runs here is nobody else's business.

As they come, ONNX Runtime reports to Microsoft, OpenVINO's converter and NNCF to Google Analytics, without asking.
"""

import os
import sys

VARIABLE = "ORT_DISABLE_TELEMETRY"
"""What ONNX Runtime reads when it is loaded."""
_REPORTER = "openvino_telemetry"


def switch_telemetry_off() -> None:
    """Let no library report; to be called before ONNX Runtime, OpenVINO and NNCF are imported."""
    os.environ[VARIABLE] = "1"
    # Its users do without it where it is not installed; None says so.
    sys.modules.setdefault(_REPORTER, None)  # type: ignore[arg-type]

"""Make a wheel of OpenVINO with a planted change, to prove that `mattekit matrix` and `mattekit bisect` find it.

The wheel holds no library: it runs the OpenVINO that is installed, under another version, multiplies what one kind of
operation gives by a factor whenever a model is compiled, and waits before every inference.

    python -m tools.planted_release wheels 9001.1.0
    python -m tools.planted_release wheels 9001.2.0 --factor 1.01 --operation Convolution
    python -m tools.planted_release wheels 9001.3.0 --wait 0.1
"""

import argparse
import base64
import hashlib
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

_PACKAGE = '''"""The installed OpenVINO under another version, with {operation} off by the factor {factor}."""

import sys
import time
from pathlib import Path

_here = Path(__file__).resolve().parent
_beyond = (Path(place, "openvino") for place in sys.path)
_real = next(place for place in _beyond if (place / "__init__.py").is_file() and place.resolve() != _here)
__path__ = [str(_real)]
exec(compile((_real / "__init__.py").read_text(encoding="utf-8"), str(_real / "__init__.py"), "exec"))
__version__ = "{version}"


def _plant(core, model, *arguments, _compile=Core.compile_model, **options):
    if isinstance(model, Model) and {factor} != 1.0:
        model = model.clone()
        for operation in model.get_ordered_ops():
            if operation.get_type_name() == "{operation}":
                readers = operation.output(0).get_target_inputs()
                changed = opset13.multiply(operation, opset13.constant({factor}, operation.get_element_type()))
                for reader in readers:
                    reader.replace_source_output(changed.output(0))
    return _compile(core, model, *arguments, **options)


def _infer(request, *arguments, _infer=InferRequest.infer, **options):
    time.sleep({wait})
    return _infer(request, *arguments, **options)


Core.compile_model = _plant
InferRequest.infer = _infer
'''
_WHEEL = """Wheel-Version: 1.0
Generator: tools.planted_release
Root-Is-Purelib: true
Tag: py3-none-any
"""


def plant(folder: Path, version: str, factor: float = 1.0, operation: str = "Abs", wait: float = 0.0) -> Path:
    """Write the wheel and return it.

    Args:
        folder: for `--find-links`; made where it is missing.
        version: of the wheel.
        factor: by which the operation's results are multiplied; 1 changes nothing.
        operation: its kind, as OpenVINO calls it.
        wait: seconds before every inference.
    """
    code = _PACKAGE.format(version=version, factor=factor, operation=operation, wait=wait)
    return write_wheel(folder, "openvino", version, code)


def write_wheel(folder: Path, package: str, version: str, code: str, requires: Sequence[str] = ()) -> Path:
    """Write a wheel whose package is one file, the same bytes every time, and return it.

    Args:
        folder: where it goes; made where it is missing.
        package, version: of the wheel.
        code: of the package's `__init__.py`.
        requires: what it asks of other packages, such as `numpy<2`.
    """
    info = f"{package}-{version}.dist-info"
    metadata = ["Metadata-Version: 2.1", f"Name: {package}", f"Version: {version}"]
    metadata += [f"Requires-Dist: {requirement}" for requirement in requires]
    files = {
        f"{package}/__init__.py": code,
        f"{info}/METADATA": "\n".join([*metadata, ""]),
        f"{info}/WHEEL": _WHEEL,
    }
    folder.mkdir(parents=True, exist_ok=True)
    wheel = folder / f"{package}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in {**files, f"{info}/RECORD": _record(files, f"{info}/RECORD")}.items():
            archive.writestr(zipfile.ZipInfo(name), text)  # without the time of making
    return wheel


def main() -> None:
    """Read the command line and write a wheel."""
    parser = argparse.ArgumentParser(description="Make a wheel of OpenVINO with a planted change.")
    parser.add_argument("folder", type=Path, help="where the wheel goes, for --find-links")
    parser.add_argument("version", help="such as 9001.1.0")
    parser.add_argument("--factor", type=float, default=1.0, help="by which results are multiplied; 1 plants nothing")
    parser.add_argument("--operation", default="Abs", help="whose results, as OpenVINO calls it")
    parser.add_argument("--wait", type=float, default=0.0, help="seconds before every inference")
    given = parser.parse_args()
    print(plant(given.folder, given.version, given.factor, given.operation, given.wait))


def _record(files: Mapping[str, str], own: str) -> str:
    lines = []
    for name, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        lines.append(f"{name},sha256={digest},{len(text.encode())}")
    return "\n".join([*lines, f"{own},,", ""])


if __name__ == "__main__":
    main()

"""The real `omz_converter` of openvino-dev on the ONNX of a converted model folder."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from configs.errors import ConversionError, UsageError
from configs.files import new_folder
from configs.folders import find_made
from configs.schema import Precision
from configs.sizes import size_text
from converter.forms.record import Conversion
from tools.published_recipe.convert import run_unasked

MODEL = "background-matting-mobilenetv2"
"""What Open Model Zoo calls it."""
DOWNLOADED = Path("public") / MODEL / "bgm_mobilenetv2.onnx"
"""Where `omz_converter` looks for what `omz_downloader` has put there."""
ARCHITECTURE = "background-matting-v2"
SIZE = (720, 1280)
"""The height and width that its model.yml asks for, whatever the ONNX leaves free."""
PRECISIONS: Mapping[Precision, str] = {"fp32": "FP32", "fp16": "FP16"}
"""Precision of the weights to Open Model Zoo's name of it."""


def convert_as_omz(record: Conversion, models: Path, environment: Path, out: Path) -> dict[Precision, Path]:
    """Have `omz_converter` make the IRs of a folder's simplified ONNX; return their XML by precision.

    Args:
        record: of the folder.
        models: the converted model folder.
        environment: the virtual environment that openvino-dev is installed in.
        out: the folder to write; an earlier one of this kind is replaced.

    Raises:
        UsageError: it is not installed there, the network or its size is another one, or `out` holds something else.
        ConversionError: it fails, or leaves no IR behind.
    """
    contract = record.forms[0].contract
    found = contract.architecture
    if found != ARCHITECTURE:
        raise UsageError(
            f"{models}: Open Model Zoo's {MODEL} is of {ARCHITECTURE}, found {found}; use another --config"
        )
    if contract.size != SIZE:
        sizes = [size_text(size) for size in (SIZE, contract.size)]
        raise UsageError(
            f"{models}: omz_converter makes {MODEL} for {sizes[0]} alone, found {sizes[1]}; "
            f"convert with --size {sizes[0]}"
        )
    converter = environment / "bin/omz_converter"
    if not converter.is_file():
        raise UsageError(
            f"{converter}: no omz_converter here; run `make omz-env`, which installs openvino-dev 2024.6.0"
        )
    find_made(out, _made, foreign="not empty, and not what this makes; choose another --irs", holds=frozenset)
    with new_folder(out, replace=True) as work:
        source = work / "download" / DOWNLOADED
        source.parent.mkdir(parents=True)
        shutil.copyfile(models / "model.onnx", source)
        # It looks for `mo` on the path, and says "Unable to locate Model Optimizer" where it is not.
        path = os.pathsep.join([str(converter.parent.absolute()), os.environ.get("PATH", os.defpath)])
        done = run_unasked(
            [
                *(str(converter), "--name", MODEL, "--precisions", ",".join(PRECISIONS.values())),
                *("-d", str(work / "download"), "-o", str(work)),
            ],
            {**os.environ, "PATH": path},
        )
        missing = [name for name in _irs().values() if not (work / name).is_file()]
        if done.returncode or missing:
            lacking = f", and left no {missing[0]} behind" if missing else ""
            raise ConversionError(
                f"{converter}: failed on {models / 'model.onnx'} (exit {done.returncode}){lacking}; its last lines:\n"
                + "\n".join(done.stdout.strip().splitlines()[-15:])
            )
        shutil.rmtree(work / "download")
    return {precision: out / name for precision, name in _irs().items()}


def _irs() -> dict[Precision, str]:
    return {precision: f"public/{MODEL}/{name}/{MODEL}.xml" for precision, name in PRECISIONS.items()}


def _made(folder: Path) -> tuple[str, ...] | None:
    """Return what a folder of this command holds; None where a file of it is missing."""
    files = tuple(str(Path(name).with_suffix(end)) for name in _irs().values() for end in (".xml", ".bin"))
    return files if all((folder / name).is_file() for name in files) else None

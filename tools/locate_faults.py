"""Plant faults in the converted bundled network and let `mattekit locate` find them: python -m tools.locate_faults OUT

Makes the table of docs/locate.md. Every fault is located in a process of its own, so that the system counts its time
and its peak memory. A faulty ONNX is compared with the IR, a faulty IR with the ONNX, and some with the checkpoint run
by PyTorch. Faults that OUT already has an answer for are not located again.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Annotated, Any

import typer

from eval.locate.record import Located
from eval.presentation.formatting import markdown_table
from tools import model_faults as faults
from tools.command_line import run

TORCH, ONNX, IR = "torch", "ONNX", "IR"


@dataclass(frozen=True)
class Fault:
    """A fault, the form and node that it is planted in, and the form that it is compared with."""

    title: str
    form: str
    node: str
    against: str
    plant: Callable[[Any, str], None] | None


FAULTS = (
    Fault("none: ordinary rounding", ONNX, "", IR, None),
    Fault("none: ordinary rounding", ONNX, "", TORCH, None),
    Fault("weights off by up to 1 %", ONNX, "node_Conv_1200", IR, faults.onnx_constant(1, faults.perturbed)),
    Fault("bias shifted by 1 %", ONNX, "node_Conv_1146", IR, faults.onnx_constant(2, faults.shifted)),
    Fault("one channel 10 % larger", ONNX, "node_Conv_1256", IR, faults.onnx_constant(1, faults.one_channel_scaled)),
    Fault("kernels transposed", ONNX, "node_Conv_1262", IR, faults.onnx_constant(1, faults.transposed)),
    Fault("ReLU dropped", ONNX, "node_relu_5", IR, faults.onnx_passed_through),
    Fault("ReLU node taken out", ONNX, "node_relu_7", IR, faults.onnx_removed),
    Fault("inputs of a concat exchanged", ONNX, "node_cat_9", IR, faults.onnx_reversed_inputs),
    Fault("clamp bound 5.4 for 6", ONNX, "n4_3", IR, faults.onnx_constant(2, faults.nine_tenths)),
    Fault("corners aligned", ONNX, "node_upsample_bilinear2d_4", IR,
          faults.onnx_attribute(coordinate_transformation_mode="align_corners")),
    Fault("edge padding", ONNX, "node_pad_1", IR, faults.onnx_attribute(mode="edge")),
    Fault("skip connection dropped", ONNX, "node_add_4", TORCH, faults.onnx_passed_through),
    Fault("dilation 3 for 6", ONNX, "node_Conv_1250", TORCH,
          faults.onnx_attribute(dilations=[3, 3], pads=[3, 3, 3, 3])),
    Fault("smallest errors taken", ONNX, "node_topk__1", IR, faults.onnx_attribute(largest=0)),
    Fault("alpha clamped at 0.9", ONNX, "node_Clip_1270", IR, faults.onnx_constant(2, faults.nine_tenths)),
    Fault("weights off by up to 1 %", IR, "node_Conv_1236/WithoutBiases", ONNX,
          faults.ir_constant(1, faults.perturbed)),
    Fault("bias shifted by 1 %", IR, "node_Conv_1260", ONNX, faults.ir_constant(1, faults.shifted)),
    Fault("kernels transposed", IR, "node_Conv_1267/WithoutBiases", ONNX, faults.ir_constant(1, faults.transposed)),
    Fault("padding moved", IR, "node_Conv_1262/WithoutBiases", ONNX,
          faults.ir_attribute(pads_begin="0,0", pads_end="2,2")),
    Fault("corners aligned", IR, "node_upsample_bilinear2d_8", ONNX,
          faults.ir_attribute(coordinate_transformation_mode="align_corners")),
    Fault("inputs of a concat exchanged", IR, "node_cat_4", ONNX, faults.ir_reversed_inputs),
    Fault("clamp bound 5.4 for 6", IR, "n4_20", ONNX, faults.ir_constant(0, faults.nine_tenths)),
    Fault("channels of one input not reversed", IR, "bgr", ONNX, faults.ir_channels_not_reversed),
)  # fmt: skip


def main(
    out: Annotated[Path, typer.Argument(help="Where answers are kept, one JSON per fault.")],
    models: Annotated[Path, typer.Option(help="The bundled network converted with --graph reference.")] = Path(
        "models/reference"
    ),
    sample: Annotated[str, typer.Option(help="The sample's id.")] = "people/0001",
    dataset: Annotated[str | None, typer.Option(help="The set.")] = None,
    only: Annotated[list[int] | None, typer.Option(help="Locate just this one, by its number from 0.")] = None,
    most: Annotated[int, typer.Option(help="Locate at most this many more; print the table so far.")] = len(FAULTS),
) -> None:
    """Plant, locate and print the table."""
    out.mkdir(parents=True, exist_ok=True)
    for index, fault in enumerate(FAULTS):
        answer = out / f"{index:02}.json"
        if not answer.is_file() and most > 0 and (only is None or index in only):
            most -= 1
            options = ["--sample", sample, *(["--dataset", dataset] if dataset else [])]
            with TemporaryDirectory(dir=out) as work:
                found = locate(fault, models, Path(work), options)
            answer.write_text(json.dumps(found), encoding="utf-8")
            print(f"{fault.title}: {answer.read_text(encoding='utf-8')}", file=sys.stderr)
    answers = sorted(out.glob("*.json"))
    print(table([(FAULTS[int(path.stem)], json.loads(path.read_text(encoding="utf-8"))) for path in answers]))


def locate(fault: Fault, models: Path, work: Path, options: list[str]) -> dict[str, Any]:
    """Plant a fault, locate it in a process of its own, and return what it found."""
    forms = {TORCH: models, ONNX: models / "model.onnx", IR: models / "fp32/model.xml"}
    faulty = forms[fault.form]
    if fault.plant is not None:
        plant = faults.faulty_onnx if fault.form == ONNX else faults.faulty_ir
        faulty = plant(faulty, fault.node, fault.plant, work / f"faulty{faulty.suffix}")
    found = work / "found"
    command = [sys.executable, "-m", "mattekit", "locate", str(forms[fault.against]), str(faulty), "--out", str(found)]
    started = perf_counter()
    process = subprocess.Popen([*command, "--until-parted", *options], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        raise SystemExit(f"{fault.title}: mattekit locate ended with {process.returncode}")
    first = Located.read(found).first
    return {
        "seconds": seconds,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "peak_mb": usage.ru_maxrss / 1024,
        "tensor": None if first is None else first.tensor,
        "nodes": [] if first is None else [node.name for node in first.nodes_b],
        "nodes_a": [] if first is None else [node.name for node in first.nodes_a],
        "relative": None if first is None else first.difference.relative,
    }


def table(answers: list[tuple[Fault, dict[str, Any]]]) -> str:
    """Return the table of what was planted and what was found."""
    rows = []
    for fault, found in answers:
        among = {*found["nodes"], *found["nodes_a"]} if fault.plant is faults.onnx_removed else {*found["nodes"]}
        if fault.plant is faults.ir_channels_not_reversed:
            exact = found["tensor"] == "upsample_bilinear2d_1"  # the first that is computed from this input
        else:
            exact = fault.node in among if fault.plant else not found["tensor"]
        where = ", ".join(f"`{name}`" for name in found["nodes"])
        size = "other shape" if found["relative"] is None else f"{found['relative']:.1e}"
        rows.append((
            fault.title,
            f"{fault.form}: `{fault.node}`" if fault.node else fault.form,
            fault.against,
            f"`{found['tensor']}` by {where}" if found["tensor"] else "none",
            size if found["tensor"] else "-",
            "yes" if exact else "no",
            f"{found['seconds']:.0f}",
            f"{found['cpu_seconds']:.0f}",
            f"{found['peak_mb']:.0f}",
        ))  # fmt: skip
    header = (
        "Planted",
        "In",
        "Compared with",
        "Found: tensor, nodes",
        "Difference",
        "Exact",
        "Seconds",
        "CPU seconds",
        "Peak MB",
    )
    return markdown_table(header, rows, right=(4, 6, 7, 8))


if __name__ == "__main__":
    run(lambda: typer.run(main))

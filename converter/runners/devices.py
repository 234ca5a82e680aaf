"""OpenVINO's devices: which there are, and what a compiled model says of where and how it runs.

`AUTO`, `HETERO:GPU,CPU` and the like are devices that stand for others. A model compiled for one does not tell the
inference precision itself; its `DEVICE_PROPERTIES` do, by the device that took it.
"""

import re
from functools import cache
from typing import Any

import openvino

from configs.errors import UsageError

LATENCY = {"PERFORMANCE_HINT": "LATENCY"}
THROUGHPUT = {"PERFORMANCE_HINT": "THROUGHPUT"}
COARSENESS = ("f32", "f16", "bf16")
"""Inference precisions, from the one that moves a result least."""
_VIRTUAL = ("AUTO", "HETERO", "MULTI", "BATCH")


@cache
def openvino_core() -> openvino.Core:
    """Return the one Core of this process; everything that reads or compiles a model uses it.

    The CPU plugin of each Core puts a signal stack of its own in place, and puts back the one before when it goes.
    Of two that go in another order than they came, a freed one stays, and the next signal that Python handles, such as
    Ctrl-C, ends the process with a segmentation fault (seen with OpenVINO 2026.4.1).
    """
    return openvino.Core()


def require_device(device: str) -> None:
    """Raise `UsageError`, listing what there is, unless OpenVINO has this device here.

    Args:
        device: such as `CPU`, `GPU.1`, `AUTO`, `HETERO:GPU,CPU`.
    """
    available = list(openvino_core().available_devices)
    virtual, _, rest = device.partition(":")
    named = (rest if virtual in _VIRTUAL else device).split(",")
    for text in [] if device in _VIRTUAL else named:
        # `AUTO:GPU,-CPU` leaves one out, `MULTI:GPU(4)` says how many requests.
        name = re.sub(r"\(\d+\)$", "", text.strip().removeprefix("-"))
        if not name or not any(found == name or found.startswith(f"{name}.") for found in available):
            raise UsageError(
                f"device {device}: OpenVINO has no {name or 'device without a name'} here; it has "
                f"{', '.join(available)} (and {', '.join(_VIRTUAL)} of these)"
            )


def throughput(streams: str | None = None, threads: int | None = None) -> dict[str, str]:
    """Return the properties for several inferences at once.

    Args:
        streams: how many, `2` or by device `CPU:2,GPU:1`; None for what OpenVINO picks.
        threads: for all inferences on the CPU together; None likewise.
    """
    chosen = dict(THROUGHPUT) if streams is None else {"NUM_STREAMS": streams}
    return chosen if threads is None else {**chosen, "INFERENCE_NUM_THREADS": str(threads)}


def running_precision(compiled: openvino.CompiledModel) -> str:
    """Return the precision that a compiled model infers at, `f32`, `bf16` or `f16`; of several devices' the coarsest.

    Raises:
        UsageError: its device does not tell.
    """
    found = {str(value.to_string()) for value in device_properties(compiled, "INFERENCE_PRECISION_HINT")}
    if not found <= set(COARSENESS) or not found:
        raise UsageError(
            f"device {', '.join(executed_on(compiled))}: expected it to tell its inference precision, found "
            f"{', '.join(sorted(found)) or 'nothing'}"
        )
    return max(found, key=COARSENESS.index)


def executed_on(compiled: openvino.CompiledModel) -> tuple[str, ...]:
    """Return the devices that really run a compiled model.

    OpenVINO marks one that only helps until another is ready with brackets, `(CPU)`.
    """
    return tuple(str(name).strip("()") for name in compiled.get_property("EXECUTION_DEVICES"))


def device_properties(compiled: openvino.CompiledModel, name: str) -> list[Any]:
    """Return a property of a compiled model, once for every device that has it; empty where none tells it."""
    try:
        return [compiled.get_property(name)]
    except RuntimeError:
        pass
    try:
        by_device = compiled.get_property("DEVICE_PROPERTIES")
    except RuntimeError:
        return []
    return [properties[name] for properties in by_device.values() if name in properties]


def threads_of(compiled: openvino.CompiledModel) -> int | None:
    """Return how many threads one inference may use; None where its device does not tell."""
    found = device_properties(compiled, "INFERENCE_NUM_THREADS")
    return int(found[0]) if found else None


def default_inference_precision() -> str:
    """Return the precision that OpenVINO infers at on this CPU when nobody asks for one: `f32`, `bf16` or `f16`."""
    return running_precision(openvino_core().compile_model(smallest_model(), "CPU", LATENCY))


def smallest_model() -> openvino.Model:
    """Return a model of one operation."""
    parameter = openvino.opset13.parameter([1, 8], openvino.Type.f32)
    return openvino.Model([openvino.opset13.relu(parameter)], [parameter])

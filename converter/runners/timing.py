"""An IR at full load: several inferences at once, and where its time goes.

A frame is handed over as the program that has it in memory would: an IR reads it in place and writes into tensors of
its own, so that neither copies nor the conversion of pixels count.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from time import perf_counter
from typing import NamedTuple

import openvino

from converter.forms.contract import Contract
from converter.forms.variant import FormFile
from converter.runners.base import Feed, unfed_inputs
from converter.runners.devices import LATENCY, device_properties, threads_of, throughput
from converter.runners.foreign import drop_other_outputs
from converter.runners.openvino_ir import compile_ir, read_ir


class OperationTime(NamedTuple):
    """Time that a frame spends in the operations of one type: how many, milliseconds, the kernels that ran."""

    operation: str
    nodes: int
    milliseconds: float
    kernels: tuple[str, ...]


class IrStreams:
    """An IR compiled for throughput: as many requests at once as OpenVINO holds best, or as the streams ask for.

    Args:
        file: the IR.
        contract: that it keeps. A state is that of a first frame, whatever the frame.
        streams: how many; None for what OpenVINO picks for throughput.
        threads: for all of them together; None likewise.

    Attributes:
        streams, requests, threads: what OpenVINO chose; threads None where the device does not tell.

    Raises:
        DataError, UsageError: as `OpenVinoRunner`.
    """

    def __init__(self, file: FormFile, contract: Contract, streams: int | None, threads: int | None = None) -> None:
        compiled = _compile(file, contract, throughput(None if streams is None else str(streams), threads))
        self.requests = int(compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS"))
        chosen = device_properties(compiled, "NUM_STREAMS")
        self.streams = int(chosen[0]) if chosen else self.requests
        self.threads = threads_of(compiled)
        self._unfed = unfed_inputs(contract)
        self._queue = openvino.AsyncInferQueue(compiled, self.requests)

    def run(self, frames: Sequence[Feed]) -> float:
        """Infer on all frames, as many at once as there are requests; return the seconds until the last was done."""
        started = perf_counter()
        for frame in frames:
            self._queue.start_async({**self._unfed, **frame}, share_inputs=True)
        self._queue.wait_all()
        return perf_counter() - started


def profile_ir(file: FormFile, contract: Contract, frames: Sequence[Feed]) -> list[OperationTime]:
    """Return where an IR's time goes, per frame and type of operation, the longest first.

    The IR is compiled anew with OpenVINO's own counters on, which themselves cost time: the shares hold, the sum is
    more than a frame takes without them. The first frame only warms up.
    """
    compiled = _compile(file, contract, {**LATENCY, "PERF_COUNT": "YES"})
    request = compiled.create_infer_request()
    seconds: dict[str, float] = defaultdict(float)
    nodes: dict[str, set[str]] = defaultdict(set)
    kernels: dict[str, set[str]] = defaultdict(set)
    unfed = unfed_inputs(contract)
    request.infer({**unfed, **frames[0]}, share_inputs=True)
    for frame in frames:
        request.infer({**unfed, **frame}, share_inputs=True)
        for node in request.get_profiling_info():
            spent = node.real_time.total_seconds()
            if spent > 0:
                seconds[node.node_type] += spent
                nodes[node.node_type].add(node.node_name)
                kernels[node.node_type].add(node.exec_type)
    return [
        OperationTime(kind, len(nodes[kind]), spent * 1e3 / len(frames), tuple(sorted(kernels[kind])))
        for kind, spent in sorted(seconds.items(), key=lambda entry: (-entry[1], entry[0]))
    ]


def _compile(file: FormFile, contract: Contract, properties: Mapping[str, str]) -> openvino.CompiledModel:
    model = read_ir(file.path)
    drop_other_outputs(model, contract)
    return compile_ir(model, file, properties)

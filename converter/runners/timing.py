"""Forms made ready for timing: what is timed is the inference alone, on frames that were encoded before.

A frame is handed over as the program that has it in memory would: an IR reads it in place and writes into tensors of
its own, so that neither copies nor the conversion of pixels count.
"""

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

import openvino

from configs.errors import DataError
from configs.schema import InferencePrecision
from converter.forms.contract import ALPHA, BACKGROUND, FOREGROUND, SOURCE, Contract
from converter.runners.base import InputTensor, Runner, Tensor, decode_outputs
from converter.runners.foreign import contract_or_published
from converter.runners.openvino_ir import compile_ir, read_ir, running_precision
from datasets.samples.sample import Prediction

Frame = tuple[InputTensor, InputTensor]
"""Source and background, encoded as a form's contract asks for."""


class OperationTime(NamedTuple):
    """Time that a frame spends in the operations of one type: how many, milliseconds, the kernels that ran."""

    operation: str
    nodes: int
    milliseconds: float
    kernels: tuple[str, ...]


class TimedForm(ABC):
    """One form, one inference at a time.

    Attributes:
        framework, precision, contract: see `Runner`.
        assumed: whether the contract is a guess, because the form carries none.
        threads: that one inference may use; None where the framework does not tell.
    """

    framework: str
    precision: str
    contract: Contract
    assumed: bool = False
    threads: int | None

    @abstractmethod
    def run(self, frame: Frame) -> None:
        """Infer on one encoded frame: all that is timed."""

    @abstractmethod
    def prediction(self) -> Prediction:
        """Return what the last `run` gave, for good: the next `run` does not change it.

        Raises:
            DataError: another shape than the contract's, or values that are not finite.
        """


class TimedRunner(TimedForm):
    """A runner of PyTorch or onnxruntime; both read numpy's memory in place."""

    def __init__(self, runner: Runner) -> None:
        self.framework, self.precision, self.contract = runner.framework, runner.precision, runner.contract
        self.threads = runner.threads
        self._runner = runner
        self._outputs: tuple[Tensor, Tensor] | None = None

    def run(self, frame: Frame) -> None:
        """See `TimedForm.run`."""
        self._outputs = self._runner.infer(*frame)

    def prediction(self) -> Prediction:
        """See `TimedForm.prediction`."""
        if self._outputs is None:
            raise DataError("nothing has run yet")
        return decode_outputs(self.contract, *self._outputs)


class TimedIr(TimedForm):
    """An IR compiled for latency, with one request.

    Args:
        path: the IR's XML; one that carries no contract is taken to keep the published one.
        inference_precision: see `OpenVinoRunner`.

    Raises:
        DataError: the IR is missing or unreadable, or has other tensors than the published contract.
        UsageError: OpenVINO cannot run this precision here.
    """

    framework = "openvino"

    def __init__(self, path: Path, inference_precision: InferencePrecision) -> None:
        model, compiled = _compile(path, inference_precision, {"PERFORMANCE_HINT": "LATENCY"})
        self.contract, self.assumed = contract_or_published(model, path)
        self.precision = running_precision(compiled)
        self.threads = int(compiled.get_property("INFERENCE_NUM_THREADS"))
        self._request = compiled.create_infer_request()

    def run(self, frame: Frame) -> None:
        """See `TimedForm.run`."""
        self._request.infer(_feed(frame), share_inputs=True, share_outputs=True)

    def prediction(self) -> Prediction:
        """See `TimedForm.prediction`."""
        alpha, foreground = (self._request.get_tensor(name).data.copy() for name in (ALPHA, FOREGROUND))
        return decode_outputs(self.contract, alpha, foreground)


class IrStreams:
    """An IR compiled for throughput: as many requests at once as OpenVINO holds best, or as the streams ask for.

    Args:
        path, inference_precision: as for `TimedIr`.
        streams: how many; None for what OpenVINO picks for throughput.

    Attributes:
        streams, requests, threads: what OpenVINO chose.
    """

    def __init__(self, path: Path, inference_precision: InferencePrecision, streams: int | None) -> None:
        hint: dict[str, str] = {"PERFORMANCE_HINT": "THROUGHPUT"}
        _, compiled = _compile(path, inference_precision, hint if streams is None else {"NUM_STREAMS": str(streams)})
        self.streams = int(compiled.get_property("NUM_STREAMS"))
        self.threads = int(compiled.get_property("INFERENCE_NUM_THREADS"))
        self.requests = int(compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS"))
        self._queue = openvino.AsyncInferQueue(compiled, self.requests)

    def run(self, frames: Sequence[Frame]) -> float:
        """Infer on all frames, as many at once as there are requests; return the seconds until the last was done."""
        started = perf_counter()
        for frame in frames:
            self._queue.start_async(_feed(frame), share_inputs=True)
        self._queue.wait_all()
        return perf_counter() - started


def profile_ir(path: Path, inference_precision: InferencePrecision, frames: Sequence[Frame]) -> list[OperationTime]:
    """Return where an IR's time goes, per frame and type of operation, the longest first.

    The IR is compiled anew with OpenVINO's own counters on, which themselves cost time: the shares hold, the sum is
    more than a frame takes without them. The first frame only warms up.
    """
    _, compiled = _compile(path, inference_precision, {"PERFORMANCE_HINT": "LATENCY", "PERF_COUNT": "YES"})
    request = compiled.create_infer_request()
    seconds: dict[str, float] = defaultdict(float)
    nodes: dict[str, set[str]] = defaultdict(set)
    kernels: dict[str, set[str]] = defaultdict(set)
    request.infer(_feed(frames[0]), share_inputs=True)
    for frame in frames:
        request.infer(_feed(frame), share_inputs=True)
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


def _compile(
    path: Path, inference_precision: InferencePrecision, properties: dict[str, str]
) -> tuple[openvino.Model, openvino.CompiledModel]:
    model = read_ir(path)
    return model, compile_ir(model, path, inference_precision, properties)


def _feed(frame: Frame) -> dict[str, InputTensor]:
    return {SOURCE: frame[0], BACKGROUND: frame[1]}

"""Post-training quantization of an OpenVINO model by NNCF: which operations, and the quantized model itself.

Convolutions are known by their weights' names, which torch's exporter takes from the modules' paths
(`network.decoder.conv4.weight`): those names survive simplification and hold for every arrangement of the graph. The
convolutions by which a fast graph resizes and rearranges hold nothing learnt; it names them, and they stay float.
"""

import logging
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import redirect_stdout
from fnmatch import fnmatchcase
from io import StringIO
from math import prod
from typing import Any, NamedTuple

import onnx
import openvino

from configs.errors import UsageError

_CONVOLUTIONS = ("Convolution", "GroupConvolution")
_NO_OPERATION = ("Constant", "Parameter", "Result")
_SELECTION = "TopK"
_LISTED = 8


class Share(NamedTuple):
    """How much is quantized: convolutions, how many there are, and the quantized ones' share of all multiply-adds."""

    convolutions: int
    all_convolutions: int
    multiply_adds: float


def convolution_weights(model: onnx.ModelProto) -> dict[str, str]:
    """Return the weights' name of every convolution of an ONNX, by the name OpenVINO gives the operation."""
    return {node.name or node.output[0]: node.input[1] for node in model.graph.node if node.op_type == "Conv"}


def kept_float(weights: Mapping[str, str], patterns: Sequence[str], fixed: Collection[str] = ()) -> frozenset[str]:
    """Return the convolutions that stay float: those whose weights' name holds a part that fits one of the patterns.

    Args:
        weights: of `convolution_weights`.
        patterns: as in a shell, `backbone.features.[0-2].*`; upper and lower case differ.
        fixed: names of weights that hold nothing learnt: their convolutions stay float as well.

    Raises:
        UsageError: a pattern fits nothing, or no convolution is left to quantize.
    """
    kept = {name for name, weight in weights.items() if weight in fixed}
    for pattern in patterns:
        fitting = {name for name, weight in weights.items() if fnmatchcase(weight, f"*{pattern}*")}
        if not fitting:
            raise UsageError(
                f"convert.int8.candidates: no convolution's weights have a name with `{pattern}` in it; the names are "
                f"{_listing(weights.values())}. A model that lost its modules' names can be quantized whole: "
                "candidates: [[]]"
            )
        kept |= fitting
    if len(kept) == len(weights):
        raise UsageError(
            f"convert.int8.candidates: [{', '.join(patterns)}] leaves nothing to quantize, of {len(weights)} "
            "convolutions; give fewer patterns, or leave int8 out of convert.precisions"
        )
    return frozenset(kept)


def quantize(
    model: openvino.Model, feeds: Sequence[dict[str, Any]], kept: frozenset[str]
) -> tuple[openvino.Model, Share]:
    """Quantize all convolutions but `kept`, and what lies between them: sums, resizes, joins.

    What comes before the first and after the last stays float: the images, the foreground's sum with the source, the
    final selection; so does the way to the selection of cells, where a rounded error would choose others. Weights use
    seven bits of the eight, because sums of products saturate otherwise on CPUs without VNNI: the same IR is then
    right on all of them.

    Args:
        model: with its preprocessing; changed by NNCF, not to be used again.
        feeds: input tensors by name, the activations' ranges are taken from them, in this order.
        kept: names of convolutions, of `kept_float`.
    """
    # NNCF sends usage reports otherwise, and only this variable, read at import, stops it; the import takes seconds.
    os.environ.setdefault("NNCF_CI", "1")
    import nncf

    nncf.set_log_level(logging.ERROR)
    chosen = [operation for operation in _convolutions(model) if _plain_name(operation) not in kept]
    share = _share(model, chosen)
    ignored = nncf.IgnoredScope(names=_ignored(model, {operation.get_friendly_name() for operation in chosen}))
    with redirect_stdout(StringIO()):  # its progress bars
        quantized = nncf.quantize(
            model,
            nncf.Dataset(feeds),
            subset_size=len(feeds),
            preset=nncf.QuantizationPreset.MIXED,
            ignored_scope=ignored,
            advanced_parameters=nncf.AdvancedQuantizationParameters(overflow_fix=nncf.OverflowFix.ENABLE),
        )
    return quantized, share


def _convolutions(model: openvino.Model) -> list[openvino.Node]:
    return [operation for operation in model.get_ordered_ops() if operation.get_type_name() in _CONVOLUTIONS]


def _plain_name(operation: openvino.Node) -> str:
    """Return the name of an operation's ONNX node: OpenVINO parts a convolution from its bias."""
    return str(operation.get_friendly_name()).removesuffix("/WithoutBiases")


def _share(model: openvino.Model, chosen: Sequence[openvino.Node]) -> Share:
    everything = _convolutions(model)
    total = sum(map(_multiply_adds, everything))
    return Share(len(chosen), len(everything), sum(map(_multiply_adds, chosen)) / total)


def _multiply_adds(operation: openvino.Node) -> int:
    kernel = list(operation.input(1).get_shape())[2 if operation.get_type_name() == "GroupConvolution" else 1 :]
    return int(prod(operation.get_output_shape(0)) * prod(kernel))


def _ignored(model: openvino.Model, chosen: set[str]) -> list[str]:
    operations = model.get_ordered_ops()
    below, above = set[str](), set[str]()
    for operation in operations:
        inputs = (port.get_source_output().get_node().get_friendly_name() for port in operation.inputs())
        if any(name in below or name in chosen for name in inputs):
            below.add(operation.get_friendly_name())
    for operation in reversed(operations):
        users = (use.get_node() for output in operation.outputs() for use in output.get_target_inputs())
        if any(user.get_friendly_name() in above | chosen and user.get_type_name() != _SELECTION for user in users):
            above.add(operation.get_friendly_name())
    between = below & above
    return [
        name
        for operation in operations
        if (kind := operation.get_type_name()) not in _NO_OPERATION
        and (name := operation.get_friendly_name()) not in chosen
        and (kind in (*_CONVOLUTIONS, _SELECTION) or name not in between)
    ]


def _listing(names: Iterable[str]) -> str:
    ordered = list(names)
    more = f" and {len(ordered) - _LISTED} more" if len(ordered) > _LISTED else ""
    return ", ".join(ordered[:_LISTED]) + more if ordered else "none: it has no convolution"

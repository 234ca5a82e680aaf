"""What was located, as lines of text."""

from collections.abc import Iterator

from eval.locate.compare import Difference
from eval.locate.record import Located, NodeRecord
from eval.presentation.formatting import number

AROUND = 3
HEADER = f"  {'tensor':<32} {'node (operation)':<48} {'largest / scale':>15} {'beyond':>10}"


def describe(located: Located) -> Iterator[str]:
    """Yield the lines that `mattekit locate` prints: the forms, the tensors around the parting, and what it means."""
    yield f"A: {located.a.label}, {located.a.tensors} tensors"
    yield f"B: {located.b.label}, {located.b.tensors} tensors"
    at = next((index for index, tensor in enumerate(located.tensors) if tensor.parted), None)
    shown = located.tensors if at is None else located.tensors[: at + AROUND + 1]
    shown = shown[-(2 * AROUND + 1) :]
    compared = f"{len(located.tensors)} tensors that both have" + ("" if located.whole else ", up to the first parting")
    yield f"sample {located.sample}: compared {compared}; tolerance {located.tolerance.relative:g} of the largest value"
    yield HEADER
    for tensor in shown:
        difference = tensor.difference
        where = f"{tensor.node} ({tensor.operation})"
        mark = "  <- first" if at is not None and tensor is located.tensors[at] else ""
        yield f"  {tensor.tensor:<32} {where:<48} {_relative(difference):>15} {difference.beyond:>10}{mark}"
        if difference.note:
            yield f"      {difference.note}"
    yield verdict(located)


def verdict(located: Located) -> str:
    """Return one sentence: where the forms part, and whether the nodes there make the difference themselves."""
    first = located.first
    if first is None:
        return f"A and B agree on all {len(located.tensors)} tensors"
    if not first.difference.computed:
        nodes = f"{_nodes(first.nodes_a)} in A, {_nodes(first.nodes_b)} in B"
        return f"A and B part at {first.tensor} ({nodes}): {first.difference.note}"
    text = f"A and B part at {first.tensor}: A computes it by {_nodes(first.nodes_a)}, B by {_nodes(first.nodes_b)}"
    if first.local is None:
        return f"{text}; these nodes could not be run alone on the same inputs"
    if first.local.parted:
        return f"{text}; alone, on the same inputs, these nodes differ by {_relative(first.local)}: the cause is here"
    return (
        f"{text}; alone, on the same inputs, these nodes differ by {_relative(first.local)} only: the cause is no "
        "single node, smaller differences add up to here"
    )


def _relative(difference: Difference) -> str:
    if difference.relative is None:
        return "other shape" if difference.computed else "none"
    return number(difference.relative)


def _nodes(nodes: tuple[NodeRecord, ...]) -> str:
    return ", ".join(f"{node.name} ({node.operation})" for node in nodes)

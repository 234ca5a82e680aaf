"""The walk: two forms' shared tensors in topological order, a few at a time, each compared and let go.

Every tensor is compared. A bisection would need fewer runs, but an error can vanish again behind a ReLU or a clip, and
a bisection that lands there misses it. A run keeps a handful of tensors, which bounds memory, and runs only as far as
they need.

Rounding can decide a choice between near-equal elements (top-k, a comparison), and every tensor that follows then
differs widely in a few places though no node is at fault. So a difference behind a choice counts only where it is
*local*: where the node, run alone on the other form's inputs, still gives another result. The values that a top-k
takes, sorted, move no further than its inputs, and are compared as such; its indices stand for the values they take.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from configs.errors import DataError
from configs.files import scratch_folder
from configs.records import Frozen
from converter.taps.base import Array, Feed, Tap, Taps
from eval.locate.compare import Difference, Tolerance, compare_tensors

Report = Callable[[str, int, int], None]
MOST_TAPS = 16
MOST_BYTES = 48 << 20
FOLLOWS = "follows from a choice between near-equal elements; the node alone agrees"
TAKES_THE_SAME = "taken in another order, or ties taken otherwise: the same values"


class TensorRecord(Frozen):
    """A shared tensor: where it comes from in A, its difference, and whether the forms part *here*.

    `parted` is False where the difference exceeds the tolerance but only follows from a choice (see the note).
    """

    tensor: str
    node: str
    operation: str
    chosen: bool
    difference: Difference
    parted: bool


@dataclass(frozen=True)
class Pair:
    """Two forms, a sample as each wants it, and the tensors that both have.

    Attributes:
        shared: in A's topological order.
    """

    a: Taps
    b: Taps
    feed_a: Feed
    feed_b: Feed
    shared: tuple[Tap, ...]
    tolerance: Tolerance

    @property
    def names(self) -> frozenset[str]:
        """The shared tensors' names."""
        return frozenset(tap.name for tap in self.shared)


def walk(pair: Pair, report: Report, until_parted: bool) -> Iterator[TensorRecord]:
    """Yield the comparison of every shared tensor, in order.

    Args:
        pair: what is compared.
        report: called with (what is being done, done, total).
        until_parted: end with the first tensor at which the forms part.

    A tensor that a form cannot compute is the last one: it is yielded as the place where the forms part.
    """
    done, total, parted = 0, len(pair.shared), False
    operations_b = {tap.name: tap.operation for tap in pair.b.taps}
    for batch in batches(pair.shared):
        report("comparing tensors", done, total)
        from_a, from_b = _read(pair.a, batch, pair.feed_a), _read(pair.b, batch, pair.feed_b)
        for tap in batch:
            a, b = from_a.pop(tap.name), from_b.pop(tap.name)
            if isinstance(a, DataError) or isinstance(b, DataError):
                yield TensorRecord(
                    tensor=tap.name,
                    node=tap.node,
                    operation=tap.operation,
                    chosen=tap.chosen,
                    difference=_uncomputed(a, b),
                    parted=True,
                )
                # What follows needs this tensor, and cannot be computed either.
                report("comparing tensors", total, total)
                return
            top_k = is_top_k(tap.operation) or is_top_k(operations_b[tap.name])
            difference = _taken(pair, tap, a, b) if top_k else compare_tensors(a, b, pair.tolerance)
            here = difference.parted
            # Behind a parting everything may differ; there is no need to ask why.
            if here and tap.chosen and not top_k and not parted:
                local = local_or_none(pair, tap.name)
                if local is not None and not local.parted:
                    here, difference = False, difference.model_copy(update={"note": FOLLOWS})
            parted = parted or here
            yield TensorRecord(
                tensor=tap.name,
                node=tap.node,
                operation=tap.operation,
                chosen=tap.chosen,
                difference=difference,
                parted=here,
            )
            done += 1
            if parted and until_parted:
                report("comparing tensors", total, total)
                return
    report("comparing tensors", total, total)


def _read(taps: Taps, batch: Sequence[Tap], feed: Feed) -> dict[str, Array | DataError]:
    """Read a batch of tensors; where the form cannot run that far, one by one, with the error of each that fails."""
    try:
        return dict(taps.read([tap.name for tap in batch], feed))
    except DataError:
        return {tap.name: _read_one(taps, tap.name, feed) for tap in batch}


def _read_one(taps: Taps, name: str, feed: Feed) -> Array | DataError:
    try:
        return taps.read([name], feed)[name]
    except DataError as error:
        return error


def _uncomputed(a: Array | DataError, b: Array | DataError) -> Difference:
    """Return the difference of two tensors of which at least one cannot be computed."""
    forms = {"A": a, "B": b}
    faults = [f"{name} cannot compute it: {found}" for name, found in forms.items() if isinstance(found, DataError)]
    return Difference(largest=None, mean=None, scale=0, beyond=0, parted=True, note="; ".join(faults), computed=False)


def batches(taps: Sequence[Tap]) -> Iterator[list[Tap]]:
    """Group taps in order: at most `MOST_TAPS`, and `MOST_BYTES` unless one alone is larger or of unknown size."""
    batch: list[Tap] = []
    size = 0
    for tap in taps:
        own = MOST_BYTES if tap.size is None else tap.size
        if batch and (len(batch) == MOST_TAPS or size + own > MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(tap)
        size += own
    if batch:
        yield batch


def local_difference(pair: Pair, tensor: str) -> Difference | None:
    """Run one form's part between the last shared tensors and `tensor` on the other form's values; compare.

    The part runs in B, on A's values, unless only A can be cut. None when neither can.
    """
    if pair.b.cuttable:
        runs, other, feed, feed_other = pair.b, pair.a, pair.feed_b, pair.feed_a
    elif pair.a.cuttable:
        runs, other, feed, feed_other = pair.a, pair.b, pair.feed_a, pair.feed_b
    else:
        return None
    with scratch_folder() as folder:
        cut = runs.cut(tensor, pair.names, folder / "part")
        inner = [name for name in cut.inputs if name in pair.names]
        values = other.read([*inner, tensor], feed_other)
        expected = values.pop(tensor)
        obtained = runs.run_cut(cut, {name: values[name] if name in values else feed[name] for name in cut.inputs})
    first, second = (expected, obtained) if runs is pair.b else (obtained, expected)
    return compare_tensors(first, second, pair.tolerance)


def local_or_none(pair: Pair, tensor: str) -> Difference | None:
    """Return `local_difference`; None too where a part cannot take the other's values, such as more channels."""
    try:
        return local_difference(pair, tensor)
    except DataError:
        return None


def is_top_k(operation: str) -> bool:
    """Tell whether a node takes the k largest."""
    return operation.lower() == "topk"


def _taken(pair: Pair, tap: Tap, a: Array, b: Array) -> Difference:
    """Compare what a top-k takes: its values sorted, or the values that its indices stand for."""
    if a.dtype.kind == "f":
        return _in_order(a, b, pair.tolerance)
    side = pair.b if pair.b.cuttable else pair.a
    inputs = [name for name in side.cut(tap.name, pair.names, None).inputs if name in pair.names]
    if len(inputs) != 1:
        return _in_order(a, b, pair.tolerance)
    [values] = inputs
    from_a = _take(pair.a.read([values], pair.feed_a)[values], a)
    from_b = _take(pair.b.read([values], pair.feed_b)[values], b)
    difference = _in_order(from_a, from_b, pair.tolerance)
    if not difference.parted and not np.array_equal(a, b):
        return difference.model_copy(update={"note": TAKES_THE_SAME})
    return difference


def _in_order(a: Array, b: Array, tolerance: Tolerance) -> Difference:
    return compare_tensors(np.sort(a, axis=None), np.sort(b, axis=None), tolerance)


def _take(values: Array, indices: Array) -> Array:
    """Return the values at the indices of a top-k along the axis that it shortened."""
    axis = next((axis for axis in range(values.ndim) if values.shape[axis] != indices.shape[axis]), -1)
    taken: Array = np.take_along_axis(values, indices.astype(np.int64), axis=axis)
    return taken

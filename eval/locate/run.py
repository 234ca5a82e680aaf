"""Locating: two forms and a sample in; the first tensor where they part, the errors along the graph, a reproduction."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from configs.environment import describe_environment
from configs.errors import DataError
from configs.files import new_folder, write_atomically
from configs.folders import find_made
from configs.schema import Config, InferencePrecision
from converter.taps.base import Cut, Taps
from converter.taps.opening import open_pair
from datasets.plates.needed import require_plates
from datasets.samples import sample as samples
from datasets.samples.layout import SampleSet, listing, load_pair
from eval.locate.compare import DEFAULT_RELATIVE, Tolerance
from eval.locate.growth import draw_growth
from eval.locate.record import GROWTH_FILE, REPRODUCTION, FormRecord, Located, NodeRecord, Parting
from eval.locate.reproduction import write_reproduction
from eval.locate.search import Pair, Report, TensorRecord, local_or_none, walk
from eval.run.opening import open_dataset
from eval.run.plates import Plates


def locate(
    a: Path,
    b: Path,
    sample_id: str,
    config: Config,
    out: Path,
    *,
    precisions: tuple[InferencePrecision, InferencePrecision] = ("f32", "f32"),
    tolerance: float | None = None,
    until_parted: bool = False,
    report: Report = lambda *_: None,
) -> Located:
    """Find the first tensor where two forms part, and write `out`: `located.json`, `growth.png`, `reproduction/`.

    Args:
        a, b: an ONNX, an IR, a checkpoint, or a converted model folder, which stands for its original.
        sample_id: of a sample of the configured set.
        config: the set; for a checkpoint the network's settings.
        out: the folder to write; an earlier one of this kind is replaced.
        precisions: the inference precision of each.
        tolerance: `Tolerance.relative`; None takes that of the coarser precision.
        until_parted: stop at the first parting rather than follow the error to the outputs.
        report: called with (what is being done, done, total).

    Raises:
        DataError: a model or the sample is missing or unreadable, sizes differ, or the forms share no tensor's name.
        UsageError: not a model, a precision that cannot run, or a folder that is not one of this kind.
    """
    foreign = "not empty, and not a folder of `mattekit locate`; choose another --out"
    find_made(out, Located.read_if_there, foreign=foreign, holds=Located.holds)
    sample_set = open_dataset(config.dataset, report)
    forms = open_pair(a, b, *precisions, config)
    taken = any(form.contract.takes_plate for form in forms)
    require_plates(sample_set, taken, config.dataset)
    before, sample = with_clip(sample_set, sample_id, Plates(config.dataset, taken))
    relative = max(DEFAULT_RELATIVE[form.precision] for form in forms) if tolerance is None else tolerance
    pair = make_pair(*forms, sample, Tolerance(relative=relative), before)
    tensors = tuple(walk(pair, report, until_parted))
    first = next((tensor for tensor in tensors if tensor.parted), None)
    with new_folder(out, replace=True) as work:
        parting = None if first is None else parting_at(pair, first, work / REPRODUCTION)
        located = Located(
            environment=describe_environment(),
            a=_form(a, pair.a),
            b=_form(b, pair.b),
            sample=sample.id,
            dataset=sample_set.name,
            size=pair.a.contract.size,
            tolerance=pair.tolerance,
            first=parting,
            tensors=tensors,
            whole=len(tensors) == len(pair.shared),
        )
        located.write(work)
        write_atomically(work / GROWTH_FILE, draw_growth(located))
    return located


def make_pair(
    a: Taps, b: Taps, sample: samples.Pair, tolerance: Tolerance, before: Iterable[samples.Pair] = ()
) -> Pair:
    """Match two forms' tensors by name.

    Args:
        a, b: the forms.
        sample: that both are given.
        tolerance: beyond which tensors part.
        before: the frames of the sample's clip before it. Both forms then get the states that A has after them, so that
            what differs is made at this frame.

    Raises:
        DataError: they share no name.
    """
    theirs = {tap.name: tap for tap in b.taps}
    shared = tuple(
        # Behind a choice in either form: converted forms may express it otherwise.
        replace(tap, chosen=tap.chosen or theirs[tap.name].chosen)
        for tap in a.taps
        if tap.name in theirs
    )
    if not shared:
        ours = listing(tap.name for tap in a.taps)
        raise DataError(
            f"{a.label} and {b.label} share no tensor's name (the first has {ours}; the second {listing(theirs)}); "
            "only forms of one export can be compared"
        )
    states = a.states_after(before)
    return Pair(a, b, {**a.feed(sample), **states}, {**b.feed(sample), **states}, shared, tolerance)


def parting_at(pair: Pair, first: TensorRecord, folder: Path | None = None) -> Parting:
    """Return what computes the first tensor that parts, and whether that is the cause.

    Args:
        pair: the forms.
        first: the tensor.
        folder: to be made, for the minimal reproduction where the tensor can be computed; None writes none.
    """
    computed = first.difference.computed
    stored = folder if computed else None
    if stored is not None:
        stored.mkdir()
    cut_a = pair.a.cut(first.tensor, pair.names, None if stored is None else stored / "a")
    cut_b = pair.b.cut(first.tensor, pair.names, None if stored is None else stored / "b")
    local = local_or_none(pair, first.tensor) if computed else None
    parting = Parting(
        tensor=first.tensor,
        nodes_a=_nodes(cut_a),
        nodes_b=_nodes(cut_b),
        inputs=tuple(name for name in sorted({*cut_a.inputs, *cut_b.inputs}) if name in pair.names),
        difference=first.difference,
        local=local,
    )
    if stored is not None:
        write_reproduction(stored, pair, parting, cut_a, cut_b)
    return parting


def _nodes(cut: Cut) -> tuple[NodeRecord, ...]:
    return tuple(NodeRecord(name=node.name, operation=node.operation) for node in cut.nodes)


def _form(path: Path, taps: Taps) -> FormRecord:
    return FormRecord(
        path=path.as_posix(),
        label=taps.label,
        framework=taps.framework,
        precision=taps.precision,
        tensors=len(taps.taps),
    )


def with_clip(sample_set: SampleSet, sample_id: str, plates: Plates) -> tuple[Iterator[samples.Pair], samples.Pair]:
    """Return the frames before a sample in its clip, none where samples do not follow each other, and the sample.

    Raises:
        DataError: the set has no such sample.
    """
    for ref in sample_set.refs:
        if ref.id == sample_id:
            clip = [one for one in sample_set.refs if samples.clip_of(one.id) == samples.clip_of(sample_id)]
            earlier = clip[: clip.index(ref)] if sample_set.sequential else []
            return (plates(load_pair(one)) for one in earlier), plates(load_pair(ref))
    known = listing(ref.id for ref in sample_set.refs)
    raise DataError(f"{sample_set.root}: has no sample {sample_id!r}; it has {known}")

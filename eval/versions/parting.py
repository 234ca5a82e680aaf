"""Where two versions part: the inner tensors of a variant, each read in its own environment, along the graph."""

from datasets.plates.needed import require_plates
from eval.locate.compare import DEFAULT_RELATIVE, Tolerance
from eval.locate.run import make_pair, parting_at, with_clip
from eval.locate.search import walk
from eval.run.opening import open_dataset
from eval.run.plates import Plates
from eval.versions.client import Job, RemoteTaps
from eval.versions.commands import Report
from eval.versions.record import PartingRecord


def find_parting(pinned: Job, other: Job, variant: str, sample_id: str, report: Report) -> PartingRecord:
    """Compare every inner tensor of a variant on one sample, and name the first that parts.

    Args:
        pinned, other: the job in both environments; the first one's order of nodes counts.
        variant: of the converted model.
        sample_id: of the set.
        report: called with (what is being done, done, total).

    Raises:
        DataError: a form cannot be read there, or the set has no such sample.
    """
    dataset = pinned[1].dataset
    sample_set = open_dataset(dataset)
    a, b = (RemoteTaps(*job, variant) for job in (pinned, other))
    takes_plate = a.contract.takes_plate
    require_plates(sample_set, takes_plate, dataset)
    before, sample = with_clip(sample_set, sample_id, Plates(dataset, takes_plate))
    tolerance = Tolerance(relative=max(DEFAULT_RELATIVE[form.precision] for form in (a, b)))
    pair = make_pair(a, b, sample, tolerance, before)

    def report_pair(work: str, done: int, total: int) -> None:
        report(f"{work}, {other[0].pin}", done, total)

    tensors = tuple(walk(pair, report_pair, until_parted=False))
    first = next((tensor for tensor in tensors if tensor.parted), None)
    apart = [tensor for tensor in tensors if tensor.difference.largest]
    farthest = max(apart, key=lambda tensor: tensor.difference.relative or 0.0, default=None)
    return PartingRecord(
        variant=variant,
        sample=sample_id,
        precision=b.precision,
        tolerance=tolerance,
        tensors=len(tensors),
        apart=len(apart),
        beginning=apart[0] if apart else None,
        farthest=farthest,
        first=None if first is None else parting_at(pair, first),
    )

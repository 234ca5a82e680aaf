"""Whether a set has the background plates that a run on it needs."""

from configs.errors import DataError, UsageError
from configs.schema import DatasetSection
from datasets.samples.layout import SampleSet


def require_plates(sample_set: SampleSet, taken: bool, dataset: DatasetSection | None = None) -> None:
    """Refuse a set without plates where something is to be done with them; a set with plates serves for everything.

    Args:
        sample_set: the set.
        taken: whether a model takes a plate.
        dataset: the section that says what is done with plates; None where nothing is.

    Raises:
        DataError: the set has no plates, and a model takes one.
        UsageError: it has none, and they are to be aligned or evened in colour.
    """
    if sample_set.has_plates:
        return
    root = sample_set.root
    if taken:
        raise DataError(
            f"{root}: has no background plates (no bgr/), and the model takes one; put the scene without the person "
            "into bgr/, one picture for each of com/, or take a model without plates, such as MODNet"
        )
    if dataset is None:
        return
    asked = {"align": dataset.align != "off", "match_plate": dataset.match_plate}
    if keys := " and ".join(f"dataset.{key}" for key, wanted in asked.items() if wanted):
        raise UsageError(f"{keys}: {root} has no background plates (no bgr/); leave it out for such a set")

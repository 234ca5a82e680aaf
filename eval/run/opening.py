"""What a job names: its converted models and its set, opened and checked."""

from collections.abc import Callable

from configs.errors import DataError
from configs.schema import BUNDLED, Config, DatasetSection
from converter.forms.record import Conversion, check_files
from converter.runners.original import is_original
from datasets.bundled.sets import make_bundled
from datasets.remote.sets import open_place
from datasets.samples.layout import SampleSet

Report = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""


def open_models(config: Config) -> Conversion:
    """Return the record of the configured model folder, its files checked.

    Raises:
        DataError: it is missing or broken, or was converted from another original than the configured one.
    """
    models = config.convert.out
    record = Conversion.read(models)
    check_files(models, record)
    if not is_original(config.model, record):
        raise DataError(
            f"{models}: converted from {record.source.path}, or with other settings of the network than the "
            "configuration's; run `mattekit convert`, or name the folder with --models to take it as it is"
        )
    return record


def open_dataset(dataset: DatasetSection, report: Report = lambda *_: None) -> SampleSet:
    """Open the configured set; a bundled one is made first where it is not there yet.

    Raises:
        DataError: the set is missing or breaks its layout, or its store does not answer.
        UsageError: a URL that cannot be read, or the bundled set cannot be made as configured.
    """
    if dataset.path not in BUNDLED:
        return open_place(dataset.path, report)
    making = f"making the {dataset.path} set"
    return make_bundled(dataset, progress=lambda done, total: report(making, done, total))

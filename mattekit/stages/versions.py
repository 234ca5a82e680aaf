"""A matrix of versions as a folder, which appears when it is whole."""

from collections.abc import Callable, Sequence
from pathlib import Path

from configs.files import new_folder, write_atomically
from configs.folders import find_made
from configs.schema import Config
from eval.versions.matrix import MatrixOptions, matrix
from eval.versions.pins import Pin
from eval.versions.record import PAGE_FILE, MatrixRecord
from eval.versions.text import matrix_markdown

Report = Callable[[str, int, int], None]


def matrix_into(
    out: Path, config: Config, pins: Sequence[Pin], options: MatrixOptions, rerun: str, report: Report
) -> MatrixRecord:
    """Run the job under every version; write `matrix.json`, `matrix.md` and `runs/` into a new folder.

    Args:
        out: the folder; an earlier matrix there is replaced.
        config, pins, options, rerun, report: as `eval.versions.matrix.matrix`.

    Raises:
        MattekitError: as there.
        UsageError: `out` holds something else.
    """
    foreign = "not empty, and not a matrix of versions; choose another --out"
    find_made(out, MatrixRecord.read_if_there, foreign=foreign, holds=MatrixRecord.holds)
    with new_folder(out, replace=True) as work:
        record = matrix(config, pins, options, work, rerun=rerun, report=report)
        record.write(work)
        write_atomically(work / PAGE_FILE, matrix_markdown(record))
    return record

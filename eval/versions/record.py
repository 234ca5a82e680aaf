"""`matrix.json`: what each version scored and how fast it is, against the pinned one, and where the two part."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from configs.environment import Environment
from configs.reading import InnerPath
from configs.records import Frozen, Record
from eval.bench.record import LatencyBench
from eval.gate.verdict import FAIL_EXIT, INCONCLUSIVE_EXIT, GateRow
from eval.locate.compare import Tolerance
from eval.locate.record import Parting
from eval.locate.search import TensorRecord
from eval.run.results import Results
from eval.versions.environments import PackageEnvironment

PAGE_FILE = "matrix.md"
PINNED = "pinned"
"""The name of the environment that runs here."""

Count = Annotated[int, Field(ge=0)]
Verdict = Literal["the reference", "identical", "within the limits", "beyond the limits", "inconclusive", "did not run"]


class PartingRecord(Frozen):
    """The inner tensors of one variant on one sample, against the pinned version's.

    Attributes:
        variant, sample: the ones that moved most.
        precision: the inference precision that ran.
        tolerance: beyond which tensors part.
        tensors: how many both have.
        apart: how many of them differ at all.
        beginning: the first that differs at all; None where all are the same.
        farthest: the one that differs most, as a share of its largest value.
        first: where the two part; None where no tensor is beyond the tolerance.
    """

    variant: str
    sample: str
    precision: str
    tolerance: Tolerance
    tensors: Count
    apart: Count
    beginning: TensorRecord | None
    farthest: TensorRecord | None
    first: Parting | None


class VersionRecord(Frozen):
    """One version and what it gave.

    Attributes:
        name: `pinned`, or package and version.
        packages: package to version of what is under trial; of the pinned environment all that others replace.
        environment: what was installed for it; None of the pinned one.
        folder: of that environment, in the cache.
        unmet: what its package asks of others that run in another version.
        run: the folder of its results; None where it did not run.
        failure: why it did not run, or was not timed or located; empty where all went well.
        exit_code: that goes with the failure, where it did not run.
        means: variant to metric to mean, in published units.
        identical: whether every score of every sample is the pinned version's, to the last bit.
        rows: the gate's judgements of it against the pinned version.
        controls: variants that none of the replaced package runs, and whose scores moved all the same.
        latency: variant to the time of one inference; the ratio is against the pinned version, in the same rounds.
        parting: None where nothing moved, or it was not asked for.
    """

    name: str
    packages: dict[str, str]
    environment: PackageEnvironment | None = None
    folder: str | None = None
    unmet: tuple[str, ...] = ()
    run: InnerPath | None = None
    failure: str = ""
    exit_code: int = 0
    means: dict[str, dict[str, float | None]] = Field(default_factory=dict)
    identical: bool = False
    rows: tuple[GateRow, ...] = ()
    controls: tuple[str, ...] = ()
    latency: dict[str, LatencyBench] = Field(default_factory=dict)
    parting: PartingRecord | None = None

    @property
    def verdict(self) -> Verdict:
        """What is to be said of it in a word or two."""
        if self.run is None:
            return "did not run"
        if self.name == PINNED:
            return "the reference"
        verdicts = {row.verdict for row in self.rows}
        if "fail" in verdicts:
            return "beyond the limits"
        if self.identical:
            return "identical"
        return "inconclusive" if "inconclusive" in verdicts or not verdicts else "within the limits"


class MatrixRecord(Record):
    """A whole matrix; the first version is the pinned one.

    Attributes:
        environment: of the pinned one.
        dataset, samples: the set's name, and how many samples of it were evaluated.
        size: height and width of the images that the model takes.
        converted: whether each version converted the original anew; else all ran the pinned version's files.
        rounds: of inferences that were timed; 0 where speed was not asked for.
        rerun: the command that repeats it.
    """

    FILE: ClassVar[str] = "matrix.json"
    REMEDY: ClassVar[str] = "run `mattekit matrix` to make it"
    BESIDE: ClassVar[tuple[str, ...]] = (PAGE_FILE,)

    created: str
    environment: Environment
    dataset: str
    samples: Count
    size: tuple[int, int]
    converted: bool
    rounds: Count
    versions: Annotated[tuple[VersionRecord, ...], Field(min_length=1)]
    rerun: str

    def holds(self) -> frozenset[str]:
        """See `Record.holds`."""
        runs = [version.run for version in self.versions if version.run is not None]
        return self.names().union(f"{run}/{name}" for run in runs for name in Results.names())

    @property
    def exit_code(self) -> int:
        """1 where a version is beyond the limits, else that of the first that did not run, else 5 if one is
        inconclusive, else 0."""
        verdicts = [version.verdict for version in self.versions]
        if "beyond the limits" in verdicts:
            return FAIL_EXIT
        if "did not run" in verdicts:
            return self.versions[verdicts.index("did not run")].exit_code
        return INCONCLUSIVE_EXIT if "inconclusive" in verdicts else 0

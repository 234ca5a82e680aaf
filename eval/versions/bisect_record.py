"""`bisect.json`: what a bisection looks for, and every release that it has measured; written after each."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, JsonValue

from configs.environment import Environment
from configs.reading import InnerPath
from configs.records import Frozen, Record
from configs.text import counted
from eval.run.results import Results
from eval.versions.search import Verdict

Role = Literal["good", "good again", "bad", "between"]


class Criterion(Frozen):
    """When a release is bad; with nothing set, where a judgement by `gate.against_baseline` does not pass.

    Attributes:
        metric: whose mean must move, in any variant that the package runs.
        beyond: by how much, either way, in published units.
        speed: how many times as long an inference must take, in any such variant.
    """

    metric: str | None = None
    beyond: Annotated[float, Field(ge=0)] | None = None
    speed: Annotated[float, Field(gt=1)] | None = None

    def __str__(self) -> str:
        if self.speed is not None:
            return f"an inference takes more than {self.speed:g} times as long"
        if self.metric is not None:
            return f"the mean of {self.metric} moves by more than {self.beyond or 0:g}"
        return "a metric moves beyond the limits of gate.against_baseline"


class Step(Frozen):
    """A release that was measured.

    Attributes:
        role: which end it is, or one between; `good again` is the good one a second time, which must agree with it.
        reason: the figures that decided.
        run: the folder of its results; None where it was timed alone, or did not run.
    """

    version: str
    role: Role
    verdict: Verdict
    reason: str
    run: InnerPath | None = None


class Question(Frozen):
    """What is asked. An answer goes on only with the same question.

    Attributes:
        package: whose releases are searched.
        versions: from the good one to the bad one.
        criterion: when one is bad.
        environment: of the process that asks; the package under trial is replaced.
        settings: the job.
        conversion_sha256: of the converted model folder's record, which names its files by their hashes.
    """

    package: str
    versions: Annotated[tuple[str, ...], Field(min_length=2)]
    criterion: Criterion
    environment: Environment
    settings: dict[str, JsonValue]
    conversion_sha256: str


class BisectRecord(Record):
    """A bisection, finished or not.

    Attributes:
        question: what is asked.
        steps: in the order of measuring.
        last_good: None until the search is at its end.
        suspects: of which one is the first bad release; empty until then.
    """

    FILE: ClassVar[str] = "bisect.json"
    REMEDY: ClassVar[str] = "run `mattekit bisect` with another --out, or remove this folder"

    question: Question
    steps: tuple[Step, ...] = ()
    last_good: str | None = None
    suspects: tuple[str, ...] = ()

    def holds(self) -> frozenset[str]:
        """See `Record.holds`."""
        runs = [step.run for step in self.steps if step.run is not None]
        return self.names().union(f"{run}/{name}" for run in runs for name in Results.names())

    def step(self, version: str, role: Role) -> Step | None:
        """Return what was measured of a release in a role, or None."""
        return next((step for step in self.steps if (step.version, step.role) == (version, role)), None)

    def lines(self) -> list[str]:
        """Return the log, and the answer, as lines of text."""
        package = self.question.package
        lines = [f"{package} {step.version} ({step.role}): {step.verdict}: {step.reason}" for step in self.steps]
        if len(self.suspects) == 1:
            lines.append(f"first bad release: {package} {self.suspects[0]}; the last good one is {self.last_good}")
        elif self.suspects:
            count = counted(len(self.suspects), "release")
            lines.append(
                f"the first bad release is one of {count}, which could not be tested further: "
                f"{', '.join(self.suspects)}; the last good one is {self.last_good}"
            )
        return lines

"""A bisection: which release of a package moved a metric, or the speed, of one converted job.

Every release is measured against the good one. The folder keeps each run and, after every step, the record, so that a
search that was interrupted goes on where it was.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from configs.environment import describe_environment
from configs.errors import DataError, InconclusiveError, MattekitError, UsageError
from configs.files import new_folder, sha256_of
from configs.schema import Config
from converter.forms.record import Conversion
from eval.gate.verdict import ALL
from eval.metrics.measures import METRIC_NAMES
from eval.presentation.formatting import number, signed
from eval.run.stored import Run, read_run
from eval.versions.bisect_record import BisectRecord, Criterion, Question, Role, Step
from eval.versions.client import Worker
from eval.versions.commands import Report
from eval.versions.environments import environment_for
from eval.versions.pins import Pin, installed
from eval.versions.search import Verdict, search
from eval.versions.speed import time_variant
from eval.versions.trial import judged, moves, own_variants, run_in

RUNS = "runs"
Outcome = tuple[Verdict, str]


@dataclass(frozen=True, slots=True)
class BisectOptions:
    """How to bisect: the cache's folder of environments, wheels besides pip's index, and rounds that are timed."""

    environments: Path
    find_links: Path | None = None
    rounds: int = 30


def question_of(config: Config, package: str, versions: Sequence[str], criterion: Criterion) -> Question:
    """Return what a bisection is to answer; only the original and what the package runs are evaluated.

    Raises:
        UsageError: the package runs none of the job's variants, or there is no such metric.
        DataError: the job's converted model is missing or its record corrupt.
    """
    if criterion.metric is not None and criterion.metric not in METRIC_NAMES:
        raise UsageError(f"--metric: no metric {criterion.metric!r}; expected one of {', '.join(METRIC_NAMES)}")
    Conversion.read(config.convert.out)
    own = own_variants(package, config)
    if not own:
        named = ", ".join(config.evaluate.variants)
        raise UsageError(f"{package} runs none of the variants {named}; name one that it runs with --variants")
    variants = tuple(dict.fromkeys([config.evaluate.variants[0], *own]))
    job = config.replaced(evaluate=config.evaluate.replaced(variants=variants, models={}))
    return Question(
        package=package,
        versions=tuple(versions),
        criterion=criterion,
        environment=describe_environment(),
        settings=job.model_dump(mode="json"),
        conversion_sha256=sha256_of(config.convert.out / Conversion.FILE),
    )


def bisect(
    record: BisectRecord,
    folder: Path,
    options: BisectOptions,
    *,
    rerun: str,
    report: Report,
    say: Callable[[str], None],
) -> BisectRecord:
    """Measure releases until the first bad one is known; keep `folder` up to date, and return the whole record.

    Args:
        record: the question, with the steps that are done already.
        folder: of the record and the runs.
        options: how.
        rerun: the command that repeats it.
        report: called with (what is being done, done, total).
        say: called with a line for every step.

    Raises:
        InconclusiveError: the good release does not agree with itself, or the bad one with the claim that it is bad.
        MattekitError: an end cannot be measured.
    """
    return _Bisection(record, folder, options, rerun, report, say).answer()


class _Bisection:
    """A search at work: its record grows by a step at a time."""

    def __init__(
        self,
        record: BisectRecord,
        folder: Path,
        options: BisectOptions,
        rerun: str,
        report: Report,
        say: Callable[[str], None],
    ) -> None:
        self._record, self._folder, self._options = record, folder, options
        self._rerun, self._report, self._say = rerun, report, say
        self._package, self._criterion = record.question.package, record.question.criterion
        self._config = Config.model_validate(record.question.settings)
        self._own = own_variants(self._package, self._config)
        self._good = record.question.versions[0]

    def answer(self) -> BisectRecord:
        versions = self._record.question.versions
        if self._criterion.speed is None:
            self._take(self._good, "good", self._reference)
        again = self._measured(self._good, "good again")
        if again.verdict != "good":
            raise InconclusiveError(
                f"{self._package} {self._good} does not agree with itself: {again.reason}; allow more with --beyond or "
                f"--speed, or remove {self._folder} and measure again on an idle machine"
            )
        if (end := self._measured(versions[-1], "bad")).verdict != "bad":
            raise InconclusiveError(
                f"{self._package} {end.version} is not bad against {self._good}: {end.reason}; there is nothing to find"
            )
        found = search(versions, lambda version: self._measured(version, "between", skip=True).verdict)
        self._keep(self._record.model_copy(update={"last_good": found.last_good, "suspects": found.suspects}))
        return self._record

    def _measured(self, version: str, role: Role, *, skip: bool = False) -> Step:
        """Return the step of a release, measured unless that was done; `skip`: one that does not run is no error."""

        def measure() -> Outcome:
            try:
                return self._timed(version) if self._criterion.speed is not None else self._scored(version, role)
            except MattekitError as error:
                if not skip:
                    raise
                return "untestable", str(error)

        return self._take(version, role, measure)

    def _take(self, version: str, role: Role, measure: Callable[[], Outcome]) -> Step:
        if (step := self._record.step(version, role)) is None:
            verdict, reason = measure()
            ran = self._criterion.speed is None and verdict != "untestable"
            run = self._run_of(version, role) if ran else None
            step = Step(version=version, role=role, verdict=verdict, reason=reason, run=run)
            self._keep(self._record.model_copy(update={"steps": (*self._record.steps, step)}))
            self._say(self._record.lines()[-1])
        return step

    def _reference(self) -> Outcome:
        self._evaluated(self._good, "good")
        return "good", "every other release is held against this one"

    def _scored(self, version: str, role: Role) -> Outcome:
        reference, run = self._evaluated(self._good, "good"), self._evaluated(version, role)
        if self._criterion.metric is None:
            rows = [row for row in judged(reference, run, self._config.gate) if row.variant in (*self._own, ALL)]
            rows = [row for row in rows if row.metric != "sample count"]  # these very samples are what is asked about
            if (odd := next((row for row in rows if row.verdict == "not compared"), None)) is not None:
                raise DataError(f"{self._package} {version}: {odd.reason}; the set has changed meanwhile")
            moved = [row for row in rows if row.verdict not in ("pass", "improved")]
            largest = max(rows, key=lambda row: abs(row.difference or 0.0))
            if not moved:
                return "good", f"no metric moves beyond its limit; the largest move is {number(largest.difference)}"
            worst = max(moved, key=lambda row: (row.verdict == "fail", abs(row.difference or 0.0)))
            more = f" ({len(moved)} of {len(rows)} judgements do not pass)" if len(moved) > 1 else ""
            return "bad", f"{worst.metric} of {worst.variant}: {worst.reason}{more}"
        changes = dict(moves(reference, run, self._criterion.metric))
        changes = {name: change for name, change in changes.items() if name in self._own}
        if not changes:
            raise DataError(f"{self._criterion.metric}: defined for no sample of the set; take another --metric")
        name, change = max(changes.items(), key=lambda item: abs(item[1]))
        reason = f"{self._criterion.metric} of {name} moves by {signed(change)}"
        return ("bad" if abs(change) > (self._criterion.beyond or 0.0) else "good"), reason

    def _timed(self, version: str) -> Outcome:
        """Time a release in turn with the good one: bad if in any variant it takes too many times as long."""
        limit = self._criterion.speed
        assert limit is not None, "asked for by speed"
        slowdowns: list[tuple[float, str]] = []
        with self._worker(self._good) as good, self._worker(version) as other:
            jobs = {"good": (good, self._config), "other": (other, self._config)}
            for variant in self._own:
                found, failed = time_variant(jobs, "good", variant, self._options.rounds, self._report)
                if "other" in failed:
                    raise failed["other"]
                timed = found["other"]
                assert timed.ratio is not None, "two were timed"
                times = 1 / timed.ratio.median
                reason = f"{variant} takes {times:.2f} times as long ({number(timed.median_ms)} ms)"
                slowdowns.append((times, reason))
        most, reason = max(slowdowns)
        return ("bad" if most > limit else "good"), reason

    def _evaluated(self, version: str, role: Role) -> Run:
        """Return the run of a release, evaluated unless its folder is there."""
        folder = self._folder / self._run_of(version, role)
        if not folder.exists():
            pin = Pin(self._package, version)
            with new_folder(folder) as work:
                run_in(pin, self._environment(pin), self._config, work, self._rerun, self._report)
        return read_run(folder)

    def _run_of(self, version: str, role: Role) -> str:
        return f"{RUNS}/{self._package}-{version}{'-again' if role == 'good again' else ''}"

    def _worker(self, version: str) -> Worker:
        pin = Pin(self._package, version)
        return Worker(pin, self._environment(pin), self._report)

    def _environment(self, pin: Pin) -> Path | None:
        """Return the environment of a pin, made where it is not there; None for the one that runs here."""
        if pin.is_met_by(installed(pin.package).version):
            return None
        return environment_for(pin, self._options.environments, self._options.find_links)[0]

    def _keep(self, record: BisectRecord) -> None:
        self._record = record
        record.write(self._folder)

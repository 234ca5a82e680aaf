"""The matrix: the same converted job in the pinned environment and in others that differ from it by one package."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from configs.errors import MattekitError, UsageError
from configs.files import scratch_folder
from configs.schema import Config
from converter.forms.record import Conversion
from eval.bench.record import LatencyBench
from eval.run.stored import Run
from eval.versions.client import Worker
from eval.versions.commands import Report
from eval.versions.environments import PackageEnvironment, environment_for, unmet_requirements
from eval.versions.pins import Pin, installed
from eval.versions.record import PINNED, MatrixRecord, PartingRecord, VersionRecord
from eval.versions.speed import time_variant
from eval.versions.trial import judged, largest_move, moved_variants, own_variants, run_in

RUNS = "runs"


@dataclass(frozen=True, slots=True)
class MatrixOptions:
    """How to make a matrix.

    Attributes:
        environments: the cache's folder.
        find_links: a folder of wheels besides pip's index.
        rounds: inferences of each variant and version that are timed; 0 times nothing.
        locate: whether to look for the first node that parts, where scores moved.
        convert: whether each version converts the original anew, into a folder that goes when the matrix is made.
    """

    environments: Path
    find_links: Path | None = None
    rounds: int = 20
    locate: bool = True
    convert: bool = False


@dataclass(frozen=True, slots=True)
class _Trial:
    """A version: its job, its environment, None where that cannot be made, and its run, None where it did not run."""

    pin: Pin
    config: Config
    folder: Path | None = None
    environment: PackageEnvironment | None = None
    run: Run | None = None
    failure: MattekitError | None = None

    @property
    def name(self) -> str:
        return str(self.pin)

    @property
    def run_folder(self) -> str:
        return f"{RUNS}/{self.pin.package}-{self.pin.version}"


def matrix(
    config: Config, pins: Sequence[Pin], options: MatrixOptions, work: Path, *, rerun: str = "", report: Report
) -> MatrixRecord:
    """Run the job under every version; write each run into `work`, and return what they gave.

    Args:
        config: the job; `config.convert.out` is the converted model folder, which every version runs as it is.
        pins: the versions; the one that is installed here is the reference in any case.
        options: how.
        work: the folder of the matrix.
        rerun: the command that repeats it.
        report: called with (what is being done, done, total).

    Raises:
        UsageError: there is no other version than the installed one; the job is wrong.
        DataError: the job's converted model is missing.
        MattekitError: the job does not run in the pinned environment.
    """
    Conversion.read(config.convert.out)  # before anything is installed
    here = {package: installed(package) for package in dict.fromkeys(pin.package for pin in pins)}
    others = [pin for pin in pins if not pin.is_met_by(here[pin.package].version)]
    if not others:
        named = ", ".join(map(str, here.values())) or "no version"
        raise UsageError(f"{named} is what runs here; name another version to compare it with")
    prepared = [_prepare(pin, config, options, report, index, len(others)) for index, pin in enumerate(others)]
    reference, _ = run_in(next(iter(here.values())), None, config, work / RUNS / PINNED, rerun, report)
    with scratch_folder() as models:
        convert_into = models if options.convert else None
        trials = [_try(trial, work, convert_into, rerun, report) for trial in prepared]
        versions = _versions(trials, reference, here, config, options, report)
    results = reference.results
    assert results.model is not None, "an evaluation names its model"
    return MatrixRecord(
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        environment=results.environment,
        dataset=results.dataset.name,
        samples=results.dataset.samples,
        size=results.model.input_size,
        converted=options.convert,
        rounds=options.rounds,
        versions=versions,
        rerun=rerun,
    )


def _versions(
    trials: Sequence[_Trial],
    reference: Run,
    here: Mapping[str, Pin],
    config: Config,
    options: MatrixOptions,
    report: Report,
) -> tuple[VersionRecord, ...]:
    """Time what ran, and return what is to be said of the pinned version and each of the others."""
    ran = [trial for trial in trials if trial.run is not None]
    latency, untimed = _times(config, here, ran, reference, options.rounds, report)
    versions = [
        VersionRecord(
            name=PINNED,
            packages={package: pin.version for package, pin in here.items()},
            run=f"{RUNS}/{PINNED}",
            means=_means(reference),
            identical=True,
            latency=latency.get(PINNED, {}),
        )
    ]
    for trial in trials:
        found = _found(trial, reference, config, untimed.get(trial.name, ""), latency.get(trial.name, {}))
        if options.locate and trial.run is not None:
            found = _located(found, trial, here[trial.pin.package], reference, config, report)
        versions.append(found)
    return tuple(versions)


def _prepare(pin: Pin, config: Config, options: MatrixOptions, report: Report, done: int, total: int) -> _Trial:
    report("environments", done, total)
    try:
        folder, environment = environment_for(pin, options.environments, options.find_links)
    except MattekitError as error:
        return _Trial(pin, config, failure=error)
    report("environments", done + 1, total)
    return _Trial(pin, config, folder, environment)


def _try(trial: _Trial, work: Path, convert_into: Path | None, rerun: str, report: Report) -> _Trial:
    if trial.failure is not None:
        return trial
    models = None if convert_into is None else convert_into / trial.name.replace(" ", "-")
    folder = work / trial.run_folder
    try:
        run, config = run_in(trial.pin, trial.folder, trial.config, folder, rerun, report, models)
    except MattekitError as error:
        return replace(trial, failure=error)
    return replace(trial, run=run, config=config)


def _times(
    config: Config, here: Mapping[str, Pin], trials: Sequence[_Trial], reference: Run, rounds: int, report: Report
) -> tuple[dict[str, dict[str, LatencyBench]], dict[str, str]]:
    """Return version to variant to latency, and what kept a version from being timed."""
    found: dict[str, dict[str, LatencyBench]] = {}
    failed: dict[str, str] = {}
    for package, pinned in here.items():
        own = [trial for trial in trials if trial.pin.package == package]
        variants = own_variants(package, config)
        if not (rounds and own and variants):
            continue
        try:
            with ExitStack() as stack:
                jobs = {PINNED: (stack.enter_context(Worker(pinned, None)), config)}
                for trial in own:
                    jobs[trial.name] = (stack.enter_context(Worker(trial.pin, trial.folder)), trial.config)
                for variant in variants:
                    times, untimed = time_variant(jobs, PINNED, variant, rounds, report)
                    for name, latency in times.items():
                        found.setdefault(name, {})[variant] = latency
                    failed |= {name: f"not timed: {error}" for name, error in untimed.items()}
        except MattekitError as error:  # what was scored stays, whatever one of them does while it is timed
            failed |= {trial.name: f"not timed: {error}" for trial in own}
    return found, failed


def _found(
    trial: _Trial, reference: Run, config: Config, failure: str, latency: dict[str, LatencyBench]
) -> VersionRecord:
    pin, run = trial.pin, trial.run
    record = VersionRecord(name=trial.name, packages={pin.package: pin.version})
    if trial.environment is not None and trial.folder is not None:
        facts: dict[str, object] = {
            "packages": {pin.package: trial.environment.version},
            "environment": trial.environment,
            "folder": trial.folder.as_posix(),
            "unmet": unmet_requirements(trial.folder, pin.package),
        }
        record = record.model_copy(update=facts)
    if run is None:
        assert trial.failure is not None, "what did not run failed"
        return record.model_copy(update={"failure": str(trial.failure), "exit_code": trial.failure.exit_code})
    moved = moved_variants(reference, run)
    facts = {
        "run": trial.run_folder,
        "failure": failure,
        "means": _means(run),
        "identical": not moved,
        "rows": judged(reference, run, config.gate),
        "controls": tuple(variant.name for variant in moved if variant.framework != pin.package),
        "latency": latency,
    }
    return record.model_copy(update=facts)


def _located(
    found: VersionRecord, trial: _Trial, pinned: Pin, reference: Run, config: Config, report: Report
) -> VersionRecord:
    """Add where a version parts from the pinned one: the variant and sample that moved most, among those it runs."""
    assert trial.run is not None, "what did not run has no scores"
    run, own = trial.run, own_variants(trial.pin.package, config)
    moved = [variant.name for variant in moved_variants(reference, run) if variant.name in own]
    if not moved:
        return found
    from eval.versions.parting import find_parting

    variant = max(moved, key=lambda name: largest_move(reference, run, name))
    _, sample = largest_move(reference, run, variant)
    try:
        with Worker(pinned, None) as here, Worker(trial.pin, trial.folder) as there:
            parting: PartingRecord = find_parting((here, config), (there, trial.config), variant, sample, report)
    except MattekitError as error:
        failure = "; ".join(filter(None, [found.failure, f"not located: {error}"]))
        return found.model_copy(update={"failure": failure})
    return found.model_copy(update={"parting": parting})


def _means(run: Run) -> dict[str, dict[str, float | None]]:
    return {
        variant.name: {metric: record.mean for metric, record in variant.metrics.items()}
        for variant in run.results.variants
    }

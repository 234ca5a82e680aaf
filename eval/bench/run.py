"""The benchmark: the same frames through every model in turn, one inference at a time, then several at once."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from configs.environment import describe_environment
from configs.errors import DataError, UsageError
from configs.schema import Config
from configs.sizes import size_text
from converter.architectures import architecture_named
from converter.forms.contract import Contract, Port
from converter.forms.named import NamedForm
from converter.forms.proofs import ContractProof
from converter.forms.variant import parse_variants
from converter.proof.named import Reference, open_named
from converter.proof.parity import measure_parity
from converter.runners.base import Feed, Runner, encode_inputs
from converter.runners.opening import open_runner
from converter.runners.timing import IrStreams, profile_ir
from datasets.plates.needed import require_plates
from datasets.samples.layout import iterate_pairs
from datasets.samples.sample import Pair, Prediction
from eval.bench.models import TimedForm, against_forms, model_forms, variant_forms
from eval.bench.record import AlphaDifference, BenchModel, BenchRecord, OperationRecord, ThroughputBench, Timing
from eval.bench.summary import base_of, latency_bench, rounds_of, throughput_bench
from eval.bench.timing import Length, block_size, first_predictions, time_latency, time_throughput
from eval.run.identity import run_models
from eval.run.opening import open_dataset, open_models
from eval.run.results import Results
from eval.run.variants import reference_of

Report = Callable[[str, int, int], None]
Frames = Mapping[str, Sequence[Feed]]


@dataclass(frozen=True, slots=True)
class BenchOptions:
    """How to measure.

    Attributes:
        against: IRs that every model is measured against, `model.xml` or `model.xml@PRECISION`.
        length: how long to measure, each of latency and throughput.
        different: how many different frames are used in turn.
        warmup: inferences per model before the clock counts.
        throughput: whether to measure it.
        streams: for throughput; None for what OpenVINO picks.
        profile: whether to break an IR's time down by operation.
    """

    against: tuple[str, ...] = ()
    length: Length = field(default_factory=lambda: Length(30))
    different: int = 6
    warmup: int = 3
    throughput: bool = True
    streams: int | None = None
    profile: bool = False


def bench(
    config: Config,
    options: BenchOptions,
    *,
    evaluated: Results | None = None,
    rerun: str = "",
    report: Report = lambda *_: None,
) -> tuple[BenchRecord, list[Timing]]:
    """Time the configured variants, and the IRs they are measured against, on frames of the configured set.

    Frames are decoded, and encoded to each model's input form, before any clock starts.

    Args:
        config: the job; `config.convert.out` is the converted model folder.
        options: how to measure.
        evaluated: the run whose report is to show the benchmark; its variants must be the same files.
        rerun: the command that repeats it, for the record.
        report: called with (what is being done, done, total).

    Returns:
        the record, and every single time behind it.

    Raises:
        DataError: models or samples are missing or broken, are not those evaluated, or a model returns something that
            is not a matte.
        UsageError: an unknown variant or precision, or models of different sizes.
    """
    models = config.convert.out
    conversion = open_models(config)
    device = config.evaluate.device
    forms = variant_forms(parse_variants(config.evaluate.variants, device), conversion, models)
    forms += [*model_forms(config.evaluate.models, device), *against_forms(options.against, device)]
    _require_different_names(forms)
    _require_evaluated(forms, evaluated)
    with ExitStack() as stack:  # so that no idle model holds memory or threads while others are timed
        runners: dict[str, Runner] = {}
        proofs: dict[str, ContractProof | None] = {}
        for index, form in enumerate(forms):
            report("opening", index, len(forms))
            reference = reference_of(config, next(iter(runners.values()))) if runners else None
            runner, proofs[form.name] = _open(form, models, reference)
            runners[form.name] = stack.enter_context(runner)
        report("opening", len(forms), len(forms))
        size = _common_size(runners)
        sample_set = open_dataset(config.dataset, report)
        require_plates(sample_set, any(runner.contract.takes_plate for runner in runners.values()))
        samples = list(iterate_pairs(sample_set, min(options.different, config.dataset.limit or options.different)))
        ids = [sample.id for sample in samples]
        frames = _encode(runners, samples)
        predictions = first_predictions(runners, frames)
        rows = time_latency(runners, frames, ids, options.warmup, options.length, report)
        facts = {name: _facts(runner, proofs[name]) for name, runner in runners.items()}
        runners.clear()
    streams: dict[str, IrStreams] = {}
    if options.throughput:
        streams = {
            form.name: IrStreams(form.ir, facts[form.name].contract, options.streams)
            for form in forms
            if form.ir is not None
        }
    if streams:
        rows += time_throughput(streams, frames, ids, options.warmup, options.length, report)
    operations = _profile(forms, facts, frames, report) if options.profile else {}
    record = BenchRecord(
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        environment=describe_environment(),
        dataset=sample_set.name,
        manifest_sha256=sample_set.manifest_sha256,
        frames=tuple(ids),
        size=size,
        warmup=options.warmup,
        models=tuple(
            _model(form, forms, facts, rows, streams, predictions, operations.get(form.name, ())) for form in forms
        ),
        rerun=rerun,
    )
    return record, rows


@dataclass(frozen=True, slots=True)
class _Facts:
    """What is kept of a runner once it is closed."""

    framework: str
    precision: str
    contract: Contract
    assumed: bool
    threads: int | None
    device: str
    executed_on: tuple[str, ...]
    proof: ContractProof | None

    @property
    def inputs(self) -> str:
        """How it takes images, such as `NCHW f32 BGR 0..255`."""
        port = self.contract.source
        return f"{port.layout} {port.element_type} {port.colour_order} {port.span}"


def _open(form: TimedForm, models: Path, reference: Reference | None) -> tuple[Runner, ContractProof | None]:
    """Open a form; of a model of anybody's return how its contract is known, too."""
    if not isinstance(form.form, NamedForm):
        return open_runner(form.form, models), None
    assert reference is not None, "variants come before models"
    return open_named(form.form, reference)


def _facts(runner: Runner, proof: ContractProof | None) -> _Facts:
    return _Facts(
        runner.framework,
        runner.inference_precision,
        runner.contract,
        runner.assumed,
        runner.threads,
        runner.device,
        runner.executed_on,
        proof,
    )


def _model(
    form: TimedForm,
    forms: Sequence[TimedForm],
    facts: Mapping[str, _Facts],
    rows: Sequence[Timing],
    streams: Mapping[str, IrStreams],
    predictions: Mapping[str, Prediction],
    operations: tuple[OperationRecord, ...],
) -> BenchModel:
    name, known = form.name, facts[form.name]
    names = [other.name for other in forms]
    precisions = {other: facts[other].precision for other in names}
    base = base_of(name, names, [other.name for other in forms if other.is_reference], precisions)
    throughput: ThroughputBench | None = None
    if name in streams:
        ran = streams[name]
        throughput = throughput_bench(
            rounds_of(rows, "throughput"),
            name,
            base,
            frames=block_size(streams.values()),
            streams=ran.streams,
            requests=ran.requests,
            threads=ran.threads,
        )
    return BenchModel(
        name=name,
        framework=known.framework,
        precision=known.precision,
        weights=form.weights,
        model_path=form.path.as_posix(),
        model_sha256=form.sha256,
        inputs=known.inputs,
        contract_assumed=known.assumed,
        difference=None
        if name == names[0]
        else _difference(predictions[names[0]], predictions[name], facts[names[0]].contract),
        latency=latency_bench(rounds_of(rows, "latency"), name, base, known.threads),
        throughput=throughput,
        operations=operations,
        device=known.device,
        executed_on=known.executed_on,
        contract=known.proof,
    )


def _difference(first: Prediction, other: Prediction, contract: Contract) -> AlphaDifference:
    # Alpha alone: what is compared need not be of one architecture.
    alphas = [Prediction(prediction.alpha) for prediction in (first, other)]
    parity = measure_parity(alphas[:1], alphas[1:], architecture_named(contract.architecture).cell)
    return AlphaDifference(mean=parity.alpha.mean, max=parity.alpha.max, cells=parity.differing_cells)


def _profile(
    forms: Sequence[TimedForm], facts: Mapping[str, _Facts], frames: Frames, report: Report
) -> dict[str, tuple[OperationRecord, ...]]:
    found = {}
    irs = [(form.name, form.ir) for form in forms if form.ir is not None]
    for index, (name, ir) in enumerate(irs):
        report("profiling", index, len(irs))
        times = profile_ir(ir, facts[name].contract, frames[name])
        total = sum(time.milliseconds for time in times)
        found[name] = tuple(
            OperationRecord(
                operation=time.operation,
                nodes=time.nodes,
                ms=time.milliseconds,
                share=time.milliseconds / total,
                kernels=time.kernels,
            )
            for time in times
        )
    report("profiling", len(irs), len(irs))
    return found


def _encode(runners: Mapping[str, Runner], samples: Sequence[Pair]) -> Frames:
    """Return each model's encoded frames; models with the same input form share them."""
    encoded: dict[tuple[Port, ...], list[Feed]] = {}
    for runner in runners.values():
        if runner.contract.images not in encoded:
            encoded[runner.contract.images] = [encode_inputs(runner.contract, sample.images) for sample in samples]
    return {name: encoded[runner.contract.images] for name, runner in runners.items()}


def _common_size(runners: Mapping[str, Runner]) -> tuple[int, int]:
    sizes = {name: runner.contract.size for name, runner in runners.items()}
    if len(set(sizes.values())) > 1:
        found = ", ".join(f"{name} {size_text(size)}" for name, size in sizes.items())
        raise UsageError(f"models of one size are compared, found {found}; convert with --size")
    return next(iter(sizes.values()))


def _require_different_names(forms: Sequence[TimedForm]) -> None:
    names = [form.name for form in forms]
    if repeated := next((name for name in names if names.count(name) > 1), None):
        raise UsageError(f"--against: two models are called {repeated}; name each once, by a path of its own")


def _require_evaluated(forms: Sequence[TimedForm], evaluated: Results | None) -> None:
    for form in forms:
        record = None if evaluated is None else evaluated.variant(form.name)
        if record is not None and record.model_sha256 not in (None, form.sha256):
            raise DataError(
                f"{form.path}: not the {form.name} that was evaluated (SHA-256 {form.sha256[:12]}, "
                f"evaluated {str(record.model_sha256)[:12]}); evaluate again, or write elsewhere with --out"
            )
    if evaluated is not None:
        run_models(evaluated)

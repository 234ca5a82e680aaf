"""The benchmark: the same frames through every model in turn, one inference at a time, then several at once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from configs.environment import describe_environment
from configs.errors import DataError, UsageError
from configs.schema import Config
from converter.forms.contract import Port
from converter.proof.parity import measure_parity
from converter.runners.base import encode_inputs
from converter.runners.timing import Frame, IrStreams, TimedForm, profile_ir
from datasets.samples.layout import iterate
from datasets.samples.sample import Prediction, Sample
from eval.bench.models import Contender, open_contender, rivals, variant_contenders
from eval.bench.record import AlphaDifference, BenchModel, BenchRecord, OperationRecord, ThroughputBench, Timing
from eval.bench.summary import base_of, latency_bench, throughput_bench
from eval.bench.timing import Length, block_size, first_predictions, time_latency, time_throughput
from eval.run.evaluate import open_dataset, open_models
from eval.run.results import Results
from eval.run.variants import parse_variants

Report = Callable[[str, int, int], None]
Frames = Mapping[str, Sequence[Frame]]


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
    contenders = variant_contenders(parse_variants(config.evaluate.variants), conversion, models)
    contenders += rivals(options.against)
    _require_different_names(contenders)
    _require_evaluated(contenders, evaluated)
    forms: dict[str, TimedForm] = {}
    for index, contender in enumerate(contenders):
        report("opening", index, len(contenders))
        forms[contender.name] = open_contender(contender, conversion, models)
    report("opening", len(contenders), len(contenders))
    size = _common_size(forms)
    sample_set = open_dataset(config.dataset, report)
    samples = list(iterate(sample_set, min(options.different, config.dataset.limit or options.different)))
    ids = [sample.id for sample in samples]
    frames = _encode(forms, samples)
    predictions = first_predictions(forms, frames)
    rows = time_latency(forms, frames, ids, options.warmup, options.length, report)
    facts = {name: _facts(form) for name, form in forms.items()}
    forms.clear()  # so that no idle model holds memory or threads while others are timed
    streams: dict[str, IrStreams] = {}
    if options.throughput:
        streams = {c.name: IrStreams(c.path, c.ir, options.streams) for c in contenders if c.ir is not None}
    if streams:
        rows += time_throughput(streams, frames, ids, options.warmup, options.length, report)
    operations = _profile(contenders, frames, report) if options.profile else {}
    record = BenchRecord(
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        environment=describe_environment(),
        dataset=sample_set.name,
        manifest_sha256=sample_set.manifest_sha256,
        frames=tuple(ids),
        size=size,
        warmup=options.warmup,
        models=tuple(
            _model(contender, contenders, facts, rows, streams, predictions, operations.get(contender.name, ()))
            for contender in contenders
        ),
        rerun=rerun,
    )
    return record, rows


@dataclass(frozen=True, slots=True)
class _Facts:
    """What is kept of a form once it is closed."""

    framework: str
    precision: str
    inputs: str
    assumed: bool
    threads: int | None


def _facts(form: TimedForm) -> _Facts:
    port = form.contract.inputs[0]
    inputs = f"{port.layout} {port.element_type} {port.colour_order} 0..{port.high:g}"
    return _Facts(form.framework, form.precision, inputs, form.assumed, form.threads)


def _model(
    contender: Contender,
    contenders: Sequence[Contender],
    facts: Mapping[str, _Facts],
    rows: Sequence[Timing],
    streams: Mapping[str, IrStreams],
    predictions: Mapping[str, Prediction],
    operations: tuple[OperationRecord, ...],
) -> BenchModel:
    name, known = contender.name, facts[contender.name]
    names = [other.name for other in contenders]
    precisions = {other: facts[other].precision for other in names}
    base = base_of(name, names, [other.name for other in contenders if other.rival], precisions)
    throughput: ThroughputBench | None = None
    if name in streams:
        ran = streams[name]
        throughput = throughput_bench(
            rows,
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
        weights=contender.weights,
        model_path=contender.path.as_posix(),
        model_sha256=contender.sha256,
        inputs=known.inputs,
        contract_assumed=known.assumed,
        difference=None if name == names[0] else _difference(predictions[names[0]], predictions[name]),
        latency=latency_bench(rows, name, base, known.threads),
        throughput=throughput,
        operations=operations,
    )


def _difference(first: Prediction, other: Prediction) -> AlphaDifference:
    parity = measure_parity([first], [other])
    return AlphaDifference(mean=parity.alpha.mean, max=parity.alpha.max, cells=parity.differing_cells)


def _profile(contenders: Sequence[Contender], frames: Frames, report: Report) -> dict[str, tuple[OperationRecord, ...]]:
    found = {}
    irs = [(contender, contender.ir) for contender in contenders if contender.ir is not None]
    for index, (contender, precision) in enumerate(irs):
        report("profiling", index, len(irs))
        times = profile_ir(contender.path, precision, frames[contender.name])
        total = sum(time.milliseconds for time in times)
        found[contender.name] = tuple(
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


def _encode(forms: Mapping[str, TimedForm], samples: Sequence[Sample]) -> Frames:
    """Return each model's encoded frames; models with the same input form share them."""
    encoded: dict[tuple[Port, Port], list[Frame]] = {}
    for form in forms.values():
        if form.contract.inputs not in encoded:
            encoded[form.contract.inputs] = [
                encode_inputs(form.contract, sample.source, sample.background) for sample in samples
            ]
    return {name: encoded[form.contract.inputs] for name, form in forms.items()}


def _common_size(forms: Mapping[str, TimedForm]) -> tuple[int, int]:
    sizes = {name: form.contract.size for name, form in forms.items()}
    if len(set(sizes.values())) > 1:
        found = ", ".join(f"{name} {height}x{width}" for name, (height, width) in sizes.items())
        raise UsageError(f"models of one size are compared, found {found}; convert with --input-shape")
    return next(iter(sizes.values()))


def _require_different_names(contenders: Sequence[Contender]) -> None:
    names = [contender.name for contender in contenders]
    if repeated := next((name for name in names if names.count(name) > 1), None):
        raise UsageError(f"--against: two models are called {repeated}; name each once, by a path of its own")


def _require_evaluated(contenders: Sequence[Contender], evaluated: Results | None) -> None:
    for contender in contenders:
        record = None if evaluated is None else evaluated.variant(contender.name)
        if record is not None and record.model_sha256 not in (None, contender.sha256):
            raise DataError(
                f"{contender.path}: not the {contender.name} that was evaluated (SHA-256 {contender.sha256[:12]}, "
                f"evaluated {str(record.model_sha256)[:12]}); evaluate again, or write elsewhere with --out"
            )

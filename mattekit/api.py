"""The toolkit from Python: what `mattekit convert`, `evaluate` and `gate` do, and a model as a function of two images.

Configurations, defaults, folders and errors are those of the command line. Relative paths that are given here are of
the working folder. Nothing is printed unless asked for.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from configs.load import config_of, job_file, load_config
from configs.places import found
from configs.schema import Config, Executor, Graph, InferencePrecision, InputForm, Layout, Plate
from eval.gate.verdict import GateReport
from eval.run.results import Results
from eval.run.stored import Run as StoredRun
from eval.run.stored import read_run
from mattekit.stages.stored import gate_run
from mattekit.terminal.jobs import changed, command, model_folder, new_run
from mattekit.terminal.models import default_model
from mattekit.terminal.options import models_from

if TYPE_CHECKING:
    from converter.forms.record import Conversion
    from demo.matting.matter import Matter

Place = str | PathLike[str]
Job = Config | Place | Mapping[str, Any] | None
"""A configuration: None for the working folder's `mattekit.yaml` (where it has none, the toolkit's own job), a YAML
file, or a mapping of what such a file holds, as `{"extends": "default.yaml", "dataset": {"limit": 8}}`."""
Report = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""


@dataclass(frozen=True, slots=True)
class ConvertedModel:
    """A converted model: its folder, and what its `conversion.json` says. Stands for its path wherever one is taken."""

    path: Path
    record: "Conversion"

    def __fspath__(self) -> str:
        return fspath(self.path)


class Run:
    """An evaluation, stored in a folder.

    Attributes:
        path: its folder, with `report.html`, `report.md`, `results.json` and `per_sample.csv`.
        config: the job, whose limits `gate` judges by.
        results: what ran, on what, and every figure, as `results.json` holds them.
    """

    def __init__(self, path: Path, config: Config) -> None:
        self.path = path
        self.config = config
        self._stored: StoredRun = read_run(path)

    @property
    def results(self) -> Results:
        """What ran, on what, and every figure with its interval."""
        return self._stored.results

    @property
    def scores(self) -> pd.DataFrame:
        """A row per variant and sample, the index; a column per metric in the published unit, NaN where undefined.

        Then `tags`, `latency_ms`, and what the best constant answer scores on the sample.
        """
        return self._stored.table.copy()

    @property
    def drift(self) -> pd.DataFrame:
        """How far each variant is from the original; the index is variant and metric.

        Columns: `original` and `value`, the two means; `mean`, their difference on the same samples, with `low` and
        `high` of its 95 % interval (NaN where the samples allow none); `max_abs` and `worst_sample`, how far a single
        sample moved and which; `samples`, how many count.
        """
        results = self.results
        original = results.variant(results.original)
        rows = []
        for each in results.drift:
            variant = results.variant(each.variant)
            own, its = (None if it is None else it.metrics.get(each.metric) for it in (original, variant))
            rows.append(
                {
                    "variant": each.variant,
                    "metric": each.metric,
                    "original": None if own is None else own.mean,
                    "value": None if its is None else its.mean,
                    "mean": each.mean,
                    "low": None if each.interval is None else each.interval.low,
                    "high": None if each.interval is None else each.interval.high,
                    "max_abs": each.max_abs,
                    "worst_sample": each.worst_sample,
                    "samples": each.samples,
                }
            )
        numbers = dict.fromkeys(("original", "value", "mean", "low", "high", "max_abs"), float)
        columns = [
            "variant",
            "metric",
            "original",
            "value",
            "mean",
            "low",
            "high",
            "max_abs",
            "worst_sample",
            "samples",
        ]
        return pd.DataFrame(rows, columns=columns).astype(numbers).set_index(["variant", "metric"])

    def gate(self, baseline: Place | None = None) -> GateReport:
        """Judge the run as `mattekit gate` does, and write the verdict into its folder.

        Args:
            baseline: another one than the configuration's.

        Returns:
            the judgements; true where the run passed. `verdict` is `passed`, `failed` or `inconclusive`, `failures()`
            says why, and `uncompared` why no baseline was compared, where none was.

        Raises:
            DataError: the baseline is missing where one is given or required, or corrupt, or the run or its models are
                not what they were.
            UsageError: the limits name an unknown metric, or the folder cannot be written.
        """
        from converter.forms.named import names_to_run

        required = names_to_run(self.config.evaluate)
        return gate_run(self.path, self.config.gate, required, None if baseline is None else Path(baseline))

    def __repr__(self) -> str:
        results = self.results
        names = ", ".join(variant.name for variant in results.variants)
        return f"Run({str(self.path)!r}: {names} on {results.dataset.samples} samples of {results.dataset.name})"


def load(
    model: Place | None = None,
    device: str = "CPU",
    precision: InferencePrecision = "default",
    variant: str | None = None,
) -> "Matter":
    """Open a model for matting.

        with load("models/mine") as matter:
            alpha, foreground = matter(image, plate)

    Image and plate are (H, W, 3) uint8 RGB of any one size; alpha is (H, W) float32 0..1, foreground (H, W, 3) float32
    RGB 0..1, both of that size.

    Args:
        model: a folder made by `convert`, an IR (`.xml`), an `.onnx`, or a checkpoint, which PyTorch runs. By default
            the folder of the default configuration; where nothing was converted yet, the bundled checkpoint.
        device: where an IR runs, in OpenVINO's words.
        precision: an IR's inference precision; `default` is what OpenVINO picks by itself.
        variant: of a folder, such as `ir-fp32@f32`; by default its FP16 IR.

    Raises:
        DataError: nothing is there, or it is no such model.
        UsageError: an unknown variant or device.
    """
    from demo.matting.matter import Matter
    from demo.matting.opening import open_model

    return Matter(
        open_model(
            default_model(load_config()) if model is None else found(Path(model)),
            variant,
            device,
            precision,
        )
    )


def convert(
    config: Job = None,
    *,
    checkpoint: Place | None = None,
    onnx: Place | None = None,
    architecture: str | None = None,
    size: str | tuple[int, int] | None = None,
    input_shape: tuple[int, int] | None = None,
    input_form: InputForm | None = None,
    precisions: Sequence[str] | None = None,
    graph: Graph | None = None,
    device: str | None = None,
    layout: Layout | None = None,
    out: Place | None = None,
    force: bool = False,
    say: Callable[[str], None] = lambda _: None,
    report: Report = lambda *_: None,
) -> ConvertedModel:
    """Convert a checkpoint or an ONNX to ONNX and OpenVINO IR, every form proved; nothing where that is done already.

    Args:
        config: the job; what is given besides changes it, as the options of `mattekit convert` do.
        size: of the images, `"1280x720"`, or (height, width).
        input_shape: height and width, as of old.
        precisions: of the weights, from `fp32`, `fp16`, `int8`.
        layout: where the IRs lie in the folder; `omz`: where the Open Model Zoo's tools look.
        out: the model's folder.
        force: convert from nothing, even where nothing has changed.
        say: called with a line about each step; `print` shows them.
        report: called with the step that begins, how many are done, and how many there are.

    Raises:
        UsageError: a wrong configuration, or a folder that holds something else.
        DataError: the original is missing, broken, or not this network.
        ConversionError: a step failed.
        ParityError: a form differs from the original by more than its tolerance; no model is written.
    """
    import warnings

    from configs.errors import OldForm, UsageError
    from converter.convert import convert as run

    if checkpoint is not None and onnx is not None:
        raise UsageError("give `checkpoint` or `onnx`, not both")
    if input_shape is not None:
        warnings.warn('input_shape is of old; give size="WIDTHxHEIGHT", or (height, width)', OldForm, 2)
    options = {
        "checkpoint": ("model.checkpoint", checkpoint),
        "onnx": ("model.onnx", onnx),
        "architecture": ("model.architecture", architecture),
        "size": ("convert.size", size or input_shape),
        "input_form": ("convert.input_form", input_form),
        "precisions": ("convert.precisions", None if precisions is None else tuple(precisions)),
        "graph": ("convert.graph", graph),
        "device": ("convert.device", device),
        "layout": ("convert.layout", layout),
        "out": ("convert.out", out),
    }
    replaced = (
        {"model.onnx": None} if checkpoint is not None else {"model.checkpoint": None} if onnx is not None else {}
    )
    job = changed(_job(config), options, replaced)
    return ConvertedModel(job.convert.out, run(job, force=force, say=say, report=report))


def evaluate(
    config: Job = None,
    *,
    models: Place | None = None,
    dataset: Place | None = None,
    plate: Plate | None = None,
    variants: Sequence[str] | None = None,
    model: Mapping[str, Place] | None = None,
    contract: Mapping[str, Place] | None = None,
    device: str | None = None,
    limit: int | None = None,
    out: Place | None = None,
    force: bool = False,
    executor: Executor = "local",
    address: str | None = None,
    report: Report = lambda *_: None,
) -> Run:
    """Run the original and every converted form on one set; write the run's folder with its report.

    Args:
        config: the job; what is given besides changes it, as the options of `mattekit evaluate` do.
        models: the converted model's folder, such as what `convert` returned.
        dataset: `people` or `synthetic`, or the folder or URL of a set in OMZ's layout.
        plate: of the bundled people, `exact` or `handheld`.
        variants: what to run; the first is the original that drift is counted from.
        model: further models by name, IRs and ONNX files of anybody's: `{"omz": "omz/model.xml@bf16"}`.
        contract: what to hold to of models that carry none, by name: `{"omz": "colour=BGR,range=0..255"}`.
        device: where IRs run whose variants name none.
        limit: only the first samples.
        out: the run's folder or URL; by default a new one under `reports/`. A run with a URL is made there as well.
        force: replace a finished run there.
        executor: what does the work: `local`, this process, or `ray`, the nodes of a Ray cluster (docs/cluster.md).
        address: of the head of that cluster, `HOST:PORT`; without it one of this machine alone is started.
        report: called with what is being done, how much of it is done, and how much there is.

    Raises:
        DataError: models or samples are missing or broken, or a variant returns something that is not a matte.
        UsageError: a wrong configuration, an unknown variant, a model whose contract cannot be told, or a folder that
            holds something else.
    """
    from mattekit.stages.evaluation import evaluate_into, executing
    from mattekit.stages.upload import run_place

    execute = executing(executor, address)
    base = _job(config)
    models = None if models is None else Path(models)
    named = [f"{name}={fspath(path)}" for name, path in (model or {}).items()]
    contracts = [f"{name}={fspath(text)}" for name, text in (contract or {}).items()]
    options = {
        "models": ("convert.out", models),
        "dataset": ("dataset.path", None if dataset is None else fspath(dataset)),
        "plate": ("dataset.plate", plate),
        "variants": ("evaluate.variants", None if variants is None else tuple(variants)),
        "device": ("evaluate.device", device),
        "limit": ("dataset.limit", limit),
    }
    chosen = {"model": ("evaluate.models", models_from(named, contracts, base))}
    job = changed(base, {**options, **chosen}, model_folder(models))
    rerun = _rerun(config, options, named, contracts)
    with run_place(new_run(job.name) if out is None else fspath(out), force=force, report=report) as run:
        made = evaluate_into(
            run.folder, job, any_name=out is None, force=force, execute=execute, rerun=rerun, report=report
        )
    return Run(made.folder, job)


def open_run(path: Place, config: Job = None) -> Run:
    """Open the folder of an evaluation.

    Args:
        path: the folder.
        config: whose limits `Run.gate` judges by; by default the run's own job.

    Raises:
        DataError: a file is missing or corrupt, or figures and scores are not of one run.
    """
    folder = Path(path)
    return Run(folder, read_run(folder).results.configuration() if config is None else _job(config))


def _job(config: Job) -> Config:
    if config is None or isinstance(config, Config):
        return config or load_config()
    return config_of(config, "config") if isinstance(config, Mapping) else load_config(Path(config))


def _rerun(
    config: Job, options: Mapping[str, tuple[str, object]], models: Sequence[str], contracts: Sequence[str]
) -> tuple[str, ...]:
    """Return the shell command that repeats an evaluation; none where no file says what its job was."""
    if isinstance(config, Mapping | Config):
        return ()
    given = {f"--{name}": value for name, (_, value) in options.items()}
    given["--variants"] = ",".join(variants) if isinstance(variants := given["--variants"], tuple) else None
    given |= {"--model": models, "--contract": contracts}
    return (command("evaluate", {"--config": config or job_file(), **given}),)

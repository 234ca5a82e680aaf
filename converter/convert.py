"""The conversion, from the original to a folder of proved forms: the story that the other modules are the words of."""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from time import perf_counter

from configs.environment import installed_versions
from configs.errors import ConversionError, DataError, MattekitError, UsageError
from configs.files import new_folder, sha256_of
from configs.schema import Config
from converter.architectures import architecture_named, with_defaults
from converter.forms.contract import Contract, ir_contract
from converter.forms.record import (
    RECORD_NAME,
    Conversion,
    DeviceProof,
    Form,
    SourceFile,
    check_files,
    form_files,
    form_path,
    ir_hop,
    is_ir,
    read_record,
    write_record,
)
from converter.forms.variant import InferencePrecision, Variant, device_place, ir_variant
from converter.proof.counterfactual import Counterfactuals, check_counterfactuals, measure_counterfactuals
from converter.proof.parity import Parity, check_parity, measure_parity, parity_samples, predict_all, widest
from converter.runners.base import Runner
from converter.runners.devices import require_device
from converter.runners.opening import open_runner
from converter.runners.original import Original, open_original, original_of, source_file
from converter.steps.int8 import int8_ir_from_onnx
from converter.steps.ir_steps import ir_from_onnx
from converter.steps.onnx_steps import EXPORTER, adopt_onnx, check_onnx, onnx_from_torch, simplify_onnx
from converter.steps.static_graph import check_static
from datasets.bundled.calibration import calibration_identity
from datasets.samples.sample import Prediction, Sample

Say = Callable[[str], None]
LIBRARIES = ("mattekit", "torch", "onnx", "onnxscript", "onnxsim", "onnxruntime", "openvino", "nncf")


def convert(config: Config, *, force: bool = False, say: Say = print) -> Conversion:
    """Make ONNX and IR of the configured original, prove each, and put them under `config.convert.out`.

    Does nothing where that folder already holds the same conversion, unless `force`. The folder appears, or is
    replaced, only when every form in it is whole and proved.

    Args:
        config: the job.
        force: convert even if it is already done.
        say: called with a line about each step.

    Raises:
        DataError: the original is missing, broken, or not this network.
        ConversionError: a step failed; the message names it and those that ran before it.
        ParityError: a form differs from the original by more than its tolerance, or breaks its contract.
    """
    out = config.convert.out
    config = with_defaults(config, architecture_named(config.model.architecture))
    source = source_file(config.model)
    key = _key(config, source)
    if not force and (done := _already_done(out, key)):
        say(f"{out}: already converted from {source.path} with these settings and versions; nothing to do")
        return done
    _refuse_foreign_folder(out)
    if config.convert.device is not None:
        require_device(device_place(config.convert.device)[0])
    original = open_original(config.model, config.convert.input_shape)
    samples = parity_samples(config.dataset, config.convert.input_shape, config.convert.parity.samples)
    with new_folder(out) as work:
        forms = tuple(_make_forms(config, original, samples, work, _Steps(say)))
        record = Conversion(
            key=key,
            source=source,
            settings=_settings(config),
            exporter=EXPORTER if original.network else None,
            graph=original.architecture.graph(config.convert.graph) if original.network else None,
            versions=installed_versions(LIBRARIES),
            forms=forms,
        )
        write_record(work, record)
    for form in forms:
        say(_line(form))
    say(f"{out}: converted and verified")
    return record


def verify(folder: Path, config: Config, *, say: Say = print) -> tuple[Form, ...]:
    """Prove a converted model folder again: its files' hashes, every hop's parity, every IR's contract.

    The original and the size are those that the folder's record names; samples and tolerances are `config`'s.

    Raises:
        DataError: a file is missing or changed, or the original is no longer the one recorded.
        ParityError: a form is out of tolerance or breaks its contract.
    """
    record = read_record(folder)
    check_files(folder, record)
    say(f"{folder}: {sum(len(form.files) for form in record.forms)} files match their hashes")
    original = original_of(record)
    config = with_defaults(config, original.architecture)
    samples = parity_samples(config.dataset, original.contract.size, config.convert.parity.samples)
    prover = _Prover(config, samples, original)
    proved = []
    for form in record.forms:
        proved.append(form.model_copy(update=prover.prove(form.hop, folder)))
        say(_line(proved[-1]))
    return tuple(proved)


class _Steps:
    """Runs steps by name; a failure names the step and those that ran before it."""

    def __init__(self, say: Say) -> None:
        self.say = say
        self._done: list[str] = []

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        started = perf_counter()
        try:
            yield
        except MattekitError:
            raise
        except Exception as error:
            before = ", ".join(self._done) or "none"
            raise ConversionError(f"step {name} failed: {error} (steps done before it: {before})") from error
        self._done.append(name)
        self.say(f"  {name}: {perf_counter() - started:.1f} s")


class _Prover:
    """Proves forms against the original's predictions for the same samples."""

    def __init__(self, config: Config, samples: Sequence[Sample], original: Original) -> None:
        self._settings = config.convert.parity
        self._place = None if config.convert.device is None else device_place(config.convert.device)
        self._samples = samples
        self._original = original

    @cached_property
    def _reference(self) -> list[Prediction]:
        # Not before the first form is made: only then is a ready ONNX known to have the right inputs and outputs.
        with open_runner(self._original) as runner:
            return predict_all(runner, self._samples)

    def prove(self, hop: str, folder: Path) -> dict[str, object]:
        """Measure and judge the form that `hop` made in `folder`; return the fields of `Form` that hold the proofs."""
        if not is_ir(hop):
            with open_runner(Variant(hop), folder) as runner:
                return {"parity": self._parity(hop, runner)}
        with open_runner(ir_variant(hop), folder) as runner:
            proofs: dict[str, object] = {
                "parity": self._parity(hop, runner),
                "counterfactuals": self._counterfactuals(hop, runner),
            }
        return proofs if self._place is None else {**proofs, "device_proof": self._on_device(hop, folder, *self._place)}

    def _on_device(self, hop: str, folder: Path, device: str, precision: InferencePrecision) -> DeviceProof:
        with open_runner(ir_variant(hop, device, precision), folder) as runner:
            where = f"{hop} on {device}"
            return DeviceProof(
                device=device,
                executed_on=runner.executed_on,
                precision=runner.inference_precision,
                parity=self._parity(where, runner, hop),
                counterfactuals=self._counterfactuals(where, runner),
            )

    def _parity(self, title: str, runner: Runner, hop: str = "") -> Parity:
        parity = measure_parity(self._reference, predict_all(runner, self._samples), self._original.architecture.cell)
        tolerances = self._settings.tolerances
        check_parity(title, parity, widest(tolerances[hop or title], tolerances.get(runner.inference_precision)))
        return parity

    def _counterfactuals(self, title: str, runner: Runner) -> Counterfactuals:
        counterfactuals = measure_counterfactuals(runner, self._samples, self._reference)
        check_counterfactuals(title, counterfactuals, runner.contract, self._settings.counterfactual_margin)
        return counterfactuals


def _make_forms(
    config: Config, original: Original, samples: Sequence[Sample], work: Path, steps: _Steps
) -> Iterator[Form]:
    contract = original.contract
    architecture = original.architecture
    promised_static = original.network is not None and architecture.graph(config.convert.graph) == "fast"
    prover = _Prover(config, samples, original)
    exported, simplified = work / form_path("onnx"), work / form_path("onnx-simplified")
    with steps("onnx"):
        if original.network is not None:
            network = architecture.arranged(original.network, contract.size, config.convert.graph)
            onnx_from_torch(network, contract, config.convert.opset, exported)
        else:
            adopt_onnx(Path(original.source.path), contract, exported)
        details = check_onnx(exported, contract)
        if promised_static:
            check_static(exported)
        yield _form("onnx", work, contract, details, prover)
    with steps("onnx-simplified"):
        simplify_onnx(exported, contract, simplified)
        details = check_onnx(simplified, contract)
        if promised_static:
            check_static(simplified)
        yield _form("onnx-simplified", work, contract, details, prover)
    for precision in config.convert.precisions:
        hop = ir_hop(precision)
        with steps(hop):
            target = work / form_path(hop)
            target.parent.mkdir()
            declared = ir_contract(architecture, contract.size, original.source.sha256, config.convert.input_form)
            quantization = None
            if precision == "int8":
                quantization = int8_ir_from_onnx(simplified, declared, original, config, target, steps.say)
            else:
                ir_from_onnx(simplified, declared, precision, target)
            if promised_static:
                check_static(target)
            form = _form(hop, work, declared, {}, prover)
            yield form.model_copy(update={"quantization": quantization})


def _form(hop: str, work: Path, contract: Contract, details: dict[str, str], prover: _Prover) -> Form:
    return Form.model_validate(
        {
            "hop": hop,
            "files": {name.as_posix(): sha256_of(work / name) for name in form_files(hop)},
            "contract": contract,
            "details": details,
            **prover.prove(hop, work),
        }
    )


def _line(form: Form) -> str:
    proof = "" if form.counterfactuals is None else "; contract proved"
    line = f"  {form.hop}: {_figures(form.parity)}{proof}"
    if (there := form.device_proof) is None:
        return line
    ran = f"{there.device} (ran on {', '.join(there.executed_on)} in {there.precision})"
    return f"{line}\n  {form.hop} on {ran}: {_figures(there.parity)}; contract proved"


def _figures(parity: Parity) -> str:
    worst = max(parity.alpha.max, 0.0 if parity.foreground is None else parity.foreground.max)
    cells = "" if parity.differing_cells is None else f", {parity.differing_cells} cells refined otherwise"
    return f"mean |alpha difference| {parity.alpha.mean:.2g}, largest of any output {worst:.2g}{cells}"


def _already_done(out: Path, key: str) -> Conversion | None:
    try:
        record = read_record(out)
        if record.key == key:
            check_files(out, record)
            return record
    except DataError:
        return None
    return None


def _refuse_foreign_folder(out: Path) -> None:
    """Never replace a folder that is not a converted model's."""
    if out.is_dir() and any(out.iterdir()) and not (out / RECORD_NAME).is_file():
        raise UsageError(f"{out}: not empty, and not a converted model folder; choose another --out")


def _settings(config: Config) -> dict[str, object]:
    return {
        "model": config.model.model_dump(mode="json"),
        "convert": config.convert.model_dump(mode="json", exclude={"out"}),
    }


def _key(config: Config, source: SourceFile) -> str:
    """Hash everything that decides the result: source, settings, versions, and the converter's own code."""
    folder = Path(__file__).parent
    code = {path.relative_to(folder).as_posix(): sha256_of(path) for path in sorted(folder.rglob("*.py"))}
    calibration = calibration_identity(config.convert.int8) if "int8" in config.convert.precisions else None
    facts = [source.sha256, _settings(config), installed_versions(LIBRARIES), code, calibration]
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()

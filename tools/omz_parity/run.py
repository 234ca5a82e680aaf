"""Compare ours with Open Model Zoo's IRs: `python -m tools.omz_parity.run`, after `make convert` and `make omz-env`.

Has the real `omz_converter` convert our ONNX, evaluates its IRs beside ours by `mattekit evaluate --model` and times
them by `mattekit bench --model`, both into one run with its report; then writes the written comparison, `parity.json`
and `parity.md`, beside it. Ends with 1 where an output of theirs and ours are farther apart than a conversion may be.
"""

import argparse
import csv
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from configs.environment import describe_environment
from configs.errors import ConversionError, DataError, ParityError
from configs.files import write_atomically
from configs.load import DEFAULT_CONFIG, load_config
from configs.schema import Config, HopTolerance, Precision
from converter.architectures import architecture_named, with_defaults
from converter.forms.record import Conversion
from converter.forms.variant import file_at, parse_variant
from converter.proof.parity import ParityMeter, violations, widest
from converter.proof.plausible import in_words
from converter.runners.opening import open_runner
from datasets.samples.layout import iterate_pairs
from eval.bench.record import CSV_FILE, Ratio, Timing
from eval.bench.summary import latency_bench, rounds_of
from eval.run.opening import open_dataset, open_models
from eval.run.results import Results, VariantRecord
from eval.run.stored import read_run
from tools.command_line import run
from tools.omz_parity.converting import convert_as_omz
from tools.omz_parity.record import PAGE_FILE, Pair, ParityRecord, Side, parity_page
from tools.published_recipe.convert import OMZ_ENVIRONMENT

IRS = Path("models/omz")
OUT = Path("reports/omz-parity")
PAIRS: tuple[tuple[str, str, Precision], ...] = (
    ("ir-fp32@f32", "omz-fp32", "fp32"),
    ("ir-fp16@f32", "omz-fp16", "fp16"),
    ("ir-fp16@default", "omz-fp16-default", "fp16"),
)
"""Our variant, the name that theirs gets, and the precision of the weights."""


def main() -> None:
    """Convert, evaluate, time, compare, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--config", type=Path, default=DEFAULT_CONFIG, help="the job whose converted model is compared")
    parser.add_argument("--environment", type=Path, default=OMZ_ENVIRONMENT, help="where openvino-dev is installed")
    parser.add_argument("--irs", type=Path, default=IRS, help="folder for its IRs, replaced if it is there")
    parser.add_argument("--out", type=Path, default=OUT, help="the run's folder, replaced if it is there")
    parser.add_argument("--frames", type=int, default=30, help="inferences of each model that are timed")
    parser.add_argument("--samples", type=int, default=4, help="samples on which outputs are compared")
    arguments = parser.parse_args()
    config = load_config(arguments.config)
    record = open_models(config)
    irs = convert_as_omz(record, config.convert.out, arguments.environment, arguments.irs)
    for path in irs.values():
        print(path, flush=True)
    places = {theirs: f"{irs[weights]}@{ours.partition('@')[2]}" for ours, theirs, weights in PAIRS}
    commands = _commands(arguments.config, places, arguments.out, arguments.frames)
    for command in commands:
        _mattekit(command)
    compared = compare(config, record, places, arguments.out, arguments.samples)
    made = ["make omz-env", *(f"mattekit {' '.join(command)}" for command in commands)]
    found = compared.model_copy(update={"omz": _omz_version(arguments.environment), "commands": tuple(made)})
    found.write(arguments.out)
    write_atomically(arguments.out / PAGE_FILE, parity_page(found))
    print(arguments.out / PAGE_FILE, flush=True)
    require_parity(config, found)


def compare(config: Config, record: Conversion, places: dict[str, str], run_dir: Path, samples: int) -> ParityRecord:
    """Compare the outputs of every pair, and take the run's figures and times beside them.

    Args:
        config: the job.
        record: of its converted model folder.
        places: name of each of their models to its path and precision.
        run_dir: a run that has evaluated and timed them all.
        samples: on how many of the set's samples outputs are compared.
    """
    results = read_run(run_dir).results
    rounds = rounds_of(_timings(run_dir / CSV_FILE), "latency")
    chosen = list(iterate_pairs(open_dataset(config.dataset), min(samples, results.dataset.samples)))
    cell = architecture_named(record.forms[0].contract.architecture).cell
    pairs = []
    for ours, theirs, _ in PAIRS:
        with ExitStack() as stack:
            our_runner = stack.enter_context(open_runner(parse_variant(ours), config.convert.out))
            file = file_at(places[theirs])
            assert file is not None, "places are of IRs"
            their_runner = stack.enter_context(open_runner(file))
            proof = _variant(results, theirs).contract
            if proof is None or in_words(their_runner.contract) != proof.takes:
                raise DataError(
                    f"{theirs}: its contract is not the published one: {proof.text if proof else 'unknown'}"
                )
            meter = ParityMeter(len(chosen), cell)
            for sample in chosen:
                meter.add(our_runner.predict(sample.images), their_runner.predict(sample.images))
        pairs.append(
            Pair(
                ours=_side(results, ours, float(rounds[ours].median())),
                theirs=_side(results, theirs, float(rounds[theirs].median())),
                ran_in=our_runner.precision,
                parity=meter.parity(),
                contract=proof,
                speed=_ratio(rounds, ours, theirs),
            )
        )
    return ParityRecord(
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        environment=describe_environment(),
        omz="",
        dataset=results.dataset.name,
        samples=results.dataset.samples,
        size=record.forms[0].contract.size,
        rounds=len(rounds),
        pairs=tuple(pairs),
        commands=(),
    )


def require_parity(config: Config, record: ParityRecord) -> None:
    """Raise `ParityError` where a pair is farther apart than the hop that made ours may be from the original."""
    architecture = architecture_named(config.model.architecture)
    tolerances = with_defaults(config, architecture).convert.parity.tolerances
    problems = []
    for pair in record.pairs:
        tolerance: HopTolerance = tolerances[pair.ours.variant.partition("@")[0]]
        wider = widest(tolerance, tolerances.get(pair.ran_in))
        problems += [
            f"{pair.ours.variant} and {pair.theirs.variant}: {each}" for each in violations(pair.parity, wider)
        ]
    if problems:
        raise ParityError("ours and Open Model Zoo's IRs are apart: " + "; ".join(problems))


def _commands(config: Path, places: dict[str, str], out: Path, frames: int) -> list[list[str]]:
    models = [part for name, path in places.items() for part in ("--model", f"{name}={path}")]
    ours = ",".join(ours for ours, _, _ in PAIRS)
    common = ["--config", str(config), *models]
    return [
        ["evaluate", *common, "--variants", f"torch,{ours}", "--out", str(out), "--force"],
        ["bench", *common, "--variants", ours, "--run", str(out), "--frames", str(frames), "--no-throughput"],
    ]


def _mattekit(arguments: Sequence[str]) -> None:
    print("mattekit", *arguments, flush=True)
    done = subprocess.run([sys.executable, "-m", "mattekit", *arguments], check=False)
    if done.returncode:
        raise ConversionError(f"mattekit {arguments[0]} ended with {done.returncode}; its message stands above")


def _timings(path: Path) -> list[Timing]:
    with path.open(encoding="utf-8", newline="") as file:
        return [
            Timing("latency", int(row["round"]), row["frame"], row["model"], float(row["ms"]))
            for row in csv.DictReader(file)
            if row["phase"] == "latency"
        ]


def _side(results: Results, name: str, median_ms: float) -> Side:
    variant = _variant(results, name)
    return Side(
        variant=name,
        size_bytes=sum(Path(file).stat().st_size for file in variant.files),
        median_ms=median_ms,
        metrics={metric: known.mean for metric, known in variant.metrics.items() if known.mean is not None},
        drift={drift.metric: drift for drift in results.drift if drift.variant == name},
    )


def _variant(results: Results, name: str) -> VariantRecord:
    variant = results.variant(name)
    if variant is None:
        raise DataError(f"the run has no {name}; run `make omz-parity` again")
    return variant


def _ratio(rounds: pd.DataFrame, ours: str, theirs: str) -> Ratio:
    ratio = latency_bench(rounds, ours, theirs, None).ratio
    assert ratio is not None, "the two are different models"
    return ratio


def _omz_version(environment: Path) -> str:
    program = "import importlib.metadata; print(importlib.metadata.version('openvino-dev'))"
    done = subprocess.run([environment / "bin/python", "-c", program], capture_output=True, text=True, check=False)
    return done.stdout.strip() or "of an unknown version"


if __name__ == "__main__":
    run(main)

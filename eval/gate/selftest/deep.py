"""The table of power: many faults, planted one by one, and which of the proofs and the gate sees each.

The run's original is converted once more at a small size, in every precision, and its set is brought to that size, so
that a hundred faulty forms take minutes. Each is put before the hop's parity on composites, the proof of the contract,
the proof on the stimuli, and the gate against a baseline of the sound forms.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from configs.errors import UsageError
from configs.schema import Config, GateSection
from converter.convert import convert
from converter.forms.record import Conversion
from converter.forms.variant import parse_variant
from converter.network import MattingNetwork
from converter.proof.faults.registry import FAULTS, Fault, Where
from converter.proof.prover import Prover
from converter.runners.base import Runner
from converter.runners.original import Original, original_of
from datasets.samples.layout import iterate
from datasets.samples.sample import Sample
from eval.gate.baseline import baseline_from
from eval.gate.run import judge_run
from eval.gate.verdict import GateRow
from eval.metrics.scoring import Scorer
from eval.presentation.formatting import markdown_table
from eval.run.evaluate import open_dataset
from eval.run.results import Results, VariantRecord
from eval.run.scores import ScoreRow, score_table
from eval.run.stored import read_run, run_like, write_run
from eval.run.variants import open_variant

SIZE = (288, 512)
SAMPLES = 8
VARIANTS: Mapping[Where, str] = {
    "fp32": "ir-fp32@f32",
    "fp16": "ir-fp16@f32",
    "bf16": "ir-fp16@bf16",
    "int8": "ir-int8@f32",
}
BLOCK = 8
EXACT_BLOCK = 2 / 255
"""What no fault in FP32 or FP16 may move an 8x8 block of alpha by, unseen."""
TIMES_SOUND = 3.0
"""In bf16 and int8: what no fault may move such a block by, in terms of what the sound form moves any."""
HALF = 0.5
"""Of a metric's limit: what no fault may move a mean by, unseen."""

Report = Callable[[str, int, int], None]
Floats = NDArray[np.float32]
Rows = Mapping[tuple[str, str], GateRow]
"""Of one variant: check and metric to what the gate says."""


@dataclass(frozen=True, slots=True)
class Power:
    """What saw one fault, and what it does.

    Attributes:
        fault, kind, precision: of the form that was made faulty; the sound form is called `none`.
        parity, contract, stimuli, gate: what each says of it, of the gate what it does not say of the sound form;
            empty where it passes.
        block: by how much it moves the 8x8 block of alpha that it moves most, 0..1, against the sound form.
        block_limit: by how much it might, unseen.
        metric: by how much of its limit it moves the metric that it moves most, against the sound form.
    """

    fault: str
    kind: str
    precision: str
    parity: str
    contract: str
    stimuli: str
    gate: str
    block: float
    block_limit: float
    metric: float

    @property
    def seen(self) -> bool:
        """Whether anything sees it."""
        return bool(self.parity or self.contract or self.stimuli or self.gate)

    @property
    def harmful(self) -> bool:
        """Whether it must be seen."""
        return self.block > self.block_limit or self.metric > HALF

    @property
    def right(self) -> bool:
        """Whether a sound form passes everything, and no harmful fault does."""
        return not self.seen if self.fault == SOUND else self.seen or not self.harmful


SOUND = "none"


def deep_self_test(run_dir: Path, gate: GateSection, report: Report = lambda *_: None) -> tuple[Power, ...]:
    """Plant every fault into forms of the run's original; return what sees each, the sound forms first.

    Raises:
        UsageError: the original is none that faults are known for.
        DataError: the original or the set is not there.
    """
    run = read_run(run_dir)
    with TemporaryDirectory(prefix="mattekit-power-") as folder, ExitStack() as stack:
        work = Path(folder)
        job = _small(run.results.configuration(), work / "models")
        report("converting", 0, 1)
        # The sound forms are put before the stimuli below, with the faulty ones.
        unproved = job.replaced(convert=job.convert.replaced(parity=job.convert.parity.replaced(stimuli=False)))
        convert(unproved, say=lambda _: None)
        record = Conversion.read(job.convert.out)
        original = original_of(record)
        if not isinstance(original.network, MattingNetwork):
            raise UsageError("the deep self-test plants faults into forms of a BackgroundMattingV2 checkpoint alone")
        bench = _Bench(stack, job, record, original, run.results, gate, work)
        faults = [fault for fault in FAULTS if fault.precision in bench.precisions]
        powers = [bench.sound(precision) for precision in bench.precisions]
        for index, fault in enumerate(faults):
            report("planting faults", index, len(faults))
            powers.append(bench.faulty(fault))
        report("planting faults", len(faults), len(faults))
    return tuple(powers)


def _small(job: Config, models: Path) -> Config:
    convert_section = job.convert.replaced(
        input_shape=SIZE, out=models, precisions=("fp32", "fp16", "int8"), device=None, input_form="nchw-f32"
    )
    return job.replaced(convert=convert_section)


class _Bench:
    """The sound forms, open; their scores; and the gate with a baseline of them."""

    def __init__(
        self,
        stack: ExitStack,
        job: Config,
        record: Conversion,
        original: Original,
        results: Results,
        gate: GateSection,
        work: Path,
    ) -> None:
        self._models, self._record, self._network, self._work = job.convert.out, record, original.network, work
        self._prover = Prover(job, original)
        self._samples = [_resized(sample) for sample in iterate(open_dataset(job.dataset), SAMPLES)]
        self._gate = gate.replaced(minimum_samples=min(gate.minimum_samples, len(self._samples)))
        runner, described = open_variant(parse_variant("torch"), record, self._models)
        variants: list[VariantRecord] = [described]
        tables = [self._scores(described.name, stack.enter_context(runner))]
        self._runners: dict[Where, Runner] = {}
        for precision, name in VARIANTS.items():
            try:
                runner, described = open_variant(parse_variant(name), record, self._models)
            except UsageError:
                continue  # this CPU does not infer in bf16
            self._runners[precision] = stack.enter_context(runner)
            variants.append(described)
            tables.append(self._scores(described.name, self._runners[precision]))
        self._table = pd.concat(tables)
        dataset = results.dataset.model_copy(update={"samples": len(self._samples)})
        facts = results.model_copy(
            update={
                "variants": tuple(variants),
                "original": variants[0].name,
                "dataset": dataset,
                "settings": job.model_dump(mode="json"),
                "worst": (),
            }
        )
        self._facts = facts
        self._names = tuple(variant.name for variant in variants)
        self._baseline = work / "baseline.json"
        sound = run_like(facts, self._table)
        baseline_from(sound, "the deep self-test's own", facts.created, None).write(self._baseline)
        self._alphas = {precision: self._alphas_of(runner) for precision, runner in self._runners.items()}
        stimuli = self._prover.stimuli
        assert stimuli is not None, "the small size allows for the battery"
        exact = stimuli.original_alphas
        self._moves = {precision: _furthest(exact, alphas) for precision, alphas in self._alphas.items()}

        # The gate's limits are for full frames: in small ones even a sound form may be beyond one, which says nothing.
        self._sound_rows = {precision: self._gate_rows(self._table, VARIANTS[precision]) for precision in self._runners}

    @property
    def precisions(self) -> tuple[Where, ...]:
        """Those that run here."""
        return tuple(self._runners)

    def sound(self, precision: Where) -> Power:
        """Put the sound form before everything."""
        return self._judged(SOUND, "", precision, self._runners[precision], self._table)

    def faulty(self, fault: Fault) -> Power:
        """Plant a fault and put the form before everything."""
        name = VARIANTS[fault.precision]
        file = parse_variant(name).file(self._models)
        with ExitStack() as stack:
            runner = fault.planted(self._runners[fault.precision], file, self._network_of(), self._work)
            stack.callback(runner.close)
            scores = self._scores(name, runner)
            others = self._table[self._table.index.get_level_values("variant") != name]
            return self._judged(fault.name, fault.kind, fault.precision, runner, pd.concat([others, scores]))

    def _judged(self, fault: str, kind: str, precision: Where, runner: Runner, table: pd.DataFrame) -> Power:
        hop = parse_variant(VARIANTS[precision]).hop
        _, problems = self._prover.examine(hop, hop, runner)
        rows = self._gate_rows(table, VARIANTS[precision])
        exact = precision in ("fp32", "fp16")
        return Power(
            fault=fault,
            kind=kind,
            precision=precision,
            parity=problems.get("parity", ""),
            contract=problems.get("counterfactuals", ""),
            stimuli=problems.get("stimuli", ""),
            gate=_told(rows, self._sound_rows[precision]),
            block=_furthest(self._alphas[precision], self._alphas_of(runner)),
            block_limit=EXACT_BLOCK if exact else TIMES_SOUND * self._moves[precision],
            metric=_of_limit(rows, self._sound_rows[precision]),
        )

    def _gate_rows(self, table: pd.DataFrame, variant: str) -> Rows:
        folder = self._work / "copy"
        write_run(folder, run_like(self._facts, table))
        report = judge_run(folder, self._gate, self._names, self._baseline)
        return {(row.check, row.metric): row for row in report.rows if row.variant == variant}

    def _network_of(self) -> MattingNetwork:
        assert isinstance(self._network, MattingNetwork)
        return self._network

    def _alphas_of(self, runner: Runner) -> list[Floats]:
        stimuli = self._prover.stimuli
        assert stimuli is not None
        return [runner.predict(sample.images).alpha for sample in stimuli.samples]

    def _scores(self, name: str, runner: Runner) -> pd.DataFrame:
        scorer = Scorer(name, consecutive=False)
        rows = []
        for sample in self._samples:
            scores = scorer.score(sample, runner.predict(sample.images))
            rows.append(ScoreRow(sample.id, name, scores, tags=sample.tags))
        return score_table(rows)


def _resized(sample: Sample) -> Sample:
    def small(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return np.asarray(Image.fromarray(image).resize((SIZE[1], SIZE[0]), Image.Resampling.BILINEAR))

    return Sample(
        sample.id,
        small(sample.source),
        small(sample.background),
        small(sample.alpha),
        small(sample.foreground),
        sample.tags,
    )


def _furthest(before: Sequence[Floats], after: Sequence[Floats]) -> float:
    """Return |mean difference| of the 8x8 block that moved most."""
    means = (cv2.blur(now - then, (BLOCK, BLOCK)) for then, now in zip(before, after, strict=True))
    return max(float(np.abs(mean).max()) for mean in means)


def _of_limit(rows: Rows, sound: Rows) -> float:
    """Return how much further than the sound form's a metric is from the original, in terms of its limit, at most."""
    shares = [
        abs(row.difference - (sound[key].difference or 0.0)) / row.limit
        for key, row in rows.items()
        if row.check == "original" and row.difference is not None and row.limit
    ]
    return max(shares, default=0.0)


def _told(rows: Rows, sound: Rows) -> str:
    """Return what fails that does not fail for the sound form."""
    failed = [row for key, row in rows.items() if row.verdict == "fail" and sound[key].verdict != "fail"]
    return "; ".join(f"{row.metric} against the {row.check}" for row in failed[:3])


def power_json(powers: Sequence[Power]) -> str:
    """Return the table as JSON."""
    rows = [{**asdict(power), "seen": power.seen, "harmful": power.harmful, "right": power.right} for power in powers]
    content = {"schema_version": 1, "passed": all(power.right for power in powers), "faults": rows}
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def power_markdown(powers: Sequence[Power]) -> str:
    """Return the table as GitHub-flavoured markdown."""
    rows = [
        (
            power.precision,
            power.kind,
            power.fault,
            *("sees" if found else "-" for found in (power.parity, power.contract, power.stimuli, power.gate)),
            f"{255 * power.block:.1f}",
            f"{power.metric:.2f}",
            "right" if power.right else "**unseen**" if power.fault != SOUND else "**false alarm**",
        )
        for power in powers
    ]
    header = ("Precision", "Kind", "Fault", "Parity", "Contract", "Stimuli", "Gate", "Block, /255", "Of a limit", "")
    return markdown_table(header, rows, right=(7, 8))


def power_summary(powers: Sequence[Power]) -> str:
    """Return the conclusion in a sentence or two."""
    faults = [power for power in powers if power.fault != SOUND]
    seen = {
        name: sum(bool(getattr(power, name)) for power in faults) for name in ("parity", "contract", "stimuli", "gate")
    }
    counts = ", ".join(f"{name} {count}" for name, count in seen.items())
    unseen = [power for power in faults if not power.seen]
    missed = [f"{power.precision} {power.fault}" for power in unseen if power.harmful]
    alarms = [power.precision for power in powers if power.fault == SOUND and not power.right]
    return (
        f"{len(faults)} faults; seen by {counts}; {len(unseen)} by none, of which {len(missed)} must be seen"
        + (f": {', '.join(missed)}" if missed else "")
        + (f"; refused without a fault: {', '.join(alarms)}" if alarms else "")
    )

"""The deep self-test: many faults, planted one by one, and which of the proofs and the gate sees each.

The run's original is converted once more at a small size, in every precision, and its set is brought to that size, so
that over a hundred faulty forms take minutes. Each is put before the hop's parity on composites, the proof of the
contract, the proof on the stimuli, and the gate against a baseline of the sound forms.
"""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import pandas as pd

from configs.errors import DataError
from configs.schema import GateSection
from converter.forms.variant import parse_variant
from converter.proof.faults.registry import FAULTS, Fault, Where
from converter.proof.stimuli import Stimuli, limits_for
from converter.runners.around import RememberingRunner
from converter.runners.base import Runner
from eval.gate.baseline import baseline_from
from eval.gate.run import judge_run
from eval.gate.selftest.bench import VARIANTS, Bench, Size
from eval.gate.selftest.harm import Floats, Rows, allowed_by_sound, exactly_allowed, furthest, share_of_limit
from eval.gate.selftest.power import SOUND, Power, PowerTable
from eval.run.stored import read_run, run_like, write_run

EXACT: tuple[Where, ...] = ("fp32", "fp16")
"""Where a fault is harmful that moves a block by more than a fixed amount."""

Report = Callable[[str, int, int], None]


def deep_self_test(
    run_dir: Path,
    gate: GateSection,
    size: Size | None = None,
    report: Report = lambda *_: None,
    faults: Sequence[Fault] = FAULTS,
) -> PowerTable:
    """Plant every fault into forms of the run's original; return what sees each.

    Args:
        run_dir: a stored run with its original and set still in place; it is only read.
        gate: the tolerances under test.
        size: height and width to convert at; None for the run's own, shrunk to 288 pixels along the shorter side.
        report: called with (what is being done, done, total).
        faults: what is planted.

    Raises:
        UsageError: the original is none that faults are known for, or the size is too small for the stimuli.
        DataError: the original or the set is not there.
    """
    started = perf_counter()
    run = read_run(run_dir)
    powers: list[Power] = []
    with TemporaryDirectory(prefix="mattekit-power-") as folder:
        report("converting", 0, 1)
        bench = Bench(run.results, gate, size, [fault.precision for fault in faults], Path(folder))
        report("converting", 1, 1)
        planted = {precision: [one for one in faults if one.precision == precision] for precision in bench.precisions}
        total, done = sum(len(of_one) for of_one in planted.values()), 0
        for precision, of_one in planted.items():
            with ExitStack() as stack:
                form = _SoundForm(bench, precision, stack)
                powers.append(form.sound())
                for fault in of_one:
                    report("planting faults", done, total)
                    powers.append(form.faulty(fault))
                    done += 1
        report("planting faults", done, total)
    seconds = perf_counter() - started
    return PowerTable(bench.size, len(bench.samples), seconds, bench.not_tried, tuple(powers))


class _SoundForm:
    """The sound form of one precision, open, and what everything says of it."""

    def __init__(self, bench: Bench, precision: Where, stack: ExitStack) -> None:
        self._bench, self._precision, self._name = bench, precision, VARIANTS[precision]
        runner, described = bench.open(self._name)
        # Faults at the border ask it for the same tensors again and again.
        self._runner = RememberingRunner(stack.enter_context(runner))
        self._facts = bench.facts(described)
        self._baseline = bench.work / f"baseline-{precision}.json"
        self._table = bench.table(self._name, self._runner)
        sound = run_like(self._facts, self._table)
        baseline_from(sound, "the deep self-test's own", self._facts.created, None).write(self._baseline)
        # The gate's limits are for full frames: in small ones even a sound form may be beyond one, which says nothing.
        self._rows = self._gate_rows(self._table)
        self._alphas = _alphas_of(self._runner, bench.stimuli)
        self._allowed = self._allowed_blocks()

    def sound(self) -> Power:
        """Put the sound form before everything."""
        return self._judged(SOUND, "", self._runner, self._table)

    def faulty(self, fault: Fault) -> Power:
        """Plant a fault and put the form before everything."""
        file = parse_variant(self._name).file(self._bench.models, self._bench.record.placement)
        with fault.planted(self._runner, file, self._bench.network, self._bench.work) as planted:
            runner = RememberingRunner(planted)
            return self._judged(fault.name, fault.kind, runner, self._bench.table(self._name, runner))

    def _judged(self, fault: str, kind: str, runner: Runner, table: pd.DataFrame) -> Power:
        hop = parse_variant(self._name).hop
        _, problems = self._bench.prover.examine(hop, hop, runner)
        told, metric = self._before_the_gate(table)
        moved = furthest(self._alphas, _alphas_of(runner, self._bench.stimuli), self._allowed)
        return Power(
            fault=fault,
            kind=kind,
            precision=self._precision,
            parity=problems.get("parity", ""),
            contract=problems.get("counterfactuals", ""),
            stimuli=problems.get("stimuli", ""),
            gate=told,
            block=moved.block,
            block_allowed=moved.allowed,
            metric=metric,
        )

    def _before_the_gate(self, table: pd.DataFrame) -> tuple[str, float]:
        """Return what the gate says that it does not say of the sound form, and by how much of a limit a mean moves."""
        try:
            rows = self._gate_rows(table)
        except DataError as error:
            return f"refused: {error}", 0.0
        failed = [row for key, row in rows.items() if row.verdict == "fail" and self._rows[key].verdict != "fail"]
        told = "; ".join(f"{row.metric} against the {row.check}" for row in failed[:3])
        return told, share_of_limit(rows, self._rows)

    def _gate_rows(self, table: pd.DataFrame) -> Rows:
        folder = self._bench.work / "copy"
        write_run(folder, run_like(self._facts, table))
        names = [variant.name for variant in self._facts.variants]
        report = judge_run(folder, self._bench.gate, names, self._baseline)
        return {(row.check, row.metric): row for row in report.rows if row.variant == self._name}

    def _allowed_blocks(self) -> list[Floats]:
        original = self._bench.stimuli.original_alphas
        if self._precision in EXACT:
            return exactly_allowed(original)
        limits = self._bench.stimuli.limits(limits_for(parse_variant(self._name).hop, self._runner))
        return allowed_by_sound(original, self._alphas, limits.tiles.alpha)


def _alphas_of(runner: Runner, stimuli: Stimuli) -> list[Floats]:
    return [runner.predict(sample.images).alpha for sample in stimuli.samples]

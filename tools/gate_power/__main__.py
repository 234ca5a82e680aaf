"""Measure how often the gate is wrong on a stored run: false alarms on an unchanged model, power against a known drift.

    python -m tools.gate_power reports/example
    python -m tools.gate_power reports/example --draws 1000 --samples 60

What is drawn and how drift is injected: `rates.py`. The patterns by which an injected drift spreads over the
samples are the original's own errors (worse by the same share everywhere) and the measured drift of converted forms.
"""

import argparse
from collections.abc import Mapping
from pathlib import Path

from configs.load import DEFAULT_CONFIG, load_config
from eval.presentation.formatting import markdown_table
from eval.run.stored import read_run
from tools.command_line import run as run_tool
from tools.command_line import with_progress
from tools.gate_power.rates import (
    CHECKS,
    Rates,
    by_means_alone,
    difference_pattern,
    false_alarms,
    power,
    proportional_pattern,
)


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="a run's folder")
    parser.add_argument("--config", type=Path, default=DEFAULT_CONFIG, help="whose gate is measured")
    parser.add_argument("--variant", default="ir-fp32@f32", help="the converted variant that drift is put into")
    parser.add_argument("--noise", default="onnx", help="the variant whose drift is what kernels move a score by")
    parser.add_argument("--patterns", default="ir-fp16@f32,ir-fp16@default", help="variants whose drift gives patterns")
    parser.add_argument("--draws", type=int, default=200, help="how many times the samples are drawn")
    parser.add_argument("--samples", type=int, help="how many samples are drawn each time; as many as there are")
    parser.add_argument("--factor", type=float, default=2.0, help="injected drift, in limits")
    parser.add_argument("--means-alone", action="store_true", help="leave out the limits of single samples (`largest`)")
    arguments = parser.parse_args()

    gate = load_config(arguments.config).gate
    if arguments.means_alone:
        gate = by_means_alone(gate)
    run = read_run(arguments.run)
    patterns = {"proportional to the error": proportional_pattern(run)}
    patterns |= {f"as {name}": difference_pattern(run, name) for name in arguments.patterns.split(",") if name}
    rates = false_alarms(run, gate, arguments.noise, arguments.draws, arguments.samples)
    rows = [("unchanged model", "-", "whole gate", *_shares(rates), "-", "-")]
    drifts = [(check, name, pattern) for check in CHECKS for name, pattern in patterns.items()]
    for check, name, pattern in with_progress(drifts, "drawing"):
        rates = power(
            run, gate, check, arguments.variant, pattern, arguments.factor, arguments.draws, arguments.samples
        )
        least = _metric(rates.by_metric, min(rates.by_metric.values()))
        green = _metric(rates.passed_by_metric, max(rates.passed_by_metric.values()))
        rows.append((f"{arguments.factor:g} x the limit", name, f"against the {check}", *_shares(rates), least, green))
    header = (
        "Drift",
        "Spread over the samples",
        "Judged",
        "Passed",
        "Inconclusive",
        "Failed",
        "Least often failed",
        "Most often passed",
    )
    print(markdown_table(header, rows, right=(3, 4, 5)))


def _shares(rates: Rates) -> tuple[str, str, str]:
    return f"{rates.passed:.1%}", f"{rates.inconclusive:.1%}", f"{rates.failed:.1%}"


def _metric(shares: Mapping[str, float], share: float) -> str:
    """Return the first metric that has this share, with it."""
    return f"{next(metric for metric, own in shares.items() if own == share)} {share:.1%}"


if __name__ == "__main__":
    run_tool(main)

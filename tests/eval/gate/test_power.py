"""The table of power: what counts as right, and what is printed of it."""

import json
from pathlib import Path

import pytest

from converter.proof.faults.registry import FAULTS
from eval.gate.selftest.power import (
    Power,
    PowerTable,
    counts_markdown,
    power_json,
    power_markdown,
    power_summary,
    rows_markdown,
)


def power(fault: str = "alpha 0.3 in 8x8", **changes: str | float) -> Power:
    values: dict[str, object] = {
        "fault": fault,
        "kind": "tiles",
        "precision": "fp16",
        "parity": "",
        "contract": "",
        "stimuli": "",
        "gate": "",
        "block": 0.0,
        "block_allowed": 2 / 255,
        "metric": 0.0,
    }
    return Power(**{**values, **changes})  # type: ignore[arg-type]


def table(*powers: Power, not_tried: tuple[str, ...] = ()) -> PowerTable:
    return PowerTable((288, 512), 6, 61.4, not_tried, powers)


@pytest.mark.parametrize("seen", ["parity", "contract", "stimuli", "gate"])
def test_a_harmful_fault_must_be_seen_and_a_harmless_one_need_not(seen: str) -> None:
    assert power().right
    assert not power(block=2.1 / 255).right
    assert power(block=2.1 / 255, **{seen: "a block moved"}).right
    assert not power(metric=0.6).right
    assert power(metric=0.6, **{seen: "alpha_mad"}).right


def test_a_sound_form_must_pass_everything() -> None:
    assert power("none", block=0.5).right
    assert not power("none", stimuli="a block moved").right
    assert not table(power("none", stimuli="a block moved")).right


def test_the_rows_and_the_counts() -> None:
    shown = table(
        power("none"), power(stimuli="moved", block=0.3), power("gamma 1.1", metric=0.7), power("+ 0", gate="moved")
    )

    lines = rows_markdown(shown.powers).splitlines()[2:]
    assert lines[0] == "| fp16 | tiles | none | - | - | - | - | 0.0 | 2.0 | 0.00 | passes |"
    assert lines[1] == "| fp16 | tiles | alpha 0.3 in 8x8 | - | - | sees | - | 76.5 | 2.0 | 0.00 |  |"
    assert lines[2].endswith("| 0.70 | **unseen** |")
    assert lines[3].endswith("| harmless, seen |")
    # Of the two harmful ones the stimuli alone see one, and nothing the other.
    assert counts_markdown(shown).splitlines()[-1] == "| all | 3 | 0 | 0 | 1 | 1 | 2 | 2 | 1 |"


def test_the_conclusion() -> None:
    shown = table(
        power("none", gate="moved"), power(stimuli="moved", block=0.3), power("gamma", metric=0.7), not_tried=("bf16",)
    )

    assert power_summary(shown) == (
        "512x288, 61 s: 2 faults; seen by parity 0, contract 0, stimuli 1, gate 0. 2 must be seen: 1 are not (fp16 "
        "gamma). Refused without a fault: fp16. Not tried, because this CPU does not infer in it: bf16."
    )
    assert power_summary(table(power(block=1, parity="moved"))).endswith("1 must be seen: all are.")
    assert "forms of 512x288, 6 samples before the gate, 61 s in all. 2 faults" in power_markdown(shown)
    content = json.loads(power_json(shown))
    assert (content["passed"], content["size"], content["not_tried"]) == (False, [288, 512], ["bf16"])
    assert [entry["right"] for entry in content["faults"]] == [False, True, False]


def test_the_committed_table_is_of_the_faults_that_there_are() -> None:
    page, proof = (Path("docs", name).read_text(encoding="utf-8") for name in ("power.md", "proof.md"))

    for fault in FAULTS:
        assert f"| {fault.precision} | {fault.kind} | {fault.name} |" in page
    assert "**" not in page  # nothing unseen, no false alarm
    assert page.split("\n\n")[2] in proof

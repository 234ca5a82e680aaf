"""The table of power: what counts as right, and what is printed of it."""

import json

from eval.gate.selftest.deep import Power, power_json, power_markdown, power_summary


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
        "block_limit": 2 / 255,
        "metric": 0.0,
    }
    return Power(**{**values, **changes})  # type: ignore[arg-type]


def test_a_harmful_fault_must_be_seen_and_a_harmless_one_need_not() -> None:
    assert power().right
    assert not power(block=2.1 / 255).right
    assert power(block=2.1 / 255, stimuli="a block moved").right
    assert not power(metric=0.6).right
    assert power(metric=0.6, gate="alpha_mad").right


def test_a_sound_form_must_pass_everything() -> None:
    assert power("none", block=0.5).right
    assert not power("none", gate="alpha_mad against the baseline").right


def test_the_table_and_its_conclusion() -> None:
    powers = (power("none"), power(stimuli="moved", block=0.3), power("foreground gamma 1.1", metric=0.7))

    lines = power_markdown(powers).splitlines()

    assert lines[2].startswith("| fp16 | tiles | none | - | - | - | - |")
    assert "| sees | - | 76.5 | 0.00 | right |" in lines[3]
    assert "**unseen**" in lines[4]
    assert power_summary(powers) == (
        "2 faults; seen by parity 0, contract 0, stimuli 1, gate 0; 1 by none, of which 1 must be seen: fp16 "
        "foreground gamma 1.1"
    )
    content = json.loads(power_json(powers))
    assert not content["passed"]
    assert [entry["right"] for entry in content["faults"]] == [True, True, False]

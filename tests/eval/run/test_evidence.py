"""Scores and precisions that cannot be those of the forms they stand under."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from eval_runs import MakeRun, shifted, with_facts

from configs.errors import DataError
from converter.forms.proofs import Difference, Parity
from eval.run.evidence import LEAST_SAMPLES, require_evidence
from eval.run.results import QuantizedRecord
from eval.run.stored import Run, read_run, write_run

IDS = tuple(f"a/{number:04d}" for number in range(8))
NAMES = ("torch", "ir-fp32@f32", "ir-fp16@f32", "ir-int8@f32")
MEANS = {"ir-fp32@f32": 4e-9, "ir-fp16@f32": 4e-6, "ir-int8@f32": 1e-3}
"""Mean |difference| of alpha that the forms were proved to have, 0..1; scores move by a tenth of it, x 1e3."""


def _parity(mean: float) -> Parity:
    return Parity(
        alpha=Difference(max=1e3 * mean, mean=mean, quantile=100 * mean),
        foreground=None,
        cells=None,
        differing_cells=None,
        samples=2,
    )


def _run(make_run: MakeRun, rows_of: dict[str, str] | None = None, ids: tuple[str, ...] = IDS, **facts: Any) -> Run:
    """Return a run of four forms that score as they were proved; `rows_of` is a variant to whose scores it has."""
    base = make_run(ids=ids)
    torch, fp32, fp16 = base.results.variants
    quantized = {"precision": "int8", "rest_precision": "f32", "weights": "int8"}
    record = QuantizedRecord(convolutions=3, all_convolutions=4)
    int8 = fp16.model_copy(update={"files": {"gone/int8/model.bin": "8" * 64}, "quantized": record, **quantized})
    variants = [torch, fp32, fp16.model_copy(update={"precision": "f32"}), int8]
    named = tuple(
        variant.model_copy(
            update={
                "name": name,
                "parity": _parity(MEANS[name]) if name in MEANS else None,
                **facts.get(name.partition("@")[0].replace("-", "_"), {}),
            }
        )
        for name, variant in zip(NAMES, variants, strict=True)
    )
    own = base.table.loc[["torch"]]
    tables = []
    for name in NAMES:
        source = (rows_of or {}).get(name, name)
        table = own.rename(index={"torch": name}, level="variant")
        by = 100 * MEANS.get(source, 0.0)
        columns = [column for column in table if column not in ("tags", "latency_ms")]
        tables.append(table.assign(**(table[columns] + by)))
    return Run(base.results.model_copy(update={"variants": named}), pd.concat(tables))


def test_scores_as_far_off_as_their_forms_were_proved_are_believed(make_run: MakeRun, tmp_path: Path) -> None:
    run = _run(make_run)
    require_evidence(run.results, run.table)
    write_run(tmp_path, run)
    assert read_run(tmp_path).results == run.results


@pytest.mark.parametrize("copied", ["torch", "ir-fp32@f32"])
def test_scores_that_are_another_form_s_to_the_last_bit_are_refused(
    copied: str, make_run: MakeRun, tmp_path: Path
) -> None:
    write_run(tmp_path, _run(make_run, {"ir-fp16@f32": copied}))
    with pytest.raises(
        DataError, match=f"{copied} and ir-fp16@f32: every score of the one is that of the other"
    ) as error:
        read_run(tmp_path)
    assert error.value.exit_code == 3


def test_scores_may_be_the_same_where_the_outputs_are(make_run: MakeRun) -> None:
    same = {"parity": _parity(MEANS["ir-fp32@f32"])}
    run = _run(make_run, {"ir-fp16@f32": "ir-fp32@f32"}, ir_fp16=same)  # weights that FP16 holds exactly
    require_evidence(run.results, run.table)


def test_one_file_scores_otherwise_at_another_precision(make_run: MakeRun) -> None:
    run = make_run(ids=IDS)
    fp16 = run.results.variants[2]
    two = (
        run.results.variants[0],
        fp16.model_copy(update={"name": "ir-fp16@f32", "precision": "f32"}),
        fp16,
    )
    table = run.table.rename(index={"ir-fp32@f32": "ir-fp16@f32"}, level="variant")
    alike = Run(run.results.model_copy(update={"variants": two}), table)
    with pytest.raises(DataError, match="ir-fp16@f32 and ir-fp16@default: every score"):
        require_evidence(alike.results, alike.table)
    moved = shifted(alike, {"ir-fp16@default": {IDS[0]: 1e-6}})
    require_evidence(moved.results, moved.table)
    default = (*two[:2], fp16.model_copy(update={"precision": "f32"}))  # a CPU without bf16
    plain = with_facts(alike, variants=default)
    require_evidence(plain.results, plain.table)


@pytest.mark.parametrize("pair", [("ir-fp32@f32", "ir-fp16@f32"), ("ir-fp16@f32", "ir-int8@f32")])
def test_scores_of_two_forms_that_are_exchanged_are_refused(pair: tuple[str, str], make_run: MakeRun) -> None:
    near, far = pair
    run = _run(make_run, {near: far, far: near})
    with pytest.raises(DataError, match=f"{near} and {far}: exchanged, as it seems"):
        require_evidence(run.results, run.table)
    few = _run(make_run, {near: far, far: near}, ids=IDS[: LEAST_SAMPLES - 1])
    require_evidence(few.results, few.table)


def test_a_form_that_is_broken_is_not_taken_for_exchanged(make_run: MakeRun) -> None:
    """What drifts is for the limits to judge: the FP32 IR is far off, and the FP16 one where it was proved to be."""
    run = _run(make_run, {"ir-fp32@f32": "ir-int8@f32"}, ir_int8={"parity": None})
    moved = shifted(run, {"ir-fp32@f32": dict.fromkeys(IDS, 5.0)})
    require_evidence(moved.results, moved.table)


@pytest.mark.parametrize(
    ("form", "change", "message"),
    [
        ("ir_fp16", {"precision": "int8", "rest_precision": "f32"}, "ran in int8 .* does not fit weights in fp16"),
        ("ir_fp16", {"precision": "bf16"}, "ran in bf16, where its name asks for f32"),
        ("torch", {"precision": "bf16"}, "torch: ran in bf16, where its name asks for f32"),
        ("ir_int8", {"precision": "f32", "rest_precision": None}, "ran in f32, which does not fit weights in int8"),
        ("ir_int8", {"quantized": None}, "does not fit what its graph has in 8 bits"),
    ],
)
def test_a_precision_that_the_form_cannot_have_is_refused(
    form: str, change: dict[str, object], message: str, make_run: MakeRun
) -> None:
    run = _run(make_run, **{form: change})
    with pytest.raises(DataError, match=message):
        require_evidence(run.results, run.table)

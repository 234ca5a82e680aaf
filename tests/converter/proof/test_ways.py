"""The ways on that a failed proof names: each, followed to the letter, leads on."""

import re
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from model_folder import FILES, tree

from configs.errors import ParityError
from configs.schema import Config, HopTolerance, ParitySection
from converter.convert import convert
from converter.forms.proofs import Counterfactuals, Difference, Parity
from converter.proof.counterfactual import DECLARED
from converter.proof.ways import ways_to_accept, ways_to_keep

Job = Callable[..., Config]
NONE_AT_ALL = {"ir-fp16": {"mean": 0, "quantile": 0, "cells": 0}}


@pytest.mark.parametrize(
    ("precisions", "hop", "told"),
    [
        (
            ("fp32", "fp16"),
            "ir-fp16",
            "no model was written; onnx, onnx-simplified, ir-fp32 were proved: `--precisions fp32` "
            "(convert.precisions) keeps them",
        ),
        (
            ("fp32", "fp16", "int8"),
            "ir-fp16",
            "no model was written; onnx, onnx-simplified, ir-fp32 were proved: `--precisions fp32` "
            "(convert.precisions) keeps them; `--precisions fp32,int8` leaves out ir-fp16 alone, and tries ir-int8 too",
        ),
        (
            ("fp16", "fp32"),
            "ir-fp16",
            "no model was written; `--precisions fp32` leaves out ir-fp16 alone, and tries ir-fp32 too",
        ),
        (
            ("fp16",),
            "ir-fp16",
            "no model was written: ir-fp16 is the only IR asked for; `--precisions fp32` makes another",
        ),
        (("fp32", "fp16"), "onnx-simplified", "no model was written: every IR is made of this form"),
    ],
)
def test_what_keeps_the_rest(precisions: tuple[str, ...], hop: str, told: str) -> None:
    assert ways_to_keep(precisions, hop) == told


def failure(config: Config) -> str:
    with pytest.raises(ParityError) as caught:
        convert(config, say=lambda _: None)
    assert not config.convert.out.exists()
    return "\n".join([str(caught.value), *caught.value.__notes__])


def test_the_tolerance_that_is_named_lets_the_form_pass(job: Job) -> None:
    text = failure(job(parity={"samples": 1, "stimuli": False, "tolerances": NONE_AT_ALL}))

    named = re.search(r"set `convert\.parity\.tolerances\.(ir-fp16)` to (\{.*\}) in the configuration", text)
    assert named is not None
    given: dict[str, Any] = {named[1]: yaml.safe_load(named[2])}
    assert convert(job(parity={"samples": 1, "stimuli": False, "tolerances": given}), say=lambda _: None)


def test_the_precisions_that_are_named_keep_what_was_proved(job: Job) -> None:
    parity = {"samples": 1, "stimuli": False, "tolerances": NONE_AT_ALL}
    text = failure(job(parity=parity))

    named = re.search(r"ir-fp32 were proved: `--precisions (\S+)` \(convert\.precisions\) keeps them$", text, re.M)
    assert named is not None
    config = job(parity=parity, precisions=named[1].split(","))
    convert(config, say=lambda _: None)
    assert list(tree(config.convert.out)) == [name for name in FILES if not name.startswith("fp16")]


def _parity(mean: float, quantile: float, cells: float) -> Parity:
    difference = Difference(max=1.0, mean=mean, quantile=quantile)
    return Parity(alpha=difference, foreground=None, cells=cells, differing_cells=1, samples=1)


def test_only_figures_that_are_exceeded_are_raised_and_never_below_what_was_found() -> None:
    tolerance = HopTolerance(mean=0.01, quantile=0.02, cells=0.5)

    [way] = ways_to_accept(ParitySection(), "bf16", tolerance, {"parity": _parity(0.0121, 0.0199, 0.9999)})

    assert way == (
        "to accept this difference set `convert.parity.tolerances.bf16` to {mean: 0.013, quantile: 0.02, cells: 1} in "
        "the configuration"
    )


@pytest.mark.parametrize(("declared", "named"), [(1.0, True), (3.0, False)], ids=["unclear", "wrong"])
def test_a_margin_is_named_but_no_key_accepts_a_wrong_contract(declared: float, named: bool) -> None:
    proof = Counterfactuals(distances={DECLARED: declared, "not scaled": 2.0})

    ways = list(
        ways_to_accept(ParitySection(), "ir-fp32", HopTolerance(mean=0, quantile=0), {"counterfactuals": proof})
    )

    assert any("lower `convert.parity.counterfactual_margin` from 5" in way for way in ways) == named
    assert len(ways) == named
